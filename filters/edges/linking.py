"""Linking: weak edges stay where they are connected to strong ones (hysteresis)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import real_array
from ..chunks import takes_dask
from ..errors import InputError

Mask = NDArray[np.bool_]


@takes_dask
def link(thinned: ArrayLike, low: float, high: float) -> Mask:
    """The edges: pixels above `high`, and those above `low` that touch an edge.

    thinned: (height, width), any soft edge map. low, high: on its own scale, low at most high.
    Touching is by side or corner (eight neighbours), over any number of pixels. NaN is no edge.
    Gives (height, width) bool. Raises InputError where low is above high or the map has other axes.
    Source: Canny, 1986.

    >>> link([[3, 1, 1, 0, 1]], 0.5, 2).tolist()
    [[True, True, True, False, False]]
    """
    strength = real_array(thinned, "thinned")
    if strength.ndim != 2 or strength.size == 0:
        raise InputError(f"thinned must be (height, width), got shape {strength.shape}")
    check_order(low, high)
    weak: Mask = strength > low
    count, labels = cv2.connectedComponents(weak.view(np.uint8), connectivity=8)
    places = np.flatnonzero(weak)
    found = labels.reshape(-1)[places]
    kept = np.zeros(count, bool)
    kept[found[strength.reshape(-1)[places] > high]] = True
    weak.reshape(-1)[places] = kept[found]
    return weak


def check_order(low: float, high: float) -> None:
    """Raise InputError unless low and high are numbers with low at most high.

    >>> check_order(1, 2)
    """
    for name, value in (("low", low), ("high", high)):
        if not isinstance(value, int | float | np.integer | np.floating):
            raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    if not low <= high:
        raise InputError(f"low must be at most high, got low {low:g} and high {high:g}")


def shrunk(inside: Mask, reach: int) -> Mask:
    """The pixels of a mask within whose `reach`, a square, none is outside of it.

    >>> shrunk(np.array([[True, True, True, False]]), 1).tolist()
    [[True, True, False, False]]
    """
    if inside.all():
        return inside
    side = 2 * reach + 1
    kept = cv2.erode(inside.astype(np.uint8), np.ones((side, side), np.uint8))
    return kept.reshape(inside.shape).astype(bool)
