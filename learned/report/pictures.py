"""Arrays as small pictures inside the page."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ...filters.arrays import Array, Taps
from ...filters.drawing.html import data_uri
from ...filters.drawing.kernels import together
from ...filters.edges.linking import Mask
from ...filters.palette import diverging
from ...filters.picture import Picture
from ...filters.showing import to_picture

THUMBNAIL = 250
"""How wide a response is drawn, in pixels, at most."""

_QUALITY = 72
_SEEN = 0.98


def photo_uri(picture: Picture) -> str:
    """A photo as a JPEG inside the page."""
    return _jpeg(to_picture(picture.pixels, "clip", full_scale=picture.full_scale))


def edges_uri(edges: Mask) -> str:
    """Edges as dark lines on white, a PNG inside the page."""
    return data_uri(np.where(edges, 0, 255).astype(np.uint8))


def response_uris(*responses: Array) -> list[str]:
    """Signed responses as pictures on one scale: blue below zero, white at zero, orange above.

    Full colour is the magnitude that one pixel in fifty exceeds. JPEG inside the page.

    >>> [uri[:15] for uri in response_uris(np.eye(4), -np.eye(4))]
    ['data:image/jpeg', 'data:image/jpeg']
    """
    small = [_small(response) for response in responses]
    magnitudes = np.abs(np.stack(small))
    scale = float(np.quantile(magnitudes, _SEEN)) or float(magnitudes.max()) or 1.0
    return [_jpeg(diverging(response, scale)) for response in small]


def strip_uri(kernels: Sequence[Taps], scale: float) -> str:
    """Kernels from left to right, a pixel for each tap, on one scale; a PNG inside the page.

    kernels: (height, width, in) each; of three channels the colours that they make together, of
    others the sum over the channels.
    """
    drawn = [_coloured(taps, scale) for taps in kernels]
    return data_uri(np.concatenate(drawn, axis=1))


def largest_shown(taps: Taps) -> float:
    """The magnitude that `strip_uri` needs as the scale to show `taps` in full colour.

    >>> largest_shown(np.ones((1, 1, 2)))
    2.0
    """
    plane = taps if taps.shape[2] == 3 else taps.sum(axis=2)
    return float(np.abs(plane).max()) or 1.0


def _coloured(taps: Taps, scale: float) -> NDArray[np.uint8]:
    if taps.shape[2] == 3:
        return np.asarray(together(taps, scale), np.uint8)
    return diverging(taps.sum(axis=2), scale)


def _small(response: Array) -> Array:
    height, width = response.shape
    if width <= THUMBNAIL:
        return response
    size = (THUMBNAIL, max(1, round(height * THUMBNAIL / width)))
    return np.asarray(cv2.resize(response, size, interpolation=cv2.INTER_AREA))


def _jpeg(pixels: NDArray[np.uint8]) -> str:
    ordered = pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., ::-1])
    _, encoded = cv2.imencode(".jpg", ordered, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode("ascii")
