"""The first kernels of real Keras models in every format, and of files made by hand."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest
from model_builders import (
    conv2d,
    hdf5_bytes,
    keras_archive,
    safetensors_bytes,
    sequential,
    small_archive,
)

from filt.filters.bank import correlate_bank
from filt.filters.errors import InputError, ModelError
from filt.learned.files.model_files import list_layers, read_model
from filt.learned.layer_use import LayerUse

# TensorFlow's variables do not know NumPy 2's copy keyword yet.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

FORMATS = [".keras", ".h5", ".weights.h5"]


@dataclass(frozen=True)
class Case:
    """A model, its first convolution, what that answers to a picture, and the model's white."""

    model: Any
    layer: Any
    answer: Any
    white: float = 1.0


def sequential_cases(keras):
    layers = keras.layers
    plain = [
        keras.Input((12, 13, 1)),
        layers.Conv2D(5, 3, activation="relu", bias_initializer="normal"),
        layers.Conv2D(2, 3),
        layers.Flatten(),
        layers.Dense(2),
    ]
    strided = [
        keras.Input((12, 13, 3)),
        layers.Conv2D(4, (7, 4), strides=(2, 3), padding="same", use_bias=False, name="stem"),
        layers.DepthwiseConv2D(3),
    ]
    late = [
        keras.Input((14, 13, 3)),
        layers.Rescaling(1 / 127.5, offset=-1.0),
        layers.RandomFlip("horizontal"),
        layers.Dropout(0.3),
        layers.Conv2D(4, 3, padding="same", dilation_rate=2, activation="tanh"),
        layers.BatchNormalization(),
        layers.Conv2D(3, 3),
    ]
    normalised = layers.Normalization()
    normalised.adapt(np.random.default_rng(1).random((20, 12, 12, 3)) * (255, 99, 30))
    adapted = [keras.Input((12, 12, 3)), normalised, layers.Conv2D(4, (2, 4), activation="sigmoid")]
    fixed = [
        keras.Input((12, 12, 1)),
        layers.Normalization(mean=0.3, variance=0.04),
        layers.Rescaling([2.0], offset=[-0.5]),
        layers.Conv2D(4, 3, strides=2),
    ]
    many = [keras.Input((40, 40, 3))]
    many += [layers.Conv2D(2 + n % 3, 2, bias_initializer="normal") for n in range(13)]
    chosen = {
        "plain": (plain, 1, 1.0),
        "strided": (strided, 1, 1.0),
        "late": (late, 4, 255.0),
        "adapted": (adapted, 2, 255.0),
        "fixed": (fixed, 3, 1.0),
        "many": (many, 1, 1.0),
    }
    for name, (parts, place, white) in chosen.items():
        model = keras.Sequential(parts)
        layer = parts[place]
        front = keras.Model(model.inputs[0], layer.output)
        yield name, Case(model, layer, partial(front, training=False), white)


def functional_cases(keras):
    layers = keras.layers
    image = keras.Input((12, 12, 3))
    scaled = layers.Rescaling(1 / 255)(image)
    stem = layers.Conv2D(4, 3, activation="relu", padding="same", name="stem")
    left = stem(scaled)
    right = layers.Conv2D(4, 5, padding="same")(layers.MaxPooling2D(1)(left))
    joined = layers.Conv2D(3, 1)(layers.Add()([left, right]) * 0.5)
    yield "branches", Case(keras.Model(image, joined), stem, keras.Model(image, left), 255.0)

    # The names of the inner models run against their order, and their layers share names.
    first = keras.Sequential(
        [keras.Input((12, 12, 3)), layers.Conv2D(4, 3, name="stem"), layers.Conv2D(5, 3, name="b")],
        name="zz",
    )
    second = keras.Sequential([layers.Conv2D(4, 3, name="stem"), layers.ReLU()], name="aa")
    image = keras.Input((12, 12, 3))
    model = keras.Model(image, second(first(layers.Rescaling(1 / 255)(image))))
    yield "nested", Case(model, first.layers[0], lambda x: first.layers[0](x / 255), 255.0)

    image = keras.Input((9, 9, 1))
    stem = layers.Conv2D(3, 3, name="deep", activation="relu")
    inner = keras.Sequential([keras.Input((9, 9, 1)), layers.Identity(), stem], name="inner")
    middle = keras.Model(image, layers.BatchNormalization()(inner(image)), name="middle")
    prepare = keras.Sequential([layers.Rescaling(2.0, offset=-1.0), layers.Dropout(0.1)])
    outer = keras.Sequential([keras.Input((9, 9, 1)), prepare, middle, layers.Conv2D(2, 3)])
    middle.trainable = False
    yield "deep", Case(outer, stem, lambda x: stem(2 * x - 1))

    # The convolution belongs to two models, and is saved with one of them.
    image = keras.Input((9, 9, 1))
    shared = layers.Conv2D(3, 3, padding="same", name="shared")
    sums = layers.Conv2D(1, 1, name="sums")
    inner = keras.Model(image, sums(shared(image)), name="inner")
    image = keras.Input((9, 9, 1))
    outer = keras.Model(image, inner(sums(shared(image))), name="outer")
    yield "shared", Case(outer, shared, shared)


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """Every case, saved in every format in one folder."""
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(5)
    folder = tmp_path_factory.mktemp("models")
    made = dict([*sequential_cases(keras), *functional_cases(keras)])
    for name, case in made.items():
        case.model.save(folder / f"{name}.keras")
        case.model.save(folder / f"{name}.h5")
        case.model.save_weights(folder / f"{name}.weights.h5")
    return folder, made


