"""A row measured: checked first, then timed beside each peer and beside a copy of the picture."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from .agreement import not_compared
from .machine import is_here
from .memory import peak, saved
from .pictures import Kind
from .row import Array, Command, Peer, Row, UnsuitedError
from .timing import Call, Pace, Spread, Times, alternated, ratio

COPY = "np.copyto"
_PAUSE = 0.003


@dataclass(frozen=True)
class Line:
    """One row beside one peer.

    ratio: filt's time over the peer's; None where the peer does not do this work on this kind of
    picture, or where one of the two failed: `said` says why.
    milliseconds: the peer's own time, for scale. agrees: None where the two are not meant to be
    the same. target: what the ratio should be at most, or None. memory, peer_memory: bytes.
    """

    work: str
    kind: Kind
    peer: str
    ratio: Spread | None
    milliseconds: float | None
    agrees: bool | None
    said: str
    target: float | None = None
    memory: int | None = None
    peer_memory: int | None = None

    @property
    def shown(self) -> bool:
        """Whether it has something to show: it was timed, or it failed."""
        return self.ratio is not None or self.agrees is False

    @property
    def missed(self) -> bool:
        """Whether the ratio is above its target, as it would be printed."""
        return bool(self.target and self.ratio and round(self.ratio.median, 2) > self.target)


class Quiet:
    """What comes before every reading, untimed: spinning threads fall asleep, OpenCV has its own.

    left: whether a call before left OpenCV with fewer or more threads than it had.
    """

    def __init__(self) -> None:
        self.threads, self.left = cv2.getNumThreads(), False

    def __call__(self) -> None:
        """Wait a moment; give OpenCV its threads back."""
        if cv2.getNumThreads() != self.threads:
            self.left = True
            cv2.setNumThreads(self.threads)
        time.sleep(_PAUSE)


def measured(row: Row, kind: Kind, picture: Array, pace: Pace, memory: bool) -> Iterator[Line]:
    """The lines of a row, one for each peer that is here."""
    found = [
        _beside(row, peer, kind, picture, pace)
        for peer in row.peers
        if all(is_here(need) for need in peer.needs)
    ]
    if row.best is not None:
        found = with_best(found, row.best)
    if memory:
        found = _with_memory(row, found, picture)
    yield from found
    if not isinstance(row.ours(picture), Command):
        copying = Peer(COPY, _copied, compare=not_compared("the picture copied"), target=None)
        yield _beside(row, copying, kind, picture, pace)


def with_best(lines: list[Line], target: float) -> list[Line]:
    """The lines, the target on that of the quickest peer alone."""
    timed = [line for line in lines if line.milliseconds is not None]
    quickest = min(timed, key=lambda line: line.milliseconds or 0.0, default=None)
    return [replace(line, target=target if line is quickest else None) for line in lines]


def _beside(row: Row, peer: Peer, kind: Kind, picture: Array, pace: Pace) -> Line:
    nothing = Line(row.name, kind, peer.name, None, None, None, "")
    try:
        ours, others = row.ours(picture), peer.prepare(picture)
        agreement = peer.compare(ours(), others())
        times, said = _timed(ours, others, pace)
    except UnsuitedError as reason:
        return replace(nothing, said=str(reason))
    except Exception as error:
        # One row that fails must not cost the hour of all others; it counts as a difference.
        return replace(nothing, agrees=False, said=f"failed, {type(error).__name__}: {error}")
    return replace(
        nothing,
        ratio=ratio(times[:, 0], times[:, 1]),
        milliseconds=float(np.median(times[:, 1]) * 1000),
        agrees=agreement.agrees,
        said=agreement.said + said,
        target=peer.target,
    )


def _copied(picture: Array) -> Call:
    copy = np.empty_like(picture)
    return lambda: np.copyto(copy, picture)


def _timed(ours: Call, others: Call, pace: Pace) -> tuple[Times, str]:
    before = Quiet()
    times = alternated((ours, others), pace, before=before)
    return times, "; filt left OpenCV with other threads, set back" if before.left else ""


def _with_memory(row: Row, lines: list[Line], picture: Array) -> list[Line]:
    with tempfile.TemporaryDirectory() as folder:
        path = saved(picture, folder)
        ours = peak(row, "filt", path)
        return [
            replace(line, memory=ours, peer_memory=peak(row, line.peer, path))
            if line.ratio
            else line
            for line in lines
        ]
