"""`filt list` and `filt show`: complete, and true of the filters that they describe."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from oracles import correlate_by_definition

from filt.filters.catalogue import ALIASES, RECIPES, kernel
from filt.filters.planning import plan
from filt.filters.registry import FILTERS
from filt.learned.named_banks import BANKS

SINGLE = list(RECIPES)


def strict(text):
    """JSON as other programs read it: without NaN and infinity."""

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


# --- list ---------------------------------------------------------------------------------------


def test_the_list_has_every_name_with_its_size_meaning_and_picture(filt):
    text = filt("list").stdout
    words = " ".join(re.sub(r"[░▒▓█]", " ", text).split())
    for name, recipe in FILTERS.items():
        assert re.search(rf"(?m)^.* {re.escape(name)}(  .*)?$", text), name
        assert " ".join(recipe.meaning.split()[:4]) in words, name
    for name in SINGLE:
        height, width = kernel(name).shape
        assert f"{name}  {height}×{width}\n" in text
    for alias in ALIASES:
        assert alias in words
    for family in {recipe.family for recipe in FILTERS.values()}:
        assert f"\n{family}\n" in f"\n{text}"
    assert "negative" in text.splitlines()[-1]
    assert "positive" in text.splitlines()[-1]
    assert max(map(len, text.splitlines())) <= 100


def test_the_list_as_json_is_valid_and_complete(filt):
    rows = strict(filt("list", "--json").stdout)
    assert [row["name"] for row in rows] == [*FILTERS, *BANKS]
    for row in rows[: len(FILTERS)]:
        recipe = FILTERS[row["name"]]
        assert row["family"] == recipe.family
        assert row["meaning"] == recipe.meaning
        assert row["source"] == recipe.source
        assert row["parameters"] == dict(recipe.parameters)
        assert row["kernels"] == list(recipe.kernels)
        assert row["aliases"] == [alias for alias, name in ALIASES.items() if name == row["name"]]
        if recipe.kernels:
            height, width = kernel(recipe.kernels[0]).shape
            assert f"{height}×{width}" in row["size"]


def test_every_parameter_in_the_list_can_be_given(filt):
    rows = strict(filt("list", "--json").stdout)
    for row in rows:
        if row["parameters"]:
            words = {True: "yes", False: "no"}
            given = ",".join(
                f"{key}={words[value] if isinstance(value, bool) else value}"
                for key, value in row["parameters"].items()
            )
            (facts,) = strict(filt("show", f"{row['name']}:{given}", "--json").stdout)
            assert facts["name"].startswith(row["name"])


def test_a_family_alone(filt):
    rows = strict(filt("list", "--family", "blur", "--json").stdout)
    assert [row["name"] for row in rows] == [
        name for name, recipe in FILTERS.items() if recipe.family == "blur"
    ]
    text = filt("list", "--family", "blur").stdout
    assert "gaussian-blur" in text
    assert "sobel" not in text
    message = filt("list", "--family", "fuzz", code=2).stderr
    for family in {recipe.family for recipe in FILTERS.values()}:
        assert family in message


# --- show ---------------------------------------------------------------------------------------


def step(height, width, downwards):
    reach = max(height, width) // 2 + 1
    picture = np.tile(np.repeat([0.0, 1.0], reach), (2 * reach, 1))
    return (picture.T if downwards else picture), reach


@pytest.mark.parametrize("name", SINGLE)
def test_show_as_json_is_true_of_every_kernel(filt, name):
    (facts,) = strict(filt("show", name, "--json").stdout)
    (about,) = facts["kernels"]
    taps = kernel(name).taps
    np.testing.assert_array_equal(about["taps"], taps)
    assert about["shape"] == list(taps.shape)
    assert about["sum"] == pytest.approx(taps.sum(), abs=1e-9)
    singular = np.linalg.svd(taps, compute_uv=False)
    assert about["rank"] == int((singular > 1e-6 * singular[0]).sum())
    rebuilt = sum(np.outer(column, row) for column, row in about["factors"])
    np.testing.assert_allclose(rebuilt, taps, atol=1e-6 * np.abs(taps).max())
    assert ("point-symmetric" in about["symmetry"]) == np.allclose(taps, taps[::-1, ::-1])
    assert ("left-right antisymmetric" in about["symmetry"]) == (
        taps.shape[1] > 1 and np.allclose(taps, -taps[:, ::-1])
    )
    assert about["finds"]
    # the answer to a step, across its middle, and to an impulse, by the definition
    picture, middle = step(*taps.shape, downwards=False)
    expected = correlate_by_definition(picture, taps)[middle]
    np.testing.assert_allclose(facts["step_right"], expected, atol=1e-9)
    expected = correlate_by_definition(picture.T, taps)[:, middle]
    np.testing.assert_allclose(facts["step_down"], expected, atol=1e-9)
    np.testing.assert_allclose(facts["impulse"], taps[::-1, ::-1], atol=1e-12)
    for key in ("name", "meaning", "family", "source", "channels", "show"):
        assert isinstance(facts[key], str)


@pytest.mark.parametrize("name", FILTERS)
def test_show_names_what_it_shows(filt, name):
    text = filt("show", name).stdout
    recipe = FILTERS[name]
    assert text.splitlines()[0].startswith(name)
    assert recipe.meaning in text
    assert recipe.family in text
    assert recipe.source in text
    assert "answer to a step" in text
    for part in recipe.kernels:
        made = kernel(part)
        assert f"sum {made.sum:.6g}" in text
        assert f"rank {made.rank}" in text
        assert f"algorithm {plan(made).algorithm}: " in text
        assert made.finds in text
    assert not any(word in text.split() for word in ("nan", "-0", "inf"))


@pytest.mark.parametrize(
    ("name", "channels"), [("sobel-x", "luma"), ("box-blur", "each"), ("di-zenzo", "tensor")]
)
def test_show_says_what_is_seen_of_colour(filt, name, channels):
    (facts,) = strict(filt("show", name, "--json").stdout)
    assert facts["channels"] == channels


def test_show_prints_the_taps_the_factors_and_the_answers(filt):
    text = filt("show", "sobel-x").stdout
    for line in (
        "  -1  0  1    ▒▒  ▓▓",
        "  -2  0  2    ░░  ██",
        "  column [1 2 1] times row [-1 0 1]",
        "  finds vertical edges: positive where it gets brighter to the right",
        "answer to a step from 0 to 1 to the right  0 4 4 0",
        "answer to a step from 0 to 1 downwards     0 0 0 0",
        "  2  0  -2",
        "source Sobel and Feldman, 1968",
    ):
        assert line in text.splitlines()
    assert "left-right antisymmetric" in text


@pytest.mark.parametrize(("name", "centre"), [("laplacian4", "-4"), ("laplacian8", "8")])
def test_show_prints_the_sign_of_the_laplacians(filt, name, centre):
    text = filt("show", name).stdout
    assert centre in text.split()
    assert ("centre −4" if name == "laplacian4" else "centre +8") in text


def test_show_of_edge_diagonal_says_that_it_is_silent_on_upright_steps(filt):
    text = filt("show", "edge-diagonal").stdout
    assert "silent on upright steps" in text
    (facts,) = strict(filt("show", "edge-diagonal", "--json").stdout)
    assert not np.any(facts["step_right"])
    assert not np.any(facts["step_down"])


def test_show_of_a_magnitude_says_how_it_is_made(filt):
    (facts,) = strict(filt("show", "sobel", "--json").stdout)
    assert [about["name"] for about in facts["kernels"]] == ["sobel-x", "sobel-y"]
    assert facts["composition"] == "the length of the vector of sobel-x, sobel-y"
    assert facts["step_right"] == facts["step_down"] == [0, 4, 4, 0]
    root = 2**0.5
    np.testing.assert_allclose(facts["impulse"], [[root, 2, root], [2, 0, 2], [root, 2, root]])


def test_show_of_kirsch_has_all_eight(filt):
    (facts,) = strict(filt("show", "kirsch", "--json").stdout)
    assert len(facts["kernels"]) == 8
    assert facts["step_right"] == [0, 15, 9, 0]


def test_show_of_a_pipeline_shows_each_step(filt):
    facts = strict(filt("show", "gaussian:sigma=2+sobel-y", "--json").stdout)
    assert [one["name"] for one in facts] == ["gaussian-blur:sigma=2", "sobel-y"]
    text = filt("show", "gaussian:sigma=2+sobel-y").stdout
    assert text.index("gaussian-blur:sigma=2") < text.index("sobel-y")


def test_show_of_ones_own_taps(filt):
    (facts,) = strict(filt("show", "taps:[[1,2],[3,4.5]]", "--json").stdout)
    assert facts["kernels"][0]["taps"] == [[1, 2], [3, 4.5]]
    assert facts["impulse"] == [[4.5, 3], [2, 1]]
    text = filt("show", "taps:[[1,2],[3,4.5]]").stdout
    assert "3  4.5" in text
    np.save("k.npy", np.ones((3, 3, 3)))
    (facts,) = strict(filt("show", "taps:k.npy", "--json").stdout)
    assert facts["kernels"][0]["shape"] == [3, 3, 3]
    assert "red" in filt("show", "taps:k.npy").stdout


def test_show_of_taps_of_zeros_and_of_one_tap(filt):
    for taps in ("[[0]]", "[[0,0],[0,0]]", "[[7]]"):
        (facts,) = strict(filt("show", f"taps:{taps}", "--json").stdout)
        assert facts["kernels"][0]["taps"] == json.loads(taps)
        filt("show", f"taps:{taps}")


def test_show_of_an_edge_method_says_where_its_stages_are(filt):
    text = filt("show", "canny").stdout
    assert "filt edges" in text
    assert "--stages" in text


def test_show_of_an_edge_method_prints_its_parameters(filt):
    # They are in no kernel that one could look at.
    text = filt("show", "canny").stdout
    for part in ("sigma", "low", "high", "1.4", "0.03", "0.08"):
        assert part in text


@pytest.mark.parametrize(
    "name", ["sobel-x", "sobel", "gaussian:sigma=2", "gaussian+sobel", "gabor"]
)
def test_show_png_draws_it(filt, name):
    result = filt("show", name, "--png", "drawn.png")
    assert "drawn.png" in result.stdout.splitlines()[-1]
    drawn = cv2.imread("drawn.png", cv2.IMREAD_UNCHANGED)
    assert drawn.dtype == np.uint8
    assert min(drawn.shape[:2]) > 50
    assert len({tuple(colour) for colour in drawn[::7, ::7].reshape(-1, 3).tolist()}) > 3


def test_show_png_and_json_together_keep_the_json_pure(filt):
    result = filt("show", "sobel", "--json", "--png", "drawn.png")
    strict(result.stdout)
    assert "drawn.png" in result.stderr
    assert Path("drawn.png").exists()


def test_show_png_replaces_or_refuses(filt):
    Path("drawn.png").write_bytes(b"old")
    message = filt("show", "sobel", "--png", "drawn.png", "--no-clobber", code=1).stderr
    assert message == "Error: drawn.png: exists already\n"
    assert Path("drawn.png").read_bytes() == b"old"
    filt("show", "sobel", "--png", "drawn.png")
    assert cv2.imread("drawn.png") is not None


def test_show_png_needs_kernels_to_draw(filt):
    said = filt("show", "canny", "--png", "drawn.png", code=2).stderr
    assert "canny is not made of kernels that could be drawn" in said
    assert not Path("drawn.png").exists()
