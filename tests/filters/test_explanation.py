from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import convolve_by_definition, correlate_by_definition, pixel_beyond

import filt
from filt.filters.borders import BORDERS
from filt.filters.errors import InputError
from filt.filters.explanation import explain, explanation_text
from filt.filters.kernel import Kernel


@st.composite
def situations(draw):
    """A picture, a kernel, a pixel of the picture and a border."""
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    height, width = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    rows, columns = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    image = rng.integers(-9, 10, (height, width)).astype(np.float64)
    taps = rng.integers(-9, 10, (rows, columns)).astype(np.float64)
    place = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    return image, taps, place, draw(st.sampled_from(list(BORDERS)))


@settings(max_examples=200, deadline=None)
@given(situations())
def test_the_sums_are_those_of_correlate_and_convolve(situation):
    image, taps, (x, y), border = situation
    explained = explain(image, Kernel(taps), x, y, border)
    assert (explained.x, explained.y, explained.border) == (x, y, border)
    for way, function, definition in (
        (explained.correlation, filt.correlate, correlate_by_definition),
        (explained.convolution, filt.convolve, convolve_by_definition),
    ):
        assert way.total == definition(image, taps, border=border)[y, x]
        assert way.total == function(image, taps, border=border)[y, x]
        np.testing.assert_array_equal(way.products, way.patch * way.taps)
        assert way.products.sum() == way.total
    np.testing.assert_array_equal(explained.correlation.taps, taps)
    np.testing.assert_array_equal(explained.convolution.taps, taps[::-1, ::-1])


@pytest.mark.parametrize("border", BORDERS)
def test_the_patch_is_what_lies_under_the_taps(border):
    image = np.arange(12.0).reshape(3, 4)
    explained = explain(image, Kernel(np.ones((3, 5))), 0, 2, border)
    for i in range(3):
        for j in range(5):
            row = pixel_beyond(2 + i - 1, 3, border)
            column = pixel_beyond(0 + j - 2, 4, border)
            value = 0 if row is None or column is None else image[row, column]
            assert explained.correlation.patch[i, j] == value


def test_the_angle_is_that_of_the_notes():
    # Patch and taps as vectors: their dot product over their lengths is its cosine.
    taps = [[3.0, 4.0]]
    for patch, degrees in (
        ([[3.0, 4.0]], 0),
        ([[6.0, 8.0]], 0),
        ([[-3.0, -4.0]], 180),
        ([[-4.0, 3.0]], 90),
        ([[1.0, 0.0]], math.degrees(math.acos(0.6))),
    ):
        explained = explain(patch, Kernel(taps), 1, 0, "zero")
        assert explained.correlation.angle == pytest.approx(degrees)


@pytest.mark.parametrize(("image", "taps"), [([[0.0]], [[1.0]]), ([[1.0]], [[0.0]])])
def test_nothing_has_no_angle(image, taps):
    explained = explain(image, Kernel(taps), 0, 0)
    assert explained.correlation.angle is None
    assert explained.correlation.total == 0
    assert "undefined" in explanation_text(explained)


def test_rounding_never_leaves_the_range_of_a_cosine():
    rng = np.random.default_rng(1)
    for _ in range(50):
        taps = rng.standard_normal((3, 3))
        explained = explain(taps * rng.random(), Kernel(taps), 1, 1)
        assert explained.correlation.angle == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_reach_the_sum_where_they_reach_the_response(value):
    image = np.ones((5, 5))
    image[2, 2] = value
    kernel = filt.kernel("sobel-x")
    for y in range(1, 4):
        for x in range(1, 4):
            explained = explain(image, kernel, x, y)
            np.testing.assert_equal(
                explained.correlation.total, filt.correlate(image, kernel)[y, x]
            )
            np.testing.assert_equal(explained.convolution.total, filt.convolve(image, kernel)[y, x])


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64, bool])
def test_any_dtype(dtype):
    image = np.eye(4).astype(dtype)
    assert (
        explain(image, filt.kernel("sobel-x"), 1, 1).correlation.total
        == (filt.correlate(image, "sobel-x")[1, 1])
    )


@pytest.mark.parametrize("place", [(-1, 0), (0, -1), (4, 0), (0, 3), (99, 99)])
def test_a_pixel_outside(place):
    with pytest.raises(InputError, match=r"x is 0 to 3, y is 0 to 2"):
        explain(np.zeros((3, 4)), filt.kernel("box"), *place)


def test_what_cannot_be_explained():
    box = filt.kernel("box")
    with pytest.raises(InputError, match="one plane"):
        explain(np.zeros((3, 4, 3)), box, 0, 0)
    with pytest.raises(InputError, match="one plane"):
        explain(np.zeros((3, 4)), Kernel(np.ones((3, 3, 3))), 0, 0)
    with pytest.raises(InputError, match="reflect101"):
        explain(np.zeros((3, 4)), box, 0, 0, "reflect")
    with pytest.raises(TypeError):
        explain(np.zeros((3, 4), complex), box, 0, 0)


def test_the_text_by_hand():
    image = [[3, 0, 1], [1, 5, 8], [2, 7, 2]]
    taps = [[1, 0, -1], [2, 0, -2], [0, 10, 0]]
    text = explanation_text(explain(image, Kernel(taps), 1, 1))
    assert numbers(text) == [
        [3, 0, 1, 1, 0, -1, 3, 0, -1],
        [1, 5, 8, 2, 0, -2, 2, 0, -16],
        [2, 7, 2, 0, 10, 0, 0, 70, 0],
        [3, 0, 1, 0, 10, 0, 0, 0, 0],
        [1, 5, 8, -2, 0, 2, -2, 0, 16],
        [2, 7, 2, -1, 0, 1, -2, 0, 2],
    ]
    lengths = math.sqrt((9 + 1 + 1 + 25 + 64 + 4 + 49 + 4) * (1 + 1 + 4 + 4 + 100))
    for total, words in ((58, "the taps as they are"), (14, "the taps turned by 180°")):
        angle = math.degrees(math.acos(total / lengths))
        assert words in text
        assert f"sum {total}, angle between patch and taps {angle:.1f}°" in text


def numbers(text):
    return [
        [float(word) for word in line.split()]
        for line in text.splitlines()
        if line.startswith("  ") and line.split()[0].lstrip("-").isdigit()
    ]


def test_the_worksheet_has_patch_and_taps_and_nothing_else():
    image = [[3, 0, 1], [1, 5, 8], [2, 7, 2]]
    explained = explain(image, Kernel([[1, 0, -1], [2, 0, -2], [0, 10, 0]]), 1, 1)
    sheet = explanation_text(explained, worksheet=True)
    whole = explanation_text(explained)
    assert len(sheet.splitlines()) == len(whole.splitlines())
    for given_line, line in zip(sheet.splitlines(), whole.splitlines(), strict=True):
        if "____" in given_line and not given_line.startswith("  sum"):
            assert given_line.split()[:6] == line.split()[:6]
            assert given_line.split()[6:] == ["____"] * 3
    for answer in ("58", "14", "70", "°,", "63."):
        assert answer not in sheet
