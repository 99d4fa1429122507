from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filt.filters.errors import FiltError, InputError, WriteError
from filt.filters.files.outputs import output_name, output_paths


@pytest.mark.parametrize(
    ("source", "name", "expected"),
    [
        ("photo.png", "sobel-x", "photo.sobel-x.png"),
        ("some/where/photo.jpg", "sobel", "photo.sobel.png"),
        ("photo", "box", "photo.box.png"),
        ("photo.old.tif", "box", "photo.old.box.png"),
        (".hidden", "box", ".hidden.box.png"),
        ("a.png", "gaussian-blur:sigma=2+sobel", "a.gaussian-blur-sigma-2-sobel.png"),
        ("a.png", "canny:sigma=1.4,low=0.05", "a.canny-sigma-1.4-low-0.05.png"),
        ("a.png", "learned:7", "a.learned-7.png"),
        ("a.png", "models/m.keras:7", "a.models-m.keras-7.png"),
        ("a.png", "taps:/etc/../k.npy", "a.taps-etc-..-k.npy.png"),
    ],
)
def test_names(source, name, expected):
    assert output_name(Path(source), name) == expected
    assert output_name(Path(source), name, ".tif") == expected.removesuffix(".png") + ".tif"


@given(st.text(max_size=200))
def test_any_name_becomes_one_that_a_file_system_takes(name):
    made = output_name(Path("photo.png"), name)
    assert made.startswith("photo.")
    assert made.endswith(".png")
    assert all(c.isascii() and (c.isalnum() or c in "._-") for c in made)
    assert len(made) < 120
    assert Path(made).name == made


def test_long_names_stay_apart():
    taps = ",".join(["0.125"] * 40)
    one, other = (output_name(Path("a.png"), f"taps:[[{taps},{last}]]") for last in (1, 2))
    assert one != other
    assert one[:80] == other[:80]
    assert len(one) == len(other) < 120


def test_beside_the_source_in_a_folder_or_in_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("there").mkdir()
    one, two = Path("in/a.png"), Path("in/b.png")
    assert output_paths([one, two], "box") == [Path("in/a.box.png"), Path("in/b.box.png")]
    assert output_paths([one], "box", "x.tif") == [Path("x.tif")]
    assert output_paths([one], "box", "there") == [Path("there/a.box.png")]
    assert output_paths([one], "box", "new/") == [Path("new/a.box.png")]
    assert output_paths([one, two], "box", "new") == [Path("new/a.box.png"), Path("new/b.box.png")]
    assert output_paths([one], "box", None, ".npy") == [Path("in/a.box.npy")]
    assert list(Path().iterdir()) == [Path("there")]  # paths alone: nothing is made


def refused(sources, out=None):
    with pytest.raises(InputError) as caught:
        output_paths([Path(source) for source in sources], "box", out)
    return str(caught.value)


def test_several_into_one_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("x.png").write_bytes(b"")
    assert refused(["a.png", "b.png"], "x.png").startswith("x.png: ")


def test_a_folder_in_a_folder_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WriteError, match=r"^nowhere/new/: no such file or directory$"):
        output_paths([Path("a.png")], "box", "nowhere/new/")


@pytest.mark.parametrize("source", [".", "/"])
@pytest.mark.parametrize("out", [None, "new/"])
def test_a_source_without_a_name_is_a_folder(source, out):
    with pytest.raises(FiltError, match=f"^{re.escape(source)}: is a directory"):
        output_paths([Path(source)], "box", out)


def test_collisions(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "both a.png and a.jpg" in refused(["a.png", "a.jpg"])
    assert "both a.png and a.png" in refused(["a.png", "a.png"])
    assert "both one/a.png and two/a.png" in refused(["one/a.png", "two/a.png"], "out/")
    assert "a.png: the output would overwrite an input" in refused(["a.png"], "a.png")
    assert "overwrite an input" in refused(["a.png"], "sub/../a.png")
    assert "a.box.png: the output would overwrite an input" in refused(["a.png", "a.box.png"])


def test_links_are_followed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.png").write_bytes(b"")
    Path("sub").mkdir()
    Path("sub/link.png").symlink_to("../a.png")
    Path("other").symlink_to("sub")
    Path("circle").symlink_to("circle")
    assert "overwrite" in refused(["a.png"], "sub/link.png")
    assert "overwrite" in refused(["sub/link.png"], "a.png")
    assert "overwrite" in refused(["sub/link.png"], "other/link.png")
    assert "both" in refused(["sub/x.png", "other/x.png"])
    assert output_paths([Path("a.png")], "box", "circle") == [Path("circle")]


@pytest.mark.skipif(sys.platform == "win32", reason="names are compared otherwise there")
def test_case_matters_where_the_system_says_so():
    sources = [Path("a.png"), Path("A.png")]
    assert output_paths(sources, "box") == [Path("a.box.png"), Path("A.box.png")]


def test_a_name_that_is_too_long_is_a_message():
    long = "x" * 300 + ".png"
    try:
        paths = output_paths([Path("a.png")], "box", long)
    except InputError as error:
        assert "long" in str(error)  # noqa: PT017 - either is well: refused here or when written
    else:
        assert paths == [Path(long)]
