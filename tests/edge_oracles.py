"""Thinning, linking and Canny as they are written down, in plain loops. Nothing here uses filt.

thin_by_loops(x, y, magnitude, method, tie)
    A pixel stays where it is greater than the point on the dark side of it, along its gradient, and
    at least the one on the bright side; where the two are equal the next one must be smaller.
link_by_labels(strength, low, high)
    The connected pieces above low that hold a pixel above high, by SciPy's labels.
canny_by_definition(grey, sigma, low, high, *, method, tie)
    SciPy's Gaussian and Sobel, then the two above. grey: (height, width), white is 1.

method: "interpolated" or "sectors". tie: values closer than this are equal.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import ndimage


def step_along(x, y, method) -> tuple[float, float]:
    """(right, down) to where the gradient leaves the 3 × 3 pixels, or to the nearest of eight."""
    if method == "interpolated":
        longest = max(abs(x), abs(y))
        return x / longest, y / longest
    eighth = round(math.degrees(math.atan2(y, x)) / 45) * 45
    return round(math.cos(math.radians(eighth))), round(math.sin(math.radians(eighth)))


def value_at(magnitude, y, x) -> float:
    """The magnitude at any point: shared linearly between pixels, 0 beyond the picture and NaN."""
    total = 0.0
    for row in (math.floor(y), math.floor(y) + 1):
        for column in (math.floor(x), math.floor(x) + 1):
            share = (1 - abs(y - row)) * (1 - abs(x - column))
            inside = 0 <= row < magnitude.shape[0] and 0 <= column < magnitude.shape[1]
            if share > 1e-12 and inside and math.isfinite(magnitude[row, column]):
                total += share * magnitude[row, column]
    return total


def thin_by_loops(x, y, magnitude, method, tie) -> np.ndarray:
    result = np.zeros_like(magnitude)
    for row, column in np.ndindex(*magnitude.shape):
        here = magnitude[row, column]
        if not here > 0 or not math.isfinite(here) or (x[row, column] == y[row, column] == 0):
            continue
        right, down = step_along(x[row, column], y[row, column], method)
        dark, bright, beyond = (
            value_at(magnitude, row + n * down, column + n * right) for n in (-1, 1, 2)
        )
        stays = here > dark + tie and here >= bright - tie
        if stays and bright >= here - tie:
            stays = here > beyond + tie
        if stays:
            result[row, column] = here
    return result


def link_by_labels(strength, low, high) -> np.ndarray:
    labels, count = ndimage.label(strength > low, np.ones((3, 3)))
    kept = [n for n in range(1, count + 1) if (strength[labels == n] > high).any()]
    return np.isin(labels, kept)


def canny_by_definition(grey, sigma, low, high, *, method="interpolated", tie=1e-6) -> np.ndarray:
    smooth = ndimage.gaussian_filter(grey, sigma, mode="mirror", truncate=4) if sigma else grey
    x, y = (ndimage.sobel(smooth, axis=axis, mode="mirror") for axis in (1, 0))
    return link_by_labels(thin_by_loops(x, y, np.hypot(x, y) / 4, method, tie), low, high)
