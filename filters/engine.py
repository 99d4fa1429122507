"""The engine: how a correlation is computed. Everything that filters goes through here.

It takes arrays that were validated and padded before, and knows nothing of borders, names or
pictures. Strips, threads and the choice of algorithm belong behind this one function.
"""

from __future__ import annotations

import cv2
import numpy as np

from .arrays import Array

_CHANNELS_AT_ONCE = 4
_WORTH_TWO_PASSES = 6
_BY_FOURIER = 50
"""From this many taps on OpenCV may go through the Fourier transform of the whole picture."""

_LOPSIDED = 1e6


def correlate_valid(
    padded: Array,
    taps: Array,
    stride: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
) -> Array:
    """The correlation of `padded` with `taps` wherever the taps lie inside it.

    padded: (height, width) or (height, width, channels), float32 or float64, at least as large
    as the dilated taps; each channel is correlated by itself. taps: (rows, columns), finite.
    Output pixel (y, x) is the sum over i, j of taps[i, j] · padded[y·s + i·d, x·s + j·d].
    NaN and infinity reach exactly the pixels that have them under a non-zero tap.

    >>> correlate_valid(np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 10.0]])).tolist()
    [[21.0, 32.0]]
    """
    rows, columns = taps.shape
    height = padded.shape[0] - (rows - 1) * dilation[0]
    width = padded.shape[1] - (columns - 1) * dilation[1]
    pair = separated(taps) if min(rows, columns) >= _WORTH_TWO_PASSES else None
    if pair is not None:
        column, row = pair
        passed = correlate_valid(padded, row[None, :], (1, stride[1]), (1, dilation[1]))
        passed = np.ascontiguousarray(passed)
        return correlate_valid(passed, column[:, None], (stride[0], 1), (dilation[0], 1))
    by_opencv = np.isfinite(padded).all() and (taps.size < _BY_FOURIER or not _is_lopsided(padded))
    correlate_phase = _by_opencv if by_opencv else _tap_by_tap
    if dilation == (1, 1):
        return correlate_phase(padded, taps)[:: stride[0], :: stride[1]]
    # A dilated kernel meets only every d-th pixel: each of the d × d phases of the picture
    # is correlated with the plain taps, and no zero is ever multiplied.
    result = np.empty((height, width, *padded.shape[2:]), dtype=padded.dtype)
    for y in range(min(dilation[0], height)):
        for x in range(min(dilation[1], width)):
            phase = (slice(y, None, dilation[0]), slice(x, None, dilation[1]))
            result[phase] = correlate_phase(np.ascontiguousarray(padded[phase]), taps)
    return result[:: stride[0], :: stride[1]]


def separated(taps: Array) -> tuple[Array, Array] | None:
    """The column and the row whose outer product the taps are, or None where they are not one.

    taps: (rows, columns). To within rounding: 1e-13 of the largest tap.

    >>> separated(np.outer([1.0, 2.0], [3.0, 0.0, -3.0]))[0].tolist()
    [3.0, 6.0]
    """
    top, left = np.unravel_index(np.abs(taps).argmax(), taps.shape)
    largest = taps[top, left]
    if largest == 0:
        return None
    column, row = taps[:, left], taps[top] / largest
    # An exact zero decides where NaN goes, so zeros must be where the product has them.
    product = np.outer(column, row)
    same = np.abs(product - taps).max() <= 1e-13 * abs(largest)
    return (column, row) if same and ((product == 0) == (taps == 0)).all() else None


def _is_lopsided(padded: Array) -> bool:
    """Whether a few values are so large that a Fourier transform would drown the others in them.

    Such as the -3.4e38 that stands for no data in maps.
    """
    magnitudes = np.abs(padded)
    known = magnitudes[magnitudes > 0]
    return bool(known.size and magnitudes.max() > _LOPSIDED * np.quantile(known[::64], 0.1))


def _by_opencv(padded: Array, taps: Array) -> Array:
    rows, columns = taps.shape
    height, width = padded.shape[0] - rows + 1, padded.shape[1] - columns + 1
    if padded.ndim == 3 and padded.shape[2] > _CHANNELS_AT_ONCE:
        channels = [
            _by_opencv(np.ascontiguousarray(padded[..., c]), taps) for c in range(padded.shape[2])
        ]
        return np.stack(channels, axis=-1)
    # cv2.filter2D anchors an even kernel at k // 2; with the top left tap on the top left pixel
    # of the result the valid part starts at (rows // 2, columns // 2) whatever the border is.
    weights = taps.astype(padded.dtype)
    whole = cv2.filter2D(padded, -1, weights, borderType=cv2.BORDER_CONSTANT)
    result: Array = whole.reshape(padded.shape)[
        rows // 2 : rows // 2 + height, columns // 2 : columns // 2 + width
    ]
    return result


def _tap_by_tap(padded: Array, taps: Array) -> Array:
    """The definition itself, one shifted picture per non-zero tap: what NaN and infinity need."""
    rows, columns = taps.shape
    height, width = padded.shape[0] - rows + 1, padded.shape[1] - columns + 1
    result = np.zeros((height, width, *padded.shape[2:]), dtype=padded.dtype)
    with np.errstate(invalid="ignore", over="ignore"):
        for i, j in zip(*np.nonzero(taps), strict=True):
            weight = padded.dtype.type(taps[i, j])
            result += weight * padded[i : i + height, j : j + width]
    return result
