"""What a kernel is made of: an outer product, a few of them, a point and one of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import Array

_ROUNDING = 1e-13
"""Of the largest tap: what a product may differ from the taps."""

_MOST_PAIRS = 4

_MOST_CANCELLED = 2
"""Times the largest tap: parts that are larger cancel, and leave their rounding."""


@dataclass(frozen=True, eq=False)
class Pair:
    """A column and a row whose outer product is a kernel, or a part of one."""

    column: Array
    row: Array

    @property
    def product(self) -> Array:
        """The kernel that they make."""
        return np.outer(self.column, self.row)


def separated(taps: Array) -> tuple[Array, Array] | None:
    """The column and the row whose outer product the taps are, or None where they are not one.

    taps: (rows, columns). To within rounding: 1e-13 of the largest tap.

    >>> separated(np.outer([1.0, 2.0], [3.0, 0.0, -3.0]))[0].tolist()
    [3.0, 6.0]
    """
    top, left = np.unravel_index(np.abs(taps).argmax(), taps.shape)
    largest = taps[top, left]
    if largest == 0:
        return None
    column, row = taps[:, left], taps[top] / largest
    # An exact zero decides where NaN goes, so zeros must be where the product has them.
    product = np.outer(column, row)
    same = np.abs(product - taps).max() <= _ROUNDING * abs(largest)
    return (column, row) if same and ((product == 0) == (taps == 0)).all() else None


def point_and_pair(taps: Array) -> tuple[tuple[int, int], float, Pair] | None:
    """A single tap and a pair that make up the taps together, as in an unsharp mask; or None.

    Gives the place of the tap, its weight, and the pair. The place is where the largest tap is.

    >>> place, weight, _ = point_and_pair(np.diag([0.0, 9.0, 0.0]) - np.outer([1, 2, 1], [1, 2, 1]))
    >>> place, weight
    ((1, 1), 9.0)
    """
    place = np.unravel_index(np.abs(taps).argmax(), taps.shape)
    top, left = int(place[0]), int(place[1])
    others = np.abs(taps)
    others[top], others[:, left] = 0, 0
    # What a pair would hold there follows from three other taps of it.
    below, beside = np.unravel_index(others.argmax(), taps.shape)
    corner = taps[below, beside]
    if others[below, beside] == 0:
        return None
    with np.errstate(over="ignore"):
        held = taps[top, beside] * (taps[below, left] / corner)
    if abs(held) / _MOST_CANCELLED > abs(taps[top, left]):
        return None
    rest = taps.copy()
    rest[top, left] = held
    pair = separated(rest)
    if pair is None:
        return None
    return (top, left), float(taps[top, left] - rest[top, left]), Pair(*pair)


def pairs(taps: Array) -> tuple[Pair, ...] | None:
    """At most four pairs whose outer products add up to the taps, or None where it takes more.

    Source: the singular value decomposition, Eckart and Young, 1936.

    >>> len(pairs(np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])))
    2
    """
    left, values, right = np.linalg.svd(taps)
    rank = int((values > _ROUNDING * values[0]).sum())
    if rank > _MOST_PAIRS:
        return None
    found = tuple(Pair(left[:, k] * values[k], right[k]) for k in range(rank))
    same = (
        np.abs(sum(pair.product for pair in found) - taps).max() <= _ROUNDING * np.abs(taps).max()
    )
    return found if same else None


def constant(taps: Array) -> float | None:
    """The weight that every tap has, or None where they differ.

    >>> constant(np.full((3, 5), 0.5)), constant(np.eye(2))
    (0.5, None)
    """
    weight = float(taps.flat[0])
    return weight if bool((taps == weight).all()) and weight else None
