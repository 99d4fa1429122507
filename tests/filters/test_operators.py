from __future__ import annotations

import inspect

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import correlate_by_definition
from scipy import ndimage

import filt
from filt.filters import operators
from filt.filters.errors import InputError

SCIPY_BORDERS = {
    "reflect101": "mirror",
    "symmetric": "reflect",
    "replicate": "nearest",
    "wrap": "wrap",
    "zero": "constant",
}
ALL = (
    *("sobel", "scharr", "prewitt", "roberts", "kirsch", "robinson", "gaussian_gradient"),
    *("laplacian", "laplacian_of_gaussian", "difference_of_gaussians"),
)


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def luma(image):
    return image.astype(float) @ [0.299, 0.587, 0.114]


def turned(ring):
    """The eight 3×3 masks whose ring, clockwise from the top left, is turned step by step."""
    around = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))
    masks = []
    for turn in range(8):
        mask = np.zeros((3, 3))
        for n, place in enumerate(around):
            mask[place] = ring[(n + turn) % 8]
        masks.append(mask)
    return masks


BY_OTHERS = {
    "sobel": lambda i, mode: np.hypot(
        ndimage.sobel(i, 1, mode=mode), ndimage.sobel(i, 0, mode=mode)
    ),
    "prewitt": lambda i, mode: np.hypot(
        ndimage.prewitt(i, 1, mode=mode), ndimage.prewitt(i, 0, mode=mode)
    ),
    "scharr": lambda i, mode: np.hypot(
        ndimage.correlate(i, np.outer([3, 10, 3], [-1, 0, 1]), mode=mode),
        ndimage.correlate(i, np.outer([-1, 0, 1], [3, 10, 3]), mode=mode),
    ),
    "roberts": lambda i, mode: np.hypot(
        ndimage.correlate(i, np.array([[1, 0], [0, -1]]), mode=mode),
        ndimage.correlate(i, np.array([[0, 1], [-1, 0]]), mode=mode),
    ),
    "kirsch": lambda i, mode: np.max(
        [ndimage.correlate(i, m, mode=mode) for m in turned([5, 5, 5, -3, -3, -3, -3, -3])], axis=0
    ),
    "robinson": lambda i, mode: np.max(
        [ndimage.correlate(i, m, mode=mode) for m in turned([1, 2, 1, 0, -1, -2, -1, 0])], axis=0
    ),
    "laplacian": lambda i, mode: ndimage.laplace(i, mode=mode),
    "difference_of_gaussians": lambda i, mode: (
        ndimage.gaussian_filter(i, 1.0, mode=mode, truncate=4)
        - ndimage.gaussian_filter(i, 1.6, mode=mode, truncate=4)
    ),
}


@pytest.mark.parametrize("name", BY_OTHERS)
@pytest.mark.parametrize("border", SCIPY_BORDERS)
def test_against_scipy(name, border):
    image = noise(14, 17).astype(float)
    function = getattr(operators, name)
    expected = BY_OTHERS[name](image, SCIPY_BORDERS[border])
    np.testing.assert_allclose(function(image, border=border), expected, atol=1e-9)
    response = function(image.astype(np.uint8), border=border)
    assert response.dtype == np.float32
    np.testing.assert_allclose(response, expected, atol=2e-3)


def test_against_opencv():
    image = noise(12, 15).astype(float)
    for function, opencv in ((filt.sobel, cv2.Sobel), (filt.scharr, cv2.Scharr)):
        expected = np.hypot(opencv(image, cv2.CV_64F, 1, 0), opencv(image, cv2.CV_64F, 0, 1))
        np.testing.assert_allclose(function(image), expected, atol=1e-9)
    np.testing.assert_allclose(filt.laplacian(image), cv2.Laplacian(image, cv2.CV_64F, ksize=1))


