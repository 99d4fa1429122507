"""Energy shares: by hand, by double loops, and chance is what geometry says."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from filt.learned.matching.subspaces import subspaces_of
from filt.learned.matching.untrained import untrained_kernels

R = math.sqrt(2)
EDGE = [
    [[1, R, 1], [0, 0, 0], [-1, -R, -1]],
    [[1, 0, -1], [R, 0, -R], [1, 0, -1]],
    [[0, -1, R], [1, 0, -1], [-R, 1, 0]],
    [[R, -1, 0], [-1, 0, 1], [0, 1, -R]],
]
LINE = [
    [[0, 1, 0], [-1, 0, -1], [0, 1, 0]],
    [[-1, 0, 1], [0, 0, 0], [1, 0, -1]],
    [[1, -2, 1], [-2, 4, -2], [1, -2, 1]],
    [[-2, 1, -2], [1, 4, 1], [-2, 1, -2]],
]


def stacked(*taps):
    return np.stack([np.asarray(one, float) for one in taps], -1)[:, :, None]


def share(taps, masks):
    """The energy of 3×3 taps in masks at right angles, by loops."""
    places = list(itertools.product(range(3), range(3)))
    total = 0.0
    for mask in masks:
        product = sum(taps[y][x] * mask[y][x] for y, x in places)
        total += product**2 / sum(mask[y][x] ** 2 for y, x in places)
    return total / sum(taps[y][x] ** 2 for y, x in places)


def odd_share(taps):
    height, width = taps.shape
    mean = sum(taps[y, x] for y in range(height) for x in range(width)) / (height * width)
    odd = whole = 0.0
    for y in range(height):
        for x in range(width):
            value = taps[y, x] - mean
            turned = taps[height - 1 - y, width - 1 - x] - mean
            odd += ((value - turned) / 2) ** 2
            whole += value**2
    return odd / whole


def values(found):
    return [getattr(found, name).values for name in ("edge", "line", "mean", "odd")]


@pytest.mark.parametrize(
    ("taps", "expected"),
    [
        ([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], (1, 0, 0, 1)),  # Sobel
        ([[0, -1, -2], [1, 0, -1], [2, 1, 0]], (1, 0, 0, 1)),  # a compass Sobel
        ([[1, 1, 1], [1, -8, 1], [1, 1, 1]], (0, 1, 0, 0)),
        ([[0, 1, 0], [1, -4, 1], [0, 1, 0]], (0, 1, 0, 0)),
        ([[0, 0, 0], [0, 1, 0], [0, 0, 0]], (0, 8 / 9, 1 / 9, 0)),
        ([[0, 0, 0], [0, 0, 1], [0, 0, 0]], (1 / 2, 1 / 2 - 1 / 9, 1 / 9, (1 / 2) / (8 / 9))),
        ([[2, 2, 2], [2, 2, 2], [2, 2, 2]], (0, 0, 1, math.nan)),
    ],
)
def test_worked_examples(taps, expected):
    found = [one[0] for one in values(subspaces_of(stacked(taps)))]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_shares_are_those_of_double_loops():
    kernels = np.random.default_rng(1).normal(size=(3, 3, 1, 20)) + 0.3
    edge, line, mean, odd = values(subspaces_of(kernels))
    for n in range(20):
        taps = kernels[:, :, 0, n]
        assert edge[n] == pytest.approx(share(taps, EDGE))
        assert line[n] == pytest.approx(share(taps, LINE))
        assert mean[n] == pytest.approx(share(taps, [np.ones((3, 3))]))
        assert odd[n] == pytest.approx(odd_share(taps))


@pytest.mark.parametrize("size", [(1, 4), (2, 2), (4, 6), (7, 7)])
def test_odd_shares_of_any_size_are_those_of_double_loops(size):
    kernels = np.random.default_rng(2).normal(size=(*size, 1, 5)) - 0.2
    found = subspaces_of(kernels)
    assert found.edge is None
    assert found.line is None
    for n in range(5):
        assert found.odd.values[n] == pytest.approx(odd_share(kernels[:, :, 0, n]))


@given(arrays(np.float64, (3, 3, 1, 1), elements=st.integers(-9, 9)))
def test_the_shares_sum_to_one_and_edge_is_what_is_odd(kernels):
    edge, line, mean, odd = (one[0] for one in values(subspaces_of(kernels)))
    if not kernels.any():
        assert np.isnan([edge, line, mean, odd]).all()
        return
    assert edge + line + mean == pytest.approx(1)
    if not np.isnan(odd):
        assert odd * (1 - mean) == pytest.approx(edge, abs=1e-9)


def test_turning_and_strength_change_nothing():
    kernels = np.random.default_rng(3).normal(size=(5, 5, 1, 4)) + 0.1
    for other in (kernels[::-1, ::-1] * -0.001, np.rot90(kernels) * 7):
        for name in ("mean", "odd"):
            one, two = (getattr(subspaces_of(given), name).values for given in (kernels, other))
            np.testing.assert_allclose(one, two)


def test_colour_kernels_by_their_spatial_profile():
    sobel = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    found = subspaces_of((sobel[:, :, None] * [1, -0.5, 0.2])[..., None])
    assert found.edge.values[0] == pytest.approx(1)


def test_flat_kernels_and_kernels_of_zeros():
    found = subspaces_of(stacked(np.full((3, 3), -0.7), np.zeros((3, 3)), np.eye(3)))
    assert [one is None for one in found.odd.kernels] == [True, True, False]
    assert found.mean.values[0] == pytest.approx(1)
    assert found.mean.kernels[1] is None
    assert found.edge.values[0] == 0


# --- chance -------------------------------------------------------------------------------------


def test_chance_of_a_kernel_and_of_a_layer_of_3_by_3():
    """4/9, 4/9 and 1/9 by the number of dimensions; the 95% of one, and of 32, as published."""
    found = subspaces_of(untrained_kernels(np.random.default_rng(5), 32, 3, 3, 1))
    for name, share, high in (("edge", 4 / 9, 0.81), ("line", 4 / 9, 0.82), ("mean", 1 / 9, 0.42)):
        one = getattr(found, name)
        assert one.kernels[0].high == pytest.approx(high, abs=0.02)
        assert one.layer.median == pytest.approx(share, abs=0.01)
    assert found.edge.layer.low == pytest.approx(0.38, abs=0.01)  # 90%; 95% is 0.37 to 0.52
    assert found.edge.layer.high == pytest.approx(0.51, abs=0.01)


@pytest.mark.parametrize("size", [(3, 3, 1), (5, 5, 1), (7, 7, 3), (2, 7, 1)])
def test_half_of_noise_is_odd(size):
    layer = subspaces_of(untrained_kernels(np.random.default_rng(6), 200, *size)).odd.layer
    dimensions = size[0] * size[1]
    expected = (dimensions // 2) / (dimensions - 1)
    assert layer.median == pytest.approx(expected, abs=0.01)
    assert layer.p > 0.001


@pytest.mark.parametrize("name", ["edge", "line", "mean", "odd"])
def test_p_values_of_untrained_kernels_are_uniform(name):
    found = subspaces_of(untrained_kernels(np.random.default_rng(7), 2000, 3, 3, 1))
    p_values = [one.p for one in getattr(found, name).kernels]
    assert stats.kstest(p_values, "uniform").pvalue > 0.001
