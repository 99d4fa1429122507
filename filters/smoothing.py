"""Blurs and sharpening as functions: filters that keep a flat picture as bright as it is.

All of them take an image of (height, width) or (height, width, channels), any real dtype, filter
each channel by itself, and give the same shape in float32 or float64, on the image's own scale and
neither rounded nor clipped. `border` is one of reflect101, symmetric, replicate, wrap and zero.
They raise InputError for unknown names and parameters out of range, TypeError for what is not
numbers. `out`, an array of the result's shape and dtype, is written into where there is one.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from .arrays import Array
from .placement import Placement
from .registry import handcrafted


def box_blur(
    image: ArrayLike, size: int = 3, *, border: str = "reflect101", out: Array | None = None
) -> Array:
    """The plain mean of size × size pixels.

    size: a whole number of pixels; an even window reaches one pixel further up and left.

    >>> box_blur([[0, 0, 9, 0, 0]] * 3, 3)[1].tolist()
    [0.0, 3.0, 3.0, 3.0, 0.0]
    """
    return _response("box-blur", image, border, size=size, out=out)


def gaussian_blur(
    image: ArrayLike, sigma: float = 1.0, *, border: str = "reflect101", out: Array | None = None
) -> Array:
    """A mean weighted by a Gaussian of standard deviation `sigma` (pixels, above 0).

    The window reaches int(4·sigma + 0.5) pixels to each side, as SciPy's does.
    Source: Marr and Hildreth, 1980.

    >>> import numpy as np
    >>> blurred = gaussian_blur(np.eye(9), 1.0)
    >>> blurred.shape, bool(blurred.max() < 1)
    ((9, 9), True)
    """
    return _response("gaussian-blur", image, border, sigma=sigma, out=out)


def binomial_blur(
    image: ArrayLike, size: int = 3, *, border: str = "reflect101", out: Array | None = None
) -> Array:
    """A mean weighted by Pascal's triangle: a Gaussian of sigma sqrt(size − 1)/2 in small numbers.

    size: 1 to 57 taps on a side. Source: Burt, 1981.

    >>> binomial_blur([[0, 0, 4, 0, 0]] * 3)[1].tolist()
    [0.0, 1.0, 2.0, 1.0, 0.0]
    """
    return _response("binomial", image, border, size=size, out=out)


def motion_blur(
    image: ArrayLike,
    length: int = 9,
    angle: float = 0.0,
    *,
    border: str = "reflect101",
    out: Array | None = None,
) -> Array:
    """The mean along a line of `length` pixels: a camera that moved while it looked.

    angle: degrees; 0 is horizontal, 45 falls to the lower right.

    >>> motion_blur([[0, 0, 3, 0, 0]], 3).tolist()
    [[0.0, 1.0, 1.0, 1.0, 0.0]]
    """
    return _response("motion-blur", image, border, length=length, angle=angle, out=out)


def sharpen(image: ArrayLike, *, border: str = "reflect101", out: Array | None = None) -> Array:
    """The image minus its 4-neighbour Laplacian: every edge overshoots by its own height.

    >>> sharpen([[0, 0, 1, 1]] * 3)[1].tolist()
    [0.0, -1.0, 2.0, 1.0]
    """
    return _response("sharpen", image, border, out=out)


def unsharp_mask(
    image: ArrayLike,
    sigma: float = 1.0,
    amount: float = 1.0,
    *,
    border: str = "reflect101",
    out: Array | None = None,
) -> Array:
    """The image plus `amount` times what a Gaussian blur of `sigma` takes away.

    sigma: pixels, above 0. amount: any finite number; a negative one blurs.
    Source: Schreiber, 1970.

    >>> import numpy as np
    >>> flat = np.full((5, 5), 7.0)
    >>> bool(np.allclose(unsharp_mask(flat, 2.0, 1.5), 7.0))
    True
    """
    return _response("unsharp", image, border, sigma=sigma, amount=amount, out=out)


def emboss(image: ArrayLike, *, border: str = "reflect101", out: Array | None = None) -> Array:
    """A relief: the image, with edges lit from the lower right.

    >>> emboss([[0, 0, 1, 1]] * 3)[1].tolist()
    [0.0, 3.0, 4.0, 1.0]
    """
    return _response("emboss", image, border, out=out)


def _response(
    name: str, image: ArrayLike, border: str, *, out: Array | None, **parameters: float
) -> Array:
    made = handcrafted(name, **parameters)
    return made.respond(image, channels="each", placement=Placement(border=border), out=out)
