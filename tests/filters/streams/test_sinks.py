"""What is written row by row is the file that is written at once; or nothing is."""

from __future__ import annotations

import errno
import os
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stream_cases import load_zarr, names_in, picture

from filt.filters.engine.threads import share_out
from filt.filters.errors import InputError, WriteError
from filt.filters.files import png_writing, tiff_writing
from filt.filters.files.writing import write_image
from filt.filters.picture import Picture
from filt.filters.streams import sink as sinks
from filt.filters.streams import zarr_sink
from filt.filters.streams.formats import open_rows, open_sink
from filt.filters.streams.sink import Gathered, HaltedError


def write_by_rows(path, pixels, step=7, order=reversed, **options):
    with open_sink(path, pixels.shape, pixels.dtype, **options) as sink:
        for start in order(list(range(0, len(pixels), step))):
            sink.write(start, pixels[start : start + step])


@pytest.mark.parametrize("shape", [(83, 61), (83, 61, 3)], ids=["grey", "rgb"])
@pytest.mark.parametrize(
    ("name", "dtype"),
    [("a.png", "uint8"), ("a.png", "uint16"), ("a.tif", "uint8"), ("a.tif", "uint16"),
     ("a.tif", "float32"), ("a.npy", "float64"), ("a.npy", "uint8"), ("a.tiff", "uint8")],
)  # fmt: skip
def test_the_bytes_are_those_of_the_whole(tmp_path, monkeypatch, name, dtype, shape):
    monkeypatch.setattr(png_writing, "_STRIP_BYTES", 2000)
    monkeypatch.setattr(tiff_writing, "_STRIP_BYTES", 2000)
    pixels = picture(shape, dtype)
    write_image(tmp_path / f"whole-{name}", Picture(pixels, 1.0, pixels.dtype))
    for order in (reversed, list):
        write_by_rows(tmp_path / name, pixels, order=order)
        made = (tmp_path / name).read_bytes()
        assert made == (tmp_path / f"whole-{name}").read_bytes()
    assert names_in(tmp_path) == sorted([name, f"whole-{name}"])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("shape", [(83, 61), (83, 61, 3)], ids=["grey", "rgb"])
def test_a_big_tiff_is_read_by_others(tmp_path, monkeypatch, dtype, shape):
    tifffile = pytest.importorskip("tifffile")
    monkeypatch.setattr(tiff_writing, "LARGEST", 100)
    monkeypatch.setattr(tiff_writing, "_STRIP_BYTES", 2000)
    pixels = picture(shape, dtype)
    write_by_rows(tmp_path / "a.tif", pixels)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.is_bigtiff
        np.testing.assert_array_equal(file.asarray(), pixels)
    from filt.filters.files.reading import read_image

    np.testing.assert_array_equal(read_image(tmp_path / "a.tif").pixels, pixels)


def test_a_tiff_above_4_gb(tmp_path):
    """A hole of 5 GB with pixels at its end."""
    tifffile = pytest.importorskip("tifffile")
    last = picture((3, 50_000), np.float32)
    with open_sink(tmp_path / "a.tif", (25_000, 50_000), np.dtype(np.float32)) as sink:
        sink.write(24_997, last)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.is_bigtiff
        assert file.pages[0].shape == (25_000, 50_000)
    rows = tifffile.memmap(tmp_path / "a.tif", mode="r")
    np.testing.assert_array_equal(rows[-3:], last)
    with open_rows(tmp_path / "a.tif") as read:
        np.testing.assert_array_equal(read[24_996:25_000], np.concatenate([0 * last[:1], last]))


@pytest.mark.parametrize("shape", [(83, 61), (83, 61, 3)], ids=["grey", "rgb"])
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "uint64", "float16", "float64"])
def test_zarr_is_read_by_others(tmp_path, monkeypatch, dtype, shape):
    pytest.importorskip("zarr")
    monkeypatch.setattr(zarr_sink, "_CHUNK", (10, 25))
    pixels = (picture(shape, np.float64) * 50).astype(dtype)
    pixels[:20, :30] = 0
    write_by_rows(tmp_path / "a.zarr", pixels)
    made = load_zarr(tmp_path / "a.zarr")
    np.testing.assert_array_equal(made, pixels)
    assert made.dtype == pixels.dtype
    assert names_in(tmp_path) == ["a.zarr"]
    assert names_in(tmp_path / "a.zarr") == ["c", "zarr.json"]


