"""Banks and their gradients against plain loops, Keras, TensorFlow, SciPy and differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.signal import convolve2d, correlate2d

from filt.filters.bank import ACTIVATIONS, correlate_bank, correlate_bank_gradients
from filt.filters.engine import set_threads
from filt.filters.errors import InputError

MODES = ["valid", "same", "full", "keras-same"]
NUMPY_BORDERS = {
    "reflect101": "reflect",
    "symmetric": "symmetric",
    "replicate": "edge",
    "wrap": "wrap",
    "zero": "constant",
}


def starts(mode, length, taps, stride, dilation):
    """Where the first tap stands for each output, relative to the first pixel."""
    covered = (taps - 1) * dilation + 1
    if mode == "valid":
        return list(range(0, length - covered + 1, stride))
    if mode == "full":
        return list(range(1 - covered, length, stride))
    if mode == "same":
        return list(range(-(covered // 2), length - covered // 2, stride))
    count = math.ceil(length / stride)
    before = max((count - 1) * stride + covered - length, 0) // 2
    return [index * stride - before for index in range(count)]


def looped(image, bank, *, mode="valid", border="zero", stride=(1, 1), dilation=(1, 1)):
    """The definition: one product at a time, in float64, padded by NumPy."""
    rows, columns, inputs, outputs = bank.shape
    margin = (rows * dilation[0], columns * dilation[1])
    planes = image.reshape(*image.shape[:2], inputs).astype(np.float64)
    widths = [(margin[0],) * 2, (margin[1],) * 2, (0, 0)]
    padded = np.pad(planes, widths, mode=NUMPY_BORDERS[border])
    tops = starts(mode, image.shape[0], rows, stride[0], dilation[0])
    lefts = starts(mode, image.shape[1], columns, stride[1], dilation[1])
    response = np.zeros((len(tops), len(lefts), outputs))
    for y, top in enumerate(tops):
        for x, left in enumerate(lefts):
            for i in range(rows):
                for j in range(columns):
                    pixel = padded[
                        margin[0] + top + i * dilation[0], margin[1] + left + j * dilation[1]
                    ]
                    for output in range(outputs):
                        response[y, x, output] += float(pixel @ bank[i, j, :, output])
    return response


@st.composite
def layers(draw):
    """Image, asymmetric bank, and how the bank is laid over the image."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    two = st.tuples(st.integers(1, 3), st.integers(1, 3))
    taps = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    inputs, outputs = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    height, width = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    setting = {
        "mode": draw(st.sampled_from(MODES)),
        "border": draw(st.sampled_from(list(NUMPY_BORDERS))),
        "stride": draw(two),
        "dilation": draw(two),
    }
    if setting["mode"] == "valid":
        for length, count, apart in zip((height, width), taps, setting["dilation"], strict=True):
            assume((count - 1) * apart < length)
    image = rng.normal(size=(height, width, inputs))
    if inputs == 1 and draw(st.booleans()):
        image = image[..., 0]
    return image, rng.normal(size=(*taps, inputs, outputs)), setting


@given(layers())
def test_bank_equals_a_plain_loop(layer):
    image, bank, setting = layer
    expected = looped(image, bank, **setting)
    response = correlate_bank(image, bank, **setting)
    assert response.shape == expected.shape
    np.testing.assert_allclose(response, expected, atol=1e-12)
    single = correlate_bank(image.astype(np.float32), bank.astype(np.float32), **setting)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, expected, atol=1e-5 * max(1, np.abs(expected).max()))


@pytest.mark.parametrize("outputs", [1, 2, 5])
@pytest.mark.parametrize("stride", [1, 2])
def test_bank_over_several_strips_equals_a_plain_loop(outputs, stride):
    rng = np.random.default_rng(outputs)
    image, bank = rng.normal(size=(130, 150, 3)), rng.normal(size=(4, 9, 3, outputs))
    response = correlate_bank(image, bank, mode="same", border="symmetric", stride=stride)
    expected = sum_of_planes(image, bank)[::stride, ::stride]
    np.testing.assert_allclose(response, expected, atol=1e-10)


