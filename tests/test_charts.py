"""The charts in samples/ are what samples/charts.py draws, and show what they say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SAMPLES = Path(__file__).parents[1] / "samples"


def _loaded():
    spec = importlib.util.spec_from_file_location("charts", SAMPLES / "charts.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


charts = _loaded()


def read(name: str) -> np.ndarray:
    with Image.open(SAMPLES / name) as picture:
        return np.array(picture)


@pytest.mark.parametrize("name", sorted(set(charts.CHARTS) - {"text"}))
def test_the_committed_charts_are_those_of_the_script(name):
    assert np.array_equal(read(f"{name}.png"), charts.CHARTS[name](256))


def test_the_text_chart_has_the_same_layout_whatever_the_font():
    committed, drawn = read("text.png"), charts.text(256)
    assert committed.shape == drawn.shape == (256, 256)
    for chart in (committed, drawn):
        paper, night = chart[:160], chart[161:]
        assert np.median(paper) == 235
        assert np.median(night) == 20
        assert paper.min() < 40
        assert night.max() > 220


@pytest.mark.parametrize("name", charts.CHARTS)
@pytest.mark.parametrize("side", [16, 100, 257])
def test_charts_of_any_size(name, side):
    chart = charts.CHARTS[name](side)
    assert chart.shape == (side, side)
    assert chart.dtype == np.uint8
    assert np.ptp(chart) > 100


def test_steps_have_the_heights_that_they_say():
    chart = charts.step_edges(256).astype(int)
    heights = [8, 16, 32, 64, 96, -128, -56]
    across = np.diff(chart[5])
    assert across[across != 0].tolist() == heights
    down = np.diff(chart[128:, 5])
    assert down[down != 0].tolist() == heights
    falling = np.diff(np.diagonal(chart[128:, 128:]))
    assert falling[falling != 0].tolist() == heights


def test_the_zone_plate_reaches_half_a_cycle_per_pixel():
    line = charts.zone_plate(256)[0].astype(int) - 128
    # cos(π x² / 512): x = 16 is half a period, x = 32 two periods
    assert line[[0, 16, 32]].tolist() == [127, 0, 127]
    assert (line[-8:-1] * line[-7:] < 0).all()


def test_the_star_is_black_opposite_white():
    star = charts.siemens_star(256).astype(int)
    y, x = np.mgrid[:256, :256] - 127.5
    ring = np.abs(np.hypot(y, x) - 100) < 10
    opposite = star[::-1, ::-1]
    assert np.mean(np.abs(star + opposite - 255)[ring]) < 1


def test_the_noise_grows_as_it_says():
    noisy = charts.noise(256).astype(float)
    ramp = 48 + 128 * np.arange(256) // 256
    for strip, sigma in enumerate(charts.NOISE_SIGMAS):
        # the outer columns, where there is no disc
        part = (noisy - ramp)[strip * 64 : strip * 64 + 64, np.r_[:48, 208:256]]
        assert part.std() == pytest.approx(sigma, rel=0.05, abs=0.01)
        assert abs(part.mean()) < 0.05 * sigma + 0.01


def test_the_script_draws_into_a_folder(tmp_path):
    charts.main(tmp_path / "made")
    assert sorted(path.stem for path in (tmp_path / "made").iterdir()) == sorted(charts.CHARTS)


def test_samples_are_small_and_explained():
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    # What the README's own commands write beside the photo is no sample.
    for path in (file for file in SAMPLES.glob("*.png") if not file.match("photo.*.png")):
        assert path.stat().st_size < 500_000
        assert f"`{path.name}`" in readme
    assert read("photo.png").shape == (400, 600, 3)
    assert "Rachel\nMichetti" in readme
    assert "CC0" in readme


def test_the_photo_is_the_one_of_scikit_image():
    data = pytest.importorskip("skimage.data")
    assert np.array_equal(read("photo.png"), data.coffee())
