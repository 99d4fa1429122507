"""Soft edges over two scales, in colour, held up along lines and weighed by their surroundings.

The stages: the picture in CIELAB; its slopes at two scales, added as one tensor of amplitudes;
less what the surroundings have in the same direction; averaged along lines in eight directions,
the largest kept; divided by itself and the surroundings' mean; its crests alone.

Beside each constant stands what the ODS (the benchmark's F at one threshold) of 50 training
pictures of BSDS500, 0.686, becomes when it alone is changed. Grey instead of CIELAB gives 0.628,
RGB 0.644.
"""

from __future__ import annotations

import math
from contextlib import nullcontext
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array, as_image, positive
from ..borders import pad
from ..colour import luma
from ..engine import alone, share_out
from ..engine.factors import Pair
from ..engine.passes import Passes
from ..engine.scratch import scratch, strip_memory
from ..engine.sides import Sides
from ..picture import full_scale_for
from ..recipes import gaussian_1d
from .canny import TIE
from .gradient import seen_in_unit, seen_planes
from .linking import Mask, shrunk
from .oriented import along_lines, mean_around
from .tensor import StructureTensor
from .thinning import thin

SIGMA, LOW, HIGH = 1.4, 0.35, 0.45
"""The defaults: pixels, and shares (see `MultiscaleStages.strength`). Sigma 1 gives 0.675, sigma 2
0.687. One threshold alone is best at 0.40; low and high, linked, reach an F of 0.692."""

SCALES: MappingProxyType[float, float] = MappingProxyType({1.0: 0.57, 3.0: 0.43})
"""The scales of the slopes, in units of sigma, and how much each weighs. The finer alone gives
0.670, the coarser 0.647, and three scales (1, 2, 4) 0.685."""

COLOUR = 1.5
"""How much CIELAB's two colour axes weigh beside lightness. 1 gives 0.681, 2 gives 0.683."""

LENGTH = 5.0
"""The Gaussian along lines, in units of sigma. Without lines 0.674; with 3.0 0.681."""

SURROUND, SURROUND_REACH = 0.4, 17.0
"""The share taken away of the surroundings' mean slope in the same direction, so that a line in
texture of its own direction counts less; how far they reach, in units of sigma. Without 0.683."""

CONTRAST_REACH = 80.0
"""How far the surroundings reach that a line's strength is divided by, in units of sigma. With 20
0.674, with 40 0.681; without a division 0.679."""

SEMISATURATION = 0.054
"""In fractions of a step from black to white: a line of this strength in flat surroundings has the
soft value 0.5. It keeps the noise of flat pictures small. With half of it 0.685."""

_LEVEL = 1e-9
_NO_SLOPE = 1e-150

_STRIP, _BLURRED = 48, 96
"""Rows at a time: what is computed of them stays in the cache. More where more lie around them."""

_WORTH_THREADS = 1 << 20
"""Of less than so many numbers the steps are so short that threads only wait for each other."""

Slopes = tuple[Array, Array]


@dataclass(frozen=True, eq=False)
class MultiscaleStages:
    """What every stage gives, (height, width), strengths in fractions of a black and white step.

    seen: the picture with white at 1, (height, width, 3) for colours; NaN is filled in. brightness:
    of it. slopes: their amplitude at each scale, by its sigma. lines: what holds up along lines.
    surroundings: their mean slope. x, y: the normal of the line towards its brighter side, both 0
    where none prevails. strength: the lines divided by themselves, their surroundings and the
    semisaturation, from 0 to 1. soft: the strength on its crests, 0 elsewhere.
    """

    seen: Array
    brightness: Array
    slopes: MappingProxyType[float, Array]
    lines: Array
    surroundings: Array
    x: Array
    y: Array
    strength: Array
    soft: Array


