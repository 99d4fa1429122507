"""What kernels are made of: the parts make up the kernel, to the last digits, or there are none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strip_oracles import numbers

from filt.filters.engine.factors import Pair, constant, pairs, point_and_pair, separated
from filt.filters.recipes import gaussian, laplacian_of_gaussian

SIZES = st.tuples(st.integers(1, 20), st.integers(1, 20))


def rank(shape, count, seed=0):
    """Taps of a rank, made of as many products of lines."""
    return numbers((shape[0], count), np.float64, seed) @ numbers(
        (count, shape[1]), np.float64, seed + 1
    )


def assert_makes_up(found, taps):
    largest = np.abs(taps).max()
    np.testing.assert_allclose(found, taps, rtol=0, atol=1e-12 * largest)


class TestSeparated:
    @settings(max_examples=100, deadline=None)
    @given(shape=SIZES, seed=st.integers(0, 10**6), power=st.integers(-300, 300))
    def test_gives_the_lines_of_a_product(self, shape, seed, power):
        taps = rank(shape, 1, seed) * 10.0**power
        column, row = separated(taps)
        assert (column.shape, row.shape) == ((shape[0],), (shape[1],))
        assert_makes_up(np.outer(column, row), taps)

    @settings(max_examples=50, deadline=None)
    @given(shape=st.tuples(st.integers(2, 20), st.integers(2, 20)), seed=st.integers(0, 10**6))
    def test_a_change_of_one_tap_is_seen(self, shape, seed):
        taps = rank(shape, 1, seed)
        taps[seed % shape[0], seed % shape[1]] += np.abs(taps).max() * 1e-9
        assert separated(taps) is None

    def test_by_hand(self):
        column, row = separated(np.array([[2.0, 0.0, 4.0], [-6.0, 0.0, -12.0]]))
        np.testing.assert_array_equal(column, [4, -12])
        np.testing.assert_array_equal(row, [0.5, 0, 1])

    @pytest.mark.parametrize("taps", [np.zeros((3, 4)), np.eye(2), laplacian_of_gaussian(2.0)])
    def test_gives_nothing_for_what_is_none(self, taps):
        assert separated(taps) is None

    def test_zeros_must_be_where_the_product_has_them(self):
        """A tap that is not zero carries NaN on."""
        taps = np.outer([1.0, 1.0, 1.0], [1.0, 1.0, 1.0])
        taps[0] *= 1e-20
        assert separated(taps) is not None
        taps[0, 1] = 0
        assert separated(taps) is None

    def test_leaves_the_taps_alone(self):
        taps = rank((5, 4), 1)
        before = taps.copy()
        separated(taps)
        np.testing.assert_array_equal(taps, before)


class TestPointAndPair:
    @settings(max_examples=150, deadline=None)
    @given(
        shape=st.tuples(st.integers(2, 15), st.integers(2, 15)),
        seed=st.integers(0, 10**6),
        power=st.integers(-150, 300),
    )
    def test_a_product_and_a_point(self, shape, seed, power):
        taps = rank(shape, 1, seed)
        place = seed % shape[0], (seed // 7) % shape[1]
        taps[place] = 3 * np.abs(taps).max()
        taps *= 10.0**power
        found, weight, pair = point_and_pair(taps)
        assert found == place
        made = pair.product
        made[found] += weight
        assert_makes_up(made, taps)

    def test_by_hand(self):
        place, weight, pair = point_and_pair(
            np.array([[1.0, 2.0, 1.0], [2.0, 13.0, 2.0], [1, 2, 1]])
        )
        assert place == (1, 1)
        assert weight == pytest.approx(9)
        np.testing.assert_allclose(pair.product, np.outer([1, 2, 1], [1, 2, 1]), atol=1e-14)

    @pytest.mark.parametrize(
        "taps",
        [
            np.zeros((3, 3)),
            np.eye(3),
            np.diag([0.0, 2.0, 0.0]),
            np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]),
            numbers((5, 5), np.float64),
            np.array([[1.0, 2.0, 3.0]]),
        ],
    )
    def test_gives_nothing_for_what_is_none(self, taps):
        assert point_and_pair(taps) is None

    def test_leaves_the_taps_alone(self):
        taps = rank((5, 4), 1)
        taps[2, 2] = 99
        before = taps.copy()
        point_and_pair(taps)
        np.testing.assert_array_equal(taps, before)

    @pytest.mark.parametrize("far", [1e3, 1e5, 1e9, 1e200, 1e308])
    def test_parts_far_larger_than_the_taps_are_none(self, far):
        """They cancel, and their rounding is all that is left: 1e12 − 1e12 + 1 for far = 1e6."""
        taps = np.ones((4, 4))
        taps[1], taps[:, 2], taps[1, 2] = far, far, far * 1.5
        found = point_and_pair(taps)
        if found is not None:
            place, weight, pair = found
            made = pair.product
            made[place] += weight
            assert_makes_up(made, taps)
            assert np.abs(pair.product).max() < 10 * np.abs(taps).max()


class TestPairs:
    @settings(max_examples=100, deadline=None)
    @given(
        shape=st.tuples(st.integers(1, 20), st.integers(1, 20)),
        count=st.integers(1, 6),
        seed=st.integers(0, 10**6),
        power=st.integers(-150, 150),
    )
    def test_as_many_as_the_rank(self, shape, count, seed, power):
        taps = rank(shape, count, seed) * 10.0**power
        found = pairs(taps)
        expected = min(count, *shape)
        if expected > 4:
            assert found is None
        elif found is not None:
            assert len(found) == expected
            assert_makes_up(sum(pair.product for pair in found), taps)

    def test_by_hand(self):
        found = pairs(np.diag([3.0, -2.0]))
        assert len(found) == 2
        np.testing.assert_allclose(found[0].product, [[3, 0], [0, 0]], atol=1e-15)
        np.testing.assert_allclose(found[1].product, [[0, 0], [0, -2]], atol=1e-15)

    def test_ordinary_kernels_are_found(self):
        assert (
            len(pairs(laplacian_of_gaussian(2.0))) == 2 or pairs(laplacian_of_gaussian(2.0)) is None
        )
        assert len(pairs(gaussian(2.0))) == 1
        assert len(pairs(rank((9, 12), 3))) == 3

    def test_more_than_four_are_too_many(self):
        assert pairs(numbers((5, 5), np.float64)) is None
        assert len(pairs(numbers((4, 9), np.float64))) == 4

    @pytest.mark.parametrize("largest", [1e-310, 1e-200, 1e200, 1e300, 1.7e308])
    def test_tiny_and_huge_taps_give_no_warning(self, largest):
        taps = rank((6, 7), 2)
        taps *= largest / np.abs(taps).max()
        for found in (pairs(taps), point_and_pair(taps), separated(taps)):
            assert found is None or isinstance(found[0], Pair)
        if found := pairs(taps):
            assert_makes_up(sum(pair.product for pair in found), taps)


class TestConstant:
    @pytest.mark.parametrize("weight", [1.0, -0.25, 1e-320, 1e308])
    @pytest.mark.parametrize("shape", [(1, 1), (1, 9), (4, 5)])
    def test_gives_the_weight(self, weight, shape):
        assert constant(np.full(shape, weight)) == weight

    def test_gives_nothing_where_one_tap_differs(self):
        taps = np.ones((4, 5))
        taps[3, 4] = np.nextafter(1.0, 2.0)
        assert constant(taps) is None

    def test_gives_nothing_for_zeros(self):
        assert constant(np.zeros((3, 3))) is None


def test_a_pair_is_the_outer_product():
    product = Pair(np.array([1.0, 2.0]), np.array([3.0, 0.0, -1.0])).product
    assert product.tolist() == [[3, 0, -1], [6, 0, -2]]