def sum_of_planes(image, bank):
    """Same-mode correlation by SciPy over a picture that NumPy padded."""
    rows, columns = bank.shape[:2]
    widths = [(rows // 2, (rows - 1) // 2), (columns // 2, (columns - 1) // 2), (0, 0)]
    padded = np.pad(image, widths, mode="symmetric")
    return np.stack(
        [
            sum(
                correlate2d(padded[..., channel], bank[:, :, channel, output], mode="valid")
                for channel in range(bank.shape[2])
            )
            for output in range(bank.shape[3])
        ],
        axis=-1,
    )


def test_rgb_and_multi_filter():
    """Row: RGB and multi-filter (A,C,D): 7×7×3→5×5×1; two filters→5×5×2; 6×6×3→4×4×{1,2}."""
    rng = np.random.default_rng(0)
    for side, left in ((7, 5), (6, 4)):
        image = rng.normal(size=(side, side, 3))
        for filters in (1, 2):
            bank = rng.normal(size=(3, 3, 3, filters))
            response = correlate_bank(image, bank)
            assert response.shape == (left, left, filters)
            np.testing.assert_allclose(response, looped(image, bank), atol=1e-12)
    # A kernel sums over the channels: 1 + 20 + 300 under a 1 × 1 bank of ones.
    assert correlate_bank([[[1, 20, 300]]], np.ones((1, 1, 3, 1))).tolist() == [[[321]]]


def test_e_letter_example_is_correlated_not_convolved():
    """Row: Convolution flips, correlation does not: image = kernel = 1..9 gives 285, not 165."""
    letters = np.arange(1, 10).reshape(3, 3)
    assert correlate_bank(letters, letters.reshape(3, 3, 1, 1)).tolist() == [[[285]]]


def test_impulse_shows_the_bank_turned():
    bank = np.arange(1.0, 13.0).reshape(3, 4, 1, 1)
    impulse = np.zeros((9, 9))
    impulse[4, 4] = 1
    response = correlate_bank(impulse, bank, mode="same")[..., 0]
    # An even kernel looks one pixel further back than ahead: 4 taps answer at columns 3 to 6.
    np.testing.assert_array_equal(response[3:6, 3:7], bank[::-1, ::-1, 0, 0])
    assert np.count_nonzero(response) == 12


def test_keras_same_stride_2_on_6x6_pads_right_and_bottom_only():
    """Row: Keras SAME s2 on 6×6 pads right/bottom only."""
    ones = np.ones((6, 6))
    bank = np.ones((3, 3, 1, 1))
    by_keras = correlate_bank(ones, bank, mode="keras-same", stride=2)[..., 0]
    assert by_keras.tolist() == [[9, 9, 6], [9, 9, 6], [6, 6, 4]]
    centred = correlate_bank(ones, bank, mode="same", stride=2)[..., 0]
    assert centred.tolist() == [[4, 6, 6], [6, 9, 9], [6, 9, 9]]


def test_parameter_sharing_and_translation():
    """Row: Parameter sharing, locality, translation (A,C): shifted input, shifted output."""
    rng = np.random.default_rng(4)
    image, bank = rng.normal(size=(12, 13, 2)), rng.normal(size=(3, 4, 2, 3))
    response = correlate_bank(image, bank, mode="same")
    shifted = correlate_bank(np.roll(image, (2, 1), axis=(0, 1)), bank, mode="same")
    inner = shifted[4:-2, 4:-2]
    np.testing.assert_allclose(inner, response[2:-4, 3:-3], atol=1e-12)
    # On a torus there is no border, and the shift is exact everywhere.
    response = correlate_bank(image, bank, mode="same", border="wrap")
    shifted = correlate_bank(np.roll(image, (2, 1), axis=(0, 1)), bank, mode="same", border="wrap")
    np.testing.assert_allclose(shifted, np.roll(response, (2, 1), axis=(0, 1)), atol=1e-12)
    # Locality: one pixel changes no more responses than the kernel has taps.
    changed = image.copy()
    changed[6, 7] += 1
    difference = correlate_bank(changed, bank, mode="same") - correlate_bank(
        image, bank, mode="same"
    )
    assert (np.abs(difference).max(axis=2) > 1e-12).sum() == 3 * 4


def test_bias_is_added_before_the_activation():
    response = correlate_bank([[1, -1]], np.array([[[[2.0, -2.0]]]]), [-1, 0.5], "relu")
    assert response.tolist() == [[[1, 0], [0, 2.5]]]
    assert response.dtype == np.float64


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activations(dtype):
    image = np.array([[-1000, -30, -3, 0, 0.5, 1000, np.inf, -np.inf, np.nan]], dtype)
    bank = np.ones((1, 1, 1, 1))
    truth = {
        "relu": lambda value: max(value, 0.0),
        "sigmoid": lambda value: 1 / (1 + math.exp(-value)) if value > -700 else 0.0,
        "tanh": math.tanh,
    }
    assert set(truth) == set(ACTIVATIONS)
    for name, function in truth.items():
        response = correlate_bank(image, bank, None, name).ravel()
        assert response.dtype == dtype
        expected = [function(float(value)) for value in image[0, :-1]]
        np.testing.assert_allclose(response[:-1], expected, rtol=1e-6)
        assert np.isnan(response[-1])


@pytest.mark.parametrize("outputs", [1, 3])
def test_nan_and_infinity_reach_exactly_the_responses_with_a_tap_on_them(outputs):
    rng = np.random.default_rng(9)
    image = rng.normal(size=(8, 9, 2))
    bank = rng.normal(size=(3, 2, 2, outputs))
    bank[1, 0] = 0
    bank[0, 1, 1] = 0
    clean = correlate_bank(image, bank, mode="same")
    for value in (np.nan, np.inf):
        broken = image.copy()
        broken[4, 4, 1] = value
        met = looped(~np.isfinite(broken) * 1.0, (bank != 0) * 1.0, mode="same") > 0
        assert 0 < met.sum() == 4 * outputs
        response = correlate_bank(broken, bank, mode="same")
        assert not np.isfinite(response[met]).any()
        np.testing.assert_allclose(response[~met], clean[~met], atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("taps", "inputs", "outputs"),
    [((7, 7), 3, 16), ((3, 3), 22, 22), ((1, 1), 16, 22), ((1, 1), 2, 1), ((1, 5), 3, 4),
     ((4, 1), 2, 32), ((3, 3), 1, 1), ((13, 14), 2, 2), ((3, 3), 64, 70), ((5, 6), 40, 2)],
)  # fmt: skip
@pytest.mark.parametrize(
    "laid", [((1, 1), (1, 1)), ((2, 3), (1, 1)), ((1, 1), (2, 4)), ((2, 3), (4, 2))]
)
def test_every_size_of_bank_at_its_own_pace(taps, inputs, outputs, laid, dtype):
    """Whatever a bank's products are made of, at any width: tap by tap, in float64."""
    stride, dilation = laid
    rng = np.random.default_rng(3)
    bank = rng.normal(size=(*taps, inputs, outputs)).astype(dtype)
    for size in ((61, 67), (70, 58), (58, 59)):
        image = rng.normal(size=(*size, inputs)).astype(dtype)
        response = correlate_bank(image, bank, stride=stride, dilation=dilation)
        expected = np.zeros(response.shape)
        for i, j in np.ndindex(*taps):
            met = image[i * dilation[0] :: stride[0], j * dilation[1] :: stride[1]]
            met = met[: response.shape[0], : response.shape[1]]
            expected += met.astype(np.float64) @ bank[i, j].astype(np.float64)
        exact = 1e-5 if dtype == np.float32 else 1e-13
        np.testing.assert_allclose(response, expected, atol=exact * np.abs(expected).max())


@pytest.mark.parametrize("width", range(1, 9))
@pytest.mark.parametrize("mode", MODES)
def test_pictures_narrower_than_what_is_made_at_once(width, mode):
    rng = np.random.default_rng(width)
    image, bank = rng.normal(size=(6, width, 1)), rng.normal(size=(2, 1, 1, 3))
    response = correlate_bank(image, bank, mode=mode, dilation=(1, 3))
    np.testing.assert_allclose(response, looped(image, bank, mode=mode, dilation=(1, 3)))


@settings(max_examples=40, deadline=None)
@given(layers(), st.data())
def test_nan_and_infinity_anywhere_are_as_in_a_plain_loop_over_taps_that_are_not_zero(layer, data):
    image, bank, setting = layer
    bank[np.random.default_rng(2).random(bank.shape) < 0.4] = 0
    for _ in range(data.draw(st.integers(1, 4))):
        place = tuple(data.draw(st.integers(0, side - 1)) for side in image.shape)
        image[place] = data.draw(st.sampled_from([np.nan, np.inf, -np.inf]))
    known = looped(np.where(np.isfinite(image), image, 0), bank, **setting)
    nowhere, up, down = (
        marked.astype(float) for marked in (np.isnan(image), image == np.inf, image == -np.inf)
    )
    plus, minus = (bank > 0).astype(float), (bank < 0).astype(float)
    unknown = looped(nowhere, plus + minus, **setting) > 0
    rises = looped(up, plus, **setting) + looped(down, minus, **setting) > 0
    falls = looped(up, minus, **setting) + looped(down, plus, **setting) > 0
    known[rises] = np.inf
    known[falls] = -np.inf
    known[unknown | (rises & falls)] = np.nan
    response = correlate_bank(image, bank, **setting)
    np.testing.assert_allclose(response, known, atol=1e-12)


def test_one_strip_that_is_not_finite_leaves_the_others_as_they_are():
    rng = np.random.default_rng(10)
    image = rng.random((300, 260, 3)).astype(np.float32)
    bank = rng.normal(size=(5, 5, 3, 16)).astype(np.float32)
    bias = rng.normal(size=16)
    clean = correlate_bank(image, bank, bias, "sigmoid", mode="same")
    image[150, 100, 1] = np.nan
    response = correlate_bank(image, bank, bias, "sigmoid", mode="same")
    met = np.zeros(response.shape, bool)
    met[148:153, 98:103] = True
    np.testing.assert_array_equal(np.isnan(response), met)
    np.testing.assert_allclose(response[~met], clean[~met], atol=1e-6)


def test_huge_values_drown_nothing_beside_them():
    rng = np.random.default_rng(11)
    image = rng.random((40, 50)).astype(np.float32)
    bank = rng.normal(size=(7, 7, 1, 5))
    clean = correlate_bank(image, bank, mode="same")
    image[20, 25] = -3.4e38
    spoilt = correlate_bank(image, bank, mode="same")
    outside = np.ones(clean.shape, bool)
    outside[17:24, 22:29] = False
    np.testing.assert_allclose(spoilt[outside], clean[outside], atol=1e-5)


@pytest.mark.parametrize("outputs", [1, 16])
def test_out_is_written_into(outputs):
    rng = np.random.default_rng(12)
    image = rng.random((40, 50)).astype(np.float32)
    bank = rng.normal(size=(3, 3, 1, outputs))
    wanted = correlate_bank(image, bank, mode="same", activation="tanh")
    for out in (np.empty_like(wanted), np.empty((40, 100, outputs), np.float32)[:, ::2]):
        given = correlate_bank(image, bank, mode="same", activation="tanh", out=out)
        assert given is out
        np.testing.assert_array_equal(out, wanted)
    with pytest.raises(InputError, match="out must be an array of"):
        correlate_bank(image, bank, mode="valid", out=np.empty_like(wanted))


def test_out_may_be_the_image_itself():
    image = np.random.default_rng(13).random((30, 20, 2)).astype(np.float32)
    bank = np.arange(36.0).reshape(3, 3, 2, 2)
    wanted = correlate_bank(image, bank, mode="same")
    correlate_bank(image, bank, mode="same", out=image)
    np.testing.assert_array_equal(image, wanted)


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.float16])
def test_pictures_of_narrow_dtypes_are_converted_strip_by_strip(kind):
    rng = np.random.default_rng(14)
    image, bank = (rng.random((50, 40, 3)) * 200).astype(kind), rng.normal(size=(3, 4, 3, 8))
    response = correlate_bank(image, bank, mode="same", border="wrap")
    assert response.dtype == np.float32
    expected = correlate_bank(image.astype(np.float32), bank, mode="same", border="wrap")
    np.testing.assert_array_equal(response, expected)


