"""filt compare: the page, its data, and what it says of banks of every kind."""

from __future__ import annotations

import json
import re
from pathlib import Path

import model_builders as build
import numpy as np
import pytest
from PIL import Image

from filt.learned.files.bank_files import save_bank
from filt.learned.kernel_bank import KernelBank

SAMPLES = Path(__file__).parents[2] / "samples"
PHOTO = SAMPLES / "photo.png"
SMALL = SAMPLES / "step-edges.png"


def bank_file(path, kernels, **more):
    save_bank(path, KernelBank(kernels, name=path.stem, **more))
    return path


@pytest.fixture
def own(tmp_path):
    """A bank that is quick to compare: two slopes, a bar and noise."""
    rng = np.random.default_rng(4)
    noise = rng.normal(size=(3, 3, 1, 4))
    slope = np.outer([1, 2, 1], [-1, 0, 1])
    for n, taps in enumerate((slope, slope.T, np.outer([1, 1, 1], [-1, 2, -1]))):
        noise[:, :, 0, n] = 0.05 * noise[:, :, 0, n] + taps
    return bank_file(tmp_path / "own.npz", noise)


def test_the_banks_that_ship(filt):
    said = filt("compare", PHOTO).stdout
    page = Path("filt-report.html").read_text(encoding="utf-8")
    assert said.endswith("wrote filt-report.html\n")
    assert re.search(r"^learned: Not Sobel", said, re.M)
    assert re.search(r"^learned-notes: Nothing learned", said, re.M)
    assert "16 of 16 kernels are unlike untrained ones" in page
    assert len(page) < 5_000_000
    assert "http://" not in page.replace("http://www.w3.org/", "")


def test_json_is_the_same_twice_and_holds_every_figure(filt, own):
    first, second = (filt("compare", SMALL, "--model", own, "--json").stdout for _ in range(2))
    assert first == second
    assert not Path("filt-report.html").exists()
    found = json.loads(first)
    (bank,) = found["banks"]
    np.testing.assert_array_equal(
        np.array(bank["bank"]["kernels"], np.float32)[..., 1].shape, (3, 3, 1)
    )
    assert bank["match"]["kernels"][0]["family"] == "gradient"
    assert {"controls", "functional", "subspaces", "fits", "layer", "answer"} <= bank.keys()
    best = [kernel["best"] for kernel in bank["match"]["kernels"]]
    assert bank["by_epoch"] == {"trained": pytest.approx(best)}
    (photo,) = found["photos"]
    assert photo["photo"]["name"] == "step-edges.png"
    assert [edge["method"] for edge in photo["edges"]] == ["sobel", "canny", "learned-edges"]
    assert set(photo["pairs"][0][0]) == {"index", "correlation"}


def test_json_and_page_at_once(filt, own):
    result = filt("compare", SMALL, "--model", own, "--json", "-o", "r.html")
    json.loads(result.stdout)
    assert result.stderr.endswith("wrote r.html\n")
    assert Path("r.html").exists()


def test_the_taps_in_the_json_are_those_of_the_file(filt, own):
    found = json.loads(filt("compare", SMALL, "--model", own, "--json").stdout)
    with np.load(own) as stored:
        np.testing.assert_array_equal(
            np.array(found["banks"][0]["bank"]["kernels"], np.float32), stored["kernels"]
        )


def test_two_pages_are_the_same_byte_for_byte(filt, own):
    for _ in range(2):
        filt("compare", SMALL, "--model", own, "-o", "a.html")
        Path("a.html").rename(f"{len(list(Path().glob('*.html')))}.html")
    first, second = (path.read_bytes() for path in sorted(Path().glob("*.html")))
    assert first == second


def test_several_models_and_photos_stand_side_by_side(filt, own, tmp_path):
    sobels = bank_file(tmp_path / "sobels.npz", KernelBank.from_names(["sobel-x"]).kernels)
    said = filt("compare", SMALL, SAMPLES / "text.png", "--model", own, "--model", sobels).stdout
    page = Path("filt-report.html").read_text(encoding="utf-8")
    assert "Side by side" in page
    assert "On step-edges.png" in page
    assert "On text.png" in page
    assert "This is a Sobel kernel, tap for tap" in said


def test_without_a_photo_a_generated_one_is_used(filt, own):
    filt("compare", "--model", own)
    assert "generated leaves" in Path("filt-report.html").read_text(encoding="utf-8")


def test_a_keras_model_of_ones_own(filt, tmp_path):
    build.small_archive(tmp_path / "mine.keras")
    filt("compare", SMALL, "--model", tmp_path / "mine.keras")
    page = Path("filt-report.html").read_text(encoding="utf-8")
    assert "mine.keras" in page


@pytest.mark.parametrize("count", [8, 70])
def test_a_pytorch_file_with_3x3_rgb_kernels(filt, tmp_path, count):
    weights = np.random.default_rng(0).normal(size=(count, 3, 3, 3)).astype(np.float32)
    path = tmp_path / "model.safetensors"
    path.write_bytes(build.safetensors_bytes({"features.0.weight": ("F32", weights)}))
    said = filt("compare", PHOTO, "--model", path).stdout
    assert "Nothing learned that these kernels show" in said
    page = Path("filt-report.html").read_text(encoding="utf-8")
    assert page.count("<article") == min(count, 64)
    assert ("more kernels" in page) == (count > 64)
    assert "together" in page


