"""Zarr arrays in stores that fsspec knows: read chunk by chunk, made here and then put there.

The metadata go last: without them there is no array for anybody who looks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ReadError, WriteError
from ..files.disk import DamagedError, display_path
from ..files.remote import (
    RemotePath,
    make_parent,
    opened_store,
    store_refusals,
    temporary_folder,
)
from .zarr_layout import METADATA

_CHUNKS = "c/"


@dataclass(frozen=True)
class StoredParts:
    """The parts of an array in a store, by their keys."""

    path: RemotePath

    def get(self, key: str, most: int) -> bytes | None:
        """The bytes of that key, or None where there are none.

        Raises DamagedError where they are more than `most`, ReadError, which names their URL.
        """
        data = self._taken(key, 0, most + 1)
        if data is not None and len(data) > most:
            raise DamagedError
        return data

    def part(self, key: str, start: int, count: int) -> bytes | None:
        """So many bytes of that key from `start`, or its last ones where that is negative.

        None where there is no such key. Raises DamagedError where it has fewer, ReadError.
        """
        data = self._taken(key, start, start + count if start >= 0 else None)
        if data is not None and len(data) != count:
            raise DamagedError
        return data

    @property
    def identity(self) -> str:
        """What the store says of the metadata, such as when they were written, as text."""
        with store_refusals(self.path, ReadError):
            store, name = opened_store(self.path)
            for metadata in METADATA:
                with suppress(FileNotFoundError):
                    return json.dumps(store.info(f"{name}/{metadata}"), default=str)
        return ""

    def _taken(self, key: str, start: int, end: int | None) -> bytes | None:
        part = self.path / key
        with store_refusals(part, ReadError):
            store, name = opened_store(part)
            try:
                data: bytes = store.cat_file(name, start=start, end=end)
            except FileNotFoundError:
                return None
        return data


@contextmanager
def sent_array(path: RemotePath, *, clobber: bool = True) -> Iterator[Path]:
    """A place on this machine's disk for an array that is put at `path` when the block ends well.

    An array that stands there is taken away just before. What breaks off leaves chunks without
    metadata at most: they are no array, and the next who writes there takes them away. clobber:
    False refuses what exists before the block begins and when it ends. Raises WriteError, which
    names the URL.
    """
    said = display_path(path)
    with temporary_folder(path) as folder:
        with store_refusals(path, WriteError):
            store, name = opened_store(path)
            _check_place(store, name, said, clobber)
        made = folder / path.name
        yield made
        with store_refusals(path, WriteError):
            _check_place(store, name, said, clobber)
            _take_away(store, name)
            try:
                _put(store, name, made)
            except BaseException:
                with suppress(Exception):
                    _take_away(store, name)
                raise


def _check_place(store: Any, name: str, said: str, clobber: bool) -> None:
    """Raise WriteError where something stands there that may not be taken away."""
    if not store.exists(name):
        return
    if not clobber:
        raise WriteError(f"{said}: exists already")
    parts = [part.removeprefix(f"{name}/") for part in store.find(name)]
    is_array = any(metadata in parts for metadata in METADATA)
    if not is_array and any(not part.startswith(_CHUNKS) for part in parts):
        raise WriteError(f"{said}: is no Zarr array, and is not replaced by one")


def _take_away(store: Any, name: str) -> None:
    """What lies below a name, the metadata first: from then on there is no array.

    File by file: what takes away a folder at once takes a * or a [ in its name for a pattern.
    """
    if not store.exists(name):
        return
    parts = store.find(name, withdirs=True, detail=True)
    for part in sorted(parts, key=lambda part: (part.rpartition("/")[2] not in METADATA, part)):
        if parts[part]["type"] == "file":
            store.rm_file(part)
    for folder in (*sorted(parts, reverse=True), name):
        with suppress(Exception):  # most stores have no folders
            store.rmdir(folder)


def _put(store: Any, name: str, made: Path) -> None:
    for there in (name, f"{name}/{METADATA[0]}"):
        make_parent(store, there)
    parts = sorted(part for part in made.rglob("*") if part.name != METADATA[0])
    # Two lists are taken as they are, one beside the other; names alone would be patterns.
    places = [f"{name}/{part.relative_to(made).as_posix()}" for part in parts]
    if parts:
        store.put([str(part) for part in parts], places)
    store.put_file(str(made / METADATA[0]), f"{name}/{METADATA[0]}")
