"""The edge network without Keras: the same numbers as with it, and files that hold them whole."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from filt.filters.errors import InputError, ModelError, ReadError
from filt.learned.edge_network import (
    EdgeLayer,
    EdgeNetwork,
    LayerPlan,
    build_edge_network,
    edge_plan,
    network_of,
    thin_soft_map,
)
from filt.learned.files.edge_files import load_network, save_network

SMALL = edge_plan(kernels=3, size=5, width=4, dilations=(1, 2))


def _random_network(plan: tuple[LayerPlan, ...] = SMALL, seed: int = 0) -> EdgeNetwork:
    random = np.random.default_rng(seed)
    channels = {"picture": 1}
    layers = []
    for layer in plan:
        incoming = sum(channels[name] for name, _ in layer.inputs)
        kernels = random.normal(0, 0.4, (layer.size, layer.size, incoming, layer.outputs))
        bias = random.normal(0, 0.2, layer.outputs)
        layers.append(EdgeLayer(layer, kernels.astype(np.float32), bias.astype(np.float32)))
        channels[layer.name] = layer.outputs
    return EdgeNetwork(tuple(layers), notes={"seed": seed})


def _enlarged_by_loops(values: NDArray[Any], factor: int) -> NDArray[Any]:
    height, width, channels = values.shape
    result = np.zeros((height * factor, width * factor, channels))
    for row in range(height * factor):
        for column in range(width * factor):
            y = min(max((row + 0.5) / factor - 0.5, 0), height - 1)
            x = min(max((column + 0.5) / factor - 0.5, 0), width - 1)
            top, left = int(y), int(x)
            below, right = min(top + 1, height - 1), min(left + 1, width - 1)
            upper = values[top, left] * (1 - x + left) + values[top, right] * (x - left)
            lower = values[below, left] * (1 - x + left) + values[below, right] * (x - left)
            result[row, column] = upper * (1 - y + top) + lower * (y - top)
    return result


def _correlated_by_loops(
    values: NDArray[Any], kernels: NDArray[Any], bias: NDArray[Any], stride: int, dilation: int
) -> NDArray[Any]:
    """TensorFlow's "SAME": as many outputs as strides fit, what is missing shared, less before."""
    size = kernels.shape[0]
    counts, before = [], []
    for length in values.shape[:2]:
        counts.append(-(-length // stride))
        missing = max((counts[-1] - 1) * stride + (size - 1) * dilation + 1 - length, 0)
        before.append(missing // 2)
    result = np.zeros((*counts, kernels.shape[3])) + bias
    for row in range(counts[0]):
        for column in range(counts[1]):
            for down in range(size):
                for across in range(size):
                    y = row * stride + down * dilation - before[0]
                    x = column * stride + across * dilation - before[1]
                    if 0 <= y < values.shape[0] and 0 <= x < values.shape[1]:
                        result[row, column] += values[y, x] @ kernels[down, across]
    return result


def test_feature_maps_equal_plain_loops() -> None:
    network = _random_network()
    image = np.random.default_rng(1).random((12, 16)).astype(np.float32)
    maps = {"picture": (image[..., np.newaxis].astype(float) - 0.5) / 0.25}
    for layer in network.layers:
        plan = layer.plan
        read = [
            maps[name] if factor == 1 else _enlarged_by_loops(maps[name], factor)
            for name, factor in plan.inputs
        ]
        response = _correlated_by_loops(
            np.concatenate(read, axis=2), layer.kernels, layer.bias, plan.stride, plan.dilation
        )
        maps[plan.name] = response if plan.activation is None else np.maximum(response, 0)
    soft = 1 / (1 + np.exp(-_enlarged_by_loops(maps["edges"], 2)))[..., 0]
    given = network.feature_maps(image)
    for name, expected in maps.items():
        np.testing.assert_allclose(given[name], expected, atol=1e-4)
    np.testing.assert_allclose(given["soft map"], soft, atol=1e-5)


@pytest.mark.keras
@pytest.mark.parametrize(
    ("plan", "enlarged"),
    [
        (SMALL, 2),
        (edge_plan(), 2),
        (
            (
                LayerPlan("bank", (("picture", 1),), 4, 7, 4),
                LayerPlan("wide", (("bank", 1),), 3, 3, 1, 3, "sigmoid"),
                LayerPlan("edges", (("wide", 1), ("bank", 1)), 1, 1, activation=None),
            ),
            4,
        ),
    ],
)
def test_equals_keras(plan: tuple[LayerPlan, ...], enlarged: int) -> None:
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(5)
    model = build_edge_network(plan, enlarged=enlarged, bank_scale=1.0)
    random = np.random.default_rng(2)
    for layer in model.layers:
        if layer.get_weights():
            kernels, bias = layer.get_weights()
            layer.set_weights([3 * kernels, random.normal(0, 0.3, bias.shape)])
    network = network_of(model, plan, enlarged=enlarged)
    image = random.random((24, 40)).astype(np.float32)
    expected = np.asarray(model((image[np.newaxis, ..., np.newaxis] - 0.5) / 0.25))[0, ..., 0]
    assert expected.std() > 0.01
    np.testing.assert_allclose(network.feature_maps(image)["soft map"], expected, atol=1e-4)
    assert network.parameters == model.count_params()


@pytest.mark.keras
def test_the_bank_starts_at_its_share_of_the_usual_scale() -> None:
    keras = pytest.importorskip("keras")
    banks = []
    for scale in (1.0, 0.1):
        keras.utils.set_random_seed(3)
        model = build_edge_network(SMALL, bank_scale=scale)
        banks.append(model.get_layer("bank").get_weights()[0])
    np.testing.assert_allclose(banks[1], 0.1 * banks[0], rtol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (17, 30), (64, 33)])
def test_any_size_comes_back_whole(shape: tuple[int, int]) -> None:
    network = _random_network()
    soft = network.run(np.random.default_rng(3).random(shape))
    assert soft.shape == shape
    assert soft.dtype == np.float32
    assert ((soft >= 0) & (soft <= 1)).all()


def test_a_margin_as_wide_as_the_network_sees_makes_the_border_no_edge() -> None:
    flat = np.full((40, 40), 0.9, np.float32)
    seen = replace(_random_network(), margin=40).run(flat)
    bare = replace(_random_network(), margin=0).run(flat)
    assert np.ptp(seen) < 1e-5 < np.ptp(bare)


def test_without_a_margin_run_is_the_last_feature_map() -> None:
    network = replace(_random_network(), margin=0)
    image = np.random.default_rng(4).random((16, 20)).astype(np.float32)
    assert (network.run(image) == network.feature_maps(image)["soft map"]).all()


@pytest.mark.parametrize("plan", [SMALL, edge_plan()])
def test_a_part_says_what_the_whole_says_except_near_where_it_is_cut(
    plan: tuple[LayerPlan, ...],
) -> None:
    network = _random_network(plan)
    image = np.random.default_rng(7).random((97, 203)).astype(np.float32)
    whole, reach = network.evidence(image), network.reach
    assert reach % network.multiple == 0
    part = network.evidence(image[:, 48:140])
    np.testing.assert_allclose(
        part[:, reach:-reach], whole[:, 48 + reach : 140 - reach], rtol=1e-4, atol=1e-4
    )
    # Nearer by one step of the grid a pixel that was cut off has a say.
    nearer = slice(reach - network.multiple, -reach + network.multiple)
    least = np.abs(part[:, nearer] - whole[:, 48:140][:, nearer]).max(axis=0)
    assert least.max() > 1e-2


def test_images_of_other_shapes_are_refused() -> None:
    network = _random_network()
    assert network.multiple == 4
    with pytest.raises(InputError, match="multiples of 4, got"):
        network.feature_maps(np.zeros((16, 18)))
    with pytest.raises(InputError, match="grey"):
        network.run(np.zeros((16, 16, 3)))
    with pytest.raises(TypeError):
        network.run(np.zeros((16, 16), complex))


def test_files_round_trip(tmp_path: Path) -> None:
    network = _random_network()
    save_network(tmp_path / "whole.npz", network)
    again = load_network(tmp_path / "whole.npz")
    assert {**vars(again), "layers": ()} == {**vars(network), "layers": ()}
    for one, other in zip(network.layers, again.layers, strict=True):
        assert one.plan == other.plan
        assert (one.kernels == other.kernels).all()
        assert (one.bias == other.bias).all()
    save_network(tmp_path / "half.npz", network, dtype="float16")
    halved = load_network(tmp_path / "half.npz")
    np.testing.assert_allclose(halved.layers[0].kernels, network.layers[0].kernels, rtol=1e-3)
    assert halved.layers[0].kernels.dtype == np.float32
    with pytest.raises(InputError, match="dtype"):
        save_network(tmp_path / "x.npz", network, dtype="int8")


def test_damaged_and_foreign_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "network.npz"
    save_network(path, _random_network())
    whole = path.read_bytes()
    for damaged in (whole[:50], whole[: len(whole) // 2], b"not a zip at all"):
        path.write_bytes(damaged)
        with pytest.raises(ModelError, match="network"):
            load_network(path)
    np.savez(path, something=np.zeros(3))
    with pytest.raises(ModelError):
        load_network(path)
    with pytest.raises(ReadError):
        load_network(tmp_path / "missing.npz")


def test_pickles_and_bombs_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "network.npz"
    np.savez(path, description=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ModelError):
        load_network(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("description.npy", bytes(50_000_000))
    with pytest.raises(ModelError, match="unpacks"):
        load_network(path)


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": [["nowhere", 1]]},
        {"size": 3},
        {"outputs": 9},
        {"unknown": 1},
    ],
)
def test_wiring_that_does_not_fit_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "network.npz"
    save_network(path, _random_network())
    with np.load(path) as arrays:
        held = dict(arrays)
    description = json.loads(str(held["description"]))
    description["layers"][0].update(change)
    held["description"] = np.array(json.dumps(description))
    buffer = io.BytesIO()
    np.savez(buffer, **held)
    path.write_bytes(buffer.getvalue())
    with pytest.raises(ModelError):
        load_network(path)


def _refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        load_network(path)
    return str(caught.value).removeprefix(f"{path}: ")


def test_a_file_larger_than_a_network_may_be_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "network.npz"
    save_network(path, _random_network())
    data = path.read_bytes()
    path.write_bytes(bytes(4_000_000 - len(data)) + data)  # a zip archive is read from its end
    assert load_network(path).notes == {"seed": 0}
    path.write_bytes(bytes(4_000_001 - len(data)) + data)
    assert _refusal(path) == "4000001 bytes are more than the limit of 4000000"


@pytest.mark.parametrize("array", ["kernels", "bias"])
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(tmp_path: Path, array: str, number: float) -> None:
    network = _random_network()
    last = network.layers[-1]
    getattr(last, array).flat[-1] = number
    save_network(tmp_path / "network.npz", network)
    assert _refusal(tmp_path / "network.npz") == "layer edges must be finite"


def test_a_network_ends_in_one_map(tmp_path: Path) -> None:
    path = tmp_path / "network.npz"
    two = _random_network((LayerPlan("edges", (("picture", 1),), 2, 3),))
    save_network(path, two)
    assert _refusal(path) == "the last layer must have one output"
    save_network(path, replace(two, layers=()))
    assert _refusal(path) == "the last layer must have one output"


@pytest.mark.parametrize("turned", [False, True])
def test_thinning_keeps_the_crest_of_a_ridge(turned: bool) -> None:
    column = np.arange(40)
    soft = np.tile(0.8 * np.exp(-((column - 17.0) ** 2) / 8), (40, 1)).astype(np.float32)
    thinned = thin_soft_map(soft.T if turned else soft)
    thinned = thinned.T if turned else thinned
    assert (thinned[:, 17] == np.float32(0.8)).all()
    assert np.count_nonzero(thinned) == 40


def test_thinning_a_slanted_ridge_leaves_one_line() -> None:
    row, column = np.mgrid[:60, :60]
    away = (row - 0.5 * column - 12) / np.hypot(1, 0.5)
    thinned = thin_soft_map(np.exp(-(away**2) / 6).astype(np.float32))
    inner = np.s_[5:-5, 5:-5]
    assert (np.abs(away[inner][thinned[inner] > 0]) < 0.8).all()
    crossings = (thinned > 0)[:, 5:-5].sum(axis=0)
    assert crossings.min() >= 1
    assert crossings.max() <= 2


def test_thinning_leaves_out_what_is_too_weak_and_nothing_else() -> None:
    row = np.exp(-((np.arange(40) - 12.0) ** 2) / 8) + 0.3 * np.exp(
        -((np.arange(40) - 28.0) ** 2) / 8
    )
    soft = np.tile(row, (20, 1)).astype(np.float32)
    every = thin_soft_map(soft)
    assert set(np.flatnonzero(every[10])) == {12, 28}
    np.testing.assert_array_equal(thin_soft_map(soft, above=0.5), np.where(every > 0.5, every, 0))


def test_thinning_refuses_other_shapes_and_sigmas() -> None:
    with pytest.raises(InputError, match="soft map"):
        thin_soft_map(np.zeros((4, 4, 1)))
    with pytest.raises(InputError, match="sigma"):
        thin_soft_map(np.zeros((4, 4)), sigma=0)
