"""OpenCV's and scikit-image's parameters, and the ones of filt that give their edges.

F is that of two edge maps within one pixel, corners too. OpenCV and filt are compared up to the
border; scikit-image treats the border otherwise, so that the reach of its blur is left out.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from edge_oracles import link_by_labels
from hypothesis import given, settings
from hypothesis import strategies as st
from ideal_pictures import f_within_one_pixel, noise, photograph
from scipy import ndimage
from skimage import feature

from filt.filters.edges.canny import canny
from filt.filters.edges.opencv import canny_opencv
from filt.filters.errors import InputError
from filt.filters.picture import Picture

# What is called elsewhere; what gives it in filt; how alike the edges are at least.
CONVERSIONS = [
    (
        "cv2.Canny(image, t1, t2)",
        lambda image, t1, t2: cv2.Canny(image, t1, t2) > 0,
        "canny_opencv(image, t1 / 1020, t2 / 1020)",
        lambda image, t1, t2: canny_opencv(image, t1 / 1020, t2 / 1020),
        "the same pixels",
    ),
    (
        "cv2.Canny(image, t1, t2, L2gradient=True)",
        lambda image, t1, t2: cv2.Canny(image, t1, t2, L2gradient=True) > 0,
        'canny_opencv(image, t1 / 1020, t2 / 1020, "l2")',
        lambda image, t1, t2: canny_opencv(image, t1 / 1020, t2 / 1020, "l2"),
        "the same pixels",
    ),
    (
        "cv2.Canny(image, t1, t2, L2gradient=True)",
        lambda image, t1, t2: cv2.Canny(image, t1, t2, L2gradient=True) > 0,
        "canny(image, 0, t1 / 1020, t2 / 1020,"
        ' thinning="sectors", border="replicate")',
        lambda image, t1, t2: canny(
            image, 0, t1 / 1020, t2 / 1020, thinning="sectors", border="replicate"
        ),
        0.99,
    ),
    (
        "cv2.Canny(image, t1, t2)",
        lambda image, t1, t2: cv2.Canny(image, t1, t2) > 0,
        "canny(image, 0, t1 / 1020, t2 / 1020,"
        ' norm="l1", thinning="sectors", border="replicate")',
        lambda image, t1, t2: canny(
            image, 0, t1 / 1020, t2 / 1020, norm="l1", thinning="sectors", border="replicate"
        ),
        0.98,
    ),
    (
        "cv2.Canny(image, t1, t2, L2gradient=True)",
        lambda image, t1, t2: cv2.Canny(image, t1, t2, L2gradient=True) > 0,
        'canny(image, 0, t1 / 1020, t2 / 1020, border="replicate")',
        lambda image, t1, t2: canny(image, 0, t1 / 1020, t2 / 1020, border="replicate"),
        0.92,
    ),
]  # fmt: skip

# What is called there, the white of the picture; what gives it in filt; thresholds to try.
# scikit-image's slopes are those of Sobel divided by four.
SCIKIT_IMAGE = [
    (
        "skimage.feature.canny(floats, sigma, low, high)",
        1.0,
        feature.canny,
        "canny(floats, sigma, low / 4, high / 4)",
        lambda image, sigma, low, high: canny(image, sigma, low / 4, high / 4),
        [(0.1, 0.2), (0.05, 0.15)],
    ),
    (
        "skimage.feature.canny(uint8, sigma, low, high)",
        255,
        feature.canny,
        "canny(uint8, sigma, low / 1020, high / 1020)",
        lambda image, sigma, low, high: canny(image, sigma, low / 1020, high / 1020),
        [(25.5, 51), (10, 40)],
    ),
    (
        "skimage.feature.canny(floats, sigma, low, high, use_quantiles=True)",
        1.0,
        lambda image, sigma, low, high: feature.canny(
            image, sigma, low, high, use_quantiles=True
        ),
        "canny(floats, sigma, low, high, quantiles=True)",
        lambda image, sigma, low, high: canny(image, sigma, low, high, quantiles=True),
        [(0.7, 0.9), (0.85, 0.95)],
    ),
]  # fmt: skip

PHOTOGRAPHS = ["camera", "coins", "page", "moon", "brick", "text", "astronaut", "coffee", "chelsea"]


def grey_photograph(name):
    pixels = photograph(name)
    return pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)


def opencv_by_definition(image, low, high, norm):
    """OpenCV's own rule in plain loops, on whole slopes: sectors, ties, and what is beyond."""
    x, y = (
        cv2.Sobel(image, cv2.CV_16S, *order, borderType=cv2.BORDER_REPLICATE).astype(int)
        for order in ((1, 0), (0, 1))
    )
    length = np.abs(x) + np.abs(y) if norm == "l1" else x**2 + y**2
    above = np.pad(length, 1)
    crest = np.zeros_like(length)
    for row, column in np.ndindex(*length.shape):
        here, (i, j) = length[row, column], (row + 1, column + 1)
        run, rise = abs(x[row, column]), abs(y[row, column])
        if rise < run * math.tan(math.pi / 8):
            stays = here > above[i, j - 1] and here >= above[i, j + 1]
        elif rise > run * math.tan(3 * math.pi / 8):
            stays = here > above[i - 1, j] and here >= above[i + 1, j]
        else:
            side = -1 if x[row, column] * y[row, column] < 0 else 1
            stays = here > above[i - 1, j - side] and here > above[i + 1, j + side]
        crest[row, column] = here if stays else 0
    if norm == "l2":
        low, high = low**2, high**2
    return link_by_labels(crest, low, high)


