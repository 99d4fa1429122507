"""Opponency: worked by hand and by loops, and chance is a third."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from filt.filters.errors import InputError
from filt.learned.matching.opponency import ACHROMATIC, MIXED, opponency_of
from filt.learned.matching.untrained import untrained_kernels


def coloured(weights, side=7, seed=0):
    """Any spatial pattern with these weights for red, green and blue."""
    pattern = np.random.default_rng(seed).normal(size=(side, side))
    return (pattern[:, :, None] * np.array(weights, float))[..., None]


@pytest.mark.parametrize(
    ("weights", "shares", "verdict"),
    [
        ((1, 1, 1), (1, 0, 0), ACHROMATIC),
        ((-2, -2, -2), (1, 0, 0), ACHROMATIC),
        ((0.299, 0.587, 0.114), (0.745768, 0.092786, 0.161446), ACHROMATIC),  # luma
        ((1, -1, 0), (0, 1, 0), "red-green"),
        ((-1, 2, -1), (0, 0.75, 0.25), "red-green"),
        ((1, 1, -2), (0, 0, 1), "blue-yellow"),
        ((-1, -1, 1), (1 / 9, 0, 8 / 9), "blue-yellow"),
        ((1, 0, 0), (1 / 3, 1 / 2, 1 / 6), MIXED),
        ((0, 0, 1), (1 / 3, 0, 2 / 3), MIXED),
    ],
)
def test_worked_examples(weights, shares, verdict):
    found = opponency_of(coloured(weights))
    values = (found.achromatic.values, found.red_green.values, found.blue_yellow.values)
    np.testing.assert_allclose(np.ravel(values), shares, atol=1e-5)
    assert found.verdicts == (verdict,)
    assert found.separability.values[0] == pytest.approx(1)


def test_a_grey_kernel_over_three_channels_is_achromatic():
    sobel = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    kernels = np.repeat(sobel[:, :, None, None], 3, axis=2)
    found = opponency_of(kernels)
    assert found.achromatic.values[0] == pytest.approx(1)
    assert found.verdicts == (ACHROMATIC,)


def test_shares_are_those_of_loops():
    kernels = np.random.default_rng(1).normal(size=(3, 4, 3, 6)) * 1e-3
    found = opponency_of(kernels)
    for n in range(6):
        along = [0.0, 0.0, 0.0]
        for y in range(3):
            for x in range(4):
                r, g, b = kernels[y, x, :, n]
                along[0] += (r + g + b) ** 2 / 3
                along[1] += (r - g) ** 2 / 2
                along[2] += (r + g - 2 * b) ** 2 / 6
        total = (kernels[..., n] ** 2).sum()
        assert sum(along) == pytest.approx(total)
        for one, energy in zip(
            (found.achromatic, found.red_green, found.blue_yellow), along, strict=True
        ):
            assert one.values[n] == pytest.approx(energy / total)
        values = np.linalg.svd(kernels[..., n].reshape(12, 3), compute_uv=False)
        assert found.separability.values[n] == pytest.approx(values[0] ** 2 / (values**2).sum())


def test_a_kernel_of_zeros_has_no_colour():
    kernels = np.concatenate([np.zeros((3, 3, 3, 1)), coloured((1, 1, 1), 3)], axis=3)
    found = opponency_of(kernels)
    assert found.achromatic.kernels[0] is None
    assert found.separability.kernels[0] is None
    assert found.verdicts == ("", ACHROMATIC)


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_other_than_three_channels_are_refused(channels):
    with pytest.raises(InputError, match=f"3 channels for opponency, got {channels}"):
        opponency_of(np.ones((3, 3, channels, 1)))


# --- chance -------------------------------------------------------------------------------------


def test_chance_is_a_third_and_its_spread_the_published_one():
    found = opponency_of(untrained_kernels(np.random.default_rng(2), 600, 7, 7, 3))
    first = found.achromatic.kernels[0]
    assert (first.low, first.high) == pytest.approx((0.24, 0.43), abs=0.01)
    assert first.median == pytest.approx(1 / 3, abs=0.005)
    assert found.separability.kernels[0].median == pytest.approx(0.42, abs=0.01)
    assert found.separability.kernels[0].high == pytest.approx(0.48, abs=0.01)
    for one in (found.achromatic, found.red_green, found.blue_yellow):
        assert one.layer.median == pytest.approx(1 / 3, abs=0.005)
        assert stats.kstest([k.p for k in one.kernels], "uniform").pvalue > 0.001
    for verdicts in ([ACHROMATIC], ["red-green", "blue-yellow"]):
        count = sum(verdict in verdicts for verdict in found.verdicts)
        assert abs(count / 600 - 0.05) < 4 * math.sqrt(0.05 * 0.95 / 600)
