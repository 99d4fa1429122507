"""Size chains: the networks of the notes, row by row."""

from __future__ import annotations

import math

import pytest

from filt.filters.errors import InputError
from filt.filters.size_chain import GRAMMAR, Layer, parse_layer, size_chain, total_parameters


def chain(text: str):
    return size_chain(text.split())


def sizes(rows) -> list[tuple[int, int, int | None]]:
    return [(row.height, row.width, row.channels) for row in rows]


def test_size_chain():
    """Row: Size chain (C): 39→37→17→7; receptive field 15; pool 2 of 7 does not divide."""
    rows = chain("39x39x3 conv3x10 conv5s2x20 conv5s2x40 pool2 flatten dense10")
    assert sizes(rows) == [
        (39, 39, 3),
        (37, 37, 10),
        (17, 17, 20),
        (7, 7, 40),
        (3, 3, 40),
        (1, 1, 360),
        (1, 1, 10),
    ]
    assert [row.receptive_field for row in rows] == [1, 3, 7, 15, 19, 19, None]
    assert [row.jump for row in rows] == [1, 1, 2, 4, 8, None, None]
    assert [row.warning for row in rows if row.warning] == [rows[4].warning]
    assert rows[4].warning == "stride 2 does not divide: (7 - 2)/2 + 1 = 3.5, floored to 3"
    assert [row.parameters for row in rows] == [0, 280, 5020, 20_040, 0, 0, 3610]
    assert total_parameters(rows) == 280 + 5020 + 20_040 + 3610


def test_size_chain_without_channels_gives_sizes_and_fields_alone():
    rows = chain("39 conv3 conv5s2 conv5s2")
    assert sizes(rows) == [(39, 39, None), (37, 37, None), (17, 17, None), (7, 7, None)]
    assert [row.receptive_field for row in rows] == [1, 3, 7, 15]
    assert rows[1].parameters is None
    assert total_parameters(rows) is None


def test_d_32x32x3_examples():
    """Row: D's 32×32×3 examples: 5×5×10→28×28×10; 3×3, s1, p1→32×32×10, not D's 16×16×10."""
    assert sizes(chain("32x32x3 conv5x10"))[-1] == (28, 28, 10)
    assert sizes(chain("32x32x3 conv3s1p1x10"))[-1] == (32, 32, 10)


def test_conv2d_32_3_same_relu():
    """Row: Keras Conv2D(32,3,same,relu): 28×28×1→28×28×32; 320 parameters."""
    row = chain("28x28x1 conv3samex32")[-1]
    assert (row.height, row.width, row.channels, row.parameters) == (28, 28, 32, 320)


def test_parameters_do_not_depend_on_the_image():
    """Row: Parameters (C): 28 and 280 whatever the image size."""
    for side in (3, 10, 1000):
        assert chain(f"{side}x{side}x3 conv3x1")[-1].parameters == 28
        assert chain(f"{side}x{side}x3 conv3x10")[-1].parameters == 280


def test_dense_cost():
    """Row: Dense cost (C,D): 4096, 12,288 and 12,288,000 weights, with a bias for each output."""
    assert total_parameters(chain("64x64x1 flatten dense1")) == 4096 + 1
    assert total_parameters(chain("64x64x3 flatten dense1")) == 12_288 + 1
    assert total_parameters(chain("64x64x3 flatten dense1000")) == 12_288_000 + 1000


def test_receptive_field():
    """Row: Receptive field (B,E): Fashion CNN 18, LeNet trunk 16."""
    assert chain("28 conv3 pool2 conv3 pool2 conv3")[-1].receptive_field == 18
    assert chain("32 conv5 pool2 conv5 pool2")[-1].receptive_field == 16


def test_lenet_5():
    """Row: LeNet-5 (B,C,D,E): 28,14,10,5; flatten 400; 61,706 grey and 62,006 RGB."""
    layers = "conv5x6 pool2 conv5x16 pool2 flatten dense120 dense84 dense10"
    grey = chain(f"32x32x1 {layers}")
    assert [row.height for row in grey[1:5]] == [28, 14, 10, 5]
    assert grey[5].channels == 400
    assert not any(row.warning for row in grey)
    assert total_parameters(grey) == 61_706
    assert total_parameters(chain(f"32x32x3 {layers}")) == 62_006


def test_alexnet_224_input():
    """Row: AlexNet 224 input (E): 54.25 floored to 54 with a warning; 227→55; 34,944."""
    row = chain("224x224x3 conv11s4x96")[-1]
    assert (row.height, row.width) == (54, 54)
    assert row.warning == "stride 4 does not divide: (224 - 11)/4 + 1 = 54.25, floored to 54"
    row = chain("227x227x3 conv11s4x96")[-1]
    assert (row.height, row.width, row.channels, row.parameters) == (55, 55, 96, 34_944)
    assert row.warning == ""


def test_fashion_mnist_dnn_and_cnn():
    """Row: Fashion-MNIST DNN vs CNN (B): 101,770 and 93,322; 26→13→11→5→3→576."""
    assert total_parameters(chain("28x28x1 flatten dense128 dense10")) == 101_770
    rows = chain("28x28x1 conv3x32 pool2 conv3x64 pool2 conv3x64 flatten dense64 dense10")
    assert [row.height for row in rows[1:6]] == [26, 13, 11, 5, 3]
    assert rows[6].channels == 576
    assert total_parameters(rows) == 93_322
    assert rows[4].warning == "stride 2 does not divide: (11 - 2)/2 + 1 = 5.5, floored to 5"


