"""Every method that draws edges: a soft map of thin lines, two thresholds, and linking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array, finite, positive
from ..borders import resolve_border
from ..catalogue import kernel
from ..errors import InputError
from ..grammar import unknown_name
from ..picture import full_scale_for
from ..placement import Placement, correlate_placed
from .canny import HIGH, LOW, SIGMA, TIE, CannyStages, canny_stages
from .gradient import brightest, check_seen, seen_in_unit
from .linking import Mask, link
from .thresholds import Thresholds, check_way, choose_thresholds
from .zero_crossings import zero_crossings


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage of a method as a picture: its name, its values, how they are shown, what it is.

    pixels: (height, width) or (height, width, 3), white is 1. show: a key of `SHOWS`. note: what
    the stage does, in a few words. lines: whether it holds thin lines.
    """

    name: str
    pixels: Array
    show: str
    note: str
    lines: bool = False


@dataclass(frozen=True, eq=False)
class EdgeStages:
    """What a method finds in a picture.

    soft: (height, width), thin lines, each as strong as its edge, in fractions of the method's
    full scale. thresholds: the two that were used. edges: bool. draw: gives the stages on the way.
    """

    method: str
    soft: Array
    thresholds: Thresholds
    edges: Mask
    draw: Callable[[], tuple[Stage, ...]] = field(repr=False)

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """Every stage in order, made when it is first asked for: drawing takes long."""
        return self.draw()


@dataclass(frozen=True)
class Setting:
    """How a method is run: everything that `edge_stages` takes, validated.

    Raises InputError for unknown names and numbers out of range.

    >>> Setting(1.4, 0.03, 0.08).channels
    'luma'
    """

    sigma: float
    low: float
    high: float
    channels: str = "luma"
    space: str = "rgb"
    relative: bool = False
    quantiles: bool = False
    auto: str | None = None
    border: str = "reflect101"
    full_scale: float | None = None

    def __post_init__(self) -> None:
        if finite(self.sigma, "sigma") < 0:
            raise InputError(f"sigma must be at least 0, got {self.sigma}")
        Thresholds(self.low, self.high)
        check_way(relative=self.relative, quantiles=self.quantiles, auto=self.auto)
        check_seen(self.channels, self.space)
        resolve_border(self.border)


@dataclass(frozen=True)
class EdgeMethod:
    """A method by what it does, with the defaults that look right on photographs.

    find: a function from an image and a Setting to what it finds.
    """

    find: Callable[[ArrayLike, Setting], EdgeStages]
    sigma: float
    low: float
    high: float
    meaning: str
    source: str = ""
    channels: str = "luma"
    space: str = "rgb"

    def setting(self, **given: Any) -> Setting:
        """The setting with which it is run: what is given and not None, else the defaults.

        given: fields of `Setting`, which raises InputError.

        >>> METHODS["canny"].setting(sigma=2.0, low=None).low
        0.03
        """
        own = {name: getattr(self, name) for name in ("sigma", "low", "high", "channels", "space")}
        chosen = {name: value for name, value in given.items() if value is not None}
        return Setting(**{**own, **chosen})


def _gradient_method(operator: str, name: str) -> Callable[[ArrayLike, Setting], EdgeStages]:
    def find(image: ArrayLike, setting: Setting) -> EdgeStages:
        found = canny_stages(
            image,
            setting.sigma,
            setting.low,
            setting.high,
            operator=operator,
            channels=setting.channels,
            space=setting.space,
            relative=setting.relative,
            quantiles=setting.quantiles,
            auto=setting.auto,
            border=setting.border,
            full_scale=setting.full_scale,
        )

        def draw() -> tuple[Stage, ...]:
            return *_seen(found, setting, operator), *_slopes(found, operator), *_lines(found)

        return EdgeStages(name, found.thinned, found.thresholds, found.edges, draw)

    return find


def _seen(found: CannyStages, setting: Setting, operator: str) -> tuple[Stage, ...]:
    blur = f"a Gaussian blur, sigma {setting.sigma:g} pixels" if setting.sigma else "no blur"
    if operator == "gaussian":
        blur = f"no blur: the slopes are taken at scale {setting.sigma:g} themselves"
    if found.grey.ndim == 2:
        grey = grey_stage(found.grey)
    else:
        grey = Stage("colours", found.grey, "clip", f"the colours, in {setting.space}")
    return grey, Stage("smooth", found.smooth, "clip", blur)


