"""Filters of Dask arrays against the same filters in memory, at every chunking."""

from __future__ import annotations

import pickle
import re
import warnings

import numpy as np
import pytest
from dask_cases import BORDERS, array, assert_same, computed, dask, lengths, pictures
from hypothesis import given, settings
from hypothesis import strategies as st

import filt

quick = settings(max_examples=40, deadline=None)
many = settings(max_examples=120, deadline=None)
borders = st.sampled_from(BORDERS)
pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
MODES = ("same", "valid", "full", "keras-same")
placements = st.fixed_dictionaries(
    {"mode": st.sampled_from(MODES), "border": borders, "stride": pairs, "dilation": pairs}
)


def assert_same_call(function, pixels, lazy, *args, **named):
    """What a function gives for the two is the same, and so is what it refuses."""
    try:
        expected = function(pixels, *args, **named)
    except filt.InputError as error:
        with pytest.raises(filt.InputError, match=re.escape(str(error))):
            function(lazy, *args, **named)
    else:
        assert_same(function(lazy, *args, **named), expected, of=pixels)


@st.composite
def kernels(draw, channels=None):
    shape = (draw(st.integers(1, 6)), draw(st.integers(1, 6)))
    shape = shape if channels is None else (*shape, channels)
    return np.random.default_rng(draw(st.integers(0, 999))).normal(size=shape)


@many
@given(pictures((None, 1, 3), unknown=True), kernels(), placements)
def test_correlations(case, kernel, placement):
    for filtered in (filt.correlate, filt.convolve):
        assert_same_call(filtered, *case, kernel, **placement)


@many
@given(pictures((None, 3), dtypes=("uint8", "float32", "float64"), largest=24), kernels(), borders)
def test_same_at_every_pixel(case, kernel, border):
    pixels, lazy = case
    expected = filt.correlate(pixels, kernel, border=border)
    assert_same(filt.correlate(lazy, kernel, border=border), expected, of=pixels)


@quick
@given(pictures((2,)), kernels(2), borders)
def test_a_kernel_with_channels_sums_over_those_of_the_picture(case, kernel, border):
    pixels, lazy = case
    expected = filt.correlate(pixels, kernel, border=border, mode="full")
    assert_same(filt.correlate(lazy, kernel, border=border, mode="full"), expected, of=pixels)


@quick
@given(st.data(), st.sampled_from(MODES), borders, st.integers(1, 3), st.integers(1, 3))
def test_signals(data, mode, border, stride, dilation):
    signal = np.random.default_rng(1).normal(size=data.draw(st.integers(9, 20)))
    lazy = array.from_array(signal, chunks=(data.draw(lengths(len(signal))),))
    taps = np.array([1.0, -2.0, 0.5, 3.0][: data.draw(st.integers(1, 3))])
    given = {"mode": mode, "border": border, "stride": stride, "dilation": dilation}
    for filtered in (filt.correlate1d, filt.convolve1d):
        assert_same(filtered(lazy, taps, **given), filtered(signal, taps, **given))


@quick
@given(pictures((None, 2)), placements, st.sampled_from([None, "relu", "sigmoid"]), st.booleans())
def test_banks(case, placement, activation, has_bias):
    channels = case[0].shape[2] if case[0].ndim == 3 else 1
    bank = np.random.default_rng(2).normal(size=(2, 3, channels, 4))
    bias = np.array([0.5, -1, 0, 2]) if has_bias else None
    assert_same_call(filt.correlate_bank, *case, bank, bias, activation, **placement)


OPERATORS = (
    filt.sobel, filt.scharr, filt.prewitt, filt.roberts, filt.kirsch, filt.robinson, filt.laplacian,
    filt.gaussian_gradient, filt.laplacian_of_gaussian, filt.difference_of_gaussians,
)  # fmt: skip
BLURS = (
    filt.box_blur, filt.gaussian_blur, filt.binomial_blur, filt.motion_blur, filt.sharpen,
    filt.unsharp_mask, filt.emboss,
)  # fmt: skip


@pytest.mark.parametrize("operator", OPERATORS)
@settings(max_examples=15, deadline=None)
@given(
    pictures((None, 1, 3), unknown=True), borders,
    st.sampled_from(["luma", "each", "max"]),
)  # fmt: skip
def test_operators(operator, case, border, channels):
    pixels, lazy = case
    given = {"border": border, "channels": channels}
    expected = operator(pixels, **given)
    assert_same(operator(lazy, **given), expected, of=pixels, is_told_apart=False)


@pytest.mark.parametrize("blur", BLURS)
@settings(max_examples=12, deadline=None)
@given(pictures((None, 1, 3), unknown=True), borders)
def test_blurs(blur, case, border):
    pixels, lazy = case
    assert_same(blur(lazy, border=border), blur(pixels, border=border), of=pixels)


