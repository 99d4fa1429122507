"""The reader's photo, as large as a page can carry it."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ...filters.arrays import Array, as_image
from ...filters.colour import luma
from ...filters.picture import Picture
from ..data.leaves import leaves

MOST_PIXELS = 260_000
"""A page carries the luma of each of these pixels: about a megabyte and a half."""

_GENERATED = 384
_SEED = 7


@dataclass(frozen=True, eq=False)
class Photo:
    """A picture of the report.

    name: what it is called there. sha256: of its pixels as they were read. size: width and height
    as read. picture: what the report works on: the same, or reduced to at most 260,000 pixels.
    """

    name: str
    sha256: str
    size: tuple[int, int]
    picture: Picture

    @property
    def is_reduced(self) -> bool:
        """Whether the report works on fewer pixels than were read."""
        return self.picture.size != self.size

    @property
    def grey(self) -> Array:
        """The luma with white at 1, (height, width) in float64; 0 for what is not finite."""
        values = luma(self.picture).astype(np.float64) / self.picture.full_scale
        return np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)

    @property
    def colours(self) -> Array:
        """RGB with white at 1, (height, width, 3) in float64; a grey photo three times."""
        values = np.asarray(self.picture.pixels, np.float64) / self.picture.full_scale
        values = values if values.ndim == 3 else np.repeat(values[..., None], 3, axis=2)
        return np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)

    def as_json(self) -> dict[str, Any]:
        """What identifies it, as JSON has it."""
        return {
            "name": self.name,
            "pixels_sha256": self.sha256,
            "size": list(self.size),
            "worked_on": list(self.picture.size),
            "depth": str(self.picture.depth),
            "full_scale": self.picture.full_scale,
        }


def photo_of(picture: Picture, name: str) -> Photo:
    """A picture as the report takes it: whole, or reduced by averages over areas.

    8-bit pixels stay whole numbers of 8 bits, so that a reduced photo is a photo too.

    >>> large = Picture(np.zeros((1000, 2000), np.uint8), 255.0, np.dtype(np.uint8))
    >>> photo_of(large, "large").picture.size
    (721, 360)
    """
    pixels = np.ascontiguousarray(picture.pixels)
    kind = f"{pixels.dtype.str} {pixels.shape} {picture.full_scale}".encode()
    digest = hashlib.sha256(kind + pixels.tobytes()).hexdigest()
    return Photo(name, digest, picture.size, _reduced(picture))


def _reduced(picture: Picture) -> Picture:
    width, height = picture.size
    if width * height <= MOST_PIXELS:
        return Picture(picture.pixels, picture.full_scale, picture.depth)
    factor = math.sqrt(MOST_PIXELS / (width * height))
    small_width = max(1, min(int(width * factor), MOST_PIXELS))
    small_height = max(1, min(int(height * factor), MOST_PIXELS // small_width))
    size = (small_width, small_height)
    values = as_image(picture.pixels)
    small = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    if np.issubdtype(picture.pixels.dtype, np.integer):
        small = np.rint(small).astype(picture.pixels.dtype)
    return Picture(small, picture.full_scale, picture.depth)


def generated_photo() -> Photo:
    """A generated picture of dead leaves, for a report without a photo.

    >>> generated_photo().size
    (384, 384)
    """
    pixels, _ = leaves(_SEED, _GENERATED)
    return photo_of(Picture(pixels, 255.0, np.dtype(np.uint8)), "generated leaves")
