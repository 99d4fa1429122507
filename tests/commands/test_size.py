"""`filt size`: the size chain of the notes, from the command line."""

from __future__ import annotations

import json

import pytest

NOTES = ["39x39x3", "conv3x10", "conv5s2x20", "conv5s2x40", "pool2", "flatten", "dense10"]


def table(text):
    return [line.split() for line in text.splitlines()]


def test_the_size_chain_of_the_notes(filt):
    layers = json.loads(filt("size", *NOTES, "--json").stdout)["layers"]
    assert [row["height"] for row in layers[:4]] == [39, 37, 17, 7]
    assert [row["width"] for row in layers[:4]] == [39, 37, 17, 7]
    assert [row["channels"] for row in layers] == [3, 10, 20, 40, 40, 360, 10]
    parameters = [3 * 3 * 3 * 10 + 10, 5 * 5 * 10 * 20 + 20, 5 * 5 * 20 * 40 + 40]
    assert [row["parameters"] for row in layers] == [0, *parameters, 0, 0, 360 * 10 + 10]
    assert layers[3]["receptive_field"] == 15
    assert [row["layer"] for row in layers] == NOTES
    total = json.loads(filt("size", *NOTES, "--json").stdout)["parameters"]
    assert total == sum(parameters) + 3610


def test_the_table_says_the_same(filt):
    rows = table(filt("size", *NOTES).stdout)
    assert [row[:2] for row in rows[1:5]] == [
        ["39x39x3", "39×39×3"],
        ["conv3x10", "37×37×10"],
        ["conv5s2x20", "17×17×20"],
        ["conv5s2x40", "7×7×40"],
    ]
    assert [row[2] for row in rows[2:5]] == ["280", "5,020", "20,040"]
    assert [row[3] for row in rows[1:5]] == ["1", "3", "7", "15"]
    assert rows[-1][0] == "28,950"


def test_it_warns_where_a_stride_does_not_divide(filt):
    lines = filt("size", *NOTES).stdout.splitlines()
    (warned,) = [line for line in lines if "does not divide" in line]
    assert warned.startswith("pool2")
    assert "3.5" in warned
    layers = json.loads(filt("size", *NOTES, "--json").stdout)["layers"]
    assert [bool(row["warning"]) for row in layers] == [False] * 4 + [True] + [False] * 2
    assert "does not divide" not in filt("size", "39", "conv3", "conv5s2", "conv5s2").stdout


def test_channels_may_be_left_out(filt):
    result = filt("size", "39", "conv3", "conv5s2", "conv5s2")
    assert table(result.stdout) == [
        ["layer", "size", "sees"],
        ["39", "39×39", "1"],
        ["conv3", "37×37", "3"],
        ["conv5s2", "17×17", "7"],
        ["conv5s2", "7×7", "15"],
    ]
    given = json.loads(filt("size", "39", "conv3", "conv5s2", "conv5s2", "--json").stdout)
    assert given["parameters"] is None
    assert all(row["channels"] is None for row in given["layers"])


@pytest.mark.parametrize(
    ("words", "shape", "parameters"),
    [
        ("7x7x3 conv3x1", (5, 5, 1), 28),
        ("7x7x3 conv3x2", (5, 5, 2), 56),
        ("1000x1000x3 conv3x10", (998, 998, 10), 280),
        ("32x32x3 conv3p1x10", (32, 32, 10), 280),
        ("28x28x1 conv3samex32", (28, 28, 32), 320),
        ("224x224x3 conv11s4x96", (54, 54, 96), 34_944),
        ("64x64x3 flatten", (1, 1, 12_288), 0),
        ("64x64x3 flatten dense1000", (1, 1, 1000), 12_289_000),
        ("6x8x3 conv3s2samex2", (3, 4, 2), 56),
        ("32x32x1 conv5x6 pool2 conv5x16 pool2 flatten dense120 dense84 dense10",
         (1, 1, 10), 61_706),
    ],
)  # fmt: skip
def test_examples_of_the_notes(filt, words, shape, parameters):
    given = json.loads(filt("size", *words.split(), "--json").stdout)
    last = given["layers"][-1]
    assert (last["height"], last["width"], last["channels"]) == shape
    assert given["parameters"] == parameters


def test_the_picture_alone(filt):
    assert table(filt("size", "39x20").stdout)[1] == ["39x20", "39×20", "1"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("39 conv3s0", "conv3s0: s must be at least 1, got 0"),
        ("5 conv7", "conv7: "),
        ("39 flatten", "flatten needs channels: write the input as HxWxC, got 39x39"),
    ],
)
def test_layers_that_do_not_fit_are_wrong_usage(filt, words, says):
    assert f"Error: {says}" in filt("size", *words.split(), code=2).stderr
