"""Gradients: their magnitude, and magnitude and direction together."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

import filt

from ..agreement import close, not_compared, polar
from ..row import Array, Peer, Prepare, Row, UnsuitedError, floats_like, into_out, only
from ..timing import Call
from .libraries import kornia_image, vips_image, vips_plane

Slope = Callable[[Array, int, Array], Any]
"""Takes a grey picture, 0 for the slope to the right or 1 for the one downwards, and a result."""

_PREWITT_X = np.outer([1, 1, 1], [-1, 0, 1]).astype(np.float32)
_PREWITT = (_PREWITT_X, np.ascontiguousarray(_PREWITT_X.T))
_ALIKE = close(1e-4, 3)


def sobel_slope(grey: Array, down: int, out: Array) -> Any:
    """OpenCV's Sobel."""
    return cv2.Sobel(grey, cv2.CV_32F, 1 - down, down, dst=out)


def scharr_slope(grey: Array, down: int, out: Array) -> Any:
    """OpenCV's Scharr."""
    return cv2.Scharr(grey, cv2.CV_32F, 1 - down, down, dst=out)


def prewitt_slope(grey: Array, down: int, out: Array) -> Any:
    """Prewitt's slope by OpenCV, which has no function of that name."""
    return cv2.filter2D(grey, cv2.CV_32F, _PREWITT[down], dst=out)


def by_opencv(slope: Slope, *, direction: bool = False, rounds: bool = False) -> Prepare:
    """Two slopes and their length, and their angle where it is asked for; luma of RGB first.

    rounds: for 8-bit colours only, whose luma OpenCV rounds to 8 bits; else for all others.
    """

    def prepare(picture: Array) -> Call:
        if rounds is not (picture.ndim == 3 and picture.dtype == np.uint8):
            raise UnsuitedError(
                "takes 8-bit colours only" if rounds else "rounds the luma of 8 bits"
            )
        x, y, length, angle = (floats_like(picture, flat=True) for _ in range(4))
        grey = picture if picture.ndim == 2 else np.empty(picture.shape[:2], picture.dtype)

        def run() -> Any:
            if grey is not picture:
                cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY, dst=grey)
            slope(grey, 0, x)
            slope(grey, 1, y)
            if direction:
                return cv2.cartToPolar(x, y, length, angle, angleInDegrees=True)
            return cv2.magnitude(x, y, length)

        return run

    return prepare


def by_skimage(name: str, gain: float) -> Prepare:
    """scikit-image's function of the name; its result, times `gain`, is on filt's scale."""

    def prepare(picture: Array) -> Call:
        import skimage.filters
        from skimage.util import img_as_float32

        only(picture, grey=True)
        function = getattr(skimage.filters, name)
        # An 8-bit picture is put on 0 to 1 by scikit-image itself, in float64; float32 is quicker.
        white = 255 if picture.dtype == np.uint8 else 1
        return lambda: Scaled(function(img_as_float32(picture)), gain * white)

    return prepare


class Scaled:
    """A result and what it is to be multiplied by when it is compared, outside the timing."""

    def __init__(self, result: Array, gain: float) -> None:
        self.result, self.gain = result, gain

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self.result * self.gain, dtype)


def by_ndimage(smooth: tuple[int, int, int]) -> Prepare:
    """SciPy: two slopes of two passes each, and their length."""

    def prepare(picture: Array) -> Call:
        from scipy import ndimage

        only(picture, grey=True)
        x, y = (floats_like(picture) for _ in range(2))

        def run() -> Any:
            for out, axis in ((x, 1), (y, 0)):
                ndimage.correlate1d(picture, [-1, 0, 1], axis, output=out, mode="mirror")
                ndimage.correlate1d(out, smooth, 1 - axis, output=out, mode="mirror")
            return np.hypot(x, y, out=x)

        return run

    return prepare


def by_kornia(picture: Array) -> Call:
    """Kornia's sobel."""
    import kornia
    import torch

    image = kornia_image(picture)

    def run() -> Any:
        with torch.inference_mode():
            return kornia.filters.sobel(image, normalized=False, eps=0.0)[0, 0]

    return run


def by_vips(picture: Array) -> Call:
    """The sobel of pyvips."""
    only(picture, dtype="uint8", grey=True)
    return lambda: vips_plane(vips_image(picture).sobel(), picture)


def magnitude(name: str, slope: Slope, smooth: tuple[int, int, int], *more: Peer) -> Row:
    """The magnitude by one operator. smooth: its weights along the edge."""
    return Row(
        f"{name} magnitude",
        into_out(getattr(filt, name), flat=True),
        (
            Peer("OpenCV", by_opencv(slope), compare=_ALIKE, target=0.35),
            Peer(
                "OpenCV, luma in 8 bits",
                by_opencv(slope, rounds=True),
                compare=close(1e-2, 3),
                target=0.35,
            ),
            Peer(
                "scikit-image",
                by_skimage(name, sum(smooth) * math.sqrt(2)),
                ("skimage",),
                _ALIKE,
                0.1,
            ),
            Peer("SciPy", by_ndimage(smooth), ("scipy",), _ALIKE),
            *more,
        ),
    )


ROWS = (
    magnitude(
        "sobel",
        sobel_slope,
        (1, 2, 1),
        Peer("Kornia", by_kornia, ("kornia",), _ALIKE),
        Peer("pyvips", by_vips, ("pyvips",), not_compared("|x| + |y| in 8 bits")),
    ),
    magnitude("scharr", scharr_slope, (3, 10, 3)),
    magnitude("prewitt", prewitt_slope, (1, 1, 1)),
    Row(
        "magnitude and direction",
        lambda picture: lambda: filt.gradient_polar(picture, operator="sobel"),
        # OpenCV's angles are exact to about 0.3 degrees.
        (
            Peer(
                "OpenCV", by_opencv(sobel_slope, direction=True), compare=polar(6e-3, 3), target=0.5
            ),
        ),
    ),
)
