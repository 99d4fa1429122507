"""Slopes of Dask arrays, and what is made of them: each has the arguments of the function whose
name it bears.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array, alike, finite
from ..catalogue import kernel
from ..combination import magnitude as length_of
from ..dask_arrays import (
    DaskArray,
    dask_array,
    lazy_array,
    lazy_image,
    nearby,
    no_out,
    pixel_of,
    reduced,
)
from ..dask_filters import correlated
from ..errors import InputError
from ..picture import full_scale_for
from ..placement import Placement
from ..recipes import gaussian_1d, outer
from . import gradient as gradients
from . import steering, structure, thinning
from . import zero_crossings as crossings
from .tensor import StructureTensor
from .thinning import REACH, RELATIVE_TIE

Halo = tuple[int, int]


def gradient(
    image: ArrayLike,
    operator: str = "sobel",
    sigma: float = 0.0,
    channels: str = "luma",
    *,
    space: str = "rgb",
    border: str = "reflect101",
    full_scale: float | None = None,
) -> gradients.Gradient:
    """As `filt.gradient`, of Dask arrays."""
    lazy = lazy_image(image)
    given: dict[str, Any] = {
        "operator": operator, "sigma": sigma, "channels": channels, "space": space,
        "border": border, "full_scale": full_scale_for(pixel_of(lazy), full_scale),
    }  # fmt: skip
    tried = gradients.gradient(pixel_of(lazy), **given)
    like = np.stack([tried.x, tried.y])
    work = partial(_slopes, given=given)
    halo = slope_halo(operator, sigma)
    slopes = nearby([lazy], work, like, halo, border=border_named(border), is_stack=True)
    found = gradients.Gradient(slopes[0], slopes[1], tried.full_scale)
    # Its own way to the length writes into an array: this one is there before it is asked for.
    vars(found)["magnitude"] = nearby([found.x, found.y], _length, like[0])
    return found


def gradient_polar(
    image: ArrayLike,
    operator: str = "sobel",
    sigma: float = 0.0,
    *,
    border: str = "reflect101",
    out: tuple[Array, Array] | None = None,
) -> tuple[DaskArray, DaskArray]:
    """As `filt.gradient_polar`."""
    no_out(out)
    lazy = lazy_image(image)
    given: dict[str, Any] = {"operator": operator, "sigma": sigma, "border": border}
    work = partial(_polar, given=given)
    like, halo = work(pixel_of(lazy)), slope_halo(operator, sigma)
    both = nearby([lazy], work, like, halo, border=border_named(border), is_stack=True)
    return both[0], both[1]


def structure_tensor(
    image: ArrayLike,
    sigma: float = 2.0,
    scale: float = 1.0,
    channels: str = "luma",
    *,
    space: str = "rgb",
    border: str = "reflect101",
) -> StructureTensor:
    """As `filt.structure_tensor`, of Dask arrays."""
    lazy = lazy_image(image)
    given: dict[str, Any] = {
        "sigma": sigma,
        "scale": scale,
        "channels": channels,
        "space": space,
        "border": border,
    }
    work = partial(_products, given=given)
    like = work(pixel_of(lazy))
    slopes, mean = slope_halo("gaussian", scale), _reach("gaussian-blur", sigma=sigma)
    halo = slopes[0] + mean[0], slopes[1] + mean[1]
    products = nearby([lazy], work, like, halo, border=border_named(border), is_stack=True)
    found = StructureTensor(products[0], products[1], products[2])
    three = [found.xx, found.xy, found.yy]
    vars(found)["coherence"] = nearby(three, _coherence, like[0])
    return found


def gaussian_derivative(
    image: ArrayLike,
    sigma: float,
    order_x: int = 1,
    order_y: int = 0,
    *,
    border: str = "reflect101",
) -> DaskArray:
    """As `filt.gaussian_derivative`."""
    taps = outer(gaussian_1d(sigma, order_y), gaussian_1d(sigma, order_x))
    return correlated(lazy_image(image), taps, Placement(border=border))


def steered(x: ArrayLike, y: ArrayLike, angle: float) -> DaskArray:
    """As `filt.steered`."""
    return _pointwise(partial(steering.steered, angle=finite(angle, "angle")), x=x, y=y)


def steered_second(xx: ArrayLike, xy: ArrayLike, yy: ArrayLike, angle: float) -> DaskArray:
    """As `filt.steered_second`."""
    work = partial(steering.steered_second, angle=finite(angle, "angle"))
    return _pointwise(work, xx=xx, xy=xy, yy=yy)


def thin(
    x: ArrayLike,
    y: ArrayLike,
    magnitude: ArrayLike | None = None,
    method: str = "interpolated",
    *,
    above: float = 0.0,
    tie: float | None = None,
) -> DaskArray:
    """As `filt.thin`."""
    fields = _fields(x=x, y=y, **({} if magnitude is None else {"magnitude": magnitude}))
    if fields[0].ndim != 2:
        raise InputError(f"x, y and magnitude must be one (height, width), got {fields[0].shape}")
    scalars = [reduced(fields, _largest_directed, _tie_of, np.zeros(()))] if tie is None else []
    work = partial(_thinned, given={"method": method, "above": above, "tie": tie})
    like = work(*map(pixel_of, fields), *map(np.zeros, [()] * len(scalars)))
    return nearby(fields, work, like, (REACH, REACH), scalars=scalars)


def zero_crossings(response: ArrayLike, *, tie: float | None = None) -> DaskArray:
    """As `filt.zero_crossings`."""
    (lazy,) = _fields(response=response)
    if lazy.ndim != 2:
        raise InputError(f"response must be (height, width), got shape {lazy.shape}")
    like = crossings.zero_crossings(pixel_of(lazy), tie=tie)
    scalars = [reduced([lazy], _largest, _tie_of, np.zeros(()))] if tie is None else []
    return nearby([lazy], partial(_crossed, tie=tie), like, (1, 1), scalars=scalars)


def border_named(border: str | None) -> str:
    """The border's own name, whatever it was called."""
    return Placement(border=border).border or "zero"


