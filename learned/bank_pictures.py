"""A bank of kernels as one picture: numbered, in colour, before and after training."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np

from ..filters.arrays import Array, Taps
from ..filters.drawing.kernels import plane_pictures, scale_bar
from ..filters.drawing.layout import FAINT, Pixels, at_least, caption, framed, row, stack
from ..filters.errors import InputError
from .kernel_bank import KernelBank

SCALES: MappingProxyType[str, str] = MappingProxyType(
    {
        "each": "each drawing on its own scale: full colour is the figure below it",
        "common": "all drawings on one scale: what is pale is weak beside the strongest",
    }
)
"""The scales of a bank's picture, and what its foot says of them."""

ROWS = ("kernels", "change", "epochs")
"""What is drawn of each kernel: itself; untrained, trained and difference; every epoch."""

MOST_DRAWN = 64
"""How many kernels of a bank are drawn."""

_MOST_PLANES = 4
_IN_A_LINE = 8
_KEY = "taps of a correlation: blue below zero, white at zero, orange above"


def bank_picture(
    bank: KernelBank,
    scale: str = "each",
    rows: str | None = None,
    captions: Sequence[str] = (),
) -> Pixels:
    """The kernels of a bank side by side, each under its number, eight in a line.

    scale: "each" or "common", see `SCALES`; the picture says which. rows: "kernels"; "change" for
    the untrained ones, the trained ones and the difference below each other; "epochs" for the
    untrained ones and those after each epoch; None is "change" where the bank keeps its
    untrained kernels. captions: a line for each kernel, below its number.
    Up to 7×7 with room for it the taps are printed too. Kernels over red, green and blue show the
    three channels and the colours that they make together, zero as mid-grey; of other numbers of
    channels four are drawn, and of more than 64 kernels the first 64: the picture says so.

    Gives (height, width, 3) in uint8. Raises InputError for another scale, for rows that the bank
    does not keep, and for captions that are not one for each kernel.

    >>> picture = bank_picture(KernelBank.from_names(["sobel-x", "laplacian"]))
    >>> picture.dtype, picture.shape[2]
    (dtype('uint8'), 3)
    """
    if scale not in SCALES:
        raise InputError(f"scale must be one of {', '.join(SCALES)}, got {scale!r}")
    if captions and len(captions) != len(bank):
        raise InputError(f"captions must be {len(bank)}, one for each kernel, got {len(captions)}")
    drawn = _rows(bank, rows)
    largest = max(float(np.abs(kernels).max()) for _, kernels in drawn) or 1.0
    common = largest if scale == "common" else None
    count = min(len(bank), MOST_DRAWN)
    columns = [
        _column(bank, drawn, index, captions[index] if captions else "", common)
        for index in range(count)
    ]
    lines = [
        _line(columns[first : first + _IN_A_LINE], [label for label, _ in drawn])
        for first in range(0, count, _IN_A_LINE)
    ]
    body = stack(lines, 28)
    width = max(body.shape[1], 520)
    notes = [_KEY, SCALES[scale]]
    if bank.kernels.shape[2] == 3:
        notes.append("together: the colours that a kernel weighs most, zero as mid-grey")
    elif bank.kernels.shape[2] > _MOST_PLANES:
        notes.append(f"channels 0 to {_MOST_PLANES - 1} of {bank.kernels.shape[2]}")
    if len(bank) > count:
        notes.append(f"the first {count} of {len(bank)} kernels")
    foot = [caption(note, 15, width=width, ink=FAINT) for note in notes]
    bar = [scale_bar(common, 240)] if common else []
    head = caption(bank.title, 26, width=width)
    return framed(stack([head, body, *bar, stack(foot, 2)], 24), 32)


def _rows(bank: KernelBank, rows: str | None) -> list[tuple[str, Array]]:
    """The labels and the kernels of each row."""
    if rows is None:
        rows = "kernels" if bank.untrained is None else "change"
    if rows not in ROWS:
        raise InputError(f"rows must be one of {', '.join(ROWS)}, got {rows!r}")
    if rows == "kernels":
        return [("", bank.kernels)]
    before = [] if bank.untrained is None else [("untrained", bank.untrained)]
    if rows == "epochs":
        if bank.epochs is None:
            raise InputError(f"{bank.name} does not keep its kernels epoch by epoch")
        after = [(f"epoch {n}", kernels) for n, kernels in enumerate(bank.epochs, start=1)]
        return [*before, *after]
    if bank.untrained is None:
        raise InputError(f"{bank.name} does not keep its untrained kernels")
    change = bank.kernels - bank.untrained
    return [*before, ("trained", bank.kernels), ("difference", change)]


def _column(
    bank: KernelBank,
    drawn: Sequence[tuple[str, Array]],
    index: int,
    words: str,
    common: float | None,
) -> list[Pixels]:
    """A kernel's heading and, below it, its drawing in each row."""
    pictures = [_kernel(kernels[..., index], common) for _, kernels in drawn]
    width = max(picture.shape[1] for picture in pictures)
    texts = [caption(str(index), 18, width=width)]
    if words:
        texts.append(caption(words, 13, width=width, ink=FAINT))
    return [stack(texts, 0), *pictures]


def _kernel(taps: Taps, common: float | None) -> Pixels:
    """One drawing: the plane, or the planes in a square, and its scale where it has its own."""
    weights = taps.astype(np.float64)
    own = float(np.abs(weights).max())
    full = common or own or 1.0
    if weights.shape[2] == 1:
        ((_, picture),) = plane_pictures(weights[:, :, 0], scale=full, side=_side(weights))
        pictures = [picture]
    else:
        seen = weights if weights.shape[2] == 3 else weights[:, :, :_MOST_PLANES]
        named = plane_pictures(seen, scale=full, side=max(48, _side(weights) * 2 // 3))
        planes = [
            stack([caption(label, 11, width=plane.shape[1], ink=FAINT), plane], 1)
            for label, plane in named[:_MOST_PLANES]
        ]
        pictures = [stack([row(planes[n : n + 2], 6) for n in range(0, len(planes), 2)], 4)]
    if common is None:
        pictures.append(caption(f"±{own:.3g}" if own else "all 0", 12, ink=FAINT))
    return stack(pictures, 2)


def _side(taps: Taps) -> int:
    """How many pixels a drawing takes: more where its numbers are to be read."""
    return 126 if max(taps.shape[:2]) <= 3 else 98


def _line(columns: Sequence[Sequence[Pixels]], labels: Sequence[str]) -> Pixels:
    """Columns side by side, their rows on one height, the rows' labels to the left."""
    words = [caption("", 15), *(caption(label, 15, ink=FAINT) for label in labels)]
    beside = [words, *columns] if any(labels) else list(columns)
    widths = [max(cell.shape[1] for cell in column) for column in beside]
    lines = []
    for cells in zip(*beside, strict=True):
        height = max(cell.shape[0] for cell in cells)
        lines.append(row([at_least(c, height, w) for c, w in zip(cells, widths, strict=True)], 18))
    return stack(lines, 8)
