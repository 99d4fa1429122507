"""What matching finds: a kernel's match, a bank's, and what may be claimed of them."""

from __future__ import annotations

from dataclasses import dataclass

from .templates import LARGEST_SIDE

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
    kernel. smoothing: the r of the [1 r 1] along the edge of a 3×3 gradient: 1 in Prewitt's, 2 in
    Sobel's, 10/3 in Scharr's, which lie too near each other to call one by name (cosines of 0.94
    and more); None for all others. cosine: with the nearest template of the family, from 0 to 1;
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
    smoothing: float | None
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
    def summary(self) -> str:
        """What may be claimed, in a few sentences.

        >>> from ..kernel_bank import KernelBank
        >>> from .matching import match_bank
        >>> bank = KernelBank.from_names(["sobel-x", "laplacian"])
        >>> match_bank(bank).summary.splitlines()[0]
        '2 of 2 kernels are non-random.'
        """
        if not self.families:
            return f"Kernels of this size are not compared (1×1, or above {LARGEST_SIDE})."
        found = f"{self.non_random} of {self.counted} kernels are non-random"
        controls = []
        if self.untrained_non_random is not None:
            controls.append(f"{self.untrained_non_random} of them before training")
        if self.random_labels_non_random is not None:
            controls.append(f"{self.random_labels_non_random} when trained on random labels")
        lines = [f"{found}{''.join(f', {control}' for control in controls)}."]
        lines.append(
            f"Test: the largest |cosine| over {len(self.families)} families (chance: median"
            f" {self.chance_median:.2f}, 95% below {self.chance_q95:.2f}) against"
            f" {self.samples:,} untrained kernels (Glorot-uniform), false discoveries held at"
            f" {LEVEL:.0%} (Benjamini and Hochberg)."
        )
        lines.append(
            "Non-random means unlike untrained kernels, not that the task taught them: training"
            " on random labels gives non-random kernels too."
        )
        return "\n".join(lines)
