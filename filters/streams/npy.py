"""NumPy's .npy, some rows at a time: the values lie in the file row after row."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np

from ..arrays import Array
from ..files.disk import PathLike
from ..files.formats import NotReadError
from ..files.plain import npy_header
from .sink import PlacedRows, placed_sink
from .source import SharedSource, StoredRows, bytes_of, check_shape


def npy_rows(source: SharedSource, name: str, page: int | None) -> StoredRows:
    """The array in a .npy file, by its rows.

    Raises DamagedError where the file has not as many values as it says, NotReadError for what is
    no picture of real numbers and for columns that lie one after the other.
    """
    header = npy_header(source)
    check_shape(header.shape)
    if header.columns_first:
        raise NotReadError("columns that lie one after the other, some rows at a time,")
    native = header.dtype.newbyteorder("=")
    row_bytes = prod(header.shape[1:]) * native.itemsize

    def rows(wanted: slice) -> Array:
        stored = np.empty((wanted.stop - wanted.start, *header.shape[1:]), header.dtype)
        place = header.start + wanted.start * row_bytes
        source.take_into(place, bytes_of(stored))
        return stored.astype(native, copy=False)

    return StoredRows(name, "NPY", header.shape, native, rows)


@contextmanager
def npy_sink(
    path: PathLike, shape: tuple[int, ...], dtype: np.dtype[Any], *, clobber: bool, made_by: str
) -> Iterator[PlacedRows]:
    """A .npy file, as `write_image` makes it."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header,
        {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape},
    )
    length = prod(shape) * dtype.itemsize
    with placed_sink(path, header.getvalue(), b"", length, dtype, clobber=clobber) as sink:
        yield sink
