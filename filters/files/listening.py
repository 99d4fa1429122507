"""Descriptor 2, led into a pipe for as long as somebody listens to what decoders say there.

The descriptor belongs to the whole process. So several threads may listen together, who then know
only that something was said by one of them or by somebody else; and each may ask for it alone.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import cv2

_STDERR = 2
_CAPACITY = 1 << 16
_SILENT = 0


class _Pipe:
    """What is said on descriptor 2 from the moment that this is made until it is closed.

    OpenCV says nothing of its own meanwhile; its log level is as before afterwards.
    """

    def __init__(self) -> None:
        self.stderr = _standard_error()
        self.reader, self.writer = os.pipe()
        if hasattr(os, "set_blocking"):  # not on Windows before Python 3.12
            os.set_blocking(self.writer, False)  # what does not fit is lost: better than to wait
        self.level = _set_log_level(_SILENT)
        os.dup2(self.writer, _STDERR)

    def take(self) -> bytes:
        """What was said since the last time."""
        # Something to read in any case, so that reading an empty pipe never waits.
        with suppress(BlockingIOError):
            os.write(self.writer, b"\0")
        return os.read(self.reader, _CAPACITY).replace(b"\0", b"")

    def close(self) -> bytes:
        """Lead the descriptor to where it led before; what was said until then."""
        if self.stderr is None:
            os.close(_STDERR)
        else:
            os.dup2(self.stderr, _STDERR)
            os.close(self.stderr)
        _set_log_level(self.level)
        rest = self.take()  # only now: until here somebody may have said more
        os.close(self.reader)
        os.close(self.writer)
        return rest


@dataclass(eq=False)
class Heard:
    """What was heard while several listened together.

    text: all of it. shared: whether there was more than one listener. owed: how many of them have
    still to say which lines were theirs.
    """

    pipe: _Pipe
    shared: bool = False
    text: bytes = b""
    owed: int = 0
    theirs: set[bytes] = field(default_factory=set)


class _Desk:
    """Who listens: several together, or one alone."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.together: Heard | None = None
        self.listeners = 0
        self.waiting = 0
        self.is_taken = False


_desk = _Desk()


@contextmanager
def together() -> Iterator[Heard]:
    """Listen, with others who come meanwhile; `text` is complete, for this listener, at the end.

    Whoever then finds a text calls `settle`, once.
    """
    with _desk.changed:
        _desk.changed.wait_for(lambda: not (_desk.is_taken or _desk.waiting))
        if _desk.together is None:
            _desk.together = Heard(_Pipe())
        heard = _desk.together
        _desk.listeners += 1
        heard.shared |= _desk.listeners > 1
    is_done = False
    try:
        yield heard
        is_done = True
    finally:
        with _desk.changed:
            _desk.listeners -= 1
            if _desk.listeners == 0:
                _desk.together = None
                _desk.changed.notify_all()
                heard.text += heard.pipe.close()
            else:
                heard.text += heard.pipe.take()
            heard.owed += is_done and bool(heard.text)


def settle(heard: Heard, lines: set[bytes]) -> None:
    """Say which lines of what was heard together were one's own; the last passes on the rest."""
    with _desk.changed:
        heard.theirs |= lines
        heard.owed -= 1
        if heard.owed == 0:
            pass_on(
                line for line in heard.text.splitlines(keepends=True) if line not in heard.theirs
            )


@contextmanager
def by_oneself() -> Iterator[None]:
    """Keep all listeners away, so that what this thread says on descriptor 2 is said there.

    >>> with by_oneself():
    ...     pass
    """
    with _desk.changed:
        _desk.waiting += 1
        try:
            _desk.changed.wait_for(lambda: not (_desk.is_taken or _desk.listeners))
            _desk.is_taken = True
        finally:
            _desk.waiting -= 1
            _desk.changed.notify_all()
    try:
        yield
    finally:
        with _desk.changed:
            _desk.is_taken = False
            _desk.changed.notify_all()


@contextmanager
def alone() -> Iterator[list[bytes]]:
    """Listen inside `by_oneself`; the list has the lines at the end."""
    lines: list[bytes] = []
    pipe = _Pipe()
    try:
        yield lines
    finally:
        lines += pipe.close().splitlines(keepends=True)


def pass_on(lines: Iterator[bytes]) -> None:
    """Say lines that were heard and belong to somebody else."""
    text = b"".join(lines)
    if text:
        with suppress(OSError):
            os.write(_STDERR, text)


def _set_log_level(level: int) -> int:
    """Set OpenCV's log level; gives the one before."""
    # The one name is that of OpenCV 4, the other that of 5.
    setter = cv2.setLogLevel if hasattr(cv2, "setLogLevel") else cv2.utils.logging.setLogLevel
    return int(setter(level))


def _standard_error() -> int | None:
    """A second handle on standard error; None where the process has none.

    Then the null device takes its number, which would else go to the next file opened.
    """
    try:
        return os.dup(_STDERR)
    except OSError as error:
        if error.errno != errno.EBADF:
            raise
    null = os.open(os.devnull, os.O_WRONLY)
    if null != _STDERR:
        os.dup2(null, _STDERR)
        os.close(null)
    return None
