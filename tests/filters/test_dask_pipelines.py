"""Pipelines on Dask arrays against the same pipelines in memory."""

from __future__ import annotations

import numpy as np
import pytest
from dask_cases import BORDERS, array, assert_same, pictures
from hypothesis import given, settings
from hypothesis import strategies as st

import filt


@pytest.mark.parametrize(
    "name",
    ["sobel", "gaussian:sigma=1+sobel", "box+sharpen+laplacian4", "taps:[[1,2,0]]", "learned:3"],
)
@settings(max_examples=20, deadline=None)
@given(pictures((None, 3)), st.sampled_from(BORDERS), st.sampled_from([None, "each", "max"]))
def test_kernels(name, case, border, channels):
    pixels, lazy = case
    given = {"placement": filt.Placement(border=border), "channels": channels}
    pipeline = filt.resolve(name)
    picture = filt.Picture(pixels, 255.0, np.dtype(np.uint8))
    expected = pipeline.apply(picture, **given).pixels
    np.testing.assert_array_equal(pipeline.respond(pixels, **given), expected)
    # Kernels one after the other make rounding larger.
    assert_same(pipeline.respond(lazy, **given), expected, of=pixels, share=1e-4)


@pytest.mark.parametrize("name", ["canny", "gaussian:sigma=1+canny:low=0.0231", "log:sigma=1.1"])
@settings(max_examples=25, deadline=None)
@given(
    pictures((None, 3), dtypes=("uint8", "float64"), largest=20), st.sampled_from(BORDERS),
    st.sampled_from([None, 200]),
)  # fmt: skip
def test_edges(name, case, border, full_scale):
    pixels, lazy = case
    given = {"placement": filt.Placement(border=border), "full_scale": full_scale}
    pipeline = filt.resolve(name)
    assert_same(pipeline.respond(lazy, **given), pipeline.respond(pixels, **given))


def test_full_scale_goes_along():
    """A blur gives floats; their white stays 255."""
    pixels = np.zeros((9, 20), np.uint8)
    pixels[:, 10:] = 200
    lazy = array.from_array(pixels, chunks=6)
    pipeline = filt.resolve("box+canny")
    picture = filt.Picture(pixels, 255.0, np.dtype(np.uint8))
    expected = pipeline.apply(picture).pixels
    assert set(np.unique(expected)) == {0, 255}
    assert_same(pipeline.respond(lazy), expected)


def test_errors_are_raised_at_the_call():
    image = array.zeros((8, 9), chunks=4)
    with pytest.raises(filt.InputError, match="mode same"):
        filt.resolve("canny").respond(image, placement=filt.Placement(stride=2))
    with pytest.raises(filt.InputError, match="operation"):
        filt.resolve("sobel").respond(image, operation="turn")
    with pytest.raises(filt.InputError, match="full_scale"):
        filt.resolve("sobel").respond(image, full_scale=0)
    with pytest.raises(filt.InputError, match="takes a picture in memory"):
        filt.resolve("learned").respond(image)
