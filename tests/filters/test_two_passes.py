"""Kernels of rank one are applied in two passes: the same answer, NaN and all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import assert_close, correlate_by_definition

from filt.filters.engine import separated
from filt.filters.placement import Placement, correlate_placed
from filt.filters.recipes import gaussian, gaussian_1d, gaussian_x, laplacian_of_gaussian, outer


def correlate_valid(image, taps, stride=(1, 1), dilation=(1, 1)):
    return correlate_placed(image, taps, Placement("valid", stride=stride, dilation=dilation))


def lopsided(length, seed=0):
    return np.random.default_rng(seed).normal(size=length)


class TestSeparating:
    @settings(max_examples=100, deadline=None)
    @given(rows=st.integers(1, 30), columns=st.integers(1, 30), seed=st.integers(0, 10**6))
    def test_an_outer_product_gives_its_factors_back(self, rows, columns, seed):
        taps = np.outer(lopsided(rows, seed), lopsided(columns, seed + 1)) * 10.0 ** (seed % 9 - 4)
        column, row = separated(taps)
        assert (column.shape, row.shape) == ((rows,), (columns,))
        largest = np.abs(taps).max()
        np.testing.assert_allclose(np.outer(column, row), taps, rtol=0, atol=1e-13 * largest)

    def test_keeps_zeros_where_they_are(self):
        taps = outer([1.0, 0.0, -2.0], [0.0, 3.0, 0.0, 1.0])
        column, row = separated(taps)
        np.testing.assert_array_equal(np.outer(column, row) == 0, taps == 0)

    @pytest.mark.parametrize(
        "taps",
        [
            np.eye(3),
            np.zeros((7, 7)),
            laplacian_of_gaussian(1.4),
            np.outer(lopsided(8), lopsided(9)) + 1e-9 * np.eye(8, 9),
        ],
    )
    def test_gives_nothing_for_what_is_none(self, taps):
        assert separated(taps) is None

    def test_gives_nothing_where_the_product_would_be_zero_by_underflow(self):
        """A tap that is not zero carries NaN; a product that underflows would not."""
        column, row = np.array([1.0, 1e-200]), np.array([1.0, 1e-200])
        taps = np.array([[1.0, 1e-200], [1e-200, 1e-300]])
        assert separated(taps) is None
        assert separated(np.outer(column, row)) is not None


class TestTwoPasses:
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("channels", [None, 3, 5])
    @pytest.mark.parametrize(
        "taps", [gaussian(1.4), gaussian_x(2.0), outer(lopsided(6), lopsided(11, 1))]
    )
    def test_give_what_the_definition_gives(self, taps, channels, dtype):
        shape = (25, 23) if channels is None else (25, 23, channels)
        image = lopsided(shape).astype(dtype)
        assert separated(taps) is not None
        result = correlate_valid(image, taps)
        assert result.dtype == dtype
        assert_close(result, correlate_by_definition(image, taps, mode="valid"), image, taps)

    @pytest.mark.parametrize(
        ("stride", "dilation"), [((2, 3), (1, 1)), ((1, 1), (2, 1)), ((3, 1), (1, 2))]
    )
    def test_step_and_spread_as_one_pass_does(self, stride, dilation):
        image, taps = lopsided((31, 33)), outer(lopsided(7), lopsided(6, 1))
        wanted = correlate_by_definition(
            image, taps, mode="valid", stride=stride, dilation=dilation
        )
        assert_close(correlate_valid(image, taps, stride, dilation), wanted, image, taps)

    @pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
    def test_carry_nan_and_infinity_to_exactly_the_pixels_that_see_them(self, odd):
        row = lopsided(7)
        row[[1, 3]] = 0
        image, taps = lopsided((20, 21)), outer(lopsided(7, 1), row)
        image[9, 10] = odd
        image[11, 4] = odd
        wanted = correlate_by_definition(image, taps, mode="valid")
        result = correlate_valid(image, taps)
        assert_close(result, wanted, image, taps)
        np.testing.assert_array_equal(np.isnan(result), np.isnan(wanted))

    @pytest.mark.parametrize("order", range(7))
    def test_are_what_derivatives_of_any_order_take(self, order):
        """Of x to that power they give its factorial, of lower powers nothing."""
        across = gaussian_1d(2.0, order)
        reach = across.size // 2
        x = np.arange(-reach, reach + 1.0)
        powers = [float(across @ x**n) for n in range(order + 1)]
        np.testing.assert_allclose(powers[:-1], 0, atol=1e-6)
        assert powers[-1] == pytest.approx(float(np.prod(np.arange(1, order + 1))), rel=1e-9)
        taps = outer(gaussian_1d(2.0), across)
        image = np.tile(np.linspace(-1, 1, 40) ** order, (40, 1))
        result = correlate_valid(image, taps)
        wanted = float(np.prod(np.arange(1, order + 1))) * (2 / 39) ** order
        np.testing.assert_allclose(result, wanted, atol=1e-9)
