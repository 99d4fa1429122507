"""Banks: what they hold, what they say, and what they answer, against plain loops and Keras."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import correlate_by_definition

from filt.filters.catalogue import kernels as catalogue
from filt.filters.colour import luma
from filt.filters.correlation import correlate
from filt.filters.errors import InputError
from filt.filters.picture import Picture
from filt.learned.kernel_bank import KernelBank
from filt.learned.layer_use import LayerUse, with_channels
from filt.learned.provenance import Provenance


def random_bank(seed=0, shape=(3, 4, 1, 5), **options):
    rng = np.random.default_rng(seed)
    bias = rng.normal(size=shape[3])
    return KernelBank(rng.normal(size=shape), name="random", bias=bias, **options)


def by_definition(bank, shown):
    """The layer in plain loops: `shown` is (height, width, in), scaled already."""
    mode = {"valid": "valid", "same": "keras-same"}[bank.use.padding]
    responses = [
        correlate_by_definition(
            shown,
            bank.kernels[..., n].astype(float),
            mode=mode,
            border="zero",
            stride=bank.use.stride,
            dilation=bank.use.dilation,
        )
        + (0 if bank.bias is None else float(bank.bias[n]))
        for n in range(len(bank))
    ]
    answer = np.stack(responses, axis=-1)
    return np.maximum(answer, 0) if bank.use.activation == "relu" else answer


def test_kernels_by_number():
    bank = random_bank()
    assert len(bank) == 5
    assert [kernel.name for kernel in bank] == [f"random:{n}" for n in range(5)]
    for number, kernel in enumerate(bank):
        assert kernel.shape == (3, 4)
        assert kernel.family == "learned"
        assert f"kernel {number} of 5" in kernel.meaning
        np.testing.assert_array_equal(kernel.taps, bank.kernels[:, :, 0, number])
    assert bank[np.int64(2)] == bank[2]
    for number in (5, -1, 100):
        with pytest.raises(
            IndexError, match=f"random has 5 kernels, numbered from 0, got number {number}"
        ):
            bank[number]
    with pytest.raises(TypeError):
        bank[1.0]


def test_colour_kernels_keep_their_channels():
    bank = random_bank(shape=(3, 3, 3, 2))
    assert bank[1].shape == (3, 3, 3)
    np.testing.assert_array_equal(bank[1].taps, bank.kernels[..., 1])


def test_a_kernel_of_a_bank_correlates_as_every_other():
    bank, image = random_bank(), np.random.default_rng(1).normal(size=(9, 8))
    expected = correlate_by_definition(image, bank.kernels[:, :, 0, 3].astype(float), mode="valid")
    np.testing.assert_allclose(correlate(image, bank[3], mode="valid"), expected, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_apply_is_the_layer(data):
    draw = data.draw
    two = st.tuples(st.integers(1, 3), st.integers(1, 3))
    channels = draw(st.sampled_from([1, 2, 3]))
    use = LayerUse(
        stride=draw(two),
        dilation=draw(two),
        padding=draw(st.sampled_from(["valid", "same"])),
        activation=draw(st.sampled_from([None, "relu"])),
        input_shift=draw(st.sampled_from([0.0, 0.25, (0.5,) * channels])),
        input_scale=draw(st.sampled_from([1.0, 0.3, tuple(range(1, channels + 1))])),
    )
    bank = random_bank(draw(st.integers(0, 99)), (2, 3, channels, 3), use=use)
    dtype = draw(st.sampled_from([np.uint8, np.uint16, np.float32, np.float64]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    white = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
    image = (rng.random((9, 10, channels)) * white).astype(dtype)
    shown = (image.astype(float) / white - np.array(use.shifts)) / np.array(use.scales)
    answer = bank.apply(image)
    expected = by_definition(bank, shown)
    assert answer.dtype == (np.float64 if dtype == np.float64 else np.float32)
    assert answer.shape == expected.shape
    largest = max(np.abs(expected).max(), 1)
    assert np.abs(answer - expected).max() <= 1e-5 * largest


def test_bias_activation_and_scaling_are_options():
    use = LayerUse(activation="relu", input_shift=0.5, input_scale=0.25)
    bank = KernelBank([[[[2.0, -2.0]]]], bias=[1.0, -1.0], use=use)
    image = np.array([[0, 255]], np.uint8)
    assert bank.apply(image).tolist() == [[[0, 3], [5, 0]]]
    assert bank.apply(image, activation=False).tolist() == [[[-3, 3], [5, -5]]]
    assert bank.apply(image, activation=False, bias=False).tolist() == [[[-4, 4], [4, -4]]]
    plain = bank.apply(image, activation=False, bias=False, scaling=False)
    assert plain.tolist() == [[[0, 0], [510, -510]]]
    twice = bank.apply(image, activation=False, bias=False, full_scale=127.5)
    assert twice[0, 1].tolist() == [12, -12]
    picture = Picture(image.astype(np.float32), 255.0, np.dtype(np.uint8))
    assert bank.apply(picture).tolist() == bank.apply(image).tolist()


def test_an_unknown_activation_is_named():
    bank = KernelBank([[[[1.0]]]], name="m", use=LayerUse(activation="gelu"))
    with pytest.raises(InputError, match=r"activation 'gelu' of m is not one of relu, .*=False"):
        bank.apply(np.ones((2, 2)))
    assert bank.apply(np.ones((2, 2)), activation=False).shape == (2, 2, 1)


def test_grey_pictures_are_given_to_every_channel_of_colour_kernels():
    bank = random_bank(shape=(2, 2, 3, 2), use=LayerUse(input_shift=(0.1, 0.2, 0.3)))
    grey = np.random.default_rng(3).random((6, 7))
    repeated = np.stack([grey] * 3, axis=-1)
    np.testing.assert_array_equal(bank.apply(grey), bank.apply(repeated))
    np.testing.assert_array_equal(bank.apply(grey[..., None]), bank.apply(repeated))


def test_grey_kernels_see_the_luma_of_rgb_pictures():
    bank = random_bank(shape=(2, 2, 1, 2))
    rgb = np.random.default_rng(3).random((6, 7, 3))
    weighted = rgb @ np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(bank.apply(rgb), bank.apply(weighted), atol=1e-12)
    np.testing.assert_array_equal(with_channels(rgb, 1), luma(rgb))


@pytest.mark.parametrize(("given_channels", "wanted"), [(4, 3), (3, 4), (2, 1), (1, 2), (4, 1)])
def test_no_other_channels_are_guessed(given_channels, wanted):
    bank = random_bank(shape=(1, 1, wanted, 1))
    says = f"kernels over {wanted} channels need a picture of as many, got {given_channels}"
    with pytest.raises(InputError, match=says):
        bank.apply(np.ones((4, 4, given_channels)))


def test_arrays_are_copies_in_float32_and_read_only():
    given_kernels = np.ones((2, 2, 1, 3))
    bank = KernelBank(
        given_kernels,
        untrained=given_kernels * 2,
        epochs=np.stack([given_kernels] * 4),
        random_labels=given_kernels * 3,
        bias=np.arange(3),
    )
    given_kernels[:] = 7
    for array in (bank.kernels, bank.untrained, bank.epochs, bank.random_labels, bank.bias):
        assert array.dtype == np.float32
        assert not array.flags.writeable
    assert bank.kernels.max() == 1
    with pytest.raises(FrozenInstanceError):
        bank.name = "other"


def test_equality_is_of_every_field():
    one, same = random_bank(), random_bank()
    assert one == same
    assert hash(one) == hash(same)
    assert one != random_bank(1)
    assert one != random_bank(use=LayerUse(stride=2))
    assert one != random_bank(untrained=one.kernels)
    assert one != random_bank(provenance=Provenance(seed=1))
    assert one != "bank"
    assert pickle.loads(pickle.dumps(one)) == one
    assert copy.deepcopy(one) == one


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"kernels": np.ones((3, 3))}, r"kernels must be \(height, width, in, out\), got shape"),
        ({"kernels": np.ones((3, 3, 0, 2))}, "kernels must be"),
        ({"kernels": [[[[np.nan, 1.0]]]]}, "kernels must be finite in float32"),
        ({"kernels": [[[[1e300, 1.0]]]]}, "kernels must be finite in float32"),
        ({"bias": np.ones(3)}, r"bias must be \(2,\) as the kernels, got \(3,\)"),
        ({"bias": [np.inf, 0]}, "bias must be finite"),
        ({"untrained": np.ones((2, 2, 1, 1))}, "untrained must be"),
        ({"random_labels": np.ones((2, 2, 1, 1))}, "random_labels must be"),
        ({"epochs": np.ones((2, 2, 1, 2))}, r"epochs must be \(n, "),
        ({"names": ("a",)}, "names must be 2, one for each kernel, got 1"),
        ({"use": LayerUse(input_shift=(0.1, 0.2))}, "input_shift must be one number or 1"),
    ],
)
def test_what_does_not_fit_is_refused(options, says):
    with pytest.raises(InputError, match=says):
        KernelBank(**{"kernels": np.ones((2, 2, 1, 2)), **options})
    with pytest.raises(TypeError):
        KernelBank(np.ones((2, 2, 1, 2)) * 1j)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"padding": "full"}, InputError, "padding must be one of valid, same, got 'full'"),
        ({"stride": 0}, InputError, "stride must be at least 1"),
        ({"stride": (1, 2, 3)}, InputError, "stride must be one number or two"),
        ({"dilation": 5000}, InputError, "dilation must be at most 1024, got 5000"),
        ({"dilation": 1.5}, TypeError, "dilation must be a whole number"),
        ({"input_scale": 0.0}, InputError, "input_scale must not be 0"),
        ({"input_scale": (1.0, 0.0)}, InputError, "input_scale must not be 0"),
        ({"input_shift": np.nan}, InputError, "input_shift must be finite"),
        ({"input_shift": 10**400}, InputError, "input_shift must be finite"),
        ({"input_shift": ()}, InputError, "input_shift must be one number or several"),
        ({"input_shift": "0"}, TypeError, "input_shift must be a number, got '0'"),
        ({"activation": 3}, TypeError, "activation must be a name or None"),
    ],
)
def test_uses_are_checked(options, error, says):
    with pytest.raises(error, match=says):
        LayerUse(**options)


def test_provenance_is_checked():
    with pytest.raises(TypeError, match=r"seed must be int \| None, got '3'"):
        Provenance(seed="3")
    with pytest.raises(TypeError, match="data must be str"):
        Provenance(data=3)
    with pytest.raises(InputError, match="loss must be finite, got nan"):
        Provenance(loss=float("nan"))
    with pytest.raises(TypeError, match="versions must be pairs"):
        Provenance(versions=("keras",))


def test_what_a_bank_says():
    use = LayerUse(stride=2, activation="relu")
    known = Provenance(layer="stem", data="leaves")
    bank = random_bank(shape=(7, 7, 1, 40), use=use, provenance=known)
    assert repr(bank) == "<KernelBank random: 40 kernels of 7×7 over 1 channel>"
    lines = str(bank).splitlines()
    assert lines[:2] == [
        "random: 40 kernels of 7×7 over 1 channel",
        "stride 2×2, padding valid, relu",
    ]
    assert lines[2].split()[:2] == ["0", "random:0"]
    assert lines[-1] == "… and 8 more"
    assert bank[0].meaning == "kernel 0 of 40, layer stem, trained on leaves"
    assert bank._repr_html_().startswith("<pre>random: 40 kernels")
    assert "<b>" not in KernelBank([[[[1.0]]]], name="<b>")._repr_html_()
    assert str(LayerUse(input_shift=0.5, input_scale=0.25)).endswith("(x − 0.5) / 0.25, white = 1")


ODD_SIZES = ["sobel-x", "line-v", "roberts-falling", "central-x", "gaussian-blur:sigma=2"]


def test_handcrafted_kernels_side_by_side():
    bank = KernelBank.from_names(ODD_SIZES)
    assert bank.kernels.shape[:3] == (17, 17, 1)
    assert bank.names == tuple(catalogue[name].name for name in ODD_SIZES)
    assert bank[0].family == "handcrafted"
    image = np.random.default_rng(5).random((31, 33))
    responses = bank.apply(image)
    for number, name in enumerate(ODD_SIZES):
        expected = correlate(image, catalogue[name], border="zero")
        np.testing.assert_allclose(responses[..., number], expected, atol=1e-6)
    assert KernelBank.from_names(["roberts-rising"]).kernels.shape == (3, 3, 1, 1)


def test_names_of_handcrafted_kernels_are_checked():
    with pytest.raises(InputError, match="sobel-z"):
        KernelBank.from_names(["sobel-z"])
    for nothing in ([], "sobel-x"):
        with pytest.raises(InputError, match="names must be a list of at least one name"):
            KernelBank.from_names(nothing)


def assert_equal_to_keras(response, expected):
    assert response.shape == expected.shape
    assert np.abs(response - expected).max() <= 1e-5 * np.abs(expected).max()


@pytest.mark.keras
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2), ((1, 3), 1)])
@pytest.mark.parametrize("biased", [True, False])
def test_to_keras_gives_a_layer_with_the_same_answers(padding, stride, dilation, biased):
    keras = pytest.importorskip("keras")
    use = LayerUse(stride=stride, padding=padding, dilation=dilation, activation="relu")
    rng = np.random.default_rng(2)
    bank = KernelBank(
        rng.normal(size=(4, 3, 3, 6)), bias=rng.normal(size=6) if biased else None, use=use
    )
    layer = bank.to_keras(name="fixed")
    assert isinstance(layer, keras.layers.Conv2D)
    assert layer.name == "fixed"
    assert layer.trainable_weights == []
    np.testing.assert_array_equal(layer.get_weights()[0], bank.kernels)
    image = rng.random((1, 17, 14, 3)).astype(np.float32)
    assert_equal_to_keras(bank.apply(image[0]), np.asarray(layer(image))[0])
    assert len(bank.to_keras(trainable=True).trainable_weights) == 1 + biased


@pytest.mark.keras
def test_handcrafted_kernels_as_a_layer_over_rgb():
    pytest.importorskip("keras")
    bank = KernelBank.from_names(["line-v", "sobel-x"])
    layer = bank.to_keras(channels=3)
    image = np.random.default_rng(2).random((1, 12, 13, 3)).astype(np.float32)
    expected = bank.apply(image[0].sum(axis=2))
    assert_equal_to_keras(np.asarray(layer(image))[0], expected)
    assert layer.get_weights()[0][3, 4, :, 1].tolist() == [2, 2, 2]
    for channels in (0, 2):
        with pytest.raises(
            InputError, match=f"channels must be 3 as the kernels have, got {channels}"
        ):
            random_bank(shape=(3, 3, 3, 2)).to_keras(channels=channels)
