"""Training: seeded, watched, kept after every epoch, taken up again where it stopped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...filters.errors import InputError
from ..data.data_set import DataSet
from ..keras_loading import load_keras
from .checkpoints import State, remove_checkpoint
from .course import Course
from .feeding import random_labels
from .models import ModelKind, model_kind
from .products import Made, check_place, write_products
from .settings import Report, Settings


@dataclass(frozen=True, eq=False)
class Trained:
    """What a training came to. finished: False where it was interrupted.

    state, control: where the run and its control run on random labels stand; control is None
    without one. kept: the epoch whose weights were written, from 1, or 0. made: the files.
    """

    finished: bool
    state: State
    control: State | None
    kept: int
    made: Made


def train(
    settings: Settings,
    data: DataSet,
    prefix: Path,
    *,
    control: bool = False,
    resume: bool = False,
    command: str = "",
    report: Report | None = None,
) -> Trained:
    """Train a model on a data set, and write what came of it beside `prefix`.

    prefix: PREFIX.keras is the model, PREFIX.npz its first layer as a bank (`load_bank`),
    PREFIX.png the learning curve, and for "edges" PREFIX-edges.npz the network to be run without
    Keras. control: train a second time, from the same start, on labels that carry nothing; the
    bank holds those kernels too. resume: go on from the checkpoint that every epoch leaves beside
    `prefix`; from the start where there is none. command: what the provenance says made it all.

    The last epoch's weights are kept. An interrupt (Ctrl-C) ends the training: the weights of the
    epoch with the lowest training loss are kept, and the checkpoint stays. Nothing is chosen by
    the pictures that are kept to test with.

    Sets the process's random seeds and makes TensorFlow's operations deterministic: on one
    machine, the same settings give the same numbers, whether in one go or resumed.
    Raises InputError where settings, data and checkpoint do not fit together, WriteError for a
    place that cannot be written, FiltError where Keras is not installed and where the loss
    becomes infinite.
    """
    kind = model_kind(settings.model)
    check_fit(settings, kind, data)
    if control:
        random_labels(data, settings.seed)
    check_place(prefix)
    load_keras()
    courses = [
        Course(settings, data, kind, prefix, bool(number), report or (lambda progress: None))
        for number in range(1 + control)
    ]
    states: list[State] = []
    finished = True
    for course in courses:
        state, finished = course.run(resume)
        states.append(state)
        if not finished:
            break
    state = states[0]
    # A control run that did not come to its end says nothing yet.
    other = states[1] if len(states) > 1 and finished else None
    kept = settings.epochs if state.epoch == settings.epochs else state.best_epoch
    made = Made(())
    if kept:
        model = courses[0].model_with(state.weights if kept == state.epoch else state.best)
        made = write_products(
            prefix, settings.model, model, data,
            state=state, kept=kept, control=other, seed=settings.seed,
            scale=courses[0].scale, command=command,
        )  # fmt: skip
    if finished:
        for course in courses:
            remove_checkpoint(course.checkpoint)
    return Trained(finished, state, other, kept, made)


def check_fit(settings: Settings, kind: ModelKind, data: DataSet) -> None:
    """Raise InputError where a model cannot learn from a data set."""
    if kind.finds_edges and data.classes:
        raise InputError(f"{settings.model} learns boundaries, and {data.name} has classes")
    if not kind.finds_edges and not data.classes:
        raise InputError(f"{settings.model} learns classes, and {data.name} has boundaries")
