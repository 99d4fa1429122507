"""JPEG: its segments walked from the first to the end, and its pixels decoded."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from .disk import DamagedError, Source
from .formats import NotReadError
from .headers import MOST_CHUNKS, Header
from .quiet import decode_with_opencv, decoded
from .tiff_directory import exif_orientation

_ALONE = {0x01, *range(0xD0, 0xD8)}  # markers that no segment follows
_START, _END, _SCAN, _EXIF = 0xD8, 0xD9, 0xDA, 0xE1
_FRAMES = {0xC0, 0xC1, 0xC2}
_OTHER_FRAMES = set(range(0xC3, 0xD0)) - {0xC4, 0xC8, 0xCC}
_TABLES = {0xDB, 0xC4}  # steps of quantization, Huffman codes
# And what says the size of the picture, and how often coding starts anew.
_PICTURE = {*_TABLES, 0xDD, *range(0xC0, 0xD0)}
_CMYK_SAMPLES = 4
MOST_INSIDE = 200
"""Markers of a JPEG in a TIFF before its first scan, and behind that."""

MOST_PIXELS_A_BYTE = 8 * 64
"""A block of 8 × 8 takes one bit or more."""

# In the data of a scan FF 00 is a byte FF, and FF D0 to FF D7 are restarts.
_NEXT_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")


@dataclass(frozen=True)
class JpegHeader(Header):
    """A header that also says how many samples a pixel has; four are printing inks.

    first_scan: where the marker of the first scan stands.
    """

    samples: int = 3
    first_scan: int = 0


@dataclass(frozen=True)
class _Segment:
    """What stands behind a marker. start: of the marker. body: without marker and length."""

    code: int
    start: int
    body: bytes


def _segments(source: Source, most: int = MOST_CHUNKS) -> Iterator[_Segment]:
    """The segments of a JPEG from its start up to the end, or to that of the first scan.

    Raises DamagedError for more markers than `most`.
    """
    offset = 2
    for _ in range(most):
        mark, code = source.take(offset, 2)
        if mark != 0xFF or code == _START:
            raise DamagedError
        if code == 0xFF or code in _ALONE:
            offset += 1 if code == 0xFF else 2
            continue
        if code == _END:
            yield _Segment(code, offset, b"")
            return
        (length,) = struct.unpack(">H", source.take(offset + 2, 2))
        if length < 2:
            raise DamagedError
        yield _Segment(code, offset, source.take(offset + 4, length - 2))
        if code == _SCAN:
            return
        offset += 2 + length
    raise DamagedError


def jpeg_header(source: Source) -> JpegHeader:
    """The header of a JPEG: size, samples and orientation, up to the first scan.

    Raises NotReadError for lossless, arithmetic-coded and 12-bit files, which are not read.
    """
    orientation, size, first_scan = 1, (0, 0, 0), 0
    for segment in _segments(source):
        code, body = segment.code, segment.body
        if code == _END:
            raise DamagedError
        if code in _OTHER_FRAMES or (code in _FRAMES and body[:1] not in (b"", b"\x08")):
            raise NotReadError("lossless, arithmetic or 12-bit coding")
        if code in _FRAMES and len(body) >= 6:
            height, width, samples = struct.unpack(">HHB", body[1:6])
            size = (width, height, samples)
        if code == _EXIF and body.startswith(b"Exif\0\0"):
            orientation = exif_orientation(body[6:])
        first_scan = segment.start
    width, height, samples = size
    if samples not in (1, 3, _CMYK_SAMPLES):
        raise DamagedError
    return JpegHeader(width, height, 1, orientation, samples, first_scan)


def shared_tables(data: bytes) -> bytes:
    """What the JPEGs in a TIFF have in common, as `whole_jpeg` takes it: tables of codes and steps.

    data: a JPEG without a picture. Raises DamagedError where there is nothing of use in it.
    """
    found = b"".join(
        struct.pack(">BBH", 0xFF, segment.code, len(segment.body) + 2) + segment.body
        for segment in _segments_inside(data)
        if segment.code in _TABLES and segment.body
    )
    if not found:
        raise DamagedError
    return found


def whole_jpeg(tables: bytes, data: bytes, *, is_ycc: bool) -> bytearray:
    """A JPEG of its own, of the tables and the data that a TIFF holds apart.

    tables: of `shared_tables`, or nothing. is_ycc: whether the samples are luma and two colour
    differences. The TIFF knows, and what the data say themselves is left out. Raises DamagedError.

    Source: TIFF Technical Note 2, 1995.
    """
    # Adobe's marker is what decoders go by: 1 for colour differences, 0 for samples as they are.
    made = bytearray(b"\xff\xd8\xff\xee\0\x0eAdobe\0\x64\0\0\0\0")
    made.append(is_ycc)
    made += tables
    for segment in _segments_inside(data):
        if segment.code in _PICTURE:
            made += struct.pack(">BBH", 0xFF, segment.code, len(segment.body) + 2)
            made += segment.body
        elif segment.code == _SCAN:
            made += data[segment.start :]
    return made


def _segments_inside(data: bytes) -> Iterator[_Segment]:
    """Those of a JPEG in a TIFF, which has few: every one of many small tiles is walked."""
    if data[:2] != b"\xff\xd8":
        raise DamagedError
    return _segments(Source(io.BytesIO(data), len(data)), MOST_INSIDE)


def decode_jpeg(data: bytearray, header: JpegHeader, most: int = MOST_CHUNKS) -> Array:
    """The samples of a JPEG, (height, width) or (height, width, 3) RGB, uint8, as stored.

    most: how many markers may stand behind that of the first scan.
    Raises DamagedError where the end is missing, or the decoder fails or complains.
    """
    # The decoder would fill up what is missing, and memory with it, before it complains.
    if MOST_PIXELS_A_BYTE * len(data) < header.width * header.height:
        raise DamagedError
    _check_end(data, header.first_scan, most)
    samples = decode_with_opencv(data)
    if header.samples == _CMYK_SAMPLES:
        # OpenCV has judged the data; its own conversion turns black into (1, 1, 1).
        return decoded(lambda: _cmyk_with_pillow(data))
    return samples


def _check_end(data: bytearray, offset: int, most: int) -> None:
    """Raise DamagedError where the data ends before the end marker, or it comes after too many.

    OpenCV 4.9 fills up what is missing, and says nothing.
    """
    code = _SCAN
    for _ in range(most):
        if offset + 4 > len(data):
            raise DamagedError
        offset += 2
        if code not in _ALONE:
            offset += int.from_bytes(data[offset : offset + 2], "big")
        found = _NEXT_MARKER.search(data, offset)
        if found is None:
            raise DamagedError
        offset, code = found.end() - 2, found[1][0]
        if code == _END:
            return
    raise DamagedError


def _cmyk_with_pillow(data: bytearray) -> Array:
    from PIL import JpegImagePlugin

    with JpegImagePlugin.JpegImageFile(io.BytesIO(data)) as image:
        return np.array(image.convert("RGB"))
