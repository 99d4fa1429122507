"""Pictures larger than memory: which they are, what makes them, and how far it is."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .. import __version__
from ..filters.arrays import white_for
from ..filters.edges.streamed import FoundEdges
from ..filters.files.disk import display_path
from ..filters.files.formats import ZARR
from ..filters.files.reading import MAX_PIXELS, most_bytes, named, read_image
from ..filters.files.remote import AnyPath
from ..filters.pipeline import Pipeline
from ..filters.placement import Placement
from ..filters.streaming import RAW, stream_edges, stream_filter
from ..filters.streams.formats import SINKS, keeps_rows_raw, open_rows, size_in
from ..filters.streams.source import StoredRows, rows_of_picture
from ..filters.streams.walk import Progress
from ..filters.streams.zarr_source import is_zarr
from ..filters.streams.zarr_stores import StoredParts
from .batch import about
from .progress import Speaker, time_text

_MADE_WITH = ("numpy", "opencv-python-headless", "numcodecs")
_SAID_EVERY = 0.5


def is_streamed(source: AnyPath, target: Path, *, page: int | None, max_pixels: int) -> bool:
    """Whether a picture is filtered some rows at a time: a Zarr always, others above the cap.

    What no format can do so is not: reading it says that it is too large.
    """
    if is_zarr(source) or target.suffix.lower() == ZARR:
        return True
    if not isinstance(source, Path) or target.suffix.lower() not in SINKS:
        return False
    size = size_in(source, page)
    if size is None:
        return False
    # One page of many may be small in a file that is not read as a whole.
    is_page = page is not None and source.stat().st_size > most_bytes(max_pixels)
    return is_page or size[0] * size[1] > max_pixels


def apply_streamed(
    pipeline: Pipeline,
    source: AnyPath,
    target: Path,
    *,
    operation: str,
    placement: Placement,
    channels: str | None,
    shown: str | None,
    full_scale: float | None,
    page: int | None,
    clobber: bool,
    max_pixels: int = MAX_PIXELS,
    client: Any = None,
) -> tuple[float, str]:
    """Filter a picture, some rows at a time; its full scale, and how it was shown.

    client: of a cluster that does it, Zarr to Zarr alone. Raises FiltError as `stream_filter`,
    `spread_zarr` and `open_rows` do.
    """
    how = shown or (RAW if keeps_rows_raw(target) else pipeline.show)
    made_by = {
        "filter": pipeline.name,
        "taps": [kernel.taps.tolist() for step in pipeline.steps for kernel in step.kernels],
        "operation": operation,
        "placement": repr(placement),
        "channels": channels,
        "show": how,
        "full_scale": full_scale,
        "page": page,
    }
    with _rows(source, page, max_pixels) as rows, _telling(source) as progress, about(source):
        white = white_for(rows.dtype, full_scale)
        given: dict[str, Any] = {
            "operation": operation, "placement": placement, "channels": channels, "show": how,
            "full_scale": white, "clobber": clobber, "progress": progress,
        }  # fmt: skip
        if client is None:
            stream_filter(rows, pipeline, target, **given, made_by=_said(made_by, source))
        else:
            from .spread_zarr import spread_zarr

            made_by["on"] = "a cluster"
            spread_zarr(client, source, pipeline, target, **given, made_by=_said(made_by, source))
    return white, how


def edges_streamed(
    source: AnyPath,
    target: Path,
    method: str,
    *,
    page: int | None,
    clobber: bool,
    max_pixels: int = MAX_PIXELS,
    **setting: Any,
) -> FoundEdges:
    """Draw the edges of a picture, some rows at a time; how many there are.

    setting: as for `find_edges`. Raises FiltError as `stream_edges` and `open_rows` do.
    """
    from ..learned.edge_methods import edge_setting
    from ..learned.streamed_methods import STREAMED_METHODS

    run = edge_setting(method, **setting)
    made_by = {"edges": method, "setting": repr(run), "page": page}
    with _rows(source, page, max_pixels) as rows, _telling(source) as progress, about(source):
        return stream_edges(
            rows, method, run, target, methods=STREAMED_METHODS,
            clobber=clobber, made_by=_said(made_by, source), progress=progress,
        )  # fmt: skip


@contextmanager
def _rows(source: AnyPath, page: int | None, max_pixels: int) -> Iterator[StoredRows]:
    """The rows of a file, or of a picture in memory where its format has none."""
    if is_zarr(source) or size_in(source, page) is not None:
        with open_rows(source, page) as rows:
            yield rows
        return
    picture = read_image(source, page=page, max_pixels=max_pixels)
    name = display_path(source)
    with named(name, "picture"):
        rows = rows_of_picture(picture, name)
    yield rows


def _said(made_by: dict[str, Any], source: AnyPath) -> str:
    """What makes a picture, and out of what, as text: a Zarr made by the same is gone on with."""
    versions = {"filt": __version__, **{name: _version(name) for name in _MADE_WITH}}
    return json.dumps({**made_by, "input": _identity(source), "versions": versions})


def _identity(source: AnyPath) -> list[Any]:
    """What changes where somebody has put another picture in the place of this one."""
    if not isinstance(source, Path):
        return [source.identity, StoredParts(source).identity]
    said = Path(os.path.realpath(source))
    if said.is_dir():
        said = next((file for file in sorted(said.iterdir()) if file.is_file()), said)
    status = said.stat()
    return [os.fspath(said), status.st_size, status.st_mtime_ns]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


@contextmanager
def _telling(source: AnyPath) -> Iterator[Progress]:
    """Tells a terminal how far it is and how much time is left; clears its line in the end."""
    speaker, begun = Speaker(), time.monotonic()
    said = begun

    def tell(done: int, rows: int) -> None:
        nonlocal said
        now = time.monotonic()
        if not speaker.overwrites or now - said < _SAID_EVERY or not done:
            return
        said = now
        left = time_text((now - begun) * (rows - done) / done)
        speaker(f"{display_path(source)}: {done / rows:.0%}, {left} left", False)

    try:
        yield tell
    finally:
        if speaker.overwrites and said > begun:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
