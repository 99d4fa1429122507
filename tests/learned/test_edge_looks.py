"""How the network looks at a picture: tiles say what the whole says, in memory and streamed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filt.filters.edges.streamed import streamed_edges
from filt.filters.streams.columns import computed_in_blocks
from filt.filters.streams.source import StoredRows
from filt.filters.streams.walk import Counter
from filt.learned import edge_looks
from filt.learned.edge_looks import EdgeLooks
from filt.learned.edge_method import find_edges
from filt.learned.edge_methods import edge_setting
from filt.learned.edge_network import EdgeLayer, EdgeNetwork, edge_plan
from filt.learned.shipped import shipped_network
from filt.learned.streamed_methods import STREAMED_METHODS


def leaves(shape, dtype=np.uint8, seed=0):
    """Discs of different brightness and colour over each other, and some noise."""
    rng = np.random.default_rng(seed)
    height, width = shape[:2]
    y, x = np.mgrid[:height, :width]
    picture = np.full(shape, 90.0)
    for _ in range(12):
        centre, radius = rng.uniform((0, 0), (height, width)), rng.uniform(4, 25)
        inside = np.hypot(y - centre[0], x - centre[1]) < radius
        picture[inside] = rng.uniform(0, 255, shape[2:])
    picture = np.clip(picture + rng.normal(0, 4, shape), 0, 255)
    return np.rint(picture).astype(dtype) if dtype == np.uint8 else (picture / 255).astype(dtype)


def stored(pixels):
    return StoredRows("leaves", "array", pixels.shape, pixels.dtype, pixels.__getitem__)


def streamed(pixels, setting, folder, band_rows=256):
    edges = np.zeros(pixels.shape[:2], bool)
    found = streamed_edges(
        stored(pixels), "learned-edges", setting,
        lambda start, rows: edges.__setitem__(slice(start, start + len(rows)), rows),
        folder=folder, methods=STREAMED_METHODS, band_rows=band_rows,
    )  # fmt: skip
    assert found.count == edges.sum()
    return edges


@pytest.fixture
def small_tiles(monkeypatch):
    monkeypatch.setattr(edge_looks, "_TILE", (40, 56))
    monkeypatch.setattr(edge_looks, "_FEWEST_ROWS", 1)


@pytest.mark.usefixtures("small_tiles")
@pytest.mark.parametrize("shape", [(300, 340), (301, 275, 3), (90, 411, 3), (333, 47)])
@pytest.mark.parametrize(("sigma", "border"), [(0.0, "reflect101"), (1.7, "zero"), (7.0, "wrap")])
def test_tiles_say_what_the_whole_says(shape, sigma, border, monkeypatch):
    source, network = stored(leaves(shape)), shipped_network()
    setting = edge_setting("learned-edges", sigma=sigma, border=border, low=0.0, high=0.1)
    looks = EdgeLooks.at(source, setting, network)
    assert len(looks.shares) == (2 if len(shape) == 3 else 0)
    assert len(looks.soft_map.blocks) == max(1, round(shape[1] / 56))
    tiled = [computed_in_blocks(rows) for rows in (looks.soft_map, looks.lines)]
    monkeypatch.setattr(edge_looks, "_TILE", shape[:2])
    assert len(looks.soft_map.blocks) == 1
    whole = [computed_in_blocks(rows) for rows in (looks.soft_map, looks.lines)]
    np.testing.assert_allclose(tiled[0], whole[0], atol=1e-5)
    assert whole[0].max() > 0.3
    np.testing.assert_allclose(tiled[1], whole[1], atol=1e-5)


def test_a_network_of_a_coarser_grid(monkeypatch):
    """Its tiles begin at multiples of 32, and so does what is seen around them."""
    rng = np.random.default_rng(3)
    plan, channels, layers = edge_plan(kernels=3, size=9, width=4, stride=8), {"picture": 1}, []
    for layer in plan:
        incoming = sum(channels[name] for name, _ in layer.inputs)
        kernels = rng.normal(0, 0.4, (layer.size, layer.size, incoming, layer.outputs))
        layers.append(EdgeLayer(layer, kernels.astype("f4"), np.zeros(layer.outputs, "f4")))
        channels[layer.name] = layer.outputs
    network = EdgeNetwork(tuple(layers), enlarged=8)
    source, setting = stored(leaves((700, 80))), edge_setting("learned-edges")
    monkeypatch.setattr(edge_looks, "_TILE", (64, 1024))
    monkeypatch.setattr(edge_looks, "_FEWEST_ROWS", 1)
    tiled = computed_in_blocks(EdgeLooks.at(source, setting, network).lines)
    monkeypatch.setattr(edge_looks, "_TILE", (700, 1024))
    whole = computed_in_blocks(EdgeLooks.at(source, setting, network).lines)
    assert (whole > 0).sum() > 100
    np.testing.assert_allclose(tiled, whole, atol=1e-5)


def test_a_wide_picture_has_tiles_of_fewer_rows():
    network, setting = shipped_network(), edge_setting("learned-edges")
    rows = []
    for width in (20_000, 150_000, 2_000_000):
        nothing = np.broadcast_to(np.uint8(0), (5_120, width))
        source = StoredRows("wide", "array", nothing.shape, nothing.dtype, nothing.__getitem__)
        rows.append(EdgeLooks(network, source, setting, ()).lines.rows_at_once)
    assert rows[0] > rows[1] > rows[2] >= 256


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(1, 120), width=st.integers(1, 150), seed=st.integers(0, 10_000),
    is_colour=st.booleans(), sigma=st.sampled_from([0.0, 0.0, 1.3]), band=st.integers(1, 60),
    border=st.sampled_from(["reflect101", "zero", "wrap"]), tile=st.sampled_from([24, 64, 1000]),
    channels=st.sampled_from(["luma", "tensor"]), dtype=st.sampled_from([np.uint8, np.float64]),
)  # fmt: skip
def test_streamed_is_in_memory_to_the_last_pixel(
    tmp_path_factory, *, height, width, seed, is_colour, sigma, band, border, tile, channels, dtype
):
    pixels = leaves((height, width, 3) if is_colour else (height, width), dtype, seed)
    setting = edge_setting("learned-edges", sigma=sigma, border=border, channels=channels)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(edge_looks, "_TILE", (tile, tile))
        patched.setattr(edge_looks, "_FEWEST_ROWS", 1)
        expected = find_edges(pixels, setting).edges
        found = streamed(pixels, setting, tmp_path_factory.mktemp("spool"), band)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.usefixtures("small_tiles")
def test_what_is_no_number_is_black_wherever_it_is(tmp_path):
    pixels = leaves((150, 160, 3), np.float32)
    pixels[70, 80], pixels[3, 3], pixels[149, 0] = np.nan, np.inf, -np.inf
    setting = edge_setting("learned-edges")
    black = np.where(np.isfinite(pixels), pixels, 0)
    expected = find_edges(black, setting).edges
    np.testing.assert_array_equal(find_edges(pixels, setting).edges, expected)
    np.testing.assert_array_equal(streamed(pixels, setting, tmp_path), expected)


def test_a_colour_that_is_everywhere_weighs_nothing():
    flat = np.full((50, 60, 3), (0.9, 0.4, 0.1), np.float32)
    setting, network = edge_setting("learned-edges"), shipped_network()
    assert EdgeLooks.at(stored(flat), setting, network).shares == ()
    flat[10:40, 20:50] = (0.1, 0.4, 0.9)
    shares = EdgeLooks.at(stored(flat), setting, network).shares
    assert all(0.9 < share < 1 for share in shares)
    grey = replace(setting, channels="luma")
    assert EdgeLooks.at(stored(flat), grey, network).shares == ()


@pytest.mark.parametrize("shape", [(500, 70), (500, 70, 3)])
def test_the_walk_is_counted_once(shape):
    heard = []
    counter = Counter(2, shape[0], lambda done, rows: heard.append(done / rows))
    setting = edge_setting("learned-edges")
    EdgeLooks.at(stored(leaves(shape)), setting, shipped_network(), counter)
    assert heard[-1] == pytest.approx(0.5, abs=0.01)
