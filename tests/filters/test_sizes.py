"""Size arithmetic against windows counted one by one, and against the numbers of the notes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filt.filters.errors import InputError
from filt.filters.sizes import (
    MODES,
    divides,
    output_size,
    output_size_for,
    padding_for,
    parameter_count,
    reach,
    receptive_field,
)


def counted_windows(length: int, taps: int, stride: int, padding: int, dilation: int) -> list[int]:
    """Where windows start, found by trying every position."""
    starts = []
    start = -padding
    while start + (taps - 1) * dilation <= length + padding - 1:
        starts.append(start)
        start += stride
    return starts


@given(
    length=st.integers(1, 40),
    taps=st.integers(1, 9),
    stride=st.integers(1, 5),
    padding=st.integers(0, 4),
    dilation=st.integers(1, 3),
)
def test_output_size_counts_windows(length, taps, stride, padding, dilation):
    starts = counted_windows(length, taps, stride, padding, dilation)
    if not starts:
        with pytest.raises(InputError, match="does not fit"):
            output_size(length, taps, stride, padding, dilation)
        return
    assert output_size(length, taps, stride, padding, dilation) == len(starts)
    last_pixel = starts[-1] + (taps - 1) * dilation
    assert divides(length, taps, stride, padding, dilation) == (last_pixel == length + padding - 1)


def test_o_equals_h_minus_k_plus_1():
    """Row: O=H−K+1 (A)."""
    for length in range(1, 12):
        for taps in range(1, length + 1):
            assert output_size(length, taps) == length - taps + 1
    assert output_size(5, 3) == 3


def test_n_plus_2p_minus_f_over_s_plus_1():
    """Row: (n+2p−f)/s+1 (C,D): floored, and what does not divide is told."""
    assert output_size(7, 3, stride=2) == 3
    assert divides(7, 3, stride=2)
    assert output_size(32, 5, padding=2) == 32
    assert output_size(7, 2, stride=2) == 3
    assert not divides(7, 2, stride=2)


def test_padding_k_minus_1_total():
    """Row: Padding valid/same/zero, k−1 total (A–D)."""
    for taps in range(1, 9):
        before, after = padding_for("same", 20, taps)
        assert before + after == taps - 1
        assert sum(padding_for("keras-same", 20, taps)) == taps - 1
        assert output_size_for("same", 20, taps) == 20
        assert output_size_for("keras-same", 20, taps) == 20
        assert padding_for("valid", 20, taps) == (0, 0)
        assert padding_for("full", 20, taps) == (taps - 1, taps - 1)
        assert output_size_for("full", 20, taps) == 20 + taps - 1
    assert padding_for("same", 20, 3) == (1, 1)


def test_even_kernels_take_the_odd_pixel_on_documented_sides():
    assert padding_for("same", 20, 4) == (2, 1)
    assert padding_for("keras-same", 20, 4) == (1, 2)


def test_keras_same_stride_2_on_6_pads_after_only():
    """Row: Keras SAME s2 on 6×6 pads right/bottom only."""
    assert padding_for("keras-same", 6, 3, stride=2) == (0, 1)
    assert output_size_for("keras-same", 6, 3, stride=2) == 3


@given(
    length=st.integers(1, 40),
    taps=st.integers(1, 9),
    stride=st.integers(1, 5),
    dilation=st.integers(1, 3),
)
def test_same_modes_give_every_stride_th_place(length, taps, stride, dilation):
    for mode in ("same", "keras-same"):
        size = output_size_for(mode, length, taps, stride, dilation)
        assert size == math.ceil(length / stride)
        before, after = padding_for(mode, length, taps, stride, dilation)
        assert before >= 0
        assert after >= 0
    needed = (math.ceil(length / stride) - 1) * stride + (taps - 1) * dilation + 1
    before, after = padding_for("keras-same", length, taps, stride, dilation)
    assert before + after == max(needed - length, 0)
    assert after - before in (0, 1)


def test_alexnet_224_input():
    """Row: AlexNet 224 input (E): 54.25, which Keras floors to 54; 227 gives 55."""
    assert output_size(224, 11, stride=4) == 54
    assert not divides(224, 11, stride=4)
    assert output_size(227, 11, stride=4) == 55
    assert divides(227, 11, stride=4)
    assert parameter_count(11, 11, 3, 96) == 34_944


def test_parameters():
    """Row: Parameters (C): 28 for one 3×3×3 filter, 280 for ten, whatever the image size."""
    assert parameter_count(3, 3, 3, 1) == 28
    assert parameter_count(3, 3, 3, 10) == 280
    assert parameter_count(3, 3, 3, 10, bias=False) == 270


def test_dense_cost():
    """Row: Dense cost (C,D): 64·64=4096; ×3=12,288; ×1000=12,288,000."""
    assert parameter_count(64, 64, 1, 1, bias=False) == 4096
    assert parameter_count(64, 64, 3, 1, bias=False) == 12_288
    assert parameter_count(1, 1, 12_288, 1000, bias=False) == 12_288_000


def test_receptive_field():
    """Row: Receptive field (B,E): Fashion CNN 18, LeNet trunk 16; and 15 for C's size chain."""
    fashion = [(3, 1), (2, 2), (3, 1), (2, 2), (3, 1)]
    lenet = [(5, 1), (2, 2), (5, 1), (2, 2)]
    assert receptive_field(fashion) == 18
    assert receptive_field(lenet) == 16
    assert receptive_field([(3, 1), (5, 2), (5, 2)]) == 15
    assert receptive_field([]) == 1


@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=4
    )
)
def test_receptive_field_is_the_span_of_pixels_that_reach_one_unit(layers):
    seen = {0}
    for taps, stride, dilation in reversed(layers):
        seen = {unit * stride + tap * dilation for unit in seen for tap in range(taps)}
    assert receptive_field(layers) == max(seen) - min(seen) + 1


def test_reach():
    assert [reach(3, dilation) for dilation in (1, 2, 3)] == [3, 5, 7]


def test_errors_say_the_rule_and_the_value():
    with pytest.raises(InputError, match=f"mode must be one of {', '.join(MODES)}, got 'SAME'"):
        padding_for("SAME", 5, 3)
    with pytest.raises(InputError, match="a window of 5 does not fit into a length of 4"):
        padding_for("valid", 4, 3, dilation=2)
    with pytest.raises(InputError, match="stride must be at least 1, got 0"):
        output_size(5, 3, stride=0)
    with pytest.raises(InputError, match="padding must be at least 0, got -1"):
        output_size(5, 3, padding=-1)
    with pytest.raises(TypeError, match="taps must be a whole number"):
        output_size(5, 3.0)
    with pytest.raises(InputError, match="outputs must be at least 1, got 0"):
        parameter_count(3, 3, 1, 0)
    with pytest.raises(InputError, match=r"a layer must be \(taps, stride\[, dilation\]\)"):
        receptive_field([(3,)])
