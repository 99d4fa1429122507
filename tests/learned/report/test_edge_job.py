"""Edges of one photo by several methods, and how far they agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import filt
from filt.filters.picture import Picture
from filt.learned.report.edge_job import METHODS, agreement, edge_findings
from filt.learned.report.photo import photo_of

SAMPLES = Path(__file__).parents[3] / "samples"


def agreement_by_loops(first, second):
    """The F-measure within one pixel, pixel by pixel."""

    def near(edges, others):
        places = np.argwhere(edges)
        reached = sum(
            bool(others[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2].any()) for y, x in places
        )
        return reached / max(1, len(places))

    if not first.any() and not second.any():
        return 1.0
    precision, recall = near(first, second), near(second, first)
    return 2 * precision * recall / (precision + recall) if precision and recall else 0.0


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.05, 0.3]))
def test_agreement_is_what_loops_say(seed, share):
    random = np.random.default_rng(seed)
    first, second = random.random((2, 9, 13)) < share
    assert agreement(first, second) == pytest.approx(agreement_by_loops(first, second))
    assert agreement(first, second) == agreement(second, first)
    assert agreement(first, first) == 1.0


def test_agreement_by_hand():
    first, second = np.zeros((2, 5, 9), bool)
    first[2, [0, 4, 8]] = True
    second[[1, 1], [0, 6]] = True
    # One of three lies beside one of two: precision 1/3, recall 1/2.
    assert agreement(first, second) == pytest.approx(0.4)


def test_the_findings_are_those_of_the_methods():
    picture = filt.read_image(SAMPLES / "step-edges.png")
    found = edge_findings(photo_of(picture, "steps"))
    assert [one.method for one in found] == list(METHODS)
    canny = found[1]
    np.testing.assert_array_equal(canny.edge_map, filt.canny(picture))
    assert canny.pixels == int(canny.edge_map.sum())
    assert canny.share == pytest.approx(canny.edge_map.mean())
    assert all(one.agreement[one.method] == 1.0 for one in found)
    assert found[0].agreement["canny"] == found[1].agreement["sobel"]


def test_a_flat_photo_has_no_edges():
    flat = Picture(np.full((20, 30), 90, np.uint8), 255.0, np.dtype(np.uint8))
    assert [one.pixels for one in edge_findings(photo_of(flat, "flat"))] == [0, 0, 0]
