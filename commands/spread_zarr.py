"""A Zarr picture over the workers of a cluster: its chunks as a Dask array, filtered lazily.

What each band of the result is made of is a task graph of Dask's; workers read the chunks that a
band needs and put the band's own where they belong. Source and result lie on disks that the workers
see under the same names. Bands that are on the disk already, of a run that was killed, are left
out.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..filters.arrays import Array, white_for
from ..filters.dask_arrays import DaskArray, dask_array, meta_of
from ..filters.errors import FiltError
from ..filters.files.disk import display_path
from ..filters.files.remote import AnyPath
from ..filters.pipeline import Pipeline
from ..filters.placement import Placement
from ..filters.showing import to_picture
from ..filters.streaming import RAW
from ..filters.streams.walk import Progress, no_progress
from ..filters.streams.zarr_sink import BandFolder, store_band, zarr_folder
from ..filters.streams.zarr_source import zarr_chunk, zarr_layout_of
from .batch import absolute
from .spread import dask_distributed, is_lost

_RETRIES = 3


def spread_zarr(
    client: Any,
    source: AnyPath,
    pipeline: Pipeline,
    target: Path,
    *,
    operation: str = "correlate",
    placement: Placement | None = None,
    channels: str | None = None,
    show: str = RAW,
    full_scale: float | None = None,
    clobber: bool = True,
    made_by: str = "",
    progress: Progress = no_progress,
) -> None:
    """Filter a Zarr array into another one on a cluster.

    client: of dask.distributed. The rest, and errors, as for `stream_filter`; what comes out is
    equal to that up to rounding.
    """
    lazy, dtype = lazy_chunks(source)
    white = white_for(dtype, full_scale)
    response = pipeline.respond(
        lazy, operation=operation, placement=placement, channels=channels, full_scale=white
    )
    shown = response
    if show != RAW:
        depth = np.uint16 if dtype == np.uint16 else np.uint8
        shown = to_picture(response, show, full_scale=white, depth=depth)
    with zarr_folder(target, shown.shape, shown.dtype, clobber=clobber, made_by=made_by) as folder:
        _compute_bands(client, shown, folder, progress)


def lazy_chunks(source: AnyPath) -> tuple[DaskArray, np.dtype[Any]]:
    """A Zarr array as a Dask array, and its dtype.

    Its chunks are read where they are needed, by who needs them.
    """
    name = display_path(source)
    layout = zarr_layout_of(source, name)
    dtype = layout.dtype.newbyteorder("=")
    cuts = [_cuts(*sides) for sides in zip(layout.shape, layout.chunks, strict=True)]
    like = np.zeros((1,) * len(layout.shape), dtype)
    lazy = dask_array().map_blocks(
        partial(_chunk, source=absolute(source), name=name), chunks=tuple(cuts), **meta_of(like)
    )
    return lazy, dtype


def _chunk(*, source: AnyPath, name: str, block_id: tuple[int, ...]) -> Array:
    return zarr_chunk(source, block_id, name)


def _cuts(length: int, each: int) -> tuple[int, ...]:
    return tuple(min(each, length - start) for start in range(0, length, each))


def _compute_bands(client: Any, shown: DaskArray, folder: BandFolder, progress: Progress) -> None:
    """Have every band that is not on the disk computed and put there."""
    height = folder.chunks[0]
    bands = shown.rechunk((height, -1, *([-1] * (shown.ndim - 2))))
    store = partial(_store, place=folder.place.absolute(), chunks=folder.chunks, name=folder.name)
    lazy = bands.to_delayed().reshape(-1)
    missing = [number for number in range(len(lazy)) if number not in folder.done]
    rows = shown.shape[0]
    done = len(folder.done) * height
    later = dask_delayed()(store, pure=False)
    stored = [later(number, lazy[number]) for number in missing]
    futures = client.compute(stored, retries=_RETRIES)
    coming = dask_distributed().as_completed(
        futures, loop=client.loop, with_results=True, raise_errors=False
    )
    try:
        for future, result in coming:
            if is_lost(future.status, result):
                raise FiltError(f"{folder.name}: each worker that was given a part of it died")
            folder.add(result)
            future.release()
            done += height
            progress(min(done, rows), rows)
    finally:
        with suppress(Exception):  # the scheduler may be what went away
            client.cancel(futures, force=True)


def dask_delayed() -> Any:
    """What makes a function lazy."""
    from dask.delayed import delayed

    return delayed


def _store(band: int, rows: Array, *, place: Path, chunks: tuple[int, ...], name: str) -> int:
    store_band(place, chunks, band, rows, name)
    return band
