"""What a learned kernel and the handcrafted one that it is nearest to make of the same photo."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...filters.arrays import Array
from ...filters.correlation import correlate
from ..matching.matches import BankMatch
from ..matching.shapes import shapes_of
from .photo import Photo


@dataclass(frozen=True, eq=False)
class ResponsePair:
    """Two responses to one photo, on one scale.

    index: the kernel's number. correlation: between the two over all pixels, from -1 to 1; 0 where
    one of them is the same everywhere. learned_response, handcrafted_response: (height, width),
    white at 1: of the kernel's spatial shape and of its nearest template, both without their mean
    and of unit length.
    """

    index: int
    correlation: float
    learned_response: Array
    handcrafted_response: Array


def response_pairs(
    photo: Photo, kernels: Array, match: BankMatch, partners: Array
) -> tuple[ResponsePair, ...]:
    """The responses of every kernel that has a family, beside those of its nearest template.

    kernels: (height, width, in, out), those that `match` is of; partners: see
    `partners_of`. Both see the photo's luma, by correlation, mirrored at the border.
    """
    chosen = [kernel for kernel in match.kernels if kernel.family]
    if not chosen:
        return ()
    rows = shapes_of(kernels).rows.reshape(-1, *kernels.shape[:2])
    grey = photo.grey.astype(np.float32)
    pairs = []
    for kernel in chosen:
        learned, handcrafted = (
            correlate(grey, taps) for taps in (rows[kernel.index], partners[kernel.index])
        )
        likeness = correlation_of(learned, handcrafted)
        pairs.append(ResponsePair(kernel.index, likeness, learned, handcrafted))
    return tuple(pairs)


def correlation_of(first: Array, second: Array) -> float:
    """The correlation of two responses over all pixels, -1 to 1; 0 where one is flat.

    >>> correlation_of(np.array([[1.0, 2.0, 3.0]]), np.array([[5.0, 3.0, 1.0]]))
    -1.0
    """
    one, other = (side - side.mean(dtype=np.float64).astype(side.dtype) for side in (first, second))
    product, own, others = (
        float(np.vdot(*two)) for two in ((one, other), (one, one), (other, other))
    )
    lengths = math.sqrt(own * others)
    return product / lengths if lengths > 0 else 0.0
