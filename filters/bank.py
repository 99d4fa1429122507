"""Banks of kernels: what one convolutional layer computes, and the gradients of it.

A bank is (height, width, in, out), as Keras stores it. Like every layer that is called
convolutional it is correlated with the image: the kernels are not turned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .arrays import Array, as_image, checked_image, one_of, pair, real_array, working_dtype
from .borders import border_indices, pad, resolve_border
from .chunks import takes_dask
from .engine import Lay, Pixels
from .engine.banks import Finish, responses
from .errors import InputError
from .placement import delivered
from .sizes import check_covered, padding_for, reach

_VALUES_AT_ONCE = 1 << 16
"""So many responses are still in the cache when the activation comes to them."""


def _relu(response: Array, out: Array | None = None) -> Array:
    return np.maximum(response, 0, out=out)


def _sigmoid(response: Array, out: Array | None = None) -> Array:
    # Where exp overflows to infinity the quotient is the right zero.
    with np.errstate(over="ignore"):
        total: Array = np.exp(np.negative(response, out=out), out=out)
    total = np.add(total, 1, out=out)
    return np.divide(1, total, out=out)


def _tanh(response: Array, out: Array | None = None) -> Array:
    return np.tanh(response, out=out)


ACTIVATIONS: MappingProxyType[str, Callable[..., Array]] = MappingProxyType(
    {"relu": _relu, "sigmoid": _sigmoid, "tanh": _tanh}
)
"""What can be applied to the responses of a bank: functions of an array, and of one to write into.
"""


@dataclass(frozen=True, eq=False)
class BankGradients:
    """The gradients of one number with respect to all that went into a bank's response.

    image: the shape of the image. bank: (height, width, in, out). bias: (out,).
    All in the dtype in which the image is filtered.
    """

    image: Array
    bank: Array
    bias: Array


@dataclass(frozen=True, eq=False)
class _Setting:
    """A bank laid over a padded image: where every tap falls for every output."""

    padded: Array
    bank: Array
    before: tuple[int, int]
    after: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]

    @property
    def covered(self) -> tuple[int, int]:
        rows, columns = self.bank.shape[:2]
        return reach(rows, self.dilation[0]), reach(columns, self.dilation[1])

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, out) of the response."""
        height, width = (
            (self.padded.shape[axis] - self.covered[axis]) // self.stride[axis] + 1
            for axis in (0, 1)
        )
        return height, width, self.bank.shape[3]

    def taps(self) -> Iterator[tuple[tuple[int, int], tuple[slice, slice]]]:
        """Each tap (row, column) with the padded pixels that it meets, one for each output."""
        for tap in np.ndindex(*self.bank.shape[:2]):
            rows, columns = (
                slice(
                    tap[axis] * self.dilation[axis],
                    tap[axis] * self.dilation[axis] + self.shape[axis] * self.stride[axis],
                    self.stride[axis],
                )
                for axis in (0, 1)
            )
            yield (tap[0], tap[1]), (rows, columns)


@takes_dask
def correlate_bank(
    image: ArrayLike,
    bank: ArrayLike,
    bias: ArrayLike | None = None,
    activation: str | None = None,
    *,
    mode: str = "valid",
    border: str = "zero",
    stride: int | tuple[int, int] = 1,
    dilation: int | tuple[int, int] = 1,
    out: Array | None = None,
) -> Array:
    """The response of a bank of kernels: activation(correlation + bias), one channel per kernel.

    image: (height, width) or (height, width, in), real numbers. bank: (height, width, in, out),
    finite; each kernel sums over the channels of the image. bias: (out,) or None. activation:
    None or one of `ACTIVATIONS`. mode: "valid", "same", "full" or "keras-same", see
    `sizes.padding_for`; border: what the padding holds, "zero" as in Keras. stride, dilation:
    one number or (along height, along width). out: an array of the result's shape and dtype to
    write into.
    Gives (height', width', out) in float32, or float64 for images of wide dtypes
    (`working_dtype`), equal to Keras Conv2D with mode "valid" or "keras-same". NaN and infinity
    reach exactly the responses that have them under a non-zero tap.
    Raises InputError for shapes that do not fit together, an unknown mode, border or activation,
    numbers out of range and a kernel larger than a "valid" image; TypeError for values that are
    not real numbers.

    >>> rise_and_fall = np.array([[-1.0, 1.0], [1.0, -1.0]]).reshape(1, 2, 1, 2)
    >>> correlate_bank([[0, 0, 5]], rise_and_fall, activation="relu").tolist()
    [[[0.0, 0.0], [5.0, 0.0]]]
    """
    if activation is not None:
        one_of(activation, ACTIVATIONS, "activation")
    pixels = checked_image(image)
    source = Pixels(pixels, working_dtype(pixels.dtype))
    taps = _fitting(bank, pixels.shape, source.dtype)
    lay = _lay(pixels.shape, taps, mode=mode, border=border, stride=stride, dilation=dilation)
    added = None if bias is None else _per_output(bias, taps)
    return delivered(responses(source, taps, lay, _finish(added, activation)), out, pixels)


