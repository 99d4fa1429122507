"""The idx format of LeCun's MNIST files, plain or gzipped, read with bounds."""

from __future__ import annotations

import gzip
import io
import math
import zlib
from typing import BinaryIO, cast

import numpy as np

from ...filters.arrays import Array
from ...filters.errors import ReadError
from ...filters.files.disk import PathLike, display_path, open_regular

LARGEST = 256 << 20
"""Bytes of the numbers in one file."""

_DTYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_MOST_AXES = 8
_PIECE = 1 << 20


def read_idx(path: PathLike) -> tuple[Array, bytes]:
    """The array in an idx file, gzipped or not, and the file's decompressed bytes.

    What the header asks for is checked against `LARGEST` before it is read, and never more than
    that is unpacked, whatever the file holds.
    Raises ReadError, which names the path, for a file that is missing, is no idx file, is
    truncated, is damaged, or holds more or less than its header says.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     _ = file.write(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9])), file.flush()
    ...     read_idx(file.name)[0].tolist()
    [7, 9]
    """
    name = display_path(path)
    with open_regular(path) as source:
        file: BinaryIO = source.file
        packed = source.take(0, min(2, source.size)) == b"\x1f\x8b"
        file.seek(0)
        if packed:
            file = cast(BinaryIO, gzip.GzipFile(fileobj=source.file))
        try:
            return _parsed(file, name)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise ReadError(f"{name}: truncated or corrupt") from None


def _parsed(file: BinaryIO, name: str) -> tuple[Array, bytes]:
    start = file.read(4)
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in _DTYPES:
        raise ReadError(f"{name}: not an idx file: it starts with {start.hex() or 'nothing'}")
    axes = start[3]
    if not 1 <= axes <= _MOST_AXES:
        raise ReadError(f"{name}: an idx array of 1 to {_MOST_AXES} axes is read, got {axes}")
    header = file.read(4 * axes)
    if len(header) < 4 * axes:
        raise ReadError(f"{name}: truncated or corrupt")
    shape = tuple(int(n) for n in np.frombuffer(header, ">u4"))
    dtype = np.dtype(_DTYPES[start[2]])
    expected = math.prod(shape) * dtype.itemsize
    if expected > LARGEST:
        raise ReadError(f"{name}: {expected} bytes are more than the limit of {LARGEST}")
    buffer = io.BytesIO()
    while len(piece := file.read(min(_PIECE, expected + 1 - buffer.tell()))):
        buffer.write(piece)
    values = buffer.getvalue()
    if len(values) != expected:
        there = "more" if len(values) > expected else f"{len(values)}"
        raise ReadError(f"{name}: its header says {expected} bytes, it holds {there}")
    array = np.frombuffer(values, dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("=")), start + header + values
