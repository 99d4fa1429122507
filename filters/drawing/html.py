"""What pages have in common: kernels as tables of cells, pictures inside, light and dark."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import cv2
import numpy as np

from ..arrays import Taps
from ..kernel import Kernel
from ..palette import diverging, ink_on
from ..text import planes
from .kernels import LARGEST_NUMBERED, plane_pictures, tap_labels
from .layout import Pixels
from .sheet import size_and_sum

THEME = """\
:root { color-scheme: light dark; --ink: #18181b; --faint: #5f5f67; --paper: #fff;
  --line: #d4d4d8; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececf0; --faint: #a5a5ae; --paper: #16161a; --line: #3a3a42; }
}
@media print {
  :root { color-scheme: light; --ink: #000; --faint: #444; --paper: #fff; --line: #bbb; }
}
"""
"""The colours of a page as CSS variables: --ink, --faint, --paper and --line."""

_SIDE_ALONE = 180
_SIDE_AMONG_OTHERS = 105


@dataclass(frozen=True)
class Cell:
    """A tap in a page: its text, and its colours as CSS."""

    text: str
    style: str


@dataclass(frozen=True)
class KernelTable:
    """One plane of a kernel: a table of cells, or a picture where there are too many of them."""

    label: str
    cells: tuple[tuple[Cell, ...], ...] = ()
    shape: str = ""
    image: str = ""
    alternative: str = ""


def kernel_tables(kernel: Kernel, alone: bool = True) -> list[KernelTable]:
    """A kernel as tables or pictures, one for each channel; three channels also as colours.

    alone: whether it stands for itself: then a plane is labelled by its size and sum or its
    channel, and may be large; else by the kernel's name too.

    >>> [cell.text for cell in kernel_tables(Kernel([[-1.0, 0.0, 1.0]]))[0].cells[0]]
    ['−1', '0', '1']
    """
    scale = float(np.abs(kernel.taps).max()) or 1.0
    side = _SIDE_ALONE if alone and kernel.taps.ndim == 2 else _SIDE_AMONG_OTHERS
    drawn = []
    for label, plane in planes(kernel.taps):
        name = label if alone else f"{kernel.name} {label}".strip()
        drawn.append(_plane(name or size_and_sum(kernel).replace("-", "−"), plane, scale, side))
    if kernel.taps.shape[2:] == (3,):
        image = plane_pictures(kernel.taps, side=side)[-1][1]
        drawn.append(KernelTable("together", image=data_uri(image), alternative="as colours"))
    return drawn


def _plane(label: str, taps: Taps, scale: float, side: int) -> KernelTable:
    if max(taps.shape) > LARGEST_NUMBERED:
        ((_, picture),) = plane_pictures(taps, scale=scale, side=side)
        height, width = taps.shape
        span = f"{height}×{width} taps from {taps.min():.3g} to {taps.max():.3g}"
        return KernelTable(label, image=data_uri(picture), alternative=span.replace("-", "−"))
    cells = tuple(
        tuple(
            Cell(text.replace("-", "−"), _style(colour))
            for text, colour in zip(texts, colours, strict=True)
        )
        for texts, colours in zip(tap_labels(taps), diverging(taps, scale), strict=True)
    )
    longest = max(len(cell.text) for line in cells for cell in line)
    shape = "wide" if len(cells[0]) > 4 else "decimal" if longest > 3 else "narrow"
    return KernelTable(label, cells, shape)


def _style(colour: Pixels) -> str:
    background, ink = (",".join(str(int(c)) for c in rgb) for rgb in (colour, ink_on(colour)))
    return f"background:rgb({background});color:rgb({ink})"


def data_uri(pixels: Pixels) -> str:
    """Pixels, grey or RGB in uint8, as a PNG inside a page.

    >>> data_uri(np.zeros((1, 1), np.uint8))[:22]
    'data:image/png;base64,'
    """
    ordered = pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., ::-1])
    _, encoded = cv2.imencode(".png", ordered, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    return "data:image/png;base64," + base64.b64encode(encoded.tobytes()).decode("ascii")
