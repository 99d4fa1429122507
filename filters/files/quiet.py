"""Decoders that complain on the process's standard error: kept quiet, and listened to.

libpng, libjpeg and libtiff write their warnings to file descriptor 2, where Python does not see
them, and then deliver a picture that is partly made up. So the descriptor is watched.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import cv2
import numpy as np

from ..arrays import Array
from .disk import DamagedError
from .listening import alone, by_oneself, pass_on, settle, together

Result = TypeVar("Result")

_STRIP_SAMPLES = 1 << 18


def quietly(decode: Callable[[], Result]) -> tuple[Result, bool]:
    r"""What `decode()` gives, and whether it complained while at it.

    Nothing of what it says reaches the terminal. Several threads decode at a time, and others may
    write to standard error meanwhile: so where something was said, `decode` runs again by itself,
    and only a line that is said two times counts as a complaint. The others are passed on.

    Exceptions of `decode` pass through. OpenCV's log level is as before afterwards.

    >>> import os
    >>> quietly(lambda: os.write(2, b"Corrupt data\n"))
    (13, True)
    """
    with together() as heard:
        result = decode()
    if not heard.text:
        return result, False
    complaints: set[bytes] = set()
    with by_oneself():
        first = heard.text.splitlines(keepends=True)
        try:
            if heard.shared:
                with alone() as first:
                    result = decode()
            with alone() as second:
                if first:
                    decode()
            complaints = {*first} & {*second}
        finally:
            settle(heard, complaints)
        foreign = [*first, *second] if heard.shared else second
        pass_on(line for line in foreign if line not in complaints)
    return result, bool(complaints)


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


def decode_with_opencv(data: bytes | bytearray | memoryview) -> Array:
    """The samples in an image file as OpenCV decodes them, untouched but in RGB or RGBA order.

    Raises DamagedError as `decoded` does.
    """
    flags = cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    samples = decoded(lambda: cv2.imdecode(np.frombuffer(data, np.uint8), flags))
    if samples.ndim == 3:
        order = {3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}[samples.shape[2]]
        count = max(1, _STRIP_SAMPLES // samples[0].size)
        for start in range(0, len(samples), count):  # in place: not the whole picture a second time
            rows = samples[start : start + count]
            cv2.cvtColor(rows, order, dst=rows)
    return samples
