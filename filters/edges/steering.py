"""Derivatives at any scale and order, and responses at any angle from a few fixed ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array, alike, as_image, finite
from ..chunks import takes_dask
from ..placement import Placement, correlate_placed
from ..recipes import gaussian_1d, outer


@takes_dask
def gaussian_derivative(
    image: ArrayLike,
    sigma: float,
    order_x: int = 1,
    order_y: int = 0,
    *,
    border: str = "reflect101",
) -> Array:
    """A derivative of any order of an image seen at scale `sigma`.

    image: (height, width) or (height, width, channels), each by itself. sigma: pixels, above 0.
    order_x, order_y: how often it is derived to the right and downwards, 0 and more. Derivatives of
    polynomials up to that order come out exactly, away from the border.
    Raises InputError for a sigma or an order out of range, also where sigma is too small for the
    order. Source: ter Haar Romeny, 2003.

    >>> ramp = np.tile(np.arange(30.0) * 2, (30, 1))
    >>> round(float(gaussian_derivative(ramp, 1.5)[15, 15]), 9)
    2.0
    """
    taps = outer(gaussian_1d(sigma, order_y), gaussian_1d(sigma, order_x))
    return correlate_placed(as_image(image), taps, Placement(border=border))


@takes_dask
def steered(x: ArrayLike, y: ArrayLike, angle: float) -> Array:
    """The slope towards any angle, from the slopes to the right and downwards.

    angle: degrees, 0 to the right, 90 downwards. Source: Freeman and Adelson, 1991.

    >>> round(float(steered(np.array([1.0]), np.array([1.0]), 45)[0]), 6)
    1.414214
    """
    radians = np.radians(finite(angle, "angle"))
    right, down = alike(x=x, y=y)
    slope: Array = np.cos(radians).item() * right + np.sin(radians).item() * down
    return slope


@takes_dask
def steered_second(xx: ArrayLike, xy: ArrayLike, yy: ArrayLike, angle: float) -> Array:
    """The curvature along any angle, from the three second derivatives.

    angle: degrees, 0 to the right, 90 downwards. Source: Freeman and Adelson, 1991.

    >>> one, none = np.array([1.0]), np.array([0.0])
    >>> round(float(steered_second(none, none, one, 90)[0]), 6)
    1.0
    """
    radians = np.radians(finite(angle, "angle"))
    c, s = np.cos(radians).item(), np.sin(radians).item()
    across, both, down = alike(xx=xx, xy=xy, yy=yy)
    curvature: Array = c * c * across + 2 * c * s * both + s * s * down
    return curvature
