"""Fuzzing without a look at what the code does: seeds damaged in all ways, one after the other."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

from .bounds import BoundError, bounded
from .mutations import damaged
from .targets import Target

_MOST_FINDINGS = 20


def fuzz_plainly(target: Target, seconds: float, seed: int, findings: Path) -> tuple[int, int]:
    """How many inputs were tried within `seconds`, and how many were findings, kept as files.

    The same seed gives the same inputs, in the same order.
    """
    ends, tried, found = time.monotonic() + seconds, 0, 0
    for data in inputs(target, seed):
        if time.monotonic() > ends or found == _MOST_FINDINGS:
            break
        tried += 1
        try:
            bounded(target.check, data)
        except (Exception, BoundError) as error:
            found += 1
            path = findings / f"finding-{seed}-{tried}"
            path.write_bytes(data)
            print(f"{path}: {type(error).__name__}: {error}")
    return tried, found


def inputs(target: Target, seed: int) -> Iterator[bytes]:
    """The seeds as they are, then damaged ones, without end.

    >>> from .targets import TARGETS
    >>> next(inputs(TARGETS["names"], 0))
    b'sobel'
    """
    seeds = target.seeds()
    yield from seeds
    others = (*seeds, *target.words)
    chance = random.Random(seed)
    while True:
        yield damaged(chance.choice(seeds), others, chance.getrandbits(64))[: target.longest]
