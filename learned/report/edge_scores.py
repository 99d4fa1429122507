"""How well edge detectors agree with people on BSDS500: measured once, shown often."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import resources
from typing import Any

from ...filters.errors import InputError

FORMAT = "filt edge scores 1"
FILE = "edge_scores.json"
COMMAND = "python -m bench.edges BSDS500"

PEOPLE = 0.80
"""F of people against each other, as the benchmark's authors give it (Arbelaez et al., 2011)."""

_DIGITS = 5
_SAME = ("benchmark", "split", "photographs", "thresholds", "tolerance", "libraries")


@dataclass(frozen=True)
class DetectorScore:
    """One detector: what the benchmark gives it.

    name: what `bench.edges --only` takes. label: what people read. in_table: False for the same
    detector at another sigma. ods, ois, ap: from 0 to 1. best_precision, best_recall: at ODS.
    time: of one detection, over that of scikit-image's canny at sigma 2.5. parameters: how many
    were learned. by_rank: whether its values were ranked first. precision, recall: at each
    threshold, from the lowest to the highest.
    """

    name: str
    label: str
    in_table: bool
    ods: float
    ois: float
    ap: float
    best_precision: float
    best_recall: float
    time: float
    parameters: int
    by_rank: bool
    precision: tuple[float, ...]
    recall: tuple[float, ...]


@dataclass(frozen=True)
class EdgeScores:
    """Detectors scored in the same way, and what way that was.

    tolerance: how far matched pixels may lie apart, as a share of the diagonal. libraries: pairs
    (library, version).
    """

    benchmark: str
    split: str
    photographs: int
    thresholds: int
    tolerance: float
    libraries: tuple[tuple[str, str], ...]
    detectors: tuple[DetectorScore, ...]

    @property
    def table(self) -> tuple[DetectorScore, ...]:
        """The detectors of the table, in its order."""
        return tuple(one for one in self.detectors if one.in_table)

    def __getitem__(self, name: str) -> DetectorScore:
        """The detector of that name; KeyError for another."""
        return {one.name: one for one in self.detectors}[name]


def edge_scores() -> EdgeScores:
    """The scores that ship.

    >>> made = edge_scores()
    >>> made.benchmark, made.split, len(made.table)
    ('BSDS500', 'val', 9)
    """
    return scores_from(resources.files(__package__).joinpath(FILE).read_text(encoding="utf-8"))


def scores_from(text: str) -> EdgeScores:
    """Scores out of the text that `scores_text` gives.

    Raises InputError for a text of another format.
    """
    given = json.loads(text)
    if not isinstance(given, dict) or given.pop("format", None) != FORMAT:
        raise InputError(f"edge scores must be of the format {FORMAT!r}")
    del given["command"]
    libraries = tuple(given.pop("libraries").items())
    detectors = tuple(_detector(one) for one in given.pop("detectors"))
    return EdgeScores(**given, libraries=libraries, detectors=detectors)


def scores_text(scores: EdgeScores) -> str:
    """Scores as JSON, one detector a line; figures have five digits."""
    head = {
        "format": FORMAT,
        "command": f"{COMMAND} --split {scores.split} --json FILE",
        **{name: getattr(scores, name) for name in _SAME[:-1]},
        "libraries": dict(scores.libraries),
    }
    lines = [f" {json.dumps(name)}: {json.dumps(value)}," for name, value in head.items()]
    rows = ",\n".join(f"  {json.dumps(_rounded(asdict(one)))}" for one in scores.detectors)
    return "\n".join(["{", *lines, ' "detectors": [', rows, " ]", "}", ""])


def merged(old: EdgeScores | None, new: EdgeScores, order: Sequence[str]) -> EdgeScores:
    """The new scores, and of the old ones those of detectors that are not among the new.

    order: all names of detectors; others are left out.
    Raises InputError where the two were not measured in the same way.
    """
    if old is None:
        return new
    for name in _SAME:
        was, now = getattr(old, name), getattr(new, name)
        if was != now:
            raise InputError(f"{name} must be that of the other scores, {was!r}, got {now!r}")
    known = {one.name: one for one in (*old.detectors, *new.detectors)}
    return replace(new, detectors=tuple(known[name] for name in order if name in known))


def command_for(name: str) -> str:
    """The command that measures one detector again.

    >>> command_for("sobel")
    'python -m bench.edges BSDS500 --only sobel'
    """
    return f"{COMMAND} --only {name}"


HEADINGS = ("Detector", "ODS", "OIS", "AP", "Time", "Learned parameters", "`--only`")


def markdown_table(scores: EdgeScores) -> str:
    """The table as Markdown, the highest of each score in bold; ends without a line break."""
    highest = [max(getattr(one, name) for one in scores.table) for name in ("ods", "ois", "ap")]
    rows = []
    for one in scores.table:
        figures = [
            f"**{value:.3f}**" if value == most else f"{value:.3f}"
            for value, most in zip((one.ods, one.ois, one.ap), highest, strict=True)
        ]
        rows.append(
            [one.label, *figures, time_text(one.time), parameters_text(one), f"`{one.name}`"]
        )
    return _markdown(HEADINGS, rows)


def sigmas_table(scores: EdgeScores) -> str:
    """ODS of the detectors that were run at several sigmas, as Markdown, the highest in bold."""
    found: dict[str, dict[float, float]] = {}
    for one in scores.detectors:
        if ", sigma " in one.label:
            label, _, sigma = one.label.partition(", sigma ")
            found.setdefault(label, {})[float(sigma)] = one.ods
    several = {label: by_sigma for label, by_sigma in found.items() if len(by_sigma) > 1}
    sigmas = sorted({sigma for by_sigma in several.values() for sigma in by_sigma})
    rows = []
    for label, by_sigma in several.items():
        most = max(by_sigma.values())
        values = [f"{by_sigma[sigma]:.3f}" if sigma in by_sigma else "–" for sigma in sigmas]
        rows.append([label, *(f"**{v}**" if v == f"{most:.3f}" else v for v in values)])
    return _markdown(["ODS", *(f"sigma {sigma:g}" for sigma in sigmas)], rows)


def time_text(ratio: float) -> str:
    """A ratio of times with two digits.

    >>> time_text(0.1345), time_text(7.25), time_text(11.4)
    ('0.13', '7.2', '11')
    """
    return f"{ratio:.2g}"


def parameters_text(one: DetectorScore) -> str:
    """How many parameters were learned; nothing for none."""
    return f"{one.parameters:,}" if one.parameters else ""


def _markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |".replace("|  |", "| |") for row in (headings, *rows)]
    return "\n".join([lines[0], "|---" * len(headings) + "|", *lines[1:]])


def _detector(given: Mapping[str, Any]) -> DetectorScore:
    curves = {name: tuple(given[name]) for name in ("precision", "recall")}
    return DetectorScore(**{**given, **curves})


def _rounded(given: dict[str, Any]) -> dict[str, Any]:
    return {name: _short(value) for name, value in given.items()}


def _short(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_short(one) for one in value]
    return round(value, _DIGITS) if isinstance(value, float) else value
