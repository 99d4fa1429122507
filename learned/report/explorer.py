"""The data of the report's explorer: one photo, kernels, and the arithmetic of one pixel."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike

from ...filters.arrays import Array, Taps, as_image
from ...filters.borders import BORDERS
from ...filters.colour import luma
from ...filters.correlation import correlate
from ...filters.errors import InputError
from ...filters.explanation import Arithmetic, Explanation, explain
from ...filters.kernel import Kernel
from ...filters.palette import diverging, ink_on
from ...filters.picture import full_scale_for
from ...filters.sizes import MODES
from ...filters.text import LARGEST_PRINTED, planes

LARGEST_SIDE = 1000
"""The longer side of the photo in pixels; larger ones are reduced."""

LARGEST_KERNEL = 15
"""The longest side of a kernel whose taps are shown; larger ones are left out."""

DIGITS = 7
"""Significant digits, as `filt explain` prints them."""

_MOST_BYTES = 1_100_000
_LARGEST_SIDE_BY_SIDE = 5
_DIGITS_OF_MANY = 3
_START = "sobel-x"
_SAMPLES = {"uint8": "u1", "float32": "<f4", "float64": "<f8"}


def explorer_data(
    picture: ArrayLike, groups: Mapping[str, Iterable[Kernel]], start: str = _START
) -> dict[str, Any]:
    """What the page's explorer shows, as plain data for JSON; the same input gives the same data.

    picture: (height, width) or (height, width, 3), or a `Picture`; its luma is shown. Above 1000
    pixels on the longer side, or above 1.1 MB, it is reduced by area averaging; 8-bit ones are
    rounded to whole luma then. groups: kernels under the names of their groups. A kernel over
    channels gives one flat kernel for each of them; one larger than 15×15 is left out and named.
    start: the kernel that is shown first, else the first there is.

    Gives "photo" (width, height, full_scale, samples, pixels in base64, reduced_from, rounded),
    "groups" (name, kernels with name, meaning and taps), "left_out" (names), "borders" (names
    with sketches), "paddings", "start" (group, kernel, x, y) and "example" (that pixel's
    arithmetic as cells to print).
    Raises InputError where no kernel is left, and what `luma` does.

    >>> ramp = np.arange(12, dtype=np.uint8).reshape(3, 4)
    >>> data = explorer_data(ramp, {"own": [Kernel([[-1, 0, 1]], name="slope")]})
    >>> data["photo"]["samples"], data["example"]["ways"][0]["sum"]
    ('uint8', '2')
    """
    source = np.asarray(as_image(picture))
    is_8_bit = np.asarray(picture).dtype == np.uint8
    plane, rounded = _fitting(luma(source), is_8_bit)
    full_scale = full_scale_for(picture)
    offered: list[tuple[str, list[Kernel]]] = []
    left_out: list[str] = []
    for name, kernels in groups.items():
        flat = [part for kernel in kernels for part in _flat(kernel)]
        small = [kernel for kernel in flat if max(kernel.shape) <= LARGEST_KERNEL]
        left_out += [kernel.name for kernel in flat if max(kernel.shape) > LARGEST_KERNEL]
        if small:
            offered.append((name, small))
    if not offered:
        raise InputError(f"groups must have a kernel of at most {LARGEST_KERNEL}×{LARGEST_KERNEL}")
    group, number = _found(offered, start)
    chosen = offered[group][1][number]
    x, y = _strongest(plane, chosen)
    height, width = source.shape[:2]
    return {
        "photo": {
            "width": plane.shape[1],
            "height": plane.shape[0],
            "full_scale": full_scale,
            **_encoded(plane),
            "reduced_from": [width, height] if plane.shape != (height, width) else None,
            "rounded": rounded,
        },
        "groups": [
            {"name": name, "kernels": [_kernel_data(kernel) for kernel in kernels]}
            for name, kernels in offered
        ],
        "left_out": left_out,
        "largest": LARGEST_KERNEL,
        "borders": dict(BORDERS),
        "paddings": list(MODES),
        "start": {"group": group, "kernel": number, "x": x, "y": y},
        "example": _example(explain(plane, chosen, x, y), full_scale),
    }


def _fitting(plane: Array, is_8_bit: bool) -> tuple[Array, bool]:
    """A plane small enough for the page, and whether it was rounded to whole numbers for that."""
    height, width = plane.shape
    if max(height, width) <= LARGEST_SIDE and _bytes(plane) <= _MOST_BYTES:
        return plane, False
    share = min(1.0, LARGEST_SIDE / max(height, width))
    if not is_8_bit:
        share = min(share, (_MOST_BYTES / plane.dtype.itemsize / plane.size) ** 0.5)
    size = max(1, int(width * share)), max(1, int(height * share))
    small: Array = cv2.resize(plane, size, interpolation=cv2.INTER_AREA).reshape(size[::-1])
    return (np.rint(small), True) if is_8_bit else (small, False)


def _encoded(plane: Array) -> dict[str, str]:
    """The plane in the smallest kind of sample that holds it exactly, as base64."""
    kind = _kind(plane)
    stored = plane.astype(_SAMPLES[kind])
    return {"samples": kind, "pixels": base64.b64encode(stored.tobytes()).decode("ascii")}


def _kind(plane: Array) -> str:
    if np.array_equal(plane, np.clip(np.rint(plane), 0, 255)):
        return "uint8"
    with np.errstate(over="ignore"):
        is_single = np.array_equal(plane, plane.astype(np.float32), equal_nan=True)
    return "float32" if is_single else "float64"


def _bytes(plane: Array) -> int:
    return plane.size * np.dtype(_SAMPLES[_kind(plane)]).itemsize


def _flat(kernel: Kernel) -> list[Kernel]:
    if kernel.taps.ndim == 2:
        return [kernel]
    return [
        replace(kernel, taps=taps, name=f"{kernel.name} {label}")
        for label, taps in planes(kernel.taps)
    ]


def _kernel_data(kernel: Kernel) -> dict[str, Any]:
    meaning = kernel.meaning if kernel.family != "learned" else ""
    return {
        "name": kernel.name,
        "meaning": meaning or f"finds {kernel.finds}",
        "taps": kernel.taps.tolist(),
    }


def _found(offered: list[tuple[str, list[Kernel]]], start: str) -> tuple[int, int]:
    for group, (_, kernels) in enumerate(offered):
        for number, kernel in enumerate(kernels):
            if kernel.name == start:
                return group, number
    return 0, 0


def _strongest(plane: Array, kernel: Kernel) -> tuple[int, int]:
    """The pixel that answers most, of those whose patch lies inside if there are any."""
    height, width = plane.shape
    rows, columns = kernel.shape
    response = np.abs(correlate(plane, kernel))
    inside = np.zeros(plane.shape, bool)
    inside[rows // 2 : height - (rows - 1) // 2, columns // 2 : width - (columns - 1) // 2] = True
    wanted = np.where(inside, np.nan_to_num(response), -1.0)
    # Coarser than rounding, so that the choice does not hang on a last bit.
    level = np.floor(wanted / (float(wanted.max()) or 1.0) * 1000)
    y, x = np.unravel_index(level.argmax(), level.shape)
    return int(x), int(y)


def _example(explanation: Explanation, full_scale: float) -> dict[str, Any]:
    ways = (explanation.correlation, explanation.convolution)
    scale = float(np.abs(explanation.kernel.taps).max()) or 1.0
    products = max(float(np.abs(np.nan_to_num(way.products)).max()) for way in ways) or 1.0
    patch = ways[0].patch
    grey = np.clip(np.nan_to_num(patch) / full_scale, 0, 1) * 255
    greys = np.rint(grey).astype(np.uint8)[..., None].repeat(3, axis=2)
    return {
        "kernel": explanation.kernel.name,
        "x": explanation.x,
        "y": explanation.y,
        "border": explanation.border,
        "is_broad": max(patch.shape) > _LARGEST_SIDE_BY_SIDE,
        "is_rounded": max(patch.shape) > LARGEST_PRINTED,
        "patch": _cells(patch, greys),
        "ways": [
            {
                "operation": way.operation,
                "taps": _cells(way.taps, diverging(way.taps, scale)),
                "products": _cells(way.products, diverging(np.nan_to_num(way.products), products)),
                "sum": _printed(way.total),
                "angle": _angle(way),
            }
            for way in ways
        ],
    }


def _cells(values: Taps, colours: Array) -> list[list[dict[str, str]]]:
    digits = _DIGITS_OF_MANY if max(values.shape) > LARGEST_PRINTED else DIGITS
    return [
        [
            {"text": _printed(float(value), digits), "style": _style(colour)}
            for value, colour in zip(line, shades, strict=True)
        ]
        for line, shades in zip(values, colours, strict=True)
    ]


def _style(colour: Array) -> str:
    paper, ink = (",".join(str(int(part)) for part in rgb) for rgb in (colour, ink_on(colour)))
    return f"background:rgb({paper});color:rgb({ink})"


def _printed(value: float, digits: int = DIGITS) -> str:
    return f"{value:.{digits}g}".replace("-", "−") if value else "0"


def _angle(way: Arithmetic) -> str:
    return "undefined" if way.angle is None else f"{way.angle:.1f}°"
