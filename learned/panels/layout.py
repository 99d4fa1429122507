"""Where things stand in a panel: axes side by side, their headings, and the key below them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from .style import CHANCE, FAINT, INK, SMALL, Mark, mark_of, mark_options

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_LETTER = 0.52 * SMALL / 72
_BESIDE = 0.42
"""Inches of a letter in the key, and of its marks and gaps."""


def new_figure(width: float, height: float, *, keeps_shape: bool = False) -> Figure:
    """An empty figure of so many inches, whose axes make room for their labels.

    keeps_shape: whether its axes keep their shape, as squares; then they move closer together.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    engine = ConstrainedLayoutEngine(h_pad=0.1, w_pad=0.06, compress=keeps_shape)
    return Figure(figsize=(width, height), layout=engine)


def columns_for(count: int, width: float, least: float = 2.2) -> int:
    """How many of `count` axes stand side by side in a width, each at least `least` wide.

    >>> columns_for(3, 7.0), columns_for(3, 3.75)
    (3, 1)
    """
    return max(1, min(count, int(width // least)))


def facets(
    heights: Sequence[float],
    width: float,
    columns: int,
    *,
    keeps_shape: bool = False,
    **options: Any,
) -> tuple[Figure, list[Axes]]:
    """A figure with axes side by side in so many columns, and as many axes as heights.

    heights: of each, in inches; a row is as high as its highest. width: of the figure in inches.
    keeps_shape: whether the axes do, as squares. options: what `Figure.subplots` takes.
    """
    rows = [max(heights[n : n + columns]) for n in range(0, len(heights), columns)]
    figure = new_figure(width, sum(rows), keeps_shape=keeps_shape)
    ratios = {"height_ratios": rows}
    axes = figure.subplots(len(rows), columns, squeeze=False, gridspec_kw=ratios, **options).ravel()
    for unused in axes[len(heights) :]:
        unused.set_axis_off()
    return figure, list(axes[: len(heights)])


def heading(axes: Axes, title: str, below: str = "", lift: float = 0.0) -> None:
    """A title at the left, and a line below it in faint ink; `lift` points above the axes."""
    axes.set_title(title, y=1.0, pad=lift + (20 if below else 6))
    if below:
        place = (0, lift + 5)
        axes.annotate(
            below, (0, 1), place, "axes fraction", "offset points", fontsize=SMALL, color=FAINT
        )


def key(figure: Figure, entries: Sequence[tuple[Any, str]]) -> None:
    """What the marks mean: below the axes, or in the place of axes that are left over."""
    unused = [axes for axes in figure.axes if not axes.axison]
    columns = 1 if unused else _key_columns([label for _, label in entries], figure)
    # Matplotlib fills column after column; these are read line by line.
    lined = [entry for column in range(columns) for entry in entries[column::columns]]
    handles, labels = zip(*lined, strict=True)
    options = {
        "ncols": columns,
        "handlelength": 1.4,
        "handletextpad": 0.5,
        "columnspacing": 1.4,
        "borderaxespad": 0.0,
    }
    if unused:
        unused[0].legend(handles, labels, loc="center left", labelspacing=0.8, **options)
    else:
        figure.legend(handles, labels, loc="outside lower left", **options)


def _key_columns(labels: Sequence[str], figure: Figure) -> int:
    """How many columns of these labels fit into the width of a figure."""
    for columns in range(len(labels), 1, -1):
        longest = [max(map(len, labels[column::columns])) for column in range(columns)]
        if sum(longest) * _LETTER + columns * _BESIDE <= figure.get_figwidth():
            return columns
    return 1


def key_mark(shape: str, colour: str = INK, *, filled: bool = True, size: float = 6.5) -> Any:
    """A mark for `key`."""
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle="", **mark_options(Mark(colour, shape), filled, size))


def key_line(colour: str, width: float) -> Any:
    """A line for `key`."""
    from matplotlib.lines import Line2D

    return Line2D([], [], color=colour, linewidth=width)


def key_area(colour: str = CHANCE) -> Any:
    """An area for `key`."""
    from matplotlib.patches import Patch

    return Patch(facecolor=colour, linewidth=0)


def family_key(families: Iterable[str]) -> list[tuple[Any, str]]:
    """Entries for `key`: the marks of these families, filled."""
    return [(key_mark(mark_of(name).shape, mark_of(name).colour), name) for name in families]


UNMATCHED = "not compared"
"""What stands under the name of a bank that was not compared."""


def unmatched(axes: Axes, words: str = "not compared:\n1×1, or a side\nabove 31") -> None:
    """Axes that say why nothing is drawn in them."""
    axes.text(
        0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", color=FAINT
    )  # fmt: skip
