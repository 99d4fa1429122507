"""How a layer uses its kernels: where it lays them, what it does before and after."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..filters.arrays import Array, pair
from ..filters.colour import luma_rows
from ..filters.engine import Pixels, Rows, Stage, computed
from ..filters.errors import InputError

PADDINGS = {"valid": "valid", "same": "keras-same"}
"""What Keras calls the padding of a layer, and the mode of `correlate_bank` that is the same."""

LARGEST_NUMBER = float(np.finfo(np.float32).max)
LARGEST_STEP = 1024
"""Larger strides and dilations come from damaged or hostile files only."""


@dataclass(frozen=True)
class LayerUse:
    """Stride, padding, dilation, activation and input scaling of a convolutional layer.

    stride, dilation: (along height, along width), or one number for both, up to 1024.
    padding: "valid" or "same", as Keras means them ("same" pads with zeros, the odd pixel after).
    activation: the name of what is applied to the responses, or None for nothing.
    input_shift, input_scale: the layer is shown (x / full_scale - shift) / scale, where
    x / full_scale is the picture with black at 0 and white at 1; one number, or one for each
    channel. The defaults show it just that.

    Raises InputError for values out of range, TypeError for what is no number.

    >>> LayerUse(stride=2, padding="same", activation="relu", input_shift=0.5, input_scale=0.25)
    ... # doctest: +NORMALIZE_WHITESPACE
    LayerUse(stride=(2, 2), padding='same', dilation=(1, 1), activation='relu',
             input_shift=(0.5,), input_scale=(0.25,))
    """

    stride: int | tuple[int, int] = 1
    padding: str = "valid"
    dilation: int | tuple[int, int] = 1
    activation: str | None = None
    input_shift: float | tuple[float, ...] = 0.0
    input_scale: float | tuple[float, ...] = 1.0

    def __post_init__(self) -> None:
        if self.padding not in PADDINGS:
            raise InputError(f"padding must be one of {', '.join(PADDINGS)}, got {self.padding!r}")
        if self.activation is not None and not isinstance(self.activation, str):
            raise TypeError(f"activation must be a name or None, got {self.activation!r}")
        for name in ("stride", "dilation"):
            steps = pair(getattr(self, name), name)
            if max(steps) > LARGEST_STEP:
                raise InputError(f"{name} must be at most {LARGEST_STEP}, got {max(steps)}")
            object.__setattr__(self, name, steps)
        for name in ("input_shift", "input_scale"):
            object.__setattr__(self, name, _numbers(getattr(self, name), name))
        if 0.0 in self.scales:
            raise InputError("input_scale must not be 0")

    @property
    def mode(self) -> str:
        """The mode of `correlate_bank` that is this layer's padding."""
        return PADDINGS[self.padding]

    @property
    def shifts(self) -> tuple[float, ...]:
        """input_shift as one number or one for each channel."""
        return _numbers(self.input_shift, "input_shift")

    @property
    def scales(self) -> tuple[float, ...]:
        """input_scale as one number or one for each channel."""
        return _numbers(self.input_scale, "input_scale")

    def check_channels(self, channels: int) -> None:
        """Raises InputError where shift or scale are given for another number of channels."""
        for name, values in (("input_shift", self.shifts), ("input_scale", self.scales)):
            if len(values) not in (1, channels):
                raise InputError(
                    f"{name} must be one number or {channels}, one for each channel,"
                    f" got {len(values)}"
                )

    def scaled(self, pixels: Array, full_scale: float) -> Array:
        """`pixels` as the layer is shown them, in their own floating dtype.

        pixels: (height, width, channels) or (height, width), float32 or float64; full_scale: the
        value of white in them.

        >>> LayerUse(input_shift=0.5, input_scale=0.5).scaled(np.float32([[0, 255]]), 255).tolist()
        [[-1.0, 1.0]]
        """
        shift, scale = (np.asarray(v, pixels.dtype) for v in (self.shifts, self.scales))
        if pixels.ndim == 2:
            shift, scale = shift[0], scale[0]
        shown: Array = (pixels / pixels.dtype.type(full_scale) - shift) / scale
        return shown

    def with_scaling(self, shift: ArrayLike, scale: ArrayLike) -> LayerUse:
        """The same use with another scaling of the input: one number each, or one per channel.

        >>> LayerUse(stride=2).with_scaling(0.0, [2.0, 4.0, 2.0]).input_scale
        (2.0, 4.0, 2.0)
        """
        values = [tuple(np.ravel(np.asarray(v, np.float64)).tolist()) for v in (shift, scale)]
        return replace(self, input_shift=values[0], input_scale=values[1])

    def as_json(self) -> dict[str, Any]:
        """The fields as JSON has them."""
        return {
            "stride": list(pair(self.stride, "stride")),
            "padding": self.padding,
            "dilation": list(pair(self.dilation, "dilation")),
            "activation": self.activation,
            "input_shift": list(self.shifts),
            "input_scale": list(self.scales),
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> LayerUse:
        """The use that `as_json` described.

        Raises TypeError or InputError for other fields and values.

        >>> use = LayerUse(stride=(1, 2), activation="relu")
        >>> LayerUse.from_json(use.as_json()) == use
        True
        """
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in fields.items()
        }
        return cls(**values)

    def __str__(self) -> str:
        """The use in words, what is ordinary left out.

        >>> print(LayerUse(stride=2, activation="relu"))
        stride 2×2, padding valid, relu
        """
        parts = [f"padding {self.padding}"]
        for name in ("dilation", "stride"):
            down, across = pair(getattr(self, name), name)
            if (down, across) != (1, 1):
                parts.insert(0, f"{name} {down}×{across}")
        if self.activation is not None:
            parts.append(self.activation)
        if self.shifts != (0.0,) or self.scales != (1.0,):
            parts.append(f"shown (x − {_listed(self.shifts)}) / {_listed(self.scales)}, white = 1")
        return ", ".join(parts)


