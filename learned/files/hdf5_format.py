"""The pieces of an HDF5 file as Keras writes them, decoded byte by byte.

The HDF5 library itself is not let near files from strangers: of 1,000 files with a few bytes
changed at random, it hung on four and crashed on one (h5py 3.14, HDF5 1.14.6). What Keras needs
of the format is small: symbol tables, version 1 headers, plain contiguous arrays, text attributes.
Format: The HDF Group, HDF5 File Format Specification, version 3.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from ...filters.errors import ModelError
from ...filters.files.disk import DamagedError, Source
from .limits import LARGEST_FILE

SIGNATURE = b"\x89HDF\r\n\x1a\n"
NOWHERE = 0xFFFF_FFFF_FFFF_FFFF

DATASPACE, LINK_INFO, DATATYPE, LINK, EXTERNAL_FILES = 0x01, 0x02, 0x03, 0x06, 0x07
LAYOUT, ATTRIBUTE, CONTINUATION, SYMBOL_TABLE = 0x08, 0x0C, 0x10, 0x11
_SHARED = 0x02

_MOST_DESCRIPTION = 64 << 20
_MOST_DIMENSIONS = 32


class Reader:
    """A file whose description is read with a budget, so that no trick makes it endless."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._left = _MOST_DESCRIPTION

    @property
    def size(self) -> int:
        """The bytes of the file."""
        return self._source.size

    def take(self, address: int, count: int) -> bytes:
        """`count` bytes of description; DamagedError past the end of the file or the budget."""
        self.spend(count)
        return self.values(address, count)

    def spend(self, count: int) -> None:
        """Takes `count` bytes off the budget; DamagedError where it is used up."""
        self._left -= count
        if self._left < 0:
            raise DamagedError

    def values(self, address: int, count: int) -> bytes:
        """`count` bytes of values, outside of the budget."""
        if address < 0 or count < 0 or address + count > self.size:
            raise DamagedError
        return self._source.take(address, count)

    def unpack(self, layout: str, address: int) -> tuple[int, ...]:
        """Little-endian numbers at `address`, after `struct`."""
        return struct.unpack("<" + layout, self.take(address, struct.calcsize("<" + layout)))

    def expect(self, signature: bytes, address: int) -> None:
        """Raises DamagedError where `signature` does not stand at `address`."""
        if self.take(address, len(signature)) != signature:
            raise DamagedError


@dataclass(frozen=True)
class Message:
    """One message of an object header: what kind, and its bytes."""

    kind: int
    body: bytes


@dataclass(frozen=True)
class Datatype:
    """What values are. number: for IEEE floats; otherwise kind says "text", "long text" or else.

    "text" has a fixed size, "long text" is kept elsewhere, "bytes" are opaque.
    """

    kind: str
    size: int
    number: np.dtype[np.floating] | None = None


@dataclass(frozen=True)
class Attribute:
    """A named value of an object, not decoded yet."""

    name: str
    datatype: Datatype
    shape: tuple[int, ...]
    data: bytes


@dataclass(frozen=True)
class Layout:
    """Where the values of an array are. kind: "compact", "contiguous" or "chunked"."""

    kind: str
    address: int = NOWHERE
    size: int = 0
    data: bytes = b""


def root_address(reader: Reader) -> int:
    """Where the header of the root group is, after a look whether the file is whole."""
    reader.expect(SIGNATURE, 0)
    version, *_, offset_size, length_size = reader.unpack("7B", 8)
    if version > 1 or (offset_size, length_size) != (8, 8):
        raise ModelError("HDF5 of another version than Keras writes is not read")
    start = 24 + 4 * version
    base, _, end, _ = reader.unpack("4Q", start)
    if base != 0 or end > min(reader.size, LARGEST_FILE):
        raise DamagedError
    return reader.unpack("2Q", start + 32)[1]


def messages(reader: Reader, address: int) -> list[Message]:
    """The messages in the object header at `address`, its continuations included."""
    if reader.take(address, 4) == b"OHDR":
        raise ModelError("HDF5 of another version than Keras writes is not read")
    version, count, size = reader.unpack("BxH4xI", address)
    if version != 1:
        raise DamagedError
    blocks, seen, found = [(address + 16, size)], {address + 16}, 0
    kept: list[Message] = []
    while blocks:
        block = reader.take(*blocks.pop(0))
        position = 0
        while found < count and position + 8 <= len(block):
            kind, length, flags = struct.unpack_from("<HHB", block, position)
            body = block[position + 8 : position + 8 + length]
            position += 8 + length
            found += 1
            if len(body) < length:
                raise DamagedError
            if kind == CONTINUATION:
                start, extent = unpacked("2Q", body)
                if start in seen:
                    raise DamagedError
                seen.add(start)
                blocks.append((start, extent))
            elif not flags & _SHARED:
                kept.append(Message(kind, body))
    if found < count:
        raise DamagedError
    return kept


