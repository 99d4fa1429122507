"""filt edges: draw the edges of pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from ..filters.edges.gradient import CHANNELS, SPACES
from ..filters.edges.methods import ALIASES
from ..filters.edges.stages import EdgeStages
from ..filters.edges.thresholds import AUTOMATIC, Thresholds
from ..filters.errors import InputError
from ..filters.files.disk import display_path, make_folder
from ..filters.files.outputs import output_name, output_paths
from ..filters.files.remote import AnyPath, place
from ..filters.files.writing import write_image
from ..filters.picture import Picture
from ..learned.edge_methods import EDGE_METHODS, edge_setting, find_edges
from .batch import about, each_image
from .options import (
    border_option,
    clobber_option,
    dask_option,
    json_option,
    pictures_argument,
    reading_options,
)
from .reading import picture_of


@click.command(short_help="draw the edges of pictures")
@pictures_argument
@click.option("-o", "--out", metavar="OUT|DIR", help="Write here, not beside the image.")
@click.option(
    "--method", type=click.Choice([*EDGE_METHODS, *ALIASES]), default="canny", show_default=True
)
@click.option("--all", "every", is_flag=True, help="Every method side by side on one sheet.")
@click.option("--sigma", type=float, help="The blur in pixels, 0 for none.")
@click.option("--low", type=float, help="The threshold that a linked edge exceeds, from 0 to 1.")
@click.option("--high", type=float, help="The threshold that an edge begins with, from 0 to 1.")
@click.option(
    "--relative",
    is_flag=True,
    help="Thresholds are fractions of the picture's steepest slope, not of full scale.",
)
@click.option("--quantiles", is_flag=True, help="Thresholds are shares of pixels that are flatter.")
@click.option("--auto", type=click.Choice(list(AUTOMATIC)), help="Choose the thresholds from it.")
@click.option("--channels", type=click.Choice(CHANNELS), help="What is seen of colour.")
@click.option("--space", type=click.Choice(SPACES), help="The colours that max and tensor see.")
@border_option("reflect101", "reflect101")
@click.option("--full-scale", type=float, help="The value of white.  [default: by the file]")
@click.option("--soft", is_flag=True, help="Write the soft map: lines as bright as strong.")
@click.option("--bits", type=click.Choice(["8", "16"]), help="Of the soft map.  [default: as read]")
@click.option("--overlay", is_flag=True, help="Draw the edges on the photo.")
@click.option("--stages", metavar="DIR", help="Write every stage there too, and a sheet of them.")
@reading_options
@clobber_option
@click.option("--fail-fast", is_flag=True, help="Stop at the first picture that fails.")
@dask_option
@json_option
def edges(
    *,
    images: tuple[AnyPath, ...],
    out: str | None,
    method: str,
    every: bool,
    soft: bool,
    bits: str | None,
    overlay: bool,
    stages: str | None,
    max_pixels: int,
    page: int | None,
    no_clobber: bool,
    fail_fast: bool,
    dask: str | None,
    as_json: bool,
    **setting: Any,
) -> None:
    """Draw the edges of pictures: filt edges photo.png writes photo.canny.png beside it.

    --low and --high are fractions of the steepest slope that a picture of this depth can have, so
    they mean the same for 8 bits, 16 bits and floats; --auto prints those it chose. A TIFF, PNG
    or .npy above --max-pixels, and every Zarr, is drawn some rows at a time.
    """
    if sum([every, soft, overlay]) > 1:
        raise click.UsageError("--all, --soft and --overlay exclude one another")
    kind = (
        "edges" if every else method + ("-soft" if soft else "") + ("-overlay" if overlay else "")
    )
    outputs = output_paths(images, kind, out)
    for name in EDGE_METHODS if every else [method]:
        edge_setting(name, **setting)

    # A worker of a cluster may live in another folder.
    beside = None if stages is None else Path(stages) if dask is None else Path(stages).absolute()
    work = EdgesWork(
        method=method,
        every=every,
        soft=soft,
        bits=bits,
        overlay=overlay,
        stages=beside,
        max_pixels=max_pixels,
        page=page,
        clobber=not no_clobber,
        makes_folder=out is not None and outputs != [place(out)],
        setting=setting,
    )
    jobs = list(zip(images, outputs, strict=True))
    each_image(
        jobs, work, _report, as_json=as_json, fail_fast=fail_fast,
        workers=1 if dask is None else None, dask=dask,
        max_pixels=max_pixels, clobber=not no_clobber,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class EdgesWork:
    """What is done to each picture: from its file to one of its edges, anywhere.

    makes_folder: the one that the output is in, where it is not there yet. setting: what
    `find_edges` takes. All else as the options have it.
    """

    method: str
    every: bool
    soft: bool
    bits: str | None
    overlay: bool
    stages: Path | None
    max_pixels: int
    page: int | None
    clobber: bool
    makes_folder: bool
    setting: dict[str, Any]

    def __call__(self, source: AnyPath, target: Path) -> dict[str, Any]:
        """Draw the edges of `source` into `target`; what was done, as plain data."""
        picture = picture_of(source, target, page=self.page, max_pixels=self.max_pixels)
        if picture is None:
            return self._by_rows(source, target)
        methods = list(EDGE_METHODS) if self.every else [self.method]
        with about(source):
            found = [find_edges(picture, name, **self.setting) for name in methods]
        if self.makes_folder:
            make_folder(target.parent)
        if self.stages is not None:
            make_folder(self.stages)
        write_image(target, self._drawn(found, picture, source), clobber=self.clobber)
        if self.stages is not None:
            for one in found:
                _write_stages(self.stages, source, one, self.clobber)
        drew = [
            (name, one.thresholds, int(one.edges.sum()), float(one.edges.mean()))
            for name, one in zip(methods, found, strict=True)
        ]
        return _done(source, target, drew)

    def _drawn(self, found: list[EdgeStages], picture: Picture, source: AnyPath) -> Picture:
        from ..filters.edges import pictures

        if self.every:
            sheet = pictures.method_sheet(found, picture, f"edges of {display_path(source.name)}")
            return Picture(sheet, 255.0, sheet.dtype)
        if self.soft:
            as_read = "uint16" if picture.depth == "uint16" else "uint8"
            depth = f"uint{self.bits}" if self.bits else as_read
            return pictures.soft_picture(found[0], np.dtype(depth))
        draw = pictures.overlay_picture if self.overlay else pictures.edge_picture
        return draw(found[0], picture)

    def _by_rows(self, source: AnyPath, target: Path) -> dict[str, Any]:
        from .streamed import edges_streamed

        drawing = {
            "--all": self.every,
            "--soft": self.soft,
            "--overlay": self.overlay,
            "--stages": self.stages,
        }
        for option, given in drawing.items():
            if given:
                name = display_path(source)
                raise InputError(f"{name}: {option} needs the whole picture in memory")
        if self.makes_folder:
            make_folder(target.parent)
        found = edges_streamed(
            source, target, self.method,
            page=self.page, clobber=self.clobber, max_pixels=self.max_pixels, **self.setting,
        )  # fmt: skip
        return _done(source, target, [(self.method, found.thresholds, found.count, found.share)])


def _done(
    source: AnyPath, target: Path, found: list[tuple[str, Thresholds, int, float]]
) -> dict[str, Any]:
    """What was done, as plain data."""
    return {
        "input": display_path(source),
        "output": display_path(target),
        "methods": [
            {
                "method": method,
                "low": thresholds.low,
                "high": thresholds.high,
                "edge_pixels": count,
                "share": share,
            }
            for method, thresholds, count, share in found
        ],
    }


def _write_stages(folder: Path, source: AnyPath, found: EdgeStages, clobber: bool) -> None:
    from ..filters.edges import pictures

    for number, stage in enumerate(found.stages, start=1):
        pixels = pictures.stage_picture(stage)
        name = output_name(source, f"{found.method}-{number}-{stage.name}")
        write_image(folder / name, Picture(pixels, 255.0, pixels.dtype), clobber=clobber)
    title = f"{found.method} on {display_path(source.name)}, stage by stage"
    sheet = pictures.stage_sheet(found, title)
    name = output_name(source, f"{found.method}-stages")
    write_image(folder / name, Picture(sheet, 255.0, sheet.dtype), clobber=clobber)


def _report(done: dict[str, Any]) -> str:
    found = "; ".join(
        f"{one['method']} with low {one['low']:.4g} and high {one['high']:.4g} of full scale,"
        f" {one['edge_pixels']:,} edge pixels ({one['share']:.1%})"
        for one in done["methods"]
    )
    return f"{done['output']}: {found}"