def with_channels(pixels: Array, channels: int) -> Array:
    """`pixels` as a picture of so many channels: the rule for kernels and pictures that differ.

    A grey picture is given to all three channels of colour kernels; of an RGB picture grey
    kernels see the luma (Rec. 601). Nothing else is converted.
    pixels: (height, width) or (height, width, n), float32 or float64.
    Raises InputError for any other difference.

    >>> with_channels(np.float32([[7]]), 3).tolist(), with_channels(np.ones((2, 2, 3)), 1).shape
    ([[[7.0, 7.0, 7.0]]], (2, 2))
    """
    source = Pixels(pixels, pixels.dtype)
    seen = rows_with_channels(source, channels)
    return pixels if seen is source else computed(seen)


def rows_with_channels(source: Rows, channels: int) -> Rows:
    """The same of a picture by its rows; the source itself where nothing is to be done.

    >>> rows_with_channels(Pixels(np.eye(2), np.dtype(float)), 3).shape
    (2, 2, 3)
    """
    given = 1 if len(source.shape) == 2 else source.shape[2]
    if given == channels:
        return source
    if (given, channels) == (3, 1):
        return luma_rows(source)
    if (given, channels) != (1, 3):
        raise InputError(
            f"kernels over {channels} channels need a picture of as many, got {given}"
            " (only grey and RGB stand in for each other)"
        )

    def repeat(rows: Array, out: Array) -> None:
        out[...] = rows.reshape(*rows.shape[:2], 1)

    return Stage(source, (*source.shape[:2], 3), source.dtype, repeat)


def _numbers(value: float | tuple[float, ...], name: str) -> tuple[float, ...]:
    values = value if isinstance(value, tuple | list) else (value,)
    if not values:
        raise InputError(f"{name} must be one number or several, got none")
    for number in values:
        if isinstance(number, bool) or not isinstance(number, int | float | np.number):
            raise TypeError(f"{name} must be a number, got {number!r}")
        if not abs(_float(number)) <= LARGEST_NUMBER:
            raise InputError(f"{name} must be finite in float32, got {_float(number):g}")
    return tuple(float(number) for number in values)


def _float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _listed(values: tuple[float, ...]) -> str:
    text = ", ".join(f"{value:.4g}" for value in values)
    return text if len(values) == 1 else f"({text})"
