"""How taps are made: against their formulas, against SciPy and OpenCV, and by hand."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from filt.filters import recipes
from filt.filters.catalogue import kernels
from filt.filters.correlation import correlate
from filt.filters.errors import InputError

SIGMAS = (0.5, 0.8, 1.0, 1.4, 2.0, 3.7)


def impulse_response_1d(sigma, order):
    """What scipy.ndimage lays on the picture, turned round into correlation taps."""
    radius = int(4 * sigma + 0.5)
    impulse = np.zeros(2 * radius + 1)
    impulse[radius] = 1.0
    answer = ndimage.gaussian_filter1d(impulse, sigma, order=order, mode="constant")
    return answer[::-1]


class TestGaussian:
    @pytest.mark.parametrize("sigma", SIGMAS)
    def test_order_0_is_scipys(self, sigma):
        expected = impulse_response_1d(sigma, 0)
        np.testing.assert_allclose(recipes.gaussian_1d(sigma), expected, rtol=0, atol=1e-15)

    @pytest.mark.parametrize("sigma", SIGMAS)
    def test_order_0_is_opencvs(self, sigma):
        taps = recipes.gaussian_1d(sigma)
        expected = cv2.getGaussianKernel(taps.size, sigma)[:, 0]
        np.testing.assert_allclose(taps, expected, rtol=0, atol=1e-15)

    @pytest.mark.parametrize("sigma", SIGMAS)
    def test_order_1_is_scipys_up_to_the_scale_that_makes_a_ramp_exact(self, sigma):
        scipys = impulse_response_1d(sigma, 1)
        x = np.arange(scipys.size) - scipys.size // 2
        np.testing.assert_allclose(
            recipes.gaussian_1d(sigma, 1), scipys / (scipys @ x), rtol=0, atol=1e-13
        )

    @pytest.mark.parametrize("sigma", SIGMAS)
    def test_order_2_is_scipys_made_blind_to_brightness_and_exact_for_a_parabola(self, sigma):
        scipys = impulse_response_1d(sigma, 2)
        smooth = impulse_response_1d(sigma, 0)
        blind = scipys - scipys.sum() * smooth
        x = np.arange(scipys.size) - scipys.size // 2
        expected = 2 * blind / (blind @ x**2)
        np.testing.assert_allclose(recipes.gaussian_1d(sigma, 2), expected, rtol=0, atol=1e-12)

    @pytest.mark.parametrize("sigma", [1.0, 1.4, 2.0, 3.7])
    @pytest.mark.parametrize("order", [1, 2])
    def test_the_corrections_are_small(self, sigma, order):
        scipys = impulse_response_1d(sigma, order)
        difference = np.abs(recipes.gaussian_1d(sigma, order) - scipys).max()
        assert difference < 0.015 * np.abs(scipys).max()

    @pytest.mark.parametrize("sigma", [0.2, 0.5, 1.0, 2.5, 8.0])
    @pytest.mark.parametrize("order", [0, 1, 2, 3, 4])
    def test_polynomials_up_to_the_order_give_their_derivative(self, sigma, order):
        radius = int(4 * sigma + 0.5)
        if order > 2 * radius:
            with pytest.raises(InputError, match=f"sigma must be larger .* order {order}"):
                recipes.gaussian_1d(sigma, order)
            return
        taps = recipes.gaussian_1d(sigma, order)
        x = np.arange(-radius, radius + 1, dtype=float)
        for power in range(order):
            assert taps @ x**power == pytest.approx(0, abs=1e-9 * (np.abs(taps) @ np.abs(x**power)))
        assert taps @ x**order == pytest.approx(math.factorial(order), rel=1e-9)

    @pytest.mark.parametrize("sigma", [0.01, 0.1])
    def test_a_derivative_needs_more_than_one_sample(self, sigma):
        for recipe in (recipes.gaussian_x, recipes.gaussian_yy, recipes.laplacian_of_gaussian):
            with pytest.raises(InputError, match="sigma must be larger"):
                recipe(sigma)
        assert recipes.gaussian(sigma).tolist() == [[1.0]]

    @pytest.mark.parametrize("sigma", SIGMAS)
    def test_its_reach_is_int_4_sigma_and_a_half(self, sigma):
        side = 2 * int(4 * sigma + 0.5) + 1
        assert recipes.gaussian(sigma).shape == (side, side)

    def test_the_plane_is_the_product_of_two_lines(self):
        image = np.random.default_rng(0).random((30, 31))
        for recipe, order in (
            (recipes.gaussian, (0, 0)),
            (recipes.gaussian_x, (0, 1)),
            (recipes.gaussian_y, (1, 0)),
            (recipes.gaussian_xx, (0, 2)),
            (recipes.gaussian_yy, (2, 0)),
            (recipes.gaussian_xy, (1, 1)),
        ):
            theirs = ndimage.gaussian_filter(image, 2.0, order=order, mode="mirror")
            ours = correlate(image, recipe(2.0))
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=0.01 * np.abs(theirs).max())

    def test_opencvs_gaussian_blur(self):
        image = np.random.default_rng(0).random((30, 31))
        theirs = cv2.GaussianBlur(image, (17, 17), 2.0)
        np.testing.assert_allclose(correlate(image, recipes.gaussian(2.0)), theirs, atol=1e-12)

    @pytest.mark.parametrize("sigma", [0.6, 1.0, 2.0])
    def test_slopes_and_curvatures_of_a_paraboloid_are_exact(self, sigma):
        y, x = np.mgrid[-20:21, -20:21].astype(float)
        surface = 3 * x**2 - 2 * y**2 + 5 * x * y + 7 * x - 4 * y + 11
        for recipe, expected in (
            (recipes.gaussian_x, 7),
            (recipes.gaussian_y, -4),
            (recipes.gaussian_xx, 6),
            (recipes.gaussian_yy, -4),
            (recipes.gaussian_xy, 5),
            (recipes.laplacian_of_gaussian, 2),
        ):
            assert correlate(surface, recipe(sigma))[20, 20] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "gain"),
    [("sobel", 8), ("scharr", 32), ("prewitt", 6), ("central", 2), ("sobel5", 128)],
)
def test_a_ramp_gives_its_slope_times_the_gain(name, gain):
    y, x = np.mgrid[:12, :12].astype(float)
    ramp = 3 * x - 5 * y + 1
    assert correlate(ramp, f"{name}-x")[6, 6] == 3 * gain
    assert correlate(ramp, f"{name}-y")[6, 6] == -5 * gain


@pytest.mark.parametrize("sigma", SIGMAS)
def test_log_and_dog_are_blind_to_brightness_and_to_slopes(sigma):
    for taps in (recipes.laplacian_of_gaussian(sigma), recipes.difference_of_gaussians(sigma)):
        reach = taps.shape[0] // 2
        y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
        assert taps.sum() == pytest.approx(0, abs=1e-12)
        assert (taps * x).sum() == pytest.approx(0, abs=1e-10)
        assert (taps * y).sum() == pytest.approx(0, abs=1e-10)


def test_the_centres_of_log_and_dog():
    log, dog = recipes.laplacian_of_gaussian(1.4), recipes.difference_of_gaussians(1.0)
    assert log[log.shape[0] // 2, log.shape[1] // 2] == log.min() < 0
    assert dog[dog.shape[0] // 2, dog.shape[1] // 2] == dog.max() > 0


def test_dog_is_scipys_difference_of_two_blurs():
    image = np.random.default_rng(0).random((40, 41))
    narrow, wide = (ndimage.gaussian_filter(image, s, mode="mirror") for s in (1.5, 3.0))
    ours = correlate(image, recipes.difference_of_gaussians(1.5, 2.0))
    np.testing.assert_allclose(ours, narrow - wide, atol=1e-12)


@pytest.mark.parametrize("sigma", [1.0, 1.4, 2.5])
def test_log_is_near_scipys(sigma):
    image = np.random.default_rng(0).random((40, 41))
    theirs = ndimage.gaussian_laplace(image, sigma, mode="mirror")
    ours = correlate(image, recipes.laplacian_of_gaussian(sigma))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=0.02 * np.abs(theirs).max())


class TestFreiChen:
    def test_the_nine_masks_are_orthonormal(self):
        masks = np.array([recipes.frei_chen(n).ravel() for n in range(1, 10)])
        np.testing.assert_allclose(masks @ masks.T, np.eye(9), atol=1e-15)

    @settings(max_examples=30, deadline=None)
    @given(values=st.lists(st.floats(-100, 100), min_size=9, max_size=9))
    def test_any_patch_is_the_sum_of_its_projections(self, values):
        patch = np.array(values).reshape(3, 3)
        total = np.zeros((3, 3))
        for number in range(1, 10):
            mask = recipes.frei_chen(number)
            total += correlate(patch, mask, mode="valid").item() * mask
        np.testing.assert_allclose(total, patch, atol=1e-10)


class TestCompass:
    RING = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))
    POINTS = ("n", "nw", "w", "sw", "s", "se", "e", "ne")

    @pytest.mark.parametrize("family", ["kirsch", "robinson"])
    def test_each_mask_is_the_one_before_turned_by_an_eighth(self, family):
        for n, point in enumerate(self.POINTS):
            taps = kernels[f"{family}-{point}"].taps
            following = kernels[f"{family}-{self.POINTS[(n + 1) % 8]}"].taps
            before = [taps[place] for place in self.RING]
            after = [following[place] for place in self.RING]
            assert after == before[1:] + before[:1]
            assert following[1, 1] == taps[1, 1] == 0

    @pytest.mark.parametrize("family", ["kirsch", "robinson"])
    def test_two_eighths_are_a_quarter_turn(self, family):
        for n, point in enumerate(self.POINTS):
            turned = np.rot90(kernels[f"{family}-{point}"].taps)
            assert turned.tolist() == kernels[f"{family}-{self.POINTS[(n + 2) % 8]}"].taps.tolist()

    @pytest.mark.parametrize("family", ["kirsch", "robinson"])
    def test_each_points_where_it_gets_brighter(self, family):
        y, x = np.mgrid[-1:2, -1:2]
        towards = {"n": (-1, 0), "w": (0, -1), "s": (1, 0), "e": (0, 1)}
        towards |= {a + b: (towards[a][0], towards[b][1]) for a in "ns" for b in "we"}
        for point, (down, right) in towards.items():
            ramp = down * y + right * x
            answers = {
                other: correlate(ramp, f"{family}-{other}", mode="valid").item()
                for other in self.POINTS
            }
            assert max(answers, key=answers.get) == point

    def test_robinsons_east_and_south_are_sobel(self):
        assert kernels["robinson-e"].taps.tolist() == kernels["sobel-x"].taps.tolist()
        assert kernels["robinson-s"].taps.tolist() == kernels["sobel-y"].taps.tolist()


class TestGabor:
    @pytest.mark.parametrize("theta", [0, 30, 45, 90, 120, 200])
    @pytest.mark.parametrize("phase", [0, 90, 33])
    def test_it_is_opencvs_but_for_the_window_that_sums_to_one(self, theta, phase):
        ours = recipes.gabor(theta, 7.0, 2.5, 0.6, phase)
        side = ours.shape[0]
        turn = math.radians(theta)
        window = cv2.getGaborKernel((side, side), 2.5, turn, 1e12, 0.6, 0.0, cv2.CV_64F)
        theirs = cv2.getGaborKernel(
            (side, side), 2.5, turn, 7.0, 0.6, math.radians(phase), cv2.CV_64F
        )
        np.testing.assert_allclose(ours, theirs / window.sum(), rtol=0, atol=1e-15)

    def test_its_reach_is_three_sigmas_of_the_longer_side(self):
        assert recipes.gabor(sigma=2.0, gamma=0.5).shape == (25, 25)
        assert recipes.gabor(sigma=2.0, gamma=2.0).shape == (13, 13)

    def test_only_odd_ones_are_blind_to_brightness(self):
        assert recipes.gabor(phase=90).sum() == pytest.approx(0, abs=1e-14)
        assert abs(recipes.gabor(phase=0).sum()) > 1e-3

    def test_it_answers_to_stripes_of_its_wavelength_and_direction(self):
        y, x = np.mgrid[:61, :61]

        def answer(theta, wavelength):
            across = x * math.cos(math.radians(theta)) + y * math.sin(math.radians(theta))
            stripes = np.cos(2 * math.pi * across / wavelength)
            return np.abs(correlate(stripes, recipes.gabor(30, 8.0, 4.0)))[20:-20, 20:-20].max()

        best = answer(30, 8.0)
        assert best > 5 * max(answer(120, 8.0), answer(75, 8.0), answer(30, 4.0), answer(30, 20.0))

    def test_the_odd_one_is_positive_where_it_gets_brighter_towards_theta(self):
        y, x = np.mgrid[-15:16, -15:16]
        for theta in (0, 45, 90, 200):
            bright = x * math.cos(math.radians(theta)) + y * math.sin(math.radians(theta)) > 0
            taps = recipes.gabor(theta, 8.0, 3.0, 1.0, 90)
            assert correlate(bright.astype(float), taps)[15, 15] > 0.1


class TestMotionBlur:
    @pytest.mark.parametrize("length", [1, 2, 3, 8, 9, 20])
    @pytest.mark.parametrize("angle", [0, 30, 45, 77, 90, 135, 180, 301, -20])
    def test_it_sums_to_one_without_a_negative_tap_and_has_a_centre(self, length, angle):
        taps = recipes.motion_blur(length, angle)
        assert taps.sum() == pytest.approx(1.0)
        assert taps.min() >= 0
        assert all(side % 2 for side in taps.shape)
        np.testing.assert_allclose(taps, taps[::-1, ::-1], atol=1e-12)

    @pytest.mark.parametrize("angle", [0, 20, 45, 60, 90, 110, 135])
    def test_its_spread_is_that_of_a_line_in_its_direction(self, angle):
        taps = recipes.motion_blur(15, angle)
        rows, columns = (side // 2 for side in taps.shape)
        y, x = np.mgrid[-rows : rows + 1, -columns : columns + 1]
        moments = [(taps * v).sum() for v in (x * x, y * y, x * y)]
        turn = math.radians(angle)
        spread = (15**2 - 1) / 12
        expected = [
            spread * math.cos(turn) ** 2,
            spread * math.sin(turn) ** 2,
            spread * math.cos(turn) * math.sin(turn),
        ]
        # Sharing a point between neighbouring pixels widens the line by up to a quarter each way.
        assert moments == pytest.approx(expected, abs=0.3)

    def test_upright_across_and_diagonal(self):
        third = [1 / 3] * 3
        assert recipes.motion_blur(3, 0).tolist() == [third]
        assert recipes.motion_blur(3, 90).tolist() == [[1 / 3]] * 3
        assert recipes.motion_blur(1, 37).tolist() == [[1.0]]
        assert recipes.motion_blur(2, 0).tolist() == [[0.25, 0.5, 0.25]]

    def test_45_degrees_fall_to_the_lower_right(self):
        taps = recipes.motion_blur(9, 45)
        y, x = np.mgrid[: taps.shape[0], : taps.shape[1]]
        assert (taps * (x - x.mean()) * (y - y.mean())).sum() > 0


class TestBlursAndSharpening:
    @pytest.mark.parametrize("size", [1, 2, 3, 8, 57])
    def test_binomial_is_repeated_averaging_of_two(self, size):
        row = np.ones(1)
        for _ in range(size - 1):
            row = np.convolve(row, [0.5, 0.5])
        np.testing.assert_allclose(recipes.binomial(size), np.outer(row, row), rtol=1e-13)

    @pytest.mark.parametrize("size", [1, 2, 5])
    def test_box_is_the_mean(self, size):
        image = np.random.default_rng(0).random((size, size))
        assert correlate(image, recipes.box(size), mode="valid").item() == pytest.approx(
            image.mean()
        )

    def test_unsharp_is_the_picture_plus_what_the_blur_takes_away(self):
        image = np.random.default_rng(0).random((20, 20))
        blurred = correlate(image, recipes.gaussian(1.5))
        sharpened = correlate(image, recipes.unsharp(1.5, 0.7))
        np.testing.assert_allclose(sharpened, image + 0.7 * (image - blurred), atol=1e-12)

    def test_sharpen_is_the_picture_minus_its_laplacian(self):
        image = np.random.default_rng(0).random((9, 9))
        expected = image - correlate(image, "laplacian4")
        np.testing.assert_allclose(correlate(image, recipes.sharpen()), expected, atol=1e-13)

    @pytest.mark.parametrize(
        ("direction", "pixels"),
        [
            ("vertical", [(n, 2) for n in range(5)]),
            ("horizontal", [(2, n) for n in range(5)]),
            ("falling", [(n, n) for n in range(5)]),
            ("rising", [(4 - n, n) for n in range(5)]),
        ],
    )
    def test_a_line_runs_through_the_centre(self, direction, pixels):
        taps = recipes.line(5, direction)
        assert taps.sum() == 5
        assert all(taps[place] == 1 for place in pixels)
