"""The tables of the README and of docs/speed.md out of the JSON of a run.

    python -m bench.markdown BENCH.json [--table rows|kinds|scaling|large] [--into README.md]

--into puts it between the two comments that name this module and the table.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .measurement import COPY, Line
from .report import lines_of
from .timing import short

_COLUMNS = ("OpenCV", "scikit-image", "SciPy", "Kornia", "pyvips", "Keras", "vips", "ImageMagick")
_USUAL = "12 MP float32 grey"
_WORTH_SAYING = 50
"""Beside a copy of the picture: what takes longer than so many is not bound by memory."""


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
    return _laid(rows)


def kinds_table(lines: Sequence[Line]) -> str:
    """One row a kind of picture, one column a piece of work: medians beside OpenCV."""
    timed = [line for line in lines if line.ratio is not None and line.peer == "OpenCV"]
    works = list(dict.fromkeys(line.work for line in timed))
    found = {(line.work, line.kind): _plain(line.ratio.median) for line in timed if line.ratio}
    kinds = sorted(
        {line.kind for line in timed}, key=lambda kind: (kind.dtype, kind.colour, float(kind.size))
    )
    rows = [["Picture", *works], ["---"] * (1 + len(works))]
    rows += [[str(kind), *(found.get((work, kind), "") for work in works)] for kind in kinds]
    return _laid(rows)


def scaling_table(growths: Sequence[Mapping[str, Any]]) -> str:
    """A table for each work: filt's time over that of the first size, and over the peer's."""
    made = []
    for growth in growths:
        sizes = [f"{step['size']:.3g}" for step in growth["steps"]]
        lines = [[growth["over"], *sizes], ["---"] * (1 + len(sizes))]
        for title, name in (("time over the first", "growth"), (growth["peer"], "beside")):
            said = title if name == "growth" else f"time over that of {title}"
            lines.append([said, *(short(step[name]["median"]) for step in growth["steps"])])
        power, other = (growth[name]["median"] for name in ("exponent", "peer_exponent"))
        grows = f"exponent {power:.2f}, of {growth['peer']} {other:.2f}"
        made.append(f"**{growth['work']}**: {grows}\n\n{_laid(lines)}")
    return "\n\n".join(made)


def large_table(steps: Sequence[Mapping[str, Any]]) -> str:
    """Pictures larger than memory, one row a size and a work."""
    rows = [
        [
            "Gigapixels", "Work", "Speed over that in memory", "A plain copy's time over ours",
            "Time a pixel over the first", "MB",
        ],
        ["---"] * 6,
    ]  # fmt: skip
    for step in steps:
        figures = (short(step[name]["median"]) for name in ("speed", "disk", "growth"))
        size = f"{step['gigapixels']:.2g}"
        rows.append([size, step["work"], *figures, f"{step['megabytes']:.0f}"])
    return _laid(rows)


def _laid(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _plain(median: float) -> str:
    return f"{median:.0f}" if median >= 10 else f"{median:.2g}"


TABLES: MappingProxyType[str, Callable[[Mapping[str, Any]], str]] = MappingProxyType(
    {
        "rows": lambda read: table(lines_of(read)),
        "kinds": lambda read: kinds_table(lines_of(read)),
        "scaling": lambda read: scaling_table(read["growths"]),
        "large": lambda read: large_table(read["large"]),
    }
)
"""What each makes of the JSON of a run."""


def _peer(line: Line) -> str:
    return "SciPy" if line.peer.startswith("SciPy") else line.peer


def _cell(line: Line) -> str:
    assert line.ratio is not None
    median = line.ratio.median
    if line.peer == COPY and median > _WORTH_SAYING:
        return ""
    value = _plain(median)
    return f"**{value}** (aim {line.target:g})" if line.missed else value


def main() -> None:
    """Print the table, or put it into a page."""
    parser = argparse.ArgumentParser(prog="python -m bench.markdown")
    parser.add_argument("json", type=Path)
    parser.add_argument("--table", choices=tuple(TABLES), default="rows")
    parser.add_argument("--into", type=Path)
    words = parser.parse_args()
    made = TABLES[words.table](json.loads(words.json.read_text("utf-8")))
    if words.into is None:
        print(made)
        return
    text = words.into.read_text("utf-8")
    begin, end = (f"<!-- {word}bench.markdown {words.table} -->" for word in ("", "end of "))
    before, after = text.index(begin) + len(begin), text.index(end)
    words.into.write_text(f"{text[:before]}\n\n{made}\n\n{text[after:]}", "utf-8")


if __name__ == "__main__":
    main()
