from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import correlate_by_definition
from scipy import ndimage

import filt
from filt.filters.errors import InputError

SCIPY_BORDERS = {
    "reflect101": "mirror",
    "symmetric": "reflect",
    "replicate": "nearest",
    "wrap": "wrap",
    "zero": "constant",
}
ALL = {
    "box_blur": filt.box_blur,
    "gaussian_blur": filt.gaussian_blur,
    "binomial_blur": filt.binomial_blur,
    "motion_blur": filt.motion_blur,
    "sharpen": filt.sharpen,
    "unsharp_mask": filt.unsharp_mask,
    "emboss": filt.emboss,
}


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("border", SCIPY_BORDERS)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 8, 9])
def test_box_blur_is_scipys_uniform_filter(size, border):
    image = noise(11, 13).astype(float)
    expected = ndimage.uniform_filter(image, size, mode=SCIPY_BORDERS[border])
    np.testing.assert_allclose(filt.box_blur(image, size, border=border), expected, atol=1e-9)


@pytest.mark.parametrize("size", [3, 5, 7])
def test_box_blur_is_opencvs(size):
    image = noise(11, 13, 3)
    expected = cv2.blur(image.astype(float), (size, size))
    np.testing.assert_allclose(filt.box_blur(image, size), expected, atol=1e-3)


@pytest.mark.parametrize("border", SCIPY_BORDERS)
@pytest.mark.parametrize("sigma", [0.3, 0.8, 1, 2.5])
def test_gaussian_blur_is_scipys_at_its_truncation_of_4(sigma, border):
    image = noise(12, 14).astype(float)
    expected = ndimage.gaussian_filter(image, sigma, mode=SCIPY_BORDERS[border], truncate=4)
    np.testing.assert_allclose(filt.gaussian_blur(image, sigma, border=border), expected, atol=1e-9)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 9])
def test_binomial_blur_is_pascals_triangle(size):
    row = np.array([math.comb(size - 1, n) for n in range(size)]) / 2 ** (size - 1)
    image = noise(9, 10)
    expected = correlate_by_definition(image, np.outer(row, row))
    np.testing.assert_allclose(filt.binomial_blur(image, size), expected, atol=1e-3)


def test_motion_blur_along_the_axes_and_the_diagonals():
    image = noise(12, 13).astype(float)
    for angle, mask in (
        (0, np.full((1, 5), 0.2)),
        (180, np.full((1, 5), 0.2)),
        (90, np.full((5, 1), 0.2)),
        (-90, np.full((5, 1), 0.2)),
    ):
        expected = ndimage.correlate(image, mask, mode="mirror")
        np.testing.assert_allclose(filt.motion_blur(image, 5, angle), expected, atol=1e-9)
    spot = np.zeros((9, 9))
    spot[4, 4] = 1
    falling = filt.motion_blur(spot, 5, 45)
    assert falling[3, 3] > 0.1
    assert falling[5, 5] > 0.1
    assert falling[3, 5] == falling[5, 3] == 0
    np.testing.assert_allclose(filt.motion_blur(spot, 5, -45), falling[:, ::-1], atol=1e-12)


def test_sharpen_is_the_picture_minus_its_laplacian():
    image = noise(9, 10).astype(float)
    expected = image - ndimage.laplace(image, mode="mirror")
    np.testing.assert_allclose(filt.sharpen(image), expected, atol=1e-9)


@pytest.mark.parametrize("amount", [-1, 0, 0.5, 2])
def test_unsharp_mask_adds_what_the_blur_takes_away(amount):
    image = noise(15, 16).astype(float)
    blurred = ndimage.gaussian_filter(image, 1.3, mode="mirror", truncate=4)
    expected = image + amount * (image - blurred)
    np.testing.assert_allclose(filt.unsharp_mask(image, 1.3, amount), expected, atol=1e-9)


def test_emboss_is_lit_from_the_lower_right():
    taps = [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]
    image = noise(9, 10)
    np.testing.assert_array_equal(filt.emboss(image), correlate_by_definition(image, taps))


@pytest.mark.parametrize("name", ALL)
def test_flat_pictures_keep_their_brightness(name):
    for image in (np.full((9, 9), 200, np.uint8), np.full((1, 1), 7.0), np.full((5, 4, 3), 0.5)):
        np.testing.assert_allclose(ALL[name](image), image, rtol=1e-5)


