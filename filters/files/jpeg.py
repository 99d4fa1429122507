"""JPEG: its segments walked from the first to the end, and its pixels decoded."""

from __future__ import annotations

import io
import re
import struct
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from .disk import DamagedError, Source
from .formats import NotReadError
from .headers import Header
from .quiet import decode_with_opencv, decoded
from .tiff_directory import exif_orientation

_ALONE = {0x01, *range(0xD0, 0xD8)}  # markers that no segment follows
_START, _END, _SCAN, _EXIF = 0xD8, 0xD9, 0xDA, 0xE1
_FRAMES = {0xC0, 0xC1, 0xC2}
_OTHER_FRAMES = set(range(0xC3, 0xD0)) - {0xC4, 0xC8, 0xCC}
_CMYK_SAMPLES = 4
_MOST_PIXELS_A_BYTE = 8 * 64  # a block of 8 x 8 takes one bit or more
# In the data of a scan FF 00 is a byte FF, and FF D0 to FF D7 are restarts.
_NEXT_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")


@dataclass(frozen=True)
class JpegHeader(Header):
    """A header that also says whether the samples are of four printing inks.

    first_scan: where the marker of the first scan stands.
    """

    cmyk: bool = False
    first_scan: int = 0


def jpeg_header(source: Source) -> JpegHeader:
    """The header of a JPEG: size, samples and orientation, up to the first scan.

    Raises NotReadError for lossless, arithmetic-coded and 12-bit files, which are not read.
    """
    offset, orientation, size = 2, 1, (0, 0, 0)
    while True:
        mark, code = source.take(offset, 2)
        if mark != 0xFF:
            raise DamagedError
        if code == 0xFF or code in _ALONE:
            offset += 1 if code == 0xFF else 2
            continue
        if code in (_START, _END):
            raise DamagedError
        (length,) = struct.unpack(">H", source.take(offset + 2, 2))
        if length < 2:
            raise DamagedError
        body = source.take(offset + 4, length - 2)
        if code == _SCAN:
            break
        if code in _OTHER_FRAMES or (code in _FRAMES and body[:1] not in (b"", b"\x08")):
            raise NotReadError("lossless, arithmetic or 12-bit coding")
        if code in _FRAMES and len(body) >= 6:
            height, width, samples = struct.unpack(">HHB", body[1:6])
            size = (width, height, samples)
        if code == _EXIF and body.startswith(b"Exif\0\0"):
            orientation = exif_orientation(body[6:])
        offset += 2 + length
    width, height, samples = size
    if samples not in (1, 3, _CMYK_SAMPLES):
        raise DamagedError
    return JpegHeader(width, height, 1, orientation, samples == _CMYK_SAMPLES, offset)


def decode_jpeg(data: bytearray, header: JpegHeader) -> Array:
    """The samples of a JPEG, (height, width) or (height, width, 3) RGB, uint8, as stored.

    Raises DamagedError where the end is missing, or the decoder fails or complains.
    """
    # The decoder would fill up what is missing, and memory with it, before it complains.
    if _MOST_PIXELS_A_BYTE * len(data) < header.width * header.height:
        raise DamagedError
    _check_end(data, header.first_scan)
    samples = decode_with_opencv(data)
    if header.cmyk:
        # OpenCV has judged the data; its own conversion turns black into (1, 1, 1).
        return decoded(lambda: _cmyk_with_pillow(data))
    return samples


def _check_end(data: bytearray, offset: int) -> None:
    """Raise DamagedError where the data ends before the end marker.

    OpenCV 4.9 fills up what is missing, and says nothing.
    """
    code = _SCAN
    while code != _END:
        if offset + 4 > len(data):
            raise DamagedError
        offset += 2
        if code not in _ALONE:
            offset += int.from_bytes(data[offset : offset + 2], "big")
        found = _NEXT_MARKER.search(data, offset)
        if found is None:
            raise DamagedError
        offset, code = found.end() - 2, found[1][0]


def _cmyk_with_pillow(data: bytearray) -> Array:
    from PIL import JpegImagePlugin

    with JpegImagePlugin.JpegImageFile(io.BytesIO(data)) as image:
        return np.array(image.convert("RGB"))
