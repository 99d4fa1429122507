"""Colour: luma by Rec. 601, each channel by itself, or the strongest of them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from filt.filters.colour import CHANNELS, LUMA_WEIGHTS, luma, over_channels, strongest
from filt.filters.engine import Pixels, computed
from filt.filters.errors import InputError
from filt.filters.registry import handcrafted


def colours(dtype="u1"):
    generator = np.random.default_rng(0)
    if np.dtype(dtype).kind == "f":
        return generator.random((9, 8, 3)).astype(dtype)
    return generator.integers(0, np.iinfo(dtype).max, (9, 8, 3)).astype(dtype)


def rows_of(image):
    return Pixels(image, np.dtype(np.float32))


class TestLuma:
    def test_the_weights_are_those_of_rec_601(self):
        assert LUMA_WEIGHTS == (0.299, 0.587, 0.114)
        assert sum(LUMA_WEIGHTS) == pytest.approx(1.0)

    @pytest.mark.parametrize(
        ("pixel", "grey"),
        [((255, 0, 0), 76.245), ((0, 255, 0), 149.685), ((0, 0, 255), 29.07), ((9, 9, 9), 9.0)],
    )
    def test_by_hand(self, pixel, grey):
        assert luma(np.array([[pixel]], np.uint8)).item() == pytest.approx(grey, abs=1e-4)

    @pytest.mark.parametrize("dtype", ["f4", "f8"])
    def test_it_is_opencvs_in_floats(self, dtype):
        image = colours(dtype)
        theirs = cv2.cvtColor(image.astype(np.float32), cv2.COLOR_RGB2GRAY)
        np.testing.assert_allclose(luma(image), theirs, atol=1e-6)
        assert luma(image).dtype == dtype

    def test_a_pixel_gives_the_same_bits_wherever_it_lies(self):
        image = np.random.default_rng(7).normal(size=(5, 67, 3))
        whole = luma(image)
        for row, column in ((0, 0), (2, 31), (4, 66), (3, 65)):
            assert luma(image[row : row + 1, column : column + 1]).item() == whole[row, column]
            part = luma(np.ascontiguousarray(image[row:, column:]))
            np.testing.assert_array_equal(part, whole[row:, column:])

    def test_it_rounds_to_opencvs_and_pillows_bytes(self):
        image = colours()
        ours = luma(image)
        assert ours.dtype == np.float32
        assert np.abs(ours - cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)).max() <= 0.51
        assert np.abs(ours - np.asarray(Image.fromarray(image).convert("L"))).max() <= 0.51

    @pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8", ">f4"])
    @pytest.mark.parametrize("shape", [(701, 600, 3), (3, 300_001, 3), (300_001, 3, 3)])
    def test_large_pictures_are_weighed_in_strips(self, shape, dtype):
        image = np.random.default_rng(4).integers(0, 256, shape).astype(dtype)
        red, green, blue = np.moveaxis(image.astype("f8"), 2, 0)
        exact = 0.299 * red + 0.587 * green + 0.114 * blue
        found = luma(image[::-1])
        assert found.dtype == ("f8" if dtype == "f8" else "f4")
        assert np.abs(found[::-1] - exact).max() < 1e-4

    @pytest.mark.parametrize("shape", [(0, 4, 3), (4, 0, 3), (4,), (2, 2, 3, 3)])
    def test_what_is_no_picture(self, shape):
        with pytest.raises(InputError, match="image"):
            luma(np.ones(shape))

    @pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1)])
    def test_grey_is_grey_already(self, shape):
        image = np.arange(20, dtype=np.uint8).reshape(shape)
        assert luma(image).tolist() == image.reshape(4, 5).tolist()

    @pytest.mark.parametrize("channels", [2, 4, 5])
    def test_it_needs_grey_or_rgb(self, channels):
        with pytest.raises(InputError, match=f"grey or RGB image, got {channels} channels"):
            luma(np.ones((2, 2, channels)))

    def test_nan_stays_where_it_is(self):
        image = colours("f8")
        image[3, 4, 1] = np.nan
        assert np.argwhere(np.isnan(luma(image))).tolist() == [[3, 4]]

    def test_opposite_infinities_make_a_quiet_nan(self):
        image = np.ones((2, 2, 3))
        image[0, 1] = np.inf, -np.inf, 0
        assert np.argwhere(np.isnan(luma(image))).tolist() == [[0, 1]]


class TestStrongest:
    def test_the_largest_magnitude_keeps_its_sign(self):
        assert strongest(np.array([[[1, -3, 2]], [[0, 0, -1]]])).tolist() == [[-3], [-1]]

    def test_of_equals_the_first(self):
        assert strongest(np.array([[[-2, 2, 1], [2, -2, 1]]])).tolist() == [[-2, 2]]


class TestOverChannels:
    def test_the_names(self):
        assert list(CHANNELS) == ["luma", "each", "max"]

    def test_what_the_response_is_made_from(self):
        image = colours()
        seen = {}
        for name in CHANNELS:
            over_channels(rows_of(image), name, lambda rows, name=name: seen.setdefault(name, rows))
        seen = {name: computed(rows) for name, rows in seen.items()}
        assert seen["luma"].tolist() == luma(image).tolist()
        assert seen["each"].tolist() == seen["max"].tolist() == image.tolist()

    def test_max_is_the_strongest_of_each(self):
        image = colours()
        each = handcrafted("sobel-x").respond(image, channels="each")
        strong = handcrafted("sobel-x").respond(image, channels="max")
        assert each.shape == (9, 8, 3)
        assert strong.shape == (9, 8)
        assert np.abs(strong).tolist() == np.abs(each).max(axis=2).tolist()
        assert all(strong[y, x] in each[y, x] for y, x in np.ndindex(9, 8))

    @pytest.mark.parametrize("channels", ["luma", "each", "max"])
    def test_grey_is_one_plane_whatever_the_name(self, channels):
        grey = colours()[..., 0]
        expected = handcrafted("sobel").respond(grey)
        found = handcrafted("sobel").respond(grey, channels=channels)
        assert found.tolist() == expected.tolist()

    def test_an_edge_between_colours_of_one_luma_is_seen_by_max_alone(self):
        red, green = (1.0, 0.0, 0.0), (0.0, 0.299 / 0.587, 0.0)
        image = np.array([[red] * 4 + [green] * 4] * 5)
        assert handcrafted("sobel").respond(image, channels="luma").max() < 1e-12
        assert handcrafted("sobel").respond(image, channels="max").max() == pytest.approx(4.0)

    @pytest.mark.parametrize("name", ["Luma", "grey", "", "rgb"])
    def test_an_unknown_name(self, name):
        with pytest.raises(InputError, match="channels must be one of luma, each, max"):
            over_channels(rows_of(colours()), name, lambda rows: rows)
