"""One's own taps: from a file, or written out on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError, ReadError
from ..kernel import Kernel
from .disk import display_path, read_bytes
from .reading import read_npy

LARGEST_FILE = 16 * 2**20
"""Bytes: a kernel of 1,000 × 1,000 taps in text fits."""


def read_taps(path: str | Path) -> Kernel:
    """The kernel in a file of taps: `.npy`, `.json` (nested lists) or `.txt` (a row on a line).

    Text rows are numbers apart by blanks or commas; # begins a comment. The taps are taken as
    those of a correlation, and the kernel is called after the file.
    Raises ReadError for a file that cannot be read as what its suffix says, InputError for taps
    that are no kernel.
    """
    file = Path(path)
    shown = display_path(file)
    readers = {".npy": read_npy, ".json": _from_json, ".txt": _from_text}
    reader = readers.get(file.suffix.lower())
    if reader is None:
        raise InputError(f"{shown}: taps are read from {', '.join(readers)} files")
    taps = reader(read_bytes(file, LARGEST_FILE), shown)
    try:
        return Kernel(taps, name=f"taps:{shown}", meaning="one's own taps")
    except (InputError, TypeError) as error:
        raise InputError(f"{shown}: {error}") from error


def parse_taps(text: str) -> Kernel:
    """The kernel written out as nested lists: [[1,0,-1],[2,0,-2],[1,0,-1]].

    Raises InputError for what is not that.

    >>> parse_taps("[[1, 0, -1]]").taps.tolist()
    [[1.0, 0.0, -1.0]]
    """
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        shown = _shortened(text)
        raise InputError(f"taps must be rows of numbers like [[1,0,-1]], got {shown}") from None
    return Kernel(_array(rows), name=f"taps:{''.join(text.split())}", meaning="one's own taps")


def _shortened(text: str, most: int = 60) -> str:
    return repr(text if len(text) <= most else f"{text[:most]}…")


def _from_json(data: bytes, shown: str) -> Any:
    try:
        return _array(json.loads(data))
    except (ValueError, RecursionError):
        raise ReadError(f"{shown}: not JSON of nested lists of numbers") from None


def _from_text(data: bytes, shown: str) -> Any:
    try:
        lines = data.decode("utf-8").replace(",", " ").splitlines()
        words = [line.partition("#")[0].split() for line in lines]
        rows = [[float(word) for word in row] for row in words if row]
        taps = _array(rows)
    except ValueError:
        raise ReadError(f"{shown}: not rows of numbers, all of one length") from None
    if not rows:
        raise InputError(f"{shown}: holds no taps")
    return taps


def _array(rows: Any) -> Any:
    try:
        return np.array(rows, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InputError("taps must be rows of numbers, all of one length") from None
