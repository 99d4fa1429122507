"""Zarr version 3 in a folder, written in rows of chunks, and gone on with where it broke off.

The folder grows beside its place under a name that stays the same. A journal in it says what makes
it, and which rows of chunks are on the disk. Errors and signals take it away; a process that is
killed outright leaves it, and the same command then makes only what is missing.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..arrays import Array
from ..errors import WriteError
from ..files.disk import PathLike, display_path, refusals
from ..files.temporaries import hold, temporary_name
from .codecs import zstd_packed
from .sink import Gathered
from .zarr_layout import METADATA

_JOURNAL = ".filt-journal"
_CHUNK = (256, 1024)
_BAND_BYTES = 1 << 24


@contextmanager
def zarr_sink(
    path: PathLike, shape: tuple[int, ...], dtype: np.dtype[Any], *, clobber: bool, made_by: str
) -> Iterator[Gathered]:
    """A Zarr folder: whole, or not at all.

    made_by: what makes it, and out of what; a folder that was begun by the same is gone on with.
    Raises WriteError, also where something else than a Zarr array stands at `path`, and where
    another process is writing it.
    """
    with zarr_folder(path, shape, dtype, clobber=clobber, made_by=made_by) as folder:
        yield Gathered(shape, dtype, folder.chunks[0], folder.take, done=folder.done)


@contextmanager
def zarr_folder(
    path: PathLike, shape: tuple[int, ...], dtype: np.dtype[Any], *, clobber: bool, made_by: str
) -> Iterator[BandFolder]:
    """The same for who makes its bands in whatever way; arguments and errors as for `zarr_sink`."""
    name = display_path(path)
    with refusals(name):
        target = Path(os.fsdecode(path))
        target = target.resolve() if clobber else target
        _check_place(target, clobber, name)
        partial = target.with_name(f".{target.name}.filt-partial")
        chunks = chunk_shape(shape, dtype)
        metadata = json.dumps(_metadata(shape, dtype, chunks), indent=1)
        journal = _opened(partial, f"{made_by}\n{metadata}", name)
    try:
        with journal.file:
            with refusals(name):
                (partial / METADATA[0]).write_text(metadata, "utf-8")
                (partial / "c").mkdir(exist_ok=True)
            yield BandFolder(partial, chunks, frozenset(journal.done), journal, name)
            with refusals(name):
                _sync(partial)
                _put(partial, target, clobber, name)
                (target / _JOURNAL).unlink()
    except BaseException:
        with suppress(OSError):
            shutil.rmtree(partial)
        raise


def chunk_shape(shape: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[int, ...]:
    """The chunks in which an array is stored: up to 256 rows, of which a band is at most 16 MB.

    >>> chunk_shape((5000, 3000), np.dtype("f4")), chunk_shape((9, 7, 3), np.dtype("u1"))
    ((256, 1024), (9, 7, 3))
    """
    row_bytes = int(np.prod(shape[1:])) * dtype.itemsize
    rows = max(1, min(_CHUNK[0], _BAND_BYTES // row_bytes, shape[0]))
    return (rows, min(_CHUNK[1], shape[1]), *shape[2:])


def _metadata(
    shape: tuple[int, ...], dtype: np.dtype[Any], chunks: tuple[int, ...]
) -> dict[str, Any]:
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": shape,
        "data_type": dtype.name,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunks}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": False if dtype.kind == "b" else 0,
        "codecs": [
            {"name": "bytes", "configuration": {"endian": "little"}},
            {"name": "zstd", "configuration": {"level": 1, "checksum": False}},
        ],
        "attributes": {},
        "storage_transformers": [],
    }


@dataclass(frozen=True, eq=False)
class _Journal:
    """Which bands are on the disk: a line for each, behind one that says what makes them."""

    file: BinaryIO
    done: set[int]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, band: int) -> None:
        with self.lock:
            self.file.write(b"%d\n" % band)
            self.file.flush()
            os.fsync(self.file.fileno())


@dataclass(frozen=True, eq=False)
class BandFolder:
    """A folder that grows by rows of chunks, here called bands.

    place: where it grows. chunks: their shape. done: the bands that are on the disk already.
    """

    place: Path
    chunks: tuple[int, ...]
    done: frozenset[int]
    journal: _Journal
    name: str

    def take(self, band: int, rows: Array) -> None:
        """Store a band."""
        store_band(self.place, self.chunks, band, rows, self.name)
        self.add(band)

    def add(self, band: int) -> None:
        """Say that a band is on the disk."""
        with refusals(self.name):
            self.journal.add(band)


def store_band(folder: Path, chunks: tuple[int, ...], band: int, rows: Array, name: str) -> None:
    """Put the chunks of a band on the disk. Those of nothing but zeros are left out, as the fill
    value says. name: for messages. Raises WriteError.
    """
    stored = rows.dtype.newbyteorder("<")
    with refusals(name):
        row = folder / "c" / str(band)
        # Who is late, after all was given up and taken away, makes no folder anew.
        row.mkdir(exist_ok=True)
        for column, left in enumerate(range(0, rows.shape[1], chunks[1])):
            part = rows[:, left : left + chunks[1]]
            place = row.joinpath(str(column), *"0" * (part.ndim - 2))
            if not part.any() and not (part.dtype.kind == "f" and np.signbit(part).any()):
                place.unlink(missing_ok=True)
                continue
            chunk = np.zeros(chunks, stored)
            chunk[tuple(slice(side) for side in part.shape)] = part
            place.parent.mkdir(exist_ok=True)
            with place.open("wb") as file:
                file.write(zstd_packed(chunk.tobytes()))
                file.flush()
                os.fsync(file.fileno())


def _check_place(target: Path, clobber: bool, name: str) -> None:
    """Raise WriteError unless nothing stands there, or a Zarr array that may be replaced."""
    if not target.parent.is_dir():
        raise WriteError(f"{name}: its folder does not exist")
    try:
        status = target.lstat()
    except FileNotFoundError:
        return
    if not clobber:
        raise WriteError(f"{name}: exists already")
    is_array = any((target / metadata).is_file() for metadata in METADATA)
    if not stat.S_ISDIR(status.st_mode) or not (is_array or not any(target.iterdir())):
        raise WriteError(f"{name}: is no Zarr array, and is not replaced by one")


def _opened(partial: Path, made_by: str, name: str) -> _Journal:
    """The journal of a folder that was begun by the same, or of a new one."""
    head = json.dumps(made_by).encode() + b"\n"
    place = partial / _JOURNAL
    if partial.exists() and not place.is_file() and any(partial.iterdir()):
        raise WriteError(f"{name}: {display_path(partial.name)} stands in the way")
    partial.mkdir(exist_ok=True)
    descriptor = os.open(place, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    file = os.fdopen(descriptor, "r+b")
    is_ours = False
    try:
        if hold(file.fileno(), wait=False) is False:
            raise WriteError(f"{name}: another process is writing it")
        is_ours = True
        said = file.read()
        if said.startswith(head):
            lines = said[len(head) :].split(b"\n")
            # What stands behind the last line break was cut off in the middle of being written.
            file.truncate(len(said) - len(lines[-1]))
            file.seek(0, os.SEEK_END)
            return _Journal(file, {int(line) for line in lines[:-1]})
        for part in partial.iterdir():
            if part.name != _JOURNAL:
                shutil.rmtree(part) if part.is_dir() else part.unlink()
        file.seek(0)
        file.truncate()
        file.write(head)
        file.flush()
        os.fsync(file.fileno())
    except BaseException:
        file.close()
        if is_ours:
            shutil.rmtree(partial, ignore_errors=True)
        raise
    return _Journal(file, set())


def _put(partial: Path, target: Path, clobber: bool, name: str) -> None:
    """Give the folder its name. What stood there is moved aside first, and back if that fails."""
    _check_place(target, clobber, name)
    if not target.exists():
        partial.rename(target)
        return
    aside = target.with_name(temporary_name())
    target.rename(aside)
    try:
        partial.rename(target)
    except BaseException:
        aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Have the names of the files in a folder on the disk, where the system can."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
