"""The edge network as an edge method: the same conventions as the handcrafted ones."""

from __future__ import annotations

import cv2
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


def _both(grey):
    """The mean evidence of a grey picture and of half of it."""
    network = shipped_network()
    even = np.pad(grey, [(0, side % 2) for side in grey.shape], mode="edge")
    half = (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4
    smaller = cv2.resize(network.evidence(half), even.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return (network.evidence(grey) + smaller[: grey.shape[0], : grey.shape[1]]) / 2


def _sigmoid(evidence):
    return 1 / (1 + np.exp(-evidence))


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


def test_the_map_of_a_grey_picture_is_the_networks_own():
    grey = np.random.default_rng(0).normal(0.3, 0.05, (31, 30)).astype(np.float32)
    grey[10:25, 8:22] += 0.4
    found = find_edges(grey, "learned-edges")
    thinned = thin_soft_map(_sigmoid(_both(grey)))
    assert thinned.max() > 0.5
    np.testing.assert_allclose(found.soft, np.where(thinned > 0.02, thinned, 0), atol=1e-6)
    assert (found.thresholds.low, found.thresholds.high) == (0.25, 0.4)
    assert found.soft[found.edges].min() > 0.25


def test_colour_axes_are_looked_at_as_grey_pictures_of_half_the_size():
    color = pytest.importorskip("skimage.color")
    image = np.random.default_rng(3).uniform(0.3, 0.5, (40, 48, 3))
    image[8:30, 12:32] += [0.2, 0.0, 0.1]
    network = shipped_network()
    half = image.reshape(20, 2, 24, 2, 3).mean(axis=(1, 3))
    axes = color.rgb2lab(np.clip(half, 0, 1))[..., 1:] / 100
    total, weight = 2 * _both(image @ [0.299, 0.587, 0.114]), 2.0
    for number in range(2):
        deviation = np.sqrt(np.mean((axes[..., number] - axes[..., number].mean()) ** 2))
        share = deviation / (deviation + 0.01)
        small = network.evidence(0.5 + axes[..., number])
        total = total + share * cv2.resize(small, (48, 40), interpolation=cv2.INTER_LINEAR)
        weight += share
    stages = {stage.name: stage.pixels for stage in find_edges(image, "learned-edges").stages}
    np.testing.assert_allclose(stages["soft map"], 1 / (1 + np.exp(-total / weight)), atol=2e-3)
    shown = np.clip(0.5 + axes, 0, 1)
    np.testing.assert_allclose(stages["green to red"], shown[..., 0], atol=1e-3)
    np.testing.assert_allclose(stages["blue to yellow"], shown[..., 1], atol=1e-3)


def test_what_differs_in_colour_alone_is_an_edge_unless_colour_is_left_out():
    orange, blue = np.array([0.9, 0.3, 0.1]), np.array([0.1, 0.0, 0.8])
    blue[1] = (orange @ [0.299, 0.587, 0.114] - blue @ [0.299, 0.587, 0.114]) / 0.587
    image = np.where(np.arange(64)[None, :, None] < 31, orange, blue) * np.ones((48, 1, 1))
    columns = np.flatnonzero(find_edges(image, "learned-edges").edges[5:-5].all(axis=0))
    assert columns.size == 1
    assert abs(columns[0] - 30.5) <= 2
    assert not find_edges(image, "learned-edges", channels="luma").edges.any()


def test_lines_fade_towards_the_border_of_a_picture_that_is_large_enough():
    step = np.repeat(np.where(np.arange(170) < 80, 0.2, 0.8)[None], 180, axis=0)
    soft = find_edges(step, "learned-edges").soft
    line = soft.max(axis=1)
    whole = thin_soft_map(_sigmoid(_both(step))).max(axis=1)
    share = np.minimum(np.minimum(np.arange(180), np.arange(180)[::-1]) / 5, 1)
    np.testing.assert_allclose(line, whole * share, atol=1e-6)


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


@pytest.mark.parametrize("shape", [(29, 33), (32, 30), (31, 32), (1, 5)])
def test_its_stages_are_there_for_sides_of_any_length(shape):
    picture = np.random.default_rng(3).random(shape)
    even = np.pad(picture, [(0, -side % 4) for side in shape], mode="symmetric")
    stages, expected = (find_edges(one, "learned-edges").stages for one in (picture, even))
    layers = [stage for stage in stages if stage.name.startswith("layer ")]
    same = [stage for stage in expected if stage.name.startswith("layer ")]
    assert len(layers) == len(same) > 0
    for one, other in zip(layers, same, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)


def test_its_stages_have_the_feature_maps_of_every_layer():
    stages = find_edges(STEP, "learned-edges").stages
    layers = [f"layer {layer.plan.name}" for layer in shipped_network().layers]
    last = ["soft map", "thinned", "thresholds", "edges"]
    assert [stage.name for stage in stages] == ["grey", "smooth", *layers, *last]
    coloured = find_edges(STEP[..., None] * [0.9, 0.5, 0.1], "learned-edges").stages
    axes = ["green to red", "blue to yellow"]
    assert [stage.name for stage in coloured] == ["grey", "smooth", *axes, *layers, *last]
    for stage in (*stages, *coloured):
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
    coloured = np.random.default_rng(2).random((40, 44, 3))
    coloured[3, 3], coloured[20, 20], coloured[30, 5] = np.nan, 1e9, -7.0
    coloured[9, 9] = [np.inf, 0.0, -np.inf]
    assert np.isfinite(find_edges(coloured, "learned-edges").soft).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (3, 50)])
def test_small_pictures(shape):
    assert find_edges(np.zeros(shape), "learned-edges").edges.shape == shape
    coloured = np.random.default_rng(0).random((*shape, 3))
    assert find_edges(coloured, "learned-edges").edges.shape == shape


def test_what_it_refuses():
    with pytest.raises(InputError, match="did you mean learned-edges"):
        find_edges(STEP, "learned-edge")
    with pytest.raises(InputError, match="low"):
        edge_setting("learned-edges", low=2.0)
    with pytest.raises(InputError):
        find_by_network(np.zeros((2, 2, 2, 2)), edge_setting("learned-edges"))
