"""How taps are laid over a picture: the extent, what lies outside, how far apart and how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from .arrays import Array, Taps, one_of, pair, working_dtype
from .borders import resolve_border
from .engine import Combine, Lay, Pixels, Rows, Stage, computed, correlated
from .errors import InputError
from .sizes import MODES, check_covered, padding_for

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
        one_of(self.mode, MODES, "mode")
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
        return self.padding_for_size(shape, taps.shape)

    def padding_for_size(
        self, shape: tuple[int, ...], size: tuple[int, ...]
    ) -> list[tuple[int, int]]:
        """The same for taps of that height and width.

        >>> Placement().padding_for_size((9, 9), (3, 4))
        [(1, 1), (2, 1)]
        """
        strides, dilations = pair(self.stride, "stride"), pair(self.dilation, "dilation")
        check_covered(size[:2], dilations)
        return [
            padding_for(self.mode, shape[axis], size[axis], strides[axis], dilations[axis])
            for axis in (0, 1)
        ]


def lay_of(placement: Placement, shape: tuple[int, ...], taps: Taps) -> Lay:
    """The same for the engine, for a picture of that shape and kernels of the shape of `taps`.

    >>> lay_of(Placement(), (9, 9), np.ones((3, 4))).before
    (1, 2)
    """
    return _lay_of(placement, shape[:2], taps.shape[:2])


@lru_cache(maxsize=64)
def _lay_of(placement: Placement, shape: tuple[int, ...], taps: tuple[int, ...]) -> Lay:
    (top, bottom), (left, right) = placement.padding_for_size(shape, taps)
    return Lay(
        (top, left),
        (bottom, right),
        placement.border or "zero",
        pair(placement.stride, "stride"),
        pair(placement.dilation, "dilation"),
    )


def placed(
    source: Rows,
    kernels: Sequence[Taps],
    placement: Placement,
    combine: Combine | None = None,
    planes: int | None = None,
) -> Stage:
    """The responses of kernels to a picture as rows of the engine, laid out by `placement`.

    kernels: all of one height and width; see `correlated`. Raises InputError where the channels do
    not fit, where the taps are too large for the dtype, and in "valid" where they are larger than
    the picture.
    """
    for taps in kernels:
        largest = float(np.abs(taps).max())
        if largest > float(np.finfo(source.dtype).max):
            raise InputError(f"taps must fit {source.dtype}, got {largest:g}")
        channels = source.shape[2] if len(source.shape) == 3 else 1
        if taps.ndim == 3 and channels != taps.shape[2]:
            raise InputError(
                f"a kernel over {taps.shape[2]} channels needs a picture of as many, got {channels}"
            )
    lay = lay_of(placement, source.shape, kernels[0])
    return correlated(source, kernels, lay, combine, planes)


def on_one_grid(kernels: Sequence[Taps]) -> list[Taps]:
    """The kernels with zeros around them, so that those of unequal size give equal extents.

    >>> [taps.shape for taps in on_one_grid([np.ones((1, 3)), np.ones((3, 1))])]
    [(3, 3), (3, 3)]
    """
    grid = [max(taps.shape[axis] for taps in kernels) for axis in (0, 1)]
    return [_on_grid(taps, grid) for taps in kernels]


def _on_grid(taps: Taps, grid: list[int]) -> Taps:
    before = [side // 2 - length // 2 for side, length in zip(grid, taps.shape[:2], strict=True)]
    after = [
        side - length - lead
        for side, length, lead in zip(grid, taps.shape[:2], before, strict=True)
    ]
    around = [*zip(before, after, strict=True), *[(0, 0)] * (taps.ndim - 2)]
    return np.pad(taps, around) if any(map(any, around)) else taps


def correlate_placed(
    pixels: Array, taps: Taps, placement: Placement, out: Array | None = None
) -> Array:
    """The correlation of `pixels` with `taps`, laid out by `placement`.

    pixels: (height, width) or (height, width, channels), of real numbers; filtered in the dtype
    that `working_dtype` says. taps: (height, width) for every channel by itself, or (height, width,
    channels) to sum over the channels. out: what to write into, see `delivered`. Raises InputError
    where the channels do not fit, where the taps are too large for the dtype, and in "valid" where
    they are larger than the picture.

    >>> correlate_placed(np.ones((3, 3)), np.ones((3, 3)), Placement(border="zero"))[0].tolist()
    [4.0, 6.0, 4.0]
    """
    source = Pixels(pixels, working_dtype(pixels.dtype))
    return delivered(placed(source, [taps], placement), out, pixels)


def delivered(rows: Rows, out: Array | None, source: Array) -> Array:
    """All rows of a stage as an array, in `out` where there is one.

    source: what the rows are made of; where `out` shares memory with it, it is only written when
    everything is read. Raises InputError for an `out` of another shape or dtype, or one that is
    read only.

    >>> delivered(Pixels(np.eye(2), np.dtype(float)), None, np.eye(2)).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    if out is None:
        return computed(rows)
    check_out(out, rows.shape, rows.dtype)
    if np.may_share_memory(out, source):
        np.copyto(out, computed(rows))
        return out
    return computed(rows, out)


def check_out(out: object, shape: tuple[int, ...], dtype: np.dtype[Any], name: str = "out") -> None:
    """Raise InputError unless `out` is an array of this shape and dtype that can be written.

    >>> check_out(np.zeros((2, 3)), (2, 3), np.dtype(float))
    """
    if not isinstance(out, np.ndarray) or (out.shape, out.dtype) != (shape, dtype):
        got = f"{out.shape} {out.dtype}" if isinstance(out, np.ndarray) else type(out).__name__
        raise InputError(f"{name} must be an array of {shape} {dtype}, got {got}")
    if not out.flags.writeable:
        raise InputError(f"{name} must be writeable")