def test_against_scikit_image_by_the_conversion_table():
    skimage = pytest.importorskip("skimage.filters")
    image = noise(12, 15).astype(float)
    # Its magnitudes are root mean squares of two slopes, each divided by its positive taps.
    for name, positive in (("sobel", 4), ("scharr", 16), ("prewitt", 3)):
        theirs = getattr(skimage, name)(image, mode="mirror")
        ours = getattr(filt, name)(image)
        np.testing.assert_allclose(ours, theirs * positive * np.sqrt(2), atol=1e-9)
    # Its Laplacian has the other sign, and symmetric borders.
    theirs = -skimage.laplace(image, ksize=3)
    np.testing.assert_allclose(filt.laplacian(image, border="symmetric"), theirs, atol=1e-9)


def test_the_step_of_the_conversion_table():
    step = np.zeros((5, 6), np.uint8)
    step[:, 3:] = 200
    assert filt.sobel(step)[2].tolist() == [0, 0, 800, 800, 0, 0]
    assert filt.scharr(step)[2].tolist() == [0, 0, 3200, 3200, 0, 0]
    assert filt.prewitt(step)[2].tolist() == [0, 0, 600, 600, 0, 0]
    assert filt.kirsch(step)[2].tolist() == [0, 0, 3000, 1800, 0, 0]
    assert filt.robinson(step)[2].tolist() == [0, 0, 800, 800, 0, 0]
    assert filt.laplacian(step)[2].tolist() == [0, 0, 200, -200, 0, 0]
    assert filt.roberts(step)[2] == pytest.approx([0, 0, 0, 200 * 2**0.5, 0, 0])


@pytest.mark.parametrize("sigma", [0.8, 1.0, 1.4, 3.0])
def test_gaussian_derivatives_of_polynomials_are_exact(sigma):
    y, x = np.mgrid[0:60, 0:60].astype(float)
    middle = np.s_[25:35, 25:35]
    slope = filt.gaussian_gradient(3 * x - 4 * y, sigma)[middle]
    np.testing.assert_allclose(slope, 5, rtol=1e-9)
    bowl = filt.laplacian_of_gaussian(x**2 + 3 * y**2, sigma)[middle]
    np.testing.assert_allclose(bowl, 8, rtol=1e-8)


@pytest.mark.parametrize("sigma", [1.5, 2.0, 3.0])
def test_gaussian_derivatives_are_near_those_of_scipy(sigma):
    image = ndimage.gaussian_filter(noise(40, 45).astype(float), 1.0)
    expected = ndimage.gaussian_laplace(image, sigma, mode="mirror")
    assert np.abs(filt.laplacian_of_gaussian(image, sigma) - expected).max() < 0.02 * np.ptp(
        expected
    )
    expected = ndimage.gaussian_gradient_magnitude(image, sigma, mode="mirror")
    assert np.abs(filt.gaussian_gradient(image, sigma) - expected).max() < 0.02 * expected.max()


@pytest.mark.parametrize("name", ALL)
def test_colour_is_luma_unless_told(name):
    function, image = getattr(operators, name), noise(9, 10, 3)
    np.testing.assert_allclose(function(image), function(luma(image)), atol=5e-3)
    each = function(image, channels="each")
    assert each.shape == (9, 10, 3)
    for c in range(3):
        np.testing.assert_allclose(each[..., c], function(image[..., c]), atol=5e-3)
    strongest = function(image, channels="max")
    assert strongest.shape == (9, 10)
    np.testing.assert_allclose(np.abs(strongest), np.abs(each).max(axis=2), atol=1e-6)


@pytest.mark.parametrize("name", ALL)
def test_flat_pictures_are_silent(name):
    for image in (np.full((9, 9), 200, np.uint8), np.full((1, 1), 7.0), np.ones((5, 4, 3))):
        assert np.abs(getattr(operators, name)(image)).max() < 1e-3


