from __future__ import annotations

import json

import numpy as np
import pytest
from oracles import correlate_by_definition

from filt.filters.catalogue import kernel, kernels
from filt.filters.errors import InputError
from filt.filters.explanation import explain
from filt.filters.filter import Filter
from filt.filters.kernel import Kernel
from filt.filters.picture import Picture
from filt.filters.presentation import (
    CHANNEL_NAMES,
    card,
    explanation_facts,
    filter_facts,
    filter_text,
    impulse_response,
    kernel_facts,
    plane_of,
    size_of,
    size_text,
    step_response,
)
from filt.filters.registry import FILTERS, handcrafted
from filt.filters.size_chain import size_chain

LOPSIDED = Kernel(np.array([[1.0, 2, 3, 4], [5, 6, -7, 8]]), name="lopsided")


def of(*made, combination="only"):
    return Filter("made", made, combination, "what it does", "own", "somebody, 2000")


# --- answers ------------------------------------------------------------------------------------


def test_the_answer_to_a_step_by_hand():
    # Columns sum to 6, 8, -4 and 12 and the anchor is the third: the step comes in from the right.
    assert step_response(of(LOPSIDED)).tolist() == [0, 0, 12, 8, 16, 22]
    down = step_response(of(LOPSIDED), downwards=True)
    # Rows sum to 10 and 12, and the anchor is the second.
    assert down.tolist() == [0, 0, 0, 12, 22, 22]


@pytest.mark.parametrize("name", kernels)
def test_the_answers_of_every_kernel_by_the_definition(name):
    taps = kernel(name).taps
    reach = max(taps.shape) // 2 + 1
    picture = np.tile(np.repeat([0.0, 1.0], reach), (2 * reach, 1))
    right = correlate_by_definition(picture, taps)[reach]
    down = correlate_by_definition(picture.T, taps)[:, reach]
    np.testing.assert_allclose(step_response(handcrafted(name)), right, atol=1e-9)
    np.testing.assert_allclose(step_response(handcrafted(name), True), down, atol=1e-9)
    np.testing.assert_allclose(impulse_response(handcrafted(name)), taps[::-1, ::-1], atol=1e-12)


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 1), (2, 2), (3, 4), (4, 3), (5, 2)])
def test_the_answer_to_an_impulse_is_the_kernel_turned(shape):
    taps = np.random.default_rng(0).standard_normal(shape)
    made = impulse_response(of(Kernel(taps)))
    np.testing.assert_allclose(made, taps[::-1, ::-1], atol=1e-12)


def test_the_answers_of_a_magnitude_and_of_the_largest():
    np.testing.assert_array_equal(step_response(handcrafted("sobel")), [0, 4, 4, 0])
    np.testing.assert_array_equal(step_response(handcrafted("kirsch")), [0, 15, 9, 0])
    root = 2**0.5
    expected = [[root, 2, root], [2, 0, 2], [root, 2, root]]
    np.testing.assert_allclose(impulse_response(handcrafted("sobel")), expected)


def test_a_kernel_over_channels_is_asked_with_as_many():
    taps = np.random.default_rng(0).standard_normal((3, 3, 3))
    made = impulse_response(of(Kernel(taps)))
    np.testing.assert_allclose(made, taps.sum(axis=2)[::-1, ::-1], atol=1e-12)


def test_what_has_no_kernels_answers_too():
    canny = handcrafted("canny")
    assert step_response(canny).sum() == 1
    assert impulse_response(canny).shape == (9, 9)


# --- words --------------------------------------------------------------------------------------


def test_a_filter_in_words():
    text = filter_text(of(LOPSIDED))
    lines = text.splitlines()
    assert lines[0] == "made: what it does"
    assert "source somebody, 2000" in lines
    assert "2×4 taps" in lines
    assert any(line.startswith("  1  2  3   4") for line in lines)
    assert any("sum 22, rank 2" in line for line in lines)
    assert "answer to a single pixel of 1 (the taps turned by 180°)" in lines
    assert "  8  -7  6  5" in lines
    assert not any(line.startswith("  column") for line in lines)


def test_the_factors_of_a_separable_kernel_multiply_to_it():
    text = filter_text(handcrafted("scharr-y"))
    assert "  column [-1 0 1] times row [3 10 3]" in text.splitlines()


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_has_words(name):
    text = filter_text(handcrafted(name))
    assert text.startswith(f"{name}: ")
    assert "\n\n\n" not in text
    assert " -0 " not in text
    assert text == text.strip("\n")


