"""Fits: what is planted is recovered, SciPy finds nothing better, chance is the published one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import least_squares

from filt.filters.recipes import gabor
from filt.learned.matching.fit_models import differences, gabors
from filt.learned.matching.fits import fits_of
from filt.learned.matching.shapes import shapes_of
from filt.learned.matching.untrained import untrained_kernels
from filt.learned.shipped import shipped_bank


def places(side):
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    return x, y


def planted_gabor(given):
    side, x0, y0, theta, wavelength, sigma, gamma, phase = given
    x, y = places(side)
    angle = math.radians(theta)
    across = (x - x0) * math.cos(angle) + (y - y0) * math.sin(angle)
    along = (y - y0) * math.cos(angle) - (x - x0) * math.sin(angle)
    window = np.exp(-(across**2 + (gamma * along) ** 2) / (2 * sigma**2))
    return window * np.cos(2 * math.pi * across / wavelength - math.radians(phase))


def planted_difference(given):
    side, x0, y0, sigma, ratio, surround = given
    x, y = places(side)
    squared = (x - x0) ** 2 + (y - y0) ** 2
    narrow = np.exp(-squared / (2 * sigma**2))
    return narrow - surround * np.exp(-squared / (2 * (ratio * sigma) ** 2))


def bank(*taps):
    return np.stack(taps, -1)[:, :, None]


def turned(one, other, whole):
    return abs((one - other + whole / 2) % whole - whole / 2)


# --- what is planted is recovered ---------------------------------------------------------------

GABORS = [
    (7, 0.4, -0.3, 30.0, 4.0, 1.6, 0.8, 20.0),
    (7, 0.0, 0.5, 100.0, 3.2, 1.4, 1.0, 90.0),
    (9, -1.0, 0.7, 160.0, 5.0, 2.0, 0.6, -120.0),
    (11, 1.2, 0.1, 0.0, 3.5, 2.5, 0.9, 45.0),
    (11, -1.5, 1.6, 75.0, 5.0, 2.0, 0.7, 150.0),
]


@pytest.mark.parametrize("offset", [0.0, -0.4])
@pytest.mark.parametrize("given", GABORS)
def test_a_planted_gabor_is_recovered(given, offset):
    side, x0, y0, theta, wavelength, sigma, gamma, phase = given
    found = fits_of(bank(planted_gabor(given) * 0.01 + 0.01 * offset))
    (one,) = found.gabors
    assert found.gabor_r2.values[0] > 0.99999
    assert found.gabor_r2.kernels[0].p == 1 / 257
    assert (one.x, one.y) == pytest.approx((x0, y0), abs=0.02)
    assert turned(one.theta, theta, 180) < 0.5
    assert (one.wavelength, one.sigma, one.gamma) == pytest.approx(
        (wavelength, sigma, gamma), rel=0.02
    )
    # Near 0 and 180 degrees the wave may be seen from the other end.
    same = min(turned(one.phase, phase, 360), turned(one.phase, -phase, 360))
    assert same < 2
    if 5 < theta < 175:
        assert turned(one.phase, phase, 360) < 2
    shape = (one.theta, one.wavelength, one.sigma, one.gamma, one.phase)
    taps = planted_gabor((side, one.x, one.y, *shape))
    row = taps.ravel() - taps.mean()
    expected = shapes_of(bank(planted_gabor(given))).rows[0]
    np.testing.assert_allclose(one.amplitude * row, expected, atol=0.005)


def test_the_parameters_are_those_of_the_filter_of_that_name():
    taps = gabor(theta=30, wavelength=4, sigma=1.5, gamma=0.9, phase=60)
    (one,) = fits_of(taps[:, :, None, None]).gabors
    assert (one.theta, one.wavelength, one.sigma, one.gamma, one.phase) == pytest.approx(
        (30, 4, 1.5, 0.9, 60), rel=0.01
    )
    assert (one.x, one.y) == pytest.approx((0, 0), abs=0.01)


@pytest.mark.parametrize(
    "given",
    [
        (7, 0.0, 0.0, 0.8, 1.6, 0.4),
        (7, -0.7, 0.4, 1.0, 2.0, 0.3),
        (9, 0.5, 1.1, 1.2, 1.6, 0.5),
        (11, 1.0, -1.5, 1.5, 2.2, 0.2),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_planted_difference_of_gaussians_is_recovered(given, sign):
    _, x0, y0, sigma, ratio, surround = given
    found = fits_of(bank(planted_difference(given) * sign * 3 + 0.7))
    (one,) = found.differences
    assert found.difference_r2.values[0] > 0.9999
    assert found.difference_r2.kernels[0].p == 1 / 257
    assert (one.x, one.y) == pytest.approx((x0, y0), abs=0.02)
    assert one.sigma == pytest.approx(sigma, rel=0.05)
    assert one.ratio == pytest.approx(ratio, rel=0.1)
    assert one.surround / one.centre == pytest.approx(-surround, abs=0.05)
    assert np.sign(one.centre) == sign


@pytest.mark.parametrize("noise", [0.3, 0.6])
def test_noise_takes_its_share_of_the_fit(noise):
    """Noise of this length leaves 1 / (1 + noise²) of the energy to the wave, and a little more."""
    rng = np.random.default_rng(7)
    clean = planted_gabor(GABORS[0])
    clean -= clean.mean()
    clean /= np.linalg.norm(clean)
    noises = rng.normal(size=(8, 7, 7))
    noises -= noises.mean(axis=(1, 2), keepdims=True)
    noises *= noise / np.linalg.norm(noises, axis=(1, 2))[:, None, None]
    found = fits_of(bank(*(clean + one for one in noises))).gabor_r2
    expected = 1 / (1 + noise**2)
    assert expected - 0.1 < found.layer.value < expected + 0.3 * (1 - expected) + 0.05
    assert all(one.value > one.high for one in found.kernels)


def test_strength_and_mean_change_nothing():
    taps = np.random.default_rng(1).normal(size=(5, 7, 1, 3))
    one, other = fits_of(taps), fits_of(taps * -1e-3 + 4e-3)
    np.testing.assert_allclose(one.gabor_r2.values, other.gabor_r2.values, atol=1e-3)
    np.testing.assert_allclose(one.difference_r2.values, other.difference_r2.values, atol=1e-3)


def test_two_runs_give_the_same_fits():
    taps = np.random.default_rng(2).normal(size=(6, 5, 2, 4))
    assert fits_of(taps) == fits_of(taps)


# --- against SciPy ------------------------------------------------------------------------------


def scipy_r2(row, side, model, starts, rng):
    """The best R² of SciPy's bounded least squares, the constant and amplitudes fitted as well."""
    low, high = model.low, np.where(np.isfinite(model.high), model.high, 2 * math.pi)
    low = np.where(np.isfinite(low), low, -math.pi)
    x, y = (one.ravel() for one in places(side))

    def columns(p):
        dx, dy = x - p[0], y - p[1]
        if len(p) == 4:
            squared = dx**2 + dy**2
            narrow, wide = math.exp(p[2]), math.exp(p[2] + p[3])
            pair = [np.exp(-squared / 2 / narrow**2), np.exp(-squared / 2 / wide**2)]
        else:
            u = dx * math.cos(p[2]) + dy * math.sin(p[2])
            v = dy * math.cos(p[2]) - dx * math.sin(p[2])
            window = np.exp(-((u / math.exp(p[4])) ** 2) / 2 - (v / math.exp(p[5])) ** 2 / 2)
            angle = 2 * math.pi * u / math.exp(p[3])
            pair = [window * np.cos(angle), window * np.sin(angle)]
        return np.stack([*pair, np.ones_like(x)], axis=1)

    def rest(p):
        made = columns(p)
        return row - made @ np.linalg.lstsq(made, row, rcond=1e-9)[0]

    best = 0.0
    for _ in range(starts):
        end = least_squares(rest, rng.uniform(low, high), bounds=(low, high), max_nfev=60)
        best = max(best, 1 - 2 * end.cost)
    return best