@quick
@given(
    pictures((None, 3)), placements, st.sampled_from(["correlate", "convolve"]),
    st.sampled_from(["sobel", "gaussian:sigma=1"]),
)  # fmt: skip
def test_a_filter_responds(case, placement, operation, name):
    (step,) = filt.resolve(name).steps
    laid = filt.Placement(**placement)
    assert_same_call(step.respond, *case, operation=operation, placement=laid)


@quick
@given(pictures((None, 1, 3), unknown=True))
def test_luma(case):
    pixels, lazy = case
    assert_same(filt.luma(lazy), filt.luma(pixels))


@many
@given(
    pictures((None, 2), unknown=True), pairs, st.none() | pairs,
    st.sampled_from(["valid", "keras-same"]),
    st.sampled_from([filt.max_pool, filt.average_pool, filt.l2_pool]),
)  # fmt: skip
def test_pools(case, size, stride, mode, pool):
    assert_same_call(pool, *case, size, stride, mode=mode)


@quick
@given(pictures((None, 4), unknown=True))
def test_pools_of_everything(case):
    pixels, lazy = case
    for pool in (filt.global_max_pool, filt.global_average_pool):
        assert_same(pool(lazy), pool(pixels))
    if pixels.ndim == 3:
        for pool in (filt.depth_max_pool, filt.depth_average_pool):
            assert_same(pool(lazy, 2), pool(pixels, 2))


@quick
@given(
    pictures((None, 3), unknown=True), st.sampled_from(["abs", "clip", "signed", "minmax"]),
    st.sampled_from(["uint8", "uint16", "float32"]),
)  # fmt: skip
def test_showing(case, show, depth):
    pixels, lazy = case
    given = {"show": show, "depth": depth, "full_scale": 1.7}
    assert_same(filt.to_picture(lazy, **given), filt.to_picture(pixels, **given))


def test_showing_takes_any_shape():
    for shape in ((), (7,), (2, 3, 4, 5)):
        values = np.random.default_rng(0).normal(size=shape)
        lazy = array.from_array(values, chunks=2)
        for show in ("abs", "minmax"):
            assert_same(filt.to_picture(lazy, show), filt.to_picture(values, show))


@quick
@given(pictures((None, 2)), kernels(), st.sampled_from(["same", "valid", "full"]), borders)
def test_likeness(case, kernel, mode, border):
    assert_same_call(filt.likeness, *case, kernel, mode=mode, border=border)


@pytest.mark.parametrize("border", BORDERS)
def test_a_large_kernel_on_larger_chunks(border):
    pixels = np.random.default_rng(3).random((90, 70)).astype(np.float32)
    lazy = array.from_array(pixels, chunks=((50, 3, 37), (31, 39)))
    kernel = np.random.default_rng(4).random((31, 20)).astype(np.float32)
    for mode in ("same", "full"):
        expected = filt.correlate(pixels, kernel, mode=mode, border=border)
        assert_same(filt.correlate(lazy, kernel, mode=mode, border=border), expected)
    expected = filt.gaussian_blur(pixels, 6, border=border)
    assert_same(filt.gaussian_blur(lazy, 6, border=border), expected)


def test_at_the_borders_of_chunks_wrap_is_wrap():
    """Worked by hand: a shift by one along a ring of two chunks."""
    ring = array.from_array(np.arange(6.0)[None], chunks=(1, 3))
    shifted = filt.correlate(ring, [[1, 0, 0]], border="wrap")
    assert computed(shifted).tolist() == [[5, 0, 1, 2, 3, 4]]
    shifted = filt.correlate(ring, [[0, 0, 0, 0, 1]], border="wrap")
    assert computed(shifted).tolist() == [[2, 3, 4, 5, 0, 1]]


# What holds for all of them.

EXPLODING = "computed before it was asked for"


def exploding(shape=(12, 14), dtype="uint8"):
    """A picture that cannot be computed."""

    def explode(block):
        raise AssertionError(EXPLODING)

    empty = array.zeros(shape, chunks=5, dtype=dtype)
    return array.map_blocks(explode, empty, dtype=dtype, meta=np.empty((0,) * len(shape), dtype))


