"""What the page's template takes: text, already formed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..matching.chance import Measured


@dataclass(frozen=True)
class Table:
    """A table of text. The first cell of a row is its heading. marked: numbers of rows."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    marked: frozenset[int] = frozenset()


def table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """A table of what `cell` makes of its values."""
    return Table(caption, columns, [[cell(value) for value in row] for row in rows])


def cell(value: object) -> str:
    """A value as the page writes it: three significant digits, a dash for nothing.

    >>> [cell(value) for value in (0.12345, -2.0, None, True, 12, "x")]
    ['0.123', '−2', '–', 'yes', '12', 'x']
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}".replace("-", "−")
    return str(value)


def beside_chance(figure: Measured | None) -> str:
    """A figure and what 90% of untrained kernels give for it.

    >>> beside_chance(Measured(0.8, 0.25, 0.5, 0.75, 0.01))
    '0.80 (by chance 0.25 to 0.75)'
    """
    if figure is None:
        return "–"
    return f"{figure.value:.2f} (by chance {figure.low:.2f} to {figure.high:.2f})"


def p_text(p: float) -> str:
    """A p-value as far as it can be told.

    >>> p_text(0.00012), p_text(0.25)
    ('0.00012', '0.25')
    """
    return f"{p:.2g}" if p >= 1e-4 else f"{p:.1g}"
