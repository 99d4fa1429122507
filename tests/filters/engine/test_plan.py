"""The plan: what is chosen, why, and that it gives what the plain loops give."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import assert_close
from strip_oracles import BORDERS, numbers, strip_by_definition

from filt.filters.catalogue import RECIPES, kernel
from filt.filters.engine.algorithms import candidates
from filt.filters.engine.plan import Plan, plan_of
from filt.filters.engine.sides import Sides

CATALOGUE = [*RECIPES, "gaussian-blur:sigma=5", "box-blur:size=21", "laplacian-of-gaussian:sigma=4"]
DTYPES = (np.float32, np.float64)
LARGE = {
    "constant": np.full((15, 16), 1 / 240),
    "product": np.outer(numbers(15, np.float64), numbers(16, np.float64, 1)),
    "free": numbers((15, 16), np.float64, 2),
}


def planes(name):
    """The taps of a kernel of the catalogue as planes: one, or one for each channel."""
    taps = kernel(name).taps
    return [taps] if taps.ndim == 2 else list(np.moveaxis(taps, 2, 0))


@pytest.mark.parametrize("name", CATALOGUE)
@pytest.mark.parametrize("dtype", DTYPES)
class TestCatalogue:
    def test_agrees_with_four_loops(self, name, dtype):
        for number, taps in enumerate(planes(name)):
            rows = numbers((taps.shape[0] + 2, 7), dtype)
            sides = Sides(taps.shape[1] // 2, (taps.shape[1] - 1) // 2, BORDERS[number % 5])
            expected = strip_by_definition(rows, taps, sides.left, sides.right, sides.border)
            assert_close(plan_of(taps, dtype).correlate(rows, sides), expected, rows, taps)

    def test_carries_nan_to_the_taps_that_are_not_zero(self, name, dtype):
        for taps in planes(name):
            rows = numbers((taps.shape[0] + 1, 6), dtype)
            rows[taps.shape[0] // 2, 3] = np.nan
            sides = Sides(taps.shape[1] // 2, (taps.shape[1] - 1) // 2, "zero")
            expected = strip_by_definition(rows, taps, sides.left, sides.right, "zero")
            assert_close(plan_of(taps, dtype).correlate(rows, sides), expected, rows, taps)

    def test_the_cheapest_is_chosen_and_says_why(self, name, dtype):
        for taps in planes(name):
            plan = plan_of(taps, dtype)
            every = candidates(taps, np.dtype(dtype))
            assert plan.chosen.cost == min(way.cost for way in every)
            assert plan.algorithm == every[0].name
            assert [way.name for way in plan.others] == [way.name for way in every[1:]]
            assert plan.reason
            assert not plan.reason.endswith(".")
            assert plan.reason[0].islower()
            if plan.others:
                times = plan.others[0].cost / plan.chosen.cost
                assert times >= 1
                assert plan.reason.endswith(f" as fast as {plan.others[0].name}")
                if times > 1.5:
                    assert f"about {times:.1f} times" in plan.reason


def test_a_single_way_needs_no_comparison():
    assert plan_of(np.array([[1.0, -1.0]]), np.float32).reason == "small enough to go tap by tap"


@pytest.mark.parametrize("kind", LARGE)
@pytest.mark.parametrize("dtype", DTYPES)
class TestWhateverTheNumbers:
    def test_no_number_at_all(self, kind, dtype):
        rows = np.full((17, 20), np.nan, dtype)
        assert np.isnan(plan_of(LARGE[kind], dtype).correlate(rows, Sides())).all()

    @pytest.mark.parametrize("bad", [np.inf, -np.inf])
    def test_infinity_all_over(self, kind, dtype, bad):
        rows = np.full((17, 20), bad, dtype)
        expected = strip_by_definition(rows, LARGE[kind])
        np.testing.assert_array_equal(
            plan_of(LARGE[kind], dtype).correlate(rows, Sides()), expected
        )

    def test_both_infinities_under_one_window_are_no_number(self, kind, dtype):
        rows = numbers((17, 40), dtype)
        rows[8, 12], rows[9, 30] = np.inf, -np.inf
        expected = strip_by_definition(rows, LARGE[kind])
        result = plan_of(LARGE[kind], dtype).correlate(rows, Sides())
        known = np.isfinite(expected)
        np.testing.assert_array_equal(result[~known], expected[~known])
        assert_close(result, expected, rows, LARGE[kind])

    def test_magnitudes_whose_sum_is_infinite(self, kind, dtype):
        """Every number is finite: nothing may become infinite or NaN that is not."""
        taps = LARGE[kind] / np.abs(LARGE[kind]).sum()
        largest = float(np.finfo(dtype).max)
        signs = np.sign(numbers((17, 20), dtype))
        expected = strip_by_definition(signs, taps)
        result = plan_of(taps, dtype).correlate((signs * largest * 0.9).astype(dtype), Sides())
        assert np.isfinite(result).all()
        np.testing.assert_allclose(result / largest / 0.9, expected, rtol=0, atol=1e-5)

    def test_nothing_but_zeros(self, kind, dtype):
        result = plan_of(LARGE[kind], dtype).correlate(np.zeros((17, 20), dtype), Sides())
        assert (result == 0).all()

    @pytest.mark.parametrize("huge", [-3.4e38, 1e25])
    def test_no_data_in_a_map_of_small_numbers_and_zeros(self, kind, dtype, huge):
        small, taps = numbers((20, 60), dtype), LARGE[kind]
        small[numbers((20, 60), dtype, 1) < 0.2] = 0
        rows = small.copy()
        rows[:, 40:] = huge
        result = plan_of(taps, dtype).correlate(rows, Sides())[:, : 40 - 16 + 1]
        assert_close(result, strip_by_definition(small[:, :40], taps), small, taps)

    def test_the_rows_are_left_alone_and_may_be_read_only(self, kind, dtype):
        rows = numbers((17, 20), dtype)
        for bad in (0.0, np.nan, np.inf, 3e38):
            rows[3, 4] = bad
            before = rows.copy()
            rows.flags.writeable = False
            result = plan_of(LARGE[kind], dtype).correlate(rows, Sides(2, 3, "wrap"))
            assert result.dtype == dtype
            rows.flags.writeable = True
            np.testing.assert_array_equal(rows, before)

    def test_into_out(self, kind, dtype):
        rows = numbers((20, 23, 3), dtype)
        for bad in (0.0, np.nan, -np.inf, 3e38):
            rows[3, 4, 1] = bad
            plan = plan_of(LARGE[kind], dtype)
            expected = plan.correlate(rows, Sides(5, 0, "symmetric"))
            out = np.full(expected.shape, 7, dtype)
            assert plan.correlate(rows, Sides(5, 0, "symmetric"), out) is out
            np.testing.assert_array_equal(out, expected)


def test_a_plan_may_be_made_for_any_of_the_ways():
    """What `Plan` promises does not rest on the way that is chosen."""
    taps = LARGE["constant"]
    rows = numbers((17, 40))
    rows[3, 4], rows[9, 30] = np.nan, -np.inf
    expected = strip_by_definition(rows, taps)
    for way in candidates(taps, np.dtype(np.float32)):
        result = Plan(taps, np.dtype(np.float32), way, ()).correlate(rows, Sides())
        assert_close(result, expected, rows, taps)
