"""The models: parameters and sizes that the notes and LeCun's paper give, and what is refused."""

from __future__ import annotations

import builtins
import sys

import numpy as np
import pytest

from filt.filters.errors import FiltError, InputError
from filt.learned.edge_network import edge_plan, network_of
from filt.learned.keras_loading import load_keras
from filt.learned.training.models import (
    BANK,
    MODELS,
    FirstLayer,
    InputScale,
    boundary_loss,
    build_model,
    compile_model,
    edge_part,
    model_kind,
)


def _keras():
    pytest.importorskip("keras")
    return load_keras()


def _sizes(model):
    return [tuple(layer.output.shape[1:]) for layer in model.layers]


@pytest.mark.keras
@pytest.mark.parametrize(
    ("name", "shape", "parameters"),
    [
        ("notes-cnn", (28, 28, 1), 93_322),
        ("notes-dnn", (28, 28, 1), 101_770),
        ("lenet5", (28, 28, 1), 61_706),
        ("lenet5", (28, 28, 3), 62_006),
    ],
)
def test_parameters_are_those_of_the_notes(name, shape, parameters):
    _keras()
    assert build_model(name, shape, 10).count_params() == parameters


@pytest.mark.keras
def test_sizes_through_the_notes_cnn():
    _keras()
    assert _sizes(build_model("notes-cnn", (28, 28, 1), 10)) == [
        (26, 26, 32), (13, 13, 32), (11, 11, 64), (5, 5, 64), (3, 3, 64), (576,), (64,), (10,),
    ]  # fmt: skip


@pytest.mark.keras
def test_sizes_through_lenet5():
    _keras()
    assert _sizes(build_model("lenet5", (28, 28, 1), 10)) == [
        (28, 28, 6), (14, 14, 6), (10, 10, 16), (5, 5, 16), (400,), (120,), (84,), (10,),
    ]  # fmt: skip


@pytest.mark.keras
@pytest.mark.parametrize("channels", [1, 3])
def test_the_small_classifier_has_the_first_layer_that_is_asked_for(channels):
    _keras()
    model = build_model("small", (32, 32, channels), 4, FirstLayer(5, 9))
    assert model.get_layer(BANK).get_weights()[0].shape == (9, 9, channels, 5)
    assert model.output_shape == (None, 4)


@pytest.mark.keras
def test_init_scale_is_a_share_of_the_usual_start():
    keras = _keras()
    starts = []
    for scale in (1.0, 0.1):
        keras.utils.set_random_seed(4)
        model = build_model("small", (28, 28, 1), 10, FirstLayer(8, 7, scale))
        starts.append(model.get_layer(BANK).get_weights()[0])
    keras.utils.set_random_seed(4)
    glorot = keras.layers.Conv2D(8, 7)
    glorot.build((None, 28, 28, 1))
    np.testing.assert_allclose(starts[1], 0.1 * starts[0], rtol=1e-5, atol=1e-8)
    # Glorot and Bengio: uniform within the square root of 6 / (fan in + fan out).
    assert 0.95 < np.abs(starts[0]).max() / np.sqrt(6 / (49 + 49 * 8)) <= 1


@pytest.mark.keras
def test_the_small_classifier_takes_out_mean_and_deviation():
    _keras()
    model = build_model("small", (8, 8, 1), 2, scale=InputScale(0.25, 0.5))
    shown = np.asarray(model.get_layer("standardised")(np.full((1, 8, 8, 1), 0.75, np.float32)))
    np.testing.assert_allclose(shown, 1.0)


@pytest.mark.keras
def test_the_edge_model_draws_on_any_size_what_its_network_draws_without_keras():
    _keras()
    model = build_model("edges", (96, 96, 1))
    image = np.random.default_rng(0).random((24, 40)).astype(np.float32)
    expected = np.asarray(model(image[np.newaxis, ..., np.newaxis]))[0, ..., 0]
    network = network_of(edge_part(model), edge_plan())
    np.testing.assert_allclose(network.feature_maps(image)["soft map"], expected, atol=1e-5)
    assert model.count_params() == network.parameters < 20_000


@pytest.mark.keras
def test_boundary_loss_by_hand():
    keras = _keras()
    lines = np.zeros((1, 1, 5, 1), np.float32)
    lines[0, 0, 0] = 1
    soft = np.array([0.5, 0.99, 0.25, 0.75, 0.5], np.float32).reshape(1, 1, 5, 1)
    # The second pixel is beside the line; of the rest, three are far from it.
    far = np.mean(-np.log(1 - np.array([0.25, 0.75, 0.5])))
    expected = 0.3 * -np.log(0.5) + 0.7 * far
    loss = keras.ops.convert_to_numpy(boundary_loss(lines, soft))
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


@pytest.mark.keras
@pytest.mark.parametrize("name", MODELS)
def test_every_model_learns_a_batch(name):
    keras = _keras()
    keras.utils.set_random_seed(0)
    kind = model_kind(name)
    shape = (20, 20, 1)
    model = build_model(name, shape, 0 if kind.finds_edges else 3)
    compile_model(model, kind, 30)
    random = np.random.default_rng(1)
    images = random.random((6, *shape)).astype(np.float32)
    images[:, 10:] *= 0.2
    wanted = np.zeros((6, *shape), np.float32)
    wanted[:, 9] = 1
    labels = wanted if kind.finds_edges else np.array([0, 1, 2, 0, 1, 2])
    losses = [float(model.train_on_batch(images, labels, return_dict=True)["loss"])]
    for _ in range(29):
        model.reset_metrics()
        losses.append(float(model.train_on_batch(images, labels, return_dict=True)["loss"]))
    assert losses[-1] < 0.95 * losses[0]


@pytest.mark.keras
@pytest.mark.parametrize(
    ("name", "shape", "classes", "said"),
    [
        ("edges", (96, 96, 3), 0, "grey"),
        ("small", (28, 28, 1), 1, "at least 2 classes"),
        ("notes-cnn", (6, 6, 1), 10, "6×6 are too small for notes-cnn"),
        ("lenet5", (4, 4, 1), 10, "4×4 are too small for lenet5"),
    ],
)
def test_what_does_not_fit_is_refused(name, shape, classes, said):
    _keras()
    with pytest.raises(InputError, match=said):
        build_model(name, shape, classes)


def test_a_first_layer_is_not_for_every_model():
    with pytest.raises(InputError, match="lenet5 has a first layer of its own"):
        build_model("lenet5", (28, 28, 1), 10, FirstLayer())


def test_an_unknown_model_names_the_known_ones():
    with pytest.raises(InputError, match="edges, small, notes-cnn, notes-dnn, lenet5, got 'vgg'"):
        model_kind("vgg")


@pytest.mark.parametrize("bad", [{"kernels": 0}, {"size": 0}, {"init_scale": 0.0}])
def test_first_layers_out_of_range(bad):
    with pytest.raises(InputError):
        FirstLayer(**bad)


def test_without_keras_one_line_says_how_to_install_it(monkeypatch):
    real = builtins.__import__

    def missing(name, *rest):
        if name.split(".")[0] in ("keras", "tensorflow"):
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(FiltError, match=r'pip install "filt\[learned\]"'):
        load_keras()
