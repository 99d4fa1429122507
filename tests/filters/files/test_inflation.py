"""The length of deflated data, beside zlib, without their memory."""

from __future__ import annotations

import tracemalloc
import zlib
from itertools import pairwise

import numpy as np
import pytest
from bad_files import unpacking_to
from hypothesis import given, settings
from hypothesis import strategies as st

from filt.filters.files.inflation import MOST_EXPANSION, inflated_length


@pytest.mark.parametrize("count", [0, 1, 65_535, 65_536, 65_537, 1_000_000])
@pytest.mark.parametrize("part", [1, 7, 65_536, 10**9])
def test_any_parts(count, part):
    packed = zlib.compress(bytes(range(256)) * (count // 256) + bytes(count % 256))
    parts = [packed[start : start + part] for start in range(0, len(packed), part)]
    assert inflated_length(parts, count) == count
    assert inflated_length(map(memoryview, parts), 2 * count) == count


@pytest.mark.parametrize("cut", [1, 4, 20])
def test_damage(cut):
    packed = zlib.compress(bytes(range(256)) * 999)
    assert inflated_length([packed[:-cut]], 10**9) == -1
    assert inflated_length([packed[:-1] + bytes([packed[-1] ^ 1])], 10**9) == -1
    assert inflated_length([], 9) == -1


def test_more_than_there_may_be_is_not_looked_at():
    packed = unpacking_to(1 << 30)
    tracemalloc.start()
    length = inflated_length([packed], 1 << 24)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert length == -1 or length > 1 << 24
    assert peak < 1 << 20


def test_nothing_expands_more():
    packed = zlib.compress(bytes(1 << 26), 9)
    assert len(packed) >= (1 << 26) / MOST_EXPANSION


@settings(max_examples=60, deadline=None)
@given(
    st.integers(65_000, 140_000),
    st.integers(0, 300),
    st.sampled_from([1, 6, 9]),
    st.lists(st.integers(0, 4000), max_size=4),
    st.integers(-2, 2),
)
def test_whatever_is_packed_however_it_is_cut(zeros, noise, level, cuts, beyond):
    """Around where one piece of output ends and the next begins."""
    content = np.random.default_rng(noise).bytes(noise) + bytes(zeros) + b"end"
    packed = zlib.compress(content, level)
    places = [0, *sorted(min(cut, len(packed)) for cut in cuts), len(packed)]
    parts = [packed[start:end] for start, end in pairwise(places)]
    most = len(content) + beyond
    if beyond >= 0:
        assert inflated_length(parts, most) == len(content)
    else:  # more than was asked about: it may be told, or not be looked at
        assert inflated_length(parts, most) in (-1, len(content))
    assert inflated_length([*parts[:-1], parts[-1][:-1]], 10**6) == -1 or not parts[-1]
