"""Figures beside chance: by hand, and chance itself is what it says."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from filt.learned.matching.figures import figure, null_of
from filt.learned.matching.null import random_shapes
from filt.learned.matching.shapes import shapes_of
from filt.learned.matching.untrained import untrained_kernels


def test_a_figure_by_hand():
    null = np.array([0.1, 0.2, 0.2, 0.9])
    found = figure(np.array([0.2, np.nan, 1.0]), null)
    first, none, last = found.kernels
    assert (first.value, first.p) == (0.2, 4 / 5)
    assert none is None
    assert (last.value, last.p) == (1.0, 1 / 5)
    assert (first.low, first.median, first.high) == pytest.approx((0.115, 0.2, 0.795))
    assert found.layer.value == pytest.approx(0.6)
    np.testing.assert_array_equal(found.values, [0.2, np.nan, 1.0])


@pytest.mark.parametrize("values", [[np.nan, np.nan], []])
def test_no_figure_is_none(values):
    found = figure(np.array(values, float), np.linspace(0, 1, 5))
    assert found.kernels == (None,) * len(values)
    assert found.layer is None


@pytest.mark.parametrize("count", [1, 32, 5000])
def test_the_layer_stands_beside_means_of_as_many(count):
    """Means of uniform numbers: a spread of 1 / √(12 n), and 90% within 1.645 of that."""
    layer = figure(np.full(count, 0.5), np.linspace(0, 1, 20_001)).layer
    spread = 1 / math.sqrt(12 * count)
    assert layer.median == pytest.approx(0.5, abs=0.1 * spread + 0.002)
    if count > 1:
        assert layer.high - 0.5 == pytest.approx(1.645 * spread, rel=0.1)
        assert 0.5 - layer.low == pytest.approx(1.645 * spread, rel=0.1)
    assert 0.4 < layer.p < 0.6


@pytest.mark.parametrize("shape", [(3, 4, 1), (3, 3, 8), (3, 3, 9)])
def test_untrained_kernels_are_those_of_the_null_of_matching(shape):
    one = shapes_of(untrained_kernels(np.random.default_rng(3), 7, *shape))
    other = random_shapes(np.random.default_rng(3), 7, shape)
    np.testing.assert_array_equal(one.rows, other.rows)


def test_the_null_is_sorted_seeded_and_leaves_out_what_is_not_there():
    def statistics(kernels):
        sums = kernels.sum(axis=(0, 1, 2))
        return np.stack([sums, np.where(sums < 0, np.nan, sums)])

    whole, positive = null_of(statistics, 3, 3, 1, 4001)
    again, _ = null_of(statistics, 3, 3, 1, 4001)
    np.testing.assert_array_equal(whole, again)
    assert len(whole) == 4001
    np.testing.assert_array_equal(positive, whole[whole >= 0])
    assert (np.diff(whole) >= 0).all()
    assert stats.kstest(whole / math.sqrt(3), "norm").pvalue > 0.001  # nine of variance 1/3


def test_large_kernels_have_fewer_untrained_beside_them():
    def sums(kernels):
        return kernels.sum(axis=(0, 1, 2))[None]

    assert len(null_of(sums, 3, 3, 1)[0]) == 20_000
    assert 2000 <= len(null_of(sums, 31, 31, 4)[0]) < 20_000
