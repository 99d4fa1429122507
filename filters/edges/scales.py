"""Slopes over two scales: those of every plane, as one tensor whose entries are amplitudes.

Beside each constant stands what the ODS of `multiscale` on 50 training pictures of BSDS500, 0.686,
becomes when it alone is changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ..arrays import Array
from ..borders import pad
from ..engine import share_out
from ..engine.factors import Pair
from ..engine.passes import Passes
from ..engine.scratch import scratch, strip_memory
from ..engine.sides import Sides
from ..recipes import gaussian_1d
from .tensor import StructureTensor

SCALES: MappingProxyType[float, float] = MappingProxyType({1.0: 0.57, 3.0: 0.43})
"""The scales of the slopes, in units of sigma, and how much each weighs. The finer alone gives
0.670, the coarser 0.647, and three scales (1, 2, 4) 0.685."""

COLOUR = 1.5
"""How much CIELAB's two colour axes weigh beside lightness. 1 gives 0.681, 2 gives 0.683."""

RING = 1
"""Pixels more on every side of a blurred plane: its slopes are differences of neighbours."""

_NO_SLOPE = 1e-150

_STRIP, _BLURRED = 48, 96
"""Rows at a time: what is computed of them stays in the cache. More where more lie around them."""

Slopes = tuple[Array, Array]


@dataclass(frozen=True, eq=False)
class ScaleSlopes:
    """The slopes of a picture over scales, in fractions of a black and white step.

    amplitudes: (height, width) at each scale, by its sigma. tensor: of all scales together; its
    entries are amplitudes and not their squares. finest: the planes blurred by the finest scale,
    each with `RING` pixels more all round.
    """

    amplitudes: MappingProxyType[float, Array]
    tensor: StructureTensor
    finest: list[Array]


def slopes_over_scales(
    seen: Array, finest: float, channels: str, space: str, border: str
) -> ScaleSlopes:
    """The slopes of a picture at all `SCALES`.

    seen: (height, width), or (height, width, 3) for colours, float64, white at 1. finest: pixels.

    >>> ramp = np.tile(np.arange(9.0), (9, 1))
    >>> found = slopes_over_scales(ramp, 1.0, "luma", "rgb", "reflect101")
    >>> bool(found.tensor.xx[4, 4] > 0), bool(found.tensor.yy.any())
    (True, False)
    """
    weights = _plane_weights(seen.shape, channels, space)
    smooth = [weight * plane for weight, plane in zip(weights, planes_of(seen), strict=True)]
    tensor = np.zeros((3, *seen.shape[:2]))
    amplitudes: dict[float, Array] = {}
    ringed: list[Array] = []
    for at, share, blur in _blurs(finest):
        blurred = _blurred(smooth, blur, border)
        smooth = [plane[RING:-RING, RING:-RING] for plane in blurred]
        ringed = ringed or blurred
        amplitudes[at] = _add_slopes(blurred, at, share, tensor, steepest=channels == "max")
    return ScaleSlopes(MappingProxyType(amplitudes), StructureTensor(*tensor), ringed)


def _blurs(finest: float) -> Iterator[tuple[float, float, float]]:
    """Each scale in pixels, its weight, and the blur that makes it of the one before."""
    before = 0.0
    for scale, share in SCALES.items():
        at = finest * scale
        yield at, share, math.sqrt(at**2 - before**2)
        before = at


