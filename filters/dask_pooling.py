"""Pooling for Dask arrays: each has the arguments of the function whose name it bears."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from . import pooling
from .arrays import Array, pair, working_dtype
from .dask_arrays import DaskArray, filled, lazy_image, nearby, pixel_of, reduced, windows
from .placement import Pair
from .sizes import padding_for


def max_pool(
    image: ArrayLike, size: Pair = 2, stride: Pair | None = None, *, mode: str = "valid"
) -> DaskArray:
    """As `filt.max_pool`."""
    return _pooled(lazy_image(image), size, stride, mode, pool=pooling.max_pool, beyond=-np.inf)


def average_pool(
    image: ArrayLike, size: Pair = 2, stride: Pair | None = None, *, mode: str = "valid"
) -> DaskArray:
    """As `filt.average_pool`."""
    lazy = lazy_image(image)
    if mode == "valid":
        return _pooled(lazy, size, stride, mode, pool=pooling.average_pool, beyond=0.0)
    exact = lazy.astype(np.float64)
    mean = _pooled(exact, size, stride, mode, pool=pooling.average_pool, beyond=0.0)
    # Of the pixels in a window only those in the picture count.
    sizes, strides = pair(size, "size"), pair(size if stride is None else stride, "stride")
    for axis in (0, 1):
        length, taps, step = lazy.shape[axis], sizes[axis], strides[axis]
        first = np.arange(mean.shape[axis]) * step - padding_for(mode, length, taps, step)[0]
        count = np.minimum(first + taps, length) - np.maximum(first, 0)
        share = (taps / count).reshape([-1 if each == axis else 1 for each in range(mean.ndim)])
        mean = mean * share
    return mean.astype(working_dtype(lazy.dtype))


def l2_pool(
    image: ArrayLike, size: Pair = 2, stride: Pair | None = None, *, mode: str = "valid"
) -> DaskArray:
    """As `filt.l2_pool`."""
    return _pooled(lazy_image(image), size, stride, mode, pool=pooling.l2_pool, beyond=0.0)


def global_max_pool(image: ArrayLike) -> DaskArray:
    """As `filt.global_max_pool`."""
    lazy = lazy_image(image)
    like = pooling.global_max_pool(pixel_of(lazy))
    return reduced([lazy], _highest, partial(_highest_of_all, shape=like.shape), like)


def global_average_pool(image: ArrayLike) -> DaskArray:
    """As `filt.global_average_pool`."""
    lazy = lazy_image(image)
    like = pooling.global_average_pool(pixel_of(lazy))
    finish = partial(_mean_of_all, count=lazy.shape[0] * lazy.shape[1], like=like)
    return reduced([lazy], _summed, finish, like)


def depth_max_pool(image: ArrayLike, size: int) -> DaskArray:
    """As `filt.depth_max_pool`."""
    return _pooled_in_depth(lazy_image(image), size, pooling.depth_max_pool)


def depth_average_pool(image: ArrayLike, size: int) -> DaskArray:
    """As `filt.depth_average_pool`."""
    return _pooled_in_depth(lazy_image(image), size, pooling.depth_average_pool)


def _pooled(
    image: DaskArray,
    size: Pair,
    stride: Pair | None,
    mode: str,
    *,
    pool: Callable[..., Array],
    beyond: float,
) -> DaskArray:
    """Pooling where what is beyond the picture is as good as `beyond`."""
    sizes, strides = pair(size, "size"), pair(size if stride is None else stride, "stride")
    # Whether they fit each other and the picture is said by the function itself.
    outline = np.broadcast_to(np.zeros((), image.dtype), image.shape[:2])
    pooling.windows_of(outline, size, stride, mode)
    padding = [padding_for(mode, image.shape[axis], sizes[axis], strides[axis]) for axis in (0, 1)]
    kind = working_dtype(image.dtype)
    source = filled(image.astype(kind), padding, beyond) if any(map(any, padding)) else image
    work = partial(pool, size=sizes, stride=strides)
    like = np.empty((1, 1, *image.shape[2:]), kind)
    return windows(source, work, like, sizes, strides, near=image.chunks[:2])


def _pooled_in_depth(image: DaskArray, size: int, pool: Callable[..., Array]) -> DaskArray:
    like = pool(pixel_of(image), size)
    return nearby([image], partial(pool, size=size), like)


def _highest(block: Array) -> Array:
    values = block.astype(working_dtype(block.dtype), copy=False).max(axis=(0, 1))
    return np.asarray(values).reshape(1, 1, -1)


def _highest_of_all(table: Array, *, shape: tuple[int, ...]) -> Array:
    return np.asarray(table.max(axis=(0, 1))).reshape(shape)


def _summed(block: Array) -> Array:
    values = block.astype(working_dtype(block.dtype), copy=False)
    with np.errstate(invalid="ignore"):
        return np.asarray(values.sum(axis=(0, 1), dtype=np.float64)).reshape(1, 1, -1)


def _mean_of_all(table: Array, *, count: int, like: Array) -> Array:
    with np.errstate(invalid="ignore"):
        mean = table.sum(axis=(0, 1)) / count
    return np.asarray(mean, like.dtype).reshape(like.shape)
