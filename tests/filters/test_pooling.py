"""Pooling against plain loops over windows, Keras, TensorFlow and numbers worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filt.filters.bank import correlate_bank
from filt.filters.errors import InputError
from filt.filters.pooling import (
    average_pool,
    depth_average_pool,
    depth_max_pool,
    global_average_pool,
    global_max_pool,
    l2_pool,
    max_pool,
)

POOLS = {
    max_pool: max,
    average_pool: lambda values: math.fsum(values) / len(values),
    l2_pool: lambda values: math.sqrt(math.fsum(value * value for value in values)),
}


def starts(length: int, size: int, stride: int, mode: str) -> list[int]:
    if mode == "valid":
        return list(range(0, length - size + 1, stride))
    count = math.ceil(length / stride)
    before = max((count - 1) * stride + size - length, 0) // 2
    return [index * stride - before for index in range(count)]


def looped(image, size, stride, mode, reduce):
    """Each window's existing pixels, handed to a plain Python function."""
    planes = image[..., np.newaxis] if image.ndim == 2 else image
    tops = starts(image.shape[0], size[0], stride[0], mode)
    lefts = starts(image.shape[1], size[1], stride[1], mode)
    result = np.empty((len(tops), len(lefts), planes.shape[2]))
    for y, top in enumerate(tops):
        for x, left in enumerate(lefts):
            window = planes[max(top, 0) : top + size[0], max(left, 0) : left + size[1]]
            for channel in range(planes.shape[2]):
                result[y, x, channel] = reduce(window[..., channel].ravel().tolist())
    return result[..., 0] if image.ndim == 2 else result


@given(
    shape=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    channels=st.sampled_from([(), (1,), (3,)]),
    windows=st.tuples(*[st.tuples(st.integers(1, 4), st.integers(1, 5))] * 2),
    mode=st.sampled_from(["valid", "keras-same"]),
    pool=st.sampled_from(list(POOLS)),
)
def test_pools_equal_plain_loops(shape, channels, windows, mode, pool):
    size, stride = zip(*windows, strict=True)
    image = np.random.default_rng(sum(shape)).normal(-0.5, 1.0, shape + channels)
    if mode == "valid" and (size[0] > shape[0] or size[1] > shape[1]):
        with pytest.raises(InputError, match="does not fit"):
            pool(image, size, stride, mode=mode)
        return
    before = image.copy()
    result = pool(image, size, stride, mode=mode)
    np.testing.assert_allclose(
        result, looped(image, size, stride, mode, POOLS[pool]), rtol=1e-13, atol=1e-13
    )
    np.testing.assert_array_equal(image, before)
    assert not np.shares_memory(result, image)


def test_pooling_2x2_s2_quarters_values():
    """Row: Pooling: 2×2 s2 quarters values."""
    image = np.arange(48).reshape(8, 6)
    for pool in POOLS:
        assert pool(image).size * 4 == image.size


def test_pooling_worked_by_hand():
    """Row: Pooling: max, average (A,C), L2 (A)."""
    image = [[1, 3, 2, 9], [5, 7, 4, 1], [6, 8, 0, 0], [2, 4, 3, 4]]
    assert max_pool(image).tolist() == [[7, 9], [8, 4]]
    assert average_pool(image).tolist() == [[4, 4], [5, 1.75]]
    root = [[math.sqrt(84), math.sqrt(102)], [math.sqrt(120), 5]]
    np.testing.assert_allclose(l2_pool(image), root, rtol=1e-7)
    assert max_pool(image, 3, 1).tolist() == [[8, 9], [8, 8]]


def test_average_same_leaves_padding_out_of_the_count():
    assert average_pool([[2, 4, 9]], (1, 2), mode="keras-same").tolist() == [[3, 9]]
    assert max_pool([[-2, -4, -9]], (1, 2), mode="keras-same").tolist() == [[-2, -9]]


