"""One figure of every kernel of a bank and their mean, each beside what untrained kernels give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ...filters.arrays import Array
from .chance import Measured, at_least_share, measured
from .untrained import MOST_CHANNELS, SEED, untrained_kernels

SAMPLES = 20_000
"""How many untrained kernels a figure is compared with, where they are small."""

_FEWEST = 2000
_TAPS = 20_000_000
_AT_ONCE = 1_000_000
_MEANS = 2000


@dataclass(frozen=True)
class Figure:
    """One figure of n kernels.

    kernels: of each, beside untrained kernels; None where a kernel has none. layer: their mean,
    beside the means of as many untrained kernels; None where no kernel has one.
    """

    kernels: tuple[Measured | None, ...]
    layer: Measured | None

    @property
    def values(self) -> Array:
        """The figure of each kernel alone, (n,), NaN where it has none."""
        return np.array([np.nan if one is None else one.value for one in self.kernels])


def figure(values: Array, null: Array) -> Figure:
    """The figures `values`, (n,), NaN for none, beside those of m untrained kernels.

    null: (m,), sorted from small to large. The mean stands beside 2000 means of as many of them,
    drawn with a fixed seed.

    >>> found = figure(np.array([0.9, np.nan]), np.linspace(0, 1, 101))
    >>> found.kernels[0].p, found.kernels[1], found.layer.value
    (0.11764705882352941, None, 0.9)
    """
    known = np.isfinite(values)
    if not known.any() or not len(null):
        return Figure((None,) * len(values), None)
    first = measured(0.0, null)
    shares = at_least_share(null, np.where(known, values, 0.0))
    kernels = tuple(
        replace(first, value=float(value), p=float(p)) if is_known else None
        for value, p, is_known in zip(values, shares, known, strict=True)
    )
    return Figure(kernels, measured(float(values[known].mean()), _means(null, int(known.sum()))))


def _means(null: Array, count: int) -> Array:
    """2000 means of `count` of the null, sorted."""
    rng = np.random.default_rng(SEED)
    size = max(1, _AT_ONCE // count)
    parts = [
        null[rng.integers(len(null), size=(min(size, _MEANS - start), count))].mean(axis=1)
        for start in range(0, _MEANS, size)
    ]
    return np.sort(np.concatenate(parts))


def null_of(
    statistics: Callable[[Array], Array],
    height: int,
    width: int,
    channels: int,
    samples: int | None = None,
) -> tuple[Array, ...]:
    """What untrained kernels of one size give for some figures, each sorted, NaN left out.

    statistics: gives (figures, n) for kernels (height, width, in, n). samples: how many kernels;
    None takes 20,000, and fewer where they have more than 1000 taps, down to 2000.

    >>> (largest,) = null_of(lambda kernels: kernels.max(axis=(0, 1, 2))[None], 1, 1, 1, 500)
    >>> len(largest), bool(largest[0] < largest[-1])
    (500, True)
    """
    taps = height * width * min(channels, MOST_CHANNELS)
    left = max(_FEWEST, min(SAMPLES, _TAPS // taps)) if samples is None else samples
    rng = np.random.default_rng(SEED)
    found = []
    while left:
        count = min(left, max(1, _AT_ONCE // taps))
        found.append(statistics(untrained_kernels(rng, count, height, width, channels)))
        left -= count
    return tuple(np.sort(row[np.isfinite(row)]) for row in np.concatenate(found, axis=1))
