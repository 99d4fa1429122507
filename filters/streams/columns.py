"""A wide picture in blocks of columns: what is made of a strip fits the cache again.

Only for what depends on a few pixels around each and on nothing else, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..arrays import Array
from ..engine import Rows
from ..engine.scratch import strip_memory
from .source import StoredRows


@dataclass(frozen=True, eq=False)
class InColumns:
    """The rows that a stage makes of a picture, made block by block of its columns.

    source: the picture. make: from a picture to what is made of it, (height, width). reach: how
    many columns on either side have a say. columns: of a block. rows: of a strip.

    >>> picture = np.arange(12.0).reshape(2, 6)
    >>> stored = StoredRows("a", "array", picture.shape, picture.dtype, picture.__getitem__)
    >>> InColumns(stored, lambda block: block.pixels, 1, 4, 2).read(0, 1).tolist()
    [[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]]
    """

    source: StoredRows
    make: Callable[[StoredRows], Rows]
    reach: int
    columns: int
    rows_at_once: int

    @property
    def shape(self) -> tuple[int, ...]:
        """(height, width)."""
        return self.source.shape[:2]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of what is made."""
        return self.make(self.source).dtype

    @property
    def halo(self) -> int:
        """None that anybody else has to see to."""
        return 0

    @property
    def widest(self) -> int:
        """Bytes of a row of what is made."""
        return self.shape[1] * self.dtype.itemsize

    def read(self, start: int, stop: int) -> Array:
        """Freshly made rows."""
        out = np.empty((stop - start, self.shape[1]), self.dtype)
        self.write(start, stop, out)
        return out

    def write(self, start: int, stop: int, out: Array) -> None:
        """Rows made into `out`, one block after the other."""
        width = self.shape[1]
        for left in range(0, width, self.columns):
            right = min(width, left + self.columns)
            first, last = max(0, left - self.reach), min(width, right + self.reach)
            with strip_memory():
                made = self.make(_columns(self.source, first, last)).read(start, stop)
                out[:, left:right] = made[:, left - first : right - first]


def _columns(source: StoredRows, first: int, last: int) -> StoredRows:
    shape = (source.shape[0], last - first, *source.shape[2:])
    return replace(source, shape=shape, rows=lambda rows: source.rows(rows)[:, first:last])
