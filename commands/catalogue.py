"""filt list and filt show: what there is, and what it is."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from .. import names
from ..filters.files.disk import display_path
from ..filters.files.outputs import check_not_read
from ..filters.files.writing import write_image
from ..filters.picture import Picture
from ..filters.pipeline import Pipeline
from .options import FILTER, clobber_option, echo_json, json_option


@click.command("list", short_help="list every filter with a small picture")
@click.option(
    "--family",
    help="Only one family, such as blur or gradient.",
    shell_complete=lambda ctx, param, start: [f for f in _families() if f.startswith(start)],
)
@json_option
def list_command(*, family: str | None, as_json: bool) -> None:
    """List every filter: name, size, family, meaning and a small picture."""
    rows = names.listing()
    if family is not None and family not in _families():
        known = ", ".join(_families())
        raise click.UsageError(f"no family is called {family!r}: there are {known}")
    rows = [row for row in rows if family in (None, row.family)]
    if as_json:
        echo_json([asdict(row) for row in rows])
    else:
        click.echo(names.listing_text(rows))


@click.command(short_help="show what a filter is")
@click.argument("pipeline", metavar="NAME", type=FILTER)
@click.option("--png", type=click.Path(path_type=Path), help="Draw it into this file too.")
@json_option
@clobber_option
def show(*, pipeline: Pipeline, png: Path | None, as_json: bool, no_clobber: bool) -> None:
    """Show what a filter is: taps, sum, rank, symmetry, source, its answer to step and impulse."""
    from ..filters.presentation import filter_facts, filter_text

    if png:
        _draw(pipeline, png, not no_clobber)
    if as_json:
        echo_json([filter_facts(step) for step in pipeline.steps])
    else:
        click.echo("\n\n".join(filter_text(step) for step in pipeline.steps))
    if png:
        click.echo(f"wrote {display_path(png)}", err=as_json)


def _families() -> list[str]:
    return sorted({entry.family for entry in names.listing()})


def _draw(pipeline: Pipeline, png: Path, clobber: bool) -> None:
    from ..filters.drawing.kernels import kernel_figure
    from ..filters.drawing.layout import stack

    check_not_read(png, pipeline.files)
    kernels = [kernel for step in pipeline.steps for kernel in step.kernels]
    if not kernels:
        raise click.UsageError(f"{pipeline.name} is not made of kernels that could be drawn")
    drawn = stack([kernel_figure(kernel) for kernel in kernels])
    write_image(png, Picture(drawn, 255.0, drawn.dtype), clobber=clobber)
