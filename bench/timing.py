"""Times taken alternately, and what is said of them: ratios, their median and their quartiles."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Call = Callable[[], Any]
Times = NDArray[np.float64]

SHORTEST = 0.005
"""Seconds: what takes less is repeated within one reading."""

_LONG = 1.0


@dataclass(frozen=True)
class Spread:
    """The median of some figures, and their lower and upper quartile.

    >>> print(Spread(0.314, 0.302, 0.33))
    0.31 (0.30–0.33)
    """

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{short(self.median)} ({short(self.low)}–{short(self.high)})"


@dataclass(frozen=True)
class Pace:
    """How much is measured: at least `fewest` rounds, then more until `seconds` or `most`.

    longest: seconds after which three rounds are enough.
    """

    fewest: int = 7
    most: int = 25
    seconds: float = 4.0
    longest: float = 60.0

    def goes_on(self, rounds: int, spent: float) -> bool:
        """Whether another round is due after so many, and so many seconds.

        >>> [Pace(7, 25, 4.0).goes_on(*after) for after in ((6, 9.0), (7, 3.0), (7, 5.0))]
        [True, True, False]
        """
        if spent >= self.longest:
            return rounds < min(3, self.fewest)
        return rounds < self.fewest or (rounds < self.most and spent < self.seconds)


def short(number: float) -> str:
    """A positive number: with two decimals, whole from 10 on, with two figures below 0.1.

    >>> [short(number) for number in (0.0312, 0.309, 1.04, 12.6, 131.2)]
    ['0.031', '0.31', '1.04', '13', '131']
    """
    if number <= 0 or not math.isfinite(number):
        return str(number)
    if number >= 10:
        return f"{number:.0f}"
    return f"{number:.{max(2, 1 - math.floor(math.log10(number)))}f}"


def spread(figures: ArrayLike) -> Spread:
    """The median and the quartiles of some figures.

    >>> spread([1.0, 2.0, 3.0, 4.0, 5.0])
    Spread(median=3.0, low=2.0, high=4.0)
    """
    found = np.quantile(np.asarray(figures, np.float64), (0.25, 0.5, 0.75))
    low, median, high = (float(value) for value in found)
    return Spread(median, low, high)


def ratio(ours: ArrayLike, others: ArrayLike) -> Spread:
    """The ratio of two times, taken round by round: what slows a whole round falls out.

    >>> ratio([1.0, 10.0, 1.0], [2.0, 20.0, 2.0]).median
    0.5
    """
    return spread(np.asarray(ours) / np.asarray(others))


def exponent(sizes: ArrayLike, times: ArrayLike) -> Spread:
    """The power of the size with which time grows: a line through the logarithms, for each round.

    sizes: (n,). times: (rounds, n).

    >>> round(exponent([1, 2, 4], [[3, 12, 48], [1, 4, 16]]).median, 6)
    2.0
    """
    x = np.log(np.asarray(sizes, np.float64))
    y = np.log(np.atleast_2d(np.asarray(times, np.float64)))
    x = x - x.mean()
    return spread((y - y.mean(axis=1, keepdims=True)) @ x / (x @ x))


def alternated(
    calls: Sequence[Call],
    pace: Pace,
    *,
    before: Call = lambda: None,
    clock: Callable[[], float] = time.perf_counter,
) -> Times:
    """Seconds a call, (rounds, calls): each call in its turn, round after round, after a warm-up.

    before: run ahead of every reading and not timed.
    """
    repeats = [_repeats(call, before, clock) for call in calls]
    rounds: list[list[float]] = []
    begun = clock()
    collecting = gc.isenabled()
    gc.disable()
    try:
        while pace.goes_on(len(rounds), clock() - begun):
            rounds.append(
                [_reading(*turn, before, clock) for turn in zip(calls, repeats, strict=True)]
            )
            gc.collect(0)
    finally:
        if collecting:
            gc.enable()
    return np.array(rounds)


def _repeats(call: Call, before: Call, clock: Callable[[], float]) -> int:
    # The first call loads libraries and fills caches; the second says how long one takes.
    taken = _reading(call, 1, before, clock)
    if taken < _LONG:
        taken = _reading(call, 1, before, clock)
    return max(1, math.ceil(SHORTEST / max(taken, 1e-7)))


def _reading(call: Call, repeats: int, before: Call, clock: Callable[[], float]) -> float:
    before()
    begun = clock()
    for _ in range(repeats):
        call()
    return (clock() - begun) / repeats