@pytest.mark.parametrize("name", ALL)
def test_every_channel_by_itself_however_many(name):
    for channels in (1, 2, 3, 4, 5):
        image = noise(7, 8, channels)
        made = ALL[name](image)
        assert made.shape == image.shape
        for c in range(channels):
            np.testing.assert_allclose(made[..., c], ALL[name](image[..., c]), atol=1e-3)


@pytest.mark.parametrize("name", ALL)
def test_neither_rounded_nor_clipped_and_the_input_stays(name):
    image = noise(8, 9)
    response = ALL[name](image).astype(float)
    assert ALL[name](image).dtype == np.float32
    assert (response != np.rint(response)).any() or name in ("sharpen", "emboss")
    if name in ("sharpen", "unsharp_mask", "emboss"):
        assert response.min() < 0
        assert response.max() > 255
    for other, factor in (
        (image.astype(np.uint16) * 257, 257),
        (image.astype(np.float32) / 255, 1 / 255),
        (image.astype(np.int64), 1),
        (image.astype(">u2"), 1),
        (image[::-1].copy()[::-1], 1),
    ):
        before = other.copy()
        other.setflags(write=False)
        np.testing.assert_allclose(ALL[name](other) / factor, response, atol=1e-2)
        np.testing.assert_array_equal(other, before)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 999), st.integers(1, 9), st.integers(1, 9), st.integers(1, 7))
def test_a_blur_stays_between_the_darkest_and_the_brightest(seed, height, width, size):
    image = np.random.default_rng(seed).random((height, width))
    for blurred in (
        filt.box_blur(image, size),
        filt.binomial_blur(image, size),
        filt.gaussian_blur(image, size / 3),
        filt.motion_blur(image, size, 30 * size),
    ):
        assert blurred.min() >= image.min() - 1e-12
        assert blurred.max() <= image.max() + 1e-12


@pytest.mark.parametrize("name", ALL)
def test_errors(name):
    with pytest.raises(InputError, match="symmetric"):
        ALL[name](np.ones((4, 5)), border="reflect")
    with pytest.raises(InputError, match="shape"):
        ALL[name](np.ones(5))
    with pytest.raises(InputError, match="empty"):
        ALL[name](np.ones((4, 0)))
    with pytest.raises(TypeError, match="real numbers"):
        ALL[name](np.array([["a"]]))


def test_parameters_out_of_range():
    image = np.ones((4, 5))
    for size in (0, -3):
        for blur in (filt.box_blur, filt.binomial_blur, filt.motion_blur):
            with pytest.raises(InputError, match=r"size|length"):
                blur(image, size)
    for sigma in (0, -1, np.nan, np.inf):
        for function in (filt.gaussian_blur, filt.unsharp_mask):
            with pytest.raises(InputError, match="sigma"):
                function(image, sigma)
    with pytest.raises(InputError, match="whole number"):
        filt.box_blur(image, 2.5)
    with pytest.raises(InputError, match="57"):
        filt.binomial_blur(image, 58)
    with pytest.raises(InputError, match="amount"):
        filt.unsharp_mask(image, 1.0, np.nan)
    with pytest.raises(InputError, match="angle"):
        filt.motion_blur(image, 5, np.inf)
    with pytest.raises(InputError, match="sigma"):
        filt.gaussian_blur(image, 1e9)


@pytest.mark.parametrize("wrong", ["wide", None, [3], 1j])
def test_parameters_of_a_wrong_kind_name_the_parameter(wrong):
    for call in (filt.box_blur, filt.gaussian_blur, filt.unsharp_mask, filt.motion_blur):
        with pytest.raises((TypeError, InputError), match=r"size|sigma|length"):
            call(np.ones((4, 5)), wrong)


def test_a_numpy_number_is_a_number():
    image = noise(6, 7)
    np.testing.assert_array_equal(filt.box_blur(image, np.int64(5)), filt.box_blur(image, 5))
    np.testing.assert_array_equal(
        filt.gaussian_blur(image, np.float32(1.5)), filt.gaussian_blur(image, 1.5)
    )