def _slopes(found: CannyStages, operator: str) -> tuple[Stage, ...]:
    slopes = found.gradient
    steepest = float(np.nanmax(found.magnitude, initial=0.0))
    white = slopes.full_scale * (steepest or 1.0)
    wheel = _direction_wheel(slopes.direction, found.magnitude)
    rises = f"{operator}, zero is mid-grey, bright where it rises"
    steep = f"how steep: white is {steepest:.3f} of full scale"
    return (
        Stage("gradient x", slopes.x / white, "signed", f"{rises} rightwards"),
        Stage("gradient y", slopes.y / white, "signed", f"{rises} downwards"),
        Stage("magnitude", found.magnitude, "minmax", steep),
        Stage("direction", wheel, "clip", "which way it rises: red right, green lower left"),
    )


def _lines(found: CannyStages) -> tuple[Stage, ...]:
    return (
        Stage("thinned", found.thinned, "minmax", "the crests of the magnitude alone", lines=True),
        *_last_stages(found.thinned, found.thresholds, found.edges),
    )


def grey_stage(grey: Array) -> Stage:
    """The first stage of a method that sees brightness alone.

    >>> grey_stage(np.zeros((2, 2))).name
    'grey'
    """
    return Stage("grey", grey, "clip", "the brightness: 0.299 R + 0.587 G + 0.114 B")


def linked_stages(
    method: str,
    soft: Array,
    brightness: Array,
    setting: Setting,
    before: Callable[[], tuple[Stage, ...]],
) -> EdgeStages:
    """What is found by thresholds on a thin soft map and linking: how a method ends.

    soft: (height, width), fractions of full scale, 0 where there is no line. brightness: of the
    picture, white at 1. before: gives the stages that led to the soft map, when they are drawn.

    >>> soft = np.array([[0.0, 0.2, 0.6]])
    >>> found = linked_stages("mine", soft, soft, Setting(0.0, 0.1, 0.5), tuple)
    >>> found.edges.tolist(), [stage.name for stage in found.stages]
    ([[False, True, True]], ['thresholds', 'edges'])
    """
    thresholds = choose_thresholds(
        soft[soft > 0],
        brightness,
        setting.low,
        setting.high,
        relative=setting.relative,
        quantiles=setting.quantiles,
        auto=setting.auto,
    )
    edges = link(soft, thresholds.low, thresholds.high)

    def draw() -> tuple[Stage, ...]:
        return *before(), *_last_stages(soft, thresholds, edges)

    return EdgeStages(method, soft, thresholds, edges, draw)


def _last_stages(soft: Array, thresholds: Thresholds, edges: Mask) -> tuple[Stage, ...]:
    levels = _levels(soft, thresholds)
    above = f"grey above low {thresholds.low:.4g}, white above high {thresholds.high:.4g}"
    linked = f"linked: grey lines stay where they touch white ones, {int(edges.sum()):,} pixels"
    return (
        Stage("thresholds", levels, "clip", above, lines=True),
        Stage("edges", edges.astype(np.float32), "clip", linked, lines=True),
    )


def _levels(soft: Array, thresholds: Thresholds) -> Array:
    """Above the low threshold grey, above the high one white."""
    levels: Array = ((soft > thresholds.low) + (soft > thresholds.high) * 1.0) / 2
    return levels


def _direction_wheel(direction: Array, magnitude: Array) -> Array:
    """Directions as hues (red to the right, then clockwise), as bright as the slope is steep."""
    hue = (direction[..., None] - np.array([0.0, 120.0, 240.0])) * (np.pi / 180)
    largest = float(np.nanmax(magnitude, initial=0.0)) or 1.0
    colours: Array = (0.5 + 0.5 * np.cos(hue)) * np.sqrt(magnitude / largest)[..., None]
    return colours


