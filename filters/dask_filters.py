"""The filters for Dask arrays: each has the arguments of the function whose name it bears.

Arguments are checked when a function is called; the picture is filtered when it is computed. What
comes out is equal to what the same function gives for the same picture in memory, up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from . import bank as banks
from . import colour, correlation, filter, showing
from . import likeness as likenesses
from .arrays import Array, Taps, pair, real_array, working_dtype
from .dask_arrays import (
    DaskArray,
    dask_array,
    lazy_array,
    lazy_image,
    meta_of,
    nearby,
    no_out,
    padded,
    pixel_of,
    reduced,
    windows,
)
from .engine import Pixels, Rows
from .placement import Pair, Placement, correlate_placed, placed
from .sizes import reach


def laid(
    image: DaskArray,
    respond: Callable[..., Array],
    placement: Placement,
    taps: tuple[int, int],
    like: Array,
    *,
    scalars: tuple[DaskArray, ...] = (),
) -> DaskArray:
    """What `respond(block, placement=…)` gives, laid out as `placement` says.

    taps: height and width of the window. like: what is given for one pixel.
    """
    padding = placement.padding_for_size(image.shape, taps)
    border = placement.border or "zero"
    stride, dilation = pair(placement.stride, "stride"), pair(placement.dilation, "dilation")
    if placement.mode == "same" and stride == (1, 1):
        alone = partial(respond, placement=placement)
        halo = max(padding[0]), max(padding[1])
        return nearby([image], alone, like, halo, border=border, scalars=scalars)
    covered = reach(taps[0], dilation[0]), reach(taps[1], dilation[1])
    inside = partial(respond, placement=Placement("valid", "zero", stride, dilation))
    near = image.chunks[:2]
    source = padded(image, padding, border)
    return windows(source, inside, like, covered, stride, near=near, scalars=scalars)


def correlated(image: DaskArray, taps: Taps, placement: Placement) -> DaskArray:
    """The correlation of a Dask array, as `correlate_placed` for NumPy's."""
    stage = placed(_outline(image), [taps], placement)
    respond = partial(_correlated, taps=taps)
    return laid(image, respond, placement, (taps.shape[0], taps.shape[1]), _value_of(stage))


def correlate(
    image: ArrayLike,
    kernel: correlation.KernelLike,
    *,
    mode: str = "same",
    border: str | None = None,
    stride: Pair = 1,
    dilation: Pair = 1,
    out: Array | None = None,
) -> DaskArray:
    """As `filt.correlate`."""
    no_out(out)
    placement = Placement(mode, border, stride, dilation)
    return correlated(lazy_image(image), correlation.taps_of(kernel), placement)


def convolve(
    image: ArrayLike,
    kernel: correlation.KernelLike,
    *,
    mode: str = "same",
    border: str | None = None,
    stride: Pair = 1,
    dilation: Pair = 1,
    out: Array | None = None,
) -> DaskArray:
    """As `filt.convolve`."""
    no_out(out)
    turned = correlation.taps_of(kernel)[::-1, ::-1]
    return correlated(lazy_image(image), turned, Placement(mode, border, stride, dilation))


def correlate1d(
    signal: ArrayLike,
    taps: ArrayLike,
    *,
    mode: str = "full",
    border: str = "zero",
    stride: int = 1,
    dilation: int = 1,
) -> DaskArray:
    """As `filt.correlate1d`."""
    line = lazy_array(signal, "signal")
    correlation.check_one_axis(line, "signal")
    weights = real_array(taps, "taps")
    correlation.check_one_axis(weights, "taps")
    steps, gaps = (1, stride), (1, dilation)
    return correlate(
        line[None], weights[None], mode=mode, border=border, stride=steps, dilation=gaps
    )[0]


def convolve1d(
    signal: ArrayLike,
    taps: ArrayLike,
    *,
    mode: str = "full",
    border: str = "zero",
    stride: int = 1,
    dilation: int = 1,
) -> DaskArray:
    """As `filt.convolve1d`."""
    turned = real_array(taps, "taps")[::-1]
    return correlate1d(signal, turned, mode=mode, border=border, stride=stride, dilation=dilation)


def respond(
    self: filter.Filter,
    image: ArrayLike,
    *,
    operation: str = "correlate",
    placement: Placement | None = None,
    channels: str | None = None,
    out: Array | None = None,
) -> DaskArray:
    """As `filt.Filter.respond`."""
    no_out(out)
    lazy, where = lazy_image(image), placement or Placement()
    given: dict[str, Any] = {"operation": operation, "channels": channels}
    stage = self.rows(_outline(lazy), placement=where, **given)
    taps = tuple(max(kernel.shape[axis] for kernel in self.kernels) for axis in (0, 1))
    work = partial(_responded, each=self, **given)
    return laid(lazy, work, where, (taps[0], taps[1]), _value_of(stage))


