"""filt beside its peers: how long the same work takes, and how much memory.

    python -m bench [--only sobel,gaussian] [--size 12] [--dtype float32] [--colour grey]
    python -m bench scaling
    python -m bench large [--folder DIR]

Every figure is a ratio: filt's time over the peer's, both alternately in one process after a
warm-up, the median over the rounds with its quartiles. Results are put into arrays that are there
already wherever a library can; everybody's threads are left as they are. Before a row is timed its
results are compared away from the border. The target stands beside the ratio, and MISS where it is
missed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

from .chart import chart, footer_of
from .large import ROUNDS, large_heading, large_json, large_line, measured_large
from .large import SIZES as SIZES_OF_LARGE
from .machine import absent, machine, set_threads, versions
from .measurement import Line, measured
from .pictures import COLOURS, DTYPES, SIZES, Kind, made
from .report import about, as_json, heading, last_words, table_line
from .row import Array, Row
from .rows import ROWS
from .scaling import as_json as scaling_json
from .scaling import growths, table
from .timing import Pace

QUICK = Pace(3, 7, 0.5)


def main() -> None:
    """Run what the words ask for."""
    words = _parser().parse_args()
    # Where it is set, every process compiles every module again, which no installed program does.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if words.threads:
        set_threads(words.threads)
    pace = QUICK if words.quick else Pace()
    if words.rounds:
        pace = Pace(words.rounds, words.rounds, 0)
    print(about(machine(), versions()), end="\n\n")
    {"rows": _rows, "scaling": _scaling, "large": _large}[words.what](words, pace)


def jobs(rows: Iterable[Row], chosen: Iterable[Kind]) -> Iterator[tuple[Row, Kind]]:
    """Every row on every chosen kind of picture, once where it keeps to its own."""
    kinds = tuple(chosen)
    for row in rows:
        for kind in dict.fromkeys(row.kind(kind) for kind in kinds):
            yield row, kind


def wanted(names: str) -> tuple[Row, ...]:
    """The rows whose names have one of the parts, with commas, in them; all for none."""
    parts = [part.strip().lower() for part in names.split(",") if part.strip()]
    return tuple(
        row for row in ROWS if not parts or any(part in row.name.lower() for part in parts)
    )


def beside(rows: Iterable[Row], names: str) -> tuple[Row, ...]:
    """The rows with those peers alone whose names begin with one of these, with commas."""
    starts = tuple(start.strip().lower() for start in names.split(",") if start.strip())
    return tuple(
        replace(row, peers=tuple(p for p in row.peers if p.name.lower().startswith(starts or "")))
        for row in rows
    )


def _rows(words: argparse.Namespace, pace: Pace) -> None:
    rows = beside(wanted(words.only), words.peers)
    if not rows:
        sys.exit(f"no such row; there are: {', '.join(row.name for row in ROWS)}")
    chosen = (Kind(*choice) for choice in product(words.size, words.dtype, words.colour))
    lines: list[Line] = []
    print(heading())
    kept: tuple[Kind, Array] | None = None
    for row, kind in jobs(rows, chosen):
        if kept is None or kept[0] != kind:
            kept = None  # two pictures of 100 megapixels at once would be one too many
            kept = (kind, made(kind))
        for line in measured(row, *kept, pace, words.memory):
            if line.shown:
                before = next((earlier for earlier in reversed(lines) if earlier.shown), None)
                print(table_line(line, before), flush=True)
            lines.append(line)
    missing = absent(rows)
    print("", last_words(lines, missing), sep="\n")
    if words.json:
        _write_json(words.json, as_json(lines, machine(), versions(), missing))
    if words.chart:
        words.chart.write_text(chart(lines, footer_of(machine())), encoding="utf-8")


def _scaling(words: argparse.Namespace, pace: Pace) -> None:
    largest = 4.0 if words.quick else 100.0
    found = []
    for one in growths(pace, largest, "1" if words.quick else "12"):
        print(table(one), flush=True)
        found.append(one)
    if words.json:
        read = {"machine": machine(), "versions": versions(), "growths": scaling_json(found)}
        _write_json(words.json, read)


def _large(words: argparse.Namespace, pace: Pace) -> None:
    sizes = ["0.1"] if words.quick else list(SIZES_OF_LARGE)
    found = []
    print(large_heading())
    for step in measured_large(sizes, words.folder, words.rounds or ROUNDS):
        print(large_line(step), flush=True)
        found.append(step)
    if words.json:
        read = {"machine": machine(), "versions": versions(), "large": large_json(found)}
        _write_json(words.json, read)


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m bench", description=(__doc__ or ""),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("what", nargs="?", choices=("rows", "scaling", "large"), default="rows")
    parser.add_argument("--only", default="", help="parts of rows' names, with commas")
    parser.add_argument("--peers", default="", help="how peers' names begin, with commas")
    for name, values, usual in (
        ("size", SIZES, "12"),
        ("dtype", DTYPES, "float32"),
        ("colour", COLOURS, "grey"),
    ):
        parser.add_argument(
            f"--{name}", nargs="+", choices=tuple(values), default=[usual],
            help=f"of the picture, where a row has none of its own  [default: {usual}]",
        )  # fmt: skip
    parser.add_argument("--threads", type=int, help="for everybody; else each has its own number")
    parser.add_argument("--rounds", type=int, help="so many, however long they take")
    parser.add_argument("--quick", action="store_true", help="few rounds, and smaller scaling")
    parser.add_argument("--no-memory", dest="memory", action="store_false")
    parser.add_argument("--folder", type=Path, help="where large pictures are put for a while")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--chart", type=Path, metavar="FILE.svg")
    return parser


if __name__ == "__main__":
    main()
