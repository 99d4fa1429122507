"""The responses of a bank, or of any layer, as one picture."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..filters.arrays import Array
from ..filters.drawing.layout import FAINT, Pixels, caption, framed, row, stack
from ..filters.errors import InputError

_SEEN = 0.995
_SMALLEST = 96
_WIDEST = 1280


def response_picture(
    responses: Array, names: Sequence[str], title: str, *, signed: bool = True
) -> Pixels:
    """Feature maps side by side under their names, as many in a line as come nearest to a square.

    responses: (height, width, n). signed: zero is mid-grey, darker below and brighter above; else
    zero is black. All on one scale, which the foot tells: its end is the magnitude that
    one pixel in two hundred exceeds, so that a few strong ones do not pale all others.
    Gives (height, width, 3) in uint8. Raises InputError for other shapes.

    >>> response_picture(np.zeros((4, 5, 2)), ["a", "b"], "two").shape[2]
    3
    """
    if responses.ndim != 3 or responses.shape[2] != len(names) or 0 in responses.shape:
        raise InputError(
            f"responses must be (height, width, {len(names)}), got shape {responses.shape}"
        )
    known = np.nan_to_num(responses.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    largest = float(np.quantile(np.abs(known), _SEEN)) or float(np.abs(known).max()) or 1.0
    share = known / largest
    shown = np.clip(0.5 + 0.5 * share if signed else share, 0, 1)
    pixels = np.rint(255 * shown).astype(np.uint8)
    across = min(len(names), max(1, round(len(names) ** 0.5)))
    cells = [
        _response(pixels[..., n], name, max(_SMALLEST, _WIDEST // across))
        for n, name in enumerate(names)
    ]
    lines = [row(cells[n : n + across], 16) for n in range(0, len(cells), across)]
    body = stack(lines, 16)
    zero = "zero is mid-grey" if signed else "zero is black"
    below = f", black -{largest:.3g}" if signed else ""
    note = f"one scale for all: {zero}, white {largest:.3g}{below} and beyond"
    width = max(body.shape[1], 400)
    head, foot = caption(title, 26, width=width), caption(note, 15, width=width, ink=FAINT)
    return framed(stack([head, body, foot], 20), 28)


def _response(pixels: Pixels, name: str, widest: int) -> Pixels:
    height, width = pixels.shape
    if width > widest:
        size = (widest, max(1, round(height * widest / width)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    else:
        times = max(1, _SMALLEST // max(height, width))
        pixels = pixels.repeat(times, axis=0).repeat(times, axis=1)
    return stack([caption(name, 15, width=max(_SMALLEST, pixels.shape[1])), pixels], 4)
