"""Filters of several blurs: unsharp mask, difference of Gaussians, Laplacian of Gaussian."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

import filt

from ..agreement import close, not_compared
from ..row import Array, Peer, Row, floats_like, into_out, only
from ..timing import Call
from .blurs import window
from .libraries import kornia_image

UNSHARP_SIGMA, AMOUNT = 2.0, 1.5
NARROW, RATIO = 2.0, 1.6
LAPLACIAN_SIGMA = 2.0


def blur_into(picture: Array, sigma: float, out: Array) -> Any:
    """OpenCV's Gaussian blur into floats."""
    if picture.dtype == np.float32:
        return cv2.GaussianBlur(picture, (window(sigma),) * 2, sigma, dst=out)
    taps = cv2.getGaussianKernel(window(sigma), sigma, cv2.CV_32F)
    return cv2.sepFilter2D(picture, cv2.CV_32F, taps, taps, dst=out)


def unsharp_by_opencv(picture: Array) -> Call:
    """GaussianBlur and addWeighted."""
    blurred, out = (floats_like(picture) for _ in range(2))

    def run() -> Any:
        blur_into(picture, UNSHARP_SIGMA, blurred)
        return cv2.addWeighted(picture, 1 + AMOUNT, blurred, -AMOUNT, 0, out, cv2.CV_32F)

    return run


def unsharp_by_skimage(picture: Array) -> Call:
    """scikit-image's unsharp_mask."""
    from skimage.filters import unsharp_mask

    # Counted from the front: with -1 version 0.26 filters the first rows, not the channels.
    floats, axis = picture.astype(np.float32), None if picture.ndim == 2 else 2
    return lambda: unsharp_mask(
        floats, UNSHARP_SIGMA, AMOUNT, preserve_range=True, channel_axis=axis
    )


def unsharp_by_kornia(picture: Array) -> Call:
    """Kornia's unsharp_mask, whose amount is 1."""
    import kornia
    import torch

    image, sigmas = kornia_image(picture), (UNSHARP_SIGMA, UNSHARP_SIGMA)

    def run() -> Any:
        with torch.inference_mode():
            return kornia.filters.unsharp_mask(image, window(UNSHARP_SIGMA), sigmas)[0, 0]

    return run


def difference_by_opencv(picture: Array) -> Call:
    """Two GaussianBlur and subtract."""
    narrow, wide, out = (floats_like(picture) for _ in range(3))

    def run() -> Any:
        blur_into(picture, NARROW, narrow)
        blur_into(picture, NARROW * RATIO, wide)
        return cv2.subtract(narrow, wide, out)

    return run


def difference_by_skimage(picture: Array) -> Call:
    """scikit-image's difference_of_gaussians."""
    from skimage.filters import difference_of_gaussians

    floats, axis = picture.astype(np.float32), None if picture.ndim == 2 else -1
    return lambda: difference_of_gaussians(
        floats, NARROW, NARROW * RATIO, mode="mirror", channel_axis=axis
    )


def laplacian_by_opencv(picture: Array) -> Call:
    """GaussianBlur and Laplacian."""
    blurred, out = (floats_like(picture) for _ in range(2))

    def run() -> Any:
        blur_into(picture, LAPLACIAN_SIGMA, blurred)
        return cv2.Laplacian(blurred, cv2.CV_32F, dst=out)

    return run


def laplacian_by_skimage(picture: Array) -> Call:
    """scikit-image's gaussian and laplace."""
    from skimage.filters import gaussian, laplace

    only(picture, grey=True)
    floats = picture.astype(np.float32)
    return lambda: laplace(gaussian(floats, LAPLACIAN_SIGMA, mode="mirror", preserve_range=True))


def laplacian_by_ndimage(picture: Array) -> Call:
    """SciPy's gaussian_laplace."""
    from scipy import ndimage

    only(picture, grey=True)
    out = floats_like(picture)
    return lambda: ndimage.gaussian_laplace(picture, LAPLACIAN_SIGMA, output=out, mode="mirror")


_ALIKE = close(1e-4, 30)
_BY_DIFFERENCES = not_compared("second differences of the blur, for the derivative itself")

ROWS = (
    Row(
        "unsharp mask, sigma 2",
        into_out(filt.unsharp_mask, UNSHARP_SIGMA, AMOUNT),
        (
            Peer("OpenCV", unsharp_by_opencv, compare=_ALIKE, target=0.5),
            Peer("scikit-image", unsharp_by_skimage, ("skimage",), _ALIKE, 0.1),
            Peer(
                "Kornia", unsharp_by_kornia, ("kornia",), not_compared("its amount is fixed at 1")
            ),
        ),
    ),
    Row(
        "difference of gaussians, 2 and 3.2",
        into_out(filt.difference_of_gaussians, NARROW, RATIO, channels="each"),
        (
            Peer("OpenCV", difference_by_opencv, compare=_ALIKE, target=0.5),
            Peer("scikit-image", difference_by_skimage, ("skimage",), _ALIKE, 0.1),
        ),
    ),
    Row(
        "laplacian of gaussian, sigma 2",
        into_out(filt.laplacian_of_gaussian, LAPLACIAN_SIGMA, channels="each"),
        (
            Peer("OpenCV", laplacian_by_opencv, compare=_BY_DIFFERENCES, target=0.5),
            Peer("scikit-image", laplacian_by_skimage, ("skimage",), _BY_DIFFERENCES, 0.1),
            Peer("SciPy", laplacian_by_ndimage, ("scipy",), close(2e-2, 30)),
        ),
    ),
)
