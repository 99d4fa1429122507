"""The scores of edge detectors as the report's table, and what they do and do not say."""

from __future__ import annotations

from collections.abc import Sequence

from ..edge_methods import EDGE_METHODS
from .edge_scores import COMMAND, PEOPLE, EdgeScores, parameters_text, time_text
from .view import Table

SPLITS = {"train": "training", "val": "validation", "test": "test"}


def scores_table(scores: EdgeScores, here: Sequence[str]) -> Table:
    """The table of the detectors.

    here: the methods that the page shows; their rows are marked, and say so.

    >>> from .edge_scores import edge_scores
    >>> scores_table(edge_scores(), ["sobel"]).rows[0][0]
    'Sobel, no blur (on this page)'
    """
    rows = [
        [
            one.label + " (on this page)" * (one.name in here),
            *(f"{value:.3f}" for value in (one.ods, one.ois, one.ap)),
            time_text(one.time),
            parameters_text(one) or "–",
            f"--only {one.name}",
        ]
        for one in scores.table
    ]
    return Table(
        "time: of one detection over scikit-image's Canny on the same photo; parameters: how many"
        f" were learned; each row is made by {COMMAND} and what stands at its end",
        ("detector", "ODS", "OIS", "AP", "time", "parameters", "command"),
        rows,
        frozenset(n for n, one in enumerate(scores.table) if one.name in here),
    )


def scores_words(scores: EdgeScores, photo: str) -> tuple[str, ...]:
    """What was measured, on what, and what it does not say.

    photo: what the page's own photos are called.
    """
    split = SPLITS.get(scores.split, scores.split)
    return (
        f"How far detectors agree with people was measured elsewhere, not on {photo}: on the"
        f" {scores.photographs} photographs of {scores.benchmark}'s {split} split, at"
        f" {scores.thresholds} thresholds, against the boundaries that several people drew in each."
        f" F is 1 where edges and boundaries are the same; people reach about {PEOPLE:.2f} against"
        " each other. ODS is the largest F with one threshold for all photographs, OIS with the"
        " best one for each, AP the area under the curve below.",
        "It does not say which edges are the best for your job: people drew the outlines of things,"
        " and left out texture and shadows that a measuring program may want. Nor does it say"
        f" anything of the thresholds used above{_other_sigma(scores)}.",
    )


def _other_sigma(scores: EdgeScores) -> str:
    """That the page's canny blurs less than the table's, where that is so and was measured."""
    sigma = EDGE_METHODS["canny"].sigma
    known = {one.name: one for one in scores.detectors}
    other = known.get(f"canny:sigma={sigma:g}")
    if other is None:
        return ""
    return f"; canny above has sigma {sigma:g}, at which its ODS is {other.ods:.3f}"
