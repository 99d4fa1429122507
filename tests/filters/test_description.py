"""What kernels find, in words: that the words are true, and turn and change sign with the taps."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from filt.filters import recipes
from filt.filters.catalogue import kernels
from filt.filters.correlation import correlate
from filt.filters.description import what_it_finds

# One step counter-clockwise, by 45° at a time (rows count downwards).
DIRECTIONS = (
    "to the right",
    "towards the upper right",
    "upwards",
    "towards the upper left",
    "to the left",
    "towards the lower left",
    "downwards",
    "towards the lower right",
)
LINES = ("horizontal", "diagonal /", "vertical", "diagonal \\")
OPPOSITES = {"bright": "dark", "dark": "bright"}

SLOPES = {
    "sobel-x": "vertical edges: positive where it gets brighter to the right",
    "scharr-x": "vertical edges: positive where it gets brighter to the right",
    "prewitt-x": "vertical edges: positive where it gets brighter to the right",
    "central-x": "vertical edges: positive where it gets brighter to the right",
    "gaussian-x": "vertical edges: positive where it gets brighter to the right",
    "edge-v": "vertical edges: positive where it gets brighter to the left",
    "sobel-y": "horizontal edges: positive where it gets brighter downwards",
    "sobel5-y": "horizontal edges: positive where it gets brighter downwards",
    "edge-h": "horizontal edges: positive where it gets brighter upwards",
    "frei-chen-1": "horizontal edges: positive where it gets brighter upwards",
    "kirsch-e": "vertical edges: positive where it gets brighter to the right",
    "robinson-ne": "diagonal \\ edges: positive where it gets brighter towards the upper right",
    "roberts-falling": "diagonal / edges: positive where it gets brighter towards the upper left",
}
OTHERS = {
    "identity": "nothing: the picture itself",
    "box-blur": "brightness, averaged over its window",
    "gaussian-blur": "brightness, averaged over its window",
    "laplacian4": "spots and edges in every direction: positive on the dark side",
    "laplacian8": "spots and edges in every direction: positive on the bright side",
    "laplacian-of-gaussian": "spots and edges in every direction: positive on the dark side",
    "difference-of-gaussians": "spots and edges in every direction: positive on the bright side",
    "gaussian-xx": "vertical bars: positive on dark ones",
    "gaussian-yy": "horizontal bars: positive on dark ones",
    "edge-diagonal": "corners and saddles: silent on straight upright edges",
    "gaussian-xy": "corners and saddles: silent on straight upright edges",
    "frei-chen-5": "corners and saddles: silent on straight diagonal edges",
    "line-v": "brightness along vertical lines",
    "line-h": "brightness along horizontal lines",
    "line-falling": "brightness along diagonal \\ lines",
    "line-rising": "brightness along diagonal / lines",
    "motion-blur": "brightness along horizontal lines",
}

ZERO_SUM = [name for name in kernels if kernels[name].is_zero_sum]


def turned_words(words):
    """The words after a quarter turn counter-clockwise."""
    directions = {word: DIRECTIONS[(n + 2) % 8] for n, word in enumerate(DIRECTIONS)}
    lines = {word: LINES[(n + 2) % 4] for n, word in enumerate(LINES)}
    turned = directions | lines
    pattern = "|".join(re.escape(word) for word in sorted(turned, key=len, reverse=True))
    words = re.sub(pattern, lambda found: turned[found[0]], words)
    return re.sub(r"(\d+)°(?= \()", lambda found: f"{(int(found[1]) - 90) % 360}°", words)


def opposite_words(words):
    """The words after a change of sign."""
    opposites = {word: DIRECTIONS[(n + 4) % 8] for n, word in enumerate(DIRECTIONS)} | OPPOSITES
    pattern = "|".join(
        rf"\b{re.escape(word)}\b" for word in sorted(opposites, key=len, reverse=True)
    )
    return re.sub(pattern, lambda found: opposites[found[0]], words)


@pytest.mark.parametrize(("name", "words"), list((SLOPES | OTHERS).items()))
def test_known_kernels(name, words):
    assert kernels[name].finds == words


@pytest.mark.parametrize("name", list(kernels))
def test_no_kernel_is_without_words(name):
    assert what_it_finds(kernels[name].taps)


@pytest.mark.parametrize("name", list(kernels))
def test_a_quarter_turn_turns_the_words(name):
    taps = kernels[name].taps
    for _ in range(4):
        words, taps = what_it_finds(taps), np.rot90(taps)
        assert what_it_finds(taps) == turned_words(words)


@pytest.mark.parametrize("angle", range(0, 360, 15))
def test_a_slope_in_any_direction_turns_too(angle):
    turn = math.radians(angle)
    y, x = np.mgrid[-2:3, -2:3]
    taps = (x * math.cos(turn) + y * math.sin(turn)) * np.exp(-(x**2 + y**2) / 4)
    assert what_it_finds(np.rot90(taps)) == turned_words(what_it_finds(taps))
    if angle % 45 == 0:
        assert DIRECTIONS[-angle // 45 % 8] in what_it_finds(taps)
    else:
        assert f"bright side lies at {angle}°" in what_it_finds(taps)


@pytest.mark.parametrize("name", ZERO_SUM)
def test_a_change_of_sign_changes_the_sign_in_words(name):
    taps = kernels[name].taps
    assert what_it_finds(-taps) == opposite_words(what_it_finds(taps))


@pytest.mark.parametrize("name", ["line-v", "line-h", "line-falling", "line-rising", "motion-blur"])
def test_a_change_of_sign_does_not_turn_a_line(name):
    words = what_it_finds(-kernels[name].taps)
    (line,) = (line for line in LINES if line in kernels[name].finds)
    assert [other for other in LINES if other in words] == [line]


@pytest.mark.parametrize("name", ["box-blur", "gaussian-blur", "line-v"])
def test_a_negative_mean_is_not_described_as_a_mean(name):
    assert what_it_finds(-kernels[name].taps) != kernels[name].finds


@pytest.mark.parametrize("name", ZERO_SUM)
@pytest.mark.parametrize("factor", [1e-6, 0.5, 1000.0])
def test_strength_does_not_change_what_an_edge_filter_finds(name, factor):
    assert what_it_finds(factor * kernels[name].taps) == kernels[name].finds


@pytest.mark.parametrize("name", [n for n in ZERO_SUM if "gets brighter" in kernels[n].finds])
def test_slopes_answer_as_they_say(name):
    (direction,) = (word for word in DIRECTIONS if kernels[name].finds.endswith(word))
    angle = math.radians(45 * DIRECTIONS.index(direction))
    y, x = np.mgrid[-10:11, -10:11]
    ramp = x * math.cos(angle) - y * math.sin(angle)
    across = x * math.sin(angle) + y * math.cos(angle)
    assert correlate(ramp, name)[10, 10] > 0
    assert correlate(-ramp, name)[10, 10] < 0
    assert correlate(across, name)[10, 10] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("name", [n for n in ZERO_SUM if "gets brighter" in kernels[n].finds])
def test_the_meaning_in_the_catalogue_names_no_other_direction(name):
    named = [direction for direction in DIRECTIONS if direction in kernels[name].meaning]
    assert all(kernels[name].finds.endswith(direction) for direction in named)


@pytest.mark.parametrize("name", ["gaussian-xx", "gaussian-yy"])
def test_bars_answer_as_they_say(name):
    bar = np.zeros((21, 21))
    if "vertical" in kernels[name].finds:
        bar[:, 10] = 1
    else:
        bar[10] = 1
    assert "dark" in kernels[name].finds
    assert correlate(bar, name)[10, 10] < 0 < correlate(-bar, name)[10, 10]
    assert correlate(bar.T, name)[10, 10] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    "name", ["laplacian4", "laplacian8", "laplacian-of-gaussian", "difference-of-gaussians"]
)
def test_spots_answer_on_the_side_that_they_say(name):
    step = np.zeros((41, 41))
    step[:, 21:] = 1
    response = correlate(step, name)[20]
    side = {"dark": 20, "bright": 21}[kernels[name].finds.split()[-2]]
    assert response[side] > 0 > response[41 - side]


@pytest.mark.parametrize("name", ["edge-diagonal", "gaussian-xy", "frei-chen-5", "frei-chen-6"])
def test_saddles_are_silent_where_they_say(name):
    y, x = np.mgrid[:41, :41]
    upright, slanting = (x > 20).astype(float), (x > y).astype(float)
    loud, silent = (slanting, upright) if "upright" in kernels[name].finds else (upright, slanting)
    assert np.abs(correlate(silent, name)[10:-10, 10:-10]).max() < 1e-12
    assert np.abs(correlate(loud, name)[10:-10, 10:-10]).max() > 0.05


def test_sharpening_is_the_picture_plus_something():
    assert kernels["sharpen"].finds.startswith("the picture itself, plus spots and edges")
    assert kernels["emboss"].finds.startswith("the picture itself, plus diagonal / edges")


def test_an_edge_filter_that_is_not_blind_to_brightness_says_so():
    assert what_it_finds(kernels["sobel-x"].taps + 0.3) == (
        "vertical edges: positive where it gets brighter to the right;"
        " answers to plain brightness too"
    )


@pytest.mark.parametrize(
    ("taps", "words"),
    [
        ([[0.0, 0.0]], "nothing: every tap is zero"),
        ([[3.0]], "nothing: the picture itself times 3"),
        ([[0, 0, 0], [0, -1, 0], [0, 0, 0]], "nothing: the picture itself times -1"),
        ([[0, 0, 1]], "nothing: the picture itself, shifted"),
        ([[0, 1]], "nothing: the picture itself"),
    ],
)
def test_kernels_of_one_tap_or_none(taps, words):
    assert what_it_finds(np.array(taps, float)) == words


def test_a_kernel_over_colours_is_described_by_its_sum():
    copied = np.repeat(kernels["sobel-y"].taps[..., None], 3, axis=2)
    assert what_it_finds(copied) == kernels["sobel-y"].finds


def test_opposite_colours_are_not_nothing():
    red_against_green = np.stack([recipes.box(3), -recipes.box(3), np.zeros((3, 3))], axis=2)
    assert "every tap is zero" not in what_it_finds(red_against_green)


@pytest.mark.parametrize("turned", [False, True])
def test_an_odd_kernel_may_have_no_slope(turned):
    taps = np.array([[1.0, -2, 0, 2, -1]])  # 1·(-2) + (-2)·(-1) + 2·1 + (-1)·2 = 0
    ramp = np.tile(np.arange(9.0), (9, 1))
    assert not correlate(ramp, taps, mode="valid").any()
    assert what_it_finds(taps.T if turned else taps) == "ripples: odd patterns without a slope"
