"""Weights without a model: which array holds the kernels of the first layer, and in what order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...filters.arrays import Array
from ...filters.errors import InputError, ModelError
from .limits import listed, shown

KERAS, PYTORCH = "keras", "pytorch"
LAYOUTS = (KERAS, PYTORCH)
"""(height, width, in, out), and (out, in, height, width)."""

LARGEST_KERNEL = 31
"""A longer side than this tells that an axis is no side of a kernel."""

_SAID = {"kernel": KERAS, "weight": PYTORCH}
_PREFERRED_INPUTS = {KERAS: ((1, 3),), PYTORCH: ((3,), (1,))}


@dataclass(frozen=True)
class Tensor:
    """An array of a file that has not been read: its name and its shape."""

    name: str
    shape: tuple[int, ...]


def first_kernels(
    tensors: Iterable[Tensor], layer: str | None = None, layout: str | None = None
) -> tuple[Tensor, str]:
    """The tensor that holds a first layer's kernels, and its layout.

    Such files keep no order of layers. Of all arrays of four axes, those that take a picture come
    first (1 or 3 channels; in PyTorch's layout 3 before 1, since depthwise kernels look like
    kernels over one channel), and of these the first by name, numbers in names counted as
    numbers. layer: the name of the tensor, or of the layer that it belongs to, instead.
    layout: "keras" or "pytorch" for all tensors; None tells them apart by name (`kernel` is
    Keras, `weight` is PyTorch) and by shape.

    Raises ModelError where there is none, and where the layout cannot be told; InputError for a
    layer that is not there and for another layout.

    >>> found, layout = first_kernels([Tensor("c10.weight", (8, 3, 5, 5)), Tensor("b", (8,)),
    ...                                Tensor("c2.weight", (8, 3, 3, 3))])
    >>> found.name, layout
    ('c2.weight', 'pytorch')
    """
    check_layout(layout)
    all_tensors = sorted(tensors, key=lambda tensor: natural_order(tensor.name))
    four = [tensor for tensor in all_tensors if len(tensor.shape) == 4 and 0 not in tensor.shape]
    if not four:
        names = (f"{tensor.name} {tensor.shape}" for tensor in all_tensors)
        raise ModelError(f"no convolution in it: its arrays are {listed(names)}")
    if layer is not None:
        four = [_named(four, layer)]
    told = [(tensor, layout or layout_of(tensor)) for tensor in four]
    known = [(tensor, form) for tensor, form in told if form is not None]
    if not known:
        names = (f"{tensor.name} {tensor.shape}" for tensor in four)
        raise ModelError(
            "(height, width, in, out) or (out, in, height, width)? Pass --layout keras or"
            f" --layout pytorch for {listed(names)}"
        )
    return min(known, key=lambda pair: _order(*pair))


def check_layout(layout: str | None) -> None:
    """Raises InputError for a layout that is not one of LAYOUTS or None."""
    if layout is not None and layout not in LAYOUTS:
        raise InputError(f"layout must be one of {', '.join(LAYOUTS)}, got {layout!r}")


def layout_of(tensor: Tensor) -> str | None:
    """The layout of a tensor of four axes by its name and its shape; None where they do not tell.

    >>> layout_of(Tensor("conv/kernel", (3, 3, 1, 8))), layout_of(Tensor("a", (3, 3, 3, 3)))
    ('keras', None)
    """
    said = _SAID.get(last_word(tensor.name))
    height, width, *_ = shape_in(tensor.shape, KERAS)
    tall, wide, *_ = shape_in(tensor.shape, PYTORCH)
    possible = {KERAS: _is_kernel(height, width), PYTORCH: _is_kernel(tall, wide)}
    square = [KERAS] * (possible[KERAS] and height == width)
    square += [PYTORCH] * (possible[PYTORCH] and tall == wide)
    if said is not None:
        contradicted = not possible[said] or (square and said not in square)
        return None if contradicted else said
    return square[0] if len(square) == 1 else None


def shape_in(shape: Sequence[int], layout: str) -> tuple[int, int, int, int]:
    """The shape (height, width, in, out) that `shape` is in a layout.

    >>> shape_in((16, 3, 5, 7), "pytorch")
    (5, 7, 3, 16)
    """
    first, second, third, fourth = shape
    if layout == KERAS:
        return first, second, third, fourth
    return third, fourth, second, first


def as_keras(array: Array, layout: str) -> Array:
    """`array` with its axes as (height, width, in, out). PyTorch correlates too: nothing turns.

    >>> import numpy as np
    >>> as_keras(np.zeros((16, 3, 5, 7)), "pytorch").shape
    (5, 7, 3, 16)
    """
    return array if layout == KERAS else array.transpose(2, 3, 1, 0)


def last_word(name: str) -> str:
    """The last part of a tensor's name, without TensorFlow's ":0".

    >>> last_word("features.0.weight"), last_word("conv2d/kernel:0")
    ('weight', 'kernel')
    """
    return re.split(r"[./]", name.removesuffix(":0"))[-1]


def owner(name: str) -> str:
    """The layer that a tensor belongs to: its name without the last part.

    >>> owner("features.0.weight"), owner("kernel")
    ('features.0', '')
    """
    return name.removesuffix(":0")[: -len(last_word(name))].rstrip("./")


def bias_of(tensor: Tensor, layout: str, tensors: Iterable[Tensor]) -> Tensor | None:
    """The bias beside a tensor of kernels: of the same layer, one number for each kernel.

    >>> kernels, bias = Tensor("c.weight", (8, 3, 5, 5)), Tensor("c.bias", (8,))
    >>> bias_of(kernels, "pytorch", [kernels, bias]).name
    'c.bias'
    """
    outputs = shape_in(tensor.shape, layout)[3]
    for other in tensors:
        if last_word(other.name) == "bias" and owner(other.name) == owner(tensor.name):
            return other if other.shape == (outputs,) else None
    return None


def natural_order(name: str) -> list[tuple[int, str]]:
    """A sort key under which numbers in names count as numbers.

    >>> sorted(["conv10", "conv9", "conv"], key=natural_order)
    ['conv', 'conv9', 'conv10']
    """
    return [
        (int(piece), "") if piece[0] in "0123456789" else (-1, piece)
        for piece in re.split(r"([0-9]{1,18})", name)
        if piece
    ]


def _named(four: list[Tensor], layer: str) -> Tensor:
    found = [tensor for tensor in four if layer in (tensor.name, owner(tensor.name))]
    if len(found) != 1:
        names = listed(tensor.name for tensor in four)
        raise InputError(f"layer must be one of {names}, got {shown(layer)!r}")
    return found[0]


def _order(tensor: Tensor, layout: str) -> tuple[int, list[tuple[int, str]]]:
    inputs = shape_in(tensor.shape, layout)[2]
    groups = _PREFERRED_INPUTS[layout]
    rank = next((n for n, group in enumerate(groups) if inputs in group), len(groups))
    return rank, natural_order(tensor.name)


def _is_kernel(height: int, width: int) -> bool:
    return max(height, width) <= LARGEST_KERNEL
