"""The photo of a report: whole, or reduced, and what identifies it."""

from __future__ import annotations

import numpy as np
import pytest

from filt.filters.picture import Picture
from filt.learned.report.photo import MOST_PIXELS, generated_photo, photo_of


def picture_of(pixels, full_scale=255.0):
    return Picture(pixels, full_scale, np.dtype(pixels.dtype))


def test_a_small_photo_is_kept_as_it_is():
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    photo = photo_of(picture_of(pixels), "small")
    assert photo.size == (60, 40)
    assert not photo.is_reduced
    np.testing.assert_array_equal(photo.picture.pixels, pixels)
    by_hand = pixels @ np.array([0.299, 0.587, 0.114]) / 255
    np.testing.assert_allclose(photo.grey, by_hand, atol=1e-6)


@pytest.mark.parametrize("shape", [(1000, 3000), (3000, 700, 3), (600_000, 1)])
def test_a_large_photo_is_reduced_by_averages_and_stays_a_photo(shape):
    pixels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    photo = photo_of(picture_of(pixels), "large")
    width, height = photo.picture.size
    assert photo.is_reduced
    assert photo.size == (shape[1], shape[0])
    assert width * height <= MOST_PIXELS
    assert photo.picture.pixels.dtype == np.uint8
    assert float(photo.grey.mean()) == pytest.approx(float(pixels.mean()) / 255, abs=0.01)
    assert photo.grey.std() < pixels.std() / 255


def test_what_is_not_finite_is_black():
    pixels = np.array([[0.5, np.nan], [np.inf, -np.inf]])
    np.testing.assert_array_equal(
        photo_of(picture_of(pixels, 1.0), "holes").grey, [[0.5, 0.0], [0.0, 0.0]]
    )


def test_the_hash_is_of_the_pixels_and_their_kind():
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    hashes = {
        photo_of(picture_of(pixels), "x").sha256
        for pixels in (grey, grey.T, grey.reshape(4, 3), grey.astype(np.uint16), grey + 1)
    }
    assert len(hashes) == 5
    assert photo_of(picture_of(grey.copy()), "y").sha256 in hashes


def test_the_generated_photo_is_always_the_same():
    one, other = generated_photo(), generated_photo()
    assert one.sha256 == other.sha256
    assert one.picture.is_colour
    assert one.grey.std() > 0.05
