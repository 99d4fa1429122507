"""How the edge network looks at a picture: in brightness and in colour, tile by tile.

A tile sees as far around it as its lines depend on. Which tiles there are is said by the shape of
the picture alone, so that one in memory and the same one in a file come out alike to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np

from ..filters.arrays import Array, white_for
from ..filters.bank import ACTIVATIONS
from ..filters.catalogue import kernel
from ..filters.colour import lab_of, luma, luma_rows
from ..filters.edges.canny import white_at_one
from ..filters.edges.methods import Setting
from ..filters.engine import Rows
from ..filters.engine.scratch import strip_memory
from ..filters.placement import Placement, placed
from ..filters.streams.columns import InColumns, ReadRows, columns_of, remembered
from ..filters.streams.source import StoredRows
from ..filters.streams.walk import Counter, on_all_threads
from .edge_network import EdgeNetwork, thin_soft_map

SCALES = (1, 2)
"""The network looks at the luma and at half of it: there small texture is gone, and lines of things
stay. The mean of what it says decides."""

_COLOUR_SCALE = 2
_SOME_COLOUR, _FLAT = 0.01, 1e-4
_LEAST = 0.02
_FADED, _OF_SIDE = 5, 32
_SMALLEST = 2
_TIE = 1e-6

_LINE_SEES = 13
"""Pixels around a line that have a say in whether it is one: 8 of the blur of `thin_soft_map`, 2 of
its slopes, 3 of `thin`."""

_TILE = (512, 1024)
"""Rows and columns of a tile, about. In smaller ones more is computed twice; larger ones take more
memory and no less time."""

_FEWEST_ROWS, _VALUES = 256, 3 << 24
_LOOK_BYTES = 1 << 21


@dataclass(frozen=True, eq=False)
class EdgeLooks:
    """A network in front of a picture, with everything that it must know of the whole of it.

    shares: how much each of CIELAB's two colour axes weighs beside a look at the luma; none for a
    picture without colour.
    """

    network: EdgeNetwork
    source: StoredRows
    setting: Setting
    shares: tuple[float, ...]

    @classmethod
    def at(
        cls,
        source: StoredRows,
        setting: Setting,
        network: EdgeNetwork,
        counter: Counter | None = None,
    ) -> EdgeLooks:
        """The looks at a picture, which is walked once to know how colourful it is."""
        if setting.sigma and setting.border == "wrap":
            # Beyond the last column comes the first, which no tile has: blurred before it is cut.
            source = _blurred(source, setting)
            setting = replace(setting, sigma=0.0, full_scale=1.0)
        return cls(network, source, setting, _shares(seen_rows(source, setting), counter))

    @property
    def soft_map(self) -> InColumns:
        """How much every pixel looks like a boundary, 0 to 1, by rows."""
        return self._in_blocks(lambda first, last, soft_map: soft_map)

    @property
    def lines(self) -> InColumns:
        """The crests of the soft map, which fade towards the border of the picture, by rows."""
        ramps = [_ramp(side) for side in self.source.shape[:2]]

        height = self.source.shape[0]

        def block(first: int, last: int, soft_map: ReadRows) -> ReadRows:
            def lines(start: int, stop: int) -> Array:
                low, high = max(0, start - self._margin), min(height, stop + self._margin)
                soft = soft_map(low, high)
                if min(self.source.shape[:2]) < _SMALLEST:
                    return np.zeros_like(soft[start - low : stop - low])
                thinned = thin_soft_map(soft, above=_LEAST, tie=_TIE)[start - low : stop - low]
                faded: Array = thinned * ramps[0][start:stop, np.newaxis] * ramps[1][first:last]
                return faded

            return lines

        return self._in_blocks(block)

    def _in_blocks(self, block: Callable[[int, int, ReadRows], ReadRows]) -> InColumns:
        """What `block` makes, of its first column, the one after its last, and its soft map."""
        picture = remembered(self.source)

        def make(first: int, last: int) -> ReadRows:
            seen = seen_rows(columns_of(picture, first, last), self.setting)
            ends = first == 0, last == picture.shape[1]
            return block(first, last, partial(self._soft_map, seen, ends))

        height, width = picture.shape[:2]
        blurred = seen_rows(picture, self.setting).halo
        # As many rows as there is room for: a thread holds them, and what lies around them, whole.
        rows = max(_FEWEST_ROWS, min(_TILE[0], _VALUES // math.prod(picture.shape[1:])))
        return InColumns(
            (height, width),
            np.dtype(np.float32),
            make,
            _multiple(self._margin + self._around + blurred, self._step),
            _side(width, _TILE[1], self._step),
            _side(height, rows, self._step),
        )

    @property
    def _margin(self) -> int:
        """How many pixels of the soft map around one have a say in whether it is a line."""
        return _multiple(_LINE_SEES, self._step)

    @property
    def _step(self) -> int:
        """Tiles begin at multiples of this, where the pixels of every scale begin."""
        return self.network.multiple * math.lcm(*SCALES, _COLOUR_SCALE)

    @property
    def _around(self) -> int:
        """How many pixels around one have a say in whether it looks like a boundary."""
        # Between the centres of its pixels a smaller picture that is enlarged sees the next one.
        largest = max(*SCALES, _COLOUR_SCALE)
        return _multiple(largest * (self.network.reach + 1), self._step)

    def _soft_map(self, seen: Rows, ends: tuple[bool, bool], start: int, stop: int) -> Array:
        """Rows of a block of columns. ends: whether it begins and ends where the picture does."""
        height = seen.shape[0]
        low, high = max(0, start - self._around), min(height, stop + self._around)
        with strip_memory():
            planes = seen.read(low, high).copy()
        with np.errstate(over="ignore"):
            grey = _known(luma(planes).astype(np.float32))
        total = np.zeros(grey.shape, np.float32)
        for scale in SCALES:
            if scale == 1:
                near = self._near((low == 0, high == height), ends)
                total[near] += self.network.evidence(np.ascontiguousarray(grey[near]))
            else:
                total += self._evidence(_smaller(grey, scale), scale, total.shape)
        if self.shares:
            axes = 0.5 + _opponents(planes)
            for share, axis in zip(self.shares, axes, strict=True):
                total += np.float32(share) * self._evidence(axis, _COLOUR_SCALE, total.shape)
        weight = np.float32(len(SCALES) + sum(self.shares))
        return ACTIVATIONS["sigmoid"](total[start - low : stop - low] / weight)

    def _near(self, rows: tuple[bool, bool], columns: tuple[bool, bool]) -> tuple[slice, slice]:
        """What the look at the picture itself needs: the smaller ones see further."""
        cut = self._around - _multiple(self.network.reach, self._step)

        def inner(begins: bool, finishes: bool) -> slice:
            return slice(0 if begins else cut, None if finishes else -cut)

        return inner(*rows), inner(*columns)

    def _evidence(self, smaller: Array, scale: int, shape: tuple[int, ...]) -> Array:
        """What the network says of a smaller picture, at the size of the picture."""
        said = self.network.evidence(smaller)
        size = said.shape[1] * scale, said.shape[0] * scale
        larger: Array = cv2.resize(said, size, interpolation=cv2.INTER_LINEAR)
        return larger[: shape[0], : shape[1]]


def seen_rows(source: StoredRows, setting: Setting) -> Rows:
    """What is seen of a picture by rows: white at 1, blurred; its luma where colour is left out.

    >>> pixels = np.full((2, 3, 3), 255, np.uint8)
    >>> source = StoredRows("white", "array", pixels.shape, pixels.dtype, pixels.__getitem__)
    >>> seen_rows(source, Setting(0.0, 0.2, 0.4)).read(0, 1).round(6).tolist()
    [[1.0, 1.0, 1.0]]
    """
    pixels, white = source.pixels, white_for(source.dtype, setting.full_scale)
    planes: Rows = white_at_one(pixels, white, pixels.dtype)
    if setting.channels == "luma":
        planes = luma_rows(planes)
    if setting.sigma == 0:
        return planes
    blur = kernel("gaussian-blur", sigma=setting.sigma)
    return placed(planes, [blur.taps], Placement(border=setting.border))


def _blurred(source: StoredRows, setting: Setting) -> StoredRows:
    """What is seen of a picture as a picture, made anew for whoever asks for rows of it."""
    seen = seen_rows(source, setting)

    def rows(wanted: slice) -> Array:
        with strip_memory():
            return seen.read(wanted.start, wanted.stop).copy()

    return replace(source, shape=seen.shape, dtype=seen.dtype, rows=rows)


def _shares(seen: Rows, counter: Counter | None) -> tuple[float, ...]:
    """How much each colour axis weighs: the less the less happens on it in the whole picture."""
    height = seen.shape[0]
    at_once = _multiple(max(1, _LOOK_BYTES // seen.widest), _COLOUR_SCALE)
    found: dict[int, tuple[int, Array, Array]] = {}

    def look(start: int) -> None:
        stop = min(height, start + at_once)
        if len(seen.shape) == 3:
            with strip_memory():
                axes = _opponents(seen.read(start, stop)).astype(np.float64)
            sums = (np.sum(values, axis=(1, 2)) for values in (axes, axes**2))
            found[start] = axes[0].size, *sums
        if counter is not None:
            counter.add((stop - start) / height)

    on_all_threads(range(0, height, at_once), look, None)
    if not found:
        return ()
    # In the order of the rows: whichever thread comes first, it is the same sum.
    in_order = [found[start] for start in sorted(found)]
    count = sum(pixels for pixels, _, _ in in_order)
    mean, square = (sum(part[which] for part in in_order) / count for which in (1, 2))
    deviations = np.sqrt(np.maximum(square - mean**2, 0))
    if deviations.max() < _FLAT:
        return ()
    return tuple(float(share) for share in deviations / (deviations + _SOME_COLOUR))


def colour_axes(seen: Array) -> Array:
    """Green to red and blue to yellow at half the size, 0.5 without colour: (2, height, width).

    seen: (height, width, 3), white at 1.

    >>> colour_axes(np.ones((2, 3, 3))).round(3).tolist()
    [[[0.5, 0.5]], [[0.5, 0.5]]]
    """
    return 0.5 + _opponents(seen)


def _opponents(planes: Array) -> Array:
    # What no screen can show has no place in CIELAB.
    half = _smaller(np.clip(_known(planes), 0, 1), _COLOUR_SCALE)
    axes: Array = np.ascontiguousarray(np.moveaxis(lab_of(half)[..., 1:], 2, 0))
    axes /= axes.dtype.type(100)
    return axes


def _known(values: Array) -> Array:
    """NaN and infinity are black."""
    known: Array = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    return known


def _smaller(picture: Array, scale: int) -> Array:
    """Every pixel the mean of scale × scale; sides that are no multiple go on with their last."""
    height, width = picture.shape[:2]
    below, right = -height % scale, -width % scale
    if below or right:
        picture = cv2.copyMakeBorder(picture, 0, below, 0, right, cv2.BORDER_REPLICATE)
    size = -(-width // scale), -(-height // scale)
    smaller: Array = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return smaller.reshape(size[1], size[0], *picture.shape[2:])


def _ramp(side: int) -> Array:
    """From 0 at the border to 1 over five pixels; over fewer in small pictures.

    Source: as in the code of P. Dollár and C. L. Zitnick, Fast edge detection using structured
    forests, 2015.
    """
    reach = min(_FADED, side // _OF_SIDE)
    from_border = np.minimum(np.arange(side), np.arange(side)[::-1])
    ramp: Array = np.clip(from_border / max(reach, 1), not reach, 1).astype(np.float32)
    return ramp


def _multiple(length: int, step: int) -> int:
    """The length, or the next larger multiple of a step."""
    return length - length % -step


def _side(side: int, tile: int, step: int) -> int:
    """How long a tile is on a side of the picture that is cut into about equal ones."""
    return _multiple(-(-side // max(1, round(side / tile))), step)