@pytest.mark.slow
@pytest.mark.parametrize("name", ["learned", "learned-fashion"])
def test_scipy_from_many_starts_finds_nothing_better(name):
    kernels = shipped_bank(name).kernels[..., [0, 5, 9]]
    rows = shapes_of(kernels).rows
    found = fits_of(kernels)
    rng = np.random.default_rng(3)
    for n, row in enumerate(rows):
        wave = scipy_r2(row, 7, gabors(7, 7), 25, rng)
        assert found.gabor_r2.values[n] > wave - 0.01
        spot = scipy_r2(row, 7, differences(7, 7), 25, rng)
        assert found.difference_r2.values[n] > spot - 0.01


def test_scipy_finds_nothing_better_for_what_is_planted():
    noisy = planted_gabor(GABORS[1]) + np.random.default_rng(5).normal(size=(7, 7)) / 5
    spot = planted_difference((7, 0.3, 0.2, 0.9, 2, 0.4))
    spot += np.random.default_rng(6).normal(size=(7, 7)) / 20
    kernels = bank(noisy, spot)
    rows = shapes_of(kernels).rows
    found = fits_of(kernels)
    rng = np.random.default_rng(4)
    assert found.gabor_r2.values[0] > scipy_r2(rows[0], 7, gabors(7, 7), 6, rng) - 0.01
    assert found.difference_r2.values[1] > scipy_r2(rows[1], 7, differences(7, 7), 6, rng) - 0.01


