"""The links of an HDF5 group: from names to the addresses of what they name."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ...filters.errors import ModelError
from ...filters.files.disk import DamagedError
from .hdf5_format import LINK, LINK_INFO, NOWHERE, SYMBOL_TABLE, Message, Reader, name_of, unpacked

LONGEST_NAME = 1024
_DEEPEST_TREE = 32


@dataclass(frozen=True)
class Link:
    """A name in a group. kind: "hard", "soft" or "external"; address: where a hard one leads."""

    name: str
    kind: str
    address: int = NOWHERE


def links(reader: Reader, header: list[Message]) -> Iterator[Link]:
    """The links of a group, from its symbol table or from its link messages."""
    for message in header:
        if message.kind == SYMBOL_TABLE:
            tree, heap = unpacked("2Q", message.body)
            reader.expect(b"HEAP\0", heap)
            size, _, start = reader.unpack("3Q", heap + 8)
            names = reader.take(start, size)
            yield from _table_links(reader, tree, names)
        elif message.kind == LINK_INFO:
            _check_link_info(message.body)
        elif message.kind == LINK:
            yield _link(message.body)


def _table_links(reader: Reader, tree: int, names: bytes) -> Iterator[Link]:
    for leaf in _leaves(reader, tree):
        reader.expect(b"SNOD\1", leaf)
        (count,) = reader.unpack("H", leaf + 6)
        entries = reader.take(leaf + 8, 40 * count)
        for name_at, address, cached in struct.iter_unpack("<QQI20x", entries):
            end = names.find(b"\0", name_at, name_at + LONGEST_NAME + 1)
            if name_at >= len(names) or end < 0:
                raise DamagedError
            yield Link(name_of(names[name_at:end]), "soft" if cached == 2 else "hard", address)


def _leaves(reader: Reader, root: int) -> Iterator[int]:
    nodes, level = [root], None
    seen = {root}
    while nodes:
        children: list[int] = []
        levels = set()
        for node in nodes:
            reader.expect(b"TREE\0", node)
            height, used = reader.unpack("BH", node + 5)
            levels.add(height)
            keyed = struct.unpack(f"<{2 * used}Q", reader.take(node + 32, 16 * used))
            children += keyed[::2]
        here = levels.pop()
        # All nodes of a row are equally high, and one lower than the row above.
        if levels or here > _DEEPEST_TREE or (level is not None and here != level - 1):
            raise DamagedError
        if len(seen | set(children)) != len(seen) + len(children):
            raise DamagedError
        seen |= set(children)
        if here == 0:
            yield from children
            return
        nodes, level = children, here


def _check_link_info(body: bytes) -> None:
    flags = body[1] if len(body) > 1 else 0
    (heap,) = unpacked("Q", body, 2 + (8 if flags & 1 else 0))
    if heap != NOWHERE:
        raise ModelError("HDF5 groups of another version than Keras writes are not read")


def _link(body: bytes) -> Link:
    version, flags = unpacked("2B", body)
    if version != 1:
        raise DamagedError
    position = 2
    kind = body[position] if flags & 8 else 0
    position += bool(flags & 8) + (8 if flags & 4 else 0) + bool(flags & 16)
    width = 1 << (flags & 3)
    length = int.from_bytes(body[position : position + width], "little")
    position += width
    name = body[position : position + length]
    if len(name) < length or length > LONGEST_NAME:
        raise DamagedError
    if kind == 0:
        return Link(name_of(name), "hard", unpacked("Q", body, position + length)[0])
    return Link(name_of(name), "soft" if kind == 1 else "external")
