"""Telling how a correlation would be computed, and why."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from .arrays import dtype_of, whole, working_dtype
from .correlation import KernelLike, taps_of
from .engine import Pixels, get_threads, plan_of, strip_height
from .errors import InputError
from .placement import Placement, placed
from .text import counted


@dataclass(frozen=True)
class CorrelationPlan:
    """How a kernel would be correlated with a picture.

    algorithm: its name. reason: what speaks for it. costs: every algorithm that the kernel allows
    with what a pixel costs by it, in units of the cheapest. halo: rows that a strip sees beyond its
    own. strip_rows, strips: how many rows are made at once, and how many times. threads: how many
    of them work.
    """

    algorithm: str
    reason: str
    costs: tuple[tuple[str, float], ...]
    halo: int
    strip_rows: int
    strips: int
    threads: int

    def __str__(self) -> str:
        """In one sentence."""
        strips = f"{counted(self.strips, 'strip')} of {counted(self.strip_rows, 'row')}"
        return f"{self.algorithm}: {self.reason}; {strips}, {counted(self.threads, 'thread')}"


def plan(
    kernel: KernelLike, shape: tuple[int, ...] = (3000, 4000), dtype: DTypeLike = "float32"
) -> CorrelationPlan:
    """How `correlate` would go about a kernel on a picture of that shape and dtype, and why.

    kernel: taps of (height, width), a `Kernel` or a name. shape: (height, width) or with channels.
    Costs were measured on one machine; their order is what counts. Raises InputError for an unknown
    name, for taps that are no kernel or have channels, and for a shape that is no picture's.

    >>> plan("gaussian-blur:sigma=5").algorithm
    'two passes'
    >>> plan("sobel-x").reason
    'about 1.8 times as fast as two passes'
    """
    taps = taps_of(kernel)
    if taps.ndim != 2:
        raise InputError(f"kernel must be (height, width), got shape {taps.shape}")
    if not isinstance(shape, tuple | list):
        raise TypeError(f"shape must be (height, width) or with channels, got {shape!r}")
    sides = tuple(whole(side, "shape") for side in shape)
    if len(sides) not in (2, 3) or math.prod(sides) > sys.maxsize // 16:
        raise InputError(f"shape must be (height, width) or with channels, got {sides}")
    picture = np.broadcast_to(np.zeros((), dtype_of(dtype, "dtype")), sides)
    kind = working_dtype(picture.dtype)
    stage = placed(Pixels(picture, kind), [taps], Placement())
    chosen = plan_of(taps, kind)
    rows = min(strip_height(stage), stage.shape[0])
    strips = -(-stage.shape[0] // rows)
    every = (chosen.chosen, *chosen.others)
    return CorrelationPlan(
        chosen.algorithm,
        chosen.reason,
        tuple((way.name, round(way.cost / chosen.chosen.cost, 2)) for way in every),
        stage.halo,
        rows,
        strips,
        min(get_threads(), strips),
    )
