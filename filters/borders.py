"""What lies beyond the edge of a picture: one vocabulary for it, and the padding that follows."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import Array
from .errors import InputError

BORDERS: MappingProxyType[str, str] = MappingProxyType(
    {
        "reflect101": "d c b | a b c d | c b a: mirrored about the outermost pixel",
        "symmetric": "c b a | a b c d | d c b: mirrored about the outer edge of that pixel",
        "replicate": "a a a | a b c d | d d d: the outermost pixel again and again",
        "wrap": "b c d | a b c d | a b c: the picture again, as on a torus",
        "zero": "0 0 0 | a b c d | 0 0 0: nothing but zeros, as convolutional networks pad",
    }
)
"""Each border with a sketch of four pixels a b c d and what lies on either side of them."""

ALIASES: MappingProxyType[str, str] = MappingProxyType(
    {
        "mirror": "reflect101",
        "border_reflect101": "reflect101",
        "border_default": "reflect101",
        "reflect_101": "reflect101",
        "border_reflect_101": "reflect101",
        "edge": "replicate",
        "nearest": "replicate",
        "border_replicate": "replicate",
        "constant": "zero",
        "border_constant": "zero",
        "grid-constant": "zero",
        "grid-wrap": "wrap",
        "border_wrap": "wrap",
        "grid-mirror": "symmetric",
    }
)
"""The names of NumPy, SciPy and OpenCV that mean one thing only, and what they are here."""


def resolve_border(border: str) -> str:
    """The canonical name of `border`: one of `BORDERS`.

    Case does not matter. Raises InputError for an unknown name, and for a bare "reflect",
    which is reflect101 to NumPy and symmetric to SciPy and OpenCV.

    >>> resolve_border("nearest"), resolve_border("BORDER_REFLECT_101")
    ('replicate', 'reflect101')
    """
    if not isinstance(border, str):
        raise TypeError(f"border must be a name, got {border!r}")
    name = border.lower()
    name = ALIASES.get(name, name)
    if name in ("reflect", "border_reflect"):
        raise InputError(
            f"border {border!r} is ambiguous: say reflect101 (NumPy's reflect, dcb|abcd|cba)"
            " or symmetric (SciPy's and OpenCV's reflect, cba|abcd|dcb)"
        )
    if name not in BORDERS:
        raise InputError(f"border must be one of {', '.join(BORDERS)}, got {border!r}")
    return name


def border_indices(length: int, before: int, after: int, border: str) -> NDArray[np.intp]:
    """Where each position of a padded axis is read from: `before + length + after` indices.

    length: positions that exist; before, after: how many are asked for on either side, as many
    as one likes. -1 stands for a zero.

    >>> border_indices(4, 3, 3, "reflect101").tolist()
    [3, 2, 1, 0, 1, 2, 3, 2, 1, 0]
    >>> border_indices(4, 2, 2, "zero").tolist()
    [-1, -1, 0, 1, 2, 3, -1, -1]
    """
    name = resolve_border(border)
    position = np.arange(-before, length + after, dtype=np.intp)
    if name == "replicate":
        return np.clip(position, 0, length - 1)
    if name == "wrap":
        return position % length
    if name == "symmetric":
        folded = position % (2 * length)
        return np.minimum(folded, 2 * length - 1 - folded)
    if name == "reflect101":
        period = max(2 * length - 2, 1)
        folded = position % period
        return np.minimum(folded, period - folded) if length > 1 else np.zeros_like(position)
    position[(position < 0) | (position >= length)] = -1
    return position


def pad(image: NDArray[Any], before: tuple[int, int], after: tuple[int, int], border: str) -> Array:
    """`image` with rows and columns added around it as `border` says.

    image: (height, width) or (height, width, channels). before, after: how many (rows, columns)
    above and left, below and right. Gives a new array of the same dtype, or the image itself
    where nothing is added.

    >>> pad(np.array([[1, 2, 3]]), (0, 1), (0, 2), "wrap").tolist()
    [[3, 1, 2, 3, 1, 2]]
    """
    name = resolve_border(border)
    if not any(before + after):
        return image
    height, width = image.shape[:2]
    (top, left), (bottom, right) = before, after
    padded = np.zeros(
        (top + height + bottom, left + width + right, *image.shape[2:]), dtype=image.dtype
    )
    padded[top : top + height, left : left + width] = image
    if name == "zero":
        return padded
    columns = left + border_indices(width, left, right, name)
    rows = top + border_indices(height, top, bottom, name)
    middle = padded[top : top + height]
    middle[:, :left] = middle[:, columns[:left]]
    middle[:, left + width :] = middle[:, columns[left + width :]]
    padded[:top] = padded[rows[:top]]
    padded[top + height :] = padded[rows[top + height :]]
    return padded
