"""The tables of the pages are those of the runs that are kept beside the benchmark."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.markdown import TABLES, kinds_table
from bench.measurement import Line
from bench.pictures import Kind
from bench.timing import Spread

ROOT = Path(__file__).parents[2]
PLACES = (
    ("README.md", "rows", "results.json"),
    ("README.md", "large", "large.json"),
    ("docs/speed.md", "kinds", "kinds.json"),
    ("docs/speed.md", "scaling", "scaling.json"),
    ("docs/speed.md", "large", "large.json"),
)


@pytest.mark.parametrize(("page", "table", "run"), PLACES)
def test_a_page_says_what_was_measured(page, table, run):
    read = json.loads((ROOT / "bench" / run).read_text("utf-8"))
    assert TABLES[table](read) in (ROOT / page).read_text("utf-8")


def test_the_table_of_kinds_has_a_row_for_each():
    def line(work, kind, median, peer="OpenCV"):
        return Line(work, kind, peer, Spread(median, median, median), 1.0, True, "")

    small, large = Kind("1"), Kind("12", "uint8", "rgb")
    lines = [line("blur", small, 0.5), line("sobel", large, 12.4), line("blur", large, 2, "SciPy")]
    assert kinds_table(lines).splitlines() == [
        "| Picture | blur | sobel |",
        "| --- | --- | --- |",
        "| 1 MP float32 grey | 0.5 |  |",
        "| 12 MP uint8 rgb |  | 12 |",
    ]
