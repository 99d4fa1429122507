"""What an ablation came to: a score for each arm and seed, and what the differences show."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ...filters.errors import InputError
from ..provenance import Provenance

ARMS = ("learned", "frozen-random", "frozen-handcrafted", "handcrafted-then-trained")
"""What the first layer is in each arm, in the order in which they run.

learned: starts at random and is trained. frozen-random: the very same start, never trained.
frozen-handcrafted: handcrafted kernels, never trained. handcrafted-then-trained: they are trained.
"""

FORMAT = "filt ablation 1"


@dataclass(frozen=True)
class Arm:
    """One kind of first layer. scores: one for each seed, higher is better, at most 1.

    losses: the loss on the pictures tested with, one for each seed, or none where it is not known.
    Raises InputError for numbers that are not finite, and for another count of losses.
    """

    name: str
    scores: tuple[float, ...]
    losses: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        _check_kinds(self, name=str)
        for name in ("scores", "losses"):
            object.__setattr__(self, name, _numbers(getattr(self, name), name))
        if not self.scores or len(self.losses) not in (0, len(self.scores)):
            raise InputError(
                f"{self.name} must have a score for each seed and losses for all or none,"
                f" got {len(self.scores)} and {len(self.losses)}"
            )

    @property
    def mean(self) -> float:
        """The mean score over the seeds."""
        return math.fsum(self.scores) / len(self.scores)


@dataclass(frozen=True)
class Contrast:
    """Arm `better` minus arm `than`, over seeds that both have; "better" is what is asked.

    mean: of the differences. low, high: the 95% interval of that mean. margin: what counts as no
    difference worth having. equivalent: whether two one-sided tests at 5% show the difference to
    be inside ±margin. verdict: the same in words.
    """

    better: str
    than: str
    mean: float
    low: float
    high: float
    margin: float
    equivalent: bool
    verdict: str

    def __post_init__(self) -> None:
        _check_kinds(self, better=str, than=str, equivalent=bool, verdict=str)
        for name in ("mean", "low", "high", "margin"):
            object.__setattr__(self, name, _number(getattr(self, name), name))
        if not self.low <= self.mean <= self.high or self.margin <= 0:
            raise InputError(
                "contrasts must have low <= mean <= high and a margin above 0,"
                f" got {self.low}, {self.mean}, {self.high} and {self.margin}"
            )


@dataclass(frozen=True)
class Ablation:
    """The same training with several first layers, for several seeds.

    bank: the shipped bank that was learned at this job, "" where there is none. model, data: what
    was trained, and on which set. measure: what the scores are, in words. seeds: of the runs, the
    same for all arms. arms, contrasts: see there. reading: the contrasts in sentences.
    epochs: how long each run was. pictures, tested: how many were trained on and tested with.
    kernels, size: of the first layer. margin: of equivalence, on the scale of the scores.
    Raises InputError where the parts do not fit together, TypeError for fields of other kinds.
    """

    bank: str
    model: str
    data: str
    measure: str
    seeds: tuple[int, ...]
    arms: tuple[Arm, ...]
    contrasts: tuple[Contrast, ...]
    reading: str
    provenance: Provenance
    epochs: int
    pictures: int
    tested: int
    kernels: int
    size: int
    margin: float

    def __post_init__(self) -> None:
        _check_kinds(
            self, bank=str, model=str, data=str, measure=str, seeds=tuple, arms=tuple,
            contrasts=tuple, reading=str, provenance=Provenance,
            epochs=int, pictures=int, tested=int, kernels=int, size=int,
        )  # fmt: skip
        object.__setattr__(self, "margin", _number(self.margin, "margin"))
        if any(isinstance(seed, bool) or not isinstance(seed, int) for seed in self.seeds):
            raise TypeError(f"seeds must be whole numbers, got {self.seeds!r}")
        names = [arm.name for arm in self.arms]
        if not names or len(set(names)) < len(names) or len(set(self.seeds)) < len(self.seeds):
            raise InputError(f"arms and seeds must all be different, got {names} and {self.seeds}")
        for arm in self.arms:
            if len(arm.scores) != len(self.seeds):
                raise InputError(
                    f"{arm.name} must have {len(self.seeds)} scores, got {len(arm.scores)}"
                )
        unknown = {arm for made in self.contrasts for arm in (made.better, made.than)} - {*names}
        if unknown:
            raise InputError(f"contrasts must be of {', '.join(names)}, got {sorted(unknown)}")

    def arm(self, name: str) -> Arm:
        """The arm of that name. Raises InputError for one that there is not."""
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise InputError(f"arm must be one of {', '.join(a.name for a in self.arms)}, got {name!r}")

    def as_json(self) -> dict[str, Any]:
        """The fields as JSON has them."""
        return {
            "format": FORMAT,
            **{field.name: getattr(self, field.name) for field in fields(self)},
            "seeds": list(self.seeds),
            "arms": [
                {"name": arm.name, "scores": list(arm.scores), "losses": list(arm.losses)}
                for arm in self.arms
            ],
            "contrasts": [asdict(contrast) for contrast in self.contrasts],
            "provenance": self.provenance.as_json(),
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Ablation:
        """The ablation that `as_json` described; InputError or TypeError for anything else."""
        if not isinstance(given, Mapping) or given.get("format") != FORMAT:
            raise InputError(f"an ablation must say that its format is {FORMAT!r}")
        try:
            parts = {name: value for name, value in given.items() if name != "format"}
            parts["seeds"] = tuple(parts["seeds"])
            parts["arms"] = tuple(Arm(**arm) for arm in parts["arms"])
            parts["contrasts"] = tuple(Contrast(**contrast) for contrast in parts["contrasts"])
            parts["provenance"] = Provenance.from_json(parts["provenance"])
            return cls(**parts)
        except (AttributeError, KeyError) as error:
            raise TypeError(f"an ablation lacks or misplaces {error}") from None


def ablation_text(ablation: Ablation) -> str:
    """An ablation as a file has it: JSON, the same for the same ablation."""
    return json.dumps(ablation.as_json(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _check_kinds(made: object, **kinds: type) -> None:
    for name, kind in kinds.items():
        value = getattr(made, name)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise TypeError(f"{name} must be {kind.__name__}, got {value!r}")


def _numbers(values: object, name: str) -> tuple[float, ...]:
    if not isinstance(values, list | tuple):
        raise TypeError(f"{name} must be numbers, got {values!r}")
    return tuple(_number(value, name) for value in values)


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number, got {value!r}")
    try:
        number = float(value)
    except OverflowError:  # a whole number of hundreds of digits
        number = math.inf
    if not math.isfinite(number):
        raise InputError(f"{name} must be finite, got {number}")
    return number
