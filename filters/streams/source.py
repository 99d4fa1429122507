"""Where rows come from: a picture in a file, read where it is needed, by any thread."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from ..arrays import Array, full_scale_of, working_dtype
from ..engine import Pixels
from ..files.disk import DamagedError, PathLike, Source, open_regular
from ..files.formats import NotReadError
from ..files.reading import named
from ..picture import Picture

LARGEST_BAND = 1 << 27
"""Bytes: what must be unpacked at once, such as a strip of a TIFF, may not be larger."""


@dataclass(frozen=True, eq=False)
class StoredRows:
    """A picture in a file, by its rows as they are stored.

    name: of the file, for messages. kind: of the format, for messages. shape: (height, width) or
    (height, width, 3). dtype: native. rows: from the first row and the row after the last to those
    rows; it is called from any thread, and what it gives is not written to.

    >>> zeros = np.zeros((2, 3), np.uint8)
    >>> grey = StoredRows("a", "NPY", zeros.shape, zeros.dtype, zeros.__getitem__)
    >>> grey.full_scale, grey.ndim, grey.pixels.dtype
    (255.0, 2, dtype('float32'))
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    rows: Callable[[slice], Array]

    def __getitem__(self, rows: slice) -> Array:
        with named(self.name, self.kind):
            return self.rows(rows)

    @property
    def ndim(self) -> int:
        """2 for grey, 3 for RGB."""
        return len(self.shape)

    @property
    def full_scale(self) -> float:
        """The value of white."""
        return full_scale_of(self.dtype)

    @property
    def depth(self) -> np.dtype[Any]:
        """Of a picture that is made of it, as `read_image` says it."""
        return self.dtype if self.dtype in (np.uint8, np.uint16) else np.dtype(np.float32)

    @property
    def pixels(self) -> Pixels:
        """For the engine: in the dtype in which it is filtered."""
        return Pixels(self.array, working_dtype(self.dtype))

    @property
    def array(self) -> Array:
        """Itself, to what asks an array for its shape, its dtype and its rows and nothing more."""
        return cast(Array, self)


def rows_of_picture(picture: Picture, name: str) -> StoredRows:
    """A picture in memory by its rows. Raises NotReadError where it has alpha.

    >>> rows_of_picture(Picture(np.eye(2), 1.0, np.dtype(np.float32)), "eye").shape
    (2, 2)
    """
    if picture.alpha is not None:
        raise NotReadError("alpha, some rows at a time,")
    pixels = picture.pixels
    return StoredRows(name, "picture", pixels.shape, pixels.dtype, pixels.__getitem__)


def check_shape(shape: tuple[int, ...]) -> None:
    """Raise NotReadError unless the shape is that of a grey or an RGB picture.

    >>> check_shape((2, 3, 3))
    """
    if len(shape) == 3 and shape[2] in (2, 4):
        raise NotReadError("alpha, some rows at a time,")
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] != 3):
        raise NotReadError(f"shape {shape}")
    if 0 in shape:
        raise DamagedError


def bytes_of(array: Array) -> memoryview:
    """The memory of an array whose values follow each other, byte by byte.

    >>> len(bytes_of(np.zeros((2, 3), np.uint16)))
    12
    """
    return array.reshape(-1).view(np.uint8).data


@dataclass(frozen=True)
class SharedSource(Source):
    """An open file from which any thread reads at any place."""

    lock: threading.Lock = field(default_factory=threading.Lock, compare=False)

    def take(self, offset: int, count: int) -> bytes:
        """`count` bytes from `offset`, or DamagedError where the file has fewer."""
        if offset < 0 or count < 0 or offset + count > self.size:
            raise DamagedError
        data = bytearray(count)
        self.take_into(offset, memoryview(data))
        return bytes(data)

    def take_into(self, offset: int, buffer: memoryview) -> None:
        """Fill `buffer` from `offset`, or DamagedError where the file has less."""
        if not hasattr(os, "preadv"):
            with self.lock:
                super().take_into(offset, buffer)
            return
        left = buffer.cast("B")
        while left:
            count = os.preadv(self.file.fileno(), [left], offset)
            if not count:
                raise DamagedError
            left, offset = left[count:], offset + count


@contextmanager
def shared(path: PathLike) -> Iterator[SharedSource]:
    """The regular file at `path`, open for any thread. Raises ReadError, which names the path.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     _ = file.write(b"some bytes"), file.flush()
    ...     with shared(file.name) as source:
    ...         source.take(5, 5)
    b'bytes'
    """
    # Not inside `open_regular`: it takes every error of its block for one of reading.
    with open_regular(path) as once:
        handle = os.fdopen(os.dup(once.file.fileno()), "rb", buffering=0)
    with handle as file:
        yield SharedSource(file, once.size)
