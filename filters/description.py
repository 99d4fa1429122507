"""What a kernel finds, in words, worked out from its taps alone.

The moments of the taps are the derivatives that the kernel takes of a smooth picture: the sum
answers to brightness, the first moments to slope, the second ones to curvature.
"""

from __future__ import annotations

import math

import numpy as np

from .arrays import Array, Taps

_NEGLIGIBLE = 1e-6
_MINOR = 0.2
"""A moment below this share of its rival does not change what a kernel is called."""

_TOWARDS = (
    "to the right",
    "towards the lower right",
    "downwards",
    "towards the lower left",
    "to the left",
    "towards the upper left",
    "upwards",
    "towards the upper right",
)
_ACROSS = ("vertical", "diagonal /", "horizontal", "diagonal \\")
"""What runs across a slope: a slope to the right makes a vertical edge (rows count downwards)."""


def what_it_finds(taps: Array) -> str:
    """In words, what in a picture makes a kernel with these taps answer, and with which sign.

    taps: (height, width), or (height, width, channels), which is described by the sum of its
    channels, finite.

    >>> what_it_finds(np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]]))
    'spots and edges in every direction: positive on the dark side'
    """
    taps = np.asarray(taps, np.float64)
    if not taps.any():
        return "nothing: every tap is zero"
    seen = taps if taps.ndim == 2 else taps.sum(axis=2)
    if np.abs(seen).sum() <= _MINOR * np.abs(taps).sum():
        return "colour against colour: brightness alone gives next to nothing"
    return _single_tap(seen) if np.count_nonzero(seen) == 1 else _by_moments(seen)


def _by_moments(taps: Taps) -> str:
    total = float(taps.sum())
    if abs(total) <= _NEGLIGIBLE * float(np.abs(taps).sum()):
        return _change(taps)
    if (taps >= 0).all() or (taps <= 0).all():
        sign = "" if total > 0 else ", with the sign turned"
        return _average(np.abs(taps)) + sign
    if math.isclose(total, 1.0, rel_tol=1e-3):
        return f"the picture itself, plus {_change(_without_centre(taps))}"
    return f"{_change(taps - taps.mean())}; answers to plain brightness too"


def _single_tap(taps: Taps) -> str:
    ((row, column),) = np.argwhere(taps)
    weight = f" times {taps[row, column]:g}" if taps[row, column] != 1 else ""
    centre = (taps.shape[0] // 2, taps.shape[1] // 2)
    place = "" if (row, column) == centre else ", shifted"
    return f"nothing: the picture itself{weight}{place}"


def _average(taps: Taps) -> str:
    along_x, along_y, mixed = _second_moments(taps, about_mean=True)
    spread, unevenness = along_x + along_y, math.hypot(along_x - along_y, 2 * mixed)
    if unevenness <= (1 - _MINOR) * abs(spread):
        return "brightness, averaged over its window"
    angle = 0.5 * math.degrees(math.atan2(2 * mixed, along_x - along_y))
    return f"brightness along {_ACROSS[(round(angle / 45) + 2) % 4]} lines"


def _without_centre(taps: Taps) -> Taps:
    rest = taps.copy()
    rest[taps.shape[0] // 2, taps.shape[1] // 2] -= taps.sum()
    return rest


def _change(taps: Taps) -> str:
    odd = (taps - taps[::-1, ::-1]) / 2
    if (odd**2).sum() > 0.5 * (taps**2).sum():
        return _slope(odd)
    return _curvature((taps + taps[::-1, ::-1]) / 2)


def _slope(taps: Taps) -> str:
    y, x = _coordinates(taps)
    slope_x, slope_y = float((taps * x).sum()), float((taps * y).sum())
    if math.hypot(slope_x, slope_y) <= _NEGLIGIBLE * float(np.abs(taps).sum()):
        return "ripples: odd patterns without a slope"
    angle = math.degrees(math.atan2(slope_y, slope_x)) % 360
    octant = round(angle / 45) % 8
    if abs(angle - 45 * round(angle / 45)) > 10:
        return f"edges whose bright side lies at {angle:.0f}° (0° right, 90° down)"
    return f"{_ACROSS[octant % 4]} edges: positive where it gets brighter {_TOWARDS[octant]}"


def _curvature(taps: Taps) -> str:
    along_x, along_y, mixed = _second_moments(taps)
    total, difference = along_x + along_y, math.hypot(along_x - along_y, 2 * mixed)
    weight = float(np.abs(taps).sum())
    if max(abs(total), difference) <= _NEGLIGIBLE * weight:
        return "fine texture: even patterns without a curvature"
    side = "dark" if total > 0 else "bright"
    if difference <= _MINOR * abs(total):
        return f"spots and edges in every direction: positive on the {side} side"
    if abs(total) <= _MINOR * difference:
        silent = "upright" if abs(2 * mixed) > abs(along_x - along_y) else "diagonal"
        return f"corners and saddles: silent on straight {silent} edges"
    steepest = 0.5 * math.degrees(math.atan2(2 * mixed, along_x - along_y))
    if total < 0:
        steepest += 90
    return f"{_ACROSS[round(steepest / 45) % 4]} bars: positive on {side} ones"


def _coordinates(taps: Taps) -> tuple[Taps, Taps]:
    rows, columns = taps.shape
    y = np.arange(rows, dtype=np.float64)[:, None] - (rows - 1) / 2
    x = np.arange(columns, dtype=np.float64)[None, :] - (columns - 1) / 2
    return y, x


def _second_moments(taps: Taps, about_mean: bool = False) -> tuple[float, float, float]:
    y, x = _coordinates(taps)
    if about_mean:
        total = float(taps.sum())
        y = y - float((taps * y).sum()) / total
        x = x - float((taps * x).sum()) / total
    return float((taps * x * x).sum()), float((taps * y * y).sum()), float((taps * x * y).sum())
