"""Zero crossings against the rule as it is written, and the Laplacian of Gaussian's lines."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from ideal_pictures import (
    TURNS,
    blocks,
    disc,
    distance_to_line,
    pieces,
    regions,
    step_by_area,
    turned,
)

from filt.filters.correlation import correlate
from filt.filters.edges.zero_crossings import zero_crossings
from filt.filters.errors import InputError


def by_loops(response):
    """Every pair of neighbours, and every zero between two signs, in plain loops."""
    result = np.zeros_like(response)
    known = np.where(np.isfinite(response), response, 0)

    def mark(place, steepness):
        result[place] = max(result[place], steepness)

    for y, x in np.ndindex(*known.shape):
        for down, right in ((0, 1), (1, 0)):
            here, next_place = (y, x), (y + down, x + right)
            if next_place[0] < known.shape[0] and next_place[1] < known.shape[1]:
                a, b = known[here], known[next_place]
                if (a < 0 < b) or (b < 0 < a):
                    nearer = here if abs(a) < abs(b) or (abs(a) == abs(b) and a > 0) else next_place
                    mark(nearer, abs(a - b))
            before, after = (y - down, x - right), next_place
            inside = min(before) >= 0 and after[0] < known.shape[0] and after[1] < known.shape[1]
            if known[here] == 0 and inside:
                a, b = known[before], known[after]
                if (a < 0 < b) or (b < 0 < a):
                    mark(here, abs(a - b))
    return result


def laplacian(picture, sigma=2.0):
    return correlate(picture, f"laplacian-of-gaussian:sigma={sigma}")


@st.composite
def responses(draw):
    shape = (draw(st.integers(1, 9)), draw(st.integers(1, 9)))
    return draw(arrays(np.float64, shape, elements=st.integers(-3, 3).map(float)))


@settings(max_examples=150, deadline=None)
@given(response=responses())
def test_are_what_the_loops_find(response):
    before = response.copy()
    np.testing.assert_array_equal(zero_crossings(response), by_loops(response))
    np.testing.assert_array_equal(response, before)


@settings(max_examples=60, deadline=None)
@given(response=responses(), turn=st.sampled_from(TURNS))
def test_turn_with_the_picture(response, turn):
    straight = zero_crossings(response)
    np.testing.assert_array_equal(zero_crossings(turned(response, turn)), turned(straight, turn))


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ([4, 3, -1, -2], [0, 0, 4, 0]),
        ([4, 1, -3, -2], [0, 4, 0, 0]),
        ([2, -2], [4, 0]),
        ([-2, 2], [0, 4]),
        ([3, 0, -1], [0, 4, 0]),
        ([3, 0, 1], [0, 0, 0]),
        ([3, 0, 0, -1], [0, 0, 0, 0]),
        ([0, 0], [0, 0]),
        ([5], [0]),
        ([1, np.nan, -1], [0, 2, 0]),
    ],
)
def test_of_worked_rows(row, wanted):
    response = np.array([row], float)
    assert zero_crossings(response).tolist() == [wanted] or np.isnan(row).any()
    assert zero_crossings(response.T).T.tolist() == zero_crossings(response).tolist()


def test_nan_and_infinity_cross_nothing_themselves():
    for odd in (np.nan, np.inf, -np.inf):
        response = np.array([[1.0, 1.0, odd, 1.0, 1.0]])
        assert zero_crossings(response).max() == 0


def test_keep_the_dtype():
    assert zero_crossings(np.ones((2, 2), np.float32)).dtype == np.float32


@pytest.mark.parametrize("shape", [(3,), (2, 2, 3)])
def test_of_other_axes_are_refused(shape):
    with pytest.raises(InputError, match=r"response must be \(height, width\), got shape"):
        zero_crossings(np.zeros(shape))


class TestOfALaplacian:
    @pytest.mark.parametrize("angle", range(0, 360, 15))
    def test_are_one_line_along_a_step(self, angle):
        response = laplacian(step_by_area(angle, 48), 2.0)
        steep = zero_crossings(response)[9:-9, 9:-9]
        line = steep > 0.3 * steep.max()
        assert pieces(line) == 1
        assert blocks(line) == 0
        assert regions(line) == 2
        away = np.abs(distance_to_line(angle, 48, 0.2)[9:-9, 9:-9])
        assert away[line].max() < 0.8

    def test_take_the_dark_side_of_a_step_between_two_pixels(self):
        step = np.zeros((21, 20))
        step[:, 10:] = 1
        steep = zero_crossings(laplacian(step))
        line = np.flatnonzero(steep[10] > 0.5 * steep.max())
        assert line.tolist() == [9]

    def test_are_a_closed_line_around_a_disc(self):
        steep = zero_crossings(laplacian(disc(20)))
        line = steep > 0.5 * steep.max()
        assert pieces(line) == 1
        assert regions(line) == 2
        y, x = np.nonzero(line)
        radius = np.hypot(x - 40, y - 40).mean()
        # The Laplacian puts a convex edge outwards by about sigma²/(2·radius) of a pixel.
        assert radius == pytest.approx(20, abs=0.4)

    def test_are_as_steep_as_the_third_derivative_of_a_step_says(self):
        """Of a step seen at scale σ: its slope is 1/(√(2π)·σ³) a pixel, for σ far above a pixel."""
        response = laplacian(step_by_area(0, 80, 0.0), 5.0)
        steepest = zero_crossings(response)[40].max()
        assert steepest == pytest.approx(1 / (math.sqrt(2 * math.pi) * 5**3), rel=0.02)
