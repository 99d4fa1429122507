"""How much of a kernel a Gabor function, and a difference of Gaussians, explains."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...filters.arrays import Array
from .figures import Figure, figure
from .fit_models import differences, gabors
from .shapes import shapes_of
from .templates import LARGEST_SIDE
from .untrained import SEED, untrained_kernels
from .variable_projection import Fitted, best_fits

SAMPLES = 256
"""How many untrained kernels are fitted as chance; p is at least 1/257."""

SMALLEST_SIDE = 5
"""Smaller kernels are not fitted: there are about as many parameters as taps, and untrained 3×3
kernels have a median R² of 0.93."""

_WORK = 1600


@dataclass(frozen=True)
class Gabor:
    """A wave under a Gaussian window: the parameters of the filter `gabor`, at any place.

    x, y: its centre, in pixels to the right and down from the kernel's middle. theta: degrees from
    0 to 180, the direction across the stripes. wavelength: pixels, at least 2. sigma: of the
    window across the stripes, in pixels; gamma: width over length of the window. phase: degrees
    from -180 to 180: 0 a bright bar, 90 brighter towards theta. amplitude: of the shape of unit
    length, above 0.
    """

    x: float
    y: float
    theta: float
    wavelength: float
    sigma: float
    gamma: float
    phase: float
    amplitude: float


@dataclass(frozen=True)
class DifferenceOfGaussians:
    """Two Gaussians on one centre.

    x, y: the centre, in pixels to the right and down from the kernel's middle. sigma: of the
    narrow one, in pixels; ratio: how many times as wide the other is. centre, surround: their
    amplitudes, in the shape of unit length; of opposite sign where one is around the other.
    """

    x: float
    y: float
    sigma: float
    ratio: float
    centre: float
    surround: float


@dataclass(frozen=True)
class Fits:
    """The best fits to n kernels and how much they explain.

    gabor_r2, difference_r2: the share of the energy of the zero-mean shape that is explained,
    from 0 to 1, beside that of untrained kernels, for which it is far from 0: a median of 0.48
    (Gabor) for 5×5, 0.29 for 7×7. gabors, differences: what fits best. None for a kernel that is
    flat, and for all kernels with a side below 5 or above 31. Parameters mean little where R²
    is as chance, or where a fit ends on the bounds.
    """

    gabor_r2: Figure
    difference_r2: Figure
    gabors: tuple[Gabor | None, ...]
    differences: tuple[DifferenceOfGaussians | None, ...]


def fits_of(kernels: Array) -> Fits:
    """The best Gabor function and difference of Gaussians for kernels (height, width, in, out).

    The spatial shape is fitted, see `Shapes`: without its mean, by functions without theirs. The
    256 untrained kernels of the same size are fitted once, by the same search: a second for 7×7,
    two for 15×15, ten for 31×31. Larger kernels are begun from fewer starts, 4 instead of 16.

    Source: Gabor functions for kernels of vision, Jones and Palmer, 1987.

    >>> bar = np.zeros((7, 7, 1, 1))
    >>> bar[:, 2], bar[:, 3], bar[:, 4] = -1, 2, -1
    >>> (found,) = fits_of(bar).gabors
    >>> round(found.theta) % 180, abs(round(found.x, 3)), abs(round(found.phase))
    (0, 0.0, 0)
    """
    height, width, channels, count = kernels.shape
    shapes = shapes_of(kernels)
    if min(height, width) < SMALLEST_SIDE or max(height, width) > LARGEST_SIDE:
        nothing = figure(np.full(count, np.nan), np.empty(0))
        return Fits(nothing, nothing, (None,) * count, (None,) * count)
    fitted = ~shapes.is_flat
    index = np.where(fitted, np.cumsum(fitted) - 1, -1)
    found = _fitted(shapes.rows[fitted], height, width)
    figures = []
    for one, null in zip(found, _null(height, width, channels), strict=True):
        r2 = np.full(count, np.nan)
        r2[fitted] = one.r2
        figures.append(figure(r2, null))
    waves, rounds = found
    return Fits(
        figures[0],
        figures[1],
        tuple(None if n < 0 else _gabor(waves.parameters[n], waves.amplitudes[n]) for n in index),
        tuple(
            None if n < 0 else _difference(rounds.parameters[n], rounds.amplitudes[n])
            for n in index
        ),
    )


def _fitted(rows: Array, height: int, width: int) -> tuple[Fitted, Fitted]:
    """The best Gabors and differences of Gaussians; from fewer starts for large kernels."""
    starts = max(4, min(16, _WORK // rows.shape[1]))
    return (
        best_fits(rows, gabors(height, width), starts, max(2, starts // 4)),
        best_fits(rows, differences(height, width), 3 * starts // 2, max(2, 3 * starts // 8)),
    )


@lru_cache(maxsize=8)
def _null(height: int, width: int, channels: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(SEED)
    rows = shapes_of(untrained_kernels(rng, SAMPLES, height, width, channels)).rows
    waves, rounds = _fitted(rows, height, width)
    return np.sort(waves.r2), np.sort(rounds.r2)


def _gabor(parameters: Array, amplitudes: Array) -> Gabor:
    x, y, theta, wave, wide, long = (float(value) for value in parameters)
    even, odd = (float(value) for value in amplitudes)
    degrees = math.degrees(theta)
    # Seen from the other end it is the same wave. A hair below 0 or 180 is 0.
    turns = math.floor(degrees / 180 + 1e-9)
    return Gabor(
        x=x,
        y=y,
        theta=max(0.0, degrees - 180 * turns),
        wavelength=math.exp(wave),
        sigma=math.exp(wide),
        gamma=math.exp(wide - long),
        phase=math.degrees(math.atan2(-odd if turns % 2 else odd, even)),
        amplitude=math.hypot(even, odd),
    )


def _difference(parameters: Array, amplitudes: Array) -> DifferenceOfGaussians:
    x, y, scale, ratio = (float(value) for value in parameters)
    centre, surround = (float(value) for value in amplitudes)
    return DifferenceOfGaussians(x, y, math.exp(scale), math.exp(ratio), centre, surround)
