"""Pictures that are asked for their rows: what the engine walks, a strip at a time.

A `Stage` makes its rows out of those of another picture: it says which of them it needs (its
`Window`, whose surplus over the strip is the halo) and how one strip is made. Stages stand on
stages; `computed` walks the last of them in strips of rows that stay in the cache, on all threads,
so what lies between two stages is never a whole picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..borders import border_indices
from .scratch import scratch, strip_memory
from .threads import share_out

STRIP_BYTES = 1 << 21
"""A strip of the widest picture on the way: with its intermediates it fits a core's own cache."""

_WORTH_SEAMS = 8
"""A strip is written where it belongs, and its seams made again, if it has so many times their
rows."""

_HALOS = 3
"""A strip has at least so many times the rows of its halo, which are computed twice."""


class Rows(Protocol):
    """A picture by its rows."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(height, width) or (height, width, channels)."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the rows that it gives."""

    @property
    def halo(self) -> int:
        """How many rows more than itself a strip needs, all the way down."""

    @property
    def widest(self) -> int:
        """Bytes of the widest row on the way."""

    @property
    def rows_at_once(self) -> int:
        """How many rows it likes to be asked for; 0 for any number."""

    def read(self, start: int, stop: int) -> Array:
        """Rows `start` to `stop`, C-contiguous, to be read only."""

    def write(self, start: int, stop: int, out: Array) -> None:
        """The same rows into `out`."""


