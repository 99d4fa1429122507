"""What an ablation came to: scores of every arm and seed, and the differences that were asked."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

from ..ablation.contrasts import margin_in_points
from ..ablation.results import Ablation, Contrast
from .layout import heading, new_figure
from .panel import Cell, Panel, named, panel_of
from .style import CHANCE, FAINT, INK, LINE, SMALL, WIDTH, Mark, mark_options, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = ("kind", "name", "seed", "score or mean", "low", "high", "verdict")
_SIDE_BY_SIDE = 6.0


def ablation_panel(ablation: Ablation, *, width: float = WIDTH) -> Panel:
    """The scores of an ablation's arms, a line a seed, and the differences that were asked.

    Left: a dot for each arm and seed, the dots of a seed joined, a bar at the mean. Right, or
    below where `width` (inches) is small: the mean differences, paired by seed, with their 95%
    interval, on the scale of points (hundredths); in the grey band a difference is not worth
    having. Rows: the scores, then the contrasts.

    >>> from ..ablation.contrasts import contrasts, reading
    >>> from ..ablation.results import Arm
    >>> from ..provenance import Provenance
    >>> arms = (Arm("learned", (0.8, 0.9)), Arm("frozen-random", (0.7, 0.8)))
    >>> found = Ablation(
    ...     "", "small", "leaves", "accuracy", (0, 1), arms, contrasts(arms), "", Provenance(),
    ...     1, 10, 10, 4, 3, 0.01,
    ... )
    >>> [row[:4] for row in ablation_panel(found).rows[:2]]
    [('score', 'learned', 0, 0.8), ('score', 'learned', 1, 0.9)]
    """
    with styled():
        figure, (scores, differences) = _places(ablation, width)
        _draw_scores(scores, ablation)
        _draw_differences(differences, ablation)
        return panel_of(
            named("ablation", [ablation.model, ablation.data]),
            figure,
            title="Learned, handcrafted and random first layers",
            caption=(
                "Each thin line is a seed, from arm to arm; differences are paired by seed, with"
                f" their 95% interval, and in the grey band ({margin_in_points(ablation.margin)})"
                " they are not worth having."
            ),
            columns=_COLUMNS,
            rows=_rows(ablation),
            alternative=_words(ablation),
        )


def _places(ablation: Ablation, width: float) -> tuple[Figure, tuple[Axes, Axes]]:
    high = 1.3 + 0.5 * len(ablation.arms)
    low = 1.3 + 0.72 * len(ablation.contrasts)
    if width >= _SIDE_BY_SIDE:
        figure = new_figure(width, max(high, low))
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.05))
    else:
        figure = new_figure(width, high + low)
        left, right = figure.subplots(2, 1, height_ratios=(high, low))
    return figure, (left, right)


def _draw_scores(axes: Axes, ablation: Ablation) -> None:
    arms = ablation.arms
    places = range(len(arms))
    heading(axes, "scores")
    axes.set_xlabel(fill(ablation.measure, 36), fontsize=SMALL)
    axes.set_ylim(len(arms) - 0.55, -0.5)
    axes.set_yticks(list(places), [_said(arm.name).replace(" ", "\n", 1) for arm in arms])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    for scores in zip(*(arm.scores for arm in arms), strict=True):
        axes.plot(scores, places, color=LINE, linewidth=0.9, zorder=1)
        axes.plot(scores, places, linestyle="", **mark_options(Mark(FAINT, "o"), False, 4.5))
    for place, arm in enumerate(arms):
        axes.vlines(arm.mean, place - 0.22, place + 0.22, colors=INK, linewidth=2.4, zorder=4)
        axes.annotate(
            f"{arm.mean:.3f}", (arm.mean, place - 0.22), (0, 2), textcoords="offset points",
            ha="center", fontsize=SMALL,
        )  # fmt: skip


def _draw_differences(axes: Axes, ablation: Ablation) -> None:
    heading(axes, "differences")
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("points", fontsize=SMALL)
    axes.set_yticks([])
    axes.set_ylim(max(1, len(ablation.contrasts)) - 0.7, -0.85)
    margin = 100 * ablation.margin
    ends = [value for one in ablation.contrasts for value in (one.low, one.high)]
    reach = max([abs(100 * value) for value in ends] + [1.5 * margin]) * 1.08
    axes.set_xlim(-reach, reach)
    for place, one in enumerate(ablation.contrasts):
        top, bottom = place - 0.2, place + 0.2
        axes.fill_between([-margin, margin], top, bottom, color=CHANCE, linewidth=0)
        axes.vlines(0, top, bottom, colors=FAINT, linewidth=1)
        axes.plot([100 * one.low, 100 * one.high], [place] * 2, color=INK, linewidth=1.5)
        is_shown = one.low > 0 or one.high < 0
        axes.plot(100 * one.mean, place, **mark_options(Mark(INK, "o"), is_shown, 6.5))
        for words, above, ink in ((_asked(one), 17, INK), (one.verdict, 4, FAINT)):
            axes.annotate(
                words, (-reach, top), (0, above), textcoords="offset points", fontsize=SMALL,
                color=ink,
            )  # fmt: skip


def _asked(one: Contrast) -> str:
    return f"{_said(one.better)} \N{MINUS SIGN} {_said(one.than)}"


def _said(arm: str) -> str:
    return arm.replace("-then-", ", then ").replace("-", " ")


def _rows(ablation: Ablation) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = [
        ("score", arm.name, seed, score, None, None, None)
        for arm in ablation.arms
        for seed, score in zip(ablation.seeds, arm.scores, strict=True)
    ]
    for one in ablation.contrasts:
        name = f"{one.better} - {one.than}"
        rows.append(("difference", name, None, one.mean, one.low, one.high, one.verdict))
    return rows


def _words(ablation: Ablation) -> str:
    means = ", ".join(f"{arm.name} {arm.mean:.3f}" for arm in ablation.arms)
    said = f"Mean {ablation.measure} over {len(ablation.seeds)} seeds: {means}."
    return f"{said} {ablation.reading}".strip()
