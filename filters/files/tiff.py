"""TIFF pages: which of TIFF's many kinds are read, by which decoder, and checked how.

Measured with OpenCV 5.0 and Pillow 13, against tifffile and by hand: OpenCV premultiplies
8-bit RGBA, drops the alpha of grey pictures, fails on 8-bit tiles, shifts 12 bits to 16, does
not invert 16-bit pictures whose zero is white, and goes on silently after a damaged 8-bit
strip. Pillow cuts 16-bit RGB to 8 bits and reads no RGB floats. So pages of up to 8 bits go
to Pillow, deeper ones to OpenCV, and each gets a copy of the file with one directory that
holds nothing but what describes the pixels: one page, no metadata to stumble over.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, full_scale_of
from ..engine.threads import share_out
from .disk import DamagedError, Source
from .formats import NotReadError
from .inflation import MOST_EXPANSION as MOST_INFLATION
from .inflation import inflated_length
from .jpeg import (
    MOST_INSIDE,
    MOST_PIXELS_A_BYTE,
    decode_jpeg,
    jpeg_header,
    shared_tables,
    whole_jpeg,
)
from .quiet import decode_with_opencv, decoded
from .tiff_directory import Directory, directory_bytes

_PIXEL_TAGS = (
    *(256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 292, 293),
    *(317, 320, 322, 323, 324, 325, 338, 339),
)
_NONE, _LZW, JPEG, _PACKBITS = 1, 5, 7, 32773
DEFLATE = (8, 32946)
_FAX = (2, 3, 4)
PIECES = ((273, 279), (324, 325))
"""The tags with the offsets and the lengths of strips, and those of tiles."""
_JPEG_TABLES, _MOST_TABLES, _TILE_STEP = 347, 1 << 14, 16
_MOST_EXPANSION: MappingProxyType[int, int] = MappingProxyType(
    {_NONE: 1, _LZW: 4096, JPEG: 3 * MOST_PIXELS_A_BYTE, **dict.fromkeys(DEFLATE, MOST_INFLATION)}
)
"""The most that can become of a byte, by compression; of a byte of facsimile, any number of white
rows."""

_SPARE_BYTES = 1 << 20
_FIRST = 8
"""Before it stands what says that it is a TIFF: no strip or tile."""

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _CMYK, _YCBCR = 0, 1, 2, 3, 5, 6
_ASSOCIATED, _UNASSOCIATED = (1,), (2,)
_WHOLE, _FLOAT = 1, 3
_NUMBERS = {
    _WHOLE: "unsigned integers",
    2: "signed integers",
    _FLOAT: "floats",
    5: "complex integers",
    6: "complex floats",
}

# (photometric, samples, what the extra samples mean): the bits and sample formats that are read.
_UP_TO_8 = {(bits, _WHOLE) for bits in (1, 2, 4, 8)}
_DEEP = {(16, _WHOLE), (32, _FLOAT)}
_READ: dict[tuple[int, int, tuple[int, ...]], set[tuple[int, int]]] = {
    (_WHITE_IS_ZERO, 1, ()): _UP_TO_8 | {(16, _WHOLE)},
    (_BLACK_IS_ZERO, 1, ()): _UP_TO_8 | _DEEP,
    (_BLACK_IS_ZERO, 2, _UNASSOCIATED): {(8, _WHOLE)},
    (_RGB, 3, ()): {(8, _WHOLE)} | _DEEP,
    # OpenCV and others write RGBA without saying what the fourth sample is.
    (_RGB, 4, ()): {(8, _WHOLE)} | _DEEP,
    (_RGB, 4, _ASSOCIATED): {(8, _WHOLE)} | _DEEP,
    (_RGB, 4, _UNASSOCIATED): {(8, _WHOLE)} | _DEEP,
    (_PALETTE, 1, ()): _UP_TO_8,
    (_CMYK, 4, ()): {(8, _WHOLE)},
}
_READ_AS_JPEG: dict[tuple[int, int, tuple[int, ...]], set[tuple[int, int]]] = {
    (_WHITE_IS_ZERO, 1, ()): {(8, _WHOLE)},
    (_BLACK_IS_ZERO, 1, ()): {(8, _WHOLE)},
    (_RGB, 3, ()): {(8, _WHOLE)},
    (_YCBCR, 3, ()): {(8, _WHOLE)},
}


@dataclass(frozen=True)
class Page:
    """What the tags of one page say about its pixels; fields are named as the tags are."""

    width: int
    height: int
    bits: int
    sample_format: int
    photometric: int
    samples: int
    extra: tuple[int, ...]
    compression: int
    predictor: int
    planar: bool
    tile: tuple[int, int] | None
    rows_per_strip: int


def page_of(source: Source, directory: Directory) -> Page:
    """The page that `directory` describes.

    Raises DamagedError where tags are missing or make no sense, NotReadError where its samples
    are not all of one kind.
    """

    def one(tag: int, default: int | None = None) -> int:
        values = set(directory.numbers(source, tag, () if default is None else (default,)))
        if not values:
            raise DamagedError
        if len(values) > 1:
            raise NotReadError("unequal samples")
        return values.pop()

    width, height = one(256), one(257)
    tile = (one(322), one(323)) if 322 in directory.entries else None
    rows = min(one(278, height), height)
    if width == 0 or height == 0 or rows == 0 or (tile and 0 in tile):
        raise DamagedError
    return Page(
        width=width,
        height=height,
        bits=one(258, 1),
        sample_format=one(339, _WHOLE),
        photometric=one(262),
        samples=one(277, 1),
        extra=directory.numbers(source, 338, ()),
        compression=one(259, _NONE),
        predictor=one(317, 1),
        planar=one(284, 1) == 2,
        tile=tile,
        rows_per_strip=rows,
    )


def check_is_read(page: Page) -> None:
    """Raise NotReadError, which says why, for a page of a kind that is not read."""
    are_jpegs = page.compression == JPEG
    kinds = _READ_AS_JPEG if are_jpegs else _READ
    depths = kinds.get((page.photometric, page.samples, page.extra), set())
    if (page.bits, page.sample_format) not in depths:
        numbers = _NUMBERS.get(page.sample_format, "unknown numbers")
        raise NotReadError(
            f"{page.samples} samples a pixel of {page.bits}-bit {numbers}"
            f" and photometric interpretation {page.photometric}"
        )
    packed = page.compression in (_LZW, *DEFLATE)
    fax = page.compression in _FAX and page.bits == 1 and page.tile is None
    if not (packed or fax or page.compression in (_NONE, _PACKBITS, JPEG)):
        raise NotReadError(f"compression {page.compression}")
    predictors = {1, 3} if page.sample_format == _FLOAT else {1, 2} if page.bits >= 8 else {1}
    if packed and page.predictor not in predictors:
        raise NotReadError(f"predictor {page.predictor}")
    if are_jpegs and page.tile and any(side % _TILE_STEP for side in page.tile):
        raise NotReadError(f"tiles of {page.tile[0]} x {page.tile[1]}")
    if page.planar and page.samples > 1 and ((page.bits, page.samples) != (8, 3) or are_jpegs):
        raise NotReadError("a plane for every sample")


def places_of(
    page: Page, tags: Mapping[int, NDArray[Any] | None], size: int
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Where each strip or tile lies, and how many bytes are stored of it.

    tags: those of `PIECES`, with their values. size: of the file. Raises DamagedError unless each
    lies in the file and may hold what it should.
    """
    number = piece_count(page)
    found = [tags.get(tag) for tag in PIECES[page.tile is not None]]
    offsets, counts = (
        np.empty(0, np.uint64) if values is None else values[:number].astype(np.uint64)
        for values in found
    )
    if min(offsets.size, counts.size) < number:
        raise DamagedError
    end = np.uint64(size)
    if (offsets < np.uint64(_FIRST)).any() or (counts == 0).any():
        raise DamagedError
    if (counts > end).any() or (offsets > end - counts).any():
        raise DamagedError
    most = _MOST_EXPANSION.get(page.compression)
    if most is not None:
        lengths = np.full(number, piece_length(page, 0), np.float64)
        if page.tile is None:
            strips = -(-page.height // page.rows_per_strip)
            lengths[strips - 1 :: strips] = piece_length(page, strips - 1)
        if (counts.astype(np.float64) * most < lengths).any():
            raise DamagedError
    return offsets, counts


def check_pieces(source: Source, directory: Directory, page: Page) -> None:
    """Raise DamagedError unless every strip or tile lies in the file and holds what it should.

    Neither decoder does it all: both take deflated strips whose checksum is wrong.
    """
    tags = {tag: directory.whole(source, tag) for tag in PIECES[page.tile is not None]}
    offsets, counts = places_of(page, tags, source.size)
    if page.compression == JPEG and (counts > np.uint64(most_stored(page))).any():
        raise DamagedError
    if page.compression in (*DEFLATE, _PACKBITS):
        for index in range(piece_count(page)):
            check_unpacked(page, index, source.take(int(offsets[index]), int(counts[index])))


def check_unpacked(page: Page, index: int, packed: bytes) -> None:
    """Raise DamagedError where a deflated or run-length coded piece does not hold what it should.

    index: of the strip or tile.
    """
    # Some writers fill up the last strip, so it may hold as much as the first.
    length, whole = piece_length(page, index), piece_length(page, 0)
    if page.compression in DEFLATE:
        unpacked = inflated_length([packed], whole)
    elif page.compression == _PACKBITS:
        unpacked = _unpacked_length(packed)
    else:
        return
    if unpacked not in (length, whole):
        raise DamagedError


def most_stored(page: Page) -> int:
    """How many bytes a strip or tile may be stored in: not many times what it holds."""
    return 2 * piece_length(page, 0) + _SPARE_BYTES


def piece_count(page: Page) -> int:
    """How many strips or tiles a page has."""
    wide, high = page.tile or (page.width, page.rows_per_strip)
    planes = page.samples if page.planar else 1
    return -(-page.width // wide) * -(-page.height // high) * planes


def piece_length(page: Page, index: int) -> int:
    """The bytes that a strip or tile holds when it is unpacked."""
    wide, high = page.tile or (page.width, page.rows_per_strip)
    if page.tile is None:
        strip = index % -(-page.height // high)
        high = min(high, page.height - strip * high)
    bits = page.bits * (1 if page.planar else page.samples)
    return high * -(-wide * bits // 8)


def _unpacked_length(packed: bytes) -> int:
    """How many bytes PackBits data stands for."""
    length = position = 0
    while position < len(packed):
        head = packed[position]
        length += head + 1 if head < 128 else 257 - head if head > 128 else 0
        position += head + 2 if head < 128 else 2 if head > 128 else 1
    return length if position == len(packed) else -1


def pixel_tags(source: Source, directory: Directory) -> dict[int, NDArray[Any]]:
    """Of the tags of a page those that describe its pixels, with their values.

    Raises DamagedError where they are no whole numbers or lie outside the file.
    """
    found = {tag: directory.whole(source, tag) for tag in _PIXEL_TAGS}
    return {tag: values for tag, values in found.items() if values is not None}


def pixels_only(data: bytearray, tags: dict[int, NDArray[Any]], order: Literal["<", ">"]) -> None:
    """Make `data` a TIFF of one page with nothing but `tags`, by one more directory at its end."""
    data.extend(bytes(len(data) % 2))
    place = len(data)
    if place >= 1 << 32:
        raise NotReadError("4 GB or more")
    magic = b"II*\0" if order == "<" else b"MM\0*"
    data[:8] = magic + struct.pack(order + "I", place)
    data.extend(directory_bytes(tags, place, order))


def decode_page(source: Source, data: bytearray, directory: Directory, page: Page) -> Array:
    """The samples of a page that was checked: (height, width) or (height, width, 2 to 4).

    uint8, uint16 or float32; RGB order, alpha last and not multiplied into the colours;
    palette and CMYK become RGB, zero is black. The picture is not yet turned upright.

    data: the bytes of the file. They are changed.
    Raises DamagedError where the decoder fails or complains.
    """
    tags = pixel_tags(source, directory)
    if page.compression == JPEG:
        return _of_jpegs(data, tags, jpeg_tables(source, directory), page)
    return decode_tagged(data, tags, directory.layout.order, page)


def jpeg_tables(source: Source, directory: Directory) -> bytes:
    """What is common to the strips or tiles of a page that are JPEGs."""
    stored = directory.octets(source, _JPEG_TABLES, _MOST_TABLES)
    return b"" if stored is None else shared_tables(stored)


def decode_jpeg_piece(packed: bytes, tables: bytes, page: Page, index: int) -> Array:
    """The samples of a strip or tile that is a JPEG: (height, width) or (height, width, 3), uint8.

    What its samples mean is for the TIFF to say, whatever the JPEG says. index: of the strip or
    tile. Raises DamagedError where it is not as large as it should be, and as `decode_jpeg` does.
    """
    data = whole_jpeg(tables, packed, is_ycc=page.photometric == _YCBCR)
    header = jpeg_header(Source(io.BytesIO(data), len(data)))
    wide, _ = page.tile or (page.width, 0)
    heights = {piece_length(page, each) // (wide * page.samples) for each in (0, index)}
    if header.width != wide or header.height not in heights or header.samples != page.samples:
        raise DamagedError
    samples = decode_jpeg(data, header, MOST_INSIDE)
    return np.iinfo(np.uint8).max - samples if page.photometric == _WHITE_IS_ZERO else samples


def _of_jpegs(data: bytearray, tags: dict[int, NDArray[Any]], tables: bytes, page: Page) -> Array:
    """The samples of a page whose strips or tiles are JPEGs, each by any thread."""
    offsets, counts = (tags[tag].tolist() for tag in PIECES[page.tile is not None])
    wide, high = page.tile or (page.width, page.rows_per_strip)
    across = -(-page.width // wide)
    colours = () if page.samples == 1 else (page.samples,)
    samples = np.empty((page.height, page.width, *colours), np.uint8)

    def decode(index: int) -> None:
        packed = bytes(data[offsets[index] : offsets[index] + counts[index]])
        top, left = index // across * high, index % across * wide
        place = samples[top : top + high, left : left + wide]
        place[...] = decode_jpeg_piece(packed, tables, page, index)[: len(place), : place.shape[1]]

    share_out(range(piece_count(page)), decode)
    return samples


def decode_tagged(
    data: bytearray, tags: dict[int, NDArray[Any]], order: Literal["<", ">"], page: Page
) -> Array:
    """As `decode_page`, by the tags that describe the pixels in `data`, which is changed."""
    pixels_only(data, tags, order)
    if page.bits <= 8:
        return decoded(lambda: _decode_with_pillow(data))
    samples = decode_with_opencv(data)
    if page.photometric == _WHITE_IS_ZERO:
        samples = np.iinfo(samples.dtype).max - samples
    return _unassociated(samples) if page.extra == _ASSOCIATED else samples


def _decode_with_pillow(data: bytearray) -> Array:
    from PIL import ImageFile, TiffImagePlugin

    class Page(TiffImagePlugin.TiffImageFile):
        """Without Pillow's warning above 89 megapixels: our limit was checked already."""

        def load_prepare(self) -> None:
            ImageFile.ImageFile.load_prepare(self)

    with Page(io.BytesIO(data)) as image:
        if image.mode in ("L", "LA", "RGB", "RGBA"):
            return np.array(image)
        return np.array(image.convert("L" if image.mode == "1" else "RGB"))


def _unassociated(samples: Array) -> Array:
    """RGBA whose colours were multiplied by their alpha, with the colours as they were."""
    white = full_scale_of(samples.dtype)
    alpha = samples[..., 3:].astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        colours = np.where(alpha > 0, samples[..., :3] * (white / alpha), 0)
    if samples.dtype.kind == "u":
        colours = np.rint(np.minimum(colours, white))
    return np.concatenate([colours.astype(samples.dtype), samples[..., 3:]], axis=2)
