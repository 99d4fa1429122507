"""The pictures that are filtered: made, seeded, with no symmetry; smooth noise and shapes."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

SIZES = MappingProxyType(
    {"0.15": (321, 481), "1": (800, 1250), "12": (3000, 4000), "100": (8000, 12500)}
)
"""Height and width by megapixels; 0.15 is a photo of BSDS500."""

DTYPES = ("float32", "uint8")
COLOURS = ("grey", "rgb")
_SEED = 20240607
_SHAPES = 60


@dataclass(frozen=True)
class Kind:
    """Which picture: a key of `SIZES`, one of `DTYPES`, one of `COLOURS`."""

    size: str = "12"
    dtype: str = "float32"
    colour: str = "grey"

    def __str__(self) -> str:
        return f"{self.size} MP {self.dtype} {self.colour}"

    @property
    def shape(self) -> tuple[int, ...]:
        """(height, width), or (height, width, 3)."""
        return SIZES[self.size] if self.colour == "grey" else (*SIZES[self.size], 3)


def made(kind: Kind) -> Array:
    """The picture of a kind; the same bits every time. White is 1.0, or 255 in 8 bits."""
    return made_of(kind.shape, kind.dtype)


def made_of(shape: tuple[int, ...], dtype: str = "float32", seed: int = _SEED) -> Array:
    """A picture of a shape, (height, width) or (height, width, channels).

    >>> picture = made_of((40, 60, 3), "uint8")
    >>> picture.shape, picture.dtype.name, bool((picture == made_of((40, 60, 3), "uint8")).all())
    ((40, 60, 3), 'uint8', True)
    """
    result = np.empty(shape, dtype)
    planes = [result] if len(shape) == 2 else [result[..., c] for c in range(shape[2])]
    for channel, plane in enumerate(planes):
        values = _plane((shape[0], shape[1]), np.random.default_rng([seed, channel]))
        plane[...] = np.rint(values * 255) if dtype == "uint8" else values
    return result


def _plane(shape: tuple[int, int], random: np.random.Generator) -> Array:
    height, width = shape
    plane = np.full(shape, 0.5, np.float32)
    for cells in (3, 9, 27, 81):
        grid = random.standard_normal((cells, cells + 2)).astype(np.float32)
        plane += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC) * (0.3 / cells)
    for _ in range(_SHAPES):
        middle = (int(random.integers(width)), int(random.integers(height)))
        reach = random.integers(1, max(2, min(shape) // 8), 2)
        axes = (int(reach[0]), int(reach[1]))
        grey, angle = float(random.random()), float(random.integers(180))
        if random.random() < 0.5:
            cv2.ellipse(plane, middle, axes, angle, 0.0, 360.0, grey, -1)
        else:
            corners = cv2.boxPoints((middle, axes, angle)).astype(np.int32)
            cv2.fillConvexPoly(plane, corners, grey)
    plane += random.standard_normal(shape, np.float32) * np.float32(0.01)
    clipped: Array = np.clip(plane, 0, 1, out=plane)
    return clipped
