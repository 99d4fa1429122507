"""Soft edges over two scales, in colour, held up along lines and weighed by their surroundings.

The stages: the picture in CIELAB; its slopes at two scales, added as one tensor of amplitudes;
less what the surroundings have in the same direction; averaged along lines in eight directions,
the largest kept; divided by itself and the surroundings' mean; its crests alone.

Beside each constant stands what the ODS (the benchmark's F at one threshold) of 50 training
pictures of BSDS500, 0.686, becomes when it alone is changed. Grey instead of CIELAB gives 0.628,
RGB 0.644.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array, as_image, positive, working_dtype
from ..colour import luma
from ..engine import Pixels, Rows, Stage, alone, computed, share_out
from ..engine.scratch import strip_memory
from ..errors import InputError
from ..picture import full_scale_for
from ..recipes import gaussian_1d
from .canny import SQUARABLE, TIE
from .gradient import brightest, check_colours, check_seen, seen_in_unit
from .linking import Mask, shrunk
from .oriented import along_lines, mean_around, reach_of_lines
from .scales import (
    RING,
    ScaleSlopes,
    planes_of,
    reach_of_slopes,
    slopes_over_scales,
    steepest_slope,
    strips_of,
    twice_slopes,
)
from .tensor import StructureTensor
from .thinning import REACH, thin

SIGMA, LOW, HIGH = 1.4, 0.35, 0.45
"""The defaults: pixels, and shares (see `MultiscaleStages.strength`). Sigma 1 gives 0.675, sigma 2
0.687. One threshold alone is best at 0.40; low and high, linked, reach an F of 0.692."""

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

_WORTH_THREADS = 1 << 20
"""Of less than so many numbers the steps are so short that threads only wait for each other."""


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
    seen = seen_of(image, channels, space, white)
    looks = MultiscaleLooks(finest, channels, space, border, brightest(seen))
    seen, known = _filled(seen, looks)
    with nullcontext() if seen.size >= _WORTH_THREADS else alone():
        slopes = slopes_over_scales(seen, finest, channels, space, border)
        standing = _standing_out(slopes, looks, known)
        found = _lines_of(standing, looks)
    return MultiscaleStages(
        seen,
        _brightness(seen, space),
        slopes.amplitudes,
        found.lines,
        standing.surroundings,
        found.x,
        found.y,
        found.strength,
        found.soft,
    )


@dataclass(frozen=True)
class MultiscaleLooks:
    """How the edges of a picture are looked for, with what must be known of the whole of it.

    finest, channels, space, border: as `multiscale_stages` has them. largest: the largest magnitude
    of all pixels that are seen, in units of white. Raises InputError where its square has no place.
    """

    finest: float
    channels: str
    space: str
    border: str
    largest: float

    def __post_init__(self) -> None:
        if self.largest > SQUARABLE[1]:
            raise InputError(f"the brightest pixel must be at most 1e100, got {self.largest:g}")

    @property
    def tie(self) -> float:
        """Strengths closer than this are equal: what is left of a flat picture is rounding."""
        return TIE * self.largest

    @property
    def surround(self) -> int:
        """How far the surroundings reach of which a share is taken away."""
        return round(SURROUND_REACH * self.finest)

    @property
    def contrast(self) -> int:
        """How far those reach that a line's strength is divided by."""
        return round(CONTRAST_REACH * self.finest)

    @property
    def reach(self) -> int:
        """How many pixels around one have a say in whether it is an edge."""
        around = max(self.surround, self.contrast)
        return reach_of_slopes(self.finest) + around + self.reach_of_lines

    @property
    def reach_with_unknown(self) -> int:
        """The same where pixels are filled in with what is around them."""
        return self.reach + self.surround

    @property
    def reach_of_lines(self) -> int:
        """Of what stands out from its surroundings, how far around a pixel has one."""
        return reach_of_lines(LENGTH * self.finest) + REACH


def soft_inside(seen: Array, looks: MultiscaleLooks, inside: tuple[slice, slice]) -> Array:
    """The soft edges inside of a part of a picture, to the last bit as they are in the whole.

    seen: the part, rows and columns of `seen_rows`. inside: which rows and columns of it; around
    them the part has `looks.reach` pixels more, `reach_with_unknown` where the picture has NaN, or
    the picture ends.

    >>> seen = np.repeat([[0.0] * 12 + [1.0] * 12], 24, axis=0)
    >>> looks = MultiscaleLooks(1.4, "luma", "rgb", "reflect101", 1.0)
    >>> np.flatnonzero(soft_inside(seen, looks, (slice(10, 14), slice(4, 20)))[2]).tolist()
    [7]
    """
    seen, known = _filled(seen, looks)
    # Nothing here has a name that is not needed to the end: tiles are large, and threads many.
    standing = _standing_out(
        slopes_over_scales(seen, looks.finest, looks.channels, looks.space, looks.border),
        looks,
        known,
    )
    margin = looks.reach_of_lines
    near = [slice(max(0, side.start - margin), side.stop + margin) for side in inside]
    within = tuple(
        slice(side.start - more.start, side.stop - more.start)
        for side, more in zip(inside, near, strict=True)
    )
    return _lines_of(standing.cut(*near), looks).soft[within]


def seen_of(image: ArrayLike, channels: str, space: str, white: float) -> Array:
    """What is seen of an image: all of `seen_rows`.

    >>> seen_of(np.full((1, 2), 255, np.uint8), "tensor", "lab", 255.0).tolist()
    [[1.0, 1.0]]
    """
    return computed(seen_rows(as_image(image), channels, space, white))


