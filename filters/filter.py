"""A filter: one or more kernels, how their responses become one, and how that is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from .arrays import Array, as_image, checked_image, one_of, pair, working_dtype
from .chunks import takes_dask
from .colour import over_channels
from .combination import COMBINATIONS
from .engine import Pixels, Rows
from .errors import InputError
from .kernel import Kernel
from .picture import Picture
from .placement import Placement, correlate_placed, delivered, on_one_grid, placed
from .sizes import reach

OPERATIONS = ("correlate", "convolve")
_NEXT_TO_NOTHING = 0.05
_UNSEEN = 1e-6
"""An alpha below this is rounding: no colour is divided by it."""


class PictureFilter(Protocol):
    """What every filter is to a pipeline and to the command line, whatever it computes."""

    @property
    def name(self) -> str:
        """With its parameters, as on the command line."""

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernels that it is made of, where it is made of kernels."""

    @property
    def meaning(self) -> str:
        """What it does, on one line."""

    @property
    def family(self) -> str:
        """The group in which it is listed."""

    @property
    def source(self) -> str:
        """Author and year."""

    @property
    def is_edge(self) -> bool:
        """Whether a flat picture gives nothing."""

    @property
    def channels(self) -> str:
        """What it sees of a colour picture unless told otherwise."""

    @property
    def show(self) -> str:
        """How its response is shown unless told otherwise."""

    @property
    def composition(self) -> str:
        """In words, how it is made of its kernels or stages; empty for a single kernel."""

    @property
    def unit(self) -> PictureFilter:
        """The same filter, scaled so that nothing saturates."""

    def respond(
        self,
        image: ArrayLike,
        *,
        operation: str = "correlate",
        placement: Placement | None = None,
        channels: str | None = None,
        out: Array | None = None,
    ) -> Array:
        """The response to an image, signed and unscaled, in `out` where there is one."""

    def apply(
        self,
        picture: Picture,
        *,
        operation: str = "correlate",
        placement: Placement | None = None,
        channels: str | None = None,
    ) -> Picture:
        """The response to a picture as a picture."""


