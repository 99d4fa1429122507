"""A picture: pixels with what a file says about them and an array does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .arrays import Array, dtype_of, full_scale_of, positive, real_array
from .errors import InputError


@dataclass(frozen=True, eq=False)
class Picture:
    """Pixels, with their full scale, their alpha and the depth to save them in.

    pixels: (height, width) for grey or (height, width, 3) for RGB, any real dtype, upright.
    full_scale: the value of white: 255 for 8 bits, 65535 for 16, 1.0 for floats unless told.
    depth: uint8, uint16 or float32, the sample type of the file that it came from.
    alpha: (height, width) opacity from 0 to 1 in float32, or None where every pixel is opaque.

    It is an array to NumPy (`np.asarray(picture)` gives the pixels), so every function of filt
    that takes an image takes a Picture too.

    >>> picture = Picture(np.zeros((2, 3), np.uint8), 255.0, np.dtype(np.uint8))
    >>> picture.size, np.asarray(picture).shape
    ((3, 2), (2, 3))
    """

    pixels: Array
    full_scale: float
    depth: np.dtype[Any]
    alpha: Array | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "pixels", real_array(self.pixels, "pixels"))
        object.__setattr__(self, "depth", dtype_of(self.depth, "depth"))
        if self.depth.kind not in "?biuf":
            raise TypeError(f"depth must be a dtype of real numbers, got {self.depth}")
        if self.alpha is not None:
            object.__setattr__(self, "alpha", real_array(self.alpha, "alpha"))
        shape = self.pixels.shape
        if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] != 3) or 0 in shape:
            raise InputError(
                f"pixels must be (height, width) or (height, width, 3), got shape {shape}"
            )
        positive(self.full_scale, "full_scale")
        if self.alpha is not None and self.alpha.shape != shape[:2]:
            raise InputError(f"alpha must be {shape[:2]} as the pixels, got {self.alpha.shape}")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, in the order in which picture sizes are spoken."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def is_colour(self) -> bool:
        """Whether the pixels are RGB."""
        return self.pixels.ndim == 3

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is None:
            return np.asarray(self.pixels, dtype=dtype)
        return np.array(self.pixels, dtype=dtype, copy=copy)


def full_scale_for(image: ArrayLike, full_scale: float | None = None) -> float:
    """The value of white in `image`: what is given, what a Picture says, or what its dtype means.

    Raises InputError for a full scale that is not above zero.

    >>> full_scale_for(np.zeros((2, 2), np.uint16)), full_scale_for(np.zeros((2, 2)), 255)
    (65535.0, 255.0)
    """
    if full_scale is not None:
        return positive(full_scale, "full_scale")
    if isinstance(image, Picture):
        return image.full_scale
    array = image if isinstance(image, np.ndarray) else real_array(image, "image")
    return full_scale_of(array.dtype)
