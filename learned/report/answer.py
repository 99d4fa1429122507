"""The answer in three sentences: what was found, whether it is Sobel, and what that does not prove.

Every sentence is made from the figures, and says no more than they do.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from ...filters.text import counted
from ..ablation.results import Ablation
from ..kernel_bank import KernelBank
from ..matching.matches import BankMatch
from .is_it_sobel import exact_sobels, is_it_sobel, listed

_WORDS = {
    "gradient": ("slope", "slopes"),
    "bar": ("bar", "bars"),
    "centre-surround": ("centre-surround", "centre-surrounds"),
    "saddle": ("saddle", "saddles"),
    "gabor": ("striped patch (Gabor)", "striped patches (Gabor)"),
}

_FLAGS = {
    "flat": "flat (all taps equal)",
    "faint": "faint (next to nothing beside the others)",
    "dead": "dead (no picture gets anything through the ReLU)",
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
    if not match.counted:
        return _untested(match)
    if not match.non_random:
        return _nothing(bank, match)
    return _something(bank, match, ablation)


def families_text(match: BankMatch, *, only_found: bool = True) -> str:
    """How many kernels are nearest to each family, in words.

    >>> from ..matching.matching import match_bank
    >>> families_text(match_bank(KernelBank.from_names(["sobel-x", "sobel-y", "laplacian"])))
    '2 slopes and 1 centre-surround'
    """
    chosen = [kernel for kernel in match.kernels if kernel.non_random or not only_found]
    counts = Counter(kernel.family for kernel in chosen if kernel.family)
    return listed([f"{n} {_WORDS[family][n > 1]}" for family, n in counts.most_common()])


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
    names = listed([f"{name} ({n})" if n > 1 else name for name, n in counts.most_common()])
    count, sobels = len(match.kernels), len(exact_sobels(match))
    kind = "Sobel" if sobels == count else "handcrafted"
    every = f"All {count} kernels are" if count > 1 else "The kernel is"
    yes = "yes" if sobels == count else f"yes for {sobels} of {count} kernels" if sobels else "no"
    return Answer(
        f"{f'These are {kind} kernels' if count > 1 else f'This is a {kind} kernel'}, tap for tap",
        (
            f"{every} handcrafted, tap for tap but for strength and sign: {names}.",
            f"So the answer to “is it Sobel?” is {yes}: this is no likeness but equality, and needs"
            " no statistics.",
            "The taps do not tell whether a network came to them or was given them.",
        ),
    )


def _untested(match: BankMatch) -> Answer:
    flags = Counter(kernel.flags[0] for kernel in match.kernels)
    reasons = [f"{n} {'is' if n == 1 else 'are'} {_FLAGS[flag]}" for flag, n in flags.items()]
    return Answer(
        "None of these kernels can be tested",
        (
            f"None of {counted(len(match.kernels), 'kernel')} can be tested: {listed(reasons)}.",
            f"So it is not shown that any of them is like Sobel.{_but_exact(match)}",
            "That is not to say that the network learned nothing: later layers may have.",
        ),
    )


def _nothing(bank: KernelBank, match: BankMatch) -> Answer:
    kept = ""
    if bank.untrained is not None:
        moved = np.median(moved_cosines(bank))
        kept = f" Their median cosine with themselves before training is {moved:z.2f}."
    typical = float(np.median([kernel.best for kernel in match.kernels if not kernel.flags]))
    is_one = match.counted == 1
    nearest = (
        f"It is nearest to something, as any kernel is: its cosine is {typical:.2f}"
        if is_one
        else f"Each is nearest to something, as any kernel is: the median cosine is {typical:.2f}"
    )
    return Answer(
        "Nothing learned that these kernels show",
        (
            f"Nothing here can be told from untrained kernels: {match.non_random} of"
            f" {counted(match.counted, 'kernel')} {'stands' if is_one else 'stand'} out from"
            f" {match.samples:,} that nobody trained{_left_out(match)}.{kept}",
            f"{nearest}, and chance alone gives {match.chance_median:.2f}. So it is not shown that"
            f" {'it' if is_one else 'any of them'} is like Sobel.{_but_exact(match)}",
            "That is not to say that the network learned nothing: later layers may have, and small"
            " changes of these kernels need not show.",
        ),
    )


def _something(bank: KernelBank, match: BankMatch, ablation: Ablation | None) -> Answer:
    control = ""
    if match.untrained_non_random is not None:
        control = f" ({match.untrained_non_random} before training)"
    (first, *_) = [kernel for kernel in match.kernels if kernel.non_random]
    nearest = (
        f"it is nearest to a {_WORDS[first.family][0]}"
        if match.non_random == 1
        else f"nearest to them are {families_text(match)}"
    )
    said = (
        f"{match.non_random} of {counted(match.counted, 'kernel')}"
        f" {'is' if match.non_random == 1 else 'are'} unlike untrained ones{control}: {nearest}"
        f"{_left_out(match)}."
    )
    sobel, headline = is_it_sobel(bank, match)
    return Answer(headline, (said, sobel, _not_proved(match, ablation)))


def _left_out(match: BankMatch) -> str:
    left = [flag for kernel in match.kernels for flag in kernel.flags[:1]]
    if not left:
        return ""
    why = " or ".join(dict.fromkeys(left))
    return f"; {len(left)} more {'is' if len(left) == 1 else 'are'} not tested, being {why}"


def _but_exact(match: BankMatch) -> str:
    exact = len(exact_sobels(match))
    if not exact:
        return ""
    return f" Yet {counted(exact, 'kernel')} {'is' if exact == 1 else 'are'} Sobel, tap for tap."


def _not_proved(match: BankMatch, ablation: Ablation | None) -> str:
    parts, though = [], ""
    labels = match.random_labels_non_random
    if labels:
        such = "such kernel" if labels == 1 else "such kernels"
        parts.append(f"training on labels without meaning gives {labels} {such} too")
    elif labels is not None:
        though = ", though training on labels without meaning gives none"
    if ablation is not None:
        against = {(c.better, c.than): c for c in ablation.contrasts}
        contrast = against.get(("learned", "frozen-handcrafted"))
        if contrast is not None:
            often = counted(ablation.epochs, "epoch")
            parts.append(
                f"in a short ablation ({often} of {ablation.pictures:,} pictures)"
                f" learned kernels against frozen handcrafted ones: {contrast.verdict}"
            )
    them, they = ("it", "it does") if match.non_random == 1 else ("them", "they do")
    said = f"That alone does not show that the task taught {them}{though}, nor that {they} better"
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
