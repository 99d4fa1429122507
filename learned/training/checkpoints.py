"""Where a training stands after an epoch, in a file from which it goes on as if never stopped."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...filters.arrays import Array
from ...filters.errors import InputError, ModelError
from ...filters.files.disk import display_path, open_regular, write_bytes
from ..files.bank_files import array_in
from ..files.limits import model_errors
from ..files.zip_safety import open_zip

FORMAT = "filt checkpoint 1"
_ABOUT = "about"


@dataclass(frozen=True)
class Figures:
    """What an epoch came to: loss and accuracy in training and on the pictures kept to test with.

    Accuracies are from 0 to 1, and None where there are no classes.
    """

    loss: float
    test_loss: float
    accuracy: float | None = None
    test_accuracy: float | None = None


@dataclass(frozen=True, eq=False)
class State:
    """Where a training stands.

    weights: of the model. optimiser: its variables. best: the weights after the epoch with the
    lowest training loss, and best_epoch its number from 1 (0 before the first). history: one entry
    for each epoch done. untrained: the first layer's kernels before training, and kernels: those
    after each epoch, (epochs, height, width, in, out); None for a model without any.
    """

    weights: tuple[Array, ...]
    optimiser: tuple[Array, ...]
    best: tuple[Array, ...]
    best_epoch: int = 0
    history: tuple[Figures, ...] = ()
    untrained: Array | None = None
    kernels: Array | None = None

    @property
    def epoch(self) -> int:
        """How many epochs are done."""
        return len(self.history)


def save_checkpoint(path: Path, state: State, made_with: Mapping[str, Any]) -> None:
    """Write a state, whole or not at all. made_with: the settings, plain data.

    Raises WriteError.
    """
    about = {
        "format": FORMAT,
        "made_with": dict(made_with),
        "best_epoch": state.best_epoch,
        "history": [vars(figures) for figures in state.history],
    }
    text = json.dumps(about).encode("ascii")
    arrays: dict[str, Array] = {_ABOUT: np.frombuffer(text, np.uint8)}
    for name in ("weights", "optimiser", "best"):
        for number, array in enumerate(getattr(state, name)):
            # An axis more: .npy files of single numbers are not read as arrays.
            arrays[f"{name}-{number}"] = np.asarray(array)[np.newaxis]
    for name in ("untrained", "kernels"):
        if getattr(state, name) is not None:
            arrays[name] = getattr(state, name)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    write_bytes(path, buffer.getbuffer())


def load_checkpoint(path: Path, made_with: Mapping[str, Any]) -> State | None:
    """The state that `save_checkpoint` wrote, None where there is no such file.

    Raises InputError where it was made with other settings, ModelError for another kind of file.
    """
    if not os.path.lexists(path):
        return None
    with model_errors(path), open_regular(path) as source:
        archive = open_zip(source)
        members = {name.removesuffix(".npy") for name in archive.namelist()}
        if _ABOUT not in members:
            raise ModelError("not a checkpoint of filt")
        try:
            about = json.loads(array_in(archive, _ABOUT).tobytes())
            if about["format"] != FORMAT:
                raise ModelError("not a checkpoint of filt")
            _check(about["made_with"], made_with)
            return State(
                weights=_several(archive, "weights", members),
                optimiser=_several(archive, "optimiser", members),
                best=_several(archive, "best", members),
                best_epoch=int(about["best_epoch"]),
                history=tuple(Figures(**figures) for figures in about["history"]),
                untrained=_single(archive, "untrained", members),
                kernels=_single(archive, "kernels", members),
            )
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, (ModelError, InputError)):
                raise
            raise ModelError("not a checkpoint of filt") from None


def remove_checkpoint(path: Path) -> None:
    """Remove a checkpoint, where there is one."""
    with suppress(OSError):
        path.unlink()


def _single(archive: zipfile.ZipFile, name: str, members: set[str]) -> Array | None:
    return array_in(archive, name) if name in members else None


def _several(archive: Any, name: str, members: set[str]) -> tuple[Array, ...]:
    count = sum(member.startswith(f"{name}-") for member in members)
    return tuple(array_in(archive, f"{name}-{number}")[0] for number in range(count))


def _check(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    other = [
        f"{key} {_said(there.get(key))}, not {_said(wanted.get(key))}"
        for key in sorted({*there, *wanted})
        if there.get(key) != wanted.get(key)
    ]
    if other:
        raise InputError(f"was made with {'; '.join(other)}")


def _said(value: object) -> str:
    if isinstance(value, str):
        return display_path(value)
    return json.dumps(value) if isinstance(value, Sequence | Mapping) else str(value)
