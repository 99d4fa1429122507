"""The first look at an image file: its size, its frames, which way up, before any decoding.

Only what the container says is read here, with bounds on every step, so that a file that
claims too much is refused while it has cost nothing.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from .disk import DamagedError, Source
from .formats import NotReadError
from .tiff_directory import exif_orientation

# No real file has as many chunks; one made to keep a reader busy does.
MOST_CHUNKS = 1_000_000
_BMP_COMPRESSIONS = {0, 3, 6}
_BMP_DEPTHS = {1, 4, 8, 16, 24, 32}


@dataclass(frozen=True)
class Header:
    """What a file says of itself.

    width, height: in pixels as stored, before `orientation` turns the picture upright.
    frames: how many pictures it holds.
    orientation: 1 to 8 as in EXIF.
    """

    width: int
    height: int
    frames: int = 1
    orientation: int = 1


def webp_header(source: Source) -> Header:
    """The header of a WebP: size, frames and orientation.

    Raises DamagedError where the file is shorter than it says.
    """
    (length,) = struct.unpack("<I", source.take(4, 4))
    if length + 8 > source.size:
        raise DamagedError
    width, height = _webp_size(source)
    frames, orientation, offset = 0, 1, 12
    for _ in range(MOST_CHUNKS):
        if offset + 8 > length + 8:
            break
        name, size = struct.unpack("<4sI", source.take(offset, 8))
        if offset + 8 + size > length + 8:
            raise DamagedError
        if name == b"ANMF":
            frames += 1
        if name == b"EXIF":
            block = source.take(offset + 8, size)
            orientation = exif_orientation(block.removeprefix(b"Exif\0\0"))
        offset += 8 + size + size % 2
    return Header(width, height, max(1, frames), orientation)


def _webp_size(source: Source) -> tuple[int, int]:
    name = source.take(12, 4)
    start = source.take(20, 10)
    if name == b"VP8 " and start[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", start[6:10])
        return width & 0x3FFF, height & 0x3FFF
    if name == b"VP8L" and start[0] == 0x2F:
        (bits,) = struct.unpack("<I", start[1:5])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if name == b"VP8X":
        return int.from_bytes(start[4:7], "little") + 1, int.from_bytes(start[7:10], "little") + 1
    raise DamagedError


def bmp_header(source: Source) -> Header:
    """The header of a BMP, after a look whether all its rows are there.

    Raises NotReadError for run-length coded and other rare kinds, which are not read.
    """
    pixels, kind = struct.unpack("<II", source.take(10, 8))
    compression = 0
    if kind == 12:
        width, height, planes, depth = struct.unpack("<HHHH", source.take(18, 8))
    elif kind in (40, 52, 56, 64, 108, 124):
        width, height, planes, depth = struct.unpack("<iiHH", source.take(18, 12))
        (compression,) = struct.unpack("<I", source.take(30, 4))
    else:
        raise DamagedError
    if planes != 1 or width < 0:
        raise DamagedError
    if compression not in _BMP_COMPRESSIONS or depth not in _BMP_DEPTHS:
        raise NotReadError(f"compression {compression} and {depth} bits a pixel")
    height = abs(height)  # negative where the rows go from top to bottom
    if pixels + (width * depth + 31) // 32 * 4 * height > source.size:
        raise DamagedError
    return Header(width, height)
