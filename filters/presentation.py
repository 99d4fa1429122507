"""Filters in words and numbers: what `filt list`, `show`, `explain` and `size` print."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from .arrays import Array
from .colour import luma
from .errors import InputError
from .explanation import Arithmetic, Explanation
from .filter import PictureFilter
from .kernel import Kernel
from .picture import Picture
from .planning import plan
from .size_chain import SizeRow, total_parameters
from .text import LARGEST_PRINTED, block_picture, number_table, taps_text

CHANNEL_NAMES = ("luma", "red", "green", "blue")
_SEEN_WITHOUT_KERNELS = 9
_DRAWN_WIDTH = 24


def step_response(filtered: PictureFilter, downwards: bool = False) -> Array:
    """What a filter answers to a step from 0 to 1 to the right (or downwards), across the step.

    Gives as many values on either side of the step as the filter's taps can see.

    >>> from .registry import handcrafted
    >>> step_response(handcrafted("sobel-x")).tolist()
    [0.0, 4.0, 4.0, 0.0]
    """
    height, width = _seen(filtered)
    reach = max(height, width) // 2 + 1
    ramp = np.repeat([0.0, 1.0], reach)
    picture = np.tile(ramp, (2 * reach, 1))
    response = filtered.respond(_for_channels(filtered, picture.T if downwards else picture))
    across: Array = response[:, reach] if downwards else response[reach]
    return across


def impulse_response(filtered: PictureFilter) -> Array:
    """What a filter answers to a single pixel of 1: the taps turned by 180°, for a single kernel.

    >>> from .registry import handcrafted
    >>> impulse_response(handcrafted("central-x")).tolist()
    [[1.0, 0.0, -1.0]]
    """
    height, width = _seen(filtered)
    picture = np.zeros((height, width))
    picture[(height - 1) // 2, (width - 1) // 2] = 1.0
    padded = np.pad(picture, ((height, height), (width, width)))
    response = filtered.respond(_for_channels(filtered, padded))
    return response[height : 2 * height, width : 2 * width]


def _seen(filtered: PictureFilter) -> tuple[int, int]:
    """The height and width that the largest kernel sees, or what stands for it without kernels."""
    sizes = [kernel.shape[:2] for kernel in filtered.kernels]
    if not sizes:
        return _SEEN_WITHOUT_KERNELS, _SEEN_WITHOUT_KERNELS
    return max(height for height, _ in sizes), max(width for _, width in sizes)


def _for_channels(filtered: PictureFilter, picture: Array) -> Array:
    counts = {kernel.shape[2] for kernel in filtered.kernels if len(kernel.shape) == 3}
    return np.repeat(picture[..., None], counts.pop(), axis=2) if counts else picture


def filter_text(filtered: PictureFilter) -> str:
    """A filter as lines for the terminal: its kernels, and its answers to a step and an impulse.

    >>> from .registry import handcrafted
    >>> "vertical edges" in filter_text(handcrafted("sobel-x"))
    True
    """
    lines = [f"{filtered.name}: {filtered.meaning}" if filtered.meaning else filtered.name]
    lines.append(f"family {filtered.family}, shown as {filtered.show}")
    if filtered.source:
        lines.append(f"source {filtered.source}")
    if filtered.composition:
        lines.append(filtered.composition)
    for kernel in filtered.kernels:
        lines += ["", *_kernel_lines(kernel, len(filtered.kernels) > 1)]
    lines += [
        "",
        f"answer to a step from 0 to 1 to the right  {_row(step_response(filtered))}",
        f"answer to a step from 0 to 1 downwards     {_row(step_response(filtered, True))}",
    ]
    impulse = impulse_response(filtered)
    if not impulse.any():
        lines.append("answer to a single pixel of 1  nothing")
    elif max(impulse.shape) <= LARGEST_PRINTED:
        turned = " (the taps turned by 180°)" if len(filtered.kernels) == 1 else ""
        lines.append(f"answer to a single pixel of 1{turned}")
        lines += [f"  {row}" for row in number_table(impulse)]
    return "\n".join(lines)


def _kernel_lines(kernel: Kernel, named: bool) -> list[str]:
    size = "×".join(map(str, kernel.shape))
    lines = [f"{kernel.name} {size}" if named else f"{size} taps"]
    lines += [f"  {row}" for row in taps_text(kernel.taps)]
    lines.append(f"  {kernel.facts}")
    if kernel.rank == 1 and kernel.taps.ndim == 2:
        column, row = kernel.factors[0]
        if _are_whole(column) and _are_whole(row):
            lines.append(f"  column [{_row(column)}] times row [{_row(row)}]")
    lines.append(f"  finds {kernel.finds}")
    if kernel.taps.ndim == 2:
        chosen = plan(kernel)
        lines.append(f"  algorithm {chosen.algorithm}: {chosen.reason}")
    return lines


def _are_whole(values: Array) -> bool:
    return bool((values == np.round(values)).all())


def _row(values: Array) -> str:
    if len(values) > 2 * LARGEST_PRINTED:
        return f"{values.min():.4g} to {values.max():.4g}"
    return " ".join(f"{float(value) + 0.0:.4g}" for value in np.round(values, 12))


def filter_facts(filtered: PictureFilter) -> dict[str, Any]:
    """What `filter_text` says, as plain data for JSON.

    >>> from .registry import handcrafted
    >>> filter_facts(handcrafted("sobel-x"))["kernels"][0]["rank"]
    1
    """
    return {
        "name": filtered.name,
        "meaning": filtered.meaning,
        "family": filtered.family,
        "source": filtered.source,
        "composition": filtered.composition,
        "channels": filtered.channels,
        "show": filtered.show,
        "kernels": [kernel_facts(kernel) for kernel in filtered.kernels],
        "step_right": step_response(filtered).tolist(),
        "step_down": step_response(filtered, True).tolist(),
        "impulse": impulse_response(filtered).tolist(),
    }


def kernel_facts(kernel: Kernel) -> dict[str, Any]:
    """What a kernel knows of itself, as plain data for JSON; taps in correlation orientation.

    >>> kernel_facts(Kernel(np.array([[1.0, 2.0]])))["sum"]
    3.0
    """
    return {
        "name": kernel.name,
        "shape": list(kernel.shape),
        "taps": kernel.taps.tolist(),
        "sum": kernel.sum,
        "rank": kernel.rank,
        "factors": [[column.tolist(), row.tolist()] for column, row in kernel.factors],
        "symmetry": list(kernel.symmetry),
        "finds": kernel.finds,
        "source": kernel.source,
        "algorithm": plan(kernel).algorithm if kernel.taps.ndim == 2 else None,
    }


def plane_of(picture: Picture, channel: str) -> Array:
    """One plane of a picture: its luma, or its red, green or blue.

    Raises InputError for another name, and for a colour of a grey picture.

    >>> grey = Picture(np.ones((2, 2)), 1.0, np.dtype(np.float32))
    >>> plane_of(grey, "luma").shape
    (2, 2)
    """
    if channel not in CHANNEL_NAMES:
        raise InputError(f"channel must be one of {', '.join(CHANNEL_NAMES)}, got {channel!r}")
    if channel == "luma":
        return luma(picture.pixels)
    if not picture.is_colour:
        raise InputError(f"a grey picture has no {channel}")
    plane: Array = picture.pixels[..., CHANNEL_NAMES.index(channel) - 1]
    return plane


def explanation_facts(explanation: Explanation, worksheet: bool = False) -> dict[str, Any]:
    """An explanation as plain data for JSON; a worksheet's products, sums and angles are None.

    >>> from .explanation import explain
    >>> facts = explanation_facts(explain(np.eye(3), Kernel(np.array([[1.0, 2.0]])), 1, 1))
    >>> facts["correlation"]["sum"]
    2.0
    """
    return {
        "kernel": explanation.kernel.name,
        "x": explanation.x,
        "y": explanation.y,
        "border": explanation.border,
        "correlation": _arithmetic_facts(explanation.correlation, worksheet),
        "convolution": _arithmetic_facts(explanation.convolution, worksheet),
    }


def _arithmetic_facts(way: Arithmetic, worksheet: bool) -> dict[str, Any]:
    return {
        "patch": way.patch.tolist(),
        "taps": way.taps.tolist(),
        "products": None if worksheet else way.products.tolist(),
        "sum": None if worksheet else way.total,
        "angle": None if worksheet else way.angle,
    }


def card(filtered: PictureFilter, remark: str, width: int = 96) -> str:
    """A filter as a few lines for a list: a small picture, then name, size, meaning, a remark.

    >>> from .registry import handcrafted
    >>> print(card(handcrafted("central-x"), ""))
      ░░  ██                  central-x  1×3
                              right neighbour minus left neighbour
    """
    drawn = _pictures(filtered.kernels)
    head = f"{filtered.name}  {size_of(filtered)}".rstrip()
    indent = _DRAWN_WIDTH + 2
    words = [head, *textwrap.wrap(filtered.meaning, width - indent)]
    if remark:
        words += textwrap.wrap(remark, width - indent)
    height = max(len(drawn), len(words))
    drawn += [""] * (height - len(drawn))
    words += [""] * (height - len(words))
    return "\n".join(
        f"  {blocks.ljust(_DRAWN_WIDTH)}{line}".rstrip()
        for blocks, line in zip(drawn, words, strict=True)
    )


def size_of(filtered: PictureFilter) -> str:
    """How large a filter is: the size of its kernels, and how many if there are several.

    >>> from .registry import handcrafted
    >>> size_of(handcrafted("sobel-x")), size_of(handcrafted("kirsch"))
    ('3×3', '8 of 3×3')
    """
    if not filtered.kernels:
        return ""
    size = "×".join(map(str, filtered.kernels[0].shape))
    return f"{len(filtered.kernels)} of {size}" if len(filtered.kernels) > 1 else size


def _pictures(kernels: Sequence[Kernel]) -> list[str]:
    """The first two kernels side by side, each at most five taps wide and high."""
    blocks = []
    for kernel in kernels[:2]:
        taps = kernel.taps if kernel.taps.ndim == 2 else kernel.taps.sum(axis=2)
        blocks.append(block_picture(taps, 5))
    height = max((len(block) for block in blocks), default=0)
    padded = [block + [" " * len(block[0])] * (height - len(block)) for block in blocks]
    return ["  ".join(lines) for lines in zip(*padded, strict=True)]


def size_text(rows: Sequence[SizeRow]) -> str:
    """A size chain as a table for the terminal: sizes, parameters and receptive field.

    >>> from .size_chain import size_chain
    >>> print(size_text(size_chain(["7", "conv3s2"])))
    layer    size  sees
    7        7×7   1
    conv3s2  3×3   3
    """
    total = total_parameters(rows)
    counted = any(row.parameters for row in rows)
    table = [["layer", "size", *(["parameters"] if counted else []), "sees", ""]]
    for row in rows:
        size = "×".join(str(n) for n in (row.height, row.width, row.channels) if n is not None)
        sees = "all" if row.receptive_field is None else str(row.receptive_field)
        parameters = [f"{row.parameters:,}" if row.parameters is not None else ""]
        table.append([row.layer, size, *(parameters if counted else []), sees, row.warning])
    widths = [max(len(cells[n]) for cells in table) for n in range(len(table[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        for cells in table
    ]
    if counted and total is not None:
        lines.append(f"{total:,} parameters in all")
    return "\n".join(lines)
