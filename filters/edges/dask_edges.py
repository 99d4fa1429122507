"""The edges of Dask arrays: each has the arguments of the function whose name it bears.

What is local is done chunk by chunk. Plain `canny` and `link` are too: the chunks are linked as if
they were one (see `pieces`). What must see the whole picture (thresholds chosen from it, a mask,
colours, OpenCV's own) is one task on all of it, which then has to fit in memory.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from ..placement import Placement
from . import canny as cannys
from . import edge_filter, linking, opencv, thinning
from . import gradient as gradients
from .dask_linking import linked
from .dask_slopes import border_named, slope_halo
from .thinning import REACH


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
    if mask is not None:
        inside = lazy_array(mask, "mask")
        cannys.check_mask(inside, lazy.shape[:2])
        return in_one([lazy, inside], partial(_canny_inside, given=given), like)
    is_grey = channels == "luma" or lazy.ndim == 2 or lazy.shape[2] == 1
    if not is_grey or relative or quantiles or auto is not None:
        return in_one([lazy], partial(cannys.canny, **given), like)
    setting = {**given, "border": border_named(border)}
    white = given["full_scale"]
    tie = reduced([lazy], partial(_brightest, white=white), _canny_tie, np.zeros(()))
    rows, columns = slope_halo(operator, sigma)
    classes = nearby(
        [lazy], partial(_canny_classes, given=setting), np.zeros((1, 1), np.uint8),
        (rows + REACH, columns + REACH), border=setting["border"], scalars=[tie], is_told=True,
    )  # fmt: skip
    return linked(classes)


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
    """As `EdgeFilter.respond`: one task, but for the method "canny" where `canny` is none."""
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
    channels = {} if given["channels"] is None else {"channels": given["channels"]}
    setting = each.setting(**channels)
    if each.method != "canny":
        return in_one([image], work, like)
    found = canny(
        image, setting.sigma, setting.low, setting.high,
        channels=setting.channels, space=setting.space, relative=setting.relative,
        quantiles=setting.quantiles, auto=setting.auto, full_scale=white,
        border=border_named((given["placement"] or Placement()).border),
    )  # fmt: skip
    return found * like.dtype.type(white)


def _applied(
    block: Array, *, each: edge_filter.EdgeFilter, white: float, given: Mapping[str, Any]
) -> Array:
    return each.apply(Picture(block, white, np.dtype(np.float32)), **given).pixels


def _classes(strength: Array, *, low: float, high: float) -> Array:
    """2 above high, 1 above low, 0 elsewhere."""
    above: Array = (strength > low).astype(np.uint8)
    above += strength > high
    return above


def _brightest(block: Array, *, white: float) -> Array:
    if block.ndim == 2:
        # Of a grey picture the two ends of its range say as much, where they are known.
        ends = np.array([[block.min(), block.max()]])
        block = ends if np.isfinite(ends).all() else block
    grey = gradients.seen_in_unit(block, "luma", "rgb", white)
    return np.full((1, 1, 1), gradients.brightest(grey))


def _canny_tie(brightest: Array) -> Array:
    return np.asarray(cannys.TIE * float(brightest.max()))


def _canny_inside(block: Array, mask: Array, *, given: Mapping[str, Any]) -> Array:
    return cannys.canny(block, mask=mask, **given)


def _canny_classes(block: Array, tie: Array, *, given: Mapping[str, Any], outside: Sides) -> Array:
    """The classes of the crests in a block, the same as in the whole picture."""
    operator, sigma, border = (given[name] for name in ("operator", "sigma", "border"))
    grey = gradients.seen_in_unit(block, "luma", "rgb", given["full_scale"])
    height, width = grey.shape
    (above, below), (left, right) = outside
    inside = slice(above, height - below), slice(left, width - right)
    across, _ = gradients.operator_kernels(operator, sigma)
    with np.errstate(invalid="ignore", over="ignore"):
        rows = gradients.slope_rows(Pixels(grey, grey.dtype), operator, sigma, border)
        slopes = computed(rows)
        found = gradients.Gradient(slopes[:, 0][inside], slopes[:, 1][inside], 1.0)
        strength = cannys.NORMS[given["norm"]](found) / across.positive_sum
    if not np.isfinite(grey).all():
        blur = 0.0 if operator == "gaussian" else sigma
        known = np.isfinite(gradients.smoothed(grey, blur, border))[inside]
        strength[~linking.shrunk(known, across.shape[1] // 2)] = 0
    margin, low, high = float(tie), given["low"], given["high"]
    # Beyond the picture there is no crest, whatever its border.
    crests = thinning.thin(
        found.x, found.y, strength, given["thinning"], above=low - 2 * margin, tie=margin
    )
    classes = np.zeros((height, width), np.uint8)
    classes[inside] = _classes(crests, low=low, high=high)
    return classes
