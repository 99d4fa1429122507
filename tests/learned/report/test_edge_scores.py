"""The scores of edge detectors that ship: whole, true to their own curves, merged as they say."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from filt.filters.errors import InputError
from filt.learned.edge_methods import EDGE_METHODS
from filt.learned.report.edge_job import METHODS
from filt.learned.report.edge_scores import (
    DetectorScore,
    EdgeScores,
    edge_scores,
    markdown_table,
    merged,
    scores_from,
    scores_text,
    sigmas_table,
)
from filt.learned.report.edge_table import scores_table, scores_words
from filt.learned.shipped import shipped_network

SHIPPED = edge_scores()
NINE = [
    "sobel", "scharr", "gaussian", "log", "opencv-canny", "skimage-canny", "canny", "best",
    "learned-edges",
]  # fmt: skip


def harmonic(precision, recall):
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def area_by_loops(precision, recall):
    """The area under a curve in steps of 0.01 of recall; of equal recalls the first counts."""
    first = {}
    for one, other in zip(recall, precision, strict=True):
        first.setdefault(one, other)
    points = sorted(first.items())
    area = 0.0
    for step in range(101):
        at = step / 100
        for (left, low), (right, high) in pairwise(points):
            if left <= at <= right:
                area += low + (high - low) * (at - left) / (right - left)
                break
    return area / 100


def score_of(name, label, ods=0.5, **other):
    figures = {"in_table": True, "ois": 0.6, "ap": 0.4, "best_precision": 0.5, "best_recall": 0.5}
    rest = {"time": 1.25, "parameters": 0, "by_rank": True, "precision": (0.5,), "recall": (0.5,)}
    return DetectorScore(name=name, label=label, ods=ods, **{**figures, **rest, **other})


def scores_of(*detectors, photographs=2):
    return EdgeScores("BSDS500", "val", photographs, 33, 0.0075, (("numpy", "2"),), detectors)


def test_what_ships_is_the_whole_validation_split():
    assert (SHIPPED.benchmark, SHIPPED.split, SHIPPED.photographs) == ("BSDS500", "val", 100)
    assert (SHIPPED.thresholds, SHIPPED.tolerance) == (33, 0.0075)
    assert [one.name for one in SHIPPED.table] == NINE
    assert {"numpy", "opencv-python-headless", "scikit-image"} <= dict(SHIPPED.libraries).keys()


def test_the_network_that_was_scored_is_the_one_that_ships():
    """After another training: python -m bench.edges BSDS500 --only learned-edges --json FILE."""
    assert SHIPPED["learned-edges"].parameters == shipped_network().parameters
    assert [one.name for one in SHIPPED.table if one.parameters] == ["learned-edges"]


@pytest.mark.parametrize("one", SHIPPED.detectors, ids=lambda one: one.name)
def test_the_figures_are_those_of_the_curve(one):
    assert len(one.precision) == len(one.recall) == SHIPPED.thresholds
    assert harmonic(one.best_precision, one.best_recall) == pytest.approx(one.ods, abs=2e-5)
    grid = max(map(harmonic, one.precision, one.recall))
    assert grid - 2e-5 <= one.ods < grid + 0.01
    assert area_by_loops(one.precision, one.recall) == pytest.approx(one.ap, abs=2e-3)
    assert one.ois > one.ods - 0.02


def test_text_and_scores_are_the_same():
    assert scores_from(scores_text(SHIPPED)) == SHIPPED
    assert all(line.count('"name"') <= 1 for line in scores_text(SHIPPED).splitlines())
    for other in ("{}", "[]", '{"format": "filt edge scores 0"}'):
        with pytest.raises(InputError, match="format"):
            scores_from(other)


def test_new_scores_take_the_place_of_old_ones():
    old = scores_of(score_of("a", "A", 0.1), score_of("b", "B", 0.2), score_of("gone", "G"))
    new = scores_of(score_of("c", "C", 0.3), score_of("a", "A", 0.9))
    found = merged(old, new, ["a", "b", "c"])
    assert [(one.name, one.ods) for one in found.detectors] == [("a", 0.9), ("b", 0.2), ("c", 0.3)]
    assert merged(None, new, ["a"]) == new


def test_scores_of_other_photographs_are_not_mixed():
    with pytest.raises(InputError, match="photographs must be that of the other scores, 2, got 3"):
        merged(scores_of(), scores_of(photographs=3), [])
    with pytest.raises(InputError, match="libraries"):
        merged(scores_of(), replace(scores_of(), libraries=()), [])


def test_the_table_by_hand():
    plain = score_of("a", "A", 0.25)
    learned = score_of("b", "B", 0.51249, parameters=16817, time=0.1349)
    other = score_of("a:sigma=2", "A, sigma 2", in_table=False)
    assert markdown_table(scores_of(plain, learned, other)).splitlines() == [
        "| Detector | ODS | OIS | AP | Time | Learned parameters | `--only` |",
        "|---|---|---|---|---|---|---|",
        "| A | 0.250 | **0.600** | **0.400** | 1.2 | | `a` |",
        "| B | **0.512** | **0.600** | **0.400** | 0.13 | 16,817 | `b` |",
    ]


def test_the_sigmas_by_hand():
    several = [
        score_of("a", "A, sigma 2.5", 0.3),
        score_of("one", "One, sigma 2.5"),
        score_of("b", "B, sigma 2.5", 0.6),
        score_of("a:sigma=1.4", "A, sigma 1.4", 0.2, in_table=False),
        score_of("b:sigma=3", "B, sigma 3", 0.5, in_table=False),
    ]
    assert sigmas_table(scores_of(*several)).splitlines() == [
        "| ODS | sigma 1.4 | sigma 2.5 | sigma 3 |",
        "|---|---|---|---|",
        "| A | 0.200 | **0.300** | – |",
        "| B | – | **0.600** | 0.500 |",
    ]


def test_the_report_marks_what_the_page_shows():
    table = scores_table(SHIPPED, METHODS)
    assert [NINE[number] for number in sorted(table.marked)] == list(METHODS)
    said = [row[0].endswith("(on this page)") for row in table.rows]
    assert [number for number, here in enumerate(said) if here] == sorted(table.marked)
    assert [row[-1] for row in table.rows] == [f"--only {name}" for name in NINE]


def test_the_report_says_where_it_was_measured_and_which_sigma_is_meant():
    said = " ".join(scores_words(SHIPPED, "mine.png"))
    assert "not on mine.png" in said
    assert "100 photographs of BSDS500's validation split, at 33 thresholds" in said
    sigma = EDGE_METHODS["canny"].sigma
    assert f"has sigma {sigma:g}, at which its ODS is" in said
    without = replace(SHIPPED, detectors=SHIPPED.table)
    assert "sigma" not in " ".join(scores_words(without, "mine.png"))
