"""A picture between two walks: in a file without a name, which is gone with its process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

from ..arrays import Array
from ..files.disk import display_path, refusals
from .sink import PlacedRows
from .source import SharedSource, StoredRows, bytes_of


@contextmanager
def spool(
    folder: Path, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> Iterator[tuple[PlacedRows, StoredRows]]:
    """What rows are written to, and what they are read from again.

    folder: where there is room for it. Raises WriteError, which names the folder.

    >>> with spool(Path(tempfile.gettempdir()), (2, 1), np.dtype(np.uint8)) as (sink, rows):
    ...     sink.write(0, np.array([[7], [8]], np.uint8))
    ...     rows[1:2].tolist()
    [[8]]
    """
    name = display_path(folder)
    with refusals(name):
        file = cast(BinaryIO, tempfile.TemporaryFile(dir=folder, prefix=".filt-"))  # noqa: SIM115
    with file:
        row_bytes = prod(shape[1:]) * dtype.itemsize
        with refusals(name):
            file.truncate(row_bytes * shape[0])
        source = SharedSource(file, row_bytes * shape[0])

        def rows(wanted: slice) -> Array:
            found = np.empty((wanted.stop - wanted.start, *shape[1:]), dtype)
            place = wanted.start * row_bytes
            source.take_into(place, bytes_of(found))
            return found

        yield (
            PlacedRows(file, name, 0, dtype),
            StoredRows(name, "temporary file", shape, dtype, rows),
        )
