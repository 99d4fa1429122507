"""Thinning against the rule as it is written, in plain loops, with many ties."""

from __future__ import annotations

import numpy as np
import pytest
from edge_oracles import step_along, thin_by_loops
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from filt.filters.combination import sum_of_magnitudes, sum_of_squares
from filt.filters.edges import thinning
from filt.filters.edges.gradient import gradient
from filt.filters.edges.thinning import (
    REACH,
    RELATIVE_TIE,
    THINNINGS,
    Length,
    crests_of,
    thin,
)
from filt.filters.errors import InputError

METHODS = ["interpolated", "sectors"]


@st.composite
def slopes(draw):
    shape = (draw(st.integers(1, 9)), draw(st.integers(1, 9)))
    largest = draw(st.sampled_from([1, 2, 5, 100]))
    whole = st.integers(-largest, largest)
    return tuple(draw(arrays(np.int64, shape, elements=whole)).astype(float) for _ in "xy")


def assert_thinned(found, field, magnitude, method, tie):
    """By the rule; of two equal crests side by side along the gradient one may be left out.

    That is the brighter one of two crests as steep as one another, the nearest neighbour of the
    other: where the gradients of the two turn apart, the rule by itself keeps both.
    """
    x, y = field
    wanted = thin_by_loops(x, y, magnitude, method, tie)
    np.testing.assert_array_equal(found[found > 0], wanted[found > 0])
    for row, column in np.argwhere((wanted > 0) & (found == 0)):
        right, down = step_along(x[row, column], y[row, column], method)
        # A half goes to the further neighbour.
        darker = row - round(down * (1 + 1e-9)), column - round(right * (1 + 1e-9))
        assert wanted[darker] == pytest.approx(wanted[row, column], abs=tie)


class TestTheRule:
    @pytest.mark.parametrize("method", METHODS)
    @settings(max_examples=80, deadline=None)
    @given(field=slopes())
    def test_for_the_length_of_the_slopes(self, method, field):
        x, y = field
        tie = RELATIVE_TIE * float(np.hypot(x, y).max())
        assert_thinned(thin(x, y, method=method), field, np.hypot(x, y), method, tie)

    @pytest.mark.parametrize("method", METHODS)
    @settings(max_examples=80, deadline=None)
    @given(field=slopes())
    def test_for_the_sum_of_their_magnitudes(self, method, field):
        x, y = field
        total = np.abs(x) + np.abs(y)
        found = thin(x, y, total, method, tie=1e-9)
        assert_thinned(found, field, total, method, 1e-9)

    @pytest.mark.parametrize("method", METHODS)
    def test_on_a_smooth_picture_in_both_dtypes(self, method):
        picture = np.random.default_rng(5).normal(size=(24, 31))
        field = gradient(picture, "gaussian", 1.5)
        wanted = thin_by_loops(field.x, field.y, field.magnitude, method, 0.0) > 0
        assert 40 < wanted.sum() < 300
        for dtype in (np.float64, np.float32):
            found = thin(field.x.astype(dtype), field.y.astype(dtype), method=method, tie=0.0)
            assert found.dtype == dtype
            np.testing.assert_array_equal(found > 0, wanted)

    @pytest.mark.parametrize("method", METHODS)
    @settings(max_examples=60, deadline=None)
    @given(field=slopes())
    def test_is_the_same_whichever_way_the_picture_is_turned(self, method, field):
        x, y = field
        straight = thin(x, y, method=method)
        transposed = thin(y.T, x.T, method=method)
        np.testing.assert_array_equal(transposed.T, straight)
        # np.rot90 takes right to up, and down to right.
        quarter = thin(np.rot90(y), -np.rot90(x), method=method)
        np.testing.assert_array_equal(np.rot90(quarter, -1), straight)

    def test_is_there_for_every_name(self):
        assert list(THINNINGS) == METHODS


class TestStrips:
    @pytest.mark.parametrize("method", METHODS)
    @settings(max_examples=80, deadline=None)
    @given(field=slopes(), tall=st.integers(1, 4))
    def test_with_their_halo_give_what_the_whole_picture_gives(self, method, field, tall):
        x, y = field
        whole = thin(x, y, method=method, tie=0.5)
        for top in range(0, len(x), tall):
            first = max(0, top - REACH)
            rows = slice(first, top + tall + REACH)
            part = thin(x[rows], y[rows], method=method, tie=0.5)
            inside = part[top - first : top - first + tall]
            np.testing.assert_array_equal(inside, whole[top : top + tall])

    @pytest.mark.parametrize("method", METHODS)
    def test_that_are_shared_out_follow_the_rule_in_plain_loops(self, method, monkeypatch):
        """A picture of which several strips are made, with ties all over."""
        monkeypatch.setattr(thinning, "_PIXELS", 5000)
        rng = np.random.default_rng(8)
        x, y = rng.integers(-3, 4, (2, 260, 130)).astype(float)
        magnitude = np.abs(x) + np.abs(y)
        assert_thinned(thin(x, y, magnitude, method, tie=1e-9), (x, y), magnitude, method, 1e-9)

    @pytest.mark.parametrize("method", METHODS)
    @settings(max_examples=80, deadline=None)
    @given(field=slopes(), least=st.integers(0, 3))
    def test_a_power_of_the_length_does_as_well(self, method, field, least):
        x, y = field
        slopes = np.ascontiguousarray(np.stack([x, y], axis=1))
        powers = (
            (np.hypot(x, y), Length(sum_of_squares, 2, 4.0)),
            (np.abs(x) + np.abs(y), Length(sum_of_magnitudes, 1, 4.0)),
        )
        for length, power in powers:
            asked = {"above": least / 4, "tie": 1e-9}
            wanted = thin(x, y, length / 4, method, **asked)
            places, found = crests_of(slopes, power, method, **asked)
            assert places.tolist() == np.flatnonzero(wanted).tolist()
            np.testing.assert_allclose(found, wanted[wanted > 0], rtol=1e-15)

    def test_may_be_views_of_other_arrays(self):
        x, y = np.random.default_rng(9).normal(size=(2, 40, 60))
        wanted = thin(np.ascontiguousarray(x[::2, ::3]), np.ascontiguousarray(y[::2, ::3]))
        np.testing.assert_array_equal(thin(x[::2, ::3], y[::2, ::3]), wanted)


