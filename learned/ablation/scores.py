"""How well a trained network does its job, as one number: the measure of each job."""

from __future__ import annotations

import cv2
import numpy as np

from ...filters.arrays import Array
from ...filters.errors import InputError

THRESHOLDS = 99
"""At how many thresholds the edges are counted: 0.01, 0.02, … 0.99."""

TOLERANCE = 1
"""How many pixels an edge may lie beside the true one, in rows and in columns."""


def best_f(softs: Array, truths: Array, tolerance: int = TOLERANCE) -> float:
    """The best F over thresholds, pixels counted over all pictures together: 0 to 1.

    softs: soft maps, thin or thick, (n, height, width), 0 to 1. truths: the true edges, bool, the
    same shape. Precision is the share of pixels found that have a true one within `tolerance` rows
    and columns, recall that of true ones that have a found one there, F their harmonic mean.
    One pixel may stand for several: this is no one-to-one matching as in the Berkeley benchmark
    (Martin, Fowlkes and Malik, 2004), and its figures are not comparable with that.
    Raises InputError for shapes that differ and where there is no true edge.

    >>> line = np.eye(5)[np.newaxis]
    >>> best_f(0.5 * line, line > 0), best_f(np.zeros((1, 5, 5)), line > 0)
    (1.0, 0.0)
    """
    if softs.ndim != 3 or softs.shape != truths.shape:
        raise InputError(
            f"maps and edges must be (n, height, width), got {softs.shape} and {truths.shape}"
        )
    if not truths.any():
        raise InputError("there must be a true edge, got none")
    near_truth = _largest_around(truths.astype(np.float32), tolerance) > 0
    right, wrong = np.sort(softs[near_truth]), np.sort(softs[~near_truth])
    seen = np.sort(_largest_around(softs, tolerance)[truths])
    best = 0.0
    for threshold in np.arange(1, THRESHOLDS + 1) / (THRESHOLDS + 1):
        hits, misses, found = (
            len(values) - int(np.searchsorted(values, threshold)) for values in (right, wrong, seen)
        )
        if hits and found:
            precision, recall = hits / (hits + misses), found / len(seen)
            best = max(best, 2 * precision * recall / (precision + recall))
    return best


def _largest_around(maps: Array, tolerance: int) -> Array:
    around = np.ones((2 * tolerance + 1, 2 * tolerance + 1), np.uint8)
    return np.stack([cv2.dilate(one, around) for one in maps])
