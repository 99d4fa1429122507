"""From a signed response to a picture: a step of its own, with a name."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .arrays import Array, dtype_of, one_of, positive, real_array
from .chunks import takes_dask
from .engine.threads import share_out
from .errors import InputError

# The numbers that are shown together stay in the cache; a thread of its own pays for more of them.
_STRIP, _SHARE = 1 << 15, 1 << 18

Lift: TypeAlias = Callable[[Array], Array]
"""From a part of a response to what is shown of it, before it saturates."""


def _minmax(values: Array, full_scale: float) -> Lift:
    low, high = np.inf, -np.inf
    for start in range(0, values.size, _STRIP):
        part = values[start : start + _STRIP]
        known = part[np.isfinite(part)]
        if known.size:
            low, high = min(low, float(known.min())), max(high, float(known.max()))
    if high <= low:
        return np.zeros_like
    # Divided first: the span may be as small, or as large, as a float can be.
    return lambda part: ((part / 2 - low / 2) / (high / 2 - low / 2)) * full_scale


SHOWS: MappingProxyType[str, Callable[[Array, float], Lift]] = MappingProxyType(
    {
        "abs": lambda values, full_scale: np.abs,
        "clip": lambda values, full_scale: np.positive,
        "signed": lambda values, full_scale: lambda part: part / 2 + full_scale / 2,
        "minmax": _minmax,
    }
)
"""How a response becomes a picture between 0 and full scale. All but minmax keep its scale and
saturate: abs shows the magnitude, clip shows negative values as black, signed shows zero as
mid-grey and half of the response around it, minmax stretches the response's own range."""


@takes_dask
def to_picture(
    response: ArrayLike, show: str = "abs", *, full_scale: float = 255.0, depth: DTypeLike = "uint8"
) -> Array:
    """A response as pixels that can be saved and looked at.

    response: any shape, real. show: "abs", "clip", "signed" or "minmax". full_scale: the white of
    the picture that was filtered (255, 65535, 1.0). depth: uint8, uint16 or float32.
    Values beyond black and white saturate; integers are rounded to the nearest; NaN is black.
    Gives an array of dtype `depth`, from 0 to its own full scale (float32: 0 to 1).
    Raises InputError for an unknown `show` or depth.

    >>> to_picture([-300.0, -20.4, 0.0, 20.5], "abs").tolist()
    [255, 20, 0, 20]
    >>> to_picture([-255.0, 0.0, 255.0], "signed").tolist()
    [0, 128, 255]
    """
    one_of(show, SHOWS, "show")
    target = dtype_of(depth, "depth")
    if target.name not in ("uint8", "uint16", "float32"):
        raise InputError(f"depth must be uint8, uint16 or float32, got {target}")
    white = float(np.iinfo(target).max) if target.kind == "u" else 1.0
    scale = positive(full_scale, "full_scale")
    values = real_array(response, "response")
    shown = np.empty(values.shape, target)
    numbers, made = (plane.reshape(-1) for plane in (np.ascontiguousarray(values), shown))
    lift, factor = SHOWS[show](numbers, scale), white / scale
    # Magnitudes and values alone are exact in floats of 32 bits; any arithmetic is done in doubles.
    is_exact = show in ("abs", "clip") and factor == 1 and numbers.dtype == np.float32
    working = np.float32 if is_exact else np.float64

    def fill(first: int) -> None:
        for start in range(first, min(first + _SHARE, numbers.size), _STRIP):
            part = slice(start, start + _STRIP)
            levels = lift(numbers[part].astype(working, copy=False))
            if factor != 1:
                levels *= factor
            np.fmax(levels, 0.0, out=levels)  # of NaN and 0 it is 0
            np.minimum(levels, white, out=levels)
            made[part] = np.rint(levels, out=levels) if target.kind == "u" else levels

    share_out(range(0, numbers.size, _SHARE), fill)
    return shown
