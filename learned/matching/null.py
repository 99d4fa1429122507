"""Chance: how near untrained kernels come to the templates, by the very same search."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from ...filters.arrays import Array
from .chance import at_least_share
from .shapes import Shapes, shapes_of
from .templates import families
from .tuning import tuning_of

SAMPLES = 20_000
SEED = 20_000
"""Any number would do; this one is fixed, so that the same kernels get the same figures."""

_AT_ONCE = 2000
_TUNED = 2000
_MOST_CHANNELS = 8


@dataclass(frozen=True, eq=False)
class Null:
    """What m untrained kernels of one size give, every array sorted from small to large.

    cosines: of each family, the best |cosine| of every kernel. best: the largest over all
    families. smallest: the smallest of the families' p-values, from 1/m to 1. selectivity: of the
    tuning, of the first 2000 kernels. separability: see `Shapes`.
    """

    cosines: MappingProxyType[str, Array]
    best: Array
    smallest: Array
    selectivity: Array
    separability: Array

    def p_of(self, family: str, cosines: Array) -> Array:
        """The p-values of best |cosine|s with one family: the share of chance that comes as near.

        (b + 1) / (m + 1), where b of the m untrained kernels do, so never 0.
        Source: Phipson and Smyth, 2010.
        """
        return at_least_share(self.cosines[family], cosines)

    def p_of_best(self, cosines: Array) -> Array:
        """The p-values of the largest |cosine|s over all families."""
        return at_least_share(self.best, cosines)

    def p_of_smallest(self, values: Array) -> Array:
        """The p-values of the smallest of the families' p-values: choosing the family counts."""
        below = np.searchsorted(self.smallest, values, side="right")
        return np.asarray((below + 1) / (len(self.smallest) + 1))

    def quantile(self, family: str, share: float) -> float:
        """The |cosine| with one family that this share of untrained kernels stays below."""
        return float(np.quantile(self.cosines[family], share))


def best_cosines(rows: Array, height: int, width: int) -> dict[str, Array]:
    """The best |cosine| of each of the shapes with each family.

    >>> list(best_cosines(np.eye(9)[:1] - 1 / 9, 3, 3))
    ['gradient', 'bar', 'centre-surround', 'saddle']
    """
    return {family.name: family.nearest(rows).cosine for family in families(height, width)}


def random_shapes(rng: np.random.Generator, count: int, shape: tuple[int, int, int]) -> Shapes:
    """The shapes of Glorot-uniform kernels; the scale does not matter, it is not compared.

    shape: (height, width, in). For more than 8 channels the weights are normal instead: then
    the first spatial singular vector points anywhere with equal chance, whatever their number.
    """
    height, width, channels = shape
    if channels > _MOST_CHANNELS:
        return shapes_of(rng.standard_normal((height, width, 1, count)))
    return shapes_of(rng.uniform(-1, 1, (height, width, channels, count)))


@lru_cache(maxsize=8)
def null_for(
    height: int, width: int, channels: int = 1, samples: int = SAMPLES, seed: int = SEED
) -> Null:
    """The null of kernels of one size: Glorot-uniform ones, searched as `best_cosines` does.

    The same arguments give the same numbers; about a second for 7×7. Raises InputError for sizes
    that `families` does not have.
    """
    rng = np.random.default_rng(seed)
    found: dict[str, list[Array]] = {family.name: [] for family in families(height, width)}
    selectivity, separability, left = [], [], samples
    while left:
        count = min(left, _AT_ONCE)
        shapes = random_shapes(rng, count, (height, width, channels))
        for name, values in best_cosines(shapes.rows, height, width).items():
            found[name].append(values)
        if samples - left < _TUNED:
            selectivity.append(tuning_of(shapes.rows, height, width).selectivity)
        separability.append(shapes.separability)
        left -= count
    cosines = {name: np.concatenate(parts) for name, parts in found.items()}
    table = np.stack(list(cosines.values())) if cosines else np.zeros((1, samples))
    ranks = np.stack([_rank_from_above(row) for row in table])
    return Null(
        MappingProxyType({name: np.sort(values) for name, values in cosines.items()}),
        np.sort(table.max(axis=0)),
        np.sort(ranks.min(axis=0) / samples),
        np.sort(np.concatenate(selectivity)),
        np.sort(np.concatenate(separability)),
    )


def _rank_from_above(values: Array) -> Array:
    """How many of `values` are at least each of them, itself included."""
    return np.asarray(len(values) - np.searchsorted(np.sort(values), values, side="left"))


def benjamini_hochberg(p_values: Array) -> Array:
    """q-values: the smallest level at which each is found, false discoveries controlled.

    p_values: (n,). Found at level 0.05 are those with q ≤ 0.05.
    Source: Benjamini and Hochberg, 1995.

    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03, 0.5])).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]
    """
    count = len(p_values)
    order = np.argsort(p_values)[::-1]
    scaled = p_values[order] * count / np.arange(count, 0, -1)
    q_values = np.empty(count)
    q_values[order] = np.minimum(np.minimum.accumulate(scaled), 1.0) if count else scaled
    return q_values
