"""The edge network: a few small convolutions that draw a soft map of boundaries.

Keras trains it; here it runs without Keras, as `correlate_bank`, bilinear enlarging and joining of
channels. How the layers are wired is plain data, the same for both sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike

from ..filters.arrays import Array, as_image
from ..filters.bank import ACTIVATIONS, correlate_bank
from ..filters.borders import pad
from ..filters.edges.thinning import thin
from ..filters.errors import InputError

PICTURE = "picture"


@dataclass(frozen=True)
class LayerPlan:
    """One layer, without its numbers: what it reads and how it correlates.

    inputs: names of earlier layers, or "picture", each with how many times it is enlarged before
    all are joined along the channels. outputs: how many kernels of size × size. Padding is zero
    all round, as in Keras' "same"; a bias is added; activation as in `correlate_bank`.
    """

    name: str
    inputs: tuple[tuple[str, int], ...]
    outputs: int
    size: int = 3
    stride: int = 1
    dilation: int = 1
    activation: str | None = "relu"


def edge_plan(
    kernels: int = 16,
    size: int = 7,
    width: int = 22,
    dilations: tuple[int, ...] = (1, 2, 4),
    stride: int = 2,
) -> tuple[LayerPlan, ...]:
    """The layers of the edge network, in order; the last has one output, at a half of the picture.

    kernels, size: the bank that is read as filters, at `stride`. width: channels of the layers
    above; one at the stride of the bank, then, at twice that, one for each of `dilations`. All of
    them are joined, the coarse ones enlarged, for the last two layers.

    >>> [layer.name for layer in edge_plan()]
    ['bank', 'near', 'far-1', 'far-2', 'far-4', 'joined', 'edges']
    """
    layers = [
        LayerPlan("bank", ((PICTURE, 1),), kernels, size, stride),
        # 1×1: what lines look like from near is left to the bank, so that one can read it there.
        LayerPlan("near", (("bank", 1),), width, 1),
    ]
    for number, dilation in enumerate(dilations):
        layers.append(
            LayerPlan(
                f"far-{dilation}",
                ((layers[-1].name, 1),),
                width,
                stride=1 if number else 2,
                dilation=1 if not number else dilation,
            )
        )
    far = tuple((layer.name, 2) for layer in layers[2:])
    layers.append(LayerPlan("joined", (("bank", 1), ("near", 1), *far), width, 1))
    layers.append(LayerPlan("edges", (("joined", 1),), 1, 3, activation=None))
    return tuple(layers)


@dataclass(frozen=True, eq=False)
class EdgeLayer:
    """One layer with its numbers: kernels (size, size, in, out) and bias (out,) in float32."""

    plan: LayerPlan
    kernels: Array
    bias: Array


@dataclass(frozen=True, eq=False)
class EdgeNetwork:
    """A trained edge network that needs no Keras.

    layers: in order; the last has one output. enlarged: how many times its response is enlarged to
    come to the size of the picture. offset, scale: the layers see (picture - offset) / scale.
    margin: pixels by which `run` lets the picture go on, mirrored, so that its border is no edge.
    notes: where the numbers come from, plain data.
    """

    layers: tuple[EdgeLayer, ...]
    enlarged: int = 2
    offset: float = 0.5
    scale: float = 0.25
    margin: int = 16
    notes: Mapping[str, Any] | None = None

    @property
    def parameters(self) -> int:
        """How many numbers were learned."""
        return sum(layer.kernels.size + layer.bias.size for layer in self.layers)

    @property
    def multiple(self) -> int:
        """Height and width must be multiples of this, or the parts of the network do not meet."""
        return int(max(_reductions(tuple(layer.plan for layer in self.layers)).values()))

    @property
    def reach(self) -> int:
        """How many pixels around one have a say in its evidence, rounded up to `multiple`.

        A part of a picture that begins at a multiple of `multiple` says of its inner pixels, so
        far from where it was cut out, what the whole picture says.
        """
        plans = tuple(layer.plan for layer in self.layers)
        seen, reductions = {PICTURE: 0}, _reductions(plans)
        for plan in plans:
            # Between the centres of pixels an enlarged map sees the next one too.
            inputs = [
                seen[name] + (reductions[name] if factor > 1 else 0) for name, factor in plan.inputs
            ]
            covered = (plan.size - 1) * plan.dilation + 1
            padded = max(covered - plan.stride, 0)
            pixel = reductions[plan.name] // plan.stride
            seen[plan.name] = max(inputs) + (padded - padded // 2) * pixel
        last = plans[-1].name
        reach = seen[last] + (reductions[last] if self.enlarged > 1 else 0)
        return reach - reach % -self.multiple

    def feature_maps(self, image: ArrayLike) -> dict[str, Array]:
        """Every layer's response to a picture as it is, without any margin, in float32.

        image: (height, width), black 0 to white 1, sides multiples of `multiple`. Gives a name
        and a (height', width', outputs) for each layer, then "soft map": (height, width), 0 to 1.
        Equal to the Keras model's output to rounding.
        Raises InputError for images of other shapes, TypeError for what is not real numbers.
        """
        grey = _grey(image)
        if any(length % self.multiple for length in grey.shape):
            raise InputError(
                f"image must have sides that are multiples of {self.multiple}, got {grey.shape}"
            )
        maps = self._responses(grey)
        last = _enlarged(maps[self.layers[-1].plan.name], self.enlarged)
        return {**maps, "soft map": ACTIVATIONS["sigmoid"](last)[..., 0]}

    def _responses(self, grey: Array) -> dict[str, Array]:
        maps = {PICTURE: ((grey - self.offset) / self.scale).astype(np.float32)[..., np.newaxis]}
        for layer in self.layers:
            maps[layer.plan.name] = _response(layer, maps)
        return maps

    def run(self, image: ArrayLike) -> Array:
        """How much every pixel looks like a boundary: (height, width) in float32, 0 to 1.

        The arguments and errors are those of `evidence`, of which this is the sigmoid. The lines
        are thick: see `thin_soft_map`.
        """
        return ACTIVATIONS["sigmoid"](self.evidence(image))

    def evidence(self, image: ArrayLike) -> Array:
        """The logarithm of the odds that a pixel is on a boundary: (height, width) in float32.

        image: (height, width), black 0 to white 1, of any size; it goes on as its mirror image on
        all sides.
        Raises InputError for other shapes, TypeError for what is not real numbers.
        """
        grey = _grey(image).astype(np.float32)
        height, width = grey.shape
        before = self.margin - self.margin % -self.multiple
        after_rows, after_columns = (before + -length % self.multiple for length in grey.shape)
        larger = pad(grey, (before, before), (after_rows, after_columns), "symmetric")
        last = self._responses(larger)[self.layers[-1].plan.name]
        evidence = _enlarged(last, self.enlarged)[..., 0]
        return np.ascontiguousarray(evidence[before : before + height, before : before + width])


def thin_soft_map(
    soft: ArrayLike, sigma: float = 2.0, *, above: float = 0.0, tie: float | None = None
) -> Array:
    """The crests of a soft map, one pixel wide, and 0 elsewhere: (height, width).

    soft: (height, width). Across a line its brightness bends most: there the direction is taken,
    from the second derivatives of the map smoothed with sigma, in pixels. above: pixels up to this
    are no line and not looked at. tie: as for `thin`.
    Raises InputError for other shapes and a sigma that is not above 0.
    Source: the direction as in P. Dollár and C. L. Zitnick, Fast edge detection using structured
    forests, 2015; the crest as in `edges.thinning.thin`.

    >>> thin_soft_map(np.tile([0, 0.2, 0.6, 0.9, 0.5, 0.1, 0], (5, 1)))[2].tolist()
    [0.0, 0.0, 0.0, 0.9, 0.0, 0.0, 0.0]
    """
    strength = as_image(soft, "soft map")
    if strength.ndim != 2:
        raise InputError(f"soft map must be (height, width), got shape {strength.shape}")
    if not 0 < sigma < np.inf:
        raise InputError(f"sigma must be above 0, got {sigma}")
    smooth = cv2.GaussianBlur(strength, (0, 0), sigma)
    down, right = np.gradient(smooth)
    bend_down, bend_both = np.gradient(down)
    bend_right = np.gradient(right, axis=1)
    # A crest lies along the least bend downwards. Half of an angle, from its cosine and its sign.
    across, both = bend_right - bend_down, 2 * bend_both
    length = np.hypot(across, both)
    length[length == 0] = 1
    cosine = across / length
    x = -np.copysign(np.sqrt(np.maximum(1 - cosine, 0) / 2), both)
    y = np.sqrt(np.maximum(1 + cosine, 0) / 2)
    return thin(x, y, strength, above=above, tie=tie)


def build_edge_network(
    plan: tuple[LayerPlan, ...] | None = None,
    *,
    enlarged: int = 2,
    bank_scale: float = 0.1,
) -> Any:
    """The same network as a Keras model, untrained: (n, h, w, 1) to (n, h, w, 1), 0 to 1.

    plan: the layers, None for `edge_plan()`. What goes in is (picture - 0.5) / 0.25. bank_scale:
    the first layer starts at this share of Glorot and Bengio's (2010) usual deviation: a small
    start leaves the kernels to the data, and one can read them.
    Needs Keras. Set `keras.utils.set_random_seed` before, to have the same start again.
    """
    import keras

    layers = edge_plan() if plan is None else plan
    start = keras.layers.Input((None, None, 1), name=PICTURE)
    maps: dict[str, Any] = {PICTURE: start}

    def larger(value: Any, factor: int) -> Any:
        if factor == 1:
            return value
        return keras.layers.UpSampling2D(factor, interpolation="bilinear")(value)

    for number, layer in enumerate(layers):
        read = [larger(maps[name], factor) for name, factor in layer.inputs]
        initial = keras.initializers.VarianceScaling(
            1.0 if number else bank_scale**2, mode="fan_avg", distribution="uniform"
        )
        maps[layer.name] = keras.layers.Conv2D(
            layer.outputs,
            layer.size,
            layer.stride,
            padding="same",
            dilation_rate=layer.dilation,
            activation=layer.activation,
            kernel_initializer=initial,
            name=layer.name,
        )(read[0] if len(read) == 1 else keras.layers.Concatenate()(read))
    soft = keras.layers.Activation("sigmoid")(larger(maps[layers[-1].name], enlarged))
    return keras.Model(start, soft, name="edges")


def network_of(
    model: Any,
    plan: tuple[LayerPlan, ...],
    *,
    enlarged: int = 2,
    notes: Mapping[str, Any] | None = None,
) -> EdgeNetwork:
    """The Keras model of `build_edge_network` as plain numbers, the weights at this moment."""
    layers = []
    for layer in plan:
        kernels, bias = model.get_layer(layer.name).get_weights()
        layers.append(EdgeLayer(layer, kernels.astype(np.float32), bias.astype(np.float32)))
    return EdgeNetwork(tuple(layers), enlarged, notes=notes)


def _reductions(plan: tuple[LayerPlan, ...]) -> dict[str, int]:
    """How many pixels of the picture one of each layer stands for."""
    reductions = {PICTURE: 1}
    for layer in plan:
        name, factor = layer.inputs[0]
        reductions[layer.name] = reductions[name] * layer.stride // factor
    return reductions


def _grey(image: ArrayLike) -> Array:
    grey = as_image(image)
    if grey.ndim != 2:
        raise InputError(f"image must be grey, (height, width), got shape {grey.shape}")
    return grey


def _response(layer: EdgeLayer, maps: Mapping[str, Array]) -> Array:
    plan = layer.plan
    if plan.size == 1 and plan.stride == 1 and len(plan.inputs) > 1:
        return _pointwise(layer, maps)
    read = [_enlarged(maps[name], factor) for name, factor in plan.inputs]
    return correlate_bank(
        read[0] if len(read) == 1 else np.concatenate(read, axis=2),
        layer.kernels,
        layer.bias,
        plan.activation,
        mode="keras-same",
        stride=plan.stride,
        dilation=plan.dilation,
    )


def _pointwise(layer: EdgeLayer, maps: Mapping[str, Array]) -> Array:
    """A layer of 1×1 kernels on several maps, never joined and enlarged last, where it is least.

    The same to rounding: weighing channels and enlarging each of them can change places.
    """
    total: dict[int, Array] = {}
    first = 0
    for name, factor in layer.plan.inputs:
        last = first + maps[name].shape[2]
        said = correlate_bank(maps[name], layer.kernels[:, :, first:last])
        total[factor] = np.add(total[factor], said, out=said) if factor in total else said
        first = last
    response, *others = (_enlarged(said, factor) for factor, said in total.items())
    for other in others:
        response += other
    response += layer.bias
    activation = layer.plan.activation
    return response if activation is None else ACTIVATIONS[activation](response, response)


def _enlarged(values: Array, factor: int) -> Array:
    """(height, width, channels), bilinear between the centres of pixels, as Keras' UpSampling2D."""
    if factor == 1:
        return values
    height, width, channels = values.shape
    size = (width * factor, height * factor)
    larger: Array = cv2.resize(values, size, interpolation=cv2.INTER_LINEAR)
    return larger.reshape(*size[::-1], channels)
