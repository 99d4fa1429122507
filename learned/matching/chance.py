"""A figure beside its chance level: what untrained kernels give for the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...filters.arrays import Array


@dataclass(frozen=True)
class Measured:
    """A figure of a kernel or a layer, beside what untrained ones give for it.

    low, median, high: 5%, half and 95% of the untrained ones stay below. p: the share of them that
    give at least this much, (b + 1) / (m + 1), so never 0. Source: Phipson and Smyth, 2010.
    """

    value: float
    low: float
    median: float
    high: float
    p: float


def measured(value: float, null: Array) -> Measured:
    """A figure beside the same figure of m untrained kernels, `null`, sorted from small to large.

    >>> measured(0.9, np.linspace(0, 1, 101)).p
    0.11764705882352941
    """
    low, median, high = (float(number) for number in np.quantile(null, [0.05, 0.5, 0.95]))
    p = float(at_least_share(null, np.array([value]))[0])
    return Measured(float(value), low, median, high, p)


def at_least_share(null: Array, values: Array) -> Array:
    """(b + 1) / (m + 1) for each of `values`, where b of the m sorted `null` are at least it.

    >>> at_least_share(np.array([1.0, 2.0, 3.0]), np.array([0.5, 2.0, 9.0])).tolist()
    [1.0, 0.75, 0.25]
    """
    above = len(null) - np.searchsorted(null, values, side="left")
    return np.asarray((above + 1) / (len(null) + 1))