def _laplacian_of_gaussian(image: ArrayLike, setting: Setting) -> EdgeStages:
    if setting.channels != "luma":
        raise InputError(f"log sees luma alone, got channels {setting.channels!r}")
    if setting.auto == "median":
        raise InputError("auto median is a rule for slopes, and log has none")
    white = full_scale_for(image, setting.full_scale)
    grey = seen_in_unit(image, "luma", "rgb", white)
    taps = kernel("laplacian-of-gaussian", sigma=positive(setting.sigma, "sigma"))
    response = correlate_placed(grey, taps.taps, Placement(border=setting.border))
    # What is left of a flat picture is rounding, and crosses nothing.
    response[np.abs(response) <= TIE * taps.positive_sum * brightest(grey)] = 0
    # Neither side of a crossing can be further from zero than the positive taps reach.
    soft = zero_crossings(response) / response.dtype.type(2 * taps.positive_sum)

    def before() -> tuple[Stage, ...]:
        return (
            grey_stage(grey),
            Stage(
                "laplacian",
                response / taps.positive_sum,
                "signed",
                f"Laplacian of Gaussian, sigma {setting.sigma:g}: zero is mid-grey",
            ),
            Stage(
                "zero crossings",
                soft,
                "minmax",
                "where it changes sign, as bright as it is steep",
                True,
            ),
        )

    return linked_stages("log", soft, grey, setting, before)


METHODS: MappingProxyType[str, EdgeMethod] = MappingProxyType(
    {
        "canny": EdgeMethod(
            _gradient_method("sobel", "canny"),
            SIGMA,
            LOW,
            HIGH,
            "blur, Sobel slopes, thin, two thresholds, link",
            "Canny, 1986",
        ),
        "sobel": EdgeMethod(
            _gradient_method("sobel", "sobel"),
            0.0,
            0.12,
            0.3,
            "Sobel slopes, no blur, thinned, linked",
        ),
        "scharr": EdgeMethod(
            _gradient_method("scharr", "scharr"),
            0.0,
            0.12,
            0.3,
            "Scharr slopes, no blur, thinned, linked",
        ),
        "prewitt": EdgeMethod(
            _gradient_method("prewitt", "prewitt"),
            0.0,
            0.12,
            0.3,
            "Prewitt slopes, no blur, thinned, linked",
        ),
        "gaussian": EdgeMethod(
            _gradient_method("gaussian", "gaussian"),
            2.0,
            0.04,
            0.1,
            "slopes by Gaussian derivatives at scale sigma, thinned, linked",
            "Canny, 1986",
        ),
        "di-zenzo": EdgeMethod(
            _gradient_method("sobel", "di-zenzo"),
            SIGMA,
            LOW,
            HIGH,
            "as canny, with the slopes of all colours together in CIELAB",
            "Di Zenzo, 1986",
            "tensor",
            "lab",
        ),
        "log": EdgeMethod(
            _laplacian_of_gaussian,
            2.0,
            0.008,
            0.025,
            "zero crossings of the Laplacian of Gaussian, as strong as they are steep",
            "Marr and Hildreth, 1980",
        ),
    }
)
"""Every edge method by its name: what `filt edges --method` and `edges(method=…)` take."""


def edge_stages(
    image: ArrayLike,
    method: str = "canny",
    *,
    sigma: float | None = None,
    low: float | None = None,
    high: float | None = None,
    channels: str | None = None,
    space: str | None = None,
    relative: bool = False,
    quantiles: bool = False,
    auto: str | None = None,
    border: str = "reflect101",
    full_scale: float | None = None,
) -> EdgeStages:
    """The edges of an image by any method, with its soft map and every stage on the way.

    image: (height, width), or (height, width, 3) in RGB. method: a key of `METHODS`.
    sigma, low, high, channels, space: None is the method's own default; the rest is as for `canny`.
    Raises InputError for an unknown method and what `canny` raises.

    >>> found = edge_stages(np.eye(16), "log", sigma=1)
    >>> found.soft.shape, [stage.name for stage in found.stages][-1]
    ((16, 16), 'edges')
    """
    setting = method_of(method).setting(
        sigma=sigma,
        low=low,
        high=high,
        channels=channels,
        space=space,
        relative=relative,
        quantiles=quantiles,
        auto=auto,
        border=border,
        full_scale=full_scale,
    )
    return method_of(method).find(image, setting)


def method_of(name: str, methods: Mapping[str, EdgeMethod] = METHODS) -> EdgeMethod:
    """The edge method of that name. Raises InputError, with the nearest names, for another one.

    >>> method_of("canny").source
    'Canny, 1986'
    """
    if name not in methods:
        raise InputError(unknown_name(name, methods, "edge method"))
    return methods[name]
