"""Correlation as a stage: kernels laid over the rows of a picture, their responses combined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..arrays import Array
from ..sizes import reach
from .plan import Plan, plan_of
from .rows import STRIP_BYTES, Rows, Stage, Window
from .scratch import scratch, strip_memory
from .sides import Sides

Combine = Callable[[Sequence[Array], Array], object]


@dataclass(frozen=True)
class Lay:
    """How kernels are laid over a picture, along (height, width).

    before, after: pixels added; what they hold is said by `border`, one of `BORDERS`.
    """

    before: tuple[int, int]
    after: tuple[int, int]
    border: str
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)

    def result(self, picture: Sequence[int], taps: Sequence[int]) -> tuple[int, int]:
        """Height and width of the response of so many taps to a picture of that shape."""
        height, width = (
            (side + before + after - reach(length, gap)) // step + 1
            for side, length, before, after, step, gap in zip(
                picture, taps, self.before, self.after, self.stride, self.dilation, strict=False
            )
        )
        return height, width

    def window(self, taps: Sequence[int]) -> Window:
        """The rows that so many taps see."""
        return Window(self.before[0], reach(taps[0], self.dilation[0]), self.stride[0])


@dataclass(frozen=True, eq=False)
class _Strip:
    """What is done with one strip of rows, which are continued above and below already."""

    plans: tuple[Plan | tuple[Plan, ...], ...]
    shape: tuple[int, int]
    lay: Lay
    combine: Combine | None

    def __call__(self, rows: Array, out: Array) -> None:
        down, across = self.lay.stride
        if self.combine is None and (down, across) == (1, 1):
            self._summed(self.plans[0], rows, out)
            return
        responses = [self._summed(plans, rows)[::down, ::across] for plans in self.plans]
        if self.combine is None:
            np.copyto(out, responses[0])
        else:
            self.combine(responses, out)

    @property
    def rows_at_once(self) -> int:
        """What the most demanding of its plans likes."""
        every = [[each] if isinstance(each, Plan) else each for each in self.plans]
        return max(plan.rows_at_once for plans in every for plan in plans)

    @property
    def writes_over(self) -> bool:
        """Whether `over` may be tried: one kernel for each channel by itself, every pixel."""
        alone = self.combine is None and isinstance(self.plans[0], Plan)
        centred = self.lay.before[0] == self.shape[0] // 2
        return alone and centred and self.lay.stride == self.lay.dilation == (1, 1)

    def over(self, rows: Array, out: Array) -> bool:
        """As `Stage.over`."""
        (plan,) = self.plans
        return (
            isinstance(plan, Plan) and out.shape == rows.shape and plan.over(rows, self._sides, out)
        )

    @cached_property
    def _sides(self) -> Sides:
        return Sides(self.lay.before[1], self.lay.after[1], self.lay.border)

    def _summed(
        self, plans: Plan | tuple[Plan, ...], rows: Array, out: Array | None = None
    ) -> Array:
        """The response of one kernel: of one plan for all channels alike, or of one for each."""
        if isinstance(plans, Plan):
            return self._response(plans, rows, out)
        channels = rows.reshape(*rows.shape[:2], len(plans))
        total = self._response(plans[0], _plane(channels, 0), out)
        with np.errstate(over="ignore", invalid="ignore"):
            for number in range(1, len(plans)):
                with strip_memory():
                    response = self._response(plans[number], _plane(channels, number))
                    np.add(total, response, out=total)
        return total

    def _response(self, plan: Plan, rows: Array, out: Array | None = None) -> Array:
        if self.lay.dilation == (1, 1):
            return plan.correlate(rows, self._sides, out)
        response = self._dilated(plan, self._sides.continued(rows))
        if out is None:
            return response
        np.copyto(out, response)
        return out

    def _dilated(self, plan: Plan, rows: Array) -> Array:
        # A dilated kernel meets only every d-th pixel: each of the d × d phases of the picture
        # is correlated with the plain taps, and no zero is ever multiplied.
        size = [
            side - reach(taps, gap) + 1
            for side, taps, gap in zip(rows.shape, self.shape, self.lay.dilation, strict=False)
        ]
        result = scratch((*size, *rows.shape[2:]), rows.dtype)
        for y in range(min(self.lay.dilation[0], size[0])):
            for x in range(min(self.lay.dilation[1], size[1])):
                phase = slice(y, None, self.lay.dilation[0]), slice(x, None, self.lay.dilation[1])
                result[phase] = plan.correlate(np.ascontiguousarray(rows[phase]), Sides())
        return result


def correlated(
    source: Rows,
    kernels: Sequence[Array],
    lay: Lay,
    combine: Combine | None = None,
    planes: int | None = None,
) -> Stage:
    """The responses of kernels to a picture, combined into one.

    kernels: taps of one height and width, (height, width) for each channel by itself or
    (height, width, channels) to sum over the channels. combine: from the responses to a strip,
    one for each kernel, to what is written into its second argument; None where there is but one.
    planes: None for one response, (height, width); else `combine` writes (height, planes, width).
    """
    rows, columns = kernels[0].shape[:2]
    plans = tuple(_plans(taps, source.dtype) for taps in kernels)
    height, width = lay.result(source.shape, (rows, columns))
    each = () if kernels[0].ndim == 3 else source.shape[2:]
    strip = _Strip(plans, (rows, columns), lay, combine)
    stage = Stage(
        source,
        (height, *([] if planes is None else [planes]), width, *each),
        source.dtype,
        strip,
        lay.window((rows, columns)),
        lay.border,
        strip.over if strip.writes_over and source.halo == 0 else None,
    )
    liked = strip.rows_at_once
    if not liked or source.halo:
        # Where the source makes its halo anew for every strip, strips are as high as the cache has
        # room for.
        return stage
    # Threads get into each other's way where a strip is done in no time.
    return replace(stage, rows_at_once=liked * max(1, STRIP_BYTES // stage.widest // liked))


def _plans(taps: Array, dtype: np.dtype[Any]) -> Plan | tuple[Plan, ...]:
    if taps.ndim == 2:
        return plan_of(taps, dtype)
    return tuple(plan_of(taps[..., channel], dtype) for channel in range(taps.shape[2]))


def _plane(channels: Array, number: int) -> Array:
    plane = scratch(channels.shape[:2], channels.dtype)
    plane[...] = channels[..., number]
    return plane
