"""How far an ablation is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ..training.settings import Progress


@dataclass(frozen=True)
class RunProgress:
    """How far an ablation is: in run `number` of `runs`, from 1.

    progress: how far this run is. seconds_left: an estimate for all runs that are left.
    """

    seed: int
    arm: str
    number: int
    runs: int
    progress: Progress
    seconds_left: float


class Watch:
    """The clock beside the runs: it tells how far they are, and how long the rest will take."""

    def __init__(self, runs: int, report: Callable[[RunProgress], None]) -> None:
        self.runs, self.report = runs, report
        self.number, self.seed, self.arm = 0, 0, ""
        self.begun = 0.0
        self.took: list[float] = []
        self.was_told = False

    def begin(self, seed: int, arm: str) -> None:
        """A run begins."""
        self.number += 1
        self.seed, self.arm = seed, arm
        self.begun = time.monotonic()
        self.was_told = False

    def end(self) -> None:
        """It is over."""
        # Runs that an earlier call had finished took no time, and say nothing about the rest.
        if self.was_told:
            self.took.append(time.monotonic() - self.begun)

    def told(self, progress: Progress) -> None:
        """Tell how far all is, where a run is as far as `progress`."""
        self.was_told = True
        left = progress.seconds_left or 0.0
        whole_run = (
            sum(self.took) / len(self.took) if self.took else time.monotonic() - self.begun + left
        )
        self.report(
            RunProgress(
                self.seed, self.arm, self.number, self.runs, progress,
                left + whole_run * (self.runs - self.number),
            )
        )  # fmt: skip
