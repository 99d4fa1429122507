"""Zero crossings: where a second derivative changes its sign, and how steeply it does."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array, alike, finite
from ..chunks import takes_dask
from ..errors import InputError
from .thinning import RELATIVE_TIE


@takes_dask
def zero_crossings(response: ArrayLike, *, tie: float | None = None) -> Array:
    """How steeply a response crosses zero at each pixel, 0 where it does not.

    response: (height, width), signed, such as a Laplacian of Gaussian. A crossing between two
    pixels next to each other counts for the one nearer to zero, of equals for the positive one
    (the dark side of an edge, for a Laplacian with a negative centre); one through a pixel that is
    exactly zero counts for that pixel. The steepness is the difference across the crossing; of a
    horizontal and a vertical one the larger. NaN crosses nothing. tie: distances from zero closer
    than this are equal; None is 1e-6 of the largest response.
    Raises InputError for other axes. Source: Marr and Hildreth, 1980.

    >>> zero_crossings(np.array([[4.0, 3.0, -1.0, -2.0]])).tolist()
    [[0.0, 0.0, 4.0, 0.0]]
    """
    if tie is not None and finite(tie, "tie") < 0:
        raise InputError(f"tie must be at least 0, got {tie}")
    (given,) = alike(response=response)
    if given.ndim != 2:
        raise InputError(f"response must be (height, width), got shape {given.shape}")
    values = np.where(np.isfinite(given), given, 0)
    margin = RELATIVE_TIE * float(np.abs(values).max(initial=0)) if tie is None else tie
    across = _along_rows(values, margin)
    down = _along_rows(values.T, margin).T
    return np.maximum(across, down)


def _along_rows(values: Array, tie: float) -> Array:
    steepness = np.zeros_like(values)
    left, right = values[:, :-1], values[:, 1:]
    crosses = np.sign(left) * np.sign(right) < 0
    difference = np.where(crosses, np.abs(left - right), 0)
    nearer = np.abs(right) - np.abs(left)
    near_left = (nearer > tie) | ((np.abs(nearer) <= tie) & (left > 0))
    np.maximum(steepness[:, :-1], np.where(near_left, difference, 0), out=steepness[:, :-1])
    np.maximum(steepness[:, 1:], np.where(near_left, 0, difference), out=steepness[:, 1:])
    before, at, after = values[:, :-2], values[:, 1:-1], values[:, 2:]
    through = (at == 0) & (np.sign(before) * np.sign(after) < 0)
    middle = steepness[:, 1:-1]
    np.maximum(middle, np.where(through, np.abs(before - after), 0), out=middle)
    return steepness
