"""Decoders that complain on the process's standard error: kept quiet, and listened to.

libpng, libjpeg and libtiff write their warnings to file descriptor 2, where Python does not see
them, and then deliver a picture that is partly made up. So the descriptor is watched.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TypeVar

import cv2
import numpy as np

from ..arrays import Array
from .disk import DamagedError

Result = TypeVar("Result")

# Descriptor 2 belongs to the whole process: one decoder at a time.
_ONE_AT_A_TIME = threading.Lock()
_STDERR = 2
_CAPACITY = 1 << 16
_SILENT = 0


def quietly(decode: Callable[[], Result]) -> tuple[Result, bool]:
    r"""What `decode()` gives, and whether it complained while at it.

    Nothing of what it says reaches the terminal. Another thread may write to standard error
    meanwhile: so where something was said, `decode` runs again, and only a line that is said
    both times counts as a complaint. The others are passed on.

    Exceptions of `decode` pass through. OpenCV's log level is as before afterwards.

    >>> quietly(lambda: os.write(2, b"Corrupt data\n"))
    (13, True)
    """
    with _ONE_AT_A_TIME:
        result, said = _overhear(decode)
        if not said:
            return result, False
        _, again = _overhear(decode)
    first, second = said.splitlines(keepends=True), again.splitlines(keepends=True)
    foreign = [line for line in first if line not in second]
    foreign += [line for line in second if line not in first]
    if foreign:
        with suppress(OSError):
            os.write(_STDERR, b"".join(foreign))
    return result, any(line in second for line in first)


def decoded(decode: Callable[[], Array | None]) -> Array:
    """The samples that a decoder gives, where it neither fails nor complains.

    Raises DamagedError where it raises anything, gives None, or says anything: a decoder
    that warned has not read the file.

    >>> decoded(lambda: np.zeros((2, 3))).shape
    (2, 3)
    """

    def attempt() -> Array | None:
        try:
            return decode()
        except MemoryError:
            raise
        except Exception:  # given damaged data, decoders raise what they like
            return None

    samples, complained = quietly(attempt)
    if samples is None or complained:
        raise DamagedError
    return samples


def decode_with_opencv(data: bytes | bytearray) -> Array:
    """The samples in an image file as OpenCV decodes them, untouched but in RGB or RGBA order.

    Raises DamagedError as `decoded` does.
    """
    flags = cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    samples = decoded(lambda: cv2.imdecode(np.frombuffer(data, np.uint8), flags))
    if samples.ndim == 3:
        orders = {3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}
        return cv2.cvtColor(samples, orders[samples.shape[2]])
    return samples


def _overhear(decode: Callable[[], Result]) -> tuple[Result, bytes]:
    level = _set_log_level(_SILENT)
    try:
        with ExitStack() as undo:
            stderr = _standard_error()
            reader, writer = os.pipe()
            undo.callback(os.close, reader)
            undo.callback(os.close, writer)
            if hasattr(os, "set_blocking"):  # not on Windows before Python 3.12
                os.set_blocking(writer, False)  # what does not fit is lost: better than to wait
            with _led_into(writer, stderr):
                result = decode()
            # Something to read in any case, so that reading an empty pipe never waits.
            with suppress(BlockingIOError):
                os.write(writer, b"\0")
            return result, os.read(reader, _CAPACITY).rstrip(b"\0")
    finally:
        _set_log_level(level)


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


@contextmanager
def _led_into(writer: int, stderr: int | None) -> Iterator[None]:
    os.dup2(writer, _STDERR)
    try:
        yield
    finally:
        if stderr is None:
            os.close(_STDERR)
        else:
            os.dup2(stderr, _STDERR)
            os.close(stderr)