def _reach(name: str, **parameters: float) -> Halo:
    """How many rows and columns a kernel sees to a side, at most."""
    taps = kernel(name, **parameters).taps
    return taps.shape[0] // 2, taps.shape[1] // 2


def slope_halo(operator: str, sigma: float) -> Halo:
    """What the slopes of a picture that is smoothed first see to a side."""
    across, down = (each.taps.shape for each in gradients.operator_kernels(operator, sigma))
    blur = _reach("gaussian-blur", sigma=sigma) if sigma and operator != "gaussian" else (0, 0)
    return (
        max(across[0], down[0]) // 2 + blur[0],
        max(across[1], down[1]) // 2 + blur[1],
    )


def _fields(**given: ArrayLike) -> list[DaskArray]:
    """The arrays that are given by their names, of one shape, in the chunks of the first."""
    fields = [lazy_array(value, name) for name, value in given.items()]
    shapes = [field.shape for field in fields]
    if len(set(shapes)) > 1 or 0 in shapes[0]:
        got = ", ".join(map(str, shapes))
        raise InputError(f"{' and '.join(given)} must be of one shape and hold values, got {got}")
    largest = max(fields, key=lambda field: field.npartitions)
    return [field.rechunk(largest.chunks) for field in fields]


def _pointwise(work: partial[Array], **given: ArrayLike) -> DaskArray:
    fields = _fields(**given)
    like = work(*(np.zeros((1,) * field.ndim, field.dtype) for field in fields))
    return dask_array().map_blocks(
        work, *fields, dtype=like.dtype, meta=like[(slice(0, 0),) * like.ndim]
    )


def _slopes(block: Array, *, given: Mapping[str, Any]) -> Array:
    found = gradients.gradient(block, **given)
    return np.stack([found.x, found.y])


def _polar(block: Array, *, given: Mapping[str, Any]) -> Array:
    return np.stack(gradients.gradient_polar(block, **given))


def _products(block: Array, *, given: Mapping[str, Any]) -> Array:
    found = structure.structure_tensor(block, **given)
    return np.stack([found.xx, found.xy, found.yy])


def _length(x: Array, y: Array) -> Array:
    length = np.empty(x.shape, x.dtype)
    length_of((np.ascontiguousarray(x), np.ascontiguousarray(y)), length)
    return length


def _coherence(xx: Array, xy: Array, yy: Array) -> Array:
    return StructureTensor(xx, xy, yy).coherence


def _largest_directed(*fields: Array) -> Array:
    """The largest magnitude where there is a direction: what `thin` compares."""
    names = ("x", "y", "magnitude")
    x, y, *given = alike(**dict(zip(names, fields, strict=False)))
    strength = given[0] if given else np.hypot(x, y)
    directed = np.isfinite(x) & np.isfinite(y) & ((x != 0) | (y != 0)) & np.isfinite(strength)
    return np.full((1, 1, 1), float(strength[directed].max(initial=0)))


def _largest(response: Array) -> Array:
    (values,) = alike(response=response)
    return np.full((1, 1, 1), gradients.brightest(values))


def _tie_of(largest: Array) -> Array:
    return np.asarray(RELATIVE_TIE * float(largest.max()))


def _thinned(*fields: Array, given: Mapping[str, Any]) -> Array:
    """As `thin`; where no tie is said it is the last of the arrays."""
    if given["tie"] is None:
        fields, given = fields[:-1], {**given, "tie": float(fields[-1])}
    x, y, *magnitude = fields
    return thinning.thin(x, y, magnitude[0] if magnitude else None, **given)


def _crossed(response: Array, *scalars: Array, tie: float | None) -> Array:
    margin = float(scalars[0]) if tie is None else tie
    return crossings.zero_crossings(response, tie=margin)
