"""TIFF's directories: the tables that say where a page's pixels lie and how they are stored."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .disk import DamagedError, Source

_MOST_PAGES = 65_535
_ORIENTATION = 274
# Whole numbers, the only values that matter here: BYTE, SHORT, LONG, LONG8.
_WHOLE = {1: "u1", 3: "u2", 4: "u4", 16: "u8"}
# Bytes: BYTE, UNDEFINED.
_OCTETS = {1: "u1", 7: "u1"}


@dataclass(frozen=True)
class Layout:
    """The two kinds of TIFF: classic with 32-bit offsets, big with 64-bit ones."""

    order: Literal["<", ">"]
    big: bool

    @property
    def entry(self) -> str:
        """The struct format of one directory entry: tag, type, count, value or its offset."""
        return self.order + ("HHQ8s" if self.big else "HHI4s")

    @property
    def offset(self) -> str:
        """The struct format of an offset."""
        return self.order + ("Q" if self.big else "I")

    @property
    def length(self) -> str:
        """The struct format of the number of entries."""
        return self.order + ("Q" if self.big else "H")


@dataclass(frozen=True)
class Directory:
    """One page: its entries (tag, type, count, value field) by tag."""

    layout: Layout
    entries: dict[int, tuple[int, int, bytes]]

    def whole(self, source: Source, tag: int) -> NDArray[Any] | None:
        """The values of `tag`, whole numbers in one dimension; None where the page has none.

        Raises DamagedError where they are of another type or lie outside the file.
        """
        return self._values(source, tag, _WHOLE)

    def octets(self, source: Source, tag: int, most: int) -> bytes | None:
        """The bytes of `tag`, which has another format inside; None where the page has none.

        Raises DamagedError where they are more than `most`, of another type or outside the file.
        """
        if tag in self.entries and self.entries[tag][1] > most:
            raise DamagedError
        values = self._values(source, tag, _OCTETS)
        return None if values is None else values.tobytes()

    def _values(self, source: Source, tag: int, kinds: Mapping[int, str]) -> NDArray[Any] | None:
        if tag not in self.entries:
            return None
        kind, count, field = self.entries[tag]
        if kind not in kinds or count == 0:
            raise DamagedError
        dtype = np.dtype(self.layout.order + kinds[kind])
        if count * dtype.itemsize > len(field):
            (offset,) = struct.unpack(self.layout.offset, field)
            field = source.take(offset, count * dtype.itemsize)
        return np.frombuffer(field, dtype, count)

    def numbers(self, source: Source, tag: int, default: tuple[int, ...]) -> tuple[int, ...]:
        """The values of `tag` where they are few, `default` where the page has none."""
        values = self.whole(source, tag)
        if values is None:
            return default
        if values.size > 16:
            raise DamagedError
        return tuple(values.tolist())


def page_offsets(source: Source) -> tuple[Layout, list[int]]:
    """How the file is laid out and where the directory of each of its pages starts.

    Raises DamagedError where the chain of pages breaks off or goes in a circle.
    """
    start = source.take(0, 8)
    order: Literal["<", ">"] = "<" if start[:2] == b"II" else ">"
    layout = Layout(order, struct.unpack(order + "H", start[2:4])[0] == 43)
    field = source.take(8, 8) if layout.big else start[4:8]
    offsets: list[int] = []
    seen = set()
    while (offset := struct.unpack(layout.offset, field)[0]) != 0:
        if offset in seen or len(offsets) == _MOST_PAGES:
            raise DamagedError
        seen.add(offset)
        offsets.append(offset)
        body = _entry_count(source, layout, offset) * struct.calcsize(layout.entry)
        behind = offset + struct.calcsize(layout.length) + body
        field = source.take(behind, struct.calcsize(layout.offset))
    if not offsets:
        raise DamagedError
    return layout, offsets


def directory_at(source: Source, layout: Layout, offset: int) -> Directory:
    """The directory that starts at `offset`; of a tag that comes twice, the first."""
    count = _entry_count(source, layout, offset)
    start = offset + struct.calcsize(layout.length)
    body = source.take(start, count * struct.calcsize(layout.entry))
    entries: dict[int, tuple[int, int, bytes]] = {}
    for tag, kind, number, field in struct.iter_unpack(layout.entry, body):
        entries.setdefault(tag, (kind, number, field))
    return Directory(layout, entries)


def _entry_count(source: Source, layout: Layout, offset: int) -> int:
    field = source.take(offset, struct.calcsize(layout.length))
    count = int(struct.unpack(layout.length, field)[0])
    if not 1 <= count <= 65_535:
        raise DamagedError
    return count


def orientation_in(source: Source, directory: Directory) -> int:
    """Which way up the page is, 1 to 8 as in EXIF; 1 where it does not say or says nonsense."""
    try:
        (value,) = directory.numbers(source, _ORIENTATION, (1,))
    except (DamagedError, ValueError):
        return 1
    return value if 1 <= value <= 8 else 1


def exif_orientation(block: bytes) -> int:
    r"""The orientation in an EXIF block, which is a small TIFF; 1 where there is none.

    A damaged block says nothing about the pixels, so it is no reason to refuse them.

    >>> exif_orientation(b"MM\0*\0\0\0\x08\0\1" + b"\1\x12\0\3\0\0\0\1\0\6\0\0" + bytes(4))
    6
    """
    source = Source(io.BytesIO(block), len(block))
    try:
        if block[:4] not in (b"II*\0", b"MM\0*"):
            return 1
        layout = Layout("<" if block[:2] == b"II" else ">", big=False)
        (offset,) = struct.unpack(layout.offset, block[4:8])
        return orientation_in(source, directory_at(source, layout, offset))
    except (DamagedError, struct.error):
        return 1


def directory_bytes(
    tags: Mapping[int, Sequence[int] | NDArray[Any]],
    place: int,
    order: Literal["<", ">"] = "<",
    *,
    big: bool = False,
) -> bytes:
    """A directory, the last of its file, which is to stand at byte `place`.

    tags: whole numbers for each tag, below 2^32 in a classic one. What does not fit into an entry
    stands behind the entries. big: the directory of a BigTIFF.

    >>> len(directory_bytes({256: [3]}, 8)), len(directory_bytes({256: [3]}, 16, big=True))
    (18, 36)
    """
    layout = Layout(order, big)
    sizes = [struct.calcsize(each) for each in (layout.length, layout.entry, layout.offset)]
    beside = place + sizes[0] + sizes[1] * len(tags) + sizes[2]
    entries, values = [], []
    for tag in sorted(tags):
        numbers = np.asarray(tags[tag])
        largest = int(numbers.max())
        kind = 3 if largest < 1 << 16 else 4 if largest < 1 << 32 else 16
        field = numbers.astype(order + _WHOLE[kind]).tobytes()
        if len(field) > sizes[2]:
            inside = struct.pack(layout.offset, beside)
            values.append(field)
            beside += len(field)
        else:
            inside = field
        entries.append(struct.pack(layout.entry, tag, kind, numbers.size, inside))
    return b"".join([struct.pack(layout.length, len(tags)), *entries, bytes(sizes[2]), *values])
