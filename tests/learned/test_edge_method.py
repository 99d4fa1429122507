"""The edge network as an edge method: the same conventions as the handcrafted ones."""

from __future__ import annotations

import numpy as np
import pytest

import filt
from filt.filters.edges.methods import METHODS
from filt.filters.errors import InputError
from filt.learned.edge_method import find_edges as find_by_network
from filt.learned.edge_methods import EDGE_METHODS, edge_setting, find_edges
from filt.learned.edge_network import thin_soft_map
from filt.learned.shipped import shipped_network

STEP = np.repeat(np.where(np.arange(50) < 23, 0.2, 0.8)[None], 40, axis=0)


def test_it_stands_beside_the_handcrafted_methods():
    assert list(EDGE_METHODS) == [*METHODS, "learned-edges"]
    for name in METHODS:
        found, same = find_edges(STEP, name), filt.edge_stages(STEP, name)
        np.testing.assert_array_equal(found.edges, same.edges)
        assert edge_setting(name).low == METHODS[name].low


def test_a_step_is_one_line_beside_it():
    edges = find_edges(STEP, "learned-edges").edges
    columns = np.flatnonzero(edges.any(axis=0))
    assert columns.size == 1
    assert columns[0] in (22, 23)
    assert edges[5:-5, columns[0]].all()
    turned = find_edges(STEP.T, "learned-edges").edges
    rows = np.flatnonzero(turned.any(axis=1))
    assert rows.tolist() in ([22], [23])


def test_the_map_is_the_networks_own():
    grey = np.random.default_rng(0).normal(0.3, 0.05, (37, 42)).astype(np.float32)
    grey[10:25, 12:30] += 0.4
    found = find_edges(grey, "learned-edges")
    soft = shipped_network().run(grey, (1, 2))
    np.testing.assert_allclose(found.soft, thin_soft_map(soft), atol=1e-6)
    assert (found.thresholds.low, found.thresholds.high) == (0.3, 0.6)
    assert found.soft[found.edges].min() > 0.3


def test_depth_and_colour_make_no_difference():
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (30, 34)).astype(np.uint8)
    expected = find_edges(image, "learned-edges").soft
    others = [
        image.astype(np.uint16) * 257,
        image / 255,
        np.repeat(image[..., None], 3, axis=2),
    ]
    for other in others:
        np.testing.assert_allclose(find_edges(other, "learned-edges").soft, expected, atol=1e-4)
    scaled = find_edges(image * 1.0, "learned-edges", full_scale=255).soft
    np.testing.assert_allclose(scaled, expected, atol=1e-4)


def test_its_stages_have_the_feature_maps_of_every_layer():
    stages = find_edges(STEP, "learned-edges").stages
    layers = [f"layer {layer.plan.name}" for layer in shipped_network().layers]
    last = ["soft map", "thinned", "thresholds", "edges"]
    assert [stage.name for stage in stages] == ["grey", "smooth", *layers, *last]
    for stage in stages:
        assert 0 <= stage.pixels.min() <= stage.pixels.max() <= 1
        assert stage.note


def test_thresholds_blur_and_bad_pixels():
    stripes = np.repeat(np.arange(48) // 6 % 2 * 0.5, 48).reshape(48, 48)
    few = find_edges(stripes, "learned-edges", low=0.5, high=0.99).edges.sum()
    many = find_edges(stripes, "learned-edges", low=0.05, high=0.1).edges.sum()
    assert 0 <= few < many
    assert find_edges(stripes, "learned-edges", sigma=9.0).edges.sum() < many
    stripes[3, 3] = np.nan
    assert np.isfinite(find_edges(stripes, "learned-edges").soft).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (3, 50)])
def test_small_pictures(shape):
    assert find_edges(np.zeros(shape), "learned-edges").edges.shape == shape


def test_what_it_refuses():
    with pytest.raises(InputError, match="did you mean learned-edges"):
        find_edges(STEP, "learned-edge")
    with pytest.raises(InputError, match="low"):
        edge_setting("learned-edges", low=2.0)
    with pytest.raises(InputError):
        find_by_network(np.zeros((2, 2, 2, 2)), edge_setting("learned-edges"))
