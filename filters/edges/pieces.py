"""Linking a class map that is cut into pieces: exactly as if it were whole.

Two passes. The first labels each piece and keeps what its neighbours must know; all of that
together decides which labels are edges; the second labels each piece again and keeps those. No two
pieces need be in memory at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .linking import Mask

Labels = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Side:
    """The labels along a side of a piece; crests are few, so they alone are kept, by their places.

    >>> Side.of(np.array([0, 7, 0], np.int32)).line.tolist()
    [0, 7, 0]
    """

    length: int
    places: Labels
    labels: Labels

    @staticmethod
    def of(line: Labels) -> Side:
        """The side whose pixels have these labels, 0 for none."""
        places = np.flatnonzero(line)
        return Side(len(line), places.astype(np.int32), line[places])

    @property
    def line(self) -> Labels:
        """The label of each pixel, 0 for none."""
        line = np.zeros(self.length, np.int32)
        line[self.places] = self.labels
        return line


@dataclass(frozen=True, eq=False)
class Piece:
    """What other pieces need to know of one: what touches its sides, and where it is strong.

    sides: the upper, lower, left and right one. Only what touches a side has a label, from 1, in
    the order in which it is met along the sides as they stand here. strong: (labels + 1,), whether
    a label holds a strong pixel; False for 0.

    >>> piece = piece_of(np.array([[2, 0, 1]], np.uint8))
    >>> piece.top.tolist(), piece.strong.tolist(), piece.count
    ([1, 0, 2], [False, True, False], 2)
    """

    sides: tuple[Side, Side, Side, Side]
    strong: Mask

    @property
    def top(self) -> Labels:
        """The labels of the uppermost row, (width,)."""
        return self.sides[0].line

    @property
    def bottom(self) -> Labels:
        """The labels of the lowermost row, (width,)."""
        return self.sides[1].line

    @property
    def left(self) -> Labels:
        """The labels of the first column, (height,)."""
        return self.sides[2].line

    @property
    def right(self) -> Labels:
        """The labels of the last column, (height,)."""
        return self.sides[3].line

    @property
    def count(self) -> int:
        """How many labels there are."""
        return len(self.strong) - 1


def piece_of(classes: NDArray[np.uint8]) -> Piece:
    """What the other pieces need to know of this one.

    classes: (height, width) uint8: 2 above the high threshold, 1 above the low one, 0 elsewhere.
    Raises InputError for another shape, TypeError for another dtype.

    >>> piece_of(np.array([[1, 0], [0, 2]], np.uint8)).bottom.tolist()
    [0, 1]
    """
    labels, strong = _labelled(classes)
    sides, touching = _numbered(labels)
    top, bottom, left, right = map(Side.of, sides)
    return Piece((top, bottom, left, right), np.append(False, strong[touching]))


def joined(pieces: Sequence[Sequence[Piece]]) -> list[list[Mask]]:
    """For each piece, by its labels, whether they are edges.

    pieces: rows of pieces from the top, each from the left, as they lie in the picture. Pieces
    touch by side or corner, as pixels do. Raises InputError where they are no grid.

    >>> pieces = [[piece_of(np.array([[value]], np.uint8)) for value in (2, 1, 0, 1)]]
    >>> [kept.tolist() for kept in joined(pieces)[0]]
    [[False, True], [False, True], [False], [False, False]]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    _check_grid(pieces)
    counts = [[len(piece.strong) for piece in row] for row in pieces]
    ends = np.cumsum([count for row in counts for count in row])
    total = int(ends[-1])
    firsts = iter(np.append(0, ends[:-1]).tolist())
    offsets = [[next(firsts) for _ in row] for row in pieces]
    pairs = np.concatenate([np.empty((2, 0), np.intp), *_touching(pieces, offsets)], axis=1)
    graph = coo_array((np.ones(pairs.shape[1], bool), pairs), (total, total))
    number, group = connected_components(graph, directed=False)
    strong = np.concatenate([piece.strong for row in pieces for piece in row])
    is_edge = np.zeros(number, bool)
    is_edge[group[strong]] = True
    kept = np.split(is_edge[group], ends[:-1])
    parts = iter(kept)
    return [[next(parts) for _ in row] for row in pieces]


