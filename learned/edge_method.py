"""The edge network as an edge method, beside the handcrafted ones: `learned-edges`."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from ..filters.arrays import Array, as_image
from ..filters.borders import pad
from ..filters.edges.gradient import seen_planes, smoothed
from ..filters.edges.methods import EdgeMethod, Setting, linked_stages
from ..filters.edges.stages import EdgeStages, Stage, grey_stage
from ..filters.picture import full_scale_for
from .edge_network import PICTURE, EdgeNetwork, thin_soft_map
from .response_pictures import response_picture
from .shipped import NETWORK, shipped_network

LOW, HIGH = 0.3, 0.6
SCALES = (1, 2)
"""The network looks at the picture and at half of it; see `EdgeNetwork.run`."""

_SMALLEST = 2


def edge_method() -> EdgeMethod:
    """The shipped edge network as an edge method: soft map, thinned, two thresholds, linked.

    Low and high are shares of certainty, from 0 to 1, not of a slope. Its stages have the responses
    of every layer, a sheet for each.

    >>> edge_method().channels
    'luma'
    """
    return EdgeMethod(
        find_edges,
        0.0,
        LOW,
        HIGH,
        "a small network that was shown generated pictures and their edges; thinned, linked",
    )


def find_edges(
    image: ArrayLike,
    setting: Setting,
    *,
    network: EdgeNetwork | None = None,
) -> EdgeStages:
    """What the edge network finds in an image: (height, width), or RGB, of which it sees the luma.

    network: None is the one that ships with filt. setting: sigma blurs first, 0 does not; the
    channels and the space that it names make no difference, as with "log". A picture one pixel
    high or wide has no edges.
    Raises InputError for images of other shapes.
    """
    pixels = as_image(image)
    white = full_scale_for(image, setting.full_scale)
    grey = seen_planes(pixels / pixels.dtype.type(white), "luma", "rgb", 1.0)
    seen = smoothed(grey, setting.sigma, setting.border)
    chosen = _network() if network is None else network
    map_of = chosen.run(np.nan_to_num(seen), SCALES)
    soft = thin_soft_map(map_of) if min(map_of.shape) >= _SMALLEST else np.zeros_like(map_of)
    blur = f"a Gaussian blur, sigma {setting.sigma:g} pixels" if setting.sigma else "no blur"

    def before() -> tuple[Stage, ...]:
        return (
            grey_stage(grey),
            Stage("smooth", seen, "clip", blur),
            *_layers(chosen, seen),
            Stage("soft map", map_of, "clip", "how sure the network is of an edge: white is 1"),
            Stage("thinned", soft, "clip", "the crests of the soft map alone", lines=True),
        )

    return linked_stages(NETWORK, soft, seen, setting, before)


@lru_cache(maxsize=1)
def _network() -> EdgeNetwork:
    return shipped_network()


def _layers(network: EdgeNetwork, seen: Array) -> tuple[Stage, ...]:
    """The responses of every layer to the picture, a sheet for each."""
    rows, columns = (-side % network.multiple for side in seen.shape)
    maps = network.feature_maps(pad(np.nan_to_num(seen), (0, rows), (0, columns), "symmetric"))
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
