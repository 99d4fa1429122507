"""Memory for what lives no longer than a strip: each thread has its own and uses it again.

Fresh memory is not free: the first touch of every page of it costs more than a filter's arithmetic.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..arrays import Array

_ALIGNED = 64
_CHUNK = 1 << 22
_KEPT = 1 << 26


class _Memory(threading.local):
    def __init__(self) -> None:
        self.chunks: list[NDArray[np.uint8]] = []
        self.chunk = 0
        self.used = 0
        self.frames = 0

    def taken(self, size: int) -> NDArray[np.uint8]:
        while self.chunk < len(self.chunks):
            if self.used + size <= self.chunks[self.chunk].size:
                start, self.used = self.used, -(-(self.used + size) // _ALIGNED) * _ALIGNED
                return self.chunks[self.chunk][start : start + size]
            self.chunk, self.used = self.chunk + 1, 0
        chunk = np.empty(max(size, _CHUNK) + _ALIGNED, np.uint8)
        self.chunks.append(chunk[-chunk.ctypes.data % _ALIGNED :])
        return self.taken(size)


_memory = _Memory()


@contextmanager
def strip_memory() -> Iterator[None]:
    """Inside, `scratch` gives memory that is used again as soon as this is left.

    >>> with strip_memory():
    ...     scratch((2, 3), np.float32).shape
    (2, 3)
    """
    before = _memory.chunk, _memory.used
    _memory.frames += 1
    try:
        yield
    finally:
        _memory.frames -= 1
        _memory.chunk, _memory.used = before
        if not _memory.frames and sum(chunk.size for chunk in _memory.chunks) > _KEPT:
            _memory.chunks.clear()


def scratch(shape: tuple[int, ...], dtype: DTypeLike) -> Array:
    """An array of no particular values, good until the strip is done; else an ordinary one.

    >>> scratch((2,), np.int8).dtype
    dtype('int8')
    """
    if not _memory.frames:
        return np.empty(shape, dtype)
    kind: np.dtype[Any] = np.dtype(dtype)
    size = prod(shape) * kind.itemsize
    return _memory.taken(size).view(kind).reshape(shape)
