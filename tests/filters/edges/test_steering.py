"""Derivatives of any order, and responses at any angle from a few: against calculus and SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import ndimage

from filt.filters.edges.gradient import gradient
from filt.filters.edges.steering import gaussian_derivative, steered, steered_second
from filt.filters.errors import InputError

ANGLES = [0, 30, 45, 90, 137, 180, 222.5, 270, 359, -30, 400]


def wave(size=64, across=0.31, down=-0.17, phase=0.4):
    y, x = np.mgrid[:size, :size].astype(float)
    return np.cos(across * x + down * y + phase), across * x + down * y + phase


class TestDerivatives:
    @pytest.mark.parametrize("order_x", [0, 1, 2, 3])
    @pytest.mark.parametrize("order_y", [0, 1, 2])
    @pytest.mark.parametrize("sigma", [1.0, 2.2])
    def test_of_polynomials_of_that_order_are_exact(self, sigma, order_x, order_y):
        y, x = np.mgrid[-20:21, -20:21].astype(float)
        lower = 3 * x - 5 * y if order_x + order_y > 1 else 0
        picture = x**order_x * y**order_y + lower
        inside = slice(15, 26)
        found = gaussian_derivative(picture, sigma, order_x, order_y)[inside, inside]
        wanted = math.factorial(order_x) * math.factorial(order_y)
        np.testing.assert_allclose(found, wanted, atol=1e-7)

    def test_of_order_0_is_the_blur(self):
        picture = wave()[0]
        theirs = ndimage.gaussian_filter(picture, 1.4, mode="mirror", truncate=4)
        np.testing.assert_allclose(gaussian_derivative(picture, 1.4, 0, 0), theirs, atol=1e-12)

    @pytest.mark.parametrize("sigma", [1.0, 1.4, 2.0, 3.0])
    @pytest.mark.parametrize("order", [(1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (1, 2)])
    def test_are_scipys_within_a_hundredth(self, sigma, order):
        """SciPy's are sampled, and not corrected to be exact on polynomials."""
        picture = np.random.default_rng(0).normal(size=(40, 50))
        ours = gaussian_derivative(picture, sigma, *order)
        theirs = ndimage.gaussian_filter(
            picture, sigma, order=order[::-1], mode="mirror", truncate=4
        )
        assert np.abs(ours - theirs).max() < 0.01 * np.abs(theirs).max()

    @pytest.mark.parametrize("sigma", [1.5, 2.5])
    def test_of_a_wave_are_calculus(self, sigma):
        """A Gaussian takes exp(-σ²ω²/2) of a wave; the taps are cut off at 4σ."""
        picture, phase = wave()
        left = math.exp(-(sigma**2) * (0.31**2 + 0.17**2) / 2)
        inside = (slice(14, -14), slice(14, -14))
        for order, wanted in (
            ((1, 0), -0.31 * np.sin(phase)),
            ((0, 1), 0.17 * np.sin(phase)),
            ((2, 0), -(0.31**2) * np.cos(phase)),
            ((1, 1), 0.31 * 0.17 * np.cos(phase)),
        ):
            found = gaussian_derivative(picture, sigma, *order)
            np.testing.assert_allclose(found[inside], left * wanted[inside], atol=1e-3)

    def test_of_channels_are_each_by_itself(self):
        image = np.random.default_rng(0).normal(size=(9, 12, 4))
        together = gaussian_derivative(image, 1.0, 1, 1)
        for n in range(4):
            one = gaussian_derivative(image[..., n], 1.0, 1, 1)
            np.testing.assert_allclose(together[..., n], one, atol=1e-12)

    def test_first_ones_are_the_gaussian_gradient(self):
        image = np.random.default_rng(0).normal(size=(20, 30))
        slopes = gradient(image, "gaussian", 1.4)
        np.testing.assert_array_equal(gaussian_derivative(image, 1.4, 1, 0), slopes.x)
        np.testing.assert_array_equal(gaussian_derivative(image, 1.4, 0, 1), slopes.y)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((0,), "sigma must be greater than 0"),
            ((-1,), "sigma must be greater than 0"),
            ((math.inf,), "sigma must be finite"),
            ((1, -1), "order must be at least 0"),
            ((1, 0, -1), "order must be at least 0"),
            ((0.3, 9), "sigma must be larger"),
        ],
    )
    def test_out_of_range_are_refused(self, arguments, message):
        with pytest.raises(InputError, match=message):
            gaussian_derivative(np.zeros((5, 5)), *arguments)

    def test_of_broken_orders_are_refused(self):
        with pytest.raises(TypeError, match="order must be a whole number"):
            gaussian_derivative(np.zeros((5, 5)), 1.0, 1.5)


