"""Pairs of passes: every height and width of a product, every length of the lines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import assert_close
from strip_oracles import BORDERS, numbers, strip_by_definition

from filt.filters.arrays import ONE_THREAD
from filt.filters.engine import passes
from filt.filters.engine.factors import Pair
from filt.filters.engine.passes import Passes
from filt.filters.engine.sides import Sides


def pair_of(down, along, seed=0):
    return Pair(numbers(down, np.float64, seed), numbers(along, np.float64, seed + 1))


@settings(max_examples=120, deadline=None)
@given(
    lines=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    beyond=st.tuples(st.integers(0, 20), st.integers(0, 20), st.sampled_from(BORDERS)),
    channels=st.sampled_from([(), (1,), (3,), (5,)]),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_one_pair(lines, shape, beyond, channels, dtype):
    (down, along), (height, width), (left, right, border) = lines, shape, beyond
    left += max(0, along - left - width - right)
    if down * along * height * (left + width + right) > 3e5:
        height = 1
    rows = numbers((down + height - 1, width, *channels), dtype)
    pair = pair_of(down, along)
    expected = strip_by_definition(rows, pair.product, left, right, border)
    way = Passes((pair,), np.dtype(dtype))
    result = way.correlate(rows, Sides(left, right, border))
    assert_close(result, expected, rows, pair.product)


@pytest.mark.parametrize("weight", [0.0, -3.5])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("into", [False, True])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_several_pairs_and_a_tap(weight, count, into, channels):
    several = tuple(pair_of(5, 7, 10 * number) for number in range(count))
    taps = sum(pair.product for pair in several)
    taps[3, 1] += weight
    rows, sides = numbers((40, 33, *channels)), Sides(2, 4, "wrap")
    expected = strip_by_definition(rows, taps, 2, 4, "wrap")
    out = np.full(expected.shape, np.nan, np.float32) if into else None
    way = Passes(several, np.dtype(np.float32), (3, 1), weight)
    result = way.correlate(rows, sides, out)
    assert result is out or not into
    assert_close(result, expected, rows, np.abs(taps) + sum(abs(p.product) for p in several))


@pytest.mark.parametrize("height", [1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 81, 128, 131])
@pytest.mark.parametrize("width", [1, 15, 16, 17, 33])
def test_heights_and_widths_about_those_of_a_product(height, width):
    pair = pair_of(3, 4)
    rows = numbers((height + 2, width + 3))
    expected = strip_by_definition(rows, pair.product)
    result = Passes((pair,), np.dtype(np.float32)).correlate(rows, Sides())
    assert_close(result, expected, rows, pair.product)


@pytest.mark.parametrize(("down", "along"), [(1, 1), (1, 200), (200, 1), (300, 2), (120, 130)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_long_lines(down, along, dtype):
    pair = pair_of(down, along)
    rows = numbers((down + 2, along + 1), dtype)
    expected = strip_by_definition(rows, pair.product)
    result = Passes((pair,), np.dtype(dtype)).correlate(rows, Sides())
    assert_close(result, expected, rows, pair.product)


def test_lines_too_long_for_a_product_on_one_thread():
    """A band that is by itself more than `ONE_THREAD` multiplications still works."""
    down = ONE_THREAD // 16
    pair = pair_of(down, 2)
    rows = numbers((down + 1, 5), np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(rows, (down, 2))
    expected = np.einsum("yxij,ij->yx", windows, pair.product)
    result = Passes((pair,), np.dtype(np.float64)).correlate(rows, Sides())
    assert_close(result, expected, rows, pair.product)


def test_an_impulse_gives_the_lines():
    """Laid on as they are: an impulse sees the taps from their far end."""
    column, row = np.array([1.0, 2.0, 4.0]), np.array([1.0, 10.0])
    rows = np.zeros((5, 4), np.float32)
    rows[2, 2] = 1
    result = Passes((Pair(column, row),), np.dtype(np.float32)).correlate(rows, Sides())
    assert result.tolist() == [[0, 40, 4], [0, 20, 2], [0, 10, 1]]


def test_what_lies_in_a_larger_array_is_all_that_is_written():
    pair = pair_of(3, 4)
    rows = numbers((43, 40))
    around = np.full((60, 37), 7, np.float32)
    Passes((pair,), np.dtype(np.float32)).correlate(rows, Sides(), around[9:50])
    assert (around[:9] == 7).all()
    assert (around[50:] == 7).all()
    assert_close(around[9:50], strip_by_definition(rows, pair.product), rows, pair.product)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_products_stay_small_enough_for_one_thread(dtype, monkeypatch):
    """BLAS takes all its threads for larger ones, and so would every strip."""
    largest = []

    def matmul(first, second, out):
        largest.append(first.shape[-2] * first.shape[-1] * second.shape[-1])
        return multiply(first, second, out=out)

    multiply = np.matmul
    monkeypatch.setattr(passes.np, "matmul", matmul)
    for down, along, width in ((3, 3, 3000), (31, 31, 700), (100, 5, 900), (5, 100, 900)):
        rows = numbers((down + 130, width, 3), dtype)
        Passes((pair_of(down, along),), np.dtype(dtype)).correlate(rows, Sides())
    assert max(largest) <= ONE_THREAD


def test_the_cost_grows_with_the_lines_and_the_pairs():
    dtype = np.dtype(np.float32)
    short, long = pair_of(3, 3), pair_of(30, 30)
    assert Passes((short,), dtype).cost < Passes((long,), dtype).cost
    assert Passes((short,), dtype).cost < Passes((short, short), dtype).cost
    assert Passes((short,), dtype).cost < Passes((short,), dtype, (1, 1), 2.0).cost


@pytest.mark.parametrize(
    ("count", "weight", "name"),
    [
        (1, 0.0, "two passes"),
        (1, 1.0, "two passes and a single tap"),
        (3, 0.0, "3 times two passes"),
    ],
)
def test_the_name_says_how_many(count, weight, name):
    way = Passes((pair_of(3, 3),) * count, np.dtype(np.float32), (0, 0), weight)
    assert way.name == name
