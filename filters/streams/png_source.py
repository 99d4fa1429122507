"""PNG, some rows at a time: the stream is unpacked from its start on, and marked on the way.

A PNG has no places to enter it. So what was unpacked last is kept, and every so many rows the
state of the unpacking: who asks for rows that are gone begins again at the mark before them. The
filters of the rows are undone by libpng: it is given a few rows at a time as a PNG of their own.
"""

from __future__ import annotations

import struct
import threading
import zlib
from array import array
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..errors import ReadError
from ..files.disk import DamagedError
from ..files.formats import NotReadError
from ..files.inflation import MOST_EXPANSION
from ..files.png import png_header
from ..files.png_writing import chunk
from ..files.quiet import decode_with_opencv
from ..files.reading import animated
from ..files.tiff_directory import exif_orientation
from .source import SharedSource, StoredRows, bytes_of

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BAND_BYTES = 1 << 20
_KEPT_BYTES = 1 << 25
_MARKS = 32
_PIECE = 1 << 16
_MOST_CHUNKS = 1 << 24
_MOST_BESIDE = 1 << 24
_GREY, _RGB, _PALETTE = 0, 2, 3
_DEPTHS = {_GREY: (1, 2, 4, 8, 16), _RGB: (8, 16), _PALETTE: (1, 2, 4, 8)}
# Bytes a pixel: depth and colour type of the PNG in which libpng undoes the filters.
_UNDONE = {1: (8, _GREY), 2: (16, _GREY), 3: (8, _RGB), 6: (16, _RGB)}


def png_rows(source: SharedSource, name: str, page: int | None) -> StoredRows:
    """A PNG by its rows.

    Raises DamagedError where a checksum is wrong or something is missing, as far as that shows
    before the rows are asked for, NotReadError for interlaced pictures, alpha and turned ones.
    """
    width, height = png_size(source, page)
    layout = _layout(source)
    depth, colour = layout.depth, layout.colour
    expected = height * (1 + layout.row_bytes)
    if MOST_EXPANSION * sum(layout.lengths) < expected:
        raise DamagedError
    shape = (height, width) if colour == _GREY else (height, width, 3)
    dtype = np.dtype(np.uint16 if depth == 16 else np.uint8)
    unpacked = _Unpacked(source, layout, height)
    return StoredRows(
        name, "PNG", shape, dtype,
        lambda rows: layout.samples(unpacked.rows(rows.start, rows.stop), width, dtype),
    )  # fmt: skip


def png_size(source: SharedSource, page: int | None) -> tuple[int, int]:
    """Width and height of a PNG. Raises DamagedError, and ReadError for animations."""
    header = png_header(source)
    if header.frames > 1:
        raise ReadError(animated(header.frames))
    if not 0 < header.width < 1 << 31 or not 0 < header.height < 1 << 31:
        raise DamagedError
    return header.width, header.height


