"""The precision-recall curve as a chart."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..files.disk import display_path
from .score import EdgeScore

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CHARTS = (".png", ".svg")

LEVELS: Mapping[float, str] = MappingProxyType({n / 10: f"{n / 10:.1f}" for n in range(1, 10)})
"""The values of F along which lines are drawn, and what stands beside them."""


def chart_format(path: Path) -> str:
    """The format of a chart by the ending of its name.

    Raises InputError, which names the path, for other endings.

    >>> chart_format(Path("curve.svg"))
    'svg'
    """
    ending = path.suffix.lower()
    if ending not in CHARTS:
        raise InputError(
            f"{display_path(path)}: a chart's name must end in {' or '.join(CHARTS)},"
            f" got {display_path(ending)}"
        )
    return ending[1:]


def curve_chart(score: EdgeScore, form: str) -> bytes:
    """The curve of a score, its best point, and lines of equal F, as a PNG or an SVG.

    form: "png" or "svg". The same score gives the same bytes.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    draw_equal_f(axes, line="0.85", text="0.6")
    drawn = score.curve.recall > 0
    axes.plot(score.curve.recall[drawn], score.curve.precision[drawn], "-", color="C0")
    best = score.dataset
    axes.plot(best.recall, best.precision, "o", color="C0")
    axes.set(xlim=(0, 1), ylim=(0, 1.005), xlabel="recall", ylabel="precision", aspect="equal")
    axes.set_title(f"ODS {score.ods:.3f}, OIS {score.ois:.3f}, AP {score.ap:.3f}", fontsize=11)
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "filt"}):
        metadata = {"Date": None} if form == "svg" else None
        figure.savefig(buffer, format=form, dpi=100, metadata=metadata)
    return buffer.getvalue()


def draw_equal_f(axes: Axes, *, line: str, text: str, levels: Mapping[float, str] = LEVELS) -> None:
    """Lines along which F is equal, over recall from 0 to 1, each with its label at the right.

    line, text: their colours, as Matplotlib has them.
    """
    for level, label in levels.items():
        recall = np.linspace(level / (2 - level), 1, 500)
        axes.plot(recall, level * recall / (2 * recall - level), color=line, linewidth=1)
        axes.annotate(
            label, (1, level / (2 - level)), (3, 0), textcoords="offset points",
            color=text, fontsize=8, va="center", annotation_clip=False,
        )  # fmt: skip