def test_the_number_of_threads_changes_nothing():
    rng = np.random.default_rng(15)
    image, bank = rng.random((400, 300, 3)).astype(np.float32), rng.normal(size=(7, 7, 3, 16))
    found = []
    for count in (1, 2, 5):
        set_threads(count)
        try:
            found.append(correlate_bank(image, bank, mode="same"))
        finally:
            set_threads(None)
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def test_integers_are_not_wrapped():
    image = np.full((3, 3), 255, np.uint8)
    response = correlate_bank(image, np.ones((3, 3, 1, 2)))
    assert response.tolist() == [[[2295, 2295]]]
    assert response.dtype == np.float32


@settings(max_examples=60)
@given(layers())
def test_gradients_belong_to_a_map_linear_in_image_and_bank(layer):
    image, bank, setting = layer
    response = correlate_bank(image, bank, **setting)
    upstream = np.random.default_rng(1).normal(size=response.shape)
    gradients = correlate_bank_gradients(image, bank, upstream, **setting)
    assert gradients.image.shape == image.shape
    assert gradients.bank.shape == bank.shape
    value = np.sum(response * upstream)
    np.testing.assert_allclose(np.sum(gradients.image * image), value, atol=1e-10)
    np.testing.assert_allclose(np.sum(gradients.bank * bank), value, atol=1e-10)
    np.testing.assert_allclose(gradients.bias, upstream.sum(axis=(0, 1)), atol=1e-12)


