"""Thinning: only the crest of the gradient stays (non-maximum suppression).

The tie rule, the same for every method: a pixel stays where its magnitude is greater than that of
its neighbour on the dark side and at least that of its neighbour on the bright side. Where two
pixels in a row share the maximum, as beside an ideal step, the darker one stays: one line, one
pixel wide, whichever way the picture is turned. Where more than two in a row are equal there is no
crest, only a ramp, and none stays. Interpolation would leave both pixels of a tie where the
magnitude falls along the edge: then too the darker one alone stays.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..errors import InputError

Offsets = NDArray[np.intp]
Neighbours = tuple[Offsets, Offsets, Array]

RELATIVE_TIE = 1e-6
"""Magnitudes closer than this share of the largest count as equal: rounding must not decide."""

_TAN_22_5 = 0.41421356237309503

_BEYOND_ROUNDING = 1 + 1e-9
"""Directions on the very border between two neighbours fall to the same one, rounding or not."""


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


def thin(
    x: Array,
    y: Array,
    magnitude: Array | None = None,
    method: str = "interpolated",
    *,
    above: float = 0.0,
    tie: float | None = None,
) -> Array:
    """The magnitude of a gradient where it is a crest, 0 elsewhere.

    x, y: (height, width) slopes to the right and downwards. magnitude: what is compared, None for
    their length. method: a key of `THINNINGS`. above: pixels up to this magnitude are not looked
    at. tie: magnitudes closer than this are equal; None is 1e-6 of the largest.
    Beyond the picture the magnitude is 0. NaN is no crest.
    Raises InputError for arrays of other or unequal shapes and an unknown method.
    Source: Canny, 1986.

    >>> x = np.array([[0.0, 2, 5, 3, 0]])
    >>> thin(x, np.zeros_like(x)).tolist()
    [[0.0, 0.0, 5.0, 0.0, 0.0]]
    """
    if method not in THINNINGS:
        raise InputError(f"method must be one of {', '.join(THINNINGS)}, got {method!r}")
    given = [x, y] if magnitude is None else [x, y, magnitude]
    if x.ndim != 2 or len({array.shape for array in given}) > 1:
        shapes = ", ".join(str(array.shape) for array in given)
        raise InputError(f"x, y and magnitude must be of one (height, width), got {shapes}")
    strength = np.hypot(x, y) if magnitude is None else magnitude
    thinned = np.zeros_like(strength)
    directed = np.isfinite(x) & np.isfinite(y) & ((x != 0) | (y != 0))
    finite = np.where(np.isfinite(strength) & directed, strength, 0)
    margin = RELATIVE_TIE * float(finite.max()) if tie is None else tie
    rows, columns = np.nonzero(finite > max(above, 0.0))
    if not rows.size:
        return thinned
    step_x, step_y = THINNINGS[method](x[rows, columns], y[rows, columns])
    around = np.pad(finite, 2)
    here = finite[rows, columns]

    def along(where: Array | slice, steps: int) -> Array:
        return _between(
            around,
            rows[where] + 2,
            columns[where] + 2,
            steps * step_y[where],
            steps * step_x[where],
        )

    everywhere = slice(None)
    dark, bright = along(everywhere, -1), along(everywhere, 1)
    crest = (here > dark + margin) & (here >= bright - margin)
    tied = np.flatnonzero(crest & (bright >= here - margin))
    crest[tied] = along(tied, 2) < here[tied] - margin
    kept = np.zeros(around.shape, bool)
    kept[rows[crest] + 2, columns[crest] + 2] = True
    dark_row = rows - np.rint(step_y * _BEYOND_ROUNDING).astype(np.intp) + 2
    dark_column = columns - np.rint(step_x * _BEYOND_ROUNDING).astype(np.intp) + 2
    equal = np.abs(around[dark_row, dark_column] - here) <= margin
    crest &= ~(kept[dark_row, dark_column] & equal)
    thinned[rows[crest], columns[crest]] = strength[rows[crest], columns[crest]]
    return thinned


def _between(around: Array, rows: Offsets, columns: Offsets, down: Array, right: Array) -> Array:
    """The magnitude at (row + down, column + right): one of the two steps is whole.

    The other is shared between the two pixels next to it.
    """
    upright = np.abs(down) >= np.abs(right)
    across = np.where(upright, right, down)
    first = np.floor(across)
    share = (across - first).astype(around.dtype)
    first_index = first.astype(np.intp)
    whole = np.where(upright, down, right).astype(np.intp)
    row = rows + np.where(upright, whole, first_index)
    column = columns + np.where(upright, first_index, whole)
    near = around[row, column]
    # Where nothing is shared the next pixel may lie outside: it is not looked at.
    more = (share > 0).astype(np.intp)
    far = around[row + np.where(upright, 0, more), column + np.where(upright, more, 0)]
    shared: Array = near + (far - near) * share
    return shared
