"""An edge method as a filter: what `canny` is beside `sobel` in the registry and in a pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array
from ..chunks import takes_dask
from ..engine import Pixels
from ..errors import InputError
from ..filter import OPERATIONS
from ..grammar import Value
from ..kernel import Kernel
from ..picture import Picture, full_scale_for
from ..placement import Placement, delivered
from .methods import Setting, method_of
from .stages import EdgeStages


@dataclass(frozen=True)
class EdgeFilter:
    """A method of `METHODS` with its parameters, filtering a picture into white edges on black.

    parameters: what `edge_stages` takes, by name. It has no kernels of its own to show.

    >>> EdgeFilter("canny:sigma=2", "canny", {"sigma": 2.0}).show
    'clip'
    """

    name: str
    method: str
    parameters: Mapping[str, Value] = field(default_factory=dict)
    meaning: str = ""
    family: str = "edges"
    source: str = ""
    kernels: tuple[Kernel, ...] = ()
    is_edge: bool = True
    show: str = "clip"

    def __post_init__(self) -> None:
        self.setting()

    def setting(self, **more: Any) -> Setting:
        """How its method is run; `more` goes before its parameters.

        >>> EdgeFilter("canny", "canny").setting(border="wrap").border
        'wrap'
        """
        given = {key: value for key, value in self.parameters.items() if value != "none"}
        return method_of(self.method).setting(**{**given, **more})

    @property
    def channels(self) -> str:
        """What it sees of a colour picture unless told otherwise."""
        return self.setting().channels

    @property
    def composition(self) -> str:
        """What it is set to, and where its stages can be seen."""
        setting = self.setting()
        said = f"sigma {setting.sigma:g}, low {setting.low:g}, high {setting.high:g} of full scale"
        return f"{said}; `filt edges --method {self.method} --stages DIR` shows every stage"

    @property
    def unit(self) -> EdgeFilter:
        """This filter: edges are at unit scale already."""
        return self

    def find(
        self, image: ArrayLike, channels: str | None = None, border: str | None = None
    ) -> EdgeStages:
        """What the method finds in an image, every stage of it; see `edge_stages`.

        >>> EdgeFilter("canny", "canny").find(np.eye(8)).edges.shape
        (8, 8)
        """
        more = {"border": border or "reflect101"}
        if channels is not None:
            more["channels"] = channels
        setting = replace(self.setting(**more), full_scale=full_scale_for(image))
        return method_of(self.method).find(image, setting)

    @takes_dask
    def respond(
        self,
        image: ArrayLike,
        *,
        operation: str = "correlate",
        placement: Placement | None = None,
        channels: str | None = None,
        out: Array | None = None,
    ) -> Array:
        """1 where there is an edge, 0 elsewhere, in float32, of the image's height and width.

        operation: makes no difference, turning a gradient's kernels turns its sign alone.
        placement: a border; edges come for the whole picture, so "same" at stride and dilation 1.
        channels: "luma", "max" or "tensor", or None for the method's own.
        Raises InputError for what does not fit.

        >>> float(EdgeFilter("canny", "canny").respond(np.zeros((4, 4))).max())
        0.0
        """
        if operation not in OPERATIONS:
            raise InputError(f"operation must be correlate or convolve, got {operation!r}")
        laid = placement or Placement()
        if laid != Placement(border=laid.border):
            raise InputError(f"{self.name} finds edges in mode same, stride 1 and dilation 1 alone")
        edges = self.find(image, channels, laid.border).edges
        return delivered(Pixels(edges, np.dtype(np.float32)), out, edges)

    def apply(
        self,
        picture: Picture,
        *,
        operation: str = "correlate",
        placement: Placement | None = None,
        channels: str | None = None,
    ) -> Picture:
        """The edges of a picture at its full scale, its alpha carried along.

        Arguments and errors are those of `respond`.

        >>> flat = Picture(np.zeros((4, 4), np.uint8), 255.0, np.dtype(np.uint8))
        >>> EdgeFilter("canny", "canny").apply(flat).pixels.shape
        (4, 4)
        """
        edges = self.respond(picture, operation=operation, placement=placement, channels=channels)
        return replace(picture, pixels=edges * np.float32(picture.full_scale))
