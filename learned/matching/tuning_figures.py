"""The tuning of a bank's kernels to waves, beside that of untrained kernels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...filters.arrays import Array
from .figures import Figure, figure, null_of
from .shapes import profiles_of, shapes_of
from .tuning import tuning_of, widths_of

SAMPLES = 2000
"""How many untrained kernels are tuned as chance: every one takes a Fourier transform."""

_AT_ONCE = 250


@dataclass(frozen=True)
class TuningFigures:
    """Figures of the tuning of n kernels to waves, see `Tuning` and `Widths`; None for flat ones.

    selectivity, frequency: of the zero-mean shape. bandwidth, half_width: of the profile with its
    mean, None where there is none; chance is that of the untrained kernels that have one.
    band_pass: 1 for a kernel that has a bandwidth and 0 for others, the layer's is their share.
    """

    selectivity: Figure
    frequency: Figure
    bandwidth: Figure
    half_width: Figure
    band_pass: Figure


def tuning_figures(kernels: Array) -> TuningFigures:
    """The tuning of kernels (height, width, in, out), each figure beside chance.

    Of kernels over several channels it is the spatial profile, see `Shapes`.

    >>> bank = np.random.default_rng(1).uniform(-1, 1, (7, 7, 1, 4))
    >>> found = tuning_figures(bank)
    >>> round(found.selectivity.layer.median, 2), found.frequency.layer.p > 0.01
    (0.15, True)
    """
    height, width, channels, _ = kernels.shape
    values = _tunings(kernels)
    null = _null(height, width, channels)
    return TuningFigures(*(figure(*pair) for pair in zip(values, null, strict=True)))


@lru_cache(maxsize=16)
def _null(height: int, width: int, channels: int) -> tuple[Array, ...]:
    return null_of(_tunings, height, width, channels, SAMPLES)


def _tunings(kernels: Array) -> Array:
    """The five figures of each kernel, (5, n), NaN where it has none."""
    parts = range(0, kernels.shape[3], _AT_ONCE)
    return np.concatenate([_tuned(kernels[..., n : n + _AT_ONCE]) for n in parts], axis=1)


def _tuned(kernels: Array) -> Array:
    height, width, channels, count = kernels.shape
    shapes = shapes_of(kernels)
    matrices = np.moveaxis(kernels.reshape(height * width, channels, count), -1, 0)
    profiles, _ = profiles_of(matrices.astype(np.float64))
    tuned = tuning_of(shapes.rows, height, width)
    widths = widths_of(profiles, tuned.peak, height, width)
    figures = [tuned.selectivity, tuned.frequency, widths.bandwidth, widths.half_width]
    figures.append(np.isfinite(widths.bandwidth).astype(np.float64))
    return np.where(shapes.is_flat, np.nan, np.stack(figures))