EVERY = {
    **{operator.__name__: operator for operator in (*OPERATORS, *BLURS)},
    "correlate": lambda image: filt.correlate(image, "sobel-x", border="wrap"),
    "convolve": lambda image: filt.convolve(image, "sobel-x", mode="full", stride=2),
    "correlate1d": lambda image: filt.correlate1d(image[0], [1, 2]),
    "convolve1d": lambda image: filt.convolve1d(image[0], [1, 2]),
    "correlate_bank": lambda image: filt.correlate_bank(image, np.ones((3, 3, 1, 2))),
    "likeness": lambda image: filt.likeness(image, np.eye(3)),
    "luma": filt.luma,
    "max_pool": filt.max_pool,
    "average_pool": lambda image: filt.average_pool(image, 5, 2, mode="keras-same"),
    "l2_pool": filt.l2_pool,
    "global_max_pool": filt.global_max_pool,
    "global_average_pool": filt.global_average_pool,
    "depth_max_pool": lambda image: filt.depth_max_pool(image[..., None], 1),
    "depth_average_pool": lambda image: filt.depth_average_pool(image[..., None], 1),
    "to_picture": lambda image: filt.to_picture(image, "minmax"),
    "gradient": lambda image: filt.gradient(image, sigma=2).magnitude,
    "direction": lambda image: filt.gradient(image, sigma=2).direction,
    "gradient_polar": lambda image: filt.gradient_polar(image, border="wrap")[1],
    "structure_tensor": lambda image: filt.structure_tensor(image).coherence,
    "gaussian_derivative": lambda image: filt.gaussian_derivative(image, 1),
    "steered": lambda image: filt.steered(image, image, 30),
    "steered_second": lambda image: filt.steered_second(image, image, image, 30),
    "thin": lambda image: filt.thin(image, image),
    "zero_crossings": filt.zero_crossings,
    "link": lambda image: filt.link(image, 1, 2),
    "canny": filt.canny,
    "canny: auto": lambda image: filt.canny(image, auto="otsu"),
    "canny_opencv": lambda image: filt.canny_opencv(image, 0.1, 0.2),
    "edge filter": filt.resolve("canny").steps[0].respond,
}


@pytest.mark.parametrize("name", EVERY)
def test_nothing_is_computed_before_it_is_asked_for(name):
    made = EVERY[name](exploding())
    assert isinstance(made, array.Array)
    with pytest.raises(AssertionError, match=EXPLODING):
        computed(made)


@pytest.mark.parametrize("name", EVERY)
def test_what_is_done_can_be_sent_to_another_process(name):
    made = EVERY[name](array.zeros((12, 14), chunks=5, dtype="uint8"))
    graph = dict(made.__dask_graph__())
    assert pickle.loads(pickle.dumps(graph)).keys() == graph.keys()


@pytest.mark.parametrize("name", EVERY)
def test_the_graph_grows_with_the_number_of_chunks(name):
    def tasks(chunks):
        image = array.zeros((40 * chunks, 40 * chunks), chunks=40, dtype="uint8")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return len(EVERY[name](image).__dask_graph__())

    # Twice the chunks along each axis are four times as many, and three times that is too much.
    assert tasks(8) < 5 * tasks(4)


@pytest.mark.parametrize("name", sorted({*EVERY} - {"canny: auto", "canny_opencv", "edge filter"}))
def test_chunks_larger_than_the_halo_stay_as_they_are(name):
    image = array.zeros((120, 120), chunks=((60, 60), (40, 80)), dtype="uint8")
    made = EVERY[name](image)
    if made.shape == image.shape:
        assert made.chunks == image.chunks