NAMES = [
    *("plain", "strided", "late", "adapted", "fixed", "many"),
    *("branches", "nested", "deep", "shared"),
]


@pytest.mark.keras
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", NAMES)
def test_kernels_are_keras_own(cases, name, form):
    folder, made = cases
    layer = made[name].layer
    # Weights alone keep no order: where an outer model convolves too, the inner layer is named.
    named = layer.name if form == ".weights.h5" and name in ("deep", "shared") else None
    bank = read_model(folder / f"{name}{form}", layer=named)
    kernels, *bias = layer.get_weights()
    assert bank.kernels.dtype == kernels.dtype
    np.testing.assert_array_equal(bank.kernels, kernels)
    if bias:
        np.testing.assert_array_equal(bank.bias, bias[0])
    else:
        assert bank.bias is None
    assert bank[0].name == f"{folder / name}{form}:0"
    assert bank.provenance.source == f"{folder / name}{form}"


@pytest.mark.keras
@pytest.mark.parametrize("form", [".keras", ".h5"])
@pytest.mark.parametrize("name", NAMES)
def test_feature_maps_are_keras_own(cases, name, form):
    folder, made = cases
    case = made[name]
    bank = read_model(folder / f"{name}{form}")
    size = (*case.model.input_shape[1:3], bank.kernels.shape[2])
    image = np.random.default_rng(3).random(size).astype(np.float32)
    if case.white == 255:
        image = (image * 255).astype(np.uint8)
    expected = np.asarray(case.answer(image[np.newaxis].astype(np.float32)))[0]
    answer = bank.apply(image)
    assert answer.shape == expected.shape
    assert np.abs(answer - expected).max() <= 1e-5 * np.abs(expected).max()


@pytest.mark.keras
def test_another_layer_by_its_name(cases):
    folder, made = cases
    for form in FORMATS:
        layer = made["many"].model.layers[11]
        bank = read_model(folder / f"many{form}", layer=layer.name)
        np.testing.assert_array_equal(bank.kernels, layer.get_weights()[0])
    for form in (".keras", ".h5"):
        inner = made["nested"].model.layers[3]
        bank = read_model(folder / f"nested{form}", layer="aa/stem")
        np.testing.assert_array_equal(bank.kernels, inner.layers[0].get_weights()[0])
        with pytest.raises(
            InputError, match="layer must be a Conv2D of the model: zz/stem, zz/b, a"
        ):
            read_model(folder / f"nested{form}", layer="stem")
    with pytest.raises(InputError, match="layer must be one of layers/sequential/"):
        read_model(folder / "nested.weights.h5", layer="stem")


