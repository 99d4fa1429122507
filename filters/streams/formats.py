"""Which formats are read and written some rows at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import PurePath
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from ..arrays import Array
from ..errors import InputError, ReadError
from ..files.disk import DamagedError, PathLike, display_path
from ..files.formats import ANY_REAL, ZARR, format_of
from ..files.plain import npy_header
from ..files.reading import named, page_index
from ..files.remote import AnyPath
from ..files.writing import check_fits
from ..picture import Picture
from .npy import npy_rows, npy_sink
from .png_sink import png_sink
from .png_source import png_rows, png_size
from .sink import Sink
from .source import SharedSource, StoredRows, shared
from .tiff_sink import tiff_sink
from .tiff_source import tiff_rows, tiff_size
from .zarr_source import is_zarr, zarr_rows


class _SinkOf(Protocol):
    def __call__(
        self, path: PathLike, shape: tuple[int, ...], dtype: np.dtype[Any], *,
        clobber: bool, made_by: str,
    ) -> AbstractContextManager[Sink]: ...  # fmt: skip


def _zarr_sink(
    path: PathLike, shape: tuple[int, ...], dtype: np.dtype[Any], *, clobber: bool, made_by: str
) -> AbstractContextManager[Sink]:
    from .zarr_sink import zarr_sink

    return zarr_sink(path, shape, dtype, clobber=clobber, made_by=made_by)


def _npy_size(source: SharedSource, page: int | None) -> tuple[int, int]:
    shape = npy_header(source).shape
    if len(shape) < 2:
        raise DamagedError
    return shape[1], shape[0]


SOURCES: MappingProxyType[str, Callable[[SharedSource, str, int | None], StoredRows]] = (
    MappingProxyType({"NPY": npy_rows, "PNG": png_rows, "TIFF": tiff_rows})
)
"""Of each format of `format_of` that can be read so: what gives its rows."""

_SIZES: MappingProxyType[str, Callable[[SharedSource, int | None], tuple[int, int]]] = (
    MappingProxyType({"NPY": _npy_size, "PNG": png_size, "TIFF": tiff_size})
)

SINKS: MappingProxyType[str, _SinkOf] = MappingProxyType(
    {
        ".npy": npy_sink,
        ".png": png_sink,
        ".tif": tiff_sink,
        ".tiff": tiff_sink,
        ZARR: _zarr_sink,
    }
)
"""What writes a format, by the ending of the file's name."""


def size_in(path: PathLike, page: int | None = None) -> tuple[int, int] | None:
    """Width and height of the picture in a file that can be read some rows at a time.

    None for any other file, and for a damaged one: reading it says what is wrong.
    """
    try:
        with shared(path) as source:
            found = format_of(source.take(0, min(source.size, 16)))
            return _SIZES[found[0]](source, page) if found and found[0] in _SIZES else None
    except (ReadError, InputError):
        return None


@contextmanager
def open_rows(path: AnyPath, page: int | None = None) -> Iterator[StoredRows]:
    """The picture in a file by its rows, as `read_image` would give it: TIFF, PNG, .npy, Zarr.

    path: also of a Zarr array in a store. Raises ReadError, which names the path, as `read_image`
    does, and for what cannot be read some rows at a time: alpha, a picture that is stored turned,
    other formats.

    >>> import pathlib, tempfile
    >>> with tempfile.NamedTemporaryFile(suffix=".npy") as file:
    ...     np.save(file, np.eye(3, dtype=np.uint8)), file.flush()
    ...     with open_rows(pathlib.Path(file.name)) as rows:
    ...         rows[1:2].tolist()
    (None, None)
    [[0, 1, 0]]
    """
    name = display_path(path)
    if is_zarr(path):
        opened = zarr_rows(path)
        with named(name, "Zarr"):
            page_index(page, 1)
            rows = opened.__enter__()
        try:
            yield rows
        finally:
            opened.__exit__(None, None, None)
        return
    with shared(path) as source:
        found = format_of(source.take(0, min(source.size, 16)))
        kind = found[0] if found else "this file"
        if kind not in SOURCES:
            raise ReadError(f"{name}: {kind} is not read some rows at a time")
        with named(name, kind):
            if kind != "TIFF":
                page_index(page, 1)
            rows = SOURCES[kind](source, name, page)
        yield rows


@contextmanager
def open_sink(
    path: PathLike,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    *,
    clobber: bool = True,
    made_by: str = "",
) -> Iterator[Sink]:
    """A file that takes rows of a picture in any order: whole when the block ends without an error.

    shape, dtype: of the picture; the name's ending says the format. made_by: what makes it, for a
    Zarr that is gone on with. Raises InputError for a format that cannot hold it, WriteError.
    """
    suffix = PurePath(os.fsdecode(path)).suffix.lower()
    if suffix not in SINKS:
        *some, last = SINKS
        raise InputError(
            f"{display_path(path)}: a picture that is written some rows at a time must end in"
            f" {', '.join(some)} or {last}"
        )
    if suffix == ZARR:
        if dtype.name not in ANY_REAL:
            raise InputError(f"{display_path(path)}: Zarr does not hold {dtype} pixels")
    else:
        # A picture of that shape, of one value: no memory.
        nothing: Array = np.broadcast_to(np.zeros((), dtype), shape)
        try:
            check_fits(Picture(nothing, 1.0, dtype), suffix, dtype)
        except InputError as error:
            raise InputError(f"{display_path(path)}: {error}") from None
    with SINKS[suffix](path, shape, dtype, clobber=clobber, made_by=made_by) as sink:
        yield sink


def keeps_rows_raw(path: PathLike) -> bool:
    """Whether a file of this name keeps raw responses; as `keeps_raw`, of Zarr too.

    >>> keeps_rows_raw("response.zarr"), keeps_rows_raw("edges.png")
    (True, False)
    """
    from ..files.writing import keeps_raw

    return keeps_raw(path) or PurePath(os.fsdecode(path)).suffix.lower() == ZARR
