"""A pipeline: filters one after the other, each on the response of the one before."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from .arrays import Array, checked_image, real_array, working_dtype
from .chunks import takes_dask
from .engine import Pixels, Rows, computed
from .errors import InputError
from .filter import Filter, PictureFilter
from .picture import Picture, full_scale_for
from .placement import Placement


@dataclass(frozen=True)
class Pipeline:
    """One or more filters, applied from left to right.

    written: the text that asked for it, if there was one, aliases and all; `name` has the filters'
    own names. files: what was read for it, such as a file of taps.

    The responses between them keep their sign and scale, and the picture's full scale goes along.

    >>> from .registry import handcrafted
    >>> pipeline = Pipeline((handcrafted("gaussian-blur:sigma=2"), handcrafted("sobel")))
    >>> pipeline.name, pipeline.show
    ('gaussian-blur:sigma=2+sobel', 'abs')
    """

    steps: tuple[PictureFilter, ...]
    written: str = field(default="", compare=False)
    files: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.steps, tuple | list):
            raise TypeError(f"steps must be several filters, got {type(self.steps).__name__}")
        for step in self.steps:
            if not hasattr(step, "apply"):
                raise TypeError(f"steps must be filters, got {type(step).__name__}")
        if not self.steps:
            raise InputError("a pipeline needs at least one filter")

    @property
    def name(self) -> str:
        """The names of its filters, joined with +."""
        return "+".join(step.name for step in self.steps)

    @property
    def is_edge(self) -> bool:
        """Whether a flat picture gives nothing in the end."""
        return any(step.is_edge for step in self.steps)

    @property
    def show(self) -> str:
        """How its response is shown unless told otherwise.

        As the last filter's is; but "abs" instead of "clip" where a filter before it gave nothing
        on a flat picture, so that what is negative is seen too.
        """
        last = self.steps[-1].show
        return "abs" if last == "clip" and self.is_edge else last

    @property
    def unit(self) -> Pipeline:
        """This pipeline with every filter at unit scale (see `Filter.unit`)."""
        return replace(self, steps=tuple(step.unit for step in self.steps))

    def apply(
        self,
        picture: Picture,
        *,
        operation: str = "correlate",
        placement: Placement | None = None,
        channels: str | None = None,
    ) -> Picture:
        """The picture after every filter, with its full scale, depth and alpha.

        Arguments and errors are those of `Filter.apply`; they hold for each of the filters, but
        that the strongest channel ("max") is chosen by the first one that finds edges, if one does.

        >>> import numpy as np
        >>> from .registry import handcrafted
        >>> grey = Picture(np.full((4, 4), 7.0), 255.0, np.dtype(np.uint8))
        >>> pipeline = Pipeline((handcrafted("identity"), handcrafted("sobel")))
        >>> float(pipeline.apply(grey).pixels[0, 0])
        0.0
        """
        if picture.alpha is None and self.is_one_walk:
            pixels = checked_image(picture.pixels)
            response = self.rows(
                Pixels(pixels, working_dtype(pixels.dtype)),
                operation=operation,
                placement=placement,
                channels=channels,
            )
            return replace(picture, pixels=computed(response))
        for step, planes in self.seen(channels):
            picture = step.apply(picture, operation=operation, placement=placement, channels=planes)
        return picture

    @takes_dask
    def respond(
        self,
        image: ArrayLike,
        *,
        operation: str = "correlate",
        placement: Placement | None = None,
        channels: str | None = None,
        full_scale: float | None = None,
    ) -> Array:
        """What the last filter gives for an image: the pixels of `apply`.

        full_scale: the value of white; None is 255, 65535 or 1.0 by the dtype. The other arguments
        and the errors are those of `apply`.

        >>> from .registry import handcrafted
        >>> Pipeline((handcrafted("box-blur"), handcrafted("sobel"))).respond([[1, 2, 3]]).shape
        (1, 3)
        """
        white = full_scale_for(image, full_scale)
        picture = Picture(real_array(image, "image"), white, np.dtype(np.float32))
        return self.apply(
            picture, operation=operation, placement=placement, channels=channels
        ).pixels

    @property
    def is_one_walk(self) -> bool:
        """Whether all its filters are made of kernels: nothing between two is a whole picture."""
        return all(isinstance(step, Filter) for step in self.steps)

    def rows(
        self,
        source: Rows,
        *,
        operation: str = "correlate",
        placement: Placement | None = None,
        channels: str | None = None,
    ) -> Rows:
        """The response to a picture by its rows, a strip at a time; see `Filter.rows`.

        Raises InputError where `is_one_walk` does not hold.

        >>> import numpy as np
        >>> from .registry import handcrafted
        >>> two = Pipeline((handcrafted("identity"), handcrafted("sobel")))
        >>> two.rows(Pixels(np.eye(3), np.dtype(float))).shape
        (3, 3)
        """
        for step, planes in self.seen(channels):
            if not isinstance(step, Filter):
                raise InputError(f"{step.name} is not made of kernels: it needs a whole picture")
            source = step.rows(source, operation=operation, placement=placement, channels=planes)
        return source

    def seen(self, channels: str | None) -> list[tuple[PictureFilter, str | None]]:
        """Each filter, and what it sees of colours where `channels` is asked for.

        >>> from .registry import handcrafted
        >>> two = Pipeline((handcrafted("gaussian-blur"), handcrafted("sobel")))
        >>> [planes for _, planes in two.seen("max")]
        ['each', 'max']
        """
        return [(step, self._seen_by(number, channels)) for number, step in enumerate(self.steps)]

    def _seen_by(self, number: int, channels: str | None) -> str | None:
        """What a step sees of colours: each of them, where a later one chooses the strongest."""
        waits = channels == "max" and not self.steps[number].is_edge
        later = waits and any(following.is_edge for following in self.steps[number:])
        return "each" if later else channels
