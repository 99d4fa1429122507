"""The ways to correlate a strip of rows with a kernel, each quickest for some kernels.

All give the same numbers up to rounding. They take rows in float32 or float64, (rows, columns) or
(rows, columns, channels), C-contiguous, and how the columns go on beyond both sides; rows are not
continued. They give every position at which the kernel then lies inside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import DTypeLike

from ..arrays import Array
from .factors import Pair, constant, pairs, point_and_pair, separated
from .passes import Passes
from .scratch import scratch, strip_memory
from .sides import Sides

_CHANNELS_AT_ONCE = 4
_SSE3 = 3

NANOSECONDS = {"start": 1.1, "tap": 0.048, "tile": 2.5, "box": 3.5, "fourier": 14.5}
"""What a pixel of float32 costs by each part of the work, measured side by side on one machine."""

LEVEL = 1e9
"""How many times larger a value may be than others before sums or transforms lose the others: no
picture has such a range, but a map may, with 1e20 or -3.4e38 for what is not known."""


class Algorithm(Protocol):
    """One way to correlate."""

    @property
    def name(self) -> str:
        """In words."""

    @property
    def cost(self) -> float:
        """About how long it takes for a pixel: nanoseconds on the machine on which it was measured.

        Only the order of several of them matters.
        """

    @property
    def needs_finite(self) -> bool:
        """Whether NaN or infinity in the strip would reach more than it should."""

    @property
    def level(self) -> float:
        """How many times larger than others a value may be before it drowns them."""

    @property
    def rows_at_once(self) -> int:
        """How many rows it likes to be asked for; 0 for any number."""

    def correlate(self, rows: Array, sides: Sides, out: Array | None = None) -> Array:
        """The correlation: `out`, or where there is none a new array or a view of one."""


@dataclass(frozen=True, eq=False)
class Tile:
    """A rectangle of a kernel, small enough for OpenCV to go tap by tap; top, left: its place."""

    top: int
    left: int
    taps: Array


@dataclass(frozen=True, eq=False)
class Direct:
    """Every tap that is not zero, one after the other: `cv2.filter2D`, in tiles of the kernel.

    most: how many taps a tile may have before OpenCV takes a Fourier transform instead.
    """

    taps: Array
    most: int
    name: str = "direct"
    needs_finite: bool = False
    level: float = np.inf
    rows_at_once: int = 0

    @cached_property
    def tiles(self) -> tuple[Tile, ...]:
        """The kernel in the tiles that cost least; empty rectangles are left out."""
        rows, columns = self.taps.shape
        wide = min(columns, self.most)
        side = int(self.most**0.5)
        return min(
            (
                self._tiled(min(rows, max(1, self.most // wide)), wide),
                self._tiled(min(rows, side), min(columns, side)),
                self._tiled(min(rows, self.most), max(1, self.most // min(rows, self.most))),
            ),
            key=_cost_of,
        )

    def _tiled(self, height: int, width: int) -> tuple[Tile, ...]:
        rows, columns = self.taps.shape
        found = []
        for top in range(0, rows, height):
            for left in range(0, columns, width):
                part = self.taps[top : top + height, left : left + width]
                if part.any():
                    down, across = (np.flatnonzero(part.any(axis=1 - axis)) for axis in (0, 1))
                    lies = np.s_[down[0] : down[-1] + 1, across[0] : across[-1] + 1]
                    found.append(Tile(top + int(down[0]), left + int(across[0]), part[lies]))
        return tuple(found)

    @property
    def cost(self) -> float:
        """By the number of tiles and of taps."""
        return _cost_of(self.tiles)

    def correlate(self, rows: Array, sides: Sides, out: Array | None = None) -> Array:
        """See the module."""
        if len(self.tiles) == 1 and self.taps.size <= self.most:
            return _given(_filtered(rows, self.taps, sides), out)
        wide = sides.continued(rows)
        height, width = (
            side - taps + 1 for side, taps in zip(wide.shape, self.taps.shape, strict=False)
        )
        shape = (height, width, *rows.shape[2:])
        total = scratch(shape, rows.dtype) if out is None else out
        total[...] = 0
        for tile in self.tiles:
            down, across = tile.taps.shape
            seen = wide[
                tile.top : tile.top + height + down - 1, tile.left : tile.left + width + across - 1
            ]
            with strip_memory():
                np.add(total, _filtered(seen, tile.taps, Sides()), out=total)
        return total

    def over(self, rows: Array, sides: Sides, out: Array) -> bool:
        """As `Plan.over`: OpenCV writes a result as large as what it is given."""
        border = sides.opencv(self.taps.shape[1], rows.shape[1])
        few = rows.ndim == 2 or rows.shape[2] <= _CHANNELS_AT_ONCE
        if border is None or not few or len(self.tiles) != 1 or self.taps.size > self.most:
            return False
        cv2.filter2D(rows, -1, self.taps.astype(rows.dtype), dst=out, borderType=border)
        return True


@dataclass(frozen=True, eq=False)
class RunningSums:
    """Sums that go along with the window, the same effort for any size: for constant kernels."""

    weight: float
    shape: tuple[int, int]
    level: float
    name: str = "running sums"
    needs_finite: bool = True
    rows_at_once: int = 0
    cost: float = NANOSECONDS["box"]

    def correlate(self, rows: Array, sides: Sides, out: Array | None = None) -> Array:
        """See the module."""
        height, width = self.shape
        share = self.weight * height * width
        is_mean = abs(share - 1) < 1e-12

        def summed(part: Array, border: int, into: Array) -> None:
            cv2.boxFilter(
                part,
                -1,
                (width, height),
                dst=into,
                anchor=(width // 2, height // 2),
                normalize=is_mean,
                borderType=border,
            )

        total = _laid(rows, self.shape, sides, summed)
        if is_mean:
            return _given(total, out)
        scaled = total if out is None else out
        np.multiply(total, rows.dtype.type(self.weight), out=scaled)
        return scaled


@dataclass(frozen=True, eq=False)
class Fourier:
    """OpenCV's Fourier transform, block by block: for large kernels of no special kind."""

    taps: Array
    name: str = "Fourier transform"
    needs_finite: bool = True
    level: float = LEVEL
    cost: float = NANOSECONDS["fourier"]

    def correlate(self, rows: Array, sides: Sides, out: Array | None = None) -> Array:
        """See the module."""
        return _given(_filtered(rows, self.taps, sides), out)

    @property
    def rows_at_once(self) -> int:
        """Two of the blocks that OpenCV transforms, so that none of them is a part only."""
        taps = self.taps.shape[0]
        block = max(round(4.5 * taps), 257 - taps)
        transformed = int(cv2.getOptimalDFTSize(block + taps - 1))
        rows: int = 2 * (transformed - taps + 1) - (taps - 1)
        return rows


