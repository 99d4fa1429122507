"""From a response to a picture: every number here is worked out by hand."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filt.filters.errors import InputError
from filt.filters.showing import SHOWS, to_picture


@pytest.mark.parametrize(
    ("show", "shown"),
    [
        ("abs", [255, 255, 100, 0, 1, 255, 255]),
        ("clip", [0, 0, 0, 0, 1, 255, 255]),
        ("signed", [0, 0, 78, 128, 128, 255, 255]),
        ("minmax", [0, 64, 115, 128, 128, 191, 255]),
    ],
)
def test_every_way_on_one_response(show, shown):
    response = [-1020.0, -510.0, -100.0, 0.0, 1.0, 510.0, 1020.0]
    assert to_picture(response, show).tolist() == shown


def test_the_default_is_the_magnitude_in_8_bits():
    shown = to_picture(np.array([[-300.0, 20.4], [0.0, -7.0]]))
    assert shown.dtype == np.uint8
    assert shown.tolist() == [[255, 20], [0, 7]]


@pytest.mark.parametrize("show", ["abs", "clip"])
def test_what_is_within_range_keeps_its_value(show):
    levels = np.arange(256)
    assert to_picture(levels, show).tolist() == levels.tolist()
    sixteen = np.arange(65536)
    shown = to_picture(sixteen, show, full_scale=65535, depth="uint16")
    assert shown.tolist() == sixteen.tolist()


@pytest.mark.parametrize("show", list(SHOWS))
@pytest.mark.parametrize(("white", "depth"), [(255, "uint8"), (65535, "uint16"), (1.0, "float32")])
def test_full_scale_is_white_in_any_depth(show, white, depth):
    largest = 1.0 if depth == "float32" else white
    for full_scale in (255, 65535, 1.0, 4095):
        response = np.array([-full_scale, 0.0, full_scale])
        shown = to_picture(response, show, full_scale=full_scale, depth=depth)
        assert shown.dtype == depth
        assert shown[2] == largest
        assert shown[0] == (largest if show == "abs" else 0)


def test_8_bits_become_16_by_257():
    shown = to_picture([0, 1, 100, 255], "clip", full_scale=255, depth="uint16")
    assert shown.tolist() == [0, 257, 25700, 65535]


def test_floats_keep_what_lies_between():
    shown = to_picture([-0.25, 0.25, 0.5, 2.0], "signed", full_scale=1.0, depth="float32")
    assert shown.tolist() == [0.375, 0.625, 0.75, 1.0]


def test_rounding_is_to_the_nearest():
    assert to_picture([0.49, 0.51, 1.5, 253.7, 254.6], "clip").tolist() == [0, 1, 2, 254, 255]


def test_zero_is_mid_grey_when_signed():
    assert to_picture([0.0], "signed").tolist() == [128]
    assert to_picture([0.0], "signed", depth="uint16").tolist() == [32768]
    assert to_picture([0.0], "signed", depth="float32").tolist() == [0.5]


class TestNonFinite:
    @pytest.mark.parametrize("show", list(SHOWS))
    def test_nan_is_black_and_infinity_saturates(self, show):
        shown = to_picture([np.nan, np.inf, -np.inf, 0.0, 255.0], show)
        assert shown[0] == 0
        assert shown[1] == 255
        assert shown[2] == (255 if show == "abs" else 0)
        assert shown[4] == 255

    def test_minmax_stretches_what_is_finite(self):
        assert to_picture([np.nan, -1.0, 1.0, np.inf], "minmax").tolist() == [0, 0, 255, 255]

    def test_nothing_finite_is_black(self):
        assert to_picture([np.nan, np.nan], "minmax").tolist() == [0, 0]


class TestMinmax:
    @pytest.mark.parametrize("value", [0.0, 7.0, -3.0])
    def test_a_flat_response_is_black(self, value):
        assert to_picture([[value, value]], "minmax").tolist() == [[0, 0]]

    @pytest.mark.parametrize("high", [1e-310, 1e-30, 1e30, 1e300])
    def test_any_range_is_stretched(self, high):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert to_picture([0.0, high], "minmax").tolist() == [0, 255]
            assert to_picture([-high, high], "minmax").tolist() == [0, 255]


@settings(max_examples=100, deadline=None)
@given(
    values=st.lists(st.floats(-2000, 2000), min_size=1, max_size=20),
    show=st.sampled_from(["clip", "signed", "minmax"]),
)
def test_order_is_kept_except_by_abs(values, show):
    values = sorted(values)
    shown = to_picture(values, show).astype(int)
    assert (np.diff(shown) >= 0).all()


@pytest.mark.parametrize("dtype", ["?", "u1", "i2", "f2", "f8", ">f4", "i8"])
def test_responses_of_any_dtype_and_shape(dtype):
    response = np.array([[[1, 0]]]).astype(dtype)
    shown = to_picture(response, "clip")
    assert shown.tolist() == [[[1, 0]]]


def test_the_response_is_left_alone():
    response = np.array([-5.0, np.nan, 300.0])
    response.setflags(write=False)
    for show in SHOWS:
        to_picture(response, show)
    np.testing.assert_array_equal(response, [-5.0, np.nan, 300.0])


class TestRefusals:
    @pytest.mark.parametrize("show", ["Abs", "", "none", None])
    def test_show(self, show):
        with pytest.raises(InputError, match="show must be one of abs, clip, signed, minmax"):
            to_picture([1.0], show)

    @pytest.mark.parametrize("depth", ["int8", "float64", "uint32", "bool", complex])
    def test_depth(self, depth):
        with pytest.raises(InputError, match="depth must be uint8, uint16 or float32"):
            to_picture([1.0], depth=depth)

    @pytest.mark.parametrize("full_scale", [0, -1, np.nan, np.inf])
    def test_full_scale(self, full_scale):
        with pytest.raises(InputError, match="full_scale must be"):
            to_picture([1.0], full_scale=full_scale)

    @pytest.mark.parametrize("response", [[1j], ["a"], np.ma.masked_array([1.0])])
    def test_response(self, response):
        with pytest.raises(TypeError, match="response"):
            to_picture(response)


class TestLargeResponses:
    """More numbers than are shown together, so in strips and on several threads."""

    @pytest.mark.parametrize("dtype", ["f4", "f8"])
    @pytest.mark.parametrize("show", list(SHOWS))
    @pytest.mark.parametrize(
        ("white", "depth"), [(255, "uint8"), (1.0, "uint8"), (65535, "uint16")]
    )
    def test_each_number_by_itself(self, show, white, depth, dtype):
        response = np.random.default_rng(1).normal(0, white, (700, 801)).astype(dtype)
        response[5, 7], response[699, 800], response[350, 3] = np.nan, np.inf, -np.inf
        known = response[np.isfinite(response)].astype("f8")
        values = response.astype("f8")
        with np.errstate(invalid="ignore"):
            shown = {
                "abs": lambda: np.abs(values),
                "clip": lambda: values,
                "signed": lambda: values / 2 + white / 2,
                "minmax": lambda: (values - known.min()) / np.ptp(known) * white,
            }[show]()
        full = np.iinfo(depth).max
        exact = np.clip(np.nan_to_num(shown * (full / white), nan=0, posinf=full), 0, full)
        found = to_picture(response, show, full_scale=white, depth=depth)
        assert found.dtype == depth
        assert np.abs(found - exact).max() <= 0.5 + 1e-6

    def test_layout_makes_no_difference(self):
        response = np.random.default_rng(2).normal(0, 200, (600, 700)).astype("f4")
        expected = to_picture(np.ascontiguousarray(response[::-1, ::2]), "signed")
        assert (to_picture(response[::-1, ::2], "signed") == expected).all()
        assert (to_picture(np.asfortranarray(response), "abs") == to_picture(response)).all()

    def test_the_response_is_not_changed(self):
        response = np.random.default_rng(3).normal(0, 200, (600, 700)).astype("f4")
        before = response.copy()
        for show in SHOWS:
            to_picture(response, show)
        assert (response == before).all()
