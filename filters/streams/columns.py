"""A wide picture in blocks of columns: what is made of a strip fits the cache again.

Only for what depends on a few pixels around each and on nothing else, to the last bit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from ..arrays import Array
from ..engine import share_out, strips
from ..engine.scratch import strip_memory
from .source import StoredRows

ReadRows: TypeAlias = Callable[[int, int], Array]
"""From the first row and the row after the last to these rows, as `Rows.read`."""


@dataclass(frozen=True, eq=False)
class InColumns:
    """Rows that are made block by block of their columns.

    shape: (height, width). dtype: of the rows. make: from the first column and the column after the
    last to what reads the rows of these columns, as if they were all. reach: how many columns on
    either side have a say. columns: of a block. rows_at_once: of a strip.

    >>> picture = np.arange(12.0).reshape(2, 6)
    >>> stored = StoredRows("a", "array", picture.shape, picture.dtype, picture.__getitem__)
    >>> def make(first: int, last: int) -> ReadRows:
    ...     return columns_of(stored, first, last).pixels.read
    >>> InColumns((2, 6), picture.dtype, make, 1, 4, 2).read(0, 1).tolist()
    [[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]]
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    make: Callable[[int, int], ReadRows]
    reach: int
    columns: int
    rows_at_once: int

    @property
    def halo(self) -> int:
        """None that anybody else has to see to."""
        return 0

    @property
    def widest(self) -> int:
        """Bytes of a row of what is made."""
        return self.shape[1] * self.dtype.itemsize

    @property
    def blocks(self) -> range:
        """The first column of every block."""
        return range(0, self.shape[1], self.columns)

    def read(self, start: int, stop: int) -> Array:
        """Freshly made rows."""
        out = np.empty((stop - start, self.shape[1]), self.dtype)
        self.write(start, stop, out)
        return out

    def write(self, start: int, stop: int, out: Array) -> None:
        """Rows made into `out`, one block after the other."""
        for left in self.blocks:
            self.write_block(left, start, stop, out)

    def write_block(self, left: int, start: int, stop: int, out: Array) -> None:
        """The block that begins at column `left`, of these rows, into its columns of `out`."""
        right = min(self.shape[1], left + self.columns)
        first, last = max(0, left - self.reach), min(self.shape[1], right + self.reach)
        with strip_memory():
            made = self.make(first, last)(start, stop)
            out[:, left:right] = made[:, left - first : right - first]


def computed_in_blocks(rows: InColumns) -> Array:
    """All of them, every block of every strip by a thread of its own.

    >>> pixels = np.eye(3)
    >>> stored = StoredRows("a", "array", pixels.shape, pixels.dtype, pixels.__getitem__)
    >>> make = lambda first, last: columns_of(stored, first, last).pixels.read
    >>> computed_in_blocks(InColumns((3, 3), pixels.dtype, make, 0, 2, 2)).trace().item()
    3.0
    """
    out = np.empty(rows.shape, rows.dtype)
    tasks = [(left, start, stop) for start, stop in strips(rows) for left in rows.blocks]

    def do(task: tuple[int, int, int]) -> None:
        left, start, stop = task
        rows.write_block(left, start, stop, out[start:stop])

    share_out(tasks, do)
    return out


def columns_of(source: StoredRows, first: int, last: int) -> StoredRows:
    """These columns of a picture.

    >>> pixels = np.eye(3)
    >>> stored = StoredRows("a", "array", pixels.shape, pixels.dtype, pixels.__getitem__)
    >>> columns_of(stored, 1, 3)[0:2].tolist()
    [[0.0, 0.0], [1.0, 0.0]]
    """
    shape = (source.shape[0], last - first, *source.shape[2:])
    return replace(source, shape=shape, rows=lambda rows: source.rows(rows)[:, first:last])


def remembered(source: StoredRows) -> StoredRows:
    """The same picture; who asks for the very rows that his thread had last has them at once.

    >>> asked = []
    >>> def rows(wanted: slice) -> Array:
    ...     asked.append(wanted.start)
    ...     return np.eye(3)[wanted]
    >>> stored = remembered(StoredRows("a", "array", (3, 3), np.dtype(float), rows))
    >>> _ = stored[0:1], stored[0:1], stored[1:2]
    >>> asked
    [0, 1]
    """
    last = threading.local()

    def rows(wanted: slice) -> Array:
        key = wanted.start, wanted.stop
        if getattr(last, "key", None) != key:
            last.rows, last.key = source.rows(wanted), key
        found: Array = last.rows
        return found

    return replace(source, rows=rows)
