"""A pipeline on a Dask array: one filter after the other, each on its chunks."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from .dask_arrays import DaskArray, lazy_image, pixel_of
from .edges.dask_edges import edges_of
from .edges.edge_filter import EdgeFilter
from .errors import InputError
from .filter import Filter
from .picture import full_scale_for
from .pipeline import Pipeline
from .placement import Placement


def respond(
    self: Pipeline,
    image: ArrayLike,
    *,
    operation: str = "correlate",
    placement: Placement | None = None,
    channels: str | None = None,
    full_scale: float | None = None,
) -> DaskArray:
    """As `filt.Pipeline.respond`; an edge method is one task, but canny."""
    lazy = lazy_image(image)
    white = full_scale_for(pixel_of(lazy), full_scale)
    for step, planes in self.seen(channels):
        given: dict[str, Any] = {
            "operation": operation, "placement": placement, "channels": planes,
        }  # fmt: skip
        if isinstance(step, Filter):
            lazy = step.respond(lazy, **given)
        elif isinstance(step, EdgeFilter):
            lazy = edges_of(step, lazy, white, given)
        else:
            raise InputError(f"{step.name} takes a picture in memory, not a Dask array")
    return lazy
