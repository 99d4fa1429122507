"""Edges as pictures: a map, an overlay on the photo, a sheet of stages, a sheet of methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..drawing.layout import caption, framed, row, stack
from ..picture import Picture
from ..showing import to_picture
from .stages import EdgeStages, Stage

Pixels = NDArray[np.uint8]

_INK = (232, 62, 20)
_COLUMNS = 3
_CELL_WIDTH = 560


def edge_picture(found: EdgeStages, picture: Picture) -> Picture:
    """The edges as white lines on black, as large as the picture, with its alpha."""
    pixels = to_picture(found.edges, "clip", full_scale=1.0)
    return Picture(pixels, 255.0, pixels.dtype, picture.alpha)


def soft_picture(found: EdgeStages, depth: np.dtype[Any]) -> Picture:
    """The soft map, thin lines as bright as their edges are strong: white is the full scale.

    depth: uint8 or uint16.
    """
    pixels = to_picture(found.soft, "clip", full_scale=1.0, depth=depth)
    return Picture(pixels, float(np.iinfo(pixels.dtype).max), pixels.dtype)


def overlay_picture(found: EdgeStages, picture: Picture) -> Picture:
    """The edges in red on the photo, which is paled so that they stand out."""
    photo = to_picture(picture.pixels, "clip", full_scale=picture.full_scale).astype(np.float32)
    colours = photo if photo.ndim == 3 else np.repeat(photo[..., None], 3, axis=2)
    pale = 255 - 0.55 * (255 - colours)
    pixels = np.where(found.edges[..., None], np.array(_INK, np.float32), pale)
    drawn = np.rint(pixels).astype(np.uint8)
    return Picture(drawn, 255.0, drawn.dtype, picture.alpha)


def stage_picture(stage: Stage) -> Pixels:
    """One stage as 8-bit pixels, shown as the stage says.

    >>> stage_picture(Stage("grey", np.array([[0.5]]), "clip", "")).tolist()
    [[128]]
    """
    pixels: Pixels = to_picture(stage.pixels, stage.show, full_scale=1.0)
    return pixels


def stage_sheet(found: EdgeStages, title: str) -> Pixels:
    """All stages of a method on one sheet, numbered and captioned, for a slide.

    Gives (height, width, 3) uint8.
    """
    cells = [
        _cell(stage_picture(stage), f"{number}  {stage.name}", stage.note, stage.lines)
        for number, stage in enumerate(found.stages, start=1)
    ]
    return _sheet(cells, title)


def method_sheet(found: Sequence[EdgeStages], picture: Picture, title: str) -> Pixels:
    """The edges that several methods find in one picture, side by side, the photo first.

    Gives (height, width, 3) uint8.
    """
    photo = to_picture(picture.pixels, "clip", full_scale=picture.full_scale)
    width, height = picture.size
    cells = [_cell(photo, "photo", f"{width} by {height} pixels", lines=False)]
    for one in found:
        edges = to_picture(one.edges, "clip", full_scale=1.0)
        low, high = one.thresholds.low, one.thresholds.high
        note = f"low {low:.4g}, high {high:.4g}, {int(one.edges.sum()):,} pixels"
        cells.append(_cell(edges, one.method, note, lines=True))
    return _sheet(cells, title)


def _sheet(cells: Sequence[Pixels], title: str) -> Pixels:
    columns = min(_COLUMNS, len(cells))
    rows = [row(cells[n : n + columns], 24) for n in range(0, len(cells), columns)]
    return framed(stack([caption(title, 30), *rows], 24), 32)


def _cell(pixels: Array, name: str, note: str, lines: bool) -> Pixels:
    fitted = _fitted(pixels, lines)
    width = fitted.shape[1]
    return stack([caption(name, 20, width=width), fitted, caption(note, 15, width=width)], 6)


def _fitted(pixels: Array, lines: bool) -> Pixels:
    """`pixels` no wider than a cell; thin lines are widened first, or they would fade away."""
    height, width = pixels.shape[:2]
    if width <= _CELL_WIDTH:
        return pixels
    factor = width / _CELL_WIDTH
    if lines:
        side = int(np.ceil(factor))
        pixels = cv2.dilate(pixels, np.ones((side, side), np.uint8))
    size = (_CELL_WIDTH, max(1, round(height / factor)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
