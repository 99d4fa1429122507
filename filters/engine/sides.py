"""What lies beyond the left and right side of a strip of rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..borders import border_indices
from .scratch import scratch

_OPENCV_BORDERS: MappingProxyType[str, int] = MappingProxyType(
    {
        "reflect101": cv2.BORDER_REFLECT_101,
        "symmetric": cv2.BORDER_REFLECT,
        "replicate": cv2.BORDER_REPLICATE,
        "zero": cv2.BORDER_CONSTANT,
    }
)


@dataclass(frozen=True)
class Sides:
    """How many columns a strip goes on with on either side, and what they hold.

    >>> Sides(1, 2, "wrap").continued(np.array([[1, 2, 3]])).tolist()
    [[3, 1, 2, 3, 1, 2]]
    """

    left: int = 0
    right: int = 0
    border: str = "zero"

    def opencv(self, taps: int, width: int) -> int | None:
        """OpenCV's border that does the same for a kernel of so many columns, if one does."""
        centred = (self.left, self.right) == (taps // 2, (taps - 1) // 2)
        return _OPENCV_BORDERS.get(self.border) if centred and taps <= width else None

    def continued(self, rows: Array) -> Array:
        """The rows with these columns added: a copy, or the rows where there are none."""
        if not (self.left or self.right):
            return rows
        height, width = rows.shape[:2]
        wide = scratch((height, self.left + width + self.right, *rows.shape[2:]), rows.dtype)
        wide[:, self.left : self.left + width] = rows
        self.fill(wide)
        return wide

    def fill(self, wide: Array) -> None:
        """Write these columns of an array whose columns between them are there already."""
        width = wide.shape[1] - self.left - self.right
        before, after = _sources(width, self)
        for beyond, index in ((np.s_[: self.left], before), (np.s_[self.left + width :], after)):
            wide[:, beyond] = 0 if self.border == "zero" else wide[:, self.left + index]


@lru_cache(maxsize=64)
def _sources(width: int, sides: Sides) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which columns those before and after `width` columns are copies of."""
    index = border_indices(width, sides.left, sides.right, sides.border)
    return index[: sides.left], index[sides.left + width :]
