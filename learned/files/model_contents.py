"""What can be in a model file, each kind with its layers and with its first layer's kernels."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ...filters.arrays import Array
from ...filters.errors import InputError, ModelError
from ..kernel_bank import KernelBank
from ..layer_use import LayerUse
from ..provenance import Provenance
from .bank_files import bank_in
from .hdf5 import Hdf5
from .keras_config import Layer, expected_shape, find_convolution, is_convolution, use_of
from .keras_scaling import preparation
from .keras_weights import (
    LayerWeights,
    statistics_beside_config,
    statistics_in_model_h5,
    weights_alone,
    weights_beside_config,
    weights_in_model_h5,
)
from .limits import shown
from .tensors import Tensor, as_keras, bias_of, first_kernels

LayerEntry = tuple[str, str, tuple[int, ...]]
"""The name of a layer or an array, its kind where that is known, and a shape."""


@dataclass(frozen=True)
class Wanted:
    """What a caller asks for: a layer, a layout, and what white is in the model's pictures."""

    layer: str | None = None
    layout: str | None = None
    white: float | None = None


class Contents(Protocol):
    """What a file holds."""

    def layers(self) -> list[LayerEntry]:
        """What is in it, for choosing."""

    def bank(self, wanted: Wanted) -> KernelBank:
        """The kernels that are asked for, in a bank without a name."""


@dataclass(frozen=True)
class DescribedModel:
    """A Keras model with its description: a .keras archive or a legacy .h5."""

    model: Layer
    weights: Hdf5 = field(repr=False)
    in_archive: bool
    versions: tuple[tuple[str, str], ...] = ()

    def layers(self) -> list[LayerEntry]:
        """Its layers in forward order; the shape is that of a Conv2D's kernels, () for others."""
        if not self.model.inside:
            return WeightsAlone(self.weights).layers()
        return [
            (layer.name, layer.kind, _known_shape(layer))
            for layer in self.model
            if not layer.inside
        ]

    def bank(self, wanted: Wanted) -> KernelBank:
        """The first Conv2D in forward order, as the description says that it is used."""
        _refuse_layout(wanted)
        if not self.model.inside:  # a class of one's own, which says nothing of its layers
            return WeightsAlone(self.weights).bank(wanted)
        layer = find_convolution(self.model, wanted.layer)
        found = self._found(layer)
        before = preparation(self.model, layer, self._statistics)
        white = before.white() if wanted.white is None else wanted.white
        known = Provenance(
            layer=shown(layer.name),
            architecture=f"{shown(self.model.kind)} of {sum(1 for _ in self.model)} layers",
            preprocessing=str(before),
            versions=self.versions,
        )
        try:
            use = use_of(layer).with_scaling(before.shift / white, before.scale / white)
            use.check_channels(found.kernels.shape[2])
        except InputError as error:
            raise ModelError(f"the scaling before {shown(layer.name)}: {shown(error)}") from None
        return made_bank(found, use, known)

    def _found(self, layer: Layer) -> LayerWeights:
        if self.in_archive:
            return weights_beside_config(self.weights, layer)
        return weights_in_model_h5(self.weights, self.model, layer)

    def _statistics(self, layer: Layer) -> list[Array]:
        if self.in_archive:
            return statistics_beside_config(self.weights, layer)
        return statistics_in_model_h5(self.weights, self.model, layer)


@dataclass(frozen=True)
class WeightsAlone:
    """The weights of a Keras model without its description."""

    weights: Hdf5 = field(repr=False)

    def layers(self) -> list[LayerEntry]:
        """Its arrays by their paths."""
        return [(path, "", stored.shape) for path, stored in sorted(self.weights.arrays.items())]

    def bank(self, wanted: Wanted) -> KernelBank:
        """The first convolution as far as names and order tell; how it is used is not said."""
        found = weights_alone(self.weights, wanted.layer, wanted.layout)
        return made_bank(found, LayerUse(), Provenance(layer=shown(found.layer)))


@dataclass(frozen=True)
class Tensors:
    """Named arrays: .safetensors, or an .npz that is no bank. read: the array of a name."""

    tensors: list[Tensor]
    read: Callable[[str], Array] = field(repr=False)

    def layers(self) -> list[LayerEntry]:
        """Its arrays, in the order of the file."""
        return [(tensor.name, "", tensor.shape) for tensor in self.tensors]

    def bank(self, wanted: Wanted) -> KernelBank:
        """The first convolution as far as names and shapes tell; how it is used is not said."""
        chosen, layout = first_kernels(self.tensors, wanted.layer, wanted.layout)
        beside = bias_of(chosen, layout, self.tensors)
        bias = None if beside is None else self.read(beside.name)
        found = LayerWeights(as_keras(self.read(chosen.name), layout), bias, chosen.name)
        known = Provenance(layer=shown(chosen.name), notes=f"layout {layout}")
        return made_bank(found, LayerUse(), known)


@dataclass(frozen=True)
class SavedBank:
    """A bank that `save_bank` wrote."""

    archive: zipfile.ZipFile = field(repr=False)

    def layers(self) -> list[LayerEntry]:
        """Its kernels as the one layer that it has."""
        bank = bank_in(self.archive)
        return [(bank.provenance.layer or bank.name, "Conv2D", bank.kernels.shape)]

    def bank(self, wanted: Wanted) -> KernelBank:
        """The bank as it was saved."""
        if wanted.layer is not None:
            raise InputError(f"layer must not be given for a kernel bank, got {wanted.layer!r}")
        _refuse_layout(wanted)
        return bank_in(self.archive)


def made_bank(found: LayerWeights, use: LayerUse, known: Provenance) -> KernelBank:
    """A bank of the weights of a layer. Raises ModelError for weights that are not finite."""
    try:
        return KernelBank(
            found.kernels, shown(found.layer), bias=found.bias, use=use, provenance=known
        )
    except (InputError, TypeError) as error:
        raise ModelError(f"{shown(found.layer)}: {error}") from None


def _known_shape(layer: Layer) -> tuple[int, ...]:
    if not is_convolution(layer):
        return ()
    height, width, channels, count = expected_shape(layer)
    return height, width, channels or 0, count


def _refuse_layout(wanted: Wanted) -> None:
    if wanted.layout == "pytorch":
        raise InputError("layout must not be pytorch for a file of Keras or a kernel bank")
