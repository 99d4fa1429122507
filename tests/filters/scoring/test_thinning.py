"""Thinning against scikit-image's, on noise, on shapes, and on the smallest pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as arrays
from skimage.morphology import thin

from filt.filters.errors import InputError
from filt.filters.scoring.thinning import thin_mask

pytest.importorskip("numba")


@given(arrays.arrays(bool, arrays.array_shapes(min_dims=2, max_dims=2, max_side=12)))
@settings(max_examples=200, deadline=None)
def test_small_masks(mask):
    np.testing.assert_array_equal(thin_mask(mask), thin(mask))


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.7, 0.95])
@pytest.mark.parametrize("sigma", [0, 1, 4])
def test_noise_and_blobs(share, sigma):
    noise = np.random.default_rng(int(share * 100) + sigma).random((67, 90))
    if sigma:
        noise = cv2.GaussianBlur(noise, (0, 0), sigma)
    mask = noise < np.quantile(noise, share)
    np.testing.assert_array_equal(thin_mask(mask), thin(mask))


def test_shapes_that_reach_the_border():
    mask = np.zeros((60, 83), np.uint8)
    cv2.circle(mask, (30, 25), 18, 1, -1)
    cv2.circle(mask, (30, 25), 7, 0, -1)
    cv2.line(mask, (0, 59), (82, 10), 1, 5)
    cv2.rectangle(mask, (60, 30), (82, 59), 1, -1)
    thinned = thin_mask(mask)
    np.testing.assert_array_equal(thinned, thin(mask))
    assert 50 < thinned.sum() < mask.sum() / 4


def test_everything_and_nothing():
    assert not thin_mask(np.zeros((5, 8))).any()
    everything = np.ones((40, 31))
    np.testing.assert_array_equal(thin_mask(everything), thin(everything))


def test_what_is_thin_stays_and_the_argument_too():
    line = np.eye(9, dtype=bool)
    kept = line.copy()
    np.testing.assert_array_equal(thin_mask(line), line)
    np.testing.assert_array_equal(line, kept)


def test_a_mask_has_two_axes():
    with pytest.raises(InputError, match=r"mask must be \(height, width\), got shape \(2, 3, 4\)"):
        thin_mask(np.zeros((2, 3, 4)))
