"""Edges of Dask arrays against the same edges in memory, at every chunking."""

from __future__ import annotations

import pickle
from importlib import import_module
from inspect import signature

import numpy as np
import pytest
from dask_cases import BORDERS, array, assert_same, computed, dask, largest_of, pictures
from hypothesis import given, settings
from hypothesis import strategies as st

import filt
from filt.filters.chunks import HOMES
from filt.filters.edges.edge_filter import EdgeFilter
from filt.filters.edges.gradient import CHANNELS, SPACES
from filt.filters.edges.methods import ALIASES, METHODS
from filt.filters.placement import Placement

quick = settings(max_examples=50, deadline=None)
many = settings(max_examples=120, deadline=None)
borders = st.sampled_from(BORDERS)
operators = st.sampled_from(["sobel", "scharr", "prewitt", "central", "gaussian"])
FLOATS = ("float32", "float64")


@quick
@given(
    pictures((None, 1, 3), unknown=True), operators, st.sampled_from([0, 0.6, 1.3]), borders,
)  # fmt: skip
def test_slopes(case, operator, sigma, border):
    pixels, lazy = case
    sigma = sigma or (operator == "gaussian") * 1.0
    given = {"operator": operator, "sigma": sigma, "border": border}
    expected, found = filt.gradient(pixels, **given), filt.gradient(lazy, **given)
    assert found.full_scale == expected.full_scale
    assert_same(found.x, expected.x, of=pixels)
    assert_same(found.y, expected.y, of=pixels)
    for name in ("magnitude", "magnitude_l1"):
        assert_same(getattr(found, name), getattr(expected, name), of=pixels, is_told_apart=False)
    length, direction = filt.gradient_polar(lazy, **given)
    polar = filt.gradient_polar(pixels, **given)
    assert_same(length, polar[0], of=pixels, is_told_apart=False)
    # Where there is hardly a slope its direction is rounding.
    clear = np.isfinite(expected.magnitude)
    clear &= np.nan_to_num(expected.magnitude) > 1e-3 * largest_of(pixels)
    for angle in (direction, found.direction):
        turned = (computed(angle) - expected.direction)[clear]
        assert (np.abs((turned + 180) % 360 - 180) < 0.1).all()


@quick
@given(
    pictures((3,), dtypes=("uint8", "float64")), st.sampled_from(["max", "tensor"]),
    st.sampled_from(["rgb", "lab"]), borders,
)  # fmt: skip
def test_slopes_of_colours(case, channels, space, border):
    pixels, lazy = case
    given = {"sigma": 0.8, "channels": channels, "space": space, "border": border}
    expected, found = filt.gradient(pixels, **given), filt.gradient(lazy, **given)
    assert_same(found.magnitude, expected.magnitude, of=pixels)


@quick
@given(pictures((None, 3)), borders, st.sampled_from(["luma", "tensor"]))
def test_structure_tensors(case, border, channels):
    pixels, lazy = case
    given = {"sigma": 1.2, "scale": 0.7, "border": border, "channels": channels}
    expected, found = filt.structure_tensor(pixels, **given), filt.structure_tensor(lazy, **given)
    for name in ("xx", "xy", "yy"):
        # Of a product near zero only that it is near zero beside the others is certain.
        largest = max(np.abs(getattr(expected, each)).max() for each in ("xx", "xy", "yy"))
        near = computed(getattr(found, name)) - getattr(expected, name)
        assert np.abs(near).max() <= 1e-5 * largest
    assert found.coherence.shape == found.orientation.shape == expected.coherence.shape
    for one, other in zip(found.eigenvalues, expected.eigenvalues, strict=True):
        assert np.abs(computed(one) - other).max() <= 1e-5 * largest


@quick
@given(pictures((None, 3)), borders, st.integers(0, 2), st.integers(0, 2))
def test_derivatives(case, border, order_x, order_y):
    pixels, lazy = case
    expected = filt.gaussian_derivative(pixels, 1.5, order_x, order_y, border=border)
    assert_same(
        filt.gaussian_derivative(lazy, 1.5, order_x, order_y, border=border), expected, of=pixels
    )


