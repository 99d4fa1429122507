"""What first layers start with: independent kernels whose responses all vary alike."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import correlate2d

from filt.filters.catalogue import kernel
from filt.filters.errors import InputError
from filt.learned.ablation.starting_banks import (
    HANDCRAFTED,
    handcrafted_kernels,
    patch_covariance,
    with_unit_responses,
)

RANDOM = np.random.default_rng(5)
# Steep to one side and blurred to the other, so that no axis is like another.
PICTURES = np.cumsum(RANDOM.normal(0.2, 1, (3, 12, 15, 1)), axis=2) * np.arange(1, 13).reshape(
    1, 12, 1, 1
)


@pytest.mark.parametrize(("count", "size"), [(16, 7), (4, 7), (16, 5), (16, 9), (4, 3), (1, 1)])
def test_handcrafted_kernels_have_full_rank(count, size):
    if size == 1:
        with pytest.raises(InputError, match="size must be larger for 1"):
            handcrafted_kernels(count, size)
        return
    kernels = handcrafted_kernels(count, size)
    assert kernels.shape == (size, size, 1, count)
    flat = kernels.reshape(-1, count)
    flat = flat / np.linalg.norm(flat, axis=0)
    assert np.linalg.matrix_rank(flat, tol=0.05) == count


def test_all_16_are_different_and_their_responses_are_too():
    assert len(set(HANDCRAFTED)) == 16
    covariance = patch_covariance(PICTURES, 7)
    flat = with_unit_responses(handcrafted_kernels(), covariance).reshape(49, 16)
    correlations = flat.T @ covariance @ flat
    np.testing.assert_allclose(np.diag(correlations), 1)


def test_small_kernels_stand_in_the_middle_and_large_ones_are_cut():
    made = dict(zip(HANDCRAFTED, np.moveaxis(handcrafted_kernels()[:, :, 0], 2, 0), strict=True))
    np.testing.assert_array_equal(made["sobel-x"], np.pad(kernel("sobel-x").taps, 2))
    np.testing.assert_allclose(
        made["gaussian-blur:sigma=1"], kernel("gaussian-blur:sigma=1").taps[1:8, 1:8], rtol=1e-6
    )
    wide = kernel("gaussian-xx:sigma=1.4").taps[3:10, 3:10]
    np.testing.assert_allclose(made["gaussian-xx:sigma=1.4"], wide - wide.mean(), atol=1e-6)
    for name, taps in made.items():
        if kernel(name).is_zero_sum:
            assert abs(taps.sum()) < 1e-6 * np.abs(taps).sum()


@pytest.mark.parametrize("channels", [1, 3])
def test_patch_covariance_is_that_of_all_patches(channels):
    pictures = RANDOM.normal(3, 2, (4, 7, 9, channels))
    patches = [
        picture[row : row + 3, column : column + 3].ravel()
        for picture in pictures
        for row in range(5)
        for column in range(7)
    ]
    expected = np.cov(np.array(patches).T, bias=True)
    np.testing.assert_allclose(patch_covariance(pictures, 3), expected, atol=1e-12)


def test_many_pictures_in_steps_give_what_they_give_at_once(monkeypatch):
    at_once = patch_covariance(PICTURES, 3)
    monkeypatch.setattr("filt.learned.ablation.starting_banks._PATCHES_AT_ONCE", 1)
    np.testing.assert_allclose(patch_covariance(PICTURES, 3), at_once, rtol=1e-9)


def test_responses_have_unit_variance():
    """Every response of every picture, as SciPy correlates."""
    covariance = patch_covariance(PICTURES, 5)
    kernels = RANDOM.normal(size=(5, 5, 1, 3)) * [1e-3, 1, 1e4]
    scaled = with_unit_responses(kernels, covariance)
    for number in range(3):
        taps = scaled[:, :, 0, number]
        responses = [correlate2d(picture[..., 0], taps, mode="valid") for picture in PICTURES]
        assert np.std(responses) == pytest.approx(1)
        ratio = taps / kernels[:, :, 0, number]
        assert ratio.min() > 0
        np.testing.assert_allclose(ratio, ratio[0, 0])


def test_what_is_refused():
    with pytest.raises(InputError, match="kernels must be at most 16"):
        handcrafted_kernels(17)
    with pytest.raises(InputError, match="size must be larger for 16"):
        handcrafted_kernels(16, 3)
    with pytest.raises(InputError, match="size must be at most 4"):
        patch_covariance(np.zeros((1, 4, 5, 1)), 5)
    with pytest.raises(InputError, match="its response does not vary"):
        with_unit_responses(np.ones((2, 2, 1, 1)), patch_covariance(np.ones((1, 4, 4, 1)), 2))
