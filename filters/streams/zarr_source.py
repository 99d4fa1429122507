"""Zarr, version 2 and 3, in a folder, a zip or a store, some rows of chunks at a time."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Protocol

import numpy as np

from ..arrays import Array
from ..errors import ReadError
from ..files.disk import DamagedError, display_path, read_bytes
from ..files.formats import NotReadError
from ..files.reading import named
from ..files.remote import AnyPath, is_array
from .bands import Bands
from .codecs import unpacked
from .source import LARGEST_BAND, StoredRows, check_shape
from .zarr_layout import METADATA, ZarrLayout, zarr_layout
from .zarr_stores import StoredParts

_MOST_METADATA = 1 << 24
_SPARE_BYTES = 1 << 16
_PART_BYTES = 1 << 20


class Store(Protocol):
    """Where the parts of an array are, by their keys."""

    def get(self, key: str, most: int) -> bytes | None:
        """The bytes of that key, up to `most`, or None where there are none."""


@dataclass(frozen=True)
class _Folder:
    path: Path

    def get(self, key: str, most: int) -> bytes | None:
        part = self.path / key
        return read_bytes(part, most) if part.exists() else None


@dataclass(frozen=True, eq=False)
class _Zip:
    file: zipfile.ZipFile
    prefix: str

    def get(self, key: str, most: int) -> bytes | None:
        try:
            info = self.file.getinfo(self.prefix + key)
        except KeyError:
            return None
        if info.file_size > most:
            raise DamagedError
        try:
            with self.file.open(info) as part:
                data = part.read(most + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
            raise DamagedError from None
        if len(data) > most:
            raise DamagedError
        return data


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
            return path.suffix.lower() == ".zarr" or any((path / n).is_file() for n in METADATA)
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
        _chunk_into(store, layout, place, chunk)
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

    def unpack(band: int, part: int, rows: Array) -> None:
        for column in range(part * together, min((part + 1) * together, across)):
            left = column * layout.chunks[1]
            for plane in range(deep):
                place = (band, column, plane) if channels else (band, column)
                there = rows[:, left : left + layout.chunks[1]]
                if channels:
                    there = there[..., plane * inside[0] : (plane + 1) * inside[0]]
                _chunk_into(store, layout, place, there)

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


def _chunk_into(store: Store, layout: ZarrLayout, place: tuple[int, ...], out: Array) -> None:
    most = 2 * layout.chunk_bytes + _SPARE_BYTES
    data = store.get(layout.key(*place), most)
    if data is None:
        out[...] = layout.fill
        return
    chunk = np.frombuffer(unpacked(layout.codec, data, layout.chunk_bytes), layout.dtype)
    out[...] = chunk.reshape(layout.chunks)[tuple(slice(side) for side in out.shape)]