@quick
@given(pictures((None, 2)), st.floats(-180, 180))
def test_steering(case, angle):
    pixels, lazy = case
    turned = np.flip(pixels)
    assert_same(filt.steered(lazy, turned, angle), filt.steered(pixels, turned, angle))
    expected = filt.steered_second(pixels, turned, pixels, angle)
    found = filt.steered_second(lazy, array.from_array(turned, chunks=2), lazy, angle)
    assert_same(found, expected)


@many
@given(
    pictures(dtypes=FLOATS, unknown=True), st.sampled_from(["interpolated", "sectors"]),
    st.sampled_from([None, 0.0, 0.3]), st.sampled_from([0.0, 0.8]), st.booleans(),
)  # fmt: skip
def test_thinning(case, method, tie, above, is_given):
    x, lazy_x = case
    y = np.round(np.flip(x), 1)
    lazy_y = array.from_array(y, chunks=3)
    magnitude = np.abs(x) + np.abs(y) if is_given else None
    lazy = array.from_array(magnitude, chunks=4) if is_given else None
    given = {"method": method, "tie": tie, "above": above}
    expected = filt.thin(x, y, magnitude, **given)
    found = filt.thin(lazy_x, lazy_y, lazy, **given)
    assert_same(found, expected)
    np.testing.assert_array_equal(computed(found) > 0, expected > 0)


@quick
@given(pictures(dtypes=("float64", "int16"), unknown=True), st.sampled_from([None, 0.0, 0.2]))
def test_crossings(case, tie):
    pixels, lazy = case
    with np.errstate(invalid="ignore"):
        signed = np.round(pixels, 1) - np.round(np.flip(pixels), 1)
    chunked = array.from_array(signed, chunks=lazy.chunks)
    assert_same(filt.zero_crossings(chunked, tie=tie), filt.zero_crossings(signed, tie=tie))


@many
@given(pictures(unknown=True, largest=20), st.sampled_from([(0.5, 1.5), (0, 0), (100, 180)]))
def test_links(case, thresholds):
    pixels, lazy = case
    assert_same(filt.link(lazy, *thresholds), filt.link(pixels, *thresholds))


@settings(max_examples=200, deadline=None)
@given(
    pictures(
        (None, 1, 3), dtypes=("uint8", "float32", "float64", "int16"), unknown=True, largest=24
    ),
    st.fixed_dictionaries(
        {
            "sigma": st.sampled_from([0.0, 0.7, 1.4]),
            "operator": operators,
            "norm": st.sampled_from(["l1", "l2"]),
            "thinning": st.sampled_from(["interpolated", "sectors"]),
            "border": borders,
            "low": st.sampled_from([0.0131, 0.0317]),
            "high": st.sampled_from([0.0871, 0.1713]),
            "channels": st.sampled_from(CHANNELS),
            "space": st.sampled_from(SPACES),
        }
    ),
    st.sampled_from([None, 0.6, 0.9]),
)
def test_canny(case, given, share):
    pixels, lazy = case
    if given["operator"] == "gaussian":
        given["sigma"] = given["sigma"] or 1.0
    if pixels.dtype == np.int16:
        given["full_scale"] = 255
    if share is not None:
        mask = np.random.default_rng(0).random(pixels.shape[:2]) < share
        expected = filt.canny(pixels, **given, mask=mask)
        assert_same(filt.canny(lazy, **given, mask=mask), expected)
        chunked = array.from_array(mask, chunks=3)
        assert_same(filt.canny(lazy, **given, mask=chunked), expected)
        assert_same(filt.canny(pixels, **given, mask=chunked), expected)
        return
    assert_same(filt.canny(lazy, **given), filt.canny(pixels, **given))


