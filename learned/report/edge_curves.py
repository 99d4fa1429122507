"""Precision and recall of edge detectors in one chart, lines of equal F behind them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ...filters.scoring.curve_picture import LEVELS, draw_equal_f
from ..panels.panel import Panel, panel_of
from ..panels.style import FAINT, INK, LINE, WIDTH, styled
from .edge_scores import PEOPLE, DetectorScore, EdgeScores

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEIGHT, _KEY = 4.0, 2.1
_ROOM_FOR_A_KEY = 6.0


@dataclass(frozen=True)
class _Line:
    """How a detector's curve is drawn: kin have one colour, the dashes tell them apart."""

    colour: str
    dashes: str | tuple[int, tuple[float, ...]] = "-"
    width: float = 1.5


_BLUE, _BROWN, _GREY = "#0072d6", "#9a7d2e", "#7c7c86"
_LINES: MappingProxyType[str, _Line] = MappingProxyType(
    {
        "sobel": _Line(_GREY),
        "scharr": _Line(_GREY, (0, (4, 2))),
        "gaussian": _Line(_BROWN),
        "log": _Line(_BROWN, (0, (4, 2))),
        "opencv-canny": _Line(_BLUE),
        "skimage-canny": _Line(_BLUE, (0, (4, 2))),
        "canny": _Line(_BLUE, (0, (1, 1.5)), 2.2),
        "best": _Line("#d55e00", "-", 2.4),
        "learned-edges": _Line("#1f9e84", (0, (5, 1)), 2.4),
    }
)
_OTHER = _Line(INK, (0, (1, 3)))


def curves_panel(scores: EdgeScores, *, width: float = WIDTH) -> Panel:
    """The curves of the table's detectors, a dot at the largest F of each, people's F as a line.

    width: in inches; where it is small the key stands below. Rows: the dots.

    >>> from .edge_scores import edge_scores
    >>> curves_panel(edge_scores()).columns[:2]
    ('detector', 'ODS')
    """
    from matplotlib.figure import Figure

    ordered = sorted(scores.table, key=lambda one: -one.ods)
    with styled():
        beside = width >= _ROOM_FOR_A_KEY
        figure = Figure((width, _HEIGHT + (not beside) * _KEY), layout="constrained")
        axes = figure.add_subplot()
        others = {level: label for level, label in LEVELS.items() if level != PEOPLE}
        draw_equal_f(axes, line=LINE, text=FAINT, levels=others)
        draw_equal_f(axes, line=INK, text=INK, levels={PEOPLE: f"{PEOPLE:.1f} people"})
        for one in ordered:
            _draw(axes, one)
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="recall", ylabel="precision")
        figure.legend(
            loc="outside right center" if beside else "outside lower left",
            title="largest F (ODS)",
            alignment="left",
            handlelength=2.6,
        )
        return panel_of(
            "edge-curves",
            figure,
            title="Precision and recall at every threshold",
            caption=(
                "Precision is the share of the edges found that people drew too, recall the share"
                " of what people drew that is found. Up and to the right is better; along a thin"
                " line F, their harmonic mean, is the same. The dot is the best threshold."
            ),
            columns=("detector", "ODS", "precision", "recall"),
            rows=[
                (one.label, one.ods, one.best_precision, one.best_recall) for one in scores.table
            ],
            alternative=(
                f"Curves of {len(ordered)} detectors. Largest F: "
                + ", ".join(f"{one.label} {one.ods:.3f}" for one in ordered)
                + f"; people {PEOPLE:.2f}."
            ),
        )


def curves_file(scores: EdgeScores, form: str) -> bytes:
    """The chart of `curves_panel` by itself on white, as a PNG or an SVG, text drawn as outlines.

    form: "png" or "svg", which says in its description what it shows. The same scores give the
    same bytes.
    """
    import matplotlib as mpl

    panel = curves_panel(scores)
    buffer = io.BytesIO()
    # A picture beside a page does not get the page's fonts.
    with styled(), mpl.rc_context({"svg.fonttype": "path"}):
        described = {"Date": None, "Description": panel.alternative}
        metadata = described if form == "svg" else None
        panel.figure.savefig(buffer, format=form, facecolor="white", metadata=metadata)
    return buffer.getvalue()


def _draw(axes: Axes, one: DetectorScore) -> None:
    line = _LINES.get(one.name, _OTHER)
    look: dict[str, Any] = {"color": line.colour, "linewidth": line.width}
    drawn = [(x, y) for x, y in zip(one.recall, one.precision, strict=True) if x > 0]
    axes.plot(*zip(*drawn, strict=True), linestyle=line.dashes, **look,
              label=f"{one.ods:.3f}  {one.label}")  # fmt: skip
    axes.plot(one.best_recall, one.best_precision, "o", markersize=5, **look)
