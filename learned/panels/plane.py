"""Where the kernels lie on the plane of frequencies."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from ...filters.arrays import Array
from ...filters.catalogue import kernel as handcrafted_kernel
from ...filters.text import counted
from ..kernel_bank import KernelBank
from ..matching.matches import BankMatch, KernelMatch
from ..matching.shapes import shapes_of
from ..matching.tuning import tuning_of
from .layout import UNMATCHED, columns_for, facets, family_key, heading, key, key_mark
from .panel import Cell, Panel, check_banks, families_of, named, panel_of
from .style import FAINT, INK, LINE, SMALL, WIDTH, mark_of, mark_options, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

REFERENCES: MappingProxyType[str, str] = MappingProxyType(
    {
        "sobel-x": "sobel-x",
        "sobel-y": "sobel-y",
        "laplacian": "laplacian",
        "gabor:theta=45,wavelength=3": "gabor",
    }
)
"""The handcrafted kernels that are drawn as crosses, and what they are called there."""

CIRCLES = (0.125, 0.25, 0.5)
"""The frequencies of the circles, in cycles per pixel."""

_COLUMNS = ("bank", "kernel", "family", "fx", "fy", "frequency", "direction", "non-random")
_PALE = 0.6
_LEAST = 3.0


def peaks_of(kernels: Array) -> Array:
    """Where the energy of kernels (height, width, in, out) is largest: (out, 2), fx and fy.

    In cycles per pixel, the peak of `tuning_of`. Of the two opposite positions that it has, the
    right one, and of those with fx = 0 the lower one: fx from 0 to 0.5, fy from -0.5 to 0.5.

    >>> peaks_of(np.array([-1.0, 1.0, -1.0]).reshape(3, 1, 1, 1)).tolist()
    [[0.0, 0.5]]
    """
    peak = tuning_of(shapes_of(kernels).rows, *kernels.shape[:2]).peak
    fx, fy = peak.T
    is_left = (fx < 0) | ((fx == 0) & (fy < 0))
    # Adding zero makes 0.0 of -0.0.
    return np.asarray(np.where(is_left[:, None], -peak, peak) + 0.0)


def plane_panel(
    banks: Sequence[KernelBank], matches: Sequence[BankMatch], *, width: float = WIDTH
) -> Panel:
    """Every kernel at the frequency that it answers most, on the plane of frequencies.

    Each stands at two positions, opposite to each other; fy points down as in pictures. Filled
    marks are non-random, pale ones have a direction no surer than chance. Crosses are handcrafted
    kernels, see `REFERENCES`. Rows: the right position of each, None for flat kernels.
    Raises InputError for no banks and for matches of others.

    >>> from ..matching.matching import match_bank
    >>> bank = KernelBank.from_names(["sobel-x"])
    >>> plane_panel([bank], [match_bank(bank)]).rows[0][2:6]
    ('gradient', 0.25, 0.0, 0.25)
    """
    check_banks(matches, banks)
    columns = columns_for(len(banks), width, _LEAST)
    side = min(width, 4.5) if columns == 1 else width / columns
    # A single line of axes also makes room for the key below it.
    extra = 0.7 if len(banks) <= columns else 0.5
    rows: list[tuple[Cell, ...]] = []
    with styled():
        figure, axes = facets([side + extra] * len(banks), width, columns, keeps_shape=True)
        for place, bank, match in zip(axes, banks, matches, strict=True):
            found = _rows(bank, match)
            rows += found
            _frame(place, match)
            for kernel, row in zip(match.kernels, found, strict=True):
                _draw(place, kernel, row[3], row[4])
        for place in axes[::columns]:
            place.set_ylabel("fy, downwards")
        entries = [
            *family_key(families_of(matches)),
            *_nameless(matches),
            (key_mark("o", FAINT), "filled: non-random"),
            (key_mark("o", FAINT, filled=False), "open: not"),
            (key_mark("o", LINE), "pale: no sure direction"),
            (key_mark("+", size=8), "handcrafted"),
        ]
        key(figure, entries)
        return panel_of(
            named("plane", [bank.name for bank in banks]),
            figure,
            title="Frequencies that the kernels answer most",
            caption=(
                "Each kernel stands at its two opposite peaks, in cycles per pixel: the distance"
                " from the centre is how fine its stripes are, the direction lies across them,"
                " and fy points down as in pictures."
            ),
            columns=_COLUMNS,
            rows=rows,
            alternative=" ".join(_words(match) for match in matches),
        )


def _rows(bank: KernelBank, match: BankMatch) -> list[tuple[Cell, ...]]:
    peaks = peaks_of(bank.kernels)
    return [
        (
            match.bank,
            kernel.index,
            kernel.family,
            *_peak(kernel, fx, fy),
            kernel.direction,
            kernel.non_random,
        )
        for kernel, (fx, fy) in zip(match.kernels, peaks, strict=True)
    ]


def _peak(kernel: KernelMatch, fx: float, fy: float) -> tuple[Cell, Cell, Cell]:
    if "flat" in kernel.flags:
        return None, None, None
    return float(fx), float(fy), kernel.frequency


def _nameless(matches: Sequence[BankMatch]) -> list[tuple[Any, str]]:
    """The entry of the key for kernels that have a peak and no family."""
    kernels = [kernel for match in matches for kernel in match.kernels]
    is_there = any(not one.family and "flat" not in one.flags for one in kernels)
    return [(key_mark(mark_of("").shape), "not compared")] if is_there else []


def _sure(match: BankMatch) -> str:
    sure = sum(kernel.direction is not None for kernel in match.kernels)
    return f"{sure} of {len(match.kernels)}"


def _frame(axes: Axes, match: BankMatch) -> None:
    """Everything but the kernels: axes, circles of equal frequency, the handcrafted kernels."""
    axes.set_aspect("equal")
    axes.set_xlim(-0.5, 0.5)
    axes.set_ylim(0.5, -0.5)
    for ticks in (axes.set_xticks, axes.set_yticks):
        ticks([-0.5, 0, 0.5], ["-0.5", "0", "0.5"])
    axes.set_xlabel("fx, cycles per pixel")
    heading(
        axes, match.bank, _sure(match) + " with a sure direction" if match.families else UNMATCHED
    )
    axes.axhline(0, color=LINE, linewidth=0.6)
    axes.axvline(0, color=LINE, linewidth=0.6)
    turn = np.linspace(0, 2 * np.pi, 121)
    for radius in CIRCLES:
        axes.plot(radius * np.cos(turn), radius * np.sin(turn), color=LINE, linewidth=0.8)
        axes.annotate(
            f"{radius:g}", (0, -radius), (6, -3), textcoords="offset points",
            va="top", fontsize=SMALL, color=FAINT, zorder=4,
        )  # fmt: skip
    for name, label in REFERENCES.items():
        taps = handcrafted_kernel(name).taps
        ((fx, fy),) = peaks_of(taps[:, :, None, None])
        for x, y in _positions(fx, fy):
            axes.plot(x, y, "+", color=INK, markersize=7, markeredgewidth=1.2, clip_on=False)
        beside, align = ((-5, 4), "right") if fx == 0.5 else ((5, 3 if fx else -12), "left")
        axes.annotate(label, (fx, fy), beside, textcoords="offset points", ha=align, fontsize=SMALL)


def _draw(axes: Axes, kernel: KernelMatch, fx: Cell, fy: Cell) -> None:
    if not isinstance(fx, float) or not isinstance(fy, float):
        return
    options = mark_options(mark_of(kernel.family), kernel.non_random, 5.5)
    alpha = _PALE if kernel.direction is None else 0.9
    for x, y in _positions(fx, fy):
        axes.plot(x, y, linestyle="", alpha=alpha, clip_on=False, zorder=3, **options)


def _positions(fx: float, fy: float) -> list[tuple[float, float]]:
    """The opposite positions, and at half a cycle, which is its own negative, also the others."""
    found = {(fx, fy): None, (-fx, -fy): None}
    if 0.5 in (abs(fx), abs(fy)):
        found |= {(-fx, fy): None, (fx, -fy): None}
    return list(found)


def _words(match: BankMatch) -> str:
    seen = [kernel.frequency for kernel in match.kernels if "flat" not in kernel.flags]
    if not seen:
        return f"{match.bank}: its kernels answer no frequency more than another."
    sure = f"; {_sure(match)} with a direction surer than chance" if match.families else ""
    return (
        f"{match.bank}: {counted(len(seen), 'kernel')} with peaks from {min(seen):.2f} to"
        f" {max(seen):.2f} cycles per pixel, half of them up to {median(seen):.2f}{sure}."
    )
