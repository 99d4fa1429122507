"""The edges of Dask arrays: each has the arguments of the function whose name it bears.

What is local is done chunk by chunk, and the chunks are linked as if they were one (see `pieces`).
What must see the whole picture (thresholds chosen from it, OpenCV's own) is one task on all of it,
which then has to fit in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array
from ..dask_arrays import (
    DaskArray,
    Sides,
    in_one,
    lazy_array,
    lazy_image,
    nearby,
    no_out,
    pixel_of,
    reduced,
)
from ..engine import Pixels, computed
from ..errors import InputError
from ..picture import Picture, full_scale_for
from ..placement import Placement, correlate_placed
from . import canny as cannys
from . import edge_filter, linking, multiscale, opencv, thinning
from . import gradient as gradients
from .dask_linking import linked
from .dask_slopes import border_named, slope_halo
from .linking import Mask
from .methods import ALIASES, CANNY_OPERATORS, Setting, crossings_of, laplacian_kernel
from .thinning import REACH
from .thresholds import Thresholds


def link(thinned: ArrayLike, low: float, high: float) -> DaskArray:
    """As `filt.link`."""
    lazy = lazy_array(thinned, "thinned")
    if lazy.ndim != 2 or lazy.size == 0:
        raise InputError(f"thinned must be (height, width), got shape {lazy.shape}")
    linking.check_order(low, high)
    classes = nearby([lazy], partial(_classes, low=low, high=high), np.zeros((1, 1), np.uint8))
    return linked(classes)


def canny(
    image: ArrayLike,
    sigma: float = cannys.SIGMA,
    low: float = cannys.LOW,
    high: float = cannys.HIGH,
    *,
    operator: str = "sobel",
    norm: str = "l2",
    thinning: str = "interpolated",
    channels: str = "luma",
    space: str = "rgb",
    relative: bool = False,
    quantiles: bool = False,
    auto: str | None = None,
    mask: ArrayLike | None = None,
    border: str = "reflect101",
    full_scale: float | None = None,
) -> DaskArray:
    """As `filt.canny`."""
    lazy = lazy_image(image)
    pixel = pixel_of(lazy)
    given: dict[str, Any] = {
        "sigma": sigma, "low": low, "high": high, "operator": operator, "norm": norm,
        "thinning": thinning, "channels": channels, "space": space, "relative": relative,
        "quantiles": quantiles, "auto": auto, "border": border,
        "full_scale": full_scale_for(pixel, full_scale),
    }  # fmt: skip
    like = cannys.canny(pixel, **given)
    masks = [] if mask is None else [lazy_array(mask, "mask")]
    for inside in masks:
        cannys.check_mask(inside, lazy.shape[:2])
    if relative or quantiles or auto is not None:
        return in_one([lazy, *masks], partial(_canny_of_all, given=given), like)
    setting = {**given, "border": border_named(border)}
    rows, columns = slope_halo(operator, sigma)
    halo = rows + REACH, columns + REACH
    see = partial(
        gradients.seen_in_unit, channels=channels, space=space, full_scale=given["full_scale"]
    )
    # Blocks that go together have as many axes.
    beside = [inside.reshape(*inside.shape, *(1,) * (lazy.ndim - 2)) for inside in masks]
    return _linked_crests(
        [lazy, *beside], see, partial(_canny_crests, given=setting), halo,
        thresholds=Thresholds(low, high), border=setting["border"],
    )  # fmt: skip


def _linked_crests(
    images: list[DaskArray],
    see: Callable[[Array], Array],
    crests: Callable[..., Array],
    halo: tuple[int, int],
    *,
    thresholds: Thresholds,
    border: str,
) -> DaskArray:
    """The edges whose crests are found block by block.

    see: from a block of the first image to what is seen of it. crests: from that, blocks of the
    other images, the largest magnitude of all that is seen, and what of the block is `inside` the
    picture, to the strength on its crests there, 0 elsewhere. halo: what it sees to a side.
    """
    largest = reduced(images[:1], partial(_brightest, see=see), _largest_of, np.zeros(()))
    work = partial(_classes_of_block, see=see, crests=crests, thresholds=thresholds)
    like = np.zeros((1, 1), np.uint8)
    return linked(nearby(images, work, like, halo, border=border, scalars=[largest], is_told=True))


def canny_opencv(
    image: ArrayLike,
    low: float,
    high: float,
    norm: str = "l1",
    *,
    full_scale: float | None = None,
) -> DaskArray:
    """As `filt.canny_opencv`: one task."""
    lazy = lazy_image(image)
    work = partial(opencv.canny_opencv, low=low, high=high, norm=norm, full_scale=full_scale)
    return in_one([lazy], work, work(pixel_of(lazy)))


def respond(
    self: edge_filter.EdgeFilter,
    image: ArrayLike,
    *,
    operation: str = "correlate",
    placement: Placement | None = None,
    channels: str | None = None,
    out: Array | None = None,
) -> DaskArray:
    """As `EdgeFilter.respond`."""
    no_out(out)
    lazy = lazy_image(image)
    white = full_scale_for(pixel_of(lazy))
    given = {"operation": operation, "placement": placement, "channels": channels}
    return edges_of(self, lazy, white, given) / np.float32(white)


def edges_of(
    each: edge_filter.EdgeFilter, image: DaskArray, white: float, given: Mapping[str, Any]
) -> DaskArray:
    """The edges of a picture at its full scale, as `EdgeFilter.apply` gives them.

    white: its full scale. given: operation, placement and channels.
    """
    work = partial(_applied, each=each, white=white, given=given)
    like = work(pixel_of(image))
    border = border_named((given["placement"] or Placement()).border)
    channels = {} if given["channels"] is None else {"channels": given["channels"]}
    setting = each.setting(**channels, border=border, full_scale=white)
    found = _by_method(ALIASES.get(each.method, each.method), image, setting)
    return in_one([image], work, like) if found is None else found * like.dtype.type(white)


def _by_method(method: str, image: DaskArray, setting: Setting) -> DaskArray | None:
    """The edges of a method chunk by chunk; None where it must see the whole picture."""
    given = asdict(setting)
    if method in CANNY_OPERATORS:
        return canny(image, operator=CANNY_OPERATORS[method], **given)
    if setting.relative or setting.quantiles or setting.auto is not None:
        return None
    white = full_scale_for(pixel_of(image), setting.full_scale)
    thresholds = Thresholds(setting.low, setting.high)
    ends: dict[str, Any] = {"thresholds": thresholds, "border": setting.border}
    if method == "log":
        rows, columns = laplacian_kernel(setting).shape[:2]
        see = partial(gradients.seen_in_unit, channels="luma", space="rgb", full_scale=white)
        crests, halo = partial(_log_crests, setting=setting), (rows // 2 + 1, columns // 2 + 1)
        return _linked_crests([image], see, crests, halo, **ends)
    # What lies beyond a wrapped border has slopes and lines, and is no part of the surroundings.
    if method == "multiscale" and setting.border != "wrap":
        see = partial(
            multiscale.seen_of, channels=setting.channels, space=setting.space, white=white
        )
        crests = partial(_multiscale_crests, setting=setting)
        reach = _looks(setting, 0.0).reach_with_unknown
        return _linked_crests([image], see, crests, (reach, reach), **ends)
    return None


def _applied(
    block: Array, *, each: edge_filter.EdgeFilter, white: float, given: Mapping[str, Any]
) -> Array:
    return each.apply(Picture(block, white, np.dtype(np.float32)), **given).pixels


def _classes(strength: Array, *, low: float, high: float) -> Array:
    """2 above high, 1 above low, 0 elsewhere."""
    above: Array = (strength > low).astype(np.uint8)
    above += strength > high
    return above


def _brightest(block: Array, *, see: Callable[[Array], Array]) -> Array:
    if block.ndim == 2:
        # Of a grey picture the two ends of its range say as much, where they are known.
        ends = np.array([[block.min(), block.max()]])
        block = ends if np.isfinite(ends).all() else block
    return np.full((1, 1, 1), gradients.brightest(see(block)))


def _largest_of(brightest: Array) -> Array:
    return np.asarray(float(brightest.max()))


def _canny_of_all(block: Array, mask: Array | None = None, *, given: Mapping[str, Any]) -> Array:
    return cannys.canny(block, mask=mask, **given)


def _classes_of_block(
    block: Array,
    *more: Array,
    see: Callable[[Array], Array],
    crests: Callable[..., Array],
    thresholds: Thresholds,
    outside: Sides,
) -> Array:
    """The classes of a block: beyond the picture there is no crest, whatever its border."""
    seen = see(block)
    height, width = seen.shape[:2]
    classes = np.zeros((height, width), np.uint8)
    (above, below), (left, right) = outside
    inside = slice(above, height - below), slice(left, width - right)
    strength = crests(seen, *more, inside=inside)
    classes[inside] = _classes(strength, low=thresholds.low, high=thresholds.high)
    return classes


def _canny_crests(
    seen: Array, *more: Array, given: Mapping[str, Any], inside: tuple[slice, slice]
) -> Array:
    """The same crests as in the whole picture.

    more: the mask, if there is one, and the largest magnitude in the picture.
    """
    largest = more[-1]
    mask = None if len(more) == 1 else np.asarray(more[0], bool).reshape(seen.shape[:2])
    operator, sigma, border = (given[name] for name in ("operator", "sigma", "border"))
    colours = {"channels": given["channels"], "space": given["space"]}
    across, _ = gradients.operator_kernels(operator, sigma)
    blur = 0.0 if operator == "gaussian" else sigma
    counts_all = mask is None and bool(np.isfinite(seen).all())
    with np.errstate(invalid="ignore", over="ignore"):
        smooth = seen if counts_all else cannys.smoothed_inside(seen, blur, border, mask)
        if mask is None:
            rows = Pixels(seen, seen.dtype)
            slopes = computed(gradients.slope_rows(rows, operator, sigma, border, **colours))
            x, y = slopes[:, 0], slopes[:, 1]
        else:
            of_planes = gradients.gradient_of_planes(
                smooth, operator, sigma=sigma, **colours, border=border
            )
            x, y = of_planes.x, of_planes.y
        found = gradients.Gradient(x[inside], y[inside], 1.0)
        strength = cannys.NORMS[given["norm"]](found) / across.positive_sum
    if not counts_all:
        finite = np.isfinite(smooth.reshape(*smooth.shape[:2], -1))
        known: Mask = np.asarray(finite.all(axis=2), bool)
        if mask is not None:
            known &= mask
        strength[~linking.shrunk(known[inside], across.shape[1] // 2)] = 0
    tie = cannys.TIE * float(largest)
    return thinning.thin(
        found.x, found.y, strength, given["thinning"], above=given["low"] - 2 * tie, tie=tie
    )


def _log_crests(
    grey: Array, largest: Array, *, setting: Setting, inside: tuple[slice, slice]
) -> Array:
    taps = laplacian_kernel(setting)
    response = correlate_placed(grey, taps.taps, Placement(border=setting.border))
    return crossings_of(response[inside].copy(), taps, float(largest))


def _multiscale_crests(
    seen: Array, largest: Array, *, setting: Setting, inside: tuple[slice, slice]
) -> Array:
    return multiscale.soft_inside(seen, _looks(setting, float(largest)), inside)


def _looks(setting: Setting, largest: float) -> multiscale.MultiscaleLooks:
    return multiscale.MultiscaleLooks(
        setting.sigma, setting.channels, setting.space, setting.border, largest
    )
