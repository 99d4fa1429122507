"""The kernels of a bank in colour: before training, after it, and the difference."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from ...filters.arrays import Array, Taps
from ...filters.drawing.kernels import LARGEST_NUMBERED, tap_labels, together
from ...filters.errors import InputError
from ...filters.palette import diverging, ink_on
from ..bank_pictures import MOST_DRAWN, SCALES
from ..kernel_bank import KernelBank
from ..matching.shapes import profiles_of
from .panel import Cell, Panel, named, panel_of
from .style import FAINT, LINE, SMALL, WIDTH, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = ("bank", "kernel", "drawn", "largest", "sum", "length")
_LABELS = 0.85
_GAP = 0.16
_LARGEST_SIDE = 1.3
_SMALLEST_NUMBER = 6.5
_ROOMY = 0.62
"""Inches of a drawing below which its scale is not printed under it."""


def kernels_panel(
    bank: KernelBank, scale: str = "each", *, width: float = WIDTH, numbers: bool = True
) -> Panel:
    """The kernels of a bank as drawings: untrained, trained and the difference below each other.

    Blue is below zero, white zero, orange above. scale: "each" drawing on its own, the magnitude
    of full colour printed below it where there is room, or all on a "common" one. numbers:
    whether taps are printed in their cells, up to 7×7 and where they can be read. Kernels over
    three channels are drawn as the colours that they weigh most, zero as mid-grey; over other
    numbers of channels by the spatial profile that they share most (the first singular vector).
    The first 64 kernels are drawn; rows are of these. Raises InputError for another scale.

    >>> panel = kernels_panel(KernelBank.from_names(["sobel-x", "laplacian"]))
    >>> [row[1:4] for row in panel.rows]
    [(0, 'kernel', 2.0), (1, 'kernel', 4.0)]
    """
    if scale not in SCALES:
        raise InputError(f"scale must be one of {', '.join(SCALES)}, got {scale!r}")
    drawn = [(label, kernels[..., :MOST_DRAWN]) for label, kernels in _stages(bank)]
    largest = max(float(np.abs(kernels).max()) for _, kernels in drawn) or 1.0
    common = largest if scale == "common" else None
    with styled():
        figure = _figure(bank, drawn, common, width, numbers)
        return panel_of(
            named("kernels", [bank.name]),
            figure,
            title=bank.title,
            caption=_caption(bank, scale, largest),
            columns=_COLUMNS,
            rows=[
                _row(bank.name, label, kernels[..., index], index)
                for index in range(min(len(bank), MOST_DRAWN))
                for label, kernels in drawn
            ],
            alternative=_words(bank, drawn),
        )


def _stages(bank: KernelBank) -> list[tuple[str, Array]]:
    if bank.untrained is None:
        return [("kernel", bank.kernels)]
    change = bank.kernels - bank.untrained
    return [("untrained", bank.untrained), ("trained", bank.kernels), ("difference", change)]


def _figure(
    bank: KernelBank,
    drawn: list[tuple[str, Array]],
    common: float | None,
    width: float,
    numbers: bool,
) -> Figure:
    """All drawings in one pair of axes whose unit is an inch, in lines of so many kernels."""
    from matplotlib.figure import Figure

    count = min(len(bank), MOST_DRAWN)
    height, across = bank.kernels.shape[:2]
    margin = _LABELS if len(drawn) > 1 else 0.05
    in_a_line = _in_a_line(count, width - margin)
    step = (width - margin) / in_a_line
    side = min(step - min(_GAP, step / 6), _LARGEST_SIDE)
    step = min(step, side + _GAP)
    cell = side / max(height, across)
    wide, tall = cell * across, cell * height
    printed = common is None and side >= _ROOMY
    below = 0.24 if printed else 0.06
    block = 0.26 + len(drawn) * (tall + below) + 0.1
    lines = ceil(count / in_a_line)
    figure = Figure(figsize=(width, lines * block + 0.02))
    axes = figure.add_axes((0, 0, 1, 1), label="kernels")
    axes.set_xlim(0, width)
    axes.set_ylim(lines * block + 0.02, 0)
    axes.set_axis_off()
    for index in range(count):
        left = margin + index % in_a_line * step
        top = index // in_a_line * block
        axes.text(left, top + 0.2, str(index), fontsize=SMALL)
        for stage, (label, kernels) in enumerate(drawn):
            upper = top + 0.26 + stage * (tall + below)
            if index % in_a_line == 0 and len(drawn) > 1:
                axes.text(0, upper + tall / 2, label, va="center", fontsize=SMALL, color=FAINT)
            box = (left, upper, wide, tall)
            own = _kernel(axes, kernels[..., index], box, common, numbers)
            if printed:
                axes.text(
                    left, upper + tall + 0.16, f"±{own:.2g}" if own else "all 0",
                    fontsize=SMALL - 1, color=FAINT,
                )  # fmt: skip
    return figure


def _in_a_line(count: int, width: float) -> int:
    """How many kernels stand side by side: eight, or sixteen of more than that, where they fit."""
    most = max(1, int(width / 0.36))
    wanted = count if count <= 8 else 8 if count <= 16 else 16
    return min(wanted, most if wanted > 8 else max(4, min(8, int(width / 0.6))))


def _kernel(
    axes: Axes,
    taps: Array,
    box: tuple[float, float, float, float],
    common: float | None,
    numbers: bool,
) -> float:
    """Draw one kernel into a box (left, top, width, height); the magnitude of full colour."""
    from matplotlib.patches import Rectangle

    left, top, width, height = box
    weights = _plane(taps.astype(np.float64))
    own = float(np.abs(weights).max())
    full = common or own or 1.0
    pixels = together(weights, full) if weights.ndim == 3 else diverging(weights, full)
    extent = (left, left + width, top + height, top)
    axes.imshow(pixels, interpolation="none", extent=extent, aspect="auto")
    axes.add_patch(Rectangle((left, top), width, height, fill=False, edgecolor=LINE, linewidth=0.8))
    rows, columns = weights.shape[:2]
    size = 0.34 * 72 * min(width / columns, height / rows)
    is_roomy = size >= _SMALLEST_NUMBER and max(rows, columns) <= LARGEST_NUMBERED
    if numbers and weights.ndim == 2 and is_roomy:
        labels = tap_labels(weights)
        longest = max(len(word) for line in labels for word in line)
        size = min(SMALL, size, 72 * width / columns / (0.68 * longest))
        if size >= _SMALLEST_NUMBER:
            for y, x in np.ndindex(rows, columns):
                shade = np.array(ink_on(pixels[y, x])) / 255
                axes.text(
                    left + (x + 0.5) * width / columns, top + (y + 0.5) * height / rows,
                    labels[y][x], ha="center", va="center", fontsize=size, color=tuple(shade),
                )  # fmt: skip
    return own


def _plane(taps: Taps) -> Taps:
    """What is drawn of a kernel (height, width, in): (height, width), or with three channels."""
    height, width, channels = taps.shape
    if channels == 3:
        return taps
    if channels == 1:
        return taps[:, :, 0]
    matrix = taps.reshape(1, height * width, channels)
    profile, share = profiles_of(matrix)
    length = float(np.sqrt(share[0]) * np.linalg.norm(matrix))
    return np.asarray((profile[0] * length).reshape(height, width))


def _row(bank: str, label: str, taps: Array, index: int) -> tuple[Cell, ...]:
    weights = taps.astype(np.float64)
    largest = float(np.abs(weights).max())
    return (bank, index, label, largest, float(weights.sum()), float(np.linalg.norm(weights)))


def _caption(bank: KernelBank, scale: str, largest: float) -> str:
    channels = bank.kernels.shape[2]
    colours = "blue is below zero, white zero, orange above"
    if channels == 3:
        colours = "the colours that a kernel weighs most, zero as mid-grey"
    elif channels > 1:
        colours += " (of the spatial profile that a kernel's channels share most)"
    said = f"Taps of a correlation: {colours}; "
    if scale == "common":
        said += f"full colour is {largest:.3g} in all drawings"
    else:
        said += "full colour is the largest tap of each drawing"
    if len(bank) > MOST_DRAWN:
        said += f"; the first {MOST_DRAWN} of {len(bank)} kernels"
    return said + "."


def _words(bank: KernelBank, drawn: list[tuple[str, Array]]) -> str:
    parts = [
        f"{label}: {kernels.shape[3]} drawings, largest |tap| {np.abs(kernels).max():.3g}"
        for label, kernels in drawn
    ]
    return f"{bank.title}. {'; '.join(parts)}."
