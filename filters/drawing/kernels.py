"""Kernels to pixels: their taps in colour and number, and what they answer to simple pictures.

Zero is always white, blue is below it and orange above, on a scale that runs equally far to both
sides and is written beside the drawing.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import cv2
import numpy as np

from ..arrays import Array, Taps, positive, whole
from ..correlation import KernelLike, correlate, taps_of
from ..kernel import Kernel
from ..palette import Colours, diverging, ink_on
from ..text import planes
from .layout import FAINT, Colour, Pixels, at_least, caption, font, framed, row, stack

LARGEST_NUMBERED = 7
"""The longest side of a kernel whose taps are printed in their cells."""

PREFERRED_SIDE = 240
"""How many pixels a kernel's longer side takes, unless its cells are given a size."""

_GRID: Colour = (150, 150, 156)
_LARGEST_CELL = 80
_SMALLEST_GRIDDED = 10
_SMALLEST_TEXT = 7
_LARGEST_DENOMINATOR = 256
_PLANES_IN_A_ROW = 8
_ANSWER_SIDE = 196
_NOISE = 1e-9
"""What is smaller than this beside the sum of the taps' magnitudes is rounding, not an answer."""


def tap_labels(taps: Array) -> list[list[str]]:
    """What is printed in the cells of a kernel: each tap as text, as short as it stays true.

    taps: (height, width), finite. Whole numbers, at most two decimals, or fractions such as 1/9
    where all taps are exactly that; else all of them rounded to the same number of decimals.

    >>> tap_labels(np.array([[1, -2]])), tap_labels(np.full((1, 1), 1 / 9))
    ([['1', '-2']], [['1/9']])
    >>> tap_labels(np.array([[0.0, 0.25, 0.123456, -1e-9]]))
    [['0', '0.25', '0.12', '0.00']]
    """
    values = np.asarray(taps, np.float64)
    largest = float(np.abs(values).max())
    return [[_label(float(value), values, largest) for value in line] for line in values]


def _label(value: float, values: Taps, largest: float) -> str:
    if value == 0:
        return "0"
    if largest >= 10_000 or largest < 0.01:
        return f"{value:.1e}".replace("e-0", "e-").replace("e+0", "e")
    if np.array_equal(values, np.round(values, 2)):
        return f"{value:.6g}"
    if _are_fractions(values):
        return str(_fraction(value))
    decimals = 0 if largest >= 100 else 1 if largest >= 1 else 2 if largest >= 0.1 else 3
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def _fraction(value: float) -> Fraction:
    return Fraction(value).limit_denominator(_LARGEST_DENOMINATOR)


def _are_fractions(values: Taps) -> bool:
    """Whether every tap is a short fraction, but for rounding in float64."""
    nearest = [_fraction(value) for value in values.flat]
    short = all(abs(fraction.numerator) < _LARGEST_DENOMINATOR for fraction in nearest)
    return short and bool(np.allclose(values.ravel(), np.array(nearest, float), rtol=1e-12, atol=0))


