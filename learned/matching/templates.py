"""Families of handcrafted kernels as unit templates, and which of them a kernel is nearest to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...filters.arrays import ONE_THREAD, Array, whole

LARGEST_SIDE = 31
"""Larger kernels are not matched: the templates and the null would take minutes."""

ROUND = "centre-surround"
"""The family without a direction."""

_SMALLEST_FOR_GABORS = 5
_ROOT_2 = math.sqrt(2)
_NOTHING = 1e-9
_SIDE_BY_SIDE = 64
_FEWEST = 16
_LENGTHS = (1.0, 3.0)
_OF_3X3 = (*(1 / math.sqrt(2 * math.log(r)) for r in (10, 10 / 3, 2, _ROOT_2)), 4.0)
"""Scales at which a sampled Gaussian derivative smooths as [1 r 1]: r = exp(1 / 2σ²). They are
about those of central differences, Scharr, Sobel, Frei-Chen and Prewitt."""


@dataclass(frozen=True, eq=False)
class Found:
    """The nearest template of a family to each of n kernels, arrays of length n.

    cosine: from 0 to 1, the magnitude of the cosine. sign: 1 or -1, that of the cosine; always 1
    where all directions are searched and `theta` tells. theta: degrees, see `Family`. sigma:
    pixels. template: (n, taps), the template itself, with that sign and of unit length; zeros
    where nothing of a kernel lies in a family.
    """

    cosine: Array
    sign: Array
    theta: Array
    sigma: Array
    template: Array


@dataclass(frozen=True, eq=False)
class Family:
    """Templates of one kind: zero-mean and of unit length, as rows.

    first: (n, taps). second: None where each row is one template; else (n, taps), orthogonal to
    `first`: then each pair stands for all its unit combinations, all directions at once.
    theta: (n,) degrees, 0 to the right and 90 downwards: the direction in which a gradient rises
    (0 to 360), or across a bar or stripes (0 to 180). NaN where a template has no direction.
    sigma: (n,) pixels. coefficients: (n, 2, 2) of pairs: what makes the cosine and the sine of the
    direction, but for their length, of the two products with a pair. turns: how often the pattern
    is itself, or its negative's negative, in a full turn: 1 for a gradient, 2 for a saddle.

    Source of the combinations: Freeman and Adelson, 1991.
    """

    name: str
    first: Array
    sigma: Array
    theta: Array
    second: Array | None = None
    coefficients: Array | None = None
    turns: int = 1

    @property
    def count(self) -> int:
        """How many templates, or pairs of them, the family has."""
        return len(self.first)

    def cosines(self, shapes: Array) -> Array:
        """The largest |cosine| of each of `shapes`, (n, taps) of unit length, in their own dtype.

        What `nearest` finds, and no more than that: many times as fast, for chance levels.
        """
        first = self.first.astype(shapes.dtype)
        second = None if self.second is None else self.second.astype(shapes.dtype)
        taps = shapes.shape[1]
        most = ONE_THREAD // (_SIDE_BY_SIDE * taps)
        if most < _FEWEST:
            return _largest(first, second, shapes.T)
        even = len(shapes) - len(shapes) % _SIDE_BY_SIDE
        stacked = shapes[:even].reshape(-1, _SIDE_BY_SIDE, taps).transpose(0, 2, 1)
        found = np.zeros((len(stacked), _SIDE_BY_SIDE), shapes.dtype)
        for n in range(0, self.count, most):
            part = None if second is None else second[n : n + most]
            np.maximum(found, _largest(first[n : n + most], part, stacked), out=found)
        return np.concatenate([found.ravel(), _largest(first, second, shapes[even:].T)])

    def nearest(self, shapes: Array) -> Found:
        """The template with the largest |cosine| to each of `shapes`, (n, taps) of unit length."""
        along = shapes @ self.first.T
        rows = np.arange(len(shapes))
        if self.second is None or self.coefficients is None:
            best = np.abs(along).argmax(axis=1)
            cosine = along[rows, best]
            sign = np.where(cosine < 0, -1, 1)
            template = self.first[best] * sign[:, None]
            return Found(np.abs(cosine), sign, self.theta[best], self.sigma[best], template)
        across = shapes @ self.second.T
        length = np.hypot(along, across)
        best = length.argmax(axis=1)
        cosine = length[rows, best]
        pair = np.stack([along[rows, best], across[rows, best]], axis=1)
        x, y = np.einsum("nij,nj->in", self.coefficients[best], pair)
        turn = 360 / self.turns
        theta = np.degrees(np.arctan2(y, x)) / self.turns % turn
        theta = np.where(theta > turn - 1e-9, 0.0, theta)  # a hair below 0 is 0
        pair = np.divide(pair, cosine[:, None], out=np.zeros_like(pair), where=cosine[:, None] > 0)
        template = pair[:, :1] * self.first[best] + pair[:, 1:] * self.second[best]
        return Found(cosine, np.ones(len(shapes), int), theta, self.sigma[best], template)


@lru_cache(maxsize=16)
def families(height: int, width: int) -> tuple[Family, ...]:
    """The families of handcrafted kernels of one size, the plainest first.

    gradient: Gaussian first derivatives in every direction. bar: second derivatives across every
    5°, their window as long as wide or three times as long. centre-surround: Laplacians of
    Gaussians, differences of Gaussians and, for 3×3, the Laplacians of four and of eight
    neighbours. saddle: Gaussian xy derivatives in every direction.
    gabor: even and odd, every 15°, from 5×5 on.
    height, width: 1 to 31. A family that a size has no room for is left out; 1×1 has none.
    Raises InputError or TypeError for other sizes.

    >>> [family.name for family in families(3, 3)]
    ['gradient', 'bar', 'centre-surround', 'saddle']
    """
    whole(height, "height")
    whole(width, "width")
    y, x = _places(height, width)
    scales = scales_for(height, width)
    found = [gradient_family(height, width, scales)]
    bars = [
        (_second(x, y, sigma, length, math.radians(angle)), float(angle), sigma)
        for sigma in scales
        for length in _LENGTHS
        for angle in range(0, 180, 5)
    ]
    found.append(_fixed("bar", bars))
    found.append(_fixed(ROUND, _surrounds(x, y, scales)))
    saddles = [
        ((x * x - y * y) / 2 * _window(x, y, sigma), x * y * _window(x, y, sigma), sigma)
        for sigma in scales
    ]
    if min(height, width) > 1:
        found.append(_steered("saddle", saddles, turns=2))
    if min(height, width) >= _SMALLEST_FOR_GABORS:
        found.append(_fixed("gabor", _gabors(x, y, min(height, width))))
    return tuple(family for family in found if family is not None)


def scales_for(height: int, width: int) -> tuple[float, ...]:
    """The scales of the templates in pixels: five smoothings for 3×3, else half octaves from 0.6.

    >>> [round(sigma, 2) for sigma in scales_for(7, 7)]
    [0.6, 0.85, 1.2, 1.7, 2.4]
    """
    side = min(height, width) if min(height, width) > 1 else max(height, width)
    if side <= 3:
        return _OF_3X3
    count = 1 + int(2 * math.log2(side / 2.9 / 0.6))
    return tuple(0.6 * _ROOT_2**step for step in range(count))


def gradient_family(height: int, width: int, scales: Sequence[float]) -> Family | None:
    """Gaussian first derivatives of these scales, in every direction; None for 1×1.

    >>> family = gradient_family(3, 3, [1 / math.sqrt(2 * math.log(2))])
    >>> (family.first[0] / family.first[0].max() * 2).round(6).reshape(3, 3)[0].tolist()
    [-1.0, 0.0, 1.0]
    """
    y, x = _places(height, width)
    pairs = [(x * _window(x, y, sigma), y * _window(x, y, sigma), sigma) for sigma in scales]
    return _steered("gradient", pairs, turns=1)


def _places(height: int, width: int) -> tuple[Array, Array]:
    y = np.arange(height) - (height - 1) / 2
    x = np.arange(width) - (width - 1) / 2
    rows, columns = np.meshgrid(y, x, indexing="ij")
    return rows, columns


def _window(x: Array, y: Array, sigma: float) -> Array:
    return np.asarray(np.exp(-(x * x + y * y) / (2 * sigma * sigma)))


def _second(x: Array, y: Array, sigma: float, length: float, angle: float) -> Array:
    """Minus the second derivative across a bar, bright in the middle, `length` times as long."""
    across = x * math.cos(angle) + y * math.sin(angle)
    along = (y * math.cos(angle) - x * math.sin(angle)) / length
    return np.asarray((1 - (across / sigma) ** 2) * _window(across, along, sigma))


def _surrounds(x: Array, y: Array, scales: Sequence[float]) -> Iterable[tuple[Array, float, float]]:
    squared = x * x + y * y
    for sigma in scales:
        yield (1 - squared / (2 * sigma**2)) * _window(x, y, sigma), math.nan, sigma
        wide = 1.6 * sigma
        difference = _window(x, y, sigma) / sigma**2 - _window(x, y, wide) / wide**2
        yield difference, math.nan, sigma
    if x.shape == (3, 3):
        for neighbours in (squared == 1, squared > 0):
            yield np.where(squared == 0, neighbours.sum(), -1.0 * neighbours), math.nan, 0.5


def _gabors(x: Array, y: Array, side: int) -> Iterable[tuple[Array, float, float]]:
    waves = [3 * _ROOT_2**step for step in range(8) if 3 * _ROOT_2**step <= side]
    for wavelength in waves:
        for sigma in (0.4 * wavelength, 0.56 * wavelength):
            for gamma in (0.5, 1.0):
                for degrees in range(0, 180, 15):
                    angle = math.radians(degrees)
                    across = x * math.cos(angle) + y * math.sin(angle)
                    along = y * math.cos(angle) - x * math.sin(angle)
                    window = np.exp(-(across**2 + (gamma * along) ** 2) / (2 * sigma**2))
                    for wave in (np.cos, np.sin):
                        taps = window * wave(2 * math.pi * across / wavelength)
                        yield taps, float(degrees), sigma


def _fixed(name: str, made: Iterable[tuple[Array, float, float]]) -> Family | None:
    chosen = [
        (shape[0], theta, sigma)
        for taps, theta, sigma in made
        for shape, length in [_unit(taps)]
        if length
    ]
    if not chosen:
        return None
    rows, thetas, sigmas = zip(*chosen, strict=True)
    return Family(name, np.stack(rows), np.array(sigmas), np.array(thetas))


def _steered(name: str, pairs: Iterable[tuple[Array, Array, float]], turns: int) -> Family | None:
    rows, sigmas, coefficients = [], [], []
    for first, second, sigma in pairs:
        (a, length_a), (b, length_b) = _unit(first), _unit(second)
        if length_a or length_b:
            rows.append((a[0], b[0]))
            sigmas.append(sigma)
            coefficients.append(np.diag([1 / (length_a or 1.0), 1 / (length_b or 1.0)]))
    if not rows:
        return None
    first_rows, second_rows = (np.stack(side) for side in zip(*rows, strict=True))
    directions = np.zeros(len(rows))
    return Family(
        name,
        first_rows,
        np.array(sigmas),
        directions,
        second_rows,
        np.stack(coefficients),
        turns,
    )


def _largest(first: Array, second: Array | None, columns: Array) -> Array:
    """The largest |cosine| of each of the columns, or stacks of columns."""
    along = first @ columns
    if second is None:
        return np.asarray(np.abs(along, out=along).max(axis=-2))
    across = second @ columns
    return np.asarray(np.sqrt((along * along + across * across).max(axis=-2)))


def _unit(taps: Array) -> tuple[Array, float]:
    """One row without its mean and of unit length, or zeros where nothing is left; its length."""
    largest = float(np.abs(taps).max()) or 1.0
    row = (taps - taps.mean()).reshape(1, -1)
    length = float(np.linalg.norm(row))
    if length <= _NOTHING * largest:
        return np.zeros_like(row), 0.0
    return row / length, length