def seen_rows(pixels: Array, channels: str, space: str, white: float) -> Rows:
    """What is seen of a picture by rows, white at 1, in float64; what is no number is NaN.

    channels, space: as for `gradient`. white: its value. Raises what `seen_planes` raises.

    >>> seen_rows(np.full((1, 2), 255, np.uint8), "tensor", "lab", 255.0).read(0, 1).tolist()
    [[1.0, 1.0]]
    """
    source = Pixels(pixels, working_dtype(pixels.dtype))
    check_seen(channels, space)
    is_grey = channels == "luma" or len(source.shape) == 2 or source.shape[2] == 1
    shape = source.shape[:2] if is_grey else source.shape
    if not is_grey:
        check_colours(shape)

    # CIELAB takes powers and roots of every pixel, which are dear in float64.
    dtype = np.float32 if space == "lab" and not is_grey else np.float64

    def see(rows: Array, out: Array) -> None:
        out[...] = seen_in_unit(rows, channels, space, white, dtype)

    return Stage(source, shape, np.dtype(np.float64), see)


def _filled(seen: Array, looks: MultiscaleLooks) -> tuple[Array, Mask | None]:
    """The picture with unknown pixels as what is around them, and which are known; None is all."""
    if np.isfinite(seen).all():
        return seen, None
    known: Mask = np.isfinite(seen if seen.ndim == 2 else seen.sum(axis=2))
    filled = [
        np.where(known, one, mean_around(one, looks.surround, looks.largest, known))
        for one in planes_of(seen)
    ]
    return np.stack(filled, axis=-1).reshape(seen.shape), known


def _brightness(seen: Array, space: str) -> Array:
    if seen.ndim == 2:
        return seen
    return seen[..., 0] if space == "lab" else luma(seen)


@dataclass(frozen=True, eq=False)
class _StandingOut:
    """What stands out from its surroundings.

    tensor: less a share of what is around. surroundings: the mean slope of all further around.
    finest: as `ScaleSlopes` has it. known: which pixels' finest slopes see all; None is every one.
    """

    tensor: StructureTensor
    surroundings: Array
    finest: list[Array]
    known: Mask | None

    def cut(self, rows: slice, columns: slice) -> _StandingOut:
        """These rows and columns."""
        part = rows, columns
        ringed = tuple(slice(side.start, side.stop + 2 * RING) for side in part)
        return _StandingOut(
            StructureTensor(*(entry[part] for entry in self.tensor.entries)),
            self.surroundings[part],
            [plane[ringed] for plane in self.finest],
            None if self.known is None else self.known[part],
        )


def _standing_out(slopes: ScaleSlopes, looks: MultiscaleLooks, known: Mask | None) -> _StandingOut:
    tensor, largest = slopes.tensor, steepest_slope(looks.largest)
    found = [tensor.xx, tensor.xy, tensor.yy, tensor.xx]

    def look_around(number: int) -> None:
        if number == len(found) - 1:
            slope = tensor.xx + tensor.yy
            found[number] = mean_around(slope, looks.contrast, largest, known)
            return
        mean = mean_around(found[number], looks.surround, largest, known)
        np.multiply(mean, SURROUND, out=mean)
        found[number] = np.subtract(found[number], mean, out=mean)

    share_out(range(len(found)), look_around)
    whole = None if known is None else shrunk(known, gaussian_1d(looks.finest).size // 2 + RING)
    return _StandingOut(StructureTensor(*found[:-1]), found[-1], slopes.finest, whole)


@dataclass(frozen=True, eq=False)
class _Lines:
    """What holds up along lines; each as `MultiscaleStages` has it."""

    lines: Array
    x: Array
    y: Array
    strength: Array
    soft: Array


def _lines_of(standing: _StandingOut, looks: MultiscaleLooks) -> _Lines:
    lines, x, y = along_lines(standing.tensor, LENGTH * looks.finest, looks.border)
    if standing.known is not None:
        lines[~standing.known] = 0
    strength = np.empty_like(lines)

    def compare(rows: slice) -> None:
        np.copyto(lines[rows], 0, where=lines[rows] <= looks.tie)
        share = np.add(lines[rows], standing.surroundings[rows], out=strength[rows])
        np.divide(lines[rows], np.add(share, SEMISATURATION, out=share), out=share)
        _turn_to_bright(x, y, standing.finest, rows)

    share_out(strips_of(len(lines)), compare)
    crests = thin(x, y, lines, tie=looks.tie) > 0
    return _Lines(lines, x, y, strength, strength * crests)


def _turn_to_bright(x: Array, y: Array, ringed: list[Array], rows: slice) -> None:
    """Turn normals to where the first plane rises, or the first one that is not level.

    x, y: changed in place, in these rows. ringed: the planes at the finest scale, as `ScaleSlopes`
    has them.
    """
    right, down = x[rows], y[rows]
    with strip_memory():
        rise, rise_y = twice_slopes(ringed[0][rows.start : rows.stop + 2])
        np.add(np.multiply(rise, right, out=rise), np.multiply(rise_y, down, out=rise_y), out=rise)
        for plane in ringed[1:]:
            level = np.abs(rise) <= _LEVEL
            if not level.any():
                break
            rise_x, rise_y = twice_slopes(plane[rows.start : rows.stop + 2])
            rise[level] = right[level] * rise_x[level] + down[level] * rise_y[level]
        falls = rise < -_LEVEL
        for part in (right, down):
            np.negative(part, out=part, where=falls)
