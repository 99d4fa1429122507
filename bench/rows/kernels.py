"""Any kernel, given as a plain matrix."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

import filt

from ..agreement import close
from ..row import Array, Peer, Prepare, Row, floats_like, into_out
from ..timing import Call
from .libraries import kornia_image, vips_image, vips_plane


def random_taps(rows: int, columns: int) -> Array:
    """Random taps of either sign, the same every time, whose magnitudes sum to one."""
    taps = np.random.default_rng([rows, columns]).standard_normal((rows, columns))
    scaled: Array = taps / np.abs(taps).sum()
    return scaled.astype(np.float32)


def outer_taps(size: int) -> Array:
    """A matrix of rank one: random, the same every time, with no symmetry."""
    column, row = random_taps(size, 1), random_taps(1, size)
    # filt is told nothing of the two factors: it has to find them. float64 keeps them exact.
    matrix: Array = column.astype(np.float64) @ row.astype(np.float64)
    return matrix


def by_filter2d(taps: Array) -> Prepare:
    """OpenCV's filter2D."""

    def prepare(picture: Array) -> Call:
        weights, out = taps.astype(np.float32), floats_like(picture)
        return lambda: cv2.filter2D(picture, cv2.CV_32F, weights, dst=out)

    return prepare


def by_ndimage(taps: Array) -> Prepare:
    """SciPy's ndimage.correlate."""

    def prepare(picture: Array) -> Call:
        from scipy import ndimage

        out = floats_like(picture)
        weights = taps if picture.ndim == 2 else taps[..., None]
        return lambda: ndimage.correlate(picture, weights, output=out, mode="mirror")

    return prepare


def by_fourier(name: str, taps: Array) -> Prepare:
    """One of scipy.signal's convolutions through the Fourier transform, on all cores."""

    def prepare(picture: Array) -> Call:
        import scipy.fft
        import scipy.signal

        convolve: Callable[..., Any] = getattr(scipy.signal, name)
        turned = np.ascontiguousarray(taps[::-1, ::-1].astype(np.float32))
        weights = turned if picture.ndim == 2 else turned[..., None]

        def run() -> Any:
            with scipy.fft.set_workers(os.cpu_count() or 1):
                floats = picture.astype(np.float32, copy=False)
                return convolve(floats, weights, mode="same", axes=(0, 1))

        return run

    return prepare


def by_kornia(taps: Array) -> Prepare:
    """Kornia's filter2d."""

    def prepare(picture: Array) -> Call:
        import kornia
        import torch

        image = kornia_image(picture)
        weights = torch.from_numpy(taps.astype(np.float32))[None]

        def run() -> Any:
            with torch.inference_mode():
                return kornia.filters.filter2d(image, weights)[0, 0]

        return run

    return prepare


def by_vips(taps: Array) -> Prepare:
    """The conv of pyvips."""

    def prepare(picture: Array) -> Call:
        import pyvips

        mask = pyvips.Image.new_from_array(taps.tolist())
        return lambda: vips_plane(vips_image(picture).conv(mask, precision="float"), picture)

    return prepare


def small(size: int) -> Row:
    """A small random kernel."""
    taps, alike = random_taps(size, size), close(1e-4, size)
    return Row(
        f"any {size}×{size} kernel",
        into_out(filt.correlate, taps),
        (
            Peer("OpenCV", by_filter2d(taps), compare=alike),
            Peer("SciPy", by_ndimage(taps), ("scipy",), alike),
            Peer("Kornia", by_kornia(taps), ("kornia",), alike),
            Peer("pyvips", by_vips(taps), ("pyvips",), alike),
        ),
    )


def separable(size: int) -> Row:
    """A matrix of rank one."""
    taps = outer_taps(size)
    return Row(
        f"{size}×{size} separable, as a matrix",
        into_out(filt.correlate, taps),
        (Peer("OpenCV", by_filter2d(taps), compare=close(1e-4, size), target=0.4),),
    )


def large(size: int) -> Row:
    """A random kernel for which a peer may choose the Fourier transform."""
    taps, alike = random_taps(size, size), close(1e-4, size)
    return Row(
        f"random {size}×{size} kernel",
        into_out(filt.correlate, taps),
        (
            Peer("OpenCV", by_filter2d(taps), compare=alike),
            Peer("SciPy oaconvolve", by_fourier("oaconvolve", taps), ("scipy",), alike),
            Peer("SciPy fftconvolve", by_fourier("fftconvolve", taps), ("scipy",), alike),
        ),
        best=1.0,
    )


ROWS = (
    small(3),
    small(5),
    separable(31),
    *(large(size) for size in (7, 15, 31, 63)),
)
