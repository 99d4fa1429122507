"""Bands of rows that are unpacked once and kept while they are needed: the tiles of a TIFF, say."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..arrays import Array

KEPT_BYTES = 1 << 25
"""What is kept of bands that nobody reads at the moment."""


@dataclass(eq=False)
class _Band:
    """A band on its way: its rows, the parts that nobody has begun, and those not yet done."""

    rows: Array
    waiting: list[int]
    undone: int
    changed: threading.Condition = field(default_factory=threading.Condition)
    failure: BaseException | None = None


class Bands:
    """A picture in bands of `height` rows, each unpacked in parts by whoever waits for it.

    shape, dtype: of the picture. parts: into how many a band is divided. unpack: of band and part,
    into the rows of the band. A failed band is tried anew by who asks next.

    >>> def unpack(band: int, part: int, rows: Array) -> None:
    ...     rows[...] = band
    >>> Bands((5, 2), np.dtype(np.uint8), 2, unpack).read(1, 4).tolist()
    [[0, 0], [1, 1], [1, 1]]
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        dtype: np.dtype[np.generic],
        height: int,
        unpack: Callable[[int, int, Array], None],
        *,
        parts: int = 1,
        kept_bytes: int = KEPT_BYTES,
    ) -> None:
        self.shape, self.dtype, self.height = shape, dtype, height
        self.parts, self.unpack = parts, unpack
        band_bytes = max(1, height * int(np.prod(shape[1:])) * dtype.itemsize)
        self.most = max(2, kept_bytes // band_bytes)
        self.bands: OrderedDict[int, _Band] = OrderedDict()
        self.lock = threading.Lock()

    def read(self, start: int, stop: int) -> Array:
        """Rows `start` to `stop`: a view of a band, or a copy out of several. Not to be written."""
        first, last = start // self.height, (stop - 1) // self.height
        if first == last:
            at = first * self.height
            return self._band(first)[start - at : stop - at]
        rows = np.empty((stop - start, *self.shape[1:]), self.dtype)
        for number in range(first, last + 1):
            at = number * self.height
            low, high = max(start, at), min(stop, at + self.height)
            rows[low - start : high - start] = self._band(number)[low - at : high - at]
        return rows

    def _band(self, number: int) -> Array:
        with self.lock:
            band = self.bands.get(number)
            if band is None or band.failure is not None:
                count = min(self.height, self.shape[0] - number * self.height)
                rows = np.empty((count, *self.shape[1:]), self.dtype)
                band = _Band(rows, list(range(self.parts - 1, -1, -1)), self.parts)
                self.bands[number] = band
            self.bands.move_to_end(number)
            while len(self.bands) > self.most:
                self.bands.popitem(last=False)
        while True:
            with band.changed:
                if not band.waiting or band.failure is not None:
                    band.changed.wait_for(lambda: not band.undone or band.failure is not None)
                    break
                part = band.waiting.pop()
            try:
                self.unpack(number, part, band.rows)
            except BaseException as error:
                with band.changed:
                    band.failure = error
                    band.changed.notify_all()
                raise
            with band.changed:
                band.undone -= 1
                band.changed.notify_all()
        if band.failure is not None:
            return self._band(number)
        return band.rows
