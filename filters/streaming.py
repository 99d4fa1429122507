"""Filtering pictures larger than memory: strip by strip, from a file into a file.

The strips, and what is done with them, are those of the engine: every bit is the one that a filter
of the whole picture gives. What is kept in memory are a few strips for each thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from .arrays import Array, white_for
from .edges.edge_filter import EdgeFilter
from .edges.methods import Setting
from .edges.streamed import (
    BAND_ROWS,
    STREAMED,
    WALKS,
    FoundEdges,
    StreamedMethod,
    check_streamed,
    streamed_edges,
)
from .engine import Pixels, Rows
from .errors import InputError
from .files.disk import PathLike
from .filter import OPERATIONS, Filter
from .pipeline import Pipeline
from .placement import Placement
from .showing import SHOWS, to_picture
from .streams.formats import open_sink
from .streams.sink import Sink
from .streams.source import StoredRows
from .streams.spool import spool
from .streams.walk import Counter, Progress, no_progress, walk_rows

RAW = "raw"
"""Not shown: the response as it is."""


def stream_filter(
    source: StoredRows,
    pipeline: Pipeline,
    target: PathLike,
    *,
    operation: str = "correlate",
    placement: Placement | None = None,
    channels: str | None = None,
    show: str = RAW,
    full_scale: float | None = None,
    clobber: bool = True,
    made_by: str = "",
    band_rows: int = BAND_ROWS,
    progress: Progress = no_progress,
) -> None:
    """Filter the rows of a picture into a file, bit by bit as `Pipeline.apply` and `to_picture` do.

    target: .tif, .png, .npy or .zarr. operation, placement, channels: as for `Pipeline.apply`.
    show: a key of `SHOWS`, or "raw". full_scale: the value of white, None for that of the source.
    clobber, made_by: as for `open_sink`. band_rows: as for `streamed_edges`. progress: is told how
    many rows are done and how many there are to do, over all walks.
    Raises InputError for a filter that needs the whole picture, and what those functions raise.

    >>> import tempfile
    >>> from .registry import handcrafted
    >>> step = np.array([[0, 0, 9, 9]] * 3, np.uint8)
    >>> rows = StoredRows("step", "array", step.shape, step.dtype, step.__getitem__)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     stream_filter(rows, Pipeline((handcrafted("sobel-x"),)), Path(folder, "a.npy"))
    ...     np.load(Path(folder, "a.npy"))[1].tolist()
    [0.0, 36.0, 36.0, 0.0]
    """
    if show != RAW and show not in SHOWS:
        raise InputError(f"show must be one of {', '.join([*SHOWS, RAW])}, got {show!r}")
    white = white_for(source.dtype, full_scale)
    laid = placement or Placement()
    if operation not in OPERATIONS:
        raise InputError(f"operation must be correlate or convolve, got {operation!r}")
    steps: list[_Step] = [(pipeline, channels)]
    if not pipeline.is_one_walk:
        steps = [*pipeline.seen(channels)]
    walks = sum(WALKS if isinstance(step, EdgeFilter) else 1 for step, _ in steps)
    counter = Counter(walks + (show == "minmax"), source.shape[0], progress)
    run = _Run(operation, laid, white, _folder(target), band_rows, counter)
    _check_steps(steps, run)
    depth = np.dtype(np.uint16 if source.depth == np.uint16 else np.uint8)
    with ExitStack() as spools:
        while len(steps) > 1:
            source = _spooled(spools, source, steps.pop(0), run)
        last = steps[0]
        if isinstance(last[0], EdgeFilter) and show == "minmax":
            source, last = _spooled(spools, source, last, run), (None, None)
        rows = _rows_of(source, last, run)
        shown = _shown(rows, show, white, depth, counter)
        dtype = rows.dtype if show == RAW else depth
        with open_sink(target, rows.shape, dtype, clobber=clobber, made_by=made_by) as sink:

            def take(start: int, strip: Array) -> None:
                sink.write(start, shown(strip))

            if isinstance(last[0], EdgeFilter):
                _edges_into(source, last, run, take, sink)
            else:
                walk_rows(rows, take, sink, counter)


def stream_edges(
    source: StoredRows,
    method: str,
    setting: Setting,
    target: PathLike,
    *,
    methods: Mapping[str, StreamedMethod] = STREAMED,
    clobber: bool = True,
    made_by: str = "",
    band_rows: int = BAND_ROWS,
    progress: Progress = no_progress,
) -> FoundEdges:
    """Draw the edges of a picture into a file, white on black in 8 bits, as `edge_picture` does.

    method: a key of `methods`, or another name of one. The rest, and errors: as for
    `stream_filter`.

    >>> import tempfile
    >>> step = np.array([[0, 0, 0, 255, 255, 255]] * 4, np.uint8)
    >>> rows = StoredRows("step", "array", step.shape, step.dtype, step.__getitem__)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     stream_edges(rows, "canny", Setting(0.0, 0.03, 0.08), Path(folder, "a.png")).count
    4
    """
    check_streamed(method, setting, methods)
    depth = np.dtype(np.uint8)
    counter = Counter(WALKS, source.shape[0], progress)
    with open_sink(target, source.shape[:2], depth, clobber=clobber, made_by=made_by) as sink:

        def take(start: int, edges: Array) -> None:
            sink.write(start, to_picture(edges, "clip", full_scale=1.0))

        return streamed_edges(
            source, method, setting, take,
            folder=_folder(target), methods=methods, sink=sink, band_rows=band_rows,
            counter=counter,
        )  # fmt: skip


_Step: TypeAlias = tuple[Any, str | None]


@dataclass(frozen=True)
class _Run:
    """What holds for every step of a pipeline."""

    operation: str
    placement: Placement
    white: float
    folder: Path
    band_rows: int
    counter: Counter


def _folder(target: PathLike) -> Path:
    """Where there is room for what lies between two walks: beside the target."""
    return Path(os.fsdecode(target)).resolve().parent


def _check_steps(steps: Sequence[_Step], run: _Run) -> None:
    for step, planes in steps:
        if isinstance(step, EdgeFilter):
            if run.placement != Placement(border=run.placement.border):
                raise InputError(
                    f"{step.name} finds edges in mode same, stride 1 and dilation 1 alone"
                )
            check_streamed(step.method, _setting(step, planes, run))
        elif not isinstance(step, Filter | Pipeline):
            raise InputError(f"{step.name} needs the whole picture in memory")


def _setting(step: EdgeFilter, planes: str | None, run: _Run) -> Setting:
    more = {"border": run.placement.border, "full_scale": run.white}
    if planes is not None:
        more["channels"] = planes
    return step.setting(**more)


def _rows_of(source: StoredRows, step: _Step, run: _Run) -> Rows:
    """The response of a step by its rows; of an edge method its shape and dtype alone."""
    applied, planes = step
    if applied is None:
        return source.pixels
    if isinstance(applied, EdgeFilter):
        nothing = np.broadcast_to(np.zeros((), np.float32), source.shape[:2])
        return Pixels(nothing, nothing.dtype)
    rows: Rows = applied.rows(
        source.pixels, operation=run.operation, placement=run.placement, channels=planes
    )
    return rows


def _edges_into(
    source: StoredRows, step: _Step, run: _Run, take: Callable[[int, Array], object], sink: Sink
) -> None:
    """The response of an edge method: white where there is an edge."""
    applied, planes = step
    streamed_edges(
        source,
        applied.method,
        _setting(applied, planes, run),
        lambda start, edges: take(start, edges.astype(np.float32) * np.float32(run.white)),
        folder=run.folder,
        sink=sink,
        band_rows=run.band_rows,
        counter=run.counter,
    )


def _spooled(spools: ExitStack, source: StoredRows, step: _Step, run: _Run) -> StoredRows:
    """The response of one step, on the disk for as long as `spools` are open."""
    rows = _rows_of(source, step, run)
    sink, stored = spools.enter_context(spool(run.folder, rows.shape, rows.dtype))
    if isinstance(step[0], EdgeFilter):
        _edges_into(source, step, run, sink.write, sink)
    else:
        walk_rows(rows, sink.write, sink, run.counter)
    return stored


def _shown(
    rows: Rows, show: str, white: float, depth: np.dtype[Any], counter: Counter
) -> Callable[[Array], Array]:
    """From a strip of the response to what is stored of it. "minmax" walks the rows to know how."""
    if show == RAW:
        return lambda strip: strip
    if show != "minmax":
        return lambda strip: to_picture(strip, show, full_scale=white, depth=depth)
    lows, highs = [np.inf], [-np.inf]

    def look(start: int, strip: Array) -> None:
        known = strip[np.isfinite(strip)]
        if known.size:
            lows.append(float(known.min()))
            highs.append(float(known.max()))

    walk_rows(rows, look, None, counter)
    ends = np.array([min(lows), max(highs)]) if len(lows) > 1 else np.zeros(2)

    def stretch(strip: Array) -> Array:
        # With both ends in it a part is stretched as the whole is.
        values = np.append(strip.reshape(-1), ends.astype(strip.dtype))
        pixels = to_picture(values, show, full_scale=white, depth=depth)
        return pixels[:-2].reshape(strip.shape)

    return stretch
