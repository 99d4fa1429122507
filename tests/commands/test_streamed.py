"""`filt apply` and `filt edges` above the cap of pixels: the same bytes, nothing by halves."""

from __future__ import annotations

import json
import signal
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from stream_cases import (
    change_json,
    load_zarr,
    names_in,
    picture,
    save_npy,
    save_png,
    save_tiff,
    save_zarr,
    zipped,
)

from filt.filters.files import reading

SMALL = ("--max-pixels", "100")
SAVERS = {"tif": save_tiff, "npy": save_npy, "png": save_png}


def tiled(path, pixels):
    save_tiff(path, pixels, tile=(32, 16), compression="zlib", bigtiff=True)


@pytest.fixture
def save():
    def save_as(ending, pixels):
        pytest.importorskip("tifffile")
        saver = {**SAVERS, "tiled.tif": tiled}[ending]
        saver(f"in.{ending}", pixels)
        return f"in.{ending}"

    return save_as


@pytest.mark.parametrize("out", ["png", "tif", "npy"])
@pytest.mark.parametrize("ending", ["tif", "tiled.tif", "npy", "png"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("shape", [(83, 61), (83, 61, 3)], ids=["grey", "rgb"])
def test_the_same_bytes(filt, save, *, shape, dtype, ending, out):
    if ending == "png" and dtype == "float32":
        pytest.skip("PNG holds no floats")
    source = save(ending, picture(shape, dtype))
    for name in ("sobel", "gaussian-blur:sigma=2+sharpen", "canny"):
        filt("apply", name, source, "-o", f"whole.{out}")
        filt("apply", name, source, "-o", f"rows.{out}", *SMALL)
        assert Path(f"rows.{out}").read_bytes() == Path(f"whole.{out}").read_bytes(), name
    for method in ("canny", "best", "learned-edges"):
        filt("edges", source, "-o", "whole.png", "--method", method, "--low", "0.05")
        filt("edges", source, "-o", "rows.png", "--method", method, "--low", "0.05", *SMALL)
        assert Path("rows.png").read_bytes() == Path("whole.png").read_bytes(), method


OPTIONS = [
    ["--border", "wrap"],
    ["--border", "zero", "--mode", "full"],
    ["--mode", "valid", "--stride", "3"],
    ["--dilation", "2", "--op", "convolve"],
    ["--channels", "each", "--show", "signed"],
    ["--channels", "max", "--show", "minmax"],
    ["--unit", "--show", "clip", "--full-scale", "200"],
]


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@pytest.mark.parametrize("ending", ["tiled.tif", "npy", "png"])
def test_options(filt, save, ending, options):
    source = save(ending, picture((83, 61, 3), np.uint8))
    filt("apply", "sobel-x", source, "-o", "whole.png", *options)
    filt("apply", "sobel-x", source, "-o", "rows.png", *options, *SMALL)
    assert Path("rows.png").read_bytes() == Path("whole.png").read_bytes()


def test_what_is_said_is_the_same(filt, save):
    source = save("tif", picture((83, 61), np.uint16))
    whole = filt("apply", "sobel", source, "-o", "a.png", "--json").stdout
    assert filt("apply", "sobel", source, "-o", "a.png", "--json", *SMALL).stdout == whole
    whole = filt("apply", "sobel", source, "-o", "a.png").stdout
    assert filt("apply", "sobel", source, "-o", "a.png", *SMALL).stdout == whole
    whole = filt("edges", source, "-o", "a.png", "--json").stdout
    assert filt("edges", source, "-o", "a.png", "--json", *SMALL).stdout == whole
    whole = filt("edges", source, "-o", "a.png").stdout
    assert filt("edges", source, "-o", "a.png", *SMALL).stdout == whole


def test_beside_the_picture_and_into_a_folder(filt, save):
    source = save("npy", picture((83, 61), np.uint8))
    filt("apply", "sobel", source, *SMALL)
    assert Path("in.sobel.png").exists()
    filt("apply", "sobel", source, "-o", "made/", *SMALL)
    assert Path("made/in.sobel.png").read_bytes() == Path("in.sobel.png").read_bytes()


def test_several_pictures(filt, save):
    pixels = picture((83, 61), np.uint8)
    sources = []
    for number, ending in enumerate(("tif", "tiled.tif", "npy")):
        sources.append(f"{number}.{ending}")
        Path(save(ending, pixels)).rename(sources[-1])
    filt("apply", "sobel", *sources, "-o", "made/", *SMALL)
    assert len({file.read_bytes() for file in Path("made").iterdir()}) == 1
    assert len(names_in("made")) == 3


def test_a_page(filt):
    tifffile = pytest.importorskip("tifffile")
    pixels = picture((83, 61), np.uint8)
    with tifffile.TiffWriter("pages.tif") as file:
        for page in (pixels, pixels[::-1]):
            file.write(np.ascontiguousarray(page), tile=(16, 16), compression="zlib")
    for page in ("1", "2"):
        filt("apply", "sobel", "pages.tif", "--page", page, "-o", "whole.png")
        filt("apply", "sobel", "pages.tif", "--page", page, "-o", "rows.png", *SMALL)
        assert Path("rows.png").read_bytes() == Path("whole.png").read_bytes()
    for page, said in ((["--page", "3"], "page must be at most 2"), ([], "2 pages: choose one")):
        result = filt("apply", "sobel", "pages.tif", *page, "-o", "a.png", *SMALL, code=1)
        assert said in result.stderr


def test_a_small_page_of_a_file_of_many_bytes(filt, monkeypatch):
    tifffile = pytest.importorskip("tifffile")
    pixels = picture((20, 10), np.uint8)
    with tifffile.TiffWriter("pages.tif") as file:
        for _ in range(40):
            file.write(pixels, photometric="minisblack")
    filt("apply", "sobel", "pages.tif", "--page", "3", "-o", "whole.png")
    monkeypatch.setattr(reading, "_BYTES_BESIDE", 0)
    filt("apply", "sobel", "pages.tif", "--page", "3", "-o", "rows.png", "--max-pixels", "200")
    assert Path("rows.png").read_bytes() == Path("whole.png").read_bytes()


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("shape", [(83, 61), (83, 61, 3)], ids=["grey", "rgb"])
def test_zarr_in_and_out(filt, shape, version):
    pytest.importorskip("zarr")
    pixels = picture(shape, np.uint16)
    save_npy("in.npy", pixels)
    save_zarr("in.zarr", pixels, version=version)
    zipped("in.zarr", "in.zip")
    for name in ("sobel", "canny", "sharpen"):
        filt("apply", name, "in.npy", "-o", "whole.npy")
        filt("apply", name, "in.zarr", "-o", "rows.npy")
        assert Path("rows.npy").read_bytes() == Path("whole.npy").read_bytes()
        for source in ("in.npy", "in.zarr", "in.zip"):
            filt("apply", name, source, "-o", "rows.zarr")
            np.testing.assert_array_equal(load_zarr("rows.zarr"), np.load("whole.npy"))
    filt("edges", "in.npy", "-o", "whole.png")
    filt("edges", "in.zarr")
    assert Path("in.canny.png").read_bytes() == Path("whole.png").read_bytes()
    assert not [name for name in names_in(Path()) if name.startswith(".")]


def test_any_picture_becomes_a_zarr(filt):
    pytest.importorskip("zarr")
    pixels = picture((31, 22, 3), np.uint8)
    save_png("in.png", pixels)
    from PIL import Image

    Image.fromarray(pixels).save("in.bmp")
    for source in ("in.png", "in.bmp"):
        filt("apply", "identity", source, "-o", "a.zarr")
        np.testing.assert_array_equal(load_zarr("a.zarr"), pixels.astype(np.float32))
    filt("apply", "identity", "in.bmp", "-o", "a.zarr", "--show", "clip")
    np.testing.assert_array_equal(load_zarr("a.zarr"), pixels)
    assert load_zarr("a.zarr").dtype == np.uint8


def test_no_clobber(filt, save):
    source = save("npy", picture((31, 22), np.uint8))
    for name in ("a.png", "a.tif", "a.npy", "a.zarr"):
        filt("apply", "sobel", source, "-o", name, "--no-clobber", *SMALL)
        result = filt("apply", "box-blur", source, "-o", name, "--no-clobber", *SMALL, code=1)
        assert result.stderr == f"Error: {name}: exists already\n"
    filt("apply", "box-blur", source, "-o", "a.zarr", *SMALL)
    filt("apply", "box-blur", source, "-o", "b.npy")
    np.testing.assert_array_equal(load_zarr("a.zarr"), np.load("b.npy"))


REFUSED = [
    (["apply", "sobel", "in.tif", "-o", "a.jpg"], "the limit is"),
    (
        ["edges", "in.tif", "-o", "a.png", "--method", "best", "--border", "wrap"],
        "border wrap needs",
    ),
    (["apply", "learned", "in.tif", "-o", "a.png"], "needs the whole picture in memory"),
    (["apply", "sobel", "in.tif", "-o", "a.png", "--show", "raw"], "PNG does not hold float32"),
    (["edges", "in.tif", "-o", "a.png", "--soft"], "--soft needs the whole picture"),
    (["edges", "in.tif", "-o", "a.png", "--all"], "--all needs the whole picture"),
    (["edges", "in.tif", "-o", "a.png", "--auto", "otsu"], "chosen from the picture"),
]


@pytest.mark.parametrize(("words", "said"), REFUSED)
def test_what_needs_the_whole_picture(filt, save, words, said):
    save("tif", picture((31, 22), np.uint8))
    result = filt(*words, *SMALL, code=1)
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert names_in(Path()) == ["in.tif"]


@pytest.mark.parametrize("value", ["0", "-1", "nan"])
@pytest.mark.parametrize(
    "words",
    [["apply", "sobel"], ["apply", "canny"], ["edges"], ["edges", "--method", "learned-edges"]],
    ids=" ".join,
)
def test_full_scale_is_above_0(filt, save, words, value):
    source = save("npy", picture((40, 30), np.uint8))
    said = [
        filt(*words, source, "-o", "a.tif", "--full-scale", value, *cap, code=1).stderr
        for cap in ([], SMALL)
    ]
    assert said[0].rpartition(": ")[2] == said[1].rpartition(": ")[2]
    assert "full_scale must be" in said[0]
    assert names_in(".") == [source]


def test_other_formats_are_refused_as_ever(filt):
    from PIL import Image

    Image.fromarray(picture((31, 22), np.uint8)).save("in.bmp")
    result = filt("apply", "sobel", "in.bmp", "-o", "a.png", *SMALL, code=1)
    assert result.stderr.startswith("Error: in.bmp: 22 x 31 pixels: 0.000682 megapixels")


def test_alpha_and_turned_pictures_are_refused(filt):
    tifffile = pytest.importorskip("tifffile")
    from PIL import Image

    colours = picture((31, 22, 3), np.uint8)
    Image.fromarray(np.dstack([colours, colours[..., :1]])).save("alpha.png")
    Image.fromarray(np.dstack([colours, colours[..., :1]])).save("alpha.tif")
    np.save("alpha.npy", np.dstack([colours, colours[..., :1]]))
    tifffile.imwrite("turned.tif", colours, extratags=[(274, 3, 1, 6, True)])
    for name, said in (("alpha.png", "alpha"), ("alpha.tif", "alpha"), ("alpha.npy", "alpha"),
                       ("turned.tif", "turned")):  # fmt: skip
        result = filt("apply", "sobel", name, "-o", "a.png", *SMALL, code=1)
        assert said in result.stderr
        assert "some rows at a time" in result.stderr


def bad(name, said, make):
    return pytest.param(name, said, make, id=name)


def cut(save, pixels, path):
    save(path, pixels)
    data = Path(path).read_bytes()
    Path(path).write_bytes(data[: len(data) * 2 // 3])


def flip(save, pixels, path, at=0.5):
    save(path, pixels)
    data = bytearray(Path(path).read_bytes())
    for byte in range(int(len(data) * at), int(len(data) * at) + 30):
        data[byte] ^= 0x5A
    Path(path).write_bytes(data)


def npy_says(path, shape, descr="'|u1'"):
    head = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    head = head.ljust(117) + "\n"
    Path(path).write_bytes(
        b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head.encode() + b"1234"
    )


def npy_objects(path):
    np.save(path, np.array([[{}] * 30] * 30, object), allow_pickle=True)


def tiff_with(path, pixels, tag, value, **options):
    tifffile = pytest.importorskip("tifffile")
    save_tiff(path, pixels, **options)
    with tifffile.TiffFile(path, mode="r+") as file:
        file.pages[0].tags[tag].overwrite(value)


def zarr_with(path, pixels, **changes):
    save_zarr(path, pixels)
    change_json(Path(path) / "zarr.json", **changes)


def zarr_chunk(path, pixels, data, codec="zstd"):
    save_zarr(path, pixels, codec=codec, chunks=(40, 61))
    (Path(path) / "c" / "1" / "0").write_bytes(data)


GREY = picture((83, 61), np.uint8)
COUNTS = {"tile": (32, 32), "compression": "zlib"}
BOMB = zlib.compressobj(9, zlib.DEFLATED, 31)
BOMB = BOMB.compress(bytes(50_000_000)) + BOMB.flush()
# A frame of Zstandard that says it stands for 4 GB.
ZSTD_BOMB = b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", 0xFFFFFFF0) + bytes(20)


@pytest.mark.parametrize(
    ("name", "said", "make"),
    [
        bad("cut.tif", "truncated or corrupt TIFF", lambda p: cut(save_tiff, GREY, p)),
        bad("cut.npy", "truncated or corrupt NPY", lambda p: cut(save_npy, GREY, p)),
        bad("cut.png", "truncated or corrupt PNG", lambda p: cut(save_png, GREY, p)),
        bad("flip.png", "truncated or corrupt PNG", lambda p: flip(save_png, GREY, p)),
        bad("flip.tif", "truncated or corrupt TIFF",
            lambda p: flip(lambda q, a: save_tiff(q, a, compression="zlib"), GREY, p)),
        bad("huge.npy", "truncated or corrupt NPY", lambda p: npy_says(p, (1 << 40, 1 << 40))),
        bad("minus.npy", "truncated or corrupt NPY", lambda p: npy_says(p, (-5, 100_000))),
        bad("objects.npy", "dtype object is not read", npy_objects),
        bad("wide.tif", "truncated or corrupt TIFF",
            lambda p: tiff_with(p, GREY, "ImageWidth", 4_000_000_000)),
        bad("high.tif", "truncated or corrupt TIFF",
            lambda p: tiff_with(p, GREY, "ImageLength", 4_000_000_000)),
        bad("beyond.tif", "truncated or corrupt TIFF",
            lambda p: tiff_with(p, GREY, "TileOffsets", [1 << 30] * 6, **COUNTS)),
        bad("counts.tif", "truncated or corrupt TIFF",
            lambda p: tiff_with(p, GREY, "TileByteCounts", [1, 2, 3, 4, 5, 6], **COUNTS)),
        bad("zero.tif", "truncated or corrupt TIFF",
            lambda p: tiff_with(p, GREY, "TileByteCounts", [0] * 6, **COUNTS)),
        bad("tile.tif", "truncated or corrupt TIFF",
            lambda p: tiff_with(p, GREY, "TileWidth", 16, **COUNTS)),
        bad("shape.zarr", "truncated or corrupt Zarr", lambda p: zarr_with(p, GREY, shape=[83])),
        bad("sides.zarr", "truncated or corrupt Zarr",
            lambda p: zarr_with(p, GREY, shape=[-1, 10**30])),
        bad("axes.zarr", "Zarr with shape", lambda p: save_zarr(p, np.zeros((2, 3, 4, 5)))),
        bad("type.zarr", "data type", lambda p: zarr_with(p, GREY, data_type="string")),
        bad("codec.zarr", "codecs", lambda p: zarr_with(p, GREY, codecs=[{"name": "sharding"}])),
        bad("group.zarr", "a group", lambda p: zarr_with(p, GREY, node_type="group")),
        bad("rows.zarr", "too large to unpack", lambda p: zarr_with(
            p, GREY, shape=[10**6, 10**6], chunk_grid={
                "name": "regular", "configuration": {"chunk_shape": [10**6, 10**6]}})),
        bad("rubbish.zarr", "truncated or corrupt Zarr",
            lambda p: zarr_chunk(p, GREY, b"rubbish" * 9)),
        bad("bomb.zarr", "truncated or corrupt Zarr", lambda p: zarr_chunk(p, GREY, ZSTD_BOMB)),
        bad("inflate.zarr", "truncated or corrupt Zarr",
            lambda p: zarr_chunk(p, GREY, BOMB, codec="gzip")),
        bad("short.zarr", "truncated or corrupt Zarr",
            lambda p: zarr_chunk(p, GREY, b"123", codec=None)),
        bad("empty.zarr", "no Zarr array", lambda p: Path(p).mkdir()),
        bad("cut.zip", "truncated or corrupt Zarr", lambda p: cut(save_zarr, GREY, p)),
        bad("other.zip", "truncated or corrupt Zarr",
            lambda p: Path(p).write_bytes(b"PK\3\4" + b"1" * 99)),
    ],
)  # fmt: skip
def test_bad_files(filt, name, said, make):
    pytest.importorskip("tifffile")
    pytest.importorskip("zarr")
    make(name)
    for out in ("a.png", "a.tif", "a.npy", "a.zarr"):
        result = filt("apply", "box-blur", name, "-o", out, "--show", "clip", *SMALL, code=1)
        assert result.stderr.startswith(f"Error: {name}: "), result.stderr
        assert said in result.stderr
        assert result.stderr.count("\n") == 1
        assert names_in(Path()) == [name]
    result = filt("edges", name, "-o", "a.png", *SMALL, code=1)
    assert said in result.stderr
    assert names_in(Path()) == [name]


def test_without_the_extra(filt, monkeypatch):
    pytest.importorskip("zarr")
    save_npy("in.npy", GREY)
    save_zarr("in.zarr", GREY, codec="blosc")
    monkeypatch.setitem(sys.modules, "numcodecs", None)
    monkeypatch.setitem(sys.modules, "numcodecs.blosc", None)
    for words in (["in.npy", "-o", "a.zarr"], ["in.zarr", "-o", "a.npy"]):
        result = filt("apply", "sobel", *words, code=1)
        assert 'needs numcodecs: pip install "filt[large]"' in result.stderr
        assert result.stderr.count("\n") == 1
    assert names_in(Path()) == ["in.npy", "in.zarr"]


# A process that stops itself, as by kill -9, when some bands are on the disk.
KILLED = """
import os, signal
from filt.filters.streams import zarr_sink
from filt.filters.engine import rows
zarr_sink._CHUNK = (10, 25)
rows.STRIP_BYTES = 4000
add = zarr_sink._Journal.add
added = []
def killing(journal, band):
    add(journal, band)
    added.append(band)
    if len(added) == {most}:
        os.kill(os.getpid(), signal.SIGKILL)
zarr_sink._Journal.add = killing
written = zarr_sink.BandFolder.take
def counting(chunks, band, rows):
    os.write(1, b'band %d\\n' % band)
    written(chunks, band, rows)
zarr_sink.BandFolder.take = counting
from filt.cli import main
main(prog_name='filt')
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 here")
@pytest.mark.parametrize("words", [["apply", "sobel"], ["apply", "canny"], ["edges"]], ids=" ".join)
def test_killed_and_gone_on_with(tmp_path, words):
    pytest.importorskip("zarr")
    pixels = picture((103, 61), np.uint8)
    np.save(tmp_path / "in.npy", pixels)

    def run(out, most):
        command = [sys.executable, "-c", KILLED.format(most=most), *words, "in.npy", "-o", out]
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )

    killed = run("a.zarr", 4)
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "a.zarr").exists()
    journal = (tmp_path / ".a.zarr.filt-partial" / ".filt-journal").read_text().splitlines()
    done = {int(line) for line in journal[1:]}
    assert len(done) >= 4
    rest = run("a.zarr", 0)
    assert rest.returncode == 0, rest.stderr
    made = [int(line.split()[1]) for line in rest.stdout.splitlines() if line.startswith("band")]
    assert sorted(made) == sorted(set(range(11)) - done)
    assert run("whole.zarr", 0).returncode == 0

    def files(name):
        folder = tmp_path / name
        return {
            path.relative_to(folder): path.read_bytes()
            for path in folder.rglob("*") if path.is_file()
        }  # fmt: skip

    assert files("a.zarr") == files("whole.zarr")
    assert names_in(tmp_path) == ["a.zarr", "in.npy", "whole.zarr"]


def test_another_command_does_not_go_on(tmp_path):
    pytest.importorskip("zarr")
    np.save(tmp_path / "in.npy", picture((103, 61), np.uint8))
    begin = [
        sys.executable,
        "-c",
        KILLED.format(most=4),
        "apply",
        "sobel",
        "in.npy",
        "-o",
        "a.zarr",
    ]
    subprocess.run(begin, cwd=tmp_path, capture_output=True, timeout=120, check=False)
    assert (tmp_path / ".a.zarr.filt-partial").exists()
    other = [*begin[:2], KILLED.format(most=0), "apply", "scharr", "in.npy", "-o", "a.zarr"]
    done = subprocess.run(
        other, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.count("band") == 11


@pytest.mark.skipif(not hasattr(signal, "SIGTERM"), reason="no signals here")
@pytest.mark.parametrize("out", ["a.zarr", "a.png", "a.npy"])
def test_a_signal_leaves_nothing(tmp_path, out):
    pytest.importorskip("zarr")
    np.save(tmp_path / "in.npy", picture((103, 61), np.uint8))
    code = """
import os, signal
from filt.filters.streams import walk
from filt.filters.engine import rows
rows.STRIP_BYTES = 4000
add = walk.Counter.add
def ending(counter, share):
    add(counter, share)
    if counter.done > 0.5:
        os.kill(os.getpid(), signal.SIGTERM)
walk.Counter.add = ending
from filt.cli import main
main(prog_name='filt')
"""
    words = ["apply", "sobel", "in.npy", "-o", out, "--show", "abs", *SMALL]
    ended = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=tmp_path,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 128 + signal.SIGTERM
    assert names_in(tmp_path) == ["in.npy"]


# Not getrusage: there a process inherits the peak of the one that starts it.
MEASURED = """
import sys
from filt.cli import main
main(sys.argv[1:], standalone_mode=False)
(line,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(line.split()[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux tells it")
@pytest.mark.parametrize("words", [["apply", "sobel"], ["edges"]], ids=" ".join)
def test_memory_is_bounded(tmp_path, words):
    """200 megapixels of nothing: float responses of them would be 800 MB, in memory twice."""
    start = np.lib.format.header_data_from_array_1_0(np.zeros((1, 1), np.uint8))
    with (tmp_path / "in.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {**start, "shape": (4_000, 50_000)})
        file.truncate(file.tell() + 4_000 * 50_000)
    command = [sys.executable, "-c", MEASURED, *words, "in.npy", "-o", "a.png", *SMALL]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(done.stdout.splitlines()[-1]) < 600_000, done.stdout


def test_progress_is_for_terminals(filt, save, monkeypatch):
    from filt.commands import streamed

    monkeypatch.setattr(streamed, "_SAID_EVERY", 0.0)
    source = save("npy", picture((83, 61), np.uint8))
    assert filt("apply", "sobel", source, "-o", "a.png", *SMALL).stderr == ""

    class Terminal(streamed.Speaker):
        def __init__(self):
            self.overwrites = True

    monkeypatch.setattr(streamed, "Speaker", Terminal)
    said = filt("apply", "sobel", source, "-o", "a.png", *SMALL).stderr
    assert "in.npy: 100%, 0 s left" in said
    assert said.endswith("\r\x1b[K")


def test_json_of_a_zarr(filt):
    pytest.importorskip("zarr")
    save_zarr("in.zarr", GREY)
    (done,) = json.loads(filt("apply", "sobel", "in.zarr", "-o", "a.zarr", "--json").stdout)
    assert (done["input"], done["output"], done["show"]) == ("in.zarr", "a.zarr", "raw")
