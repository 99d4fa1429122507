"""`filt sheet` from the command line; what is on a sheet is tested beside the library."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from filt.filters.drawing.sheet import DEFAULT_SHEET


@pytest.fixture
def photo(filt):
    pixels = np.random.default_rng(6).integers(0, 256, (30, 40, 3), np.uint8)
    assert cv2.imwrite("photo.png", pixels)
    return Path("photo.png").read_bytes()


class Text(HTMLParser):
    """The words of a page, and what it points at."""

    def __init__(self, page):
        super().__init__()
        self.words, self.links = [], []
        self.feed(page)

    def handle_data(self, data):
        self.words.append(data.strip())

    def handle_starttag(self, tag, attrs):
        self.links += [value for name, value in attrs if name in ("src", "href", "srcset")]


def test_the_default_sheet_is_one_png_beside_the_picture(filt, photo):
    result = filt("sheet", "photo.png")
    assert result.stdout.startswith("wrote photo.sheet.png: 10 filters")
    assert sorted(map(str, Path().iterdir())) == ["photo.png", "photo.sheet.png"]
    drawn = cv2.imread("photo.sheet.png", cv2.IMREAD_UNCHANGED)
    assert drawn.shape[2] == 3
    assert min(drawn.shape[:2]) > 300
    assert Path("photo.png").read_bytes() == photo


def test_the_default_sheet_as_a_page_has_all_ten_and_loads_nothing(filt, photo):
    filt("sheet", "photo.png", "-o", "page.html")
    page = Text(Path("page.html").read_text("utf-8"))
    words = " ".join(page.words)
    for name in DEFAULT_SHEET:
        assert name in page.words
    assert "photo.png" in words
    assert page.links
    assert all(link.startswith("data:image/png;base64,") for link in page.links)


def test_the_pictures_of_a_page_are_those_of_the_filters(filt, photo):
    filt("sheet", "photo.png", "identity", "sobel-x", "-o", "page.html")
    filt("apply", "sobel-x", "photo.png")
    page = Text(Path("page.html").read_text("utf-8"))
    decoded = [
        cv2.imdecode(np.frombuffer(base64.b64decode(link.split(",")[1]), np.uint8), -1)
        for link in page.links
    ]
    original, edges = cv2.imread("photo.png"), cv2.imread("photo.sobel-x.png", -1)
    for expected in (original, edges):
        assert any(holds(found, expected) for found in decoded)


def holds(found, expected):
    """Whether `found` is `expected`, every pixel enlarged by a whole number or not at all."""
    if found.ndim == 3 and expected.ndim == 2:
        expected = np.dstack([expected] * 3)
    times = found.shape[0] // expected.shape[0]
    if times == 0 or found.ndim != expected.ndim:
        return False
    enlarged = expected.repeat(times, axis=0).repeat(times, axis=1)
    return np.array_equal(found, enlarged)


def test_filters_of_ones_own_choice_and_pipelines(filt, photo):
    result = filt(
        "sheet", "photo.png", "gaussian:sigma=2+sobel", "canny", "taps:[[1,0,-1]]", "-o", "p.html"
    )
    assert "3 filters" in result.stdout
    words = Text(Path("p.html").read_text("utf-8")).words
    for name in ("gaussian-blur:sigma=2+sobel", "canny", "taps:[[1,0,-1]]"):
        assert name in words
    filt("sheet", "photo.png", "sobel-x", "-o", "one.png")
    assert cv2.imread("one.png") is not None


def test_the_name_of_the_file_is_escaped_on_the_page(filt, photo):
    Path("photo.png").replace("<b>&.png")
    filt("sheet", "<b>&.png", "box", "-o", "p.html")
    page = Path("p.html").read_text("utf-8")
    assert "<b>&.png" not in page
    assert re.search(r"&lt;b&gt;&amp;\.png", page)


def test_out_may_be_a_folder(filt, photo):
    Path("there").mkdir()
    filt("sheet", "photo.png", "box", "-o", "there")
    assert list(Path("there").iterdir()) == [Path("there/photo.sheet.png")]


def test_an_existing_sheet_is_replaced_or_refused(filt, photo):
    for name in ("s.png", "s.html"):
        Path(name).write_bytes(b"old")
        message = filt("sheet", "photo.png", "box", "-o", name, "--no-clobber", code=1).stderr
        assert message == f"Error: {name}: exists already\n"
        assert Path(name).read_bytes() == b"old"
        filt("sheet", "photo.png", "box", "-o", name)
        assert Path(name).stat().st_size > 100


def test_the_picture_is_never_overwritten(filt, photo):
    Path("link.png").symlink_to("photo.png")
    for words in (("photo.png", "-o", "link.png"), ("link.png", "-o", "photo.png")):
        assert "overwrite" in filt("sheet", *words, code=1).stderr
    assert Path("photo.png").read_bytes() == photo


@pytest.mark.parametrize("depth", ["grey", "16 bits", "alpha", "float", "one pixel"])
def test_every_kind_of_picture_has_a_sheet(filt, depth):
    rng = np.random.default_rng(7)
    if depth == "float":
        name = "a.npy"
        np.save(name, rng.random((20, 30), np.float32))
    else:
        name = "a.png"
        pixels = {
            "grey": rng.integers(0, 256, (20, 30), np.uint8),
            "16 bits": rng.integers(0, 65536, (20, 30, 3), np.uint16),
            "alpha": rng.integers(0, 256, (20, 30, 4), np.uint8),
            "one pixel": np.array([[9]], np.uint8),
        }[depth]
        assert cv2.imwrite(name, pixels)
    filt("sheet", name, "-o", "s.png")
    filt("sheet", name, "-o", "s.html")
    assert cv2.imread("s.png").dtype == np.uint8


def test_page_and_max_pixels(filt):
    pages = [np.full((6, 8), 40 * n, np.uint8) for n in range(1, 4)]
    assert cv2.imwritemulti("p.tif", pages)
    assert "3 pages" in filt("sheet", "p.tif", "box", code=1).stderr
    filt("sheet", "p.tif", "box", "--page", "2")
    assert "limit" in filt("sheet", "p.tif", "--page", "2", "--max-pixels", "40", code=1).stderr


def test_a_sheet_is_a_picture_or_a_page(filt, photo):
    said = filt("sheet", "photo.png", "-o", "sheet.pdf", code=1).stderr
    assert said.startswith("Error: sheet.pdf: the name of a sheet must end in one of .png, ")
    assert said.endswith(", .html\n")
    assert not Path("sheet.pdf").exists()
