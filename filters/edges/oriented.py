"""Strength along lines: what a slope tensor holds up over a stretch, in eight directions."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..borders import pad
from .tensor import StructureTensor

TANGENTS = ((2, 0), (2, 1), (1, 1), (1, 2), (0, 2), (-1, 2), (-1, 1), (-2, 1))
"""Steps (right, down) from pixel to pixel along a line, in eight directions. They are whole, so
nothing is interpolated, and turning the picture by a quarter turns the eight into themselves."""

_REACH = 1.5
"""How far a line reaches to either side, in units of its length."""

_UNDECIDED = 1e-9


def along_lines(tensor: StructureTensor, length: float, border: str) -> tuple[Array, Array, Array]:
    """How strongly the slopes of a tensor agree on a line, and the normal of the line.

    tensor: its entries may be negative where something was taken away. length: pixels; the standard
    deviation of the Gaussian weights along the line, which reaches 1.5 times as far to either side.
    Gives the strength, (height, width): for each of eight directions the slope across it, averaged
    along it; of the eight the largest, at least 0 and at most the slope at the pixel itself. Then x
    and y of the normal, of length 1 and either sign, both 0 where no direction prevails: the mean
    of the eight, as doubled angles, weighed by the fourth power of their strengths.

    >>> upright = StructureTensor(np.ones((9, 9)), np.zeros((9, 9)), np.zeros((9, 9)))
    >>> strength, x, y = along_lines(upright, 2.0, "replicate")
    >>> round(float(strength[4, 4]), 9), bool(x[4, 4] > 0), abs(float(y[4, 4])) < 1e-9
    (1.0, True, True)
    """
    half, apart = (tensor.xx + tensor.yy) / 2, (tensor.xx - tensor.yy) / 2
    strength, across, down = np.zeros((3, *half.shape))
    for right, below in TANGENTS:
        # The normal of the step (right, below) is (-below, right); these are of twice its angle.
        squared = right * right + below * below
        cosine, sine = (below * below - right * right) / squared, -2 * right * below / squared
        slope = half + cosine * apart if cosine else half + sine * tensor.xy
        if cosine and sine:
            slope += sine * tensor.xy
        held = _averaged(slope, (right, below), length, border)
        np.maximum(held, 0, out=held)
        np.maximum(strength, held, out=strength)
        np.square(held, out=held)
        np.square(held, out=held)
        if cosine:
            across += cosine * held
        if sine:
            down += sine * held
    doubled = np.sqrt(across * across + down * down)
    clear = doubled > _UNDECIDED * np.square(np.square(strength))
    # A line ends where the slopes end, and not where it has run past a corner.
    np.minimum(strength, np.maximum(2 * half, 0), out=strength)
    cosine_twice = np.divide(across, doubled, out=np.zeros_like(across), where=clear)
    # Cosine and sine of half the angle.
    x = np.sqrt(np.maximum(1 + cosine_twice, 0) / 2)
    y = np.copysign(np.sqrt(np.maximum(1 - cosine_twice, 0) / 2), down)
    return strength, np.where(clear, x, 0), np.where(clear, y, 0)


def _averaged(plane: Array, step: tuple[int, int], length: float, border: str) -> Array:
    """The mean of a plane along a line, pixels `step` apart, by Gaussian weights."""
    right, below = step
    apart = float(np.hypot(right, below))
    weights = np.exp(-0.5 * (apart / length * np.arange(int(_REACH * length / apart) + 1)) ** 2)
    weights /= 2 * weights.sum() - 1
    steps = weights.size - 1
    rows, columns = steps * abs(below), steps * abs(right)
    padded = pad(plane, (rows, columns), (rows, columns), border)
    height, width = plane.shape
    mean: Array = weights[0] * plane
    pair = np.empty_like(mean)
    for number in range(1, steps + 1):
        ahead, behind = (
            padded[rows + sign * below :, columns + sign * right :][:height, :width]
            for sign in (number, -number)
        )
        np.add(ahead, behind, out=pair)
        np.multiply(pair, weights[number], out=pair)
        np.add(mean, pair, out=mean)
    return mean


def mean_around(plane: Array, reach: int, known: NDArray[np.bool_] | None = None) -> Array:
    """The mean of a plane over a square window around each pixel, of what lies in the picture.

    reach: pixels from the middle of the window to its border. known: (height, width), what counts;
    None is every pixel. 0 where nothing does.

    >>> mean_around(np.array([[0.0, 3.0, 6.0, 9.0]]), 1).tolist()
    [[1.5, 3.0, 6.0, 7.5]]
    """
    # A window beyond the picture holds nothing more.
    height, width = (min(reach, side) for side in plane.shape)

    def summed(values: Array) -> Array:
        sides = 2 * width + 1, 2 * height + 1
        total: Array = cv2.boxFilter(
            values, -1, sides, normalize=False, borderType=cv2.BORDER_CONSTANT
        )
        return total.reshape(plane.shape)

    if known is None:
        rows, columns = (_window_sizes(side, reach) for side in plane.shape)
        mean: Array = summed(plane) / np.outer(rows, columns)
        return mean
    total, count = summed(np.where(known, plane, 0)), np.rint(summed(known.astype(plane.dtype)))
    return np.divide(total, count, out=np.zeros_like(total), where=count > 0)


def _window_sizes(side: int, reach: int) -> Array:
    """How many positions a window around each position has on an axis."""
    position = np.arange(side)
    sizes: Array = np.minimum(position + reach, side - 1) - np.maximum(position - reach, 0) + 1.0
    return sizes
