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

    An array that stands there is taken away first. What breaks off leaves chunks without metadata,
    which are taken away as far as the store lets us. clobber: False refuses an array that exists
    before the block begins and when it ends. Raises WriteError, which names the URL.
    """
    said = display_path(path)
    with temporary_folder(path) as folder:
        with store_refusals(path, WriteError):
            store, name = opened_store(path)
            _check_place(store, name, said, clobber)
        made = folder / path.name
        yield made
        with store_refusals(path, WriteError):
            if _check_place(store, name, said, clobber):
                for metadata in METADATA:
                    if store.exists(f"{name}/{metadata}"):
                        store.rm_file(f"{name}/{metadata}")
                store.rm(name, recursive=True)
            _put(store, name, made)


def _check_place(store: Any, name: str, said: str, clobber: bool) -> bool:
    """Whether an array stands there. Raises WriteError where it, or something else, may not go."""
    if not store.exists(name):
        return False
    if not clobber:
        raise WriteError(f"{said}: exists already")
    if not any(store.exists(f"{name}/{metadata}") for metadata in METADATA):
        raise WriteError(f"{said}: is no Zarr array, and is not replaced by one")
    return True


def _put(store: Any, name: str, made: Path) -> None:
    metadata = (made / METADATA[0]).rename(made.with_name(METADATA[0]))
    try:
        for there in (name, f"{name}/{METADATA[0]}"):
            make_parent(store, there)
        store.put(f"{made}/", f"{name}/", recursive=True)
        store.put_file(str(metadata), f"{name}/{METADATA[0]}")
    except BaseException:
        with suppress(Exception):
            store.rm(name, recursive=True)
        raise