class TestTies:
    """A row of slopes rising to the right: the dark side is the left."""

    @pytest.mark.parametrize("method", METHODS)
    @pytest.mark.parametrize(
        ("magnitudes", "crests"),
        [
            ([0, 2, 5, 3, 0], [2]),
            ([0, 5, 5, 0], [1]),
            ([0, 5, 5, 5, 0], []),
            ([0, 5, 5, 5, 5, 0], []),
            ([1, 2, 2, 3, 1], [3]),
            ([3, 2, 2, 1, 3], [0, 4]),
            ([5, 5, 0], [0]),
            ([0, 5, 5], [1]),
            ([7], [0]),
            ([5, 5, 5], []),
        ],
    )
    def test_in_a_row(self, magnitudes, crests, method):
        row = np.array([magnitudes], float)
        for rises, wanted in ((row, crests), (-row, [len(magnitudes) - 1 - n for n in crests])):
            values = rises if rises is row else rises[:, ::-1]
            found = thin(values, np.zeros_like(values), method=method)
            assert np.flatnonzero(found).tolist() == sorted(wanted)
            found = thin(np.zeros_like(values.T), values.T, method=method)
            assert np.flatnonzero(found).tolist() == sorted(wanted)

    def test_are_decided_by_the_margin(self):
        row = np.array([[0.0, 1.0, 1.0 + 1e-4, 0.0]])
        flat = np.zeros_like(row)
        assert np.flatnonzero(thin(row, flat)).tolist() == [2]
        assert np.flatnonzero(thin(row, flat, tie=1e-3)).tolist() == [1]

    def test_by_default_forgive_a_millionth_of_the_largest(self):
        row = np.array([[0.0, 1.0, 1.0 + 5e-7, 0.0]])
        assert np.flatnonzero(thin(row, np.zeros_like(row))).tolist() == [1]
        row = np.array([[0.0, 1.0, 1.0 + 5e-6, 0.0]])
        assert np.flatnonzero(thin(row, np.zeros_like(row))).tolist() == [2]


class TestOddInput:
    def test_weak_pixels_are_not_looked_at(self):
        row = np.array([[0.0, 2, 0, 5, 0]])
        assert np.flatnonzero(thin(row, np.zeros_like(row), above=2)).tolist() == [3]

    def test_a_weak_neighbour_still_counts(self):
        row = np.array([[0.0, 5, 5, 0]])
        assert np.flatnonzero(thin(row, np.zeros_like(row), above=4)).tolist() == [1]

    def test_nan_is_no_crest_and_breaks_nothing_far_away(self):
        field = gradient(np.random.default_rng(5).normal(size=(24, 31)), "gaussian", 1.0)
        x = field.x.copy()
        x[12, 12] = np.nan
        whole, found = thin(field.x, field.y), thin(x, field.y)
        assert found[12, 12] == 0
        assert np.isfinite(found).all()
        away = np.ones_like(x, bool)
        away[10:15, 10:15] = False
        np.testing.assert_array_equal(found[away], whole[away])

    def test_nothing_gives_nothing(self):
        for shape in ((1, 1), (1, 5), (5, 1), (4, 4)):
            assert thin(np.zeros(shape), np.zeros(shape)).tolist() == np.zeros(shape).tolist()

    def test_a_magnitude_without_a_direction_is_no_crest(self):
        found = thin(np.zeros((3, 3)), np.zeros((3, 3)), np.eye(3))
        assert found.max() == 0

    def test_the_slopes_are_left_as_they_were(self):
        x, y = np.random.default_rng(0).normal(size=(2, 9, 9))
        before = x.copy(), y.copy()
        thin(x, y)
        np.testing.assert_array_equal((x, y), before)

    @pytest.mark.parametrize(
        ("arrays_given", "message"),
        [
            ((np.zeros((3, 3)), np.zeros((3, 4))), r"got \(3, 3\), \(3, 4\)"),
            ((np.zeros((3, 3)), np.zeros((3, 3)), np.zeros((4, 3))), "of one shape"),
            ((np.zeros(3), np.zeros(3)), "one .height, width."),
            ((np.zeros((3, 3, 3)), np.zeros((3, 3, 3))), "one .height, width."),
        ],
    )
    def test_of_other_shapes_is_refused(self, arrays_given, message):
        with pytest.raises(InputError, match=message):
            thin(*arrays_given)

    def test_by_an_unknown_method_is_refused(self):
        with pytest.raises(InputError, match="method must be one of interpolated, sectors"):
            thin(np.zeros((3, 3)), np.zeros((3, 3)), method="bilinear")
