"""What a Keras model does to a picture before its first convolution sees it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...filters.arrays import Array, Taps
from .keras_config import Layer
from .limits import listed

WHITES = (1.0, 255.0, 65535.0)
"""What white may be in the pictures that a model takes."""

_NOTHING = (
    *("InputLayer", "Identity", "Dropout", "SpatialDropout2D", "AlphaDropout"),
    *("GaussianNoise", "GaussianDropout", "ActivityRegularization"),
    *("RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom", "RandomContrast"),
    *("RandomBrightness", "RandomCrop", "RandomShear", "RandomHue", "RandomSaturation"),
)
_EPSILON = 1e-7

Statistics = Callable[[Layer], list[Array]]


@dataclass(frozen=True)
class Preparation:
    """(x - shift) / scale of the numbers that the model takes, and the layers that do otherwise.

    shift, scale: arrays of one number or one for each channel. applied: whether any layer scales.
    left_out: the names of layers before the convolution that do something else.
    """

    shift: Taps
    scale: Taps
    applied: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def white(self) -> float:
        """What white must be in the pictures that the model takes, worked out from the scaling.

        1 where nothing is scaled; else whichever of WHITES comes nearest to 1 by being divided
        by the scale: 255 for Rescaling(1/255), 1 for Rescaling(2, -1).

        >>> Preparation(np.zeros(1), np.array([127.5]), ("rescaling",)).white()
        255.0
        """
        if not self.applied:
            return 1.0
        scale = float(np.exp(np.mean(np.log(np.abs(self.scale)))))
        return min(WHITES, key=lambda white: abs(math.log(white / scale)))

    def __str__(self) -> str:
        parts = [f"scaled by {listed(self.applied)}"] if self.applied else []
        parts += [f"not taken over: {listed(self.left_out)}"] if self.left_out else []
        return "; ".join(parts)


def preparation(model: Layer, convolution: Layer, statistics: Statistics) -> Preparation:
    """What the layers between the input and a convolution do, as far as it is plain scaling.

    Rescaling and Normalization are taken over, layers that do nothing outside of training
    (dropout, noise, random flips) are passed; all others are named in `left_out`. That is along
    the way from the input to the convolution; where the way forks, from there on.
    statistics: the mean and the variance of a Normalization that was adapted.
    """
    shift, scale = np.zeros(1), np.ones(1)
    applied, left_out = [], []
    for layer in _before(model, convolution):
        if layer.kind in _NOTHING:
            continue
        found = _scaling(layer, statistics)
        if found is None or not _broadcast(scale, *found):
            left_out.append(f"{layer.name} ({layer.kind})")
            continue
        # Numbers that overflow are found when the use of the layer is made of them.
        # ((x - shift) / scale - s) / f = (x - (shift + scale s)) / (scale f)
        with np.errstate(over="ignore", invalid="ignore"):
            shift, scale = shift + scale * found[0], scale * found[1]
        applied.append(f"{layer.name} ({layer.kind})")
    return Preparation(shift, scale, tuple(applied), tuple(left_out))


def _before(model: Layer, target: Layer) -> list[Layer]:
    """The layers that the picture passes on its way to `target`, as far as that is one way."""
    child = next((c for c in model.inside if c is target or any(i is target for i in c)), None)
    if child is None:
        return []
    passed: list[Layer] = []
    for layer in _way_to(model, child):
        # A Sequential is its layers; what another model does is not worked out.
        passed += list(layer) if layer.kind == "Sequential" else [layer]
    return passed + ([] if child is target else _before(child, target))


def _way_to(model: Layer, child: Layer) -> list[Layer]:
    if child.sources is None and all(layer.sources is None for layer in model.inside):
        return list(itertools.takewhile(lambda layer: layer is not child, model.inside))
    by_name = {layer.own_name: layer for layer in model.inside}
    way = [child]
    while way[-1].sources != ():
        sources = set(way[-1].sources or ())
        source = by_name.get(sources.pop()) if len(sources) == 1 else None
        if source is None or len(way) > len(by_name):
            way.append(Layer("several inputs", way[-1].own_name, way[-1].name, "", {}))
            break
        way.append(source)
    return way[:0:-1]


def _scaling(layer: Layer, statistics: Statistics) -> tuple[Taps, Taps] | None:
    """(shift, scale) of a layer that computes (x - shift) / scale; None for any other."""
    if layer.kind == "Rescaling":
        factor = _numbers(layer.config.get("scale"))
        offset = _numbers(layer.config.get("offset", 0.0))
        if factor is None or offset is None or not factor.all() or not _broadcast(factor, offset):
            return None
        with np.errstate(over="ignore"):
            return _finite(-offset / factor, 1 / factor)
    if layer.kind == "Normalization":
        return _normalisation(layer, statistics)
    return None


def _normalisation(layer: Layer, statistics: Statistics) -> tuple[Taps, Taps] | None:
    config = layer.config
    last = config.get("axis") in (-1, 3, [-1], [3], None, [])
    if not last or config.get("invert"):
        return None
    mean, variance = _numbers(config.get("mean")), _numbers(config.get("variance"))
    if mean is None or variance is None:
        arrays = [array.astype(np.float64).ravel() for array in statistics(layer)]
        if len(arrays) != 2:
            return None
        mean, variance = arrays
    if (variance < 0).any():
        return None
    return _finite(mean, np.maximum(np.sqrt(variance), _EPSILON))


def _finite(shift: Taps, scale: Taps) -> tuple[Taps, Taps] | None:
    is_finite = np.isfinite(shift).all() and np.isfinite(scale).all() and scale.all()
    return (shift, scale) if is_finite and _broadcast(shift, scale) else None


def _numbers(value: object) -> Taps | None:
    """One number or a list of them as an array; None for anything else."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    values = value if isinstance(value, list) else [value]
    if not values or not all(type(number) in (int, float) for number in values):
        return None
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError:
        return None


def _broadcast(*arrays: Taps) -> bool:
    return len({array.size for array in arrays if array.size != 1}) <= 1
