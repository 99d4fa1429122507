"""The table in the terminal, the last words, and the JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from .measurement import Line
from .pictures import Kind
from .timing import Spread

HEADINGS = ("work", "picture", "beside", "filt / peer", "target", "", "MB", "results")
_WIDTHS = (34, 20, 22, 20, 8, 4, 11, 0)
_UNIT = 1e6


def heading() -> str:
    """The first line of the table."""
    return _laid(HEADINGS)


def table_line(line: Line, before: Line | None = None) -> str:
    """One line of the table; the work and the picture are left out where they are those before."""
    same = before is not None and (before.work, before.kind) == (line.work, line.kind)
    return _laid(
        (
            "" if same else line.work,
            "" if same else str(line.kind),
            line.peer,
            str(line.ratio) if line.ratio else "–",
            f"≤ {line.target:g}" if line.target else "",
            "MISS" if line.missed else "",
            _memory(line),
            ("!! " if line.agrees is False else "") + line.said,
        )
    )


def last_words(lines: Sequence[Line], absent: Iterable[str]) -> str:
    """How many targets were met, which were not, what differs, and who was not there."""
    aimed = [line for line in lines if line.target and line.ratio]
    missed = [line for line in aimed if line.missed]
    unlike = [line for line in lines if line.agrees is False]
    said = [f"{len(aimed) - len(missed)} of {len(aimed)} targets met"]
    for title, which in (("missed", missed), ("differs or failed", unlike)):
        said += [f"{title}: {line.work}, {line.kind}, beside {line.peer}" for line in which]
    unsuited = dict.fromkeys(f"{line.peer} {line.said}" for line in lines if not line.shown)
    said += [f"left out where it does not fit: {'; '.join(unsuited)}"] if unsuited else []
    said += [f"not here, left out: {', '.join(absent)}"] if absent else []
    return "\n".join(said)


def about(machine: Mapping[str, Any], versions: Mapping[str, str]) -> str:
    """The machine and the versions in a few lines."""
    memory = f", {machine['memory_gib']} GiB" if machine["memory_gib"] else ""
    return "\n".join(
        (
            f"{machine['processor']}, {machine['cores']} cores{memory}, {machine['system']}",
            f"threads: filt {machine['filt_threads']}, OpenCV {machine['opencv_threads']}",
            ", ".join(f"{name} {number}" for name, number in versions.items()),
        )
    )


def as_json(
    lines: Iterable[Line],
    machine: Mapping[str, Any],
    versions: Mapping[str, str],
    absent: Iterable[str],
) -> dict[str, Any]:
    """Everything that was measured, as a program reads it."""
    return {
        "machine": dict(machine),
        "versions": dict(versions),
        "absent": list(absent),
        "lines": [{**asdict(line), "missed": line.missed} for line in lines],
    }


def lines_of(read: Mapping[str, Any]) -> tuple[Line, ...]:
    """The lines back from `as_json`."""
    kept: MappingProxyType[str, type] = MappingProxyType({"kind": Kind, "ratio": Spread})
    return tuple(
        Line(
            **{
                name: kept[name](**value) if name in kept and value is not None else value
                for name, value in line.items()
                if name != "missed"
            }
        )
        for line in read["lines"]
    )


def _memory(line: Line) -> str:
    if line.memory is None or line.peer_memory is None:
        return ""
    return f"{line.memory / _UNIT:.0f} / {line.peer_memory / _UNIT:.0f}"


def _laid(cells: Sequence[str]) -> str:
    laid = (f"{cell:<{width}}" for cell, width in zip(cells, _WIDTHS, strict=True))
    return "  ".join(laid).rstrip()