class TestTable:
    @pytest.mark.parametrize("name", PHOTOGRAPHS)
    @pytest.mark.parametrize("row", CONVERSIONS, ids=lambda row: f"{row[0]} = {row[2]}")
    def test_gives_the_edges_that_it_says(self, row, name):
        _, theirs, _, ours, alike = row
        image = grey_photograph(name)
        for t1, t2 in ((50, 100), (100, 200)):
            wanted, found = theirs(image, t1, t2), ours(image, t1, t2)
            assert wanted.sum() > 500
            if alike == "the same pixels":
                np.testing.assert_array_equal(found, wanted)
            else:
                assert f_within_one_pixel(found, wanted, 1) >= alike

    @pytest.mark.parametrize("sigma", [0.7, 1.4, 3.0])
    @pytest.mark.parametrize("row", SCIKIT_IMAGE, ids=lambda row: f"{row[0]} = {row[3]}")
    def test_gives_scikit_images_edges(self, row, sigma):
        _, white, theirs, _, ours, pairs = row
        margin = int(4 * sigma + 0.5) + 2
        for name in ("camera", "coins", "coffee", "chelsea"):
            image = grey_photograph(name)
            given_image = image if white == 255 else image / 255
            for low, high in pairs:
                wanted = theirs(given_image, sigma, low, high)
                assert wanted.sum() > 300
                found = ours(given_image, sigma, low, high)
                assert f_within_one_pixel(found, wanted, margin) >= 0.99

    def test_scikit_image_draws_an_ideal_step_twice_and_filt_once(self):
        step = np.zeros((40, 40))
        step[:, 20:] = 1
        theirs = feature.canny(step, 1.4, 0.1, 0.2)
        assert theirs[15:25].sum(axis=1).tolist() == [2] * 10
        assert canny(step, 1.4, 0.025, 0.05).sum(axis=1).tolist() == [1] * 40