def test_zero_with_a_sign_is_kept_in_zarr(tmp_path):
    pytest.importorskip("zarr")
    pixels = np.full((4, 4), -0.0, np.float32)
    write_by_rows(tmp_path / "a.zarr", pixels)
    assert np.signbit(load_zarr(tmp_path / "a.zarr")).all()


def write_and_fail(path):
    with open_sink(path, (20, 10), np.dtype(np.uint8)) as sink:
        sink.write(0, np.ones((5, 10), np.uint8))
        raise ZeroDivisionError


@pytest.mark.parametrize("name", ["a.npy", "a.tif", "a.png", "a.zarr"])
class TestWholeOrNotAtAll:
    def test_an_error_leaves_nothing(self, tmp_path, name):
        with pytest.raises(ZeroDivisionError):
            write_and_fail(tmp_path / name)
        assert names_in(tmp_path) == []

    def test_what_stands_there_stays(self, tmp_path, name):
        pixels = picture((20, 10), np.uint8)
        write_by_rows(tmp_path / name, pixels)
        before = stored(tmp_path / name)
        with pytest.raises(ZeroDivisionError):
            write_and_fail(tmp_path / name)
        assert stored(tmp_path / name) == before
        write_by_rows(tmp_path / name, pixels[::-1].copy())
        assert stored(tmp_path / name) != before
        assert names_in(tmp_path) == [name]

    def test_no_clobber(self, tmp_path, name):
        pixels = picture((20, 10), np.uint8)
        write_by_rows(tmp_path / name, pixels, clobber=False)
        before = stored(tmp_path / name)
        with pytest.raises(WriteError, match="exists already"):
            write_by_rows(tmp_path / name, pixels[::-1].copy(), clobber=False)
        assert stored(tmp_path / name) == before
        assert names_in(tmp_path) == [name]

    def test_a_disk_that_fails(self, tmp_path, name, monkeypatch):
        def fail(*arguments):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(WriteError, match="no space left on device"):
            write_by_rows(tmp_path / name, picture((20, 10), np.uint8))
        assert names_in(tmp_path) == []

    def test_a_folder_that_is_missing(self, tmp_path, name):
        with pytest.raises(WriteError, match="folder does not exist"):
            write_by_rows(tmp_path / "missing" / name, picture((20, 10), np.uint8))


