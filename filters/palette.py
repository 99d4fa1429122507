"""The one colour scale for signed numbers: blue below zero, white at zero, orange above.

Blue and orange stay apart for every common kind of colour blindness, and in grey print the sign
is lost but the magnitude is not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arrays import positive, real_array
from .errors import InputError

Colours = NDArray[np.uint8]

NEGATIVE = (40, 100, 200)
ZERO = (255, 255, 255)
POSITIVE = (230, 120, 20)

_LUMINANCE_WEIGHTS = (0.2126, 0.7152, 0.0722)
_BLACK_OR_WHITE = 0.179
"""The luminance on which black and white ink are equally easy to read (contrast 4.58 : 1)."""


def diverging(values: ArrayLike, scale: float) -> Colours:
    """Signed values as colours: blue at -scale, white at zero, orange at +scale, linear between.

    values: any shape, real and finite; what lies beyond ±scale takes the end's colour.
    scale: above 0. Gives RGB in uint8, one axis more than `values`.
    Raises InputError for NaN or infinity and for a scale that is not above 0.

    >>> diverging([-2.0, 0.0, 1.0], 2.0).tolist()
    [[40, 100, 200], [255, 255, 255], [242, 188, 138]]
    """
    numbers = np.asarray(real_array(values, "values"), np.float64)
    if not np.isfinite(numbers).all():
        raise InputError("values must be finite, got NaN or infinity")
    end = positive(scale, "scale")
    strength = (np.clip(numbers, -end, end) / end)[..., None]
    ends = np.where(strength < 0, NEGATIVE, POSITIVE)
    blended = np.abs(strength) * (ends - np.array(ZERO)) + ZERO
    colours: Colours = np.rint(blended).astype(np.uint8)
    return colours


def ink_on(colour: ArrayLike) -> tuple[int, int, int]:
    """Black or white, whichever is easier to read on a colour.

    colour: RGB from 0 to 255. Source: relative luminance and contrast of WCAG 2.

    >>> ink_on(POSITIVE), ink_on(NEGATIVE)
    ((0, 0, 0), (255, 255, 255))
    """
    share = np.asarray(colour, np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ _LUMINANCE_WEIGHTS)
    return (0, 0, 0) if luminance > _BLACK_OR_WHITE else (255, 255, 255)
