"""Linking against labelled pieces by SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from edge_oracles import link_by_labels
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from filt.filters.edges.linking import check_order, link
from filt.filters.errors import InputError


@st.composite
def maps(draw):
    shape = (draw(st.integers(1, 12)), draw(st.integers(1, 12)))
    return draw(arrays(np.float64, shape, elements=st.integers(0, 6).map(float)))


@settings(max_examples=150, deadline=None)
@given(strength=maps(), low=st.integers(0, 6), more=st.integers(0, 3))
def test_keeps_the_pieces_that_hold_a_strong_pixel(strength, low, more):
    edges = link(strength, low, low + more)
    assert edges.dtype == bool
    np.testing.assert_array_equal(edges, link_by_labels(strength, low, low + more))


def test_goes_along_any_length_and_around_corners():
    spiral = np.array(
        [
            [1, 1, 1, 1, 1, 1, 0],
            [0, 0, 0, 0, 0, 0, 1],
            [0, 1, 1, 1, 1, 0, 1],
            [1, 0, 0, 0, 1, 0, 1],
            [1, 0, 9, 1, 0, 0, 1],
            [1, 0, 0, 0, 0, 0, 1],
            [0, 1, 1, 1, 1, 1, 0],
        ]
    )
    np.testing.assert_array_equal(link(spiral, 0.5, 5), spiral > 0)
    assert not link(np.minimum(spiral, 1), 0.5, 5).any()


def test_a_threshold_itself_is_not_above_it():
    assert link([[2, 2, 3, 3]], 2, 3).tolist() == [[False] * 4]
    assert link([[2, 2, 3, 3]], 1, 2).tolist() == [[True] * 4]


def test_equal_thresholds_are_one_threshold():
    strength = np.random.default_rng(0).random((20, 20))
    np.testing.assert_array_equal(link(strength, 0.6, 0.6), strength > 0.6)


def test_thresholds_of_zero_keep_every_crest():
    strength = np.array([[0.0, 1e-9, 0.0, -1.0]])
    assert link(strength, 0, 0).tolist() == [[False, True, False, False]]


def test_nan_is_no_edge_and_no_bridge():
    assert link([[1, np.nan, 9]], 0.5, 5).tolist() == [[False, False, True]]


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16, np.int64, np.float16, np.float32])
def test_takes_maps_of_any_dtype(dtype):
    strength = np.array([[0, 1, 1, 0, 1]], dtype)
    assert link(strength, 0.5, 0.5).tolist() == [[False, True, True, False, True]]


@pytest.mark.parametrize("shape", [(0, 3), (3,), (2, 2, 1)])
def test_other_axes_are_refused(shape):
    with pytest.raises(InputError, match=r"thinned must be \(height, width\), got shape"):
        link(np.zeros(shape), 0, 1)


@pytest.mark.parametrize(("low", "high"), [(2, 1), (math.nan, 1), (0, math.nan)])
def test_thresholds_out_of_order_are_refused(low, high):
    with pytest.raises(InputError, match="low must be at most high"):
        check_order(low, high)
    with pytest.raises(InputError, match="low must be at most high"):
        link(np.zeros((2, 2)), low, high)


def test_what_is_not_numbers_is_refused():
    with pytest.raises(TypeError, match="thinned must hold real numbers"):
        link([["a"]], 0, 1)
