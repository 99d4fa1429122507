from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import pixel_beyond

import filt
from filt import likeness
from filt.filters.borders import BORDERS
from filt.filters.errors import InputError

# --- rows of worked-examples.md -----------------------------------------------------------------


def test_dot_product_measures_likeness():
    """Normalised response in [-1, 1]; exact match = 1."""
    taps = np.array([[1.0, 2.0, -1.0], [0.0, 4.0, 3.0], [2.0, -2.0, 1.0]])
    picture = np.random.default_rng(0).standard_normal((20, 21)) * 50
    picture[4:7, 5:8] = 7 * taps
    picture[12:15, 9:12] = -0.01 * taps
    cosine = likeness(picture, taps)
    assert cosine.min() >= -1
    assert cosine.max() <= 1
    assert cosine[5, 6] == pytest.approx(1, abs=1e-12)
    assert cosine[13, 10] == pytest.approx(-1, abs=1e-12)
    assert (cosine[5, 6], cosine[13, 10]) == (cosine.max(), cosine.min())


def test_exact_match_is_1():
    for name in filt.kernels:
        taps = filt.kernels[name].taps
        exact = likeness(taps, taps, mode="valid")
        assert exact.shape == (1, 1)
        assert exact.item() == pytest.approx(1, abs=1e-12)
        assert likeness(0.001 * taps, name, mode="valid").item() == pytest.approx(1, abs=1e-12)
        assert likeness(-3 * taps, name, mode="valid").item() == pytest.approx(-1, abs=1e-12)


def test_6600_and_0_patches():
    """A patch that lies along the curve of the filter, and one that lies nowhere on it."""
    curve = np.zeros((7, 7))
    places = [(0, 5), (1, 4), (2, 3), (3, 3), (4, 3)]
    for place in places:
        curve[place] = 30
    along = np.zeros((7, 7))
    for place, brightness in zip(places, (50, 50, 50, 50, 20), strict=True):
        along[place] = brightness
    elsewhere = np.zeros((7, 7))
    elsewhere[1:5, 0] = 40
    elsewhere[6, 2:6] = 25
    assert 4 * (50 * 30) + 20 * 30 == 6600
    assert filt.correlate(along, curve, mode="valid").item() == 6600
    assert filt.correlate(elsewhere, curve, mode="valid").item() == 0
    lengths = math.sqrt(5 * 30**2) * math.sqrt(4 * 50**2 + 20**2)
    assert likeness(along, curve, mode="valid").item() == pytest.approx(6600 / lengths)
    assert likeness(elsewhere, curve, mode="valid").item() == 0
    # in one picture, side by side
    picture = np.hstack([along, elsewhere])
    responses = filt.correlate(picture, curve, mode="valid")
    assert (responses[0, 0], responses[0, 7]) == (6600, 0)


# --- the definition -----------------------------------------------------------------------------


def cosine_by_definition(image, taps, border="reflect101"):
    image, taps = np.asarray(image, float), np.asarray(taps, float)
    (height, width), (rows, columns) = image.shape, taps.shape
    result = np.zeros((height, width))
    for y in range(height):
        for x in range(width):
            product = patch_energy = 0.0
            for i in range(rows):
                for j in range(columns):
                    row = pixel_beyond(y + i - rows // 2, height, border)
                    column = pixel_beyond(x + j - columns // 2, width, border)
                    value = 0.0 if row is None or column is None else image[row, column]
                    product += value * taps[i, j]
                    patch_energy += value**2
            length = math.sqrt(patch_energy) * math.sqrt((taps**2).sum())
            result[y, x] = product / length if length > 0 else 0.0
    return result


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 999), st.tuples(*[st.integers(1, 8)] * 2), st.tuples(*[st.integers(1, 5)] * 2),
    st.sampled_from(list(BORDERS)),
)  # fmt: skip
def test_the_definition(seed, shape, size, border):
    rng = np.random.default_rng(seed)
    image, taps = rng.integers(-5, 6, shape), rng.integers(-5, 6, size)
    before = image.copy()
    cosine = likeness(image, taps, border=border)
    np.testing.assert_allclose(cosine, cosine_by_definition(image, taps, border), atol=1e-9)
    np.testing.assert_array_equal(image, before)
    assert cosine.dtype == np.float64


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 999), st.floats(1e-150, 1e150), st.floats(1e-150, 1e150))
def test_neither_scale_matters(seed, brightness, weight):
    rng = np.random.default_rng(seed)
    image, taps = rng.standard_normal((6, 7)), rng.standard_normal((3, 3))
    np.testing.assert_allclose(
        likeness(image * brightness, taps * weight), likeness(image, taps), atol=1e-12
    )


