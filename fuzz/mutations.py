"""Damage: bytes changed, cut, and parts of other files put in; the same for the same seed."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Sequence

_NUMBERS = (
    0,
    1,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x7FFF_FFFF,
    0xFFFF_FFFF,
    1 << 62,
    (1 << 64) - 1,
)
_SIZES = "BHIQ"


def flipped(data: bytes, chance: random.Random) -> bytes:
    """`data` with 1 to 16 bytes changed, or with a number that is the largest or smallest there is.

    >>> flipped(b"abcdef", random.Random(1)) != b"abcdef"
    True
    """
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 4, 16])):
        place = chance.randrange(len(changed))
        size = chance.choice(_SIZES)
        most = struct.calcsize(size)
        if chance.random() < 0.3 and place + most <= len(changed):
            number = chance.choice(_NUMBERS) % (1 << 8 * most)
            struct.pack_into(chance.choice("<>") + size, changed, place, number)
        else:
            one_bit = changed[place] ^ (1 << chance.randrange(8))
            changed[place] = chance.choice([0, 255, one_bit, one_bit])
    return bytes(changed)


def cut(data: bytes, chance: random.Random) -> bytes:
    """`data` without its end, its start or a stretch of its middle; never empty.

    >>> len(cut(b"abcdef", random.Random(1))) < 6
    True
    """
    if len(data) < 3:
        return data[:1]
    first, last = sorted(chance.sample(range(1, len(data)), 2))
    return chance.choice([data[:first], data[:last], data[first:], data[:first] + data[last:]])


def spliced(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """`data` with a stretch of `other` put in, laid over, or taken for its start or its end.

    >>> len(spliced(b"abcdef", b"uvwxyz", random.Random(1))) > 0
    True
    """
    first, last = sorted(chance.randrange(len(other) + 1) for _ in range(2))
    piece = other[first:last] or other[:1]
    place = chance.randrange(len(data))
    return chance.choice(
        [
            data[:place] + piece + data[place:],
            data[:place] + piece + data[place + len(piece) :],
            data[:place] + other[place:],
            other[:first] + data[place:] or data,
        ]
    )


def damaged(data: bytes, others: Sequence[bytes], seed: int) -> bytes:
    """`data` damaged in one to three of these ways; `others` are what it is spliced with.

    >>> damaged(b"abcdef", [b"uvwxyz"], 3) == damaged(b"abcdef", [b"uvwxyz"], 3)
    True
    """
    chance = random.Random(seed)
    ways: tuple[Callable[[bytes], bytes], ...] = (
        lambda given: flipped(given, chance),
        lambda given: cut(given, chance),
        lambda given: spliced(given, chance.choice([*others, given]), chance),
    )
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        data = chance.choice(ways)(data)
    return data