class TestSteering:
    @pytest.mark.parametrize("angle", ANGLES)
    def test_a_slope_is_the_kernel_turned(self, angle):
        """The derivative of a Gaussian written down at that angle, -(u/σ²)·G, as a correlation."""
        sigma, radius = 2.0, 8
        y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1].astype(float)
        u = x * math.cos(math.radians(angle)) + y * math.sin(math.radians(angle))
        bell = np.exp(-(x**2 + y**2) / (2 * sigma**2)) / (2 * math.pi * sigma**2)
        image = np.random.default_rng(0).normal(size=(40, 50))
        wanted = ndimage.correlate(image, u / sigma**2 * bell, mode="mirror")
        slopes = gradient(image, "gaussian", sigma)
        found = steered(slopes.x, slopes.y, angle)
        assert np.abs(found - wanted).max() < 2e-3 * np.abs(wanted).max()

    @pytest.mark.parametrize("angle", ANGLES)
    def test_a_curvature_is_the_kernel_turned(self, angle):
        sigma, radius = 2.0, 8
        y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1].astype(float)
        u = x * math.cos(math.radians(angle)) + y * math.sin(math.radians(angle))
        bell = np.exp(-(x**2 + y**2) / (2 * sigma**2)) / (2 * math.pi * sigma**2)
        image = np.random.default_rng(0).normal(size=(40, 50))
        wanted = ndimage.correlate(image, (u**2 / sigma**4 - 1 / sigma**2) * bell, mode="mirror")
        xx, xy, yy = (gaussian_derivative(image, sigma, *o) for o in ((2, 0), (1, 1), (0, 2)))
        found = steered_second(xx, xy, yy, angle)
        assert np.abs(found - wanted).max() < 1e-2 * np.abs(wanted).max()

    @pytest.mark.parametrize("angle", ANGLES)
    def test_a_plane_rises_by_the_cosine(self, angle):
        slope = steered(np.array([3.0]), np.array([4.0]), angle)
        steepest = math.degrees(math.atan2(4, 3))
        assert slope[0] == pytest.approx(5 * math.cos(math.radians(angle - steepest)))

    @pytest.mark.parametrize("angle", ANGLES)
    def test_a_bowl_curves_as_its_matrix_says(self, angle):
        matrix = np.array([[2.0, -1.5], [-1.5, 0.5]])
        along = np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
        parts = (np.array([matrix[0, 0]]), np.array([matrix[0, 1]]), np.array([matrix[1, 1]]))
        assert steered_second(*parts, angle)[0] == pytest.approx(along @ matrix @ along)

    def test_the_dtype_stays(self):
        one = np.ones(3, np.float32)
        assert steered(one, one, 30).dtype == np.float32
        assert steered_second(one, one, one, 30).dtype == np.float32

    @pytest.mark.parametrize("angle", [math.nan, math.inf])
    def test_no_angle_is_refused(self, angle):
        one = np.ones(1)
        with pytest.raises(InputError, match="angle must be finite"):
            steered(one, one, angle)
        with pytest.raises(InputError, match="angle must be finite"):
            steered_second(one, one, one, angle)
