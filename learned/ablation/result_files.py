"""Ablations out of their files: what they say must follow from the scores that they hold."""

from __future__ import annotations

import json
import math

from ...filters.errors import InputError, ModelError
from ...filters.files.disk import PathLike, display_path, read_bytes
from .contrasts import contrasts, reading
from .results import Ablation, Contrast

_LARGEST = 1_000_000
_ROUNDING = 1e-9


def load_ablation(path: PathLike) -> Ablation:
    """The ablation in a file that `filt ablate` wrote.

    Raises ReadError for a file that cannot be read, ModelError for one of another kind, and for
    one whose contrasts or reading are not those of its scores.
    """
    data = read_bytes(path, _LARGEST)
    try:
        made = Ablation.from_json(json.loads(data))
    except (ValueError, TypeError, RecursionError):
        raise ModelError(f"{display_path(path)}: not an ablation of filt") from None
    try:
        check_ablation(made)
    except InputError as error:
        raise ModelError(f"{display_path(path)}: {error}") from None
    return made


def check_ablation(ablation: Ablation) -> None:
    """Raises InputError where an ablation says what does not follow from its scores.

    Scores must be from 0 to 1, counts at least 1; contrasts must be those of the scores, but for
    rounding, and the reading must begin with what they say.
    """
    for arm in ablation.arms:
        if not all(0 <= score <= 1 for score in arm.scores):
            raise InputError(f"scores must be from 0 to 1, got {arm.scores} of {arm.name}")
    for name in ("epochs", "pictures", "tested", "kernels", "size"):
        if getattr(ablation, name) < 1:
            raise InputError(f"{name} must be at least 1, got {getattr(ablation, name)}")
    expected = contrasts(ablation.arms, ablation.margin)
    if len(expected) != len(ablation.contrasts) or not all(
        _is_same(*pair) for pair in zip(expected, ablation.contrasts, strict=True)
    ):
        raise InputError("contrasts must be those of the scores, got others")
    if not ablation.reading.startswith(reading(expected)):
        raise InputError("reading must be that of the contrasts, got another")


def _is_same(one: Contrast, other: Contrast) -> bool:
    said = all(
        getattr(one, name) == getattr(other, name)
        for name in ("better", "than", "equivalent", "verdict")
    )
    return said and all(
        math.isclose(getattr(one, name), getattr(other, name), rel_tol=0, abs_tol=_ROUNDING)
        for name in ("mean", "low", "high", "margin")
    )
