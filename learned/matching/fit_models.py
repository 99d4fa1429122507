"""What is fitted to kernels: Gabor functions and differences of Gaussians."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import partial

import numpy as np

from ...filters.arrays import Array
from .variable_projection import Model, Slopes

_SHORTEST_WAVE = 2.0
_NARROWEST = 0.5
_LEAST_RATIO, _LARGEST_RATIO = 1.1, 8.0
_ROOT_2 = math.sqrt(2)


def gabors(height: int, width: int) -> Model:
    """Waves under a Gaussian window: the Gabor model for kernels of one size.

    Parameters: x0, y0, θ, ln λ, ln σ across and ln σ along the stripes, places in pixels from the
    kernel's middle, right and down. The two functions are the cosine and the sine.

    Bounds: the centre on the kernel; wavelengths from 2 pixels to twice the longer side; both σ
    from half a pixel to the longer side. Starts: 12 directions, 25 centres, waves and windows in
    steps of half an octave and an octave, a group for each direction at each centre.

    >>> gabors(7, 7).starts.shape
    (300, 45, 6)
    """
    side = max(height, width)
    x, y = _places(height, width)
    ends = np.array([(width - 1) / 2, (height - 1) / 2])
    sizes = [_SHORTEST_WAVE, _NARROWEST, _NARROWEST]
    low = np.concatenate([-ends, [-np.inf], np.log(sizes)])
    high = np.concatenate([ends, [np.inf], np.log([2 * side, side, side])])
    waves = _steps(2.2, _ROOT_2, max(9.0, 1.3 * side))
    sigmas = _steps(0.7, 2.0, max(2.9, side / 2.2))
    inner = list(itertools.product(np.log(waves), np.log(sigmas), np.log(sigmas)))
    angles = np.arange(12) * math.pi / 12
    outer = list(itertools.product(_spread(width), _spread(height), angles))
    return Model(partial(_gabor_columns, x, y), low, high, _grid(outer, inner))


def differences(height: int, width: int) -> Model:
    """Two Gaussians on one centre: the difference of Gaussians for kernels of one size.

    Parameters: x0, y0, ln σ of the narrow one, and ln of the ratio of both σ. The two functions are
    the narrow and the wide one.

    Bounds: the centre on the kernel; σ from half a pixel to the longer side; the wide one from
    1.1 to 8 times that. Starts: up to 9 · 9 centres, a group for each σ at each centre.

    >>> differences(7, 7).starts.shape
    (245, 2, 4)
    """
    side = max(height, width)
    x, y = _places(height, width)
    ends = np.array([(width - 1) / 2, (height - 1) / 2])
    low = np.concatenate([-ends, np.log([_NARROWEST, _LEAST_RATIO])])
    high = np.concatenate([ends, np.log([side, _LARGEST_RATIO])])
    sigmas = [0.5, 0.65, 0.85, *_steps(1.2, 1.65, max(2.0, side / 3))]
    centres = [np.linspace(-end, end, min(9, round(2 * end) + 1)) for end in ends]
    outer = list(itertools.product(*centres, np.log(sigmas)))
    inner = [(math.log(ratio),) for ratio in (1.4, 3.0)]
    return Model(partial(_difference_columns, x, y), low, high, _grid(outer, inner))


def _gabor_columns(x: Array, y: Array, parameters: Array) -> tuple[Array, Array, Slopes]:
    x0, y0, theta, wave, wide, long = parameters.T[:, :, None]
    cosine, sine = np.cos(theta), np.sin(theta)
    dx, dy = x.astype(x0.dtype) - x0, y.astype(y0.dtype) - y0
    across, along = dx * cosine + dy * sine, dy * cosine - dx * sine
    turns, per_wide, per_long = 2 * math.pi * np.exp(-wave), np.exp(-wide), np.exp(-long)
    u, v, angle = across * per_wide, along * per_long, across * turns
    window = np.exp((u * u + v * v) / -2)
    even, odd = window * np.cos(angle), window * np.sin(angle)

    def slopes(weights: Array) -> Array:
        a, b = weights.T[:, :, None]
        value, turned = a * even + b * odd, b * even - a * odd
        by_across = turns * turned - u * per_wide * value
        by_along = -v * per_long * value
        found = np.empty((len(value), 6, value.shape[1]))
        found[:, 0] = sine * by_along - cosine * by_across
        found[:, 1] = -sine * by_across - cosine * by_along
        found[:, 2] = along * by_across - across * by_along
        found[:, 3] = -angle * turned
        found[:, 4] = u * u * value
        found[:, 5] = v * v * value
        return found

    return even, odd, slopes


def _difference_columns(x: Array, y: Array, parameters: Array) -> tuple[Array, Array, Slopes]:
    x0, y0, scale, ratio = parameters.T[:, :, None]
    dx, dy = x.astype(x0.dtype) - x0, y.astype(y0.dtype) - y0
    squared = dx * dx + dy * dy
    per_narrow, per_wide = np.exp(-2 * scale), np.exp(-2 * (scale + ratio))
    narrow, wide = np.exp(squared * per_narrow / -2), np.exp(squared * per_wide / -2)

    def slopes(weights: Array) -> Array:
        a, b = weights.T[:, :, None]
        by_wide = b * wide * per_wide
        both = a * narrow * per_narrow + by_wide
        return np.stack([dx * both, dy * both, squared * both, squared * by_wide], axis=1)

    return narrow, wide, slopes


def _places(height: int, width: int) -> tuple[Array, Array]:
    y, x = np.mgrid[:height, :width].reshape(2, -1).astype(np.float64)
    return x - (width - 1) / 2, y - (height - 1) / 2


def _spread(extent: int) -> Array:
    """Five places along an extent, from its middle, with room at both ends."""
    return np.linspace(-1, 1, 7)[1:-1] * (extent - 1) / 2


def _steps(first: float, factor: float, last: float) -> Array:
    return first * factor ** np.arange(1 + int(math.log(last / first) / math.log(factor) + 1e-9))


def _grid(outer: Sequence[Sequence[float]], inner: Sequence[Sequence[float]]) -> Array:
    """Every one of `outer` with every one of `inner`: (outer, inner, p)."""
    left, right = np.array(outer), np.array(inner)
    shape = (len(left), len(right))
    return np.concatenate(
        [
            np.broadcast_to(left[:, None], (*shape, left.shape[1])),
            np.broadcast_to(right[None], (*shape, right.shape[1])),
        ],
        axis=2,
    )