@dataclass(frozen=True, eq=False)
class _Layout:
    """What the chunks say: where the packed data lie, and how the pixels are stored."""

    depth: int
    colour: int
    row_bytes: int
    pixel_bytes: int
    palette: NDArray[np.uint8]
    offsets: array[int]
    lengths: array[int]

    def samples(self, rows: NDArray[np.uint8], width: int, dtype: np.dtype[Any]) -> Array:
        """The samples that rows of bytes stand for. Raises DamagedError for unknown colours."""
        if self.depth == 16:
            rows = rows.view(">u2").astype(np.uint16)
        if self.depth < 8:
            bits = np.unpackbits(rows, axis=1).reshape(len(rows), -1, self.depth)
            weights = (1 << np.arange(self.depth - 1, -1, -1)).astype(np.uint8)
            rows = (bits * weights).sum(axis=2, dtype=np.uint8)[:, :width]
        if self.colour == _PALETTE:
            if len(self.palette) <= int(rows.max()):
                raise DamagedError
            return self.palette[rows]
        if self.depth < 8:
            return np.asarray(rows * np.uint8(255 // ((1 << self.depth) - 1)))
        return rows if self.colour == _GREY else rows.reshape(len(rows), width, 3)


def _layout(source: SharedSource) -> _Layout:
    """What all chunks say. Those that hold no pixels are checked here, the others on the way."""
    width, depth, colour = _kind(source)
    offsets, lengths, palette = array("Q"), array("Q"), b""
    offset = len(_SIGNATURE)
    for _ in range(_MOST_CHUNKS):
        length, kind = struct.unpack(">I4s", source.take(offset, 8))
        if kind == b"IDAT":
            offsets.append(offset + 8)
            lengths.append(length)
        else:
            body = _checked(source, offset, length)
            if kind == b"tRNS":
                raise NotReadError("alpha, some rows at a time,")
            if kind == b"eXIf" and exif_orientation(body) != 1:
                raise NotReadError("a picture that is stored turned, some rows at a time,")
            if kind == b"PLTE":
                palette = body
            elif kind not in (b"IHDR", b"IEND") and not kind[0] & 0x20:
                raise DamagedError
        offset += 12 + length
        if kind == b"IEND":
            break
    else:
        raise DamagedError
    bits = depth * (3 if colour == _RGB else 1)
    if not offsets or len(palette) % 3 or (colour == _PALETTE and not palette):
        raise DamagedError
    return _Layout(
        depth, colour, -(-width * bits // 8), max(1, bits // 8),
        np.frombuffer(palette, np.uint8).reshape(-1, 3), offsets, lengths,
    )  # fmt: skip


def _kind(source: SharedSource) -> tuple[int, int, int]:
    """Width, depth and colour type. Raises NotReadError for what has no rows of plain pixels."""
    width, _, depth, colour, packing, filtering, interlace = struct.unpack(
        ">IIBBBBB", source.take(16, 13)
    )
    if colour in (4, 6):
        raise NotReadError("alpha, some rows at a time,")
    if depth not in _DEPTHS.get(colour, ()) or packing or filtering or interlace > 1:
        raise DamagedError
    if interlace:
        raise NotReadError("interlaced rows, some rows at a time,")
    return width, depth, colour


def _checked(source: SharedSource, offset: int, length: int) -> bytes:
    """The body of the chunk at `offset`. Raises DamagedError where its checksum is wrong."""
    if length > _MOST_BESIDE:
        raise DamagedError
    body = source.take(offset + 4, 4 + length)
    if zlib.crc32(body) != int.from_bytes(source.take(offset + 8 + length, 4)):
        raise DamagedError
    return body[4:]


@dataclass(eq=False)
class _State:
    """How far the unpacking is: the row that comes next, and what it depends on."""

    inflate: Any
    above: NDArray[np.uint8]
    row: int = 0
    chunk: int = 0
    place: int = 0
    checksum: int = zlib.crc32(b"IDAT")

    def copy(self) -> _State:
        inflate = self.inflate.copy()
        return _State(inflate, self.above, self.row, self.chunk, self.place, self.checksum)


class _Unpacked:
    """The bytes of the rows, unfiltered, in bands; those read last, and at both ends, are kept."""

    def __init__(self, source: SharedSource, layout: _Layout, height: int) -> None:
        self.source, self.layout, self.height = source, layout, height
        self.band = max(1, _BAND_BYTES // layout.row_bytes)
        self.count = -(-height // self.band)
        self.apart = -(-self.count // _MARKS)
        self.most = max(4, _KEPT_BYTES // (self.band * layout.row_bytes))
        self.state = _State(zlib.decompressobj(), np.zeros(layout.row_bytes, np.uint8))
        self.marks = {0: self.state.copy()}
        self.ends: dict[int, NDArray[np.uint8]] = {}
        self.kept: OrderedDict[int, NDArray[np.uint8]] = OrderedDict()
        self.keeping, self.unpacking = threading.Lock(), threading.Lock()

    def rows(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Rows `start` to `stop`, (rows, bytes)."""
        first, last = start // self.band, (stop - 1) // self.band
        at = first * self.band
        bands = [self._band(number) for number in range(first, last + 1)]
        if len(bands) == 1:
            return bands[0][start - at : stop - at]
        bands[0], bands[-1] = bands[0][start - at :], bands[-1][: stop - last * self.band]
        return np.concatenate(bands)

    def _found(self, number: int) -> NDArray[np.uint8] | None:
        with self.keeping:
            if number in self.kept:
                self.kept.move_to_end(number)
                return self.kept[number]
            return self.ends.get(number)

    def _band(self, number: int) -> NDArray[np.uint8]:
        found = self._found(number)
        if found is not None:
            return found
        with self.unpacking:
            found = self._found(number)
            if found is not None:
                return found
            here = self.state.row // self.band
            mark = max(mark for mark in self.marks if mark <= number)
            if not mark <= here <= number:
                self.state, here = self.marks[mark].copy(), mark
            for each in range(here, number + 1):
                rows = self._next(min(self.band, self.height - each * self.band))
                with self.keeping:
                    self.kept[each] = rows
                    if each in (0, self.count - 1):
                        self.ends[each] = rows
                    if len(self.kept) > self.most:
                        self.kept.popitem(last=False)
                following = each + 1
                if following % self.apart == 0 and following not in self.marks:
                    self.marks[following] = self.state.copy()
            return rows

    def _next(self, count: int) -> NDArray[np.uint8]:
        """The next rows of the stream. At its end it must end."""
        state, width = self.state, self.layout.row_bytes
        filtered = np.empty((count + 1, width + 1), np.uint8)
        filtered[0, 0], filtered[0, 1:] = 0, state.above
        try:
            self._fill(bytes_of(filtered[1:]))
            if state.row + count == self.height:
                self._finish()
        except zlib.error:
            raise DamagedError from None
        if filtered[:, 0].max() > 4:
            raise DamagedError
        rows = self._unfiltered(filtered)
        state.above, state.row = rows[-1].copy(), state.row + count
        return rows

    def _fill(self, left: memoryview) -> None:
        inflate = self.state.inflate
        while left:
            packed = inflate.unconsumed_tail or self._packed()
            if inflate.eof:
                raise DamagedError
            data = inflate.decompress(packed, len(left))
            left[: len(data)] = data
            left = left[len(data) :]

    def _finish(self) -> None:
        inflate = self.state.inflate
        while not inflate.eof:
            if inflate.decompress(inflate.unconsumed_tail or self._packed(), 1):
                raise DamagedError

    def _packed(self) -> bytes:
        """The next packed bytes; the checksum of a chunk is looked at where it ends."""
        state, layout = self.state, self.layout
        if state.chunk == len(layout.offsets):
            raise DamagedError
        offset, length = layout.offsets[state.chunk], layout.lengths[state.chunk]
        data = self.source.take(offset + state.place, min(_PIECE, length - state.place))
        state.place += len(data)
        state.checksum = zlib.crc32(data, state.checksum)
        if state.place == length:
            if state.checksum != int.from_bytes(self.source.take(offset + length, 4)):
                raise DamagedError
            state.chunk, state.place = state.chunk + 1, 0
            state.checksum = zlib.crc32(b"IDAT")
        return data

    def _unfiltered(self, filtered: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The rows below the first, which has no filter, as they were before they had theirs."""
        pixel = self.layout.pixel_bytes
        if not filtered[:, 0].any():
            return filtered[1:, 1:].copy()
        depth, colour = _UNDONE[pixel]
        width = self.layout.row_bytes // pixel
        start = struct.pack(">IIBBBBB", width, len(filtered), depth, colour, 0, 0, 0)
        packed = zlib.compress(filtered.data, 0)
        chunks = ((b"IHDR", start), (b"IDAT", packed), (b"IEND", b""))
        samples = decode_with_opencv(
            b"".join([_SIGNATURE, *(part for name, body in chunks for part in chunk(name, body))])
        )[1:]
        if depth == 16:
            samples = samples.astype(">u2")
        return np.ascontiguousarray(samples).reshape(len(samples), -1).view(np.uint8)
