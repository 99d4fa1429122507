"""Linking in pieces against linking the whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from filt.filters.edges.linking import link
from filt.filters.edges.pieces import joined, linked_piece, piece_of
from filt.filters.errors import InputError

NOTHING = np.array([False])


def cut(classes, rows, columns):
    """The map in a grid of pieces, whose heights and widths these are."""
    starts = np.cumsum([0, *rows]), np.cumsum([0, *columns])
    return [
        [
            classes[top : top + high, left : left + wide]
            for left, wide in zip(starts[1][:-1], columns, strict=True)
        ]
        for top, high in zip(starts[0][:-1], rows, strict=True)
    ]


def linked_in_pieces(classes, rows, columns):
    grid = cut(classes, rows, columns)
    kept = joined([[piece_of(piece) for piece in row] for row in grid])
    return np.block(
        [
            [linked_piece(piece, labels) for piece, labels in zip(*both, strict=True)]
            for both in zip(grid, kept, strict=True)
        ]
    )


@st.composite
def lengths(draw, total):
    cuts = draw(st.sets(st.integers(1, total - 1))) if total > 1 else set()
    return np.diff([0, *sorted(cuts), total]).tolist()


@st.composite
def cut_maps(draw):
    height, width = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    values = draw(st.sampled_from([(0, 1, 2), (0, 0, 1, 2), (0, 1), (0, 1, 1, 1, 1, 2)]))
    classes = draw(arrays(np.uint8, (height, width), elements=st.sampled_from(values)))
    return classes, draw(lengths(height)), draw(lengths(width))


@settings(max_examples=300, deadline=None)
@given(cut_maps())
def test_pieces_are_linked_as_the_whole_is(case):
    classes, rows, columns = case
    expected = link(classes, 0.5, 1.5)
    np.testing.assert_array_equal(linked_in_pieces(classes, rows, columns), expected)


def spiral(side):
    """One line of one pixel's width that winds inwards, strong at its inner end alone."""
    classes = np.zeros((side, side), np.uint8)
    row, column, step = 0, 0, (0, 1)
    classes[0, 0] = 1
    for _ in range(side * side):
        ahead = [row + 2 * step[0], column + 2 * step[1]]
        free = all(0 <= place < side for place in (row + step[0], column + step[1]))
        beyond = all(0 <= place < side for place in ahead) and classes[tuple(ahead)]
        if not free or beyond or classes[row + step[0], column + step[1]]:
            step = (step[1], -step[0])
            following = row + step[0], column + step[1]
            far = row + 2 * step[0], column + 2 * step[1]
            if classes[following] or classes[far]:
                break
            continue
        row, column = row + step[0], column + step[1]
        classes[row, column] = 1
    classes[row, column] = 2
    return classes


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 31])
def test_a_spiral_is_followed_through_every_piece(size):
    classes = spiral(31)
    assert (classes == 2).sum() == 1
    assert classes[0].all()
    assert (classes > 0).sum() > 400
    whole, rest = divmod(31, size)
    lengths = [size] * whole + [rest] * (rest > 0)
    np.testing.assert_array_equal(linked_in_pieces(classes, lengths, lengths), classes > 0)
    np.testing.assert_array_equal(linked_in_pieces(classes, lengths, [31]), classes > 0)
    weak = np.minimum(classes, 1)
    assert not linked_in_pieces(weak, lengths, lengths).any()


@pytest.mark.parametrize("turn", [0, 1])
def test_two_pieces_touch_through_the_corner_of_four(turn):
    classes = np.rot90(np.array([[1, 0], [0, 2]], np.uint8), turn)
    np.testing.assert_array_equal(linked_in_pieces(classes, [1, 1], [1, 1]), classes > 0)


def test_strips_are_a_grid_of_one_column():
    classes = np.zeros((9, 4), np.uint8)
    classes[np.arange(9), [0, 1, 2, 3, 3, 2, 1, 0, 0]] = 1
    classes[8, 0] = 2
    np.testing.assert_array_equal(linked_in_pieces(classes, [2, 2, 2, 3], [4]), classes > 0)


def test_only_what_touches_a_side_is_handed_on():
    classes = np.zeros((50, 50), np.uint8)
    classes[2:-2:2, 2:-2:2] = 2
    classes[0, 7] = 1
    piece = piece_of(classes)
    assert piece.count == 1
    assert sum(side.size for side in (piece.top, piece.bottom, piece.left, piece.right)) == 200
    edges = linked_piece(classes, joined([[piece]])[0][0])
    np.testing.assert_array_equal(edges, classes == 2)


def test_labels_are_the_same_when_they_are_made_again():
    classes = np.random.default_rng(0).integers(0, 3, (40, 60)).astype(np.uint8)
    one, again = piece_of(classes), piece_of(np.asfortranarray(classes))
    for name in ("top", "bottom", "left", "right", "strong"):
        np.testing.assert_array_equal(getattr(one, name), getattr(again, name))
    assert one.top.dtype == np.int32


def test_errors():
    piece = piece_of(np.ones((2, 2), np.uint8))
    with pytest.raises(InputError, match=r"classes must be \(height, width\), got shape \(2,\)"):
        piece_of(np.ones(2, np.uint8))
    with pytest.raises(TypeError, match="classes must be uint8, got float64"):
        piece_of(np.ones((2, 2)))
    with pytest.raises(InputError, match="kept must have 2 values, got 1"):
        linked_piece(np.ones((2, 2), np.uint8), NOTHING)
    with pytest.raises(InputError, match="pieces must be rows of pieces, got none"):
        joined([])
    wider = piece_of(np.ones((2, 3), np.uint8))
    for grid in (
        [[piece], [wider]],
        [[piece, piece], [piece]],
        [[piece, piece_of(wider.top[None].astype(np.uint8))]],
    ):
        with pytest.raises(InputError, match="pieces must lie in a grid"):
            joined(grid)
