"""Gradients: slopes of known pictures, other libraries, and colours seen through their tensor."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from ideal_pictures import noise, photographs, step_by_area, step_by_lens
from oracles import assert_close, correlate_by_definition
from scipy import ndimage
from skimage import color, filters

from filt.filters.edges.gradient import (
    OPERATORS,
    Gradient,
    gradient,
    gradient_of_planes,
    operator_kernels,
    seen_planes,
    smoothed,
)
from filt.filters.edges.thinning import thin
from filt.filters.errors import InputError
from filt.filters.picture import Picture

BORDERS = ["reflect101", "symmetric", "replicate", "wrap", "zero"]
TAPS_X = {
    "sobel": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "scharr": [[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]],
    "prewitt": [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
    "central": [[-1, 0, 1]],
}
POSITIVE_SUM = {"sobel": 4, "scharr": 16, "prewitt": 3, "central": 1}


def lopsided(shape=(9, 11), seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def degrees_between(first, second):
    return np.abs((first - second + 180) % 360 - 180)


class TestSlopes:
    @pytest.mark.parametrize("border", BORDERS)
    @pytest.mark.parametrize("operator", TAPS_X)
    def test_are_the_correlation_with_the_operators_taps(self, operator, border):
        image, taps = lopsided(), np.array(TAPS_X[operator])
        slopes = gradient(image, operator, border=border)
        assert_close(slopes.x, correlate_by_definition(image, taps, border=border), image, taps)
        assert_close(slopes.y, correlate_by_definition(image, taps.T, border=border), image, taps)

    def test_are_scipys(self):
        image = lopsided((20, 30))
        for operator, theirs in (("sobel", ndimage.sobel), ("prewitt", ndimage.prewitt)):
            slopes = gradient(image, operator)
            np.testing.assert_allclose(slopes.x, theirs(image, axis=1, mode="mirror"), atol=1e-12)
            np.testing.assert_allclose(slopes.y, theirs(image, axis=0, mode="mirror"), atol=1e-12)

    def test_are_opencvs_to_the_last_bit_on_8_bits(self):
        image = noise((40, 50))
        for operator, theirs in (("sobel", cv2.Sobel), ("scharr", cv2.Scharr)):
            slopes = gradient(image, operator)
            np.testing.assert_array_equal(slopes.x, theirs(image, cv2.CV_16S, 1, 0))
            np.testing.assert_array_equal(slopes.y, theirs(image, cv2.CV_16S, 0, 1))

    def test_are_scikit_images_times_the_sum_of_the_taps(self):
        image = lopsided((20, 30))
        pairs = {
            "sobel": (filters.sobel_v, filters.sobel_h),
            "scharr": (filters.scharr_v, filters.scharr_h),
            "prewitt": (filters.prewitt_v, filters.prewitt_h),
        }
        for operator, (across, down) in pairs.items():
            slopes = gradient(image, operator, border="symmetric")
            total = POSITIVE_SUM[operator]
            np.testing.assert_allclose(slopes.x, across(image) * total, atol=1e-12)
            np.testing.assert_allclose(slopes.y, down(image) * total, atol=1e-12)

    def test_central_is_twice_numpys_inside(self):
        image = lopsided((20, 30))
        slopes = gradient(image, "central")
        down, across = np.gradient(image)
        np.testing.assert_allclose(slopes.x[:, 1:-1], 2 * across[:, 1:-1], atol=1e-12)
        np.testing.assert_allclose(slopes.y[1:-1], 2 * down[1:-1], atol=1e-12)

    def test_do_not_wrap_in_8_bits(self):
        step = np.array([[0, 0, 200, 200]] * 4, np.uint8)
        assert gradient(step).x[1].tolist() == [0, 800, 800, 0]
        assert gradient(step[:, ::-1]).x[1].tolist() == [0, -800, -800, 0]

    @pytest.mark.parametrize("operator", [*TAPS_X, "gaussian"])
    @pytest.mark.parametrize(
        ("angle", "direction"), [(0, 0), (90, 90), (180, 180), (-90, -90), (45, 45), (-135, -135)]
    )
    def test_point_where_it_gets_brighter(self, operator, angle, direction):
        slopes = gradient(step_by_lens(angle, 24, 0.0), operator, sigma=1.5)
        crest = slopes.magnitude > 0.8 * slopes.magnitude.max()
        crest[:6] = crest[-6:] = crest[:, :6] = crest[:, -6:] = False
        assert crest.any()
        assert degrees_between(slopes.direction[crest], direction).max() < 1e-3

    def test_a_nan_reaches_exactly_the_pixels_that_have_it_under_a_tap(self):
        image = lopsided()
        image[4, 5] = np.nan
        slopes = gradient(image, "sobel")
        wanted = np.zeros_like(image, dtype=bool)
        wanted[3:6, 4] = wanted[3:6, 6] = True
        np.testing.assert_array_equal(np.isnan(slopes.x), wanted)
        wanted = np.zeros_like(image, dtype=bool)
        wanted[3, 4:7] = wanted[5, 4:7] = True
        np.testing.assert_array_equal(np.isnan(slopes.y), wanted)


class TestLengthAndDirection:
    def test_of_a_3_4_5_triangle(self):
        slopes = Gradient(np.array([[3.0, 0, -2]]), np.array([[-4.0, 0, 0]]), 1.0)
        assert slopes.magnitude.tolist() == [[5, 0, 2]]
        assert slopes.magnitude_l1.tolist() == [[7, 0, 2]]
        assert slopes.direction[0, 0] == pytest.approx(-math.degrees(math.atan2(4, 3)))
        assert slopes.direction[0, 2] == pytest.approx(180)

    def test_in_one_column_keep_the_shape(self):
        assert gradient(np.zeros((5, 1))).magnitude.shape == (5, 1)
        assert gradient(np.zeros((1, 1))).direction.shape == (1, 1)

    @pytest.mark.parametrize("operator", OPERATORS)
    def test_full_scale_is_what_a_step_from_black_to_white_can_give(self, operator):
        step = np.zeros((30, 30), np.uint8)
        step[:, 15:] = 255
        slopes = gradient(step, operator, sigma=1.0 if operator == "gaussian" else 0.0)
        if operator in POSITIVE_SUM:
            assert slopes.full_scale == POSITIVE_SUM[operator] * 255
            assert slopes.magnitude.max() == slopes.full_scale
        else:
            # A half of the middle tap is missing on either side of the step between two pixels.
            share = slopes.magnitude.max() / slopes.full_scale
            assert 0.75 < share <= 1 + np.finfo(np.float32).eps

    @pytest.mark.parametrize(
        ("image", "white"),
        [
            (np.zeros((3, 3), np.uint16), 65535),
            (np.zeros((3, 3), bool), 1),
            (np.zeros((3, 3)), 1),
            (Picture(np.zeros((3, 3), np.float32), 100.0, np.dtype(np.float32)), 100),
        ],
    )
    def test_full_scale_is_that_of_the_dtype_or_the_picture(self, image, white):
        assert gradient(image).full_scale == 4 * white
        assert gradient(image, full_scale=7).full_scale == 28


class TestAngles:
    """A step at 360 angles; the direction at every pixel of its thinned line, off the border.

    Exact shares of area carry folded frequencies of their own: at sigma 1 they turn the gradient
    by up to 1.04 degrees, from 1.4 on by less than 0.4. A step seen through a lens (a Gaussian of
    half a pixel) is within a third of a degree at sigma 1 too.
    """

    @pytest.mark.parametrize(
        ("step", "sigma", "most"),
        [
            (step_by_area, 1.4, 0.4),
            (step_by_area, 2.0, 0.15),
            (step_by_lens, 1.0, 0.35),
            (step_by_lens, 1.4, 0.15),
        ],
    )
    def test_come_out_within_a_degree(self, step, sigma, most):
        margin = int(4 * sigma + 0.5) + 1
        worst = 0.0
        for angle in range(360):
            slopes = gradient(step(angle, 36), "gaussian", sigma)
            crests = thin(slopes.x, slopes.y, above=0.3 * slopes.magnitude.max())
            line = crests[margin:-margin, margin:-margin] > 0
            found = slopes.direction[margin:-margin, margin:-margin][line]
            assert found.size >= 36 - 2 * margin
            worst = max(worst, float(degrees_between(found, angle).max()))
        assert worst < most <= 1

    def test_come_out_exactly_on_a_slanted_plane(self):
        y, x = np.mgrid[:30, :30].astype(float)
        for angle in range(0, 360, 7):
            radians = math.radians(angle)
            plane = x * math.cos(radians) + y * math.sin(radians)
            for operator in OPERATORS:
                slopes = gradient(plane, operator, sigma=1.2 if operator == "gaussian" else 0)
                assert degrees_between(slopes.direction[12:18, 12:18], angle).max() < 1e-9


class TestGaussian:
    @pytest.mark.parametrize("sigma", [0.5, 0.7, 1.0, 1.4, 2.0, 3.3])
    def test_is_exact_on_a_slanted_plane(self, sigma):
        y, x = np.mgrid[:40, :40].astype(float)
        slopes = gradient(3 * x - 2 * y + 7, "gaussian", sigma)
        inside = slice(15, 25)
        np.testing.assert_allclose(slopes.x[inside, inside], 3, atol=1e-10)
        np.testing.assert_allclose(slopes.y[inside, inside], -2, atol=1e-10)

    @pytest.mark.parametrize("sigma", [1.0, 1.4, 2.0, 3.0])
    def test_is_scipys_within_a_thousandth(self, sigma):
        """SciPy samples the derivative and leaves a ramp a little wrong; filt's ramp is exact."""
        image = lopsided((40, 50))
        slopes = gradient(image, "gaussian", sigma)
        for ours, order in ((slopes.x, (0, 1)), (slopes.y, (1, 0))):
            theirs = ndimage.gaussian_filter(image, sigma, order=order, mode="mirror", truncate=4)
            assert np.abs(ours - theirs).max() < 1e-3 * np.abs(theirs).max()

    @pytest.mark.parametrize("sigma", [0.3, 1.0, 1.4, 3.0])
    def test_blur_is_scipys(self, sigma):
        image = lopsided((40, 50))
        theirs = ndimage.gaussian_filter(image, sigma, mode="mirror", truncate=4)
        np.testing.assert_allclose(smoothed(image, sigma), theirs, atol=1e-12)

    def test_blur_of_nothing_is_the_picture_itself(self):
        image = lopsided()
        assert smoothed(image, 0) is image

    def test_sigma_blurs_before_the_other_operators(self):
        image = lopsided((40, 50))
        blurred = ndimage.gaussian_filter(image, 1.4, mode="mirror", truncate=4)
        np.testing.assert_allclose(
            gradient(image, "scharr", 1.4).x, gradient(blurred, "scharr").x, atol=1e-11
        )

    def test_sigma_does_not_blur_before_the_gaussian(self):
        image = lopsided((40, 50))
        both = gradient_of_planes(image, "gaussian", sigma=1.4)
        np.testing.assert_array_equal(gradient(image, "gaussian", 1.4).x, both.x)


