"""How the likeness to handcrafted kernels grows, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, nan
from typing import TYPE_CHECKING

import numpy as np

from ...filters.arrays import Array
from ..kernel_bank import KernelBank
from ..matching.epochs import RANDOM_LABELS, TRAINED, UNTRAINED, best_by_epoch
from ..matching.matches import BankMatch
from .layout import columns_for, facets, heading, unmatched
from .panel import Cell, Panel, check_banks, named, panel_of
from .style import CHANCE, FAINT, INK, LINE, SMALL, WIDTH, Mark, mark_options, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TALL = 3.6
_TICKS = 6


def epochs_panel(
    banks: Sequence[KernelBank], matches: Sequence[BankMatch], *, width: float = WIDTH
) -> Panel:
    """The largest |cosine| of every kernel over all families, before training and after epochs.

    Where a bank keeps no epochs, before and after training. At the right, as open marks, what
    training on random labels came to. The grey band ends where 95% of untrained kernels stay
    below. Rows: a kernel each. Raises InputError for no banks and for matches of others.

    >>> from ..matching.matching import match_bank
    >>> bank = KernelBank.from_names(["sobel-x"])
    >>> panel = epochs_panel([bank], [match_bank(bank)])
    >>> panel.columns
    ('bank', 'kernel', 'trained')
    """
    check_banks(matches, banks)
    found = [best_by_epoch(bank, match) for bank, match in zip(banks, matches, strict=True)]
    labels = list(dict.fromkeys(label for best in found for label in best))
    # Epochs in their order, whichever bank has more of them; random labels last.
    labels.sort(key=_order)
    columns = columns_for(len(banks), width)
    with styled():
        figure, axes = facets([_TALL] * len(banks), width, columns)
        for place, match, best in zip(axes, matches, found, strict=True):
            _draw(place, match, best)
        for place in axes[::columns]:
            place.set_ylabel("largest |cosine|")
        rows: list[list[Cell]] = [
            [
                match.bank,
                kernel.index,
                *(_cell(best[name][kernel.index]) if name in best else None for name in labels),
            ]
            for match, best in zip(matches, found, strict=True)
            for kernel in match.kernels
        ]
        return panel_of(
            named("epochs", [bank.name for bank in banks]),
            figure,
            title="Likeness to handcrafted kernels, epoch by epoch",
            caption=(
                "Each thin line is a kernel, the bold one their median; up to the end of the grey"
                " band lie 95% of untrained kernels, and open marks are the same kernels when"
                " trained on random labels."
            ),
            columns=["bank", "kernel", *labels],
            rows=rows,
            alternative=" ".join(
                _words(match, best) for match, best in zip(matches, found, strict=True)
            ),
        )


def _cell(value: float) -> Cell:
    return None if np.isnan(value) else float(value)


def _order(label: str) -> int:
    ends = {UNTRAINED: 0, TRAINED: 10**8, RANDOM_LABELS: 10**9}
    return ends[label] if label in ends else int(label.split()[1])


def _draw(axes: Axes, match: BankMatch, best: dict[str, Array]) -> None:
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.set_xlabel("epoch")
    heading(axes, match.bank)
    if not best:
        axes.set_xticks([])
        unmatched(axes)
        return
    course = [name for name in best if name != RANDOM_LABELS]
    places = [_place(name) for name in course]
    last = places[-1]
    right = last + (max(1.0, 0.3 * last) if RANDOM_LABELS in best else 0.0)
    left, end = min(places) - 0.2, right + max(0.4, 0.12 * right)
    axes.set_xlim(left, end)
    # Below the epochs, beside the two lines of the label that follows them.
    axes.xaxis.set_label_coords(((places[0] + last) / 2 - left) / (end - left), -0.1)
    axes.axhspan(0, match.chance_q95, color=CHANCE, linewidth=0)
    axes.text(
        0.03, 0.03, "chance, up to 95%", transform=axes.transAxes, fontsize=SMALL, color=FAINT
    )
    table = np.stack([best[name] for name in course])
    if len(course) == 1:
        _cloud(axes, last, 0.3, table[0])
    axes.plot(places, table, color=LINE, linewidth=0.9)
    axes.plot(places, [_median(values) for values in table], color=INK, linewidth=2.4)
    step = ceil(len(course) / _TICKS)
    named_places = list(zip(places, course, strict=True))[::step]
    ticks = {place: _tick(name) for place, name in named_places}
    if RANDOM_LABELS in best:
        _cloud(axes, right, max(1.0, 0.2 * last), best[RANDOM_LABELS])
        ticks[right] = "random\nlabels"
    axes.set_xticks(list(ticks), list(ticks.values()))


def _cloud(axes: Axes, place: float, width: float, values: Array) -> None:
    """Open marks beside each other, and a bar at their median."""
    aside = width * np.linspace(-0.15, 0.15, len(values)) if len(values) > 1 else np.zeros(1)
    axes.plot(place + aside, values, linestyle="", **mark_options(Mark(FAINT, "o"), False, 4.5))
    ends = place - 0.24 * width, place + 0.24 * width
    axes.hlines(_median(values), *ends, colors=INK, linewidth=2.4)


def _median(values: Array) -> float:
    """The median of the numbers that are known; NaN where none is."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else nan


def _place(name: str) -> float:
    """Where on the axis a time stands: at its number, and "trained" one after "untrained"."""
    return {UNTRAINED: 0.0, TRAINED: 1.0}.get(name, float(_order(name)))


def _tick(name: str) -> str:
    return {UNTRAINED: "0", TRAINED: "trained"}.get(name, str(_order(name)))


def _words(match: BankMatch, best: dict[str, Array]) -> str:
    if not best or all(np.isnan(values).all() for values in best.values()):
        return f"{match.bank}: its kernels are not compared."
    times = [name for name in best if name != RANDOM_LABELS]
    told = dict.fromkeys([*times[:2], times[-1], *best.keys() - set(times)])
    course = ", ".join(f"{_median(best[name]):.2f} {name}" for name in told)
    return (
        f"{match.bank}: median of the largest |cosine|s {course}; 95% of untrained kernels stay"
        f" below {match.chance_q95:.2f}."
    )
