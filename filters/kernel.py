"""A kernel: taps with a name, and what they say about themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import Taps, real_array
from .description import what_it_finds
from .errors import InputError
from .text import taps_html, taps_text

RELATIVE_ZERO = 1e-6
"""What is smaller than this beside the largest tap (or their sum of magnitudes) counts as zero."""


@dataclass(frozen=True, eq=False)
class Kernel:
    """Taps in correlation orientation, with their name, meaning, family and source.

    taps: (height, width), or (height, width, channels) for a kernel that sums over the channels
    of a picture; float64, read-only, finite, not empty. `taps[i, j]` is multiplied with the pixel
    i rows below and j columns right of the patch's top left corner: correlation, as in OpenCV's
    `filter2D` and in every convolutional network.

    Raises InputError for taps that are empty, not finite, or of another number of axes.

    >>> kernel = Kernel([[1, 0, -1]], name="mine")
    >>> kernel.shape, kernel.sum, kernel.turned.taps.tolist()
    ((1, 3), 0.0, [[-1.0, 0.0, 1.0]])
    """

    taps: Taps
    name: str = "taps"
    meaning: str = ""
    family: str = "own"
    source: str = ""

    def __post_init__(self) -> None:
        taps = np.array(real_array(self.taps, "taps"), dtype=np.float64, order="C")
        if taps.ndim not in (2, 3):
            raise InputError(
                f"taps must be (height, width) or (height, width, channels), got shape {taps.shape}"
            )
        if taps.size == 0:
            raise InputError(f"taps are empty: shape {taps.shape}")
        if not np.isfinite(taps).all():
            raise InputError("taps must be finite, got NaN or infinity")
        taps += 0.0  # a negative zero would print and hash as something else
        taps.setflags(write=False)
        object.__setattr__(self, "taps", taps)

    def __eq__(self, other: object) -> bool:
        """Two kernels are equal when their names and all their taps are."""
        if not isinstance(other, Kernel):
            return NotImplemented
        return self.name == other.name and np.array_equal(self.taps, other.taps)

    def __reduce__(self) -> tuple[type[Kernel], tuple[Taps, str, str, str, str]]:
        """Copies and pickles go through the constructor: their taps are read-only too."""
        return Kernel, (self.taps, self.name, self.meaning, self.family, self.source)

    def __hash__(self) -> int:
        return hash((self.name, self.taps.shape, self.taps.tobytes()))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is None:
            return np.asarray(self.taps, dtype=dtype)
        return np.array(self.taps, dtype=dtype, copy=copy)

    @property
    def shape(self) -> tuple[int, ...]:
        """(height, width) or (height, width, channels) of the taps."""
        return self.taps.shape

    @property
    def sum(self) -> float:
        """The sum of the taps: the response to a flat picture of ones.

        Exactly 0.0 where rounding alone keeps it from zero.
        """
        total = float(self.taps.sum())
        return 0.0 if abs(total) <= RELATIVE_ZERO * float(np.abs(self.taps).sum()) else total

    @property
    def is_zero_sum(self) -> bool:
        """Whether a flat picture gives nothing: true of every kernel that finds edges."""
        return self.sum == 0.0

    @property
    def positive_sum(self) -> float:
        """The sum of the positive taps: the largest response to a picture between 0 and 1."""
        return float(self.taps[self.taps > 0].sum())

    @property
    def matrix(self) -> Taps:
        """The taps as one matrix: themselves, or the channels side by side as columns."""
        taps = self.taps
        return taps if taps.ndim == 2 else taps.transpose(0, 2, 1).reshape(taps.shape[0], -1)

    @property
    def rank(self) -> int:
        """The rank of the taps as a matrix: 1 means that two one-dimensional passes do the job."""
        return len(self.factors)

    @property
    def factors(self) -> tuple[tuple[Taps, Taps], ...]:
        """Pairs (column, row) whose outer products add up to `matrix`, strongest first.

        For one pair the column or the row is scaled so that its smallest non-zero tap is ±1,
        whichever gives whole numbers back where the kernel was made of them.
        """
        left, strength, right = np.linalg.svd(self.matrix)
        count = int(np.sum(strength > RELATIVE_ZERO * strength[0])) if strength[0] > 0 else 0
        pairs = [(left[:, n] * strength[n], right[n]) for n in range(count)]
        return tuple(_tidy(column, row) if count == 1 else (column, row) for column, row in pairs)

    @property
    def symmetry(self) -> tuple[str, ...]:
        """Which of the symmetries of a matrix the taps have, in words, strongest claim first.

        "point-symmetric" (turning by 180° changes nothing, so convolution equals correlation),
        "point-antisymmetric" (turning changes the sign), then the mirrors.

        >>> Kernel([[1, 0, -1]] * 3).symmetry
        ('point-antisymmetric', 'left-right antisymmetric', 'up-down symmetric')
        """
        taps = self.taps
        mirrors = {
            "point-": taps[::-1, ::-1],
            "left-right ": taps[:, ::-1],
            "up-down ": taps[::-1],
            "diagonal ": taps.swapaxes(0, 1),
            "antidiagonal ": taps[::-1, ::-1].swapaxes(0, 1),
        }
        tolerance = RELATIVE_ZERO * float(np.abs(taps).max())
        found = []
        for axis, mirrored in mirrors.items():
            trivial = (axis == "left-right " and taps.shape[1] == 1) or (
                axis == "up-down " and taps.shape[0] == 1
            )
            if mirrored.shape != taps.shape or trivial:
                continue
            if np.allclose(mirrored, taps, rtol=0, atol=tolerance):
                found.append(f"{axis}symmetric")
            elif np.allclose(mirrored, -taps, rtol=0, atol=tolerance):
                found.append(f"{axis}antisymmetric")
        return tuple(found)

    @property
    def finds(self) -> str:
        """In words, what in a picture makes this kernel answer.

        >>> Kernel([[-1, 0, 1]] * 3).finds
        'vertical edges: positive where it gets brighter to the right'
        """
        return what_it_finds(self.taps)

    @property
    def turned(self) -> Kernel:
        """This kernel turned by 180 degrees: correlating with it is convolving with this one."""
        name = f"{self.name} turned"
        return replace(self, taps=self.taps[::-1, ::-1], name=name, meaning="turned by 180°")

    @property
    def normalised(self) -> Kernel:
        """This kernel divided by its sum, so that a flat picture keeps its brightness.

        Raises InputError for a kernel whose taps sum to zero: there is nothing to divide by.

        >>> Kernel([[1, 2, 1]]).normalised.taps.tolist()
        [[0.25, 0.5, 0.25]]
        """
        if self.is_zero_sum:
            raise InputError(f"{self.name} sums to zero and cannot be normalised")
        return replace(self, taps=self.taps / self.sum, name=f"{self.name} normalised")

    @property
    def unit(self) -> Kernel:
        """This kernel divided by the sum of its positive taps (of all magnitudes if none is).

        The largest response to a picture between black and white is then its full scale.
        Raises InputError for a kernel of zeros.

        >>> Kernel([[-1, 0, 1]] * 3).unit.positive_sum
        1.0
        """
        gain = self.positive_sum or float(np.abs(self.taps).sum())
        if gain == 0:
            raise InputError(f"every tap of {self.name} is zero: it has no unit scale")
        return replace(self, taps=self.taps / gain, name=f"{self.name} at unit scale")

    @property
    def title(self) -> str:
        """The name, the size and the meaning on one line."""
        size = "×".join(str(n) for n in self.shape)
        return "  ".join(part for part in (self.name, size, self.meaning) if part)

    @property
    def facts(self) -> str:
        """Sum, rank and symmetry on one line.

        >>> Kernel([[1, 2]]).facts
        'sum 3, rank 1'
        """
        return ", ".join([f"sum {self.sum:.6g}", f"rank {self.rank}", *self.symmetry])

    def __str__(self) -> str:
        return "\n".join([self.title, *taps_text(self.taps), self.facts])

    def __repr__(self) -> str:
        size = "×".join(str(n) for n in self.shape)
        return f"<Kernel {self.name} {size}, sum {self.sum:.6g}>"

    def _repr_html_(self) -> str:
        return taps_html(self.taps, self.title, self.facts)


def _tidy(column: Taps, row: Taps) -> tuple[Taps, Taps]:
    by_column = _smallest(column)
    by_row = 1 / _smallest(row)
    scaled = [(_snapped(column / by), _snapped(row * by)) for by in (by_column, by_row)]
    whole = [(pair == np.round(pair)).all() for pair in map(np.concatenate, scaled)]
    chosen = scaled[1] if whole[1] and not whole[0] else scaled[0]
    # The factor that smooths is positive; the other one carries the sign of the kernel.
    sums = [float(factor.sum()) for factor in chosen]
    sign = -1.0 if max(sums, key=abs) < 0 else 1.0
    return sign * chosen[0] + 0.0, sign * chosen[1] + 0.0


def _smallest(taps: Taps) -> float:
    magnitudes = np.abs(taps)
    return float(magnitudes[magnitudes > RELATIVE_ZERO * magnitudes.max()].min())


def _snapped(taps: Taps) -> Taps:
    """`taps` with rounding noise around whole numbers removed."""
    whole = np.round(taps)
    near = np.abs(taps - whole) <= 1e-12 * np.maximum(np.abs(taps).max(), 1.0)
    return np.where(near, whole + 0.0, taps)