@pytest.mark.parametrize("make", [gabors, differences])
def test_slopes_are_differences(make):
    model = make(5, 7)
    rng = np.random.default_rng(8)
    low, high = (np.where(np.isfinite(end), end, 1.0) for end in (model.low, model.high))
    parameters = rng.uniform(low, high, (6, len(low)))
    weights = rng.normal(size=(6, 2))

    def value(at):
        one, two, _ = model.columns(at)
        return weights[:, :1] * one + weights[:, 1:] * two

    slopes = model.columns(parameters)[2](weights)
    for n in range(len(low)):
        step = np.zeros(len(low))
        step[n] = 1e-6
        expected = (value(parameters + step) - value(parameters - step)) / 2e-6
        np.testing.assert_allclose(slopes[:, n], expected, atol=1e-7)


# --- chance -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "median", "high"), [(5, 0.49, None), (7, 0.27, 0.38)])
def test_chance_is_about_the_published_one(side, median, high):
    """A trial with another search measured these; a search that finds more gives more."""
    found = fits_of(untrained_kernels(np.random.default_rng(9), 16, side, side, 1))
    first = found.gabor_r2.kernels[0]
    assert first.median == pytest.approx(median, abs=0.035)
    if high is not None:
        assert first.high == pytest.approx(high, abs=0.035)
    assert found.difference_r2.kernels[0].median < first.median
    assert found.gabor_r2.layer.p > 0.001
    assert found.difference_r2.layer.p > 0.001


# --- what is not fitted -------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(3, 3), (4, 4), (3, 9), (33, 5), (1, 1)])
def test_small_and_large_kernels_are_not_fitted(size):
    found = fits_of(np.random.default_rng(0).normal(size=(*size, 1, 2)))
    assert found.gabors == (None, None)
    assert found.differences == (None, None)
    assert found.gabor_r2.kernels == (None, None)
    assert found.difference_r2.layer is None


def test_flat_kernels_are_left_out():
    kernels = bank(np.ones((7, 7)), planted_gabor(GABORS[0]), np.zeros((7, 7)))
    found = fits_of(kernels)
    assert [one is None for one in found.gabors] == [True, False, True]
    assert [one is None for one in found.differences] == [True, False, True]
    assert [one is None for one in found.gabor_r2.kernels] == [True, False, True]
    nothing = fits_of(kernels[..., :1])
    assert nothing.gabors == (None,)
    assert nothing.gabor_r2.layer is None


def test_every_size_from_five_on_can_be_fitted():
    for size in ((5, 5), (5, 8)):
        found = fits_of(np.random.default_rng(1).normal(size=(*size, 1, 2)))
        for one in found.gabors:
            assert abs(one.x) <= (size[1] - 1) / 2
            assert abs(one.y) <= (size[0] - 1) / 2
            assert one.wavelength >= 2 - 1e-9
            assert 0.5 - 1e-9 <= one.sigma <= max(size) + 1e-9
            assert 0 <= one.theta < 180
            assert one.amplitude > 0
        for one in found.differences:
            assert 1.1 - 1e-9 <= one.ratio <= 8 + 1e-9
        assert all(0 < one.value < 1 for one in found.gabor_r2.kernels)
