from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from filt.filters.drawing.sheet import SheetRow, sheet_rows
from filt.filters.drawing.sheet_page import sheet_html
from filt.filters.errors import InputError
from filt.filters.kernel import Kernel
from filt.filters.picture import Picture
from filt.filters.pipeline import Pipeline
from filt.filters.registry import handcrafted

HOSTILE = "<img src=x onerror=alert(1)>\"'&{{ 7*7 }}.png"
VOID = {"meta", "img"}


class Page(HTMLParser):
    """What a browser would see: the elements with their attributes, and the texts inside them."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.feed(source)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)
        if self.open and self.open[-1] == "td":
            self.tables[-1][-1].append(data)

    def images(self) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag == "img"]


def decoded(uri: str) -> np.ndarray:
    head, _, data = uri.partition(",")
    assert head == "data:image/png;base64"
    return np.array(Image.open(io.BytesIO(base64.b64decode(data, validate=True))))


def rows_of(*names: str, shape=(20, 30, 3)) -> tuple[SheetRow, ...]:
    pixels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    picture = Picture(pixels, 255.0, np.dtype(np.uint8))
    return sheet_rows(picture, [Pipeline((handcrafted(name),)) for name in names])


def test_the_pictures_are_inside_and_unchanged():
    rows = rows_of("identity", "sobel")
    page = Page(sheet_html(rows, "photo.png"))
    same, edges = page.images()
    assert np.array_equal(decoded(same["src"]), rows[0].pixels)
    assert np.array_equal(decoded(edges["src"]), rows[1].pixels)
    assert same["alt"] == "photo.png after identity, shown as clip"
    assert edges["alt"] == "photo.png after sobel, shown as abs"
    assert (same["width"], same["height"]) == ("240", "160")  # 8 times 30 × 20


def test_kernels_are_tables_of_numbers_in_their_colours():
    page = Page(sheet_html(rows_of("sobel-x", "box-blur", "kirsch"), "photo.png"))
    assert page.tables[0] == [["−1", "0", "1"], ["−2", "0", "2"], ["−1", "0", "1"]]
    assert page.tables[1] == [["1/9"] * 3] * 3
    assert len(page.tables) == 2 + 8
    styles = [attributes["style"] for tag, attributes in page.elements if tag == "td"]
    assert styles[3] == "background:rgb(40,100,200);color:rgb(255,255,255)"
    assert styles[4] == "background:rgb(255,255,255);color:rgb(0,0,0)"
    assert styles[5] == "background:rgb(230,120,20);color:rgb(0,0,0)"
    assert page.texts["caption"][2:4] == ["kirsch-n", "kirsch-nw"]


def test_large_kernels_are_pictures_with_words():
    page = Page(sheet_html(rows_of("gabor"), "photo.png"))
    kernel, _ = page.images()
    assert re.fullmatch(r"27×27 taps from −0\.0\d+ to 0\.0\d+", kernel["alt"])
    assert decoded(kernel["src"]).ndim == 3
    assert page.tables == []


def test_channels_are_tables_and_the_colours_that_they_make():
    taps = np.random.default_rng(2).normal(size=(3, 3, 3))
    pixels = np.zeros((4, 4), np.uint8)
    learned = SheetRow("learned:7", "", (Kernel(taps, name="learned:7"),), "minmax", pixels)
    page = Page(sheet_html([learned], "x"))
    assert page.texts["caption"] == ["red", "green", "blue"]
    assert [image["alt"] for image in page.images()] == [
        "as colours",
        "x after learned:7, shown as minmax",
    ]


def test_of_very_many_kernels_the_rest_are_counted():
    taps = np.ones((3, 3, 64))
    row = SheetRow("deep", "", (Kernel(taps),), "clip", np.zeros((4, 4), np.uint8))
    page = Page(sheet_html([row], "x"))
    assert len(page.tables) == 12
    assert "and 52 more" in page.texts["p"]


def test_every_text_is_only_text():
    rows = [
        SheetRow(
            HOSTILE,
            HOSTILE,
            (Kernel([[1.0]], name=HOSTILE),) * 2,
            "clip",
            np.zeros((2, 2), np.uint8),
        )
    ]
    page = Page(sheet_html(rows, HOSTILE))
    assert page.texts["h1"] == [HOSTILE]
    assert page.texts["h2"] == [HOSTILE]
    assert page.texts["caption"] == [HOSTILE, HOSTILE]
    assert page.images()[0]["alt"] == f"{HOSTILE} after {HOSTILE}, shown as clip"
    assert len(page.images()) == 1


def test_the_page_loads_and_runs_nothing():
    page = Page(sheet_html(rows_of("identity", "gabor", "sobel"), HOSTILE))
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "iframe", "object", "base", "form", "a"}
    for _, attributes in page.elements:
        assert not any(name.startswith("on") or name == "href" for name in attributes)
        assert attributes.get("src", "data:").startswith("data:")
    style = "".join(page.texts["style"])
    assert "url(" not in style
    assert "@import" not in style
    policy = [a["content"] for tag, a in page.elements if a.get("http-equiv")]
    assert policy[0].startswith("default-src 'none'")


def test_light_dark_small_and_printed_pages_are_provided_for():
    style = "".join(Page(sheet_html(rows_of("identity"), "x")).texts["style"])
    for wanted in ("prefers-color-scheme: dark", "@media print", "max-width", "print-color-adjust"):
        assert wanted in style


def test_a_row_may_have_no_kernel_and_a_show_of_its_own():
    row = SheetRow("canny", "thin edges", (), "edges", np.zeros((2, 2), np.uint8))
    page = Page(sheet_html([row], "x"))
    assert page.texts["figcaption"] == ["shown as edges"]
    assert len(page.images()) == 1


def test_a_page_of_nothing_is_refused():
    with pytest.raises(InputError, match="at least one filter"):
        sheet_html([], "x")
