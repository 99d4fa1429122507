"""Edge detectors: canny, and filt's best methods beside scikit-image's canny."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

import filt
from filt.learned.edge_methods import find_edges

from ..agreement import edges_alike, not_compared
from ..row import Array, Peer, Prepare, Row
from ..timing import Call
from .blurs import window

SIGMA, LOW, HIGH = 1.4, 0.03, 0.08
_STEEPEST = 4 * 255


def canny_by_opencv(picture: Array) -> Call:
    """GaussianBlur and Canny, in 8 bits as it must be."""
    smooth, edges = (np.empty_like(picture) for _ in range(2))
    low, high = LOW * _STEEPEST, HIGH * _STEEPEST

    def run() -> Any:
        cv2.GaussianBlur(picture, (window(SIGMA),) * 2, SIGMA, dst=smooth)
        return cv2.Canny(smooth, low, high, edges, L2gradient=True)

    return run


def canny_by_skimage(picture: Array) -> Call:
    """scikit-image's canny."""
    from skimage.feature import canny

    return lambda: canny(picture, SIGMA, LOW * _STEEPEST, HIGH * _STEEPEST)


def grey_canny_by_skimage(picture: Array) -> Call:
    """scikit-image's canny at sigma 2.5, the grey of the photo included."""
    from skimage.feature import canny

    return lambda: canny(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) / 255, 2.5)


def by_method(name: str) -> Prepare:
    """The soft map of one of filt's edge methods."""
    return lambda picture: lambda: find_edges(picture, name)


def beside_canny(title: str, name: str, target: float) -> Row:
    """A method of filt on a photo, beside the usual one."""
    alike = not_compared("another method")
    other = Peer("scikit-image", grey_canny_by_skimage, ("skimage",), alike, target)
    return Row(title, by_method(name), (other,), size="0.15", dtype="uint8", colour="rgb")


ROWS = (
    Row(
        "canny, sigma 1.4",
        lambda picture: lambda: filt.canny(picture, SIGMA, LOW, HIGH),
        (
            Peer("OpenCV", canny_by_opencv, compare=edges_alike(0.9, 12), target=0.9),
            Peer("scikit-image", canny_by_skimage, ("skimage",), edges_alike(0.98, 12), 0.05),
        ),
        dtype="uint8",
        colour="grey",
    ),
    beside_canny("best edges of a photo", "best", 5.0),
    beside_canny("learned-edges of a photo", "learned-edges", 8.0),
)
