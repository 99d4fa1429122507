"""Thresholds: worked numbers, scikit-image's Otsu, NumPy's quantiles."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ideal_pictures import photographs
from skimage import filters

from filt.filters.edges.gradient import gradient
from filt.filters.edges.thresholds import AUTOMATIC, Thresholds, choose_thresholds, median, otsu
from filt.filters.errors import InputError

FLAT = np.zeros(9)


class TestTwoNumbers:
    @pytest.mark.parametrize(("low", "high"), [(0, 0), (0, 1), (1, 1), (0.03, 0.08)])
    def test_from_0_to_1_in_order_are_kept(self, low, high):
        assert dataclasses.astuple(Thresholds(low, high)) == (low, high)

    @pytest.mark.parametrize(
        ("low", "high", "message"),
        [
            (-0.1, 0.5, "low must be between 0 and 1, got -0.1"),
            (0.1, 1.5, "high must be between 0 and 1, got 1.5"),
            (50, 100, "low must be between 0 and 1, got 50"),
            (0.2, 0.1, "low must be at most high, got low 0.2 and high 0.1"),
            (math.nan, 0.1, "low must be finite"),
            (0.1, math.inf, "high must be finite"),
        ],
    )
    def test_others_are_refused(self, low, high, message):
        with pytest.raises(InputError, match=message):
            Thresholds(low, high)
        with pytest.raises(InputError, match=message):
            choose_thresholds(FLAT, FLAT, low, high)
        with pytest.raises(InputError, match=message):
            choose_thresholds(FLAT, FLAT, low, high, auto="otsu")

    def test_words_are_refused(self):
        with pytest.raises(TypeError, match="low must be a number"):
            Thresholds("otsu", 0.5)


class TestOtsu:
    @pytest.mark.parametrize("name", ["camera", "coffee", "astronaut"])
    @pytest.mark.parametrize("sigma", [0, 1.4])
    def test_is_scikit_images_within_a_bin(self, name, sigma):
        """Both take 256 bins; filt gives the upper bound of the last dark one, it its middle."""
        slopes = gradient(photographs(2)[name], sigma=sigma)
        shares = slopes.magnitude / slopes.full_scale
        theirs = float(filters.threshold_otsu(shares))
        assert otsu(shares, shares).high == pytest.approx(theirs, abs=float(shares.max()) / 256)

    def test_splits_two_groups_between_them(self):
        found = otsu(np.repeat([0.1, 0.12, 0.6, 0.62], [50, 50, 10, 10]), FLAT)
        assert found.high == pytest.approx(0.36, abs=0.01)
        assert found.low == pytest.approx(0.4 * found.high)

    def test_scales_with_the_magnitudes(self):
        shares = np.random.default_rng(0).gamma(2, 0.05, 2000).clip(0, 1)
        assert otsu(shares / 4, FLAT).high == pytest.approx(otsu(shares, FLAT).high / 4)

    @pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
    def test_of_one_value_is_no_reason_to_fail(self, value):
        found = otsu(np.full(7, value), FLAT)
        assert 0 <= found.low <= found.high <= 1

    def test_of_magnitudes_above_full_scale_stays_within_it(self):
        shares = np.repeat([0.1, 5.0], 50)
        found = choose_thresholds(shares, shares, 0.1, 0.2, auto="otsu")
        assert 0.1 < found.high <= 1


class TestMedian:
    @pytest.mark.parametrize(
        ("brightness", "low", "high"),
        [(0.0, 0, 0), (0.5, 0.08375, 0.16625), (1.0, 0.1675, 0.3325)],
    )
    def test_is_two_and_four_thirds_of_the_median_in_opencvs_units(self, brightness, low, high):
        found = median(FLAT, np.full(5, brightness))
        assert dataclasses.astuple(found) == pytest.approx((low, high))

    def test_of_a_picture_below_black_is_no_reason_to_fail(self):
        found = choose_thresholds(FLAT, np.full(5, -0.5), 0.1, 0.2, auto="median")
        assert 0 <= found.low <= found.high <= 1

    def test_is_what_the_opencv_recipe_gives_in_8_bits(self):
        """The rule of thumb: 0.67 and 1.33 times the median, as raw Sobel slopes of 1020."""
        image = photographs(2)["camera"]
        middle = np.median(image)
        found = median(FLAT, image / 255)
        assert found.low * 1020 == pytest.approx(0.67 * middle)
        assert found.high * 1020 == pytest.approx(1.33 * middle)


class TestChoice:
    shares = np.random.default_rng(0).random(1001) * 0.7

    def test_is_what_was_asked_by_default(self):
        assert choose_thresholds(self.shares, FLAT, 0.1, 0.9) == Thresholds(0.1, 0.9)

    def test_relative_is_of_the_largest(self):
        found = choose_thresholds(self.shares, FLAT, 0.1, 0.5, relative=True)
        largest = self.shares.max()
        assert dataclasses.astuple(found) == pytest.approx((0.1 * largest, 0.5 * largest))

    def test_quantiles_leave_that_share_below(self):
        found = choose_thresholds(self.shares, FLAT, 0.7, 0.9, quantiles=True)
        assert (self.shares <= found.low).mean() == pytest.approx(0.7, abs=1e-3)
        assert (self.shares <= found.high).mean() == pytest.approx(0.9, abs=1e-3)

    @given(st.floats(0, 1), st.floats(0, 1))
    def test_quantiles_of_0_and_1_and_all_between_are_in_order(self, one, other):
        low, high = sorted((one, other))
        found = choose_thresholds(self.shares, FLAT, low, high, quantiles=True)
        assert 0 <= found.low <= found.high <= 1

    @pytest.mark.parametrize("auto", AUTOMATIC)
    def test_automatic_ones_are_those_of_their_functions(self, auto):
        brightness = np.linspace(0, 1, 1001)
        found = choose_thresholds(self.shares, brightness, 0.1, 0.2, auto=auto)
        assert found == AUTOMATIC[auto](self.shares, brightness)

    @pytest.mark.parametrize(
        "way", [{"relative": True}, {"quantiles": True}, {"auto": "otsu"}, {"auto": "median"}]
    )
    def test_does_not_mind_nan_infinity_or_nothing(self, way):
        plain = choose_thresholds(self.shares, self.shares, 0.1, 0.2, **way)
        dirty = np.concatenate([self.shares, [np.nan, np.inf]])
        assert choose_thresholds(dirty, dirty, 0.1, 0.2, **way) == plain
        for nothing in (np.zeros(0), np.full(3, np.nan)):
            assert choose_thresholds(nothing, nothing, 0.1, 0.2, **way) == Thresholds(0.1, 0.2)

    @pytest.mark.parametrize("way", [{"relative": True}, {"quantiles": True}, {"auto": "otsu"}])
    def test_stays_within_1_for_magnitudes_beyond_full_scale(self, way):
        found = choose_thresholds(self.shares * 9, self.shares, 0.9, 0.95, **way)
        assert found.high <= 1

    @pytest.mark.parametrize(
        "ways",
        [
            {"relative": True, "quantiles": True},
            {"relative": True, "auto": "otsu"},
            {"quantiles": True, "auto": "median"},
        ],
    )
    def test_in_two_ways_at_once_is_refused(self, ways):
        with pytest.raises(InputError, match="exclude one another"):
            choose_thresholds(self.shares, FLAT, 0.1, 0.2, **ways)

    def test_by_an_unknown_way_is_refused(self):
        with pytest.raises(InputError, match="auto must be one of otsu, median, got 'mean'"):
            choose_thresholds(self.shares, FLAT, 0.1, 0.2, auto="mean")
        with pytest.raises(InputError, match="auto must be one of otsu, median, got 'mean'"):
            choose_thresholds(np.zeros(0), np.zeros(0), 0.1, 0.2, auto="mean")
