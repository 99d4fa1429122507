"""Slow, plain references that the tests compare with. Nothing here uses filt.

correlate_by_definition(image, taps, mode=, border=, stride=, dilation=)
convolve_by_definition(image, taps, mode=, border=, stride=, dilation=)
    What correlation and convolution are, in four loops (rows and columns of the result, rows and
    columns of the taps), in double precision, one sum per pixel. A tap of zero is never multiplied.
pixel_beyond(position, length, border)
    Where a position of an axis is read from; None stands for a zero.
assert_close(actual, expected, image, taps)
    Equal up to rounding in the dtype of `actual`; NaN and infinity at exactly the same places.

image: (height, width) or (height, width, channels). taps: (height, width) for every channel by
itself, or (height, width, channels) to sum over the channels.
mode: "same", "valid", "full", "keras-same". border: "reflect101", "symmetric", "replicate",
"wrap", "zero". stride, dilation: (along height, along width), or one number for both.
"""

from __future__ import annotations

import math

import numpy as np


def pixel_beyond(position: int, length: int, border: str) -> int | None:
    """Walk back from outside, one reflection or one turn at a time, until inside."""
    while not 0 <= position < length:
        if border == "zero":
            return None
        if border == "replicate":
            position = 0 if position < 0 else length - 1
        elif border == "wrap":
            position += length if position < 0 else -length
        elif border == "symmetric":
            position = -1 - position if position < 0 else 2 * length - 1 - position
        elif border == "reflect101":
            if length == 1:
                return 0
            position = -position if position < 0 else 2 * (length - 1) - position
        else:
            raise ValueError(border)
    return position


def correlate_by_definition(
    image, taps, *, mode="same", border="reflect101", stride=1, dilation=1
) -> np.ndarray:
    """out[y, x] = sum over i, j of taps[i, j] * image[y + i - a, x + j - b], (a, b) the anchor.

    In "same" the anchor is the middle of an odd kernel, and of an even one the tap after it.
    """
    return _laid(image, taps, mode, border, stride=stride, dilation=dilation, turned=False)


def convolve_by_definition(
    image, taps, *, mode="same", border="reflect101", stride=1, dilation=1
) -> np.ndarray:
    """out[y, x] = sum over i, j of taps[i, j] * image[y - i + a, x - j + b], (a, b) the anchor.

    In "same" the anchor is the middle of an odd kernel, and of an even one the tap before it.
    """
    return _laid(image, taps, mode, border, stride=stride, dilation=dilation, turned=True)


def assert_close(actual, expected, image, taps) -> None:
    """Up to rounding: what a sum of such products can lose, in the dtype of `actual`.

    One bound for the whole picture, a few rounding steps of its largest value times the sum of
    the taps' magnitudes: methods that work in the frequency domain spread their rounding so.
    """
    assert actual.shape == expected.shape
    known = np.isfinite(expected)
    np.testing.assert_array_equal(np.isfinite(actual), known)
    magnitudes = np.abs(np.asarray(image, np.float64))
    largest = magnitudes[np.isfinite(magnitudes)].max(initial=0.0)
    steps = 16 * np.finfo(actual.dtype).eps
    allowed = steps * largest * float(np.abs(np.asarray(taps, np.float64)).sum())
    np.testing.assert_allclose(actual[known], expected[known], rtol=0, atol=allowed + 1e-300)


def padding_by_definition(mode: str, length: int, reach: int, stride: int) -> tuple[int, int]:
    """Pixels (before, after) along one axis for taps that reach over `reach` pixels."""
    if mode == "valid":
        return 0, 0
    if mode == "full":
        return reach - 1, reach - 1
    if mode == "same":
        return reach // 2, reach - 1 - reach // 2
    if mode == "keras-same":
        windows = math.ceil(length / stride)
        total = max(0, (windows - 1) * stride + reach - length)
        return total // 2, total - total // 2
    raise ValueError(mode)


def _laid(image, taps, mode, border, *, stride, dilation, turned) -> np.ndarray:
    image, taps = np.asarray(image, np.float64), np.asarray(taps, np.float64)
    how = {"stride": stride, "dilation": dilation, "turned": turned}
    if taps.ndim == 3:
        channels = range(taps.shape[2])
        planes = [_laid(image[..., c], taps[..., c], mode, border, **how) for c in channels]
        with np.errstate(invalid="ignore"):
            return np.sum(planes, axis=0)
    if image.ndim == 3:
        channels = range(image.shape[2])
        return np.stack([_laid(image[..., c], taps, mode, border, **how) for c in channels], axis=2)
    rows, columns = (
        [
            [pixel_beyond(position, image.shape[axis], border) for position in window]
            for window in _windows(mode, image.shape[axis], taps.shape[axis], s, d)
        ]
        for axis, s, d in zip((0, 1), _two(stride), _two(dilation), strict=True)
    )
    # A convolution lays its taps on from the other end.
    step = -1 if turned else 1
    pixels, weights = image.tolist(), taps.tolist()
    result = np.zeros((len(rows), len(columns)))
    for y, rows_read in enumerate(rows):
        for x, columns_read in enumerate(columns):
            total = 0.0
            for i, row in enumerate(rows_read[::step]):
                if row is None:
                    continue
                for j, column in enumerate(columns_read[::step]):
                    if column is not None and weights[i][j] != 0:
                        total += weights[i][j] * pixels[row][column]
            result[y, x] = total
    return result


def _windows(mode, length, count, stride, dilation) -> list[list[int]]:
    """For each output along one axis the positions under its window, which may lie outside."""
    reach = (count - 1) * dilation + 1
    before, after = padding_by_definition(mode, length, reach, stride)
    outputs = (length + before + after - reach) // stride + 1
    starts = [n * stride - before for n in range(outputs)]
    return [[start + k * dilation for k in range(count)] for start in starts]


def _two(value) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)
