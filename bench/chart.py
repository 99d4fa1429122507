"""The chart: how many times as quick as each peer filt is, as SVG. Bars on a logarithmic axis.

    python -m bench.chart BENCH.json CHART.svg

draws it again from the JSON. It brings its own ground, light or dark as the reader's system is.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from xml.sax.saxutils import escape

from .measurement import COPY, Line
from .report import lines_of
from .timing import Spread, short

COLOURS = MappingProxyType(
    {
        "OpenCV": "#3b7dd8", "scikit-image": "#d9772b", "SciPy": "#3f9b62", "Pillow": "#a45fc4",
        "Kornia": "#c94f6d", "pyvips": "#2f9aa8", "vips": "#2f9aa8", "ImageMagick": "#a08a1f",
        "Keras": "#c94f6d", "PyTorch": "#d9772b",
    }
)  # fmt: skip
_OTHER = "#7d8590"
_STYLE = """
text{font:13px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:#1f2328}
.ground{fill:#ffffff}.grid{stroke:#d8dee4}.one{stroke:#1f2328;stroke-width:1.5}
.quiet{fill:#59636e;font-size:12px}.work{font-weight:600}.title{font-size:17px;font-weight:600}
.spread{stroke:#1f2328;stroke-opacity:.65;stroke-width:1.5}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.ground{fill:#0d1117}.grid{stroke:#30363d}
.one{stroke:#e6edf3}.quiet{fill:#9198a1}.spread{stroke:#e6edf3}}
"""
_WIDTH, _LEFT, _RIGHT = 960, 360, 70
_BAR, _STEP, _GAP, _TOP, _BOTTOM = 13, 19, 15, 92, 34
_STEPS = (1, 2, 5)


@dataclass(frozen=True)
class _Axis:
    """A logarithmic axis between two powers, `low` at the left of the bars, `high` at the right."""

    low: float
    high: float

    def __call__(self, value: float) -> float:
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def marks(self) -> Iterator[float]:
        """1, 2, 5, 10 … between the ends."""
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        for power in range(first, last + 1):
            for step in _STEPS:
                mark = step * 10.0**power
                if self.low <= mark * 1.001 and mark <= self.high * 1.001:
                    yield mark


def chart(lines: Sequence[Line], footer: str = "") -> str:
    """The SVG of all lines that were timed beside a peer. footer: the machine, in one line."""
    drawn = [line for line in lines if line.ratio is not None and line.peer != COPY]
    speeds = [_speed(line) for line in drawn]
    axis = _Axis(
        min([0.5, *(_step_below(speed.low) for speed in speeds)]),
        max([5.0, *(_step_above(speed.high) for speed in speeds)]),
    )
    body, y = [], float(_TOP)
    for _, group in groupby(drawn, key=lambda line: (line.work, line.kind)):
        members = list(group)
        body.append(_text(16, y + 10, members[0].work, "work"))
        body.append(
            _text(16, y + 26 if len(members) > 1 else y + 24, str(members[0].kind), "quiet")
        )
        for line in members:
            body += _bar(line, axis, y)
            y += _STEP
        y += _GAP + (_STEP - 4 if len(members) == 1 else 0)
    height = y + _BOTTOM
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" '
            f'width="{_WIDTH}" height="{height:.0f}" role="img" '
            'aria-label="How many times as quick as each peer filt is">',
            f"<style>{_STYLE}</style>",
            f'<rect class="ground" width="{_WIDTH}" height="{height:.0f}" rx="8"/>',
            _text(16, 30, "How many times as quick as each peer is filt?", "title"),
            _text(16, 50, "Time of the peer over the time of filt: the median of alternate runs, "
                  "with quartiles. Right of 1 filt is quicker.", "quiet"),
            *_grid(axis, y - _GAP / 2),
            *body,
            _line(axis(1), _TOP - 8, axis(1), y - _GAP / 2, "one"),
            _text(16, height - 14, footer, "quiet"),
            "</svg>\n",
        )
    )  # fmt: skip


def _speed(line: Line) -> Spread:
    assert line.ratio is not None
    return Spread(1 / line.ratio.median, 1 / line.ratio.high, 1 / line.ratio.low)


def _step_above(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (*_STEPS, 10) if step * power >= value)


def _step_below(value: float) -> float:
    return 1 / _step_above(1 / value)


def _bar(line: Line, axis: _Axis, y: float) -> list[str]:
    speed = _speed(line)
    ends = sorted((axis(1), axis(speed.median)))
    colour = next((c for name, c in COLOURS.items() if line.peer.startswith(name)), _OTHER)
    middle = y + _BAR / 2
    at = max(axis(speed.high), axis(1)) + 6
    bar = f'<rect x="{ends[0]:.1f}" y="{y:.1f}" width="{max(1.0, ends[1] - ends[0]):.1f}" '
    return [
        f'{bar}height="{_BAR}" rx="2" fill="{colour}"/>',
        _line(axis(speed.low), middle, axis(speed.high), middle, "spread"),
        _text(at, y + 11, f"{short(speed.median)}×", "number"),
        _text(_LEFT - 10, y + 11, line.peer, "quiet", "end"),
    ]


def _grid(axis: _Axis, bottom: float) -> Iterator[str]:
    for mark in axis.marks():
        yield _line(axis(mark), _TOP - 8, axis(mark), bottom, "grid")
        yield _text(axis(mark), _TOP - 14, f"{mark:g}", "quiet", "middle")


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    placed = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text class="{kind}" {placed}>{escape(words)}</text>'


def footer_of(machine: Mapping[str, object]) -> str:
    """The machine in one line."""
    return f"{machine['processor']}, {machine['cores']} cores, {machine['system']}"


def main() -> None:
    """Draw a chart from the JSON of a benchmark."""
    source, target = map(Path, sys.argv[1:])
    read = json.loads(source.read_text(encoding="utf-8"))
    target.write_text(chart(lines_of(read), footer_of(read["machine"])), encoding="utf-8")


if __name__ == "__main__":
    main()
