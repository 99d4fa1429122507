"""Thinning: only the crest of the gradient stays (non-maximum suppression).

The tie rule, the same for every method: a pixel stays where its magnitude is greater than that of
its neighbour on the dark side and at least that of its neighbour on the bright side. Where two
pixels in a row share the maximum, as beside an ideal step, the darker one stays: one line, one
pixel wide, whichever way the picture is turned. Where more than two in a row are equal there is no
crest, only a ramp, and none stays. Interpolation would leave both pixels of a tie where the
magnitude falls along the edge: then too the darker one alone stays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import Array, alike, finite, one_of
from ..chunks import takes_dask
from ..engine import share_out
from ..engine.scratch import scratch, strip_memory
from ..errors import InputError

Offsets = NDArray[np.intp]

RELATIVE_TIE = 1e-6
"""Magnitudes closer than this share of the largest count as equal: rounding must not decide."""

_TAN_22_5 = 0.41421356237309503

_BEYOND_ROUNDING = 1 + 1e-9
"""Directions on the very border between two neighbours fall to the same one, rounding or not."""

REACH = 3
"""Rows above and below that have a say in whether a pixel stays: of two equal crests beside each
other one goes, and whether the other is one is seen two pixels further on."""

_RING = 2

_PIXELS = 1 << 17
"""So many pixels at a time: fewer are done in no time, and threads get into each other's way."""

_CACHED = 1 << 14
"""So many pixels at a time where nothing is done but arithmetic: they stay in the cache."""

_SURELY = 1 - 1e-9
"""What is above a threshold is above this share of it, in whatever order it is rounded."""


def _interpolated(x: Array, y: Array) -> tuple[Array, Array]:
    """The step to where the gradient leaves the 3×3 neighbourhood, between two of its pixels."""
    longest = np.maximum(np.abs(x), np.abs(y))
    longest[longest == 0] = 1
    return x / longest, y / longest


def _sectors(x: Array, y: Array) -> tuple[Array, Array]:
    """The step to the nearest of the eight neighbours."""
    border = _TAN_22_5 * _BEYOND_ROUNDING
    step_x = np.where(np.abs(x) > border * np.abs(y), np.sign(x), 0)
    step_y = np.where(np.abs(y) > border * np.abs(x), np.sign(y), 0)
    return step_x, step_y


THINNINGS: MappingProxyType[str, Callable[[Array, Array], tuple[Array, Array]]] = MappingProxyType(
    {"interpolated": _interpolated, "sectors": _sectors}
)
"""Where a pixel's rivals lie: exactly along its gradient, their magnitude interpolated between two
neighbours, or at the nearest of the eight neighbours (four sectors)."""


