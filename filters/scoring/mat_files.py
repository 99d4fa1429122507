"""The truth files of BSDS500: MATLAB's .mat, of which only the boundaries are looked at.

SciPy's reader crashes on some damaged files, process and all; this one checks every length.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from ..errors import ReadError
from ..files.disk import DamagedError, PathLike, display_path, read_bytes

_LARGEST_FILE = 1 << 28
_LARGEST_CONTENT = 1 << 30

_NO_TRUTH = "is no truth: a cell array groundTruth with Boundaries is wanted"

_HEADER = 128
_VERSION = 0x0100
_ORDERS = {b"IM": "<", b"MI": ">"}
_HDF5 = b"\x89HDF\r\n\x1a\n"
_STORED = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"
}  # fmt: skip
"""Kinds of elements that hold numbers."""
_INT8, _INT32, _UINT32, _MATRIX, _COMPRESSED = 1, 5, 6, 14, 15
_CELL, _STRUCTURE, _NUMBERS = 1, 2, range(6, 16)
"""Classes of matrices."""
_COMPLEX = 0x800


def read_boundaries(path: PathLike) -> list[Array]:
    """The boundary maps in a truth file of BSDS500, one for each annotator, as they are stored.

    The file holds a cell array `groundTruth` of structures with a matrix `Boundaries`, in MATLAB's
    format 5 (what `save` writes with -v6 or -v7). Raises ReadError, which names the path.
    """
    name = display_path(path)
    data = read_bytes(path, _LARGEST_FILE)
    try:
        boundaries = _boundaries(data)
    except DamagedError:
        raise ReadError(f"{name}: truncated or corrupt MAT") from None
    except MemoryError:
        raise ReadError(f"{name}: not enough memory for this MAT") from None
    except ReadError as error:
        raise ReadError(f"{name}: {error}") from None
    return boundaries


def _boundaries(data: bytes) -> list[Array]:
    truth = next((one for one in _variables(data) if one.name == b"groundTruth"), None)
    if truth is None or truth.kind != _CELL or truth.count == 0:
        raise ReadError(_NO_TRUTH)
    maps = []
    for _ in range(truth.count):
        found = _field(truth.next_matrix(), b"Boundaries")
        values = np.empty(0) if found is None else _numbers(found)
        if values.ndim != 2 or values.size == 0:
            raise ReadError(_NO_TRUTH)
        maps.append(values)
    return maps


@dataclass(frozen=True)
class _Element:
    """A piece of the file: what kind it says that it is, and its bytes."""

    kind: int
    content: memoryview


@dataclass(frozen=True)
class _Matrix:
    """A variable, or what a cell or a field holds. parts: the elements that follow its header."""

    kind: int
    is_complex: bool
    shape: tuple[int, ...]
    name: bytes
    parts: Iterator[_Element]
    order: str

    @property
    def count(self) -> int:
        """How many values, cells or structures it has."""
        return math.prod(self.shape)

    def next_matrix(self) -> _Matrix:
        """The next matrix within it."""
        return _matrix(_next(self.parts, _MATRIX).content, self.order)


def _variables(data: bytes) -> Iterator[_Matrix]:
    if _HDF5 in (data[:8], data[512:520]):
        raise ReadError("MAT of version 7.3 is not read: save it with -v7")
    order = _ORDERS.get(data[126:128], "<")
    if data[124:128] not in [
        struct.pack(f"{at}H", _VERSION) + mark for mark, at in _ORDERS.items()
    ]:
        raise ReadError("is no MAT of version 5, 6 or 7")
    room = _LARGEST_CONTENT
    for element in _elements(memoryview(data)[_HEADER:], order):
        content = [element]
        if element.kind == _COMPRESSED:
            unpacked = _unpacked(element.content, room)
            room -= len(unpacked)
            content = list(_elements(unpacked, order))
        for one in content:
            if one.kind == _MATRIX:
                yield _matrix(one.content, order)


def _unpacked(packed: memoryview, limit: int) -> memoryview:
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(packed, limit + 1)  # a limit of 0 would be none
    except zlib.error:
        raise DamagedError from None
    if len(content) > limit:
        raise ReadError(f"unpacks to more than the limit of {_LARGEST_CONTENT} bytes")
    if not unpacker.eof:
        raise DamagedError
    return memoryview(content)


def _elements(data: memoryview, order: str) -> Iterator[_Element]:
    at = 0
    while at < len(data):
        if at + 8 > len(data):
            raise DamagedError
        kind, size = struct.unpack_from(f"{order}II", data, at)
        start = at + 8
        if kind >> 16:  # up to four bytes stand in the place of the size
            kind, size, start = kind & 0xFFFF, kind >> 16, at + 4
            if size > 4:
                raise DamagedError
            at += 8
        else:
            at = start + size + (0 if kind == _COMPRESSED else -size % 8)
        if start + size > len(data):
            raise DamagedError
        yield _Element(kind, data[start : start + size])


def _next(parts: Iterator[_Element], kind: int) -> _Element:
    element = next(parts, None)
    if element is None or element.kind != kind:
        raise DamagedError
    return element


def _matrix(content: memoryview, order: str) -> _Matrix:
    parts = _elements(content, order)
    if not content:  # how an empty cell is stored
        return _Matrix(0, False, (0, 0), b"", parts, order)
    flags = _whole(_next(parts, _UINT32), "u4", order)
    shape = _whole(_next(parts, _INT32), "i4", order)
    name = bytes(_next(parts, _INT8).content)
    if len(flags) != 2 or len(shape) < 2 or min(shape) < 0:
        raise DamagedError
    return _Matrix(flags[0] & 0xFF, bool(flags[0] & _COMPLEX), shape, name, parts, order)


def _whole(element: _Element, dtype: str, order: str) -> tuple[int, ...]:
    if len(element.content) % 4:
        raise DamagedError
    return tuple(np.frombuffer(element.content, order + dtype).tolist())


def _field(structure: _Matrix, wanted: bytes) -> _Matrix | None:
    """A field of a single structure; None where there is none, or no structure."""
    if structure.kind != _STRUCTURE or structure.count != 1:
        return None
    lengths = _whole(_next(structure.parts, _INT32), "i4", structure.order)
    names = bytes(_next(structure.parts, _INT8).content)
    if len(lengths) != 1 or lengths[0] < 1 or len(names) % lengths[0]:
        raise DamagedError
    found = None
    for start in range(0, len(names), lengths[0]):
        field = structure.next_matrix()
        if names[start : start + lengths[0]].rstrip(b"\0") == wanted:
            found = field
    return found


def _numbers(matrix: _Matrix) -> Array:
    """The values of a matrix of real numbers; no values where it holds anything else."""
    if matrix.kind not in _NUMBERS or matrix.is_complex:
        return np.empty(0)
    element = next(matrix.parts, None)
    if element is None or element.kind not in _STORED:
        raise DamagedError
    stored = np.dtype(matrix.order + _STORED[element.kind])
    if len(element.content) != matrix.count * stored.itemsize:
        raise DamagedError
    values = np.frombuffer(element.content, stored).astype(stored.newbyteorder("="))
    return values.reshape(matrix.shape, order="F")
