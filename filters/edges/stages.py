"""What a method finds, and its stages as pictures: each with its name and what it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..arrays import Array
from .canny import CannyStages
from .linking import Mask
from .multiscale import MultiscaleStages
from .thresholds import Thresholds


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


def canny_pictures(
    found: CannyStages, operator: str, sigma: float, space: str
) -> tuple[Stage, ...]:
    """The stages of `canny_stages`, run with this operator, sigma and colour space.

    >>> from .canny import canny_stages
    >>> [stage.name for stage in canny_pictures(canny_stages(np.eye(9)), "sobel", 1.4, "rgb")][:3]
    ['grey', 'smooth', 'gradient x']
    """
    return (*_seen(found, operator, sigma, space), *_slopes(found, operator), *_lines(found))


def _seen(found: CannyStages, operator: str, sigma: float, space: str) -> tuple[Stage, ...]:
    blur = f"a Gaussian blur, sigma {sigma:g} pixels" if sigma else "no blur"
    if operator == "gaussian":
        blur = f"no blur: the slopes are taken at scale {sigma:g} themselves"
    grey = grey_stage(found.grey) if found.grey.ndim == 2 else _colours(found.grey, space)
    return grey, Stage("smooth", found.smooth, "clip", blur)


def _slopes(found: CannyStages, operator: str) -> tuple[Stage, ...]:
    slopes = found.gradient
    steepest = _largest(found.magnitude)
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
        *last_stages(found.thinned, found.thresholds, found.edges),
    )


def multiscale_pictures(found: MultiscaleStages, space: str) -> tuple[Stage, ...]:
    """The stages of `multiscale_stages`, seen in this colour space, up to the thin lines.

    >>> from .multiscale import multiscale_stages
    >>> [stage.name for stage in multiscale_pictures(multiscale_stages(np.eye(9)), "lab")][-2:]
    ['strength', 'thinned']
    """
    slopes = [
        Stage(
            f"slopes {number}",
            amplitude,
            "minmax",
            f"how steep at scale {sigma:g} pixels, all colours together"
            f": white is {_largest(amplitude):.3f} of full scale",
        )
        for number, (sigma, amplitude) in enumerate(found.slopes.items(), 1)
    ]
    wheel = _direction_wheel(np.degrees(np.arctan2(found.y, found.x)), found.lines)
    return (
        grey_stage(found.seen) if found.seen.ndim == 2 else _colours(found.seen, space),
        *slopes,
        Stage(
            "lines",
            found.lines,
            "minmax",
            "less the surroundings of the same direction, averaged along lines, the best of eight"
            f": white is {_largest(found.lines):.3f} of full scale",
        ),
        Stage("direction", wheel, "clip", "which way it rises: red right, green lower left"),
        Stage(
            "surroundings",
            found.surroundings,
            "minmax",
            "the mean slope far around, by which lines are divided"
            f": white is {_largest(found.surroundings):.3f} of full scale",
        ),
        Stage("strength", found.strength, "clip", "lines / (lines + surroundings + a constant)"),
        Stage("thinned", found.soft, "clip", "the crests of the lines alone", lines=True),
    )


def _largest(values: Array) -> float:
    return float(np.nanmax(values, initial=0.0))


def _colours(seen: Array, space: str) -> Stage:
    return Stage("colours", seen, "clip", f"the colours, in {space}")


def grey_stage(grey: Array) -> Stage:
    """The first stage of a method that sees brightness alone.

    >>> grey_stage(np.zeros((2, 2))).name
    'grey'
    """
    return Stage("grey", grey, "clip", "the brightness: 0.299 R + 0.587 G + 0.114 B")


def last_stages(soft: Array, thresholds: Thresholds, edges: Mask) -> tuple[Stage, ...]:
    """How every method ends: what is above the two thresholds, and what is linked.

    >>> none = np.zeros((2, 2))
    >>> [stage.name for stage in last_stages(none, Thresholds(0.1, 0.2), none > 0)]
    ['thresholds', 'edges']
    """
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
    largest = _largest(magnitude) or 1.0
    colours: Array = (0.5 + 0.5 * np.cos(hue)) * np.sqrt(magnitude / largest)[..., None]
    return colours