@takes_dask
def thin(
    x: ArrayLike,
    y: ArrayLike,
    magnitude: ArrayLike | None = None,
    method: str = "interpolated",
    *,
    above: float = 0.0,
    tie: float | None = None,
) -> Array:
    """The magnitude of a gradient where it is a crest, 0 elsewhere.

    x, y: (height, width) slopes to the right and downwards. magnitude: what is compared, None for
    their length. method: a key of `THINNINGS`. above: pixels up to this magnitude are not looked
    at. tie: magnitudes closer than this are equal; None is 1e-6 of the largest.
    Beyond the picture the magnitude is 0. NaN is no crest. In a strip of rows with `REACH` more on
    either side the same pixels stay as in the whole picture, given the same tie.
    Raises InputError for arrays of other or unequal shapes and an unknown method.
    Source: Canny, 1986.

    >>> x = np.array([[0.0, 2, 5, 3, 0]])
    >>> thin(x, np.zeros_like(x)).tolist()
    [[0.0, 0.0, 5.0, 0.0, 0.0]]
    """
    one_of(method, THINNINGS, "method")
    if tie is not None and finite(tie, "tie") < 0:
        raise InputError(f"tie must be at least 0, got {tie}")
    if magnitude is None:
        x, y = alike(x=x, y=y)
        strength = np.hypot(x, y)
    else:
        x, y, strength = alike(x=x, y=y, magnitude=magnitude)
    if x.ndim != 2:
        raise InputError(f"x, y and magnitude must be one (height, width), got shape {x.shape}")
    height, width = strength.shape
    around = np.zeros((height + 2 * _RING, width + 2 * _RING), strength.dtype)
    inside = around[_RING : _RING + height, _RING : _RING + width]
    step = max(1, _PIXELS // width)
    starts = range(0, height, step)

    def look(top: int) -> None:
        rows = slice(top, top + step)
        right, down, here = x[rows], y[rows], strength[rows]
        directed = np.isfinite(right) & np.isfinite(down) & ((right != 0) | (down != 0))
        np.copyto(inside[rows], here, where=directed & np.isfinite(here))

    share_out(starts, look)
    margin = RELATIVE_TIE * max(float(inside.max()), 0.0) if tie is None else tie
    field = _Field(around.reshape(-1), around.shape[1], margin)
    least = max(finite(above, "above"), 0.0)
    kept = np.zeros(around.size, bool)
    crests: dict[int, tuple[Offsets, Offsets, Array]] = {}

    def compare(top: int) -> None:
        rows = slice(top, min(top + step, height))
        # The ring is zero: what is above `least` in whole rows is what is above it inside.
        first = (top + _RING) * field.width
        some = field.values[first : (rows.stop + _RING) * field.width] > least
        seen = np.flatnonzero(inside[rows] > least)
        slopes = (each[rows].reshape(-1).take(seen) for each in (x, y))
        directions = THINNINGS[method](*slopes)
        crests[top] = field.crests(np.flatnonzero(some) + first, *directions)
        kept[crests[top][0]] = True

    share_out(starts, compare)
    thinned = np.zeros_like(strength)
    for found in crests.values():
        places, lengths = field.single(*found, kept)
        row = places // field.width - _RING
        thinned[row, places - (row + _RING) * field.width - _RING] = lengths
    return thinned


@dataclass(frozen=True)
class Length:
    """How long a gradient is: a power of its length, which is quickly made of its two slopes.

    power: from the two slopes to what is written into its second argument. exponent: 1 or 2, which
    power of the length that is. full_scale: the length that counts as 1.
    """

    power: Callable[[Sequence[Array], Array], object]
    exponent: int
    full_scale: float


def crests_of(
    slopes: Array, length: Length, method: str, *, above: float, tie: float
) -> tuple[Offsets, Array]:
    """Where the gradient in a strip of rows is a crest, and how long it is there.

    slopes: (rows, 2, width), all finite, to the right and downwards. method, above, tie: as for
    `thin`, whose answer this is for the length that is asked for; its root is only taken where it
    is needed. Gives places, counted along the rows from the strip's first pixel, and lengths.

    >>> from ..combination import sum_of_squares
    >>> slopes = np.array([[[0.0, 3, 6, 2], [0.0, 4, 8, 0]]])
    >>> places, lengths = crests_of(
    ...     slopes, Length(sum_of_squares, 2, 1.0), "sectors", above=6.0, tie=0.0
    ... )
    >>> places.tolist(), lengths.tolist()
    ([2], [10.0])
    """
    height, _, width = slopes.shape
    around = scratch((height + 2 * _RING, width + 2 * _RING), slopes.dtype)
    around[:_RING] = around[-_RING:] = 0
    around[:, :_RING] = around[:, -_RING:] = 0
    inside, step = around[_RING:-_RING, _RING:-_RING], max(1, _CACHED // width)
    for rows in (slice(top, top + step) for top in range(0, height, step)):
        with strip_memory():
            length.power((slopes[rows, 0], slopes[rows, 1]), inside[rows])
    field = _Field(around.reshape(-1), around.shape[1], tie, length.exponent, length.full_scale)
    least = (max(above, 0.0) * length.full_scale) ** length.exponent
    seen = np.flatnonzero(field.values > least * _SURELY)
    line, row = slopes.reshape(-1), seen // field.width
    right = seen + row * (2 * width - field.width) - _RING * (2 * width + 1)
    directions = THINNINGS[method](line.take(right), line.take(right + width))
    crests, darker, lengths = field.crests(seen, *directions)
    steep = lengths > above
    kept = scratch((around.size,), np.bool_)
    kept.fill(False)
    kept[crests[steep]] = True
    places, lengths = field.single(crests[steep], darker[steep], lengths[steep], kept)
    return places - (places // field.width) * (2 * _RING) - width * _RING - _RING, lengths


@dataclass(frozen=True, eq=False)
class _Field:
    """Magnitudes with a ring of zeros, row after row in one line: a neighbour is places away.

    values: a power of the magnitudes, by `exponent`, where `full_scale` counts as 1. width: of a
    row. margin: magnitudes closer than this are equal.
    """

    values: Array
    width: int
    margin: float
    exponent: int = 1
    full_scale: float = 1.0

    def crests(self, places: Offsets, right: Array, down: Array) -> tuple[Offsets, Offsets, Array]:
        """The places among these that are crests, the nearest neighbour on their dark side, and
        their magnitudes.

        right, down: the steps from each place to its rival on the bright side. One of the two is
        whole. The other shares the magnitude between the straight neighbour and the corner.
        """
        straight = down.astype(np.intp) * self.width + right.astype(np.intp)
        corner = np.sign(down).astype(np.intp) * self.width + np.sign(right).astype(np.intp)
        share = np.minimum(np.abs(right), np.abs(down)).astype(self.values.dtype, copy=False)
        here = self._at(places)
        dark = self._between(places - straight, places - corner, share)
        higher = np.flatnonzero(here > dark + self.margin)
        places, straight, corner = (each.take(higher) for each in (places, straight, corner))
        share, here = share.take(higher), here.take(higher)
        bright = self._between(places + straight, places + corner, share)
        crest = here >= bright - self.margin
        tied = np.flatnonzero(crest & (bright >= here - self.margin))
        if tied.size:
            aside, twice = corner[tied] - straight[tied], 2 * share[tied]
            passed = np.floor(twice)
            near = places[tied] + 2 * straight[tied] + passed.astype(np.intp) * aside
            beyond = self._between(near, near + aside, twice - passed)
            crest[tied] = beyond < here[tied] - self.margin
        places = places[crest]
        to_corner = share[crest] * _BEYOND_ROUNDING > 0.5
        darker = places - np.where(to_corner, corner[crest], straight[crest])
        return places, darker, here[crest]

    def single(
        self, places: Offsets, darker: Offsets, here: Array, kept: NDArray[np.bool_]
    ) -> tuple[Offsets, Array]:
        """The crests that stay, and their magnitudes: of two equal ones side by side the darker.

        kept: by place, which are crests.
        """
        equal = np.abs(self._at(darker) - here) <= self.margin
        alone = ~(kept[darker] & equal)
        return places[alone], here[alone]

    def _at(self, places: Offsets) -> Array:
        """The magnitude at places; any there is where one lies outside."""
        found = self.values.take(places, mode="clip")
        if self.exponent == 2:
            np.sqrt(found, out=found)
        return found if self.full_scale == 1 else np.divide(found, self.full_scale, out=found)

    def _between(self, near: Offsets, far: Offsets, share: Array) -> Array:
        """The magnitude between two places. Where nothing is shared `far` may lie outside."""
        found, more = self._at(near), self._at(far)
        np.multiply(np.subtract(more, found, out=more), share, out=more)
        return np.add(found, more, out=found)
