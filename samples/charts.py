"""Test charts whose every pixel is known: `python samples/charts.py [FOLDER]` draws them all.

Each chart is a function from a side in pixels to (side, side) in uint8. They are made of integers,
or rounded far from ties, so that every machine draws the same pixels; only the letters of
`text` follow the font in the Pillow that is installed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Chart = NDArray[np.uint8]

STEP_LEVELS = (16, 24, 40, 72, 136, 232, 104, 48)
"""Grey levels one after the other: steps up by 8, 16, 32, 64 and 96, and down by 128 and 56."""

SIEMENS_SPOKES = 35
NOISE_SEED = 2024
NOISE_SIGMAS = (0.0, 4.0, 8.0, 16.0)
"""Standard deviations of the noise in the strips of the noise chart, from the top."""

LINES = (
    (0.02, 0.20, 15, "Edges"),
    (0.27, 0.12, 15, "Kernel 3 x 3"),
    (0.42, 0.075, 15, "impulse, step, ramp, line"),
    (0.53, 0.05, 15, "The quick brown fox jumps over it."),
    (0.65, 0.16, 240, "+1  0  -1"),
    (0.87, 0.07, 240, "0123456789 (light on dark)"),
)
"""The lines of the text chart: top and size as shares of the side, grey level, words."""


def step_edges(side: int = 256) -> Chart:
    """Ideal steps of several heights: vertical ones above, horizontal and diagonal ones below.

    Each third runs through STEP_LEVELS: to the right, downwards, and towards the lower right.

    >>> step_edges(256)[0, ::32].tolist()
    [16, 24, 40, 72, 136, 232, 104, 48]
    """
    levels = np.array(STEP_LEVELS, np.uint8)
    y, x = np.mgrid[:side, :side]
    half = side // 2
    chart = levels[x * len(levels) // side]
    below, left = y >= half, x < half
    down = levels[(y - half).clip(0) * len(levels) // (side - half)]
    falling = levels[((x - half).clip(0) + (y - half).clip(0)) * len(levels) // (2 * (side - half))]
    chosen = np.where(below & left, down, np.where(below, falling, chart))
    return _drawn(chosen)


def zone_plate(side: int = 256) -> Chart:
    """Rings whose frequency grows with the distance from the upper left corner, in all directions.

    The stripes along the upper and the left side reach half a cycle per pixel, the finest that
    there is, at the far end: a filter's answer at each place is its answer to that frequency.

    >>> zone_plate(256)[0, :3].tolist()
    [255, 255, 255]
    """
    y, x = np.mgrid[:side, :side].astype(np.float64)
    phase = np.pi * (x * x + y * y) / (2 * side)
    return _drawn(np.rint(128 + 127 * np.cos(phase)))


def siemens_star(side: int = 256) -> Chart:
    """A star of black and white spokes, which blur together towards the centre; edges everywhere.

    The number of spokes is odd: opposite a white spoke lies a black one, no turn by 90 or 180
    degrees gives the star back, and edges of every direction occur with either sign once.

    >>> star = siemens_star(256)
    >>> int(star.min()), int(star.max()), bool((star == star[::-1, ::-1]).all())
    (0, 255, False)
    """
    fine = 4
    middle = (fine * side - 1) / 2
    y, x = np.mgrid[: fine * side, : fine * side] - middle
    turns = np.arctan2(y, x) / (2 * np.pi) + 0.013
    white = np.floor(2 * SIEMENS_SPOKES * turns).astype(int) % 2 == 0
    radius = 0.47 * fine * side
    star = np.where(x * x + y * y > radius * radius, 0.5, white)
    share = star.reshape(side, fine, side, fine).mean(axis=(1, 3))
    return _drawn(np.floor(255 * share + 0.49))


def checkerboard(side: int = 256) -> Chart:
    """Squares of 32 pixels whose contrast falls from full on the left to nothing on the right.

    The corners are saddles, where a mixed derivative answers; the contrast falls in even steps,
    so that a threshold shows as the column beyond which the edges are lost.

    >>> checkerboard(256)[0, ::32].tolist(), checkerboard(256)[32, ::32].tolist()
    ([0, 237, 37, 201, 74, 164, 110, 128], [255, 19, 219, 55, 182, 92, 146, 128])
    """
    cell = max(1, side // 8)
    rows, columns = np.mgrid[:side, :side] // cell
    last = (side - 1) // cell
    sign = np.where((rows + columns) % 2 == 0, -1, 1)
    return _drawn(128 + sign * (128 * (last - columns) // last))


def text(side: int = 256) -> Chart:
    """Dark letters on light paper and light ones on dark, from large to small.

    Needs Pillow; the shapes of the letters are those of its built-in font.

    >>> text(256).shape
    (256, 256)
    """
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("L", (side, side), 235)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, side * 5 // 8, side, side), fill=20)
    for top, size, ink, words in LINES:
        letters = ImageFont.load_default(size * side)
        draw.text((side / 32, top * side), words, fill=ink, font=letters)
    return np.array(picture, dtype=np.uint8)


def noise(side: int = 256) -> Chart:
    """A grey ramp from left to right with a bright disc, under noise that grows strip by strip.

    The noise is close to Gaussian, with the standard deviations of NOISE_SIGMAS, always the same:
    the sum of the eight bytes of a raw number of a seeded generator, which NumPy never changes.

    >>> noise(256)[0, ::64].tolist()
    [48, 80, 112, 144]
    """
    y, x = np.mgrid[:side, :side]
    ramp = 48 + 128 * x // side
    disc = (2 * x - side) ** 2 + (2 * y - side) ** 2 < (side * 3 // 5) ** 2
    raw = np.random.PCG64(NOISE_SEED).random_raw(side * side)
    sums = raw.view(np.uint8).reshape(side, side, 8).sum(axis=2, dtype=np.int64)
    deviation = np.sqrt(8 * (256**2 - 1) / 12)
    strips = np.array(NOISE_SIGMAS)[y * len(NOISE_SIGMAS) // side]
    noisy = ramp + 48 * disc + strips * (sums - 8 * 127.5) / deviation
    return _drawn(np.floor(noisy + 0.5))


def _drawn(levels: NDArray[Any]) -> Chart:
    """Whole grey levels as pixels, saturated at black and white."""
    chart: Chart = np.clip(levels, 0, 255).astype(np.uint8)
    return chart


CHARTS: MappingProxyType[str, Callable[[int], Chart]] = MappingProxyType(
    {
        "step-edges": step_edges,
        "zone-plate": zone_plate,
        "siemens-star": siemens_star,
        "checkerboard": checkerboard,
        "text": text,
        "noise": noise,
    }
)
"""Every chart by the name of its file."""


def main(folder: Path) -> None:
    """Draw every chart as FOLDER/NAME.png, 256 pixels on a side."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in CHARTS.items():
        _, encoded = cv2.imencode(".png", draw(256), [cv2.IMWRITE_PNG_COMPRESSION, 9])
        (folder / f"{name}.png").write_bytes(encoded.tobytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
