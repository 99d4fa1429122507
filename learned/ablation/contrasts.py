"""Differences between arms, paired by seed: their interval, equivalence, and what may be said."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...filters.arrays import Array, positive
from ...filters.errors import InputError
from ...filters.text import counted
from .results import Arm, Contrast

CONTRASTS = (
    ("learned", "frozen-handcrafted"),
    ("learned", "frozen-random"),
    ("handcrafted-then-trained", "learned"),
    ("frozen-handcrafted", "frozen-random"),
)
"""What is asked: whether the first arm is better than the second."""

_KINDS = {
    "learned": "learned",
    "frozen-random": "frozen random",
    "frozen-handcrafted": "frozen handcrafted",
    "handcrafted-then-trained": "handcrafted, then trained",
}
_ERROR = 0.05


def contrast(better: Arm, than: Arm, margin: float = 0.01) -> Contrast:
    """The mean of better minus than over seeds, with its 95% t interval and what it shows.

    Scores number k of both arms are of one seed, which is all that they share: the differences
    are what varies. Equivalent: both one-sided t tests reject, at 5% each, that the difference is
    -margin or less, and margin or more; that is, the 90% interval lies inside ±margin. One
    contrast is held at these levels, not several together.
    Raises InputError for fewer than 2 seeds, different numbers of them, and a margin that is not
    above 0.
    Source: W. S. Gosset ("Student"), 1908; two one-sided tests: D. J. Schuirmann, 1987.

    >>> contrast(Arm("learned", (0.75, 0.875)), Arm("frozen-random", (0.5, 0.625))).verdict
    'better'
    """
    if len(better.scores) != len(than.scores) or len(better.scores) < 2:
        raise InputError(
            "contrasts need the same seeds in both arms, at least 2,"
            f" got {len(better.scores)} and {len(than.scores)}"
        )
    positive(margin, "margin")
    differences = np.subtract(better.scores, than.scores)
    mean = float(differences.mean())
    reach = _t(1 - _ERROR / 2, len(differences)) * _standard_error(differences)
    inside = _t(1 - _ERROR, len(differences)) * _standard_error(differences)
    low, high = mean - reach, mean + reach
    equivalent = -margin < mean - inside and mean + inside < margin
    return Contrast(
        better.name, than.name, mean, low, high, margin, equivalent,
        _verdict(low, high, margin, equivalent),
    )  # fmt: skip


def contrasts(arms: Sequence[Arm], margin: float = 0.01) -> tuple[Contrast, ...]:
    """Every contrast of `CONTRASTS` both of whose arms are there.

    >>> arms = [Arm(name, (0.5, 0.5)) for name in ("learned", "frozen-random")]
    >>> [made.verdict for made in contrasts(arms)]
    ['equivalent within ±1 point']
    """
    named = {arm.name: arm for arm in arms}
    return tuple(
        contrast(named[better], named[than], margin)
        for better, than in CONTRASTS
        if better in named and than in named
    )


def reading(made: Sequence[Contrast]) -> str:
    """Contrasts in two or three sentences; a point is a hundredth of the score's full scale.

    >>> print(reading([contrast(Arm("learned", (0.5, 0.7)), Arm("frozen-random", (0.6, 0.5)))]))
    No difference was shown between learned kernels and frozen random ones: \
+5.00 points (95% interval -185.59 to 195.59).
    """
    said = [_said(one) for one in made]
    # The last two, neither of which is the first question, share a sentence.
    sentences = [*said[:2], "; ".join(said[2:])]
    return " ".join(f"{text[0].upper()}{text[1:]}." for text in sentences if text)


def movement(cosine: float, epochs: int, pictures: int) -> str:
    """How far learned kernels came from their start, in a sentence; cosine: the median with it.

    >>> movement(0.5, 1, 20)
    'Learned kernels kept a median cosine of 0.50 with their start, over 1 epoch of 20 pictures.'
    """
    return (
        f"Learned kernels kept a median cosine of {cosine:.2f} with their start,"
        f" over {counted(epochs, 'epoch')} of {pictures} pictures."
    )


def margin_in_points(margin: float) -> str:
    """A margin in points, hundredths of the score's full scale.

    >>> margin_in_points(0.01), margin_in_points(0.005)
    ('±1 point', '±0.5 points')
    """
    text = f"{100 * margin:g}"
    return f"±{text} point{'' if text == '1' else 's'}"


def _verdict(low: float, high: float, margin: float, equivalent: bool) -> str:
    within = f"within {margin_in_points(margin)}"
    if low > 0 or high < 0:
        direction = "better" if low > 0 else "worse"
        return f"{direction}, {within}" if equivalent else direction
    return f"equivalent {within}" if equivalent else "no difference shown"


def _said(made: Contrast) -> str:
    first, second = _KINDS.get(made.better, made.better), _KINDS.get(made.than, made.than)
    within = f"within {margin_in_points(made.margin)}"
    if made.low > 0 or made.high < 0:
        sign = 1 if made.low > 0 else -1
        low, high = sorted((sign * made.low, sign * made.high))
        return (
            f"{first} kernels did {'better' if sign > 0 else 'worse'} than {second} ones,"
            f" by {100 * abs(made.mean):.2f} points (95% interval {100 * low:.2f} to"
            f" {100 * high:.2f}){f', which is {within}' if made.equivalent else ''}"
        )
    found = f"{100 * made.mean:+.2f} points (95% interval {100 * made.low:.2f} to" + (
        f" {100 * made.high:.2f})"
    )
    if made.equivalent:
        return f"{first} kernels and {second} ones did equally well {within}: {found}"
    return f"no difference was shown between {first} kernels and {second} ones: {found}"


def _standard_error(differences: Array) -> float:
    return float(differences.std(ddof=1)) / math.sqrt(len(differences))


def _t(share: float, count: int) -> float:
    """Below this stays that share of Student's t with count - 1 degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(count - 1, share))
