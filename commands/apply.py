"""filt apply: filter pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ..filters.colour import CHANNELS
from ..filters.files.disk import display_path, make_folder
from ..filters.files.outputs import output_paths
from ..filters.files.reading import read_image
from ..filters.files.writing import keeps_raw, write_image
from ..filters.picture import Picture
from ..filters.pipeline import Pipeline
from ..filters.placement import Placement
from ..filters.showing import SHOWS, to_picture
from .batch import about, each_image
from .options import (
    AT_LEAST_ONE,
    FILTER,
    IMAGE,
    clobber_option,
    json_option,
    placement_options,
    reading_options,
)

RAW = "raw"


@click.command(short_help="filter pictures")
@click.argument("pipeline", metavar="NAME", type=FILTER)
@click.argument("images", metavar="IMAGE...", type=IMAGE, nargs=-1, required=True)
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
@json_option
def apply(
    *,
    pipeline: Pipeline,
    images: tuple[Path, ...],
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
    as_json: bool,
    **placed: Any,
) -> None:
    """Filter pictures: filt apply sobel-x photo.png writes photo.sobel-x.png beside it.

    A response keeps its sign; --show says how it becomes a picture (abs and clip saturate at full
    scale, signed puts zero at mid-grey, minmax stretches, raw keeps the numbers in .npy or .tif).
    """
    placement = Placement(**placed)
    name = pipeline.name
    filtered = pipeline.unit if unit else pipeline
    outputs = output_paths(images, pipeline.written, out, also_read=pipeline.files)
    into_folder = out is not None and outputs != [Path(out)]

    def work(source: Path, target: Path) -> dict[str, Any]:
        how = shown or (RAW if keeps_raw(target) else filtered.show)
        picture = read_image(source, page=page, max_pixels=max_pixels)
        if full_scale is not None:
            picture = replace(picture, full_scale=full_scale)
        with about(source):
            response = filtered.apply(
                picture, operation=operation, placement=placement, channels=channels
            )
        if into_folder:
            make_folder(target.parent)
        write_image(target, _as_shown(response, how), clobber=not no_clobber)
        return {
            "input": display_path(source),
            "output": display_path(target),
            "filter": name,
            "operation": operation,
            "border": placement.border,
            "mode": placement.mode,
            "stride": placement.stride,
            "dilation": placement.dilation,
            "channels": channels or filtered.steps[0].channels,
            "full_scale": picture.full_scale,
            "show": how,
            "unit": unit,
        }

    pairs = list(zip(images, outputs, strict=True))
    each_image(pairs, work, _report, as_json=as_json, fail_fast=fail_fast, workers=jobs)


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
