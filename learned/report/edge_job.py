"""One job, two ways: the edges of a photo by handcrafted methods and by a learned network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ...filters.arrays import Array
from ...filters.edges.linking import Mask
from ...filters.edges.stages import EdgeStages
from ..edge_methods import EDGE_METHODS, find_edges
from .photo import Photo

METHODS = ("sobel", "canny", "learned-edges")
"""The methods that stand side by side, each at its own defaults."""


@dataclass(frozen=True, eq=False)
class EdgeFinding:
    """What one method finds in a photo.

    low, high: the thresholds, in fractions of the method's full scale. pixels: how many are edges;
    share: of all. agreement: for each method, the F-measure within one pixel, see `agreement`.
    edge_map, soft_map: (height, width).
    """

    method: str
    meaning: str
    low: float
    high: float
    pixels: int
    share: float
    agreement: dict[str, float]
    edge_map: Mask
    soft_map: Array


def edge_findings(photo: Photo, methods: Sequence[str] = METHODS) -> tuple[EdgeFinding, ...]:
    """What each of the methods finds in a photo, and how far they agree.

    methods: names of `EDGE_METHODS`. Raises InputError for another name.
    """
    found = {method: find_edges(photo.picture, method) for method in methods}
    return tuple(_finding(method, found) for method in methods)


def _finding(method: str, found: dict[str, EdgeStages]) -> EdgeFinding:
    stages = found[method]
    return EdgeFinding(
        method,
        EDGE_METHODS[method].meaning,
        stages.thresholds.low,
        stages.thresholds.high,
        int(stages.edges.sum()),
        float(stages.edges.mean()),
        {name: agreement(stages.edges, other.edges) for name, other in found.items()},
        stages.edges,
        stages.soft,
    )


def agreement(first: Mask, second: Mask) -> float:
    """How far two maps of edges agree, from 0 to 1: the F-measure within one pixel.

    The harmonic mean of the share of the first's edges that have one of the second's within a
    pixel (the eight neighbours), and the same the other way round. Two empty maps agree fully.

    >>> line = np.eye(5, dtype=bool)
    >>> agreement(line, np.eye(5, k=1, dtype=bool)), agreement(line, line & False)
    (1.0, 0.0)
    """
    if not first.any() and not second.any():
        return 1.0
    shares = [_near(first, second), _near(second, first)]
    return 2 * shares[0] * shares[1] / sum(shares) if all(shares) else 0.0


def _near(edges: Mask, others: Mask) -> float:
    reached = cv2.dilate(others.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return float((edges & reached).sum() / max(1, edges.sum()))
