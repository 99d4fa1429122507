"""Canny's edges of a picture larger than memory: three walks, linked as if it were whole.

The first finds the brightest pixel, on which it depends what is a tie; the second the crests, whose
classes go to a file, band after band, each labelled on the way; the third links them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from ..arrays import Array
from ..engine import Rows
from ..errors import InputError
from ..streams.columns import InColumns
from ..streams.sink import Gathered, Sink
from ..streams.source import StoredRows
from ..streams.spool import spool
from ..streams.walk import Counter, on_all_threads, walk_rows
from .canny import SQUARABLE, TIE, crest_rows, grey_rows
from .gradient import operator_kernels, slope_rows
from .linking import Mask
from .methods import Setting
from .pieces import Piece, joined, linked_piece, piece_of
from .thresholds import Thresholds

OPERATORS_OF: MappingProxyType[str, str] = MappingProxyType(
    {
        "canny": "sobel",
        "sobel": "sobel",
        "scharr": "scharr",
        "prewitt": "prewitt",
        "gaussian": "gaussian",
    }
)
"""The edge methods that can be streamed, each with the operator of its slopes."""

WALKS = 3
"""How often the picture, or what became of it, is walked."""

BAND_ROWS = 256
"""Rows that are linked at once; fewer of a wide picture."""

_BAND_PIXELS = 1 << 21
_COLUMNS, _ROWS = 4096, 64


@dataclass(frozen=True)
class FoundEdges:
    """What is known of edges when they are written: their thresholds and how many there are."""

    thresholds: Thresholds
    count: int
    share: float


def check_streamed(method: str, setting: Setting, shape: tuple[int, ...]) -> None:
    """Raise InputError, which says why, for what needs the whole picture in memory.

    >>> check_streamed("canny", Setting(1.4, 0.03, 0.08), (9, 9))
    """
    if method not in OPERATORS_OF:
        raise InputError(
            f"{method} needs the whole picture in memory; some rows at a time there are"
            f" {', '.join(OPERATORS_OF)}"
        )
    if setting.relative or setting.quantiles or setting.auto is not None:
        raise InputError(
            "thresholds that are chosen from the picture (relative, quantiles, auto) need the whole"
            " picture in memory"
        )
    if len(shape) == 3 and setting.channels != "luma":
        raise InputError(
            f"channels {setting.channels} of a colour picture need the whole picture in memory:"
            " say luma"
        )


def streamed_edges(
    source: StoredRows,
    method: str,
    setting: Setting,
    take: Callable[[int, Mask], object],
    *,
    folder: Path,
    sink: Sink | None = None,
    band_rows: int = BAND_ROWS,
    counter: Counter | None = None,
) -> FoundEdges:
    """The edges that `edge_stages` finds, given to `take` band by band in any order.

    source: grey or RGB. method: a key of `OPERATORS_OF`. setting: with the full scale. take: of the
    first row of a band and its edges, from any thread. folder: has room for a byte a pixel. sink:
    what `take` writes into. band_rows: how many rows are linked at once, at most. counter:
    counts the `WALKS`.
    Raises InputError for pictures with NaN or infinity, and what `check_streamed` raises.

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
    check_streamed(method, setting, source.shape)
    height, width = source.shape[:2]
    thresholds = Thresholds(setting.low, setting.high)
    white = source.full_scale if setting.full_scale is None else setting.full_scale
    largest = _brightest(grey_rows(source.array, white), counter)

    def crests_of(picture: StoredRows) -> Rows:
        grey = grey_rows(picture.array, white)
        return _crests(grey, OPERATORS_OF[method], setting, thresholds, largest)

    crests = crests_of(source)
    if width > _COLUMNS and setting.border != "wrap":
        crests = InColumns(source, crests_of, crests.halo, _COLUMNS, _ROWS)
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
    return FoundEdges(thresholds, total, total / (height * width))


def _brightest(grey: Rows, counter: Counter | None) -> float:
    """The largest magnitude of all pixels. Raises InputError where one is not finite."""
    found: list[float] = []

    def look(start: int, rows: Array) -> None:
        found.append(float(np.abs(rows).max()))
        if not np.isfinite(found[-1]):
            raise InputError("a picture with NaN or infinity needs to be in memory as a whole")

    walk_rows(grey, look, None, counter)
    largest = max(found)
    if largest and not SQUARABLE[0] < largest < SQUARABLE[1]:
        raise InputError(f"the brightest pixel must be between 1e-100 and 1e100, got {largest:g}")
    return largest


def _crests(
    grey: Rows, operator: str, setting: Setting, thresholds: Thresholds, largest: float
) -> Rows:
    """Their classes by rows, as `canny` has them."""
    return crest_rows(
        slope_rows(grey, operator, setting.sigma, setting.border),
        thresholds,
        norm="l2",
        thinning="interpolated",
        full_scale=operator_kernels(operator, setting.sigma)[0].positive_sum,
        tie=TIE * largest,
    )