@pytest.mark.parametrize(
    ("given_dtype", "worked_in"),
    [
        (bool, "float32"),
        ("uint8", "float32"),
        ("int16", "float32"),
        ("float16", "float32"),
        ("int32", "float64"),
        ("float64", "float64"),
    ],
)
def test_dtypes(given_dtype, worked_in):
    image = np.ones((4, 4, 2), given_dtype)
    for pool in POOLS:
        assert pool(image).dtype == worked_in
        assert pool(image, mode="keras-same").dtype == worked_in
    for pool in (global_max_pool, global_average_pool):
        assert pool(image).dtype == worked_in
    for pool in (depth_max_pool, depth_average_pool):
        assert pool(image, 2).dtype == worked_in


def test_16_bit_squares_do_not_wrap():
    assert l2_pool(np.full((2, 2), 65535, np.uint16)).tolist() == [[131070]]
    assert average_pool(np.full((2, 2), 65535, np.uint16)).tolist() == [[65535]]


def test_sums_of_large_windows_are_exact_to_float32():
    image = np.full((600, 600), 0.1, np.float32)
    assert average_pool(image, 600)[0, 0] == np.float32(0.1)
    assert global_average_pool(image) == np.float32(0.1)


@pytest.mark.parametrize("pool", list(POOLS))
@pytest.mark.parametrize("mode", ["valid", "keras-same"])
def test_nan_reaches_exactly_the_windows_that_hold_it(pool, mode):
    image = np.random.default_rng(0).random((7, 8))
    clean = pool(image, 3, 2, mode=mode)
    image[3, 4] = np.nan
    image[0, 0] = np.inf
    image[0, 1] = -np.inf
    hit = looped(np.isnan(image) * 1.0, (3, 3), (2, 2), mode, max) == 1
    infinite = looped(np.isinf(image) * 1.0, (3, 3), (2, 2), mode, max) == 1
    result = pool(image, 3, 2, mode=mode)
    assert np.isnan(result[hit]).all()
    assert not np.isnan(result[~hit & ~infinite]).any()
    np.testing.assert_array_equal(result[~hit & ~infinite], clean[~hit & ~infinite])


def test_global_pooling():
    """Row: Pooling: global (B): one number per channel."""
    image = np.array([[[1, -5], [2, -6]], [[3, -7], [6, -10]]])
    assert global_max_pool(image).tolist() == [6, -5]
    assert global_average_pool(image).tolist() == [3, -7]
    assert global_max_pool(image[..., 0]).shape == ()
    assert global_average_pool(image[..., 0]) == 3


def test_depth_pool_6_to_2_channels():
    """Row: Pooling: depthwise (B): depth pool (1,1,1,3): 6→2 channels."""
    image = np.array([3, 1, 2, -4, -9, -5]).reshape(1, 1, 6) * np.ones((4, 5, 1))
    pooled = depth_max_pool(image, 3)
    assert pooled.shape == (4, 5, 2)
    assert pooled[2, 3].tolist() == [3, -4]
    assert depth_average_pool(image, 3)[2, 3].tolist() == [2, -6]
    image[1, 1, 5] = np.nan
    assert np.isnan(depth_max_pool(image, 3)).sum() == 1
    assert np.isnan(depth_average_pool(image, 3)).sum() == 1


def test_pooling_and_invariance_shift():
    """Row: pooling and invariance (B): shift a picture by one pixel, pool 2×2."""
    picture = np.zeros((8, 8))
    picture[2, 2] = 7  # first pixel of its window: a step to the right stays inside it
    picture[5, 5] = 4  # last pixel of its window: a step to the right enters the next one
    pooled = max_pool(picture)
    by_one = max_pool(np.roll(picture, 1, axis=1))
    assert (pooled[1, 1], by_one[1, 1]) == (7, 7)
    assert (pooled[2, 2], by_one[2, 2], by_one[2, 3]) == (4, 0, 4)
    by_two = max_pool(np.roll(picture, 2, axis=1))
    np.testing.assert_array_equal(by_two, np.roll(pooled, 1, axis=1))
    assert not np.array_equal(by_one, np.roll(pooled, 1, axis=1))


