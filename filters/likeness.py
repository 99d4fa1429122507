"""Likeness: the dot product of patch and taps, divided by their lengths."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .arrays import Array, Taps, as_image
from .chunks import takes_dask
from .correlation import KernelLike, taps_of
from .placement import Placement, correlate_placed


@takes_dask
def likeness(
    image: ArrayLike, kernel: KernelLike, *, mode: str = "same", border: str | None = None
) -> Array:
    """How much each patch looks like the kernel: the cosine of the angle between them.

    image: (height, width), or (height, width, channels): each channel by itself, unless the
    kernel has channels of its own. kernel, mode, border: as for `correlate`.
    Gives values from −1 (the exact negative) over 0 (nothing in common, or one of them all zero)
    to 1 (the kernel itself, times any positive number), in float64.
    Raises what `correlate` raises.

    >>> import numpy as np
    >>> taps = np.array([[1.0, 2.0], [3.0, 5.0]])
    >>> round(float(likeness(3 * taps, taps, mode="valid")[0, 0]), 12)
    1.0
    >>> round(float(likeness(-taps, taps, mode="valid")[0, 0]), 12)
    -1.0
    """
    pixels = as_image(image).astype(np.float64)
    return cosine(pixels, taps_of(kernel), Placement(mode, border), largest(pixels) or 1.0)


def largest(pixels: Array) -> float:
    """The largest magnitude that is known; 0 where none is.

    >>> largest(np.array([np.nan, -2.0]))
    2.0
    """
    return float(np.abs(pixels[np.isfinite(pixels)]).max(initial=0.0))


def cosine(pixels: Array, taps: Taps, placement: Placement, scale: float) -> Array:
    """The likeness of pixels in float64, divided by the scale of the picture that they are of.

    >>> cosine(np.full((1, 1), 3.0), np.ones((1, 1)), Placement(), 3.0).tolist()
    [[1.0]]
    """
    # Neither the picture's scale nor the taps' changes an angle, and squares overflow early.
    weight = float(np.abs(taps).max()) or 1.0
    pixels, taps = pixels / scale, taps / weight
    product = correlate_placed(pixels, taps, placement)
    energy = correlate_placed(pixels**2, np.ones_like(taps), placement)
    length = np.sqrt(np.maximum(energy, 0.0)) * float(np.linalg.norm(taps))
    # A patch that is zero to rounding has no direction.
    nowhere = length <= 1e-12 * float(np.linalg.norm(taps))
    cosine: Array = np.divide(product, length, out=np.zeros_like(product), where=~nowhere)
    return np.clip(cosine, -1.0, 1.0)
