"""How panels look: one ink, one faint ink, a colour and a shape for each family."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

INK = "#010203"
"""The colour of text and lines: nearly black, and in SVG the colour of the text around it."""

FAINT = INK + "a6"
"""Ink for what is read second."""

LINE = INK + "40"
"""Ink for axes and for lines that only guide the eye."""

CHANCE = INK + "1a"
"""Ink for the area in which chance alone would leave 95% of untrained kernels."""

WIDTH = 7.0
"""How wide a panel is in inches, unless another width is asked for."""

TEXT, SMALL = 11.0, 9.5
"""The sizes of text in points."""


@dataclass(frozen=True)
class Mark:
    """How a family is drawn: the colour says it, and the shape says it again.

    Every colour has a contrast of 3 : 1 and more with white and with a page that is nearly black.
    """

    colour: str
    shape: str


FAMILY_MARKS: MappingProxyType[str, Mark] = MappingProxyType(
    {
        "gradient": Mark("#0072d6", "o"),
        "bar": Mark("#d55e00", "s"),
        "centre-surround": Mark("#1f9e84", "D"),
        "saddle": Mark("#cc6fb0", "X"),
        "gabor": Mark("#7d6a3a", "^"),
    }
)
"""The marks of the families, by name."""

_OTHER = Mark(INK, "P")
_LOOK: MappingProxyType[str, Any] = MappingProxyType(
    {
        "font.family": ["DejaVu Sans"],  # it comes with Matplotlib: the same layout everywhere
        "font.size": TEXT,
        "text.color": INK,
        "axes.edgecolor": LINE,
        "axes.facecolor": "none",
        "axes.labelcolor": INK,
        "axes.labelsize": TEXT,
        "axes.titlelocation": "left",
        "axes.titlesize": TEXT + 1,
        "axes.titleweight": "bold",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.unicode_minus": True,
        "figure.dpi": 144,
        "grid.color": LINE,
        "legend.fontsize": SMALL,
        "legend.frameon": False,
        "xtick.color": LINE,
        "ytick.color": LINE,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "xtick.labelsize": SMALL,
        "ytick.labelsize": SMALL,
        "svg.fonttype": "none",
        "svg.hashsalt": "filt",
    }
)


def mark_of(family: str) -> Mark:
    """The mark of a family; the ink's for a name without one.

    >>> mark_of("bar").shape
    's'
    """
    return FAMILY_MARKS.get(family, _OTHER)


def styled() -> AbstractContextManager[None]:
    """A context in which Matplotlib draws panels, whatever its settings are outside."""
    from matplotlib.style import context

    made: AbstractContextManager[None] = context(dict(_LOOK), after_reset=True)
    return made


def mark_options(mark: Mark, filled: bool, size: float = 6.5) -> dict[str, Any]:
    """What `Axes.plot` takes to draw a mark, filled or open."""
    return {
        "marker": mark.shape,
        "markersize": size,
        "markeredgewidth": min(1.3, size / 4),
        "markeredgecolor": mark.colour,
        "markerfacecolor": mark.colour if filled else "none",
    }
