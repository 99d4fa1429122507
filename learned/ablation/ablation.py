"""The same training with learned, handcrafted and random first layers, seed by seed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...filters.arrays import Array
from ...filters.errors import InputError
from ...filters.files.disk import make_folder, write_bytes
from ..data.data_set import DataSet
from ..edge_network import thin_soft_map
from ..keras_loading import load_keras
from ..provenance import Provenance, library_versions
from ..training.checkpoints import State, remove_checkpoint
from ..training.course import Course
from ..training.feeding import batches_to_test
from ..training.models import BANK, FirstLayer, GivenKernels, bank_layer, model_kind
from ..training.products import LIBRARIES, check_place, preprocessing_of
from ..training.settings import Progress, settings_for
from ..training.training import check_fit
from .contrasts import contrasts, movement, reading
from .plan import JOBS, Plan
from .results import ARMS, Ablation, Arm, ablation_text
from .scores import best_f
from .starting_banks import (
    HANDCRAFTED,
    handcrafted_kernels,
    patch_covariance,
    with_unit_responses,
)
from .watch import RunProgress, Watch


@dataclass(frozen=True)
class Ablated:
    """What became of an ablation: `done` of `runs` are over; with the last comes the result."""

    done: int
    runs: int
    ablation: Ablation | None = None


@dataclass(frozen=True)
class _Run:
    """score: of the job's measure. loss: on the pictures tested with. cosine: with its start."""

    score: float
    loss: float
    cosine: float


def ablate(
    plan: Plan,
    data: DataSet,
    path: Path,
    *,
    resume: bool = False,
    command: str = "",
    report: Callable[[RunProgress], None] | None = None,
) -> Ablated:
    """Train with every kind of first layer for every seed, and write what came of it to `path`.

    For one seed all arms share the start of the other layers, the order of the batches and what
    is done to them; frozen layers still learn their biases. Whatever the first layer starts with
    is scaled so that each kernel's response to the pictures trained on has variance 1. resume: go
    on from what an earlier call left in PATH.runs: runs that are over are not trained again, and
    the one under way goes on after its last whole epoch. An interrupt (Ctrl-C) ends it and leaves
    the runs there. command: what the provenance says.

    Raises what `train` does.
    """
    check_fit(settings_for(plan.model), model_kind(plan.model), data)
    if data.shape[2] != 1:
        raise InputError(f"pictures must be grey, got {data.shape[2]} channels")
    check_place(path)
    load_keras()
    folder = path.with_name(f"{path.name}.runs")
    made: list[_Run] = []
    watch = Watch(len(plan.runs), report or (lambda progress: None))
    courses = _courses(plan, data, folder, watch.told)
    try:
        covariance = _covariance(plan.size, courses[0])
        make_folder(folder)
        for (seed, arm), course in zip(plan.runs, courses, strict=True):
            watch.begin(seed, arm)
            run = _run(course, _given(plan, course, arm, covariance), resume)
            if run is None:
                return _stopped(folder, len(made), plan)
            made.append(run)
            watch.end()
    except KeyboardInterrupt:
        return _stopped(folder, len(made), plan)
    ablation = _ablation(plan, data, made, command)
    write_bytes(path, ablation_text(ablation).encode("utf-8"))
    for course in courses:
        remove_checkpoint(course.checkpoint)
    _remove_empty(folder)
    return Ablated(len(made), len(plan.runs), ablation)


def _courses(
    plan: Plan, data: DataSet, folder: Path, told: Callable[[Progress], None]
) -> list[Course]:
    """The courses of `plan.runs`, which know nothing of their first layer's kernels yet."""
    first, kind = FirstLayer(plan.kernels, plan.size), model_kind(plan.model)
    return [
        Course(
            settings_for(plan.model, epochs=plan.epochs, seed=seed, first=first),
            data, kind, folder / f"{arm}-{seed}", False, told,
        )
        for seed, arm in plan.runs
    ]  # fmt: skip


def _covariance(size: int, course: Course) -> Array:
    """The covariance of patches as the first layer sees them; its shift makes no difference."""
    return patch_covariance(course.data.train_images, size) / (255 * course.scale.scale) ** 2


