"""filt compare: what a network learned, side by side with what was made by hand, on one page."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from ..filters.errors import InputError
from ..filters.files.disk import check_writable, display_path, write_bytes
from ..filters.files.outputs import check_not_read
from ..filters.files.reading import read_image
from .options import (
    IMAGE,
    LocalPath,
    clobber_option,
    command_line,
    echo_json,
    json_option,
    one_line,
    reading_options,
)

REPORT = "filt-report.html"
"""Where the report goes unless told."""

_UNRECORDED = ("as_json", "opens", "no_clobber")


@click.command(short_help="report what was learned beside what was made by hand")
@click.argument("images", metavar="[IMAGE]...", type=IMAGE, nargs=-1)
@click.option(
    "--model",
    "models",
    metavar="MODEL",
    type=LocalPath(),
    multiple=True,
    help="A model or bank, as for filt extract; may be given several times.  [default: the banks "
    "that ship with filt]",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help=f"The page.  [default: {REPORT}; with --json none]",
)
@click.option("--open", "opens", is_flag=True, help="Show the page in the browser.")
@json_option
@reading_options
@clobber_option
@click.pass_context
def compare(
    ctx: click.Context,
    *,
    images: tuple[Path, ...],
    models: tuple[str, ...],
    out: Path | None,
    opens: bool,
    as_json: bool,
    max_pixels: int,
    page: int | None,
    no_clobber: bool,
) -> None:
    """Compare learned with handcrafted kernels: filt compare photo.png writes filt-report.html.

    One page that needs no network: the answer to "what did the network learn, and is it Sobel?",
    every kernel beside its nearest handcrafted one and beside chance, both on your photo, edges by
    both, and an explorer of the arithmetic. Without an image a generated picture takes its place.
    TensorFlow is not needed.
    """
    from ..learned.named_banks import BANKS, open_bank
    from ..learned.report.comparison import compare as compared
    from ..learned.report.photo import generated_photo, photo_of

    target = Path(REPORT) if out is None and not as_json else out
    if opens and target is None:
        raise click.UsageError("--open needs a page: give -o FILE")
    if target is not None:
        if target.suffix.lower() not in (".html", ".htm"):
            raise InputError(f"{display_path(target)}: the name of a report must end in .html")
        check_not_read(target, [*images, *models])
        check_writable(target, clobber=not no_clobber)
    say = _say if sys.stderr.isatty() else _say_nothing
    banks = [open_bank(model) for model in dict.fromkeys(models or BANKS)]
    photos = [
        photo_of(read_image(image, page=page, max_pixels=max_pixels), name)
        for image, name in _named(images)
    ]
    found = compared(
        banks, photos or [generated_photo()], command=command_line(ctx, _UNRECORDED), say=say
    )
    if target is not None:
        from ..learned.report.assembly import report_html

        say("drawing the page")
        html = report_html(found)
        write_bytes(target, html.encode("utf-8"), clobber=not no_clobber)
    if as_json:
        echo_json(found.as_json())
    else:
        for bank in found.banks:
            click.echo(f"{one_line(bank.bank.name)}: {one_line(bank.answer.headline)}.")
            for sentence in bank.answer.sentences:
                click.echo(f"  {one_line(sentence)}")
    if target is not None:
        click.echo(f"wrote {display_path(target)}", err=as_json)
        if opens:
            click.launch(target.resolve().as_uri())


def _named(images: Sequence[Path]) -> list[tuple[Path, str]]:
    """Each picture once, with its file's name; of those that share one, the whole path."""
    chosen = list(dict.fromkeys(images))
    often = Counter(image.name for image in chosen)
    return [
        (image, display_path(image.name if often[image.name] == 1 else image)) for image in chosen
    ]


def _say(words: str) -> None:
    click.echo(f"{words} …", err=True)


def _say_nothing(words: str) -> None:
    pass
