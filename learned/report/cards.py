"""Kernels and banks as the page shows them: every figure as text, beside its chance level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...filters.arrays import Taps
from ...filters.drawing.html import KernelTable, data_uri, kernel_tables
from ...filters.drawing.kernels import LARGEST_NUMBERED, plane_pictures
from ...filters.kernel import Kernel
from ..kernel_bank import KernelBank
from ..matching.matches import KernelMatch
from .pictures import largest_shown, strip_uri

MOST_CARDS = 64
"""How many kernels of a bank have a card."""

MOST_CHANNELS = 8
"""How many channels of a kernel a card draws."""

_PERCENT_FROM = 4
_SIDE = 168


@dataclass(frozen=True)
class Likeness:
    """Where a kernel, the same one untrained, and chance stand on the way from 0 to 1, as CSS."""

    value: str
    before: str
    chance: str
    said: str


@dataclass(frozen=True)
class Card:
    """One kernel beside its nearest handcrafted template.

    figures: rows of what it is, the kernel's, the same kernel's untrained, what 95% of untrained
    kernels stay below. notes: sentences.
    """

    name: str
    found: bool
    verdict: str
    learned: tuple[KernelTable, ...]
    learned_caption: str
    partner: tuple[KernelTable, ...]
    partner_caption: str
    likeness: Likeness | None
    figures: tuple[tuple[str, str, str, str], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Strip:
    """One kernel through its training: all epochs side by side, and before, after, difference."""

    name: str
    label: str
    epochs: str
    untrained: str
    trained: str
    difference: str


@dataclass(frozen=True)
class Course:
    """The training of a bank. names: what the pictures of a strip are, from left to right.

    more: what is said of the kernels that have no strip, or nothing.
    """

    bank: str
    names: tuple[str, ...]
    strips: tuple[Strip, ...]
    more: str


def tables_of(taps: Taps, name: str) -> tuple[KernelTable, ...]:
    """A kernel as tables of numbers up to 7×7, else as pictures; the taps' own scale.

    Larger than 3×3 the numbers are percent of the largest tap, so that they can be read. Of more
    than 8 channels the first 8 are drawn.
    """
    kernel = Kernel(np.asarray(taps, np.float64), name)
    if taps.ndim == 3 or max(taps.shape) > LARGEST_NUMBERED:
        planes = plane_pictures(_drawn(kernel), side=_SIDE, numbers=False)
        return tuple(
            KernelTable(label, image=data_uri(pixels), alternative=name) for label, pixels in planes
        )
    if max(taps.shape) < _PERCENT_FROM:
        return tuple(kernel_tables(kernel))
    largest = float(np.abs(kernel.taps).max()) or 1.0
    return tuple(kernel_tables(Kernel(np.rint(100 * kernel.taps / largest), name)))


def _drawn(kernel: Kernel) -> Kernel:
    """The channels that are drawn."""
    if kernel.taps.ndim == 2 or kernel.taps.shape[2] <= MOST_CHANNELS:
        return kernel
    return Kernel(kernel.taps[:, :, :MOST_CHANNELS], kernel.name)


def scale_note(taps: Taps) -> str:
    """What the numbers of `tables_of` are.

    >>> scale_note(np.ones((3, 3, 64)))
    'the first 8 of 64 channels, full colour is 1'
    """
    if taps.ndim == 3 and taps.shape[2] > MOST_CHANNELS:
        first = f"the first {MOST_CHANNELS} of {taps.shape[2]} channels"
        return f"{first}, {scale_note(taps[:, :, :MOST_CHANNELS])}"
    largest = float(np.abs(taps).max())
    if max(taps.shape[:2]) < _PERCENT_FROM and taps.ndim == 2:
        return ""
    return f"100 is {largest:.3g}" if taps.ndim == 2 else f"full colour is {largest:.3g}"


def course_of(bank: KernelBank) -> Course | None:
    """The training of a bank as strips, or None where it does not keep its untrained kernels."""
    if bank.untrained is None:
        return None
    epochs = () if bank.epochs is None else tuple(bank.epochs)
    stages = [bank.untrained, *epochs] if epochs else [bank.untrained, bank.kernels]
    names = ["untrained", *(f"after epoch {n}" for n in range(1, len(epochs) + 1))]
    strips = []
    for index in range(min(len(bank), MOST_CARDS)):
        taps = [np.asarray(stage[..., index], np.float64) for stage in stages]
        first, last = taps[0], np.asarray(bank.kernels[..., index], np.float64)
        alone = [strip_uri([one], largest_shown(one)) for one in (first, last, last - first)]
        scale = max(largest_shown(one) for one in taps)
        strips.append(Strip(bank.names[index], _label(bank, index), strip_uri(taps, scale), *alone))
    more = f"The first {len(strips)} of {len(bank)} kernels." if len(strips) < len(bank) else ""
    drawn = tuple(names if epochs else ["untrained", "trained"])
    return Course(bank.name, drawn, tuple(strips), more)


def _label(bank: KernelBank, index: int) -> str:
    """The kernel's number, or its name where it has one of its own."""
    name = bank.names[index]
    return str(index) if name == f"{bank.name}:{index}" else name


def percent(share: float) -> str:
    """A share from 0 to 1 as CSS takes it.

    >>> percent(0.125)
    '12.5%'
    """
    return f"{100 * min(1.0, max(0.0, share)):.1f}%"


def likeness_of(match: KernelMatch) -> Likeness:
    """The cosine of a kernel with its family, beside the untrained one's and chance."""
    before = "" if match.untrained is None else percent(match.untrained)
    said = f"cosine {match.cosine:.2f}; 95% of untrained kernels stay below {match.chance_q95:.2f}"
    if match.untrained is not None:
        said += f"; the same kernel untrained {match.untrained:.2f}"
    return Likeness(percent(match.cosine), before, percent(match.chance_q95), said)
