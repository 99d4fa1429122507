"""What a name on the command line means: a handcrafted filter, a pipeline, or one's own taps."""

from __future__ import annotations

from dataclasses import dataclass

from .filters.catalogue import ALIASES
from .filters.errors import InputError
from .filters.files.taps import parse_taps, read_taps
from .filters.filter import Filter, PictureFilter
from .filters.grammar import Value, parameters_text
from .filters.kernel import Kernel
from .filters.pipeline import Pipeline
from .filters.presentation import card, size_of
from .filters.registry import FILTERS, handcrafted
from .filters.text import LEGEND

TAPS_PREFIX = "taps:"


@dataclass(frozen=True)
class Entry:
    """A row of `filt list`: a filter as one would name it, with its default parameters."""

    name: str
    size: str
    family: str
    meaning: str
    source: str
    parameters: dict[str, Value]
    kernels: list[str]
    aliases: list[str]


def resolve(text: str) -> Pipeline:
    """The pipeline that `text` names: NAME[:key=value,…], joined with +.

    A name is a handcrafted filter or its alias, `taps:FILE` for taps in a .npy, .json or .txt
    file, or `taps:[[1,0,-1],…]` for taps written out.
    Raises InputError for a name that means nothing (with the nearest names) or a parameter that
    does not fit, ReadError for a file of taps that cannot be read.

    >>> resolve("gaussian:sigma=2+sobel").name
    'gaussian-blur:sigma=2+sobel'
    >>> resolve("taps:[[1, -1]]").steps[0].kernels[0].shape
    (1, 2)
    """
    steps = split_steps(text)
    files = tuple(_taps_file(step) for step in steps if _taps_file(step))
    return Pipeline(tuple(_filter(step) for step in steps), "+".join(steps), files)


def split_steps(text: str) -> list[str]:
    """The names of a pipeline: `text` split at every + that stands outside brackets.

    Raises InputError where a name is missing.

    >>> split_steps("box+taps:[[1e+3]]")
    ['box', 'taps:[[1e+3]]']
    """
    steps, depth = [""], 0
    for character in text:
        depth += (character == "[") - (character == "]")
        if character == "+" and depth <= 0:
            steps.append("")
        else:
            steps[-1] += character
    if not all(step.strip() for step in steps):
        raise InputError(f"a filter's name is missing in {text!r}")
    return [step.strip() for step in steps]


def of_kernel(kernel: Kernel) -> Filter:
    """The filter that a single kernel is.

    >>> of_kernel(parse_taps("[[1, -1]]")).is_edge
    True
    """
    return Filter(kernel.name, (kernel,), "only", kernel.meaning, kernel.family, kernel.source)


def listing() -> list[Entry]:
    """Every filter there is, in the order in which a reader meets them.

    >>> [entry.size for entry in listing() if entry.name == "sobel-x"]
    ['3×3']
    """
    entries = []
    for name, recipe in FILTERS.items():
        filtered = handcrafted(name)
        entries.append(
            Entry(
                name,
                size_of(filtered),
                recipe.family,
                recipe.meaning,
                recipe.source,
                recipe.parameters,
                list(recipe.kernels),
                [alias for alias, word in ALIASES.items() if word == name],
            )
        )
    return entries


def listing_text(entries: list[Entry]) -> str:
    """The rows of `listing` as cards for the terminal, one family after the other.

    >>> "central-x" in listing_text(listing())
    True
    """
    families = dict.fromkeys(entry.family for entry in entries)
    lines = []
    for family in families:
        lines += [family, ""]
        for entry in entries:
            if entry.family == family:
                lines += [card(handcrafted(entry.name), _said(entry)), ""]
    return "\n".join([*lines, LEGEND])


def completions() -> dict[str, str]:
    """Every name that a shell may complete, with its help: the registry's, and the aliases'.

    >>> completions()["box"]
    'the same as box-blur'
    """
    return {
        **{name: recipe.meaning for name, recipe in FILTERS.items()},
        **{alias: f"the same as {name}" for alias, name in ALIASES.items()},
    }


def _said(entry: Entry) -> str:
    parts = []
    if entry.parameters:
        parts.append(f"parameters {parameters_text(entry.parameters).replace(',', ', ')}")
    if entry.aliases:
        parts.append(f"also called {', '.join(entry.aliases)}")
    return "; ".join(parts)


def _filter(name: str) -> PictureFilter:
    if not name.startswith(TAPS_PREFIX):
        return handcrafted(name)
    file = _taps_file(name)
    return of_kernel(read_taps(file) if file else parse_taps(name.removeprefix(TAPS_PREFIX)))


def _taps_file(name: str) -> str:
    """The file that `name` reads its taps from, or nothing where it reads none."""
    given = name.removeprefix(TAPS_PREFIX).strip()
    return given if given != name and not given.startswith("[") else ""
