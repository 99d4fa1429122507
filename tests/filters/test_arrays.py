"""The boundary for arrays: what is let in, in which dtype, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from filt.filters.arrays import (
    as_image,
    finite,
    full_scale_of,
    pair,
    positive,
    real_array,
    whole,
    working_dtype,
)
from filt.filters.errors import InputError
from filt.filters.picture import Picture

IN_FLOAT32 = ("bool", "uint8", "int8", "uint16", "int16", "float16", "float32")
IN_FLOAT64 = ("uint32", "int32", "uint64", "int64", "float64", "longdouble")


@pytest.mark.parametrize("name", IN_FLOAT32)
def test_narrow_values_are_filtered_in_float32(name):
    assert working_dtype(np.dtype(name)) == np.float32
    assert as_image(np.ones((2, 3), name)).dtype == np.float32


@pytest.mark.parametrize("name", IN_FLOAT64)
def test_wide_values_are_filtered_in_float64(name):
    assert working_dtype(np.dtype(name)) == np.float64
    assert as_image(np.ones((2, 3), name)).dtype == np.float64


@pytest.mark.parametrize("name", ["uint8", "int16", "uint16", "float16", "float32"])
def test_float32_holds_every_value_of_what_it_stands_for(name):
    dtype = np.dtype(name)
    limits = np.iinfo(dtype) if dtype.kind in "iu" else np.finfo(dtype)
    extremes = np.array([[limits.min, limits.max]], dtype)
    assert as_image(extremes).astype(dtype).tolist() == extremes.tolist()


@pytest.mark.parametrize(
    "value",
    [
        np.ones((2, 2), complex),
        np.array([["a", "b"]]),
        np.array([[object()]]),
        np.array([["2020-01-01"]], "datetime64[D]"),
        np.array([[1]], "timedelta64[s]"),
        None,
        "text",
    ],
    ids=["complex", "text", "object", "dates", "durations", "None", "str"],
)
def test_what_is_not_real_numbers_is_a_type_error(value):
    with pytest.raises(TypeError, match="image"):
        as_image(value)


@pytest.mark.parametrize("kind", ["complex64", "U3", "O", "datetime64[s]"])
def test_working_dtype_refuses_what_is_not_a_real_number(kind):
    with pytest.raises(TypeError, match="real numbers"):
        working_dtype(np.dtype(kind))


def test_a_masked_array_is_refused_even_without_a_mask():
    with pytest.raises(TypeError, match="masked"):
        as_image(np.ma.masked_array(np.ones((2, 2))))


def test_a_ragged_list_is_an_input_error():
    with pytest.raises(InputError, match="image must be a regular array"):
        as_image([[1, 2], [3]])


@pytest.mark.parametrize("shape", [(), (3,), (2, 2, 2, 2)])
def test_an_image_has_two_or_three_axes(shape):
    with pytest.raises(InputError, match=r"image must be \(height, width\)"):
        as_image(np.zeros(shape))


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0), (2, 2, 0)])
def test_an_empty_image_is_refused_with_its_shape(shape):
    with pytest.raises(InputError, match="empty") as caught:
        as_image(np.zeros(shape))
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize("name", ["uint16", "int32", "float32", "float64"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_byte_order_never_changes_a_value(name, order):
    values = np.array([[1, 2, 300], [4, 5, 6]])
    foreign = values.astype(np.dtype(name).newbyteorder(order))
    image = as_image(foreign)
    assert image.dtype.isnative
    assert image.tolist() == values.tolist()
    assert real_array(foreign, "image").dtype == np.dtype(name)


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a.T,
        lambda a: a[::-1],
        lambda a: a[:, ::-2],
        np.asfortranarray,
        lambda a: a.astype("f4").T,
    ],
    ids=["transposed", "upside down", "every other column back", "fortran", "float32 transposed"],
)
def test_any_layout_comes_in_contiguous_with_the_same_values(view):
    source = view(np.arange(12.0).reshape(3, 4))
    image = as_image(source)
    assert image.flags.c_contiguous
    assert image.tolist() == source.tolist()


def test_nothing_is_copied_without_need():
    image = np.arange(6.0).reshape(2, 3)
    assert np.shares_memory(as_image(image), image)
    assert np.shares_memory(real_array(image, "image"), image)


def test_a_picture_is_an_image():
    pixels = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert as_image(Picture(pixels, 255.0, np.dtype(np.uint8))).tolist() == pixels.tolist()


def test_the_name_of_the_argument_is_in_the_message():
    with pytest.raises(InputError, match=r"^signal "):
        as_image([1, 2], "signal")


@pytest.mark.parametrize(
    ("name", "white"),
    [
        ("uint8", 255.0),
        ("uint16", 65535.0),
        ("int16", 32767.0),
        ("float16", 1.0),
        ("float64", 1.0),
        ("bool", 1.0),
    ],
)
def test_full_scale_is_the_white_of_a_dtype(name, white):
    assert full_scale_of(np.dtype(name)) == white


@pytest.mark.parametrize("value", [0, -1, -0.5])
def test_positive_refuses_zero_and_below(value):
    with pytest.raises(InputError, match=f"sigma must be greater than 0, got {value}"):
        positive(value, "sigma")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), np.float32("nan")])
def test_positive_and_finite_refuse_what_is_not_finite(value):
    for check in (positive, finite):
        with pytest.raises(InputError, match="sigma must be finite"):
            check(value, "sigma")


@pytest.mark.parametrize("value", ["2", None, [1], 1j])
def test_a_number_must_be_a_number(value):
    with pytest.raises(TypeError, match="sigma must be a number"):
        finite(value, "sigma")


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3)])
def test_whole_takes_every_integer_type(value):
    result = whole(value, "size")
    assert result == 3
    assert type(result) is int


@pytest.mark.parametrize("value", [3.0, "3", True, np.True_, None, np.float32(3)])
def test_whole_refuses_what_is_no_integer(value):
    with pytest.raises(TypeError, match="size must be a whole number"):
        whole(value, "size")


def test_whole_has_a_least_value():
    assert whole(0, "padding", least=0) == 0
    with pytest.raises(InputError, match="size must be at least 1, got 0"):
        whole(0, "size")


@pytest.mark.parametrize(("value", "expected"), [(2, (2, 2)), ((1, 3), (1, 3)), ([4, 1], (4, 1))])
def test_a_pair_is_one_number_or_two(value, expected):
    assert pair(value, "stride") == expected


@pytest.mark.parametrize(
    ("value", "error"),
    [((1,), InputError), ((1, 2, 3), InputError), ((0, 1), InputError), ((1.5, 1), TypeError)],
)
def test_a_pair_is_checked(value, error):
    with pytest.raises(error, match="stride must be"):
        pair(value, "stride")
