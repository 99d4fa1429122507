"""TIFFs whose strips or tiles are JPEGs, put together by hand out of what Pillow encodes."""

from __future__ import annotations

import io
import struct

import cv2
import numpy as np
from PIL import Image

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, YCBCR = 0, 1, 2, 6
_FORMATS = {1: "B", 3: "H", 4: "I", 7: "B"}
_ALL, _TABLES, _PICTURE = 0, 1, 2


def smooth(shape) -> np.ndarray:
    """Soft blobs of all colours, different in every corner: JPEG keeps them well."""
    random = np.random.default_rng(5).integers(0, 256, shape, np.uint8)
    blobs = cv2.GaussianBlur(random, (0, 0), 4).astype(np.float64)
    low, high = blobs.min(axis=(0, 1)), blobs.max(axis=(0, 1))
    return np.rint((blobs - low) / (high - low) * 255).astype(np.uint8)


def jpeg_tiff(pixels, *, photometric=None, tile=None, rows=16, apart=True, change=None, **options):
    """The bytes of a little-endian TIFF.

    photometric: None is grey or YCbCr. tile: (width, height); None is strips of `rows` rows. apart:
    whether the tables stand in a tag of their own. change: from the tags {tag: (type, values)} to
    others. options: for Pillow's JPEG encoder.
    """
    height, width = pixels.shape[:2]
    if photometric is None:
        photometric = BLACK_IS_ZERO if pixels.ndim == 2 else YCBCR
    options = {"quality": 100, "subsampling": 0, "keep_rgb": photometric == RGB, **options}
    pieces = [
        jpeg(piece, streamtype=_PICTURE if apart else _ALL, **options)
        for piece in pieces_of(pixels, tile, rows)
    ]
    start = 8
    offsets = [start + sum(map(len, pieces[:number])) for number in range(len(pieces))]
    tags = {
        256: (4, [width]),
        257: (4, [height]),
        258: (3, [8] * (1 if pixels.ndim == 2 else 3)),
        259: (3, [7]),
        262: (3, [photometric]),
        277: (3, [1 if pixels.ndim == 2 else 3]),
    }
    if tile is None:
        tags |= {278: (4, [rows])}
    else:
        tags |= {322: (4, [tile[0]]), 323: (4, [tile[1]])}
    places = (273, 279) if tile is None else (324, 325)
    tags |= {places[0]: (4, offsets), places[1]: (4, [len(piece) for piece in pieces])}
    if photometric == YCBCR:
        tags |= {530: (3, [1, 1] if options["subsampling"] == 0 else [2, 2])}
    if apart:
        first = next(pieces_of(pixels, tile, rows))
        tags |= {347: (7, list(jpeg(first, streamtype=_TABLES, **options)))}
    if change is not None:
        tags = change(tags)
    data = b"".join(pieces)
    return with_directory(data + bytes(len(data) % 2), tags)


def pieces_of(pixels, tile, rows):
    """Strips, the last one cut, or tiles, all of one size."""
    height, width = pixels.shape[:2]
    if tile is None:
        yield from (pixels[top : top + rows] for top in range(0, height, rows))
        return
    for top in range(0, height, tile[1]):
        for left in range(0, width, tile[0]):
            piece = pixels[top : top + tile[1], left : left + tile[0]]
            below, right = tile[1] - piece.shape[0], tile[0] - piece.shape[1]
            around = ((0, below), (0, right), (0, 0))[: pixels.ndim]
            yield np.pad(piece, around, mode="edge")


def jpeg(piece, **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(piece)).save(file, "JPEG", **options)
    return file.getvalue()


def with_directory(data: bytes, tags) -> bytes:
    """A TIFF with `data` from byte 8 on and a directory behind it."""
    place = 8 + len(data)
    beside = place + 2 + 12 * len(tags) + 4
    entries, values = b"", b""
    for tag, (kind, numbers) in sorted(tags.items()):
        field = struct.pack(f"<{len(numbers)}{_FORMATS[kind]}", *numbers)
        if len(field) > 4:
            values += bytes(len(values) % 2)
            inside, values = struct.pack("<I", beside + len(values)), values + field
        else:
            inside = field.ljust(4, b"\0")
        entries += struct.pack("<HHI4s", tag, kind, len(numbers), inside)
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    return struct.pack("<2sHI", b"II", 42, place) + data + directory + values
