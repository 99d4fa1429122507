"""Learned kernels as filters: one by its number, and all of a bank on one sheet."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from ..filters.arrays import Array
from ..filters.colour import luma_rows
from ..filters.engine import Rows
from ..filters.errors import InputError
from ..filters.filter import Filter
from ..filters.kernel import Kernel
from ..filters.picture import Picture
from ..filters.placement import Placement
from .kernel_bank import KernelBank
from .layer_use import rows_with_channels
from .response_pictures import response_picture


@dataclass(frozen=True)
class LearnedFilter(Filter):
    """One learned kernel as a filter: its raw taps on the picture's own scale.

    A kernel over one channel sees the luma of an RGB picture, unless told otherwise; one over red,
    green and blue is given a grey picture three times, and sums over the channels. What the layer
    does before and after (scaling, bias, ReLU) is left to `KernelBank.apply`.

    >>> learned_filter(KernelBank([[[[1.0]]], [[[-1.0]]]], name="two"), 0).name
    'two:0'
    """

    @property
    def channels(self) -> str:
        """What it sees of a colour picture unless told otherwise."""
        return "luma" if self.kernels[0].taps.ndim == 2 else "each"

    def rows(
        self,
        source: Rows,
        *,
        operation: str = "correlate",
        placement: Placement | None = None,
        channels: str | None = None,
    ) -> Rows:
        """The response to a picture by its rows; arguments and errors are those of `Filter`.

        >>> colour = learned_filter(KernelBank(np.ones((1, 1, 3, 1))), 0)
        >>> colour.respond([[2.0]]).tolist()
        [[6.0]]
        """
        taps = self.kernels[0].taps
        if taps.ndim == 3:
            seen = luma_rows(source) if channels == "luma" else source
            source, channels = rows_with_channels(seen, taps.shape[2]), "each"
        return super().rows(source, operation=operation, placement=placement, channels=channels)


@dataclass(frozen=True)
class BankSheet:
    """All kernels of a bank as one filter: its picture is a sheet of all their responses.

    members: the bank's kernels as filters, in their order. It makes a drawing, not a response,
    so it cannot be a step among others.
    """

    name: str
    members: tuple[LearnedFilter, ...]
    meaning: str = ""
    family: str = "learned"
    source: str = ""

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernels of the bank."""
        return tuple(member.kernels[0] for member in self.members)

    @property
    def is_edge(self) -> bool:
        """False: the sheet of a flat picture is a sheet all the same."""
        return False

    @property
    def channels(self) -> str:
        """What it sees of a colour picture unless told otherwise."""
        return self.members[0].channels

    @property
    def show(self) -> str:
        """As it is: it is a drawing already."""
        return "clip"

    @property
    def composition(self) -> str:
        """What it is."""
        return f"the responses of {len(self.members)} kernels side by side"

    @property
    def unit(self) -> BankSheet:
        """This sheet with every kernel at unit scale (see `Filter.unit`)."""
        return replace(
            self,
            members=tuple(replace(one, kernels=(one.kernels[0].unit,)) for one in self.members),
        )

    def respond(
        self,
        image: ArrayLike,
        *,
        operation: str = "correlate",
        placement: Placement | None = None,
        channels: str | None = None,
        out: Array | None = None,
    ) -> Array:
        """Raises InputError: many responses are not one."""
        raise InputError(not_one(self))

    def apply(
        self,
        picture: Picture,
        *,
        operation: str = "correlate",
        placement: Placement | None = None,
        channels: str | None = None,
    ) -> Picture:
        """A sheet of the responses of all kernels to a picture, on one scale, zero as mid-grey.

        Arguments and errors are those of `LearnedFilter.respond`; where that gives one response for
        each colour, the strongest is drawn. Gives an RGB picture in uint8.

        >>> two = KernelBank(np.eye(2).reshape(1, 2, 1, 2), name="two")
        >>> grey = Picture(np.zeros((4, 4), np.uint8), 255.0, np.dtype(np.uint8))
        >>> bank_sheet(two).apply(grey).is_colour
        True
        """
        seen = "max" if channels == "each" and self.channels == "luma" else channels
        responses = [
            member.respond(picture, operation=operation, placement=placement, channels=seen)
            for member in self.members
        ]
        scaled = np.stack(responses, axis=2) / picture.full_scale
        names = [member.name for member in self.members]
        drawn = response_picture(scaled, names, f"{self.name}: {self.composition}")
        return Picture(drawn, 255.0, drawn.dtype)


def learned_filter(bank: KernelBank, number: int) -> LearnedFilter:
    """Kernel `number` of a bank as a filter called NAME:number.

    Raises IndexError for a number that the bank does not have.
    """
    kernel = bank[number]
    return LearnedFilter(
        f"{bank.name}:{number}", (kernel,), "only", kernel.meaning, "learned", kernel.source
    )


def bank_sheet(bank: KernelBank, meaning: str = "") -> BankSheet:
    """All kernels of a bank as one filter that draws their responses.

    >>> bank_sheet(KernelBank.from_names(["sobel-x", "box"])).composition
    'the responses of 2 kernels side by side'
    """
    members = tuple(learned_filter(bank, number) for number in range(len(bank)))
    return BankSheet(
        bank.name, members, meaning or f"{len(bank)} kernels", source=bank.provenance.source
    )


def not_one(sheet: BankSheet) -> str:
    """Why a sheet is no step of a pipeline, and what to write instead."""
    last = len(sheet.members) - 1
    which = f"{sheet.name}:0" + (f" to {sheet.name}:{last}" if last else "")
    return f"{sheet.name} is a bank of {last + 1} kernels: name one of them, {which}"
