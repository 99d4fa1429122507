"""Many pictures: several at a time, progress, and going on past a bad one."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import cv2

from ..filters.engine.threads import alone, get_threads
from ..filters.errors import FiltError, InputError
from ..filters.files.disk import display_path
from ..filters.files.listening import by_oneself
from ..filters.files.reading import MAX_PIXELS
from ..filters.files.remote import AnyPath, RemotePath, fetched, is_array, sent
from .options import echo_json, one_line

if TYPE_CHECKING:
    from concurrent.futures import Future

Result = TypeVar("Result")
Job = tuple[AnyPath, AnyPath]
Done = dict[str, Any]
Outcome = TypeVar("Outcome", Done, FiltError, Done | FiltError)
Work = Callable[[AnyPath, Path], Done]

_AHEAD = 16
"""So many pictures for each worker are handed out before the first of them is done: behind one that
takes longer than these, workers wait."""


def each_image(
    jobs: list[Job],
    work: Work,
    report: Callable[[Done], str],
    *,
    as_json: bool,
    fail_fast: bool,
    workers: int | None = 1,
    dask: str | None = None,
    max_pixels: int = MAX_PIXELS,
    clobber: bool = True,
) -> None:
    """Run `work` on every job, go on past a bad file, say what was done, fail in the end.

    work: from a source and its target to what was done, as plain data; it is called from several
    threads. report: that on one line; the lines come in the order of the jobs.
    workers: how many pictures are in work at a time, None for as many as filt uses threads; one
    where `fail_fast` stops at the first that fails, so that none after it is written.
    dask: the cluster that the work is spread over (see `spread`); `work` is picklable then, and
    where `fail_fast` stops, those that were handed out already may be written.
    max_pixels, clobber: what `fetched` and `sent` go by for files in stores; `work` itself sees
    files of this machine.
    Leaves with exit code 1 where a picture failed; a single one that fails raises its FiltError.
    """
    kept: list[Done] = []
    failures: list[str] = []
    raises = fail_fast or len(jobs) == 1
    attempt = _Attempt(work, max_pixels, clobber)
    if dask is not None:
        results = _over_cluster(jobs, attempt, dask, workers)
    else:
        results = _in_order(
            jobs, attempt, 1 if raises else min(workers or get_threads(), len(jobs))
        )
    shows_progress = len(jobs) > 1 and sys.stderr.isatty()
    with closing(_with_progress(results, len(jobs)) if shows_progress else results) as coming:
        for result in coming:
            if isinstance(result, FiltError):
                if raises:
                    raise result
                failures.append(one_line(str(result)))
                continue
            if as_json or shows_progress:
                kept.append(result)
            else:
                click.echo(report(result))
    if as_json:
        echo_json(kept)
    elif kept:
        click.echo("\n".join(map(report, kept)))
    for failure in failures:
        click.echo(f"Error: {failure}", err=True)
    if failures:
        click.echo(f"{len(failures)} of {len(jobs)} pictures failed", err=True)
        sys.exit(1)


@contextmanager
def about(source: AnyPath) -> Iterator[None]:
    """Name the picture in what goes wrong with it: an InputError alone does not know it."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{display_path(source)}: {error}") from error


@dataclass(frozen=True)
class _Attempt:
    """Work on a job, with what filt refuses as its result."""

    work: Work
    max_pixels: int
    clobber: bool

    def __call__(self, job: Job) -> Done | FiltError:
        try:
            return self._done(*job)
        except FiltError as error:
            return error

    def _done(self, source: AnyPath, target: AnyPath) -> Done | FiltError:
        if isinstance(source, Path) and isinstance(target, Path):
            return self.work(source, target)
        with ExitStack() as stack:
            here, there = source, target
            if isinstance(here, RemotePath) and not is_array(here):
                here = stack.enter_context(fetched(here, self.max_pixels))
            if isinstance(there, RemotePath):
                send = _sent_array if is_array(there) else sent
                there = stack.enter_context(send(there, clobber=self.clobber))
            try:
                done = self.work(here, there)
            except FiltError as error:
                raise _as_given(error, (source, target), (here, there)) from None
        return _as_given(done, (source, target), (here, there))


def _sent_array(path: RemotePath, *, clobber: bool) -> AbstractContextManager[Path]:
    from ..filters.streams.zarr_stores import sent_array

    return sent_array(path, clobber=clobber)


def _over_cluster(
    jobs: Sequence[Job], attempt: _Attempt, address: str, workers: int | None
) -> Generator[Done | FiltError, None, None]:
    """What `attempt` gives for each job, done by the workers of a cluster.

    They may live in other folders, so paths go there absolute and come back as they were given.
    """
    from .spread import spread

    sent = [(absolute(source), absolute(target)) for source, target in jobs]
    results = spread(sent, attempt, address, workers=workers, lost=_lost)
    with closing(results):
        for job, there, result in zip(jobs, sent, results, strict=True):
            yield _as_given(result, job, there)


def absolute(path: AnyPath) -> AnyPath:
    """The same file for who works in another folder.

    >>> absolute(RemotePath("s3://bucket/a.png")).url
    's3://bucket/a.png'
    """
    return path.absolute() if isinstance(path, Path) else path


def _lost(job: Job) -> FiltError:
    return FiltError(f"{display_path(job[0])}: each worker that was given it died")


def _as_given(result: Outcome, job: Job, used: Job) -> Outcome:
    """A result with the paths as the caller gave them."""
    pairs = [*zip(used, job, strict=True), (used[1].parent, job[1].parent)]
    names = {display_path(there): display_path(here) for there, here in pairs}
    if not isinstance(result, FiltError):
        return {key: names.get(value, value) if isinstance(value, str) else value
                for key, value in result.items()}  # fmt: skip
    text = str(result)
    for there, here in names.items():
        text = text.replace(f"{there}: ", f"{here}: ")
    return result if text == str(result) else type(result)(text)


def _in_order(
    jobs: Sequence[Job], attempt: Callable[[Job], Result], workers: int
) -> Generator[Result, None, None]:
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
    begun: deque[Future[Result]] = deque()
    try:
        for job in jobs:
            begun.append(pool.submit(by_itself, job))
            # Not all at once: a million files would be a million promises.
            if len(begun) > _AHEAD * workers:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
        cv2.setNumThreads(opencv_threads)


def _with_progress(
    results: Generator[Result, None, None], length: int
) -> Generator[Result, None, None]:
    with (
        closing(results),
        click.progressbar(length=length, label="filtering", file=sys.stderr) as bar,
    ):
        for result in results:
            with by_oneself():  # decoders who hear it would have to start again
                bar.update(1)
            yield result