@pytest.mark.parametrize("border", list(NUMPY_BORDERS))
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), ((2, 3), 1), (1, (1, 2)), (2, 2)])
def test_backprop_of_convolution_against_finite_differences(border, mode, stride, dilation):
    """Row: Backprop of convolution is convolution (A): gradient check."""
    rng = np.random.default_rng(6)
    image, bank, bias = rng.normal(size=(5, 6, 2)), rng.normal(size=(2, 3, 2, 2)), np.zeros(2)
    setting = {"mode": mode, "border": border, "stride": stride, "dilation": dilation}
    upstream = rng.normal(size=correlate_bank(image, bank, **setting).shape)
    gradients = correlate_bank_gradients(image, bank, upstream, **setting)

    def value():
        return np.sum(correlate_bank(image, bank, bias, **setting) * upstream)

    for array, gradient in (
        (image, gradients.image),
        (bank, gradients.bank),
        (bias, gradients.bias),
    ):
        for place in np.ndindex(array.shape):
            kept = array[place]
            array[place] = kept + 0.5
            above = value()
            array[place] = kept - 0.5
            below = value()
            array[place] = kept
            assert gradient[place] == pytest.approx(above - below, abs=1e-10)


def test_backprop_of_convolution_is_convolution():
    """Row: Backprop of convolution is convolution (A): full convolution, valid correlation."""
    rng = np.random.default_rng(7)
    image, bank = rng.normal(size=(7, 8, 2)), rng.normal(size=(3, 4, 2, 2))
    upstream = rng.normal(size=(5, 5, 2))
    gradients = correlate_bank_gradients(image, bank, upstream)
    for channel in range(2):
        full = sum(
            convolve2d(upstream[..., output], bank[:, :, channel, output], mode="full")
            for output in range(2)
        )
        np.testing.assert_allclose(gradients.image[..., channel], full, atol=1e-12)
        for output in range(2):
            valid = correlate2d(image[..., channel], upstream[..., output], mode="valid")
            np.testing.assert_allclose(gradients.bank[:, :, channel, output], valid, atol=1e-12)


