"""The edge benchmark on two tiny photographs: kept, merged, drawn and put into a page."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from filt.learned.report.edge_scores import edge_scores, markdown_table, scores_from

pytest.importorskip("numba")
pytest.importorskip("skimage")

ROOT = Path(__file__).parents[2]


@pytest.fixture
def module(monkeypatch):
    """Gives a module of bench/, which is not installed."""
    monkeypatch.syspath_prepend(str(ROOT))
    return lambda name: importlib.import_module(f"bench.{name}")


@pytest.fixture
def run(module, monkeypatch):
    edges = module("edges")

    def running(*words):
        monkeypatch.setattr(sys, "argv", ["edges", *map(str, words)])
        edges.main()

    return running


@pytest.fixture
def bsds(tmp_path):
    """Two photographs with one step each; one person saw it on its bright side, one on the dark."""
    for kind in ("images", "groundTruth"):
        (tmp_path / kind / "val").mkdir(parents=True)
    for number, at in enumerate((20, 33)):
        photo = np.full((48, 64, 3), 40, np.uint8)
        photo[:, at:] = 200
        assert cv2.imwrite(str(tmp_path / "images" / "val" / f"{number}.jpg"), photo)
        cells = np.empty((1, 2), object)
        for person in range(2):
            boundary = np.zeros((48, 64), np.uint8)
            boundary[:, at - person] = 1
            cells[0, person] = {"Boundaries": boundary}
        savemat(tmp_path / "groundTruth" / "val" / f"{number}.mat", {"groundTruth": cells})
    return tmp_path


def test_an_ideal_step_is_found_and_kept(run, bsds, capsys):
    kept = bsds / "scores.json"
    run(bsds, "--only", "sobel,canny", "--json", kept, "--jobs", "1")
    scores = scores_from(kept.read_text("utf-8"))
    assert [one.name for one in scores.detectors] == ["sobel", "canny"]
    assert (scores.photographs, scores.split) == (2, "val")
    # Matched pixels may lie 0.6 pixels apart. The edge is the dark pixel: precision 1, recall 1/2.
    assert [one.ods for one in scores.detectors] == pytest.approx([2 / 3, 2 / 3], abs=1e-5)
    assert (scores["sobel"].best_precision, scores["sobel"].best_recall) == (1, 0.5)
    printed = capsys.readouterr().out
    assert "| `python -m bench.edges BSDS500 --only sobel` |" in printed
    run(bsds, "--only", "scharr", "--json", kept, "--jobs", "1")
    merged = scores_from(kept.read_text("utf-8"))
    assert [one.name for one in merged.detectors] == ["sobel", "scharr", "canny"]
    assert merged["sobel"] == scores["sobel"]


def test_pages_and_curves_are_made_of_what_ships(run, tmp_path):
    page = tmp_path / "page.md"
    header = markdown_table(edge_scores()).partition("\n")[0]
    page.write_text(f"before\n\n{header}\n|---|\n| old | 0.1 |\n\n| other |\n", "utf-8")
    run("--into", page, "--curves", tmp_path / "curves.png")
    assert page.read_text("utf-8") == (f"before\n\n{markdown_table(edge_scores())}\n\n| other |\n")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_an_unknown_detector_is_named(run, bsds):
    with pytest.raises(SystemExit, match="no such detector: cany; there are sobel, scharr"):
        run(bsds, "--only", "cany")
    with pytest.raises(SystemExit, match="no photographs"):
        run(bsds, "--split", "test")


def test_names_are_chosen(module):
    chosen = module("edge_detectors").chosen
    names = ["canny", "canny:sigma=2", "best", "learned-edges"]
    assert chosen(names, "") == names
    assert chosen(names, "canny") == ["canny"]
    assert chosen(names, "canny:,learned") == ["canny:sigma=2", "learned-edges"]


def test_every_detector_has_a_label(module):
    detectors = module("edge_detectors")
    names = list(detectors.detectors())
    assert names[:9] == list(detectors.LABELS)
    assert len({detectors.label_of(name) for name in names}) == len(names)
    assert [one.label for one in edge_scores().detectors] == [
        detectors.label_of(one.name) for one in edge_scores().detectors
    ]


def test_levels_are_the_highest_at_which_a_pixel_is_an_edge(module):
    detectors = module("edge_detectors")
    values = np.array([[0.5, 3.5, 40.0]])
    soft = detectors.at_levels(lambda high: values >= high, np.arange(1.0, 33.0))
    np.testing.assert_allclose(soft, [[0, 3 / 33, 32 / 33]], rtol=1e-6)


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.05, [0, 0, 0, 0, 1]), (0.5, [0, 0, 1, 1, 1]), (0.9, [0, 1, 1, 1, 1])],
)
def test_the_strongest_pixels_are_as_near_to_the_share_as_levels_allow(module, share, expected):
    soft = np.array([[0.0, 0.1, 0.4, 0.4, 0.9]])
    found = module("edge_sheet").strongest(soft, share)
    np.testing.assert_array_equal(found[0], np.array(expected, bool))
    assert not module("edge_sheet").strongest(np.zeros((2, 2)), share).any()
