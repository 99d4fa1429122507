"""Which directions the kernels choose, and how sharply."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, cos, radians, sin
from typing import TYPE_CHECKING, Any

import numpy as np

from ..kernel_bank import KernelBank
from ..matching.matches import LEVEL, BankMatch, KernelMatch
from ..matching.null import null_for
from .layout import (
    UNMATCHED,
    columns_for,
    facets,
    family_key,
    heading,
    key,
    key_area,
    key_mark,
    unmatched,
)
from .panel import Cell, Panel, check_banks, families_of, named, panel_of
from .style import CHANCE, FAINT, LINE, SMALL, WIDTH, mark_of, mark_options, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = (
    "bank", "kernel", "family", "theta", "direction", "selectivity", "chance 95%", "non-random",
)  # fmt: skip
_PALE = 0.6
_LABELLED = {0: (12, 0), 90: (0, -9), 180: (-15, 0), 270: (0, 9)}
"""The directions that are labelled, and how far beside the rim in points."""


def orientation_panel(
    banks: Sequence[KernelBank], matches: Sequence[BankMatch], *, width: float = WIDTH
) -> Panel:
    """The directions of the kernels, 0° to the right and 90° downwards, and their selectivity.

    A gradient is a ray to where it gets brighter; pale where its direction is no surer than
    chance. All others that choose a direction are lines through the centre, across their bar or
    stripes. The grey disc is the selectivity that 95% of untrained kernels stay below.
    Raises InputError for no banks and for matches of others.

    >>> from ..matching.matching import match_bank
    >>> bank = KernelBank.from_names(["sobel-y", "line-h"])
    >>> [row[2:5] for row in orientation_panel([bank], [match_bank(bank)]).rows]
    [('gradient', 90.0, 90.0), ('bar', None, 90.0)]
    """
    check_banks(matches, banks)
    columns = columns_for(len(banks), width)
    side = min(width, 4.2) if columns == 1 else width / columns
    chance = [_chance(bank, match) for bank, match in zip(banks, matches, strict=True)]
    reached = [kernel.selectivity for match in matches for kernel in match.kernels]
    reached += [value for value in chance if value is not None]
    largest = min(1.0, max(0.5, ceil(max(reached) * 10) / 10))
    with styled():
        figure, axes = facets([side + 0.9] * len(banks), width, columns, keeps_shape=True)
        for place, match, limit in zip(axes, matches, chance, strict=True):
            _draw(place, match, limit, largest)
        entries = [
            *family_key(families_of(matches, _is_drawn)),
            (key_mark("o", FAINT), "filled: non-random"),
            (key_mark("o", FAINT, filled=False), "open: not"),
            (key_area(), "chance, up to 95%"),
        ]
        key(figure, entries)
        return panel_of(
            named("orientation", [bank.name for bank in banks]),
            figure,
            title="Directions that the kernels choose",
            caption=(
                "Rays point to where a gradient gets brighter, lines through the centre lie across"
                " a bar or stripes (0° to the right, 90° downwards); the longer, the more sharply"
                " the direction is chosen, and up to the rim of the grey disc chance goes too."
            ),
            columns=_COLUMNS,
            rows=[
                _row(match.bank, kernel, limit)
                for match, limit in zip(matches, chance, strict=True)
                for kernel in match.kernels
            ],
            alternative=" ".join(_words(match) for match in matches),
        )


def _chance(bank: KernelBank, match: BankMatch) -> float | None:
    """The selectivity that 95% of untrained kernels stay below; None where none were searched."""
    if not match.families:
        return None
    height, across, channels, _ = bank.kernels.shape
    null = null_for(height, across, channels, match.samples)
    return float(np.quantile(null.selectivity, 1 - LEVEL))


def _draw(axes: Axes, match: BankMatch, limit: float | None, largest: float) -> None:
    # Plain axes whose y points down: angles grow clockwise, as they do in pictures.
    axes.set_aspect("equal")
    axes.set_xlim(-largest, largest)
    axes.set_ylim(largest, -largest)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_xlabel("radius: selectivity", labelpad=16)
    said = f"{_sure(match)} of {len(match.kernels)} choose one" if match.families else UNMATCHED
    heading(axes, match.bank, said, lift=14)
    for degrees, beside in _LABELLED.items():
        x, y = _place(degrees, largest)
        axes.plot([0, x], [0, y], color=LINE, linewidth=0.6)
        axes.annotate(
            f"{degrees}°", (x, y), beside, textcoords="offset points", ha="center", va="center",
            fontsize=SMALL,
        )  # fmt: skip
    for radius in (0.5, largest) if largest > 0.7 else (largest,):
        axes.add_patch(_circle(radius, facecolor="none", edgecolor=LINE, linewidth=0.8))
        axes.annotate(
            f"{radius:g}", _place(45, radius), (2, -6), textcoords="offset points",
            fontsize=SMALL, color=FAINT, zorder=4,
        )  # fmt: skip
    if limit is None:
        unmatched(axes)
        return
    axes.add_patch(_circle(limit, facecolor=CHANCE, linewidth=0))
    for kernel in match.kernels:
        _line(axes, kernel)


def _circle(radius: float, **options: Any) -> Any:
    from matplotlib.patches import Circle

    return Circle((0, 0), radius, clip_on=False, **options)


def _place(degrees: float, radius: float) -> tuple[float, float]:
    return radius * cos(radians(degrees)), radius * sin(radians(degrees))


def _line(axes: Axes, kernel: KernelMatch) -> None:
    mark = mark_of(kernel.family)
    options = mark_options(mark, kernel.non_random, 5.5)
    alpha = _PALE if kernel.direction is None else 0.9
    for end in _ends(kernel):
        x, y = _place(end, kernel.selectivity)
        axes.plot([0, x], [0, y], color=mark.colour, alpha=alpha / 2)
        axes.plot(x, y, alpha=alpha, clip_on=False, zorder=3, **options)


def _ends(kernel: KernelMatch) -> list[float]:
    """Where a kernel's lines point to: one way for a gradient, both for all others."""
    if kernel.family == "gradient" and kernel.theta is not None:
        return [kernel.theta]
    if kernel.family and kernel.direction is not None:
        return [kernel.direction, kernel.direction + 180]
    return []


def _is_drawn(kernel: KernelMatch) -> bool:
    return bool(_ends(kernel))


def _row(bank: str, kernel: KernelMatch, limit: float | None) -> tuple[Cell, ...]:
    theta = kernel.theta if kernel.family == "gradient" else None
    return (
        bank, kernel.index, kernel.family, theta, kernel.direction, kernel.selectivity, limit,
        kernel.non_random,
    )  # fmt: skip


def _sure(match: BankMatch) -> int:
    return sum(kernel.direction is not None for kernel in match.kernels)


def _words(match: BankMatch) -> str:
    if not match.families:
        return f"{match.bank}: its kernels are not compared."
    said = (
        f"{match.bank}: {_sure(match)} of {len(match.kernels)} kernels choose a direction more"
        " sharply than 95% of untrained ones"
    )
    rays = sorted(k.theta for k in match.kernels if k.family == "gradient" and k.theta is not None)
    if not rays:
        return said + "."
    return f"{said}; gradients get brighter towards {', '.join(f'{ray:.0f}°' for ray in rays)}."
