"""Size chains: a network written in a few words, and what stands after each of its layers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import MappingProxyType

from .arrays import whole
from .errors import InputError
from .sizes import divides, output_size, output_size_for, parameter_count, reach, widened

GRAMMAR = (
    "conv<k>[s<stride>][p<padding>|same][d<dilation>][x<filters>]",
    "pool<k>[s<stride>][p<padding>|same] (maxpool and avgpool too)",
    "globalpool",
    "flatten",
    "dense<n>",
)
"""The layers that `parse_layer` knows."""

_INPUT = re.compile(r"[0-9]{1,9}(?:x[0-9]{1,9}){0,2}")
_WINDOW = re.compile(r"(conv|pool|maxpool|avgpool)([0-9]{1,9})((?:same|[spdx][0-9]{1,9})*)")
_OPTION = re.compile(r"(same|[spdx])([0-9]*)")
_OPTIONS = MappingProxyType({"conv": "spdx", "pool": "sp"})
_DENSE = re.compile(r"dense([0-9]{1,9})")


@dataclass(frozen=True)
class Layer:
    """One layer as `parse_layer` reads it.

    kind: "conv", "pool", "globalpool", "flatten" or "dense". taps, stride, padding, dilation:
    along both axes; padding None stands for Keras's SAME. units: the filters of a convolution or
    the outputs of a dense layer, None where the text leaves them open.
    """

    text: str
    kind: str
    taps: int = 1
    stride: int = 1
    padding: int | None = 0
    dilation: int = 1
    units: int | None = None


@dataclass(frozen=True)
class SizeRow:
    """What stands after one layer of a size chain.

    layer: its text. height, width, channels: of its output, 1 × 1 for flatten and dense; channels
    is None where the text never says. parameters: how many numbers it learns, None where that
    takes channels which the text never says. receptive_field: input pixels along one axis that a
    unit sees, None for a unit that sees everything before it. jump: input pixels between
    neighbouring units, None where units no longer have places.
    warning: the division that is not whole, or "".
    """

    layer: str
    height: int
    width: int
    channels: int | None
    parameters: int | None
    receptive_field: int | None
    jump: int | None
    warning: str = ""


def size_chain(words: Iterable[str]) -> tuple[SizeRow, ...]:
    """The sizes, parameters and receptive fields of a network: one row per word.

    words: the input as H (square), HxW or HxWxC, then layers in the words of `GRAMMAR`. Without
    channels the sizes and fields come out alone. Dense layers and convolutions have biases,
    pooling has no parameters. Sizes are floored as in `output_size`, and the row says so.
    Raises InputError for unknown words, a window larger than its input, a convolution without
    filters on an input with channels, flatten without channels, dense on what is not flat;
    TypeError for one string in place of several.

    >>> chain = size_chain(["39", "conv3", "conv5s2", "conv5s2", "pool2"])
    >>> [row.height for row in chain], chain[3].receptive_field, chain[4].warning
    ([39, 37, 17, 7, 3], 15, 'stride 2 does not divide: (7 - 2)/2 + 1 = 3.5, floored to 3')
    """
    if isinstance(words, str):
        raise TypeError(f"words must be several strings, got one: {words!r}")
    if not isinstance(words, Iterable):
        raise TypeError(f"words must be several strings, got {words!r}")
    first, *rest = tuple(words) or ("",)
    for word in (first, *rest):
        if not isinstance(word, str):
            raise TypeError(f"words must be strings, got {word!r}")
    rows = [_input_row(first)]
    for word in rest:
        layer = parse_layer(word)
        rows.append(_AFTER[layer.kind](rows[-1], layer))
    return tuple(rows)


def total_parameters(rows: Iterable[SizeRow]) -> int | None:
    """How many numbers all layers of a size chain learn, or None where one of them cannot tell.

    >>> total_parameters(size_chain(["28x28x1", "flatten", "dense128", "dense10"]))
    101770
    """
    total = 0
    for row in rows:
        if row.parameters is None:
            return None
        total += row.parameters
    return total


def parse_layer(text: str) -> Layer:
    """The layer that `text` names, in the words of `GRAMMAR`.

    "conv5s2x20" is a 5 × 5 convolution with stride 2 and 20 filters. The stride of pooling is its
    size unless told. The options stand in any order, each once; case does not matter.
    Raises InputError for anything else and for sizes below 1.

    >>> parse_layer("conv5s2x20")
    Layer(text='conv5s2x20', kind='conv', taps=5, stride=2, padding=0, dilation=1, units=20)
    >>> parse_layer("pool2").stride, parse_layer("conv3same").padding
    (2, None)
    """
    word = text.strip().lower()
    if word in ("flatten", "globalpool"):
        return Layer(word, word)
    if found := _DENSE.fullmatch(word):
        return Layer(word, "dense", units=whole(int(found[1]), f"{word}: n"))
    found = _WINDOW.fullmatch(word)
    if found is None:
        raise InputError(f"layer must be one of {', '.join(GRAMMAR)}, got {text!r}")
    kind = "conv" if found[1] == "conv" else "pool"
    options = _OPTION.findall(found[3])
    names = ["p" if name == "same" else name for name, _ in options]
    if not set(names) <= set(_OPTIONS[kind]):
        raise InputError(f"{kind} must be {GRAMMAR[kind == 'pool']}, got {text!r}")
    if len(set(names)) < len(names):
        raise InputError(f"options must stand once each (p or same), got {text!r}")
    numbers = {name: int(number) for name, number in options if number}
    taps = whole(int(found[2]), f"{word}: k")
    return Layer(
        text=word,
        kind=kind,
        taps=taps,
        stride=whole(numbers.get("s", 1 if kind == "conv" else taps), f"{word}: s"),
        padding=numbers.get("p", None if names.count("p") else 0),
        dilation=whole(numbers.get("d", 1), f"{word}: d"),
        units=whole(numbers["x"], f"{word}: x") if "x" in numbers else None,
    )


def _input_row(text: str) -> SizeRow:
    word = text.strip().lower()
    if not _INPUT.fullmatch(word):
        raise InputError(f"input must be H, HxW or HxWxC, as 28, 28x28 or 28x28x1, got {text!r}")
    numbers = [whole(int(number), f"input {word}") for number in word.split("x")]
    height = numbers[0]
    width = numbers[1] if len(numbers) > 1 else height
    channels = numbers[2] if len(numbers) > 2 else None
    return SizeRow(word, height, width, channels, 0, 1, 1)


def _after_window(before: SizeRow, layer: Layer) -> SizeRow:
    height, height_warning = _extent(before.height, layer)
    width, width_warning = _extent(before.width, layer)
    if height_warning != width_warning:
        height_warning = height_warning and f"height: {height_warning}"
        width_warning = width_warning and f"width: {width_warning}"
    warnings = dict.fromkeys((height_warning, width_warning))
    field, jump = before.receptive_field, before.jump
    # Where units have no places, what surrounds the one unit is padding: it sees no more.
    if field is not None and jump is not None:
        field, jump = widened(field, jump, layer.taps, layer.stride, layer.dilation)
    channels, parameters = _filters(before, layer)
    warning = "; ".join(filter(None, warnings))
    return SizeRow(layer.text, height, width, channels, parameters, field, jump, warning)


def _extent(length: int, layer: Layer) -> tuple[int, str]:
    """The size along one axis, and the warning that its division is not whole."""
    taps, stride, padding, dilation = layer.taps, layer.stride, layer.padding, layer.dilation
    if padding is None:
        return output_size_for("keras-same", length, taps, stride, dilation), ""
    try:
        size = output_size(length, taps, stride, padding, dilation)
    except InputError as error:
        raise InputError(f"{layer.text}: {error}") from error
    if divides(length, taps, stride, padding, dilation):
        return size, ""
    covered = reach(taps, dilation)
    steps = (length + 2 * padding - covered) / stride + 1
    padded = f"{length} + 2·{padding}" if padding else f"{length}"
    quotient = f"({padded} - {covered})/{stride} + 1 = {steps:g}"
    return size, f"stride {stride} does not divide: {quotient}, floored to {size}"


def _filters(before: SizeRow, layer: Layer) -> tuple[int | None, int | None]:
    """The channels after a window layer, and its parameters."""
    if layer.kind == "pool":
        return before.channels, 0
    if before.channels is None:
        return layer.units, None
    if layer.units is None:
        raise InputError(
            f"{layer.text} needs a number of filters, as {layer.text}x8,"
            f" because its input has channels ({_shape(before)})"
        )
    count = parameter_count(layer.taps, layer.taps, before.channels, layer.units)
    return layer.units, count


def _after_globalpool(before: SizeRow, layer: Layer) -> SizeRow:
    return SizeRow(layer.text, 1, 1, before.channels, 0, None, None)


def _after_flatten(before: SizeRow, layer: Layer) -> SizeRow:
    if before.channels is None:
        raise InputError(f"flatten needs channels: write the input as HxWxC, got {_shape(before)}")
    units = before.height * before.width * before.channels
    return SizeRow(layer.text, 1, 1, units, 0, before.receptive_field, None)


def _after_dense(before: SizeRow, layer: Layer) -> SizeRow:
    if (before.height, before.width) != (1, 1):
        raise InputError(
            f"{layer.text} needs a flat input: put flatten or globalpool before it,"
            f" got {_shape(before)}"
        )
    inputs, outputs = before.channels, layer.units or 1
    parameters = None if inputs is None else parameter_count(1, 1, inputs, outputs)
    return SizeRow(layer.text, 1, 1, outputs, parameters, None, None)


def _shape(row: SizeRow) -> str:
    sizes = f"{row.height}x{row.width}"
    return sizes if row.channels is None else f"{sizes}x{row.channels}"


_AFTER: MappingProxyType[str, Callable[[SizeRow, Layer], SizeRow]] = MappingProxyType(
    {
        "conv": _after_window,
        "pool": _after_window,
        "globalpool": _after_globalpool,
        "flatten": _after_flatten,
        "dense": _after_dense,
    }
)