REFUSED = {
    "canny_stages": filt.canny_stages,
    "edge_stages": filt.edge_stages,
    "explain": lambda image: filt.explain(image, filt.kernel("sobel-x"), 1, 1),
    "score_edges": lambda image: filt.score_edges(image, [image]),
    "correlate_bank_gradients": lambda image: filt.correlate_bank_gradients(
        image, np.ones((1, 1, 1, 1)), image
    ),
    "kernel": lambda image: filt.correlate(np.ones((3, 3)), image),
    "bank": lambda image: filt.correlate_bank(image, image),
    "taps": lambda image: filt.correlate1d(np.ones(9), image[0]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_takes_no_dask_array_says_so_in_one_line(name):
    with pytest.raises(filt.InputError, match="must be in memory here, got a Dask Array") as raised:
        REFUSED[name](exploding())
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda image: filt.correlate(image, "no-such-kernel"), filt.InputError),
        (lambda image: filt.correlate(image, "sobel-x", mode="some"), filt.InputError),
        (lambda image: filt.correlate(image, "sobel-x", border="reflect"), filt.InputError),
        (lambda image: filt.correlate(image, np.ones((99, 1)), mode="valid"), filt.InputError),
        (lambda image: filt.correlate(image, np.ones((3, 3, 2))), filt.InputError),
        (lambda image: filt.correlate_bank(image, np.ones((3, 3, 2, 1))), filt.InputError),
        (lambda image: filt.correlate_bank(image, np.ones((3, 3, 1, 1)), [1, 2]), filt.InputError),
        (lambda image: filt.sobel(image, channels="green"), filt.InputError),
        (lambda image: filt.sobel(image[..., None].repeat(2, 2)), filt.InputError),
        (lambda image: filt.gaussian_blur(image, -1), filt.InputError),
        (lambda image: filt.gradient(image, "sobble"), filt.InputError),
        (lambda image: filt.gradient(image, border="reflect"), filt.InputError),
        (lambda image: filt.gradient_polar(image, sigma=-1), filt.InputError),
        (lambda image: filt.structure_tensor(image, 0), filt.InputError),
        (lambda image: filt.thin(image, image[:3]), filt.InputError),
        (lambda image: filt.thin(image, image, method="none"), filt.InputError),
        (lambda image: filt.thin(image, image, tie=-1), filt.InputError),
        (lambda image: filt.zero_crossings(image, tie=-1), filt.InputError),
        (lambda image: filt.zero_crossings(image[0]), filt.InputError),
        (lambda image: filt.link(image, 2, 1), filt.InputError),
        (lambda image: filt.canny(image, low=0.5, high=0.2), filt.InputError),
        (lambda image: filt.canny(image, norm="l3"), filt.InputError),
        (lambda image: filt.canny(image, mask=np.ones((2, 2), bool)), filt.InputError),
        (lambda image: filt.canny(image, mask=np.ones((12, 14))), TypeError),
        (lambda image: filt.max_pool(image, 99), filt.InputError),
        (lambda image: filt.max_pool(image, 2, mode="same"), filt.InputError),
        (lambda image: filt.depth_max_pool(image, 2), filt.InputError),
        (lambda image: filt.to_picture(image, "loud"), filt.InputError),
        (lambda image: filt.to_picture(image, depth="int64"), filt.InputError),
        (lambda image: filt.steered(image, image, np.inf), filt.InputError),
        (lambda image: filt.sobel(image[0]), filt.InputError),
        (lambda image: filt.sobel(image[:0]), filt.InputError),
        (lambda image: filt.sobel(image.astype(complex)), TypeError),
        (lambda image: filt.sobel(image[image[:, 0] > 1]), filt.InputError),
        (lambda image: filt.sobel(image.map_blocks(np.ma.masked_array)), TypeError),
    ],
)
def test_bad_arguments_are_refused_when_the_function_is_called(call, error):
    with pytest.raises(error):
        call(array.zeros((12, 14), chunks=5, dtype="uint8"))


def test_there_is_nothing_to_write_into():
    image = array.zeros((12, 14), chunks=5, dtype="uint8")
    out = np.zeros((12, 14), np.float32)
    for call in (
        lambda: filt.sobel(image, out=out),
        lambda: filt.correlate(image, "sobel-x", out=out),
        lambda: filt.correlate_bank(image, np.ones((1, 1, 1, 1)), out=out[..., None]),
        lambda: filt.gradient_polar(image, out=(out, out)),
        lambda: filt.sobel(np.zeros((12, 14)), out=image),
    ):
        with pytest.raises(filt.InputError, match="out must be None with a Dask array"):
            call()


def test_other_collections_are_sent_back():
    bag = dask.delayed(np.ones)((3, 3))
    with pytest.raises(filt.InputError, match=r"must be a dask\.array\.Array, got Delayed"):
        filt.sobel(bag)
    with pytest.raises(filt.InputError, match="must be in memory here, got a Dask Delayed"):
        filt.edge_stages(bag)


def test_threads_of_dask_give_the_same():
    pixels = np.random.default_rng(5).random((200, 300))
    lazy = array.from_array(pixels, chunks=64)
    with dask.config.set(scheduler="threads", num_workers=4):
        found = filt.gaussian_blur(lazy, 2).compute()
        edges = filt.canny(lazy).compute()
    np.testing.assert_allclose(found, filt.gaussian_blur(pixels, 2), rtol=1e-12)
    np.testing.assert_array_equal(edges, filt.canny(pixels))


def test_xarray_by_its_data():
    xarray = pytest.importorskip("xarray")
    pixels = np.random.default_rng(6).random((20, 30)).astype(np.float32)
    lazy = array.from_array(pixels, chunks=7)
    labelled = xarray.DataArray(lazy, dims=("y", "x"), coords={"x": np.arange(30)})
    found = labelled.copy(data=filt.sobel(labelled.data))
    assert isinstance(found.data, array.Array)
    with dask.config.set(scheduler="synchronous"):
        np.testing.assert_allclose(found.values, filt.sobel(pixels), rtol=1e-5, atol=1e-5)
    with pytest.raises(filt.InputError, match=r"got DataArray: pass its \.data"):
        filt.sobel(labelled)
    # What is in memory is an array to NumPy, as before.
    in_memory = xarray.DataArray(pixels, dims=("y", "x"))
    np.testing.assert_array_equal(filt.sobel(in_memory), filt.sobel(pixels))
    applied = xarray.apply_ufunc(filt.sobel, labelled, dask="allowed")
    assert isinstance(applied.data, array.Array)
