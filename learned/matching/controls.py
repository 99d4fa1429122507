"""Two controls beside the null: shuffled pixels, and the pictures' second-order statistics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...filters.arrays import Array
from ..kernel_bank import KernelBank
from .chance import at_least_share
from .matches import LEVEL, BankMatch, check_match
from .null import benjamini_hochberg, best_cosines
from .patches import check_covariance, spatial_covariance
from .shapes import shapes_of
from .untrained import SEED

SHUFFLES = 2000
"""How often the pixels of each kernel are shuffled."""

SPECTRUM_SAMPLES = 10_000
"""How many shapes with the bank's own spectrum are drawn, or 20 for each kernel if that is more."""

_PER_KERNEL = 20
_AT_ONCE = 1600
_EQUAL = 1e-5
_FITTED_ON = 4000
_FITTING_STEPS = 12


@dataclass(frozen=True)
class KernelControls:
    """What a kernel's largest |cosine| over all families, `KernelMatch.best`, is beside controls.

    shuffled_p: the share of shuffles of its own pixels that come as near to anything: whether it
    is the arrangement, and not only the values. spectrum_p: the share of Gaussian kernels with the
    bank's energy in each principal component of the pictures' patches. shuffled_q, spectrum_q:
    those after Benjamini and Hochberg over all kernels. beyond: spectrum_q ≤ 0.05: more than the
    second-order statistics of pictures explains it. All p and q are 1 for kernels with flags.
    """

    index: int
    name: str
    shuffled_p: float
    shuffled_q: float
    spectrum_p: float
    spectrum_q: float
    beyond: bool


@dataclass(frozen=True)
class Controls:
    """What the kernels of a bank are beside controls.

    counted: how many kernels were tested, those without flags. shuffled: how many of them are
    nearer to a family than their own shuffled pixels (shuffled_q ≤ 0.05). beyond: how many are
    beyond second order. chance_median, chance_q95: of the largest |cosine| of the spectrum-matched
    kernels. shuffles, spectrum_samples: how many there were of each.
    """

    bank: str
    kernels: tuple[KernelControls, ...]
    counted: int
    shuffled: int
    beyond: int
    chance_median: float
    chance_q95: float
    shuffles: int
    spectrum_samples: int

    @property
    def summary(self) -> str:
        """What may be claimed, in three lines; in one where nothing was tested."""
        if not self.counted:
            return "No kernel is compared with controls."
        only = "only these show" if self.beyond else "so none shows"
        return (
            f"{self.shuffled} of {self.counted} are nearer to a family than their own pixels are,"
            f" shuffled {self.shuffles:,} times.\n"
            f"{self.beyond} of {self.counted} are nearer than Gaussian kernels are that have the"
            " same energy in each principal component of the pictures' patches"
            f" ({self.spectrum_samples:,} of them: median {self.chance_median:.2f}, 95% below"
            f" {self.chance_q95:.2f}): {only} more than second-order statistics.\n"
            f"False discoveries are held at {LEVEL:.0%} in both (Benjamini and Hochberg)."
        )