def test_gradients_in_float32():
    image = np.arange(6, dtype=np.uint8).reshape(2, 3)
    gradients = correlate_bank_gradients(image, np.ones((2, 2, 1, 1)), np.ones((1, 2, 1)))
    assert gradients.image.tolist() == [[1, 2, 1], [1, 2, 1]]
    assert gradients.bank.ravel().tolist() == [1, 3, 7, 9]
    assert {gradients.image.dtype, gradients.bank.dtype, gradients.bias.dtype} == {
        np.dtype(np.float32)
    }


def test_errors():
    image, bank = np.zeros((5, 6, 3)), np.ones((3, 3, 3, 2))
    with pytest.raises(
        InputError, match=r"bank must be \(height, width, in, out\), got .*\(3, 3\)"
    ):
        correlate_bank(image, np.ones((3, 3)))
    with pytest.raises(InputError, match="as many channels as the image has: 1, got a bank for 3"):
        correlate_bank(image[..., 0], bank)
    with pytest.raises(InputError, match="bank must be finite in float32"):
        correlate_bank(image.astype(np.float32), np.full((1, 1, 3, 1), 1e300))
    with pytest.raises(InputError, match=r"bias must be \(2,\) as the bank, got \(3,\)"):
        correlate_bank(image, bank, np.zeros(3))
    with pytest.raises(InputError, match="activation must be one of relu, sigmoid, tanh, got 'no'"):
        correlate_bank(image, bank, activation="no")
    with pytest.raises(InputError, match="mode must be one of same, valid, full, keras-same"):
        correlate_bank(image, bank, mode="SAME")
    with pytest.raises(InputError, match="border must be one of"):
        correlate_bank(image, bank, border="none")
    with pytest.raises(InputError, match="a window of 7 does not fit into a length of 5"):
        correlate_bank(image, bank, dilation=3)
    with pytest.raises(InputError, match="stride must be at least 1, got 0"):
        correlate_bank(image, bank, stride=0)
    with pytest.raises(TypeError, match="bank must hold real numbers"):
        correlate_bank(image, bank * 1j)
    with pytest.raises(InputError, match=r"upstream must be \(3, 4, 2\) as the response, got"):
        correlate_bank_gradients(image, bank, np.zeros((3, 4)))


