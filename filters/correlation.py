"""Correlation and convolution: two names, one engine.

correlate lays the taps on the picture as they are: out[y, x] = Σ taps[i, j] · image[y+i−a, x+j−b].
convolve lays them on turned by 180°, so `convolve(image, kernel)` is always
`correlate(image, kernel turned)`.

The anchor (a, b) is (height // 2, width // 2) of what is laid on the picture: the middle of an odd
kernel; of an even one the tap below and right of the middle, as in OpenCV and SciPy's correlate.
For a convolution this makes it ((height − 1) // 2, (width − 1) // 2) of the taps as they are
written, as in numpy.convolve and scipy.signal (scipy.ndimage.convolve lies one pixel further).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .arrays import Array, Taps, checked_image, real_array
from .catalogue import kernel as kernel_named
from .chunks import takes_dask
from .errors import InputError
from .kernel import Kernel
from .placement import Pair, Placement, correlate_placed

KernelLike = Kernel | str | ArrayLike


@takes_dask
def correlate(
    image: ArrayLike,
    kernel: KernelLike,
    *,
    mode: str = "same",
    border: str | None = None,
    stride: Pair = 1,
    dilation: Pair = 1,
    out: Array | None = None,
) -> Array:
    """The correlation of an image with a kernel: at every pixel, patch times taps, summed.

    image: (height, width) or (height, width, channels), any real dtype; never modified. Each
    channel is filtered by itself, unless the kernel has channels of its own: taps of
    (height, width, channels) sum over the picture's channels and give one plane.
    kernel: an array of taps, a `Kernel`, or the name of a handcrafted one (`"sobel-x"`).
    mode: "same" (the image's size), "valid" (only where the kernel lies inside), "full" (wherever
    it touches), "keras-same" (Keras's asymmetric SAME, ceil(n / stride)).
    border: what lies outside: reflect101 (the default, but zero under "keras-same", which is
    Keras's own), symmetric, replicate, wrap or zero.
    stride: every how many pixels an output is taken; dilation: how far apart the taps lie; one
    number or (along height, along width). The extent is floor((n + padding − f)/s) + 1.
    out: an array of the result's shape and dtype to write into.

    Gives float32 for bool, 8- and 16-bit integers, float16 and float32, else float64; signed and
    unscaled. Raises InputError for what does not fit together, TypeError for what is not numbers.

    >>> import numpy as np
    >>> step = np.array([[0, 0, 255, 255]] * 3, np.uint8)
    >>> correlate(step, "sobel-x")[1].tolist()
    [0.0, 1020.0, 1020.0, 0.0]
    >>> numbers = np.arange(1, 10).reshape(3, 3)
    >>> correlate(numbers, numbers, mode="valid").item()
    285.0
    """
    placement = Placement(mode, border, stride, dilation)
    return correlate_placed(checked_image(image), taps_of(kernel), placement, out)


@takes_dask
def convolve(
    image: ArrayLike,
    kernel: KernelLike,
    *,
    mode: str = "same",
    border: str | None = None,
    stride: Pair = 1,
    dilation: Pair = 1,
    out: Array | None = None,
) -> Array:
    """The convolution of an image with a kernel: the correlation with the kernel turned by 180°.

    Arguments, result and errors are those of `correlate`. An impulse gives the kernel itself.

    >>> import numpy as np
    >>> numbers = np.arange(1, 10).reshape(3, 3)
    >>> convolve(numbers, numbers, mode="valid").item()
    165.0
    """
    placement = Placement(mode, border, stride, dilation)
    turned = taps_of(kernel)[::-1, ::-1]
    return correlate_placed(checked_image(image), turned, placement, out)


@takes_dask
def correlate1d(
    signal: ArrayLike,
    taps: ArrayLike,
    *,
    mode: str = "full",
    border: str = "zero",
    stride: int = 1,
    dilation: int = 1,
) -> Array:
    """The correlation of a signal with taps, both one-dimensional.

    The defaults are those of numpy.convolve: the full extent, zeros outside. modes, borders,
    dtype and errors are those of `correlate`; "same" gives the signal's length.

    >>> correlate1d([1, 2, 3], [0, 1, 0.5], mode="same").tolist()
    [2.0, 3.5, 3.0]
    """
    image, weights = _row(signal, "signal"), _row(taps, "taps")
    steps, gaps = (1, stride), (1, dilation)
    response = correlate(image, weights, mode=mode, border=border, stride=steps, dilation=gaps)
    line: Array = response[0]
    return line


@takes_dask
def convolve1d(
    signal: ArrayLike,
    taps: ArrayLike,
    *,
    mode: str = "full",
    border: str = "zero",
    stride: int = 1,
    dilation: int = 1,
) -> Array:
    """The convolution of a signal with taps: what numpy.convolve gives, by default.

    Equal to numpy.convolve in every mode, as long as the taps are not longer than the signal
    (NumPy swaps the two then).

    >>> convolve1d([1, 2, 3], [0, 1, 0.5]).tolist()
    [0.0, 1.0, 2.5, 4.0, 1.5]
    """
    turned = _row(taps, "taps")[0, ::-1]
    return correlate1d(signal, turned, mode=mode, border=border, stride=stride, dilation=dilation)


def taps_of(kernel: KernelLike) -> Taps:
    """The taps of anything that stands for a kernel: an array, a `Kernel` or a handcrafted name.

    Raises InputError for an unknown name or for taps that are no kernel.

    >>> taps_of("central-x").tolist()
    [[-1.0, 0.0, 1.0]]
    """
    if isinstance(kernel, Kernel):
        return kernel.taps
    if isinstance(kernel, str):
        return kernel_named(kernel).taps
    return Kernel(np.asarray(real_array(kernel, "kernel"), np.float64)).taps


def _row(values: ArrayLike, name: str) -> Array:
    array = real_array(values, name)
    check_one_axis(array, name)
    return array[None, :]


def check_one_axis(array: Array, name: str) -> None:
    """Raise InputError unless an array, in memory or Dask's, has one axis.

    >>> check_one_axis(np.ones(3), "signal")
    """
    if array.ndim != 1:
        raise InputError(f"{name} must have one axis, got shape {array.shape}")
