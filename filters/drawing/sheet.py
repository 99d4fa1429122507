"""The sheet: filters of one picture in a table, operation, kernel, picture, as in a lecture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np

from ..arrays import Array, whole
from ..errors import InputError
from ..kernel import Kernel
from ..picture import Picture
from ..pipeline import Pipeline
from ..placement import Placement
from ..showing import to_picture
from ..text import planes
from .kernels import plane_pictures
from .layout import FAINT, INK, Pixels, at_least, caption, framed, row, stack

DEFAULT_SHEET = (
    "identity",
    "edge-diagonal",
    "laplacian4",
    "laplacian8",
    "sharpen",
    "box-blur",
    "gaussian-blur",
    "sobel-x",
    "sobel-y",
    "sobel",
)
"""The filters of a sheet unless it is told others."""

LARGEST_SIDE = 480
"""The longest side of a picture on a sheet, in pixels; a larger one is averaged down to it."""

SHOWN_AS: MappingProxyType[str, str] = MappingProxyType(
    {
        "abs": "the magnitude of the response, white from full scale on",
        "clip": "the response itself, black below zero, white from full scale on",
        "signed": "zero is mid-grey, darker below it, brighter above",
        "minmax": "stretched from the smallest response to the largest",
    }
)
"""What each way of showing means, for the foot of a sheet."""

KEY = "taps of a correlation: blue below zero, orange above, each kernel on its own scale"
"""What the drawings of kernels mean, for the foot of a sheet."""

MOST_DRAWN = 12
"""How many kernels, or channels of kernels, are drawn in one row of a sheet."""

_KERNELS_WIDTH = 240
_SMALLEST_PICTURE = 240
_SLIDE = 16 / 9
_BETWEEN = 52
_HEAD_AND_FOOT = 200


@dataclass(frozen=True, eq=False)
class SheetRow:
    """One row of a sheet: a pipeline's name and meaning, its kernels, and what it makes.

    show: how the response became pixels. pixels: (height, width) or (height, width, 3), uint8.

    >>> SheetRow("x", "nothing", (), "clip", np.zeros((2, 3), np.uint8)).pixels.shape
    (2, 3)
    """

    name: str
    meaning: str
    kernels: tuple[Kernel, ...]
    show: str
    pixels: Pixels


def sheet_rows(
    picture: Picture,
    pipelines: Iterable[Pipeline],
    *,
    show: str | None = None,
    placement: Placement | None = None,
    channels: str | None = None,
    largest_side: int = LARGEST_SIDE,
) -> tuple[SheetRow, ...]:
    """The rows of a sheet: each pipeline applied to the picture, and shown.

    show: one way for all; None is each pipeline's own. placement, channels: as in
    `Pipeline.apply`. largest_side: the picture is filtered as it is and shown, and only then
    averaged down until neither side is longer. What is transparent lies on white.
    Raises InputError for an unknown name and for what does not fit together.

    >>> from ..registry import handcrafted
    >>> grey = Picture(np.full((4, 960), 9, np.uint8), 255.0, np.dtype(np.uint8))
    >>> (made,) = sheet_rows(grey, [Pipeline((handcrafted("box-blur"),))])
    >>> made.name, made.show, made.pixels.shape, int(made.pixels[0, 0])
    ('box-blur', 'clip', (2, 480), 9)
    """
    side = whole(largest_side, "largest_side")
    rows = []
    for pipeline in pipelines:
        made = pipeline.apply(picture, placement=placement, channels=channels)
        shown_as = show or pipeline.show
        shown = to_picture(made.pixels, shown_as, full_scale=made.full_scale, depth="uint8")
        kernels = tuple(kernel for step in pipeline.steps for kernel in step.kernels)
        meaning = ", then ".join(step.meaning for step in pipeline.steps if step.meaning)
        pixels = _fitting(_on_white(shown, made.alpha), side)
        rows.append(SheetRow(pipeline.name, meaning, kernels, shown_as, pixels))
    return tuple(rows)


def _on_white(pixels: Pixels, alpha: Array | None) -> Pixels:
    if alpha is None:
        return pixels
    opacity = np.asarray(alpha if pixels.ndim == 2 else alpha[..., None], np.float64)
    return np.rint(opacity * pixels + (1 - opacity) * 255).astype(np.uint8)


def _fitting(pixels: Pixels, largest_side: int) -> Pixels:
    """`pixels` averaged down until no side is longer than `largest_side`."""
    height, width = pixels.shape[:2]
    share = largest_side / max(height, width)
    if share >= 1:
        return pixels
    size = max(1, round(share * width)), max(1, round(share * height))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def enlargement(pixels: Pixels) -> int:
    """How many times a small picture is enlarged, so that its pixels can be seen.

    >>> enlargement(np.zeros((28, 28), np.uint8)), enlargement(np.zeros((400, 600), np.uint8))
    (8, 1)
    """
    return max(1, _SMALLEST_PICTURE // int(max(pixels.shape[:2])))


def sheet_png(rows: Sequence[SheetRow], title: str = "") -> Pixels:
    """A sheet as one picture: a card for each row, in as many columns as come nearest to a slide.

    Gives (height, width, 3) in uint8. Raises InputError where there is no row.

    >>> blank = SheetRow("x", "", (Kernel([[1]]),), "clip", np.zeros((2, 3), np.uint8))
    >>> sheet_png([blank]).shape[2]
    3
    """
    if not rows:
        raise InputError("a sheet needs at least one filter")
    bodies = [_body(entry) for entry in rows]
    height, width = (max(body.shape[axis] for body in bodies) for axis in (0, 1))
    headings = [_heading(entry, width) for entry in rows]
    columns = _columns(len(rows), height + max(len(heading) for heading in headings), width)
    lines = []
    for first in range(0, len(rows), columns):
        above, below = headings[first : first + columns], bodies[first : first + columns]
        tallest = max(len(heading) for heading in above)
        cards = [
            stack([at_least(heading, tallest, width), body], 10)
            for heading, body in zip(above, below, strict=True)
        ]
        lines.append(row(cards, _BETWEEN))
    body = stack(lines, _BETWEEN)
    head = [caption(title, 44, width=body.shape[1])] if title else []
    foot = caption("\n".join(_notes(rows)), 20, width=body.shape[1], ink=FAINT)
    return framed(stack([*head, body, foot], 36), 48)


def _columns(count: int, height: int, width: int) -> int:
    """In how many columns so many cards come nearest to the shape of a slide, few places empty."""

    def distance(columns: int) -> float:
        lines = math.ceil(count / columns)
        across, down = columns * (width + _BETWEEN), lines * (height + _BETWEEN) + _HEAD_AND_FOOT
        empty = (lines * columns - count) / count
        return abs(math.log(across / down / _SLIDE)) + empty

    return min(range(1, count + 1), key=distance)


def _notes(rows: Sequence[SheetRow]) -> list[str]:
    shows = dict.fromkeys(entry.show for entry in rows)
    return [KEY, *(f"{show}: {SHOWN_AS[show]}" for show in shows if show in SHOWN_AS)]


def _heading(entry: SheetRow, width: int) -> Pixels:
    texts = ((entry.name, 32, INK), (entry.meaning, 20, FAINT))
    return stack([caption(text, size, width=width, ink=ink) for text, size, ink in texts], 0)


def _body(entry: SheetRow) -> Pixels:
    times = enlargement(entry.pixels)
    pixels = entry.pixels.repeat(times, axis=0).repeat(times, axis=1)
    shown = stack([pixels, caption(f"shown as {entry.show}", 18, ink=FAINT)], 6)
    return row([at_least(_drawn(entry.kernels, len(pixels)), 1, _KERNELS_WIDTH + 2), shown], 24)


def _drawn(kernels: Sequence[Kernel], height: int) -> Pixels:
    """The kernels drawn beside a picture: one below the other, many of them in a small grid."""
    if not kernels:
        return caption("", 16)
    count = sum(_count(kernel) for kernel in kernels)
    columns = 1 if count <= 2 else 2 if count <= 4 else 3
    lines = math.ceil(min(count, MOST_DRAWN) / columns)
    room = max(height, _KERNELS_WIDTH) // lines - 40
    wide = (_KERNELS_WIDTH - 12 * (columns - 1)) // columns
    side = max(24, min(wide, room))
    items = []
    for label, plane in _labelled(kernels, side):
        named = stack([plane, caption(label, 16, width=wide, ink=FAINT)], 4)
        items.append(at_least(named, 1, wide))
    grid = [row(items[first : first + columns], 12) for first in range(0, len(items), columns)]
    more = count - MOST_DRAWN
    rest = [caption(f"and {more} more", 16, ink=FAINT)] if more > 0 else []
    return stack([*grid, *rest], 10)


def _count(kernel: Kernel) -> int:
    """How many drawings a kernel has: three channels are also drawn together."""
    channels = len(planes(kernel.taps))
    return channels + 1 if channels == 3 else channels


def _labelled(kernels: Sequence[Kernel], side: int) -> list[tuple[str, Pixels]]:
    """The first planes of the kernels, drawn, each with what is written below it."""
    alone = len(kernels) == 1
    drawn = []
    for kernel in kernels:
        for label, plane in plane_pictures(kernel.taps, side=side):
            name = label if alone else f"{kernel.name} {label}".strip()
            drawn.append((name or size_and_sum(kernel), plane))
        if len(drawn) >= MOST_DRAWN:
            break
    return drawn[:MOST_DRAWN]


def size_and_sum(kernel: Kernel) -> str:
    """What is written below a kernel that stands alone.

    >>> size_and_sum(Kernel([[1, 2, 1]]))
    '1×3, sum 4'
    """
    return f"{'×'.join(str(n) for n in kernel.shape)}, sum {kernel.sum:.4g}"
