"""Is it Sobel? The sentence that says so, and the headline that follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...filters.text import counted
from ..kernel_bank import KernelBank
from ..matching.matches import BankMatch, KernelMatch

SOBEL_SIGMA = 0.85
"""The scale, in pixels, at which a sampled Gaussian derivative of 3×3 smooths as Sobel does."""

_SOBEL = "sobel"
_SOBEL_SIDE = 3
_FINE = 1.0
"""Templates come in half octaves: one below this is Sobel's own, or finer."""

_OPERATORS = {
    "central": "the central difference",
    "scharr": "Scharr",
    "sobel": "Sobel",
    "frei-chen": "Frei-Chen",
    "prewitt": "Prewitt",
}


def is_it_sobel(bank: KernelBank, match: BankMatch) -> tuple[str, str]:
    """A sentence and a headline on the kernels of a bank that are non-random.

    >>> from ..matching.matching import match_bank
    >>> bank = KernelBank.from_names(["sobel-x", "line-v"])
    >>> is_it_sobel(bank, match_bank(bank))
    ('1 kernel is Sobel, tap for tap.', '1 of 2 kernels is Sobel itself')
    """
    exact = exact_sobels(match)
    slopes = [one for one in match.kernels if one.non_random and one.family == "gradient"]
    if exact:
        are = "is" if len(exact) == 1 else "are"
        more = sum(one not in exact for one in slopes)
        also = f"; {more} more {'is a slope' if more == 1 else 'are slopes'}" if more else ""
        return (
            f"{counted(len(exact), 'kernel')} {are} Sobel, tap for tap{also}.",
            f"{len(exact)} of {counted(len(match.kernels), 'kernel')} {are} Sobel itself",
        )
    if not slopes:
        return (
            "None of them is a slope, so none is Sobel.",
            "Not Sobel: no kernel here is shown to be a slope",
        )
    if all(one.alike for one in slopes):
        return _by_operator(slopes, match)
    return _by_scale(slopes, match, bank.kernels.shape[:2])


def exact_sobels(match: BankMatch) -> list[KernelMatch]:
    """The kernels that are Sobel tap for tap, but for strength and sign."""
    return [kernel for kernel in match.kernels if kernel.identical.startswith(_SOBEL)]


def _by_operator(slopes: Sequence[KernelMatch], match: BankMatch) -> tuple[str, str]:
    """Of 3×3 slopes, each of which lies near some operators."""
    near = [one for one in slopes if _SOBEL in one.alike]
    far = [one for one in slopes if _SOBEL not in one.alike]
    others = operators_text(name for one in near for name in one.alike if name != _SOBEL)
    named = operators_text(name for one in far for name in one.alike)
    if not near:
        said = "the slope is" if len(far) == 1 else "the slopes are"
        return f"Is it Sobel? No: {said} nearer to {named}.", _not_sobel(slopes, match)
    if far:
        return (
            f"Is it Sobel? {len(near)} of the {len(slopes)} slopes could be, or as well"
            f" {' or '.join(others.rsplit(' and ', 1))}; the other"
            f" {f'{len(far)} are' if len(far) > 1 else 'is'} nearer to {named}.",
            _as_sobel(near, match),
        )
    said = "The slope is" if len(near) == 1 else "The slopes are"
    if len({frozenset(one.alike) for one in near}) == 1:
        tied = f"{operators_text(near[0].alike)} can't be told apart at this size"
    else:
        tied = f"each could be Sobel, and as well one or more of {others}"
    return f"Is it Sobel? {said} of its kind, and no more can be said: {tied}.", _as_sobel(
        near, match
    )


def _by_scale(
    slopes: Sequence[KernelMatch], match: BankMatch, size: tuple[int, ...]
) -> tuple[str, str]:
    """Of slopes of other sizes, which are told from Sobel by how far they smooth."""
    sigmas = [one.sigma for one in slopes if one.sigma is not None]
    is_one = len(slopes) == 1
    are = "the slope is like a Gaussian derivative" if is_one else "the slopes are like Gaussian"
    like = (
        f"{are}{'' if is_one else ' derivatives'} of sigma {_span(sigmas, '.2g')} pixels"
        f" ({'cosine' if is_one else 'cosines'} {_span([one.cosine for one in slopes], '.2f')}, 95%"
        f" of chance below {slopes[0].chance_q95:.2f}){_directions(slopes)}"
    )
    if min(size) < _SOBEL_SIDE:
        return (
            f"Is it Sobel? {'It is not' if is_one else 'None is'}: {like}, and Sobel does not fit"
            f" on {size[0]}×{size[1]} taps.",
            _not_sobel(slopes, match),
        )
    where = f"where Sobel is one of {SOBEL_SIGMA} pixels on 3×3 taps"
    fine = [one for one in slopes if one.sigma is not None and one.sigma < _FINE]
    if not fine:
        return (
            f"Is it Sobel? {'It is not' if is_one else 'None is'}: {like}, {where}.",
            _not_sobel(slopes, match),
        )
    which = "it is" if is_one else f"{len(fine)} of them {'is' if len(fine) == 1 else 'are'}"
    return f"Is it Sobel? Not tap for tap, but {which} as fine: {like}, {where}.", _as_sobel(
        fine, match
    )


def _not_sobel(slopes: Sequence[KernelMatch], match: BankMatch) -> str:
    count, of = len(slopes), len(match.kernels)
    if count == of:
        return f"Not Sobel, but its kind: {'all are slopes' if of > 1 else 'a slope'}"
    if 2 * count > of:
        return "Not Sobel, but its kind: most are slopes"
    if count == 1:
        return f"Not Sobel; 1 of {of} kernels is a slope"
    return "Not Sobel; some are slopes"


def _as_sobel(slopes: Sequence[KernelMatch], match: BankMatch) -> str:
    count, of = len(slopes), len(match.kernels)
    if of == 1:
        said = "A slope"
    elif count == of:
        said = "Slopes"
    else:
        said = f"{count} of {of} kernels {'is a slope' if count == 1 else 'are slopes'}"
    return f"{said}, as Sobel is one; which one cannot be said"


def operators_text(names: Iterable[str]) -> str:
    """The names of operators as one writes them.

    >>> operators_text(["sobel", "scharr"])
    'Scharr and Sobel'
    """
    chosen = set(names)
    return listed([words for name, words in _OPERATORS.items() if name in chosen])


def _directions(slopes: Sequence[KernelMatch]) -> str:
    eighths = {round(kernel.theta / 45) % 8 for kernel in slopes if kernel.theta is not None}
    if len(slopes) == 1 or not eighths:
        return ""
    if len(eighths) == 8:
        return ", in all directions"
    return f", in {len(eighths)} of eight directions" if len(eighths) > 1 else ", in one direction"


def _span(values: Iterable[float], form: str) -> str:
    """From the smallest to the largest, or one number where they print alike."""
    ordered = sorted(values)
    ends = dict.fromkeys(format(end, form) for end in (ordered[0], ordered[-1]))
    return " to ".join(ends)


def listed(parts: Sequence[str]) -> str:
    """A list as one writes it.

    >>> listed(["a", "b", "c"]), listed(["a"]), listed([])
    ('a, b and c', 'a', '')
    """
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))
