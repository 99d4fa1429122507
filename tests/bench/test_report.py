"""The table, the last words, the JSON and the chart say what was measured."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from bench.chart import chart
from bench.measurement import COPY, Line, with_best
from bench.pictures import Kind
from bench.report import as_json, heading, last_words, lines_of, table_line
from bench.timing import Spread

LINE = Line(
    "sobel", Kind(), "OpenCV", Spread(0.4, 0.3, 0.5), 40.0, True, "agree to 2e-07", 0.35,
    50_000_000, 150_000_000,
)  # fmt: skip
UNSUITED = replace(
    LINE, peer="Pillow", ratio=None, milliseconds=None, agrees=None, said="takes uint8 only",
    memory=None, peer_memory=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("median", "target", "missed"),
    [(0.35, 0.35, False), (0.354, 0.35, False), (0.36, 0.35, True), (9.0, None, False)],
)
def test_a_target_is_missed_where_the_printed_ratio_is_above(
    median: float, target: float | None, missed: bool
) -> None:
    line = replace(LINE, ratio=Spread(median, median, median), target=target)
    assert line.missed is missed
    assert ("MISS" in table_line(line)) is missed


def test_a_line_has_everything_under_its_heading() -> None:
    head, line = heading(), table_line(LINE)
    for title, cell in (
        ("work", "sobel"),
        ("picture", "12 MP float32 grey"),
        ("beside", "OpenCV"),
        ("filt / peer", "0.40 (0.30–0.50)"),
        ("target", "≤ 0.35"),
        ("MB", "50 / 150"),
        ("results", "agree to 2e-07"),
    ):
        assert line.index(cell) == head.index(title), title


def test_the_work_is_named_once() -> None:
    second = table_line(replace(LINE, peer="SciPy"), LINE)
    assert "sobel" not in second
    assert "12 MP" not in second
    assert "uint8" in table_line(replace(LINE, kind=Kind(dtype="uint8")), LINE)


def test_the_last_words_name_what_is_wrong_and_what_is_missing() -> None:
    differs = replace(LINE, peer="SciPy", ratio=Spread(0.1, 0.1, 0.1), agrees=False)
    said = last_words([LINE, differs, UNSUITED], ["kornia"]).splitlines()
    assert said[0] == "1 of 2 targets met"
    assert said[1] == "missed: sobel, 12 MP float32 grey, beside OpenCV"
    assert said[2] == "differs or failed: sobel, 12 MP float32 grey, beside SciPy"
    assert "Pillow takes uint8 only" in said[3]
    assert said[4].endswith("kornia")


def test_beside_the_best_only_the_quickest_peer_has_the_target() -> None:
    peers = [replace(LINE, peer=name, milliseconds=ms) for name, ms in (("a", 3.0), ("b", 2.0))]
    assert [line.target for line in with_best([*peers, UNSUITED], 0.9)] == [None, 0.9, None]


def test_the_json_gives_the_lines_back() -> None:
    lines = (LINE, UNSUITED)
    read = json.loads(json.dumps(as_json(lines, {"cores": 2}, {"numpy": "2"}, [])))
    assert lines_of(read) == lines
    assert read["lines"][0]["missed"] is True


def test_bars_go_right_where_filt_is_quicker() -> None:
    slower = replace(LINE, peer="SciPy <1>", ratio=Spread(4.0, 3.0, 5.0))
    copy = replace(LINE, peer=COPY)
    root = ET.fromstring(chart([LINE, slower, UNSUITED, copy], "a machine"))
    name = "{http://www.w3.org/2000/svg}"
    quick, slow = (bar for bar in root.iter(f"{name}rect") if bar.get("fill"))
    one = next(line for line in root.iter(f"{name}line") if line.get("class") == "one")
    assert float(quick.get("x", "")) == float(one.get("x1", ""))
    assert float(slow.get("x", "")) + float(slow.get("width", "")) == pytest.approx(
        float(one.get("x1", "")), abs=0.2
    )
    words = [text.text for text in root.iter(f"{name}text")]
    assert {"2.50×", "0.25×", "SciPy <1>", "a machine"} <= set(words)
    assert COPY not in words
