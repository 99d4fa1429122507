"""Soft maps by rank: a score that no rising change of scale alters.

A value's rank is 1 - s^(1/3): of the values above 0 of all maps together, s is the share that is
larger. The root makes room for the few sure edges: with plain shares the highest of 33 thresholds
would still let 3% of all crests pass, and the curve would lack its precise end.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from .counts import SoftMap

_DROPPED_BITS = 11
"""Values that differ by less than one in 4096 share a bin: 20 of a float's 31 bits tell them."""


def rank_thresholds(
    soft_maps: Iterable[SoftMap], ranks: NDArray[np.float64]
) -> NDArray[np.float32]:
    """The values at which the ranks of the maps reach `ranks`, to one part in 4096.

    soft_maps: from 0 to 1; they are looked at one after the other, and none is kept.
    ranks: rising, between 0 and 1. Where no map has a value above 0, the ranks themselves.

    >>> soft_maps = [np.array([[0, 0.125, 0.25]], np.float32), np.array([[0.5, 1]], np.float32)]
    >>> rank_thresholds(soft_maps, np.array([0.09, 0.3, 0.5])).tolist()
    [0.125, 0.5, 1.0]
    """
    bins = np.zeros((int(np.float32(1).view(np.uint32)) >> _DROPPED_BITS) + 1, np.int64)
    for soft in soft_maps:
        # Floats from 0 up are ordered as the whole numbers with the same bits.
        bits = np.ascontiguousarray(soft[soft > 0]).view(np.uint32)
        bins += np.bincount(bits >> _DROPPED_BITS, minlength=bins.size)
    reached = bins.cumsum()
    if reached[-1] == 0:
        return ranks.astype(np.float32)
    shares = 1 - (1 - ranks) ** 3
    first = np.searchsorted(reached, shares * reached[-1]).astype(np.uint32)
    starts: NDArray[np.float32] = (first << np.uint32(_DROPPED_BITS)).view(np.float32)
    # The lowest bin starts at 0, which every pixel would reach.
    return np.maximum(starts, np.finfo(np.float32).smallest_subnormal)
