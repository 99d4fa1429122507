"""The command line: the group of all commands, each loaded when it is asked for."""

from __future__ import annotations

import errno
import io
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from types import MappingProxyType
from typing import Any

import click

from . import __version__
from .commands.options import one_line
from .filters.errors import FiltError
from .filters.files.disk import reason

COMMANDS: MappingProxyType[str, tuple[str, str]] = MappingProxyType(
    {
        "apply": ("apply", "apply"),
        "edges": ("edges", "edges"),
        "list": ("catalogue", "list_command"),
        "show": ("catalogue", "show"),
        "sheet": ("sheet", "sheet"),
        "explain": ("explain", "explain_command"),
        "size": ("size", "size"),
        "train": ("train", "train"),
        "extract": ("extract", "extract"),
        "compare": ("compare", "compare"),
        "ablate": ("ablate", "ablate"),
        "score": ("score", "score"),
    }
)
"""Every command: the module of `filt.commands` in which it is, and its name there."""


HELP = """Classic image filters, side by side with the filters that a network learns.

\b
filt apply sobel-x photo.png        filter a picture
filt edges photo.png                draw its edges
filt list                           what filters there are
filt show sobel-x                   what a filter is
filt explain sobel-x photo.png --at 120,80

\b
A NAME may carry parameters and be joined into a pipeline:
  gaussian-blur:sigma=2+sobel
One's own taps are read from a file (.npy, .txt, .json) or written out:
  taps:FILE    taps:[[1,0,-1],[1,0,-1],[1,0,-1]]
"""


_ENDING = ("SIGTERM", "SIGHUP")


class Ended(SystemExit):
    """A signal that ends the program, as an exception: what is half-done is taken away first."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.name = signal.Signals(number).name


class FiltGroup(click.Group):
    """A group that loads a command when it is asked for, and answers a FiltError with one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which a reader meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, function = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"filt.commands.{module}"), function)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words before the command; what is wrong with them is said on one line."""
        with _on_one_line():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what filt refuses becomes a ClickException: one line, exit code 1."""
        _let_terminals_lack_letters()
        try:
            with _on_one_line(), _signals_raised():
                return super().invoke(ctx)
        except FiltError as error:
            raise click.ClickException(one_line(str(error))) from error
        except MemoryError as error:
            raise click.ClickException("not enough memory") from error
        except Ended as end:
            with suppress(OSError):  # the terminal may be what went away
                click.echo(f"Error: ended by {end.name}", err=True)
            raise
        except OSError as error:
            # Files answer with a FiltError; what is left is the terminal or the pipe we print to.
            if error.errno == errno.EPIPE:
                raise
            raise click.ClickException(f"standard output: {reason(error)}") from error


@contextmanager
def _on_one_line() -> Iterator[None]:
    try:
        yield
    except click.ClickException as error:
        vars(error)["message"] = one_line(error.message)
        raise


@contextmanager
def _signals_raised() -> Iterator[None]:
    """Let the signals that end a program raise Ended, but for those that somebody sees to."""
    numbers = [getattr(signal, name) for name in _ENDING if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        numbers = []  # only the main thread may ask for signals
    numbers = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in numbers:
        signal.signal(number, _raise_ended)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def _raise_ended(number: int, frame: object) -> None:
    raise Ended(number)


def _let_terminals_lack_letters() -> None:
    """Print ? for a letter that the terminal's encoding lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


@click.group(cls=FiltGroup, help=HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="filt")
def main() -> None:
    """Run the command line."""
