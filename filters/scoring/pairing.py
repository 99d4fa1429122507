"""Which truth belongs to which soft map: by the names of the files."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError, ReadError
from ..files.disk import display_path, reason
from ..files.formats import FORMATS

_NUMBERED = re.compile(r"(.+)-(\d+)", re.DOTALL)
_MAT = ".mat"


@dataclass(frozen=True)
class Pairing:
    """Soft maps with their truths.

    names: what the pictures are called. maps: the file of each. truths: the files of each, one for
    each annotator or one for all. unused: truth files without a map.
    """

    names: tuple[str, ...]
    maps: tuple[Path, ...]
    truths: tuple[tuple[Path, ...], ...]
    unused: tuple[Path, ...]


def pair_files(predictions: Sequence[Path], truth: Path) -> Pairing:
    """Every soft map among `predictions` with its truth in the folder `truth`.

    predictions: files, and folders of which every picture counts. truth: a folder; or a file, the
    truth of a single map. The truth of a.png is a.mat, a picture a.png, pictures a-1.png, a-2.png
    and so on, or a folder a of such files, one for each annotator. A map may carry a method in its
    name, as `filt edges` gives it: the truth of a.canny-soft.png is that of a, unless
    a.canny-soft has one.

    Raises ReadError for paths that cannot be read, folders without pictures and maps without a
    truth; InputError where no name fits, or one fits twice.
    """
    maps = [file for path in predictions for file in _maps_in(path)]
    if not os.path.isdir(truth):
        _check_one_truth(truth, len(maps))
        return Pairing((maps[0].stem,), tuple(maps), ((truth,),), ())
    known = _truths_in(truth)
    if not known:
        raise ReadError(f"{display_path(truth)}: holds no truth (.mat files or pictures)")
    named = [_truth_name(file.stem, known) for file in maps]
    if not any(named):
        raise InputError(
            f"{display_path(truth)}: no truth has the name of a map: there are truths such as"
            f" {display_path(min(known))}, maps such as {display_path(maps[0].name)}"
        )
    taken: dict[str, Path] = {}
    for file, name in zip(maps, named, strict=True):
        if name is None:
            raise ReadError(f"{display_path(file)}: has no truth in {display_path(truth)}")
        if name in taken:
            raise InputError(
                f"{display_path(file)}: the truth {display_path(name)} belongs to"
                f" {display_path(taken[name])} already"
            )
        taken[name] = file
    truths = tuple(_only(name, known[name], taken) for name in taken)
    used = {file for files in truths for file in files}
    every = {file for ways in known.values() for files in ways for file in files}
    return Pairing(tuple(taken), tuple(maps), truths, tuple(sorted(every - used)))


def _check_one_truth(truth: Path, maps: int) -> None:
    name = display_path(truth)
    if not os.path.exists(truth):
        raise ReadError(f"{name}: no such file or directory")
    if maps != 1:
        raise InputError(f"{name}: several maps need a folder of truths")


def _maps_in(path: Path) -> list[Path]:
    """The path itself, or the pictures in the folder that it is."""
    try:
        path.stat()
    except (OSError, ValueError) as error:
        raise ReadError(f"{display_path(path)}: {reason(error)}") from None
    if not path.is_dir():
        return [path]
    found = [file for file in _entries(path) if file.suffix.lower() in FORMATS]
    if not found:
        raise ReadError(f"{display_path(path)}: holds no pictures")
    return found


def _truths_in(folder: Path) -> dict[str, list[tuple[Path, ...]]]:
    """For every name that has a truth, the ways in which it has one."""
    known: dict[str, list[tuple[Path, ...]]] = defaultdict(list)
    numbered: dict[str, list[tuple[int, Path]]] = defaultdict(list)
    for entry in _entries(folder):
        if entry.is_dir():
            inside = tuple(file for file in _entries(entry) if _is_truth(file))
            if inside:
                known[entry.name].append(inside)
        elif _is_truth(entry):
            known[entry.stem].append((entry,))
            found = _NUMBERED.fullmatch(entry.stem)
            if found and entry.suffix.lower() != _MAT:
                numbered[found[1]].append((int(found[2]), entry))
    for name, files in numbered.items():
        known[name].append(tuple(file for _, file in sorted(files)))
    return known


def _is_truth(file: Path) -> bool:
    ending = file.suffix.lower()
    return ending == _MAT or ending in FORMATS


def _entries(folder: Path) -> Iterator[Path]:
    """What is in a folder, in the order of names; hidden files are none of ours."""
    try:
        found = sorted(folder.iterdir())
    except OSError as error:
        raise ReadError(f"{display_path(folder)}: {reason(error)}") from None
    return (entry for entry in found if not entry.name.startswith("."))


def _truth_name(stem: str, known: dict[str, list[tuple[Path, ...]]]) -> str | None:
    """The longest beginning of `stem`, up to its end or a dot, that names a truth."""
    while stem not in known:
        stem, dot, _ = stem.rpartition(".")
        if not dot:
            return None
    return stem


def _only(name: str, ways: Sequence[tuple[Path, ...]], taken: Container[str]) -> tuple[Path, ...]:
    """The one way in which `name` has a truth; a-1 is no annotator of a where a-1 has a map."""
    free = [
        files
        for files in ways
        if not any(file.stem in taken for file in files if file.stem != name)
    ]
    if not free:
        raise ReadError(f"{display_path(name)}: its truths belong to other maps")
    if len(free) > 1:
        files = " and ".join(display_path(files[0]) for files in free)
        raise InputError(f"{display_path(name)}: has several truths: {files}")
    return free[0]
