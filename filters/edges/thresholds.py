"""Thresholds: how strong an edge must be, said in fractions, or chosen from the picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ..arrays import Array, finite, flag, one_of
from ..errors import InputError
from .linking import check_order

_LOW_SHARE = 0.4
"""Low as a share of an automatic high threshold: Canny (1986) advises a third to a half."""


@dataclass(frozen=True)
class Thresholds:
    """Two thresholds, as fractions of the gradient's full scale, low at most high.

    >>> Thresholds(0.05, 0.15).high
    0.15
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            if not 0 <= finite(getattr(self, name), name) <= 1:
                raise InputError(f"{name} must be between 0 and 1, got {getattr(self, name):g}")
        check_order(self.low, self.high)


def otsu(magnitude: Array, brightness: Array) -> Thresholds:
    """The high threshold that best splits the magnitudes into two groups, and 0.4 of it as low.

    magnitude: fractions of full scale, any shape. Source: Otsu, 1979.

    >>> slopes = np.array([0.0, 0.01, 0.02, 0.5, 0.52])
    >>> 0.02 < otsu(slopes, slopes).high < 0.5
    True
    """
    counts, bounds = np.histogram(magnitude, bins=256, range=(0.0, float(magnitude.max()) or 1.0))
    middles = (bounds[:-1] + bounds[1:]) / 2
    below, total = np.cumsum(counts), counts.sum()
    sums = np.cumsum(counts * middles)
    inside = (below > 0) & (below < total)
    if not inside.any():
        return Thresholds(0.0, 0.0)
    means_apart = sums[-1] * below[inside] - total * sums[inside]
    between = means_apart**2 / (below[inside] * (total - below[inside]).astype(np.float64))
    # Bins without a pixel leave the split as good as it was: the middle of such a run is taken.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-12))
    split = np.flatnonzero(inside)[[best[0], best[-1]]]
    high = min(float(bounds[1:][split].mean()), 1.0)
    return Thresholds(_LOW_SHARE * high, high)


def median(magnitude: Array, brightness: Array) -> Thresholds:
    """A third below and a third above the picture's median brightness, in OpenCV's old units.

    A rule of thumb much used with OpenCV on 8-bit pictures: its thresholds there are raw Sobel
    slopes, so a median of m gives 0.67·m and 1.33·m of 1020. brightness: fractions of full scale.

    >>> median(np.zeros(1), np.full(5, 0.5)).high
    0.16625
    """
    middle = max(float(np.median(brightness)), 0.0) / 4
    return Thresholds(min(0.67 * middle, 1.0), min(1.33 * middle, 1.0))


AUTOMATIC: MappingProxyType[str, Callable[[Array, Array], Thresholds]] = MappingProxyType(
    {"otsu": otsu, "median": median}
)
"""How thresholds can be chosen from the picture: by its gradient magnitudes or its brightness."""


def check_way(*, relative: bool, quantiles: bool, auto: str | None) -> None:
    """Raise InputError unless thresholds are said in one way, and `auto` is known.

    >>> check_way(relative=False, quantiles=False, auto="otsu")
    """
    ways = flag(relative, "relative"), flag(quantiles, "quantiles"), auto is not None
    if sum(ways) > 1:
        raise InputError("relative, quantiles and auto exclude one another")
    if auto is not None:
        one_of(auto, AUTOMATIC, "auto")


def choose_thresholds(
    magnitude: Array,
    brightness: Array,
    low: float,
    high: float,
    *,
    relative: bool = False,
    quantiles: bool = False,
    auto: str | None = None,
) -> Thresholds:
    """The thresholds to use, as fractions of the gradient's full scale.

    magnitude, brightness: of the pixels that count, as fractions of full scale.
    low, high: fractions of full scale; of the picture's own largest magnitude with `relative`; the
    shares of pixels that lie below with `quantiles`; not used with `auto`, "otsu" or "median".
    Raises InputError for numbers outside 0 to 1, low above high, an unknown name, or more than one
    of the three ways.

    >>> slopes = np.linspace(0, 0.5, 101)
    >>> choose_thresholds(slopes, slopes, 0.2, 0.8, relative=True)
    Thresholds(low=0.1, high=0.4)
    """
    check_way(relative=relative, quantiles=quantiles, auto=auto)
    asked = Thresholds(low, high)
    finite_magnitude = magnitude[np.isfinite(magnitude)]
    known = brightness[np.isfinite(brightness)]
    if not (finite_magnitude.size and known.size):
        return asked
    if auto is not None:
        return AUTOMATIC[auto](finite_magnitude, known)
    if relative:
        largest = min(float(finite_magnitude.max()), 1.0)
        return Thresholds(low * largest, high * largest)
    if quantiles:
        chosen = np.quantile(finite_magnitude, [low, high])
        return Thresholds(*(min(float(value), 1.0) for value in chosen))
    return asked
