"""A panel: a figure with the numbers that it draws and the words that go with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, TypeAlias

from ...filters.errors import InputError
from ..kernel_bank import KernelBank
from ..matching.matches import BankMatch, KernelMatch
from .svg import panel_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Cell: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, eq=False, repr=False)
class Panel:
    """A figure for a notebook or a page.

    name: what it is called, also in the ids of its SVG. title: its heading. caption: how to read
    it, in one sentence. figure: of Matplotlib, its layout settled. columns, rows: what it draws,
    as numbers and text; None where there is nothing. alternative: what it shows, in words.
    """

    name: str
    title: str
    caption: str
    figure: Figure
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    alternative: str

    @property
    def svg(self) -> str:
        """The figure as `panel_svg` gives it, with the alternative in it."""
        return panel_svg(self.figure, self.alternative)

    def __repr__(self) -> str:
        return f"<Panel {self.name}: {self.title}, {len(self.rows)} rows>"

    def _repr_html_(self) -> str:
        return (
            f"<figure><strong>{escape(self.title)}</strong><br>{self.svg}"
            f"<figcaption>{escape(self.caption)}</figcaption></figure>"
        )


def panel_of(
    name: str,
    figure: Figure,
    *,
    title: str,
    caption: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    alternative: str,
) -> Panel:
    """A panel whose figure is labelled with its name, its layout settled once and for all."""
    figure.set_label(name)
    engine = figure.get_layout_engine()
    if engine is not None:
        # It moves a little with each drawing; the first one stays.
        engine.execute(figure)
        figure.set_layout_engine(None)
    lines = tuple(tuple(row) for row in rows)
    return Panel(name, title, caption, figure, tuple(columns), lines, alternative)


def check_banks(matches: Sequence[BankMatch], banks: Sequence[KernelBank] | None = None) -> None:
    """Raise InputError for no banks, and for banks and matches that are not of each other."""
    if not matches:
        raise InputError("matches must be of at least one bank, got none")
    if banks is None:
        return
    if len(banks) != len(matches):
        raise InputError(f"matches must be {len(banks)}, one for each bank, got {len(matches)}")
    for bank, match in zip(banks, matches, strict=True):
        if bank.names != tuple(kernel.name for kernel in match.kernels):
            raise InputError(f"matches must be of the same banks, got {match.bank}, {bank.name}")


def named(kind: str, banks: Sequence[str]) -> str:
    """The name of a panel of these banks.

    >>> named("families", ["learned", "learned-notes"])
    'families-learned-learned-notes'
    """
    return "-".join([kind, *banks])


def families_of(
    matches: Sequence[BankMatch], is_drawn: Callable[[KernelMatch], bool] = bool
) -> list[str]:
    """The families of the kernels that are drawn, in the families' order."""
    found = {kernel.family for match in matches for kernel in match.kernels if is_drawn(kernel)}
    ordered = dict.fromkeys(name for match in matches for name, _ in match.families)
    return [name for name in ordered if name in found]