@pytest.mark.keras
def test_what_is_known_is_said(cases):
    folder, made = cases
    bank = read_model(folder / "late.keras", name="late")
    keras = pytest.importorskip("keras")
    assert bank.use == LayerUse(1, "same", 2, "tanh", 0.5, 0.5)
    assert bank.provenance.versions == (("keras", keras.__version__),)
    assert bank.provenance.preprocessing == "scaled by rescaling (Rescaling)"
    assert bank.provenance.layer == made["late"].layer.name
    assert bank[3].name == "late:3"
    weights = read_model(folder / "late.weights.h5")
    assert weights.use == LayerUse()
    told = LayerUse(stride=2, padding="same")
    assert read_model(folder / "late.weights.h5", use=told).use == told
    assert read_model(folder / "late.keras", white=1).use.input_scale == (127.5,)
    entries = list_layers(folder / "late.keras")
    assert [kind for _, kind, _ in entries].count("Conv2D") == 2
    assert (bank.provenance.layer, "Conv2D", (3, 3, 3, 4)) in entries
    assert ("layers/conv2d/vars/0", "", (3, 3, 3, 4)) in list_layers(folder / "late.weights.h5")


@pytest.mark.keras
@pytest.mark.parametrize("policy", ["bfloat16", "float16", "mixed_float16", "float64"])
def test_other_precisions(tmp_path, policy):
    keras = pytest.importorskip("keras")
    layer = keras.layers.Conv2D(4, 3, dtype=policy)
    model = keras.Sequential([keras.Input((8, 8, 3)), layer])
    for form in FORMATS:
        path = tmp_path / f"model{form}"
        (model.save_weights if form == ".weights.h5" else model.save)(path)
        if (policy, form) == ("bfloat16", ".h5"):
            continue  # Keras itself cannot load what it writes there
        expected = np.asarray(layer.get_weights()[0]).astype(np.float32)
        np.testing.assert_array_equal(read_model(path).kernels, expected)


@pytest.mark.keras
def test_models_without_a_plain_convolution(tmp_path):
    keras = pytest.importorskip("keras")
    layers = keras.layers
    models = {
        "dense": [keras.Input((4,)), layers.Dense(3, name="a"), layers.Dense(2, name="b")],
        "depthwise": [keras.Input((9, 9, 3)), layers.DepthwiseConv2D(3, name="a")],
        "separable": [keras.Input((9, 9, 3)), layers.SeparableConv2D(2, 3, name="a")],
        "transposed": [keras.Input((9, 9, 3)), layers.Conv2DTranspose(2, 3, name="a")],
        "line": [keras.Input((9, 3)), layers.Conv1D(2, 3, name="a")],
        "volume": [keras.Input((9, 9, 9, 3)), layers.Conv3D(2, 3, name="a")],
    }
    for name, parts in models.items():
        model = keras.Sequential(parts)
        model.save(tmp_path / f"{name}.keras")
        model.save_weights(tmp_path / f"{name}.weights.h5")
        kind = type(parts[1]).__name__
        says = rf"{name}.keras: no convolution \(Conv2D\) in it: its layers are a \({kind}\)"
        with pytest.raises(ModelError, match=says):
            read_model(tmp_path / f"{name}.keras")
        with pytest.raises(
            ModelError, match=r"no convolution \(Conv2D\) in it: its layers are lay"
        ):
            read_model(tmp_path / f"{name}.weights.h5")


@pytest.mark.keras
def test_a_class_of_ones_own_is_read_by_its_weights(tmp_path):
    keras = pytest.importorskip("keras")

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.deeper = keras.layers.Conv2D(2, 3)
            self.stem = keras.layers.Conv2D(4, 3)

        def call(self, image):
            return self.deeper(self.stem(image))

    model = Own()
    model(np.zeros((1, 9, 9, 3)))
    model.save(tmp_path / "own.keras")
    bank = read_model(tmp_path / "own.keras")
    np.testing.assert_array_equal(bank.kernels, model.stem.get_weights()[0])
    bank = read_model(tmp_path / "own.keras", layer="deeper")
    np.testing.assert_array_equal(bank.kernels, model.deeper.get_weights()[0])


@pytest.mark.keras
def test_trained_and_compiled_models_keep_their_optimiser_to_themselves(tmp_path):
    keras = pytest.importorskip("keras")
    layer = keras.layers.Conv2D(4, 3)
    model = keras.Sequential([keras.Input((8, 8, 1)), layer, keras.layers.Flatten()])
    model.compile("adam", "mse")
    images = np.random.default_rng(0).random((8, 8, 8, 1))
    model.fit(images, np.zeros((8, 144)), epochs=1, verbose=0)
    for form in FORMATS:
        path = tmp_path / f"model{form}"
        (model.save_weights if form == ".weights.h5" else model.save)(path)
        np.testing.assert_array_equal(read_model(path).kernels, layer.get_weights()[0])


