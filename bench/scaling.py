"""How time grows: with the pixels, with the size of a box, with the width of separable taps.

Every time is a ratio to the first of its table, measured alternately; the exponent is the slope of
the logarithms. At the side, the same work by a peer over filt's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np

import filt

from .measurement import Quiet
from .pictures import SIZES, Kind, made, made_of
from .row import Array, Prepare, into_out
from .rows.gradients import by_opencv, sobel_slope
from .rows.kernels import by_filter2d, outer_taps, random_taps
from .timing import Call, Pace, Spread, alternated, exponent, ratio

PIXELS = (0.15, 1.0, 4.0, 12.0, 40.0, 100.0)
BOXES = (3, 7, 15, 31, 63, 127, 255)
WIDTHS = (3, 5, 9, 15, 31, 63, 127)


@dataclass(frozen=True)
class Step:
    """size: pixels in millions, or taps. growth: filt's time over that of the first step.

    beside: filt's time over the peer's at this size.
    """

    size: float
    growth: Spread
    beside: Spread


@dataclass(frozen=True)
class Growth:
    """One table. exponent: filt's; peer_exponent: the peer's."""

    work: str
    over: str
    peer: str
    steps: tuple[Step, ...]
    exponent: Spread
    peer_exponent: Spread


def growth(
    sizes: Sequence[float], calls: Sequence[Call], pace: Pace, *, work: str, over: str, peer: str
) -> Growth:
    """The table of some calls: filt's and the peer's for every size, in turn."""
    times = alternated(calls, pace, before=Quiet())
    ours, others = times[:, ::2], times[:, 1::2]
    steps = tuple(
        Step(float(size), ratio(ours[:, n], ours[:, 0]), ratio(ours[:, n], others[:, n]))
        for n, size in enumerate(sizes)
    )
    return Growth(work, over, peer, steps, exponent(sizes, ours), exponent(sizes, others))


def picture_of(megapixels: float) -> Array:
    """A grey picture, floats; 4 to 3, or one of the usual sizes."""
    name = f"{megapixels:g}"
    if name in SIZES:
        return made(Kind(name))
    height = round((megapixels * 1e6 * 0.75) ** 0.5)
    return made_of((height, round(height / 0.75)))


def growths(pace: Pace, largest: float = 100.0, size: str = "12") -> Iterator[Growth]:
    """All tables. largest: megapixels; size: the picture of those that grow by taps."""
    pixels = [step for step in PIXELS if step <= largest]
    pictures = [picture_of(step) for step in pixels]
    counts = [picture.size / 1e6 for picture in pictures]
    by_pixels: tuple[tuple[str, Prepare, Prepare], ...] = (
        ("sobel magnitude", into_out(filt.sobel), by_opencv(sobel_slope)),
        ("gaussian blur, sigma 2", into_out(filt.gaussian_blur, 2.0), blurred(2.0)),
        ("random 15×15", correlated(random_taps(15, 15)), by_filter2d(random_taps(15, 15))),
    )
    for work, ours, others in by_pixels:
        calls = [call for picture in pictures for call in (ours(picture), others(picture))]
        yield growth(counts, calls, pace, work=work, over="megapixels", peer="OpenCV")
    del pictures
    picture = made(Kind(size))
    by_taps: tuple[tuple[str, Sequence[int], Callable[[int], tuple[Prepare, Prepare]]], ...] = (
        ("box blur", BOXES, lambda side: (into_out(filt.box_blur, side), boxed(side))),
        (
            "separable, as a matrix",
            WIDTHS,
            lambda side: (correlated(outer_taps(side)), separated(side)),
        ),
    )
    for work, sides, ways in by_taps:
        calls = [prepare(picture) for side in sides for prepare in ways(side)]
        titled = f"{work}, {size} MP"
        yield growth(sides, calls, pace, work=titled, over="taps on a side", peer="OpenCV")


def correlated(taps: Array) -> Prepare:
    """The correlate of filt."""
    return into_out(filt.correlate, taps)


def blurred(sigma: float) -> Prepare:
    """OpenCV's GaussianBlur in filt's window."""

    def prepare(picture: Array) -> Call:
        out, side = np.empty_like(picture), 2 * int(4 * sigma + 0.5) + 1
        return lambda: cv2.GaussianBlur(picture, (side, side), sigma, dst=out)

    return prepare


def boxed(side: int) -> Prepare:
    """OpenCV's blur."""

    def prepare(picture: Array) -> Call:
        out = np.empty_like(picture)
        return lambda: cv2.blur(picture, (side, side), dst=out)

    return prepare


def separated(side: int) -> Prepare:
    """OpenCV's sepFilter2D, which is told the two factors."""

    def prepare(picture: Array) -> Call:
        out, column, row = np.empty_like(picture), random_taps(side, 1), random_taps(1, side)
        return lambda: cv2.sepFilter2D(picture, cv2.CV_32F, row, column, dst=out)

    return prepare


def table(found: Growth) -> str:
    """One table as text."""
    head = f"{found.over:<16}{'time / first':<22}filt / {found.peer}"
    body = (f"{step.size:<16.4g}{step.growth!s:<22}{step.beside}" for step in found.steps)
    fitted = f"exponent {found.exponent}; {found.peer} {found.peer_exponent}"
    return "\n".join((found.work, head, *body, fitted, ""))


def as_json(found: Sequence[Growth]) -> list[dict[str, Any]]:
    """The tables as a program reads them."""
    return [asdict(one) for one in found]