def multiscale_stages(
    image: ArrayLike,
    sigma: float = SIGMA,
    *,
    channels: str = "tensor",
    space: str = "lab",
    border: str = "reflect101",
    full_scale: float | None = None,
) -> MultiscaleStages:
    """Every stage of the soft edges of an image, over scales, in colour and along lines.

    image: (height, width), or (height, width, 3) in RGB, any real dtype. sigma: pixels, above 0;
    the finest scale, and all other lengths are multiples of it. channels, space: as for `gradient`.
    border: what lies outside the picture for the slopes and the lines; the surroundings are what
    lies inside. full_scale: the value of white; None is 255, 65535 or 1.0 by the dtype.
    Strengths are fractions of what a step from black to white gives. NaN has no edges, and none
    lies closer to it than the finest slopes see.
    Raises InputError for unknown names and numbers out of range.
    Sources: Di Zenzo, 1986 (colour); Heeger, 1992 (division); Akbarinia and Parraga, 2018
    (surroundings).

    >>> step = np.repeat([[0.0] * 12 + [1.0] * 12], 24, axis=0)
    >>> np.flatnonzero(multiscale_stages(step).soft[12]).tolist()
    [11]
    """
    finest = positive(sigma, "sigma")
    white = full_scale_for(image, full_scale)
    seen, known = _filled(_seen(image, channels, space, white), finest)
    with nullcontext() if seen.size >= _WORTH_THREADS else alone():
        return _stages(seen, known, finest, channels=channels, space=space, border=border)


def _stages(
    seen: Array, known: Mask | None, finest: float, *, channels: str, space: str, border: str
) -> MultiscaleStages:
    slopes, tensor, ringed = _slopes_over_scales(seen, finest, channels, space, border)
    tensor, surroundings = _apart_from_surround(tensor, finest, known)
    lines, x, y = along_lines(tensor, LENGTH * finest, border)
    # What is left of a flat picture is rounding.
    tie = TIE * max(float(seen.max()), -float(seen.min()))
    if known is not None:
        lines[~_seen_by_known(known, finest)] = 0
    strength = np.empty_like(lines)

    def compare(rows: slice) -> None:
        np.copyto(lines[rows], 0, where=lines[rows] <= tie)
        share = np.add(lines[rows], surroundings[rows], out=strength[rows])
        np.divide(lines[rows], np.add(share, SEMISATURATION, out=share), out=share)
        _turn_to_bright(x, y, ringed, rows)

    share_out(_strips(len(lines)), compare)
    crests = thin(x, y, lines, tie=tie) > 0
    return MultiscaleStages(
        seen,
        _brightness(seen, space),
        slopes,
        lines,
        surroundings,
        x,
        y,
        strength,
        strength * crests,
    )


def _strips(height: int, rows: int = _STRIP) -> list[slice]:
    return [slice(top, min(top + rows, height)) for top in range(0, height, rows)]


def _seen(image: ArrayLike, channels: str, space: str, white: float) -> Array:
    """What is seen of an image with white at 1, in float64; what is no number is NaN."""
    pixels = as_image(image)
    if space != "lab" or channels == "luma" or pixels.ndim == 2 or pixels.shape[2] == 1:
        return seen_in_unit(pixels, channels, space, white)
    seen = np.empty(pixels.shape)

    def see(rows: slice) -> None:
        # CIELAB takes powers and roots of every pixel, which are dear in float64.
        unit = (pixels[rows] / pixels.dtype.type(white)).astype(np.float32)
        unit[~np.isfinite(unit)] = np.nan
        seen[rows] = seen_planes(unit, channels, space, 1.0)

    share_out(_strips(len(seen)), see)
    return seen


def _filled(seen: Array, finest: float) -> tuple[Array, Mask | None]:
    """The picture with unknown pixels as what is around them, and which are known; None is all."""
    if np.isfinite(seen).all():
        return seen, None
    known: Mask = np.isfinite(seen if seen.ndim == 2 else seen.sum(axis=2))
    reach = round(SURROUND_REACH * finest)
    filled = [np.where(known, one, mean_around(one, reach, known)) for one in _planes(seen)]
    return np.stack(filled, axis=-1).reshape(seen.shape), known


def _planes(seen: Array) -> list[Array]:
    if seen.ndim == 2:
        return [seen]
    return [np.ascontiguousarray(seen[..., channel]) for channel in range(seen.shape[2])]


def _brightness(seen: Array, space: str) -> Array:
    if seen.ndim == 2:
        return seen
    return seen[..., 0] if space == "lab" else luma(seen)


def _slopes_over_scales(
    seen: Array, finest: float, channels: str, space: str, border: str
) -> tuple[MappingProxyType[float, Array], StructureTensor, list[Array]]:
    """The slopes' amplitude at each scale, the tensor of all, and the planes at the finest."""
    planes = _planes(seen)
    weights = _plane_weights(channels, space, len(planes))
    smooth = [weight * plane for weight, plane in zip(weights, planes, strict=True)]
    tensor = np.zeros((3, *planes[0].shape))
    amplitudes: dict[float, Array] = {}
    ringed: list[Array] = []
    before = 0.0
    for scale, share in SCALES.items():
        at = finest * scale
        blurred = _blurred(smooth, math.sqrt(at**2 - before**2), border)
        smooth = [plane[1:-1, 1:-1] for plane in blurred]
        before = at
        ringed = ringed or blurred
        amplitudes[at] = _add_slopes(blurred, at, share, tensor, steepest=channels == "max")
    return MappingProxyType(amplitudes), StructureTensor(*tensor), ringed


