"""Zarr arrays in stores, in fsspec's memory:// of this process: read by chunks, put whole."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from stream_cases import load_zarr, names_in, picture, save_zarr

from filt.filters.errors import ReadError, WriteError
from filt.filters.files.disk import DamagedError
from filt.filters.files.remote import RemotePath, expanded
from filt.filters.streams.zarr_stores import StoredParts, sent_array

pytest.importorskip("fsspec")
pytest.importorskip("zarr")

URL = "memory://in/slide.zarr"


@pytest.fixture
def slide(filt, store):
    """A picture of 4 by 4 chunks, here and in the store."""
    pixels = picture((83, 61), np.uint8)
    save_zarr("slide.zarr", pixels)
    store.put("slide.zarr/", "/in/slide.zarr/", recursive=True)
    return pixels


def fetch(store, name, to):
    store.get(f"/{name}/", f"{to}/", recursive=True)
    return load_zarr(to)


@pytest.mark.usefixtures("slide")
@pytest.mark.parametrize("out", ["out.tif", "out.zarr", "memory://out/deeper.zarr"])
@pytest.mark.parametrize("words", [["apply", "sobel", "--show", "abs"], ["edges"]], ids=" ".join)
def test_is_what_the_same_array_here_gives(filt, store, words, out):
    filt(*words, "slide.zarr", "-o", "expected.zarr")
    said = filt(*words, URL, "-o", out).stdout
    assert said.startswith(out)
    expected = load_zarr("expected.zarr")
    assert expected.any()
    if out.endswith(".tif"):
        import tifffile

        np.testing.assert_array_equal(tifffile.imread(out), expected)
    elif out.startswith("memory"):
        np.testing.assert_array_equal(fetch(store, "out/deeper.zarr", "got.zarr"), expected)
        assert not any(".filt" in name for name in store.find("/"))
    else:
        np.testing.assert_array_equal(load_zarr(out), expected)


@pytest.mark.usefixtures("slide")
def test_chunks_are_read_where_they_are_needed_and_never_all_at_once(filt, store, monkeypatch):
    asked = []
    read = type(store).cat_file

    def counted(self, path, start=None, end=None, **more):
        asked.append(path)
        return read(self, path, start=start, end=end, **more)

    monkeypatch.setattr(type(store), "cat_file", counted)
    filt("apply", "sobel", URL, "-o", "out.tif")
    chunks = [path for path in asked if "/c/" in path]
    assert sorted(set(chunks)) == sorted(chunks) == store.find("/in/slide.zarr/c")


@pytest.mark.usefixtures("slide")
def test_patterns_find_arrays(store):
    store.pipe("/in/a.png", b"no array")
    found = expanded(RemotePath("memory://in/*"))
    assert [str(path) for path in found] == ["memory://in/a.png", URL]
    assert expanded(RemotePath("memory://in/*.zarr")) == [RemotePath(URL)]


@pytest.mark.usefixtures("slide")
def test_what_stands_there_is_replaced_or_not(filt, store):
    out = "memory://out/a.zarr"
    filt("apply", "sobel", URL, "-o", out)
    before = store.find("/out")
    refused = filt("apply", "identity", URL, "-o", out, "--no-clobber", code=1)
    assert refused.stderr == f"Error: {out}: exists already\n"
    filt("apply", "identity", URL, "-o", out)
    np.testing.assert_array_equal(fetch(store, "out/a.zarr", "got.zarr"), load_zarr("slide.zarr"))
    assert store.find("/out") == before
    store.pipe("/out/notes.zarr/b.txt", b"no array")
    refused = filt("apply", "sobel", URL, "-o", "memory://out/notes.zarr", code=1)
    assert "is no Zarr array, and is not replaced by one" in refused.stderr
    assert store.cat("/out/notes.zarr/b.txt") == b"no array"


@pytest.mark.usefixtures("slide")
def test_what_breaks_off_leaves_no_array(filt, store, monkeypatch):
    put, count = type(store).put_file, []

    def breaks(self, source, target, **more):
        count.append(target)
        if len(count) > 1:
            raise OSError(5, "Input/output error")
        return put(self, source, target, **more)

    monkeypatch.setattr(type(store), "put_file", breaks)
    ended = filt("apply", "sobel", URL, "-o", "memory://out/a.zarr", code=1)
    assert ended.stderr == "Error: memory://out/a.zarr: input/output error\n"
    assert not store.find("/out")
    assert names_in(".") == ["slide.zarr"]


@pytest.mark.usefixtures("slide")
def test_names_in_urls_are_no_patterns_where_they_are_written(filt, store):
    for name in ("a1", "a2", "a"):
        store.pipe(f"/out/{name}.zarr/zarr.json", b"{}")
    for name in ("a[1]", "a?", "a*"):
        for _ in range(2):
            filt("apply", "identity", URL, "-o", f"memory://out/{name}.zarr")
            found = fetch_exactly(store, f"/out/{name}.zarr", Path("got.zarr"))
            np.testing.assert_array_equal(found, load_zarr("slide.zarr"))
    ended = filt("apply", "sobel", URL, "-o", "memory://out/a[1].zarr", "--no-clobber", code=1)
    assert ended.stderr == "Error: memory://out/a[1].zarr: exists already\n"
    for name in ("a1", "a2", "a"):
        assert store.cat_file(f"/out/{name}.zarr/zarr.json") == b"{}"


def fetch_exactly(store, name, to):
    for part in store.find(name):
        place = to / part.removeprefix(f"{name}/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(store.cat_file(part))
    return load_zarr(to)


def test_the_metadata_come_last_and_go_first(store, tmp_path, monkeypatch):
    done = []

    def noted(kind):
        method = getattr(type(store), kind)

        def call(self, *words, **more):
            done.append((kind, words[-1].removeprefix("/a.zarr/")))
            return method(self, *words, **more)

        monkeypatch.setattr(type(store), kind, call)

    for kind in ("put_file", "rm_file"):
        noted(kind)
    for names in (["c/0/0", "c/0/1", "c/1/0"], ["c/0/0"]):
        with sent_array(RemotePath("memory://a.zarr")) as made:
            for name in ["zarr.json", *names]:
                (made / name).parent.mkdir(parents=True, exist_ok=True)
                (made / name).write_bytes(b"{}")
        assert store.find("/a.zarr") == [f"/a.zarr/{name}" for name in [*names, "zarr.json"]]
    files = {"c/0/0", "c/0/1", "c/1/0", "zarr.json"}
    parts = [(kind, name) for kind, name in done if name in files]
    assert parts == [
        ("put_file", "c/0/0"), ("put_file", "c/0/1"), ("put_file", "c/1/0"),
        ("put_file", "zarr.json"),
        ("rm_file", "zarr.json"),
        ("rm_file", "c/0/0"), ("rm_file", "c/0/1"), ("rm_file", "c/1/0"),
        ("put_file", "c/0/0"), ("put_file", "zarr.json"),
    ]  # fmt: skip


def test_what_comes_there_meanwhile_is_left_alone(store):
    sending = sent_array(RemotePath("memory://a.zarr"), clobber=False)
    made = sending.__enter__()
    made.mkdir()
    (made / "zarr.json").write_bytes(b"{ }")
    store.pipe("/a.zarr/zarr.json", b"{}")
    with pytest.raises(WriteError, match="exists already"):
        sending.__exit__(None, None, None)
    assert store.cat_file("/a.zarr/zarr.json") == b"{}"


@pytest.mark.usefixtures("slide")
def test_remains_of_an_upload_that_was_killed_are_replaced(filt, store):
    store.pipe("/out/a.zarr/c/9/9", b"half an upload")
    filt("apply", "identity", URL, "-o", "memory://out/a.zarr")
    np.testing.assert_array_equal(fetch(store, "out/a.zarr", "got.zarr"), load_zarr("slide.zarr"))
    assert not store.exists("/out/a.zarr/c/9/9")


@pytest.mark.usefixtures("slide")
def test_a_slash_behind_an_array_is_none_of_its_name(filt):
    filt("apply", "identity", f"{URL}/", "-o", "out.zarr")
    np.testing.assert_array_equal(load_zarr("out.zarr"), load_zarr("slide.zarr"))


def test_errors_name_the_url(filt, store):
    ended = filt("apply", "sobel", URL, "-o", "a.tif", code=1)
    said = "no Zarr array: it has neither zarr.json nor .zarray"
    assert ended.stderr == f"Error: {URL}: {said}\n"
    Path("no.zarr").mkdir()
    ended = filt("apply", "sobel", "no.zarr", "-o", "a.tif", code=1)
    assert ended.stderr == f"Error: no.zarr: {said}\n"
    Path("no.zarr").rmdir()
    store.pipe("/in/slide.zarr/zarr.json", b"{no json")
    ended = filt("edges", URL, "-o", "a.tif", code=1)
    assert ended.stderr == f"Error: {URL}: truncated or corrupt Zarr\n"
    assert names_in(".") == []


def test_parts_are_bounded_and_refusals_are_said(store, monkeypatch):
    store.pipe("/in/slide.zarr/c/0/0", bytes(100))
    parts = StoredParts(RemotePath(URL))
    assert parts.get("c/0/0", 100) == bytes(100)
    assert parts.get("c/0/1", 100) is None
    assert parts.identity == ""
    with pytest.raises(DamagedError):
        parts.get("c/0/0", 99)

    def refuses(self, path, **more):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(store), "cat_file", refuses)
    with pytest.raises(ReadError, match=f"{URL}/c/0/0: permission denied"):
        parts.get("c/0/0", 100)


def test_another_array_in_the_same_place_has_another_identity(store):
    parts = StoredParts(RemotePath(URL))
    store.pipe("/in/slide.zarr/zarr.json", b"{}")
    first = parts.identity
    assert json.loads(first)["size"] == 2
    store.pipe("/in/slide.zarr/zarr.json", b"{ }")
    assert parts.identity != first


def test_nothing_is_put_where_the_block_fails(store):
    with pytest.raises(ZeroDivisionError), sent_array(RemotePath("memory://a.zarr")) as made:
        made.mkdir(parents=bool(1 // 0))
    assert not store.find("/")
    assert not made.parent.exists()
    store.pipe("/a.zarr/zarr.json", b"{}")
    with (
        pytest.raises(WriteError, match="exists already"),
        sent_array(RemotePath("memory://a.zarr"), clobber=False),
    ):
        pass


@pytest.mark.slow
def test_chunks_in_a_store_go_over_a_cluster(interpreter, tmp_path):
    """local:// is a store that the processes of a cluster share."""
    pytest.importorskip("distributed")
    save_zarr(tmp_path / "slide.zarr", picture((300, 280), np.uint8), chunks=(64, 70))
    url = f"local://{tmp_path.as_posix()}/slide.zarr"
    plain = interpreter("apply", "sobel", "slide.zarr", "-o", "plain.zarr", text=True)
    words = ("apply", "sobel", url, "-o", "out.zarr", "--dask", "local", "--jobs", "2")
    spread = interpreter(*words, text=True)
    assert (plain.returncode, spread.returncode, spread.stderr) == (0, 0, "")
    wanted, found = (load_zarr(tmp_path / name) for name in ("plain.zarr", "out.zarr"))
    np.testing.assert_allclose(found, wanted, atol=1e-3)
    assert wanted.any()
