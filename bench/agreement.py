"""Whether two results are the same, away from the border, where conventions differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Agreement:
    """agrees: None where two results are not meant to be the same. said: a few words."""

    agrees: bool | None
    said: str


Compare = Callable[[Any, Any], Agreement]


def close(tolerance: float = 1e-4, margin: int = 0) -> Compare:
    """Compares by the largest difference inside, as a share of the largest magnitude there.

    margin: pixels left out at every side.

    >>> close(1e-3, 1)(np.eye(5), np.eye(5) + 1e-6).agrees
    True
    """

    def compare(ours: Any, others: Any) -> Agreement:
        mine, theirs = (np.asarray(result) for result in (ours, others))
        if mine.shape != theirs.shape:
            return Agreement(False, f"differ in shape: {mine.shape} and {theirs.shape}")
        inside = tuple(slice(margin, length - margin) for length in mine.shape[:2])
        largest, magnitude = 0.0, 0.0
        # Row by row: 100 megapixels in float64 would not fit beside the rest.
        for first in range(inside[0].start, inside[0].stop, 256):
            rows = slice(first, min(first + 256, inside[0].stop))
            a, b = (part[rows, inside[1]].astype(np.float64) for part in (mine, theirs))
            # Unlike max(), maximum() keeps what is not a number, which then agrees with nothing.
            largest = float(np.maximum(largest, np.abs(a - b).max(initial=0)))
            magnitude = float(np.maximum(magnitude, np.abs(b).max(initial=0)))
        share = largest / magnitude if magnitude else largest
        agrees = bool(share <= tolerance)
        return Agreement(agrees, f"{'agree to' if agrees else 'differ by'} {share:.0e}")

    return compare


def polar(tolerance: float, margin: int) -> Compare:
    """Compares pairs of magnitude and direction in degrees, as vectors."""

    def vector(pair: Any) -> Array:
        magnitude, direction = (np.asarray(part) for part in pair)
        angle = np.radians(direction)
        return np.dstack([magnitude * np.cos(angle), magnitude * np.sin(angle)])

    inner = close(tolerance, margin)
    return lambda ours, others: inner(vector(ours), vector(others))


def edges_alike(least: float, margin: int) -> Compare:
    """Compares two drawings of edges: the F measure with one pixel of tolerance.

    >>> edges_alike(0.9, 0)(np.eye(9) > 0, np.eye(9) > 0).said
    'F 1.000'
    """

    def compare(ours: Any, others: Any) -> Agreement:
        inside = slice(margin, -margin or None)
        mine, theirs = (
            (np.asarray(edges)[inside, inside] > 0).astype(np.uint8) for edges in (ours, others)
        )
        around = np.ones((3, 3), np.uint8)
        found = (
            int(np.minimum(a, cv2.dilate(b, around)).sum())
            for a, b in ((mine, theirs), (theirs, mine))
        )
        drawn = (int(mine.sum()), int(theirs.sum()))
        precision, recall = (n / max(1, all_of) for n, all_of in zip(found, drawn, strict=True))
        score = 2 * precision * recall / max(precision + recall, 1e-9)
        return Agreement(score >= least, f"F {score:.3f}")

    return compare


def not_compared(why: str) -> Compare:
    """Says why two results are not meant to be the same."""
    return lambda _ours, _others: Agreement(None, why)