@pytest.mark.parametrize("shape", [(1, 1, 1, 3), (2, 5, 1, 2), (5, 5, 4, 2), (33, 33, 1, 1)])
def test_kernels_of_any_shape(filt, tmp_path, shape):
    kernels = np.random.default_rng(1).normal(size=shape)
    filt("compare", SMALL, "--model", bank_file(tmp_path / "any.npz", kernels))
    assert "<h1>" in Path("filt-report.html").read_text(encoding="utf-8")


def test_flat_kernels_and_flat_photos(filt, tmp_path):
    bank = bank_file(tmp_path / "flat.npz", np.ones((3, 3, 1, 2)))
    np.save(tmp_path / "grey.npy", np.full((9, 9), 0.5))
    filt("compare", tmp_path / "grey.npy", "--model", bank)


def test_every_text_is_escaped(filt, own, tmp_path):
    name = "<img src=x onerror=alert(1)>.png"
    (tmp_path / name).write_bytes(SMALL.read_bytes())
    evil = tmp_path / "<script>alert(2)<script>.npz"
    evil.write_bytes(own.read_bytes())
    filt("compare", name, "--model", evil)
    page = Path("filt-report.html").read_text(encoding="utf-8")
    assert "&lt;img src=x onerror" in page
    assert "<img src=x" not in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["missing.png"], "missing.png: no such file or directory"),
        (["--model", "missing.npz"], "missing.npz: no such file or directory"),
        (["-o", "page.txt"], "page.txt: the name of a report must end in .html"),
        (["-o", "none/page.html", "--model", "own.npz"], "none/page.html"),
    ],
)
def test_what_is_wrong_is_said_on_one_line(filt, own, words, message):
    result = filt("compare", *words, code=1)
    assert result.stderr.startswith(f"Error: {message}")
    assert result.stderr.count("\n") == 1
    assert not list(Path().glob("*.html"))


def test_an_input_is_never_overwritten(filt, own):
    target = Path("photo.html")
    target.write_bytes(SMALL.read_bytes())
    result = filt("compare", target, "--model", own, "-o", target, code=1)
    assert "overwrite an input" in result.stderr
    assert target.read_bytes() == SMALL.read_bytes()


def test_no_clobber_keeps_what_stands_there(filt, own):
    Path("filt-report.html").write_text("mine")
    filt("compare", SMALL, "--model", own, "--no-clobber", code=1)
    assert Path("filt-report.html").read_text() == "mine"


def test_open_needs_a_page(filt):
    assert "--open needs a page" in filt("compare", "--json", "--open", code=2).stderr


def test_photos_of_one_name_are_told_apart_and_nothing_is_shown_twice(filt, own, tmp_path):
    for folder in ("first", "second"):
        Path(folder).mkdir()
        Path(folder, "same.png").write_bytes(SMALL.read_bytes())
    images = ["first/same.png", "second/same.png", "first/same.png"]
    said = filt("compare", *images, "--model", own, "--model", own, "--json").stdout
    found = json.loads(said)
    names = [photo["photo"]["name"] for photo in found["photos"]]
    assert names == ["first/same.png", "second/same.png"]
    assert len(found["banks"]) == 1


def test_a_photo_of_one_patch_tells_nothing_of_patches(filt, own):
    """On 3×3 pixels a 3×3 kernel has one place, so nothing varies there."""
    Image.fromarray(np.arange(9, dtype=np.uint8).reshape(3, 3)).save("patch.png")
    found = json.loads(filt("compare", "patch.png", "--model", own, "--json").stdout)
    assert found["banks"][0]["controls"] is None
    assert found["banks"][0]["functional"] is None


def test_of_many_channels_and_kernels_the_page_draws_less_and_says_so(filt, tmp_path):
    rng = np.random.default_rng(2)
    deep = bank_file(tmp_path / "deep.npz", rng.normal(size=(3, 3, 64, 64)))
    many = bank_file(
        tmp_path / "many.npz",
        rng.normal(size=(2, 2, 1, 900)),
        untrained=rng.normal(size=(2, 2, 1, 900)),
    )
    filt("compare", SMALL, "--model", deep, "--model", many)
    page = Path("filt-report.html").read_text(encoding="utf-8")
    assert len(page) < 5_000_000
    assert "the first 8 of 64 channels, full colour is" in page
    assert f"Here are the first 4 kernels of the 64 of {deep}." in page
    assert f"The plots are of the first 256 of the 900 kernels of {many}." in page
    assert "836 more kernels are in the JSON." in page
    assert "The first 64 of 900 kernels." in page


@pytest.mark.parametrize("side", [1, 33])
def test_kernels_that_are_not_compared_are_not_said_to_be_flat(filt, tmp_path, side):
    bank = bank_file(tmp_path / "own.npz", np.random.default_rng(1).normal(size=(side, side, 1, 2)))
    filt("compare", SMALL, "--model", bank)
    page = Path("filt-report.html").read_text(encoding="utf-8")
    assert ("All taps are equal" in page) == (side == 1)
    assert "as chance" not in page
    assert "No kernel here has a shape that is compared" in page
    assert "there is nothing to plot" in page


def test_open_shows_the_page_that_was_written(filt, own, monkeypatch):
    shown = []
    monkeypatch.setattr("click.launch", shown.append)
    filt("compare", SMALL, "--model", own, "-o", "two words.html", "--open")
    assert shown == [Path("two words.html").resolve().as_uri()]
    assert shown[0].endswith("/two%20words.html")
    said = filt("compare", SMALL, "--model", own, "--json", "--open", code=2).stderr
    assert "--open needs a page: give -o FILE" in said
    assert len(shown) == 1
