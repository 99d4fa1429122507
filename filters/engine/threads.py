"""Threads: how many there are, and how they share out the strips of a picture.

The pool belongs to the process: it is made when it is first needed, and made anew in a forked
child. Work that is started from inside a worker is done there and then, by that worker alone.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

import cv2

from ..arrays import whole
from ..errors import InputError

_Task = TypeVar("_Task")

ENVIRONMENT = "FILT_THREADS"
_LOOKS = 0.1


class _Promise:
    """Work that somebody else is to do. Of plain locks: a signal may raise between any two steps of
    Python's own, and would leave a Future's lock to nobody.
    """

    def __init__(self) -> None:
        self.turn, self.ended = threading.Lock(), threading.Lock()
        self.error: BaseException | None = None
        self.is_over = False
        self.ended.acquire()

    def fulfil(self, work: Callable[[], None]) -> None:
        """Do it, unless it was called off."""
        if self.turn.acquire(blocking=False):
            try:
                work()
            except BaseException as error:
                self.error = error
        self.is_over = True
        self.ended.release()

    def settle(self) -> None:
        """Call it off, or wait until it is done."""
        if self.turn.acquire(blocking=False):
            return
        while not self.is_over:
            # Not for ever: a signal may have come between this and the look at whether it is over.
            self.ended.acquire(timeout=_LOOKS)


class _Crew:
    """The threads of this process: their number, and those that help whoever calls.

    They do not outlive the program. A pool of Python's that a signal interrupts while it starts a
    thread forgets that thread, and the program waits for it at its end.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.count: int | None = None
        self.size = 0
        self.jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def submit(self, work: Callable[[], None], copies: int, begun: list[_Promise]) -> None:
        """Have `work` done so many times, if there are threads for it; `begun` is added to."""
        with self.lock:
            while self.size < copies:
                try:
                    threading.Thread(target=_serve, args=(self.jobs,), daemon=True).start()
                except RuntimeError:
                    # The interpreter ends, or the system has no thread left: the caller has itself.
                    break
                self.size += 1
        for _ in range(min(copies, self.size)):
            begun.append(_Promise())
            self.jobs.put(partial(begun[-1].fulfil, work))


def _serve(jobs: SimpleQueue[Callable[[], None]]) -> None:
    while True:
        jobs.get()()


class _OpenCV:
    """OpenCV's own number of threads, which is one while strips are shared out."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users = 0
        self.before = 1

    @contextmanager
    def on_one_thread(self) -> Iterator[None]:
        with self.lock:
            if self.users == 0:
                self.before = cv2.getNumThreads()
                cv2.setNumThreads(1)
            self.users += 1
        try:
            yield
        finally:
            with self.lock:
                self.users -= 1
                if self.users == 0:
                    cv2.setNumThreads(self.before)


class _Here(threading.local):
    alone = False


_crew, _opencv, _here = _Crew(), _OpenCV(), _Here()


def _after_fork() -> None:
    # The threads of the parent are not in the child, and locks may be held by nobody.
    global _crew, _opencv, _here
    count, is_shared_out, before = _crew.count, _opencv.users > 0, _opencv.before
    _crew, _opencv, _here = _Crew(), _OpenCV(), _Here()
    _crew.count = count
    if is_shared_out:
        cv2.setNumThreads(before)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def set_threads(count: int | None) -> None:
    """Use `count` threads from now on; None is as many as there are processors for this process.

    What is computed does not depend on it, to the last bit. Raises InputError for a count below 1,
    TypeError for what is no whole number.

    >>> set_threads(1); get_threads()
    1
    >>> set_threads(None)
    """
    _crew.count = None if count is None else whole(count, "threads")


def get_threads() -> int:
    """How many threads are used: what `set_threads` said, else FILT_THREADS, else the processors.

    Raises InputError where FILT_THREADS is set to what is no number of threads.

    >>> get_threads() >= 1
    True
    """
    if _crew.count is not None:
        return _crew.count
    asked = os.environ.get(ENVIRONMENT, "").strip()
    if not asked:
        return _processors()
    if not asked.isdecimal() or int(asked) < 1:
        raise InputError(f"{ENVIRONMENT} must be a whole number of at least 1, got {asked!r}")
    return int(asked)


@contextmanager
def alone() -> Iterator[None]:
    """Inside, what this thread asks for is done by this thread: for callers with their own threads.

    >>> with alone():
    ...     share_out([1, 2, 3], lambda task: None)
    """
    before, _here.alone = _here.alone, True
    try:
        yield
    finally:
        _here.alone = before


def share_out(
    tasks: Sequence[_Task],
    work: Callable[[_Task], object],
    halt: Callable[[], object] | None = None,
) -> None:
    """Do `work` for every task, on all threads, the caller's among them; return when all is done.

    The first error ends it: what was begun is finished, nothing else is begun, and the error is
    raised here. That holds for Ctrl-C too, whenever it comes. halt: called, maybe more than once,
    as soon as there is an error, where the work of one task may wait for another's.

    >>> done = []
    >>> share_out([3, 1, 2], done.append)
    >>> sorted(done)
    [1, 2, 3]
    """
    workers = 1 if _here.alone or len(tasks) < 2 else min(get_threads(), len(tasks))
    if workers == 1:
        for task in tasks:
            work(task)
        return
    numbers, lock, failed = iter(range(len(tasks))), threading.Lock(), threading.Event()

    def give_up() -> None:
        failed.set()
        if halt is not None:
            halt()

    def take_turns() -> None:
        with alone():
            while not failed.is_set():
                with lock:
                    number = next(numbers, len(tasks))
                if number == len(tasks):
                    return
                try:
                    work(tasks[number])
                except BaseException:
                    give_up()
                    raise

    with _opencv.on_one_thread():
        others: list[_Promise] = []
        try:
            _crew.submit(take_turns, workers - 1, others)
            take_turns()
        except BaseException:
            give_up()
            raise
        finally:
            # A pool that is busy elsewhere has not begun: there is nothing left to begin.
            _settle(others, give_up)
    for other in others:
        if other.error is not None:
            raise other.error


def _settle(others: list[_Promise], give_up: Callable[[], None]) -> None:
    """Wait until what others began is done: they write into what belongs to the caller.

    What a signal raises meanwhile, KeyboardInterrupt or another, comes after.
    """
    interrupted: BaseException | None = None
    left = list(others)
    while left:
        try:
            left[-1].settle()
            left.pop()
        except BaseException as error:
            interrupted = error
            give_up()
    if interrupted is not None:
        raise interrupted


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
