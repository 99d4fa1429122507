"""TIFF as filt writes it: plain strips, every tag that a reader needs, alpha declared."""

from __future__ import annotations

import struct

import numpy as np

from ..arrays import Array
from ..errors import InputError
from .tiff_directory import directory_bytes

_STRIP_BYTES = 1 << 20
_LARGEST = (1 << 32) - (1 << 20)


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
    height, width = samples.shape[:2]
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    pixels = np.ascontiguousarray(samples, samples.dtype.newbyteorder("<")).tobytes()
    if len(pixels) > _LARGEST:
        raise InputError(f"TIFF holds at most 4 GB of pixels, got {len(pixels)} bytes")
    row = width * channels * samples.dtype.itemsize
    rows = max(1, _STRIP_BYTES // row)
    starts = list(range(0, len(pixels), rows * row))
    tags = {
        256: [width],
        257: [height],
        258: [8 * samples.dtype.itemsize] * channels,
        259: [1],  # not compressed
        262: [1 if channels == 1 else 2],  # zero is black, or RGB
        273: [8 + start for start in starts],
        277: [channels],
        278: [rows],
        279: [min(rows * row, len(pixels) - start) for start in starts],
        284: [1],  # the samples of a pixel stand together
        339: [3 if samples.dtype.kind == "f" else 1] * channels,
    }
    if channels == 4:
        tags[338] = [2]  # alpha, not multiplied into the colours
    pad = bytes(len(pixels) % 2)  # a directory starts on an even byte
    place = 8 + len(pixels) + len(pad)
    start = b"II*\0" + struct.pack("<I", place)
    return b"".join([start, pixels, pad, directory_bytes(tags, place)])
