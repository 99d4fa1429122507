"""Pictures in every kind of chunks, and what must hold of what a filter makes of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import strategies as st

dask = pytest.importorskip("dask")
array = pytest.importorskip("dask.array")

BORDERS = ("reflect101", "symmetric", "replicate", "wrap", "zero")
DTYPES = ("uint8", "bool", "int16", "float16", "float32", "float64", "int64", ">f4")


@st.composite
def lengths(draw, total):
    """Any way to cut so many pixels, into ones too."""
    way = draw(st.integers(0, 3))
    if way == 0:
        return (total,)
    if way == 1:
        return (1,) * total
    cuts = draw(st.sets(st.integers(1, total - 1))) if total > 1 else set()
    return tuple(np.diff([0, *sorted(cuts), total]).tolist())


@st.composite
def pictures(draw, channels=(None,), dtypes=DTYPES, largest=14, unknown=False):
    """A picture in memory, and the same in chunks."""
    shape = (draw(st.integers(1, largest)), draw(st.integers(1, largest)))
    planes = draw(st.sampled_from(channels))
    shape = shape if planes is None else (*shape, planes)
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    if dtype.kind == "f":
        pixels = generator.normal(0.3, 1, shape).astype(dtype)
        if unknown and draw(st.booleans()):
            places = generator.random(shape) < 0.05
            pixels[places] = generator.choice([np.nan, np.inf, -np.inf], places.sum())
    else:
        pixels = generator.integers(0, 2 if dtype.kind == "b" else 250, shape).astype(dtype)
    chunks = tuple(draw(lengths(length)) for length in shape)
    return pixels, array.from_array(pixels, chunks=chunks)


def computed(lazy):
    with dask.config.set(scheduler="synchronous"):
        return lazy.compute()


def largest_of(values):
    """The largest magnitude that is known."""
    values = np.asarray(values, np.float64)
    return float(np.abs(values[np.isfinite(values)]).max(initial=0))


def assert_same(lazy, expected, of=(), *, share=None, is_told_apart=True):
    """The Dask array is what is expected, up to rounding; its shape and dtype were known before.

    of: the picture that it is made of, whose values are rounded too: they may cancel each other.
    is_told_apart: NaN is not taken for infinity.
    """
    assert isinstance(lazy, array.Array)
    expected = np.asarray(expected)
    assert (lazy.shape, lazy.dtype) == (expected.shape, expected.dtype)
    found = computed(lazy)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(found, expected)
        return
    known = np.isfinite(expected)
    np.testing.assert_array_equal(np.isfinite(found), known)
    if is_told_apart:
        np.testing.assert_array_equal(found[~known], expected[~known])
    largest = max(largest_of(expected), largest_of(of))
    share = share or (1e-5 if expected.dtype == np.float32 else 1e-12)
    np.testing.assert_allclose(found[known], expected[known], rtol=0, atol=share * largest)
