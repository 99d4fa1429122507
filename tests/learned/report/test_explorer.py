"""The explorer's data: the plane that `filt explain` sees, and kernels to lay on it."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

from filt.filters.catalogue import kernel
from filt.filters.errors import InputError
from filt.filters.explanation import explain, explanation_text
from filt.filters.kernel import Kernel
from filt.filters.picture import Picture
from filt.filters.presentation import plane_of
from filt.learned.named_banks import open_bank
from filt.learned.report.explorer import explorer_data

GROUPS = {"own": [Kernel([[-1.0, 0, 2]], name="slope", meaning="a slope")]}
DTYPES = {"uint8": "u1", "float32": "<f4", "float64": "<f8"}


def plane_in(photo):
    stored = base64.b64decode(photo["pixels"])
    return np.frombuffer(stored, DTYPES[photo["samples"]]).reshape(photo["height"], photo["width"])


def picture_of(pixels, full_scale):
    depth = {"u1": np.uint8, "u2": np.uint16}.get(pixels.dtype.str[1:], np.float32)
    return Picture(pixels, full_scale, np.dtype(depth))


@pytest.mark.parametrize(
    ("pixels", "samples"),
    [
        (np.arange(12, dtype=np.uint8).reshape(3, 4), "uint8"),
        (np.random.default_rng(1).integers(0, 256, (5, 7, 3), np.uint8), "float32"),
        (np.array([[0, 300], [65535, 7]], np.uint16), "float32"),
        (np.random.default_rng(2).normal(size=(4, 3)), "float64"),
        (np.array([[0.5, np.nan], [np.inf, 1e300]]), "float64"),
    ],
)
def test_the_plane_is_the_one_that_explain_sees(pixels, samples):
    picture = picture_of(pixels, 255.0)
    photo = explorer_data(picture, GROUPS)["photo"]
    assert photo["samples"] == samples
    assert (photo["reduced_from"], photo["rounded"], photo["full_scale"]) == (None, False, 255.0)
    np.testing.assert_array_equal(plane_in(photo), plane_of(picture, "luma"))


def test_a_large_picture_is_reduced_by_area_averages():
    large = np.random.default_rng(3).integers(0, 256, (400, 2000), np.uint8)
    photo = explorer_data(large, GROUPS)["photo"]
    assert (photo["width"], photo["height"], photo["reduced_from"]) == (1000, 200, [2000, 400])
    assert (photo["rounded"], photo["samples"]) == (True, "uint8")
    means = large.reshape(200, 2, 1000, 2).mean(axis=(1, 3))
    assert np.abs(plane_in(photo) - means).max() <= 0.5


@pytest.mark.parametrize("shape", [(900, 900), (600, 600, 3), (30, 5000)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float64])
def test_the_data_stays_small(shape, dtype):
    values = np.random.default_rng(4).uniform(0, 200, shape).astype(dtype)
    photo = explorer_data(values, GROUPS)["photo"]
    assert len(photo["pixels"]) < 1_500_000
    assert photo["width"] / photo["height"] == pytest.approx(shape[1] / shape[0], rel=0.35)
    is_smaller = photo["reduced_from"] is not None
    assert photo["rounded"] == (dtype == np.uint8 and (is_smaller or len(shape) == 3))


def test_colours_of_8_bits_that_are_too_many_are_rounded_at_their_own_size():
    colours = np.random.default_rng(5).integers(0, 256, (600, 600, 3), np.uint8)
    photo = explorer_data(colours, GROUPS)["photo"]
    assert (photo["reduced_from"], photo["rounded"]) == (None, True)
    exact = plane_of(picture_of(colours, 255.0), "luma")
    np.testing.assert_array_equal(plane_in(photo), np.rint(exact))


def test_the_same_input_gives_the_same_data():
    colours = np.random.default_rng(6).integers(0, 256, (50, 60, 3), np.uint8)
    groups = {"learned": open_bank("learned"), "handcrafted": [kernel("sobel-x")]}
    first, second = (json.dumps(explorer_data(colours, groups)) for _ in range(2))
    assert first == second
    assert json.loads(first) == explorer_data(colours, groups)


def test_kernels_come_in_their_groups_with_all_their_digits():
    bank = open_bank("learned-fashion")
    data = explorer_data(np.eye(20), {"made": [kernel("box-blur")], "learned": bank})
    made, learned = data["groups"]
    assert (made["name"], learned["name"]) == ("made", "learned")
    assert made["kernels"][0]["meaning"] == kernel("box-blur").meaning
    assert learned["kernels"][3]["meaning"] == f"finds {bank[3].finds}"
    assert [given["name"] for given in learned["kernels"]] == list(bank.names)
    for given, one in zip(learned["kernels"], bank, strict=True):
        assert json.loads(json.dumps(given["taps"])) == one.taps.tolist()


def test_a_kernel_over_colours_gives_its_planes():
    taps = np.arange(12.0).reshape(2, 2, 3)
    data = explorer_data(np.eye(5), {"colour": [Kernel(taps, name="net:3")]})
    kernels = data["groups"][0]["kernels"]
    assert [given["name"] for given in kernels] == ["net:3 red", "net:3 green", "net:3 blue"]
    assert kernels[1]["taps"] == [[1.0, 4.0], [7.0, 10.0]]


def test_large_kernels_are_left_out_and_named():
    large = [Kernel(np.ones((16, 1)), name="tall"), Kernel(np.ones((15, 15)), name="fits")]
    data = explorer_data(np.eye(30), {"tall": large[:1], "both": large})
    assert data["left_out"] == ["tall", "tall"]
    assert [group["name"] for group in data["groups"]] == ["both"]
    with pytest.raises(InputError, match="15×15"):
        explorer_data(np.eye(30), {"tall": large[:1]})


def test_it_starts_where_the_answer_is_strongest():
    picture = np.zeros((20, 30), np.uint8)
    picture[:, 0] = 255  # stronger, but its patch reaches beyond the picture
    picture[12, 17] = 100
    data = explorer_data(picture, {"a": [kernel("box-blur")], "b": [kernel("sobel-x")]})
    start = data["start"]
    assert (start["group"], start["kernel"]) == (1, 0)
    columns = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    inside = [
        (abs(int((picture[y - 1 : y + 2, x - 1 : x + 2].astype(int) * columns).sum())), x, y)
        for y in range(1, 19)
        for x in range(1, 29)
    ]
    best = max(strength for strength, _, _ in inside)
    assert (best, start["x"], start["y"]) in inside


def test_the_example_says_what_explain_says():
    photo = np.random.default_rng(7).integers(0, 256, (9, 9), np.uint8)
    data = explorer_data(photo, {"learned": open_bank("learned-notes")}, start="learned-notes:5")
    example = data["example"]
    assert (example["kernel"], data["start"]["kernel"]) == ("learned-notes:5", 5)
    explanation = explain(photo, open_bank("learned-notes")[5], example["x"], example["y"])
    printed = explanation_text(explanation).replace("-", "−")
    for way, lines in zip(
        example["ways"], (printed.splitlines()[:6], printed.splitlines()[6:]), strict=True
    ):
        assert lines[0].startswith(way["operation"])
        cells = [[line.split() for line in lines[2:5]], lines[5]]
        for row, patch, taps, products in zip(
            cells[0], example["patch"], way["taps"], way["products"], strict=True
        ):
            assert row == [cell["text"] for cell in [*patch, *taps, *products]]
        assert f"sum {way['sum']}, angle between patch and taps {way['angle']}" in cells[1]


def test_a_flat_picture_and_one_smaller_than_the_kernel_have_an_example_too():
    for picture in (np.zeros((9, 9)), np.full((2, 2), 7, np.uint8), np.full((3, 3), np.nan)):
        data = explorer_data(picture, {"one": [kernel("gaussian-blur")]})
        assert len(data["example"]["patch"]) == 9
