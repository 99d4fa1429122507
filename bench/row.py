"""What a row of the benchmark is: one piece of work, done by filt and by its peers."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .agreement import Compare, close
from .pictures import Kind
from .timing import Call

Array = NDArray[Any]
Prepare = Callable[[Array], Call]
"""From a picture to a call without arguments: what is set up here is not timed."""


class UnsuitedError(Exception):
    """A peer cannot do this work on this kind of picture; the message says why."""


@dataclass(frozen=True)
class Peer:
    """Another way to do a row's work.

    name: of the library or program. prepare: sets the call up. needs: modules that must be
    importable, or programs that must be on the path. compare: whether its result is filt's.
    target: what filt's time over this one's should be at most; None where there is no such claim.
    """

    name: str
    prepare: Prepare
    needs: tuple[str, ...] = ()
    compare: Compare = field(default=close())
    target: float | None = 1.0


@dataclass(frozen=True)
class Row:
    """One piece of work.

    ours: filt's way. size, dtype, colour: kept whatever was chosen; None takes what was chosen.
    best: the target beside the quickest of all peers, instead of one for each of them.
    """

    name: str
    ours: Prepare
    peers: tuple[Peer, ...]
    size: str | None = None
    dtype: str | None = None
    colour: str | None = None
    best: float | None = None

    def kind(self, chosen: Kind) -> Kind:
        """The kind of picture that the row takes where `chosen` was asked for."""
        kept = {"size": self.size, "dtype": self.dtype, "colour": self.colour}
        return replace(chosen, **{name: value for name, value in kept.items() if value})

    def way(self, name: str) -> Prepare:
        """How one peer, or filt, sets the work up."""
        return (
            self.ours if name == "filt" else next(p for p in self.peers if p.name == name).prepare
        )


@dataclass(frozen=True)
class Command:
    """A whole process: its words, the file or folder that it writes, and where its files lie.

    The files are removed together with the command.
    """

    words: tuple[str, ...]
    written: Path
    folder: TemporaryDirectory[str]

    def __call__(self) -> Path:
        """Run it to its end; raises RuntimeError with the last line that it said if it fails."""
        done = subprocess.run(
            self.words, check=False, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        if done.returncode:
            said = done.stderr.strip().splitlines() or [f"exit {done.returncode}"]
            raise RuntimeError(f"{self.words[0]}: {said[-1]}")
        return self.written


def into_out(
    function: Callable[..., Any], *words: Any, flat: bool = False, **named: Any
) -> Prepare:
    """The way of filt with a function that takes out=: the result is put where the last one was.

    flat: colours become one plane.
    """

    def prepare(picture: Array) -> Call:
        out = floats_like(picture, flat=flat)
        return lambda: function(picture, *words, out=out, **named)

    return prepare


def floats_like(picture: Array, *, flat: bool = False) -> Array:
    """An array for a result: of the picture's size, float32, its memory not touched yet."""
    return np.empty(picture.shape[:2] if flat else picture.shape, np.float32)


def only(picture: Array, *, dtype: str | None = None, grey: bool = False) -> None:
    """Raise UnsuitedError unless the picture is of this dtype, and grey where that is asked."""
    if dtype is not None and picture.dtype != dtype:
        raise UnsuitedError(f"takes {dtype} only")
    if grey and picture.ndim != 2:
        raise UnsuitedError("takes grey pictures only")