@pytest.mark.parametrize("name", ALL)
def test_the_same_picture_in_any_dtype(name):
    function, image = getattr(operators, name), noise(8, 9)
    response = function(image).astype(float)
    scale = np.abs(response).max()
    for other, factor in (
        (image.astype(np.uint16) * 257, 257),
        (image.astype(np.float32) / 255, 1 / 255),
        (image.astype(np.int64), 1),
        (image.astype(">i4"), 1),
        (np.asfortranarray(image), 1),
        (image[::-1, ::-1][::-1, ::-1], 1),
    ):
        before = other.copy()
        other.setflags(write=False)
        np.testing.assert_allclose(function(other) / factor, response, atol=1e-5 * scale)
        np.testing.assert_array_equal(other, before)


@pytest.mark.parametrize("name", ["sobel", "scharr", "prewitt", "gaussian_gradient", "laplacian"])
def test_turning_the_picture_turns_the_response(name):
    function, image = getattr(operators, name), noise(11, 13).astype(float)
    for move in (np.rot90, np.flipud, np.fliplr, np.transpose):
        np.testing.assert_allclose(function(move(image)), move(function(image)), atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 999), st.integers(1, 9), st.integers(1, 9), st.floats(0.3, 1.5),
    st.floats(1.1, 3),
)  # fmt: skip
def test_parameters_are_those_of_the_kernels(seed, height, width, sigma, ratio):
    image = np.random.default_rng(seed).random((height, width))
    pairs = [
        (filt.laplacian_of_gaussian(image, sigma), filt.kernel("log", sigma=sigma)),
        (
            filt.difference_of_gaussians(image, sigma, ratio),
            filt.kernel("dog", sigma=sigma, ratio=ratio),
        ),
    ]
    for response, kernel in pairs:
        expected = correlate_by_definition(image, kernel.taps)
        np.testing.assert_allclose(response, expected, atol=1e-9)
    slopes = [correlate_by_definition(image, filt.kernel(n, sigma=sigma).taps)
              for n in ("gaussian-x", "gaussian-y")]  # fmt: skip
    np.testing.assert_allclose(filt.gaussian_gradient(image, sigma), np.hypot(*slopes), atol=1e-9)


@pytest.mark.parametrize("name", ALL)
def test_errors(name):
    function, image = getattr(operators, name), np.ones((4, 5))
    with pytest.raises(InputError, match="reflect101"):
        function(image, border="reflect")
    with pytest.raises(InputError, match="luma"):
        function(image, channels="grey")
    with pytest.raises(InputError, match="shape"):
        function(np.ones(5))
    with pytest.raises(InputError, match="empty"):
        function(np.ones((0, 5)))
    with pytest.raises(InputError, match="channels"):
        function(np.ones((4, 5, 4)))
    with pytest.raises(TypeError, match="real numbers"):
        function(np.ones((4, 5), complex))
    if "sigma" in inspect.signature(function).parameters:
        for sigma in (0, -1, np.nan, np.inf):
            with pytest.raises(InputError, match="sigma"):
                function(image, sigma)


def test_parameters_of_a_wrong_kind_are_type_errors_or_say_so():
    for wrong in ("wide", None, [1]):
        with pytest.raises((TypeError, InputError), match="sigma"):
            filt.gaussian_gradient(np.ones((4, 5)), wrong)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("name", ["sobel", "scharr", "prewitt", "roberts", "gaussian_gradient"])
def test_what_is_not_known_does_not_depend_on_what_else_is_there(name, dtype):
    """The length of the slopes infinity and NaN: not known, whatever else the strip holds."""
    picture = np.random.default_rng(3).normal(size=(9, 40)).astype(dtype)
    picture[4, 5:7] = np.inf, np.nan
    alone = getattr(filt, name)(picture)
    picture[4, 35] = np.inf
    among_others = getattr(filt, name)(picture)
    np.testing.assert_allclose(among_others[:, :20], alone[:, :20], rtol=1e-6)
    assert np.isnan(alone).any()
