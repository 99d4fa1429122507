"""Canny's edge detector in the open: grey, smooth, gradient, thin, thresholds, link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array, checked_image, finite, one_of, real_array, working_dtype
from ..chunks import takes_dask
from ..colour import luma, luma_rows
from ..combination import sum_of_magnitudes, sum_of_squares
from ..engine import Pixels, Rows, Stage, Window, computed, walked
from ..engine.scratch import scratch
from ..errors import InputError
from ..picture import full_scale_for
from .gradient import (
    Gradient,
    brightest,
    check_seen,
    gradient_of_planes,
    operator_kernels,
    seen_in_unit,
    seen_planes,
    slope_rows,
    smoothed,
)
from .linking import Mask, link, shrunk
from .thinning import REACH, THINNINGS, Length, crests_of, thin
from .thresholds import Thresholds, check_way, choose_thresholds

SIGMA, LOW, HIGH = 1.4, 0.03, 0.08
"""The defaults: they look right on photographs (see the README's pictures)."""

TIE = 5e-7
"""Magnitudes closer than this share of the brightest pixel are equal: float32 pictures know no
better, and rounding must not decide which pixel an edge lies on."""

NORMS: MappingProxyType[str, Callable[[Gradient], Array]] = MappingProxyType(
    {"l2": lambda slopes: slopes.magnitude, "l1": lambda slopes: slopes.magnitude_l1}
)
"""How long a gradient is: by its length, or by the sum of its two slopes' magnitudes."""

_POWERS = {"l2": (sum_of_squares, 2), "l1": (sum_of_magnitudes, 1)}

SQUARABLE = (1e-100, 1e100)
"""How bright the brightest pixel may be where slopes are squared: what vanishes then is far below
a tie."""


@dataclass(frozen=True, eq=False)
class CannyStages:
    """What every stage of Canny gives, each (height, width), in fractions of full scale.

    grey: what is seen of the picture, from 0 to 1; (height, width, 3) where colours are seen.
    smooth: that, blurred. gradient: its slopes, raw. magnitude: their length, as a fraction of the
    gradient's full scale. thinned: the magnitude on its crests, 0 elsewhere. thresholds: the two
    that were used. strong, weak: crests above high, and above low. edges: what is left after
    linking, bool.
    """

    grey: Array
    smooth: Array
    gradient: Gradient
    magnitude: Array
    thinned: Array
    thresholds: Thresholds
    edges: Mask

    @property
    def weak(self) -> Mask:
        """The crests above the low threshold."""
        above: Mask = self.thinned > self.thresholds.low
        return above

    @property
    def strong(self) -> Mask:
        """The crests above the high threshold: where linking starts."""
        above: Mask = self.thinned > self.thresholds.high
        return above


@takes_dask
def canny(
    image: ArrayLike,
    sigma: float = SIGMA,
    low: float = LOW,
    high: float = HIGH,
    *,
    operator: str = "sobel",
    norm: str = "l2",
    thinning: str = "interpolated",
    channels: str = "luma",
    space: str = "rgb",
    relative: bool = False,
    quantiles: bool = False,
    auto: str | None = None,
    mask: ArrayLike | None = None,
    border: str = "reflect101",
    full_scale: float | None = None,
) -> Mask:
    """The edges of an image by Canny's method.

    image: (height, width), or (height, width, 3) in RGB, any real dtype.
    sigma: pixels; the Gaussian blur before the gradient, 0 for none.
    low, high: fractions of the gradient's full scale (the sum of the operator's positive taps times
    the value of white), so they mean the same for 8 bits, 16 bits and floats; with `relative`
    fractions of the picture's own steepest slope; with `quantiles` the shares of pixels that are
    flatter. An edge is above low, and linked to a pixel above high.
    operator: "sobel", "scharr", "prewitt", "central", or "gaussian" (derivatives at scale sigma).
    norm: "l2" or "l1". thinning: "interpolated" or "sectors" (see `thin` for the tie rule).
    channels: "luma", "max" (the steepest channel) or "tensor" (all of them), in "rgb" or "lab".
    auto: "otsu" or "median" choose the thresholds from the picture.
    mask: (height, width) bool; what lies outside neither has edges nor makes any.
    Gives (height, width) bool. NaN has no edges. Raises InputError for unknown names, numbers out
    of range, low above high, and a mask of another size. Source: Canny, 1986.

    >>> step = np.array([[0, 0, 0, 255, 255, 255]] * 4, np.uint8)
    >>> canny(step, sigma=0)[1].tolist()
    [False, False, True, False, False, False]
    """
    check_way(relative=relative, quantiles=quantiles, auto=auto)
    plain = mask is None and auto is None and not (relative or quantiles)
    _check_words(norm, thinning)
    check_seen(channels, space)
    if plain and (channels == "luma" or real_array(image, "image").ndim == 2):
        pixels, white = checked_image(image), full_scale_for(image, full_scale)
        grey = unit_rows(pixels, white)
        # Of a grey picture the two ends of its range say as much.
        ends = np.array([[pixels.min(), pixels.max()]], pixels.dtype)
        brightest_grey = _brightest_of(grey if pixels.ndim == 3 else unit_rows(ends, white))
        if SQUARABLE[0] < brightest_grey < SQUARABLE[1]:
            slopes = slope_rows(grey, operator, sigma, border)
            asked = Thresholds(low, high)
            steepest = operator_kernels(operator, sigma)[0].positive_sum
            crests = crest_rows(
                slopes, asked,
                norm=norm, thinning=thinning, full_scale=steepest, tie=TIE * brightest_grey,
            )  # fmt: skip
            return link(computed(crests), 0.5, 1.5)
    return _stages(
        image, sigma, low, high,
        operator=operator, norm=norm, thinning=thinning, channels=channels, space=space,
        relative=relative, quantiles=quantiles, auto=auto, mask=mask, border=border,
        full_scale=full_scale, whole=False,
    ).edges  # fmt: skip


def canny_stages(
    image: ArrayLike,
    sigma: float = SIGMA,
    low: float = LOW,
    high: float = HIGH,
    *,
    operator: str = "sobel",
    norm: str = "l2",
    thinning: str = "interpolated",
    channels: str = "luma",
    space: str = "rgb",
    relative: bool = False,
    quantiles: bool = False,
    auto: str | None = None,
    mask: ArrayLike | None = None,
    border: str = "reflect101",
    full_scale: float | None = None,
) -> CannyStages:
    """Every stage of `canny`, whose arguments and errors these are.

    >>> stages = canny_stages(np.eye(9), sigma=1)
    >>> stages.magnitude.shape, stages.thresholds
    ((9, 9), Thresholds(low=0.03, high=0.08))
    """
    return _stages(
        image, sigma, low, high,
        operator=operator, norm=norm, thinning=thinning, channels=channels, space=space,
        relative=relative, quantiles=quantiles, auto=auto, mask=mask, border=border,
        full_scale=full_scale, whole=True,
    )  # fmt: skip


def _stages(
    image: ArrayLike,
    sigma: float,
    low: float,
    high: float,
    *,
    operator: str,
    norm: str,
    thinning: str,
    channels: str,
    space: str,
    relative: bool,
    quantiles: bool,
    auto: str | None,
    mask: ArrayLike | None,
    border: str,
    full_scale: float | None,
    whole: bool,
) -> CannyStages:
    """The stages; unless `whole`, what is not above the low threshold is not thinned, for speed."""
    _check_words(norm, thinning)
    across, _ = operator_kernels(operator, sigma)
    Thresholds(low, high)
    white = full_scale_for(image, full_scale)
    grey = seen_in_unit(image, channels, space, white)
    inside = None if mask is None else _checked_mask(mask, grey.shape[:2])
    blur = 0.0 if operator == "gaussian" else sigma
    smooth = smoothed_inside(grey, blur, border, inside)
    with np.errstate(invalid="ignore", over="ignore"):
        slopes = gradient_of_planes(
            smooth, operator, sigma=sigma, channels=channels, space=space, border=border
        )
        magnitude = NORMS[norm](slopes) / slopes.full_scale
    known = np.isfinite(smooth.reshape(*smooth.shape[:2], -1)).all(axis=2)
    seen: Mask = np.asarray(known, bool)
    if inside is not None:
        seen = np.asarray(seen & inside, bool)
    counted = np.isfinite(magnitude) & shrunk(seen, across.shape[1] // 2)
    brightness = smooth if smooth.ndim == 2 else smooth[..., 0] if space == "lab" else luma(smooth)
    thresholds = choose_thresholds(
        magnitude[counted], brightness[counted], low, high,
        relative=relative, quantiles=quantiles, auto=auto,
    )  # fmt: skip
    crests = np.where(counted, magnitude, 0)
    tie = TIE * brightest(grey)
    # A pixel that ties with one above the threshold has a say in whether that one stays.
    above = 0.0 if whole else thresholds.low - 2 * tie
    thinned = thin(slopes.x, slopes.y, crests, thinning, above=above, tie=tie)
    edges = link(thinned, thresholds.low, thresholds.high)
    return CannyStages(grey, smooth, slopes, magnitude, thinned, thresholds, edges)


def _check_words(norm: str, thinning: str) -> None:
    one_of(norm, NORMS, "norm")
    one_of(thinning, THINNINGS, "thinning")


def white_at_one(source: Pixels, white: float, dtype: np.dtype[Any]) -> Stage:
    """A picture by rows, with white at 1, in a dtype that has room for its own.

    >>> half = white_at_one(Pixels(np.eye(2), np.dtype(float)), 2.0, np.dtype(float))
    >>> half.read(0, 1).tolist()
    [[0.5, 0.0]]
    """

    def to_unit(rows: Array, out: Array) -> None:
        # Divided first, in the dtype that it has: as `seen_in_unit` does.
        unit = rows
        if white != 1:
            room = out if out.dtype == rows.dtype else scratch(rows.shape, rows.dtype)
            with np.errstate(over="ignore"):
                unit = np.divide(rows, rows.dtype.type(white), out=room)
        if unit is not out:
            np.copyto(out, unit)

    return Stage(source, source.shape, dtype, to_unit)


def unit_rows(pixels: Array, white: float, channels: str = "luma", space: str = "rgb") -> Rows:
    """As `seen_in_unit`, by rows, where everything is finite."""
    source = Pixels(pixels, working_dtype(pixels.dtype))
    unit = white_at_one(source, white, np.dtype(np.float64))
    if channels == "luma" or len(unit.shape) == 2:
        return luma_rows(unit)

    def see(rows: Array, out: Array) -> None:
        out[...] = seen_planes(rows, channels, space, 1.0)

    return Stage(unit, unit.shape, unit.dtype, see)


def _brightest_of(grey: Rows) -> float:
    """The largest magnitude of all; not finite where one is not."""
    found: list[float] = []
    walked(grey, lambda start, stop, rows: found.append(float(np.abs(rows).max())))
    return max(found) if np.isfinite(found).all() else np.inf


def crest_rows(
    slopes: Rows,
    thresholds: Thresholds,
    *,
    norm: str,
    thinning: str,
    full_scale: float,
    tie: float,
) -> Rows:
    """2 on crests above high, 1 on those above low, 0 elsewhere."""
    height, _, width = slopes.shape
    length = Length(*_POWERS[norm], full_scale)

    def classify(rows: Array, out: Array) -> None:
        places, lengths = crests_of(rows, length, thinning, above=thresholds.low - 2 * tie, tie=tie)
        inside = (places >= REACH * width) & (places < (len(rows) - REACH) * width)
        crests = inside & (lengths > thresholds.low)
        out[...] = 0
        out.reshape(-1)[places[crests] - REACH * width] = 1 + (lengths[crests] > thresholds.high)

    window = Window(REACH, 2 * REACH + 1)
    return Stage(slopes, (height, width), np.dtype(np.uint8), classify, window, "zero")


def check_mask(mask: Array, shape: tuple[int, ...]) -> None:
    """Raise unless a mask, in memory or Dask's, has a shape and holds what says yes or no.

    Raises InputError for another shape, TypeError for another dtype.

    >>> check_mask(np.ones((2, 3), bool), (2, 3))
    """
    if mask.shape != shape:
        raise InputError(f"mask must be {shape} as the image, got {mask.shape}")
    if mask.dtype.kind not in "?biu":
        raise TypeError(f"mask must be bool or whole numbers, got dtype {mask.dtype}")


def _checked_mask(mask: ArrayLike, shape: tuple[int, ...]) -> Mask:
    inside = real_array(mask, "mask")
    check_mask(inside, shape)
    return inside.astype(bool)


def smoothed_inside(grey: Array, sigma: float, border: str, inside: Mask | None) -> Array:
    """`grey` blurred; with a mask, by the pixels inside it alone."""
    if finite(sigma, "sigma") < 0:
        raise InputError(f"sigma must be at least 0, got {sigma}")
    if inside is None:
        return smoothed(grey, sigma, border)
    if sigma == 0:
        return grey
    share = smoothed(inside.astype(grey.dtype), sigma, border)
    weight = inside if grey.ndim == 2 else inside[..., None]
    share = share if grey.ndim == 2 else share[..., None]
    blurred = smoothed(np.where(weight, grey, 0), sigma, border)
    return np.divide(
        blurred, share, out=np.zeros_like(blurred), where=np.broadcast_to(weight, blurred.shape)
    )
