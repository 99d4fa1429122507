"""What decides a training, and what is said while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...filters.arrays import whole
from ...filters.errors import InputError
from .checkpoints import Figures
from .models import FirstLayer, model_kind


@dataclass(frozen=True)
class Settings:
    """What decides a training besides its data; `settings_for` fills in what a model is used to.

    Raises InputError for numbers out of range and for a first layer that the model does not take.
    """

    model: str
    epochs: int
    batch: int
    seed: int = 0
    first: FirstLayer | None = None

    def __post_init__(self) -> None:
        kind = model_kind(self.model)
        whole(self.epochs, "epochs")
        whole(self.batch, "batch")
        if not 0 <= whole(self.seed, "seed", 0) < 2**32:
            raise InputError(f"seed must be below 2 to the 32nd, got {self.seed}")
        if self.first is not None and not kind.adjustable:
            raise InputError(
                f"{self.model} has a first layer of its own: kernels and size are not for it"
            )


@dataclass(frozen=True)
class Progress:
    """How far a training is. epoch: the one under way or just done, from 1.

    step, steps: of this epoch; where they are equal and `figures` is there, the epoch is done.
    loss, accuracy: the mean over the epoch so far. seconds_left: an estimate for all that is left
    of this course, None before there is one. random_labels: whether this is the control run.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    accuracy: float | None
    seconds_left: float | None
    figures: Figures | None = None
    random_labels: bool = False


Report = Callable[[Progress], None]
"""What is told how far a training is."""


def settings_for(
    model: str,
    *,
    epochs: int | None = None,
    batch: int | None = None,
    seed: int = 0,
    first: FirstLayer | None = None,
) -> Settings:
    """The settings of a training, with the model's own epochs and batch where none are given.

    >>> settings_for("edges", epochs=2)
    ... # doctest: +NORMALIZE_WHITESPACE
    Settings(model='edges', epochs=2, batch=16, seed=0,
             first=FirstLayer(kernels=16, size=7, init_scale=0.1))
    """
    kind = model_kind(model)
    if first is None and kind.adjustable:
        first = FirstLayer()
    return Settings(
        model,
        kind.epochs if epochs is None else epochs,
        kind.batch if batch is None else batch,
        seed,
        first,
    )
