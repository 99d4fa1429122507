"""The table of the README out of the JSON of a run.

    python -m bench.markdown BENCH.json [--into README.md]

--into puts it between the two comments that name this module.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from .measurement import COPY, Line
from .report import lines_of

_COLUMNS = ("OpenCV", "scikit-image", "SciPy", "Kornia", "pyvips", "Keras", "vips", "ImageMagick")
_USUAL = "12 MP float32 grey"
_WORTH_SAYING = 50
"""Beside a copy of the picture: what takes longer than so many is not bound by memory."""

BEGIN, END = "<!-- bench.markdown -->", "<!-- end of bench.markdown -->"


def table(lines: Sequence[Line]) -> str:
    """One row a piece of work, one column a peer; medians, bold where a target is missed."""
    peers = [name for name in (*_COLUMNS, COPY) if any(_peer(line) == name for line in lines)]
    works = dict.fromkeys((line.work, line.kind) for line in lines)
    rows = [
        ["Work", *(f"`{COPY}`" if name == COPY else name for name in peers)],
        ["---"] * (1 + len(peers)),
    ]
    for work, kind in works:
        # Of two ways of one library the quicker counts: the one with the larger ratio, set last.
        found = {
            _peer(line): _cell(line)
            for line in sorted(lines, key=lambda line: line.ratio.median if line.ratio else 0)
            if (line.work, line.kind) == (work, kind) and line.ratio is not None
        }
        title = work if str(kind) == _USUAL else f"{work} ({kind})"
        rows.append([title, *(found.get(name, "") for name in peers)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _peer(line: Line) -> str:
    return "SciPy" if line.peer.startswith("SciPy") else line.peer


def _cell(line: Line) -> str:
    assert line.ratio is not None
    median = line.ratio.median
    if line.peer == COPY and median > _WORTH_SAYING:
        return ""
    value = f"{median:.0f}" if median >= 10 else f"{median:.2g}"
    return f"**{value}** (aim {line.target:g})" if line.missed else value


def main() -> None:
    """Print the table, or put it into a page."""
    parser = argparse.ArgumentParser(prog="python -m bench.markdown")
    parser.add_argument("json", type=Path)
    parser.add_argument("--into", type=Path)
    words = parser.parse_args()
    made = table(lines_of(json.loads(words.json.read_text("utf-8"))))
    if words.into is None:
        print(made)
        return
    text = words.into.read_text("utf-8")
    before, after = text.index(BEGIN) + len(BEGIN), text.index(END)
    words.into.write_text(f"{text[:before]}\n\n{made}\n\n{text[after:]}", "utf-8")


if __name__ == "__main__":
    main()
