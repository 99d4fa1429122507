"""Pictures whose edges are known by geometry, photographs, and how edges are compared.

Nothing here uses filt. x grows to the right and y downwards; angles are in degrees, from x to y.
All pictures are float64 between 0 and 1, their origin is their centre.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from scipy import ndimage, special
from skimage import data

CORNERS_TOO = np.ones((3, 3))
"""For scipy.ndimage: pixels touch by side or corner."""


def distance_to_line(angle, size, offset=0.0) -> np.ndarray:
    """How far each pixel's centre lies beyond a line, in the direction of `angle`."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    radians = math.radians(angle)
    return x * math.cos(radians) + y * math.sin(radians) - offset


def step_by_area(angle, size=48, offset=0.2) -> np.ndarray:
    """A step that gets brighter towards `angle`: each pixel is the share of its square beyond it.

    The share is an integral of the square's shadow on the normal, a trapezoid.
    """
    radians = math.radians(angle)
    sides = sorted((abs(math.cos(radians)), abs(math.sin(radians))))
    small, large = max(sides[0], 1e-9), sides[1]
    distance = distance_to_line(angle, size, offset)

    def twice_integrated(shift):
        return np.maximum(distance + shift, 0) ** 2 / 2

    outer, inner = (large + small) / 2, (large - small) / 2
    share = (
        twice_integrated(outer)
        - twice_integrated(inner)
        - twice_integrated(-inner)
        + twice_integrated(-outer)
    ) / (large * small)
    return np.clip(share, 0, 1)


def step_by_lens(angle, size=48, offset=0.2, blur=0.5) -> np.ndarray:
    """A step seen through a Gaussian of `blur` pixels, sampled at the pixels' centres."""
    scaled = distance_to_line(angle, size, offset) / (blur * math.sqrt(2))
    return (1 + special.erf(scaled)) / 2


def hard_step(angle, size=48, offset=0.2) -> np.ndarray:
    """A step of zeros and ones."""
    return (distance_to_line(angle, size, offset) > 1e-9).astype(np.float64)


def disc(radius, centre=(0.0, 0.0), size=81) -> np.ndarray:
    """A white disc on black; each pixel is the share of 8 × 8 points of its square inside it."""
    y, x = np.mgrid[: size * 8, : size * 8] / 8 + 1 / 16 - size / 2
    inside = np.hypot(x - centre[0], y - centre[1]) < radius
    return inside.reshape(size, 8, size, 8).mean(axis=(1, 3))


def square(side, size=40) -> np.ndarray:
    """A white square on black, a little above and left of the centre."""
    picture = np.zeros((size, size))
    start = (size - side) // 2 - 2
    picture[start : start + side, start : start + side] = 1
    return picture


TURNS = [(quarters, mirrored) for quarters in range(4) for mirrored in (False, True)][1:]
"""The seven other ways to lay a picture: quarter turns, each as it is and transposed."""


def turned(array, turn) -> np.ndarray:
    """`array` by quarter turns, and transposed."""
    quarters, mirrored = turn
    result = np.rot90(array, quarters)
    return np.ascontiguousarray(result.swapaxes(0, 1) if mirrored else result)


@functools.cache
def _photograph(name) -> np.ndarray:
    return getattr(data, name)()


def photograph(name, step=1) -> np.ndarray:
    """A photograph that comes inside scikit-image, uint8, grey or RGB; every step-th pixel."""
    return _photograph(name)[::step, ::step].copy()


def photographs(step=1) -> dict[str, np.ndarray]:
    """One grey, two RGB."""
    return {name: photograph(name, step) for name in ("camera", "coffee", "astronaut")}


def noise(shape, levels=256, seed=0) -> np.ndarray:
    """Random uint8 pixels of a few levels: the fewer, the more ties."""
    values = np.linspace(0, 255, levels).round().astype(np.uint8)
    return values[np.random.default_rng(seed).integers(0, levels, shape)]


def pieces(edges) -> int:
    """How many connected lines there are, touching by side or corner."""
    return ndimage.label(edges, CORNERS_TOO)[1]


def regions(edges) -> int:
    """How many pieces the lines cut the picture into, for one who walks by sides alone."""
    return ndimage.label(~edges)[1]


def blocks(edges) -> int:
    """How many squares of 2 × 2 edge pixels there are: none in a thin line."""
    return int((edges[1:, 1:] & edges[1:, :-1] & edges[:-1, 1:] & edges[:-1, :-1]).sum())


def f_within_one_pixel(found, wanted, margin) -> float:
    """F of two edge maps: shares of either that lie within one pixel of the other, corners too.

    margin: how many pixels of the border are left out.
    """
    inner = (slice(margin, -margin), slice(margin, -margin))
    found, wanted = found[inner], wanted[inner]
    near_wanted = ndimage.binary_dilation(wanted, CORNERS_TOO)
    near_found = ndimage.binary_dilation(found, CORNERS_TOO)
    precision = (found & near_wanted).sum() / found.sum()
    recall = (wanted & near_found).sum() / wanted.sum()
    return float(2 * precision * recall / (precision + recall))
