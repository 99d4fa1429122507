"""What can be ablated, and what decides how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ...filters.arrays import positive, whole
from ...filters.errors import InputError
from .results import ARMS
from .scores import TOLERANCE
from .starting_banks import handcrafted_kernels


@dataclass(frozen=True)
class Job:
    """What can be ablated. bank: the shipped one that was learned at it, on `data`.

    measure: what its scores are. pictures, epochs: how many it takes unless told.
    """

    bank: str
    data: str
    measure: str
    pictures: int
    epochs: int


JOBS: Mapping[str, Job] = MappingProxyType(
    {
        "edges": Job(
            "learned",
            "leaves",
            f"best F over thresholds, thin edges within {TOLERANCE} pixel of a true one",
            1000,
            3,
        ),
        "small": Job("learned-fashion", "fashion-mnist", "test accuracy", 12_000, 3),
    }
)
"""The models whose first layer can be given, by name."""


@dataclass(frozen=True)
class Plan:
    """What decides an ablation besides its data. epochs: None for what the job takes.

    seeds: 0 up to this, at least 2. kernels, size: of the first layer. margin: of equivalence,
    on the scale of the scores.
    Raises InputError for numbers out of range and a model whose first layer cannot be given.
    """

    model: str = "edges"
    seeds: int = 5
    epochs: int | None = None
    kernels: int = 16
    size: int = 7
    margin: float = 0.01

    def __post_init__(self) -> None:
        if self.model not in JOBS:
            raise InputError(f"model must be one of {', '.join(JOBS)}, got {self.model!r}")
        epochs = JOBS[self.model].epochs if self.epochs is None else self.epochs
        object.__setattr__(self, "epochs", whole(epochs, "epochs"))
        whole(self.seeds, "seeds", 2)
        positive(self.margin, "margin")
        handcrafted_kernels(self.kernels, self.size)

    @property
    def runs(self) -> tuple[tuple[int, str], ...]:
        """Seed and arm of every run, in order: a seed is over before the next begins."""
        return tuple((seed, arm) for seed in range(self.seeds) for arm in ARMS)
