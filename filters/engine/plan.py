"""Choosing the algorithm: which is quickest for a kernel, and what that rests on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import DTypeLike

from ..arrays import Array
from .algorithms import Algorithm, Direct, candidates, direct_taps
from .sides import Sides

_SAMPLE = 1024
_ORDINARY = 1e12
"""What a strip of an ordinary picture adds up to at most; what stands for no data is larger."""

_WORTH_SAYING = 1.15


@dataclass(frozen=True, eq=False)
class Plan:
    """How a kernel is laid on pictures of a dtype, and why.

    taps: (rows, columns). dtype: float32 or float64. chosen: the quickest way; others: what was not
    chosen, quickest first.
    """

    taps: Array
    dtype: np.dtype[Any]
    chosen: Algorithm
    others: tuple[Algorithm, ...]

    @property
    def algorithm(self) -> str:
        """The name of what was chosen."""
        return self.chosen.name

    @property
    def reason(self) -> str:
        """In words, what speaks for it."""
        if not self.others:
            return "small enough to go tap by tap"
        second = self.others[0]
        times = second.cost / self.chosen.cost
        return (
            f"about {times:.1f} times as fast as {second.name}"
            if times >= _WORTH_SAYING
            else f"about as fast as {second.name}"
        )

    def correlate(self, rows: Array, sides: Sides, out: Array | None = None) -> Array:
        """The correlation of rows, as the algorithms give it, whatever numbers they hold.

        NaN and infinity reach exactly the pixels that have them under a tap that is not zero, and
        a huge value, such as the -3.4e38 that stands for no data in maps, drowns nothing else.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            way = self.chosen
            if way.needs_finite or self._vanishes:
                total = cv2.norm(_flat(rows), cv2.NORM_L1)
                if not np.isfinite(total):
                    return self._beside_what_is_not_finite(rows, sides, out)
                if total > self._bearable:
                    way = self._plain
                elif not _is_level(rows, total, way.level):
                    way = self._sure
            return way.correlate(rows, sides, out)

    @property
    def rows_at_once(self) -> int:
        """How many rows the algorithm likes to be asked for; 0 for any number."""
        return self.chosen.rows_at_once

    def over(self, rows: Array, sides: Sides, out: Array) -> bool:
        """The correlation written into as many rows as it is of, those at both ends worthless.

        Gives False, and has written nothing, where only `correlate` will do.
        """
        return (
            isinstance(self.chosen, Direct)
            and not self._vanishes
            and self.chosen.over(rows, sides, out)
        )

    @cached_property
    def _plain(self) -> Direct:
        return Direct(self.taps, direct_taps(self.dtype))

    @cached_property
    def _sure(self) -> Algorithm:
        """The quickest way in which no value drowns another."""
        ways = (self.chosen, *self.others, self._plain)
        return next(way for way in ways if way.level == np.inf)

    @cached_property
    def _bearable(self) -> float:
        """What magnitudes may add up to, so that no sum on the way becomes infinite: it would reach
        as far as the zeros that it is multiplied with.
        """
        # No pass multiplies by more: of several products each is at most the norm of the taps.
        most = 4 * self.taps.size * float(np.abs(self.taps).max())
        return float(np.finfo(self.dtype).max) / max(1.0, most)

    @cached_property
    def _vanishes(self) -> bool:
        """Whether a tap that is not zero is one in the dtype in which it is multiplied."""
        return bool(((self.taps.astype(self.dtype) == 0) != (self.taps == 0)).any())

    def _beside_what_is_not_finite(self, rows: Array, sides: Sides, out: Array | None) -> Array:
        known = np.isfinite(rows)
        if known.all():
            return self._plain.correlate(rows, sides, out)
        response = self.correlate(np.where(known, rows, 0).astype(rows.dtype), sides, out)
        up, down = (self._reached(rows == end, sides) for end in (np.inf, -np.inf))
        nowhere = self._reached(np.isnan(rows), sides)
        rises, falls = up[0] | down[1], up[1] | down[0]
        response[rises] = np.inf
        response[falls] = -np.inf
        response[(rises & falls) | nowhere[0] | nowhere[1]] = np.nan
        return response

    def _reached(self, marked: Array, sides: Sides) -> tuple[Array, Array]:
        """Where a marked pixel lies under a positive tap, and where under a negative one."""
        if not marked.any():
            return np.zeros((), bool), np.zeros((), bool)
        marks = marked.astype(np.float32)
        above, below = (
            Direct(under.astype(np.float64), direct_taps(np.float32)).correlate(marks, sides) > 0.5
            for under in (self.taps > 0, self.taps < 0)
        )
        return above, below


def plan_of(taps: Array, dtype: DTypeLike) -> Plan:
    """The plan for taps of (rows, columns) on pictures that are filtered in `dtype`.

    >>> plan_of(np.ones((31, 31)), np.float32).algorithm
    'running sums'
    """
    return _planned(np.ascontiguousarray(taps, np.float64).tobytes(), taps.shape, np.dtype(dtype))


@lru_cache(maxsize=256)
def _planned(taps: bytes, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Plan:
    # Looking a kernel over takes longer than filtering a small picture with it.
    kernel = np.frombuffer(taps).reshape(shape)
    chosen, *others = candidates(kernel, dtype)
    return Plan(kernel, dtype, chosen, tuple(others))


def _flat(rows: Array) -> Array:
    return rows.reshape(len(rows), -1)


def _is_level(rows: Array, total: float, level: float) -> bool:
    """Whether no value is more than `level` times as large as another that is not zero.

    total: what the magnitudes add up to; where it is ordinary, a sample of the small ones will do.
    """
    if level == np.inf:
        return True
    if total <= _ORDINARY:
        sample = np.abs(rows.reshape(-1)[:: max(1, rows.size // _SAMPLE)])
        known = sample[sample > 0]
        if known.size and total <= level * float(known.min()):
            return True
    flat = _flat(rows)
    least = cv2.norm(flat, cv2.NORM_INF) / level
    small = cv2.countNonZero(cv2.inRange(flat, -least, least))
    return bool(small == flat.size - cv2.countNonZero(flat))
