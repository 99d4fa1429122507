"""What one picture adds to a score: how many edge pixels and boundary pixels find each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .matching import match_places, truth_map
from .thinning import Mask, thin_mask

Counts = NDArray[np.int64]
SoftMap = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class MatchCounts:
    """Pixels counted at each of several thresholds, the last axis.

    correct: edge pixels that any annotator's boundaries match. found: edge pixels.
    recalled: boundary pixels matched, over all annotators. true: boundary pixels of all annotators.
    """

    correct: Counts
    found: Counts
    recalled: Counts
    true: Counts


def count_matches(
    soft: SoftMap,
    truth: Sequence[Mask],
    thresholds: NDArray[np.float32],
    *,
    tolerance: float,
    thin: bool,
) -> MatchCounts:
    """The counts of one picture at every threshold.

    soft: (height, width) from 0 to 1. truth: one (height, width) map for each annotator.
    thresholds: rising; an edge is what reaches them. tolerance: how far matched pixels may lie
    apart, as a share of the picture's diagonal. thin: whether edges are thinned first.
    """
    annotators = [truth_map(one, tolerance * np.hypot(*soft.shape)) for one in truth]
    levels = np.searchsorted(thresholds, soft, side="right")
    above = np.bincount(levels.ravel(), minlength=thresholds.size + 1)[::-1].cumsum()[::-1][1:]
    correct, found, recalled = np.zeros((3, thresholds.size), np.int64)
    for index in range(thresholds.size - 1, -1, -1):
        if above[index] == 0:
            continue
        if index + 1 < thresholds.size and above[index] == above[index + 1]:
            for counted in (correct, found, recalled):  # the very same pixels
                counted[index] = counted[index + 1]
            continue
        edges = levels > index
        rows, columns = np.nonzero(thin_mask(edges) if thin else edges)
        found[index] = rows.size
        matched = np.zeros(rows.size, np.bool_)
        for one in annotators:
            of_one = match_places(one.places(rows, columns), one)
            recalled[index] += np.count_nonzero(of_one)
            matched |= of_one
        correct[index] = matched.sum()
    true = np.full(thresholds.size, sum(one.count for one in annotators))
    return MatchCounts(correct, found, recalled, true)
