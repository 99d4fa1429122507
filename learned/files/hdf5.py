"""An HDF5 file as models use it: groups, text attributes, and arrays of floating-point numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, takewhile

import numpy as np

from ...filters.arrays import Array
from ...filters.errors import ModelError
from ...filters.files.disk import DamagedError, Source
from .hdf5_format import (
    ATTRIBUTE,
    DATASPACE,
    DATATYPE,
    EXTERNAL_FILES,
    LAYOUT,
    NOWHERE,
    SIGNATURE,
    Attribute,
    Layout,
    Message,
    Reader,
    attribute,
    dataspace,
    datatype,
    heap_objects,
    layout,
    messages,
    root_address,
)
from .hdf5_links import LONGEST_NAME, Link, links
from .limits import LARGEST_TENSOR, shown

__all__ = ["SIGNATURE", "Hdf5", "open_hdf5"]

_MOST_OBJECTS = 100_000
_LINKS = {"soft": "a soft link", "external": "an external link"}


@dataclass(frozen=True)
class Stored:
    """An array in the file: its shape is known, its values have not been read."""

    shape: tuple[int, ...]
    header: list[Message] = field(repr=False)


@dataclass(frozen=True)
class Hdf5:
    """What is in a file, walked through once: nothing in it leads out of it.

    groups: the header of each group by its path ("" is the root). arrays: each array by its path.
    """

    reader: Reader = field(repr=False)
    groups: dict[str, list[Message]] = field(repr=False)
    arrays: dict[str, Stored]

    def text(self, path: str, name: str) -> tuple[str, ...] | None:
        """The attribute `name` of the group or array at `path`: one text or several.

        None where there is no such attribute, or where it is not text.
        """
        with _damage():
            found = self._attributes(path).get(name)
            return None if found is None else _texts(self.reader, found)

    def texts(self, path: str, name: str) -> tuple[str, ...] | None:
        """As `text`, for a list that may be cut into NAME0, NAME1, …, as Keras does with long ones.

        Texts that come again are given once.
        """
        with _damage():
            attributes = self._attributes(path)
            numbered = (f"{name}{number}" for number in count())
            names = [name] if name in attributes else takewhile(attributes.__contains__, numbered)
            texts = [_texts(self.reader, attributes[each]) for each in names]
        if not texts or None in texts:
            return None
        return tuple(dict.fromkeys(text for piece in texts for text in piece or ()))

    def _attributes(self, path: str) -> dict[str, Attribute]:
        stored = self.arrays.get(path)
        header = self.groups.get(path, []) if stored is None else stored.header
        found = [attribute(message.body) for message in header if message.kind == ATTRIBUTE]
        return {each.name: each for each in found}

    def array(self, path: str) -> Array:
        """The values of the array at `path`, native floats; bfloat16 becomes float32.

        Raises ModelError, before memory is spent, for values that are not floats, that are not
        all in the file, or that are too many.
        """
        stored = self.arrays[path]
        with _damage():
            kind = datatype(_only(stored.header, DATATYPE))
            place = layout(_only(stored.header, LAYOUT))
        number, is_brain_float = kind.number, False
        if kind.kind == "bytes" and kind.size == 2 and self.text(path, "dtype") == ("bfloat16",):
            number, is_brain_float = np.dtype("<u2"), True  # type: ignore[assignment]
        if number is None:
            raise ModelError(f"{shown(path)} does not hold floating-point numbers")
        size = math.prod(stored.shape) * number.itemsize
        if size > LARGEST_TENSOR:
            raise ModelError(
                f"{shown(path)} of shape {stored.shape} needs {size} bytes,"
                f" more than the limit of {LARGEST_TENSOR}"
            )
        data = _values(self.reader, place, size, path)
        values = np.frombuffer(data, number).reshape(stored.shape)
        if is_brain_float:
            return (values.astype(np.uint32) << 16).view(np.float32)
        return values.astype(number.newbyteorder("="))


def open_hdf5(source: Source) -> Hdf5:
    """The groups and arrays in `source`; no values are read yet.

    Raises ModelError for what is damaged or not written by Keras, and for external links, soft
    links, virtual datasets and external storage, wherever in the file they are.

    >>> import io
    >>> import h5py
    >>> file = io.BytesIO()
    >>> with h5py.File(file, "w") as made:
    ...     made["layers/dense/vars/0"] = [[1.0, 2.0]]
    >>> opened = open_hdf5(Source(file, file.getbuffer().nbytes))
    >>> opened.array("layers/dense/vars/0").tolist(), list(opened.groups)[-1]
    ([[1.0, 2.0]], 'layers/dense/vars')
    """
    with _damage():
        reader = Reader(source)
        groups: dict[str, list[Message]] = {}
        arrays: dict[str, Stored] = {}
        waiting, seen = [("", root_address(reader))], set[int]()
        while waiting:
            path, address = waiting.pop()
            if address in seen:
                raise DamagedError
            seen.add(address)
            header = messages(reader, address)
            kinds = {message.kind for message in header}
            if EXTERNAL_FILES in kinds:
                raise ModelError(f"{shown(path)} keeps its values in another file")
            if LAYOUT in kinds:
                layout(_only(header, LAYOUT))
                arrays[path] = Stored(dataspace(_only(header, DATASPACE)), header)
                continue
            groups[path] = header
            for link in links(reader, header):
                waiting.append((_followed(path, link), link.address))
                if len(waiting) + len(seen) > _MOST_OBJECTS:
                    raise ModelError("more groups and arrays than a model has")
    return Hdf5(reader, groups, arrays)


def _followed(path: str, link: Link) -> str:
    inside = f"{path}/{link.name}" if path else link.name
    if link.kind != "hard":
        raise ModelError(f"{shown(inside)} is {_LINKS[link.kind]}, which is not followed")
    if link.name in ("", ".") or "/" in link.name or len(inside) > LONGEST_NAME:
        raise DamagedError
    return inside


def _values(reader: Reader, place: Layout, size: int, path: str) -> bytes:
    if place.kind == "chunked":
        raise ModelError(f"{shown(path)} is stored in chunks, which Keras never does")
    if place.kind == "compact":
        data = place.data
    elif place.address == NOWHERE or place.size < size:
        raise ModelError(f"{shown(path)} announces {size} bytes that the file does not hold")
    else:
        with _damage():
            data = reader.values(place.address, size)
    if len(data) < size:
        raise ModelError(f"{shown(path)} announces {size} bytes that the file does not hold")
    return data[:size]


def _texts(reader: Reader, found: Attribute) -> tuple[str, ...] | None:
    number, size = math.prod(found.shape), found.datatype.size
    if found.datatype.kind not in ("text", "long text") or size == 0:
        return None
    if number * size > len(found.data):
        raise DamagedError
    pieces = [found.data[n * size : (n + 1) * size] for n in range(number)]
    if found.datatype.kind == "long text":
        pieces = list(_kept_elsewhere(reader, pieces))
    return tuple(piece.rstrip(b"\0").decode("utf-8") for piece in pieces)


def _kept_elsewhere(reader: Reader, references: list[bytes]) -> Iterator[bytes]:
    collections: dict[int, dict[int, bytes]] = {}
    for reference in references:
        length = int.from_bytes(reference[:4], "little")
        address = int.from_bytes(reference[4:12], "little")
        number = int.from_bytes(reference[12:], "little")
        if length == 0:
            yield b""
            continue
        if address not in collections:
            collections[address] = heap_objects(reader, address)
        kept = collections[address].get(number, b"")
        reader.spend(length)  # many references may name one text
        if len(kept) < length:
            raise DamagedError
        yield kept[:length]


def _only(header: list[Message], kind: int) -> bytes:
    bodies = [message.body for message in header if message.kind == kind]
    if len(bodies) != 1:
        raise DamagedError
    return bodies[0]


@contextmanager
def _damage() -> Iterator[None]:
    try:
        yield
    except (DamagedError, UnicodeDecodeError):
        raise ModelError("truncated or corrupt HDF5") from None
