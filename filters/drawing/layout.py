"""Text to pixels, and pictures side by side: what every figure of filt is put together from.

A picture here is (height, width, 3) in uint8; (height, width) is taken as grey. The font is the
one that comes inside Pillow, so that a figure looks the same on every machine.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, whole
from ..errors import InputError

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

Pixels = NDArray[np.uint8]
Colour = tuple[int, int, int]

PAPER: Colour = (255, 255, 255)
INK: Colour = (24, 24, 27)
FAINT: Colour = (95, 95, 103)

_ALIGNMENTS = {"start": 0.0, "middle": 0.5, "end": 1.0}
_SPELLED = {"×": "x", "−": "-", "–": "-", "—": "-", "·": "·", "σ": "sigma", "Σ": "sum ", "ß": "ss"}
_OWN_SIGNS = "°±…“”‘’«»·"


def font(size: float) -> FreeTypeFont:
    """Pillow's built-in font at `size` pixels.

    Raises InputError where Pillow was built without FreeType and has no such font.

    >>> font(20).getlength("ab") > font(10).getlength("ab")
    True
    """
    from PIL import ImageFont

    loaded = ImageFont.load_default(size)
    if not isinstance(loaded, ImageFont.FreeTypeFont):
        raise InputError("drawing text needs a Pillow with FreeType, got one without")
    return loaded


def printable(text: str) -> str:
    """`text` in the signs that Pillow's built-in font has: ASCII and a few more.

    Accents are left off, × and − become x and -, and what has no counterpart becomes ?.

    >>> printable("σ=2: 3×3, −1 – café 45° 画")
    'sigma=2: 3x3, -1 - cafe 45° ?'
    """
    spelled = "".join(_SPELLED.get(sign, sign) for sign in text)
    plain = "".join(
        sign if sign in _OWN_SIGNS else unicodedata.normalize("NFKD", sign) for sign in spelled
    )
    return "".join(
        sign if " " <= sign <= "~" or sign in _OWN_SIGNS else "?"
        for sign in plain
        if not unicodedata.combining(sign)
    )


def caption(
    text: str,
    size: int = 16,
    *,
    width: int | None = None,
    ink: Colour = INK,
    paper: Colour = PAPER,
) -> Pixels:
    """`text` as a picture that fits it closely, broken into lines of at most `width` pixels.

    size: of the font, in pixels. A word wider than `width` is broken, after a colon, plus or
    comma if it has one; a line feed in `text` begins a new line.
    Gives (lines · 1.3 · size, width of the longest line, 3).
    Raises InputError for a size or width below 1.

    >>> caption("one two", 20).shape[0], caption("one two", 20, width=50).shape[0]
    (26, 52)
    """
    from PIL import Image, ImageDraw

    letters = font(whole(size, "size"))
    limit = None if width is None else whole(width, "width")
    lines = [line for part in text.split("\n") for line in _lines(printable(part), letters, limit)]
    height = round(1.3 * size)
    extent = max(1, *(int(np.ceil(letters.getlength(line))) for line in lines))
    picture = Image.new("RGB", (extent, height * len(lines)), paper)
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        draw.text((0, height * number + height / 2), line, fill=ink, font=letters, anchor="lm")
    return np.array(picture, dtype=np.uint8)


def _lines(text: str, letters: FreeTypeFont, width: int | None) -> list[str]:
    if width is None:
        return [text]
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if letters.getlength(longer) <= width:
            lines[-1] = longer
            continue
        pieces = _broken(word, letters, width)
        lines = [*lines, *pieces] if lines[-1] else pieces
    return lines


def _broken(word: str, letters: FreeTypeFont, width: int) -> list[str]:
    """`word` in pieces that fit, after the signs that join the parts of a name where that helps."""
    pieces = [""]
    for part in re.split(r"(?<=[:+,])", word):
        for unit in [part] if letters.getlength(part) <= width else part:
            if pieces[-1] and letters.getlength(pieces[-1] + unit) > width:
                pieces.append("")
            pieces[-1] += unit
    return pieces


def row(
    pictures: Sequence[Array], gap: int = 12, *, align: str = "start", paper: Colour = PAPER
) -> Pixels:
    """Pictures side by side on paper, from left to right.

    pictures: at least one, uint8. gap: pixels between them. align: "start" (their tops on one
    line), "middle" or "end". Raises InputError for no picture, and for an unknown alignment.

    >>> row([np.zeros((2, 3), np.uint8), np.zeros((5, 1, 3), np.uint8)], gap=1).shape
    (5, 5, 3)
    """
    turned = [_colour(picture).transpose(1, 0, 2) for picture in pictures]
    return np.ascontiguousarray(stack(turned, gap, align=align, paper=paper).transpose(1, 0, 2))


def stack(
    pictures: Sequence[Array], gap: int = 12, *, align: str = "start", paper: Colour = PAPER
) -> Pixels:
    """Pictures one below the other on paper, from the top.

    Arguments and errors are those of `row`; "start" puts their left sides on one line.

    >>> stack([np.zeros((2, 3), np.uint8)] * 2, gap=1)[2, 0].tolist()
    [255, 255, 255]
    """
    if not pictures:
        raise InputError("nothing to lay out: at least one picture is needed")
    if align not in _ALIGNMENTS:
        raise InputError(f"align must be one of {', '.join(_ALIGNMENTS)}, got {align!r}")
    colours = [_colour(picture) for picture in pictures]
    width = max(picture.shape[1] for picture in colours)
    between = whole(gap, "gap", 0)
    sheet = _paper(sum(len(c) for c in colours) + between * (len(colours) - 1), width, paper)
    top = 0
    for picture in colours:
        left = round(_ALIGNMENTS[align] * (width - picture.shape[1]))
        sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
        top += picture.shape[0] + between
    return sheet


def framed(picture: Array, margin: int, *, paper: Colour = PAPER) -> Pixels:
    """A picture with `margin` pixels of paper on every side.

    >>> framed(np.zeros((2, 3), np.uint8), 2).shape
    (6, 7, 3)
    """
    colours, edge = _colour(picture), whole(margin, "margin", 0)
    sheet = _paper(colours.shape[0] + 2 * edge, colours.shape[1] + 2 * edge, paper)
    sheet[edge : edge + colours.shape[0], edge : edge + colours.shape[1]] = colours
    return sheet


def at_least(picture: Array, height: int, width: int, *, paper: Colour = PAPER) -> Pixels:
    """A picture with paper added below and to the right until it has that size.

    >>> at_least(np.zeros((2, 3), np.uint8), 4, 1).shape
    (4, 3, 3)
    """
    colours = _colour(picture)
    sheet = _paper(max(height, colours.shape[0]), max(width, colours.shape[1]), paper)
    sheet[: colours.shape[0], : colours.shape[1]] = colours
    return sheet


def _paper(height: int, width: int, paper: Colour) -> Pixels:
    return np.full((height, width, 3), paper, dtype=np.uint8)


def _colour(picture: Array) -> Pixels:
    pixels = np.asarray(picture)
    if pixels.dtype != np.uint8:
        raise TypeError(f"a picture to lay out must be uint8, got {pixels.dtype}")
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)
    if pixels.ndim != 3 or pixels.shape[2] != 3:
        raise InputError(
            f"a picture to lay out must be grey or RGB, got shape {np.asarray(picture).shape}"
        )
    return pixels
