"""The engine: a correlation wherever the taps lie inside, against four plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import assert_close, correlate_by_definition

from filt.filters.placement import Placement, correlate_placed


def correlate_valid(image, taps, stride=(1, 1), dilation=(1, 1)):
    return correlate_placed(image, taps, Placement("valid", stride=stride, dilation=dilation))


def by_definition(padded, taps, stride=(1, 1), dilation=(1, 1)):
    return correlate_by_definition(padded, taps, mode="valid", stride=stride, dilation=dilation)


def numbers(shape, dtype=np.float32, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("channels", [None, 1, 2, 3, 4, 5, 9, 600])
def test_every_channel_is_correlated_by_itself(dtype, channels):
    shape = (9, 8) if channels is None else (9, 8, channels)
    image, taps = numbers(shape, dtype), numbers((3, 2), np.float64, 1)
    result = correlate_valid(image, taps)
    assert result.dtype == dtype
    assert_close(result, by_definition(image, taps), image, taps)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (10, 10), (11, 11), (12, 13), (31, 3)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_kernels_of_every_size_whatever_algorithm_they_get(size, dtype):
    image, taps = numbers((34, 21), dtype), numbers(size, np.float64, 1)
    assert_close(correlate_valid(image, taps), by_definition(image, taps), image, taps)


def test_taps_as_large_as_the_image_give_one_number():
    image = numbers((17, 15))
    taps = numbers((17, 15), np.float64, 1)
    result = correlate_valid(image, taps)
    assert result.shape == (1, 1)
    assert_close(result, by_definition(image, taps), image, taps)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_strides_and_dilations_of_any_size(data):
    size = data.draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    dilation = data.draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    stride = data.draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    extra = data.draw(st.tuples(st.integers(0, 9), st.integers(0, 9)))
    shape = [(n - 1) * d + 1 + e for n, d, e in zip(size, dilation, extra, strict=True)]
    if data.draw(st.booleans()):
        shape.append(2)
    image, taps = numbers(shape), numbers(size, np.float64, 1)
    if data.draw(st.booleans()):
        image[tuple(n // 2 for n in shape)] = np.nan
    expected = by_definition(image, taps, stride, dilation)
    assert_close(correlate_valid(image, taps, stride, dilation), expected, image, taps)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("size", [(3, 3), (13, 13), (15, 4)])
def test_one_bad_pixel_reaches_only_the_taps_that_are_not_zero(bad, size):
    image, taps = numbers((30, 30)), numbers(size, np.float64, 1)
    taps[1:, ::2] = 0
    image[15, 14] = bad
    result = correlate_valid(image, taps)
    reached = np.zeros(result.shape, bool)
    for i, j in np.argwhere(taps):
        if 0 <= 15 - i < result.shape[0] and 0 <= 14 - j < result.shape[1]:
            reached[15 - i, 14 - j] = True
    np.testing.assert_array_equal(~np.isfinite(result), reached)
    assert_close(result, by_definition(image, taps), image, taps)


def test_opposite_infinities_make_a_quiet_nan():
    image = np.array([[np.inf, 1.0, -np.inf]])
    assert np.isnan(correlate_valid(image, np.array([[1.0, 1.0, 1.0]]))).all()
    assert correlate_valid(image, np.array([[1.0, 0.0, -1.0]])).tolist() == [[np.inf]]


def test_the_image_is_only_read():
    image = numbers((20, 20))
    image.setflags(write=False)
    before = image.copy()
    for dilation in ((1, 1), (2, 3)):
        result = correlate_valid(image, numbers((3, 3), np.float64), dilation=dilation)
        assert not np.shares_memory(result, image)
    np.testing.assert_array_equal(image, before)


def test_one_huge_value_changes_nothing_outside_its_window():
    """A large kernel must not go through a Fourier transform that drowns ordinary values."""
    random = np.random.default_rng(5)
    image = random.random((60, 70)).astype(np.float32)
    taps = random.normal(size=(15, 17))
    plain = correlate_valid(image, taps)
    image[30, 35] = -3.4e38
    spoilt = correlate_valid(image, taps)
    outside = np.ones(plain.shape, bool)
    outside[16:31, 19:36] = False
    np.testing.assert_allclose(spoilt[outside], plain[outside], atol=1e-4)
