"""From counts to figures: precision, recall, their harmonic mean F, and the benchmark's three."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .counts import MatchCounts

Figures = NDArray[np.float64]

_STEPS_BETWEEN = 100
"""How many points the benchmark looks at between two thresholds."""

_BEYOND_ROUNDING = 1 + 1e-12


@dataclass(frozen=True)
class OperatingPoint:
    """Precision, recall and F at one threshold; None where every picture has its own.

    >>> OperatingPoint(0.5, 0.25, 0.1).f
    0.3333333333333333
    """

    precision: float
    recall: float
    threshold: float | None = None

    @property
    def f(self) -> float:
        """The harmonic mean of precision and recall."""
        return float(f_measure(np.array(self.precision), np.array(self.recall)))


@dataclass(frozen=True, eq=False)
class Curve:
    """Precision and recall of all pictures together, threshold by threshold."""

    thresholds: Figures
    precision: Figures
    recall: Figures

    @property
    def f(self) -> Figures:
        """The harmonic mean of precision and recall at each threshold."""
        return f_measure(self.precision, self.recall)


def f_measure(precision: Figures, recall: Figures) -> Figures:
    """The harmonic mean of precision and recall, 0 where both are.

    >>> float(f_measure(np.float64(0.5), np.float64(0.5)))
    0.5
    """
    return _share(2 * precision * recall, precision + recall)


def curve_of(thresholds: Figures, counts: Sequence[MatchCounts]) -> Curve:
    """The curve of pictures whose pixels count together."""
    return Curve(
        thresholds,
        _share(_total(counts, "correct"), _total(counts, "found")),
        _share(_total(counts, "recalled"), _total(counts, "true")),
    )


def best_point(curve: Curve) -> OperatingPoint:
    """The point with the largest F (ODS): between thresholds, where the curve is a straight line.

    Of equal ones the first.

    >>> two = Curve(np.array([0.2, 0.8]), np.array([0.5, 1]), np.array([1, 0.5]))
    >>> round(best_point(two).f, 3)
    0.75
    """
    later = np.linspace(0, 1, _STEPS_BETWEEN)
    thresholds, precision, recall = (
        np.append(values[:1], np.outer(values[:-1], 1 - later) + np.outer(values[1:], later))
        for values in (curve.thresholds, curve.precision, curve.recall)
    )
    f = f_measure(precision, recall)
    best, grid = int(np.argmax(f)), int(np.argmax(curve.f))
    if f[best] <= curve.f[grid] * _BEYOND_ROUNDING:
        return point_at(curve, grid)
    return OperatingPoint(float(precision[best]), float(recall[best]), float(thresholds[best]))


def point_at(curve: Curve, index: int) -> OperatingPoint:
    """The point of a curve at one of its thresholds."""
    return OperatingPoint(
        float(curve.precision[index]), float(curve.recall[index]), float(curve.thresholds[index])
    )


def best_of_each(
    thresholds: Figures, counts: Sequence[MatchCounts]
) -> tuple[OperatingPoint, tuple[OperatingPoint, ...]]:
    """The point where every picture has its own best threshold (OIS), and those of the pictures."""
    curves = [curve_of(thresholds, [one]) for one in counts]
    best = [int(np.argmax(curve.f)) for curve in curves]
    together = curve_of(thresholds[:1], [_at(one, k) for one, k in zip(counts, best, strict=True)])
    points = tuple(point_at(curve, k) for curve, k in zip(curves, best, strict=True))
    return OperatingPoint(float(together.precision[0]), float(together.recall[0])), points


def average_precision(curve: Curve) -> float:
    """The area under the curve (AP), from precision interpolated at recalls 0, 0.01, … 1.

    Outside the recalls that the curve has, precision counts as 0; of equal recalls the lowest
    threshold counts. A curve of one point has no area: a map of edges and nothing else gets 0.

    >>> two = Curve(np.array([0.2, 0.8]), np.array([0.5, 1]), np.array([1, 0.5]))
    >>> round(average_precision(two), 4)
    0.3825
    """
    recalls, first = np.unique(curve.recall, return_index=True)
    if recalls.size < 2:
        return 0.0
    at = np.arange(101) / 100
    return float(np.interp(at, recalls, curve.precision[first], left=0, right=0).sum() / 100)


def _share(part: Figures, whole: Figures) -> Figures:
    return np.asarray(part / np.where(whole == 0, 1, whole), np.float64)


def _total(counts: Sequence[MatchCounts], name: str) -> Figures:
    totals: Figures = np.sum([getattr(one, name) for one in counts], axis=0).astype(np.float64)
    return totals


def _at(counts: MatchCounts, index: int) -> MatchCounts:
    kept = slice(index, index + 1)
    return MatchCounts(
        counts.correct[kept], counts.found[kept], counts.recalled[kept], counts.true[kept]
    )
