"""The F of soft maps: by hand, and as plain loops over pixels count it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filt.filters.errors import InputError
from filt.learned.ablation.scores import best_f


def f_by_loops(softs, truths, tolerance):
    """At each threshold, every pixel looks around itself."""
    best = 0.0
    for threshold in [n / 100 for n in range(1, 100)]:
        found = softs >= threshold
        right = sum(near(truths, place, tolerance) for place in np.argwhere(found))
        seen = sum(near(found, place, tolerance) for place in np.argwhere(truths))
        if right and seen:
            precision, recall = right / found.sum(), seen / truths.sum()
            best = max(best, 2 * precision * recall / (precision + recall))
    return best


def near(marks, place, tolerance):
    number, row, column = place
    rows = slice(max(0, row - tolerance), row + tolerance + 1)
    columns = slice(max(0, column - tolerance), column + tolerance + 1)
    return bool(marks[number, rows, columns].any())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 2))
def test_it_is_what_loops_count(seed, tolerance):
    random = np.random.default_rng(seed)
    # Hundredths, as the thresholds are, so that being equal to one happens.
    softs = (random.integers(0, 101, (2, 6, 9)) / 100) ** 2
    softs = (np.round(softs, 2) * (random.random(softs.shape) < 0.4)).astype(np.float64)
    truths = random.random(softs.shape) < 0.2
    truths[0, 0, 0] = True
    assert best_f(softs, truths, tolerance) == pytest.approx(f_by_loops(softs, truths, tolerance))


def test_by_hand():
    """Ten true pixels; seven found one beside the line, and three far away that are weaker."""
    truths = np.zeros((1, 10, 9), np.bool_)
    truths[0, :, 3] = True
    softs = np.zeros(truths.shape, np.float32)
    softs[0, :7, 4] = 0.8
    softs[0, 7:, 8] = 0.5
    # At 0.8 all 7 are right, and rows 0 to 7 are seen: F of 1 and 8/10.
    assert best_f(softs, truths, 1) == pytest.approx(2 * 0.8 / 1.8)
    assert best_f(softs, truths, 0) == 0
    # With 5 columns of tolerance those of 0.5 are right too, and all is seen.
    assert best_f(softs, truths, 5) == 1


def test_pixels_of_all_pictures_count_together():
    truths = np.zeros((2, 4, 4), np.bool_)
    truths[0, 0] = True
    truths[1, 0, 0] = True
    softs = np.zeros((2, 4, 4))
    softs[0, 0] = 0.9
    # 4 of 5 true pixels found, none wrongly; a mean over pictures would be 1/2.
    assert best_f(softs, truths, 0) == pytest.approx(2 * 0.8 / 1.8)


def test_what_is_refused():
    with pytest.raises(InputError, match="a true edge, got none"):
        best_f(np.zeros((1, 3, 3)), np.zeros((1, 3, 3), np.bool_))
    with pytest.raises(InputError, match=r"\(n, height, width\)"):
        best_f(np.zeros((3, 3)), np.zeros((3, 3), np.bool_))
    with pytest.raises(InputError, match=r"\(n, height, width\)"):
        best_f(np.zeros((1, 3, 3)), np.ones((1, 3, 4), np.bool_))