def test_a_faint_patch_beside_a_bright_one_is_measured_as_well():
    taps = np.array([[1.0, 2.0, 3.0], [4.0, -5.0, 6.0], [7.0, 8.0, 9.0]])
    picture = np.zeros((9, 20))
    picture[:, 12:] = 1.0
    picture[3:6, 3:6] = 1e-6 * taps
    cosine = likeness(picture, taps)
    assert cosine[4, 4] == pytest.approx(1, abs=1e-6)
    assert cosine[8, 9] == 0  # nothing at all under the taps


def test_black_and_zero_taps_are_like_nothing():
    assert not likeness(np.zeros((4, 5)), "sobel-x").any()
    assert not likeness(np.ones((4, 5)), np.zeros((3, 3))).any()
    assert not likeness(np.zeros((4, 5), np.uint8), [[1, 2]]).any()


def test_integers_do_not_overflow():
    for dtype in (np.uint8, np.int16, np.uint16, np.int64):
        highest = np.iinfo(dtype).max
        image = np.full((3, 3), highest, dtype)
        assert likeness(image, np.ones((3, 3)), mode="valid").item() == pytest.approx(1)


def test_channels_by_themselves_or_together():
    rng = np.random.default_rng(3)
    image, taps = rng.standard_normal((6, 7, 3)), rng.standard_normal((3, 3, 3))
    each = likeness(image, taps[..., 0])
    assert each.shape == (6, 7, 3)
    for c in range(3):
        np.testing.assert_allclose(each[..., c], likeness(image[..., c], taps[..., 0]), atol=1e-12)
    together = likeness(image, taps, mode="valid")
    assert together.shape == (4, 5)
    patch = image[1:4, 2:5]
    expected = (patch * taps).sum() / np.sqrt((patch**2).sum() * (taps**2).sum())
    assert together[1, 2] == pytest.approx(expected)


def test_modes():
    image, taps = np.random.default_rng(4).standard_normal((6, 8)), [[1.0, -2.0], [3.0, 0.5]]
    assert likeness(image, taps, mode="valid").shape == (5, 7)
    assert likeness(image, taps, mode="full").shape == (7, 9)
    np.testing.assert_allclose(
        likeness(image, taps, mode="valid"), likeness(image, taps)[1:, 1:], atol=1e-12
    )


def test_nan_reaches_every_patch_that_has_it():
    image = np.ones((7, 7))
    image[3, 3] = np.nan
    cosine = likeness(image, "sobel-x")
    expected = np.zeros((7, 7), bool)
    expected[2:5, 2:5] = True
    assert np.isnan(cosine[2:5, 2]).all()
    assert not np.isnan(cosine[~expected]).any()


def test_errors():
    with pytest.raises(InputError, match="reflect101"):
        likeness(np.ones((3, 3)), "box", border="reflect")
    with pytest.raises(InputError, match="sobl"):
        likeness(np.ones((3, 3)), "sobl")
    with pytest.raises(InputError, match="fit"):
        likeness(np.ones((2, 2)), "box", mode="valid")
    with pytest.raises(TypeError):
        likeness(np.ones((3, 3), complex), "box")
