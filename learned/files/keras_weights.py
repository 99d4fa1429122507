"""The weights that Keras keeps in HDF5: beside a model's description, in it, or alone."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from ...filters.arrays import Array
from ...filters.errors import InputError, ModelError
from .hdf5 import Hdf5
from .keras_config import Layer, expected_shape
from .limits import listed, shown
from .tensors import KERAS, Tensor, as_keras, bias_of, first_kernels, last_word, owner

_NOT_CONV2D = (
    *("depthwise_conv2d", "separable_conv2d", "conv2d_transpose"),
    *("conv1d", "conv1d_transpose", "conv3d", "conv3d_transpose", "depthwise_conv1d"),
)
_FIRST = "/vars/0"
_MOST_CHANNELS = 4096


@dataclass(frozen=True)
class LayerWeights:
    """The kernels (height, width, in, out) of a layer, its bias or None, and the layer's name."""

    kernels: Array
    bias: Array | None
    layer: str


def weights_beside_config(weights: Hdf5, layer: Layer) -> LayerWeights:
    """The weights of a layer in the model.weights.h5 of a .keras archive.

    Keras 3 puts them where the order of layers says; newer ones write the layer's name beside
    them, which must agree. Raises ModelError where they are missing or of another shape than
    described.
    """
    return _checked(weights, layer, _variables(weights, layer))


def statistics_beside_config(weights: Hdf5, layer: Layer) -> list[Array]:
    """The mean and the variance that a Normalization has seen; nothing where it has none."""
    return _statistics(weights, _variables(weights, layer))


def weights_in_model_h5(weights: Hdf5, model: Layer, layer: Layer) -> LayerWeights:
    """The weights of a layer in a legacy .h5 that holds the whole model."""
    paths = _legacy_variables(weights, model, layer)
    words = {word: [p for p in paths if last_word(p) == word] for word in ("kernel", "bias")}
    if len(words["kernel"]) != 1:
        raise ModelError(f"the weights of {shown(layer.name)} are not in it")
    return _checked(weights, layer, words["kernel"] + words["bias"])


def statistics_in_model_h5(weights: Hdf5, model: Layer, layer: Layer) -> list[Array]:
    """The mean and the variance of a Normalization in such a model."""
    return _statistics(weights, _legacy_variables(weights, model, layer))


def weights_alone(weights: Hdf5, layer: str | None, layout: str | None) -> LayerWeights:
    """The first convolution in a file of weights without a model.

    Older files (Keras 2) list their layers in order, and the first with kernels is taken. In
    newer ones (.weights.h5 of Keras 3) the paths tell the kinds of layers but not their order;
    there, and in any other HDF5, `tensors.first_kernels` says which layer is the first.
    layer: the layer's name or its path in the file, instead.
    """
    ordered = weights.texts("", "layer_names")
    if ordered is not None:
        return _first_in_order(weights, ordered, layer)
    if any(path.endswith(_FIRST) for path in weights.arrays):
        return _first_by_path(weights, layer)
    tensors = [Tensor(path, stored.shape) for path, stored in weights.arrays.items()]
    chosen, form = first_kernels(tensors, layer, layout)
    beside = bias_of(chosen, form, tensors)
    bias = None if beside is None else weights.array(beside.name)
    return LayerWeights(as_keras(weights.array(chosen.name), form), bias, chosen.name)


def _variables(weights: Hdf5, layer: Layer) -> list[str]:
    """The paths of a layer's arrays, in order."""
    own_name = (layer.own_name,)
    places = [layer.group, layer.group.replace("layers/", "_layer_checkpoint_dependencies/")]
    for place in places:
        found = f"{place}/vars"
        if f"{found}/0" in weights.arrays and weights.text(found, "name") in (None, own_name):
            return _numbered(weights, found)
    # A layer that several models share is kept with the first that was saved.
    groups = [
        group
        for group in weights.groups
        if group.endswith("/vars")
        and f"{group}/0" in weights.arrays
        and weights.text(group, "name") == own_name
    ]
    return _numbered(weights, groups[0]) if len(groups) == 1 else []


def _numbered(weights: Hdf5, group: str) -> list[str]:
    paths: list[str] = []
    while f"{group}/{len(paths)}" in weights.arrays:
        paths.append(f"{group}/{len(paths)}")
    return paths


