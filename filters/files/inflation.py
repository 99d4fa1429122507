"""How much deflated data stand for, without the memory that it would take."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

MOST_EXPANSION = 1032
"""What deflate can make of a byte."""

_PIECE = 1 << 16


def inflated_length(packed: Iterable[bytes | memoryview], most: int) -> int:
    """How many bytes deflated data stand for, looking at `most` + 1; -1 where they are damaged.

    packed: the data in parts, in their order.

    >>> inflated_length([zlib.compress(bytes(1000))], 2000), inflated_length([b"rubbish"], 9)
    (1000, -1)
    """
    inflate, length = zlib.decompressobj(), 0
    try:
        for part in packed:
            for start in range(0, len(part), _PIECE):
                rest: bytes | memoryview = part[start : start + _PIECE]
                while rest and length <= most:
                    length += len(inflate.decompress(rest, _PIECE))
                    rest = inflate.unconsumed_tail
    except zlib.error:
        return -1
    return length if inflate.eof else -1
