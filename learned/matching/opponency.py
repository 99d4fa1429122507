"""Colour kernels: whether they see brightness, or one colour against another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...filters.arrays import Array
from ...filters.errors import InputError
from .figures import Figure, figure, null_of
from .shapes import shapes_of

ACHROMATIC = "achromatic"
MIXED = "mixed: as chance"

_AXES = np.array([[1, 1, 1], [1, -1, 0], [1, 1, -2]]) / np.sqrt([[3], [2], [6]])
_OPPONENT = np.array(["red-green", "blue-yellow"])


@dataclass(frozen=True)
class Opponency:
    """The colours of n kernels over red, green and blue; shares of their energy, from 0 to 1.

    achromatic: how much weighs the three alike, (1, 1, 1) / √3. red_green: along (1, -1, 0) / √2.
    blue_yellow: along (1, 1, -2) / √6. The three sum to 1; by chance each is 1/3.
    separability: see `Shapes`. verdicts: "achromatic" for a kernel above 95% of untrained ones in
    that share; "red-green" or "blue-yellow", the larger of both, below 5%; else
    "mixed: as chance". "" for a kernel of zeros, which has no shares.
    """

    achromatic: Figure
    red_green: Figure
    blue_yellow: Figure
    separability: Figure
    verdicts: tuple[str, ...]


def opponency_of(kernels: Array) -> Opponency:
    """The opponency of kernels (height, width, 3, out) over red, green and blue, beside chance.

    Raises InputError for other than 3 channels.

    >>> found = opponency_of(np.ones((7, 7, 3, 1)) * np.array([[2.0], [-1.0], [-1.0]]))
    >>> found.verdicts, round(found.red_green.kernels[0].value, 2)
    (('red-green',), 0.75)
    """
    height, width, channels, count = kernels.shape
    if channels != 3:
        raise InputError(f"kernels must have 3 channels for opponency, got {channels}")
    shares = _shares(kernels)
    figures = [figure(*pair) for pair in zip(shares, _null(height, width), strict=True)]
    verdicts = tuple(_verdict(figures[0], shares, index) for index in range(count))
    achromatic, red_green, blue_yellow, separability = figures
    return Opponency(achromatic, red_green, blue_yellow, separability, verdicts)


def _verdict(achromatic: Figure, shares: Array, index: int) -> str:
    found = achromatic.kernels[index]
    if found is None:
        return ""
    if found.value > found.high:
        return ACHROMATIC
    return str(_OPPONENT[shares[1:3, index].argmax()]) if found.value < found.low else MIXED


@lru_cache(maxsize=16)
def _null(height: int, width: int) -> tuple[Array, ...]:
    return null_of(_shares, height, width, 3)


def _shares(kernels: Array) -> Array:
    """Of each kernel the shares along the three axes, and separability: (4, n)."""
    weights = kernels.reshape(-1, 3, kernels.shape[3]).astype(np.float64)
    largest = np.abs(weights).max(axis=(0, 1))
    is_zero = largest == 0
    scaled = weights / np.where(is_zero, 1.0, largest)
    along = (np.einsum("ac,tcn->tan", _AXES, scaled) ** 2).sum(axis=0)
    total = np.where(is_zero, 1.0, along.sum(axis=0))
    shares = np.vstack([along / total, shapes_of(kernels).separability])
    return np.where(is_zero, np.nan, shares)
