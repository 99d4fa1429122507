"""What a Keras model's JSON says: its layers in forward order, and how a Conv2D is used.

The description is read as data. No class that it names is looked up, and no code in it is run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ...filters.errors import InputError, ModelError
from ..layer_use import LayerUse
from .limits import LARGEST_TEXT, listed, shown

CONVOLUTION = "Conv2D"
_DEEPEST = 32
_LONGEST_NAME = 1024
_MOST_LAYERS = 20_000
_OWN_MODULES = ("keras", "tf_keras", "tensorflow")


@dataclass(frozen=True)
class Layer:
    """A layer, or a model inside the model.

    kind: its class. own_name: its name. name: that, after those of the models around it, as in
    "encoder/stem". group: where Keras 3 puts its weights. config: its own options.
    inside: the layers of a model. channels: of its input, where that is said.
    sources: the names of the layers that it reads, in a functional model; None where it reads
    the layer before it, or where that is not plain.
    """

    kind: str
    own_name: str
    name: str
    group: str
    config: dict[str, Any] = field(repr=False)
    inside: tuple[Layer, ...] = ()
    channels: int | None = None
    sources: tuple[str, ...] | None = None

    def __iter__(self) -> Iterator[Layer]:
        """This layer's inner layers in forward order, those of inner models in their place."""
        for layer in self.inside:
            yield layer
            yield from layer


def parse_model(text: bytes | str) -> Layer:
    """The model that a config.json, or the model_config of an .h5, describes.

    Raises ModelError for what is no description of a Keras model.

    >>> model = parse_model('{"class_name": "Sequential", "config": {"name": "m", "layers": ['
    ...     '{"class_name": "Conv2D", "config": {"name": "stem"}}]}}')
    >>> [(layer.kind, layer.name, layer.group) for layer in model]
    [('Conv2D', 'stem', 'layers/conv2d')]
    """
    if len(text) > LARGEST_TEXT:
        raise ModelError(f"a description of {len(text)} bytes, the limit is {LARGEST_TEXT}")
    try:
        entry = json.loads(text)
        model = _layer(entry, "", "", 0)
    except (ValueError, RecursionError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError("its description of the model is no JSON") from None
    if sum(1 for _ in model) > _MOST_LAYERS:
        raise ModelError(f"more than {_MOST_LAYERS} layers")
    return model


def find_convolution(model: Layer, name: str | None = None) -> Layer:
    """The first Conv2D of the model in forward order, or the one called `name`.

    name: with the names of the models around it, or by itself where that is plain.
    Raises ModelError where there is none, InputError for a name that no Conv2D has.

    >>> layers = (Layer("ReLU", "a", "a", "", {}), Layer("Conv2D", "stem", "stem", "", {}))
    >>> find_convolution(Layer("Sequential", "", "", "", {}, layers)).name
    'stem'
    """
    layers = list(model)
    found = [layer for layer in layers if is_convolution(layer)]
    if not found:
        raise ModelError(f"no convolution (Conv2D) in it: its layers are {described(layers)}")
    if name is None:
        return found[0]
    named = [c for c in found if c.name == name] or [c for c in found if c.own_name == name]
    if len(named) != 1:
        names = listed(convolution.name for convolution in found)
        raise InputError(f"layer must be a Conv2D of the model: {names}, got {shown(name)!r}")
    return named[0]


def is_convolution(layer: Layer) -> bool:
    """Whether it is Keras's own Conv2D: no other kind of layer computes what a bank does."""
    return layer.kind == CONVOLUTION


def described(layers: list[Layer]) -> str:
    """Layers with their kinds, for messages."""
    plain = [layer for layer in layers if layer.kind != "InputLayer" and not layer.inside]
    return listed(f"{layer.name} ({layer.kind})" for layer in plain)


def use_of(layer: Layer) -> LayerUse:
    """How a Conv2D lays and activates its kernels, without the scaling of its input.

    Raises ModelError for options that no Conv2D has, and for a grouped convolution, whose kernels
    do not see the whole picture.

    >>> print(use_of(Layer("Conv2D", "c", "c", "", {"strides": [2, 2], "activation": "relu"})))
    stride 2×2, padding valid, relu
    """
    config = layer.config
    if config.get("groups", 1) != 1:
        raise ModelError(f"{shown(layer.name)} is a grouped convolution, which is not read")
    try:
        return LayerUse(
            stride=_pair(config.get("strides", 1)),
            padding=str(config.get("padding", "valid")).lower(),
            dilation=_pair(config.get("dilation_rate", 1)),
            activation=_activation(config.get("activation")),
        )
    except (InputError, TypeError) as error:
        raise ModelError(f"{shown(layer.name)}: {shown(error)}") from None


def expected_shape(layer: Layer) -> tuple[int, int, int | None, int]:
    """(height, width, in, out) that the kernels of a Conv2D must have; in may be unknown.

    >>> expected_shape(Layer("Conv2D", "c", "c", "", {"kernel_size": [3, 5], "filters": 8}))
    (3, 5, None, 8)
    """
    try:
        height, width = _pair(layer.config["kernel_size"])
        filters = layer.config["filters"]
    except (KeyError, TypeError):
        raise ModelError(f"{shown(layer.name)} does not say what size its kernels have") from None
    if type(filters) is not int:
        raise ModelError(f"{shown(layer.name)} does not say how many kernels it has")
    return height, width, layer.channels, filters


def _layer(entry: Any, around: str, group: str, depth: int) -> Layer:
    if not isinstance(entry, dict) or depth > _DEEPEST:
        raise ModelError("its description is not that of a Keras model")
    config = entry.get("config")
    # Before Keras 2.2.3 the config of a Sequential was the list of its layers.
    config = {"layers": config} if isinstance(config, list) else config
    kind = entry.get("class_name")
    if not isinstance(kind, str) or not isinstance(config, dict):
        raise ModelError("its description is not that of a Keras model")
    own_name = str(config.get("name") or entry.get("name") or "") if depth else ""
    name = f"{around}/{own_name}" if around else own_name
    if len(name) > _LONGEST_NAME:
        raise ModelError(f"a layer with a name of {len(name)} characters: {shown(name)}")
    inner = _inside(config, name, group, depth)
    module = entry.get("module")
    is_foreign = isinstance(module, str) and not module.startswith(_OWN_MODULES)
    return Layer(
        f"{kind} of one's own" if is_foreign and kind == CONVOLUTION else kind,
        own_name,
        name,
        group,
        config,
        inner,
        _channels(entry.get("build_config"), config),
        _sources(entry["inbound_nodes"]) if "inbound_nodes" in entry else None,
    )


def _inside(config: dict[str, Any], name: str, group: str, depth: int) -> tuple[Layer, ...]:
    layers, wrapped = config.get("layers"), config.get("layer")
    prefix = f"{group}/" if group else ""
    if isinstance(wrapped, dict):
        return (_layer(wrapped, name, f"{prefix}layer", depth + 1),)
    if not isinstance(layers, list):
        return ()
    used: dict[str, int] = {}
    inner = []
    for entry in layers:
        kind = entry.get("class_name") if isinstance(entry, dict) else None
        word = _snake_case(str(kind))
        used[word] = used.get(word, -1) + 1
        numbered = f"{word}_{used[word]}" if used[word] else word
        inner.append(_layer(entry, name, f"{prefix}layers/{numbered}", depth + 1))
    return tuple(inner)


def _snake_case(kind: str) -> str:
    """A class's name as Keras spells it in the paths of weights.

    >>> _snake_case("DepthwiseConv2D"), _snake_case("ReLU")
    ('depthwise_conv2d', 're_lu')
    """
    word = re.sub(r"\W+", "", kind[:200])
    word = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", word)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", word).lower()


