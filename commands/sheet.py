"""filt sheet: operation, kernel and picture in one table."""

from __future__ import annotations

from pathlib import Path

import click

from .. import names
from ..filters.errors import InputError
from ..filters.files.disk import display_path, write_bytes
from ..filters.files.formats import FORMATS
from ..filters.files.outputs import output_paths
from ..filters.files.reading import read_image
from ..filters.files.writing import write_image
from ..filters.picture import Picture
from ..filters.pipeline import Pipeline
from .options import FILTER, IMAGE, clobber_option, reading_options


@click.command(short_help="draw operation, kernel and picture in a table")
@click.argument("image", type=IMAGE)
@click.argument("pipelines", metavar="[NAME]...", type=FILTER, nargs=-1)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help="A picture or an .html file.  [default: IMAGE.sheet.png]",
)
@reading_options
@clobber_option
def sheet(
    *,
    image: Path,
    pipelines: tuple[Pipeline, ...],
    out: Path | None,
    max_pixels: int,
    page: int | None,
    no_clobber: bool,
) -> None:
    """Draw the table operation | kernel | picture for a list of filters, or for ten of them."""
    from ..filters.drawing.sheet import DEFAULT_SHEET, sheet_png, sheet_rows
    from ..filters.drawing.sheet_page import sheet_html

    read = [file for pipeline in pipelines for file in pipeline.files]
    (target,) = output_paths([image], "sheet", None if out is None else str(out), also_read=read)
    if target.suffix.lower() not in (*FORMATS, ".html"):
        known = ", ".join((*FORMATS, ".html"))
        raise InputError(f"{display_path(target)}: the name of a sheet must end in one of {known}")
    chosen = pipelines or tuple(names.resolve(name) for name in DEFAULT_SHEET)
    rows = sheet_rows(read_image(image, page=page, max_pixels=max_pixels), chosen)
    if target.suffix.lower() == ".html":
        html = sheet_html(rows, title=f"Filters on {display_path(image)}")
        write_bytes(target, html.encode("utf-8"), clobber=not no_clobber)
    else:
        drawn = sheet_png(rows)
        write_image(target, Picture(drawn, 255.0, drawn.dtype), clobber=not no_clobber)
    click.echo(f"wrote {display_path(target)}: {len(rows)} filters on {display_path(image)}")
