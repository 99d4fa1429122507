"""One run of training, from the seed to the last epoch."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...filters.arrays import Array
from ...filters.errors import FiltError, InputError
from ..data.data_set import DataSet
from ..keras_loading import load_keras
from .checkpoints import Figures, State, load_checkpoint, save_checkpoint
from .feeding import batches_to_test, random_labels, training_batches
from .models import (
    EDGE_SCALE,
    GivenKernels,
    InputScale,
    ModelKind,
    bank_layer,
    build_model,
    compile_model,
    give_kernels,
)
from .settings import Progress, Report, Settings

_SECONDS_BETWEEN_REPORTS = 0.5
_TEST_BATCH = 250


class _Means:
    """Means of what batches come to, each batch as heavy as it has pictures.

    Counted here: some versions of Keras do so over an epoch, others start again with each batch.
    """

    def __init__(self) -> None:
        self.sums: dict[str, float] = {}
        self.pictures = 0

    def add(self, logs: dict[str, Any], pictures: int) -> None:
        for name, value in logs.items():
            self.sums[name] = self.sums.get(name, 0.0) + pictures * float(value)
        self.pictures += pictures

    @property
    def values(self) -> dict[str, float]:
        return {name: total / self.pictures for name, total in self.sums.items()}


@dataclass(frozen=True)
class Course:
    """One run from the seed to the last epoch: on the labels, or (is_control) on random ones.

    given: what the first layer starts with; None for what the seed says.
    """

    settings: Settings
    data: DataSet
    kind: ModelKind
    prefix: Path
    is_control: bool
    report: Report
    given: GivenKernels | None = None

    @property
    def checkpoint(self) -> Path:
        """Where it leaves its state."""
        return checkpoint_path(self.prefix, control=self.is_control)

    @property
    def made_with(self) -> dict[str, Any]:
        """All that a checkpoint must have in common with it."""
        return {
            **asdict(self.settings),
            "data": self.data.name,
            "data_sha256": self.data.sha256,
            "random_labels": self.is_control,
            "given_kernels": None if self.given is None else _described(self.given),
        }

    @property
    def scale(self) -> InputScale:
        """What the first layer is shown."""
        if self.kind.finds_edges:
            return EDGE_SCALE
        return _input_scale(self.data) if self.kind.standardises else InputScale()

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        return -(-len(self.data.train_labels) // self.settings.batch)

    def untrained_model(self) -> Any:
        """The model as its seed starts it, ready to be trained."""
        keras = load_keras()
        _make_deterministic(keras)
        keras.utils.set_random_seed(self.settings.seed)
        model = build_model(
            self.settings.model,
            self.data.shape,
            len(self.data.classes),
            self.settings.first,
            self.scale if self.kind.standardises else None,
        )
        if self.given is not None:
            give_kernels(model, self.kind, self.given)
        compile_model(model, self.kind, self.steps * self.settings.epochs)
        model.optimizer.build(model.trainable_variables)
        return model

    def model_with(self, weights: Sequence[Array]) -> Any:
        """The model with these weights."""
        model = self.untrained_model()
        model.set_weights(list(weights))
        return model

    def run(self, resume: bool) -> tuple[State, bool]:
        """Where the course stands in the end, and whether it came to its last epoch."""
        made_with = self.made_with
        model = self.untrained_model()
        state = load_checkpoint(self.checkpoint, made_with) if resume else None
        if state is None:
            state = _first_state(model, self.kind)
        _restore(model, state)
        labels = self.data.train_labels
        if self.is_control:
            labels = random_labels(self.data, self.settings.seed)
        begun, before = time.monotonic(), state.epoch
        try:
            while state.epoch < self.settings.epochs:
                logs = self._epoch(model, labels, state.epoch, begun, before)
                if not math.isfinite(logs["loss"]):
                    raise FiltError(
                        f"the training came to nothing: the loss is {logs['loss']}"
                        f" in epoch {state.epoch + 1}"
                    )
                figures = _figures(logs, self._tested(model))
                state = _next_state(model, self.kind, state, figures)
                save_checkpoint(self.checkpoint, state, made_with)
                done = state.epoch - before
                left = (time.monotonic() - begun) / done * (self.settings.epochs - state.epoch)
                self._report(state.epoch, self.steps, logs, left, figures)
        except KeyboardInterrupt:
            return state, False
        return state, True

    def _epoch(
        self, model: Any, labels: Array, epoch: int, begun: float, before: int
    ) -> dict[str, float]:
        settings = self.settings
        batches = training_batches(
            self.data, labels, settings.batch, seed=settings.seed, epoch=epoch
        )
        means = _Means()
        last_report = time.monotonic()
        for step, (images, wanted) in enumerate(batches, 1):
            model.reset_metrics()
            means.add(model.train_on_batch(images, wanted, return_dict=True), len(wanted))
            now = time.monotonic()
            if now - last_report >= _SECONDS_BETWEEN_REPORTS:
                last_report = now
                done = (epoch - before) * self.steps + step
                left = (settings.epochs - epoch) * self.steps - step
                self._report(epoch + 1, step, means.values, (now - begun) / done * left)
        return means.values

    def _tested(self, model: Any) -> dict[str, float]:
        means = _Means()
        batch = _TEST_BATCH if self.data.classes else self.settings.batch
        for images, wanted in batches_to_test(self.data, batch):
            model.reset_metrics()
            means.add(model.test_on_batch(images, wanted, return_dict=True), len(wanted))
        return means.values

    def _report(
        self,
        epoch: int,
        step: int,
        logs: dict[str, float],
        left: float,
        figures: Figures | None = None,
    ) -> None:
        self.report(
            Progress(
                epoch,
                self.settings.epochs,
                step,
                self.steps,
                logs["loss"],
                logs.get("accuracy"),
                left,
                figures,
                self.is_control,
            )
        )


def checkpoint_path(prefix: Path, *, control: bool = False) -> Path:
    """Where the checkpoint of a training to `prefix` is, or that of its control run."""
    return prefix.with_name(f"{prefix.name}{'.control' if control else ''}.checkpoint")


def _input_scale(data: DataSet) -> InputScale:
    """Mean and deviation of the pictures to train on, rounded so that they can be written down."""
    images = data.train_images
    mean = float(images.mean(dtype=np.float64)) / 255
    deviation = float(images.std(dtype=np.float64)) / 255
    return InputScale(round(mean, 4), round(deviation, 4) or 1.0)


def _make_deterministic(keras: Any) -> None:
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        tensorflow.config.experimental.enable_op_determinism()


def _bank(model: Any, kind: ModelKind) -> Array | None:
    if not kind.has_bank:
        return None
    return np.array(bank_layer(model, kind).get_weights()[0], np.float32)


def _described(given: GivenKernels) -> dict[str, Any]:
    sha256 = hashlib.sha256(np.ascontiguousarray(given.kernels, np.float32).data).hexdigest()
    return {"sha256": sha256, "frozen": given.frozen}


def _first_state(model: Any, kind: ModelKind) -> State:
    weights = tuple(model.get_weights())
    untrained = _bank(model, kind)
    return State(
        weights,
        tuple(_values(model.optimizer.variables)),
        weights,
        untrained=untrained,
        kernels=None,
    )


def _next_state(model: Any, kind: ModelKind, state: State, figures: Figures) -> State:
    weights = tuple(model.get_weights())
    kernels = _bank(model, kind)
    if kernels is not None:
        before = () if state.kernels is None else tuple(state.kernels)
        kernels = np.stack([*before, kernels])
    lowest = min((epoch.loss for epoch in state.history), default=np.inf)
    is_best = figures.loss < lowest or not state.history
    return State(
        weights,
        tuple(_values(model.optimizer.variables)),
        weights if is_best else state.best,
        state.epoch + 1 if is_best else state.best_epoch,
        (*state.history, figures),
        state.untrained,
        kernels,
    )


def _restore(model: Any, state: State) -> None:
    model.set_weights(list(state.weights))
    variables = model.optimizer.variables
    if len(variables) != len(state.optimiser):
        raise InputError("the checkpoint is of another version of Keras: start again without it")
    for variable, value in zip(variables, state.optimiser, strict=True):
        variable.assign(value)


def _values(variables: Sequence[Any]) -> Iterator[Array]:
    for variable in variables:
        yield np.asarray(variable.numpy())


def _figures(trained: dict[str, float], tested: dict[str, float]) -> Figures:
    return Figures(trained["loss"], tested["loss"], trained.get("accuracy"), tested.get("accuracy"))
