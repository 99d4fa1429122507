"""filt explain: the arithmetic on one pixel."""

from __future__ import annotations

from pathlib import Path

import click

from ..filters.arrays import Array
from ..filters.explanation import Explanation, explain, explanation_text
from ..filters.files.disk import display_path
from ..filters.files.reading import read_image
from ..filters.filter import OPERATIONS, PictureFilter
from ..filters.pipeline import Pipeline
from ..filters.placement import Placement
from .batch import about
from .options import (
    FILTER,
    IMAGE,
    PixelPlace,
    border_option,
    echo_json,
    json_option,
    reading_options,
)


@click.command("explain", short_help="explain the arithmetic on one pixel")
@click.argument("pipeline", metavar="NAME", type=FILTER)
@click.argument("image", type=IMAGE)
@click.option("--at", "place", type=PixelPlace(), required=True, help="The pixel, as X,Y.")
@click.option(
    "--channel",
    type=click.Choice(["luma", "red", "green", "blue"]),
    default="luma",
    show_default=True,
    help="Which plane of a colour picture.",
)
@border_option("reflect101", "reflect101")
@click.option("--worksheet", is_flag=True, help="Leave products and sums blank, for a class.")
@json_option
@reading_options
def explain_command(
    *,
    pipeline: Pipeline,
    image: Path,
    place: tuple[int, int],
    channel: str,
    border: str,
    worksheet: bool,
    as_json: bool,
    max_pixels: int,
    page: int | None,
) -> None:
    """Explain the arithmetic on one pixel: patch × taps, products and sum, both ways round."""
    from ..filters.presentation import explanation_facts, plane_of

    if len(pipeline.steps) > 1:
        raise click.UsageError("explain takes one filter, not a pipeline")
    (step,) = pipeline.steps
    if not step.kernels:
        raise click.UsageError(f"{step.name} is not made of kernels: {step.composition}")
    picture = read_image(image, page=page, max_pixels=max_pixels)
    with about(image):
        plane = plane_of(picture, channel)
        explanations = [explain(plane, kernel, *place, border) for kernel in step.kernels]
        together = _together(step, plane, place, border) if len(explanations) > 1 else ""
    if as_json:
        facts = [explanation_facts(explanation, worksheet) for explanation in explanations]
        echo_json({"filter": step.name, "channel": channel, "kernels": facts}, indent=None)
        return
    seen = channel if picture.is_colour else "grey"
    click.echo(f"{step.name} at {place[0]},{place[1]} of {display_path(image)}: {seen}, {border}")
    for explanation in explanations:
        click.echo(_titled(step, explanation, worksheet))
    if together and not worksheet:
        click.echo(together)


def _together(step: PictureFilter, plane: Array, place: tuple[int, int], border: str) -> str:
    """What the responses of several kernels come to, both ways round."""
    x, y = place
    laid = Placement(border=border)
    by = [step.respond(plane, operation=way, placement=laid)[y, x] for way in OPERATIONS]
    said = f"{by[0]:.7g} by correlation, {by[1]:.7g} by convolution"
    return f"\n{step.composition}:\n{said}"


def _titled(step: PictureFilter, explanation: Explanation, worksheet: bool) -> str:
    text = explanation_text(explanation, worksheet)
    return text if len(step.kernels) == 1 else f"\n{explanation.kernel.name}\n{text}"
