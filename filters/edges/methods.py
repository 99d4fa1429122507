"""Every method that draws edges: a soft map of thin lines, two thresholds, and linking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array, finite, positive
from ..borders import resolve_border
from ..catalogue import kernel
from ..errors import InputError
from ..grammar import unknown_name
from ..kernel import Kernel
from ..picture import full_scale_for
from ..placement import Placement, correlate_placed
from . import multiscale
from .canny import HIGH, LOW, SIGMA, TIE, canny_stages
from .gradient import brightest, check_seen, seen_in_unit
from .linking import link
from .multiscale import multiscale_stages
from .stages import (
    EdgeStages,
    Stage,
    canny_pictures,
    grey_stage,
    last_stages,
    multiscale_pictures,
)
from .thresholds import Thresholds, check_way, choose_thresholds
from .zero_crossings import zero_crossings


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


Kind = TypeVar("Kind")


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


CANNY_OPERATORS: MappingProxyType[str, str] = MappingProxyType(
    {
        "canny": "sobel",
        "sobel": "sobel",
        "scharr": "scharr",
        "prewitt": "prewitt",
        "gaussian": "gaussian",
        "di-zenzo": "sobel",
    }
)
"""The methods that are Canny's, each with an operator for its slopes."""


def _gradient_method(name: str) -> Callable[[ArrayLike, Setting], EdgeStages]:
    operator = CANNY_OPERATORS[name]

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
            return canny_pictures(found, operator, setting.sigma, setting.space)

        return EdgeStages(name, found.thinned, found.thresholds, found.edges, draw)

    return find


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
        return *before(), *last_stages(soft, thresholds, edges)

    return EdgeStages(method, soft, thresholds, edges, draw)


def _laplacian_of_gaussian(image: ArrayLike, setting: Setting) -> EdgeStages:
    taps = laplacian_kernel(setting)
    if setting.auto == "median":
        raise InputError("auto median is a rule for slopes, and log has none")
    white = full_scale_for(image, setting.full_scale)
    grey = seen_in_unit(image, "luma", "rgb", white)
    response = correlate_placed(grey, taps.taps, Placement(border=setting.border))
    soft = crossings_of(response, taps, brightest(grey))

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


def laplacian_kernel(setting: Setting) -> Kernel:
    """The kernel of "log". Raises InputError for colours and a sigma that is not above 0.

    >>> laplacian_kernel(Setting(2.0, 0.008, 0.025)).name
    'laplacian-of-gaussian:sigma=2'
    """
    if setting.channels != "luma":
        raise InputError(f"log sees luma alone, got channels {setting.channels!r}")
    return kernel("laplacian-of-gaussian", sigma=positive(setting.sigma, "sigma"))


def crossings_of(response: Array, taps: Kernel, largest: float) -> Array:
    """The soft map of "log": how steeply a response crosses zero, in fractions of full scale.

    response: of `taps`; what is rounding in it is set to 0. largest: the brightest of all pixels.

    >>> crossings_of(np.array([[3.0, -1.0]]), kernel("laplacian"), 1.0).tolist()
    [[0.0, 0.5]]
    """
    # What is left of a flat picture is rounding, and crosses nothing.
    tie = TIE * taps.positive_sum * largest
    response[np.abs(response) <= tie] = 0
    # Neither side of a crossing can be further from zero than the positive taps reach.
    soft: Array = zero_crossings(response, tie=tie)
    soft /= response.dtype.type(2 * taps.positive_sum)
    return soft


def _multiscale(image: ArrayLike, setting: Setting) -> EdgeStages:
    if setting.auto == "median":
        raise InputError("auto median is a rule for slopes, and multiscale gives shares")
    found = multiscale_stages(
        image,
        setting.sigma,
        channels=setting.channels,
        space=setting.space,
        border=setting.border,
        full_scale=setting.full_scale,
    )

    def before() -> tuple[Stage, ...]:
        return multiscale_pictures(found, setting.space)

    return linked_stages("multiscale", found.soft, found.brightness, setting, before)


METHODS: MappingProxyType[str, EdgeMethod] = MappingProxyType(
    {
        "canny": EdgeMethod(
            _gradient_method("canny"),
            SIGMA,
            LOW,
            HIGH,
            "blur, Sobel slopes, thin, two thresholds, link",
            "Canny, 1986",
        ),
        "sobel": EdgeMethod(
            _gradient_method("sobel"),
            0.0,
            0.12,
            0.3,
            "Sobel slopes, no blur, thinned, linked",
        ),
        "scharr": EdgeMethod(
            _gradient_method("scharr"),
            0.0,
            0.12,
            0.3,
            "Scharr slopes, no blur, thinned, linked",
        ),
        "prewitt": EdgeMethod(
            _gradient_method("prewitt"),
            0.0,
            0.12,
            0.3,
            "Prewitt slopes, no blur, thinned, linked",
        ),
        "gaussian": EdgeMethod(
            _gradient_method("gaussian"),
            2.0,
            0.04,
            0.1,
            "slopes by Gaussian derivatives at scale sigma, thinned, linked",
            "Canny, 1986",
        ),
        "di-zenzo": EdgeMethod(
            _gradient_method("di-zenzo"),
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
        "multiscale": EdgeMethod(
            _multiscale,
            multiscale.SIGMA,
            multiscale.LOW,
            multiscale.HIGH,
            "slopes of all colours in CIELAB at two scales, averaged along lines and divided by"
            " what is around them; thinned, linked",
            "Di Zenzo, 1986; Heeger, 1992",
            "tensor",
            "lab",
        ),
    }
)
"""Every edge method by its name: what `filt edges --method` and `edges(method=…)` take."""

ALIASES: MappingProxyType[str, str] = MappingProxyType({"best": "multiscale"})
"""Other names of methods. "best" is the one of these that scores highest on BSDS500."""


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

    image: (height, width), or (height, width, 3) in RGB. method: a key of `METHODS` or `ALIASES`.
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
    """The edge method of that name or alias.

    Raises InputError, with the nearest names, for another one.

    >>> method_of("canny").source, method_of("best") is method_of("multiscale")
    ('Canny, 1986', True)
    """
    return among_methods(name, methods)


def among_methods(name: str, methods: Mapping[str, Kind]) -> Kind:
    """What stands beside a method's name in a table, or beside the name that it is an alias of.

    Raises InputError, with the nearest names, for another one.

    >>> among_methods("best", {"multiscale": 1})
    1
    """
    if not isinstance(name, str):
        raise TypeError(f"method must be a name, got {name!r}")
    known = ALIASES.get(name, name)
    if known not in methods:
        raise InputError(unknown_name(name, [*methods, *ALIASES], "edge method"))
    return methods[known]
