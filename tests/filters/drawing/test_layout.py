from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filt.filters.drawing.layout import at_least, caption, font, framed, printable, row, stack
from filt.filters.errors import InputError

WIDE = np.arange(2 * 5, dtype=np.uint8).reshape(2, 5)
TALL = np.arange(100, 100 + 4 * 1 * 3, dtype=np.uint8).reshape(4, 1, 3)


def glyph(sign: str) -> tuple[object, bytes]:
    mask = font(24).getmask(sign)
    return mask.size, bytes(mask)


def test_texts_are_spelled_with_what_the_font_has():
    assert printable("3×3 −4 45° ±σ") == "3x3 -4 45° ±sigma"
    assert printable("Géron, Łódź, Größe") == "Geron, ?odz, Grosse"
    assert printable("画\u202e\n\x00") == "????"


@given(st.text())
def test_every_sign_that_is_left_has_a_glyph(text):
    missing = glyph("\uffff")
    assert all(sign == " " or glyph(sign) != missing for sign in set(printable(text)))


def test_a_caption_is_ink_on_paper():
    picture = caption("filt", 40, ink=(200, 0, 0), paper=(0, 0, 50))
    assert picture.dtype == np.uint8
    assert picture.shape[0] == 52
    assert picture[0, 0].tolist() == [0, 0, 50]
    assert (picture == (200, 0, 0)).all(axis=2).any()


@settings(max_examples=50)
@given(
    st.lists(st.text("abcdefgiW-", min_size=1, max_size=12), max_size=12),
    st.integers(20, 300),
)
def test_lines_are_as_wide_as_allowed_and_lose_no_letter(words, width):
    text = " ".join(words)
    picture = caption(text, 14, width=width)
    assert picture.shape[1] <= width
    lines = picture.shape[0] // 18
    assert lines * 18 == picture.shape[0]
    assert lines >= font(14).getlength(text) // width
    ink = (picture.astype(int).sum(axis=2) < 600).reshape(lines, 18, -1).any(axis=(1, 2))
    assert ink.all() == bool(words)


def test_a_long_name_is_broken_where_its_parts_meet():
    letters = font(16)
    width = int(letters.getlength("gaussian-blur:")) + 2
    broken = caption("gaussian-blur:sigma=2", 16, width=width)
    parts = [caption(part, 16) for part in ("gaussian-blur:", "sigma=2")]
    assert np.array_equal(broken, stack(parts, 0))


def test_a_line_feed_begins_a_line():
    assert caption("a\nb\n\nc", 10).shape[0] == 4 * 13


def test_a_row_puts_pictures_side_by_side():
    sheet = row([WIDE, TALL], gap=2, paper=(9, 8, 7))
    assert sheet.shape == (4, 5 + 2 + 1, 3)
    assert (sheet[:2, :5] == WIDE[:, :, None]).all()
    assert (sheet[:, 7:] == TALL).all()
    assert (sheet[2:, :5] == (9, 8, 7)).all()
    assert (sheet[:, 5:7] == (9, 8, 7)).all()


@pytest.mark.parametrize(("align", "left"), [("start", 0), ("middle", 2), ("end", 4)])
def test_a_stack_aligns_pictures(align, left):
    sheet = stack([TALL, WIDE], gap=3, align=align)
    assert sheet.shape == (4 + 3 + 2, 5, 3)
    assert (sheet[:4, left : left + 1] == TALL).all()
    assert (sheet[7:] == WIDE[:, :, None]).all()
    assert (sheet[4:7] == 255).all()


def test_margins_and_least_sizes():
    assert (framed(WIDE, 3)[3:5, 3:8] == WIDE[:, :, None]).all()
    assert framed(WIDE, 3).shape == (8, 11, 3)
    grown = at_least(WIDE, 3, 2)
    assert grown.shape == (3, 5, 3)
    assert (grown[2] == 255).all()


def test_what_cannot_be_laid_out_is_refused():
    with pytest.raises(InputError, match="at least one picture"):
        row([])
    with pytest.raises(InputError, match="start, middle, end, got 'left'"):
        stack([WIDE], align="left")
    with pytest.raises(TypeError, match="uint8, got float64"):
        row([WIDE.astype(float)])
    with pytest.raises(InputError, match=r"\(2, 3, 4\)"):
        row([np.zeros((2, 3, 4), np.uint8)])
    with pytest.raises(InputError, match="size must be at least 1"):
        caption("x", 0)
