"""From a signed response to a picture: a step of its own, with a name."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .arrays import Array, positive, real_array
from .errors import InputError


def _minmax(response: Array, full_scale: float) -> Array:
    known = response[np.isfinite(response)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    if high == low:
        return np.zeros_like(response)
    # Divided first: the span may be as small, or as large, as a float can be.
    return ((response / 2 - low / 2) / (high / 2 - low / 2)) * full_scale


SHOWS: MappingProxyType[str, Callable[[Array, float], Array]] = MappingProxyType(
    {
        "abs": lambda response, full_scale: np.abs(response),
        "clip": lambda response, full_scale: response,
        "signed": lambda response, full_scale: response / 2 + full_scale / 2,
        "minmax": _minmax,
    }
)
"""How a response becomes a picture between 0 and full scale. All but minmax keep its scale and
saturate: abs shows the magnitude, clip shows negative values as black, signed shows zero as
mid-grey and half of the response around it, minmax stretches the response's own range."""


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
    if show not in SHOWS:
        raise InputError(f"show must be one of {', '.join(SHOWS)}, got {show!r}")
    target: np.dtype[Any] = np.dtype(depth)
    if target.name not in ("uint8", "uint16", "float32"):
        raise InputError(f"depth must be uint8, uint16 or float32, got {target}")
    white = float(np.iinfo(target).max) if target.kind == "u" else 1.0
    scale = positive(full_scale, "full_scale")
    values = np.asarray(real_array(response, "response"), np.float64)
    shown = SHOWS[show](values, scale) * (white / scale)
    shown = np.clip(np.nan_to_num(shown, nan=0.0, posinf=white, neginf=0.0), 0.0, white)
    return (np.rint(shown) if target.kind == "u" else shown).astype(target)