def correlate_bank_gradients(
    image: ArrayLike,
    bank: ArrayLike,
    upstream: ArrayLike,
    *,
    mode: str = "valid",
    border: str = "zero",
    stride: int | tuple[int, int] = 1,
    dilation: int | tuple[int, int] = 1,
) -> BankGradients:
    """How sum(response · upstream) changes with the image, the bank and the bias.

    upstream: (height', width', out), one number for each response of `correlate_bank` with the
    same arguments, before the activation: what the layer above hands back. Everything else and
    the errors are as there, and InputError for an upstream of another shape.
    In "valid" mode at stride 1 the gradient of the image is the full convolution of upstream with
    the kernels, and that of the bank the valid correlation of the image with upstream: the
    backward pass of a convolutional layer is convolution again (Y. LeCun et al., Backpropagation
    applied to handwritten zip code recognition, 1989). What padding copied from the image counts
    for the pixel that it was copied from.

    >>> gradients = correlate_bank_gradients([[1, 2, 3]], [[[[1.0]], [[10.0]]]], [[[1], [100]]])
    >>> gradients.image.tolist(), gradients.bank.ravel().tolist(), gradients.bias.tolist()
    ([[1.0, 110.0, 1000.0]], [201.0, 302.0], [101.0])
    """
    array = as_image(image)
    setting = _setting(array, bank, mode=mode, border=border, stride=stride, dilation=dilation)
    above = real_array(upstream, "upstream").astype(array.dtype)
    if above.shape != setting.shape:
        raise InputError(f"upstream must be {setting.shape} as the response, got {above.shape}")
    flat = np.ascontiguousarray(above).reshape(-1, above.shape[2])
    of_padded, of_bank = np.zeros_like(setting.padded), np.empty_like(setting.bank)
    for tap, place in setting.taps():
        met = setting.padded[place]
        of_bank[tap] = met.reshape(-1, met.shape[2]).T @ flat
        of_padded[place] += (flat @ setting.bank[tap].T).reshape(met.shape)
    of_image = of_padded
    for axis in (0, 1):
        source = border_indices(
            array.shape[axis], setting.before[axis], setting.after[axis], border
        )
        of_image = _folded(of_image, axis, source, setting.before[axis], array.shape[axis])
    of_bias = above.sum(axis=(0, 1), dtype=np.float64).astype(array.dtype)
    return BankGradients(of_image.reshape(array.shape), of_bank, of_bias)


def _setting(
    array: Array,
    bank: ArrayLike,
    *,
    mode: str,
    border: str,
    stride: int | tuple[int, int],
    dilation: int | tuple[int, int],
) -> _Setting:
    """The image padded as the mode asks for, beside a validated bank in the image's dtype."""
    taps = _fitting(bank, array.shape, array.dtype)
    lay = _lay(array.shape, taps, mode=mode, border=border, stride=stride, dilation=dilation)
    channelled = array if array.ndim == 3 else array[..., np.newaxis]
    padded = pad(channelled, lay.before, lay.after, lay.border)
    return _Setting(padded, taps, lay.before, lay.after, lay.stride, lay.dilation)


def _fitting(bank: ArrayLike, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """The bank, validated, in the dtype in which an image of that shape is filtered."""
    given = real_array(bank, "bank")
    if given.ndim != 4 or given.size == 0:
        raise InputError(f"bank must be (height, width, in, out), got shape {given.shape}")
    channels = shape[2] if len(shape) == 3 else 1
    if given.shape[2] != channels:
        raise InputError(
            f"bank must take as many channels as the image has: {channels},"
            f" got a bank for {given.shape[2]}"
        )
    with np.errstate(over="ignore"):
        taps = np.ascontiguousarray(given, dtype=dtype)
    if not np.isfinite(taps).all():
        raise InputError(f"bank must be finite in {dtype}, got NaN or infinity")
    return taps


def _lay(
    shape: tuple[int, ...],
    taps: Array,
    *,
    mode: str,
    border: str,
    stride: int | tuple[int, int],
    dilation: int | tuple[int, int],
) -> Lay:
    strides, dilations = pair(stride, "stride"), pair(dilation, "dilation")
    check_covered(taps.shape[:2], dilations)
    (top, bottom), (left, right) = (
        padding_for(mode, shape[axis], taps.shape[axis], strides[axis], dilations[axis])
        for axis in (0, 1)
    )
    return Lay((top, left), (bottom, right), resolve_border(border), strides, dilations)


def _per_output(bias: ArrayLike, taps: Array) -> Array:
    values = real_array(bias, "bias").astype(taps.dtype)
    if values.shape != taps.shape[3:]:
        raise InputError(f"bias must be {taps.shape[3:]} as the bank, got {values.shape}")
    return values


def _finish(bias: Array | None, activation: str | None) -> Finish | None:
    """Adding the bias and applying the activation, in place."""
    if bias is None and activation is None:
        return None

    def finish(part: Array) -> None:
        # As long rows: adding to a few channels at a time takes several times as long.
        flat = part.reshape(len(part), -1)
        along = None if bias is None else np.tile(bias, part.shape[1])
        step = max(1, _VALUES_AT_ONCE // flat.shape[1])
        for top in range(0, len(flat), step):
            rows = flat[top : top + step]
            if along is not None:
                np.add(rows, along, out=rows)
            if activation is not None:
                ACTIVATIONS[activation](rows, rows)

    return finish


def _folded(padded: Array, axis: int, source: Array, before: int, length: int) -> Array:
    """`padded` without its padding along one axis, each padded slice added to its source."""
    slices = np.moveaxis(padded, axis, 0)
    folded = slices[before : before + length].copy()
    for position in (*range(before), *range(before + length, len(slices))):
        if source[position] >= 0:
            folded[source[position]] += slices[position]
    return np.moveaxis(folded, 0, axis)
