"""TIFF and BigTIFF, written some rows at a time, not compressed: every row has its place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np

from ..files.disk import PathLike
from ..files.tiff_writing import tiff_around
from .sink import PlacedRows, placed_sink


@contextmanager
def tiff_sink(
    path: PathLike, shape: tuple[int, ...], dtype: np.dtype[Any], *, clobber: bool, made_by: str
) -> Iterator[PlacedRows]:
    """A TIFF, byte for byte as `tiff_bytes` makes it; above 4 GB a BigTIFF. Raises WriteError."""
    start, end = tiff_around(shape, dtype)
    length = prod(shape) * dtype.itemsize
    stored = dtype.newbyteorder("<")
    with placed_sink(path, start, end, length, stored, clobber=clobber) as sink:
        yield sink
