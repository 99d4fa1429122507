"""The edge detectors of the benchmark: filt's own and its peers', each as a soft map of thin lines.

A detector with two thresholds (OpenCV's, scikit-image's and filt's canny) is asked for edges at 32
high thresholds with the low one 0.4 times as high; a pixel's value is the number of the highest at
which it is an edge, over 33. All others give a soft map and are scored by its ranks, as their
scales differ. Sigma is in pixels; where a detector is run at several, the name of the others ends
in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.feature import canny as skimage_canny

from filt import canny, link, luma
from filt.learned.edge_methods import find_edges
from filt.learned.shipped import shipped_network

Pixels = NDArray[np.uint8]
Soft = NDArray[Any]

LEVELS = 32
LOW = 0.4
SIGMA = 2.5
OTHER_SIGMAS = (1.4, 2.0, 3.0)


@dataclass(frozen=True)
class Detector:
    """soft: from an RGB photo to a map from 0 to 1. once: one detection, for the time.

    by_rank: whether its map is scored by rank. parameters: how many were learned.
    """

    soft: Callable[[Pixels], Soft]
    once: Callable[[Pixels], object]
    by_rank: bool
    parameters: int = 0


def grey_of(photo: Pixels) -> Pixels:
    """The photo in grey as OpenCV makes it, 8 bits."""
    return np.asarray(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY), np.uint8)


def at_levels(edges_at: Callable[[float], NDArray[Any]], highs: NDArray[Any]) -> Soft:
    """A soft map out of many pairs of thresholds: the highest at which a pixel is an edge."""
    soft: Soft | None = None
    for number, high in enumerate(highs, start=1):
        edges = edges_at(float(high)) > 0
        soft = np.zeros(edges.shape, np.float32) if soft is None else soft
        soft[edges] = number
    assert soft is not None
    return soft / np.float32(LEVELS + 1)


def opencv_canny(sigma: float) -> Detector:
    """OpenCV's Canny after a Gaussian blur, L2 norm, as the reference figures are made."""

    def blurred(photo: Pixels) -> Pixels:
        return np.asarray(cv2.GaussianBlur(grey_of(photo), (0, 0), sigma), np.uint8)

    def soft(photo: Pixels) -> Soft:
        smooth = blurred(photo)
        return at_levels(
            lambda high: cv2.Canny(smooth, LOW * high, high, L2gradient=True),
            np.geomspace(4, 1000, LEVELS),
        )

    return Detector(soft, lambda photo: cv2.Canny(blurred(photo), 40, 100, L2gradient=True), False)


def scikit_canny(sigma: float) -> Detector:
    """scikit-image's Canny."""

    def soft(photo: Pixels) -> Soft:
        grey = grey_of(photo) / 255
        return at_levels(
            lambda high: skimage_canny(grey, sigma, LOW * high, high),
            np.geomspace(0.016, 3.9, LEVELS),
        )

    return Detector(soft, lambda photo: skimage_canny(grey_of(photo) / 255, sigma), False)


def filt_canny(sigma: float) -> Detector:
    """Filt's canny."""

    def soft(photo: Pixels) -> Soft:
        thinned = find_edges(luma(photo) / 255, "canny", sigma=sigma).soft
        return at_levels(
            lambda high: link(thinned, LOW * high, high), np.geomspace(0.004, 0.98, LEVELS)
        )

    return Detector(soft, lambda photo: canny(photo, sigma), False)


def soft_method(method: str, parameters: int = 0, **setting: Any) -> Detector:
    """The soft map of one of filt's edge methods."""

    def soft(photo: Pixels) -> Soft:
        return np.clip(find_edges(photo, method, **setting).soft, 0, 1)

    return Detector(soft, lambda photo: find_edges(photo, method, **setting), True, parameters)


def detectors() -> Mapping[str, Detector]:
    """Every detector by its name, those of the table first."""
    blurred: dict[str, Callable[[float], Detector]] = {
        "log": lambda sigma: soft_method("log", sigma=sigma),
        "opencv-canny": opencv_canny,
        "skimage-canny": scikit_canny,
        "canny": filt_canny,
    }
    return MappingProxyType(
        {
            "sobel": soft_method("sobel"),
            "scharr": soft_method("scharr"),
            "gaussian": soft_method("gaussian", sigma=SIGMA),
            **{name: of_sigma(SIGMA) for name, of_sigma in blurred.items()},
            "best": soft_method("best"),
            "learned-edges": soft_method("learned-edges", shipped_network().parameters),
            **{
                f"{name}:sigma={sigma:g}": of_sigma(sigma)
                for name, of_sigma in blurred.items()
                for sigma in OTHER_SIGMAS
            },
        }
    )


LABELS: Mapping[str, str] = MappingProxyType(
    {
        "sobel": "Sobel, no blur",
        "scharr": "Scharr, no blur",
        "gaussian": "Gaussian gradient",
        "log": "Laplacian of Gaussian",
        "opencv-canny": "OpenCV's Canny",
        "skimage-canny": "scikit-image's Canny",
        "canny": "filt's canny",
        "best": "filt's best (multiscale)",
        "learned-edges": "filt's learned-edges",
    }
)
"""The detectors of the table, and what they are called in it."""

BLURRED = ("gaussian", "log", "opencv-canny", "skimage-canny", "canny")


def label_of(name: str) -> str:
    """What a detector is called for those who read.

    >>> label_of("canny:sigma=2")
    "filt's canny, sigma 2"
    """
    detector, _, sigma = name.partition(":sigma=")
    blur = f", sigma {sigma or SIGMA}" if detector in BLURRED else ""
    return LABELS[detector] + blur


def chosen(names: Sequence[str], asked: str) -> list[str]:
    """Of the names those that are asked for: names, or beginnings of them, with commas.

    >>> chosen(["canny", "canny:sigma=2", "best"], "canny"), chosen(["learned-edges"], "learned")
    (['canny'], ['learned-edges'])
    """
    words = [word for word in asked.split(",") if word]
    found = {
        name
        for word in words
        for name in names
        if name == word or (word not in names and name.startswith(word))
    }
    return [name for name in names if name in found or not words]
