"""TIFF as filt writes it: plain strips, every tag that a reader needs, alpha declared."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..errors import InputError
from .tiff_directory import directory_bytes

_STRIP_BYTES = 1 << 20
LARGEST = (1 << 32) - (1 << 20)
"""Bytes of pixels: what is more has no place in a classic TIFF, only in a BigTIFF."""


def tiff_bytes(samples: Array) -> bytes:
    r"""A TIFF 6.0 file of `samples`: one page, little-endian, not compressed.

    samples: (height, width), (height, width, 3) RGB or (height, width, 4) RGBA with alpha
    that is not multiplied into the colours; uint8, uint16 or float32.

    OpenCV would write RGBA without saying what the fourth sample is, and Pillow neither
    16-bit RGB nor RGB floats.

    Raises InputError above 4 GB, which the format cannot hold.

    >>> tiff_bytes(np.zeros((2, 3), np.uint8))[:4]
    b'II*\x00'
    """
    pixels = np.ascontiguousarray(samples, samples.dtype.newbyteorder("<")).tobytes()
    if len(pixels) > LARGEST:
        raise InputError(f"TIFF holds at most 4 GB of pixels, got {len(pixels)} bytes")
    start, end = tiff_around(samples.shape, samples.dtype)
    return b"".join([start, pixels, end])


def tiff_around(shape: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[bytes, bytes]:
    r"""What stands before and behind the pixels, which follow each other row by row.

    shape, dtype: of the samples. Above 4 GB it is a BigTIFF.

    >>> tiff_around((2, 3), np.dtype(np.uint8))[0]
    b'II*\x00\x0e\x00\x00\x00'
    """
    height, width = shape[:2]
    channels = 1 if len(shape) == 2 else shape[2]
    row = width * channels * dtype.itemsize
    length = row * height
    is_big = length > LARGEST
    first = 16 if is_big else 8
    rows = max(1, _STRIP_BYTES // row)
    starts = np.arange(0, length, rows * row, dtype=np.uint64)
    tags: dict[int, Sequence[int] | NDArray[Any]] = {
        256: [width],
        257: [height],
        258: [8 * dtype.itemsize] * channels,
        259: [1],  # not compressed
        262: [1 if channels == 1 else 2],  # zero is black, or RGB
        273: starts + np.uint64(first),
        277: [channels],
        278: [rows],
        279: np.minimum(np.uint64(rows * row), np.uint64(length) - starts),
        284: [1],  # the samples of a pixel stand together
        339: [3 if dtype.kind == "f" else 1] * channels,
    }
    if channels == 4:
        tags[338] = [2]  # alpha, not multiplied into the colours
    pad = bytes(length % 2)  # a directory starts on an even byte
    place = first + length + len(pad)
    if is_big:
        start = struct.pack("<2sHHHQ", b"II", 43, 8, 0, place)
    else:
        start = struct.pack("<2sHI", b"II", 42, place)
    return start, pad + directory_bytes(tags, place, big=is_big)
