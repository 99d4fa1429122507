"""How the taps of each family are made, from one-dimensional parts where that is what they are.

Every recipe gives a (height, width) array of taps in correlation orientation. x grows to the right
and y downwards; angles are in degrees, from the x axis towards the y axis (clockwise on screen).
Lengths are in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .arrays import Taps, finite, positive, whole
from .errors import InputError

LARGEST_SIDE = 2049
"""The longest side that a recipe makes: a slip of a digit must not eat the memory."""

_TRUNCATE = 4.0
_LARGEST_ORDER = 170
"""The factorial of anything larger is no float."""
_DIFFERENCE = (-1.0, 0.0, 1.0)
_SMOOTH = {"sobel": (1, 2, 1), "prewitt": (1, 1, 1), "scharr": (3, 10, 3), "central": (0, 1, 0)}


def matrix(rows: Sequence[Sequence[float]]) -> Taps:
    """Taps written out row by row.

    >>> matrix([[1, 0], [0, -1]]).dtype
    dtype('float64')
    """
    return np.array(rows, dtype=np.float64)


def outer(column: Sequence[float] | Taps, row: Sequence[float] | Taps) -> Taps:
    """Taps as a column of weights times a row of weights.

    >>> outer([1, 2, 1], [-1, 0, 1]).tolist()
    [[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]
    """
    return np.outer(np.asarray(column, np.float64), np.asarray(row, np.float64))


def slope_x(operator: str) -> Taps:
    """The horizontal derivative of an operator: a difference across, smoothed along the edge.

    operator: "sobel", "scharr", "prewitt" or "central". Positive where it gets brighter to the
    right; raw integers, so a unit ramp gives 8, 32, 6 and 2.

    >>> slope_x("scharr")[1].tolist()
    [-10.0, 0.0, 10.0]
    """
    return outer(_SMOOTH[operator], _DIFFERENCE)


def slope_y(operator: str) -> Taps:
    """The vertical derivative of an operator, positive where it gets brighter downwards.

    >>> slope_y("prewitt")[0].tolist()
    [-1.0, -1.0, -1.0]
    """
    return slope_x(operator).T.copy()


def box(size: int = 3) -> Taps:
    """A square of `size` equal taps on a side, summing to one.

    >>> float(box(2)[0, 0])
    0.25
    """
    side = _side(whole(size, "size"), "size")
    return np.full((side, side), 1.0 / side**2)


def binomial(size: int = 3) -> Taps:
    """A row of Pascal's triangle in both directions, summing to one: a small Gaussian in integers.

    size: number of taps on a side; the standard deviation is sqrt(size - 1)/2. At most 57, beyond
    which the triangle's numbers are no longer exact.

    >>> (binomial(3) * 16).tolist()
    [[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]
    """
    side = whole(size, "size")
    if side > 57:
        raise InputError(f"size must be at most 57, got {size}")
    row = np.array([math.comb(side - 1, n) for n in range(side)], np.float64) / 2.0 ** (side - 1)
    return outer(row, row)


def gaussian_1d(sigma: float, order: int = 0) -> Taps:
    """A sampled Gaussian (order 0) or its derivative of any order, as taps of a correlation.

    sigma: standard deviation in pixels, above 0. The taps reach int(4·sigma + 0.5) pixels to
    either side. Order 0 sums to one. Order n is the Gaussian times its Hermite polynomial, the one
    of the samples instead of the continuous one: a polynomial of degree n or less, sampled, gives
    its n-th derivative exactly; order 1 is positive to the right, order 2 has a negative centre.
    Raises InputError for numbers out of range and where the samples are too few for the order.

    >>> gaussian_1d(1.0).size, round(float(gaussian_1d(1.0).sum()), 12)
    (9, 1.0)
    >>> round(float(gaussian_1d(1.0, 1) @ np.arange(9.0)), 12)
    1.0
    """
    width = positive(sigma, "sigma")
    radius = int(_TRUNCATE * min(width, LARGEST_SIDE) + 0.5)
    _side(2 * radius + 1, "sigma", sigma)
    if whole(order, "order", least=0) > 2 * radius:
        raise InputError(f"sigma must be larger for a derivative of order {order}, got {sigma}")
    x = np.arange(-radius, radius + 1, dtype=np.float64)
    weights = np.exp(-0.5 * (x / width) ** 2)
    weights /= weights.sum()
    before, polynomial, energy = np.zeros_like(x), np.ones_like(x), 1.0
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(min(order, _LARGEST_ORDER + 1)):
            following = x * polynomial
            if before.any():
                following -= energy / float(weights @ before**2) * before
            before, polynomial = polynomial, following
            energy = float(weights @ polynomial**2)
    if order > _LARGEST_ORDER or not np.isfinite(energy):
        raise InputError(f"order is too large: {order} at sigma {sigma} exceeds every float")
    return math.factorial(order) / energy * polynomial * weights


def gaussian(sigma: float = 1.0) -> Taps:
    """A Gaussian of standard deviation `sigma`, summing to one; reaches int(4·sigma + 0.5).

    >>> gaussian(0.5).shape
    (5, 5)
    """
    row = gaussian_1d(sigma)
    return outer(row, row)


def gaussian_x(sigma: float = 1.0) -> Taps:
    """The first derivative of a Gaussian to the right.

    >>> bool(gaussian_x(1.0)[4, 5] > 0)
    True
    """
    return outer(gaussian_1d(sigma), gaussian_1d(sigma, 1))


def gaussian_y(sigma: float = 1.0) -> Taps:
    """The first derivative of a Gaussian downwards.

    >>> bool((gaussian_y(1.0) == gaussian_x(1.0).T).all())
    True
    """
    return gaussian_x(sigma).T.copy()


def gaussian_xx(sigma: float = 1.0) -> Taps:
    """The second derivative of a Gaussian across the columns; the centre is negative.

    >>> bool(gaussian_xx(1.0)[4, 4] < 0)
    True
    """
    return outer(gaussian_1d(sigma), gaussian_1d(sigma, 2))


def gaussian_yy(sigma: float = 1.0) -> Taps:
    """The second derivative of a Gaussian across the rows; the centre is negative.

    >>> bool((gaussian_yy(1.0) == gaussian_xx(1.0).T).all())
    True
    """
    return gaussian_xx(sigma).T.copy()


def gaussian_xy(sigma: float = 1.0) -> Taps:
    """The mixed derivative of a Gaussian: silent on upright edges.

    >>> bool(gaussian_xy(1.0)[5, 5] > 0)
    True
    """
    return outer(gaussian_1d(sigma, 1), gaussian_1d(sigma, 1))


def laplacian_of_gaussian(sigma: float = 1.4) -> Taps:
    """The Laplacian of a Gaussian, negative in its centre as `laplacian4` is; sums to zero.

    >>> abs(float(laplacian_of_gaussian(1.4).sum())) < 1e-12
    True
    """
    return gaussian_xx(sigma) + gaussian_yy(sigma)


def difference_of_gaussians(sigma: float = 1.0, ratio: float = 1.6) -> Taps:
    """A Gaussian minus one that is `ratio` (above 1) times as wide: a bright centre, dark around.

    >>> taps = difference_of_gaussians(1.0)
    >>> taps.shape, abs(float(taps.sum())) < 1e-12
    ((13, 13), True)
    """
    if positive(ratio, "ratio") <= 1:
        raise InputError(f"ratio must be greater than 1, got {ratio}")
    wide = gaussian(positive(sigma, "sigma") * min(ratio, LARGEST_SIDE))
    narrow = gaussian(sigma)
    margin = (wide.shape[0] - narrow.shape[0]) // 2
    return np.pad(narrow, margin) - wide


def sharpen() -> Taps:
    """The picture minus its 4-neighbour Laplacian.

    >>> sharpen().tolist()
    [[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]]
    """
    return matrix([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])


def unsharp(sigma: float = 1.0, amount: float = 1.0) -> Taps:
    """The picture plus `amount` times what a Gaussian blur of `sigma` takes away.

    amount: any finite number; a negative one blurs.

    >>> round(float(unsharp(1.0, 2.0).sum()), 12)
    1.0
    """
    blur = gaussian(sigma)
    taps = -finite(amount, "amount") * blur
    taps[blur.shape[0] // 2, blur.shape[1] // 2] += 1.0 + amount
    return taps


def compass(north: Taps, turns: int) -> Taps:
    """A 3×3 mask whose outer ring is turned by `turns` eighths, counter-clockwise.

    >>> compass(matrix([[1, 2, 3], [8, 0, 4], [7, 6, 5]]), 1).tolist()
    [[2.0, 3.0, 4.0], [1.0, 0.0, 5.0], [8.0, 7.0, 6.0]]
    """
    ring = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))
    taps = north.copy()
    for n, place in enumerate(ring):
        taps[place] = north[ring[(n + turns) % 8]]
    return taps


def frei_chen(number: int) -> Taps:
    """Mask 1 to 9 of Frei and Chen's orthonormal basis of 3×3 patches.

    1 and 2 are smooth gradients, 3 and 4 ripples, 5 and 6 lines, 7 and 8 discrete Laplacians, 9 the
    mean. The sum of any patch's nine projections is the patch itself.

    >>> round(float((frei_chen(1) ** 2).sum()), 12)
    1.0
    """
    r = math.sqrt(2)
    masks: tuple[list[list[float]], ...] = (
        [[1, r, 1], [0, 0, 0], [-1, -r, -1]],
        [[1, 0, -1], [r, 0, -r], [1, 0, -1]],
        [[0, -1, r], [1, 0, -1], [-r, 1, 0]],
        [[r, -1, 0], [-1, 0, 1], [0, 1, -r]],
        [[0, 1, 0], [-1, 0, -1], [0, 1, 0]],
        [[-1, 0, 1], [0, 0, 0], [1, 0, -1]],
        [[1, -2, 1], [-2, 4, -2], [1, -2, 1]],
        [[-2, 1, -2], [1, 4, 1], [-2, 1, -2]],
        [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
    )
    taps = matrix(masks[number - 1])
    return taps / float(np.linalg.norm(taps))


def gabor(
    theta: float = 0.0,
    wavelength: float = 6.0,
    sigma: float = 3.0,
    gamma: float = 0.7,
    phase: float = 0.0,
) -> Taps:
    """A plane wave under a Gaussian window: exp(-(x'² + γ²y'²)/2σ²) · cos(2πx'/λ - phase).

    theta: the direction across the stripes, in degrees. wavelength: pixels, at least 2. sigma: the
    window's standard deviation across the stripes; gamma: width over length of the window, from
    0.1 to 10. phase: degrees; 0 is even (a bright bar), 90 is odd (brighter towards theta).
    The window sums to one. Only odd Gabors sum to zero.

    >>> taps = gabor(phase=90)
    >>> abs(float(taps.sum())) < 1e-12, bool(taps[taps.shape[0] // 2, -12] > 0)
    (True, True)
    """
    if positive(wavelength, "wavelength") < 2:
        raise InputError(f"wavelength must be at least 2 pixels, got {wavelength}")
    if not 0.1 <= positive(gamma, "gamma") <= 10:
        raise InputError(f"gamma must be between 0.1 and 10, got {gamma}")
    width = positive(sigma, "sigma")
    radius = math.ceil(3 * min(width, LARGEST_SIDE) * max(1.0, 1.0 / gamma))
    _side(2 * radius + 1, "sigma", sigma)
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1].astype(np.float64)
    angle = math.radians(finite(theta, "theta"))
    across = x * math.cos(angle) + y * math.sin(angle)
    along = -x * math.sin(angle) + y * math.cos(angle)
    window = np.exp(-(across**2 + (gamma * along) ** 2) / (2 * width**2))
    wave = np.cos(2 * math.pi * across / wavelength - math.radians(finite(phase, "phase")))
    taps: Taps = window / window.sum() * wave
    return taps


def motion_blur(length: int = 9, angle: float = 0.0) -> Taps:
    """A straight line of `length` pixels through the centre, summing to one: a camera that moved.

    angle: degrees; 0 is horizontal, 45 falls to the lower right. Between pixels the line is shared
    out bilinearly.

    >>> motion_blur(3).tolist()
    [[0.3333333333333333, 0.3333333333333333, 0.3333333333333333]]
    """
    count = _side(whole(length, "length"), "length")
    direction = math.radians(finite(angle, "angle"))
    steps = np.arange(count) - (count - 1) / 2
    x, y = steps * math.cos(direction), steps * math.sin(direction)
    half_width, half_height = (math.ceil(round(float(np.abs(v).max()), 9)) for v in (x, y))
    taps = np.zeros((2 * half_height + 2, 2 * half_width + 2))
    left, top = np.floor(np.round(x, 9)).astype(int), np.floor(np.round(y, 9)).astype(int)
    for down in (0, 1):
        for right in (0, 1):
            weight = np.abs(1 - down - (y - top)) * np.abs(1 - right - (x - left))
            np.add.at(taps, (top + down + half_height, left + right + half_width), weight)
    taps = np.where(taps < 1e-9, 0.0, taps)[:-1, :-1]
    return taps / float(taps.sum())


def line(size: int, direction: str) -> Taps:
    """Ones along one line through the centre of a square of zeros.

    direction: "vertical", "horizontal", "falling" (to the lower right) or "rising".

    >>> line(3, "rising").tolist()
    [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """
    taps = np.eye(size)
    if direction == "rising":
        return taps[:, ::-1].copy()
    if direction != "falling":
        taps = np.zeros((size, size))
        taps[:, size // 2] = 1.0
    return taps.T.copy() if direction == "horizontal" else taps


def _side(side: int, name: str, value: float | None = None) -> int:
    if side > LARGEST_SIDE:
        given = side if value is None else value
        raise InputError(
            f"{name} is too large: {given} makes {side} taps on a side, the most is {LARGEST_SIDE}"
        )
    return side
