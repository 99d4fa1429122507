"""Trainings with several seeds: what each is, and all of them side by side on a cluster."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..filters.errors import FiltError
from ..filters.files.disk import display_path
from .spread import spread

if TYPE_CHECKING:
    from ..learned.data.data_set import DataSet
    from ..learned.training.settings import Settings
    from ..learned.training.training import Trained

# A training sets the seeds of its whole process.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class SeedJob:
    """A training: its settings, the prefix of what it writes, the command that does it alone."""

    plan: Settings
    place: Path
    command: str


@dataclass(frozen=True)
class DataGiven:
    """What is trained on, as it was asked for; `load_data` says what each of them means."""

    data: str
    folder: Path | None
    task: str | None
    channels: int
    limit: int | None
    root: str = ""

    def loaded(self, say: Callable[[str, bool], None]) -> DataSet:
        """The pictures. root: the folder in which paths begin, where it is not this one."""
        from ..learned.data.loading import NAMES, load_data

        is_elsewhere = bool(self.root) and self.data not in NAMES
        pictures = load_data(
            Path(self.root, self.data) if is_elsewhere else self.data,
            folder=None if self.folder is None else Path(self.root) / self.folder,
            task=self.task,
            channels=self.channels,
            limit=self.limit,
            report=lambda done, many: say(f"making pictures: {done} of {many}", done == many),
        )
        return replace(pictures, name=display_path(self.data)) if is_elsewhere else pictures


def seeds_spread(
    jobs: Sequence[SeedJob], data: DataGiven, address: str, *, control: bool, resume: bool
) -> Generator[dict[str, Any], None, None]:
    """Train with each of several seeds on a cluster (see `spread`); the facts of each, in order.

    A worker that is killed leaves its checkpoint, from which the next goes on. Raises FiltError for
    the first training that fails.
    """
    from ..learned.training.checkpoints import remove_checkpoint
    from ..learned.training.course import checkpoint_path

    for job in jobs:
        for is_control in () if resume else (False, True):
            remove_checkpoint(checkpoint_path(job.place, control=is_control))
    sent = [replace(job, place=job.place.absolute()) for job in jobs]
    work = _TrainWork(replace(data, root=str(Path.cwd())), control)
    with closing(spread(sent, work, address, lost=_lost, finishes=False)) as results:
        for job, there, result in zip(jobs, sent, results, strict=True):
            if isinstance(result, FiltError):
                raise result
            before, after = display_path(there.place), display_path(job.place)
            files = [after + name.removeprefix(before) for name in result["files"]]
            yield {**result, "files": files}


@dataclass(frozen=True)
class _TrainWork:
    """A training on a worker, from its checkpoint where there is one."""

    data: DataGiven
    control: bool

    def __call__(self, job: SeedJob) -> dict[str, Any] | FiltError:
        from ..learned.training.training import train
        from .progress import quiet

        try:
            with _one_at_a_time:
                pictures = self.data.loaded(quiet)
                trained = train(
                    job.plan, pictures, job.place,
                    control=self.control, resume=True, command=job.command,
                )  # fmt: skip
        except FiltError as error:
            return error
        return facts_of(job.plan.seed, trained, pictures)


def _lost(job: SeedJob) -> FiltError:
    return FiltError(f"{display_path(job.place)}: each worker that was given it died")


def facts_of(seed: int, trained: Trained, data: DataSet) -> dict[str, Any]:
    """What a training came to, as plain data."""
    state, control = trained.state, trained.control
    kept = state.history[trained.kept - 1] if trained.kept else None
    return {
        "seed": seed,
        "finished": trained.finished,
        "epochs": state.epoch,
        "kept_epoch": trained.kept,
        "loss": kept and kept.test_loss,
        "accuracy": kept and kept.test_accuracy,
        "random_labels_accuracy": control and control.history[-1].test_accuracy,
        "random_labels_loss": control and control.history[-1].test_loss,
        "data": data.name,
        "data_sha256": data.sha256,
        "files": [display_path(path) for path, _ in trained.made.files],
        "about": [about for _, about in trained.made.files],
    }
