"""filt apply: filter pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from ..filters.colour import CHANNELS
from ..filters.engine import get_threads
from ..filters.files.disk import display_path, make_folder
from ..filters.files.formats import ZARR
from ..filters.files.outputs import output_paths
from ..filters.files.remote import AnyPath, place
from ..filters.files.writing import keeps_raw, write_image
from ..filters.picture import Picture
from ..filters.pipeline import Pipeline
from ..filters.placement import Placement
from ..filters.showing import SHOWS, to_picture
from .batch import Job, about, each_image
from .options import (
    AT_LEAST_ONE,
    FILTER,
    LOCAL,
    clobber_option,
    dask_option,
    json_option,
    pictures_argument,
    placement_options,
    reading_options,
)
from .reading import picture_of

RAW = "raw"


@click.command(short_help="filter pictures")
@click.argument("pipeline", metavar="NAME", type=FILTER)
@pictures_argument
@click.option("-o", "--out", metavar="OUT|DIR", help="Write here, not beside the image.")
@placement_options
@click.option(
    "--channels",
    type=click.Choice(list(CHANNELS)),
    help="What is seen of a colour picture.  [default: luma for edges, else each]",
)
@click.option(
    "--show",
    "shown",
    type=click.Choice([*SHOWS, RAW]),
    help="How the response becomes a picture.  [default: abs for zero-sum filters, clip "
    "for blurs and sharpening; raw for .npy and .tif]",
)
@click.option(
    "--unit",
    is_flag=True,
    help="Divide the taps by the sum of their positive ones, so that nothing saturates.",
)
@click.option("--full-scale", type=float, help="The value of white.  [default: by the file]")
@reading_options
@clobber_option
@click.option("--fail-fast", is_flag=True, help="Stop at the first picture that fails.")
@click.option(
    "--jobs",
    metavar="N",
    type=AT_LEAST_ONE,
    help="So many pictures at a time.  [default: the processors; 1 with --fail-fast]",
)
@dask_option
@json_option
def apply(
    *,
    pipeline: Pipeline,
    images: tuple[AnyPath, ...],
    out: str | None,
    operation: str,
    channels: str | None,
    shown: str | None,
    unit: bool,
    full_scale: float | None,
    max_pixels: int,
    page: int | None,
    no_clobber: bool,
    fail_fast: bool,
    jobs: int | None,
    dask: str | None,
    as_json: bool,
    **placed: Any,
) -> None:
    """Filter pictures: filt apply sobel-x photo.png writes photo.sobel-x.png beside it.

    A response keeps its sign; --show says how it becomes a picture (abs and clip saturate at full
    scale, signed puts zero at mid-grey, minmax stretches, raw keeps the numbers in .npy, .tif
    or .zarr). A TIFF, PNG or .npy above --max-pixels, and every Zarr, is filtered some rows at a
    time, into .tif, .png, .npy or .zarr.
    """
    placement = Placement(**placed)
    filtered = pipeline.unit if unit else pipeline
    if jobs is not None and dask not in (None, LOCAL):
        raise click.UsageError("--jobs counts processes of this machine: a cluster has its own")
    outputs = output_paths(images, pipeline.written, out, also_read=pipeline.files)
    work = ApplyWork(
        pipeline=filtered,
        name=pipeline.name,
        operation=operation,
        placement=placement,
        channels=channels,
        shown=shown,
        unit=unit,
        full_scale=full_scale,
        max_pixels=max_pixels,
        page=page,
        clobber=not no_clobber,
        makes_folder=out is not None and outputs != [place(out)],
    )
    pairs = list(zip(images, outputs, strict=True))
    if dask is not None and all(map(_is_chunked, pairs)):
        from .spread import connected

        # A picture of many chunks is work for all of the cluster; several go one after the other.
        with connected(dask, jobs or get_threads()) as client:
            each_image(
                pairs, partial(work.on_cluster, client), _report,
                as_json=as_json, fail_fast=fail_fast,
            )  # fmt: skip
        return
    each_image(
        pairs, work, _report, as_json=as_json, fail_fast=fail_fast, workers=jobs, dask=dask,
        max_pixels=max_pixels, clobber=not no_clobber,
    )  # fmt: skip


def _is_chunked(job: Job) -> bool:
    """Whether one picture can be spread over a cluster: from Zarr to Zarr."""
    source, target = job
    if not isinstance(target, Path) or target.suffix.lower() != ZARR:
        return False
    from ..filters.streams.zarr_source import is_zarr

    return is_zarr(source)


@dataclass(frozen=True, kw_only=True)
class ApplyWork:
    """What is done to each picture: from its file to another, anywhere.

    pipeline: that is applied; name: what it is called. makes_folder: the one that the output is
    in, where it is not there yet. All else as the options have it.
    """

    pipeline: Pipeline
    name: str
    operation: str
    placement: Placement
    channels: str | None
    shown: str | None
    unit: bool
    full_scale: float | None
    max_pixels: int
    page: int | None
    clobber: bool
    makes_folder: bool

    def __call__(self, source: AnyPath, target: Path) -> dict[str, Any]:
        """Filter `source` into `target`; what was done, as plain data."""
        picture = picture_of(source, target, page=self.page, max_pixels=self.max_pixels)
        if picture is None:
            return self._by_rows(source, target)
        how = self.shown or (RAW if keeps_raw(target) else self.pipeline.show)
        if self.full_scale is not None:
            picture = replace(picture, full_scale=self.full_scale)
        with about(source):
            response = self.pipeline.apply(
                picture,
                operation=self.operation,
                placement=self.placement,
                channels=self.channels,
            )
        if self.makes_folder:
            make_folder(target.parent)
        write_image(target, _as_shown(response, how), clobber=self.clobber)
        return self._done(source, target, picture.full_scale, how)

    def on_cluster(self, client: Any, source: AnyPath, target: Path) -> dict[str, Any]:
        """The same of a Zarr array into another one, its chunks over the workers of a cluster."""
        return self._by_rows(source, target, client)

    def _by_rows(self, source: AnyPath, target: Path, client: Any = None) -> dict[str, Any]:
        """The same of a picture that is too large for memory."""
        from .streamed import apply_streamed

        if self.makes_folder:
            make_folder(target.parent)
        full_scale, how = apply_streamed(
            self.pipeline,
            source,
            target,
            operation=self.operation,
            placement=self.placement,
            channels=self.channels,
            shown=self.shown,
            full_scale=self.full_scale,
            page=self.page,
            clobber=self.clobber,
            max_pixels=self.max_pixels,
            client=client,
        )
        return self._done(source, target, full_scale, how)

    def _done(self, source: AnyPath, target: Path, full_scale: float, how: str) -> dict[str, Any]:
        return {
            "input": display_path(source),
            "output": display_path(target),
            "filter": self.name,
            "operation": self.operation,
            "border": self.placement.border,
            "mode": self.placement.mode,
            "stride": self.placement.stride,
            "dilation": self.placement.dilation,
            "channels": self.channels or self.pipeline.steps[0].channels,
            "full_scale": full_scale,
            "show": how,
            "unit": self.unit,
        }


def _as_shown(response: Picture, how: str) -> Picture:
    if how == RAW:
        return replace(response, depth=response.pixels.dtype)
    pixels = to_picture(
        response.pixels, how, full_scale=response.full_scale,
        depth="uint16" if response.depth == "uint16" else "uint8",
    )  # fmt: skip
    return replace(response, pixels=pixels, depth=pixels.dtype)


def _report(done: dict[str, Any]) -> str:
    operation = {"correlate": "correlation", "convolve": "convolution"}[done["operation"]]
    unit = ", unit scale" if done["unit"] else ""
    return (
        f"{done['output']}: {done['filter']} by {operation}"
        f" ({done['mode']}, {done['border']}), shown as {done['show']}{unit}"
    )
