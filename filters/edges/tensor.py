"""The structure tensor: how a neighbourhood changes, in which direction, and how clearly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..arrays import Array


@dataclass(frozen=True, eq=False)
class StructureTensor:
    """The products of the slopes, averaged over a neighbourhood: [[xx, xy], [xy, yy]].

    xx, xy, yy: (height, width). Source: Förstner and Gülch, 1987; for colour Di Zenzo, 1986.

    >>> tensor = StructureTensor(np.array([[4.0]]), np.array([[0.0]]), np.array([[1.0]]))
    >>> tensor.eigenvalues[0].item(), tensor.coherence.item(), tensor.orientation.item()
    (4.0, 0.6, 0.0)
    """

    xx: Array
    xy: Array
    yy: Array

    @property
    def entries(self) -> tuple[Array, Array, Array]:
        """xx, xy and yy."""
        return self.xx, self.xy, self.yy

    @cached_property
    def eigenvalues(self) -> tuple[Array, Array]:
        """The larger and the smaller eigenvalue: squared slopes across and along the structure."""
        middle, half = (self.xx + self.yy) / 2, self._half_difference
        return middle + half, np.maximum(middle - half, 0)

    @cached_property
    def coherence(self) -> Array:
        """How clearly one direction prevails: (λ1 − λ2)/(λ1 + λ2), 0 to 1; 0 where all is flat."""
        total = self.xx + self.yy
        apart = 2 * self._half_difference
        share: Array = np.divide(apart, total, out=np.zeros_like(total), where=total > 0)
        return np.minimum(share, 1, out=share)

    @cached_property
    def orientation(self) -> Array:
        """The direction across the structure, in degrees from -90 to 90: 0 right, 90 downwards."""
        angle: Array = np.degrees(np.arctan2(2 * self.xy, self.xx - self.yy)) / 2
        return angle

    @property
    def _half_difference(self) -> Array:
        half: Array = np.hypot((self.xx - self.yy) / 2, self.xy)
        return half
