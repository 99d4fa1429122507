"""The models that `filt train` trains, each a small Keras function. Keras is imported when asked.

All of them take pictures with black at 0 and white at 1, (n, height, width, channels). What a
first layer is to be shown otherwise (the mean taken off, say) is a Rescaling layer of the model, so
that the file says it too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ...filters.arrays import Array, positive, whole
from ...filters.errors import FiltError, InputError
from ..edge_network import build_edge_network, edge_plan
from ..keras_loading import load_keras

BANK = "bank"
"""The name of the first convolution in every model that has one."""

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class FirstLayer:
    """What may be chosen about the first layer: `kernels` of them, of `size` × `size`.

    init_scale: the share of Glorot and Bengio's (2010) usual deviation that they start with.
    Raises InputError for numbers out of range, TypeError for what is no number.
    """

    kernels: int = 16
    size: int = 7
    init_scale: float = 0.1

    def __post_init__(self) -> None:
        whole(self.kernels, "kernels")
        whole(self.size, "size")
        positive(self.init_scale, "init_scale")


@dataclass(frozen=True)
class InputScale:
    """The first layer is shown (x - shift) / scale, where x runs from 0 to 1."""

    shift: float = 0.0
    scale: float = 1.0


EDGE_SCALE = InputScale(0.5, 0.25)
"""What the first layer of "edges" is shown, whatever the pictures."""


@dataclass(frozen=True, eq=False)
class GivenKernels:
    """What a first layer starts with instead of what its seed says.

    kernels: (height, width, in, out). frozen: they stay as they are; biases are trained anyway.
    """

    kernels: Array
    frozen: bool = False


@dataclass(frozen=True)
class ModelKind:
    """One model by name: what it is, how it is built, and what training takes unless told.

    finds_edges: its answer is a map of boundaries, not a class. adjustable: the first layer can
    be chosen. standardises: the mean and deviation of the pictures are taken out. has_bank: it
    has a convolution.
    """

    about: str
    builds: Callable[[Any, Shape, int, FirstLayer, InputScale], Any] = field(repr=False)
    epochs: int
    batch: int
    data: str = "fashion-mnist"
    finds_edges: bool = False
    adjustable: bool = False
    standardises: bool = False
    has_bank: bool = True


def build_model(
    name: str,
    shape: Shape,
    classes: int = 0,
    first: FirstLayer | None = None,
    scale: InputScale | None = None,
) -> Any:
    """The Keras model of that name, untrained, for pictures of `shape` (height, width, channels).

    classes: how many it tells apart; "edges" has none. first: for "edges" and "small", the first
    layer. scale: for "small", what the first layer is shown.
    Call `keras.utils.set_random_seed` before, to have the same start again.
    Raises InputError for an unknown name, for pictures that are too small or of channels that the
    model does not take, FiltError where Keras is not installed.
    """
    kind = model_kind(name)
    if first is not None and not kind.adjustable:
        raise InputError(f"{name} has a first layer of its own: kernels and size are not for it")
    if kind.finds_edges and shape[2] != 1:
        raise InputError(f"{name} sees grey pictures, got {shape[2]} channels")
    if not kind.finds_edges and classes < 2:
        raise InputError(f"{name} needs at least 2 classes, got {classes}")
    keras = load_keras()
    try:
        return kind.builds(keras, shape, classes, first or FirstLayer(), scale or InputScale())
    except ValueError as error:
        if isinstance(error, FiltError):
            raise
        raise InputError(f"pictures of {shape[0]}×{shape[1]} are too small for {name}") from error


def model_kind(name: str) -> ModelKind:
    """The model of that name. Raises InputError for an unknown one.

    >>> model_kind("notes-dnn").has_bank
    False
    """
    if name not in MODELS:
        raise InputError(f"model must be one of {', '.join(MODELS)}, got {name!r}")
    return MODELS[name]


def compile_model(model: Any, kind: ModelKind, steps: int) -> None:
    """Give a model its loss and its optimiser. steps: how many batches the whole training has.

    Edges: AdamW (Loshchilov and Hutter, 2019) whose rate falls along a cosine over all the steps.
    Classes: Adam (Kingma and Ba, 2015) at Keras's own rate.
    """
    keras = load_keras()
    if not kind.finds_edges:
        model.compile(
            optimizer=keras.optimizers.Adam(),
            loss=keras.losses.SparseCategoricalCrossentropy(),
            metrics=["accuracy"],
        )
        return
    rate = keras.optimizers.schedules.CosineDecay(4e-3, max(1, steps), alpha=0.02)
    optimiser = keras.optimizers.AdamW(rate, weight_decay=0.02, clipnorm=1.0)
    optimiser.exclude_from_weight_decay(var_names=["bias"])
    model.compile(optimizer=optimiser, loss=boundary_loss)


def boundary_loss(lines: Any, soft: Any) -> Any:
    """Cross-entropy of a soft map, where lines count 0.3 and the rest 0.7 however many they are.

    lines: (n, height, width, 1), 1 on boundaries. soft: the same shape, 0 to 1. The pixels beside
    a line count neither way: where exactly a blurred line runs is nobody's fault.
    """
    from keras import ops

    lines = ops.cast(lines, "float32")
    far = 1.0 - ops.max_pool(lines, 3, strides=1, padding="same")
    soft = ops.clip(soft, 1e-6, 1 - 1e-6)
    missed = ops.sum(-lines * ops.log(soft)) / ops.maximum(ops.sum(lines), 1.0)
    made_up = ops.sum(-far * ops.log(1.0 - soft)) / ops.maximum(ops.sum(far), 1.0)
    return 0.3 * missed + 0.7 * made_up


def edge_part(model: Any) -> Any:
    """The network inside the "edges" model, without the scaling before it."""
    return model.get_layer("edges")


def bank_layer(model: Any, kind: ModelKind) -> Any:
    """The first convolution of a model of that kind, which has one."""
    return (edge_part(model) if kind.finds_edges else model).get_layer(BANK)


def give_kernels(model: Any, kind: ModelKind, given: GivenKernels) -> None:
    """Give a model's first layer its kernels, before the model is compiled.

    Raises InputError for kernels of another shape than the layer's.
    """
    kernel = bank_layer(model, kind).kernel
    if given.kernels.shape != tuple(kernel.shape):
        raise InputError(f"kernels must be {tuple(kernel.shape)}, got {given.kernels.shape}")
    kernel.assign(given.kernels.astype("float32"))
    kernel.trainable = not given.frozen


def _edges(keras: Any, shape: Shape, classes: int, first: FirstLayer, scale: InputScale) -> Any:
    network = build_edge_network(edge_plan(first.kernels, first.size), bank_scale=first.init_scale)
    photo = keras.layers.Input((None, None, 1), name="photo")
    shown = keras.layers.Rescaling(
        1 / EDGE_SCALE.scale, -EDGE_SCALE.shift / EDGE_SCALE.scale, name="centred"
    )(photo)
    return keras.Model(photo, network(shown), name="edge-detector")


def _small(keras: Any, shape: Shape, classes: int, first: FirstLayer, scale: InputScale) -> Any:
    layers = keras.layers
    start = keras.initializers.VarianceScaling(
        first.init_scale**2, mode="fan_avg", distribution="uniform"
    )
    return keras.Sequential(
        [
            layers.Input(shape),
            layers.Rescaling(1 / scale.scale, -scale.shift / scale.scale, name="standardised"),
            layers.Conv2D(
                first.kernels, first.size, padding="same", activation="relu",
                kernel_initializer=start, name=BANK,
                # What the task does not ask for fades, and one sees what it does ask for.
                kernel_regularizer=keras.regularizers.L2(1e-3),
            ),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(classes, activation="softmax"),
        ],
        name="small",
    )  # fmt: skip


def _notes_cnn(keras: Any, shape: Shape, classes: int, first: FirstLayer, scale: InputScale) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input(shape),
            layers.Conv2D(32, 3, activation="relu", name=BANK),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(classes, activation="softmax"),
        ],
        name="notes-cnn",
    )


def _notes_dnn(keras: Any, shape: Shape, classes: int, first: FirstLayer, scale: InputScale) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input(shape),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(classes, activation="softmax"),
        ],
        name="notes-dnn",
    )


def _lenet5(keras: Any, shape: Shape, classes: int, first: FirstLayer, scale: InputScale) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input(shape),
            layers.Conv2D(6, 5, padding="same", activation="relu", name=BANK),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 5, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(120, activation="relu"),
            layers.Dense(84, activation="relu"),
            layers.Dense(classes, activation="softmax"),
        ],
        name="lenet5",
    )


MODELS: Mapping[str, ModelKind] = MappingProxyType(
    {
        "edges": ModelKind(
            "a small network that draws boundaries, on pictures of any size", _edges, 5, 16,
            data="leaves", finds_edges=True, adjustable=True,
        ),
        "small": ModelKind(
            "a small classifier whose first layer, kept small by L2 1e-3, can be chosen",
            _small, 4, 64,
            adjustable=True, standardises=True,
        ),
        "notes-cnn": ModelKind("three 3×3 convolutions and a dense layer", _notes_cnn, 5, 32),
        "notes-dnn": ModelKind("one dense layer of 128, no kernels", _notes_dnn, 5, 32,
                               has_bank=False),
        "lenet5": ModelKind("LeNet-5 (LeCun and others, 1998) with ReLU and max pooling",
                            _lenet5, 5, 32),
    }
)  # fmt: skip
"""The models by name."""