@dataclass(frozen=True, eq=False)
class Pixels:
    """An array as rows, each strip in the dtype in which it is filtered.

    >>> Pixels(np.array([[1, 2], [3, 4]], np.uint8), np.dtype(np.float32)).read(1, 2).tolist()
    [[3.0, 4.0]]
    """

    array: NDArray[Any]
    dtype: np.dtype[Any]
    rows_at_once: int = 0

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the array."""
        return self.array.shape

    @property
    def halo(self) -> int:
        """None."""
        return 0

    @property
    def widest(self) -> int:
        """Bytes of a row."""
        return prod(self.shape[1:]) * self.dtype.itemsize

    def read(self, start: int, stop: int) -> Array:
        """A view where dtype and layout allow it."""
        rows = self.array[start:stop]
        if rows.dtype == self.dtype and rows.flags.c_contiguous:
            return rows
        made = scratch(rows.shape, self.dtype)
        made[...] = rows
        return made

    def write(self, start: int, stop: int, out: Array) -> None:
        """A copy."""
        out[...] = self.array[start:stop]


@dataclass(frozen=True)
class Window:
    """Row y of a stage sees `reach` rows of its source, from y · stride − before on.

    >>> Window(before=1, reach=3).seen(10, 20)
    (9, 21)
    """

    before: int = 0
    reach: int = 1
    stride: int = 1

    def seen(self, start: int, stop: int) -> tuple[int, int]:
        """The rows of the source, maybe beyond its ends, that rows `start` to `stop` see."""
        first = start * self.stride - self.before
        return first, first + (stop - start - 1) * self.stride + self.reach


@dataclass(frozen=True, eq=False)
class Stage:
    """Rows made out of the rows of a source.

    shape, dtype: of what it makes. window: the rows that it needs. strip: from the rows of the
    source to its own, written into its second argument, which is C-contiguous. border: what lies
    above and below the source, one of `BORDERS`. over: for what can be written at once where it
    belongs, as `strip`, but from rows without their halo, as if these were all, with `border`
    above and below them: of a part of the source, the outermost rows of the result, as many as the
    halo has, are then made again. False where it cannot. rows_at_once: how many it likes to
    make, 0 for any number.
    """

    source: Rows
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    strip: Callable[[Array, Array], object]
    window: Window = Window()
    border: str = "reflect101"
    over: Callable[[Array, Array], bool] | None = None
    rows_at_once: int = 0

    @property
    def halo(self) -> int:
        """Its own and that of its source."""
        own = max(0, self.window.reach - self.window.stride)
        return -(-(own + self.source.halo) // self.window.stride)

    @property
    def widest(self) -> int:
        """Bytes of its own row or of the rows of its source that one of them takes the place of."""
        own = prod(self.shape[1:]) * self.dtype.itemsize
        return max(own, self.source.widest * self.window.stride)

    def read(self, start: int, stop: int) -> Array:
        """Freshly made rows."""
        out = scratch((stop - start, *self.shape[1:]), self.dtype)
        self.write(start, stop, out)
        return out

    def write(self, start: int, stop: int, out: Array) -> None:
        """Rows made into `out`, by way of a copy where it is not C-contiguous."""
        if not out.flags.c_contiguous:
            out[...] = self.read(start, stop)
            return
        above, below = self.window.before, self.window.reach - 1 - self.window.before
        height = self.source.shape[0]
        are_all = (start, stop) == (0, height) and self.window.reach <= height
        worth = are_all or stop - start > _WORTH_SEAMS * (above + below)
        if self.over is not None and worth and self.over(self.source.read(start, stop), out):
            if not are_all:
                self._make(start, start + above, out[:above])
                self._make(stop - below, stop, out[len(out) - below :])
        else:
            self._make(start, stop, out)

    def _make(self, start: int, stop: int, out: Array) -> None:
        if stop > start:
            self.strip(extended(self.source, *self.window.seen(start, stop), self.border), out)


def extended(source: Rows, first: int, last: int, border: str) -> Array:
    """Rows `first` to `last` of a source that goes on beyond its ends as `border` says.

    >>> extended(Pixels(np.eye(2), np.dtype(float)), -1, 2, "zero").tolist()
    [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    """
    height = source.shape[0]
    start, stop = max(first, 0), min(last, height)
    if (start, stop) == (first, last):
        return source.read(first, last)
    above, below = max(-first, 0), max(last - height, 0)
    index = border_indices(height, above, below, border)[first + above : last + above]
    if start >= stop:
        return _rows_at(source, index)
    rows = scratch((last - first, *source.shape[1:]), source.dtype)
    inside = slice(start - first, stop - first)
    source.write(start, stop, rows[inside])
    rows[: inside.start] = _rows_at(source, index[: inside.start])
    rows[inside.stop :] = _rows_at(source, index[inside.stop :])
    return rows


def _rows_at(source: Rows, index: NDArray[np.intp]) -> Array:
    """The rows of a source at these places; at -1 zeros."""
    rows = np.zeros((len(index), *source.shape[1:]), source.dtype)
    there = index >= 0
    if there.any():
        low, high = int(index[there].min()), int(index[there].max()) + 1
        rows[there] = source.read(low, high)[index[there] - low]
    return rows


def strip_height(rows: Rows) -> int:
    """How many rows are made at once: as many as the cache holds, and many more than the halo.

    It depends on the picture and the filter alone, never on the number of threads.
    """
    if rows.rows_at_once:
        return rows.rows_at_once
    return max(1, STRIP_BYTES // max(rows.widest, 1), _HALOS * rows.halo)


def strips(rows: Rows) -> list[tuple[int, int]]:
    """The first row, and the row after the last, of every strip in which a picture is walked.

    >>> strips(Pixels(np.eye(2), np.dtype(float)))
    [(0, 2)]
    """
    height, at_once = rows.shape[0], strip_height(rows)
    return [(start, min(start + at_once, height)) for start in range(0, height, at_once)]


def walked(rows: Rows, take: Callable[[int, int, Array], object]) -> None:
    """Give every strip of a picture, (first row, row after the last, rows), to `take`.

    On all threads, in no particular order. The rows are good until `take` returns.

    >>> walked(Pixels(np.eye(2), np.dtype(float)), lambda start, stop, strip: print(strip.sum()))
    2.0
    """
    _in_strips(rows, lambda start, stop: take(start, stop, rows.read(start, stop)))


def computed(rows: Rows, out: Array | None = None) -> Array:
    """All rows of a picture, made strip by strip on all threads, into `out` if there is one.

    out: of the shape and dtype of `rows`.

    >>> computed(Pixels(np.eye(2, dtype=np.uint8), np.dtype(np.float32))).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    result = np.empty(rows.shape, rows.dtype) if out is None else out
    _in_strips(rows, lambda start, stop: rows.write(start, stop, result[start:stop]))
    return result


def _in_strips(rows: Rows, work: Callable[[int, int], object]) -> None:
    """Do `work` for both ends of every strip, on all threads."""

    def do(strip: tuple[int, int]) -> None:
        with strip_memory():
            work(*strip)

    share_out(strips(rows), do)
