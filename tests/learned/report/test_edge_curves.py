"""The curves of edge detectors as a chart: every detector, people's F, the same bytes each time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from filt.learned.report.edge_curves import curves_file, curves_panel
from filt.learned.report.edge_scores import PEOPLE, edge_scores

SCORES = edge_scores()


@pytest.mark.parametrize("width", [4.2, 7.0])
def test_every_name_is_a_text(width):
    svg = curves_panel(SCORES, width=width).svg
    for one in SCORES.table:
        assert f"{one.ods:.3f}  {one.label}" in svg.replace("&apos;", "'")
    assert svg.count(">0.8 people<") == 1
    assert svg.count(">0.7<") == 1


def test_the_lines_are_the_curves():
    (axes,) = curves_panel(SCORES).figure.axes
    lines = {line.get_label(): line for line in axes.lines}
    for one in SCORES.table:
        drawn = lines[f"{one.ods:.3f}  {one.label}"]
        assert drawn.get_xdata().tolist() == [x for x in one.recall if x > 0]
    dots = {tuple(np.ravel(line.get_xydata())) for line in axes.lines if line.get_marker() == "o"}
    assert dots == {(one.best_recall, one.best_precision) for one in SCORES.table}


def test_people_are_a_line_of_equal_f():
    (axes,) = curves_panel(SCORES).figure.axes
    found = []
    for line in axes.lines:
        recall, precision = line.get_xydata().T
        if recall.size == 500:
            found.append(set(np.round(2 * recall * precision / (recall + precision), 9)))
    assert all(len(values) == 1 for values in found)
    assert sorted(value for values in found for value in values) == [
        0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, PEOPLE, 0.9
    ]  # fmt: skip


@pytest.mark.parametrize(("form", "begins"), [("svg", b"<?xml"), ("png", b"\x89PNG")])
def test_the_same_scores_give_the_same_file(form, begins):
    made = curves_file(SCORES, form)
    assert made.startswith(begins)
    assert made == curves_file(SCORES, form)


def test_a_detector_without_a_look_of_its_own_is_drawn_too():
    other = replace(SCORES.detectors[0], name="new", label="New", ods=0.9)
    panel = curves_panel(replace(SCORES, detectors=(other,)))
    assert "0.900  New" in panel.svg
    assert panel.rows == (("New", 0.9, other.best_precision, other.best_recall),)
