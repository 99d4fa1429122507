"""How alike kernels answer to pictures: the correlation of their responses, beside chance."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...filters.arrays import Array
from ..kernel_bank import KernelBank
from .chance import Measured, measured
from .matches import LEVEL, BankMatch, check_match
from .null import random_shapes
from .patches import check_covariance, spatial_covariance
from .shapes import shapes_of
from .templates import Family, families
from .untrained import SEED

SAMPLES = 5_000
"""How many untrained kernels tell what chance gives, see `functional`."""

_AT_ONCE = 1600
_NOTHING = 1e-9


@dataclass(frozen=True)
class KernelFunctional:
    """How alike a kernel and handcrafted ones answer to the pictures.

    family: of the match, "" for a flat kernel. nearest: the correlation of the responses, -1 to 1,
    with the template of that family whose cosine is largest; its chance is that of untrained
    kernels with their own nearest template of the family. best_family, best: the largest
    |correlation| with any template of any family; its chance is that of the same search.
    """

    index: int
    name: str
    family: str
    nearest: Measured
    best_family: str
    best: Measured


@dataclass(frozen=True)
class Functional:
    """How alike the kernels of a bank and handcrafted ones answer to pictures.

    counted: kernels without flags. median: of their `best` values. chance_median, chance_q95: of
    the same for `samples` untrained kernels.
    """

    bank: str
    kernels: tuple[KernelFunctional, ...]
    counted: int
    median: float
    chance_median: float
    chance_q95: float
    samples: int

    @property
    def summary(self) -> str:
        """What may be claimed, in two sentences."""
        if not self.counted:
            return "Responses are not compared: no kernel is."
        return (
            "The responses to the pictures correlate with those of the best template at"
            f" {self.median:.2f} (median of {self.counted}); those of untrained kernels at"
            f" {self.chance_median:.2f}, 95% below {self.chance_q95:.2f}.\n"
            "Pictures are smooth, so the responses of most kernels are alike: this agreement"
            " never proves learning."
        )


def functional(
    bank: KernelBank, match: BankMatch, covariance: Array, *, samples: int = SAMPLES
) -> Functional:
    """How alike a bank's kernels and handcrafted ones answer to pictures, beside chance.

    match: of this bank. covariance: of the pictures, see `patch_covariance`. samples: how many
    untrained kernels, of a fixed seed, go through the same search.

    The correlation of two kernels' responses over all patches is wᵀCh / √(wᵀCw · hᵀCh), with no
    need to filter; the cosine is what it would be for white noise. Compared are the spatial shapes,
    mean left out, as `match_bank` compares them; for several channels C is the mean over these.
    Steered families are searched in all directions at once: within a plane, the largest
    correlation is the length of the projection in the inner product that C makes.

    Chance is far higher than that of the cosine (3×3: a median of about 0.9), as natural pictures
    have most of their energy in a few coarse patterns: functional agreement never proves learning.
    Raises InputError for a covariance or a match of another size.

    >>> from .matching import match_bank
    >>> bank = KernelBank.from_names(["sobel-x", "laplacian"])
    >>> found = functional(bank, match_bank(bank), np.eye(9), samples=100)
    >>> [(kernel.best_family, round(kernel.best.value, 2)) for kernel in found.kernels]
    [('gradient', 1.0), ('centre-surround', 1.0)]
    """
    height, width, channels, _ = bank.kernels.shape
    check_covariance(covariance, height * width * channels)
    check_match(match, bank)
    if not match.families:
        return Functional(bank.name, (), 0, 0.0, 0.0, 0.0, 0)
    search = _Search.of(height, width, spatial_covariance(covariance, channels))
    nearest, best = search.agreements(shapes_of(bank.kernels).rows)
    nearest_chance, best_chance = _chance(search, (height, width, channels), samples)
    names = [kind.name for kind in search.kinds]
    kernels = []
    for index, kernel in enumerate(match.kernels):
        family = kernel.family or names[0]  # a flat kernel answers with 0 to all
        strongest = int(best[:, index].argmax())
        kernels.append(
            KernelFunctional(
                kernel.index,
                kernel.name,
                kernel.family,
                measured(nearest[family][index], nearest_chance[family]),
                names[strongest] if kernel.family else "",
                measured(best[strongest, index], best_chance),
            )
        )
    counted = [
        one.best.value
        for one, kernel in zip(kernels, match.kernels, strict=True)
        if not kernel.flags
    ]
    return Functional(
        bank.name,
        tuple(kernels),
        len(counted),
        float(np.median(counted)) if counted else 0.0,
        float(np.quantile(best_chance, 0.5)),
        float(np.quantile(best_chance, 1 - LEVEL)),
        samples,
    )


@dataclass(frozen=True, eq=False)
class _Search:
    """The families, and the same families in coordinates in which C is the plain product."""

    kinds: tuple[Family, ...]
    seen: tuple[Family, ...]
    root: Array

    @classmethod
    def of(cls, height: int, width: int, covariance: Array) -> _Search:
        energies, directions = np.linalg.eigh(covariance)
        # Rounding leaves energies a hair below 0.
        root = directions * np.sqrt(np.maximum(energies, 0.0))
        kinds = families(height, width)
        return cls(kinds, tuple(seen_through(family, root) for family in kinds), root)

    def agreements(self, rows: Array) -> tuple[dict[str, Array], Array]:
        """The correlations of shapes (n, taps) with the nearest templates, and the largest of all.

        By family the one with the template of the largest cosine, (n,); and the largest
        |correlation| with any of each family, (families, n).
        """
        responses = _units(rows @ self.root)
        nearest = {
            kind.name: np.einsum(
                "ij,ij->i", _units(kind.nearest(rows).template @ self.root), responses
            )
            for kind in self.kinds
        }
        return nearest, np.stack([family.cosines(responses) for family in self.seen])


def _chance(
    search: _Search, shape: tuple[int, int, int], samples: int
) -> tuple[dict[str, Array], Array]:
    """What `agreements` gives for untrained kernels, sorted; the best over all families."""
    rng = np.random.default_rng(SEED)
    parts = [
        search.agreements(random_shapes(rng, min(_AT_ONCE, samples - start), shape).rows)
        for start in range(0, samples, _AT_ONCE)
    ]
    nearest = {
        kind.name: np.sort(np.concatenate([part[kind.name] for part, _ in parts]))
        for kind in search.kinds
    }
    return nearest, np.sort(np.concatenate([best.max(axis=0) for _, best in parts]))


def seen_through(family: Family, root: Array) -> Family:
    """A family in other coordinates, `rows @ root`, its rows of unit length again there.

    A pair is made orthogonal there, so that it still stands for its whole plane: the largest
    cosine is the length of the projection on it. Its directions stay those of the family.

    >>> from .templates import gradient_family
    >>> family = gradient_family(3, 3, [1.0])
    >>> seen = seen_through(family, np.diag(np.arange(1.0, 10.0)))
    >>> round(abs(float((seen.first * seen.second).sum())), 9)
    0.0
    """
    first = family.first @ root
    along = np.linalg.norm(first, axis=1)
    first = _units(first)
    if family.second is None or family.coefficients is None:
        return replace(family, first=first)
    second = family.second @ root
    shared = np.einsum("ij,ij->i", first, second)
    second = second - shared[:, None] * first
    across = np.linalg.norm(second, axis=1)
    second = _units(second)
    back = np.zeros((family.count, 2, 2))
    back[:, 0, 0] = _inverse(along)
    back[:, 1, 1] = _inverse(across)
    back[:, 0, 1] = -shared * back[:, 0, 0] * back[:, 1, 1]
    return replace(family, first=first, second=second, coefficients=family.coefficients @ back)


def _units(rows: Array) -> Array:
    """The rows at unit length; zeros for those that are nothing beside the longest."""
    lengths = np.linalg.norm(rows, axis=1)
    return np.asarray(rows * _inverse(lengths)[:, None])


def _inverse(lengths: Array) -> Array:
    is_something = lengths > _NOTHING * lengths.max(initial=0.0)
    return np.divide(1.0, lengths, out=np.zeros_like(lengths), where=is_something)
