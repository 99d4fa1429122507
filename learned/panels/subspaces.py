"""How the kernels' energy is shared out, beside chance: odd, and the subspaces of Frei and Chen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...filters.errors import InputError
from ..kernel_bank import KernelBank
from ..matching.figures import Figure as Shares
from ..matching.subspaces import subspaces_of
from .layout import columns_for, facets, heading, key, key_area, key_line, key_mark, unmatched
from .panel import Cell, Panel, named, panel_of
from .style import CHANCE, FAINT, INK, SMALL, WIDTH, Mark, mark_options, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = (
    "bank", "share", "kernel", "value", "chance 5%", "chance median", "chance 95%", "outside",
)  # fmt: skip
_NAMES = ("odd", "edge", "line", "mean")
_HALF = 0.32
_TALL = 3.4


def subspaces_panel(banks: Sequence[KernelBank], *, width: float = WIDTH) -> Panel:
    """The share of each kernel's energy that is odd, and for 3×3 on edges, on lines, in the mean.

    A mark a kernel, filled where it lies outside of the grey band, in which 90% of untrained
    kernels lie. The bold line is the layer's mean. See `Subspaces`.
    Rows: each kernel's shares, and the layer's under the kernel None beside the chance of means.
    Raises InputError for no banks.

    >>> panel = subspaces_panel([KernelBank.from_names(["sobel-x"])])
    >>> [(row[1], round(row[3], 6)) for row in panel.rows if row[2] == 0]
    [('odd', 1.0), ('edge', 1.0), ('line', 0.0), ('mean', 0.0)]
    """
    if not banks:
        raise InputError("banks must be at least one, got none")
    found = [_shares(bank) for bank in banks]
    columns = columns_for(len(banks), width)
    with styled():
        figure, axes = facets([_TALL] * len(banks), width, columns)
        for place, bank, shares in zip(axes, banks, found, strict=True):
            _draw(place, bank, shares)
        for place in axes[::columns]:
            place.set_ylabel("share of the energy")
        entries = [
            (key_mark("o"), "kernel, outside of chance"),
            (key_mark("o", filled=False), "inside"),
            (key_area(), "chance, 5% to 95%"),
            (key_line(FAINT, 1), "its median"),
            (key_line(INK, 2.4), "layer's mean"),
        ]
        key(figure, entries)
        return panel_of(
            named("subspaces", [bank.name for bank in banks]),
            figure,
            title="Odd kernels, edges and lines",
            caption=(
                "Odd is what changes its sign when a kernel is turned by 180°; edge, line and mean"
                " are the subspaces of Frei and Chen, for 3×3 alone; the grey bands hold 90% of"
                " untrained kernels."
            ),
            columns=_COLUMNS,
            rows=[
                row
                for bank, shares in zip(banks, found, strict=True)
                for name, share in shares.items()
                for row in _rows(bank.name, name, share)
            ],
            alternative=" ".join(
                _words(bank, shares) for bank, shares in zip(banks, found, strict=True)
            ),
        )


def _shares(bank: KernelBank) -> dict[str, Shares]:
    """What is drawn of a bank, by name: the mean only beside edge and line, which it completes."""
    found = subspaces_of(bank.kernels)
    shares = {"odd": found.odd, "edge": found.edge, "line": found.line}
    if found.edge is not None:
        shares["mean"] = found.mean
    return {name: share for name, share in shares.items() if share is not None}


def _draw(axes: Axes, bank: KernelBank, shares: dict[str, Shares]) -> None:
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    beside = max(0.6, 1.2 - len(shares) / 2)
    axes.set_xlim(-beside, len(shares) - 1 + beside)
    axes.set_xticks(range(len(shares)), list(shares))
    axes.tick_params(axis="x", length=0, labelsize=SMALL + 1)
    axes.spines["bottom"].set_visible(False)
    axes.set_xlabel("part of a kernel")
    heading(axes, bank.name)
    if all(share.layer is None for share in shares.values()):
        unmatched(axes, "no kernel has a shape")
        return
    for place, share in enumerate(shares.values()):
        _column(axes, place, share)


def _column(axes: Axes, place: int, share: Shares) -> None:
    known = [one for one in share.kernels if one is not None]
    if not known or share.layer is None:
        return
    left, right = place - _HALF, place + _HALF
    chance = known[0]
    axes.fill_between([left, right], chance.low, chance.high, color=CHANCE, linewidth=0)
    axes.hlines(chance.median, left, right, colors=FAINT, linewidth=1)
    aside = np.linspace(-0.6, 0.6, len(share.kernels)) * _HALF if len(known) > 1 else [0.0]
    for shift, one in zip(aside, share.kernels, strict=False):
        if one is not None:
            options = mark_options(Mark(FAINT, "o"), not one.low <= one.value <= one.high, 4)
            axes.plot(place + shift, one.value, clip_on=False, zorder=3, **options)
    axes.hlines(share.layer.value, left, right, colors=INK, linewidth=2.4, zorder=4)


def _rows(bank: str, name: str, share: Shares) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    for index, one in [*enumerate(share.kernels), (None, share.layer)]:
        if one is None:
            rows.append((bank, name, index, None, None, None, None, False))
        else:
            outside = not one.low <= one.value <= one.high
            rows.append((bank, name, index, one.value, one.low, one.median, one.high, outside))
    return rows


def _words(bank: KernelBank, shares: dict[str, Shares]) -> str:
    parts = [
        f"{name} share {share.layer.value:.2f} on average (chance"
        f" {share.layer.low:.2f} to {share.layer.high:.2f})"
        for name, share in shares.items()
        if share.layer is not None
    ]
    return f"{bank.name}: {'; '.join(parts) or 'no kernel has a shape'}."