def direct_taps(dtype: DTypeLike) -> int:
    """The most taps with which `cv2.filter2D` goes tap by tap, and not by Fourier's transform.

    More for float32 where the processor has SSE3.

    >>> direct_taps(np.float64)
    49
    """
    has_more = np.dtype(dtype) == np.float32 and cv2.checkHardwareSupport(_SSE3)
    return 129 if has_more else 49


def candidates(taps: Array, dtype: np.dtype[Any]) -> list[Algorithm]:
    """Every algorithm that the taps allow, the quickest first.

    >>> [found.name for found in candidates(np.ones((31, 31)), np.dtype(np.float32))]
    ['running sums', 'two passes', 'Fourier transform', 'direct']
    """
    found: list[Algorithm] = [Direct(taps, direct_taps(dtype))]
    if taps.size > direct_taps(dtype):
        found.append(Fourier(taps))
    if min(taps.shape) > 1 and taps.any():
        weight, pair = constant(taps), separated(taps)
        if weight is not None:
            # OpenCV adds up float32 in float64.
            level = 1e3 * LEVEL if dtype == np.float32 else LEVEL
            found.append(RunningSums(weight, taps.shape, level))
        if pair is not None:
            found.append(Passes((Pair(*pair),), dtype))
        else:
            found.extend(_sums(taps, dtype))
    return sorted(found, key=lambda algorithm: algorithm.cost)


def _sums(taps: Array, dtype: np.dtype[Any]) -> list[Passes]:
    pointed, several = point_and_pair(taps), pairs(taps)
    # Where a tap is zero the parts cancel, and nothing else hides what is left of a huge value.
    level = np.inf if taps.all() else LEVEL
    found = []
    if pointed is not None:
        place, weight, pair = pointed
        found.append(Passes((pair,), dtype, place, weight, level))
    if several is not None:
        found.append(Passes(several, dtype, level=level))
    return found


def _cost_of(tiles: tuple[Tile, ...]) -> float:
    taps = sum(int(np.count_nonzero(tile.taps)) for tile in tiles)
    more = NANOSECONDS["tile"] * (len(tiles) - 1) if len(tiles) > 1 else 0.0
    return NANOSECONDS["start"] + more + NANOSECONDS["tap"] * taps


def _filtered(rows: Array, taps: Array, sides: Sides) -> Array:
    # cv2.filter2D anchors an even kernel at k // 2, as `_laid` takes for granted.
    weights = taps.astype(rows.dtype)

    def filtered(part: Array, border: int, into: Array) -> None:
        cv2.filter2D(part, -1, weights, dst=into, borderType=border)

    return _laid(rows, taps.shape, sides, filtered)


def _laid(
    rows: Array, shape: tuple[int, ...], sides: Sides, filtered: Callable[[Array, int, Array], None]
) -> Array:
    """What OpenCV gives where the kernel lies inside, of a result as large as what it is given."""
    height, width = shape
    border = sides.opencv(width, rows.shape[1])
    wide = sides.continued(rows) if border is None else rows
    whole = scratch(wide.shape, wide.dtype)
    around = cv2.BORDER_CONSTANT if border is None else border
    # OpenCV filters up to four channels at once.
    if wide.ndim == 2 or wide.shape[2] <= _CHANNELS_AT_ONCE:
        filtered(wide, around, whole)
    else:
        plane, made = (scratch(wide.shape[:2], wide.dtype) for _ in range(2))
        for channel in range(wide.shape[2]):
            plane[...] = wide[..., channel]
            filtered(plane, around, made)
            whole[..., channel] = made
    kept = whole[height // 2 : height // 2 + wide.shape[0] - height + 1]
    if border is not None:
        return kept
    return kept[:, width // 2 : width // 2 + wide.shape[1] - width + 1]


def _given(response: Array, out: Array | None) -> Array:
    if out is None:
        return response
    np.copyto(out, response)
    return out