def by_keras(keras, image, bank, bias=None, **options):
    """The forward pass of a Keras Conv2D layer that holds this bank."""
    layer = keras.layers.Conv2D(bank.shape[3], bank.shape[:2], use_bias=bias is not None, **options)
    layer.build((None, *image.shape))
    layer.set_weights([bank] if bias is None else [bank, bias])
    return np.asarray(layer(image[np.newaxis]))[0]


def assert_equal_to_keras(response, expected):
    assert response.shape == expected.shape
    assert np.abs(response - expected).max() <= 1e-5 * np.abs(expected).max()


@pytest.mark.keras
@pytest.mark.parametrize("taps", [(3, 3), (2, 4), (5, 2), (1, 1)])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (3, 1), ((1, 2), 1), (1, 2)])
@pytest.mark.parametrize("outputs", [1, 4])
def test_bank_equals_keras(taps, stride, dilation, outputs):
    keras = pytest.importorskip("keras")
    rng = np.random.default_rng(11)
    image = rng.normal(size=(11, 10, 3)).astype(np.float32)
    bank = rng.normal(size=(*taps, 3, outputs)).astype(np.float32)
    options = {"strides": stride, "dilation_rate": dilation}
    setting = {"stride": stride, "dilation": dilation}
    for mode, padding in (("valid", "valid"), ("keras-same", "same")):
        expected = by_keras(keras, image, bank, padding=padding, **options)
        assert_equal_to_keras(correlate_bank(image, bank, mode=mode, **setting), expected)
    covered = [(count - 1) * dilation + 1 for count in taps]
    for mode, widths in (
        ("full", [(f - 1, f - 1) for f in covered]),
        ("same", [(f // 2, (f - 1) // 2) for f in covered]),
    ):
        padded = np.pad(image, [*widths, (0, 0)])
        expected = by_keras(keras, padded, bank, padding="valid", **options)
        assert_equal_to_keras(correlate_bank(image, bank, mode=mode, **setting), expected)


@pytest.mark.keras
@pytest.mark.parametrize("activation", [None, "relu", "sigmoid", "tanh"])
def test_bias_and_relu_conv_layer_equals_keras(activation):
    """Row: Bias+ReLU conv layer (C,D): layer forward equals Keras to 1e-5."""
    keras = pytest.importorskip("keras")
    rng = np.random.default_rng(12)
    image = rng.normal(size=(9, 8, 3)).astype(np.float32)
    bank = rng.normal(size=(7, 7, 3, 6)).astype(np.float32)
    bias = rng.normal(size=6).astype(np.float32)
    expected = by_keras(keras, image, bank, bias, activation=activation)
    assert_equal_to_keras(correlate_bank(image, bank, bias, activation), expected)


@pytest.mark.keras
def test_conv2d_32_3_same_relu():
    """Row: Keras Conv2D(32,3,same,relu): 28×28×1→28×28×32; kernels read as (h,w,in,out)."""
    keras = pytest.importorskip("keras")
    layer = keras.layers.Conv2D(32, 3, padding="same", activation="relu")
    image = np.random.default_rng(13).random((28, 28, 1)).astype(np.float32)
    expected = np.asarray(layer(image[np.newaxis]))[0]
    bank, bias = layer.get_weights()
    assert bank.shape == (3, 3, 1, 32)
    assert bank.size + bias.size == 320
    for picture in (image, image[..., 0]):
        response = correlate_bank(picture, bank, bias, "relu", mode="keras-same")
        assert response.shape == (28, 28, 32)
        assert_equal_to_keras(response, expected)


@pytest.mark.keras
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("taps", [(3, 3), (2, 4)])
@pytest.mark.parametrize("mode", ["valid", "keras-same"])
def test_gradients_equal_tensorflow(mode, taps, stride):
    tensorflow = pytest.importorskip("tensorflow")
    rng = np.random.default_rng(14)
    image = rng.normal(size=(8, 9, 3)).astype(np.float32)
    bank = rng.normal(size=(*taps, 3, 4)).astype(np.float32)
    bias = np.zeros(4, np.float32)
    upstream = rng.normal(size=correlate_bank(image, bank, mode=mode, stride=stride).shape)
    sources = [tensorflow.Variable(array) for array in (image[np.newaxis], bank, bias)]
    with tensorflow.GradientTape() as tape:
        response = tensorflow.nn.conv2d(
            sources[0],
            sources[1],
            strides=stride,
            padding={"valid": "VALID", "keras-same": "SAME"}[mode],
        )
        value = tensorflow.reduce_sum((response + sources[2]) * upstream.astype(np.float32))
    of_image, of_bank, of_bias = (part.numpy() for part in tape.gradient(value, sources))
    gradients = correlate_bank_gradients(image, bank, upstream, mode=mode, stride=stride)
    assert_equal_to_keras(gradients.image, of_image[0])
    assert_equal_to_keras(gradients.bank, of_bank)
    assert_equal_to_keras(gradients.bias, of_bias)


@pytest.mark.keras
@pytest.mark.parametrize("border", ["reflect101", "symmetric"])
def test_gradients_through_mirrored_borders_equal_tensorflow(border):
    tensorflow = pytest.importorskip("tensorflow")
    rng = np.random.default_rng(15)
    image, bank = rng.normal(size=(6, 7, 2)), rng.normal(size=(5, 4, 2, 3))
    upstream = rng.normal(size=(6, 7, 3))
    source = tensorflow.Variable(image[np.newaxis])
    with tensorflow.GradientTape() as tape:
        padded = tensorflow.pad(
            source,
            [(0, 0), (2, 2), (2, 1), (0, 0)],
            mode={"reflect101": "REFLECT", "symmetric": "SYMMETRIC"}[border],
        )
        response = tensorflow.nn.conv2d(padded, bank, strides=1, padding="VALID")
        value = tensorflow.reduce_sum(response * upstream)
    gradients = correlate_bank_gradients(image, bank, upstream, mode="same", border=border)
    expected = tape.gradient(value, source).numpy()[0]
    np.testing.assert_allclose(gradients.image, expected, atol=1e-10)
