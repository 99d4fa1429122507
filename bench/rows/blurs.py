"""Blurs: Gaussian and box."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

import filt

from ..agreement import Compare, close, not_compared
from ..row import Array, Peer, Prepare, Row, floats_like, into_out, only
from ..timing import Call
from .libraries import kornia_image, pillow_image, vips_image, vips_plane

BOX = 31


def window(sigma: float) -> int:
    """The side of the window of filt's Gaussian, which is that of SciPy's."""
    return 2 * int(4 * sigma + 0.5) + 1


def rounded(tolerance: float, margin: int) -> Compare:
    """Compares as `close` does; a result in 8 bits may differ by one of its 255 steps."""

    def compare(ours: Any, others: Any) -> Any:
        coarse = np.asarray(others).dtype == np.uint8
        found = close(1.5 / 255 if coarse else tolerance, margin)(ours, others)
        return type(found)(found.agrees, found.said + (", 8 bits out" if coarse else ""))

    return compare


def gaussian_by_opencv(sigma: float) -> Prepare:
    """OpenCV's GaussianBlur in the picture's own dtype, which is its quickest form."""

    def prepare(picture: Array) -> Call:
        out, sides = np.empty_like(picture), (window(sigma),) * 2
        return lambda: cv2.GaussianBlur(picture, sides, sigma, dst=out)

    return prepare


def gaussian_by_sepfilter(sigma: float) -> Prepare:
    """OpenCV from 8 bits to floats: GaussianBlur cannot, sepFilter2D can."""

    def prepare(picture: Array) -> Call:
        only(picture, dtype="uint8")
        out, taps = floats_like(picture), cv2.getGaussianKernel(window(sigma), sigma, cv2.CV_32F)
        return lambda: cv2.sepFilter2D(picture, cv2.CV_32F, taps, taps, dst=out)

    return prepare


def gaussian_by_skimage(sigma: float) -> Prepare:
    """scikit-image's gaussian."""

    def prepare(picture: Array) -> Call:
        from skimage.filters import gaussian

        axis = None if picture.ndim == 2 else -1
        floats = picture.astype(np.float32, copy=False)
        return lambda: gaussian(
            floats, sigma, mode="mirror", truncate=4.0, channel_axis=axis, preserve_range=True
        )

    return prepare


def gaussian_by_ndimage(sigma: float) -> Prepare:
    """SciPy's gaussian_filter."""

    def prepare(picture: Array) -> Call:
        from scipy import ndimage

        out = floats_like(picture)
        return lambda: ndimage.gaussian_filter(
            picture, sigma, output=out, mode="mirror", truncate=4.0, axes=(0, 1)
        )

    return prepare


def gaussian_by_pillow(sigma: float) -> Prepare:
    """Pillow's GaussianBlur."""

    def prepare(picture: Array) -> Call:
        from PIL import ImageFilter

        image, blur = pillow_image(picture), ImageFilter.GaussianBlur(sigma)
        return lambda: image.filter(blur)

    return prepare


def gaussian_by_kornia(sigma: float) -> Prepare:
    """Kornia's gaussian_blur2d."""

    def prepare(picture: Array) -> Call:
        import kornia
        import torch

        image = kornia_image(picture)

        def run() -> Any:
            with torch.inference_mode():
                side = window(sigma)
                return kornia.filters.gaussian_blur2d(image, side, (sigma, sigma))[0, 0]

        return run

    return prepare


def gaussian_by_vips(sigma: float) -> Prepare:
    """The gaussblur of pyvips, with the widest window that it has."""

    def prepare(picture: Array) -> Call:
        return lambda: vips_plane(
            vips_image(picture).gaussblur(sigma, precision="float", min_ampl=0.001), picture
        )

    return prepare


def gaussian(sigma: float) -> Row:
    """A Gaussian blur, the same window everywhere."""
    alike = rounded(1e-4, window(sigma))
    cut = rounded(2e-3, window(sigma))
    return Row(
        f"gaussian blur, sigma {sigma:g}",
        into_out(filt.gaussian_blur, sigma),
        (
            Peer("OpenCV", gaussian_by_opencv(sigma), compare=alike, target=0.7),
            Peer("OpenCV, floats out", gaussian_by_sepfilter(sigma), compare=alike),
            Peer("scikit-image", gaussian_by_skimage(sigma), ("skimage",), alike, 0.1),
            Peer("SciPy", gaussian_by_ndimage(sigma), ("scipy",), alike),
            Peer(
                "Pillow", gaussian_by_pillow(sigma), ("PIL",),
                not_compared("approximated by boxes, 8 bits out"),
            ),
            Peer("Kornia", gaussian_by_kornia(sigma), ("kornia",), alike),
            Peer("pyvips", gaussian_by_vips(sigma), ("pyvips",), cut),
        ),
    )  # fmt: skip


def box_by_opencv(picture: Array) -> Call:
    """OpenCV's blur in the picture's own dtype, which is its quickest form."""
    out = np.empty_like(picture)
    return lambda: cv2.blur(picture, (BOX, BOX), dst=out)


def box_by_boxfilter(picture: Array) -> Call:
    """OpenCV's boxFilter from 8 bits to floats."""
    only(picture, dtype="uint8")
    out = floats_like(picture)
    return lambda: cv2.boxFilter(picture, cv2.CV_32F, (BOX, BOX), dst=out)


def box_by_ndimage(picture: Array) -> Call:
    """SciPy's uniform_filter."""
    from scipy import ndimage

    out = floats_like(picture)
    return lambda: ndimage.uniform_filter(picture, BOX, output=out, mode="mirror", axes=(0, 1))


def box_by_pillow(picture: Array) -> Call:
    """Pillow's BoxBlur."""
    from PIL import ImageFilter

    image, blur = pillow_image(picture), ImageFilter.BoxBlur(BOX // 2)
    return lambda: image.filter(blur)


def box_by_kornia(picture: Array) -> Call:
    """Kornia's box_blur."""
    import kornia
    import torch

    image = kornia_image(picture)

    def run() -> Any:
        with torch.inference_mode():
            return kornia.filters.box_blur(image, BOX, separable=True)[0, 0]

    return run


def box(dtype: str) -> Row:
    """A box of 31×31 in one dtype."""
    alike = rounded(1e-4, BOX)
    return Row(
        f"box {BOX}×{BOX}, {dtype}",
        into_out(filt.box_blur, BOX),
        (
            Peer("OpenCV", box_by_opencv, compare=alike, target=0.8),
            Peer("OpenCV, floats out", box_by_boxfilter, compare=alike),
            Peer("SciPy", box_by_ndimage, ("scipy",), alike),
            Peer("Pillow", box_by_pillow, ("PIL",), alike),
            Peer("Kornia", box_by_kornia, ("kornia",), alike),
        ),
        dtype=dtype,
    )


ROWS = (gaussian(2.0), gaussian(5.0), box("uint8"), box("float32"))
