"""How a kernel's energy is shared out: odd and even, and the subspaces of Frei and Chen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...filters.arrays import Array
from ...filters.recipes import frei_chen
from .figures import Figure, figure, null_of
from .shapes import shapes_of

_EDGE, _LINE = (1, 2, 3, 4), (5, 6, 7, 8)


@dataclass(frozen=True)
class Subspaces:
    """Shares of the energy of n kernels, from 0 to 1, and of the layer as their mean.

    mean: of the spatial profile, how much is in its mean; by chance 1 / taps. odd: of the
    zero-mean shape, how much changes its sign when the kernel is turned by 180°; the rest is
    even; by chance about a half; None for a flat kernel.
    edge, line: of the spatial profile of 3×3 kernels, how much is in the first four masks of Frei
    and Chen, and in the next four; with `mean`, the ninth, they sum to 1; by chance 4/9, 4/9 and
    1/9. None for other sizes.

    Odd is not edge-like: the edge masks of 3×3 are all that is odd there, ripples and corners
    included, and half of any noise is odd.
    """

    mean: Figure
    odd: Figure
    edge: Figure | None
    line: Figure | None


def subspaces_of(kernels: Array) -> Subspaces:
    """The energy shares of kernels (height, width, in, out), each beside chance.

    Of kernels over several channels it is the spatial profile, see `Shapes`.
    Source: Frei and Chen, 1977.

    >>> sobel = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    >>> found = subspaces_of(sobel.reshape(3, 3, 1, 1))
    >>> round(found.edge.kernels[0].value, 6), round(found.line.kernels[0].value, 6)
    (1.0, 0.0)
    """
    height, width, channels, _ = kernels.shape
    null = _null(height, width, channels)
    found = [figure(*pair) for pair in zip(_shares(kernels), null, strict=True)]
    mean, odd, *others = found
    edge, line = others or (None, None)
    return Subspaces(mean, odd, edge, line)


@lru_cache(maxsize=16)
def _null(height: int, width: int, channels: int) -> tuple[Array, ...]:
    return null_of(_shares, height, width, channels)


def _shares(kernels: Array) -> Array:
    """Mean and odd shares of each kernel, and for 3×3 edge and line shares: (2 or 4, n)."""
    shapes = shapes_of(kernels)
    rows = shapes.rows
    is_zero = ~kernels.any(axis=(0, 1, 2))
    mean = np.where(is_zero, np.nan, np.where(shapes.is_flat, 1.0, np.abs(shapes.dc_share)))
    odd = ((rows - rows[:, ::-1]) ** 2).sum(axis=1) / 4
    shares = [mean, np.where(shapes.is_flat, np.nan, odd)]
    if kernels.shape[:2] == (3, 3):
        for masks in (_EDGE, _LINE):
            basis = np.stack([frei_chen(number).ravel() for number in masks])
            shares.append((1 - mean) * ((rows @ basis.T) ** 2).sum(axis=1))
    return np.stack(shares)
