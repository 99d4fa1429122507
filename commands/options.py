"""What commands have in common: kinds of arguments, shared options, errors on one line."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from .. import names
from ..filters.borders import BORDERS
from ..filters.errors import InputError
from ..filters.files.disk import display_path
from ..filters.files.reading import MAX_PIXELS
from ..filters.files.remote import AnyPath, RemotePath, expanded, place
from ..filters.filter import OPERATIONS
from ..filters.pipeline import Pipeline
from ..filters.placement import Placement
from ..filters.sizes import MODES

Command = Callable[..., Any]


def one_line(message: str) -> str:
    r"""`message` on one line: what does not print is escaped.

    >>> one_line("two\nlines")
    'two\\nlines'
    """
    return display_path(message)


def echo_json(data: Any, indent: int | None = 2) -> None:
    """Print plain data as JSON; NaN and infinity, which JSON does not have, as null."""
    click.echo(json.dumps(_jsonable(data), indent=indent, allow_nan=False))


def _jsonable(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _jsonable(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_jsonable(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def command_line(ctx: click.Context, unrecorded: Sequence[str] = ()) -> str:
    """The command that does this again: what was given, in the order of the help.

    unrecorded: parameters that make no difference to what comes out.
    """
    words = ["filt", ctx.info_name or ""]
    for param in ctx.command.params:
        name = param.name or ""
        is_default = ctx.get_parameter_source(name) is ParameterSource.DEFAULT
        if name not in unrecorded and not is_default:
            words += _words_of(param, ctx.params.get(name))
    return shlex.join(words)


def _words_of(param: click.Parameter, value: Any) -> list[str]:
    """What stands on the command line for a parameter that was given."""
    values = value if isinstance(value, tuple) else (value,)
    texts = [display_path(one) if isinstance(one, Path) else str(one) for one in values]
    if isinstance(param, click.Argument):
        return texts
    option = "-o" if "-o" in param.opts else param.opts[-1]
    if isinstance(value, bool):
        return [option] if value else [*param.secondary_opts]
    if getattr(param, "multiple", False):
        return [word for text in texts for word in (option, text)]
    return [] if value is None else [option, ",".join(texts)]


class FilterName(click.ParamType[Any]):
    """A filter's name with its parameters, or a pipeline of them."""

    name = "name"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Pipeline:
        """The pipeline that the text names; an unknown name is wrong usage."""
        if isinstance(value, Pipeline):
            return value
        try:
            return names.resolve(value)
        except InputError as error:
            self.fail(one_line(str(error)), param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        """The names that begin as the last step of the pipeline does."""
        before, plus, start = incomplete.rpartition("+")
        return [
            click.shell_completion.CompletionItem(before + plus + name, help=meaning)
            for name, meaning in names.completions(start).items()
            if name.startswith(start)
        ]


class PixelPlace(click.ParamType[Any]):
    """A pixel as X,Y: column and row, from 0 at the top left."""

    name = "x,y"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Column and row as two whole numbers."""
        if isinstance(value, tuple):
            return value
        try:
            x, y = (int(part) for part in value.split(","))
        except ValueError:
            self.fail(f"a pixel is X,Y in whole numbers, got {value!r}", param, ctx)
        return x, y


class LocalPath(click.Path):
    """A path on this machine: a URL is wrong usage, not a missing file."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, refused where it is a URL."""
        if isinstance(value, str) and "://" in value:
            self.fail(f"{display_path(value)}: filt reads files, not URLs", param, ctx)
        return super().convert(value, param, ctx)


class PicturePath(click.Path):
    """A picture's path, or its URL in a store."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, or what a URL names; one that nothing is read from is wrong usage."""
        if isinstance(value, str) and "://" in value:
            try:
                value = place(value)
            except InputError as error:
                self.fail(one_line(str(error)), param, ctx)
        return value if isinstance(value, RemotePath) else super().convert(value, param, ctx)


def _each_of(
    ctx: click.Context, param: click.Parameter, value: tuple[AnyPath, ...]
) -> tuple[AnyPath, ...]:
    """Every picture, with those that the * of a URL stands for; a path's * was the shell's."""
    pictures: list[AnyPath] = []
    for path in value:
        pictures += expanded(path) if isinstance(path, RemotePath) else [path]
    return tuple(pictures)


pictures_argument = click.argument(
    "images",
    metavar="IMAGE...",
    type=PicturePath(path_type=Path),
    nargs=-1,
    required=True,
    callback=_each_of,
)


def border_option(default: str | None, said: str) -> Callable[[Command], Command]:
    """The option --border, with its default and what its help says of that."""
    return click.option(
        "--border",
        metavar="NAME",
        default=default,
        callback=_border,
        shell_complete=lambda ctx, param, start: [b for b in BORDERS if b.startswith(start)],
        help=f"What lies outside: {', '.join(BORDERS)}.  [default: {said}]",
    )


AT_LEAST_ONE = click.IntRange(min=1)
FILTER = FilterName()
IMAGE = LocalPath(path_type=Path)


def reading_options(command: Command) -> Command:
    """The options of every command that reads pictures."""
    for option in (
        click.option(
            "--max-pixels",
            type=click.IntRange(min=1),
            default=MAX_PIXELS,
            show_default=True,
            help="Refuse larger pictures before they are decoded.",
        ),
        click.option(
            "--page", type=click.IntRange(min=1), help="Which page of a multi-page file, from 1."
        ),
    ):
        command = option(command)
    return command


def data_options(command: Command) -> Command:
    """What every command that trains may be given to train on."""
    for option in (
        click.option("--data-dir", metavar="DIR", type=LocalPath(path_type=Path),
                     help="Where the four files of Fashion-MNIST are."),
        click.option("--data", metavar="NAME|PATH", type=LocalPath(),
                     help="leaves, fashion-mnist, photos, a folder of class folders, or an .npz.  "
                     "[default: leaves for edges, else fashion-mnist]"),
    ):  # fmt: skip
        command = option(command)
    return command


LOCAL = "local"
"""The address of a cluster on this machine, which is there for as long as the command runs."""


def dask_option(command: Command) -> Command:
    """The option --dask of a command that spreads its work."""
    return click.option(
        "--dask",
        metavar=f"ADDRESS|{LOCAL}",
        help="Spread the work over a dask.distributed cluster: its scheduler's address, such as "
        "tcp://10.0.0.1:8786, or processes of this machine.",
    )(command)


def placement_options(command: Command) -> Command:
    """How the taps are laid over the picture: border, mode, stride, dilation, operation."""
    for option in (
        click.option("--dilation", type=click.IntRange(min=1), default=1, show_default=True,
                     help="How far apart the taps lie."),
        click.option("--stride", type=click.IntRange(min=1), default=1, show_default=True,
                     help="Take every how many pixels."),
        click.option("--mode", type=click.Choice(MODES), default="same", show_default=True,
                     help="The extent of the response."),
        border_option(None, "reflect101; zero under keras-same"),
        click.option("--op", "operation", type=click.Choice(OPERATIONS), default="correlate",
                     show_default=True, help="Lay the taps on as they are, or turned by 180°."),
    ):  # fmt: skip
        command = option(command)
    return command


def _border(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """The canonical name of a border; an unknown or ambiguous one is wrong usage."""
    try:
        return Placement(border=value).border if value else None
    except InputError as error:
        raise click.BadParameter(str(error), ctx, param) from error


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for a program.")
clobber_option = click.option(
    "--no-clobber", is_flag=True, help="Refuse to replace a file that exists."
)
