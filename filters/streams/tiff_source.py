"""TIFF and BigTIFF, some rows at a time: strips and tiles are unpacked where they are needed.

What is read, and what it means, is what `files/tiff.py` says. Plain and deflated numbers are
unpacked here, and JPEGs go to their decoder; anything rarer is made a small TIFF of its own, a few
strips or tiles of the large one, which goes to the decoder that reads whole pictures.

Not by tifffile, which the tests compare with: by itself it unpacks neither LZW nor JPEG, gives
zeros for what a truncated file lacks, and leaves it to the caller what white, palettes and inks
mean.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..engine.scratch import scratch, strip_memory
from ..files.disk import DamagedError
from ..files.formats import NotReadError
from ..files.reading import page_index
from ..files.tiff import (
    DEFLATE,
    JPEG,
    PIECES,
    Page,
    check_is_read,
    check_unpacked,
    decode_jpeg_piece,
    decode_tagged,
    jpeg_tables,
    most_stored,
    page_of,
    piece_count,
    piece_length,
    pixel_tags,
    places_of,
)
from ..files.tiff_directory import Directory, directory_at, orientation_in, page_offsets
from .bands import Bands
from .source import LARGEST_BAND, SharedSource, StoredRows, bytes_of

_BAND_BYTES = 1 << 22
_PART_BYTES = 1 << 20
_NONE = 1
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_FILL_ORDER = 266
_HORIZONTAL, _FLOATING = 2, 3


def tiff_rows(source: SharedSource, name: str, page: int | None) -> StoredRows:
    """A page of a TIFF by its rows.

    Raises DamagedError where its strips or tiles are not all there, NotReadError for a kind that is
    not read, or not in parts: alpha, a picture that lies on its side, one huge strip.
    """
    layout, offsets = page_offsets(source)
    directory = directory_at(source, layout, offsets[page_index(page, len(offsets))])
    found = page_of(source, directory)
    check_is_read(found)
    if found.samples in (2, 4) and found.photometric in (_BLACK_IS_ZERO, _RGB):
        raise NotReadError("alpha, some rows at a time,")
    if orientation_in(source, directory) != 1:
        raise NotReadError("a picture that is stored turned, some rows at a time,")
    stored = _stored(source, directory, found)
    grey = found.samples == 1 and found.photometric in (_WHITE_IS_ZERO, _BLACK_IS_ZERO)
    shape = (found.height, found.width) if grey else (found.height, found.width, 3)
    dtype = np.dtype({32: "f4", 16: "u2"}.get(found.bits, "u1"))
    place = stored.first_row
    if place is not None:
        return StoredRows(name, "TIFF", shape, dtype, _Plain(stored, place, shape).rows)
    height, parts = stored.band
    wide, _ = stored.grid
    row_bytes = max(found.width, wide) * found.samples * dtype.itemsize
    if height * row_bytes > LARGEST_BAND:
        what = "tiles" if found.tile else "strips"
        raise NotReadError(f"{what} of {height} rows that must be unpacked at once")
    bands = Bands(shape, dtype, height, stored.unpack, parts=parts)
    return StoredRows(name, "TIFF", shape, dtype, lambda rows: bands.read(rows.start, rows.stop))


def tiff_size(source: SharedSource, page: int | None) -> tuple[int, int]:
    """Width and height of a page. Raises as `tiff_rows` does."""
    layout, offsets = page_offsets(source)
    found = page_of(source, directory_at(source, layout, offsets[page_index(page, len(offsets))]))
    return found.width, found.height


def _stored(source: SharedSource, directory: Directory, page: Page) -> _Stored:
    """The page with its tables, after a look whether every strip or tile can be there."""
    number = piece_count(page)
    for tag in PIECES[page.tile is not None]:
        if directory.entries.get(tag, (0, 0, b""))[1] > 2 * number + 16:
            raise DamagedError
    tags = pixel_tags(source, directory)
    offsets, counts = places_of(page, tags, source.size)
    # What is stored of a strip or tile is read at once, so it may not be many times what it holds.
    if (counts > np.uint64(most_stored(page))).any():
        raise DamagedError
    common = jpeg_tables(source, directory) if page.compression == JPEG else b""
    return _Stored(source, page, tags, directory.layout.order, offsets, counts, common)


@dataclass(frozen=True, eq=False)
class _Stored:
    """A page, the tags that describe its pixels, and where each strip or tile lies.

    common: to its strips or tiles if these are JPEGs.
    """

    source: SharedSource
    page: Page
    tags: dict[int, NDArray[Any]]
    order: Any
    offsets: NDArray[np.uint64]
    counts: NDArray[np.uint64]
    common: bytes

    @property
    def is_unpacked_here(self) -> bool:
        """Whether each piece is unpacked by itself: a JPEG, or grey or RGB, plain or deflated."""
        page = self.page
        if page.compression == JPEG:
            return True
        return (
            page.bits in (8, 16, 32)
            and page.photometric in (_BLACK_IS_ZERO, _RGB)
            and page.compression in (_NONE, *DEFLATE)
            and not (page.planar and page.samples > 1)
            and self.tags.get(_FILL_ORDER, np.ones(1)).tolist() == [1]
        )

    @property
    def dtype(self) -> np.dtype[Any]:
        """As its numbers are stored."""
        return np.dtype({8: "u1", 16: "u2", 32: "f4"}[self.page.bits]).newbyteorder(self.order)

    @property
    def first_row(self) -> int | None:
        """Where the first row lies if all rows follow each other, uncompressed; else None."""
        page = self.page
        if not (self.is_unpacked_here and page.compression == _NONE and page.tile is None):
            return None
        apart = np.diff(self.offsets.astype(np.int64))
        return int(self.offsets[0]) if (apart == piece_length(page, 0)).all() else None

    @property
    def grid(self) -> tuple[int, int]:
        """Width and height of a strip or tile."""
        return self.page.tile or (self.page.width, self.page.rows_per_strip)

    @property
    def band(self) -> tuple[int, int]:
        """How many rows are unpacked together, and in how many parts."""
        wide, high = self.grid
        row_bytes = max(1, self.page.width * self.page.bits * self.page.samples // 8)
        if self.page.tile is None:
            strips = max(1, _BAND_BYTES // (row_bytes * high))
            return strips * high, -(-strips // self._together)
        across = -(-self.page.width // wide)
        return high, -(-across // self._together)

    @property
    def _together(self) -> int:
        """How many strips or tiles make a part."""
        wide, high = self.grid
        return max(1, _PART_BYTES // max(1, wide * high * self.page.bits * self.page.samples // 8))

    def unpack(self, band: int, part: int, rows: Array) -> None:
        """One part of a band, into its place among the rows of the band."""
        wide, high = self.grid
        first = part * self._together
        if self.page.tile is None:
            strips = self.band[0] // high
            last = min(first + self._together, strips, -(-len(rows) // high))
            numbers = range(band * strips + first, band * strips + last)
            if numbers:
                self._unpacked(numbers, rows[first * high : last * high])
            return
        across = -(-self.page.width // wide)
        last = min(first + self._together, across)
        numbers = range(band * across + first, band * across + last)
        self._unpacked(numbers, rows[:, first * wide : last * wide])

    def _unpacked(self, numbers: range, block: Array) -> None:
        """The strips below each other, or the tiles beside each other, of these numbers."""
        if not self.is_unpacked_here:
            block[...] = self._by_decoder(numbers, block.shape[:2])
            return
        if self._follow_each_other(numbers):
            self._take_tiles(numbers, block)
            return
        wide, high = self.grid
        for at, number in enumerate(numbers):
            down, right = (at * high, 0) if self.page.tile is None else (0, at * wide)
            place = block[down : down + high, right : right + wide]
            numbers_there = self._numbers(number)[: len(place), : place.shape[1]]
            place[...] = numbers_there.reshape(place.shape)

    def _follow_each_other(self, numbers: range) -> bool:
        """Whether these are tiles that lie one behind the other in the file, uncompressed."""
        if self.page.tile is None or self.page.compression != _NONE:
            return False
        apart = np.diff(self.offsets[numbers.start : numbers.stop].astype(np.int64))
        return bool((apart == piece_length(self.page, 0)).all())

    def _take_tiles(self, numbers: range, block: Array) -> None:
        """Such tiles, read at once: calls that take a moment only wait for each other's threads."""
        wide, high = self.grid
        with strip_memory():
            tiles = scratch((len(numbers), high, wide, *block.shape[2:]), self.dtype)
            self.source.take_into(int(self.offsets[numbers.start]), bytes_of(tiles))
            whole, right = divmod(block.shape[1], wide)
            rows, inside = len(block), block[:, : whole * wide]
            beside = inside.reshape(rows, whole, wide, *block.shape[2:]).swapaxes(0, 1)
            beside[...] = tiles[:whole, :rows]
            if right:
                block[:, whole * wide :] = tiles[whole, :rows, :right]

    def _numbers(self, number: int) -> Array:
        """The samples of one strip or tile, (height, width, samples)."""
        data = self.source.take(int(self.offsets[number]), int(self.counts[number]))
        if self.page.compression == JPEG:
            return decode_jpeg_piece(data, self.common, self.page, number)
        wide, high = self.grid
        length = piece_length(self.page, number)
        if self.page.compression in DEFLATE:
            data = _inflated(data, piece_length(self.page, 0))
            if len(data) not in (length, piece_length(self.page, 0)):
                raise DamagedError
        values = np.frombuffer(data, np.uint8, length)
        high = length // (wide * self.page.samples * self.dtype.itemsize)
        if self.page.compression in DEFLATE and self.page.predictor == _FLOATING:
            return self._from_planes(values.reshape(high, -1))
        samples = values.view(self.dtype).reshape(high, wide, self.page.samples)
        if self.page.compression in DEFLATE and self.page.predictor == _HORIZONTAL:
            native = samples.astype(samples.dtype.newbyteorder("="))
            return np.cumsum(native, axis=1, dtype=native.dtype, out=native)
        return samples

    def _from_planes(self, rows: NDArray[np.uint8]) -> Array:
        """Floats whose bytes are stored by their weight, each as what it is more than the last."""
        wide, samples, size = self.grid[0], self.page.samples, self.dtype.itemsize
        total = np.cumsum(rows.reshape(len(rows), -1, samples), axis=1, dtype=np.uint8)
        planes = total.reshape(len(rows), size, wide * samples)
        numbers = np.ascontiguousarray(planes.transpose(0, 2, 1)).view(f">f{size}")
        return numbers.reshape(len(rows), wide, samples)

    def _by_decoder(self, numbers: range, shape: tuple[int, ...]) -> Array:
        """The same by way of a TIFF that has these strips or tiles alone."""
        page = replace(self.page, height=shape[0], width=shape[1])
        if page.tile is None:
            page = replace(page, rows_per_strip=min(page.rows_per_strip, page.height))
        planes = self.page.samples if self.page.planar else 1
        apart = len(self.offsets) // planes
        data, offsets, counts = bytearray(8), [], []
        for plane in range(planes):
            for number in numbers:
                at = plane * apart + number
                packed = self.source.take(int(self.offsets[at]), int(self.counts[at]))
                check_unpacked(self.page, at, packed)
                offsets.append(len(data))
                counts.append(len(packed))
                data += packed
        tables = PIECES[page.tile is not None]
        own = {256: [page.width], 257: [page.height], tables[0]: offsets, tables[1]: counts}
        if page.tile is None:
            own[278] = [page.rows_per_strip]
        tags = {**self.tags, **{tag: np.array(values) for tag, values in own.items()}}
        samples = decode_tagged(data, tags, self.order, page)
        if samples.shape[:2] != shape[:2]:
            raise DamagedError
        return samples


@dataclass(frozen=True, eq=False)
class _Plain:
    """Rows that follow each other in the file as they are."""

    stored: _Stored
    start: int
    shape: tuple[int, ...]

    def rows(self, wanted: slice) -> Array:
        dtype = self.stored.dtype
        rows = np.empty((wanted.stop - wanted.start, *self.shape[1:]), dtype)
        place = self.start + wanted.start * (rows.nbytes // len(rows))
        self.stored.source.take_into(place, bytes_of(rows))
        return rows.astype(dtype.newbyteorder("="), copy=False)


def _inflated(packed: bytes, most: int) -> bytes:
    """Deflated data unpacked, of up to `most` bytes and one more; DamagedError for damaged ones."""
    inflate = zlib.decompressobj()
    try:
        data = inflate.decompress(packed, most + 1)
        if len(data) <= most and not inflate.eof:
            data += inflate.flush()
    except zlib.error:
        raise DamagedError from None
    if not inflate.eof:
        raise DamagedError
    return data