def _channels(build_config: Any, config: dict[str, Any]) -> int | None:
    shape = build_config.get("input_shape") if isinstance(build_config, dict) else None
    if not isinstance(shape, list) or len(shape) != 4:
        return None
    channels = shape[1 if config.get("data_format") == "channels_first" else 3]
    return channels if type(channels) is int else None


def _sources(nodes: Any) -> tuple[str, ...] | None:
    """The layers that the one call of a layer reads; None where it is called several times."""
    if nodes == []:
        return ()
    if not isinstance(nodes, list) or len(nodes) != 1:
        return None
    node = nodes[0]
    if isinstance(node, list):  # Keras 2: [[name, node, tensor, options], …]
        names = [call[0] if isinstance(call, list) and call else None for call in node]
    else:
        names = list(_tensors(node.get("args") if isinstance(node, dict) else None, 0))
    return tuple(name for name in names if isinstance(name, str))


def _tensors(value: Any, depth: int) -> Iterator[Any]:
    if isinstance(value, list) and depth < _DEEPEST:
        for item in value:
            yield from _tensors(item, depth + 1)
    elif isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        history = (
            value["config"].get("keras_history") if isinstance(value.get("config"), dict) else 0
        )
        yield history[0] if isinstance(history, list) and history else None


def _pair(value: Any) -> tuple[int, int]:
    pair = value if isinstance(value, list) else [value, value]
    if len(pair) != 2 or not all(type(number) is int for number in pair):
        raise TypeError(f"{value!r} is not one whole number or two")
    return pair[0], pair[1]


def _activation(given: Any) -> str | None:
    """The name of an activation, which may be a name, a function or a layer; None for linear."""
    if isinstance(given, dict):
        inner = given.get("config")
        given = inner if isinstance(inner, str) else given.get("class_name")
    if given is None or given == "linear":
        return None
    return shown(given)
