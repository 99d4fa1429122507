"""Many pictures, one after the other: progress, and going on past a bad one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from ..filters.errors import FiltError, InputError
from ..filters.files.disk import display_path
from .options import echo_json, one_line

Job = tuple[Path, Path]


def each_image(
    jobs: list[Job],
    work: Callable[[Path, Path], dict[str, Any]],
    report: Callable[[dict[str, Any]], str],
    *,
    as_json: bool,
    fail_fast: bool,
) -> None:
    """Run `work` on every job, go on past a bad file, say what was done, fail in the end.

    work: from a source and its target to what was done, as plain data. report: that on one line.
    Leaves with exit code 1 where a picture failed; a single one that fails raises its FiltError.
    """
    done: list[dict[str, Any]] = []
    failures: list[str] = []
    shows_progress = len(jobs) > 1 and sys.stderr.isatty()
    for source, target in _with_progress(jobs) if shows_progress else jobs:
        try:
            done.append(work(source, target))
        except FiltError as error:
            if fail_fast or len(jobs) == 1:
                raise
            failures.append(one_line(str(error)))
            continue
        if not as_json and not shows_progress:
            click.echo(report(done[-1]))
    if as_json:
        echo_json(done)
    elif shows_progress and done:
        click.echo("\n".join(map(report, done)))
    for failure in failures:
        click.echo(f"Error: {failure}", err=True)
    if failures:
        click.echo(f"{len(failures)} of {len(jobs)} pictures failed", err=True)
        sys.exit(1)


@contextmanager
def about(source: Path) -> Iterator[None]:
    """Name the picture in what goes wrong with it: an InputError alone does not know it."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{display_path(source)}: {error}") from error


def _with_progress(jobs: list[Job]) -> Iterator[Job]:
    with click.progressbar(jobs, label="filtering", file=sys.stderr) as bar:
        yield from bar
