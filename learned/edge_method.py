"""The edge network as an edge method, beside the handcrafted ones: `learned-edges`."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import ArrayLike

from ..filters.arrays import Array, as_image
from ..filters.bank import ACTIVATIONS
from ..filters.borders import pad
from ..filters.colour import lab_of, luma
from ..filters.edges.gradient import seen_planes, smoothed
from ..filters.edges.methods import EdgeMethod, Setting, linked_stages
from ..filters.edges.stages import EdgeStages, Stage, grey_stage
from ..filters.picture import full_scale_for
from .edge_network import PICTURE, EdgeNetwork, thin_soft_map
from .response_pictures import response_picture
from .shipped import NETWORK, shipped_network

LOW, HIGH = 0.25, 0.4
"""On 50 training photographs of BSDS500 lines linked with these have an F of 0.715, in grey 0.666;
the best single threshold is 0.27, in grey 0.41."""

SCALES = (1, 2)
"""The network looks at the luma and at half of it; see `EdgeNetwork.evidence`."""

_COLOUR_SCALE = 2
_SOME_COLOUR, _FLAT = 0.01, 1e-4
_LEAST = 0.02
_FADED, _OF_SIDE = 5, 32
_SMALLEST = 2


def edge_method() -> EdgeMethod:
    """The shipped edge network as an edge method: soft map, thinned, two thresholds, linked.

    Low and high are shares of certainty, from 0 to 1, not of a slope. Its stages have the responses
    of every layer, a sheet for each.

    >>> edge_method().space
    'lab'
    """
    return EdgeMethod(
        find_edges,
        0.0,
        LOW,
        HIGH,
        "a small network that was shown generated pictures and their edges looks at brightness"
        " and colour; thinned, linked",
        channels="tensor",
        space="lab",
    )


def find_edges(
    image: ArrayLike,
    setting: Setting,
    *,
    network: EdgeNetwork | None = None,
) -> EdgeStages:
    """What the edge network finds in an image: (height, width), or RGB.

    The network, which knows grey pictures alone, looks four times: at the luma, at half of it, and
    at half of CIELAB's two colour axes, each as a grey picture that is middle grey where there is
    no colour. The mean of its evidence decides, in which an axis weighs the less the less happens
    on it in the whole picture. Towards the border lines fade: people draw few there.

    network: None is the one that ships with filt. setting: sigma blurs first, 0 does not; channels
    "luma" leave colour out, all others are the same, in any space. A picture one pixel high or wide
    has no edges.
    Raises InputError for images of other shapes.
    """
    pixels = as_image(image)
    white = full_scale_for(image, setting.full_scale)
    planes = seen_planes(pixels / pixels.dtype.type(white), setting.channels, "rgb", 1.0)
    blurred = smoothed(planes, setting.sigma, setting.border)
    seen, axes = luma(blurred), _colour_axes(blurred)
    chosen = _network() if network is None else network
    map_of = _soft_map(chosen, seen, axes)
    if min(map_of.shape) >= _SMALLEST:
        soft = _faded(thin_soft_map(map_of, above=_LEAST))
    else:
        soft = np.zeros_like(map_of)
    blur = f"a Gaussian blur, sigma {setting.sigma:g} pixels" if setting.sigma else "no blur"

    def before() -> tuple[Stage, ...]:
        return (
            grey_stage(luma(planes)),
            Stage("smooth", seen, "clip", blur),
            *_axis_stages(axes),
            *_layers(chosen, seen),
            Stage("soft map", map_of, "clip", "how sure the network is of an edge: white is 1"),
            Stage("thinned", soft, "clip", "the crests of the soft map alone", lines=True),
        )

    return linked_stages(NETWORK, soft, seen, setting, before)


def _colour_axes(seen: Array) -> tuple[Array, ...]:
    """Green to red and blue to yellow at half the size, 0.5 where there is no colour.

    None of a picture without colour.
    """
    if seen.ndim == 2 or seen.shape[2] == 1:
        return ()
    height, width = (max(1, round(side / _COLOUR_SCALE)) for side in seen.shape[:2])
    # What no screen can show has no place in CIELAB.
    shown = np.clip(np.nan_to_num(seen), 0, 1)
    half = cv2.resize(shown, (width, height), interpolation=cv2.INTER_AREA)
    axes = np.ascontiguousarray(np.moveaxis(lab_of(half)[..., 1:], 2, 0)) / half.dtype.type(100)
    if axes.std(axis=(1, 2)).max() < _FLAT:
        return ()
    return tuple(axes + half.dtype.type(0.5))


def _soft_map(network: EdgeNetwork, seen: Array, axes: tuple[Array, ...]) -> Array:
    """How much every pixel looks like a boundary after all looks: (height, width), 0 to 1."""
    weight = float(len(SCALES))
    total = np.float32(weight) * network.evidence(np.nan_to_num(seen), SCALES)
    for axis in axes:
        deviation = float(axis.std())
        share = deviation / (deviation + _SOME_COLOUR)
        total += np.float32(share) * cv2.resize(network.evidence(axis), seen.shape[::-1])
        weight += share
    return ACTIVATIONS["sigmoid"](total / np.float32(weight))


def _faded(soft: Array) -> Array:
    """Less and less towards the border of the picture, over five pixels; over fewer in small ones.

    Source: as in the code of P. Dollár and C. L. Zitnick, Fast edge detection using structured
    forests, 2015.
    """
    ramps = []
    for side in soft.shape:
        reach = min(_FADED, side // _OF_SIDE)
        from_border = np.minimum(np.arange(side), np.arange(side)[::-1])
        ramps.append(np.clip(from_border / max(reach, 1), not reach, 1).astype(soft.dtype))
    faded: Array = soft * ramps[0][:, np.newaxis] * ramps[1]
    return faded


def _axis_stages(axes: tuple[Array, ...]) -> tuple[Stage, ...]:
    names = ("green to red", "blue to yellow")
    note = "a colour axis of CIELAB at half the size, middle grey without colour"
    return tuple(
        Stage(name, np.clip(axis, 0, 1), "clip", note)
        for name, axis in zip(names, axes, strict=False)
    )


@lru_cache(maxsize=1)
def _network() -> EdgeNetwork:
    return shipped_network()


def _layers(network: EdgeNetwork, seen: Array) -> tuple[Stage, ...]:
    """The responses of every layer to the picture, a sheet for each."""
    rows, columns = (-side % network.multiple for side in seen.shape)
    maps = network.feature_maps(pad(np.nan_to_num(seen), (0, 0), (rows, columns), "symmetric"))
    stages = []
    for layer in network.layers:
        plan = layer.plan
        read = ", ".join(name for name, _ in plan.inputs if name != PICTURE) or "the picture"
        drawn = response_picture(
            maps[plan.name],
            [str(number) for number in range(plan.outputs)],
            f"{plan.name}: {plan.outputs} of {plan.size}×{plan.size} on {read}",
            signed=plan.activation is None,
        )
        maps_word = "feature map" if plan.outputs == 1 else "feature maps"
        note = f"{plan.outputs} {maps_word}, {plan.size}×{plan.size} taps, on {read}"
        stages.append(Stage(f"layer {plan.name}", drawn / np.float32(255), "clip", note))
    return tuple(stages)
