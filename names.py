"""What a name on the command line means: a filter, handcrafted or learned, or one's own taps."""

from __future__ import annotations

from dataclasses import dataclass

from .filters.catalogue import ALIASES
from .filters.errors import InputError
from .filters.files.taps import parse_taps, read_taps
from .filters.filter import Filter, PictureFilter
from .filters.grammar import Value, parameters_text
from .filters.kernel import Kernel
from .filters.pipeline import Pipeline
from .filters.registry import FILTERS, handcrafted

# What is learned, and what prints, is imported where it is used: a handcrafted name needs neither.

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

    A name is a handcrafted filter or its alias; `learned:7` or `FILE:7` for a kernel of a bank
    that ships with filt or of a model file (a path has a dot or a slash in it), numbered from 0;
    `learned` or `FILE` alone for the sheet of all responses of a bank, which is no step among
    others; `taps:FILE` for taps in a .npy, .json or .txt file, or `taps:[[1,0,-1],…]` for taps
    written out.
    Raises InputError for a name that means nothing (with the nearest names), a parameter that
    does not fit or a number that a bank does not have; ReadError for a file that cannot be read,
    ModelError for one that holds no kernels.

    >>> resolve("gaussian:sigma=2+sobel").name
    'gaussian-blur:sigma=2+sobel'
    >>> resolve("taps:[[1, -1]]").steps[0].kernels[0].shape
    (1, 2)
    """
    steps = split_steps(text)
    files = tuple(file for step in steps if (file := _file(step)))
    filters = tuple(_filter(step) for step in steps)
    if len(filters) > 1 and not all(map(_is_handcrafted, steps)):
        _refuse_sheets(filters)
    return Pipeline(filters, "+".join(steps), files)


def _refuse_sheets(filters: tuple[PictureFilter, ...]) -> None:
    from .learned.bank_filter import BankSheet, not_one

    for step in filters:
        if isinstance(step, BankSheet):
            raise InputError(not_one(step))


def split_steps(text: str) -> list[str]:
    """The names of a pipeline: `text` split at every + that stands outside brackets.

    Raises InputError where a name is missing.

    >>> split_steps("box+taps:[[1e+3]]")
    ['box', 'taps:[[1e+3]]']
    """
    if not isinstance(text, str):
        raise TypeError(f"a filter's name must be text, got {type(text).__name__}")
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
    from .filters.presentation import size_of
    from .learned.named_banks import BANKS

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
    return [*entries, *map(_bank_entry, BANKS)]


def _bank_entry(name: str) -> Entry:
    from .filters.presentation import size_of

    sheet = _bank_filter(name)
    kernels = [kernel.name for kernel in sheet.kernels]
    return Entry(name, size_of(sheet), sheet.family, sheet.meaning, sheet.source, {}, kernels, [])


def listing_text(entries: list[Entry]) -> str:
    """The rows of `listing` as cards for the terminal, one family after the other.

    >>> "central-x" in listing_text(listing())
    True
    """
    from .filters.presentation import card
    from .filters.text import LEGEND

    families = dict.fromkeys(entry.family for entry in entries)
    lines = []
    for family in families:
        lines += [family, ""]
        for entry in entries:
            if entry.family == family:
                lines += [card(_filter(entry.name), _said(entry)), ""]
    return "\n".join([*lines, LEGEND])


def completions(start: str = "") -> dict[str, str]:
    """Every name that a shell may complete, with its help: the registry's, aliases, banks.

    start: what has been typed. The kernels of a bank that ships with filt are offered one by one
    once its name stands there with a colon.

    >>> completions()["box"]
    'the same as box-blur'
    """
    from .learned.named_banks import BANKS, open_bank, split_number

    bank, number = split_number(start)
    if number is not None and bank in BANKS:
        return {f"{bank}:{n}": kernel.meaning for n, kernel in enumerate(open_bank(bank))}
    return {
        **{name: recipe.meaning for name, recipe in FILTERS.items()},
        **{alias: f"the same as {name}" for alias, name in ALIASES.items()},
        **BANKS,
    }


def _said(entry: Entry) -> str:
    parts = []
    if entry.parameters:
        parts.append(f"parameters {parameters_text(entry.parameters).replace(',', ', ')}")
    if entry.aliases:
        parts.append(f"also called {', '.join(entry.aliases)}")
    return "; ".join(parts)


def _filter(name: str) -> PictureFilter:
    if _is_handcrafted(name):
        return handcrafted(name)
    if not name.startswith(TAPS_PREFIX):
        from .learned.named_banks import is_bank_name

        return _bank_filter(name) if is_bank_name(name) else handcrafted(name)
    file = _taps_file(name)
    return of_kernel(read_taps(file) if file else parse_taps(name.removeprefix(TAPS_PREFIX)))


def _is_handcrafted(name: str) -> bool:
    """Whether the word before the parameters is a handcrafted filter's, which no bank is called."""
    word = name.partition(":")[0].strip().lower()
    return word in FILTERS or word in ALIASES


def _bank_filter(name: str) -> PictureFilter:
    """A kernel of a bank, NAME:7, or the sheet of all of them."""
    from .learned.bank_filter import bank_sheet, learned_filter
    from .learned.named_banks import BANKS, kernel_number, open_bank, split_number

    bank_name, number = split_number(name)
    bank = open_bank(bank_name)
    if number is None:
        return bank_sheet(bank, BANKS.get(bank_name, ""))
    return learned_filter(bank, kernel_number(bank, number))


def _file(name: str) -> str:
    """The file that `name` reads, or nothing where it reads none."""
    if name.startswith(TAPS_PREFIX):
        return _taps_file(name)
    if _is_handcrafted(name):
        return ""
    from .learned.named_banks import BANKS, is_bank_name, split_number

    bank_name, _ = split_number(name)
    return bank_name if is_bank_name(name) and bank_name not in BANKS else ""


def _taps_file(name: str) -> str:
    """The file that `name` reads its taps from, or nothing where it reads none."""
    given = name.removeprefix(TAPS_PREFIX).strip()
    return given if given != name and not given.startswith("[") else ""