@dataclass(frozen=True)
class Filter:
    """A named filter: kernels whose responses are combined into one.

    name: with its parameters, as on the command line. combination: a key of `COMBINATIONS`.

    >>> from .catalogue import kernel
    >>> blur = Filter("box-blur", (kernel("box-blur"),))
    >>> blur.is_edge, blur.channels, blur.show
    (False, 'each', 'clip')
    """

    name: str
    kernels: tuple[Kernel, ...]
    combination: str = "only"
    meaning: str = ""
    family: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.kernels, tuple | list):
            raise TypeError(f"kernels must be several, got {type(self.kernels).__name__}")
        if not self.kernels:
            raise InputError(f"{self.name} needs at least one kernel")
        for kernel in self.kernels:
            if not isinstance(kernel, Kernel):
                raise TypeError(f"kernels must be of type Kernel, got {type(kernel).__name__}")
        one_of(self.combination, COMBINATIONS, "combination")

    @property
    def is_edge(self) -> bool:
        """Whether a flat picture gives nothing, so that only changes are seen."""
        return all(kernel.is_zero_sum for kernel in self.kernels)

    @property
    def channels(self) -> str:
        """What it sees of a colour picture unless told otherwise: edges luma, the others each."""
        over_colour = any(kernel.taps.ndim == 3 for kernel in self.kernels)
        return "luma" if self.is_edge and not over_colour else "each"

    @property
    def show(self) -> str:
        """How its response is shown unless told otherwise.

        "clip" where a flat picture keeps its brightness (the taps sum to one); "abs" where it gives
        nothing, or next to nothing, as under a Gabor; else "minmax".
        """
        if all(abs(kernel.sum - 1) < 1e-6 for kernel in self.kernels):
            return "clip"
        cancel = all(
            abs(kernel.sum) <= _NEXT_TO_NOTHING * np.abs(kernel.taps).sum()
            for kernel in self.kernels
        )
        return "abs" if cancel else "minmax"

    @property
    def composition(self) -> str:
        """In words, how the responses of several kernels become one; empty for a single kernel."""
        if len(self.kernels) == 1:
            return ""
        words = {"magnitude": "the length of the vector of", "largest": "the largest of"}
        return f"{words[self.combination]} {', '.join(kernel.name for kernel in self.kernels)}"

    @property
    def unit(self) -> Filter:
        """This filter with every kernel divided by the sum of its positive taps.

        A step from black to white then answers with full scale and nothing saturates; a kernel of
        one sign becomes a mean.

        >>> from .catalogue import kernel
        >>> float(Filter("sobel-x", (kernel("sobel-x"),)).unit.kernels[0].positive_sum)
        1.0
        """
        return replace(self, kernels=tuple(kernel.unit for kernel in self.kernels))

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
        """The response to an image: signed, unscaled, float32 or float64.

        image: (height, width) or (height, width, channels). operation: "correlate" or "convolve".
        placement: mode, border, stride and dilation; None is "same" with reflect101.
        channels: "luma", "each", "max", or None for the filter's own choice. out: an array of the
        result's shape and dtype to write into.
        Gives (height, width), or with "each" the image's channels too.
        Raises InputError for unknown names and for what does not fit together.

        >>> from .catalogue import kernel
        >>> Filter("sobel-x", (kernel("sobel-x"),)).respond(np.eye(3)).shape
        (3, 3)
        """
        pixels = checked_image(image)
        response = self.rows(
            Pixels(pixels, working_dtype(pixels.dtype)),
            operation=operation,
            placement=placement,
            channels=channels,
        )
        return delivered(response, out, pixels)

    def rows(
        self,
        source: Rows,
        *,
        operation: str = "correlate",
        placement: Placement | None = None,
        channels: str | None = None,
    ) -> Rows:
        """The response to a picture by its rows, a strip at a time; see `respond`.

        >>> from .catalogue import kernel
        >>> picture = Pixels(np.eye(3), np.dtype(float))
        >>> Filter("sobel-x", (kernel("sobel-x"),)).rows(picture).shape
        (3, 3)
        """
        if operation not in OPERATIONS:
            raise InputError(f"operation must be correlate or convolve, got {operation!r}")
        laid = placement or Placement()
        step = 1 if operation == "correlate" else -1
        taps = on_one_grid([kernel.taps[::step, ::step] for kernel in self.kernels])
        return over_channels(
            source,
            self.channels if channels is None else channels,
            lambda seen: placed(seen, taps, laid, COMBINATIONS[self.combination]),
        )

    def apply(
        self,
        picture: Picture,
        *,
        operation: str = "correlate",
        placement: Placement | None = None,
        channels: str | None = None,
    ) -> Picture:
        """The response to a picture as a picture, with its full scale, its depth and its alpha.

        Edges are found in the colours and carry the alpha along. A mean (taps of one sign) weighs
        the colours by the alpha (premultiply), filters the alpha too, and divides by it again.
        What is neither, such as sharpening, carries the alpha, and takes for the colour of what is
        quite transparent the mean of what is seen around it. So what is hidden lends no colour.
        Arguments and errors are those of `respond`.

        >>> from .catalogue import kernel
        >>> picture = Picture(np.full((2, 2), 9, np.uint8), 255.0, np.dtype(np.uint8))
        >>> Filter("box-blur", (kernel("box-blur"),)).apply(picture).full_scale
        255.0
        """
        laid = placement or Placement()

        def response_to(image: Array, channels: str | None) -> Array:
            return self.respond(image, operation=operation, placement=laid, channels=channels)

        if picture.alpha is None:
            return replace(picture, pixels=response_to(picture.pixels, channels))
        if self.is_edge:
            response = response_to(picture.pixels, channels)
            return replace(picture, pixels=response, alpha=self._carried(picture.alpha, laid))
        weights = as_image(picture.alpha)
        colours = as_image(picture.pixels)
        if not all((kernel.taps >= 0).all() or (kernel.taps <= 0).all() for kernel in self.kernels):
            filled = self._filled(colours, weights, laid)
            alpha = self._carried(weights, laid)
            return replace(picture, pixels=response_to(filled, channels), alpha=alpha)
        taps = self.kernels[0].taps
        flat = taps if taps.ndim == 2 else taps.sum(axis=2)
        step = 1 if operation == "correlate" else -1
        shared = correlate_placed(weights, flat[::step, ::step] / flat.sum(), laid)
        shared = np.where(shared < _UNSEEN, 0.0, np.minimum(shared, 1.0)).astype(shared.dtype)
        weighed = response_to(colours * _beside(weights, colours), channels)
        return replace(picture, pixels=_quotient(weighed, shared), alpha=shared)

    def _filled(self, colours: Array, alpha: Array, placement: Placement) -> Array:
        """`colours`, with the mean of what is seen nearby where nothing is seen of a pixel."""
        window = np.ones([2 * (side // 2) + 1 for side in self._grid()])
        around = Placement(border=placement.border, dilation=placement.dilation)
        sums = correlate_placed(colours * _beside(alpha, colours), window, around)
        mean = _quotient(sums, correlate_placed(alpha, window, around))
        return np.where(_beside(alpha, colours) > 0, colours, mean)

    def _carried(self, plane: Array, placement: Placement) -> Array:
        """`plane` cut to the response's extent: the response of a single tap at the anchor."""
        apart = pair(placement.dilation, "dilation")
        shape = self._grid()
        height, width = (reach(taps, gap) for taps, gap in zip(shape, apart, strict=True))
        taps = np.zeros((height, width))
        taps[height // 2, width // 2] = 1.0
        return correlate_placed(as_image(plane), taps, replace(placement, dilation=1))

    def _grid(self) -> tuple[int, int]:
        """The height and width into which all kernels fit."""
        return (
            max(kernel.shape[0] for kernel in self.kernels),
            max(kernel.shape[1] for kernel in self.kernels),
        )


def _beside(plane: Array, pixels: Array) -> Array:
    """A plane of weights, shaped so that it multiplies with pixels that may have channels."""
    return plane if pixels.ndim == 2 else plane[..., None]


def _quotient(pixels: Array, weights: Array) -> Array:
    shared = _beside(weights, pixels)
    return np.divide(pixels, shared, out=np.zeros_like(pixels), where=shared > 0)
