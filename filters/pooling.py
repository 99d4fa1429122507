"""Pooling: one number for each window of an image, without parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .arrays import Array, as_image, one_of, pair, whole
from .chunks import takes_dask
from .errors import InputError
from .sizes import check_covered, padding_for

MODES = ("valid", "keras-same")


@takes_dask
def max_pool(
    image: ArrayLike,
    size: int | tuple[int, int] = 2,
    stride: int | tuple[int, int] | None = None,
    *,
    mode: str = "valid",
) -> Array:
    """The largest value in each window, channel by channel.

    image: (height, width) or (height, width, channels), real numbers. size, stride: one number or
    (along height, along width); stride None means size, so that windows neither overlap nor leave
    gaps. mode: "valid" keeps to windows inside the image, "keras-same" gives ceil(length / stride)
    windows, where padding never wins. Equals Keras MaxPooling2D.
    Gives (height', width'[, channels]) in float32, or float64 for wide dtypes (`working_dtype`).
    A NaN reaches exactly the windows that hold it.
    Raises InputError for a bad shape, size or mode and for a window larger than the image,
    TypeError for what does not hold real numbers.

    >>> max_pool([[1, 2, 3, 4], [5, 6, 7, 8]]).tolist()
    [[6.0, 8.0]]
    """
    array = as_image(image)
    for axis, window in enumerate(windows_of(array, size, stride, mode)):
        array = _largest(array, axis, window)
    return array


@takes_dask
def average_pool(
    image: ArrayLike,
    size: int | tuple[int, int] = 2,
    stride: int | tuple[int, int] | None = None,
    *,
    mode: str = "valid",
) -> Array:
    """The mean of each window, channel by channel.

    Arguments, result and errors as in `max_pool`. With mode="keras-same" the mean is that of the
    pixels that exist: padding counts neither in the sum nor in the number, as in Keras
    AveragePooling2D and TensorFlow. Sums are taken in float64.

    >>> average_pool([[1, 2, 3, 4], [5, 6, 7, 8]]).tolist()
    [[3.5, 5.5]]
    """
    array = as_image(image)
    total, counts = array, []
    for axis, window in enumerate(windows_of(array, size, stride, mode)):
        total = _summed(total, axis, window)
        counts.append(_summed(np.ones(array.shape[axis]), 0, window))
    count = np.outer(*counts)
    return (total / count.reshape(count.shape + (1,) * (array.ndim - 2))).astype(array.dtype)


@takes_dask
def l2_pool(
    image: ArrayLike,
    size: int | tuple[int, int] = 2,
    stride: int | tuple[int, int] | None = None,
    *,
    mode: str = "valid",
) -> Array:
    """The square root of the sum of squares of each window, channel by channel.

    It is the window's Euclidean norm: the sum is not divided by the window's size.
    Arguments, result and errors as in `max_pool`; padding adds nothing to a sum. Squares and sums
    are taken in float64.

    >>> l2_pool([[3, 4], [0, 0]]).tolist()
    [[5.0]]
    """
    array = as_image(image)
    total = np.square(array, dtype=np.float64)
    for axis, window in enumerate(windows_of(array, size, stride, mode)):
        total = _summed(total, axis, window)
    return np.sqrt(total).astype(array.dtype)


@takes_dask
def global_max_pool(image: ArrayLike) -> Array:
    """The largest value of each channel, over the whole image.

    image: (height, width, channels) gives (channels,), (height, width) gives an array without
    axes; dtypes, NaN and errors as in `max_pool`. Equals Keras GlobalMaxPooling2D.

    >>> global_max_pool([[[1, 20], [3, 10]]]).tolist()
    [3.0, 20.0]
    """
    return np.asarray(as_image(image).max(axis=(0, 1)))


@takes_dask
def global_average_pool(image: ArrayLike) -> Array:
    """The mean of each channel, over the whole image.

    image: (height, width, channels) gives (channels,), (height, width) gives an array without
    axes; dtypes, NaN and errors as in `max_pool`. Equals Keras GlobalAveragePooling2D.

    >>> global_average_pool([[[1, 20], [3, 10]]]).tolist()
    [2.0, 15.0]
    """
    array = as_image(image)
    with np.errstate(invalid="ignore"):
        mean = array.mean(axis=(0, 1), dtype=np.float64)
    return np.asarray(mean, dtype=array.dtype)


@takes_dask
def depth_max_pool(image: ArrayLike, size: int) -> Array:
    """The largest value of each run of `size` channels, pixel by pixel.

    image: (height, width, channels); channels must be a multiple of size. Gives
    (height, width, channels / size): 6 channels pooled by 3 leave 2. Where the channels are the
    responses of turned copies of one kernel, the result no longer tells which way it was turned.
    Equals TensorFlow's max_pool with ksize (1, 1, 1, size). Dtypes and NaN as in `max_pool`.
    Raises InputError for a bad shape or size, TypeError for what does not hold real numbers.

    >>> depth_max_pool([[[1, 9, 2, 4, 3, 5]]], 3).tolist()
    [[[9.0, 5.0]]]
    """
    array = as_image(image)
    return _largest(array, 2, _channel_runs(array, size))


@takes_dask
def depth_average_pool(image: ArrayLike, size: int) -> Array:
    """The mean of each run of `size` channels, pixel by pixel.

    Arguments, result and errors as in `depth_max_pool`.

    >>> depth_average_pool([[[1, 9, 2, 4, 3, 5]]], 3).tolist()
    [[[4.0, 4.0]]]
    """
    array = as_image(image)
    return (_summed(array, 2, _channel_runs(array, size)) / size).astype(array.dtype)


@dataclass(frozen=True)
class Window:
    """How one axis is cut into windows."""

    taps: int
    step: int
    padding: tuple[int, int] = (0, 0)


def windows_of(
    array: Array,
    size: int | tuple[int, int],
    stride: int | tuple[int, int] | None,
    mode: str,
) -> tuple[Window, Window]:
    """The windows along height and along width. Raises InputError where they do not fit.

    >>> windows_of(np.zeros((4, 6)), 2, None, "valid")[1]
    Window(taps=2, step=2, padding=(0, 0))
    """
    one_of(mode, MODES, "mode")
    sizes = pair(size, "size")
    strides = sizes if stride is None else pair(stride, "stride")
    if mode != "valid":  # which takes no window that is larger than the image
        check_covered(sizes)
    high, wide = (
        Window(taps, step, padding_for(mode, length, taps, step))
        for length, taps, step in zip(array.shape, sizes, strides, strict=False)
    )
    return high, wide


def _channel_runs(array: Array, size: int) -> Window:
    size = whole(size, "size")
    if array.ndim != 3 or array.shape[2] % size:
        raise InputError(
            f"image must be (height, width, channels) with a multiple of {size} channels,"
            f" got shape {array.shape}"
        )
    return Window(size, size)


def _largest(array: Array, axis: int, window: Window) -> Array:
    return _reduced(_padded(array, axis, window, -np.inf), axis, window, np.maximum)


def _summed(array: Array, axis: int, window: Window) -> Array:
    with np.errstate(invalid="ignore"):
        return _reduced(_padded(array, axis, window, 0.0), axis, window, np.add, np.float64)


def _padded(array: Array, axis: int, window: Window, value: float) -> Array:
    if not any(window.padding):
        return array
    widths = [(0, 0)] * array.ndim
    widths[axis] = window.padding
    return np.pad(array, widths, constant_values=value)


def _reduced(
    array: Array, axis: int, window: Window, combine: np.ufunc, dtype: DTypeLike | None = None
) -> Array:
    """`combine` over each window of one axis, in a new array.

    One axis after the other takes height + width passes over the image, not height × width.
    """
    ahead = (slice(None),) * axis
    span = (array.shape[axis] - window.taps) // window.step * window.step + 1
    result = array[(*ahead, slice(0, span, window.step))].astype(dtype or array.dtype)
    for first in range(1, window.taps):
        combine(result, array[(*ahead, slice(first, first + span, window.step))], out=result)
    return result
