"""Zarr, version 2 and 3, in a folder, a zip or a store, some rows of chunks at a time."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..errors import ReadError
from ..files.disk import DamagedError, display_path, read_bytes
from ..files.formats import ZARR, NotReadError
from ..files.reading import named
from ..files.remote import AnyPath, is_array
from .bands import Bands
from .codecs import checked, unpacked
from .source import LARGEST_BAND, StoredRows, check_shape, shared
from .zarr_layout import METADATA, Shards, ZarrLayout, zarr_layout
from .zarr_stores import StoredParts

_MOST_METADATA = 1 << 24
_SPARE_BYTES = 1 << 16
_PART_BYTES = 1 << 20
_INDEX_BYTES = 1 << 24
_NOT_THERE = (1 << 64) - 1


class Store(Protocol):
    """Where the parts of an array are, by their keys."""

    def get(self, key: str, most: int) -> bytes | None:
        """The bytes of that key, None where there are none, DamagedError for more than `most`."""

    def part(self, key: str, start: int, count: int) -> bytes | None:
        """So many bytes of that key from `start`, or its last ones where that is negative.

        None where there is no such key, DamagedError where it has fewer.
        """


@dataclass(frozen=True)
class _Folder:
    path: Path

    def get(self, key: str, most: int) -> bytes | None:
        part = self.path / key
        return read_bytes(part, most) if part.exists() else None

    def part(self, key: str, start: int, count: int) -> bytes | None:
        part = self.path / key
        if not part.exists():
            return None
        with shared(part) as source:
            return source.take(start if start >= 0 else source.size - count, count)


@dataclass(frozen=True, eq=False)
class _Zip:
    file: zipfile.ZipFile
    prefix: str

    def get(self, key: str, most: int) -> bytes | None:
        info = self._info(key)
        if info is None:
            return None
        if info.file_size > most:
            raise DamagedError
        data = self._taken(info, 0, most + 1)
        if len(data) > most:
            raise DamagedError
        return data

    def part(self, key: str, start: int, count: int) -> bytes | None:
        info = self._info(key)
        if info is None:
            return None
        first = start if start >= 0 else info.file_size - count
        data = self._taken(info, first, count) if first >= 0 else b""
        if len(data) < count:
            raise DamagedError
        return data

    def _info(self, key: str) -> zipfile.ZipInfo | None:
        try:
            return self.file.getinfo(self.prefix + key)
        except KeyError:
            return None

    def _taken(self, info: zipfile.ZipInfo, start: int, count: int) -> bytes:
        try:
            with self.file.open(info) as part:
                part.seek(start)
                return part.read(count)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
            raise DamagedError from None


def is_zarr(path: AnyPath) -> bool:
    """Whether a path is a Zarr array: a folder with its metadata, or a zip by its name and start.

    In a store it is what has the ending .zarr; a zip there is a file like every other.

    >>> is_zarr(Path("photo.png"))
    False
    """
    if not isinstance(path, Path):
        return is_array(path)
    try:
        if path.is_dir():
            return path.suffix.lower() == ZARR or any((path / n).is_file() for n in METADATA)
        if path.suffix.lower() != ".zip" or not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except (OSError, ValueError):
        return False


@contextmanager
def zarr_rows(path: AnyPath) -> Iterator[StoredRows]:
    """The Zarr array at `path` by its rows.

    Raises ReadError, DamagedError and NotReadError: the array must be grey or RGB, of real numbers.
    """
    with _opened(path) as store:
        yield _rows(store, display_path(path))


def zarr_layout_of(path: AnyPath, name: str) -> ZarrLayout:
    """How the Zarr array at `path` is stored. name: for messages. Raises ReadError."""
    with named(name, "Zarr"), _opened(path) as store:
        layout = _layout(store)
        check_shape(layout.shape)
        if layout.chunk_bytes > LARGEST_BAND:
            raise NotReadError(f"chunks of {layout.chunks}: one of them is too large to unpack")
    return layout


def zarr_chunk(path: AnyPath, place: tuple[int, ...], name: str) -> Array:
    """One chunk of the Zarr array at `path`, without what lies beyond the array.

    place: in the grid of chunks. name: for messages. Raises ReadError.
    """
    with named(name, "Zarr"), _opened(path) as store:
        layout = _layout(store)
        sides = (
            min(length, total - number * length)
            for number, length, total in zip(place, layout.chunks, layout.shape, strict=True)
        )
        chunk = np.empty(tuple(sides), layout.dtype.newbyteorder("="))
        _Chunks(store, layout).into(place, chunk)
    return chunk


@contextmanager
def _opened(path: AnyPath) -> Iterator[Store]:
    if not isinstance(path, Path):
        yield StoredParts(path)
        return
    if path.is_dir():
        yield _Folder(path)
        return
    try:
        file = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise DamagedError from None
    with file:
        yield _Zip(file, _prefix(file))


def _prefix(file: zipfile.ZipFile) -> str:
    """Where in a zip the array is: at the root, or in the one folder that has an array."""
    names = [name for name in file.namelist() if name.rpartition("/")[2] in METADATA]
    folders = {name.rpartition("/")[0] for name in names}
    if "" in folders or len(folders) != 1:
        return ""
    return f"{folders.pop()}/"


def _rows(store: Store, name: str) -> StoredRows:
    layout = _layout(store)
    check_shape(layout.shape)
    native = layout.dtype.newbyteorder("=")
    channels, inside = layout.shape[2:], layout.chunks[2:]
    band_bytes = layout.chunks[0] * prod(layout.shape[1:]) * native.itemsize
    if max(band_bytes, layout.chunk_bytes) > LARGEST_BAND:
        raise NotReadError(f"chunks of {layout.chunks}: one row of them is too large to unpack")
    across = -(-layout.shape[1] // layout.chunks[1])
    together = max(1, _PART_BYTES // layout.chunk_bytes)
    deep = -(-channels[0] // inside[0]) if channels else 1
    chunks = _Chunks(store, layout)

    def unpack(band: int, part: int, rows: Array) -> None:
        for column in range(part * together, min((part + 1) * together, across)):
            left = column * layout.chunks[1]
            for plane in range(deep):
                place = (band, column, plane) if channels else (band, column)
                there = rows[:, left : left + layout.chunks[1]]
                if channels:
                    there = there[..., plane * inside[0] : (plane + 1) * inside[0]]
                chunks.into(place, there)

    parts = -(-across // together)
    bands = Bands(layout.shape, native, layout.chunks[0], unpack, parts=parts)
    return StoredRows(
        name, "Zarr", layout.shape, native, lambda rows: bands.read(rows.start, rows.stop)
    )


def _layout(store: Store) -> ZarrLayout:
    for metadata in METADATA:
        text = store.get(metadata, _MOST_METADATA)
        if text is not None:
            return zarr_layout(metadata, text)
    raise ReadError(f"no Zarr array: it has neither {METADATA[0]} nor {METADATA[1]}")


@dataclass(frozen=True, eq=False)
class _Chunks:
    """The chunks of an array, and the indexes of the files that were asked for last."""

    store: Store
    layout: ZarrLayout
    indexes: dict[str, NDArray[np.uint64]] = field(default_factory=dict)

    def into(self, place: tuple[int, ...], out: Array) -> None:
        """The chunk at a place in the grid, as much of it as `out` has room for."""
        layout = self.layout
        data = self._stored(place)
        if data is None:
            out[...] = layout.fill
            return
        if layout.is_checked:
            data = checked(data)
        chunk = np.frombuffer(unpacked(layout.codec, data, layout.chunk_bytes), layout.dtype)
        out[...] = chunk.reshape(layout.chunks)[tuple(slice(side) for side in out.shape)]

    def _stored(self, place: tuple[int, ...]) -> bytes | None:
        most = 2 * self.layout.chunk_bytes + _SPARE_BYTES
        key = self.layout.key(*place)
        if self.layout.shards is None:
            return self.store.get(key, most)
        start, count = map(int, self._index(key, self.layout.shards)[self.layout.number(*place)])
        if start == count == _NOT_THERE:
            return None
        if count > most or start > _NOT_THERE >> 1:
            raise DamagedError
        return self.store.part(key, start, count)

    def _index(self, key: str, shards: Shards) -> NDArray[np.uint64]:
        """Where each chunk of a file begins and how many bytes it has."""
        index = self.indexes.get(key)
        if index is None:
            number = prod(self.layout.grid)
            length = 16 * number + (4 if shards.is_checked else 0)
            data = self.store.part(key, 0 if shards.index_first else -length, length)
            if data is None:
                index = np.full((number, 2), _NOT_THERE, np.uint64)
            else:
                body = checked(data) if shards.is_checked else data
                index = np.frombuffer(body, "<u8").reshape(number, 2)
            if (len(self.indexes) + 1) * index.nbytes > _INDEX_BYTES:
                self.indexes.clear()
            self.indexes[key] = index
        return index
