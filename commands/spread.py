"""Many jobs on a cluster of Dask's: a few in flight for each of its threads, results in order.

Scheduling, retries of what a lost worker had, and the processes are dask.distributed's own. What is
sent there is small: a function of a module with plain data, and the names of files. Files are on
disks, or in stores, that the workers see under the same names.
"""

from __future__ import annotations

import logging
import math
import signal
import tempfile
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import cv2

from ..filters.engine.threads import alone, get_threads
from ..filters.errors import FiltError
from ..filters.files.disk import display_path
from .options import LOCAL

Job = TypeVar("Job")
Result = TypeVar("Result")

INSTALL = 'distributed is not installed: pip install "filt[large]"'

_IN_FLIGHT = 4  # for each thread: one in work, one beside it, the next two on their way
_SECONDS_A_TASK = 0.25  # a task costs some milliseconds whatever it does
_MOST_TOGETHER = 256
_SECONDS_TO_CONNECT = 10
# What costs time on a machine that has nothing to spare: together a quarter of it.
_LOCAL_SETTINGS: dict[str, Any] = {
    # The usual environment also trims memory after each task, so that every picture's is new.
    "distributed.nanny.pre-spawn-environ": {
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    },
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.interval": "30s",
    "distributed.admin.tick.interval": "500ms",
    # So long a result is asked for from a worker that was killed just then.
    "distributed.comm.timeouts.connect": "5s",
}
_LOGGERS = ("distributed", "distributed.client", "distributed.gc", "tornado.application")


def spread(
    jobs: Sequence[Job],
    work: Callable[[Job], Result],
    address: str,
    *,
    workers: int | None = None,
    lost: Callable[[Job], Result],
    finishes: bool = True,
) -> Generator[Result, None, None]:
    """What `work` gives for each job, in their order, computed by the workers of a cluster.

    work: picklable, as jobs and results are; it may be called twice for one job, where a worker is
    lost on the way, and is called from any thread of a worker, each of which counts as a processor.
    address: of a scheduler, or LOCAL: then there is a cluster of `workers` processes (None: as many
    as filt uses threads) for as long as this runs. lost: the result of a job whose worker died as
    often as the scheduler bears (`distributed.scheduler.allowed-failures`).

    At most four tasks for each thread of the cluster are handed out at a time. A task is one job,
    or as many as take a quarter of a second. Where the caller leaves early (an error, Ctrl-C),
    what is not in work is cancelled; finishes: processes of this machine end what is in work.
    Raises FiltError where there is no cluster, and what `work` raises.
    """
    with connected(address, min(workers or get_threads(), len(jobs)), finishes) as client:
        yield from _in_order(client, jobs, _Alone(work), lost)


@dataclass(frozen=True)
class _Bundle:
    """Jobs that go to a worker as one task, by their numbers. again: after a worker was lost."""

    numbers: tuple[int, ...]
    again: bool = False


@dataclass(frozen=True)
class _Alone(Generic[Job, Result]):
    """Work on one thread: the jobs share out the processors, not the strips of each."""

    work: Callable[[Job], Result]

    def __call__(self, jobs: Sequence[Job]) -> tuple[list[Result], float]:
        """What the work gives for each of some jobs, and how many seconds they cost.

        The processor's, or a quarter of those on the clock, where they wait for a disk or a store:
        a machine that is busy otherwise is no reason for more tasks.
        """
        begun, computed = time.monotonic(), time.thread_time()
        cv2.setNumThreads(1)
        with alone():
            results = [self.work(job) for job in jobs]
        waited = (time.monotonic() - begun) / 4
        return results, max(time.thread_time() - computed, waited)


