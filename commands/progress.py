"""How far something long is: said on standard error."""

from __future__ import annotations

import sys

import click


class Speaker:
    """Says how far it is on standard error: on one line of a terminal, or line by line."""

    def __init__(self) -> None:
        self.overwrites = sys.stderr.isatty()

    def __call__(self, text: str, done: bool) -> None:
        """Say `text`; done: whether it is the last word on something."""
        if self.overwrites:
            click.echo(f"\r\x1b[K{text}", nl=done, err=True)
        elif done:
            click.echo(text, err=True)


def quiet(text: str, done: bool) -> None:
    """Says nothing."""


def time_text(seconds: float) -> str:
    """A time in seconds, or minutes and seconds.

    >>> time_text(42.4), time_text(150)
    ('42 s', '2 min 30 s')
    """
    whole = round(seconds)
    return f"{whole} s" if whole < 100 else f"{whole // 60} min {whole % 60} s"