class TestColour:
    def test_luma_is_rec_601(self):
        image = lopsided((9, 11, 3))
        grey = image @ np.array([0.299, 0.587, 0.114])
        np.testing.assert_allclose(gradient(image).x, gradient(grey).x, atol=1e-12)

    def test_max_is_the_steepest_channel(self):
        image = lopsided((9, 11, 3))
        slopes = gradient(image, channels="max")
        each = [gradient(image[..., n]) for n in range(3)]
        for y, x in np.ndindex(9, 11):
            lengths = [math.hypot(one.x[y, x], one.y[y, x]) for one in each]
            steepest = each[int(np.argmax(lengths))]
            assert (slopes.x[y, x], slopes.y[y, x]) == (steepest.x[y, x], steepest.y[y, x])

    def test_tensor_is_the_main_axis_of_all_channels(self):
        image = lopsided((9, 11, 3))
        slopes = gradient(image, channels="tensor")
        each = [gradient(image[..., n]) for n in range(3)]
        for y, x in np.ndindex(9, 11):
            jacobian = np.array([[one.x[y, x], one.y[y, x]] for one in each])
            values, vectors = np.linalg.eigh(jacobian.T @ jacobian)
            axis = vectors[:, 1]
            if (jacobian.sum(axis=0) @ axis) < 0:
                axis = -axis
            wanted = axis * math.sqrt(values[1] / 3)
            np.testing.assert_allclose([slopes.x[y, x], slopes.y[y, x]], wanted, atol=1e-9)

    @pytest.mark.parametrize("channels", ["luma", "max", "tensor"])
    @pytest.mark.parametrize("operator", ["sobel", "gaussian"])
    def test_a_grey_picture_in_rgb_has_the_grey_gradient(self, channels, operator):
        grey = lopsided((19, 21))
        one = gradient(grey, operator, 1.0)
        three = gradient(np.repeat(grey[..., None], 3, axis=2), operator, 1.0, channels)
        np.testing.assert_allclose(three.x, one.x, atol=1e-12)
        np.testing.assert_allclose(three.y, one.y, atol=1e-12)
        assert three.full_scale == one.full_scale

    @pytest.mark.parametrize("shape", [(9, 11), (9, 11, 1)])
    @pytest.mark.parametrize("space", ["rgb", "lab"])
    @pytest.mark.parametrize("channels", ["luma", "max", "tensor"])
    def test_grey_stays_grey_whatever_is_asked(self, shape, space, channels):
        image = lopsided(shape)
        slopes = gradient(image, channels=channels, space=space)
        np.testing.assert_array_equal(slopes.x, gradient(image.reshape(9, 11)).x)

    def test_colours_of_equal_luma_have_an_edge_for_all_but_luma(self):
        image = np.empty((9, 12, 3))
        image[:, :6] = (0.6, 0.2, 0.4)
        green = (0.299 * 0.6 + 0.587 * 0.2 + 0.114 * 0.4 - 0.114 * 0.4 - 0.299 * 0.1) / 0.587
        image[:, 6:] = (0.1, green, 0.4)
        assert gradient(image).magnitude.max() < 1e-12
        for channels, space in (("max", "rgb"), ("tensor", "rgb"), ("tensor", "lab")):
            slopes = gradient(image, channels=channels, space=space)
            assert slopes.magnitude[4, 5] > 0.1 * slopes.full_scale
            assert slopes.magnitude[4, 2] < 1e-9

    @pytest.mark.parametrize("white", [1.0, 255.0])
    def test_lab_is_scikit_images_within_half_a_unit(self, white):
        """OpenCV takes the cube root by a spline: up to 0.33 units of 100 apart."""
        image = np.random.default_rng(3).random((40, 50, 3))
        ours = seen_planes(image * white, "tensor", "lab", white)
        assert np.abs(ours * 100 / white - color.rgb2lab(image)).max() < 0.5

    def test_in_lab_brighter_is_where_lightness_grows(self):
        lab = np.empty((9, 12, 3))
        lab[:, :6] = (40, 60, 20)
        lab[:, 6:] = (70, 0, 0)
        slopes = gradient(color.lab2rgb(lab), channels="tensor", space="lab")
        assert degrees_between(slopes.direction[4, 5], 0) < 1

    def test_a_nan_colour_has_no_lightness(self):
        image = np.full((5, 5, 3), 0.5)
        image[2, 2, 1] = np.nan
        assert np.isnan(seen_planes(image, "tensor", "lab", 1.0)[2, 2]).any()

    def test_lab_does_not_clip_what_is_brighter_than_white(self):
        image = np.array([[[1.0, 1, 1], [2, 2, 2]]])
        lab = seen_planes(image, "tensor", "lab", 1.0)
        assert lab[0, 1, 0] > lab[0, 0, 0] + 0.1

    def test_16_bits_and_8_bits_have_the_same_shares_of_full_scale(self):
        image = photographs(8)["coffee"]
        for channels, space in (("luma", "rgb"), ("max", "rgb"), ("tensor", "lab")):
            narrow = gradient(image, channels=channels, space=space)
            wide = gradient(image.astype(np.uint16) * 257, channels=channels, space=space)
            np.testing.assert_allclose(
                wide.magnitude / wide.full_scale, narrow.magnitude / narrow.full_scale, atol=2e-6
            )


