"""Tuning: the widths of Gabors are what formulas say, and chance is the published one."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest

from filt.filters.catalogue import kernel
from filt.learned.matching.tuning import tuning_of, widths_of
from filt.learned.matching.tuning_figures import tuning_figures
from filt.learned.matching.untrained import untrained_kernels

SIDE = 41
Y, X = np.mgrid[-20:21, -20:21]


def wave(theta, wavelength, sigma, gamma=1.0, phase=0.0):
    angle = math.radians(theta)
    across = X * math.cos(angle) + Y * math.sin(angle)
    along = Y * math.cos(angle) - X * math.sin(angle)
    window = np.exp(-(across**2 + (gamma * along) ** 2) / (2 * sigma**2))
    return window * np.cos(2 * math.pi * across / wavelength - phase)


def widths(taps):
    row = taps.reshape(1, -1)
    tuned = tuning_of(row - row.mean(), *taps.shape)
    found = widths_of(row, tuned.peak, *taps.shape)
    return found.bandwidth[0], found.half_width[0]


@pytest.mark.parametrize("theta", [0, 45, 90, 117])
@pytest.mark.parametrize(("wavelength", "sigma"), [(6.0, 4.0), (5.0, 2.5), (4.0, 4.0), (7.0, 3.0)])
def test_the_bandwidth_of_a_gabor(theta, wavelength, sigma):
    """Its spectrum is a Gaussian of deviation 1 / 2πσ about 1 / λ: half at √(2 ln 2) times that.

    The other one, about -1 / λ, adds next to nothing here.
    """
    reach = math.sqrt(2 * math.log(2)) / (2 * math.pi * sigma)
    expected = math.log2((1 / wavelength + reach) / (1 / wavelength - reach))
    bandwidth, _ = widths(wave(theta, wavelength, sigma, phase=0.6))
    assert bandwidth == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("theta", [0, 45, 90, 117])
@pytest.mark.parametrize(("wavelength", "sigma", "gamma"), [(5.0, 3.0, 1.0), (4.0, 3.0, 0.5)])
def test_the_half_width_of_a_gabor(theta, wavelength, sigma, gamma):
    """On the ring of 1 / λ the spectrum's exponent is a sum over both axes; half by search."""

    def answer(degrees):
        u = (math.cos(math.radians(degrees)) - 1) / wavelength
        v = math.sin(math.radians(degrees)) / wavelength / gamma
        return math.exp(-2 * math.pi**2 * sigma**2 * (u * u + v * v))

    expected = next(n / 100 for n in range(9000) if answer(n / 100) < 0.5)
    _, half_width = widths(wave(theta, wavelength, sigma, gamma))
    assert half_width == pytest.approx(expected, rel=0.05)


def test_widths_are_those_of_a_plain_sum():
    taps = np.random.default_rng(4).normal(size=(4, 9)) / 3 + np.cos(np.arange(9) * 1.3)
    row = (taps - taps.mean()).reshape(1, -1)
    peak = tuning_of(row, 4, 9).peak[0]
    away = math.hypot(*peak)
    assert 0 < away < 0.5

    def answer(right, down):
        return abs(
            sum(
                taps[y, x] * cmath.exp(-2j * math.pi * (right * x + down * y))
                for y in range(4)
                for x in range(9)
            )
        )

    end = 0.5 / max(abs(peak)) * away
    steps = np.linspace(0, end, 2001)
    line = np.array([answer(*(peak / away * step)) for step in steps])
    top = int(line.argmax())
    low = max(n for n in range(top) if line[n] < line[top] / 2)
    high = min(n for n in range(top, 2001) if line[n] < line[top] / 2)
    bandwidth, half_width = widths(taps)
    assert bandwidth == pytest.approx(math.log2(steps[high] / steps[low]), abs=0.02)
    start = math.atan2(peak[1], peak[0])
    turns = np.radians(np.arange(-1800, 1800) / 10)
    ring = np.array([answer(away * math.cos(start + t), away * math.sin(start + t)) for t in turns])
    top = 900 + int(ring[900:2700].argmax())
    left = max(n for n in range(top) if ring[n] < ring[top] / 2)
    right = min(n for n in range(top, 3600) if ring[n] < ring[top] / 2)
    assert half_width == pytest.approx((right - left) / 20, abs=0.3)


