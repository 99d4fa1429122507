"""Strength along lines: what a slope tensor holds up over a stretch, in eight directions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..arrays import ONE_THREAD, Array
from ..borders import pad
from ..engine import share_out
from ..engine.scratch import scratch, strip_memory
from .tensor import StructureTensor

TANGENTS = ((2, 0), (2, 1), (1, 1), (1, 2), (0, 2), (-1, 2), (-1, 1), (-2, 1))
"""Steps (right, down) from pixel to pixel along a line, in eight directions. They are whole, so
nothing is interpolated, and turning the picture by a quarter turns the eight into themselves."""

_REACH = 1.5
"""How far a line reaches to either side, in units of its length."""

_UNDECIDED = 1e-9

_ALONE = np.ones(1)

_LAST = 3
"""OpenCV rounds up to so many last columns in another way: they lie in the margin."""

_STRIP = 64
"""Rows at a time: many beside the margin, and few enough for the cache."""


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
    lines = [_Line.of(step, length) for step in TANGENTS]
    margin = max(reach_of_lines(length), _LAST)
    entries, padded = tensor.entries, [tensor.xx] * 3
    sides = (margin, margin)

    def extend(number: int) -> None:
        padded[number] = pad(entries[number], sides, sides, border)

    share_out(range(3), extend)
    strength, x, y = (np.empty_like(tensor.xx) for _ in range(3))

    def compare(top: int) -> None:
        rows = slice(top, top + _STRIP)
        seen = StructureTensor(*(entry[top : top + _STRIP + 2 * margin] for entry in padded))
        with strip_memory():
            _compare(seen, lines, margin, (strength[rows], x[rows], y[rows]))

    share_out(range(0, len(strength), _STRIP), compare)
    return strength, x, y


def reach_of_lines(length: float) -> int:
    """How many pixels around one have a say in the strength along its lines.

    length: as for `along_lines`.

    >>> reach_of_lines(4.0)
    6
    """
    return max(_Line.of(step, length).reach for step in TANGENTS)


@dataclass(frozen=True, eq=False)
class _Line:
    """A line through each pixel: steps (right, down) to the next of its pixels, and their weights.

    weights: from one end to the other; they add up to 1.
    """

    right: int
    below: int
    weights: Array

    @classmethod
    def of(cls, step: tuple[int, int], length: float) -> _Line:
        apart = float(np.hypot(*step))
        steps = int(_REACH * length / apart)
        weights = np.exp(-0.5 * (apart / length * np.arange(-steps, steps + 1)) ** 2)
        return cls(*step, weights / weights.sum())

    @property
    def doubled(self) -> tuple[float, float]:
        """Cosine and sine of twice the angle of the normal, which is (-below, right)."""
        squared = self.right * self.right + self.below * self.below
        cosine = (self.below * self.below - self.right * self.right) / squared
        return cosine, -2 * self.right * self.below / squared

    @property
    def reach(self) -> int:
        """Pixels to the end of the line, along height or width."""
        return self.weights.size // 2 * max(abs(self.right), self.below)

    def averaged(self, memory: Array, width: int, out: Array) -> None:
        """The mean along the line of rows that lie one after the other in memory, and more after.

        out: as much memory. In memory the line goes on by the same step everywhere: with rows of
        that length it is a column, and OpenCV is quick with columns. Of a margin as wide as the
        line reaches nothing is made.
        """
        if self.weights.size == 1:
            np.copyto(out, memory)
            return
        if self.below:
            step, across, down = self.below * width + self.right, _ALONE, self.weights
        else:
            step, across, down = width, np.zeros(2 * self.reach + 1), _ALONE
            across[:: self.right] = self.weights
        used = len(memory) // step * step
        made = out[:used].reshape(-1, step)
        cv2.sepFilter2D(memory[:used].reshape(-1, step), -1, across, down, made)


def _compare(
    tensor: StructureTensor, lines: list[_Line], margin: int, out: tuple[Array, Array, Array]
) -> None:
    """The strength along lines, and x and y of the normal, of a strip with a margin all round."""
    strength, x, y = out
    tall, width = tensor.xx.shape
    # Two rows more than there are, and a pixel: every line comes to the end of a row of its own.
    memory, averages = (scratch(((tall + 3) * width,), strength.dtype) for _ in "ab")
    memory[tall * width :] = 0
    slope, mean = (flat[: tall * width].reshape(tall, width) for flat in (memory, averages))
    half, apart, mixed = (scratch((tall, width), strength.dtype) for _ in "abc")
    np.multiply(np.add(tensor.xx, tensor.yy, out=half), 0.5, out=half)
    np.multiply(np.subtract(tensor.xx, tensor.yy, out=apart), 0.5, out=apart)
    inside = np.s_[margin : tall - margin, margin : width - margin]
    pairs = len(lines) // 2
    apart_by, (held, doubled, part) = (
        scratch((count, *strength.shape), strength.dtype) for count in (pairs, 3)
    )
    strength[...] = 0
    doubles = [line.doubled for line in lines[:pairs]]
    for number, (cosine, sine) in enumerate(doubles):
        np.multiply(apart, cosine, out=mixed)
        if sine:
            np.add(mixed, np.multiply(tensor.xy, sine, out=slope), out=mixed)
        # The line across this one has the same with the other sign.
        for line, combine, kept in (
            (lines[number], np.add, apart_by[number]),
            (lines[number + pairs], np.subtract, held),
        ):
            combine(half, mixed, out=slope)
            line.averaged(memory, width, averages)
            np.maximum(mean[inside], 0, out=kept)
            np.maximum(strength, kept, out=strength)
            np.square(kept, out=kept)
            np.square(kept, out=kept)
        np.subtract(apart_by[number], held, out=apart_by[number])
    across, down = _weighed(np.array(doubles, strength.dtype).T, apart_by)
    np.multiply(across, across, out=doubled)
    np.add(doubled, np.multiply(down, down, out=part), out=doubled)
    np.sqrt(doubled, out=doubled)
    np.square(np.square(strength, out=held), out=held)
    vague = ~(doubled > np.multiply(held, _UNDECIDED, out=held))
    # A line ends where the slopes end, and not where it has run past a corner.
    np.maximum(np.multiply(half[inside], 2, out=part), 0, out=part)
    np.minimum(strength, part, out=strength)
    np.copyto(doubled, 1, where=vague)
    cosine_twice = np.divide(across, doubled, out=across)
    # Cosine and sine of half the angle; beyond 1 it is rounding.
    for normal, combine in ((x, np.add), (y, np.subtract)):
        combine(1, cosine_twice, out=normal)
        np.multiply(np.maximum(normal, 0, out=normal), 0.5, out=normal)
        np.sqrt(normal, out=normal)
    np.copysign(y, down, out=y)
    for normal in (x, y):
        np.copyto(normal, 0, where=vague)


def _weighed(weights: Array, planes: Array) -> Array:
    """Sums of planes by rows of weights: (sums, height, width)."""
    sums = scratch((len(weights), *planes.shape[1:]), planes.dtype)
    flat, into = (each.reshape(len(each), -1) for each in (planes, sums))
    step = ONE_THREAD // weights.size
    for first in range(0, flat.shape[1], step):
        np.matmul(weights, flat[:, first : first + step], out=into[:, first : first + step])
    return sums


def mean_around(
    plane: Array, reach: int, largest: float, known: NDArray[np.bool_] | None = None
) -> Array:
    """The mean of a plane over a square window around each pixel, of what lies in the picture.

    reach: pixels from the middle of the window to its border. largest: no magnitude is larger; the
    values are rounded to a small part of it, so that their sums are exact: a part of a picture has
    the same means to the last bit. known: (height, width), what counts; None is every pixel. 0
    where nothing does.

    >>> mean_around(np.array([[0.0, 3.0, 6.0, 9.0]]), 1, 9.0).tolist()
    [[1.5, 3.0, 6.0, 7.5]]
    """
    # A window beyond the picture holds nothing more.
    height, width = (min(reach, side) for side in plane.shape)

    def summed(values: Array, largest: float) -> Array:
        sides = 2 * width + 1, 2 * height + 1
        # OpenCV adds what comes into the window and takes away what goes out of it.
        rounding = _rounding_to_sum((2 * reach + 2) ** 2, largest)
        rounded = values + rounding
        rounded -= rounding
        total: Array = cv2.boxFilter(
            rounded, -1, sides, normalize=False, borderType=cv2.BORDER_CONSTANT
        )
        return total.reshape(plane.shape)

    if known is None:
        rows, columns = (_window_sizes(side, reach) for side in plane.shape)
        mean = summed(plane, largest)
        mean /= np.outer(rows, columns)
        return mean
    total = summed(np.where(known, plane, 0), largest)
    count = summed(known.astype(plane.dtype), 1.0)
    return np.divide(total, count, out=np.zeros_like(total), where=count > 0)


def _rounding_to_sum(count: int, largest: float) -> float:
    """What, added and taken away again, rounds values so that so many of them have an exact sum."""
    # Of the bits of a float64, the sum may need all: a value has what the count leaves of them.
    return 1.5 * 2.0 ** (math.frexp(largest)[1] + count.bit_length())


def _window_sizes(side: int, reach: int) -> Array:
    """How many positions a window around each position has on an axis."""
    position = np.arange(side)
    sizes: Array = np.minimum(position + reach, side - 1) - np.maximum(position - reach, 0) + 1.0
    return sizes