@settings(max_examples=150, deadline=None)
@given(
    pictures(
        (None, 3), dtypes=("uint8", "uint16", "float32", "float64"), unknown=True, largest=40
    ),
    st.sampled_from([*METHODS, *ALIASES]), st.sampled_from([0.15, 0.4, 1.1]), borders,
    st.sampled_from([None, *CHANNELS]),
)  # fmt: skip
def test_methods(case, method, sigma, border, channels):
    pixels, lazy = case
    step = EdgeFilter(method, method, {"sigma": sigma, "low": 0.0417, "high": 0.2113})
    given = {"placement": Placement(border=border)}
    if method != "log":
        given["channels"] = channels
    assert_same(step.respond(lazy, **given), step.respond(pixels, **given))


@pytest.mark.parametrize("method", METHODS)
def test_no_task_of_a_method_sees_the_whole_picture(method):
    image = array.zeros((90, 120), chunks=30, dtype="uint8")
    found = EdgeFilter(method, method, {"sigma": 0.15}).respond(image)
    assert found.chunks == image.chunks


@pytest.mark.parametrize("border", BORDERS)
def test_edges_go_on_from_chunk_to_chunk(border):
    """One long edge, weak but at one end, through every chunk."""
    row, column = np.mgrid[:90, :110]
    height = np.linspace(0.13, 1, 110)
    pixels = np.where(row > 20 + 0.5 * column, height, 0)
    lazy = array.from_array(pixels, chunks=((40, 13, 37), (20, 30, 14, 46)))
    given = {"low": 0.03, "high": 0.3, "border": border}
    expected = filt.canny(pixels, **given)
    assert expected[:, 5].any()
    found = filt.canny(lazy, **given)
    assert found.chunks == lazy.chunks
    np.testing.assert_array_equal(computed(found), expected)


@quick
@given(pictures((None, 3), dtypes=("uint8",), largest=20), st.data())
def test_what_sees_the_whole_picture(case, data):
    pixels, lazy = case
    mask = np.random.default_rng(0).random(pixels.shape[:2]) < 0.9
    ways = {
        "relative": {"relative": True},
        "quantiles": {"quantiles": True, "low": 0.6, "high": 0.9},
        "auto": {"auto": "otsu"},
        "mask": {"mask": mask, "auto": "otsu"},
    }
    given = ways[data.draw(st.sampled_from(sorted(ways)))]
    expected = filt.canny(pixels, **given)
    assert_same(filt.canny(lazy, **given), expected)
    if "mask" in given:
        lazy_mask = {**given, "mask": array.from_array(mask, chunks=3)}
        assert_same(filt.canny(lazy, **lazy_mask), expected)
        assert_same(filt.canny(pixels, **lazy_mask), expected)
    expected = filt.canny_opencv(pixels, 0.1, 0.2)
    assert_same(filt.canny_opencv(lazy, 0.1, 0.2), expected)
    (step,) = filt.resolve("canny:sigma=1").steps
    assert_same(step.respond(lazy), step.respond(pixels))


def test_linking_sees_the_sides_alone():
    """The one task that sees all chunks is given their sides, not what is inside them."""
    image = array.zeros((400, 400), chunks=100, dtype="uint8")
    classes = array.map_blocks(
        lambda block: np.full(block.shape, 2, np.uint8), image, dtype="uint8", meta=image._meta
    )
    graph = dict(filt.link(classes, 1, 1).__dask_graph__())
    pieces = [key for key in graph if key[0].startswith("_piece-")]
    assert len(pieces) == 16
    (one,) = dask.get(graph, [pieces[0]])
    assert one.shape == (1, 1)
    # Four sides of nothing but crests: of each pixel its place and its label.
    assert len(pickle.dumps(one)) < 4 * 2 * 4 * 100 + 2000


def test_every_function_has_the_arguments_of_its_other_form():
    for name, home in HOMES.items():
        form = getattr(import_module(f"filt.filters.{home}"), name.split(".")[-1])
        kinds = {"Filter": filt.Filter, "Pipeline": filt.Pipeline, "EdgeFilter": EdgeFilter}
        owner, _, method = name.rpartition(".")
        function = getattr(kinds[owner], method) if owner else getattr(filt, name)
        given = [
            (each.name, each.kind, each.default) for each in signature(form).parameters.values()
        ]
        wanted = signature(function).parameters.values()
        assert given == [(each.name, each.kind, each.default) for each in wanted], name
