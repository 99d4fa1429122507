"""Every algorithm by itself, on the same strip, against four plain loops."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import assert_close
from strip_oracles import BORDERS, continued, numbers, strip_by_definition

from filt.filters.engine.algorithms import Direct, Fourier, RunningSums, candidates, direct_taps
from filt.filters.engine.plan import Plan
from filt.filters.engine.sides import Sides

DTYPES = (np.float32, np.float64)
KINDS = ("constant", "product", "two products", "product and point", "free", "holes")


def taps_of(kind, size, seed=0):
    def product(number):
        return np.outer(
            numbers(size[0], np.float64, seed + number), numbers(size[1], np.float64, number)
        )

    if kind == "constant":
        return np.full(size, 1 / np.prod(size)) if seed % 2 else np.full(size, -3.0)
    if kind == "free":
        return numbers(size, np.float64, seed)
    taps = product(1)
    if kind == "two products":
        taps += product(5)
    if kind == "product and point":
        taps[size[0] // 3, size[1] // 2] = 2 * np.abs(taps).max()
    if kind == "holes":
        taps[numbers(size, np.float64, seed + 9) < 0.3] = 0
    return taps


def ways(taps, dtype):
    """Every algorithm that the taps allow, as the plan that would have chosen it."""
    dtype = np.dtype(dtype)
    return [Plan(taps, dtype, way, ()) for way in candidates(taps, dtype)]


@st.composite
def strips(draw):
    """Rows, taps and the columns beyond the sides, for one strip."""
    size = draw(st.tuples(st.integers(1, 17), st.integers(1, 17)))
    taps = taps_of(draw(st.sampled_from(KINDS)), size, draw(st.integers(0, 99)))
    width, more = draw(st.integers(1, 24)), draw(st.integers(0, 20))
    centred = (size[1] // 2, (size[1] - 1) // 2)
    whole = (size[1] - 1, size[1] - 1)
    left, right = draw(
        st.sampled_from([centred, whole]) | st.tuples(st.integers(0, 20), st.integers(0, 20))
    )
    left += max(0, size[1] - left - width - right)
    channels = draw(st.sampled_from([(), (), (1,), (3,), (5,)]))
    dtype = draw(st.sampled_from(DTYPES))
    rows = numbers((size[0] + more, width, *channels), dtype, draw(st.integers(0, 99)))
    return rows, taps, Sides(left, right, draw(st.sampled_from(BORDERS)))


def expected_of(rows, taps, sides):
    return strip_by_definition(rows, taps, sides.left, sides.right, sides.border)


class TestAgree:
    @settings(max_examples=120, deadline=None)
    @given(case=strips(), into=st.booleans())
    def test_with_four_loops(self, case, into):
        rows, taps, sides = case
        expected, before = expected_of(*case), rows.copy()
        for way in candidates(taps, rows.dtype):
            out = np.full(expected.shape, np.nan, rows.dtype) if into else None
            result = way.correlate(rows, sides, out)
            assert result is out or not into, way.name
            assert result.dtype == rows.dtype
            assert not np.shares_memory(result, rows)
            assert_close(result, expected, rows, taps)
            np.testing.assert_array_equal(rows, before)

    @settings(max_examples=100, deadline=None)
    @given(
        case=strips(),
        bad=st.lists(st.sampled_from([np.nan, np.inf, -np.inf]), min_size=1, max_size=4),
        seed=st.integers(0, 99),
    )
    def test_with_nan_and_infinity(self, case, bad, seed):
        rows, taps, sides = case
        generator = np.random.default_rng(seed)
        for value in bad:
            rows[tuple(generator.integers(0, rows.shape))] = value
        expected = expected_of(rows, taps, sides)
        for way in ways(taps, rows.dtype):
            result = way.correlate(rows, sides)
            assert_close(result, expected, rows, taps)
            known = np.isfinite(expected)
            np.testing.assert_array_equal(result[~known], expected[~known], err_msg=way.algorithm)

    @settings(max_examples=100, deadline=None)
    @given(
        case=strips(),
        huge=st.sampled_from([-3.4e38, 3.4028234e38, 1e30, -1e20]),
        seed=st.integers(0, 99),
        count=st.integers(1, 3),
    )
    def test_a_huge_value_drowns_nothing_that_does_not_see_it(self, case, huge, seed, count):
        rows, taps, sides = case
        generator, there = np.random.default_rng(seed), np.zeros(rows.shape)
        for _ in range(count):
            there[tuple(generator.integers(0, rows.shape))] = 1
        small = rows.copy()
        small[there > 0] = 0
        rows[there > 0] = huge
        unseen = expected_of(there, (taps != 0).astype(float), sides) == 0
        expected = expected_of(small, taps, sides)
        for way in ways(taps, rows.dtype):
            result = way.correlate(rows, sides)
            assert_close(result[unseen], expected[unseen], small, taps)

    @settings(max_examples=40, deadline=None)
    @given(case=strips(), power=st.sampled_from([-44, -40, -38, 30, 37]))
    def test_pictures_that_are_tiny_or_huge_all_over(self, case, power):
        """Denormal numbers, and numbers whose sums overflow where their mean does not."""
        rows, taps, sides = case
        taps = taps / (np.abs(taps).sum() or 1)
        scale = 10.0 ** (power * (8 if rows.dtype == np.float64 else 1))
        if scale == 0:
            scale = 1e-310
        rows = np.clip(rows, -3, 3)
        rows = (rows * scale).astype(rows.dtype)
        expected = expected_of(rows, taps, sides)
        steps = np.finfo(rows.dtype).smallest_subnormal * 2 * taps.size
        allowed = 32 * np.finfo(rows.dtype).eps * 3 * scale + steps
        for way in ways(taps, rows.dtype):
            result = way.correlate(rows, sides)
            np.testing.assert_allclose(
                result.astype(np.float64), expected, rtol=0, atol=allowed, err_msg=way.algorithm
            )

    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("size", [(31, 29), (64, 2), (2, 64), (1, 200), (200, 1), (50, 50)])
    def test_large_kernels(self, dtype, kind, size):
        rows, taps = numbers((size[0] + 3, 9), dtype), taps_of(kind, size, 1)
        sides = Sides(size[1] - 1, size[1] // 2, "symmetric")
        expected = expected_of(rows, taps, sides)
        for way in candidates(taps, np.dtype(dtype)):
            assert_close(way.correlate(rows, sides), expected, rows, taps)

    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("size", [(1, 1), (3, 5), (20, 20), (1, 60)])
    def test_no_tap_but_zero(self, dtype, size):
        """A tap of zero is never multiplied: not even NaN is seen."""
        rows = np.full((size[0] + 3, 70), np.nan, dtype)
        for way in ways(np.zeros(size), dtype):
            result = way.correlate(rows, Sides())
            assert result.shape == (4, 71 - size[1])
            assert (result == 0).all(), way.algorithm

    @pytest.mark.parametrize("dtype", DTYPES)
    def test_a_tap_that_is_zero_only_in_the_pixels_dtype_carries_nan(self, dtype):
        taps = np.array([[1e-60, 1.0], [0.0, 1.0]])
        rows = np.ones((3, 4), dtype)
        rows[1, 1] = np.nan
        for way in ways(taps, dtype):
            result = way.correlate(rows, Sides())
            assert np.isnan(result).tolist() == [[True, False, False], [True, True, False]]

    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e30, 1e38])
    def test_tiny_and_huge_taps(self, dtype, scale):
        rows = numbers((30, 20), dtype) / 1e3
        for kind in KINDS:
            taps = taps_of(kind, (12, 13), 1)
            taps *= scale / np.abs(taps).max()
            expected = expected_of(rows, taps, Sides())
            steps = taps.size * np.finfo(dtype).smallest_subnormal
            allowed = 64 * np.finfo(dtype).eps * np.abs(taps).sum() * np.abs(rows).max() + steps
            for way in ways(taps, dtype):
                result = way.correlate(rows, Sides()).astype(np.float64)
                np.testing.assert_allclose(result, expected, rtol=0, atol=allowed)


class TestDirect:
    @pytest.mark.parametrize("most", [1, 2, 5, 9, 49, 129])
    @pytest.mark.parametrize("size", [(1, 1), (1, 30), (30, 1), (7, 11), (13, 12), (3, 50)])
    def test_tiles_cover_every_tap_that_is_not_zero_once(self, most, size):
        taps = taps_of("holes", size, 3)
        again = np.zeros(size)
        for tile in Direct(taps, most).tiles:
            assert tile.taps.any()
            rows, columns = tile.taps.shape
            again[tile.top : tile.top + rows, tile.left : tile.left + columns] += tile.taps
            assert rows * columns <= most
        np.testing.assert_array_equal(again, taps)

    def test_empty_rectangles_are_left_out(self):
        taps = np.zeros((60, 60))
        taps[3, 4], taps[50, 57] = 1, 2
        assert len(Direct(taps, 49).tiles) == 2

    @pytest.mark.parametrize("most", [1, 4, 49, 129])
    @pytest.mark.parametrize("into", [False, True])
    def test_in_tiles_of_any_size(self, most, into):
        rows, taps = numbers((20, 9, 3)), taps_of("holes", (11, 12), 2)
        sides = Sides(7, 5, "wrap")
        expected = expected_of(rows, taps, sides)
        out = np.full(expected.shape, np.nan, np.float32) if into else None
        assert_close(Direct(taps, most).correlate(rows, sides, out), expected, rows, taps)

    def test_costs_more_with_every_tap_and_nothing_for_zeros(self):
        taps = np.zeros((9, 9))
        costs = []
        for number in range(81):
            taps.flat[number] = 1
            costs.append(Direct(taps.copy(), 129).cost)
        assert costs == sorted(costs)
        assert costs[0] < costs[-1]

    @pytest.mark.parametrize("dtype", DTYPES)
    def test_opencv_goes_tap_by_tap_as_far_as_is_said(self, dtype):
        """Under a tap of zero NaN is not seen; a Fourier transform would carry it everywhere."""
        most = direct_taps(dtype)
        for rows in range(1, 14):
            taps = np.zeros((rows, most // rows), dtype)
            taps[0, 0] = taps[-1, -1] = 1
            taps[rows // 2, taps.shape[1] // 3] = 0.5
            image = numbers((40, 140), dtype)
            image[20, 70] = np.nan
            there = np.isnan(cv2.filter2D(image, -1, taps, borderType=cv2.BORDER_CONSTANT))
            assert there.sum() == np.count_nonzero(taps)

    @pytest.mark.parametrize("dtype", DTYPES)
    def test_where_opencv_has_no_fast_tap_by_tap_it_is_asked_for_less(self, dtype, monkeypatch):
        """OpenCV takes the Fourier transform from 50 taps on where there is no SSE3."""
        monkeypatch.setattr(cv2, "checkHardwareSupport", lambda feature: False)
        assert direct_taps(dtype) == 49


class TestCandidates:
    @settings(max_examples=60, deadline=None)
    @given(case=strips())
    def test_the_quickest_first(self, case):
        rows, taps, _ = case
        found = candidates(taps, rows.dtype)
        assert [way.cost for way in found] == sorted(way.cost for way in found)
        assert len({way.name for way in found}) == len(found)
        assert "direct" in {way.name for way in found}

    @pytest.mark.parametrize(
        ("kind", "name"),
        [
            ("constant", "running sums"),
            ("product", "two passes"),
            ("two products", "2 times two passes"),
            ("product and point", "two passes and a single tap"),
            ("free", "Fourier transform"),
        ],
    )
    @pytest.mark.parametrize("dtype", DTYPES)
    def test_what_a_large_kernel_is_made_of_is_seen(self, kind, name, dtype):
        found = candidates(taps_of(kind, (31, 33), 1), np.dtype(dtype))
        assert name == found[0].name

    @pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1)])
    def test_lines_are_never_taken_apart(self, size):
        assert [way.name for way in candidates(np.ones(size), np.dtype(np.float32))] == ["direct"]


class TestRunningSums:
    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("size", [(2, 2), (3, 4), (20, 31)])
    @pytest.mark.parametrize("weight", [1.0, -2.5, 0.125, None])
    def test_of_any_weight(self, dtype, size, weight):
        weight = 1 / np.prod(size) if weight is None else weight
        rows, taps = numbers((size[0] + 6, 40, 3), dtype), np.full(size, weight)
        way = RunningSums(weight, size, 1e6)
        sides = Sides(5, 9, "reflect101")
        assert_close(way.correlate(rows, sides), expected_of(rows, taps, sides), rows, taps)

    def test_whole_numbers_are_summed_without_rounding(self):
        rows = np.random.default_rng(0).integers(0, 256, (300, 300)).astype(np.float32)
        result = RunningSums(1.0, (9, 9), 1e6).correlate(rows, Sides())
        windows = np.lib.stride_tricks.sliding_window_view(rows, (9, 9))
        np.testing.assert_array_equal(result, windows.sum(axis=(2, 3), dtype=np.float64))


class TestFourier:
    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("shape", [(40, 300), (260, 40), (31, 31)])
    def test_strips_of_several_blocks(self, dtype, shape):
        rows, taps = numbers(shape, dtype), numbers((31, 30), np.float64, 1)
        windows = np.lib.stride_tricks.sliding_window_view(rows.astype(np.float64), taps.shape)
        expected = np.einsum("yxij,ij->yx", windows, taps)
        assert_close(Fourier(taps).correlate(rows, Sides()), expected, rows, taps)

    @pytest.mark.parametrize("taps", [12, 13, 31, 100, 500])
    def test_the_strips_that_it_likes_have_rows(self, taps):
        assert Fourier(np.ones((taps, 12))).rows_at_once >= 1

    def test_of_continued_columns(self):
        rows, taps = numbers((20, 6)), numbers((15, 14), np.float64, 1)
        sides = Sides(13, 20, "symmetric")
        wide = continued(rows, 13, 20, "symmetric")
        expected = strip_by_definition(wide, taps)
        assert_close(Fourier(taps).correlate(rows, sides), expected, rows, taps)