def reach_of_slopes(finest: float) -> int:
    """How many pixels around one have a say in its slopes.

    >>> reach_of_slopes(1.4) > 1.4 * max(SCALES)
    True
    """
    return sum(gaussian_1d(blur).size // 2 + RING for _, _, blur in _blurs(finest))


def steepest_slope(largest: float) -> float:
    """No slope over scales is steeper. largest: the largest magnitude of all pixels and planes.

    >>> steepest_slope(1.0)
    8.0
    """
    # A step from the largest to its negative, in two directions and in three planes.
    return 2 * largest * 4


def _add_slopes(
    blurred: list[Array], at: float, share: float, tensor: Array, *, steepest: bool
) -> Array:
    """The slopes' amplitude at a scale, whose share is added to the entries of the tensor."""
    amplitude = np.empty(tensor.shape[1:])
    # The slope of a blurred step, times this, is its height: twice the slope is at hand.
    unit = at * math.sqrt(2 * math.pi) / 2

    def add(rows: slice) -> None:
        with strip_memory():
            slopes = [twice_slopes(plane[rows.start : rows.stop + 2]) for plane in blurred]
            products = _products(slopes, steepest=steepest)
            length = amplitude[rows]
            np.sqrt(np.add(products[0], products[2], out=length), out=length)
            # Divided by the length the entries are amplitudes too, and not their squares.
            factor = np.maximum(length, _NO_SLOPE, out=scratch(length.shape, length.dtype))
            np.divide(share * unit, factor, out=factor)
            for total, product in zip(tensor, products, strict=True):
                np.multiply(product, factor, out=product)
                np.add(total[rows], product, out=total[rows])
            np.multiply(length, unit, out=length)

    share_out(strips_of(len(amplitude)), add)
    return amplitude


def _plane_weights(shape: tuple[int, ...], channels: str, space: str) -> list[float]:
    """How much the slopes of each plane count."""
    if len(shape) == 2:
        return [1.0]
    if space == "lab":
        return [1.0, COLOUR, COLOUR]
    # A grey picture is three equal channels of RGB, but one channel of Lab.
    return [1.0 if channels == "max" else math.sqrt(1 / shape[2])] * shape[2]


def _blurred(planes: list[Array], sigma: float, border: str) -> list[Array]:
    """The planes blurred, each with a ring of one pixel more around it."""
    taps = gaussian_1d(sigma)
    reach = taps.size // 2
    sides = (reach + RING, reach + RING)
    padded = [pad(plane, sides, sides, border) for plane in planes]
    blurred = [np.empty((plane.shape[0] + 2 * RING, plane.shape[1] + 2 * RING)) for plane in planes]

    # OpenCV takes twice as long for many taps in float64.
    passes = Passes((Pair(taps, taps),), np.dtype(np.float64))

    def blur(task: tuple[int, slice]) -> None:
        number, rows = task
        seen = padded[number][rows.start : rows.stop + 2 * reach]
        with strip_memory():
            passes.correlate(seen, Sides(), blurred[number][rows])

    strips = strips_of(len(blurred[0]), max(_BLURRED, 4 * reach))
    share_out([(number, rows) for number in range(len(planes)) for rows in strips], blur)
    return blurred


def twice_slopes(ringed: Array) -> Slopes:
    """Twice the slopes to the right and downwards: the differences of what lies to both sides."""
    height, width = ringed.shape
    x, y = scratch((2, height - 2, width - 2), ringed.dtype)
    np.subtract(ringed[1:-1, 2:], ringed[1:-1, :-2], out=x)
    np.subtract(ringed[2:, 1:-1], ringed[:-2, 1:-1], out=y)
    return x, y


def _products(slopes: list[Slopes], *, steepest: bool) -> Array:
    """The products xx, xy and yy of slopes, summed over the planes, or of the steepest plane."""
    first_x, first_y = slopes[0]
    found: Array
    found, own = scratch((2, 3, *first_x.shape), first_x.dtype)
    _multiply(first_x, first_y, found)
    for x, y in slopes[1:]:
        _multiply(x, y, own)
        steeper = own[0] + own[2] > found[0] + found[2] if steepest else None
        for kept, one in zip(found, own, strict=True):
            if steeper is None:
                np.add(kept, one, out=kept)
            else:
                np.copyto(kept, one, where=steeper)
    return found


def _multiply(x: Array, y: Array, out: Array) -> None:
    for (first, second), product in zip(((x, x), (x, y), (y, y)), out, strict=True):
        np.multiply(first, second, out=product)


def planes_of(seen: Array) -> list[Array]:
    """The planes of what is seen, each by itself in memory.

    >>> [plane.shape for plane in planes_of(np.zeros((2, 4, 3)))]
    [(2, 4), (2, 4), (2, 4)]
    """
    if seen.ndim == 2:
        return [seen]
    return [np.ascontiguousarray(seen[..., channel]) for channel in range(seen.shape[2])]


def strips_of(height: int, rows: int = _STRIP) -> list[slice]:
    """The rows of a picture in strips.

    >>> strips_of(5, 3)
    [slice(0, 3, None), slice(3, 5, None)]
    """
    return [slice(top, min(top + rows, height)) for top in range(0, height, rows)]
