"""Handcrafted kernels by name: which one a kernel is exactly, and which ones it could be."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from ...filters.arrays import Array
from ...filters.catalogue import kernels as catalogue
from ...filters.kernel import Kernel
from .shapes import shapes_of

LEAD = 0.03
"""By how much a cosine must lead to settle a name: less is not told apart."""

_EQUAL = 1e-5
_ROOT_2 = math.sqrt(2)
_NEVER = 1e-6
_PAIRS = {
    "sobel": ("sobel-x", "sobel-y"),
    "scharr": ("scharr-x", "scharr-y"),
    "prewitt": ("prewitt-x", "prewitt-y"),
    "frei-chen": ("frei-chen-2", "frei-chen-1"),
    "central": ("central-x", "central-y"),
}


def identical(kernels: Array) -> tuple[tuple[str, int], ...]:
    """The handcrafted kernel that each kernel equals, but for its strength, and its sign.

    kernels: (height, width, in, out). Gives for each the name in the catalogue, with default
    parameters, padded with zeros as `KernelBank.from_names` does, and 1, or -1 for its negative;
    ("", 1) where it equals none. Equal means that all that differs is 1e-5 of the kernel's length,
    the rounding of float32 and more. Over several channels each must have the same taps but for
    their strength, and the sign is that of the sum of the strengths. Of equal handcrafted kernels
    it is the first of the catalogue.

    >>> identical(np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).reshape(3, 3, 1, 1) * -0.3)
    (('sobel-x', -1),)
    """
    height, width, channels, count = kernels.shape
    names, rows = _handcrafted(height, width)
    flat = kernels.reshape(height * width, channels * count).astype(np.float64)
    largest = float(np.abs(flat).max()) or 1.0
    weights = (rows @ (flat / largest)).reshape(len(rows), channels, count)
    lengths = np.linalg.norm(flat.reshape(-1, count) / largest, axis=0)
    # What is left beside the handcrafted kernel, from the shares: 1 - cosine² is the square of it.
    is_equal = (weights**2).sum(axis=1) >= (1 - _EQUAL**2) * lengths**2
    is_equal &= lengths > 0
    first = is_equal.argmax(axis=0) if len(rows) else np.zeros(count, int)
    signs = np.where(weights.sum(axis=1) < 0, -1, 1)
    return tuple(
        (names[first[n]], int(signs[first[n], n])) if is_equal[:, n].any() else ("", 1)
        for n in range(count)
    )


@lru_cache(maxsize=16)
def _handcrafted(height: int, width: int) -> tuple[tuple[str, ...], Array]:
    """The names of the handcrafted kernels that fit into a size, and their taps as unit rows."""
    fitting = {
        name: kernel
        for name, kernel in catalogue.items()
        if kernel.shape[0] <= height and kernel.shape[1] <= width
    }
    rows = [_placed(kernel, height, width).ravel() for kernel in fitting.values()]
    table = np.array(rows).reshape(len(rows), height * width)
    return tuple(fitting), table / np.linalg.norm(table, axis=1, keepdims=True)


def _placed(kernel: Kernel, height: int, width: int) -> Array:
    taps = np.zeros((height, width))
    top, left = height // 2 - kernel.shape[0] // 2, width // 2 - kernel.shape[1] // 2
    taps[top : top + kernel.shape[0], left : left + kernel.shape[1]] = kernel.taps
    return taps


def operator_cosines(row: Array) -> dict[str, float]:
    """The cosine of a 3×3 shape with each gradient operator, turned to where it is nearest.

    row: (9,), zero-mean, of unit length. Sobel, Scharr, Prewitt, Frei-Chen and central difference
    lie so near each other (Sobel and Scharr 0.977) that a cosine alone seldom tells them apart.

    >>> taps = np.array([-1.0, 0, 1, -2, 0, 2, -1, 0, 1])
    >>> cosines = operator_cosines(taps / np.linalg.norm(taps))
    >>> {name: round(cosine, 3) for name, cosine in cosines.items()}
    {'sobel': 1.0, 'scharr': 0.977, 'prewitt': 0.943, 'frei-chen': 0.986, 'central': 0.816}
    """
    along, across = _planes() @ row
    lengths = np.hypot(along, across)
    return {name: float(length) for name, length in zip(_PAIRS, lengths, strict=True)}


@lru_cache(maxsize=1)
def _planes() -> Array:
    sides = [
        shapes_of(
            np.stack([_placed(catalogue[pair[side]], 3, 3) for pair in _PAIRS.values()], -1)[
                :, :, None
            ]
        ).rows
        for side in (0, 1)
    ]
    return np.stack(sides)


def alike(row: Array) -> tuple[str, ...]:
    """The gradient operators that cannot be told apart in a 3×3 shape, the nearest first.

    row: (9,), zero-mean, of unit length. Those whose cosine, turned to where each is nearest, is
    within 0.03 of the best: a single name where one leads by more.

    >>> taps = np.array([-1.0, 0, 1, -1, 0, 1, -1, 0, 1])
    >>> alike(taps / np.linalg.norm(taps))
    ('prewitt', 'frei-chen')
    """
    cosines = operator_cosines(row)
    highest = max(cosines.values())
    near = [name for name, cosine in cosines.items() if cosine > highest - LEAD]
    return tuple(sorted(near, key=lambda name: -cosines[name]))


def smoothing(row: Array) -> float | None:
    """The r for which [1 r 1], steered, comes nearest to a 3×3 shape; None where it is none.

    row: (9,), zero-mean. 1 in Prewitt's, √2 in Frei and Chen's, 2 in Sobel's, 10/3 in Scharr's.

    >>> round(smoothing(np.array([-1.0, 0, 1, -2, 0, 2, -1, 0, 1])), 6)
    2.0
    """
    taps = row.reshape(3, 3)
    right, down = taps[:, 2] - taps[:, 0], taps[2] - taps[0]
    middle = np.array([right[1], down[1]]) / _ROOT_2
    corners = np.array([right[0] + right[2], down[0] + down[2]]) / 2
    planes = np.stack([middle, corners])
    _, vectors = np.linalg.eigh(planes @ planes.T)
    along, aside = np.abs(vectors[:, -1])
    is_opposed = vectors[0, -1] * vectors[1, -1] < 0
    return None if is_opposed or aside < _NEVER else float(_ROOT_2 * along / aside)
