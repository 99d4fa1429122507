"""A picture is an array to whoever asks for one."""

from __future__ import annotations

import numpy as np

from filt.filters.picture import Picture

PIXELS = np.arange(12, dtype=np.uint8).reshape(3, 4)


def test_as_an_array_it_is_its_pixels() -> None:
    picture = Picture(PIXELS.copy(), 255.0, np.dtype(np.uint8))
    assert np.asarray(picture) is picture.pixels
    assert np.asarray(picture, np.float32).dtype == np.float32
    np.testing.assert_array_equal(np.asarray(picture, np.float32), PIXELS)


def test_a_copy_is_one_and_what_must_not_be_copied_is_not() -> None:
    picture = Picture(PIXELS.copy(), 255.0, np.dtype(np.uint8))
    copy = np.array(picture, copy=True)
    copy[0, 0] = 99
    assert picture.pixels[0, 0] == 0
    assert picture.__array__(copy=False) is picture.pixels
