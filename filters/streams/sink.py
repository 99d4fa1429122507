"""Where rows go to: a file that is written in whatever order the rows come, by any thread."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

import numpy as np

from ..arrays import Array
from ..files.disk import PathLike, display_path, draft, refusals
from .source import bytes_of

AHEAD_BYTES = 1 << 25
"""How far rows may come before those that the file waits for."""


class Sink(Protocol):
    """What takes the rows of a picture."""

    def lacks(self, start: int, stop: int) -> bool:
        """Whether any of these rows is still to be written."""

    def write(self, start: int, rows: Array) -> None:
        """Take rows from `start` on, from any thread. May wait for rows that come before them."""

    def halt(self) -> None:
        """Let nobody wait any longer: a row that was waited for will not come."""


class HaltedError(Exception):
    """Another thread has failed; it says why."""


@dataclass(frozen=True, eq=False)
class PlacedRows:
    """Rows that lie one after the other in a file, uncompressed: each has its place.

    file: open for writing. name: for messages. start: of the first row, in bytes. dtype: as stored.
    """

    file: BinaryIO
    name: str
    start: int
    dtype: np.dtype[Any]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def lacks(self, start: int, stop: int) -> bool:
        """Always."""
        return True

    def write(self, start: int, rows: Array) -> None:
        """Put rows at their place. Raises WriteError."""
        stored = np.ascontiguousarray(rows, self.dtype)
        offset = self.start + start * (stored.nbytes // len(stored))
        with refusals(self.name):
            put(self.file, bytes_of(stored), offset, self.lock)

    def halt(self) -> None:
        """Nobody waits."""


def put(file: BinaryIO, data: memoryview, offset: int, lock: threading.Lock) -> None:
    """Write all of `data` at `offset` of a file, from any thread."""
    if not hasattr(os, "pwritev"):
        with lock:
            file.seek(offset)
            file.write(data)
            file.flush()
        return
    while data:
        count = os.pwritev(file.fileno(), [data], offset)
        data, offset = data[count:], offset + count


@contextmanager
def placed_sink(
    path: PathLike, start: bytes, end: bytes, length: int, dtype: np.dtype[Any], *, clobber: bool
) -> Iterator[PlacedRows]:
    """A file of rows between what stands before and behind them; whole, or not at all.

    length: bytes of all rows. dtype: as the rows are stored. Raises WriteError.

    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "a")
    ...     with placed_sink(path, b"<", b">", 2, np.dtype("u1"), clobber=True) as sink:
    ...         sink.write(0, np.array([[65, 66]], np.uint8))
    ...     path.read_bytes()
    b'<AB>'
    """
    name = display_path(path)
    with draft(path, clobber=clobber) as file:
        sink = PlacedRows(file, name, len(start), dtype)
        with refusals(name):
            put(file, memoryview(start), 0, sink.lock)
            put(file, memoryview(end), len(start) + length, sink.lock)
        yield sink


@dataclass(eq=False)
class _Band:
    rows: Array
    left: int


class Gathered:
    """Rows gathered into bands of `height` rows: each is passed on when it is complete.

    above: how many rows more, of the band before, a band begins with. take: of the number of a band
    and its rows; called by whichever thread completes it, so in any order. done: the numbers of
    bands that are not wanted.

    >>> def take(band: int, rows: Array) -> None:
    ...     print(band, rows.tolist())
    >>> sink = Gathered((4, 1), np.dtype(np.uint8), 2, take)
    >>> sink.write(1, np.ones((3, 1), np.uint8)); sink.write(0, np.zeros((1, 1), np.uint8))
    1 [[1], [1]]
    0 [[0], [1]]
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        height: int,
        take: Callable[[int, Array], None],
        *,
        above: int = 0,
        done: frozenset[int] = frozenset(),
    ) -> None:
        self.shape, self.dtype, self.height = shape, dtype, height
        self.take, self.above = take, above
        self.count = -(-shape[0] // height)
        self.done = set(done)
        self.first = 0
        self.open: dict[int, _Band] = {}
        self.changed = threading.Condition()
        self.is_halted = False
        row_bytes = max(1, int(np.prod(shape[1:])) * dtype.itemsize)
        self.ahead = max(2 * height, AHEAD_BYTES // row_bytes)
        self._advance()

    def lacks(self, start: int, stop: int) -> bool:
        """Whether a band is not complete that has one of these rows."""
        with self.changed:
            return any(number not in self.done for number in self._bands(start, stop))

    def write(self, start: int, rows: Array) -> None:
        """Take rows. Waits where too many would have to be kept until those before them come."""
        stop = start + len(rows)
        with self.changed:
            self.changed.wait_for(
                lambda: self.is_halted or start <= self.first * self.height + self.ahead
            )
            if self.is_halted:
                raise HaltedError
        for number in self._bands(start, stop):
            with self.changed:
                if number in self.done:
                    continue
                band = self.open.get(number) or self._opened(number)
            top, bottom = self._span(number)
            low, high = max(start, top), min(stop, bottom)
            band.rows[low - top : high - top] = rows[low - start : high - start]
            with self.changed:
                band.left -= high - low
                if band.left:
                    continue
                del self.open[number]
            self.take(number, band.rows)
            with self.changed:
                self.done.add(number)
                self._advance()
                self.changed.notify_all()

    def halt(self) -> None:
        """Let those who wait go on, into HaltedError."""
        with self.changed:
            self.is_halted = True
            self.changed.notify_all()

    def _advance(self) -> None:
        while self.first in self.done:
            self.first += 1

    def _span(self, number: int) -> tuple[int, int]:
        top = number * self.height
        return max(0, top - self.above), min(self.shape[0], top + self.height)

    def _bands(self, start: int, stop: int) -> range:
        """The bands that have one of these rows."""
        last = min(self.count - 1, (stop - 1 + self.above) // self.height)
        return range(start // self.height, last + 1)

    def _opened(self, number: int) -> _Band:
        top, bottom = self._span(number)
        rows = np.empty((bottom - top, *self.shape[1:]), self.dtype)
        band = self.open[number] = _Band(rows, bottom - top)
        return band
