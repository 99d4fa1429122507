"""How near the kernels come to their families, before and after training, beside chance."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING

from ...filters.text import counted
from ..matching.matches import BankMatch, KernelMatch
from .layout import (
    UNMATCHED,
    columns_for,
    facets,
    heading,
    key,
    key_area,
    key_line,
    key_mark,
    unmatched,
)
from .panel import Panel, check_banks, named, panel_of
from .style import CHANCE, FAINT, SMALL, WIDTH, mark_of, mark_options, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FLAT = "flat"
"""What kernels without a family are called in panels."""

_COLUMNS = (
    "bank", "kernel", "family", "cosine", "untrained", "chance median", "chance 95%", "q",
    "non-random",
)  # fmt: skip
_HEAD = 24.0
_LARGEST_ROW, _SMALLEST_ROW, _ALL_ROWS = 14.0, 1.2, 360.0
_NUMBERED_ROW = 10.0
_AROUND = 100.0


def families_panel(matches: Sequence[BankMatch], *, width: float = WIDTH) -> Panel:
    """Every kernel's |cosine| with its family, before and after training, beside chance.

    A row a kernel, by family and nearest first; banks stand side by side, or below each other
    where `width` (inches) is small. The grey band ends where 95% of untrained kernels stay
    below, the line in it is their median. Filled marks are non-random.
    Raises InputError for no matches.

    >>> from ..kernel_bank import KernelBank
    >>> from ..matching.matching import match_bank
    >>> panel = families_panel([match_bank(KernelBank.from_names(["sobel-x", "laplacian"]))])
    >>> [row[1:3] for row in panel.rows]
    [(0, 'gradient'), (1, 'centre-surround')]
    """
    check_banks(matches)
    most = max(len(match.kernels) for match in matches)
    row = min(_LARGEST_ROW, max(_SMALLEST_ROW, _ALL_ROWS / most))
    columns = columns_for(len(matches), width)
    heights = [_height(match, row) for match in matches]
    starts = [n // columns * columns for n in range(len(matches))]
    with styled():
        figure, axes = facets([(tall + _AROUND) / 72 for tall in heights], width, columns)
        for place, match, start in zip(axes, matches, starts, strict=True):
            _draw(place, match, row, max(heights[start : start + columns]))
        entries = [
            (key_mark("|", FAINT, size=9), "untrained"),
            (key_mark("o"), "trained: non-random"),
            (key_mark("o", filled=False), "trained: not"),
            (key_area(), "chance, up to 95%"),
            (key_line(FAINT, 1), "its median"),
        ]
        key(figure, entries)
        return panel_of(
            named("families", [match.bank for match in matches]),
            figure,
            title="Nearest families, before and after training",
            caption=(
                "Each row is a kernel, from its |cosine| with its family before training (tick)"
                " to that after it (mark); up to the end of the grey band lie 95% of untrained"
                " kernels."
            ),
            columns=_COLUMNS,
            rows=[_row(match.bank, kernel) for match in matches for kernel in match.kernels],
            alternative=" ".join(_words(match) for match in matches),
        )


def _groups(match: BankMatch) -> list[tuple[str, list[KernelMatch]]]:
    """The kernels by family, in the families' order, the nearest first; without a family last."""
    names = [*(name for name, _ in match.families), ""]
    found = [(name, [one for one in match.kernels if one.family == name]) for name in names]
    return [
        (name, sorted(kernels, key=lambda one: -one.cosine)) for name, kernels in found if kernels
    ]


def _height(match: BankMatch, row: float) -> float:
    return len(match.kernels) * row + len(_groups(match)) * _HEAD


def _draw(axes: Axes, match: BankMatch, row: float, tall: float) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(tall, 0)
    axes.set_xlabel("|cosine|")
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0, labelcolor=FAINT)
    if not match.families:
        axes.set_yticks([])
        heading(axes, match.bank, UNMATCHED)
        unmatched(axes)
        return
    heading(axes, match.bank, f"{match.non_random} of {match.counted} non-random")
    size = min(6.5, max(1.5, 0.55 * row))
    top, ticks = 0.0, []
    for family, kernels in _groups(match):
        first = top + _HEAD
        axes.text(0, first - 4, f"{family or FLAT} · {len(kernels)}", va="baseline")
        top = first + row * len(kernels)
        if family:
            axes.fill_between([0, kernels[0].chance_q95], first, top, color=CHANCE, linewidth=0)
            axes.vlines(kernels[0].chance_median, first, top, colors=FAINT, linewidth=1)
        for position, kernel in enumerate(kernels):
            height = first + row * (position + 0.5)
            ticks.append((height, str(kernel.index)))
            if family:
                _dumbbell(axes, kernel, height, size)
    if row >= _NUMBERED_ROW:
        axes.set_yticks(*zip(*ticks, strict=True), fontsize=min(SMALL, row - 2))
        axes.text(-0.04, _HEAD - 4, "kernel", ha="right", fontsize=SMALL, color=FAINT)
    else:
        axes.set_yticks([])
    axes.spines["bottom"].set_position(("data", top + 4))


def _dumbbell(axes: Axes, kernel: KernelMatch, height: float, size: float) -> None:
    mark = mark_of(kernel.family)
    if kernel.untrained is not None:
        line = {
            "arrowstyle": "-",
            "color": mark.colour,
            "alpha": 0.7,
            "linewidth": min(1.5, size / 3),
            "shrinkA": 0,
            "shrinkB": size / 2,
        }
        start, end = (kernel.untrained, height), (kernel.cosine, height)
        axes.annotate("", end, start, arrowprops=line)
        axes.plot(*start, "|", color=FAINT, markersize=size * 1.2, markeredgewidth=1.2)
    options = mark_options(mark, kernel.non_random, size)
    axes.plot(kernel.cosine, height, clip_on=False, zorder=3, **options)


def _row(bank: str, kernel: KernelMatch) -> tuple[str | int | float | bool | None, ...]:
    if not kernel.family:
        return (bank, kernel.index, FLAT, None, None, None, None, None, False)
    return (
        bank, kernel.index, kernel.family, kernel.cosine, kernel.untrained, kernel.chance_median,
        kernel.chance_q95, kernel.q, kernel.non_random,
    )  # fmt: skip


def _words(match: BankMatch) -> str:
    if not match.families:
        return f"{match.bank}: its kernels are not compared."
    parts = ", ".join(f"{name or FLAT} {len(kernels)}" for name, kernels in _groups(match))
    said = f"{match.bank}: {match.non_random} of {counted(match.counted, 'kernel')} non-random"
    with_family = [kernel for kernel in match.kernels if kernel.family]
    if not with_family:
        return f"{said}; {parts}."
    middle = f"median |cosine| with the family {median(k.cosine for k in with_family):.2f}"
    before = [kernel.untrained for kernel in with_family if kernel.untrained is not None]
    after = f", {median(before):.2f} before training" if before else ""
    return f"{said}; {parts}; {middle}{after}."
