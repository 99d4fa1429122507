"""`filt explain`: the arithmetic on one pixel is that of the library and of the definition."""

from __future__ import annotations

import json
import math
import re

import cv2
import numpy as np
import pytest
from oracles import convolve_by_definition, correlate_by_definition

import filt as library
from filt.filters.borders import BORDERS

LOPSIDED = np.array([[1, 2, 0], [0, -3, 4], [5, 0, -6]], float)
WRITTEN = "taps:[[1,2,0],[0,-3,4],[5,0,-6]]"


@pytest.fixture
def colours(filt):
    pixels = np.random.default_rng(4).integers(0, 256, (7, 9, 3), np.uint8)
    assert cv2.imwrite("a.png", pixels[..., ::-1])
    return pixels


@pytest.fixture
def grey(filt):
    pixels = np.random.default_rng(5).integers(0, 256, (7, 9), np.uint8)
    assert cv2.imwrite("g.png", pixels)
    return pixels


def facts_of(result):
    facts = json.loads(result.stdout)
    (about,) = facts["kernels"]
    return about


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("place", [(0, 0), (8, 0), (0, 6), (8, 6), (4, 3), (1, 5)])
def test_the_sums_are_those_of_correlate_and_convolve(filt, grey, border, place):
    x, y = place
    at = f"{x},{y}"
    about = facts_of(filt("explain", WRITTEN, "g.png", "--at", at, "--border", border, "--json"))
    assert about["border"] == border
    assert (about["x"], about["y"]) == place
    expected = correlate_by_definition(grey, LOPSIDED, border=border)[y, x]
    assert about["correlation"]["sum"] == expected
    assert library.correlate(grey, LOPSIDED, border=border)[y, x] == expected
    expected = convolve_by_definition(grey, LOPSIDED, border=border)[y, x]
    assert about["convolution"]["sum"] == expected
    assert library.convolve(grey, LOPSIDED, border=border)[y, x] == expected


@pytest.mark.parametrize("taps", [[[1, -2]], [[1], [3]], [[1, 2], [3, -5]], [[1, 2, 3, -4]] * 2])
def test_even_kernels_lie_as_correlate_and_convolve_lay_them(filt, grey, taps):
    for x, y in ((0, 0), (8, 6), (3, 4)):
        words = ("explain", f"taps:{json.dumps(taps)}", "g.png", "--at", f"{x},{y}", "--json")
        about = facts_of(filt(*words))
        assert about["correlation"]["sum"] == library.correlate(grey, taps)[y, x]
        assert about["convolution"]["sum"] == library.convolve(grey, taps)[y, x]


def test_patch_taps_products_and_angle(filt, grey):
    about = facts_of(filt("explain", WRITTEN, "g.png", "--at", "4,3", "--json"))
    patch = grey[2:5, 3:6].astype(float)
    for way, taps in (("correlation", LOPSIDED), ("convolution", LOPSIDED[::-1, ::-1])):
        shown = about[way]
        np.testing.assert_array_equal(shown["patch"], patch)
        np.testing.assert_array_equal(shown["taps"], taps)
        np.testing.assert_array_equal(shown["products"], patch * taps)
        assert shown["sum"] == (patch * taps).sum()
        cosine = shown["sum"] / np.sqrt((patch**2).sum() * (taps**2).sum())
        assert shown["angle"] == pytest.approx(math.degrees(math.acos(cosine)))


def test_the_text_holds_the_same_numbers(filt, grey):
    text = filt("explain", WRITTEN, "g.png", "--at", "4,3").stdout
    patch = grey[2:5, 3:6].astype(int)
    correlation, convolution = text.split("convolution:")
    for part, taps in ((correlation, LOPSIDED), (convolution, LOPSIDED[::-1, ::-1])):
        rows = [line.split() for line in part.splitlines() if re.match(r"  -?\d", line)]
        numbers = np.array(rows, float)
        np.testing.assert_array_equal(numbers[:, :3], patch)
        np.testing.assert_array_equal(numbers[:, 3:6], taps)
        np.testing.assert_array_equal(numbers[:, 6:], patch * taps)
        assert f"sum {int((patch * taps).sum())}," in part
    assert "g.png" in text.splitlines()[0]
    assert "4,3" in text.splitlines()[0]
    assert "reflect101" in text.splitlines()[0]


def test_the_numbers_that_are_printed_add_up(filt, colours):
    # A class adds up what it reads: the luma of 8 bits has three decimals and no more.
    text = filt("explain", "sobel-x", "a.png", "--at", "4,3").stdout.split("convolution:")[0]
    rows = [line.split() for line in text.splitlines() if re.match(r"  -?\d", line)]
    printed = np.array(rows, float)[:, 6:].sum()
    total = float(re.search(r"sum (-?[\d.]+),", text)[1])
    assert total == pytest.approx(printed, abs=0.002)
    assert all(len(word.partition(".")[2]) <= 3 for row in rows for word in row), "rounding noise"


@pytest.mark.parametrize("name", ["sobel-x", "gaussian:sigma=4", "roberts-rising", WRITTEN])
def test_the_worksheet_leaves_the_sums_to_the_class(filt, grey, name):
    about = facts_of(filt("explain", name, "g.png", "--at", "4,3", "--json"))
    text = filt("explain", name, "g.png", "--at", "4,3", "--worksheet").stdout
    assert text.count("sum ____") == 2
    for way in ("correlation", "convolution"):
        assert f"{about[way]['sum']:.10g}" not in re.findall(r"[-\d.]+", text.split("\n", 1)[1])
        assert f"{about[way]['angle']:.1f}" not in text
    if name == WRITTEN:
        rows = [line.split() for line in text.splitlines() if "____" in line and "sum" not in line]
        assert len(rows) == 6
        assert all(row[6:] == ["____"] * 3 for row in rows)
        assert [row[:3] for row in rows[:3]] == grey[2:5, 3:6].astype(str).tolist()


