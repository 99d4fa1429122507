"""What matching finds: a kernel's match, a bank's, and what may be claimed of them."""

from __future__ import annotations

from dataclasses import dataclass

from ...filters.errors import InputError
from ..kernel_bank import KernelBank
from .templates import LARGEST_SIDE

_LISTED = 8

LEVEL = 0.05
"""The rate of false discoveries that `non_random` allows, and the tail that "chance" leaves out."""


@dataclass(frozen=True)
class FamilyMatch:
    """A kernel's best |cosine| with one family, what chance gives there, and the p-value.

    chance_median, chance_q95: half, and 95%, of untrained kernels come no nearer to this family.
    """

    family: str
    cosine: float
    p: float
    chance_median: float
    chance_q95: float


@dataclass(frozen=True)
class KernelMatch:
    """What one kernel is like.

    family: the family in which it would surprise most in an untrained kernel; "" for a flat
    kernel. alike: the gradient operators that a 3×3 gradient cannot be told from, the nearest
    first: their cosines are within 0.03 of the best. smoothing: the r of the [1 r 1] along the
    edge of a 3×3 gradient: 1 in Prewitt's, 2 in Sobel's, 10/3 in Scharr's; None for all others.
    identical: the handcrafted kernel that the taps are, sum and all, but for their strength and
    sign, else "" (see `identical`); identical_sign: 1, or -1 where they are its negative.
    cosine: with the nearest template of the family, from 0 to 1;
    sign: 1, or -1 for its negative. theta: degrees, 0 to the right and 90 downwards: where a
    gradient gets brighter, or across a bar or stripes. sigma: of that template, in pixels.
    chance_median, chance_q95: of the family, see `FamilyMatch`. untrained: the |cosine| of the
    same kernel before training with the same family, None where the bank does not keep it.
    best: the largest |cosine| over all families; p: the share of untrained kernels that come as
    near to anything; q: that after Benjamini and Hochberg over all kernels; non_random: q ≤ 0.05.
    family_p: as p, for the family's own p-value and the choice among the families.
    direction, selectivity, frequency: see `Tuning`; direction is None where 95% of untrained
    kernels choose one no less. sum: of all taps. dc_share, separability: see `Shapes`.
    flags: "flat" (no shape), "faint" (next to nothing beside the others) and "dead" (no picture
    between black and white gets anything through its ReLU).
    families: the match with every family, the plainest first.
    """

    index: int
    name: str
    family: str
    alike: tuple[str, ...]
    smoothing: float | None
    identical: str
    identical_sign: int
    cosine: float
    sign: int
    theta: float | None
    sigma: float | None
    chance_median: float
    chance_q95: float
    untrained: float | None
    best: float
    p: float
    q: float
    non_random: bool
    family_p: float
    direction: float | None
    selectivity: float
    frequency: float
    sum: float
    dc_share: float
    separability: float
    flags: tuple[str, ...]
    families: tuple[FamilyMatch, ...]


@dataclass(frozen=True)
class BankMatch:
    """What the kernels of a bank are like, and what the same search finds without training.

    counted: how many kernels were tested: not those with flags. non_random: how many of them are
    found. untrained_non_random, random_labels_non_random: as many of the same bank before
    training, and trained on labels without meaning; None where the bank does not keep them.
    chance_median, chance_q95: of the largest |cosine| over all families. samples: how many
    untrained kernels make the null. families: the names, with how many templates (or pairs that
    stand for all directions) each has.
    """

    bank: str
    kernels: tuple[KernelMatch, ...]
    counted: int
    non_random: int
    untrained_non_random: int | None
    random_labels_non_random: int | None
    chance_median: float
    chance_q95: float
    samples: int
    families: tuple[tuple[str, int], ...]

    @property
    def identical(self) -> tuple[str, ...]:
        """The handcrafted kernels that kernels of the bank are, `-` before a negative, each once.

        >>> from ..kernel_bank import KernelBank
        >>> from .matching import match_bank
        >>> match_bank(KernelBank.from_names(["sobel-x", "robinson-w", "sobel-x"])).identical
        ('sobel-x', '-sobel-x')
        """
        named = [
            f"{'-' * (one.identical_sign < 0)}{one.identical}"
            for one in self.kernels
            if one.identical
        ]
        return tuple(dict.fromkeys(named))

    @property
    def summary(self) -> str:
        """What may be claimed, in a few sentences, each on its line.

        >>> from ..kernel_bank import KernelBank
        >>> from .matching import match_bank
        >>> bank = KernelBank.from_names(["sobel-x", "laplacian"])
        >>> for line in match_bank(bank).summary.splitlines()[:2]:
        ...     print(line)
        2 of 2 kernels are handcrafted ones, but for their strength: sobel-x, laplacian4.
        2 of 2 kernels are non-random.
        """
        if not self.families:
            return f"Kernels of this size are not compared (1×1, or above {LARGEST_SIDE})."
        return "\n".join(filter(None, [self._by_hand, *self._tested, self._meaning]))

    @property
    def _by_hand(self) -> str:
        if not self.identical:
            return ""
        equal = sum(bool(kernel.identical) for kernel in self.kernels)
        names = ", ".join(self.identical[:_LISTED])
        more = len(self.identical) - _LISTED
        return (
            f"{equal} of {len(self.kernels)} kernels are handcrafted ones, but for their strength:"
            f" {names}{f' and {more} more' if more > 0 else ''}."
        )

    @property
    def _tested(self) -> tuple[str, ...]:
        if not self.counted:
            return (f"None of the {len(self.kernels)} kernels is tested: flat, faint or dead.",)
        found = f"{self.non_random} of {self.counted} kernels are non-random"
        controls = []
        if self.untrained_non_random is not None:
            controls.append(f"{self.untrained_non_random} of them before training")
        if self.random_labels_non_random is not None:
            controls.append(f"{self.random_labels_non_random} when trained on random labels")
        return (
            f"{found}{''.join(f', {control}' for control in controls)}.",
            f"Test: the largest |cosine| over {len(self.families)} families (chance: median"
            f" {self.chance_median:.2f}, 95% below {self.chance_q95:.2f}) against"
            f" {self.samples:,} untrained kernels (Glorot-uniform), false discoveries held at"
            f" {LEVEL:.0%} (Benjamini and Hochberg): of untrained layers, one in twenty has any.",
        )

    @property
    def _meaning(self) -> str:
        if all(kernel.identical for kernel in self.kernels):
            return "Taps that equal handcrafted ones are set by hand, not learned."
        if not self.counted:
            return ""
        if not self.non_random:
            return "So nothing here tells these kernels from untrained ones."
        said = "Non-random means unlike untrained kernels, not that the task taught them"
        if self.random_labels_non_random is None:
            return f"{said}: training on random labels gives non-random kernels too."
        if self.random_labels_non_random:
            return f"{said}: training on random labels gave non-random kernels too."
        return f"{said}, though training on random labels gave none."


def check_match(match: BankMatch, bank: KernelBank) -> None:
    """Raises InputError where `match` is not of this bank: other kernels, by name and number."""
    if match.bank != bank.name or tuple(kernel.name for kernel in match.kernels) != bank.names:
        raise InputError(f"match must be of {bank.title}, got that of {match.bank}")
