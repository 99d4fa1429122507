"""The answer in three sentences: what was found, whether it is Sobel, and what that does not prove.

Every sentence is made from the figures, and says no more than they do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..ablation.results import Ablation
from ..kernel_bank import KernelBank
from ..matching.matches import BankMatch, KernelMatch

SOBEL_SIGMA = 0.85
"""The scale, in pixels, at which a sampled Gaussian derivative of 3×3 smooths as Sobel does."""

_FEW = 4
_WORDS = {
    "gradient": ("slope", "slopes"),
    "bar": ("bar", "bars"),
    "centre-surround": ("centre-surround", "centre-surrounds"),
    "saddle": ("saddle", "saddles"),
    "gabor": ("striped patch (Gabor)", "striped patches (Gabor)"),
}

_OPERATORS = {
    "central": "the central difference",
    "scharr": "Scharr",
    "sobel": "Sobel",
    "frei-chen": "Frei-Chen",
    "prewitt": "Prewitt",
}


@dataclass(frozen=True)
class Answer:
    """headline: a few words. sentences: three of them."""

    headline: str
    sentences: tuple[str, str, str]


def answer_of(bank: KernelBank, match: BankMatch, ablation: Ablation | None = None) -> Answer:
    """What may be said of a bank.

    >>> from ..matching.matching import match_bank
    >>> bank = KernelBank.from_names(["sobel-x", "sobel-y"])
    >>> answer_of(bank, match_bank(bank)).headline
    'These are Sobel kernels, tap for tap'
    """
    if not match.families:
        return _unmatched(match)
    if all(kernel.identical for kernel in match.kernels):
        return _handcrafted(match)
    if not match.non_random:
        return _nothing(bank, match)
    return _something(match, ablation)


def families_text(match: BankMatch, *, only_found: bool = True) -> str:
    """How many kernels are nearest to each family, in words.

    >>> from ..matching.matching import match_bank
    >>> families_text(match_bank(KernelBank.from_names(["sobel-x", "sobel-y", "laplacian"])))
    '2 slopes and 1 centre-surround'
    """
    chosen = [kernel for kernel in match.kernels if kernel.non_random or not only_found]
    counts = Counter(kernel.family for kernel in chosen if kernel.family)
    return _listed([f"{n} {_WORDS[family][n > 1]}" for family, n in counts.most_common()])


def _unmatched(match: BankMatch) -> Answer:
    return Answer(
        "These kernels are not compared",
        (
            match.summary,
            "A kernel of one tap has no shape, and for very large ones there are no templates.",
            "So nothing is said here of what they are like.",
        ),
    )


def _handcrafted(match: BankMatch) -> Answer:
    counts = Counter(kernel.identical for kernel in match.kernels)
    names = _listed([f"{name} ({n})" if n > 1 else name for name, n in counts.most_common()])
    all_sobel = all(name.startswith("sobel") for name in counts)
    kind = "Sobel" if all_sobel else "handcrafted"
    every = f"All {len(match.kernels)} kernels are" if len(match.kernels) > 1 else "The kernel is"
    return Answer(
        f"These are {kind} kernels, tap for tap",
        (
            f"{every} handcrafted, tap for tap but for strength and sign: {names}.",
            f"So the answer to “is it Sobel?” is {'yes' if all_sobel else 'read off their names'}:"
            " this is no likeness but equality, and needs no statistics.",
            "The taps do not tell whether a network came to them or was given them.",
        ),
    )


def _nothing(bank: KernelBank, match: BankMatch) -> Answer:
    kept = ""
    if bank.untrained is not None:
        moved = np.median(moved_cosines(bank))
        kept = f" Their median cosine with themselves before training is {moved:.2f}."
    typical = float(np.median([kernel.best for kernel in match.kernels]))
    return Answer(
        "Nothing learned that these kernels show",
        (
            f"Nothing here can be told from untrained kernels: {match.non_random} of"
            f" {_counted(match.counted)} stand out from {match.samples:,} that nobody"
            f" trained.{kept}",
            f"Each is nearest to something, as any kernel is: the median cosine is {typical:.2f},"
            f" and chance alone gives {match.chance_median:.2f}. So it is not shown that any of"
            " them is Sobel.",
            "That is not to say that the network learned nothing: later layers may have, and small"
            " changes of these kernels need not show.",
        ),
    )


def _something(match: BankMatch, ablation: Ablation | None) -> Answer:
    controls = []
    if match.untrained_non_random is not None:
        controls.append(f"{match.untrained_non_random} before training")
    first = (
        f"{match.non_random} of {_counted(match.counted)} are unlike untrained ones"
        f"{''.join(f' ({control})' for control in controls)}: nearest to them are"
        f" {families_text(match)}."
    )
    sobel, headline = _is_it_sobel(match)
    return Answer(headline, (first, sobel, _not_proved(match, ablation)))


def _is_it_sobel(match: BankMatch) -> tuple[str, str]:
    found = [kernel for kernel in match.kernels if kernel.non_random]
    exact = [kernel for kernel in found if kernel.identical.startswith("sobel")]
    if exact:
        said = f"{_counted(len(exact))} {'is' if len(exact) == 1 else 'are'} Sobel, tap for tap."
        return said, f"{len(exact)} of {len(match.kernels)} kernels are Sobel itself"
    slopes = [kernel for kernel in found if kernel.family == "gradient"]
    if not slopes:
        return (
            "None of them is a slope, so none is Sobel.",
            "Not Sobel: no kernel here is shown to be a slope",
        )
    tied = _ties(slopes)
    if tied:
        return (
            f"Is it Sobel? The slopes are of its kind, and no more can be said: {tied} can't be"
            " told apart at this size.",
            "Slopes, as Sobel is one; which one cannot be said",
        )
    sigmas = sorted(kernel.sigma for kernel in slopes if kernel.sigma is not None)
    size = f"{sigmas[0]:.2g}" + (f" to {sigmas[-1]:.2g}" if sigmas[-1] > sigmas[0] else "")
    cosines = sorted(kernel.cosine for kernel in slopes)
    kin = "all" if len(slopes) == len(found) else "most" if 2 * len(slopes) > len(found) else "some"
    return (
        f"Is it Sobel? None is: the slopes are like Gaussian derivatives of sigma {size} pixels"
        f" (cosines {cosines[0]:.2f} to {cosines[-1]:.2f}, 95% of chance below"
        f" {slopes[0].chance_q95:.2f}), in {_directions(slopes)}, where Sobel is one of"
        f" {SOBEL_SIGMA} pixels on 3×3 taps.",
        f"Not Sobel{'; some' if kin == 'some' else f', but its kind: {kin}'} are slopes",
    )


def _ties(slopes: list[KernelMatch]) -> str:
    """The operators between which 3×3 slopes lie, or nothing where none is named."""
    tied = {name for kernel in slopes for name in kernel.alike}
    return operators_text(tied)


def operators_text(names: Iterable[str]) -> str:
    """The names of operators as one writes them.

    >>> operators_text(["sobel", "scharr"])
    'Scharr and Sobel'
    """
    chosen = set(names)
    return _listed([words for name, words in _OPERATORS.items() if name in chosen])


def _directions(slopes: list[KernelMatch]) -> str:
    eighths = {round(kernel.theta / 45) % 8 for kernel in slopes if kernel.theta is not None}
    if len(eighths) >= _FEW + 2:
        return "all directions"
    return f"{len(eighths)} of eight directions" if len(eighths) > 1 else "one direction"


def _not_proved(match: BankMatch, ablation: Ablation | None) -> str:
    parts = []
    if match.random_labels_non_random is not None:
        parts.append(
            f"training on labels without meaning gives {match.random_labels_non_random} such"
            " kernels too"
        )
    if ablation is not None:
        against = {(c.better, c.than): c for c in ablation.contrasts}
        contrast = against.get(("learned", "frozen-handcrafted"))
        if contrast is not None:
            parts.append(
                f"in a short ablation ({ablation.epochs} epochs of {ablation.pictures:,} pictures)"
                f" learned kernels against frozen handcrafted ones: {contrast.verdict}"
            )
    said = "That alone does not show that the task taught them, nor that they do better"
    return f"{said}: {'; '.join(parts)}." if parts else f"{said} than handcrafted ones."


def moved_cosines(bank: KernelBank) -> list[float]:
    """The cosine of every kernel with itself before training; nothing where that is not known.

    >>> moved_cosines(KernelBank.from_names(["sobel-x"]))
    []
    """
    if bank.untrained is None:
        return []
    after, before = (
        kernels.reshape(-1, len(bank)).astype(np.float64)
        for kernels in (bank.kernels, bank.untrained)
    )
    lengths = np.linalg.norm(after, axis=0) * np.linalg.norm(before, axis=0)
    products = (after * before).sum(axis=0)
    cosines = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
    return [float(cosine) for cosine in cosines]


def _counted(count: int) -> str:
    return "1 kernel" if count == 1 else f"{count} kernels"


def _listed(parts: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))