@pytest.mark.parametrize(
    "taps",
    [
        kernel("gaussian:sigma=1.5").taps,  # lets the mean through
        kernel("laplacian").taps,  # the finest waves most
        np.array([[-1.0, 1.0]]),
        np.full((5, 5), 0.2),
        np.zeros((3, 3)),
        np.ones((1, 1)),
    ],
)
def test_low_pass_high_pass_and_flat_kernels_have_no_bandwidth(taps):
    assert math.isnan(widths(taps)[0])


def test_what_is_round_has_no_half_width():
    rings = np.exp(-(X**2 + Y**2) / 8) * (1 - (X**2 + Y**2) / 8)
    bandwidth, half_width = widths(rings)
    assert 1 < bandwidth < 3
    assert math.isnan(half_width)


def test_strength_changes_nothing():
    one, other = (widths(wave(30, 5, 3) * factor) for factor in (1, -1e-9))
    assert one == pytest.approx(other)


def test_the_peak_is_where_the_wave_is():
    row = wave(30, 5, 4).reshape(1, -1)
    tuned = tuning_of(row - row.mean(), SIDE, SIDE)
    right, down = tuned.peak[0]
    sign = 1 if right > 0 else -1
    assert (sign * right, sign * down) == pytest.approx(
        (math.cos(math.pi / 6) / 5, math.sin(math.pi / 6) / 5), abs=0.01
    )
    assert tuned.frequency[0] == pytest.approx(math.hypot(right, down))


# --- beside chance ------------------------------------------------------------------------------


def test_chance_is_about_the_published_one():
    found = tuning_figures(untrained_kernels(np.random.default_rng(1), 64, 7, 7, 1))
    first = found.selectivity.kernels[0]
    assert (first.median, first.high) == pytest.approx((0.17, 0.34), abs=0.05)
    for one in (found.selectivity, found.frequency, found.bandwidth, found.half_width):
        assert one.layer.p > 0.001
    assert 0.4 < found.band_pass.layer.median < 0.7


def test_figures_are_those_of_the_kernels():
    rng = np.random.default_rng(2)
    noise = rng.normal(size=(9, 9))
    taps = [
        wave(20, 4, 2)[16:25, 16:25],
        noise,
        np.full((9, 9), 0.5),
        kernel("gaussian:sigma=1.5").taps[:9, :9],
    ]
    found = tuning_figures(np.stack(taps, -1)[:, :, None])
    row = (noise - noise.mean()).reshape(1, -1)
    tuned = tuning_of(row, 9, 9)
    assert found.selectivity.values[1] == pytest.approx(tuned.selectivity[0])
    assert found.frequency.values[1] == pytest.approx(tuned.frequency[0])
    assert found.frequency.values[0] == pytest.approx(1 / 4, abs=0.02)
    assert found.bandwidth.values[0] == pytest.approx(widths(taps[0])[0])
    assert found.half_width.values[0] == pytest.approx(widths(taps[0])[1])
    for name in ("selectivity", "frequency", "bandwidth", "half_width", "band_pass"):
        assert getattr(found, name).kernels[2] is None
    assert found.bandwidth.kernels[3] is None
    np.testing.assert_array_equal(found.band_pass.values[[0, 3]], [1, 0])
    known = np.isfinite(found.band_pass.values)
    assert found.band_pass.layer.value == pytest.approx(found.band_pass.values[known].mean())


def test_selective_kernels_stand_out():
    taps = [wave(theta, 4, 2)[17:24, 17:24] for theta in (0, 50, 110, 160)]
    found = tuning_figures(np.stack(taps, -1)[:, :, None])
    assert all(one.value > one.high for one in found.selectivity.kernels)
    assert found.selectivity.layer.p < 0.001


def test_kernels_of_several_channels_by_their_profile():
    profile = wave(20, 4, 2)[16:25, 16:25]
    grey = tuning_figures(profile[:, :, None, None])
    colour = tuning_figures((profile[:, :, None] * [1, 0.5, -0.7])[..., None])
    for name in ("selectivity", "frequency", "bandwidth", "half_width"):
        one, two = (getattr(found, name).values for found in (grey, colour))
        np.testing.assert_allclose(one, two, rtol=1e-6)
