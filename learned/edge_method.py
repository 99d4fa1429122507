"""The edge network as an edge method, beside the handcrafted ones: `learned-edges`."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from ..filters.arrays import Array, as_image
from ..filters.borders import pad
from ..filters.colour import luma_rows
from ..filters.edges.gradient import check_colours
from ..filters.edges.methods import EdgeMethod, Setting, linked_stages
from ..filters.edges.stages import EdgeStages, Stage, grey_stage
from ..filters.engine import Rows, computed
from ..filters.picture import full_scale_for
from ..filters.streams.columns import ReadRows, computed_in_blocks
from ..filters.streams.source import StoredRows
from ..filters.streams.walk import Counter
from .edge_looks import EdgeLooks, colour_axes, seen_rows
from .edge_network import PICTURE, EdgeNetwork
from .response_pictures import response_picture
from .shipped import NETWORK, shipped_network

LOW, HIGH = 0.25, 0.4
"""On 50 training photographs of BSDS500 lines linked with these have an F of 0.715, in grey 0.666;
the best single threshold is 0.27, in grey 0.41."""


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
    if setting.channels != "luma":
        check_colours(pixels.shape)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    white = full_scale_for(image, setting.full_scale)
    setting = replace(setting, full_scale=white)
    source = StoredRows("image", "array", pixels.shape, pixels.dtype, pixels.__getitem__)
    looks = EdgeLooks.at(source, setting, _network() if network is None else network)
    soft = computed_in_blocks(looks.lines)
    seen = computed(luma_rows(seen_rows(source, setting)))
    blur = f"a Gaussian blur, sigma {setting.sigma:g} pixels" if setting.sigma else "no blur"

    def before() -> tuple[Stage, ...]:
        sharp = seen_rows(source, replace(setting, sigma=0.0))
        note = "how sure the network is of an edge: white is 1"
        return (
            grey_stage(computed(luma_rows(sharp))),
            Stage("smooth", seen, "clip", blur),
            *_axis_stages(looks),
            *_layers(looks.network, seen),
            Stage("soft map", computed_in_blocks(looks.soft_map), "clip", note),
            Stage("thinned", soft, "clip", "the crests of the soft map alone", lines=True),
        )

    return linked_stages(NETWORK, soft, seen, setting, before)


def streamed_network(source: StoredRows, setting: Setting, counter: Counter | None) -> Rows:
    """The same for pictures larger than memory, to the last bit: a `StreamedMethod`.

    >>> pixels = np.zeros((4, 5), np.uint8)
    >>> source = StoredRows("black", "array", pixels.shape, pixels.dtype, pixels.__getitem__)
    >>> streamed_network(source, Setting(0.0, LOW, HIGH), None).read(0, 1).tolist()
    [[0, 0, 0, 0, 0]]
    """
    lines = EdgeLooks.at(source, setting, _network(), counter).lines

    def block(first: int, last: int) -> ReadRows:
        read = lines.make(first, last)

        def classes(start: int, stop: int) -> Array:
            strength = read(start, stop)
            return np.add(strength > setting.low, strength > setting.high, dtype=np.uint8)

        return classes

    return replace(lines, dtype=np.dtype(np.uint8), make=block)


def _axis_stages(looks: EdgeLooks) -> tuple[Stage, ...]:
    if not looks.shares:
        return ()
    axes = colour_axes(computed(seen_rows(looks.source, looks.setting)))
    names = ("green to red", "blue to yellow")
    note = "a colour axis of CIELAB at half the size, middle grey without colour"
    return tuple(
        Stage(name, np.clip(axis, 0, 1), "clip", note)
        for name, axis in zip(names, axes, strict=True)
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
