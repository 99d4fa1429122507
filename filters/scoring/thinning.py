"""Thinning a mask to lines one pixel wide, by the two alternating passes of Guo and Hall."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import real_array
from ..errors import InputError
from .compilation import compiled

Mask = NDArray[np.bool_]

_LOOKS = "int64[::1](uint8[::1], int64[::1], int64[::1])"
_TAKES = "int64[::1](uint8[::1], int64[::1], int64[::1], uint8[::1])"


def thin_mask(mask: ArrayLike) -> Mask:
    """The mask worn down to lines one pixel wide that hang together as it did.

    mask: (height, width), where everything that is not 0 is set. Gives (height, width) bool: the
    pixels of `bwmorph(mask, "thin", Inf)` and of scikit-image's `thin`.
    Raises InputError for another number of axes, FiltError where numba is missing.
    Source: Guo and Hall, 1989; Lam, Lee and Suen, 1992.

    >>> thin_mask(np.ones((3, 7))).astype(int).tolist()
    [[0, 0, 0, 0, 0, 0, 0], [0, 1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0, 0]]
    """
    given = real_array(mask, "mask")
    if given.ndim != 2:
        raise InputError(f"mask must be (height, width), got shape {given.shape}")
    padded = np.pad(given != 0, 1).view(np.uint8)
    _wear_down(padded)
    thinned: Mask = padded[1:-1, 1:-1].astype(np.bool_)
    return thinned


@cache
def _removable() -> NDArray[np.uint8]:
    """For either pass, which neighbourhoods let their pixel go.

    Bit n of a neighbourhood is neighbour n + 1 of the source: anticlockwise from the right.
    """
    code = np.arange(256)
    around = [(code >> bit & 1).astype(bool) for bit in range(8)]
    x = dict(enumerate([*around, around[0]], start=1))
    upright = range(1, 9, 2)
    crossings = sum((~x[n] & (x[n + 1] | x[n + 2])).astype(int) for n in upright)
    one_way = sum((x[n] | x[n + 1]).astype(int) for n in upright)
    other_way = sum((x[n + 1] | x[n + 2]).astype(int) for n in upright)
    fewest = np.minimum(one_way, other_way)
    either = (crossings == 1) & (fewest >= 2) & (fewest <= 3)
    first = either & ~((x[2] | x[3] | ~x[8]) & x[1])
    second = either & ~((x[6] | x[7] | ~x[4]) & x[5])
    return np.stack([first, second]).view(np.uint8)


def _wear_down(padded: NDArray[np.uint8]) -> None:
    """Thin a mask in place that has a frame of zeros."""
    look, take = compiled(_asked_again, _LOOKS), compiled(_take, _TAKES)
    width = padded.shape[1]
    steps = np.array([1, 1 - width, -width, -1 - width, -1, width - 1, width, width + 1], np.int64)
    pixels = padded.reshape(-1)
    everything = np.flatnonzero(pixels)
    first, second = _removable()
    before = take(pixels, steps, everything, first)
    last = take(pixels, steps, everything, second)
    # A pixel that stayed two passes ago stays again, unless a neighbour went since.
    takes, other = first, second
    while before.size or last.size:
        candidates = look(pixels, steps, np.concatenate([before, last]))
        before, last = last, take(pixels, steps, candidates, takes)
        takes, other = other, takes


def _asked_again(pixels: Any, steps: Any, removed: Any) -> Any:
    """The pixels left beside those removed, each once. Compiled."""
    found = np.empty(removed.size * 8, np.int64)
    asked = np.zeros(pixels.size, np.uint8)
    many = 0
    for gone in removed:
        for step in steps:
            place = gone + step
            if pixels[place] and not asked[place]:
                asked[place] = 1
                found[many] = place
                many += 1
    return found[:many]


def _take(pixels: Any, steps: Any, candidates: Any, takes: Any) -> Any:
    """Remove all candidates at once whose neighbourhoods let them go; gives them. Compiled."""
    removed = np.empty(candidates.size, np.int64)
    many = 0
    for place in candidates:
        code = 0
        for bit in range(8):
            code |= pixels[place + steps[bit]] << bit
        if pixels[place] and takes[code]:
            removed[many] = place
            many += 1
    for index in range(many):
        pixels[removed[index]] = 0
    return removed[:many]
