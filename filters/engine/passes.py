"""Kernels that are outer products, or a few of them: down the columns, then along the rows.

Both passes are products with a banded matrix that holds the taps of a line again and again, each
time one place further (a Toeplitz matrix). It multiplies with many zeros, and is about twice as
fast as going tap by tap all the same, because nothing is as quick as a matrix product. Products are
small enough for BLAS to stay on one thread: the strips have all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..arrays import ONE_THREAD, Array
from .factors import Pair
from .scratch import scratch, strip_memory
from .sides import Sides

_DOWN, _ALONG = 16, 16
"""Rows, and columns, of what one product makes. Below 16 the products get slow."""

_AT_ONCE = 256
"""Rows between the two passes."""

_START, _TAP, _ADDED = 2.3, 0.022, 0.8
"""Nanoseconds for a pixel, see `Algorithm.cost`."""


@dataclass(frozen=True, eq=False)
class Passes:
    """Pairs of passes, one for each outer product, and maybe a single tap beside them.

    place: where in the kernel the single tap is; weight: what it adds, 0 for none. level: see
    `algorithms`.
    """

    pairs: tuple[Pair, ...]
    dtype: np.dtype[Any]
    place: tuple[int, int] = (0, 0)
    weight: float = 0.0
    level: float = np.inf
    needs_finite: bool = True
    rows_at_once: int = 256

    @property
    def name(self) -> str:
        """In words."""
        passes = "two passes" if len(self.pairs) == 1 else f"{len(self.pairs)} times two passes"
        return f"{passes} and a single tap" if self.weight else passes

    @property
    def cost(self) -> float:
        """By the length of columns and rows."""
        lines = sum(_START + _TAP * (pair.column.size + pair.row.size) for pair in self.pairs)
        return lines + _ADDED * (len(self.pairs) - 1 + bool(self.weight))

    @cached_property
    def _bands(self) -> tuple[tuple[Array, Array], ...]:
        """For each pair the matrix that stands before its columns, and that behind its rows."""
        return tuple(
            (
                np.ascontiguousarray(_banded(pair.column, _DOWN).T, self.dtype),
                _banded(pair.row, _ALONG).astype(self.dtype),
            )
            for pair in self.pairs
        )

    def correlate(self, rows: Array, sides: Sides, out: Array | None = None) -> Array:
        """See `algorithms`."""
        down, along = self.pairs[0].column.size, self.pairs[0].row.size
        wide = sides.left + rows.shape[1] + sides.right
        height = len(rows) - down + 1
        shape = (height, wide - along + 1, *rows.shape[2:])
        result = scratch(shape, rows.dtype) if out is None else out
        if rows.ndim == 3:
            return self._plane_by_plane(rows, sides, result)
        passed = scratch((_AT_ONCE, wide), rows.dtype)
        part = scratch((_AT_ONCE, *shape[1:]), rows.dtype)
        top = 0
        while top < height:
            # All whole blocks of rows that there are, then what is left of one.
            made = min(_AT_ONCE, height - top)
            made = made // _DOWN * _DOWN or made
            seen, into = rows[top : top + made + down - 1], result[top : top + made]
            with strip_memory():
                # BLAS adds up in another order when a product has fewer rows: none has.
                whole = -(-made // _DOWN) * _DOWN
                if whole != made:
                    seen = _with_more_rows(seen, whole - made)
                    into = scratch((whole, *shape[1:]), rows.dtype)
                self._make(seen, sides, passed[:whole], part[:whole], into)
                if whole != made:
                    result[top : top + made] = into[:made]
            top += made
        return result

    def _plane_by_plane(self, rows: Array, sides: Sides, result: Array) -> Array:
        channels = rows.shape[2]
        planes = [scratch(rows.shape[:2], rows.dtype) for _ in range(channels)]
        responses = [scratch(result.shape[:2], rows.dtype) for _ in range(channels)]
        cv2.split(rows, planes)
        for plane, response in zip(planes, responses, strict=True):
            with strip_memory():
                self.correlate(plane, sides, response)
        cv2.merge(responses, result)
        return result

    def _make(self, seen: Array, sides: Sides, passed: Array, part: Array, out: Array) -> None:
        """A whole number of blocks of rows, by way of `passed` and `part`."""
        inside = slice(sides.left, sides.left + seen.shape[1])
        for number, (before, behind) in enumerate(self._bands):
            _down_columns(before, seen, passed[:, inside])
            sides.fill(passed)
            _along_rows(passed, behind, part if number else out)
            if number:
                np.add(out, part, out=out)
        if self.weight:
            beside = seen[self.place[0] : self.place[0] + len(out)]
            if (self.place[1], out.shape[1]) != (sides.left, seen.shape[1]):
                beside = sides.continued(beside)[:, self.place[1] : self.place[1] + out.shape[1]]
            np.multiply(beside, seen.dtype.type(self.weight), out=part)
            np.add(out, part, out=out)


def _with_more_rows(rows: Array, more: int) -> Array:
    longer = scratch((len(rows) + more, *rows.shape[1:]), rows.dtype)
    longer[: len(rows)] = rows
    longer[len(rows) :] = 0
    return longer


def _banded(line: Array, times: int) -> Array:
    """(times + taps - 1, times): the taps of a line in every column, each one row further down."""
    band = np.zeros((times + line.size - 1, times))
    for column in range(times):
        band[column : column + line.size, column] = line
    return band


def _down_columns(band: Array, rows: Array, out: Array) -> None:
    """Down the columns of `rows`: each block of rows as band @ (what it sees, columns)."""
    height, seen = band.shape
    blocks, wide = len(out) // height, out.shape[1]
    most = max(_ALONG, ONE_THREAD // band.size // _ALONG * _ALONG)
    for left, count, width in _tiles(wide, most):
        number, apart = (blocks, count), (height, width)
        np.matmul(
            band,
            _tiled(rows[:, left:], number, apart, (seen, width)),
            out=_tiled(out[:, left:], number, apart, (height, width)),
        )


def _tiles(wide: int, most: int) -> list[tuple[int, int, int]]:
    """(first column, number, width) of tiles side by side that cover `wide` columns.

    The last may lie over the one before: BLAS adds up in another order where a product is not a
    multiple of 16 wide, and in yet another from row to row.
    """
    count, rest = divmod(wide, most)
    found = [(0, count, most)]
    if rest >= _ALONG:
        found.append((count * most, 1, rest // _ALONG * _ALONG))
    if rest % _ALONG:
        found.append((max(0, wide - _ALONG), 1, min(wide, _ALONG)))
    return [tile for tile in found if tile[1]]


def _along_rows(rows: Array, band: Array, out: Array) -> None:
    """Along each row: each tile of columns as (rows, what it sees) @ band."""
    seen, tile = band.shape
    height = _DOWN
    while height > 1 and height * band.size > ONE_THREAD:
        height //= 2
    blocks = len(out) // height
    for left, count, width in _tiles(out.shape[1], tile):
        number, apart = (blocks, count), (height, tile)
        reach = width + seen - tile
        np.matmul(
            _tiled(rows[:, left:], number, apart, (height, reach)),
            np.ascontiguousarray(band[:reach, :width]),
            out=_tiled(out[:, left:], number, apart, (height, width)),
        )


def _tiled(
    rows: Array, count: tuple[int, int], apart: tuple[int, int], size: tuple[int, int]
) -> Array:
    """(down, across, height, width): rectangles of an array, which may overlap, without a copy."""
    down, across = rows.strides
    return as_strided(rows, (*count, *size), (apart[0] * down, apart[1] * across, down, across))