def _legacy_variables(weights: Hdf5, model: Layer, layer: Layer) -> list[str]:
    """The paths of a layer's arrays below the group of the outermost layer that it is in."""
    outermost = next(c for c in model.inside if c is layer or any(i is layer for i in c))
    group = f"model_weights/{outermost.own_name}"
    names = weights.texts(group, "weight_names") or ()
    paths = [f"{group}/{name}" for name in names if f"{group}/{name}" in weights.arrays]
    if outermost is layer:
        return paths
    ends = (layer.name, layer.name.split("/", 1)[-1], layer.own_name)
    for end in ends:
        inside = [path for path in paths if f"/{owner(path)}".endswith(f"/{end}")]
        if len({owner(path) for path in inside}) == 1:
            return inside
    return []


def _checked(weights: Hdf5, layer: Layer, paths: list[str]) -> LayerWeights:
    has_bias = layer.config.get("use_bias", True) is not False
    if len(paths) < 1 + has_bias:
        raise ModelError(f"the weights of {shown(layer.name)} are not in it")
    shape, expected = weights.arrays[paths[0]].shape, expected_shape(layer)
    agrees = len(shape) == 4 and all(
        wanted in (None, extent) for wanted, extent in zip(expected, shape, strict=True)
    )
    if not agrees or (has_bias and weights.arrays[paths[1]].shape != shape[3:]):
        raise ModelError(
            f"{shown(layer.name)} has kernels of shape {shape}, but the model says {expected}"
        )
    bias = weights.array(paths[1]) if has_bias else None
    return LayerWeights(weights.array(paths[0]), bias, layer.name)


def _statistics(weights: Hdf5, paths: list[str]) -> list[Array]:
    """The first two arrays of a layer, where they have a number for each channel."""
    shapes = [weights.arrays[path].shape for path in paths[:2]]
    if len(shapes) < 2 or max(math.prod(shape) for shape in shapes) > _MOST_CHANNELS:
        return []
    return [weights.array(path) for path in paths[:2]]


def _first_in_order(weights: Hdf5, ordered: tuple[str, ...], layer: str | None) -> LayerWeights:
    found = {}
    for name in ordered:
        paths = [f"{name}/{weight}" for weight in weights.texts(name, "weight_names") or ()]
        stored = [
            Tensor(path, weights.arrays[path].shape) for path in paths if path in weights.arrays
        ]
        kernels = [t for t in stored if last_word(t.name) == "kernel" and len(t.shape) == 4]
        if kernels:
            found[name] = kernels[0], bias_of(kernels[0], KERAS, stored)
    if not found:
        raise ModelError(f"no convolution (Conv2D) in it: its layers are {listed(ordered)}")
    if layer is not None and layer not in found:
        raise InputError(f"layer must be one of {listed(found)}, got {shown(layer)!r}")
    name = next(iter(found)) if layer is None else layer
    kernel, bias = found[name]
    return LayerWeights(
        weights.array(kernel.name), None if bias is None else weights.array(bias.name), name
    )


def _first_by_path(weights: Hdf5, layer: str | None) -> LayerWeights:
    groups = {
        path.removesuffix(_FIRST): stored.shape
        for path, stored in weights.arrays.items()
        if path.endswith(_FIRST) and not path.startswith("optimizer")
    }
    possible = [
        Tensor(group, shape)
        for group, shape in groups.items()
        if len(shape) == 4 and _class_of(group) not in _NOT_CONV2D
    ]
    if not possible:
        raise ModelError(f"no convolution (Conv2D) in it: its layers are {listed(groups)}")
    if layer is not None:
        names = {t.name: weights.text(f"{t.name}/vars", "name") for t in possible}
        called = [group for group, name in names.items() if name == (layer,)]
        layer = called[0] if len(called) == 1 else layer
    chosen, _ = first_kernels(possible, layer, KERAS)
    kernels, *others = _numbered(weights, f"{chosen.name}/vars")
    has_bias = bool(others) and weights.arrays[others[0]].shape == chosen.shape[3:]
    bias = weights.array(others[0]) if has_bias else None
    return LayerWeights(weights.array(kernels), bias, chosen.name)


def _class_of(group: str) -> str:
    """The kind of layer that a path of Keras 3 tells.

    >>> _class_of("layers/sequential/layers/conv2d_3")
    'conv2d'
    """
    return re.sub(r"_\d+$", "", group.rsplit("/", 1)[-1])
