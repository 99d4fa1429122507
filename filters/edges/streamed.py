"""Edges of a picture larger than memory: three walks, linked as if it were whole.

The first finds what a method must know of the whole, such as the brightest pixel, on which it
depends what is a tie; the second the crests, whose classes go to a file, band after band, each
labelled on the way; the third links them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from ..arrays import Array, positive, white_for
from ..engine import Rows, Stage, Window
from ..engine.scratch import strip_memory
from ..errors import InputError
from ..placement import Placement, placed
from ..streams.columns import InColumns, ReadRows, columns_of, remembered
from ..streams.sink import Gathered, Sink
from ..streams.source import StoredRows
from ..streams.spool import spool
from ..streams.walk import Counter, on_all_threads, walk_rows
from . import multiscale
from .canny import SQUARABLE, TIE, crest_rows, unit_rows
from .gradient import operator_kernels, slope_rows
from .linking import Mask
from .methods import CANNY_OPERATORS, Setting, among_methods, crossings_of, laplacian_kernel
from .multiscale import MultiscaleLooks, soft_inside
from .pieces import Piece, joined, linked_piece, piece_of
from .thresholds import Thresholds

WALKS = 3
"""How often the picture, or what became of it, is walked."""

BAND_ROWS = 256
"""Rows that are linked at once; fewer of a wide picture."""

_BAND_PIXELS = 1 << 21
_COLUMNS, _ROWS = 4096, 64
_TILE = (768, 512)
"""Columns and rows that are made at once of what depends on much around it."""


@dataclass(frozen=True)
class FoundEdges:
    """What is known of edges when they are written: their thresholds and how many there are."""

    thresholds: Thresholds
    count: int
    share: float


StreamedMethod: TypeAlias = Callable[[StoredRows, Setting, Counter | None], Rows]
"""An edge method for pictures larger than memory: from a picture, a setting, and what counts one
walk over the picture, which it takes itself, to the picture's crests by rows: 2 above high, 1 above
low, 0 elsewhere."""


def _by_slopes(
    operator: str, source: StoredRows, setting: Setting, counter: Counter | None
) -> Rows:
    """As `canny` has them. Raises InputError for pictures with NaN or infinity."""
    white = white_for(source.dtype, setting.full_scale)
    seen = {"channels": setting.channels, "space": setting.space}
    tie = TIE * _brightest(unit_rows(source.array, white, **seen), counter)

    def classes(picture: StoredRows) -> Rows:
        planes = unit_rows(picture.array, white, **seen)
        return crest_rows(
            slope_rows(planes, operator, setting.sigma, setting.border, **seen),
            Thresholds(setting.low, setting.high),
            norm="l2",
            thinning="interpolated",
            full_scale=operator_kernels(operator, setting.sigma)[0].positive_sum,
            tie=tie,
        )

    return _in_columns(source, classes, setting.border)


def _by_crossings(source: StoredRows, setting: Setting, counter: Counter | None) -> Rows:
    """As "log" has them. Raises InputError for pictures with NaN or infinity."""
    taps, white = laplacian_kernel(setting), white_for(source.dtype, setting.full_scale)
    largest = _brightest(unit_rows(source.array, white), counter)
    thresholds = Thresholds(setting.low, setting.high)

    def classes(picture: StoredRows) -> Rows:
        laid = Placement(border=setting.border)
        response = placed(unit_rows(picture.array, white), [taps.taps], laid)

        def classify(rows: Array, out: Array) -> None:
            soft = crossings_of(rows.copy(), taps, largest)[1:-1]
            np.add(soft > thresholds.low, soft > thresholds.high, out=out, dtype=np.uint8)

        # A row is crossed from one to the next; at the border of the picture there is none.
        window = Window(1, 3)
        return Stage(response, response.shape, np.dtype(np.uint8), classify, window, "replicate")

    return _in_columns(source, classes, setting.border)


def _over_scales(source: StoredRows, setting: Setting, counter: Counter | None) -> Rows:
    """As "multiscale" has them, tile by tile: each sees as far around it as its edges depend on.

    Raises InputError for pictures with NaN or infinity, and for border wrap: what lies beyond a
    border has slopes and lines, and is no part of the surroundings.
    """
    if setting.border == "wrap":
        raise InputError("multiscale with border wrap needs the whole picture in memory")
    white = white_for(source.dtype, setting.full_scale)
    finest, seen = positive(setting.sigma, "sigma"), (setting.channels, setting.space, white)
    largest = _brightest(multiscale.seen_rows(source.array, *seen), counter)
    looks = MultiscaleLooks(finest, setting.channels, setting.space, setting.border, largest)
    thresholds = Thresholds(setting.low, setting.high)
    picture, reach = remembered(source), looks.reach
    height, width = source.shape[:2]

    def block(first: int, last: int) -> ReadRows:
        columns = multiscale.seen_rows(columns_of(picture, first, last).array, *seen)
        inner = slice(reach if first else 0, last - first - (reach if last < width else 0))

        def classes(start: int, stop: int) -> Array:
            low, high = max(0, start - reach), min(height, stop + reach)
            rows = slice(start - low, stop - low)
            found = np.zeros((stop - start, last - first), np.uint8)
            with strip_memory():
                soft = soft_inside(columns.read(low, high), looks, (rows, inner))
            np.add(soft > thresholds.low, soft > thresholds.high, out=found[:, inner], dtype="u1")
            return found

        return classes

    return InColumns((height, width), np.dtype(np.uint8), block, reach, *_TILE)


STREAMED: MappingProxyType[str, StreamedMethod] = MappingProxyType(
    {
        **{name: partial(_by_slopes, operator) for name, operator in CANNY_OPERATORS.items()},
        "log": _by_crossings,
        "multiscale": _over_scales,
    }
)
"""Every method of `METHODS`, for pictures larger than memory."""


def check_streamed(
    method: str,
    setting: Setting,
    methods: Mapping[str, StreamedMethod] = STREAMED,
) -> None:
    """Raise InputError for an unknown method, and for what needs the whole picture in memory.

    >>> check_streamed("canny", Setting(1.4, 0.03, 0.08))
    """
    among_methods(method, methods)
    if setting.relative or setting.quantiles or setting.auto is not None:
        raise InputError(
            "thresholds that are chosen from the picture (relative, quantiles, auto) need the whole"
            " picture in memory"
        )


def streamed_edges(
    source: StoredRows,
    method: str,
    setting: Setting,
    take: Callable[[int, Mask], object],
    *,
    folder: Path,
    methods: Mapping[str, StreamedMethod] = STREAMED,
    sink: Sink | None = None,
    band_rows: int = BAND_ROWS,
    counter: Counter | None = None,
) -> FoundEdges:
    """The edges that `edge_stages` finds, given to `take` band by band in any order.

    source: grey or RGB. method: a key of `methods` or `ALIASES`. take: of the first row of a band
    and its edges, from any thread. folder: has room for a byte a pixel. sink: what `take` writes
    into. band_rows: how many rows are linked at once, at most. counter: counts the `WALKS`.
    Raises what the method and `check_streamed` raise.

    >>> import tempfile
    >>> step = np.array([[0, 0, 0, 255, 255, 255]] * 4, np.uint8)
    >>> rows = StoredRows("step", "array", step.shape, step.dtype, step.__getitem__)
    >>> seen = []
    >>> found = streamed_edges(
    ...     rows, "canny", Setting(0.0, 0.03, 0.08), lambda start, edges: seen.append(edges),
    ...     folder=Path(tempfile.gettempdir()),
    ... )
    >>> found.count, seen[0][1].tolist()
    (4, [False, False, True, False, False, False])
    """
    check_streamed(method, setting, methods)
    height, width = source.shape[:2]
    crests = among_methods(method, methods)(source, setting, counter)
    band = max(1, min(band_rows, _BAND_PIXELS // width))
    count = -(-height // band)
    pieces: list[Piece | None] = [None] * count
    counts = [0] * count
    with spool(folder, (height, width), np.dtype(np.uint8)) as (classes, stored):

        def label(number: int, rows: Array) -> None:
            classes.write(number * band, rows)
            pieces[number] = piece_of(rows)

        gathered = Gathered((height, width), np.dtype(np.uint8), band, label)
        walk_rows(crests, gathered.write, gathered, counter)
        kept = joined([[piece] for piece in pieces if piece is not None])

        def link(number: int) -> None:
            start, stop = number * band, min(height, number * band + band)
            edges = linked_piece(stored[start:stop], kept[number][0])
            counts[number] = int(edges.sum())
            take(start, edges)
            if counter is not None:
                counter.add((stop - start) / height)

        on_all_threads(range(count), link, sink)
    total = sum(counts)
    return FoundEdges(Thresholds(setting.low, setting.high), total, total / (height * width))


def _in_columns(source: StoredRows, make: Callable[[StoredRows], Rows], border: str) -> Rows:
    """What is made of a picture by rows, block by block where it is wide."""
    whole, width = make(source), source.shape[1]
    if width <= _COLUMNS or border == "wrap":
        return whole
    picture = remembered(source)

    def block(first: int, last: int) -> ReadRows:
        return make(columns_of(picture, first, last)).read

    return InColumns(whole.shape, whole.dtype, block, whole.halo, _COLUMNS, _ROWS)


def _brightest(seen: Rows, counter: Counter | None) -> float:
    """The largest magnitude of all pixels. Raises InputError where one is not finite."""
    found: list[float] = []

    def look(start: int, rows: Array) -> None:
        found.append(float(np.abs(rows).max()))
        if not np.isfinite(found[-1]):
            raise InputError("a picture with NaN or infinity needs to be in memory as a whole")

    walk_rows(seen, look, None, counter)
    largest = max(found)
    if largest and not SQUARABLE[0] < largest < SQUARABLE[1]:
        raise InputError(f"the brightest pixel must be between 1e-100 and 1e100, got {largest:g}")
    return largest
