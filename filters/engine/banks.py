"""All kernels of a bank at once: windows of a strip are gathered, and multiplied with every kernel.

What is gathered is shared by all outputs, and by a tile of pixels beside each other: the matrix of
the taps holds them once for each pixel of the tile, so many columns further down (Toeplitz blocks).
The runs of columns that tiles see lie one below the other in memory. So a window is one row of a
matrix, and the windows of the next row of pixels are the same memory, one run further on (M. Cho
and D. Brand, MEC: memory-efficient convolution, 2017). Products are small enough for BLAS to stay
on one thread: the strips have all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import gcd

import cv2
import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..arrays import ONE_THREAD, Array
from ..sizes import reach
from .correlation import Lay, correlated
from .plan import plan_of
from .rows import STRIP_BYTES, Rows, Stage
from .scratch import scratch
from .sides import Sides

Finish = Callable[[Array], object]

_WIDEST = 64
"""Columns of the matrix of taps: beyond them nothing is won."""

_RUN, _GATHERED = 8.0, 0.25
"""Nanoseconds to copy a run of columns, and for each number of it; see `Algorithm.cost`."""

_ADDED, _PLANNED, _PLANNED_TAP = 1.0, 50e3, 500.0
"""Nanoseconds to add a pixel of one kernel to another, to plan a kernel, and for each tap of it."""

_STRIP, _HALOS = 5e5, 4
"""Nanoseconds that a strip is worth, and so many times the rows of its halo it has at least."""

_PACKED = 5
"""So many more rows of a product could be made while its matrix of taps is laid ready."""


@dataclass(frozen=True, eq=False)
class Bank:
    """Kernels that are laid over a picture together.

    taps: (rows, columns, in, out), finite, in the dtype in which they are multiplied. width: of the
    response. stride, dilation: along (height, width).
    """

    taps: Array
    width: int
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)

    @property
    def cost(self) -> float:
        """About how long it takes for a pixel of all responses: see `Algorithm.cost`."""
        return self._cost_of(self.tile)

    @cached_property
    def tile(self) -> int:
        """How many pixels beside each other one row of a matrix product makes."""
        # Where taps stand apart, the pixels of a tile would hardly share a column.
        outputs = self.taps.shape[3]
        most = _WIDEST // outputs if 1 in (self.dilation[1], self.taps.shape[1]) else 1
        return min(range(1, max(1, min(most, self.width)) + 1), key=self._cost_of)

    def _cost_of(self, tile: int) -> float:
        rows, _, inputs, outputs = self.taps.shape
        numbers = self._run_of(tile) * inputs
        each = rows * numbers * outputs
        packed = 1 + _PACKED * tile * each / ONE_THREAD
        multiplied = packed * each / _per_nanosecond(tile * outputs)
        gathered = (_RUN + _GATHERED * numbers) * self.stride[0] / tile
        return float(multiplied * self.taps.itemsize / 4 + gathered)

    def _run_of(self, tile: int) -> int:
        """How many columns a tile sees."""
        return int((tile - 1) * self.stride[1] + self.taps.shape[1])

    @cached_property
    def _matrix(self) -> Array:
        """(what a tile sees, what it gives)."""
        rows, columns, inputs, outputs = self.taps.shape
        run = self._run_of(self.tile)
        matrix = np.zeros((rows, run, inputs, self.tile, outputs), self.taps.dtype)
        for pixel in range(self.tile):
            first = pixel * self.stride[1]
            matrix[:, first : first + columns, :, pixel] = self.taps
        return matrix.reshape(-1, self.tile * outputs)

    def correlate(
        self, rows: Array, sides: Sides, out: Array, finish: Finish | None = None
    ) -> None:
        """The responses to a strip of rows, (height, width, out), written into `out`.

        rows: (height, width) or (height, width, in), C-contiguous, continued above and below
        already. NaN and infinity reach exactly what has them under a tap that is not zero. finish:
        changes `out` in place.
        """
        wide = sides.continued(rows).reshape(len(rows), -1, self.taps.shape[2])
        if np.isfinite(cv2.sumElems(wide.reshape(len(wide), -1))[0]) or np.isfinite(wide).all():
            self._correlate_finite(wide, out, finish)
            return
        known = np.isfinite(wide)
        self._correlate_finite(np.where(known, wide, 0).astype(wide.dtype), out, None)
        nowhere = self._reached(np.isnan(wide), self.taps != 0)
        if (known | np.isnan(wide)).all():
            out[nowhere] = np.nan
        else:
            up, down, plus, minus = wide == np.inf, wide == -np.inf, self.taps > 0, self.taps < 0
            rises = self._reached(up, plus) | self._reached(down, minus)
            falls = self._reached(up, minus) | self._reached(down, plus)
            out[rises] = np.inf
            out[falls] = -np.inf
            out[nowhere | (rises & falls)] = np.nan
        if finish is not None:
            finish(out)

    def _reached(self, marked: Array, under: Array) -> Array:
        """Where a marked pixel lies under one of these taps."""
        bank = replace(self, taps=under.astype(np.float32))
        shape = [
            (side - reach(taps, gap)) // step + 1
            for side, taps, gap, step in zip(
                marked.shape, under.shape, self.dilation, self.stride, strict=False
            )
        ]
        count = np.empty((*shape, under.shape[3]), np.float32)
        bank._correlate_finite(marked.astype(np.float32), count, None)
        met: Array = count > 0.5
        return met

    def _correlate_finite(self, wide: Array, out: Array, finish: Finish | None) -> None:
        # What is too large for the dtype becomes infinity, as everywhere.
        with np.errstate(over="ignore", invalid="ignore"):
            self._correlate_columns(wide, out)
        if finish is not None:
            finish(out)

    def _correlate_columns(self, wide: Array, out: Array) -> None:
        most = max(1, ONE_THREAD // self._matrix.size)
        stretches = _stretches(out.shape[1], self.tile, most)
        # Of rows that are gathered once, taps that stand apart see every so many of `out`.
        apart = gcd(self.stride[0], self.dilation[0])
        every = self.dilation[0] // apart
        for top in range(min(every, len(out))):
            seen, into = wide[top * self.stride[0] :: self.dilation[0]], out[top::every]
            self._multiply(seen, into, self.stride[0] // apart, stretches)

    def _multiply(
        self, rows: Array, out: Array, step: int, stretches: Sequence[tuple[int, int]]
    ) -> None:
        """Rows of `out`, each `step` rows of `rows` after the last, in stretches of columns."""
        taps, columns, inputs, _ = self.taps.shape
        down, across, value = rows.strides
        height, run = len(out), self._run_of(self.tile)
        if run * taps == 1 and self.tile == 1:
            # One pixel is a window by itself: nothing is to be gathered.
            pixels = rows[: (height - 1) * step + 1 : step, :: self.stride[1]]
            for first, count in stretches:
                np.matmul(
                    pixels[:, first : first + count],
                    self._matrix,
                    out=out[:, first : first + count],
                )
            return
        seen = (height - 1) * step + taps
        apart = 1 if columns == 1 else self.dilation[1]
        most = max(count for _, count in stretches)
        gathered = scratch((most, seen, run, inputs), rows.dtype)
        each = gathered.strides
        windows = as_strided(
            gathered, (height, most, len(self._matrix)), (step * each[1], each[0], value)
        )
        runs = as_strided(
            rows,
            (out.shape[1] - self.tile + 1, seen, run, inputs),
            (self.stride[1] * across, down, apart * across, value),
        )
        for first, count in stretches:
            width = count * self.tile
            gathered[:count] = runs[first : first + width : self.tile]
            made = out[:, first : first + width].reshape(height, count, -1)
            np.matmul(windows[:, :count], self._matrix, out=made)


def _stretches(width: int, tile: int, most: int) -> list[tuple[int, int]]:
    """Where stretches of at most so many tiles begin, and how many they have."""
    tiles = width // tile
    stretches = [(first * tile, min(most, tiles - first)) for first in range(0, tiles, most)]
    if tiles * tile < width:
        # The last columns are made with some that are there already. One tile alone would be a
        # product with a vector, which BLAS gives to all its threads.
        last = min(tiles, 2, most)
        stretches.append((width - last * tile, last))
    return stretches


def _per_nanosecond(columns: int) -> float:
    """How many multiplications of a product whose second factor has so many columns, measured."""
    if columns % 32 == 0:
        return 72.0
    if columns > 16:
        return 42.0
    return float(44.0 * (columns / 16) ** 0.6)


def responses(source: Rows, taps: Array, lay: Lay, finish: Finish | None = None) -> Stage:
    """The responses of a bank to a picture, (height, width, out).

    taps: (rows, columns, in, out), in the dtype of `source`, which has as many channels. finish:
    changes a strip of them in place.
    """
    height, width = lay.result(source.shape, taps.shape)
    shape = (height, width, taps.shape[3])
    bank = Bank(taps, width, lay.stride, lay.dilation)
    if _kernel_by_kernel(bank, height * width):
        return _by_kernels(source, taps, lay, shape, finish)

    def strip(rows: Array, out: Array) -> None:
        bank.correlate(rows, Sides(lay.before[1], lay.after[1], lay.border), out, finish)

    stage = Stage(source, shape, source.dtype, strip, lay.window(taps.shape), lay.border)
    # Rows of the halo are gathered twice, but never multiplied twice: strips may be short, so that
    # small maps are shared out too.
    most = min(STRIP_BYTES // stage.widest, int(_STRIP / (bank.cost * width)))
    return replace(stage, rows_at_once=max(1, _HALOS * stage.halo, most))


def _kernel_by_kernel(bank: Bank, pixels: int) -> bool:
    """Whether laying one kernel after the other over every pixel is quicker: few, or large ones."""
    rows, columns, inputs, outputs = bank.taps.shape
    kernels, skipped = inputs * outputs, bank.stride[0] * bank.stride[1]
    least = kernels * _ADDED * skipped
    planning = kernels * (_PLANNED + _PLANNED_TAP * rows * columns)
    if bank.cost < least or (bank.cost - least) * pixels < planning:
        return False
    plain = bank.taps.reshape(rows, columns, kernels).astype(np.float64)
    costs = (plan_of(plain[..., n], bank.taps.dtype).chosen.cost for n in range(kernels))
    return bool(least + sum(costs) * skipped < bank.cost)


def _by_kernels(
    source: Rows, taps: Array, lay: Lay, shape: tuple[int, int, int], finish: Finish | None
) -> Stage:
    def beside_each_other(planes: Sequence[Array], out: Array) -> None:
        for number, plane in enumerate(planes):
            out[..., number] = plane
        if finish is not None:
            finish(out)

    kernels = [taps[..., number].astype(np.float64) for number in range(shape[2])]
    return replace(correlated(source, kernels, lay, beside_each_other), shape=shape)
