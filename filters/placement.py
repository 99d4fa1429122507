"""How taps are laid over a picture: the extent, what lies outside, how far apart and how often."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import Array, Taps, pair
from .borders import pad, resolve_border
from .engine import correlate_valid
from .errors import InputError
from .sizes import MODES, padding_for

Pair = int | tuple[int, int]


@dataclass(frozen=True)
class Placement:
    """Mode, border, stride and dilation of a correlation, validated.

    mode: "same", "valid", "full" or "keras-same". border: one of the borders or their aliases;
    None is reflect101, and zero under "keras-same", as Keras itself has it. stride, dilation: at
    least 1, one number or (along height, along width).

    Raises InputError for unknown names and numbers out of range.

    >>> Placement(mode="keras-same", border=None, stride=2)
    Placement(mode='keras-same', border='zero', stride=(2, 2), dilation=(1, 1))
    """

    mode: str = "same"
    border: str | None = None
    stride: Pair = 1
    dilation: Pair = 1

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise InputError(f"mode must be one of {', '.join(MODES)}, got {self.mode!r}")
        default = "zero" if self.mode == "keras-same" else "reflect101"
        border = default if self.border is None else resolve_border(self.border)
        object.__setattr__(self, "border", border)
        object.__setattr__(self, "stride", pair(self.stride, "stride"))
        object.__setattr__(self, "dilation", pair(self.dilation, "dilation"))

    def padding(self, shape: tuple[int, ...], taps: Taps) -> list[tuple[int, int]]:
        """How many pixels are added (before, after) along height and along width.

        >>> Placement().padding((9, 9), np.ones((3, 4)))
        [(1, 1), (2, 1)]
        """
        strides, dilations = pair(self.stride, "stride"), pair(self.dilation, "dilation")
        return [
            padding_for(self.mode, shape[axis], taps.shape[axis], strides[axis], dilations[axis])
            for axis in (0, 1)
        ]


def correlate_placed(pixels: Array, taps: Taps, placement: Placement) -> Array:
    """The correlation of `pixels` with `taps`, laid out by `placement`.

    pixels: float32 or float64, (height, width) or (height, width, channels), as `as_image` gives.
    taps: (height, width) for every channel by itself, or (height, width, channels) to sum over
    the channels. Raises InputError where the channels do not fit, where the taps are too large
    for the dtype, and in "valid" where they are larger than the picture.

    >>> correlate_placed(np.ones((3, 3)), np.ones((3, 3)), Placement(border="zero"))[0].tolist()
    [4.0, 6.0, 4.0]
    """
    largest = float(np.abs(taps).max())
    if largest > float(np.finfo(pixels.dtype).max):
        raise InputError(f"taps must fit {pixels.dtype}, got {largest:g}")
    (top, bottom), (left, right) = placement.padding(pixels.shape, taps)
    padded = pad(pixels, (top, left), (bottom, right), placement.border or "zero")
    strides, dilations = pair(placement.stride, "stride"), pair(placement.dilation, "dilation")
    if taps.ndim == 2:
        return np.ascontiguousarray(correlate_valid(padded, taps, strides, dilations))
    planes = padded[:, :, None] if padded.ndim == 2 else padded
    if planes.shape[2] != taps.shape[2]:
        raise InputError(
            f"a kernel over {taps.shape[2]} channels needs a picture of as many,"
            f" got {planes.shape[2]}"
        )
    responses = [
        correlate_valid(np.ascontiguousarray(planes[..., c]), taps[..., c], strides, dilations)
        for c in range(taps.shape[2])
    ]
    with np.errstate(invalid="ignore"):
        return np.sum(responses, axis=0, dtype=pixels.dtype)
