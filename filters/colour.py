"""Colour: how many planes a filter sees, and how several responses become one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import ArrayLike

from .arrays import Array, as_image, checked_image, one_of, working_dtype
from .chunks import takes_dask
from .engine import Pixels, Rows, Stage, computed
from .engine.scratch import scratch
from .errors import InputError

LUMA_WEIGHTS = (0.299, 0.587, 0.114)
"""Rec. 601's weights of red, green and blue, as OpenCV and Pillow use them."""


@takes_dask
def luma(image: ArrayLike) -> Array:
    """The brightness of an RGB image by Rec. 601: 0.299 R + 0.587 G + 0.114 B.

    image: (height, width, 3), or (height, width) or (height, width, 1), which are grey already.
    Gives (height, width) in float32 or float64, on the image's own scale; of a grey image in that
    dtype the image itself.
    Raises InputError for another number of channels. Source: ITU-R BT.601.

    >>> round(float(luma(np.array([[[255, 0, 0]]], np.uint8))[0, 0]), 3)
    76.245
    """
    pixels = checked_image(image)
    if pixels.ndim == 2:
        return as_image(pixels)
    return computed(luma_rows(Pixels(pixels, working_dtype(pixels.dtype))))


def luma_rows(source: Rows) -> Rows:
    """The same of a picture by its rows. Raises InputError for a wrong number of channels.

    >>> luma_rows(Pixels(np.zeros((4, 5, 3)), np.dtype(float))).shape
    (4, 5)
    """
    if len(source.shape) == 2:
        return source
    if source.shape[2] not in (1, 3):
        raise InputError(
            f"luma needs a grey or RGB image, got {source.shape[2]} channels:"
            " leave alpha out, or filter the channels with 'each' or 'max'"
        )
    weights = np.array([LUMA_WEIGHTS if source.shape[2] == 3 else (1.0,)])
    # In float64: rounded once, whatever lies beside a pixel.
    seen = replace(source, dtype=np.dtype(np.float64)) if isinstance(source, Pixels) else source

    def weigh(rows: Array, out: Array) -> None:
        exact, total = (
            some if some.dtype == np.float64 else scratch(some.shape, np.float64)
            for some in (rows, out)
        )
        if exact is not rows:
            np.copyto(exact, rows)
        cv2.transform(exact, weights, dst=total)
        if total is not out:
            np.copyto(out, total, casting="same_kind")

    return Stage(seen, source.shape[:2], source.dtype, weigh)


_SRGB_TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
_WHITE = (0.950470, 1.0, 1.088830)


def lab_of(image: Array) -> Array:
    """CIELAB of an sRGB image whose white is 1: lightness 0 to 100, then green-red and blue-yellow.

    image: (height, width, 3), float32 or float64. Nothing is clipped: what is brighter than white
    is lighter than 100; NaN stays NaN. White is D65. Sources: IEC 61966-2-1; CIE 15.

    >>> lab_of(np.ones((1, 1, 3))).round(1)[0, 0, 0].item()
    100.0
    """
    magnitude = np.abs(image)
    curved = ((magnitude + 0.055) / 1.055) ** 2.4
    linear = np.copysign(np.where(magnitude <= 0.04045, magnitude / 12.92, curved), image)
    share = linear @ (np.array(_SRGB_TO_XYZ) / np.array(_WHITE)[:, None]).T.astype(image.dtype)
    epsilon, slope = (6 / 29) ** 3, 841 / 108
    f = np.where(share > epsilon, np.cbrt(share), slope * share + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def strongest(responses: Array) -> Array:
    """Of several responses at each pixel the one of largest magnitude, with its sign.

    responses: (height, width, n). Gives (height, width); of equals the first.

    >>> strongest(np.array([[[1.0, -3.0, 2.0]]])).tolist()
    [[-3.0]]
    """
    winner = np.abs(responses).argmax(axis=2)
    chosen: Array = np.take_along_axis(responses, winner[..., None], axis=2)[..., 0]
    return chosen


def _max(source: Rows, respond: Callable[[Rows], Rows]) -> Rows:
    response = respond(source)
    if len(response.shape) == 2:
        return response

    def choose(rows: Array, out: Array) -> None:
        out[...] = strongest(rows)

    return Stage(response, response.shape[:2], response.dtype, choose)


CHANNELS: MappingProxyType[str, Callable[[Rows, Callable[[Rows], Rows]], Rows]] = MappingProxyType(
    {
        "luma": lambda source, respond: respond(luma_rows(source)),
        "each": lambda source, respond: respond(source),
        "max": _max,
    }
)
"""What a filter sees of a colour picture: its luma, each channel by itself, or each channel with
the strongest response kept at every pixel."""


def over_channels(source: Rows, channels: str, respond: Callable[[Rows], Rows]) -> Rows:
    """What `respond` gives for a picture, seen through `channels`: "luma", "each" or "max".

    respond: from (height, width) or (height, width, channels) to the same number of axes, each
    channel by itself. Raises InputError for an unknown name.

    >>> over_channels(Pixels(np.eye(2), np.dtype(float)), "max", lambda rows: rows).shape
    (2, 2)
    """
    one_of(channels, CHANNELS, "channels")
    return CHANNELS[channels](source, respond)
