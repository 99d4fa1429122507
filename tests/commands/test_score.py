"""filt score, end to end: the figures, the curve, what is said of it, and what is refused."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from scipy.io import savemat

from filt.cli import main
from filt.filters.scoring.compilation import compiled

pytest.importorskip("numba")

SIZE = (40, 60)


def truth_map(seed):
    mask = np.zeros(SIZE, np.uint8)
    at = np.random.default_rng(seed).integers(5, 35)
    cv2.line(mask, (4, int(at)), (55, int(40 - at)), 1, 1)
    return mask


def save_mat(path, boundaries):
    cells = np.empty((1, len(boundaries)), object)
    for index, one in enumerate(boundaries):
        cells[0, index] = {"Boundaries": one}
    savemat(path, {"groundTruth": cells})


@pytest.fixture
def folders(filt):
    """Five soft maps with noise, and truths as .mat, as pictures, numbered and in a folder."""
    Path("maps").mkdir()
    Path("truth/e").mkdir(parents=True)
    for seed, name in enumerate("abcde"):
        mask = truth_map(seed)
        random = np.random.default_rng(seed)
        soft = 200 * mask * random.random(SIZE) + 40 * (random.random(SIZE) < 0.05)
        assert cv2.imwrite(f"maps/{name}.canny-soft.png", soft.astype(np.uint8))
        if name in "ab":
            save_mat(f"truth/{name}.mat", [mask, np.roll(mask, 1, 0)])
            continue
        stem = {"c": "c", "d": "d-1", "e": "e/somebody"}[name]
        assert cv2.imwrite(f"truth/{stem}.png", mask * 255)
    assert cv2.imwrite("truth/d-2.png", truth_map(3))
    return Path()


def score(filt, *words):
    return json.loads(filt("score", "maps", "--truth", "truth", "--json", *words).stdout)


def test_what_is_printed(filt, folders):
    printed = filt("score", "maps", "--truth", "truth", "--per-image").stdout
    found = score(filt)
    said = printed.splitlines()
    assert said[0] == "5 pictures, 33 thresholds, tolerance 0.0075 of the diagonal, thinned"
    rows = {line.split()[0]: line.split()[1:] for line in said[2:-2]}
    assert list(rows) == ["ODS", "OIS", *(f"maps/{name}.canny-soft.png" for name in "abcde")]
    assert rows["ODS"] == [f"{found['ods'][key]:.3f}" for key in found["ods"]]
    assert rows["OIS"] == [f"{found['ois'][key]:.3f}" for key in ("f", "precision", "recall")]
    assert f"AP {found['ap']:.3f}" in said
    ods, ois, ap = (found["ranked"][key] for key in ("ods", "ois", "ap"))
    assert said[-1] == f"by rank: ODS {ods['f']:.3f}, OIS {ois['f']:.3f}, AP {ap:.3f}"


def test_the_json_adds_up(filt, folders):
    found = score(filt, "--thresholds", "9")
    assert found["pictures"] == 5
    assert [point["threshold"] for point in found["curve"]] == pytest.approx(np.arange(1, 10) / 10)
    assert max(point["f"] for point in found["curve"]) <= found["ods"]["f"] <= 1
    assert 0.5 < found["ods"]["f"] <= found["ois"]["f"] + 0.01
    assert [one["name"] for one in found["images"]] == list("abcde")
    assert found["images"][3]["truths"] == ["truth/d-1.png", "truth/d-2.png"]
    assert found["unused_truths"] == []
    for point in [found["ods"], found["ois"], *found["images"], *found["curve"]]:
        both = point["precision"] + point["recall"]
        assert point["f"] == pytest.approx(2 * point["precision"] * point["recall"] / (both or 1))


def test_truths_against_themselves_are_perfect(filt, folders):
    Path("same").mkdir()
    for number, name in enumerate("ce"):
        soft = truth_map(2 + 2 * number) * np.uint8(255)
        assert cv2.imwrite(f"same/{name}.png", soft)
    result = filt("score", "same", "--truth", "truth")
    assert re.search(r"ODS +1\.000 +1\.000 +1\.000", result.stdout)
    assert re.search(r"OIS +1\.000", result.stdout)
    assert "AP 0.000 (edges of one strength: the curve has no area)" in result.stdout
    assert result.stderr == ("Warning: truth: 4 of the truth files without a map, such as a.mat\n")


def test_jobs_change_nothing(filt, folders):
    one = filt("score", "maps", "--truth", "truth", "--json", "--jobs", "1").stdout
    two = filt("score", "maps", "--truth", "truth", "--json", "--jobs", "2").stdout
    assert one == two


def test_options_count(filt, folders):
    default = score(filt)["ods"]
    assert score(filt, "--tolerance", "0.1")["ods"]["recall"] > default["recall"]
    thick = cv2.dilate(truth_map(2), np.ones((3, 3), np.uint8)) * np.uint8(255)
    assert cv2.imwrite("c.png", thick)
    thinned = json.loads(filt("score", "c.png", "--truth", "truth/c.png", "--json").stdout)
    as_is = json.loads(
        filt("score", "c.png", "--truth", "truth/c.png", "--json", "--no-thin").stdout
    )
    assert (thinned["thin"], as_is["thin"]) == (True, False)
    assert thinned["ods"]["precision"] > 0.9
    assert as_is["ods"]["precision"] < 0.5


def test_what_edges_writes_is_scored(filt, folders):
    Path("photos").mkdir()
    photo = np.full(SIZE, 40, np.uint8)
    photo[20:, :] = 200
    assert cv2.imwrite("photos/c.png", photo)
    filt("edges", "photos/c.png", "--soft", "-o", "soft/")
    truth = np.zeros(SIZE, np.uint8)
    truth[19] = 255
    assert cv2.imwrite("truth/c.png", truth)
    found = json.loads(filt("score", "soft", "--truth", "truth", "--json").stdout)
    assert found["images"][0]["map"] == "soft/c.canny-soft.png"
    assert found["ods"]["f"] > 0.95


@pytest.mark.parametrize("name", ["curve.png", "curve.svg"])
def test_the_plot(filt, folders, name):
    result = filt("score", "maps", "--truth", "truth", "--plot", name)
    assert result.stdout.endswith(f"wrote {name}\n")
    first = Path(name).read_bytes()
    if name.endswith("png"):
        assert cv2.imread(name).shape == (500, 500, 3)
    else:
        assert b"<svg" in first
    result = filt("score", "maps", "--truth", "truth", "--plot", name, "--json")
    assert result.stderr == f"wrote {name}\n"
    assert Path(name).read_bytes() == first
    result = filt("score", "maps", "--truth", "truth", "--plot", name, "--no-clobber", code=1)
    assert result.stderr == f"Error: {name}: exists already\n"


def test_maps_that_are_no_edges_are_said_to_be(filt):
    assert cv2.imwrite("a.png", truth_map(1))  # 0 and 1 of 255
    assert cv2.imwrite("truth.png", truth_map(1))
    result = filt("score", "a.png", "--truth", "truth.png")
    assert result.stderr == (
        "Warning: nothing is matched at any threshold: is white at full scale the surest edge?\n"
    )


def put(name, pixels):
    """What makes a picture of that name."""
    return lambda: cv2.imwrite(name, np.array(pixels, np.uint8))


def cut(name):
    """What leaves the first half of a file."""
    return lambda: Path(name).write_bytes(Path(name).read_bytes()[: Path(name).stat().st_size // 2])


def empty(name):
    """What makes an empty folder."""
    return lambda: Path(name).mkdir()


def nothing():
    pass


ALL = "maps --truth truth"
MAP = "maps/c.canny-soft.png"


@pytest.mark.parametrize(
    ("words", "change", "says"),
    [
        ("new --truth truth", empty("new"), "new: holds no pictures"),
        ("maps --truth new", empty("new"), r"new: holds no truth \(.mat files or pictures\)"),
        ("none --truth truth", nothing, "none: no such file or directory"),
        ("maps --truth none", nothing, "none: no such file or directory"),
        (f"{MAP} --truth new", put("x.png", [[0]]), "new: no such file or directory"),
        (ALL, put("maps/f.png", [[0]]), "maps/f.png: has no truth in truth"),
        ("x.png --truth truth", put("x.png", [[0]]), "truth: no truth has the name of a map: .*"),
        (
            ALL,
            put("truth/c.png", truth_map(2)[:9]),
            f"{MAP}: soft map and truth must have one size, got 60 x 40 pixels and 60 x 9 pixels",
        ),
        (
            ALL,
            put("truth/c.png", [range(256)]),
            "truth/c.png: is no truth: .* got 256 levels from 0 to 255",
        ),
        (ALL, put(MAP, [[[0, 1, 2]]]), f"{MAP}: a soft map is grey, this picture has colours"),
        (ALL, cut("truth/a.mat"), "truth/a.mat: truncated or corrupt MAT"),
        (ALL, cut("truth/c.png"), "truth/c.png: truncated or corrupt PNG"),
        (ALL, cut(MAP), f"{MAP}: truncated or corrupt PNG"),
        (
            f"{ALL} --plot a.pdf",
            nothing,
            "a.pdf: a chart's name must end in .png or .svg, got .pdf",
        ),
        (f"{ALL} --plot no/a.png", nothing, "no/a.png: its folder does not exist"),
        (
            f"{ALL} --plot truth/c.png",
            nothing,
            "truth/c.png: the output would overwrite an input",
        ),
        (
            f"{MAP} maps/a.canny-soft.png --truth truth/a.mat",
            nothing,
            "truth/a.mat: several maps need a folder of truths",
        ),
    ],
)
def test_errors_are_one_line(filt, folders, words, change, says):
    change()
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    result = filt("score", *words.split(), code=1)
    assert result.stdout == ""
    assert re.fullmatch(f"(Warning: .*\n)?Error: {says}\n", result.stderr)
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


def test_without_numba_the_extra_is_named(filt, folders, monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    compiled.cache_clear()
    try:
        result = filt("score", "maps", "--truth", "truth", code=1)
    finally:
        compiled.cache_clear()
    assert result.stderr == 'Error: numba is not installed: pip install "filt[score]"\n'


@pytest.mark.parametrize(
    "words",
    [
        "",
        "maps",
        "maps --truth truth --thresholds 0",
        "maps --truth truth --tolerance 2",
        "maps --truth truth --jobs 0",
        "http://localhost/maps --truth truth",
        "maps --truth http://localhost/truth",
    ],
)
def test_wrong_usage(folders, words):
    result = CliRunner().invoke(main, ["score", *words.split()])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len([line for line in result.stderr.splitlines() if line.startswith("Error: ")]) == 1


def test_on_a_terminal_a_bar_says_how_many_are_done(filt, folders, terminal):
    said = filt("score", "maps", "--truth", "truth", "--jobs", "1").stderr
    assert "scoring" in said
    assert "100%" in said


def test_where_nobody_looks_nothing_moves(filt, folders):
    assert filt("score", "maps", "--truth", "truth", "--jobs", "1").stderr == ""