MAKE_LAMBDA = """
import sys, keras
folder, touched = sys.argv[1:]
payload = eval(f"lambda x: (__import__('pathlib').Path({touched!r}).touch(), x)[1]")
image = keras.Input((8, 8, 1))
model = keras.Model(image, keras.layers.Conv2D(4, 3)(keras.layers.Lambda(payload)(image)))
model.save(folder + "/lambda.keras")
model.save(folder + "/lambda.h5")
"""
LOAD_LAMBDA = """
import sys, pathlib, keras
path, touched = sys.argv[1:]
for name in ("lambda.keras", "lambda.h5"):
    keras.models.load_model(path + "/" + name, safe_mode=False, compile=False)
    pathlib.Path(touched).unlink()
"""


def python(*arguments):
    return subprocess.run(
        [sys.executable, "-c", *map(str, arguments)], capture_output=True, text=True, check=False
    )


@pytest.mark.keras
def test_an_untrusted_lambda_is_never_run(tmp_path):
    pytest.importorskip("keras")
    touched = tmp_path / "touched"
    made = python(MAKE_LAMBDA, tmp_path, touched)
    assert made.returncode == 0, made.stderr
    touched.unlink()
    for name in ("lambda.keras", "lambda.h5"):
        bank = read_model(tmp_path / name)
        assert bank.kernels.shape == (3, 3, 1, 4)
        assert bank.provenance.preprocessing == "not taken over: lambda (Lambda)"
        list_layers(tmp_path / name)
    assert not touched.exists()
    # The payload is live: Keras itself runs it when it is told to trust the file.
    fired = python(LOAD_LAMBDA, tmp_path, touched)
    assert fired.returncode == 0, fired.stderr


def test_nothing_heavy_is_imported(tmp_path):
    small_archive(tmp_path / "m.keras")
    source = (
        "import sys\nfrom filt.learned.files.model_files import read_model\n"
        "read_model(sys.argv[1]).apply([[0.0] * 9] * 9)\n"
        "assert not {'tensorflow', 'keras', 'h5py'} & set(sys.modules)"
    )
    done = python(source, tmp_path / "m.keras")
    assert done.returncode == 0, done.stderr


# ---- files made by hand: nothing below needs Keras ----


def test_an_archive_made_by_hand(tmp_path):
    kernels, bias = small_archive(tmp_path / "m.keras")
    for packing in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        small_archive(tmp_path / "m.keras", compression=packing)
        bank = read_model(tmp_path / "m.keras")
        np.testing.assert_array_equal(bank.kernels, kernels)
        np.testing.assert_array_equal(bank.bias, bias)
        assert bank.use == LayerUse()


def test_archives_of_keras_2(tmp_path):
    rng = np.random.default_rng(0)
    kernels, other = rng.normal(size=(3, 3, 1, 4)), rng.normal(size=(3, 3, 4, 2))
    arrays = {
        "_layer_checkpoint_dependencies/conv2d/vars/0": kernels,
        "_layer_checkpoint_dependencies/conv2d_1/vars/0": other,
    }
    layers = [conv2d("a", use_bias=False), conv2d("b", use_bias=False, filters=2)]
    path = keras_archive(tmp_path / "old.keras", layers, arrays)
    np.testing.assert_array_equal(read_model(path).kernels, kernels.astype(np.float32))
    second = read_model(path, layer="b")
    np.testing.assert_array_equal(second.kernels, other.astype(np.float32))


def legacy_h5(layers, weights, *, config=True, top="model_weights"):
    """An .h5 as Keras 2 wrote it: names with :0, the order of the layers in an attribute."""
    prefix = f"{top}/" if top else ""
    arrays = {f"{prefix}{layer}/{name}": array for layer, name, array in weights}
    names = list(dict.fromkeys(layer for layer, _, _ in weights))
    attributes = [(top, "layer_names", names)]
    for layer in names:
        own = [name for of, name, _ in weights if of == layer]
        attributes.append((f"{prefix}{layer}", "weight_names", own))
    if config:
        attributes.append(("", "model_config", json.dumps(sequential(layers))))
    return hdf5_bytes(arrays, attributes)