def dataspace(body: bytes) -> tuple[int, ...]:
    """The shape that a dataspace message describes; (0,) for none at all.

    >>> dataspace(bytes([1, 1, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]))
    (7,)
    """
    version, rank, _, kind = unpacked("4B", body)
    if version not in (1, 2) or rank > _MOST_DIMENSIONS:
        raise DamagedError
    if version == 2 and kind == 2:
        return (0,)
    return unpacked(f"{rank}Q", body, 8 if version == 1 else 4)


_IEEE = {
    (2, 16, 10, 5, 0, 10, 15): "f2",
    (4, 32, 23, 8, 0, 23, 127): "f4",
    (8, 64, 52, 11, 0, 52, 1023): "f8",
}


def datatype(body: bytes) -> Datatype:
    """What a datatype message describes, as far as models need it."""
    kind_and_version, bits, size = unpacked("BB2xI", body)
    kind = kind_and_version & 0x0F
    if kind == 1:
        offset, precision, *places, bias = unpacked("2H4BI", body, 8)
        exponent_at, exponent, mantissa_at, mantissa = places
        form = (size, precision, exponent_at, exponent, mantissa_at, mantissa, bias)
        if form in _IEEE and offset == 0:
            return Datatype("float", size, np.dtype((">" if bits & 1 else "<") + _IEEE[form]))
    elif kind == 3:
        return Datatype("text", size)
    elif kind == 5:
        return Datatype("bytes", size)
    elif kind == 9 and bits & 0x0F == 1 and size == 16:
        return Datatype("long text", size)
    return Datatype("other", size)


def layout(body: bytes) -> Layout:
    """Where a layout message says that the values are."""
    version, kind = unpacked("2B", body)
    if version == 4 and kind == 3:
        raise ModelError("HDF5 with a virtual dataset, which points to other files")
    if version not in (3, 4):
        raise ModelError("HDF5 of another version than Keras writes is not read")
    if kind == 0:
        (size,) = unpacked("H", body, 2)
        if 4 + size > len(body):
            raise DamagedError
        return Layout("compact", size=size, data=body[4 : 4 + size])
    if kind == 1:
        address, size = unpacked("2Q", body, 2)
        return Layout("contiguous", address, size)
    return Layout("chunked")


def attribute(body: bytes) -> Attribute:
    """The attribute that a message holds."""
    version, _, *sizes = unpacked("2B3H", body)
    if version not in (1, 2, 3):
        raise DamagedError
    position = 9 if version == 3 else 8
    pieces = []
    for size in sizes:
        pieces.append(body[position : position + size])
        if len(pieces[-1]) < size:
            raise DamagedError
        position += size + (-size % 8 if version == 1 else 0)
    name, type_body, space_body = pieces
    described = datatype(type_body), dataspace(space_body)
    return Attribute(name_of(name.rstrip(b"\0")), *described, body[position:])


def heap_objects(reader: Reader, address: int) -> dict[int, bytes]:
    """The objects of a global heap collection by their numbers."""
    reader.expect(b"GCOL\1", address)
    (size,) = reader.unpack("Q", address + 8)
    collection = reader.take(address, size)
    found, position = {}, 16
    while position + 16 <= size:
        number, length = unpacked("H6xQ", collection, position)
        if number == 0:
            break
        data = collection[position + 16 : position + 16 + length]
        if len(data) < length or number in found:
            raise DamagedError
        found[number] = data
        position += 16 + length + -length % 8
    return found


def name_of(raw: bytes) -> str:
    """`raw` as text; DamagedError where it is not UTF-8."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise DamagedError from None


def unpacked(form: str, data: bytes, position: int = 0) -> tuple[int, ...]:
    r"""Little-endian numbers in `data`, after `struct`; DamagedError where there are too few.

    >>> unpacked("2H", b"\x01\x00\x02\x00")
    (1, 2)
    """
    try:
        return struct.unpack_from("<" + form, data, position)
    except struct.error:
        raise DamagedError from None
