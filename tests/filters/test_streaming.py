"""Filtering by rows gives, bit by bit, what filtering the whole picture gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from stream_cases import names_in, picture

from filt.filters.arrays import full_scale_of
from filt.filters.borders import BORDERS
from filt.filters.edges import streamed
from filt.filters.edges.gradient import CHANNELS, SPACES
from filt.filters.edges.methods import METHODS, edge_stages, method_of
from filt.filters.edges.multiscale import MultiscaleLooks, multiscale_stages, soft_inside
from filt.filters.edges.streamed import STREAMED, streamed_edges
from filt.filters.engine import rows as engine_rows
from filt.filters.errors import InputError, WriteError
from filt.filters.files.writing import write_image
from filt.filters.picture import Picture
from filt.filters.placement import Placement
from filt.filters.showing import to_picture
from filt.filters.streaming import RAW, stream_edges, stream_filter
from filt.filters.streams.columns import InColumns, columns_of, computed_in_blocks
from filt.filters.streams.source import StoredRows, rows_of_picture
from filt.filters.streams.spool import spool
from filt.learned.edge_methods import EDGE_METHODS
from filt.learned.streamed_methods import STREAMED_METHODS
from filt.names import resolve


@pytest.fixture(autouse=True)
def small_strips(monkeypatch):
    """Strips of a few rows, so that small pictures have many."""
    monkeypatch.setattr(engine_rows, "STRIP_BYTES", 3000)


def stored(pixels):
    return StoredRows("a picture", "array", pixels.shape, pixels.dtype, pixels.__getitem__)


def whole(name, pixels, show, **options):
    """The same by `Pipeline.apply`, in memory."""
    depth = pixels.dtype if pixels.dtype in (np.uint8, np.uint16) else np.dtype(np.float32)
    full_scale = options.pop("full_scale", None) or full_scale_of(pixels.dtype)
    response = resolve(name).apply(Picture(pixels, full_scale, depth), **options)
    if show == RAW:
        return response.pixels
    deep = "uint16" if depth == np.uint16 else "uint8"
    return to_picture(response.pixels, show, full_scale=full_scale, depth=deep)


def by_rows(folder, name, pixels, show, **options):
    stream_filter(stored(pixels), resolve(name), folder / "a.npy", show=show, **options)
    assert names_in(folder) == ["a.npy"]
    return np.load(folder / "a.npy")


def check(folder, name, pixels, show=RAW, **options):
    made = by_rows(folder, name, pixels, show, **options)
    expected = whole(name, pixels, show, **options)
    assert made.dtype == expected.dtype
    np.testing.assert_array_equal(made, expected)


NAMES = ["sobel", "gaussian-blur:sigma=3", "gaussian-blur:sigma=1.2+sobel", "sharpen", "box-blur",
         "laplacian-of-gaussian:sigma=2", "taps:[[1,2,0],[0,-3,4],[5,0,-6]]", "learned:7",
         "canny", "canny:sigma=0.7,low=0.1,high=0.2", "box-blur+canny",
         "canny+gaussian-blur+sobel"]  # fmt: skip


@pytest.mark.parametrize("shape", [(83, 61), (83, 61, 3)], ids=["grey", "rgb"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64", "int16"])
@pytest.mark.parametrize("name", NAMES)
def test_filters(tmp_path, name, dtype, shape):
    values = picture(shape, np.float64)
    pixels = picture(shape, dtype) if dtype[0] != "i" else (values * 3000 - 900).astype(dtype)
    check(tmp_path, name, pixels)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("mode", ["same", "valid", "full", "keras-same"])
@pytest.mark.parametrize("stride", [1, 3, (2, 5)])
def test_placements(tmp_path, mode, border, stride):
    placed = Placement(mode=mode, border=border, stride=stride, dilation=2 if stride == 1 else 1)
    pixels = picture((83, 61), np.uint8)
    check(tmp_path, "taps:[[1,2,0],[0,-3,4],[5,0,-6]]", pixels, placement=placed)


@pytest.mark.parametrize("show", ["abs", "clip", "signed", "minmax"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("name", ["sobel-x", "gaussian:sigma=2", "canny"])
def test_shows(tmp_path, name, dtype, show):
    check(tmp_path, name, picture((83, 61), dtype), show)


def test_minmax_of_what_is_not_finite(tmp_path):
    pixels = picture((83, 61), np.float32)
    pixels[4, 5], pixels[60, 20] = np.nan, np.inf
    check(tmp_path, "sobel-x", pixels, "minmax")
    check(tmp_path, "identity", np.full((9, 9), np.nan, np.float32), "minmax")


@pytest.mark.parametrize("channels", ["luma", "each", "max"])
@pytest.mark.parametrize("operation", ["correlate", "convolve"])
def test_channels(tmp_path, channels, operation):
    pixels = picture((83, 61, 3), np.uint16)
    options = {"channels": channels, "operation": operation}
    check(tmp_path, "sobel-x", pixels, **options)
    check(tmp_path, "gaussian-blur+sobel", pixels, "minmax", **options)


def test_full_scale(tmp_path):
    check(tmp_path, "sobel", picture((40, 30), np.uint16), "abs", full_scale=4095.0)
    check(tmp_path, "canny", picture((40, 30), np.uint16), "abs", full_scale=4095.0)


@settings(max_examples=80, deadline=None)
@given(
    height=st.integers(1, 70), width=st.integers(1, 50), band=st.integers(1, 30),
    method=st.sampled_from(list(STREAMED)), seed=st.integers(0, 10_000),
    border=st.sampled_from(list(BORDERS)), is_colour=st.booleans(),
    levels=st.sampled_from([2, 256]), channels=st.sampled_from([None, *CHANNELS]),
    space=st.sampled_from([None, "lab"]),
)  # fmt: skip
def test_edges(
    tmp_path_factory,
    *,
    height,
    width,
    band,
    method,
    seed,
    border,
    is_colour,
    levels,
    channels,
    space,
):
    """Edges cross bands of any height, touch corners, and are linked from far away."""
    assume((method, border) != ("multiscale", "wrap"))
    shape = (height, width, 3) if is_colour else (height, width)
    pixels = np.random.default_rng(seed).integers(0, levels, shape).astype(np.uint8)
    pixels *= np.uint8(255 // (levels - 1))
    seen = {} if method == "log" else {"channels": channels, "space": space}
    low, high = 0.05, 0.6
    setting = replace(method_of(method).setting(low=low, high=high, **seen), border=border)
    edges = np.zeros((height, width), bool)

    def take(start, rows):
        edges[start : start + len(rows)] = rows

    folder = tmp_path_factory.mktemp("spool")
    found = streamed_edges(stored(pixels), method, setting, take, folder=folder, band_rows=band)
    expected = edge_stages(pixels, method, low=low, high=high, border=border, **seen)
    np.testing.assert_array_equal(edges, expected.edges)
    assert found.count == int(expected.edges.sum())
    assert found.share == pytest.approx(float(expected.edges.mean()))
    assert names_in(folder) == []


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 60), width=st.integers(2, 120), seed=st.integers(0, 10_000),
    columns=st.integers(1, 40), rows=st.integers(1, 40),
    method=st.sampled_from(list(STREAMED)), sigma=st.sampled_from([0.15, 0.3, 0.7, 1.4, 2.5]),
    is_colour=st.booleans(),
    border=st.sampled_from([border for border in BORDERS if border != "wrap"]),
    is_float=st.booleans(),
)  # fmt: skip
def test_edges_in_blocks_of_columns(
    tmp_path_factory, *, height, width, seed, columns, rows, method, sigma, border, is_float,
    is_colour,
):  # fmt: skip
    rng = np.random.default_rng(seed)
    pixels = rng.random((height, width, 3) if is_colour else (height, width), np.float32)
    if not is_float:
        pixels = np.rint(pixels * 255).astype(np.uint8)
    setting = method_of(method).setting(sigma=sigma, border=border)
    edges = np.zeros((height, width), bool)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(streamed, "_COLUMNS", columns)
        patched.setattr(streamed, "_ROWS", rows)
        patched.setattr(streamed, "_TILE", (columns, rows))
        streamed_edges(
            stored(pixels), method, setting,
            lambda start, found: edges.__setitem__(slice(start, start + len(found)), found),
            folder=tmp_path_factory.mktemp("spool"),
        )  # fmt: skip
    expected = edge_stages(pixels, method, sigma=sigma, border=border).edges
    np.testing.assert_array_equal(edges, expected)


@settings(max_examples=60, deadline=None)
@given(
    top=st.integers(0, 60), left=st.integers(0, 60), sigma=st.sampled_from([0.2, 0.4, 0.6]),
    height=st.integers(1, 40), width=st.integers(1, 40), seed=st.integers(0, 10_000),
    is_colour=st.booleans(), channels=st.sampled_from(CHANNELS), space=st.sampled_from(SPACES),
    border=st.sampled_from([border for border in BORDERS if border != "wrap"]),
    weight=st.sampled_from([1.0, 1e-30, 1e30]),
)  # fmt: skip
def test_multiscale_sees_the_same_in_a_part(
    *, top, left, height, width, seed, sigma, is_colour, channels, space, border, weight
):
    rng = np.random.default_rng(seed)
    pixels = rng.random((100, 100, 3) if is_colour else (100, 100)) * weight
    looks = {"channels": channels, "space": space, "border": border}
    whole = multiscale_stages(pixels, sigma, full_scale=weight, **looks)
    found = MultiscaleLooks(sigma, channels, space, border, float(np.abs(whole.seen).max()))
    rows, columns = slice(top, top + height), slice(left, left + width)
    seen = [slice(max(0, each.start - found.reach), each.stop + found.reach)
            for each in (rows, columns)]  # fmt: skip
    inside = [slice(each.start - part.start, each.stop - part.start)
              for each, part in zip((rows, columns), seen, strict=True)]  # fmt: skip
    part = np.ascontiguousarray(whole.seen[tuple(seen)])
    np.testing.assert_array_equal(soft_inside(part, found, inside), whole.soft[rows, columns])


def test_multiscale_with_a_wrapped_border_is_refused(tmp_path):
    setting = method_of("best").setting(border="wrap")
    with pytest.raises(InputError, match="wrap needs the whole picture"):
        stream_edges(stored(np.eye(9)), "multiscale", setting, tmp_path / "a.png")
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.npy", "a.zarr"])
def test_edges_in_a_file(tmp_path, name):
    pixels = picture((83, 61, 3), np.uint8)
    setting = method_of("canny").setting()
    found = stream_edges(stored(pixels), "canny", setting, tmp_path / name, band_rows=10)
    expected = edge_stages(pixels, "canny").edges
    assert found.count == int(expected.sum()) > 0
    shown = np.where(expected, 255, 0).astype(np.uint8)
    if name == "a.zarr":
        from stream_cases import load_zarr

        np.testing.assert_array_equal(load_zarr(tmp_path / name), shown)
        return
    write_image(tmp_path / f"whole-{name}", Picture(shown, 255.0, shown.dtype))
    assert (tmp_path / name).read_bytes() == (tmp_path / f"whole-{name}").read_bytes()


def test_a_black_picture_has_no_edges(tmp_path):
    check(tmp_path, "canny", np.zeros((20, 30), np.uint8))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_canny_of_what_is_not_finite_is_refused(tmp_path, value):
    pixels = picture((40, 30), np.float32)
    pixels[33, 3] = value
    with pytest.raises(InputError, match="NaN or infinity"):
        by_rows(tmp_path, "canny", pixels, RAW)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("canny:auto=otsu", {}, "thresholds that are chosen from the picture"),
        ("learned", {}, "learned needs the whole picture in memory"),
        ("canny", {"placement": Placement(stride=2)}, "stride 1"),
        ("sobel", {"operation": "turn"}, "operation must be"),
        ("sobel", {"show": "bright"}, "show must be one of"),
    ],
)
def test_what_is_refused(tmp_path, name, options, said):
    with pytest.raises(InputError, match=said):
        stream_filter(
            stored(picture((20, 10, 3), np.uint8)), resolve(name), tmp_path / "a.npy", **options
        )
    assert names_in(tmp_path) == []


def test_every_edge_method_can_be_streamed(tmp_path):
    assert set(STREAMED) == set(METHODS)
    assert set(STREAMED_METHODS) == set(EDGE_METHODS)
    setting = METHODS["canny"].setting()
    with pytest.raises(InputError, match="did you mean canny"):
        stream_edges(stored(picture((20, 10), np.uint8)), "cany", setting, tmp_path / "a.npy")
    assert names_in(tmp_path) == []


def test_progress_grows_up_to_all_rows(tmp_path):
    for name, show in (("sobel", RAW), ("sobel", "minmax"), ("box-blur+canny+box-blur", RAW)):
        told = []
        stream_filter(
            stored(picture((83, 61), np.uint8)), resolve(name), tmp_path / "a.npy", show=show,
            progress=lambda done, rows, told=told: told.append((done, rows)),
        )  # fmt: skip
        assert told == sorted(told)
        assert told[-1] == (83, 83)


def test_an_error_of_one_thread_ends_all(tmp_path):
    pixels = picture((300, 61), np.uint8)

    def rows(wanted):
        if wanted.start > 100:
            raise ZeroDivisionError
        return pixels[wanted]

    broken = StoredRows("a", "array", pixels.shape, pixels.dtype, rows)
    for name in ("a.png", "a.tif", "a.npy", "a.zarr"):
        with pytest.raises(ZeroDivisionError):
            stream_filter(broken, resolve("sobel"), tmp_path / name, show="clip")
        with pytest.raises(ZeroDivisionError):
            stream_filter(broken, resolve("canny"), tmp_path / name, show="clip")
    assert names_in(tmp_path) == []


def test_a_picture_with_alpha_is_refused():
    see_through = Picture(np.ones((2, 2)), 1.0, np.dtype(np.float32), np.ones((2, 2), np.float32))
    with pytest.raises(OSError, match="alpha"):
        rows_of_picture(see_through, "a")


def test_a_spool_needs_a_folder(tmp_path):
    with pytest.raises(WriteError), spool(tmp_path / "no", (2, 2), np.dtype(np.uint8)):
        pass


def test_columns_give_what_rows_give():
    pixels = picture((40, 61), np.float32)
    filtered = resolve("sobel-x")

    def make(first, last):
        return filtered.rows(columns_of(stored(pixels), first, last).pixels).read

    blocks = InColumns(pixels.shape, pixels.dtype, make, 2, 7, 5)
    np.testing.assert_array_equal(blocks.read(3, 31), make(0, 61)(3, 31))
    np.testing.assert_array_equal(computed_in_blocks(blocks), make(0, 61)(0, 40))