def test_rectangular_input_is_reckoned_axis_by_axis():
    row = chain("10x7 pool2")[-1]
    assert (row.height, row.width) == (5, 3)
    assert row.warning == "width: stride 2 does not divide: (7 - 2)/2 + 1 = 3.5, floored to 3"
    row = chain("9x7 pool2")[-1]
    assert row.warning.startswith("height: stride 2")
    assert "; width: stride 2" in row.warning


def test_padding_stands_in_the_warning():
    warning = chain("8 conv3s2p1")[-1].warning
    assert warning == "stride 2 does not divide: (8 + 2·1 - 3)/2 + 1 = 4.5, floored to 4"


def test_dilation_and_same():
    row = chain("9 conv3d2")[-1]
    assert (row.height, row.receptive_field) == (5, 5)
    for side in range(1, 12):
        row = chain(f"{side} conv3s2same")[-1]
        assert row.height == math.ceil(side / 2)
        assert row.warning == ""


def test_globalpool_feeds_dense():
    rows = chain("8x8x3 conv3x5 globalpool dense2")
    assert sizes(rows)[-2:] == [(1, 1, 5), (1, 1, 2)]
    assert rows[-1].parameters == 5 * 2 + 2
    assert rows[-2].receptive_field is None


def test_words():
    assert parse_layer("conv3x10") == Layer("conv3x10", "conv", taps=3, units=10)
    assert parse_layer(" Conv3X10d2S4p1 ") == Layer(
        "conv3x10d2s4p1", "conv", taps=3, stride=4, padding=1, dilation=2, units=10
    )
    assert parse_layer("conv3samex10").padding is None
    assert parse_layer("pool3s2") == Layer("pool3s2", "pool", taps=3, stride=2)
    assert parse_layer("maxpool2") == Layer("maxpool2", "pool", taps=2, stride=2)
    assert parse_layer("avgpool2").kind == "pool"
    assert parse_layer("dense10") == Layer("dense10", "dense", units=10)


@pytest.mark.parametrize("word", ["convolution", "conv", "conv3y2", "39x39", "dense", "", "conv٣"])
def test_unknown_words_name_what_is_known(word):
    with pytest.raises(InputError, match="layer must be one of") as caught:
        parse_layer(word)
    assert all(known in str(caught.value) for known in GRAMMAR)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("39x39x3 conv3", "conv3 needs a number of filters, as conv3x8, because .*39x39x3"),
        ("39 conv3x10 conv3", "conv3 needs a number of filters"),
        ("4 conv5", "conv5: a window of 5 does not fit into a length of 4"),
        ("4x9 pool5", "pool5: a window of 5 does not fit into a length of 4"),
        ("39 flatten", "flatten needs channels: write the input as HxWxC, got 39x39"),
        ("39x39x3 dense10", "dense10 needs a flat input: .* got 39x39x3"),
        ("39 conv0", "conv0: k must be at least 1, got 0"),
        ("39 conv3s0", "conv3s0: s must be at least 1, got 0"),
        ("39x39x3 flatten dense0", "dense0: n must be at least 1, got 0"),
        ("0", "input 0 must be at least 1, got 0"),
        ("conv3 39", "input must be H, HxW or HxWxC, .* got 'conv3'"),
        ("1x2x3x4", "input must be H, HxW or HxWxC"),
        ("", "input must be H, HxW or HxWxC"),
        ("39 conv3s2s2", "options must stand once each"),
        ("39 conv3p1same", "options must stand once each"),
        ("39 pool2x3", "pool must be pool<k>"),
        ("39 pool2d3", "pool must be pool<k>"),
    ],
)
def test_errors(text, message):
    with pytest.raises(InputError, match=message):
        chain(text)


def test_one_string_is_refused():
    with pytest.raises(TypeError, match="several strings"):
        size_chain("39 conv3")


@pytest.mark.keras
def test_chains_equal_the_models_that_keras_builds():
    keras = pytest.importorskip("keras")
    layers = keras.layers
    models = {
        "39x31x3 conv3x10 conv5s2x20 conv5s2samex40 pool2 flatten dense10": [
            layers.Conv2D(10, 3),
            layers.Conv2D(20, 5, strides=2),
            layers.Conv2D(40, 5, strides=2, padding="same"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(10),
        ],
        "20x23x2 conv3d2x4 avgpool3s2 pool2same globalpool dense5": [
            layers.Conv2D(4, 3, dilation_rate=2),
            layers.AveragePooling2D(3, strides=2),
            layers.MaxPooling2D(2, padding="same"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(5),
        ],
    }
    for text, stack in models.items():
        rows = chain(text)
        model = keras.Sequential([keras.Input((rows[0].height, rows[0].width, rows[0].channels))])
        for layer, row in zip(stack, rows[1:], strict=True):
            model.add(layer)
            flat = len(model.output_shape) == 2
            expected = (row.channels,) if flat else (row.height, row.width, row.channels)
            assert model.output_shape[1:] == expected
            assert layer.count_params() == row.parameters
        assert model.count_params() == total_parameters(rows)
