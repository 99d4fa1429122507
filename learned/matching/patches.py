"""The second-order statistics of pictures: how the pixels of their patches vary together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ...filters.arrays import Array, as_image, pair, whole
from ...filters.errors import InputError
from ...filters.picture import full_scale_for
from ..layer_use import LayerUse, with_channels

MOST_PATCHES = 100_000
"""Of each picture. More hardly change the covariance: neighbouring patches are much alike."""

_AT_ONCE = 8192


def patch_covariance(
    pictures: Sequence[ArrayLike],
    height: int,
    width: int,
    channels: int = 1,
    use: LayerUse | None = None,
) -> Array:
    """The covariance of the pixels in patches of pictures, the patches of a layer's kernels.

    pictures: each (height, width) or (height, width, channels). One channel sees the luma, three
    see a grey picture three times, as `KernelBank.apply` has it. use: the layer's own scaling of
    its channels and its dilation; None for neither. Every picture is standardised, zero mean and
    unit variance over all its channels together, so that each counts the same; of a large one
    every n-th row and column of patches is taken, 100,000 at most.

    Gives (taps, taps) in float64, taps = height · width · channels in the order of
    `kernels.reshape(taps, out)`: symmetric, and positive semi-definite but for rounding. Sums run
    in float64, as the variance of fine detail is some thousandths of that of the coarse.
    Raises InputError for no picture, one that is too small, not finite, or of other channels, and
    where none has any contrast.

    >>> covariance = patch_covariance([np.array([[0.0, 1, 0, 1], [1, 0, 1, 0]])], 1, 2)
    >>> covariance.round(6).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    whole(height, "height")
    whole(width, "width")
    layer = LayerUse() if use is None else use
    layer.check_channels(channels)
    dilation = pair(layer.dilation, "dilation")
    found = []
    for number, picture in enumerate(pictures):
        pixels = with_channels(as_image(picture), channels)
        pixels = layer.scaled(pixels.astype(np.float64), full_scale_for(picture, None))
        pixels = pixels.reshape(*pixels.shape[:2], channels)
        if not np.isfinite(pixels).all():
            raise InputError(f"pictures must be finite, got NaN or infinity in number {number}")
        pixels = pixels - pixels.mean(axis=(0, 1))
        spread = float(pixels.std())
        windows = _windows(pixels, (height, width), dilation, number)
        if spread > 0:
            found.append(_covariance(windows) / spread**2)
    if not found:
        raise InputError("pictures must hold one with contrast, got none")
    return np.asarray(np.mean(found, axis=0))


def _windows(pixels: Array, size: tuple[int, int], dilation: tuple[int, int], number: int) -> Array:
    """A view of all patches, (rows, columns, height, width, channels), thinned where many."""
    spans = [(n - 1) * step + 1 for n, step in zip(size, dilation, strict=True)]
    if pixels.shape[0] < spans[0] or pixels.shape[1] < spans[1]:
        raise InputError(
            f"pictures must be at least {spans[0]}×{spans[1]}, as the kernels span,"
            f" got {pixels.shape[0]}×{pixels.shape[1]} in number {number}"
        )
    view = np.lib.stride_tricks.sliding_window_view(pixels, tuple(spans), axis=(0, 1))
    count = view.shape[0] * view.shape[1]
    step = max(1, int(np.ceil(np.sqrt(count / MOST_PATCHES))))
    thinned = view[::step, ::step, :, :: dilation[0], :: dilation[1]]
    return np.moveaxis(thinned, 2, -1)


def _covariance(windows: Array) -> Array:
    rows, columns = windows.shape[:2]
    taps = int(np.prod(windows.shape[2:]))
    strip = max(1, _AT_ONCE // columns)
    total, products = np.zeros(taps), np.zeros((taps, taps))
    for top in range(0, rows, strip):
        patches = windows[top : top + strip].reshape(-1, taps)
        total += patches.sum(axis=0)
        products += patches.T @ patches
    mean = total / (rows * columns)
    return np.asarray(products / (rows * columns) - np.outer(mean, mean))


def spatial_covariance(covariance: Array, channels: int) -> Array:
    """The covariance of the pixels of one channel, the mean over these: (taps, taps).

    >>> spatial_covariance(np.diag([1.0, 3.0, 5.0, 7.0]), 2).tolist()
    [[2.0, 0.0], [0.0, 6.0]]
    """
    taps = len(covariance) // channels
    parts = covariance.reshape(taps, channels, taps, channels)
    return np.asarray(np.einsum("icjc->ij", parts) / channels)


def check_covariance(covariance: Array, taps: int) -> None:
    """Raises InputError for a covariance that is not (taps, taps) and finite, or all zero."""
    if covariance.shape != (taps, taps):
        raise InputError(
            f"covariance must be ({taps}, {taps}), as the kernels have taps, got {covariance.shape}"
        )
    if not np.isfinite(covariance).all() or not covariance.any():
        raise InputError("covariance must be finite and not all zero")