def kernel_picture(
    taps: KernelLike,
    cell: int | None = None,
    scale: float | None = None,
    numbers: bool = True,
) -> Pixels:
    """Taps as a grid of cells: blue below zero, white at zero, orange above.

    taps: (height, width) or (height, width, channels), a `Kernel` or a handcrafted name. Channels
    stand in a row, each under its name and all on one scale; three of them are also shown as the
    colours that they make together, with zero as mid-grey.
    cell: pixels for each tap; None makes the longer side about 240 pixels, by averages of
    neighbouring taps where it has more.
    scale: the magnitude of full colour; None takes the largest tap's.
    numbers: whether the taps are printed in the cells, up to 7×7 and where they can be read.

    Gives (height, width, 3) in uint8. Raises InputError for what is no kernel, a cell below 1 or
    a scale that is not above 0.

    >>> kernel_picture("sobel-x", cell=20).shape
    (61, 61, 3)
    >>> kernel_picture([[-1, 1]], cell=9)[4, [4, 14]].tolist()
    [[40, 100, 200], [230, 120, 20]]
    """
    weights = taps_of(taps)
    crowded = weights.ndim == 3 and weights.shape[2] > 3
    side = PREFERRED_SIDE // 2 if crowded else PREFERRED_SIDE
    drawn = plane_pictures(weights, cell, scale, numbers, side=side)
    if weights.ndim == 2:
        return drawn[0][1]
    size = max(11, min(16, drawn[0][1].shape[1] // 5))
    named = [stack([caption(label, size, ink=FAINT), plane], 4) for label, plane in drawn]
    lines = [named[n : n + _PLANES_IN_A_ROW] for n in range(0, len(named), _PLANES_IN_A_ROW)]
    return stack([row(line, 14) for line in lines], 14)


def plane_pictures(
    taps: KernelLike,
    cell: int | None = None,
    scale: float | None = None,
    numbers: bool = True,
    *,
    side: int = PREFERRED_SIDE,
) -> list[tuple[str, Pixels]]:
    """The drawings that `kernel_picture` puts in a row, each with its label.

    side: about how many pixels the longer side of each takes where `cell` is None. The other
    arguments and the errors are those of `kernel_picture`. The label of a kernel without channels
    is empty; three channels are followed by the colours that they make "together".

    >>> [label for label, _ in plane_pictures(np.ones((2, 2, 3)), cell=4)]
    ['red', 'green', 'blue', 'together']
    """
    weights = taps_of(taps)
    full = (float(np.abs(weights).max()) or 1.0) if scale is None else positive(scale, "scale")
    if cell is not None:
        whole(cell, "cell")
    drawn = [(label, _plane(plane, cell, side, full, numbers)) for label, plane in planes(weights)]
    if weights.shape[2:] == (3,):
        drawn.append(("together", _gridded(together(weights, full), cell, side)))
    return drawn


def together(taps: Taps, scale: float) -> Pixels:
    """Taps over red, green and blue as the colours that they weigh most, with zero as mid-grey.

    taps: (height, width, 3). scale: the magnitude that reaches 0 or 255.

    >>> together(np.array([[[1.0, 0.0, -1.0]]]), 1.0).tolist()
    [[[255, 128, 0]]]
    """
    share = np.clip(taps / scale, -1.0, 1.0)
    return np.rint(127.5 + 127.5 * share).astype(np.uint8)


def _plane(taps: Taps, cell: int | None, side: int, scale: float, numbers: bool) -> Pixels:
    picture = _gridded(diverging(taps, scale), cell, side)
    if numbers and max(taps.shape) <= LARGEST_NUMBERED:
        return _numbered(picture, taps, scale)
    return picture


def _gridded(colours: Colours, cell: int | None, preferred: int = PREFERRED_SIDE) -> Pixels:
    """One cell for each colour, between thin lines where the cells are large enough for them."""
    longest = max(colours.shape[:2])
    side = cell or max(1, min(_LARGEST_CELL, preferred // longest))
    if cell is None and longest > preferred:
        share = preferred / longest
        height, width = (max(1, round(share * n)) for n in colours.shape[:2])
        averaged = cv2.resize(colours, (width, height), interpolation=cv2.INTER_AREA)
        colours = np.asarray(averaged, np.uint8)
    grown = colours.repeat(side, axis=0).repeat(side, axis=1)
    picture = at_least(grown, grown.shape[0] + 1, grown.shape[1] + 1, paper=_GRID)
    step = side if side >= _SMALLEST_GRIDDED else max(picture.shape[:2])
    picture[::step] = _GRID
    picture[:, ::step] = _GRID
    return picture


def _numbered(picture: Pixels, taps: Taps, scale: float) -> Pixels:
    from PIL import Image, ImageDraw

    labels = tap_labels(taps)
    cell = (picture.shape[0] - 1) // taps.shape[0]
    widest = max(font(100).getlength(label) for line in labels for label in line)
    size = min(0.45 * cell, 80 * cell / widest)
    if size < _SMALLEST_TEXT:
        return picture
    sheet = Image.fromarray(picture)
    draw = ImageDraw.Draw(sheet)
    letters = font(size)
    for (i, j), value in np.ndenumerate(taps):
        ink = ink_on(diverging(value, scale)) if value else FAINT
        digits = labels[i][j].removeprefix("-")
        # The font has no minus sign, and its hyphen is too short to be read as one.
        minus = 0.5 * size if digits != labels[i][j] else 0.0
        x, y = (j + 0.5) * cell + minus / 2, (i + 0.5) * cell
        draw.text((x, y), digits, fill=ink, font=letters, anchor="mm")
        if minus:
            left, thick = x - letters.getlength(digits) / 2 - minus, max(1, round(0.08 * size))
            top = round(y + 0.02 * size - thick / 2)
            draw.rectangle((left, top, left + 0.38 * size, top + thick - 1), fill=ink)
    return np.array(sheet, dtype=np.uint8)


def scale_bar(scale: float, width: int = PREFERRED_SIDE, *, size: int = 13) -> Pixels:
    """The colours from -scale to +scale, with the two ends and zero written below.

    scale: above 0. width: in pixels; size: of the text.

    >>> bar = scale_bar(4.0, 120)
    >>> bar[5, 60].tolist(), bar.shape[1]
    ([255, 255, 255], 120)
    """
    length = max(whole(width, "width"), 24)
    ramp = diverging(np.linspace(-1.0, 1.0, length - length % 2 + 1)[:length], 1.0)
    bar = np.full((12, length, 3), _GRID, dtype=np.uint8)
    bar[1:-1, 1:-1] = ramp[1:-1]
    label = f"{positive(scale, 'scale'):.4g}"
    if float(label) != scale and _are_fractions(np.array([scale])):
        label = str(_fraction(scale))
    ends = [caption(text, size, ink=FAINT) for text in (f"-{label}", "0", f"+{label}")]
    marks = np.full((ends[0].shape[0], length, 3), 255, dtype=np.uint8)
    for share, mark in zip((0.0, 0.5, 1.0), ends, strict=True):
        fitting = mark[:, :length]
        left = round(share * (length - fitting.shape[1]))
        marks[:, left : left + fitting.shape[1]] = fitting
    return stack([bar, marks], 3)


def kernel_figure(kernel: Kernel) -> Pixels:
    """A kernel on one sheet: its taps, what it is, and its answers to three simple pictures.

    The pictures are an impulse (one white pixel on black: the answer to it is the kernel turned
    by 180 degrees) and steps from black to white, to the right and downwards; each answer has a
    colour scale of its own. Gives (height, width, 3) in uint8, about 1000 pixels wide.

    >>> figure = kernel_figure(Kernel([[1, 0, -1]], name="difference"))
    >>> figure.dtype, figure[0, 0].tolist()
    (dtype('uint8'), [255, 255, 255])
    """
    taps = kernel.taps
    drawn = kernel_picture(taps)
    bar = scale_bar(float(np.abs(taps).max()) or 1.0, max(120, min(drawn.shape[1], PREFERRED_SIDE)))
    left = stack([caption("taps of the correlation", 16), drawn, bar], 10)
    answers = row([_answer(taps, *asked) for asked in _QUESTIONS], 28)
    beside = left.shape[1] <= 1.2 * PREFERRED_SIDE
    body = row([left, answers], 48) if beside else stack([left, answers], 28)
    width = body.shape[1]
    heading = [caption(kernel.name, 30, width=width)]
    if kernel.meaning:
        heading.append(caption(kernel.meaning, 18, width=width))
    size = "×".join(str(n) for n in kernel.shape)
    facts = [f"{size}, {kernel.facts}", *([kernel.source] if kernel.source else [])]
    notes = [
        caption(f"finds {kernel.finds}", 16, width=width),
        *(caption(fact, 15, width=width, ink=FAINT) for fact in facts),
    ]
    return framed(stack([stack(heading, 4), body, stack(notes, 4)], 24), 32)


def _impulse(side: int) -> Taps:
    image = np.zeros((side, side))
    image[side // 2, side // 2] = 1.0
    return image


def _step(side: int) -> Taps:
    image = np.zeros((side, side))
    image[:, side // 2 :] = 1.0
    return image


_QUESTIONS: tuple[tuple[str, str, Callable[[int], Taps]], ...] = (
    ("an impulse", "answer: taps turned by 180°", _impulse),
    ("a vertical edge", "answer", _step),
    ("a horizontal edge", "answer", lambda side: _step(side).T),
)
"""The simple pictures: a title, what is said of the answer, and the picture of a given side."""


def _answer(taps: Taps, title: str, note: str, picture_of: Callable[[int], Taps]) -> Pixels:
    side = max(LARGEST_NUMBERED, 2 * max(taps.shape[:2]) + 1)
    image = picture_of(side)
    seen = image if taps.ndim == 2 else np.repeat(image[:, :, None], taps.shape[2], axis=2)
    response = np.asarray(correlate(seen, taps), np.float64)
    response[np.abs(response) <= _NOISE * np.abs(taps).sum()] = 0.0
    largest = float(np.abs(response).max())
    ((_, drawn),) = plane_pictures(response, side=_ANSWER_SIDE)
    # One white pixel among many would vanish in the drawing.
    asked = np.uint8(255) * (picture_of(min(side, _ANSWER_SIDE // 3)) > 0)
    colours = np.repeat(asked[:, :, None], 3, axis=2)
    silent = caption("silent: 0 everywhere", 13, ink=FAINT)
    legend = scale_bar(largest, drawn.shape[1]) if largest else silent
    noted = stack([caption(note, 14, ink=FAINT), drawn], 4)
    return stack([caption(title, 16), _gridded(colours, None, _ANSWER_SIDE), noted, legend], 10)
