"""Bad input through a real process: one line that says why, and nothing left behind.

Exit code 1: standard error holds one line, `Error: ` and a reason that names the file. Exit code 2:
the usage may stand before it. Either way: no traceback, nothing on standard output, and every file
of the folder as it was before, byte for byte.
"""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from bad_files import png
from PIL import Image
from refusals import EITHER, contents, refused


def picture(height=6, width=9, channels=3, seed=0):
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (height, width, channels), np.uint8))


@dataclass(frozen=True)
class Case:
    """What is run, what it is run on, how it ends, and what the message says."""

    name: str
    words: str
    code: int | tuple[int, int]
    says: tuple[str, ...]
    make: Callable[[Path], object] = lambda folder: None


def half(name, **options):
    def make(folder):
        picture(64, 80).save(folder / name, **options)
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: len(data) // 2])

    return make


def pages(folder):
    first, *rest = [picture(seed=n) for n in range(3)]
    first.save(folder / "pages.tif", save_all=True, append_images=rest)


def frames(name):
    def make(folder):
        first, *rest = [picture(seed=n) for n in range(3)]
        first.save(folder / name, save_all=True, append_images=rest)

    return make


def written(name, content):
    def make(folder):
        data = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(data)

    return make


def saved(name, array):
    def make(folder):
        np.save(folder / name, array, allow_pickle=True)

    return make