class TestOpencvsDefinition:
    @pytest.mark.parametrize("norm", ["l1", "l2"])
    @pytest.mark.parametrize("levels", [2, 4, 256])
    def test_is_what_its_documentation_here_says(self, levels, norm):
        image = noise((25, 33), levels, 4)
        for low, high in ((0, 0), (100, 400), (300, 300)):
            wanted = opencv_by_definition(image, low, high, norm)
            assert wanted.any()
            np.testing.assert_array_equal(
                canny_opencv(image, low / 1020, high / 1020, norm), wanted
            )

    @settings(max_examples=120, deadline=None)
    @given(
        shape=st.tuples(st.integers(1, 30), st.integers(1, 30), st.sampled_from([0, 1, 3])),
        levels=st.sampled_from([2, 3, 256]),
        seed=st.integers(0, 10**6),
        thresholds=st.tuples(st.integers(0, 1020), st.integers(0, 1020)).map(sorted),
        norm=st.sampled_from(["l1", "l2"]),
    )
    def test_gives_opencvs_pixels_for_any_8_bit_picture(
        self, shape, levels, seed, thresholds, norm
    ):
        """At every whole threshold: dividing by 1020 and multiplying by it loses none."""
        image = noise(shape if shape[2] else shape[:2], levels, seed)
        before = image.copy()
        t1, t2 = thresholds
        found = canny_opencv(image, t1 / 1020, t2 / 1020, norm)
        wanted = cv2.Canny(image, t1, t2, L2gradient=norm == "l2") > 0
        assert found.dtype == bool
        np.testing.assert_array_equal(found, wanted.reshape(shape[:2]))
        np.testing.assert_array_equal(image, before)

    @pytest.mark.parametrize("norm", ["l1", "l2"])
    @pytest.mark.parametrize("threshold", [30.5, 60.25, 99.9])
    def test_takes_thresholds_between_whole_numbers_as_opencv_does(self, threshold, norm):
        image = grey_photograph("coins")
        wanted = cv2.Canny(image, threshold, threshold, L2gradient=norm == "l2") > 0
        found = canny_opencv(image, threshold / 1020, threshold / 1020, norm)
        np.testing.assert_array_equal(found, wanted)

    @pytest.mark.parametrize("norm", ["l1", "l2"])
    @pytest.mark.parametrize("colours", [False, True])
    def test_gives_one_picture_the_same_edges_in_every_dtype(self, colours, norm):
        """Full-scale slopes too, which overflow inside OpenCV's where there are too many steps."""
        for image in (photograph("coffee", 2), noise((40, 50, 3), 2), noise((40, 50, 3))):
            pixels = np.ascontiguousarray(image if colours else image[..., 1])
            for t1, t2 in ((50, 100), (0, 0), (400, 1020)):
                edges = canny_opencv(pixels, t1 / 1020, t2 / 1020, norm)
                for other, white in (
                    (pixels.astype(np.uint16) * 257, None),
                    (pixels.astype(np.float32) / np.float32(255), None),
                    (pixels / 255, None),
                    (pixels.astype(np.int32), 255),
                    (pixels.astype(np.float16), 255),
                    (pixels.astype(">u2"), 255),
                ):
                    found = canny_opencv(other, t1 / 1020, t2 / 1020, norm, full_scale=white)
                    np.testing.assert_array_equal(found, edges)

    def test_sees_finer_steps_in_16_bits(self):
        """A step of a tenth of an 8-bit level is nothing in 8 bits."""
        image = np.full((9, 10), 30000, np.uint16)
        image[:, 5:] += 26
        assert canny_opencv(image, 0.0001, 0.0002)[:, 4].all()
        assert not canny_opencv((image // 257).astype(np.uint8), 0.0001, 0.0002).any()

    def test_takes_the_white_of_a_picture(self):
        image = grey_photograph("coins")
        edges = canny_opencv(image, 0.1, 0.2)
        doubled = Picture(image.astype(np.float32) * 2, 510.0, np.dtype(np.float32))
        np.testing.assert_array_equal(canny_opencv(doubled, 0.1, 0.2), edges)
        np.testing.assert_array_equal(canny_opencv(image, 0.2, 0.4, full_scale=127.5), edges)

    def test_does_not_blur(self):
        """What the two do together is what the tutorials do: GaussianBlur, then Canny."""
        image = grey_photograph("camera")
        blurred = cv2.GaussianBlur(image, (0, 0), 1.4)
        wanted = cv2.Canny(blurred, 50, 100, L2gradient=True) > 0
        smooth = ndimage.gaussian_filter(image / 255, 1.4, mode="mirror", truncate=4)
        found = canny_opencv(smooth, 50 / 1020, 100 / 1020, "l2")
        assert f_within_one_pixel(found, wanted, 8) > 0.97
        assert f_within_one_pixel(canny_opencv(image, 50 / 1020, 100 / 1020, "l2"), wanted, 8) < 0.9

    @pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
    def test_of_a_nan_has_no_edges_and_changes_none_far_away(self, odd):
        image = grey_photograph("coins")[:80, :80] / 255
        edges = canny_opencv(image, 0.1, 0.1)
        image[40, 40] = odd
        found = canny_opencv(image, 0.1, 0.1)
        far = np.ones(edges.shape, bool)
        far[37:44, 37:44] = False
        np.testing.assert_array_equal(found[far], edges[far])
        assert not canny_opencv(np.full((5, 5), odd), 0, 0).any()

    def test_of_values_far_beyond_white_saturates(self):
        step = np.zeros((6, 8))
        step[:, 4:] = 1000
        edges = canny_opencv(step, 0.5, 1.0)
        assert edges[:, 3].all()
        assert edges.sum() == 6

    @pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (1, 1, 1), (2, 2, 3)])
    @pytest.mark.parametrize("dtype", [np.uint8, np.float32])
    def test_takes_tiny_pictures(self, shape, dtype):
        edges = canny_opencv(np.ones(shape, dtype), 0.1, 0.2)
        assert edges.shape == shape[:2]
        assert not edges.any()

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((-0.1, 0.2), "low must be between 0 and 1"),
            ((100, 200), "low must be between 0 and 1, got 100"),
            ((0.2, 0.1), "low must be at most high"),
            ((math.nan, 0.1), "low must be finite"),
            ((0.1, 0.2, "l3"), "norm must be one of l2, l1, got 'l3'"),
        ],
    )
    def test_refuses_arguments_out_of_range(self, arguments, message):
        for image in (np.zeros((4, 4), np.uint8), np.zeros((4, 4))):
            with pytest.raises(InputError, match=message):
                canny_opencv(image, *arguments)

    @pytest.mark.parametrize("dtype", [np.uint8, np.float64])
    @pytest.mark.parametrize("shape", [(4, 4, 2), (4, 4, 4), (0, 4), (4,)])
    def test_refuses_other_shapes(self, shape, dtype):
        with pytest.raises(InputError, match=r"image|channels"):
            canny_opencv(np.zeros(shape, dtype), 0.1, 0.2)

    def test_refuses_a_white_that_is_none(self):
        with pytest.raises(InputError, match="full_scale must be greater than 0"):
            canny_opencv(np.zeros((4, 4), np.uint8), 0.1, 0.2, full_scale=0)