def test_a_worksheet_as_json_gives_nothing_away(filt, grey):
    result = filt(
        "explain", "sobel-x", "g.png", "--at", "4,3", "--worksheet", "--json", code={0, 2}
    )
    if result.exit_code == 0:
        about = facts_of(result)
        assert about["correlation"].get("sum") is None
        assert about["correlation"].get("products") is None
        assert about["correlation"].get("angle") is None


def test_channel(filt, colours):
    expected = {
        "red": colours[..., 0],
        "green": colours[..., 1],
        "blue": colours[..., 2],
        "luma": colours.astype(float) @ [0.299, 0.587, 0.114],
    }
    for channel, plane in expected.items():
        words = ("explain", "identity", "a.png", "--at", "5,2", "--json", "--channel", channel)
        about = facts_of(filt(*words))
        assert about["correlation"]["sum"] == pytest.approx(plane[2, 5], abs=1e-4)
    about = facts_of(filt("explain", "identity", "a.png", "--at", "5,2", "--json"))
    assert about["correlation"]["sum"] == pytest.approx(expected["luma"][2, 5], abs=1e-4)


def test_a_filter_of_several_kernels_is_explained_kernel_by_kernel(filt, grey):
    facts = json.loads(filt("explain", "sobel", "g.png", "--at", "4,3", "--json").stdout)
    assert [about["kernel"] for about in facts["kernels"]] == ["sobel-x", "sobel-y"]
    sums = [about["correlation"]["sum"] for about in facts["kernels"]]
    assert np.hypot(*sums) == pytest.approx(library.sobel(grey)[3, 4])
    text = filt("explain", "sobel", "g.png", "--at", "4,3").stdout
    assert text.index("sobel-x") < text.index("sobel-y")


def test_a_filter_of_several_kernels_says_what_they_make(filt, grey):
    # Two sums are not yet the answer that `filt apply sobel` gives.
    text = filt("explain", "sobel", "g.png", "--at", "4,3").stdout
    assert f"{library.sobel(grey)[3, 4]:.4g}" in text or f"{library.sobel(grey)[3, 4]:.6g}" in text


def test_a_large_kernel_gives_its_sum_and_says_where_its_taps_are(filt, grey):
    text = filt("explain", "gaussian:sigma=4", "g.png", "--at", "4,3").stdout
    assert "33×33 taps" in text
    assert "--json" in text
    about = facts_of(filt("explain", "gaussian:sigma=4", "g.png", "--at", "4,3", "--json"))
    assert np.shape(about["correlation"]["taps"]) == (33, 33)
    blurred = library.gaussian_blur(grey.astype(float), 4)[3, 4]
    assert about["correlation"]["sum"] == pytest.approx(blurred)


def test_a_flat_black_patch_has_no_angle(filt):
    assert cv2.imwrite("black.png", np.zeros((4, 4), np.uint8))
    about = facts_of(filt("explain", "sobel-x", "black.png", "--at", "1,1", "--json"))
    assert about["correlation"]["angle"] is None
    assert "undefined" in filt("explain", "sobel-x", "black.png", "--at", "1,1").stdout


@pytest.mark.parametrize("place", [(1, 1), (2, 2), (3, 1)])
def test_nan_reaches_a_sum_as_it_reaches_the_response(filt, place):
    pixels = np.arange(24.0).reshape(4, 6)
    pixels[1, 2] = np.nan
    np.save("n.npy", pixels)
    x, y = place
    result = filt("explain", "sobel-x", "n.npy", "--at", f"{x},{y}", "--json")
    about = json.loads(result.stdout)["kernels"][0]
    expected = float(library.correlate(pixels, "sobel-x")[y, x])
    given = about["correlation"]["sum"]
    assert (given is None or math.isnan(given)) == math.isnan(expected)
    text = filt("explain", "sobel-x", "n.npy", "--at", f"{x},{y}").stdout
    assert ("sum nan" in text) == math.isnan(expected)


def test_json_is_json_even_of_nan(filt):
    pixels = np.full((4, 4), np.nan)
    np.save("n.npy", pixels)
    text = filt("explain", "sobel-x", "n.npy", "--at", "1,1", "--json").stdout
    assert "NaN" not in text


def test_page(filt, colours):
    pages = [np.full((3, 3), 10 * n, np.uint8) for n in range(1, 4)]
    assert cv2.imwritemulti("p.tif", pages)
    for n in range(1, 4):
        words = ("explain", "box-blur", "p.tif", "--at", "1,1", "--json", "--page", n)
        assert facts_of(filt(*words))["correlation"]["sum"] == pytest.approx(10 * n)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("gaussian-blur+sobel-x g.png --at 1,1", "explain takes one filter, not a pipeline"),
        ("canny g.png --at 1,1", "canny is not made of kernels: "),
        ("sobel-x g.png --at 1", "a pixel is X,Y in whole numbers, got '1'"),
        ("sobel-x g.png --at 1,2,3", "a pixel is X,Y in whole numbers, got '1,2,3'"),
        ("sobel-x g.png --at 1.5,2", "a pixel is X,Y in whole numbers, got '1.5,2'"),
    ],
)
def test_what_cannot_be_explained(filt, grey, words, says):
    assert says in filt("explain", *words.split(), code=2).stderr