def linked_piece(classes: NDArray[np.uint8], kept: Mask) -> Mask:
    """The edges of a piece, (height, width) bool, whose labels were `joined` with the others.

    classes: what was given to `piece_of`. kept: what `joined` gave for it. Errors as there, and
    InputError where `kept` is that of another piece.

    >>> linked_piece(np.array([[1, 0, 1]], np.uint8), np.array([False, False, True])).tolist()
    [[False, False, True]]
    """
    labels, edge = _labelled(classes)
    _, touching = _numbered(labels)
    if len(kept) != len(touching) + 1:
        raise InputError(f"kept must have {len(touching) + 1} values, got {len(kept)}")
    edge[touching] = kept[1:]
    edges = np.zeros(classes.shape, bool)
    places = np.flatnonzero(classes)
    edges.reshape(-1)[places] = edge[labels.reshape(-1)[places]]
    return edges


def _labelled(classes: NDArray[np.uint8]) -> tuple[Labels, Mask]:
    """The label of every pixel, 0 for none, and whether each label holds a strong pixel."""
    if classes.dtype != np.uint8:
        raise TypeError(f"classes must be uint8, got {classes.dtype}")
    if classes.ndim != 2 or classes.size == 0:
        raise InputError(f"classes must be (height, width), got shape {classes.shape}")
    count, labels = cv2.connectedComponents(np.ascontiguousarray(classes), connectivity=8)
    strong = np.zeros(count, bool)
    strong[labels[classes > 1]] = True
    return labels.astype(np.int32, copy=False), strong


def _numbered(labels: Labels) -> tuple[list[Labels], NDArray[np.intp]]:
    """The four sides in labels counted anew, and the old label of each new one from 1.

    The order is that along the sides: it stays the same however the pieces were labelled.
    """
    sides = [labels[0], labels[-1], labels[:, 0], labels[:, -1]]
    around = np.concatenate(sides)
    found, first, place = np.unique(around, return_index=True, return_inverse=True)
    order = np.argsort(np.where(found == 0, -1, first))
    order = order if found[order[0]] == 0 else np.append(len(found), order)
    rank = np.empty(len(found) + 1, np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    cuts = np.cumsum([len(side) for side in sides])[:-1]
    return np.split(rank[place], cuts), found[order[1:]].astype(np.intp)


def _check_grid(pieces: Sequence[Sequence[Piece]]) -> None:
    if not pieces or not pieces[0]:
        raise InputError("pieces must be rows of pieces, got none")
    heights = [[piece.sides[2].length for piece in row] for row in pieces]
    widths = [[piece.sides[0].length for piece in row] for row in pieces]
    if any(row != widths[0] for row in widths) or any(len(set(row)) > 1 for row in heights):
        raise InputError("pieces must lie in a grid: of one height in a row, of one width below")


def _touching(
    pieces: Sequence[Sequence[Piece]], offsets: Sequence[Sequence[int]]
) -> Iterator[NDArray[np.intp]]:
    """Pairs of labels, (2, n), that are one where pieces meet, each label with its offset."""
    for here, row in enumerate(pieces):
        for column, piece in enumerate(row):
            offset = offsets[here][column]
            if column + 1 < len(row):
                beside, more = row[column + 1], offsets[here][column + 1]
                yield from _across(piece.right, beside.left, offset, more)
            if here + 1 == len(pieces):
                continue
            below = pieces[here + 1]
            yield from _across(piece.bottom, below[column].top, offset, offsets[here + 1][column])
            for turn, corner, meets in (
                (-1, slice(0, 1), slice(-1, None)),
                (1, slice(-1, None), slice(0, 1)),
            ):
                if 0 <= column + turn < len(row):
                    more = offsets[here + 1][column + turn]
                    top = below[column + turn].top
                    yield from _pairs(piece.bottom[corner], top[meets], offset, more)


def _across(side: Labels, other: Labels, offset: int, more: int) -> Iterator[NDArray[np.intp]]:
    """Where two sides lie beside each other: each pixel meets three of the other."""
    yield from _pairs(side, other, offset, more)
    yield from _pairs(side[1:], other[:-1], offset, more)
    yield from _pairs(side[:-1], other[1:], offset, more)


def _pairs(side: Labels, other: Labels, offset: int, more: int) -> Iterator[NDArray[np.intp]]:
    met = (side > 0) & (other > 0)
    if met.any():
        pairs = np.stack([side[met] + np.intp(offset), other[met] + np.intp(more)])
        changes = (pairs[:, 1:] != pairs[:, :-1]).any(axis=0)
        yield pairs[:, np.append(True, changes)]
