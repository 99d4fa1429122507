"""What the first layer starts with in an ablation: kernels of equal response to the pictures."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ...filters.arrays import Array, whole
from ...filters.errors import InputError
from ..kernel_bank import KernelBank

HANDCRAFTED = (
    "gaussian-x:sigma=1",
    "gaussian-y:sigma=1",
    "laplacian-of-gaussian:sigma=1",
    "gaussian-blur:sigma=1",
    "sobel-x",
    "sobel-y",
    "gaussian-xx:sigma=0.7",
    "gaussian-xy:sigma=0.7",
    "gaussian-yy:sigma=0.7",
    "gaussian-xx:sigma=1.4",
    "gaussian-xy:sigma=1.4",
    "gaussian-yy:sigma=1.4",
    "gabor:theta=45,wavelength=4,sigma=1.5,gamma=1",
    "gabor:theta=135,wavelength=4,sigma=1.5,gamma=1",
    "gabor:theta=45,wavelength=4,sigma=1.5,gamma=1,phase=90",
    "gabor:theta=135,wavelength=4,sigma=1.5,gamma=1,phase=90",
)
"""The handcrafted kernels by name. Fewer are the first ones: two slopes, a Laplacian, a blur."""

_PATCHES_AT_ONCE = 200_000
_LEAST_SHARE = 1e-4


def handcrafted_kernels(count: int = len(HANDCRAFTED), size: int = 7) -> Array:
    """The first `count` handcrafted kernels, (size, size, 1, count) in float64.

    Smaller ones have zeros around them; larger ones are cut, and those whose taps sum to zero do
    so again afterwards: the same is taken off all of them.
    Raises InputError for more than there are, and for a size at which they are not independent.

    >>> handcrafted_kernels(4).shape
    (7, 7, 1, 4)
    """
    if whole(count, "kernels") > len(HANDCRAFTED):
        raise InputError(
            f"kernels must be at most {len(HANDCRAFTED)}, as many as are handcrafted, got {count}"
        )
    whole(size, "size")
    whole_bank = KernelBank.from_names(HANDCRAFTED[:count])
    made = np.stack([_fitted(kernel.taps, size) for kernel in whole_bank], axis=-1)[:, :, None]
    flat = made.reshape(-1, count)
    lengths = np.linalg.norm(flat, axis=0)
    if not lengths.all() or _independent(flat / lengths) < count:
        raise InputError(
            f"size must be larger for {count} handcrafted kernels that are independent, got {size}"
        )
    return made


def patch_covariance(images: Array, size: int) -> Array:
    """The covariance of all size × size patches, in the order of a kernel's taps read as rows.

    images: (n, height, width, channels), at least `size` high and wide. Gives (k, k) in float64,
    where k = size · size · channels; on the scale of the images.
    Raises InputError for images that are smaller than a patch.

    >>> patch_covariance(np.array([[0.0, 1.0, 0.0, 1.0]]).reshape(1, 2, 2, 1), 1).tolist()
    [[0.25]]
    """
    if min(images.shape[1:3]) < size:
        raise InputError(
            f"size must be at most {min(images.shape[1:3])}, what the pictures have, got {size}"
        )
    length = size * size * images.shape[3]
    total, products, count = np.zeros(length), np.zeros((length, length)), 0
    each = (images.shape[1] - size + 1) * (images.shape[2] - size + 1)
    step = max(1, _PATCHES_AT_ONCE // each)
    # Taken off before, so that squares of large means do not drown small differences.
    middle = float(images[:step].mean(dtype=np.float64))
    for start in range(0, len(images), step):
        chosen = images[start : start + step].astype(np.float64) - middle
        windows = sliding_window_view(chosen, (size, size), axis=(1, 2))
        patches = np.moveaxis(windows, 3, -1).reshape(-1, length)
        total += patches.sum(axis=0)
        products += patches.T @ patches
        count += len(patches)
    mean = total / count
    covariance: Array = products / count - np.outer(mean, mean)
    return covariance


def with_unit_responses(kernels: Array, covariance: Array) -> Array:
    """Every kernel w times a positive number, so that its response has the variance wᵀCw = 1.

    kernels: (height, width, in, out). covariance: C, of patches of their shape. Float64.
    Raises InputError where a kernel has no response that varies.

    >>> with_unit_responses(np.full((1, 1, 1, 1), 5.0), np.array([[0.25]])).item()
    2.0
    """
    flat = kernels.reshape(-1, kernels.shape[3]).astype(np.float64)
    variances = np.einsum("io,ij,jo->o", flat, covariance, flat)
    most = (flat**2).sum(axis=0) * np.trace(covariance)
    if not (variances > 1e-12 * most).all():
        raise InputError("the pictures are all the same to a kernel: its response does not vary")
    scaled: Array = (flat / np.sqrt(variances)).reshape(kernels.shape)
    return scaled


def _fitted(taps: Array, size: int) -> Array:
    side = taps.shape[0]
    around = max(0, (size - side + 1) // 2)
    padded = np.pad(taps, around)
    start = (padded.shape[0] - size) // 2
    cut: Array = padded[start : start + size, start : start + size].copy()
    if abs(taps.sum()) < 1e-6 * np.abs(taps).sum():
        cut -= cut.mean() if side > size else 0.0
    return cut


def _independent(flat: Array) -> int:
    values = np.linalg.svd(flat, compute_uv=False)
    return int((values > _LEAST_SHARE * values[0]).sum())