def _in_order(
    client: Any,
    jobs: Sequence[Job],
    work: _Alone[Job, Result],
    lost: Callable[[Job], Result],
) -> Generator[Result, None, None]:
    waiting: dict[Any, _Bundle] = {}
    singly: deque[_Bundle] = deque()
    ready: dict[int, Result] = {}
    completed = dask_distributed().as_completed(
        loop=client.loop, with_results=True, raise_errors=False
    )
    begun = given = room = finished = look_again = 0
    pace = math.inf  # seconds that a job takes: small ones go together
    try:
        while given < len(jobs):
            if finished >= look_again:  # workers come and go
                room = _IN_FLIGHT * max(1, sum(client.nthreads().values()))
                look_again += room
            while len(waiting) < room and (singly or begun < len(jobs)):
                if singly:
                    bundle = singly.popleft()
                else:
                    together = min(int(_SECONDS_A_TASK / pace), (len(jobs) - begun) // room)
                    end = min(begun + max(1, together), len(jobs))
                    bundle, begun = _Bundle(tuple(range(begun, end))), end
                future = client.submit(work, [jobs[n] for n in bundle.numbers], pure=False)
                waiting[future] = bundle
                completed.add(future)
            future, result = next(completed)
            bundle = waiting.pop(future)
            finished += 1
            if not is_lost(future.status, result):
                results, seconds = result
                pace = max(seconds / len(results), _SECONDS_A_TASK / _MOST_TOGETHER)
                ready.update(zip(bundle.numbers, results, strict=True))
            elif bundle.again:
                ready.update((number, lost(jobs[number])) for number in bundle.numbers)
            else:  # by one of them, or by a neighbour on the same workers
                singly += [_Bundle((number,), again=True) for number in bundle.numbers]
            while given in ready:
                yield ready.pop(given)
                given += 1
    finally:
        if waiting:
            with suppress(Exception):  # the scheduler may be what went away
                client.cancel(list(waiting), force=True)


def is_lost(status: str, result: Any) -> bool:
    """Whether a task was given up because its workers died; raises what else went wrong with it."""
    if status == "finished":
        return False
    if status != "error":
        raise FiltError("the scheduler is gone, or gave up what it was asked for")
    if not isinstance(result[1], dask_distributed().KilledWorker):
        raise result[1].with_traceback(result[2])
    return True


def dask_distributed() -> Any:
    """The module distributed, imported here. Raises FiltError where it is not installed."""
    try:
        import distributed
    except ImportError:
        raise FiltError(INSTALL) from None
    return distributed


def _dask_config() -> Any:
    import dask

    return dask.config


@contextmanager
def connected(address: str, workers: int, finishes: bool = True) -> Iterator[Any]:
    """A client of the cluster at `address`, or of one that is there for as long as the block.

    workers: processes of LOCAL; finishes: they end what is in work. Raises FiltError.
    """
    distributed = dask_distributed()
    for name in _LOGGERS:  # what went wrong is said here, once
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    with ExitStack() as stack:
        at: Any = address
        if address == LOCAL:
            at = stack.enter_context(_local_cluster(workers))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                client = distributed.Client(at, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            name = display_path(address)
            raise FiltError(f"{name}: no scheduler of dask.distributed answers there") from error
        stack.enter_context(client)
        try:
            yield client
        finally:
            if address == LOCAL and finishes:
                with suppress(Exception):
                    client.run(_until_idle, on_error="ignore")


@contextmanager
def _local_cluster(workers: int) -> Iterator[Any]:
    """Processes of one thread each; what they put on disk for themselves goes with them."""
    with ExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="filt-", ignore_cleanup_errors=True)
        )
        stack.enter_context(_dask_config().set(_LOCAL_SETTINGS))
        with _spared_interrupts(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            cluster = dask_distributed().LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                memory_limit=None,  # a picture may take what this machine has, as without a cluster
                dashboard_address="127.0.0.1:0",  # there is a server in any case: any free port
                scheduler_kwargs={"dashboard": False},
                local_directory=folder,
                silence_logs=logging.CRITICAL,
            )
        yield stack.enter_context(cluster)


@contextmanager
def _spared_interrupts() -> Iterator[None]:
    """Let threads and processes that begin inside hear nothing of Ctrl-C: this process sees to it.

    A terminal sends it to all of its processes; a worker is to finish what it writes. What comes
    during the block is heard after it.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not (is_main and hasattr(signal, "pthread_sigmask")):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # it unblocks signals where it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


async def _until_idle(dask_worker: Any) -> None:
    """Wait, on a worker, until what is in work there is over: its thread then does this too."""
    import asyncio

    await asyncio.wrap_future(dask_worker.executors["default"].submit(int))
