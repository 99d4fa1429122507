"""filt edges, end to end: what is written, under which name, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import feature, filters

from filt.learned.edge_methods import EDGE_METHODS


@pytest.fixture
def photo(filt):
    """A colour picture without a symmetry: a bright block and a slanted line on noise."""
    random = np.random.default_rng(3)
    pixels = random.integers(20, 40, (48, 61, 3)).astype(np.uint8)
    pixels[10:30, 12:40] = (200, 150, 90)
    cv2.line(pixels, (3, 45), (58, 33), (120, 220, 60), 2)
    assert cv2.imwrite("photo.png", pixels[..., ::-1])
    return pixels


def load(path):
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return pixels


def luma(pixels):
    return pixels @ np.array([0.299, 0.587, 0.114]) / 255


def test_the_edges_are_those_of_scikit_image(filt, photo):
    filt("edges", "photo.png", "--sigma", "1.4", "--low", "0.03", "--high", "0.08")
    edges = load("photo.canny.png")
    assert edges.shape == (48, 61)
    assert set(np.unique(edges)) == {0, 255}
    wanted = feature.canny(luma(photo), 1.4, 0.12, 0.32)
    near = cv2.dilate(wanted.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    inside = np.s_[8:-8, 8:-8]
    assert wanted[inside].sum() > 60
    assert near[inside][edges[inside] > 0].mean() > 0.99


def test_apply_canny_gives_the_same(filt, photo):
    filt("edges", "photo.png", "-o", "one.png")
    filt("apply", "canny", "photo.png", "-o", "other.png")
    np.testing.assert_array_equal(load("one.png"), load("other.png"))


@pytest.mark.parametrize("method", EDGE_METHODS)
def test_every_method_draws_lines(filt, photo, method):
    result = filt("edges", "photo.png", "--method", method)
    assert result.stdout.startswith(f"photo.{method}.png: {method} with low ")
    edges = load(f"photo.{method}.png")
    assert edges.shape == (48, 61)
    assert 20 < np.count_nonzero(edges) < edges.size / 3


@pytest.mark.parametrize(("bits", "dtype"), [("8", np.uint8), ("16", np.uint16)])
def test_the_soft_map_has_the_depth_asked_for(filt, photo, bits, dtype):
    """Its crests are as bright as Sobel's slopes are steep: SciPy's, thinned nowhere else."""
    filt("edges", "photo.png", "--method", "sobel", "--soft", "--bits", bits)
    soft = load("photo.sobel-soft.png")
    assert soft.dtype == dtype
    white = np.iinfo(dtype).max
    steep = filters.sobel(luma(photo), mode="mirror") * np.sqrt(2)
    crest = soft > 0
    assert 100 < crest.sum() < crest.size / 2
    np.testing.assert_allclose(soft[crest] / white, steep[crest], atol=1 / white + 1e-6)


def test_the_overlay_is_the_photo_with_red_lines(filt, photo):
    filt("edges", "photo.png")
    filt("edges", "photo.png", "--overlay")
    edges, drawn = load("photo.canny.png") > 0, load("photo.canny-overlay.png")
    assert drawn.shape == photo.shape
    lines = drawn[edges]
    assert (lines == lines[0]).all()
    assert lines[0][2] > 2 * max(lines[0][:2])
    assert (drawn[~edges] >= photo[..., ::-1][~edges]).all()


def test_all_methods_stand_on_one_sheet(filt, photo):
    filt("edges", "photo.png", "--all")
    assert load("photo.edges.png").ndim == 3


def test_every_stage_is_written_and_a_sheet_of_them(filt, photo):
    filt("edges", "photo.png", "--stages", "stages", "-o", "edges.png")
    names = sorted(path.name for path in Path("stages").iterdir())
    assert "photo.canny-stages.png" in names
    assert len(names) == 10
    last = load("stages/photo.canny-9-edges.png")
    np.testing.assert_array_equal(last, load("edges.png"))


@pytest.mark.parametrize("way", ["otsu", "median"])
def test_chosen_thresholds_are_printed_and_are_those_used(filt, photo, way):
    found = json.loads(filt("edges", "photo.png", "--auto", way, "--json").stdout)
    (one,) = found[0]["methods"]
    assert 0 < one["low"] < one["high"] < 1
    chosen = load("photo.canny.png")
    assert one["edge_pixels"] == np.count_nonzero(chosen)
    filt("edges", "photo.png", "--low", repr(one["low"]), "--high", repr(one["high"]))
    np.testing.assert_array_equal(load("photo.canny.png"), chosen)


def test_16_bits_have_the_same_edges(filt, photo):
    assert cv2.imwrite("deep.png", photo[..., ::-1].astype(np.uint16) * 257)
    filt("edges", "photo.png", "deep.png")
    assert (load("photo.canny.png") > 0).any()
    np.testing.assert_array_equal(load("photo.canny.png") > 0, load("deep.canny.png") > 0)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--low", "0.5", "--high", "0.1"], 1),
        (["--sigma", "-1"], 1),
        (["--high", "2"], 1),
        (["--auto", "otsu", "--relative"], 1),
        (["--method", "sobl"], 2),
        (["--soft", "--overlay"], 2),
        (["--border", "reflect"], 2),
    ],
)
def test_bad_settings_are_one_line_and_write_nothing(filt, photo, words, code):
    result = filt("edges", "photo.png", *words, code=code)
    errors = [line for line in result.stderr.splitlines() if line.startswith("Error:")]
    assert len(errors) == 1
    assert [path.name for path in Path().iterdir()] == ["photo.png"]


def test_a_bad_picture_does_not_stop_the_others(filt, photo):
    Path("bad.png").write_bytes(Path("photo.png").read_bytes()[:200])
    result = filt("edges", "bad.png", "photo.png", code=1)
    assert "Error: bad.png: " in result.stderr
    assert Path("photo.canny.png").exists()
    assert not Path("bad.canny.png").exists()


def test_best_is_another_name_of_the_best_handcrafted_method(filt, photo):
    filt("edges", "photo.png", "--method", "best", "-o", "best.png")
    filt("edges", "photo.png", "--method", "multiscale", "-o", "named.png")
    assert load("best.png").any()
    np.testing.assert_array_equal(load("best.png"), load("named.png"))