def correlate_bank(
    image: ArrayLike,
    bank: ArrayLike,
    bias: ArrayLike | None = None,
    activation: str | None = None,
    *,
    mode: str = "valid",
    border: str = "zero",
    stride: Pair = 1,
    dilation: Pair = 1,
    out: Array | None = None,
) -> DaskArray:
    """As `filt.correlate_bank`."""
    no_out(out)
    lazy, where = lazy_image(image), Placement(mode, border, stride, dilation)
    taps = real_array(bank, "bank")
    added = None if bias is None else real_array(bias, "bias")
    like = banks.correlate_bank(pixel_of(lazy), taps, added, activation, mode="same")
    work = partial(_banked, bank=taps, bias=added, activation=activation)
    return laid(lazy, work, where, (taps.shape[0], taps.shape[1]), like)


def likeness(
    image: ArrayLike,
    kernel: correlation.KernelLike,
    *,
    mode: str = "same",
    border: str | None = None,
) -> DaskArray:
    """As `filt.likeness`."""
    lazy, where, taps = lazy_image(image), Placement(mode, border), correlation.taps_of(kernel)
    stage = placed(_outline(lazy), [taps], where)
    like = np.empty((1, 1, *stage.shape[2:]))
    scale = reduced([lazy], _largest_of, _largest_of_all, np.float64(0) + np.zeros(()))
    work = partial(_alike, taps=taps)
    return laid(lazy, work, where, (taps.shape[0], taps.shape[1]), like, scalars=(scale,))


def luma(image: ArrayLike) -> DaskArray:
    """As `filt.luma`."""
    lazy = lazy_image(image)
    return nearby([lazy], colour.luma, colour.luma(pixel_of(lazy)))


def to_picture(
    response: ArrayLike, show: str = "abs", *, full_scale: float = 255.0, depth: DTypeLike = "uint8"
) -> DaskArray:
    """As `filt.to_picture`."""
    lazy = lazy_array(response, "response")
    like = showing.to_picture(np.zeros(1, lazy.dtype), show, full_scale=full_scale, depth=depth)
    work = partial(_shown, show=show, full_scale=full_scale, depth=like.dtype)
    about = meta_of(np.empty((0,) * lazy.ndim, like.dtype))
    if show != "minmax":
        return dask_array().map_blocks(work, lazy, **about)
    flat = lazy.reshape(-1, 1) if lazy.ndim < 2 else lazy.reshape(lazy.shape[0], -1)
    ends = reduced([flat], _ends, _ends_of_all, np.zeros(2, lazy.dtype))
    return dask_array().map_blocks(partial(_stretched, work), lazy, ends[0], ends[1], **about)


def _outline(image: DaskArray) -> Rows:
    """A picture of that shape and dtype, with nothing in it: stages on it are asked, not made."""
    return Pixels(
        np.broadcast_to(np.zeros((), image.dtype), image.shape), working_dtype(image.dtype)
    )


def _value_of(stage: Rows) -> Array:
    """One pixel of what a stage gives."""
    return np.empty((1, 1, *stage.shape[2:]), stage.dtype)


def _correlated(block: Array, *, taps: Taps, placement: Placement) -> Array:
    return correlate_placed(block, taps, placement)


def _responded(block: Array, *, each: filter.Filter, placement: Placement, **given: Any) -> Array:
    return each.respond(block, placement=placement, **given)


def _banked(block: Array, *, placement: Placement, **given: Any) -> Array:
    return banks.correlate_bank(
        block, mode=placement.mode, border=placement.border or "zero",
        stride=placement.stride, dilation=placement.dilation, **given,
    )  # fmt: skip


def _alike(block: Array, scale: Array, *, taps: Taps, placement: Placement) -> Array:
    return likenesses.cosine(block.astype(np.float64), taps, placement, float(scale) or 1.0)


def _largest_of(block: Array) -> Array:
    return np.full((1, 1, 1), likenesses.largest(block.astype(np.float64)))


def _largest_of_all(table: Array) -> Array:
    return np.asarray(table.max())


def _ends(block: Array) -> Array:
    """The lowest and the highest known value; NaN where there is none."""
    known = block[np.isfinite(block)]
    ends = [known.min(), known.max()] if known.size else [np.nan, np.nan]
    return np.array(ends, block.dtype if known.size else np.float64).reshape(1, 1, 2)


def _ends_of_all(table: Array) -> Array:
    return np.array(
        [np.fmin.reduce(table[..., 0], axis=None), np.fmax.reduce(table[..., 1], axis=None)]
    )


def _shown(block: Array, **given: Any) -> Array:
    return showing.to_picture(block, **given)


def _stretched(work: Callable[[Array], Array], block: Array, low: Array, high: Array) -> Array:
    """A block shown beside the lowest and the highest value of the whole picture."""
    values = np.append(np.asarray(block).reshape(-1), [low, high]).astype(block.dtype)
    shown: NDArray[Any] = work(values)[:-2]
    return shown.reshape(block.shape)
