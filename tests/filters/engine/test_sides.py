"""What lies beyond the sides of a strip, one pixel at a time."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strip_oracles import BORDERS, continued, numbers

from filt.filters.engine.sides import Sides

DTYPES = (np.float32, np.float64, np.uint8)


@pytest.mark.parametrize(
    ("border", "expected"),
    [
        ("reflect101", [3, 4, 3, 2, 1, 2, 3, 4, 3, 2]),
        ("symmetric", [3, 3, 2, 1, 1, 2, 3, 4, 4, 3]),
        ("replicate", [1, 1, 1, 1, 1, 2, 3, 4, 4, 4]),
        ("wrap", [1, 2, 3, 4, 1, 2, 3, 4, 1, 2]),
        ("zero", [0, 0, 0, 0, 1, 2, 3, 4, 0, 0]),
    ],
)
def test_four_pixels(border, expected):
    expected = {"reflect101": [3, 4, 3, 2], "symmetric": [4, 3, 2, 1]}.get(
        border, expected[:4]
    ) + expected[4:]
    assert Sides(4, 2, border).continued(np.array([[1, 2, 3, 4]])).tolist() == [expected]


@settings(max_examples=150, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 4), st.integers(1, 9)),
    channels=st.sampled_from([(), (1,), (3,), (5,)]),
    beyond=st.tuples(st.integers(0, 30), st.integers(0, 30)),
    border=st.sampled_from(BORDERS),
    dtype=st.sampled_from(DTYPES),
)
def test_any_number_of_columns(shape, channels, beyond, border, dtype):
    left, right = beyond
    rows = (numbers((*shape, *channels), np.float64) * 50 + 99).astype(dtype)
    before = rows.copy()
    wide = Sides(left, right, border).continued(rows)
    assert wide.dtype == dtype
    np.testing.assert_array_equal(wide, continued(rows, left, right, border))
    np.testing.assert_array_equal(rows, before)


def test_no_columns_are_no_copy():
    rows = numbers((3, 4))
    assert Sides().continued(rows) is rows


@pytest.mark.parametrize("border", BORDERS)
def test_filling_leaves_what_is_between_and_overwrites_what_was_beyond(border):
    wide = np.full((2, 11, 3), np.nan, np.float32)
    wide[:, 4:9] = numbers((2, 5, 3))
    between = wide[:, 4:9].copy()
    Sides(4, 2, border).fill(wide)
    np.testing.assert_array_equal(wide, continued(between, 4, 2, border))


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("taps", [1, 2, 3, 4, 5, 8])
@pytest.mark.parametrize("width", [1, 2, 3, 5, 8, 9])
def test_the_border_of_opencv_is_the_same_one(border, taps, width):
    """Where there is one: an impulse in each tap is a shifted row, by OpenCV as by the columns."""
    sides = Sides(taps // 2, (taps - 1) // 2, border)
    name = sides.opencv(taps, width)
    rows = numbers((1, width))
    if name is None:
        assert border == "wrap" or taps > width
        return
    wide = continued(rows, sides.left, sides.right, border)
    for tap in range(taps):
        impulse = np.eye(taps, dtype=np.float32)[tap : tap + 1]
        shifted = cv2.filter2D(rows, -1, impulse, borderType=name)
        np.testing.assert_array_equal(shifted, wide[:, tap : tap + width])


@pytest.mark.parametrize(("left", "right"), [(0, 0), (1, 2), (2, 2), (0, 3), (3, 3)])
def test_opencv_has_none_for_kernels_that_are_laid_on_elsewhere(left, right):
    assert Sides(left, right, "zero").opencv(4, 9) is None
