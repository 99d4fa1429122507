"""Canny's method as OpenCV defines it: the pixels of `cv2.Canny`, for every depth of picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import Array, as_image, one_of, real_array
from ..chunks import takes_dask
from ..errors import InputError
from ..picture import full_scale_for
from ..placement import Placement, correlate_placed
from .canny import NORMS
from .gradient import operator_kernels
from .linking import Mask
from .thresholds import Thresholds

_SOBEL = 4
"""The sum of Sobel's positive taps: what a step of height 1 gives."""

_FINER = 16
"""How many steps the slopes of a wider picture have for each level of an 8-bit one."""

_LARGEST = 27145
"""OpenCV multiplies slopes by 79109/32768 in 32 bits to tell the sectors: beyond it overflows."""


@takes_dask
def canny_opencv(
    image: ArrayLike,
    low: float,
    high: float,
    norm: str = "l1",
    *,
    full_scale: float | None = None,
) -> Mask:
    """The edges of an image where OpenCV draws them: no blur, whole Sobel slopes, its tie rule.

    image: (height, width), or (height, width, 3), whose steepest channel counts at each pixel, the
    first of equals. low, high: fractions of the gradient's full scale, four times the value of
    white: OpenCV's `threshold1` and `threshold2` divided by 1020. norm: "l1" (OpenCV's default) or
    "l2" (its `L2gradient=True`). full_scale: the value of white; None is 255, 65535 or 1.0 by the
    dtype. There is no sigma, because `cv2.Canny` does not blur.

    A uint8 image is given to `cv2.Canny` as it is, so the pixels are the same. OpenCV takes no
    wider images, but it takes slopes of 16 bits: those of any other dtype are rounded to the
    nearest 1/16 of an 8-bit level (1/16320 of full scale) and saturate at 1.66 of full scale. One
    picture in 8 bits, 16 bits and floats thus has the same edges.
    Beyond the picture the outermost pixels go on (replicate). NaN and infinity have no slope.

    What OpenCV does otherwise than `canny`: a pixel must be steeper than its left or upper
    neighbour and at least as steep as its right or lower one, and steeper than both on a diagonal,
    so that turning a picture can move its edges by a pixel; L1 says that a diagonal edge is up to
    1.41 times as steep as an upright one.

    Gives (height, width) bool. Raises InputError for numbers outside 0 to 1, low above high, an
    unknown norm, and a number of channels other than 1 or 3. Source: Canny, 1986; OpenCV 5.

    >>> step = np.array([[0, 0, 0, 255, 255, 255]] * 4, np.uint8)
    >>> canny_opencv(step, 0.1, 0.2)[1].tolist()
    [False, False, True, False, False, False]
    """
    Thresholds(low, high)
    one_of(norm, NORMS, "norm")
    white = full_scale_for(image, full_scale)
    pixels = as_image(image)
    if pixels.ndim == 3 and pixels.shape[2] not in (1, 3):
        raise InputError(f"colours must be RGB, got {pixels.shape[2]} channels")
    given = real_array(image, "image")
    if given.dtype == np.uint8:
        full = _SOBEL * white
        levels = np.ascontiguousarray(given)
        edges = cv2.Canny(levels, low * full, high * full, L2gradient=norm == "l2")
    else:
        full = _SOBEL * 255 * _FINER
        x, y = _whole_slopes(pixels, 255 * _FINER / white)
        edges = cv2.Canny(x, y, low * full, high * full, L2gradient=norm == "l2")
    found: Mask = np.asarray(edges) > 0
    return found


def _whole_slopes(pixels: Array, scale: float) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    laid = Placement(border="replicate")
    across, down = (
        correlate_placed(pixels.astype(np.float64), slope.taps, laid) * scale
        for slope in operator_kernels("sobel")
    )
    return _rounded(across), _rounded(down)


def _rounded(slopes: Array) -> NDArray[np.int16]:
    known = np.where(np.isfinite(slopes), slopes, 0)
    whole: NDArray[np.int16] = np.rint(np.clip(known, -_LARGEST, _LARGEST)).astype(np.int16)
    return whole
