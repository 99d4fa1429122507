"""The structure tensor of a picture."""

from __future__ import annotations

from numpy.typing import ArrayLike

from ..arrays import Array, one_of, positive
from ..chunks import takes_dask
from ..picture import full_scale_for
from ..placement import Placement, correlate_placed
from .gradient import operator_kernels, seen_planes, smoothed
from .tensor import StructureTensor


@takes_dask
def structure_tensor(
    image: ArrayLike,
    sigma: float = 2.0,
    scale: float = 1.0,
    channels: str = "luma",
    *,
    space: str = "rgb",
    border: str = "reflect101",
) -> StructureTensor:
    """The structure tensor of an image: products of its slopes, averaged over a neighbourhood.

    image: (height, width), or (height, width, 3) in RGB. sigma: pixels, above 0; the Gaussian over
    which the products are averaged. scale: pixels, above 0; the Gaussian derivatives that take the
    slopes. channels: "luma", or "tensor" for the sum over the colours (Di Zenzo, 1986) in `space`,
    "rgb" or "lab".
    Raises InputError for unknown names and numbers out of range.
    Source: Förstner and Gülch, 1987.

    >>> import numpy as np
    >>> upright = np.repeat([[0.0, 1.0]], 10, axis=1).repeat(20, axis=0)
    >>> round(float(structure_tensor(upright).coherence[10, 10]), 6)
    1.0
    """
    one_of(channels, ("luma", "tensor"), "channels")
    planes = seen_planes(image, channels, space, full_scale_for(image))
    across, down = operator_kernels("gaussian", positive(scale, "scale"))
    laid = Placement(border=border)
    x, y = (correlate_placed(planes, slope.taps, laid) for slope in (across, down))

    def averaged(product: Array) -> Array:
        summed = product if product.ndim == 2 else product.sum(axis=2)
        return smoothed(summed, positive(sigma, "sigma"), border)

    return StructureTensor(averaged(x * x), averaged(x * y), averaged(y * y))