@pytest.mark.parametrize("name", FILTERS)
def test_facts_are_plain_data(name):
    facts = json.loads(json.dumps(filter_facts(handcrafted(name)), allow_nan=False))
    assert facts["name"] == name
    assert [about["name"] for about in facts["kernels"]] == list(FILTERS[name].kernels)


def test_kernel_facts():
    facts = json.loads(json.dumps(kernel_facts(LOPSIDED), allow_nan=False))
    assert facts["taps"] == [[1, 2, 3, 4], [5, 6, -7, 8]]
    assert (facts["shape"], facts["sum"], facts["rank"]) == ([2, 4], 22, 2)
    rebuilt = sum(np.outer(column, row) for column, row in facts["factors"])
    np.testing.assert_allclose(rebuilt, LOPSIDED.taps, atol=1e-12)
    assert facts["symmetry"] == []


# --- planes and explanations --------------------------------------------------------------------


def test_the_planes_of_a_picture():
    pixels = np.random.default_rng(1).integers(0, 256, (4, 5, 3), np.uint8)
    colour = Picture(pixels, 255.0, np.dtype(np.uint8))
    for n, name in enumerate(("red", "green", "blue")):
        np.testing.assert_array_equal(plane_of(colour, name), pixels[..., n])
    expected = pixels.astype(float) @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(plane_of(colour, "luma"), expected, atol=1e-4)
    grey = Picture(pixels[..., 0], 255.0, np.dtype(np.uint8))
    np.testing.assert_array_equal(plane_of(grey, "luma"), pixels[..., 0])
    with pytest.raises(InputError, match="red"):
        plane_of(grey, "red")
    with pytest.raises(InputError, match=", ".join(CHANNEL_NAMES)):
        plane_of(colour, "alpha")


def test_an_explanation_as_facts():
    image = np.arange(12.0).reshape(3, 4)
    explained = explain(image, LOPSIDED, 2, 1, "zero")
    facts = json.loads(json.dumps(explanation_facts(explained), allow_nan=False))
    assert (facts["x"], facts["y"], facts["border"], facts["kernel"]) == (2, 1, "zero", "lopsided")
    patch = image[0:2, 0:4]
    assert facts["correlation"]["patch"] == patch.tolist()
    assert facts["correlation"]["products"] == (patch * LOPSIDED.taps).tolist()
    assert facts["correlation"]["sum"] == (patch * LOPSIDED.taps).sum()
    assert facts["convolution"]["taps"] == LOPSIDED.taps[::-1, ::-1].tolist()
    assert facts["convolution"]["sum"] == (patch * LOPSIDED.taps[::-1, ::-1]).sum()


# --- lists and tables ---------------------------------------------------------------------------


def test_sizes_in_words():
    assert size_of(of(LOPSIDED)) == "2×4"
    assert size_of(of(LOPSIDED, LOPSIDED, combination="magnitude")) == "2 of 2×4"
    assert size_of(of(Kernel(np.ones((3, 3, 3))))) == "3×3×3"
    assert size_of(handcrafted("canny")) == ""


def test_a_card():
    text = card(of(LOPSIDED), "a remark")
    assert "made  2×4" in text
    assert "what it does" in text
    assert "a remark" in text
    assert "██" in text
    long = Filter("long", (LOPSIDED,), meaning="word " * 60)
    assert all(len(line) <= 96 for line in card(long, "remark " * 40, width=96).splitlines())
    assert card(long, "").count("word") == 60


@pytest.mark.parametrize("name", FILTERS)
def test_the_card_of_every_filter_fits(name):
    lines = card(handcrafted(name), "a remark").splitlines()
    assert any(f"{name}  " in line or line.endswith(name) for line in lines)
    assert all(len(line) <= 100 for line in lines)
    assert all(line == line.rstrip() for line in lines)


def test_a_table_of_sizes():
    rows = size_chain(
        ["39x39x3", "conv3x10", "conv5s2x20", "conv5s2x40", "pool2", "flatten", "dense10"]
    )
    lines = size_text(rows).splitlines()
    assert lines[0].split() == ["layer", "size", "parameters", "sees"]
    assert [line.split()[1] for line in lines[1:5]] == ["39×39×3", "37×37×10", "17×17×20", "7×7×40"]
    assert lines[-1] == "28,950 parameters in all"
    starts = {line.index(line.split()[1]) for line in lines[1:-1]}
    assert len(starts) == 1  # the columns stand below one another
    assert "all" in lines[-2].split()
    plain = size_text(size_chain(["39", "conv3"])).splitlines()
    assert plain[0].split() == ["layer", "size", "sees"]
    assert "parameters" not in plain[-1]
