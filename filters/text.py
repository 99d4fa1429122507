"""Kernels for the terminal and for notebooks: numbers, and small pictures in block characters."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import cv2
import numpy as np

from .arrays import Array
from .palette import diverging, ink_on

SHADES = "░▒ ▓█"
"""From strongly negative over zero to strongly positive; every tap is drawn two characters wide."""

LEGEND = "░░ negative   (blank) zero   ██ positive, each kernel by its own largest tap"

LARGEST_DRAWN = 7
LARGEST_PRINTED = 7


def block_picture(taps: Array, largest: int = LARGEST_DRAWN) -> list[str]:
    """`taps` as lines of block characters, one line a row of taps.

    taps: (height, width); the scale is the taps' own largest magnitude. A kernel larger than
    `largest` is drawn by averages of neighbouring taps.

    >>> block_picture(np.array([[-2.0, 0.0, 2.0]]))
    ['░░  ██']
    """
    rows, columns = (min(side, largest) for side in taps.shape)
    exact = np.asarray(taps, np.float64)
    small = cv2.resize(exact, (columns, rows), interpolation=cv2.INTER_AREA).reshape(rows, columns)
    scale = float(np.abs(small).max())
    if scale == 0:
        return [" " * 2 * small.shape[1]] * small.shape[0]
    level = np.sign(small) * np.digitize(np.abs(small), [0.08 * scale, 0.6 * scale])
    return ["".join(2 * SHADES[int(value) + 2] for value in row) for row in level]


def number_table(values: Array, digits: int = 4) -> list[str]:
    """`values` (a matrix) as aligned lines, each to so many significant digits.

    >>> number_table(np.array([[1.0, -2.0], [0.5, 10.0]]))
    ['1    -2', '0.5  10']
    """
    cells = [[_number(float(value), digits) for value in row] for row in values]
    widths = [max(len(row[j]) for row in cells) for j in range(len(cells[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def _number(value: float, digits: int = 4) -> str:
    return f"{value:.{digits}g}" if value else "0"


def planes(taps: Array) -> list[tuple[str, Array]]:
    """The planes of taps with their labels: one without a label, or one for each channel.

    >>> [label for label, _ in planes(np.ones((3, 3, 3)))]
    ['red', 'green', 'blue']
    """
    if taps.ndim == 2:
        return [("", taps)]
    count = taps.shape[2]
    names = ["red", "green", "blue"] if count == 3 else [f"channel {n}" for n in range(count)]
    return [(name, taps[..., n]) for n, name in enumerate(names)]


def taps_text(taps: Array) -> list[str]:
    """Taps as lines for the terminal: their numbers beside their picture, or the picture alone.

    >>> taps_text(np.array([[1, 0, -1]]))
    ['1  0  -1    ██  ░░']
    """
    lines = []
    for label, plane in planes(taps):
        if label:
            lines.append(f"{label}:")
        drawn = block_picture(plane)
        if max(plane.shape) > LARGEST_PRINTED:
            lines += drawn
            continue
        numbers = number_table(plane)
        width = max(map(len, numbers))
        drawn += [""] * (len(numbers) - len(drawn))
        lines += [
            f"{row.ljust(width)}    {blocks}".rstrip()
            for row, blocks in zip(numbers, drawn, strict=True)
        ]
    return lines


def taps_html(taps: Array, caption: str, facts: str) -> str:
    """Taps as HTML tables: blue below zero, white at zero, orange above.

    caption, facts: plain text for above and below; it is escaped here.

    >>> "&lt;b&gt;" in taps_html(np.array([[1, 0, -1]]), "<b>", "sum 0")
    True
    """
    scale = float(np.abs(taps).max()) or 1.0
    tables = []
    for label, plane in planes(taps):
        rows = "".join(
            "<tr>" + "".join(_cell(float(value), scale) for value in row) + "</tr>" for row in plane
        )
        tables.append(
            '<table style="border-collapse:collapse;display:inline-table;margin-right:1em">'
            f'<caption style="text-align:left">{escape(label)}</caption>{rows}</table>'
        )
    return (
        f"<div><div><b>{escape(caption)}</b></div>{''.join(tables)}<div>{escape(facts)}</div></div>"
    )


def _cell(value: float, scale: float) -> str:
    paper = diverging(np.array([value]), scale)[0]
    ink = ink_on(paper)
    return (
        f'<td style="background:rgb{_rgb(paper)};color:rgb{_rgb(ink)};text-align:right;'
        f'padding:0.2em 0.5em;border:1px solid #999">{_number(value)}</td>'
    )


def _rgb(colour: Iterable[int]) -> str:
    return f"({','.join(str(int(part)) for part in colour)})"


def counted(count: int, noun: str) -> str:
    """A number and its noun.

    >>> counted(1, "kernel"), counted(2, "kernel")
    ('1 kernel', '2 kernels')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