def _add_slopes(
    blurred: list[Array], at: float, share: float, tensor: Array, *, steepest: bool
) -> Array:
    """The slopes' amplitude at a scale, whose share is added to the entries of the tensor."""
    amplitude = np.empty(tensor.shape[1:])
    # The slope of a blurred step, times this, is its height: twice the slope is at hand.
    unit = at * math.sqrt(2 * math.pi) / 2

    def add(rows: slice) -> None:
        with strip_memory():
            slopes = [_slopes(plane[rows.start : rows.stop + 2]) for plane in blurred]
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

    share_out(_strips(len(amplitude)), add)
    return amplitude


def _plane_weights(channels: str, space: str, planes: int) -> list[float]:
    """How much the slopes of each plane count."""
    if planes == 1:
        return [1.0]
    if space == "lab":
        return [1.0, COLOUR, COLOUR]
    # A grey picture is three equal channels of RGB, but one channel of Lab.
    return [1.0 if channels == "max" else math.sqrt(1 / planes)] * planes


def _blurred(planes: list[Array], sigma: float, border: str) -> list[Array]:
    """The planes blurred, each with a ring of one pixel more around it."""
    taps = gaussian_1d(sigma)
    reach = taps.size // 2
    sides = (reach + 1, reach + 1)
    padded = [pad(plane, sides, sides, border) for plane in planes]
    blurred = [np.empty((plane.shape[0] + 2, plane.shape[1] + 2)) for plane in planes]

    # OpenCV takes twice as long for many taps in float64.
    passes = Passes((Pair(taps, taps),), np.dtype(np.float64))

    def blur(task: tuple[int, slice]) -> None:
        number, rows = task
        seen = padded[number][rows.start : rows.stop + 2 * reach]
        with strip_memory():
            passes.correlate(seen, Sides(), blurred[number][rows])

    strips = _strips(len(blurred[0]), max(_BLURRED, 4 * reach))
    share_out([(number, rows) for number in range(len(planes)) for rows in strips], blur)
    return blurred


def _slopes(ringed: Array) -> Slopes:
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


def _apart_from_surround(
    tensor: StructureTensor, finest: float, known: Mask | None
) -> tuple[StructureTensor, Array]:
    """The tensor less a share of what surrounds it, and the mean slope of all further around."""
    reach = round(SURROUND_REACH * finest)
    found = [tensor.xx, tensor.xy, tensor.yy, tensor.xx]

    def look_around(number: int) -> None:
        if number == len(found) - 1:
            slope = tensor.xx + tensor.yy
            found[number] = mean_around(slope, round(CONTRAST_REACH * finest), known)
            return
        mean = mean_around(found[number], reach, known)
        np.multiply(mean, SURROUND, out=mean)
        found[number] = np.subtract(found[number], mean, out=mean)

    share_out(range(len(found)), look_around)
    return StructureTensor(*found[:-1]), found[-1]


def _seen_by_known(known: Mask, finest: float) -> Mask:
    """The pixels whose finest slopes see nothing unknown."""
    return shrunk(known, gaussian_1d(finest).size // 2 + 1)


def _turn_to_bright(x: Array, y: Array, ringed: list[Array], rows: slice) -> None:
    """Turn normals to where the first plane rises, or the first one that is not level.

    x, y: changed in place, in these rows. ringed: the planes at the finest scale, as `_blurred`
    gives them.
    """
    right, down = x[rows], y[rows]
    with strip_memory():
        rise, rise_y = _slopes(ringed[0][rows.start : rows.stop + 2])
        np.add(np.multiply(rise, right, out=rise), np.multiply(rise_y, down, out=rise_y), out=rise)
        for plane in ringed[1:]:
            level = np.abs(rise) <= _LEVEL
            if not level.any():
                break
            rise_x, rise_y = _slopes(plane[rows.start : rows.stop + 2])
            rise[level] = right[level] * rise_x[level] + down[level] * rise_y[level]
        falls = rise < -_LEVEL
        for part in (right, down):
            np.negative(part, out=part, where=falls)