class TestRefusals:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"operator": "sobel-x"}, "operator must be one of sobel, .* got 'sobel-x'"),
            ({"sigma": -1}, "sigma must be at least 0, got -1"),
            ({"sigma": math.nan}, "sigma must be finite"),
            ({"operator": "gaussian"}, "sigma must be greater than 0"),
            ({"operator": "gaussian", "sigma": -1}, "sigma must be at least 0"),
            ({"channels": "each"}, "channels must be one of luma, max, tensor, got 'each'"),
            ({"space": "hsv"}, "space must be one of rgb, lab, got 'hsv'"),
            ({"border": "reflect"}, "ambiguous"),
            ({"full_scale": 0}, "full_scale must be greater than 0"),
        ],
    )
    def test_of_wrong_arguments(self, arguments, message):
        with pytest.raises(InputError, match=message):
            gradient(np.zeros((5, 5)), **arguments)

    @pytest.mark.parametrize("channels", ["luma", "max", "tensor"])
    @pytest.mark.parametrize("count", [2, 4])
    def test_of_other_than_rgb(self, channels, count):
        with pytest.raises(InputError, match=f"got {count} channels"):
            gradient(np.zeros((5, 5, count)), channels=channels)

    def test_of_a_negative_sigma_for_kernels_alone(self):
        with pytest.raises(InputError, match="sigma must be at least 0"):
            operator_kernels("sobel", -0.1)
