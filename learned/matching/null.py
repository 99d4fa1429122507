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
from .untrained import SEED, untrained_kernels

SAMPLES = 200_000
"""All layers share one null and so its error, for as long as the seed is the same. Where 5% of
untrained layers should have a discovery, 10 seeds gave 2% to 6.5% with 20,000 untrained kernels,
and 4% to 6.3% with 200,000 (3×3 to 11×11, layers of 8 to 64 kernels)."""

_SAMPLES_OF_LARGE = 40_000
_LARGE = 121
_AT_ONCE = 1600
_TUNED = 2000
_TUNED_AT_ONCE = 250
_EQUAL = 1e-6
"""Cosines as near as this are equal: the null's are float32, and on two taps all of them are 1."""


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
        return at_least_share(self.cosines[family], cosines - _EQUAL)

    def p_of_best(self, cosines: Array) -> Array:
        """The p-values of the largest |cosine|s over all families."""
        return at_least_share(self.best, cosines - _EQUAL)

    def p_of_smallest(self, values: Array) -> Array:
        """The p-values of the smallest of the families' p-values: choosing the family counts."""
        below = np.searchsorted(self.smallest, values, side="right")
        return np.asarray((below + 1) / (len(self.smallest) + 1))

    def quantile(self, family: str, share: float) -> float:
        """The |cosine| with one family that this share of untrained kernels stays below."""
        return float(np.quantile(self.cosines[family], share))


def samples_for(height: int, width: int) -> int:
    """How many untrained kernels the null has unless told: 200,000, or 40,000 above 121 taps.

    >>> samples_for(7, 7), samples_for(15, 15)
    (200000, 40000)
    """
    return SAMPLES if height * width <= _LARGE else _SAMPLES_OF_LARGE


def best_cosines(rows: Array, height: int, width: int) -> dict[str, Array]:
    """The best |cosine| of each of the shapes with each family, in their own dtype.

    >>> list(best_cosines(np.eye(9)[:1] - 1 / 9, 3, 3))
    ['gradient', 'bar', 'centre-surround', 'saddle']
    """
    return {family.name: family.cosines(rows) for family in families(height, width)}


def random_shapes(rng: np.random.Generator, count: int, shape: tuple[int, int, int]) -> Shapes:
    """The shapes of Glorot-uniform kernels; the scale does not matter, it is not compared.

    shape: (height, width, in). For more than 8 channels one of normal weights stands for all: it
    points anywhere with equal chance, and so, nearly, does the first spatial singular vector.
    """
    return shapes_of(untrained_kernels(rng, count, *shape))


def null_for(
    height: int, width: int, channels: int = 1, samples: int | None = None, seed: int = SEED
) -> Null:
    """The null of kernels of one size: Glorot-uniform ones, searched as `best_cosines` does.

    Layers that began with normal weights keep the level less well: 3.7% of untrained ones have a
    discovery at 3×3, 4.9% at 5×5, 6.2% at 7×7, 6.8% at 11×11, where 5% should.
    samples: None for `samples_for`. In float32, which is far finer than chance itself. The same
    arguments give the same numbers. Raises InputError for sizes that `families` does not have.
    """
    chosen = samples_for(height, width) if samples is None else samples
    return _null_for((height, width, channels), chosen, seed)


@lru_cache(maxsize=8)
def _null_for(shape: tuple[int, int, int], total: int, seed: int) -> Null:
    height, width, _ = shape
    rng = np.random.default_rng(seed)
    found: dict[str, list[Array]] = {family.name: [] for family in families(height, width)}
    selectivity, separability = [], []
    for start in range(0, total, _AT_ONCE):
        shapes = random_shapes(rng, min(_AT_ONCE, total - start), shape)
        for name, values in best_cosines(shapes.rows.astype(np.float32), height, width).items():
            found[name].append(values)
        if start < _TUNED:
            selectivity += _selectivities(shapes.rows[: _TUNED - start], height, width)
        separability.append(shapes.separability)
    cosines = {name: np.concatenate(parts) for name, parts in found.items()}
    table = np.stack(list(cosines.values())) if cosines else np.zeros((1, total), np.float32)
    smallest = np.min([_ranks_from_above(row) for row in table], axis=0)
    return Null(
        MappingProxyType({name: _sorted(values) for name, values in cosines.items()}),
        _sorted(table.max(axis=0)),
        _sorted(smallest) / total,
        _sorted(np.concatenate(selectivity)),
        _sorted(np.concatenate(separability)),
    )


def _selectivities(rows: Array, height: int, width: int) -> list[Array]:
    parts = range(0, len(rows), _TUNED_AT_ONCE)
    return [tuning_of(rows[n : n + _TUNED_AT_ONCE], height, width).selectivity for n in parts]


def _sorted(values: Array) -> Array:
    return np.sort(values).astype(np.float64)


def _ranks_from_above(values: Array) -> Array:
    """How many of `values` are at least each of them, itself included; equal ones in any order."""
    ranks = np.empty(len(values), np.int64)
    ranks[np.argsort(values)] = np.arange(len(values), 0, -1)
    return ranks


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