def bad_checksum(folder):
    picture(20, 20).save(folder / "bad.png")
    data = bytearray((folder / "bad.png").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (folder / "bad.png").write_bytes(data)


MISSING_ROWS = png(16, 16, zlib.compress(bytes(17) * 9))
BOMB = png(20_000, 20_000, zlib.compress(bytes(1000)))
FIFO = Case(
    "a FIFO", "apply sobel-x pipe.png", 1, ("pipe.png", "FIFO"), lambda f: os.mkfifo(f / "pipe.png")
)

INPUTS = [
    Case("a missing file", "apply sobel-x nope.png", 1, ("nope.png: no such file",)),
    Case("a folder", "apply sobel-x sub", 1, ("sub: is a directory",)),
    Case("the folder itself", "apply sobel-x .", 1, (".: is a directory",)),
    Case("the folder above", "apply sobel-x ..", 1, ("..: is a directory",)),
    Case("the root", "apply sobel-x /", 1, ("/: is a directory",)),
    Case("a file as a folder", "apply sobel-x photo.png/x.png", 1, ("not a directory",)),
    Case(
        "half a JPEG",
        "apply sobel-x h.jpg",
        1,
        ("h.jpg: truncated or corrupt JPEG",),
        half("h.jpg"),
    ),
    Case(
        "half a PNG", "apply sobel-x h.png", 1, ("h.png: truncated or corrupt PNG",), half("h.png")
    ),
    Case(
        "half a TIFF",
        "apply sobel-x h.tif",
        1,
        ("h.tif: truncated or corrupt TIFF",),
        half("h.tif"),
    ),
    Case(
        "half a WebP",
        "apply sobel-x h.webp",
        1,
        ("h.webp: truncated or corrupt WebP",),
        half("h.webp"),
    ),
    Case(
        "half a BMP", "apply sobel-x h.bmp", 1, ("h.bmp: truncated or corrupt BMP",), half("h.bmp")
    ),
    Case(
        "half a .npy",
        "apply sobel-x h.npy",
        1,
        ("h.npy: truncated or corrupt NPY",),
        written("h.npy", b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, "),
    ),
    Case(
        "missing rows",
        "apply sobel-x m.png",
        1,
        ("m.png: truncated or corrupt PNG",),
        written("m.png", MISSING_ROWS),
    ),
    Case("a wrong checksum", "apply sobel-x bad.png", 1, ("bad.png: truncated",), bad_checksum),
    Case(
        "no bytes",
        "apply sobel-x empty.png",
        1,
        ("empty.png: is empty",),
        written("empty.png", b""),
    ),
    Case(
        "text", "apply sobel-x t.png", 1, ("t.png: not a picture",), written("t.png", "hello there")
    ),
    Case(
        "a GIF", "apply sobel-x g.gif", 1, ("g.gif", "GIF"), lambda f: picture().save(f / "g.gif")
    ),
    Case("a moving GIF", "apply sobel-x g.gif", 1, ("g.gif: 3 frames",), frames("g.gif")),
    Case("an APNG", "apply sobel-x g.png", 1, ("g.png: 3 frames",), frames("g.png")),
    Case("a moving WebP", "apply sobel-x g.webp", 1, ("g.webp: 3 frames",), frames("g.webp")),
    Case("three pages", "apply sobel-x pages.tif", 1, ("pages.tif: 3 pages",), pages),
    Case(
        "a page too far", "apply sobel-x pages.tif --page 4", 1, ("pages.tif", "at most 3"), pages
    ),
    Case(
        "a bomb",
        "apply sobel-x bomb.png",
        1,
        ("bomb.png: truncated or corrupt PNG",),
        written("bomb.png", BOMB),
    ),
    Case(
        "too many pixels",
        "explain sobel-x photo.png --at 1,1 --max-pixels 50",
        1,
        ("photo.png: 9 x 6",),
    ),
    Case("a pickle", "apply sobel-x p.npy", 1, ("p.npy",), saved("p.npy", np.array([{}], object))),
    Case(
        "complex numbers",
        "apply sobel-x c.npy",
        1,
        ("c.npy",),
        saved("c.npy", np.zeros((3, 3), complex)),
    ),
    Case("four axes", "apply sobel-x d.npy", 1, ("d.npy",), saved("d.npy", np.zeros((3, 3, 3, 3)))),
    Case("no pixels", "apply sobel-x z.npy", 1, ("z.npy",), saved("z.npy", np.zeros((0, 3)))),
    Case(
        "a URL",
        "apply sobel-x http://example.invalid/a.png",
        2,
        ("http://example.invalid/a.png", "URL"),
    ),
    Case("a file URL", "apply sobel-x file:///nope/a.png", 1, ("/nope/a.png: no such file",)),
    Case("a file URL of another machine", "apply sobel-x file://there/a.png", 2, ("file://there",)),
    Case("an unknown store", "apply sobel-x nobody://a.png", 2, ("nobody://a.png: fsspec",)),
    Case("a store through another", "apply sobel-x zip://a.png::b.zip", 2, ("URL",)),
    Case(
        "a line break in a name",
        "apply sobel-x two\nlines.png",
        1,
        (r"two\nlines.png: no such file",),
    ),
    Case("an escape in a name", "apply sobel-x \x1b[31m.png", 1, (r"\x1b[31m.png: no such file",)),
    Case("explain: missing", "explain sobel-x nope.png --at 1,1", 1, ("nope.png: no such file",)),
    Case("explain: a URL", "explain sobel-x http://a/b.png --at 1,1", 2, ("URL",)),
    Case("sheet: missing", "sheet nope.png", 1, ("nope.png: no such file",)),
    Case("sheet: a folder", "sheet .", 1, (".: is a directory",)),
    Case("sheet: a URL", "sheet http://a/b.png", 2, ("URL",)),
]

FILTERS = [
    Case("no filter", "apply", 2, ("NAME",)),
    Case("no picture", "apply sobel-x", 2, ("IMAGE",)),
    Case("an unknown name", "apply sobl-x photo.png", 2, ("'sobl-x'", "did you mean sobel-x")),
    Case("an unknown name like none", "apply qqqq photo.png", 2, ("'qqqq'", "filt list")),
    Case("an unknown step", "apply box+sobl photo.png", 2, ("'sobl'", "sobel")),
    Case("a missing step", "apply box+ photo.png", 2, ("missing",)),
    Case("an unknown parameter", "apply box:sigma=2 photo.png", 2, ("'sigma'", "size")),
    Case("no value", "apply gaussian:2 photo.png", 2, ("key=value",)),
    Case("a word for a number", "apply gaussian:sigma=wide photo.png", 2, ("sigma", "'wide'")),
    Case("half a pixel", "apply box:size=2.5 photo.png", 2, ("size", "2.5")),
    Case("sigma below zero", "apply gaussian:sigma=-1 photo.png", 2, ("sigma", "-1")),
    Case("sigma zero", "apply gaussian:sigma=0 photo.png", 2, ("sigma",)),
    Case("sigma nan", "apply gaussian:sigma=nan photo.png", 2, ("sigma", "nan")),
    Case("sigma huge", "apply gaussian:sigma=1e9 photo.png", 2, ("sigma",)),
    Case("a name in the plural of lines", "apply so\nbel photo.png", 2, (r"so\nbel",)),
    Case(
        "low above high",
        "apply canny:low=0.5,high=0.1 photo.png",
        EITHER,
        ("low", "0.5", "high", "0.1"),
    ),
    Case("canny: sigma below zero", "apply canny:sigma=-1 photo.png", EITHER, ("sigma", "-1")),
    Case("canny: low above one", "apply canny:low=2,high=3 photo.png", EITHER, ("low", "2")),
    Case("canny: an unknown choice", "apply canny:auto=best photo.png", EITHER, ("auto", "'best'")),
    Case("canny: stride", "apply canny --stride 2 photo.png", 1, ("canny", "stride")),
    Case(
        "an ambiguous border",
        "apply sobel-x --border reflect photo.png",
        2,
        ("reflect101", "symmetric"),
    ),
    Case(
        "an unknown border", "apply sobel-x --border clamp photo.png", 2, ("'clamp'", "replicate")
    ),
    Case("stride 0", "apply sobel-x --stride 0 photo.png", 2, ("--stride", "0")),
    Case("dilation 0", "apply sobel-x --dilation 0 photo.png", 2, ("--dilation", "0")),
    Case("an unknown mode", "apply sobel-x --mode some photo.png", 2, ("some", "valid")),
    Case("an unknown show", "apply sobel-x --show some photo.png", 2, ("some", "minmax")),
    Case("an unknown op", "apply sobel-x --op some photo.png", 2, ("some", "convolve")),
    Case("an unknown option", "apply sobel-x --some photo.png", 2, ("--some",)),
    Case(
        "larger than the picture",
        "apply box:size=7 --mode valid photo.png",
        1,
        ("photo.png: ", "7", "6"),
    ),
    Case("taps: NaN", "apply taps:[[1,NaN]] photo.png", 2, ("finite",)),
    Case("taps: infinity", "apply taps:[[1,1e999]] photo.png", 2, ("finite",)),
    Case("taps: none", "apply taps:[] photo.png", 2, ("taps",)),
    Case("taps: ragged", "apply taps:[[1,2],[3]] photo.png", 2, ("one length",)),
    Case("taps: not closed", "apply taps:[[1,2] photo.png", 2, ("[[1,2]",)),
    Case("taps: one row without its brackets", "apply taps:[1,0,-1] photo.png", 2, ("taps",)),
    Case("taps: too long a number", f"apply taps:[[1{'0' * 400}]] photo.png", 2, ("taps",)),
    Case("taps: words", 'apply taps:[["a"]] photo.png', 2, ("numbers",)),
    Case("taps file: missing", "apply taps:k.npy photo.png", 1, ("k.npy: no such file",)),
    Case(
        "taps file: unknown suffix",
        "apply taps:k.csv photo.png",
        2,
        ("k.csv", ".txt"),
        written("k.csv", "1,2"),
    ),
    Case(
        "taps file: no bytes",
        "apply taps:k.txt photo.png",
        1,
        ("k.txt: is empty",),
        written("k.txt", ""),
    ),
    Case(
        "taps file: blank",
        "apply taps:k.txt photo.png",
        2,
        ("k.txt: ", "taps"),
        written("k.txt", "# no taps\n\n"),
    ),
    Case(
        "taps file: words",
        "apply taps:k.txt photo.png",
        1,
        ("k.txt: not rows of numbers",),
        written("k.txt", "1 a\n"),
    ),
    Case(
        "taps file: ragged",
        "apply taps:k.txt photo.png",
        1,
        ("k.txt: not rows of numbers",),
        written("k.txt", "1 2\n3\n"),
    ),
    Case(
        "taps file: NaN",
        "apply taps:k.txt photo.png",
        2,
        ("k.txt: ", "finite"),
        written("k.txt", "1 nan\n"),
    ),
    Case(
        "taps file: binary",
        "apply taps:k.txt photo.png",
        1,
        ("k.txt: not rows of numbers",),
        written("k.txt", b"\xff\xfe\x00"),
    ),
    Case(
        "taps file: bad JSON",
        "apply taps:k.json photo.png",
        1,
        ("k.json: not JSON",),
        written("k.json", "[[1,2]"),
    ),
    Case(
        "taps file: other JSON",
        "apply taps:k.json photo.png",
        1,
        ("k.json",),
        written("k.json", '{"taps": [[1]]}'),
    ),
    Case(
        "taps file: deep JSON",
        "apply taps:k.json photo.png",
        1,
        ("k.json: not JSON",),
        written("k.json", "[" * 200_000),
    ),
    Case(
        "taps file: too long a number",
        "apply taps:k.json photo.png",
        1,
        ("k.json",),
        written("k.json", f"[[1{'0' * 400}]]"),
    ),
    Case(
        "taps file: an array of strings",
        "apply taps:k.npy photo.png",
        1,
        ("k.npy",),
        saved("k.npy", np.array([["a"]])),
    ),
    Case(
        "taps file: NaN in an array",
        "apply taps:k.npy photo.png",
        2,
        ("k.npy: ", "finite"),
        saved("k.npy", np.full((2, 2), np.nan)),
    ),
    Case(
        "taps file: a picture",
        "apply taps:k.npy photo.png",
        1,
        ("k.npy",),
        lambda f: picture().save(f / "k.npy", "PNG"),
    ),
    Case(
        "taps file: a folder",
        "apply taps:sub.txt photo.png",
        1,
        ("sub.txt: is a directory",),
        lambda f: (f / "sub.txt").mkdir(),
    ),
    Case(
        "taps that the picture has no channels for",
        "apply taps:k.npy grey.png",
        1,
        ("grey.png: ", "2 channels"),
        saved("k.npy", np.ones((3, 3, 2))),
    ),
]

OUTPUTS = [
    Case("over the input", "apply sobel-x photo.png -o photo.png", 1, ("photo.png", "overwrite")),
    Case("an unknown suffix", "apply sobel-x photo.png -o x.gif", 1, ("x.gif", ".png")),
    Case("no suffix", "apply sobel-x photo.png -o x", 1, ("x: ", ".png")),
    Case("a missing folder", "apply sobel-x photo.png -o nope/x.png", 1, ("nope/x.png", "folder")),
    Case(
        "a missing folder above",
        "apply sobel-x photo.png -o nope/sub/",
        1,
        ("nope", "no such file"),
    ),
    Case(
        "many into a missing folder",
        "apply sobel-x photo.png grey.png -o nope/sub",
        1,
        ("nope", "no such file"),
    ),
    Case(
        "a file as a folder",
        "apply sobel-x photo.png -o old.png/x.png",
        1,
        ("old.png/x.png: not a directory",),
    ),
    Case("a file with a slash", "apply sobel-x photo.png -o old.png/", 1, ("old.png",)),
    Case(
        "a folder below a file",
        "apply sobel-x photo.png -o old.png/sub/",
        1,
        ("old.png",),
    ),
    Case(
        "many into a file", "apply sobel-x photo.png grey.png -o old.png", 1, ("old.png", "folder")
    ),
    Case("too long a name", f"apply sobel-x photo.png -o {'x' * 300}.png", 1, ("name too long",)),
    Case("too long a name of an input", f"apply sobel-x {'x' * 300}.png", 1, ("name too long",)),
    Case(
        "no clobber",
        "apply sobel-x photo.png -o old.png --no-clobber",
        1,
        ("old.png: exists already",),
    ),
    Case(
        "one output for two",
        "apply sobel-x photo.png ./photo.png",
        1,
        ("photo.sobel-x.png", "both"),
    ),
    Case("16 bits into JPEG", "apply sobel-x deep.png -o x.jpg", 1, ("Error: x.jpg: ", "uint16")),
    Case(
        "a raw response into PNG",
        "apply sobel-x photo.png --show raw",
        1,
        ("Error: photo.sobel-x.png: ", ".npy"),
    ),
    Case(
        "over a folder",
        "apply sobel-x photo.png -o dir.png",
        1,
        ("dir.png",),
        lambda f: (f / "dir.png" / "photo.sobel-x.png").mkdir(parents=True),
    ),
    Case(
        "nothing to read, so no new folder",
        "apply sobel-x nope.png -o new/",
        1,
        ("nope.png: no such file",),
    ),
    Case("show: a missing folder", "show sobel-x --png nope/x.png", 1, ("nope/x.png",)),
    Case(
        "show --json: a missing folder", "show sobel-x --json --png nope/x.png", 1, ("nope/x.png",)
    ),
    Case("show: an unknown suffix", "show sobel-x --png x.gif", 1, ("x.gif",)),
    Case("show: nothing to draw", "show canny --png x.png", 2, ("canny",)),
    Case(
        "show: over the taps",
        "show taps:k.npy --png k.npy",
        1,
        ("k.npy", "overwrite"),
        saved("k.npy", np.array([[1.0, 0, -1]])),
    ),
    Case("sheet: over the input", "sheet photo.png -o photo.png", 1, ("photo.png", "overwrite")),
    Case("sheet: an unknown suffix", "sheet photo.png -o x.pdf", EITHER, ("x.pdf", ".html")),
    Case("sheet: a missing folder", "sheet photo.png -o nope/x.html", 1, ("nope/x.html",)),
    Case(
        "sheet: no clobber",
        "sheet photo.png -o old.png --no-clobber",
        1,
        ("old.png: exists already",),
    ),
]

OTHER_COMMANDS = [
    Case("no such command", "aply sobel-x photo.png", 2, ("aply",)),
    Case("list: no such family", "list --family blurs", 2, ("'blurs'", "blur")),
    Case("list: too much", "list sobel-x", 2, ("sobel-x",)),
    Case("list: too much on two lines", "list so\nbel", 2, ("so",)),
    Case("show: an unknown name", "show sobl", 2, ("'sobl'", "sobel")),
    Case("explain: outside", "explain sobel-x photo.png --at 9,0", 1, ("9,0", "0 to 8", "0 to 5")),
    Case("explain: before the first", "explain sobel-x photo.png --at -1,0", 1, ("-1,0",)),
    Case("explain: no pixel", "explain sobel-x photo.png", 2, ("--at",)),
    Case("explain: half a pixel", "explain sobel-x photo.png --at 1", 2, ("X,Y", "'1'")),
    Case("explain: words", "explain sobel-x photo.png --at a,b", 2, ("X,Y",)),
    Case("explain: a pipeline", "explain box+sobel photo.png --at 1,1", 2, ("pipeline",)),
    Case("explain: no kernels", "explain canny photo.png --at 1,1", 2, ("canny",)),
    Case(
        "explain: red of grey",
        "explain sobel-x grey.png --at 1,1 --channel red",
        1,
        ("grey.png: ", "red"),
    ),
    Case(
        "explain: an ambiguous border",
        "explain sobel-x photo.png --at 1,1 --border reflect",
        2,
        ("symmetric",),
    ),
    Case("size: nothing", "size", 2, ("PICTURE",)),
    Case("size: no size", "size photo.png", 2, ("photo.png",)),
    Case("size: zero", "size 0", 2, ("0",)),
    Case("size: an unknown layer", "size 39 con3", 2, ("con3", "conv")),
    Case("size: too large a window", "size 3 conv5", 2, ("conv5", "5", "3")),
    Case("size: no filters", "size 39x39x3 conv3", 2, ("conv3x8",)),
    Case("size: stride 0", "size 39 conv3s0", 2, ("conv3s0",)),
]


@pytest.fixture
def furnished(tmp_path):
    """A folder with good pictures, an old output, and a folder inside."""
    picture().save(tmp_path / "photo.png")
    grey = np.arange(35).reshape(5, 7)
    Image.fromarray(grey.astype(np.uint8)).save(tmp_path / "grey.png")
    Image.fromarray(grey.astype(np.uint16)).save(tmp_path / "deep.png")
    (tmp_path / "old.png").write_bytes(b"an older file")
    (tmp_path / "photo.sobel-x.png").write_bytes(b"an older output")
    (tmp_path / "sub").mkdir()
    return tmp_path


def check(case, furnished, process):
    case.make(furnished)
    before = contents(furnished)
    refused(process(*case.words.split(" ")), case.code, case.says)
    assert contents(furnished) == before


@pytest.mark.parametrize("case", INPUTS, ids=lambda case: case.name)
def test_bad_input(case, furnished, process):
    check(case, furnished, process)


@pytest.mark.parametrize("case", FILTERS, ids=lambda case: case.name)
def test_bad_filter(case, furnished, process):
    check(case, furnished, process)


@pytest.mark.parametrize("case", OUTPUTS, ids=lambda case: case.name)
def test_bad_output(case, furnished, process):
    check(case, furnished, process)


@pytest.mark.parametrize("case", OTHER_COMMANDS, ids=lambda case: case.name)
def test_bad_use_of_other_commands(case, furnished, process):
    check(case, furnished, process)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_a_fifo_is_refused_and_never_waited_for(furnished, process):
    check(FIFO, furnished, process)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write everywhere"
)
def test_a_folder_that_may_not_be_written(furnished, process):
    (furnished / "sub").chmod(0o500)
    result = process("apply", "sobel-x", "photo.png", "-o", "sub/x.png")
    (furnished / "sub").chmod(0o700)
    refused(result, 1, ("sub/x.png: permission denied",))
    assert not list((furnished / "sub").iterdir())


def test_a_filter_that_fits_no_picture_is_said_once_and_before_any_work(furnished, process):
    before = contents(furnished)
    result = process("apply", "canny:low=0.5,high=0.1", "photo.png", "grey.png", "-o", "new/")
    refused(result, EITHER, ("low", "high"))
    assert contents(furnished) == before


# --- odd, but not bad ---------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text on other systems")
def test_a_name_that_is_not_utf8_works(furnished, process):
    name = b"caf\xe9.png"
    (furnished / "photo.png").replace(furnished / os.fsdecode(name))
    result = process("apply", "sobel-y", name)
    assert (result.returncode, result.stderr) == (0, b"")
    assert rb"caf\xe9.sobel-y.png" in result.stdout
    assert (furnished / os.fsdecode(b"caf\xe9.sobel-y.png")).exists()
    refused(process("apply", "sobel-y", b"th\xe9.png"), 1, (r"th\xe9.png: no such file",))


def test_a_name_with_a_line_break_works_and_is_one_line(furnished, process):
    (furnished / "photo.png").replace(furnished / "two\nlines.png")
    result = process("apply", "sobel-y", "two\nlines.png")
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.count(b"\n") == 1
    assert (furnished / "two\nlines.sobel-y.png").exists()


def test_a_name_that_begins_with_a_dash_works_after_two_dashes(furnished, process):
    (furnished / "photo.png").replace(furnished / "-x.png")
    assert process("apply", "sobel-y", "--", "-x.png").returncode == 0
    assert (furnished / "-x.sobel-y.png").exists()
    refused(process("apply", "sobel-y", "-x.png"), 2, ("-x",))


# --- what the machine does to a process ---------------------------------------------------------


def small_files():
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
@pytest.mark.parametrize("out", ["old.png", "new.png"])
def test_a_disk_that_is_full_leaves_what_was_there(furnished, interpreter, out):
    picture(60, 60).save(furnished / "large.png")
    before = contents(furnished)
    words = ("apply", "box", "large.png", "-o", out)
    refused(interpreter(*words, preexec_fn=small_files), 1, (f"{out}: ",))
    assert contents(furnished) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", ["list", "size 39 conv3"])
def test_standard_output_that_is_full_is_one_line(interpreter, words):
    with Path("/dev/full").open("wb") as full:
        result = interpreter(*words.split(), stdout=full)
    message = result.stderr.decode()
    assert "Traceback" not in message, message[-800:]
    assert result.returncode == 1
    assert [line[:7] for line in message.splitlines()] == ["Error: "]


@pytest.mark.skipif(sys.platform == "win32", reason="needs pipes that break")
def test_a_reader_that_leaves_early_is_no_error(interpreter):
    reading, writing = os.pipe()
    os.close(reading)
    result = interpreter("list", stdout=writing)
    os.close(writing)
    assert b"Traceback" not in result.stderr
    assert b"Exception" not in result.stderr


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("words", ["list", "show sobel-x", "explain sobel-x photo.png --at 1,1"])
def test_a_terminal_that_lacks_letters_is_no_error(furnished, interpreter, words, encoding):
    result = interpreter(*words.split(), env={**os.environ, "PYTHONIOENCODING": encoding})
    assert result.stderr == b""
    assert result.returncode == 0
    assert b"sobel-x" in result.stdout
