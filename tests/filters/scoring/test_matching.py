"""Matching: by hand, and the largest number of pairs as SciPy's bipartite matching finds it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from filt.filters.errors import InputError
from filt.filters.scoring.matching import match_pixels

pytest.importorskip("numba")


def most_pairs(edges, boundaries, radius):
    """The number of pairs by plain distances and SciPy."""
    here, there = np.argwhere(edges), np.argwhere(boundaries)
    squares = ((here[:, np.newaxis] - there) ** 2).sum(-1)
    near = squares <= radius**2 * (1 + 1e-9)
    if near.size == 0:
        return 0, near
    return int((maximum_bipartite_matching(csr_array(near)) >= 0).sum()), near


def row(text):
    """A picture of one row: x where it is set."""
    return np.array([[letter == "x" for letter in text]])


def text(mask):
    return "".join("x" if pixel else "." for pixel in mask[0])


@pytest.mark.parametrize(
    ("edges", "boundaries", "radius", "matched"),
    [
        # Two pixels near one boundary pixel: the nearer has it.
        ("xx...", ".x...", 1, ".x..."),
        ("x..x.", ".x...", 2, "x...."),
        # Nearest first gives the second pixel the first boundary pixel and leaves the first
        # pixel without; shifting that pair by one serves both.
        ("xx....", ".x.x..", 2, "xx...."),
        # The same where two pairs have to shift, and where there is nowhere to shift to.
        ("xx.x..", ".x.x.x", 2, "xx.x.."),
        ("x.x.x..", "..x.x.x", 2, "x.x.x.."),
        ("xx.x..", ".x.x..", 2, ".x.x.."),
        ("xxx....", ".xx..x.", 1, ".xx...."),
        ("...", "x.x", 1, "..."),
        ("x.x", "...", 1, "..."),
        ("xx.", ".xx", 0, ".x."),
    ],
)
def test_by_hand(edges, boundaries, radius, matched):
    found = match_pixels(row(edges), row(boundaries), radius)
    assert text(found) == matched


def test_the_radius_is_included_and_no_more():
    edges, near, far = np.zeros((3, 9, 9), bool)
    edges[4, 4] = near[1, 0] = far[0, 0] = True  # 5 pixels away, and the square root of 32
    assert match_pixels(edges, near, 5).sum() == 1
    assert match_pixels(edges, near, 4.999).sum() == 0
    assert match_pixels(edges, far, 5.65).sum() == 0
    assert match_pixels(edges, far, 32**0.5).sum() == 1


def test_rounding_does_not_move_the_radius():
    """0.07 * 100 is a little more than 7, 0.29 * 100 a little less than 29."""
    for share, distance in ((0.07, 7), (0.29, 29)):
        edges, boundaries = np.zeros((2, 1, 100), bool)
        edges[0, 0] = boundaries[0, distance] = True
        assert match_pixels(edges, boundaries, share * 100).sum() == 1
        assert match_pixels(edges, np.roll(boundaries, 1), share * 100).sum() == 0


def test_rows_do_not_run_into_each_other():
    edges, boundaries = np.zeros((2, 4, 5), bool)
    edges[1, 4] = boundaries[2, 0] = True
    assert not match_pixels(edges, boundaries, 2).any()


@given(
    arrays.array_shapes(min_dims=2, max_dims=2, max_side=12).flatmap(
        lambda shape: st.tuples(arrays.arrays(bool, shape), arrays.arrays(bool, shape))
    ),
    st.sampled_from([0, 1, 1.5, 2, 3.2, 5]),
)
@settings(max_examples=300, deadline=None)
def test_as_many_pairs_as_there_can_be(pair, radius):
    edges, boundaries = pair
    found = match_pixels(edges, boundaries, radius)
    assert not (found & ~edges).any()
    pairs, near = most_pairs(edges, boundaries, radius)
    assert found.sum() == pairs
    # What is said to be matched can be, all at once.
    chosen = near[found[edges]]
    if chosen.size:
        assert (maximum_bipartite_matching(csr_array(chosen)) >= 0).sum() == pairs


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3])
def test_larger_maps(share):
    random = np.random.default_rng(5)
    edges, boundaries = random.random((2, 80, 70)) < [[[share]], [[0.08]]]
    assert match_pixels(edges, boundaries, 4.3).sum() == most_pairs(edges, boundaries, 4.3)[0]


@pytest.mark.parametrize(
    ("edges", "boundaries", "radius", "says"),
    [
        (np.zeros((2, 3)), np.zeros((3, 2)), 1, r"got shapes \(2, 3\) and \(3, 2\)"),
        (np.zeros(3), np.zeros(3), 1, r"must be \(height, width\)"),
        (np.zeros((2, 3)), np.zeros((2, 3)), -1, "radius must be at least 0, got -1"),
        (np.zeros((2, 3)), np.zeros((2, 3)), np.nan, "radius must be finite, got nan"),
    ],
)
def test_wrong_arguments(edges, boundaries, radius, says):
    with pytest.raises(InputError, match=says):
        match_pixels(edges, boundaries, radius)