def stored(path):
    if path.is_dir():
        return {file.name: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    return path.read_bytes()


def test_zarr_replaces_arrays_alone(tmp_path):
    (tmp_path / "a.zarr").mkdir()
    (tmp_path / "a.zarr" / "letters.txt").write_text("mine")
    with pytest.raises(WriteError, match="is no Zarr array"):
        write_by_rows(tmp_path / "a.zarr", picture((20, 10), np.uint8))
    assert (tmp_path / "a.zarr" / "letters.txt").read_text() == "mine"
    (tmp_path / "b.zarr").write_text("mine")
    with pytest.raises(WriteError, match="is no Zarr array"):
        write_by_rows(tmp_path / "b.zarr", picture((20, 10), np.uint8))
    (tmp_path / ".c.zarr.filt-partial").mkdir()
    (tmp_path / ".c.zarr.filt-partial" / "letters.txt").write_text("mine")
    with pytest.raises(WriteError, match="stands in the way"):
        write_by_rows(tmp_path / "c.zarr", picture((20, 10), np.uint8))


class TestGoingOn:
    """A Zarr that was broken off: what a killed process leaves is made by hand here."""

    @pytest.fixture
    def begun(self, tmp_path, monkeypatch):
        monkeypatch.setattr(zarr_sink, "_CHUNK", (10, 25))
        pixels = picture((47, 61), np.uint8)
        write_by_rows(tmp_path / "b.zarr", pixels, made_by="the same")
        partial = tmp_path / ".a.zarr.filt-partial"
        with open_sink(tmp_path / "a.zarr", pixels.shape, pixels.dtype, made_by="the same") as sink:
            sink.write(0, pixels[:25])
            (tmp_path / "kept").mkdir()
            (tmp_path / "kept" / ".filt-journal").write_bytes(
                (partial / ".filt-journal").read_bytes() + b"4"
            )
            (partial / "zarr.json").rename(tmp_path / "kept" / "zarr.json")
            (partial / "c").rename(tmp_path / "kept" / "c")
            (partial / "zarr.json").write_text("{}")
        import shutil

        shutil.rmtree(tmp_path / "a.zarr")
        (tmp_path / "kept").rename(partial)
        return pixels

    def test_only_what_is_missing_is_written(self, tmp_path, begun):
        with open_sink(tmp_path / "a.zarr", begun.shape, begun.dtype, made_by="the same") as sink:
            assert not sink.lacks(0, 20)
            assert sink.lacks(0, 21)
            assert sink.lacks(40, 47)  # its line was cut off
            sink.write(20, begun[20:])
        assert stored(tmp_path / "a.zarr") == stored(tmp_path / "b.zarr")
        assert names_in(tmp_path) == ["a.zarr", "b.zarr"]

    def test_something_else_begins_anew(self, tmp_path, begun):
        with open_sink(tmp_path / "a.zarr", begun.shape, begun.dtype, made_by="another") as sink:
            assert sink.lacks(0, 1)
            sink.write(0, begun)
        assert stored(tmp_path / "a.zarr") == stored(tmp_path / "b.zarr")

    def test_two_do_not_write_one(self, tmp_path, begun):
        shape, dtype = begun.shape, begun.dtype
        with open_sink(tmp_path / "a.zarr", shape, dtype, made_by="the same") as sink:
            with (
                pytest.raises(WriteError, match="another process is writing it"),
                open_sink(tmp_path / "a.zarr", shape, dtype, made_by="the same"),
            ):
                pass
            sink.write(0, begun)
        assert stored(tmp_path / "a.zarr") == stored(tmp_path / "b.zarr")


def test_what_a_format_does_not_hold(tmp_path):
    with pytest.raises(InputError, match="PNG does not hold float32 pixels"):
        write_by_rows(tmp_path / "a.png", picture((4, 4), np.float32))
    with pytest.raises(InputError, match=r"must end in .npy, .png, .tif, .tiff or .zarr"):
        write_by_rows(tmp_path / "a.jpg", picture((4, 4), np.uint8))
    with (
        pytest.raises(InputError, match="PNG holds up to 1000000 pixels a side"),
        open_sink(tmp_path / "a.png", (3, 2_000_000), np.dtype(np.uint8)),
    ):
        pass


@given(
    height=st.integers(1, 60), band=st.integers(1, 13), step=st.integers(1, 17),
    above=st.integers(0, 1), seed=st.integers(0, 99),
)  # fmt: skip
def test_bands_are_complete_when_they_are_taken(height, band, step, above, seed):
    whole = np.arange(height * 3).reshape(height, 3)
    taken = {}

    def take(number, rows):
        assert number not in taken
        top = max(0, number * band - above)
        np.testing.assert_array_equal(rows, whole[top : number * band + band])
        taken[number] = True

    gathered = Gathered(whole.shape, whole.dtype, band, take, above=above)
    starts = np.arange(0, height, step)
    for start in np.random.default_rng(seed).permutation(starts):
        gathered.write(int(start), whole[start : start + step])
    assert len(taken) == -(-height // band)
    assert not gathered.lacks(0, height)
    assert gathered.open == {}


def test_rows_far_ahead_wait(monkeypatch):
    monkeypatch.setattr(sinks, "AHEAD_BYTES", 40)
    gathered = Gathered((100, 1), np.dtype(np.uint8), 10, lambda number, rows: None)
    passed = threading.Event()

    def far():
        gathered.write(60, np.zeros((10, 1), np.uint8))
        passed.set()

    thread = threading.Thread(target=far)
    thread.start()
    for start in range(0, 20, 10):
        assert not passed.is_set()
        gathered.write(start, np.zeros((10, 1), np.uint8))
    thread.join()
    assert passed.is_set()


def test_those_who_wait_are_let_go(monkeypatch):
    monkeypatch.setattr(sinks, "AHEAD_BYTES", 40)
    gathered = Gathered((100, 1), np.dtype(np.uint8), 10, lambda number, rows: None)
    seen = []

    def far():
        try:
            gathered.write(90, np.zeros((10, 1), np.uint8))
        except HaltedError as error:
            seen.append(error)

    thread = threading.Thread(target=far)
    thread.start()
    gathered.halt()
    thread.join()
    assert len(seen) == 1


def test_png_from_all_threads(tmp_path, monkeypatch):
    monkeypatch.setattr(png_writing, "_STRIP_BYTES", 3000)
    pixels = picture((400, 91), np.uint8)
    write_image(tmp_path / "whole.png", Picture(pixels, 255.0, pixels.dtype))
    with open_sink(tmp_path / "a.png", pixels.shape, pixels.dtype) as sink:
        share_out(range(0, 400, 9), lambda start: sink.write(start, pixels[start : start + 9]))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "whole.png").read_bytes()