def test_h5_of_keras_2(tmp_path):
    rng = np.random.default_rng(0)
    first, second, bias = (rng.normal(size=s) for s in [(3, 3, 1, 4), (3, 3, 4, 2), (4,)])
    weights = [
        ("zebra", "zebra/kernel:0", first),
        ("zebra", "zebra/bias:0", bias),
        ("ape", "model/ape/kernel:0", second),
    ]
    layers = [conv2d("zebra", strides=[2, 2]), conv2d("ape", filters=2, use_bias=False)]
    path = tmp_path / "whole.h5"
    path.write_bytes(legacy_h5(layers, weights))
    bank = read_model(path)
    np.testing.assert_array_equal(bank.kernels, first.astype(np.float32))
    np.testing.assert_array_equal(bank.bias, bias.astype(np.float32))
    assert bank.use.stride == (2, 2)
    # Weights alone: the attribute keeps the order, whatever the names are.
    path = tmp_path / "weights.h5"
    path.write_bytes(legacy_h5(layers, weights, config=False, top=""))
    np.testing.assert_array_equal(read_model(path).kernels, first.astype(np.float32))
    found = read_model(path, layer="ape")
    np.testing.assert_array_equal(found.kernels, second.astype(np.float32))
    with pytest.raises(InputError, match="layer must be one of zebra, ape, got 'x'"):
        read_model(path, layer="x")


def test_long_lists_of_layers_are_kept_in_pieces(tmp_path):
    names = [f"layer_{n}" for n in range(40)]
    arrays = {
        f"{name}/{name}/kernel:0": np.full((1, 1, 1, 1), n) * 1.0 for n, name in enumerate(names)
    }
    attributes = [(name, "weight_names", [f"{name}/kernel:0"]) for name in names]
    attributes += [("", "layer_names0", names[30:]), ("", "layer_names1", names[:30])]
    path = tmp_path / "w.h5"
    path.write_bytes(hdf5_bytes(arrays, attributes))
    assert read_model(path).kernels.item() == 30


def hwio(seed=0, shape=(5, 3, 3, 6)):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def write(path, data):
    path.write_bytes(data)
    return path


