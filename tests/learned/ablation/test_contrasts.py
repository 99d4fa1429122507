"""Differences between arms: numbers worked by hand, SciPy's tests, and the words for them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from filt.filters.errors import InputError
from filt.learned.ablation.contrasts import (
    CONTRASTS,
    contrast,
    contrasts,
    margin_in_points,
    reading,
)
from filt.learned.ablation.results import ARMS, Arm

SCORES = st.lists(
    st.tuples(*[st.integers(0, 1000).map(lambda n: n / 1000)] * 2), min_size=2, max_size=9
)


def pair(differences, than=0.5):
    base = [than + 0.01 * n for n in range(len(differences))]
    scores = tuple(b + d for b, d in zip(base, differences, strict=True))
    return Arm("learned", scores), Arm("frozen-handcrafted", tuple(base))


def test_by_hand():
    """Differences of 1, 2 and 3 points: mean 2, deviation 1, standard error 1/√3.

    With 2 degrees of freedom t is 4.30265 at 97.5% and 2.91999 at 95% (printed tables).
    """
    made = contrast(*pair([0.01, 0.02, 0.03]), margin=0.04)
    assert made.mean == pytest.approx(0.02)
    assert made.low == pytest.approx(0.02 - 4.30265 * 0.01 / 3**0.5, abs=1e-7)
    assert made.high == pytest.approx(0.02 + 4.30265 * 0.01 / 3**0.5, abs=1e-7)
    # The 90% interval ends at 2 + 2.91999/√3 = 3.686 points.
    assert made.equivalent
    assert not contrast(*pair([0.01, 0.02, 0.03]), margin=0.0368).equivalent
    assert contrast(*pair([0.01, 0.02, 0.03]), margin=0.0369).equivalent


@given(SCORES, st.sampled_from([0.001, 0.01, 0.1, 0.5]))
def test_it_is_what_scipy_says(scores, margin):
    first, second = zip(*scores, strict=True)
    made = contrast(Arm("learned", first), Arm("frozen-random", second), margin)
    differences = np.subtract(first, second)
    if np.ptp(differences) < 1e-9:
        assert made.low == pytest.approx(made.high, abs=1e-9)
        return
    interval = stats.ttest_rel(first, second).confidence_interval(0.95)
    np.testing.assert_allclose((made.low, made.high), interval, rtol=1e-7, atol=1e-12)
    above = stats.ttest_1samp(differences, -margin, alternative="greater").pvalue
    below = stats.ttest_1samp(differences, margin, alternative="less").pvalue
    if abs(max(above, below) - 0.05) > 1e-9:
        assert made.equivalent == (max(above, below) < 0.05)


@given(SCORES)
def test_asked_the_other_way_it_says_the_opposite(scores):
    first, second = zip(*scores, strict=True)
    one = contrast(Arm("a", first), Arm("b", second))
    other = contrast(Arm("b", second), Arm("a", first))
    assert (one.mean, one.low, one.high) == (-other.mean, -other.high, -other.low)
    assert one.equivalent == other.equivalent
    opposite = {"better": "worse", "worse": "better"}
    direction, *rest = other.verdict.partition(",")
    assert one.verdict == "".join([opposite.get(direction, direction), *rest])


@pytest.mark.parametrize(
    ("differences", "margin", "verdict", "said"),
    [
        ([0.03, 0.04, 0.05], 0.01, "better", "Learned kernels did better than frozen"),
        ([-0.03, -0.04, -0.05], 0.01, "worse", "Learned kernels did worse than frozen"),
        (
            [0.002, 0.0021, 0.0022], 0.01, "better, within ±1 point",
            "by 0.21 points (95% interval 0.19 to 0.23), which is within ±1 point.",
        ),
        (
            [-0.002, -0.0021, -0.0022], 0.005, "worse, within ±0.5 points",
            "did worse than frozen handcrafted ones, by 0.21 points (95% interval 0.19 to 0.23)",
        ),
        (
            [0.001, -0.001, 0.0], 0.01, "equivalent within ±1 point",
            "Learned kernels and frozen handcrafted ones did equally well within ±1 point",
        ),
        (
            [0.05, -0.06, 0.02], 0.01, "no difference shown",
            "No difference was shown between learned kernels and frozen handcrafted ones: +0.33",
        ),
        ([0.0, 0.0, 0.0], 0.01, "equivalent within ±1 point", "+0.00 points"),
    ],
)  # fmt: skip
def test_no_more_is_said_than_the_figures_show(differences, margin, verdict, said):
    first, second = pair(differences)
    if not any(differences):
        first = Arm("learned", second.scores)
    made = contrast(first, second, margin)
    assert made.verdict == verdict
    assert said in reading([made])


def test_all_contrasts_and_three_sentences():
    arms = [Arm(name, (0.5 + n / 10, 0.6 + n / 9, 0.7)) for n, name in enumerate(ARMS)]
    made = contrasts(arms)
    assert [(one.better, one.than) for one in made] == list(CONTRASTS)
    text = reading(made)
    assert text.count(". ") == 2
    assert text.endswith(").")
    assert contrasts(arms[:1]) == ()
    assert reading([]) == ""


@pytest.mark.parametrize(
    ("margin", "said"), [(0.01, "±1 point"), (0.02, "±2 points"), (0.005, "±0.5 points")]
)
def test_margins_in_points(margin, said):
    assert margin_in_points(margin) == said


@pytest.mark.parametrize(
    ("first", "second", "margin", "said"),
    [
        ((0.5,), (0.5,), 0.01, "at least 2, got 1 and 1"),
        ((0.5, 0.6), (0.5, 0.6, 0.7), 0.01, "the same seeds in both arms"),
        ((0.5, 0.6), (0.5, 0.6), 0.0, "margin must be greater than 0"),
        ((0.5, 0.6), (0.5, 0.6), float("nan"), "margin must be finite"),
    ],
)
def test_what_is_refused(first, second, margin, said):
    with pytest.raises(InputError, match=said):
        contrast(Arm("a", first), Arm("b", second), margin)