def test_pooling_and_invariance_depthwise_over_rotated_copies():
    """Row: pooling and invariance (B): the largest of four turned kernels turns with the image."""
    rng = np.random.default_rng(5)
    picture, kernel = rng.random((9, 9)), rng.normal(size=(3, 3))
    bank = np.stack([np.rot90(kernel, turn) for turn in range(4)], axis=-1)[:, :, np.newaxis]
    response = correlate_bank(picture, bank)
    turned = correlate_bank(np.rot90(picture), bank)
    np.testing.assert_allclose(
        depth_max_pool(turned, 4), np.rot90(depth_max_pool(response, 4)), atol=1e-12
    )
    assert not np.allclose(turned[..., 0], np.rot90(response[..., 0]))
    # With global pooling on top nothing of the turn is left.
    np.testing.assert_allclose(
        global_max_pool(depth_max_pool(turned, 4)),
        global_max_pool(depth_max_pool(response, 4)),
        atol=1e-12,
    )


def test_errors():
    image = np.zeros((4, 5, 6))
    with pytest.raises(InputError, match="mode must be one of valid, keras-same, got 'same'"):
        max_pool(image, mode="same")
    with pytest.raises(InputError, match="a window of 5 does not fit into a length of 4"):
        average_pool(image, 5)
    with pytest.raises(InputError, match="size must be at least 1, got 0"):
        l2_pool(image, 0)
    with pytest.raises(InputError, match="stride must be at least 1, got -1"):
        max_pool(image, 2, -1)
    with pytest.raises(TypeError, match="size must be a whole number"):
        max_pool(image, 2.0)
    with pytest.raises(InputError, match=r"multiple of 4 channels, got shape \(4, 5, 6\)"):
        depth_max_pool(image, 4)
    with pytest.raises(InputError, match=r"got shape \(4, 5\)"):
        depth_average_pool(image[..., 0], 1)
    with pytest.raises(InputError, match="image is empty"):
        global_max_pool(np.zeros((0, 3)))


@pytest.mark.keras
@pytest.mark.parametrize("mode", ["valid", "keras-same"])
@pytest.mark.parametrize(
    ("size", "stride"), [(2, None), (3, 2), (2, 3), ((2, 3), (3, 1)), (4, 1), (1, 2)]
)
def test_pools_equal_keras(mode, size, stride):
    keras = pytest.importorskip("keras")
    image = np.random.default_rng(1).normal(-1, 1, (9, 10, 3)).astype(np.float32)
    padding = {"valid": "valid", "keras-same": "same"}[mode]
    for pool, layer in (
        (max_pool, keras.layers.MaxPooling2D),
        (average_pool, keras.layers.AveragePooling2D),
    ):
        expected = np.asarray(layer(size, stride, padding=padding)(image[np.newaxis]))[0]
        np.testing.assert_allclose(pool(image, size, stride, mode=mode), expected, atol=1e-6)


@pytest.mark.keras
def test_global_pools_equal_keras():
    keras = pytest.importorskip("keras")
    image = np.random.default_rng(2).normal(size=(5, 6, 4)).astype(np.float32)
    for pool, layer in (
        (global_max_pool, keras.layers.GlobalMaxPooling2D()),
        (global_average_pool, keras.layers.GlobalAveragePooling2D()),
    ):
        expected = np.asarray(layer(image[np.newaxis]))[0]
        np.testing.assert_allclose(pool(image), expected, atol=1e-6)


@pytest.mark.keras
def test_b_tensorflow_calls_corrected():
    """Row: Pooling: B's code corrected: ksize (1,2,2,1) with "VALID", and (1,1,1,3) in depth."""
    tensorflow = pytest.importorskip("tensorflow")
    image = np.random.default_rng(3).normal(size=(6, 7, 6)).astype(np.float32)
    batch = image[np.newaxis]
    over_space = tensorflow.nn.max_pool(
        batch, ksize=(1, 2, 2, 1), strides=(1, 2, 2, 1), padding="VALID"
    )
    np.testing.assert_array_equal(max_pool(image), over_space.numpy()[0])
    over_depth = tensorflow.nn.max_pool(
        batch, ksize=(1, 1, 1, 3), strides=(1, 1, 1, 3), padding="VALID"
    )
    np.testing.assert_array_equal(depth_max_pool(image, 3), over_depth.numpy()[0])
    for ksize, padding in (((2, 2, 1, 1), "VALID"), ((1, 2, 2, 1), "valid")):
        with pytest.raises((ValueError, tensorflow.errors.OpError)):
            tensorflow.nn.max_pool(batch, ksize=ksize, strides=ksize, padding=padding)