def brain_float(array):
    """The upper halves of float32 numbers, and the numbers that these are."""
    halves = (array.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
    return halves, (halves.astype(np.uint32) << 16).view(np.float32)


@pytest.mark.parametrize("dtype", ["F16", "BF16", "F32", "F64"])
def test_safetensors_in_both_layouts(tmp_path, dtype):
    kernels, bias = hwio(), hwio(1)[0, 0, 0]
    stored, expected = kernels, kernels
    if dtype == "BF16":
        stored, expected = brain_float(kernels)
    if dtype == "F16":
        expected = kernels.astype(np.float16).astype(np.float32)
    data = safetensors_bytes(
        {
            "stem.bias": ("F32", bias),
            "stem.weight": (dtype, stored.transpose(3, 2, 0, 1)),
            "head.weight": ("F32", np.ones((2, 6))),
        },
        metadata={"format": "pt"},
    )
    bank = read_model(write(tmp_path / "pytorch.safetensors", data))
    np.testing.assert_array_equal(bank.kernels, expected)
    np.testing.assert_array_equal(bank.bias, bias)
    assert bank.provenance.notes == "layout pytorch"
    tensors = {"stem/kernel": (dtype, stored), "stem/bias": ("F32", bias)}
    path = write(tmp_path / "keras.safetensors", safetensors_bytes(tensors))
    bank = read_model(path)
    np.testing.assert_array_equal(bank.kernels, expected)
    np.testing.assert_array_equal(bank.bias, bias)
    assert list_layers(path) == (("stem/kernel", "", (5, 3, 3, 6)), ("stem/bias", "", (6,)))


def test_pytorch_correlates_too(tmp_path):
    # One output by hand: out[0] = sum over i, j, c of weight[0, c, i, j] * image[i, j, c].
    weight = np.arange(2 * 3 * 2 * 2, dtype=np.float32).reshape(2, 3, 2, 2)
    image = np.random.default_rng(0).random((2, 2, 3))
    by_hand = [
        sum(
            float(weight[n, c, i, j]) * image[i, j, c]
            for c in range(3)
            for i in range(2)
            for j in range(2)
        )
        for n in range(2)
    ]
    path = write(tmp_path / "m.safetensors", safetensors_bytes({"a.weight": ("F32", weight)}))
    np.testing.assert_allclose(read_model(path).apply(image)[0, 0], by_hand, rtol=1e-12)
    np.testing.assert_allclose(
        correlate_bank(image, read_model(path).kernels)[0, 0], by_hand, rtol=1e-12
    )


def as_safetensors(shapes):
    return safetensors_bytes({name: ("F32", np.ones(shape)) for name, shape in shapes.items()})


@pytest.mark.parametrize(
    ("shapes", "first"),
    [
        # PyTorch: 3 channels before 1, since depthwise kernels look like those over one channel.
        ({"blocks.0.dw.weight": (8, 1, 3, 3), "stem.weight": (8, 3, 3, 3)}, "stem.weight"),
        ({"c10.weight": (8, 3, 3, 3), "c9.weight": (8, 3, 3, 3)}, "c9.weight"),
        ({"b.weight": (8, 1, 5, 5), "a.weight": (8, 8, 5, 5)}, "b.weight"),
        ({"b.weight": (8, 6, 5, 5), "a.weight": (8, 9, 5, 5)}, "a.weight"),
        # Keras: 1 or 3 channels, by name.
        ({"b/kernel": (3, 3, 3, 8), "a/kernel": (3, 3, 1, 8)}, "a/kernel"),
        ({"b/kernel": (3, 3, 3, 8), "a/kernel": (3, 3, 8, 8)}, "b/kernel"),
        ({"conv_10/kernel:0": (3, 3, 1, 8), "conv_2/kernel:0": (3, 3, 1, 8)}, "conv_2/kernel:0"),
        # Names that tell nothing: the square of a kernel does.
        ({"first": (5, 5, 1, 8), "other": (2, 3)}, "first"),
        ({"first": (64, 3, 7, 7)}, "first"),
        ({"unclear": (3, 3, 3, 3), "x.weight": (4, 3, 2, 2)}, "x.weight"),
    ],
)
def test_which_tensor_is_the_first(tmp_path, shapes, first):
    path = write(tmp_path / "m.safetensors", as_safetensors(shapes))
    assert read_model(path).provenance.layer == first
    arrays = {name: np.ones(shape) for name, shape in shapes.items()}
    with zipfile.ZipFile(tmp_path / "m.npz", "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, array)
    assert read_model(tmp_path / "m.npz").provenance.layer == first


@pytest.mark.parametrize(
    "shapes",
    [
        {"a": (3, 3, 3, 3)},
        {"a": (5, 7, 9, 11)},
        {"a.weight": (3, 3, 1, 32)},
        {"a/kernel": (32, 1, 3, 3)},
        {"a": (100, 100, 1, 40)},
    ],
)
def test_a_layout_that_cannot_be_told_is_asked_for(tmp_path, shapes):
    path = write(tmp_path / "m.safetensors", as_safetensors(shapes))
    with pytest.raises(ModelError, match="Pass --layout keras or --layout pytorch for a"):
        read_model(path)
    ((name, (a, b, c, d)),) = shapes.items()
    assert read_model(path, layout="keras").kernels.shape == (a, b, c, d)
    assert read_model(path, layout="pytorch").kernels.shape == (c, d, b, a)
    assert read_model(path, layout="keras", layer=name).kernels.shape == (a, b, c, d)


def test_options_are_checked(tmp_path):
    path = write(tmp_path / "m.safetensors", as_safetensors({"a.weight": (8, 3, 3, 3)}))
    with pytest.raises(InputError, match="layout must be one of keras, pytorch, got 'torch'"):
        read_model(path, layout="torch")
    with pytest.raises(InputError, match=r"layer must be one of a\.weight, got 'b'"):
        read_model(path, layer="b")
    with pytest.raises(InputError, match="white must be greater than 0"):
        read_model(path, white=0)
    assert read_model(path, layer="a").kernels.shape == (3, 3, 3, 8)
    small_archive(tmp_path / "m.keras")
    with pytest.raises(InputError, match="layout must not be pytorch for a file of Keras"):
        read_model(tmp_path / "m.keras", layout="pytorch")
    with pytest.raises(InputError, match=r"input_shift must be one number or 1"):
        read_model(tmp_path / "m.keras", use=LayerUse(input_shift=(1, 2, 3)))


def test_plain_arrays(tmp_path):
    path = tmp_path / "m.npz"
    np.savez(path, **{"conv.weight": hwio().transpose(3, 2, 0, 1), "conv.bias": np.arange(6.0)})
    bank = read_model(path)
    np.testing.assert_array_equal(bank.kernels, hwio())
    assert bank.bias.tolist() == [0, 1, 2, 3, 4, 5]
    np.savez(path, hwio(shape=(3, 3, 1, 6)).astype(">f8"))
    assert read_model(path).provenance.layer == "arr_0"
    np.savez_compressed(path, kernel=hwio(), words=np.array(["a"]), more=np.ones(3))
    np.testing.assert_array_equal(read_model(path).kernels, hwio())
    np.savez(path, a=np.ones(3), b=np.ones((2, 2)))
    with pytest.raises(
        ModelError, match=r"no convolution in it: its arrays are a \(3,\), b \(2, 2\)"
    ):
        read_model(path)
    data = hdf5_bytes({"net/stem.weight": hwio().transpose(3, 2, 0, 1), "net/x": np.ones(2)})
    np.testing.assert_array_equal(read_model(write(tmp_path / "any.h5", data)).kernels, hwio())


def test_the_content_decides_not_the_name(tmp_path):
    kernels, _ = small_archive(tmp_path / "really keras.h5")
    np.testing.assert_array_equal(read_model(tmp_path / "really keras.h5").kernels, kernels)


def scaled_archive(path, before, arrays=()):
    kernels = np.ones((1, 1, 1, 1))
    layers = [
        {"module": "keras.layers", "class_name": kind, "config": {"name": kind.lower(), **config}}
        for kind, config in before
    ]
    layers.append(conv2d("c", (1, 1), 1, use_bias=False))
    return keras_archive(path, layers, {"layers/conv2d/vars/0": kernels, **dict(arrays)})


@pytest.mark.parametrize(
    ("before", "shift", "scale"),
    [
        ([], 0, 1),
        ([("Rescaling", {"scale": 1 / 255, "offset": 0.0})], 0, 1),
        ([("Rescaling", {"scale": 1 / 127.5, "offset": -1})], 0.5, 0.5),
        ([("Rescaling", {"scale": 2.0, "offset": -1.0})], 0.5, 0.5),
        ([("Rescaling", {"scale": 1 / 65535})], 0, 1),
        ([("Normalization", {"axis": [-1], "mean": 0.3, "variance": 0.04})], 0.3, 0.2),
        ([("Normalization", {"axis": None, "mean": 51.0, "variance": 2601.0})], 0.2, 0.2),
        (
            [
                ("Rescaling", {"scale": 1 / 255}),
                ("Normalization", {"axis": -1, "mean": [0.5], "variance": [0.0625]}),
            ],
            0.5,
            0.25,
        ),
        ([("InputLayer", {}), ("RandomZoom", {}), ("Rescaling", {"scale": [0.5]})], 0, 2),
    ],
)
def test_scaling_before_the_convolution(tmp_path, before, shift, scale):
    bank = read_model(scaled_archive(tmp_path / "m.keras", before))
    np.testing.assert_allclose(bank.use.shifts, shift, atol=1e-12)
    np.testing.assert_allclose(bank.use.scales, scale, rtol=1e-12)
    assert "not taken over" not in bank.provenance.preprocessing


@pytest.mark.parametrize(
    "before",
    [
        ("Rescaling", {"scale": 0.0}),
        ("Rescaling", {"scale": "x"}),
        ("Rescaling", {"scale": 1.0, "offset": [1, 2, 3], "axis": 1}),
        ("Rescaling", {"scale": [1, 2], "offset": [1, 2, 3]}),
        ("Rescaling", {"scale": 1e-320, "offset": 1e300}),
        ("Rescaling", {"scale": 10**400}),
        ("Normalization", {"axis": [1], "mean": 0.3, "variance": 0.04}),
        ("Normalization", {"axis": [-1], "mean": 0.3, "variance": -1}),
        ("Normalization", {"axis": [-1], "mean": None, "variance": None}),
        ("Normalization", {"axis": [-1], "mean": 0.3, "variance": 0.04, "invert": True}),
        ("ZeroPadding2D", {"padding": 1}),
        ("Lambda", {"function": "x"}),
    ],
)
def test_what_is_no_plain_scaling_is_named_or_refused(tmp_path, before):
    path = scaled_archive(tmp_path / "m.keras", [before])
    try:
        bank = read_model(path)
    except ModelError as error:
        refused = str(error)
        assert "the scaling before c: input_shift must be one number or 1" in refused
    else:
        kind = before[0]
        assert bank.provenance.preprocessing == f"not taken over: {kind.lower()} ({kind})"
        assert bank.use == LayerUse()
