"""Many pictures: several at a time, progress, and going on past a bad one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
import cv2

from ..filters.engine.threads import alone, get_threads
from ..filters.errors import FiltError, InputError
from ..filters.files.disk import display_path
from ..filters.files.listening import by_oneself
from .options import echo_json, one_line

Result = TypeVar("Result")
Job = tuple[Path, Path]


def each_image(
    jobs: list[Job],
    work: Callable[[Path, Path], dict[str, Any]],
    report: Callable[[dict[str, Any]], str],
    *,
    as_json: bool,
    fail_fast: bool,
    workers: int | None = 1,
) -> None:
    """Run `work` on every job, go on past a bad file, say what was done, fail in the end.

    work: from a source and its target to what was done, as plain data; it is called from several
    threads. report: that on one line; the lines come in the order of the jobs.
    workers: how many pictures are in work at a time, None for as many as filt uses threads; one
    where `fail_fast` stops at the first that fails, so that none after it is written.
    Leaves with exit code 1 where a picture failed; a single one that fails raises its FiltError.
    """
    done: list[dict[str, Any]] = []
    failures: list[str] = []
    raises = fail_fast or len(jobs) == 1

    def attempt(job: Job) -> dict[str, Any] | FiltError:
        try:
            return work(*job)
        except FiltError as error:
            if raises:
                raise
            return error

    shows_progress = len(jobs) > 1 and sys.stderr.isatty()
    results = _in_order(jobs, attempt, 1 if raises else min(workers or get_threads(), len(jobs)))
    for result in _with_progress(results, len(jobs)) if shows_progress else results:
        if isinstance(result, FiltError):
            failures.append(one_line(str(result)))
            continue
        done.append(result)
        if not as_json and not shows_progress:
            click.echo(report(result))
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


def _in_order(
    jobs: Sequence[Job], attempt: Callable[[Job], Result], workers: int
) -> Iterator[Result]:
    """What `attempt` gives for each job, in their order, `workers` of them in work at a time.

    Where the caller leaves early (an error, Ctrl-C), what is in work is finished, so that no file
    is left half-written, and the rest is not begun.
    """
    if workers == 1:
        yield from map(attempt, jobs)
        return
    from concurrent.futures import ThreadPoolExecutor

    def by_itself(job: Job) -> Result:
        with alone():  # the pictures share out the processors, not the strips of each
            return attempt(job)

    opencv_threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    pool = ThreadPoolExecutor(workers)
    try:
        for begun in [pool.submit(by_itself, job) for job in jobs]:
            yield begun.result()
    finally:
        pool.shutdown(cancel_futures=True)
        cv2.setNumThreads(opencv_threads)


def _with_progress(results: Iterator[Result], length: int) -> Iterator[Result]:
    with click.progressbar(length=length, label="filtering", file=sys.stderr) as bar:
        for result in results:
            with by_oneself():  # decoders who hear it would have to start again
                bar.update(1)
            yield result
