"""The bounds within which every input has to be done with: time and memory."""

from __future__ import annotations

import signal
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SECONDS = 5
"""Of the processor's time, for one input."""

MEMORY = 500_000_000
"""Bytes, at the most, at any moment while one input is read."""


class BoundError(BaseException):
    """An input took too long or too much: no handler of errors may take this for one of its own."""


def bounded(check: Callable[[bytes], object], data: bytes) -> None:
    """`check(data)` in no more than SECONDS and MEMORY. Raises BoundError for more.

    >>> bounded(len, b"abc")
    """
    with _in_time():
        tracemalloc.start()
        try:
            check(data)
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    if most > MEMORY:
        raise BoundError(f"{most} bytes of memory, the bound is {MEMORY}")


@contextmanager
def _in_time() -> Iterator[None]:
    if not hasattr(signal, "SIGPROF"):  # Windows
        yield
        return

    def stop(number: int, frame: object) -> None:
        raise BoundError(f"more than {SECONDS} seconds")

    before = signal.signal(signal.SIGPROF, stop)
    # Time of the processor, not of the clock: a busy machine makes nothing slow.
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
