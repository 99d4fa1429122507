"""The walk from a source to a sink: the engine's strips, on all threads, and how far it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

from ..arrays import Array
from ..engine import Rows, share_out, strips
from ..engine.scratch import strip_memory
from .sink import HaltedError, Sink

_Task = TypeVar("_Task")

Progress: TypeAlias = Callable[[int, int], object]
"""Is told, by any thread but one at a time, how many rows are done and how many there are."""


def no_progress(done: int, rows: int) -> None:
    """Tells nobody."""


class Counter:
    """Counts several walks over a picture as one.

    walks: how many there are. rows: of the picture, which `progress` is told of.

    >>> Counter(2, 10, lambda done, rows: print(done, rows)).add(0.8)
    4 10
    """

    def __init__(self, walks: int, rows: int, progress: Progress) -> None:
        self.walks, self.rows, self.progress = walks, rows, progress
        self.done, self.lock = 0.0, threading.Lock()

    def add(self, share: float) -> None:
        """So much more of a walk is done."""
        with self.lock:
            self.done += share
            self.progress(min(self.rows, round(self.done / self.walks * self.rows)), self.rows)


def walk_rows(
    rows: Rows,
    take: Callable[[int, Array], object],
    sink: Sink | None = None,
    counter: Counter | None = None,
) -> None:
    """Give every strip of `rows`, behind the number of its first row, to `take`, on all threads.

    The strips are those of `engine.walked`. They are begun in their order. sink: what `take` writes
    into; strips of which it lacks nothing are left out, and it is halted where a thread fails.

    >>> import numpy as np
    >>> from ..engine import Pixels
    >>> two = Pixels(np.eye(2), np.dtype(float))
    >>> walk_rows(two, lambda start, strip: print(start, strip.sum()))
    0 2.0
    """

    def do(strip: tuple[int, int]) -> None:
        start, stop = strip
        if sink is None or sink.lacks(start, stop):
            with strip_memory():
                take(start, rows.read(start, stop))
        if counter is not None:
            counter.add((stop - start) / rows.shape[0])

    on_all_threads(strips(rows), do, sink)


def on_all_threads(
    tasks: Sequence[_Task], do: Callable[[_Task], object], sink: Sink | None
) -> None:
    """As `share_out`; where one fails, those who wait for its rows in the sink are let go.

    >>> on_all_threads([1], print, None)
    1
    """
    failures: list[BaseException] = []

    def attempt(task: _Task) -> None:
        try:
            do(task)
        except BaseException as error:
            if not isinstance(error, HaltedError):
                failures.append(error)
            raise

    try:
        share_out(tasks, attempt, None if sink is None else sink.halt)
    except HaltedError:
        raise failures[0] from None
