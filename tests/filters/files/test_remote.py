"""Files in stores, in fsspec's memory:// of this process: what is read, written and refused."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from filt.filters.errors import FiltError, InputError, ReadError, WriteError
from filt.filters.files import remote
from filt.filters.files.outputs import output_paths
from filt.filters.files.remote import RemotePath, expanded, fetched, place, sent

pytest.importorskip("fsspec")


def test_what_a_url_is_made_of():
    path = RemotePath("s3://bucket/in/photo.v2.jpg")
    assert (path.name, path.stem, path.suffix) == ("photo.v2.jpg", "photo.v2", ".jpg")
    assert str(path.with_name("b.png")) == "s3://bucket/in/b.png"
    assert str(path.parent / "b.png") == "s3://bucket/in/b.png"
    assert str(RemotePath("s3://bucket") / "b.png") == "s3://bucket/b.png"
    assert str(RemotePath("memory://a.png").with_name("b.png")) == "memory://b.png"
    assert pickle.loads(pickle.dumps(path)) == path


@pytest.mark.parametrize(
    ("url", "error", "said"),
    [
        ("http://example.invalid/a.png", InputError, "filt reads files, not URLs"),
        ("HTTPS://example.invalid/a.png", InputError, "filt reads files, not URLs"),
        ("zip://a.png::memory://b.zip", InputError, "filt reads files, not URLs"),
        ("nobody://a.png", InputError, "fsspec knows no protocol 'nobody'"),
        ("file://elsewhere/a.png", InputError, "file:///PATH"),
    ],
)
def test_urls_that_are_refused(url, error, said):
    with pytest.raises(error, match=said) as caught:
        place(url)
    assert str(caught.value).startswith(url)


def test_a_missing_driver_is_named(monkeypatch):
    from fsspec.registry import known_implementations

    about = {"class": "nowhere_to_import.Store", "err": "Install nowherefs to access Nowhere"}
    monkeypatch.setitem(known_implementations, "nowhere", about)
    with pytest.raises(FiltError, match="install nowherefs to access Nowhere"):
        place("nowhere://a.png")


def test_a_file_is_fetched_whole_and_taken_away(store):
    store.pipe("/in/a.png", b"some bytes")
    with fetched(RemotePath("memory://in/a.png"), 100) as copy:
        assert copy.name == "a.png"
        assert copy.read_bytes() == b"some bytes"
    assert not copy.parent.exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("memory://in/nothing.png", "no such file or directory"),
        ("memory://in", "is a directory"),
        ("memory://in/", "is a directory"),
        ("memory://in/a.png", "10 bytes: the limit for 0 pixels is 0"),
    ],
)
def test_what_is_not_fetched_names_the_url(store, monkeypatch, url, said):
    monkeypatch.setattr(remote, "_BYTES_BESIDE", 0)
    store.pipe("/in/a.png", b"some bytes")
    with pytest.raises(ReadError) as caught, fetched(RemotePath(url), 0):
        pass
    assert str(caught.value) == f"{url}: {said}"


def test_what_is_sent_is_there_when_the_block_ends_well(store):
    path = RemotePath("memory://out/a.png")
    with sent(path) as made:
        made.write_bytes(b"new")
        assert not store.exists("/out/a.png")
    assert store.cat("/out/a.png") == b"new"
    with pytest.raises(ZeroDivisionError), sent(path) as made:
        made.write_bytes(b"half" * (1 // 0))
    assert store.cat("/out/a.png") == b"new"
    with pytest.raises(WriteError, match="exists already"), sent(path, clobber=False):
        pass
    assert not made.parent.exists()


def test_an_upload_that_breaks_off_leaves_what_stood_there(store, monkeypatch):
    from fsspec.implementations.memory import MemoryFile

    store.pipe("/out/a.png", b"old")

    def breaks(self, data):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(MemoryFile, "write", breaks)
    path = RemotePath("memory://out/a.png")
    with pytest.raises(WriteError, match="input/output error"), sent(path) as made:
        made.write_bytes(b"new")
    assert store.cat("/out/a.png") == b"old"


def test_patterns_are_expanded_sorted_and_bounded(store, monkeypatch):
    for name in ("b.jpg", "a.jpg", "c.png", "deeper/d.jpg"):
        store.pipe(f"/in/{name}", b"x")
    found = expanded(RemotePath("memory://in/*.jpg"))
    assert [str(path) for path in found] == ["memory://in/a.jpg", "memory://in/b.jpg"]
    assert expanded(RemotePath("memory://in/none.jpg")) == [RemotePath("memory://in/none.jpg")]
    with pytest.raises(ReadError, match=r"memory://in/\*.gif: no such file"):
        expanded(RemotePath("memory://in/*.gif"))
    monkeypatch.setattr(remote, "MOST_FILES", 1)
    with pytest.raises(ReadError, match="2 files, the limit is 1"):
        expanded(RemotePath("memory://in/*.jpg"))


def test_outputs_lie_where_the_url_says(store):
    sources = [RemotePath("memory://in/a.jpg"), RemotePath("memory://in/b.jpg")]
    assert [str(path) for path in output_paths(sources, "sobel")] == [
        "memory://in/a.sobel.png", "memory://in/b.sobel.png",
    ]  # fmt: skip
    assert str(output_paths(sources, "sobel", "memory://out")[1]) == "memory://out/b.sobel.png"
    assert str(output_paths(sources[:1], "sobel", "memory://b.png")[0]) == "memory://b.png"
    with pytest.raises(InputError, match="overwrite an input"):
        output_paths(sources[:1], "sobel", "memory:///in/a.jpg")


def test_a_batch_from_a_store_into_a_store(store, tmp_path):
    from click.testing import CliRunner

    from filt.cli import main
    from filt.filters.files.reading import read_image
    from filt.filters.files.writing import write_image
    from filt.filters.picture import Picture

    for number in range(3):
        pixels = np.random.default_rng(number).integers(0, 256, (9, 8), np.uint8)
        write_image(tmp_path / f"{number}.png", Picture(pixels, 255.0, pixels.dtype))
        store.put_file(str(tmp_path / f"{number}.png"), f"/in/{number}.png")
    store.pipe("/in/bad.png", b"no picture")
    words = ["apply", "sobel", "memory://in/*.png", "-o", "memory://out/"]
    ended = CliRunner().invoke(main, words, prog_name="filt", catch_exceptions=False)
    assert ended.exit_code == 1
    first, last = ended.stderr.splitlines()
    assert first.startswith("Error: memory://in/bad.png: not a picture")
    assert last == "1 of 4 pictures failed"
    assert [line.partition(": sobel")[0] for line in ended.stdout.splitlines()] == [
        f"memory://out/{number}.sobel.png" for number in range(3)
    ]
    words = ["apply", "sobel", (tmp_path / "2.png").as_uri(), "-o", str(tmp_path / "2.out.png")]
    assert CliRunner().invoke(main, words, prog_name="filt").exit_code == 0
    assert store.cat("/out/2.sobel.png") == (tmp_path / "2.out.png").read_bytes()
    assert read_image(tmp_path / "2.out.png").pixels.shape == (9, 8)
    words = ["edges", "memory://in/0.png", "-o", "memory://edges.png"]
    assert CliRunner().invoke(main, words, prog_name="filt").exit_code == 0
    assert store.exists("/edges.png")