def controls(
    bank: KernelBank,
    match: BankMatch,
    covariance: Array,
    *,
    shuffles: int = SHUFFLES,
    spectrum_samples: int = SPECTRUM_SAMPLES,
) -> Controls:
    """What a bank's kernels are beside shuffled pixels and beside the pictures' own statistics.

    match: of this bank. covariance: of the pictures, see `patch_covariance`; of several channels
    the mean is taken. As in the match kernels are spatial shapes, zero-mean and of unit length.
    shuffles: of every shape's pixels. spectrum_samples: how many shapes U diag(√e) g, with U the
    principal components of the patches, their means left out, e the mean energy of the bank's
    shapes in each, g standard normal, 20 for each kernel at least. All go through the search
    of `match_bank`: the largest |cosine| over all families. Seeds are fixed.

    A kernel that is not beyond second order may still be learned: it only shows no more than that
    the bank prefers certain principal components, which random labels bring about as well. Of 150
    layers drawn from such a spectrum, 2% to 7% had a kernel beyond it, by the spectrum and size.
    Raises InputError for a covariance or a match of another size.

    Source: spectrum and labels, Chowers and Weiss, 2023; p as in Phipson and Smyth, 2010.

    >>> from .matching import match_bank
    >>> bank = KernelBank.from_names(["sobel-x", "laplacian"])
    >>> controls(bank, match_bank(bank), np.eye(9)).shuffled
    2
    """
    height, width, channels, count = bank.kernels.shape
    check_covariance(covariance, height * width * channels)
    check_match(match, bank)
    tested = np.array([not kernel.flags for kernel in match.kernels]) & bool(match.families)
    best = np.array([kernel.best for kernel in match.kernels])[tested]
    spectrum_samples = max(spectrum_samples, _PER_KERNEL * int(tested.sum()))
    p_values = np.ones((2, count))
    chance = np.zeros(1)
    if tested.any():
        rows, size = shapes_of(bank.kernels).rows[tested], (height, width)
        p_values[0, tested] = _shuffled(rows, size, best, shuffles)
        spatial = spatial_covariance(covariance, channels)
        chance = _spectrum(rows, size, spatial, spectrum_samples)
        p_values[1, tested] = at_least_share(chance, best - _EQUAL)
    q_values = np.ones((2, count))
    for q, p in zip(q_values, p_values, strict=True):
        q[tested] = benjamini_hochberg(p[tested])
    return Controls(
        bank=bank.name,
        kernels=tuple(
            KernelControls(
                n,
                name,
                float(p_values[0, n]),
                float(q_values[0, n]),
                float(p_values[1, n]),
                float(q_values[1, n]),
                bool(q_values[1, n] <= LEVEL),
            )
            for n, name in enumerate(bank.names)
        ),
        counted=int(tested.sum()),
        shuffled=int((q_values[0] <= LEVEL).sum()),
        beyond=int((q_values[1] <= LEVEL).sum()),
        chance_median=float(np.quantile(chance, 0.5)),
        chance_q95=float(np.quantile(chance, 1 - LEVEL)),
        shuffles=shuffles,
        spectrum_samples=spectrum_samples,
    )


def _shuffled(rows: Array, size: tuple[int, int], best: Array, shuffles: int) -> Array:
    """The p-value of each shape's best among its own shuffles."""
    rng = np.random.default_rng(SEED)
    found = []
    for row, cosine in zip(rows.astype(np.float32), best, strict=True):
        shuffled = rng.permuted(np.tile(row, (shuffles, 1)), axis=1)
        # Some shuffles are the kernel itself, or turned: as near, whatever rounding says.
        found.append(at_least_share(_search(shuffled, *size), np.array([cosine - _EQUAL]))[0])
    return np.array(found)


def _spectrum(rows: Array, size: tuple[int, int], covariance: Array, samples: int) -> Array:
    """The largest |cosine| of Gaussian shapes with the mean energies of these, sorted."""
    centred = covariance - covariance.mean(axis=0)
    centred = centred - centred.mean(axis=1, keepdims=True)
    _, components = np.linalg.eigh(centred)
    rng = np.random.default_rng(SEED)
    strengths = _strengths(np.mean((rows @ components) ** 2, axis=0), rng)
    parts = []
    for start in range(0, samples, _AT_ONCE):
        drawn = rng.standard_normal((min(_AT_ONCE, samples - start), rows.shape[1]))
        made = (drawn * strengths) @ components.T
        made -= made.mean(axis=1, keepdims=True)
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        parts.append(_search(made.astype(np.float32), *size))
    return np.sort(np.concatenate(parts))


def _strengths(energies: Array, rng: np.random.Generator) -> Array:
    """√e for which Gaussian draws, brought to unit length, have these energies on the mean.

    The draws lose and gain by that: with the energies themselves the strong components would come
    out too weak, and a fifth of layers without more than such a spectrum would seem to have it.
    """
    squares = rng.standard_normal((_FITTED_ON, len(energies))) ** 2
    found = energies
    for _ in range(_FITTING_STEPS):
        drawn = squares * found
        means = np.mean(drawn / drawn.sum(axis=1, keepdims=True), axis=0)
        found = np.divide(found * energies, means, out=np.zeros_like(found), where=means > 0)
    return np.sqrt(found)


def _search(rows: Array, height: int, width: int) -> Array:
    """The largest |cosine| of each of the shapes over all families, sorted."""
    return np.sort(np.max(list(best_cosines(rows, height, width).values()), axis=0))
