"""Where the pictures go that a command makes: names that collide are found before any work."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

from ..errors import InputError, ReadError, WriteError
from .disk import display_path
from .formats import ZARR
from .remote import AnyPath, RemotePath, is_folder, is_there, place

_LONGEST = 80


def output_name(source: AnyPath, name: str, suffix: str = ".png") -> str:
    """The file name for `source` filtered by `name`: photo.png by sobel-x is photo.sobel-x.png.

    What a file system might not take in a name (:, =, /, + and the like) becomes -; a row of taps
    ends in _, and a very long name in a number of its own.

    >>> output_name(Path("a/photo.jpg"), "gaussian-blur:sigma=2+sobel")
    'photo.gaussian-blur-sigma-2-sobel.png'
    """
    rows = re.sub(r"\]\s*,\s*\[", "_", name)
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", rows).strip("-.")
    if len(safe) > _LONGEST:
        safe = f"{safe[:_LONGEST]}-{zlib.crc32(name.encode('utf-8', 'surrogateescape')):08x}"
    return f"{source.stem}.{safe}{suffix}"


def output_paths(
    sources: Sequence[AnyPath],
    name: str,
    out: str | None = None,
    suffix: str = ".png",
    *,
    also_read: Sequence[str] = (),
) -> list[AnyPath]:
    """Where each of `sources` is written when it is filtered by `name`.

    out: a file (for one source), a folder, or None for beside each source; a path, or a URL of a
    store. It is a folder where one exists by that name, where the text ends in a slash, and where
    there are several sources.
    also_read: other files that must not be overwritten.
    Raises InputError where two sources would write one file, where an output would overwrite a
    file that is read, and where several sources would go into one existing file; ReadError for a
    source without a name, such as a folder's "."; WriteError where a new folder has no place.

    >>> [str(path) for path in output_paths([Path("a.png"), Path("b.png")], "sobel", "edges")]
    ['edges/a.sobel.png', 'edges/b.sobel.png']
    """
    for source in sources:
        if not source.name:
            raise ReadError(f"{display_path(source)}: is a directory")
    paths: list[AnyPath]
    at = None if out is None else place(out)
    if out is None or at is None:
        paths = [source.with_name(output_name(source, name, suffix)) for source in sources]
    elif len(sources) > 1 or _is_folder(out, at):
        if is_there(at) and not is_folder(at):
            raise InputError(f"{display_path(out)}: several pictures need a folder to go into")
        if isinstance(at, Path) and not os.path.isdir(at.parent):
            raise WriteError(f"{display_path(out)}: no such file or directory")
        paths = [at / output_name(source, name, suffix) for source in sources]
    else:
        paths = [at]
    _check_collisions(sources, paths, also_read)
    return paths


def _is_folder(out: str, at: AnyPath) -> bool:
    """Whether pictures go into what is named so; a Zarr is a folder, and one picture."""
    if at.suffix.lower() == ZARR:
        return False
    return out.endswith(("/", os.sep)) or is_folder(at)


def check_not_read(path: AnyPath, read: Sequence[str | AnyPath]) -> None:
    """Raise InputError where writing `path` would overwrite one of the files that are read.

    >>> check_not_read(Path("edges.png"), ["photo.png"])
    """
    if _identity(path) in {_identity(file) for file in read}:
        raise InputError(f"{display_path(path)}: the output would overwrite an input")


def _check_collisions(
    sources: Sequence[AnyPath], paths: Sequence[AnyPath], also_read: Sequence[str]
) -> None:
    inputs = {_identity(file) for file in (*sources, *also_read)}
    taken: dict[str, AnyPath] = {}
    for source, path in zip(sources, paths, strict=True):
        place = _identity(path)
        if place in inputs:
            check_not_read(path, [*sources, *also_read])
        if place in taken:
            raise InputError(
                f"{display_path(path)}: both {display_path(taken[place])} and"
                f" {display_path(source)} would be written there"
            )
        taken[place] = source


def _identity(path: str | AnyPath) -> str:
    if isinstance(path, RemotePath):
        return path.identity
    return os.path.normcase(os.path.realpath(path))