def _given(plan: Plan, course: Course, arm: str, covariance: Array) -> GivenKernels:
    if arm in ("learned", "frozen-random"):
        kernels = bank_layer(course.untrained_model(), course.kind).get_weights()[0]
    else:
        kernels = handcrafted_kernels(plan.kernels, plan.size)
    scaled = with_unit_responses(kernels, covariance).astype(np.float32)
    return GivenKernels(scaled, frozen=arm.startswith("frozen"))


def _run(course: Course, given: GivenKernels, resume: bool) -> _Run | None:
    course = replace(course, given=given)
    state, finished = course.run(resume)
    if not finished:
        return None
    last = state.history[-1]
    if last.test_accuracy is None:
        score = _edge_score(course.model_with(state.weights), course)
    else:
        score = last.test_accuracy
    return _Run(score, last.test_loss, _cosine(state))


def _edge_score(model: Any, course: Course) -> float:
    """The best F of the model's thinned maps on the pictures kept to test with."""
    softs = [
        thin_soft_map(soft[..., 0])
        for images, _ in batches_to_test(course.data, course.settings.batch)
        for soft in model.predict_on_batch(images)
    ]
    return best_f(np.stack(softs), course.data.test_labels)


def _cosine(state: State) -> float:
    """The median over the kernels of the cosine with what each started as."""
    if state.untrained is None or state.kernels is None:
        raise InputError("the model has no first layer of kernels")
    start, end = (
        array.reshape(-1, array.shape[-1]) for array in (state.untrained, state.kernels[-1])
    )
    norms = np.linalg.norm(start, axis=0) * np.linalg.norm(end, axis=0)
    return float(np.median((start * end).sum(axis=0) / norms))


def _stopped(folder: Path, done: int, plan: Plan) -> Ablated:
    _remove_empty(folder)
    return Ablated(done, len(plan.runs))


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _ablation(plan: Plan, data: DataSet, made: list[_Run], command: str) -> Ablation:
    job, kind = JOBS[plan.model], model_kind(plan.model)
    by_arm = {
        name: [run for run, (_, arm) in zip(made, plan.runs, strict=True) if arm == name]
        for name in ARMS
    }
    arms = tuple(
        Arm(
            name,
            tuple(run.score for run in runs),
            # With classes the loss holds a penalty on the kernels, which differs from arm to arm.
            tuple(run.loss for run in runs) if kind.finds_edges else (),
        )
        for name, runs in by_arm.items()
    )
    found = contrasts(arms, plan.margin)
    cosines = {
        name: float(np.median([run.cosine for run in by_arm[name]]))
        for name in ("learned", "handcrafted-then-trained")
    }
    moved = ", ".join(f"{name} {cosine:.3f}" for name, cosine in cosines.items())
    epochs, pictures = plan.epochs or job.epochs, len(data.train_labels)
    notes = [
        *([data.about] if data.about else []),
        "every kernel starts with a response of variance 1",
        f"handcrafted: {', '.join(HANDCRAFTED[: plan.kernels])}",
        f"median cosine of trained kernels with their start: {moved}",
    ]
    return Ablation(
        bank=job.bank if data.name == job.data else "",
        model=plan.model,
        data=data.name,
        measure=job.measure,
        seeds=tuple(range(plan.seeds)),
        arms=arms,
        contrasts=found,
        reading=f"{reading(found)} {movement(cosines['learned'], epochs, pictures)}",
        provenance=Provenance(
            layer=BANK,
            data=data.name,
            data_sha256=data.sha256,
            preprocessing=preprocessing_of(plan.model, data),
            architecture=f"{plan.model}: {kind.about}",
            objective=data.task,
            epochs=epochs,
            versions=library_versions(*LIBRARIES),
            command=command,
            notes="; ".join(notes),
        ),
        epochs=epochs,
        pictures=pictures,
        tested=len(data.test_labels),
        kernels=plan.kernels,
        size=plan.size,
        margin=plan.margin,
    )
