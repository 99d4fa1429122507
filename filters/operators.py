"""Derivative filters as functions: slopes, curvatures and compass masks.

All of them take an image of (height, width) or (height, width, 3), any real dtype, and give a
signed, unscaled response in float32 or float64 (see `correlate`). `channels` is what they see of a
colour image: "luma" (the default), "each" channel by itself, or "max", the strongest channel.
`border` is one of reflect101, symmetric, replicate, wrap and zero. They raise InputError for
unknown names and parameters out of range, TypeError for what is not numbers. `out`, an array of the
result's shape and dtype, is written into where there is one.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from .arrays import Array
from .placement import Placement
from .registry import handcrafted


def sobel(
    image: ArrayLike,
    *,
    channels: str = "luma",
    border: str = "reflect101",
    out: Array | None = None,
) -> Array:
    """The gradient magnitude by Sobel's kernels: a step of height 1 gives 4.

    Gives (height, width), not negative; the directions apart are `correlate(image, "sobel-x")`
    and "sobel-y". Source: Sobel and Feldman, 1968.

    >>> sobel([[0, 0, 1, 1]] * 3)[1].tolist()
    [0.0, 4.0, 4.0, 0.0]
    """
    return _response("sobel", image, channels, border, out=out)


def scharr(
    image: ArrayLike,
    *,
    channels: str = "luma",
    border: str = "reflect101",
    out: Array | None = None,
) -> Array:
    """The gradient magnitude by Scharr's kernels: a step of height 1 gives 16.

    It depends less on the direction of the edge than Sobel's. Source: Scharr, 2000.

    >>> scharr([[0, 0, 1, 1]] * 3)[1].tolist()
    [0.0, 16.0, 16.0, 0.0]
    """
    return _response("scharr", image, channels, border, out=out)


def prewitt(
    image: ArrayLike,
    *,
    channels: str = "luma",
    border: str = "reflect101",
    out: Array | None = None,
) -> Array:
    """The gradient magnitude by Prewitt's kernels: a step of height 1 gives 3.

    Source: Prewitt, 1970.

    >>> prewitt([[0, 0, 1, 1]] * 3)[1].tolist()
    [0.0, 3.0, 3.0, 0.0]
    """
    return _response("prewitt", image, channels, border, out=out)


def roberts(
    image: ArrayLike,
    *,
    channels: str = "luma",
    border: str = "reflect101",
    out: Array | None = None,
) -> Array:
    """The gradient magnitude by Roberts's 2×2 cross: a step of height 1 gives the square root of 2.

    The 2×2 window holds the pixel and its neighbours above and to the left.
    Source: Roberts, 1963.

    >>> [round(v, 3) for v in roberts([[0.0, 0, 1, 1]] * 3)[1].tolist()]
    [0.0, 0.0, 1.414, 0.0]
    """
    return _response("roberts", image, channels, border, out=out)


def kirsch(
    image: ArrayLike,
    *,
    channels: str = "luma",
    border: str = "reflect101",
    out: Array | None = None,
) -> Array:
    """The strongest of Kirsch's eight compass masks: a step of height 1 gives up to 15.

    Source: Kirsch, 1971.

    >>> kirsch([[0, 0, 1, 1]] * 3)[1].tolist()
    [0.0, 15.0, 9.0, 0.0]
    """
    return _response("kirsch", image, channels, border, out=out)


def robinson(
    image: ArrayLike,
    *,
    channels: str = "luma",
    border: str = "reflect101",
    out: Array | None = None,
) -> Array:
    """The strongest of Robinson's eight compass masks: a step of height 1 gives 4.

    Source: Robinson, 1977.

    >>> robinson([[0, 0, 1, 1]] * 3)[1].tolist()
    [0.0, 4.0, 4.0, 0.0]
    """
    return _response("robinson", image, channels, border, out=out)


def gaussian_gradient(
    image: ArrayLike,
    sigma: float = 1.0,
    *,
    channels: str = "luma",
    border: str = "reflect101",
    out: Array | None = None,
) -> Array:
    """The gradient magnitude at scale `sigma` (pixels, above 0): the blurred image's slope.

    Source: Marr and Hildreth, 1980; Canny, 1986.

    >>> import numpy as np
    >>> ramp = np.tile(np.arange(40.0), (40, 1))
    >>> round(float(gaussian_gradient(ramp, 2.0)[20, 20]), 3)
    1.0
    """
    return _response("gaussian-gradient", image, channels, border, sigma=sigma, out=out)


def laplacian(
    image: ArrayLike,
    *,
    channels: str = "luma",
    border: str = "reflect101",
    out: Array | None = None,
) -> Array:
    """The 4-neighbour Laplacian with centre −4: positive on the dark side of an edge.

    The 8-neighbour one with centre +8 is `correlate(image, "laplacian8")`.

    >>> laplacian([[0, 0, 1, 1]] * 3)[1].tolist()
    [0.0, 1.0, -1.0, 0.0]
    """
    return _response("laplacian4", image, channels, border, out=out)


def laplacian_of_gaussian(
    image: ArrayLike,
    sigma: float = 1.4,
    *,
    channels: str = "luma",
    border: str = "reflect101",
    out: Array | None = None,
) -> Array:
    """The Laplacian of the image blurred by `sigma` (pixels, above 0): it crosses zero at edges.

    Positive on the dark side. Source: Marr and Hildreth, 1980.

    >>> import numpy as np
    >>> step = np.repeat([[0.0, 1.0]], 20, axis=1).repeat(9, axis=0)
    >>> response = laplacian_of_gaussian(step, 1.4)[4]
    >>> bool(response[19] > 0 > response[20])
    True
    """
    return _response("laplacian-of-gaussian", image, channels, border, sigma=sigma, out=out)


def difference_of_gaussians(
    image: ArrayLike,
    sigma: float = 1.0,
    ratio: float = 1.6,
    *,
    channels: str = "luma",
    border: str = "reflect101",
    out: Array | None = None,
) -> Array:
    """A blur by `sigma` minus one by `ratio` (above 1) times sigma: positive on bright spots.

    Source: Marr and Hildreth, 1980.

    >>> import numpy as np
    >>> spot = np.zeros((21, 21))
    >>> spot[10, 10] = 1.0
    >>> bool(difference_of_gaussians(spot)[10, 10] > 0)
    True
    """
    return _response(
        "difference-of-gaussians", image, channels, border, sigma=sigma, ratio=ratio, out=out
    )


def _response(
    name: str,
    image: ArrayLike,
    channels: str,
    border: str,
    *,
    out: Array | None,
    **parameters: float,
) -> Array:
    made = handcrafted(name, **parameters)
    return made.respond(image, channels=channels, placement=Placement(border=border), out=out)
