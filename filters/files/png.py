"""PNG: every chunk checked, and only those that make the pixels given to the decoder.

Without its colour profiles and texts a PNG gives libpng nothing harmless to warn about, so
that each of its warnings is about the pixels.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np

from ..arrays import Array
from .disk import DamagedError, Source
from .headers import MOST_CHUNKS, Header
from .inflation import MOST_EXPANSION, inflated_length
from .quiet import decode_with_opencv
from .tiff_directory import exif_orientation

_SIGNATURE = 8
_GREY, _GREY_ALPHA = 0, 4
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}

# Where the passes of an interlaced PNG start and how far apart their columns and rows lie.
_PASSES = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)
LARGE = 128 << 20
"""Bytes: the data of a larger picture are looked through before there is memory for its pixels."""


def png_header(source: Source) -> Header:
    """The header of a PNG: size and frames, up to the first piece of picture data.

    Raises DamagedError where the chunks do not follow each other as they should.
    """
    length, name, width, height = struct.unpack(">I4sII", source.take(_SIGNATURE, 16))
    if length != 13 or name != b"IHDR":
        raise DamagedError
    frames, offset = 1, _SIGNATURE
    for _ in range(MOST_CHUNKS):
        length, name = struct.unpack(">I4s", source.take(offset, 8))
        if name == b"acTL":
            frames = max(1, *struct.unpack(">I", source.take(offset + 8, 4)))
        if name in (b"IDAT", b"IEND"):
            break
        offset += 12 + length
    return Header(width, height, frames)


def decode_png(data: bytearray) -> tuple[Array, int]:
    """The samples of a PNG and its orientation.

    (height, width) or (height, width, 2 to 4), alpha last, uint8 or uint16; palettes become
    RGB, fewer than 8 bits become 8, and transparent colours and palette entries become alpha.
    The picture is not yet turned upright.

    Raises DamagedError where a chunk's checksum is wrong, the end is missing, or the decoder
    fails or complains.
    """
    depth, colour_type = data[24], data[25]
    if depth not in _DEPTHS.get(colour_type, ()):
        raise DamagedError
    view, end = memoryview(data), _SIGNATURE
    kept = [view[:_SIGNATURE]]
    transparent, orientation = None, 1
    for name, chunk in _chunks(data):
        if name == b"tRNS":
            transparent = bytes(chunk[8:-4])
        if name == b"eXIf":
            orientation = exif_orientation(bytes(chunk[8:-4]))
        if name == b"tRNS" or not name[0] & 0x20:  # a small first letter: not needed to decode
            kept.append(chunk)
        end += len(chunk)
    packed = [chunk[8:-4] for chunk in kept if bytes(chunk[4:8]) == b"IDAT"]
    _check_filled(bytes(data[: _SIGNATURE + 25]), packed)
    is_all_kept = sum(map(len, kept)) == end
    samples = decode_with_opencv(view[:end] if is_all_kept else b"".join(kept))
    if colour_type == _GREY_ALPHA and samples.ndim == 3:
        samples = samples[..., 2:]
    if colour_type == _GREY and transparent is not None and samples.ndim == 2:
        samples = _with_transparent_grey(samples, transparent, depth)
    return samples, orientation


def _check_filled(header: bytes, packed: list[memoryview]) -> None:
    """Raise DamagedError where the packed data cannot fill the picture.

    For a large picture they are unpacked, a piece at a time, to know it; the decoder would only
    notice after it had filled memory with the rest.
    """
    expected = _unpacked_bytes(header)
    if MOST_EXPANSION * sum(map(len, packed)) < expected:
        raise DamagedError
    if expected <= LARGE:
        return
    if inflated_length(packed, expected) < expected:
        raise DamagedError


def _unpacked_bytes(header: bytes) -> int:
    """How many bytes the rows have when they are unpacked, each with one for its filter."""
    width, height, depth, colour_type, _, _, interlace = struct.unpack_from(">IIBBBBB", header, 16)
    bits = depth * _SAMPLES[colour_type]
    total = 0
    for left, top, across, down in _PASSES if interlace else ((0, 0, 1, 1),):
        columns, rows = -((left - width) // across), -((top - height) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + -(-columns * bits // 8))
    return total


def _chunks(data: bytearray) -> Iterator[tuple[bytes, memoryview]]:
    """Name and whole of every chunk up to the end chunk, each with a checksum that is right."""
    view, offset = memoryview(data), _SIGNATURE
    for _ in range(MOST_CHUNKS):
        if offset + 12 > len(data):
            break
        length, name = struct.unpack_from(">I4s", view, offset)
        chunk = view[offset : offset + 12 + length]
        if len(chunk) < 12 + length or zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:]):
            break
        yield name, chunk
        if name == b"IEND":
            return
        offset += 12 + length
    raise DamagedError


def _with_transparent_grey(samples: Array, transparent: bytes, depth: int) -> Array:
    """Grey with the alpha that OpenCV leaves out: one grey level is transparent."""
    if len(transparent) != 2:
        raise DamagedError
    white = np.iinfo(samples.dtype).max
    level = int.from_bytes(transparent) % (1 << depth)
    hidden = samples == level * (white // ((1 << depth) - 1))
    return np.dstack([samples, np.where(hidden, 0, white).astype(samples.dtype)])
