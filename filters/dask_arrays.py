"""Dask arrays, filtered lazily: each chunk with what it sees of its neighbours.

Where a chunk lies at a side of the picture, what the function is given ends there too, so that its
own border holds. Only "wrap" looks further: to the chunks at the other end. Chunks that are smaller
than what is seen around them are joined; the channels are one chunk. The graph grows with the
number of chunks, and nothing of the picture is computed before it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from itertools import accumulate
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from .arrays import Array, is_lazy, real_array
from .borders import border_indices
from .engine import alone
from .errors import InputError

DaskArray: TypeAlias = Any
"""A dask.array.Array: Dask is loaded by who has one."""

Sides = tuple[tuple[int, int], tuple[int, int]]
"""(above, below) and (left, right)."""


def dask_array() -> Any:
    """The module dask.array, imported here alone."""
    from dask import array

    return array


def lazy_array(value: ArrayLike, name: str) -> DaskArray:
    """`value` as a Dask array of real numbers in native byte order, as `real_array` for NumPy's.

    What is in memory becomes one of a single chunk. Raises TypeError for masked or other arrays
    inside and for what does not hold real numbers, InputError for what has a Dask array inside it
    and for chunks of unknown lengths.
    """
    if not is_lazy(value):
        return dask_array().from_array(real_array(value, name), chunks=-1)
    if not isinstance(value, dask_array().Array):
        kind = type(value).__name__
        raise InputError(f"{name} must be a dask.array.Array, got {kind}: pass its .data")
    if type(value._meta) is not np.ndarray:
        raise TypeError(f"{name} must be made of NumPy arrays, got {type(value._meta).__name__}")
    if value.dtype.kind not in "?biuf":
        raise TypeError(f"{name} must hold real numbers, got dtype {value.dtype}")
    if any(np.isnan(length) for lengths in value.chunks for length in lengths):
        raise InputError(f"{name} must have chunks of known lengths: see compute_chunk_sizes")
    return value if value.dtype.isnative else value.astype(value.dtype.newbyteorder("="))


def lazy_image(image: ArrayLike, name: str = "image") -> DaskArray:
    """`image` as a Dask array, as `checked_image` for NumPy's; its channels are one chunk.

    Raises what `lazy_array` raises, and InputError for other axes and for an empty image.
    """
    lazy = lazy_array(image, name)
    if lazy.ndim not in (2, 3):
        raise InputError(
            f"{name} must be (height, width) or (height, width, channels), got shape {lazy.shape}"
        )
    if 0 in lazy.shape:
        raise InputError(f"{name} is empty: shape {lazy.shape}")
    return lazy.rechunk({2: -1}) if lazy.ndim == 3 else lazy


def no_out(out: object) -> None:
    """Raise InputError unless `out` is None: there is nothing to write into before it is computed.

    >>> no_out(None)
    """
    if out is not None:
        raise InputError(f"out must be None with a Dask array, got {type(out).__name__}")


def pixel_of(lazy: DaskArray) -> Array:
    """A single black pixel in its dtype and channels: what arguments are tried with.

    >>> pixel_of(np.ones((4, 5, 3), np.uint8)).shape
    (1, 1, 3)
    """
    return np.zeros((1, 1, *lazy.shape[2:]), lazy.dtype)


def nearby(
    images: Sequence[DaskArray],
    function: Callable[..., Array],
    like: Array,
    halo: tuple[int, int] = (0, 0),
    *,
    border: str = "zero",
    scalars: Sequence[DaskArray] = (),
    is_stack: bool = False,
    is_told: bool = False,
) -> DaskArray:
    """What a function of what lies around a pixel gives for whole pictures, chunk by chunk.

    images: of one height and width. function: from a block of each, and the scalars, to as many
    pixels; with a border of its own, of the name `border`. like: what it gives for one pixel.
    halo: rows and columns that it sees to each side. is_stack: it gives (planes, height, width),
    not (height, width[, channels]). is_told: it is told as `outside`, `Sides`, how many pixels of
    the block lie beyond the picture: those that wrap brought from the other end.
    """
    first = images[0]
    chunks = [merged(first.chunks[axis], halo[axis]) for axis in (0, 1)]
    # A function that is given a whole axis needs nobody's help along it.
    depth = [halo[axis] if len(chunks[axis]) > 1 else 0 for axis in (0, 1)]
    wraps = [border == "wrap" and depth[axis] > 0 for axis in (0, 1)]
    blocks = []
    for image in images:
        source = image.rechunk({0: chunks[0], 1: chunks[1]})
        for axis in (0, 1):
            if wraps[axis]:
                source = _wrapped(source, axis, depth[axis])
        blocks.append(
            dask_array().overlap.overlap(source, {0: depth[0], 1: depth[1]}, "none")
            if any(depth)
            else source
        )
    work = partial(
        _cropped, function, depth=depth, wraps=wraps, counts=[len(each) for each in chunks],
        is_stack=is_stack, is_told=is_told,
    )  # fmt: skip
    made = [*chunks, *((length,) for length in like.shape[2:])]
    if is_stack:
        made = [(like.shape[0],), *chunks]
    return dask_array().map_blocks(
        work,
        *blocks,
        *scalars,
        chunks=tuple(made),
        **_axes(first.ndim, is_stack, like),
        **meta_of(like),
    )


def windows(
    image: DaskArray,
    function: Callable[..., Array],
    like: Array,
    covered: tuple[int, int],
    stride: tuple[int, int],
    *,
    near: Sequence[Sequence[int]],
    scalars: Sequence[DaskArray] = (),
) -> DaskArray:
    """What a function of windows that lie inside a picture gives for it, chunk by chunk.

    function: from a block, and the scalars, to one value for each window of `covered` pixels in
    it, every `stride`. like: what it gives for one window. near: the lengths of the chunks that
    the result should have, as nearly as may be, in pixels of the picture.
    """
    depth, chunks, source = [0, 0], [], image
    for axis in (0, 1):
        reach, step = covered[axis], stride[axis]
        total = (image.shape[axis] - reach) // step + 1
        more = max(reach - step, 0)
        ends = [min(-(-end // step), total) for end in accumulate(near[axis])]
        lengths = np.diff([0, *ends[:-1], total]).tolist()
        some = merged(lengths, -(-more // step))
        ahead = [length * step for length in some[:-1]]
        used = (total - 1) * step + reach
        source = source[(slice(None),) * axis + (slice(used),)]
        source = source.rechunk({axis: (*ahead, used - sum(ahead))})
        depth[axis] = more if len(some) > 1 else 0
        chunks.append(some)
    if any(depth):
        source = dask_array().overlap.overlap(source, {0: (0, depth[0]), 1: (0, depth[1])}, "none")
    counts = [len(each) for each in chunks]
    work = partial(_shared, function, counts=counts)
    made = (*chunks, *((length,) for length in like.shape[2:]))
    return dask_array().map_blocks(
        work, source, *scalars, chunks=made, **_axes(image.ndim, False, like), **meta_of(like)
    )


def padded(image: DaskArray, padding: Sequence[tuple[int, int]], border: str) -> DaskArray:
    """A picture with rows and columns added around it as `border` says, as `borders.pad`.

    padding: how many (before, after) along height and along width.
    """
    for axis in (0, 1):
        before, after = padding[axis]
        length = image.shape[axis]
        index = border_indices(length, before, after, border)
        parts = [_taken(image, axis, index[:before]), image]
        parts.append(_taken(image, axis, index[before + length :]))
        image = _side_by_side(parts, axis)
    return image


def filled(image: DaskArray, padding: Sequence[tuple[int, int]], value: float) -> DaskArray:
    """A picture with rows and columns of `value` around it; padding as for `padded`."""
    for axis in (0, 1):
        before, after = (_constant(image, axis, length, value) for length in padding[axis])
        image = _side_by_side([before, image, after], axis)
    return image


def in_one(images: Sequence[DaskArray], function: Callable[..., Array], like: Array) -> DaskArray:
    """What a function that must see all of its pictures gives: one task, one chunk.

    like: what it gives for one pixel, (height, width).
    """
    whole = [image.rechunk(-1) for image in images]
    chunks = tuple((length,) for length in images[0].shape[:2])
    return dask_array().map_blocks(
        function, *whole, chunks=chunks, **_axes(images[0].ndim, False, like), **meta_of(like)
    )


def reduced(
    images: Sequence[DaskArray],
    part: Callable[..., Array],
    finish: Callable[[Array], Array],
    like: Array,
) -> DaskArray:
    """A few numbers about whole pictures, in one array without chunks.

    part: from a block of each picture to (1, 1, n). finish: from (rows, columns, n), what all the
    blocks gave, to the result. like: such a result.
    """
    first = images[0]
    others = [image.rechunk(first.chunks) for image in images[1:]]
    sample = part(*(pixel_of(image) for image in images))
    counts = [len(lengths) for lengths in first.chunks[:2]]
    chunks = (*((1,) * count for count in counts), sample.shape[2:])
    extra = {"new_axis": 2} if first.ndim == 2 else {}
    table = dask_array().map_blocks(part, first, *others, chunks=chunks, **extra, **meta_of(sample))
    dropped = [0, 1] if like.ndim else [0, 1, 2]
    chunks = tuple((length,) for length in like.shape)
    return dask_array().map_blocks(
        finish, table.rechunk(-1), chunks=chunks, drop_axis=dropped, **meta_of(like)
    )


def merged(lengths: Sequence[int], least: int) -> tuple[int, ...]:
    """Lengths of chunks, next to each other joined until each is at least so long, and not 0.

    >>> merged([3, 1, 1, 5, 1], 3)
    (3, 8)
    """
    made: list[int] = []
    gathered = 0
    for length in lengths:
        gathered += length
        if gathered >= max(least, 1):
            made.append(gathered)
            gathered = 0
    if not made:
        return (gathered,)
    made[-1] += gathered
    return tuple(made)


def meta_of(like: Array) -> dict[str, Any]:
    """What tells Dask what kind of array a task gives.

    >>> meta_of(np.ones((2, 2)))["dtype"]
    dtype('float64')
    """
    return {"dtype": like.dtype, "meta": np.empty((0,) * like.ndim, like.dtype)}


def _axes(before: int, is_stack: bool, like: Array) -> dict[str, Any]:
    """How the axes of a picture with so many become those of `like`."""
    if is_stack:
        return {"new_axis": 0, **({"drop_axis": 2} if before == 3 else {})}
    if like.ndim == before:
        return {}
    return {"new_axis": 2} if like.ndim > before else {"drop_axis": 2}


def _wrapped(image: DaskArray, axis: int, depth: int) -> DaskArray:
    """A picture with so much of its other end at either end, which belongs to the chunks there."""
    lengths = list(image.chunks[axis])
    lengths[0] += depth
    lengths[-1] += depth
    around = [(0, 0), (0, 0)]
    around[axis] = (depth, depth)
    return padded(image, around, "wrap").rechunk({axis: tuple(lengths)})


def _taken(image: DaskArray, axis: int, index: Array) -> DaskArray:
    """The rows or columns at these places, in one chunk; at -1 zeros."""
    if not len(index) or index[0] < 0:
        return _constant(image, axis, len(index), 0)
    low, high = int(index.min()), int(index.max()) + 1
    strip = image[(slice(None),) * axis + (slice(low, high),)].rechunk({axis: -1})
    chunks = (*strip.chunks[:axis], (len(index),), *strip.chunks[axis + 1 :])
    pick = partial(np.take, indices=index - low, axis=axis)
    return dask_array().map_blocks(pick, strip, chunks=chunks, dtype=image.dtype, meta=image._meta)


def _constant(image: DaskArray, axis: int, length: int, value: float) -> DaskArray:
    shape = (*image.shape[:axis], length, *image.shape[axis + 1 :])
    chunks = (*image.chunks[:axis], (length,), *image.chunks[axis + 1 :])
    return dask_array().full(shape, value, chunks=chunks, dtype=image.dtype)


def _side_by_side(parts: Sequence[DaskArray], axis: int) -> DaskArray:
    some = [part for part in parts if part.shape[axis]]
    return some[0] if len(some) == 1 else dask_array().concatenate(some, axis)


def _shared(function: Callable[..., Array], *blocks: Array, counts: Sequence[int]) -> Array:
    """What a function gives for blocks: one of many is left to the thread that Dask gave it to."""
    with alone() if counts != [1, 1] else nullcontext():
        return function(*blocks)


def _cropped(
    function: Callable[..., Array],
    *blocks: Array,
    depth: Sequence[int],
    wraps: Sequence[bool],
    counts: Sequence[int],
    is_stack: bool,
    is_told: bool,
    block_id: tuple[int, ...],
) -> Array:
    """What a function gives for blocks, without what they have beyond their chunk."""
    place = block_id[1:] if is_stack else block_id[:2]
    ends = [(place[axis] == 0, place[axis] == counts[axis] - 1) for axis in (0, 1)]
    if is_told:
        outside = tuple(
            tuple(depth[axis] if end and wraps[axis] else 0 for end in ends[axis])
            for axis in (0, 1)
        )
        function = partial(function, outside=outside)
    result = _shared(function, *blocks, counts=counts)
    inside = []
    for axis in (0, 1):
        before, after = (0 if end and not wraps[axis] else depth[axis] for end in ends[axis])
        inside.append(slice(before, blocks[0].shape[axis] - after))
    return result[(slice(None), *inside)] if is_stack else result[tuple(inside)]
