"""Everything that the report says, as data: one comparison of banks on photos."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from ...filters.arrays import Array
from ...filters.errors import InputError
from ..ablation.results import Ablation
from ..kernel_bank import KernelBank
from ..matching.controls import Controls, controls
from ..matching.epochs import best_by_epoch
from ..matching.fits import Fits, fits_of
from ..matching.functional import Functional, functional
from ..matching.layer_metrics import LayerMetrics, layer_metrics
from ..matching.matches import BankMatch
from ..matching.matching import match_bank
from ..matching.opponency import Opponency, opponency_of
from ..matching.patches import patch_covariance
from ..matching.subspaces import Subspaces, subspaces_of
from ..matching.tuning_figures import TuningFigures, tuning_figures
from ..provenance import library_versions
from ..shipped import SHIPPED, shipped_ablations
from .answer import Answer, answer_of, moved_cosines
from .edge_job import EdgeFinding, edge_findings
from .edge_scores import EdgeScores, edge_scores
from .partners import partners_of
from .photo import Photo
from .responses import ResponsePair, response_pairs

FORMAT = "filt comparison 1"

_COLOURS = 3
_LIBRARIES = ("numpy", "opencv-python-headless", "scipy", "matplotlib")

_DRAWINGS = ("edge_map", "soft_map", "learned_response", "handcrafted_response")
"""Fields that are as large as the photo: they are drawn, and made again from the rest."""

Say = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class BankFindings:
    """All that is found about one bank.

    about: what it is, in words, or nothing. partners: (n, height, width), the template that each
    kernel is nearest to. moved: the cosine of every kernel with itself before training; none where
    that is not known. by_epoch: see `best_by_epoch`. The rest: see the modules of `matching`; None
    where a figure does not exist for kernels of this size or these channels. ablations: of the
    bank's job, where they ship. answer: what may be said.
    """

    bank: KernelBank
    about: str
    match: BankMatch
    partners: Array
    moved: tuple[float, ...]
    by_epoch: Mapping[str, Array]
    controls: Controls | None
    functional: Functional | None
    subspaces: Subspaces
    tuning: TuningFigures
    fits: Fits | None
    opponency: Opponency | None
    layer: LayerMetrics
    ablations: tuple[Ablation, ...]
    answer: Answer


@dataclass(frozen=True, eq=False)
class PhotoFindings:
    """What the kernels and the edge methods make of one photo. pairs: for each bank, in order."""

    photo: Photo
    edges: tuple[EdgeFinding, ...]
    pairs: tuple[tuple[ResponsePair, ...], ...]


@dataclass(frozen=True, eq=False)
class Comparison:
    """What the report is drawn from.

    edge_scores: how good edge detectors are elsewhere. versions: of the libraries. command: what
    makes it again.
    """

    banks: tuple[BankFindings, ...]
    photos: tuple[PhotoFindings, ...]
    edge_scores: EdgeScores
    versions: Mapping[str, str]
    command: str

    def as_json(self) -> dict[str, Any]:
        """Every figure of the report and every tap, as JSON has them; no pictures.

        The same banks and photos on the same machine give the same, byte for byte.
        """
        return {"format": FORMAT, **_plain(self)}


def compare(
    banks: Sequence[KernelBank],
    photos: Sequence[Photo],
    *,
    command: str = "",
    say: Say | None = None,
) -> Comparison:
    """Compare learned kernels with handcrafted ones, each figure beside its chance level.

    banks: at least one. photos: at least one; they also tell what patches look like. command: what
    makes the same again, for the report to say. say: is told what is under way.
    Raises InputError for no bank and for no photo.
    Source: the method is in the documentation, `docs/did-it-learn-sobel.md`.
    """
    if not banks:
        raise InputError("banks must be at least one, got none")
    if not photos:
        raise InputError("photos must be at least one, got none")
    tell = say or (lambda words: None)
    findings = []
    for bank in banks:
        tell(f"matching the {len(bank)} kernels of {bank.name}")
        findings.append(_findings(bank, photos))
    seen = []
    for photo in photos:
        tell(f"filtering {photo.name}")
        pairs = tuple(
            response_pairs(photo, one.bank.kernels, one.match, one.partners) for one in findings
        )
        seen.append(PhotoFindings(photo, edge_findings(photo), pairs))
    versions = dict(library_versions(*_LIBRARIES))
    return Comparison(tuple(findings), tuple(seen), edge_scores(), versions, command)


def _findings(bank: KernelBank, photos: Sequence[Photo]) -> BankFindings:
    match = match_bank(bank)
    kernels = np.asarray(bank.kernels, np.float64)
    covariance = _covariance_for(bank, photos) if match.families else None
    ablations = shipped_ablations(bank.name)
    return BankFindings(
        bank,
        SHIPPED[bank.name].about if bank.name in SHIPPED else "",
        match,
        partners_of(kernels, match),
        tuple(moved_cosines(bank)),
        best_by_epoch(bank, match),
        None if covariance is None else controls(bank, match, covariance),
        None if covariance is None else functional(bank, match, covariance),
        subspaces_of(kernels),
        tuning_figures(kernels),
        fits_of(kernels) if match.families else None,
        opponency_of(kernels) if kernels.shape[2] == _COLOURS else None,
        layer_metrics(kernels),
        ablations,
        answer_of(bank, match, ablations[0] if ablations else None),
    )


def _covariance_for(bank: KernelBank, photos: Sequence[Photo]) -> Array | None:
    """How the pixels under the kernels vary together, or None where the photos cannot tell."""
    height, width, channels, _ = bank.kernels.shape
    if channels not in (1, _COLOURS):
        return None
    pictures = [photo.grey if channels == 1 else photo.colours for photo in photos]
    telling = [
        pixels
        for pixels in pictures
        if pixels.shape[0] >= height and pixels.shape[1] >= width and np.ptp(pixels) > 0
    ]
    if not telling:
        return None
    covariance = patch_covariance(telling, height, width, channels)
    return covariance if covariance.any() else None  # a single patch does not vary


def _plain(value: Any) -> Any:
    """Dataclasses, arrays and mappings as JSON has them."""
    if hasattr(value, "as_json") and not isinstance(value, Comparison):
        return value.as_json()
    if is_dataclass(value):
        return {
            field.name: _plain(getattr(value, field.name))
            for field in fields(value)
            if field.name not in _DRAWINGS
        }
    if isinstance(value, np.ndarray):
        return _numbers(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.item() if isinstance(value, np.generic) else value


def _numbers(values: np.ndarray[Any, Any]) -> Any:
    """An array as nested lists, float32 as the shortest numbers that mean the same."""
    if values.dtype == np.float32:
        return np.array([float(str(one)) for one in values.ravel()]).reshape(values.shape).tolist()
    return values.tolist()
