"""filt extract, and learned kernels in the other commands."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from filt.filters.catalogue import kernel
from filt.learned.files.bank_files import load_bank, save_bank
from filt.learned.kernel_bank import KernelBank
from filt.learned.matching.matching import match_bank

PLANTED = kernel("sobel5-x").taps


@pytest.fixture
def bank(tmp_path):
    rng = np.random.default_rng(7)
    start = rng.uniform(-1, 1, (5, 5, 1, 6))
    kernels = start.copy()
    kernels[:, :, 0, 2] = PLANTED / 30
    kernels[:, :, 0, 4] = 0.5
    made = KernelBank(kernels, name="made", untrained=start)
    save_bank(tmp_path / "made.npz", made)
    return made


def test_the_table_has_a_line_for_each_kernel(filt, bank):
    lines = filt("extract", "made.npz").output.splitlines()
    assert lines[0] == "made: 6 kernels of 5×5 over 1 channel"
    head = lines.index(next(line for line in lines if line.startswith("#")))
    rows = [line.split() for line in lines[head + 1 : head + 7]]
    assert [row[0] for row in rows] == ["0", "1", "2*", "3", "4", "5"]
    assert rows[2][1] == "gradient"
    assert rows[4][-1] == "flat"
    match = match_bank(bank)
    for row, found in zip(rows, match.kernels, strict=True):
        if found.family:
            assert row[2:5] == [
                f"{found.cosine:.2f}", f"{found.untrained:.2f}", f"{found.chance_q95:.2f}"
            ]  # fmt: skip
    assert "1 of 5 kernels are non-random, 0 of them before training." in "\n".join(lines)


def test_it_claims_no_more_than_it_may(filt, bank, tmp_path):
    nearly = bank.kernels.copy()
    nearly[0, 0, 0, 2] *= 1.001
    save_bank(tmp_path / "made.npz", replace(bank, kernels=nearly))
    output = filt("extract", "made.npz").output
    assert "not that the task taught them" in output
    assert "200,000 untrained kernels" in output
    for operator in ("sobel", "prewitt", "scharr"):
        assert operator not in output.lower()


@pytest.mark.usefixtures("bank")
def test_a_handcrafted_kernel_is_named(filt):
    lines = filt("extract", "made.npz").output.splitlines()
    (row,) = [line for line in lines if line.startswith("2*")]
    assert row.endswith("= sobel5-x")
    (flat,) = [line for line in lines if line.startswith("4 ")]
    assert flat.endswith(" flat")
    assert any("1 of 6 kernels are handcrafted ones" in line for line in lines)


def test_json_has_every_figure(filt, bank):
    facts = json.loads(filt("extract", "made.npz", "--json").stdout)
    assert facts["shape"] == [5, 5, 1, 6]
    assert facts["use"]["padding"] == "valid"
    assert (facts["non_random"], facts["counted"], facts["untrained_non_random"]) == (1, 5, 0)
    slope = facts["kernels"][2]
    assert (slope["family"], slope["theta"], slope["flags"]) == ("gradient", 0.0, [])
    assert slope["sum"] == pytest.approx(0, abs=1e-6)
    assert slope["p"] <= slope["q"] <= 0.05
    assert slope["direction"] == pytest.approx(0, abs=1e-6)
    assert {one["family"] for one in slope["families"]} == {
        "gradient", "bar", "centre-surround", "saddle", "gabor"
    }  # fmt: skip
    assert facts["kernels"][4]["flags"] == ["flat"]
    assert "non-random" in facts["summary"]


def test_it_writes_a_picture_and_a_bank(filt, bank, tmp_path):
    result = filt("extract", "made.npz", "--png", "made.png", "--npz", "again.npz")
    assert "wrote made.png" in result.output
    assert load_bank(tmp_path / "again.npz") == bank
    first = cv2.imread(str(tmp_path / "made.png"))
    assert first is not None
    filt("extract", "made.npz", "--png", "made.png", "--scale", "common", "--rows", "kernels")
    assert cv2.imread(str(tmp_path / "made.png")).shape[0] < first.shape[0]
    filt("extract", "made.npz", "--png", "made.png", "--no-clobber", code=1)


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("none.keras",), 1, "no such file"),
        (("learned", "--layer", "x"), 2, "ships with filt"),
        (("made.npz", "--rows", "epochs", "--png", "x.png"), 1, "epoch by epoch"),
        (("made.npz", "--npz", "made.npz"), 1, "would overwrite an input"),
        (("made.npz", "--layer", "conv9"), 1, "conv9"),
        (("https://example.org/m.keras",), 2, "not URLs"),
    ],
)
def test_what_cannot_be_done_is_one_line(filt, tmp_path, words, code, says):
    result = filt("extract", *words, code=code)
    assert says in result.stderr
    assert result.stdout == ""
    assert not (tmp_path / "x.png").exists()


def test_safetensors_of_pytorch_are_read(filt, tmp_path):
    weights = np.random.default_rng(0).normal(size=(4, 3, 7, 7)).astype("<f4")
    described = {"dtype": "F32", "shape": list(weights.shape), "data_offsets": [0, weights.nbytes]}
    header = json.dumps({"conv1.weight": described}).encode()
    (tmp_path / "m.safetensors").write_bytes(
        len(header).to_bytes(8, "little") + header + weights.tobytes()
    )
    facts = json.loads(filt("extract", "m.safetensors", "--json").stdout)
    assert facts["shape"] == [7, 7, 3, 4]
    assert facts["kernels"][1]["sum"] == pytest.approx(float(weights[1].sum()), rel=1e-5)
    assert 1 / 3 <= facts["kernels"][1]["separability"] <= 1
    assert facts["kernels"][0]["untrained"] is None


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_model_that_would_run_code_does_not(filt, tmp_path):
    """A Lambda layer that writes a file: live when Keras trusts the file, still under filt."""
    keras = pytest.importorskip("keras")
    touched = tmp_path / "touched"
    touch = lambda x: [open("touched", "w").close(), x][1]  # noqa: E731, PTH123
    layers = [keras.layers.Input((8, 8, 1)), keras.layers.Lambda(touch), keras.layers.Conv2D(2, 3)]
    model = keras.Sequential(layers)
    kernels = model.layers[-1].get_weights()[0]
    model.save(tmp_path / "m.keras")
    touched.unlink()
    facts = json.loads(filt("extract", "m.keras", "--json", "--npz", "m.npz").stdout)
    assert not touched.exists()
    assert facts["shape"] == [3, 3, 1, 2]
    np.testing.assert_array_equal(load_bank(tmp_path / "m.npz").kernels, kernels)
    keras.saving.load_model(tmp_path / "m.keras", safe_mode=False)
    assert touched.exists()


# --- the other commands -------------------------------------------------------------------------


@pytest.fixture
def photo(tmp_path):
    image = np.random.default_rng(1).integers(0, 256, (60, 80)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "photo.png"), image)
    return image


def test_a_learned_kernel_filters_as_a_handcrafted_one_does(filt, bank, photo, tmp_path):
    filt("apply", "made.npz:2", "photo.png", "-o", "learned.npy")
    taps = (np.float32(PLANTED / 30)).astype(float).tolist()
    filt("apply", f"taps:{json.dumps(taps)}", "photo.png", "-o", "taps.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "learned.npy"), np.load(tmp_path / "taps.npy"))
    filt("apply", "made.npz:2+box", "photo.png")
    assert (tmp_path / "photo.made.npz-2-box.png").exists()


def test_a_bank_draws_the_sheet_of_its_responses(filt, bank, photo, tmp_path):
    filt("apply", "made.npz", "photo.png", "-o", "sheet.png")
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert min(sheet.shape[:2]) > 3 * 60
    result = filt("apply", "made.npz+sobel", "photo.png", code=2)
    assert "name one of them, made.npz:0 to made.npz:5" in result.stderr


def test_a_bank_is_no_output(filt, bank, photo, tmp_path):
    before = (tmp_path / "made.npz").read_bytes()
    result = filt("apply", "made.npz:1", "photo.png", "-o", "made.npz", code=1)
    assert "would overwrite an input" in result.stderr
    assert (tmp_path / "made.npz").read_bytes() == before


def test_show_prints_and_draws_one_and_names_them_for_a_bank(filt, bank, tmp_path):
    output = filt("show", "made.npz:2", "--png", "two.png").output
    assert "made.npz:2" in output
    assert "vertical edges" in output
    assert (tmp_path / "two.png").exists()
    assert "name one of them" in filt("show", "made.npz", code=1).stderr
    assert "6 kernels, 0 to 5" in filt("show", "made.npz:6", code=2).stderr
