"""The arithmetic of one pixel: patch, taps, products and their sum, both ways round."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .arrays import Array, Taps, as_image
from .borders import border_indices, resolve_border
from .errors import InputError
from .kernel import Kernel
from .text import LARGEST_PRINTED, number_table

_DIGITS = 7
"""Significant digits that are printed: the luma of 8 bits has six, so what is printed adds up."""


@dataclass(frozen=True, eq=False)
class Arithmetic:
    """One way of laying the taps on the patch: the products and what they add up to.

    operation: "correlation" or "convolution". patch, taps, products: (height, width), float64; the
    taps as they are laid on, turned by 180° for a convolution. total: the sum of the products.
    angle: between patch and taps in degrees, or None where one of them is all zero.
    """

    operation: str
    patch: Taps
    taps: Taps
    products: Taps
    total: float
    angle: float | None


@dataclass(frozen=True, eq=False)
class Explanation:
    """What a kernel does at one pixel, by correlation and by convolution.

    x, y: the pixel's column and row, from 0 at the top left.
    """

    kernel: Kernel
    x: int
    y: int
    border: str
    correlation: Arithmetic
    convolution: Arithmetic


def explain(
    image: ArrayLike, kernel: Kernel, x: int, y: int, border: str = "reflect101"
) -> Explanation:
    """The arithmetic of `kernel` at column x, row y of a grey image.

    image: (height, width). The sums are those that `correlate` and `convolve` give there.
    Raises InputError for a pixel outside the image, an image with channels, an unknown border, or
    a kernel over channels.

    >>> picture = np.arange(9).reshape(3, 3)
    >>> explanation = explain(picture, Kernel(np.array([[1.0, 0, -1]])), 1, 1)
    >>> explanation.correlation.total, explanation.convolution.total
    (-2.0, 2.0)
    """
    if not isinstance(kernel, Kernel):
        raise TypeError(f"kernel must be of type Kernel, got {type(kernel).__name__}")
    pixels = as_image(image)
    if pixels.ndim != 2 or kernel.taps.ndim != 2:
        raise InputError("the arithmetic of one pixel needs one plane: a grey image, a flat kernel")
    height, width = pixels.shape
    for axis, place in (("x", x), ("y", y)):
        if isinstance(place, bool) or not isinstance(place, int | np.integer):
            raise TypeError(f"{axis} must be a whole number, got {place!r}")
    if not (0 <= x < width and 0 <= y < height):
        raise InputError(
            f"pixel {x},{y} lies outside the picture: x is 0 to {width - 1}, y is 0 to {height - 1}"
        )
    name = resolve_border(border)
    patch = _patch(pixels, kernel.shape, x, y, name).astype(np.float64)
    return Explanation(
        kernel,
        x,
        y,
        name,
        _arithmetic("correlation", patch, kernel.taps),
        _arithmetic("convolution", patch, kernel.taps[::-1, ::-1]),
    )


def _patch(pixels: Array, shape: tuple[int, ...], x: int, y: int, border: str) -> Array:
    places = []
    for centre, length, taps in ((y, pixels.shape[0], shape[0]), (x, pixels.shape[1], shape[1])):
        before, after = taps // 2, (taps - 1) // 2
        indices = border_indices(length, before, after, border)
        places.append(indices[centre : centre + taps])
    rows, columns = places
    patch = pixels[np.ix_(rows, columns)]
    outside: Array = (rows < 0)[:, None] | (columns < 0)[None, :]
    return np.where(outside, 0, patch)


def _arithmetic(operation: str, patch: Taps, taps: Taps) -> Arithmetic:
    # A tap of zero does not look at its pixel, whatever that holds.
    products = np.multiply(patch, taps, out=np.zeros_like(patch), where=taps != 0)
    total = math.fsum(products.ravel()) if np.isfinite(products).all() else float(products.sum())
    lengths = float(np.linalg.norm(patch) * np.linalg.norm(taps))
    angle = None
    if 0 < lengths < math.inf:
        angle = math.degrees(math.acos(max(-1.0, min(1.0, total / lengths))))
    return Arithmetic(operation, patch, taps, products, total, angle)


def explanation_text(explanation: Explanation, worksheet: bool = False) -> str:
    """An explanation as lines for the terminal.

    worksheet: leave the products, the sums and the angles blank, for a class to fill in.

    >>> picture = np.arange(9).reshape(3, 3)
    >>> print(explanation_text(explain(picture, Kernel(np.array([[1.0, 0, -1]])), 1, 1)))
    correlation: the taps as they are
      patch     taps       products
      3  4  5   1  0  -1   3  0  -5
      sum -2, angle between patch and taps 101.5°
    convolution: the taps turned by 180°
      patch     taps       products
      3  4  5   -1  0  1   -3  0  5
      sum 2, angle between patch and taps 78.5°
    """
    ways = {
        explanation.correlation: "the taps as they are",
        explanation.convolution: "the taps turned by 180°",
    }
    lines = []
    for way, words in ways.items():
        lines.append(f"{way.operation}: {words}")
        lines += _tables(way, worksheet)
        angle = "undefined" if way.angle is None else f"{way.angle:.1f}°"
        total = f"{way.total:.{_DIGITS}g}"
        if worksheet:
            total, angle = "________", "________"
        lines.append(f"  sum {total}, angle between patch and taps {angle}")
    return "\n".join(lines)


def _tables(way: Arithmetic, worksheet: bool) -> list[str]:
    if max(way.taps.shape) > LARGEST_PRINTED:
        size = "×".join(map(str, way.taps.shape))
        return [f"  {size} taps are too many to print here; --json has them all"]
    products = number_table(way.products, _DIGITS)
    if worksheet:
        blank = "  ".join(["____"] * way.products.shape[1])
        products = [blank] * way.products.shape[0]
    columns = [
        ["patch", *number_table(way.patch, _DIGITS)],
        ["taps", *number_table(way.taps, _DIGITS)],
        ["products", *products],
    ]
    widths = [max(map(len, column)) for column in columns]
    rows = zip(*columns, strict=True)
    return [
        ("  " + "   ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True))).rstrip()
        for row in rows
    ]
