"""What a task costs a scheduler of dask.distributed's, and what that means for many nodes.

    python -m bench.task_overhead [--tasks 2000]
    python -m bench.task_overhead simulate [--nodes 100] [--cores 16] [--task-cost 0.5] ...

The first measures, on this machine, what tasks that do nothing cost a scheduler, by how many are in
flight: the processor's time of the process in which scheduler and client are, a bit more than the
scheduler's own, and the time on the clock with two workers beside it, which is what a machine with
other work to do makes of it.

The second simulates an archive on a cluster with that cost, event by event: one scheduler takes a
fixed time for each task, one after the other; workers read, compute and write; all share what the
storage gives. It prints which of them bounds the whole.
"""

from __future__ import annotations

import argparse
import heapq
import time
from dataclasses import dataclass
from importlib import import_module
from typing import Any

_IN_FLIGHT = (1, 8, 64, 512)


def nothing(job: int) -> int:
    """A task that does nothing."""
    return job


def cost_of_a_task(count: int, in_flight: int) -> tuple[float, float]:
    """Seconds of the scheduler's and client's process for a task, and seconds on the clock."""
    distributed: Any = import_module("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        client.gather(client.map(nothing, range(10), pure=False))
        begun, computed = time.perf_counter(), time.process_time()
        first = [client.submit(nothing, number, pure=False) for number in range(in_flight)]
        completed, begun_tasks = distributed.as_completed(first, loop=client.loop), in_flight
        for _ in completed:
            if begun_tasks < count:
                completed.add(client.submit(nothing, begun_tasks, pure=False))
                begun_tasks += 1
        return (time.process_time() - computed) / count, (time.perf_counter() - begun) / count


@dataclass(frozen=True)
class Cluster:
    """An archive and what works on it.

    pixels, bytes_a_pixel: of all pictures, as stored, read and written alike. chunk, halo: side of
    a square chunk and what it sees beyond it, in pixels; a halo of 0 is a file of its own for each
    chunk. pixels_a_second: of one core, read, filtered and written. task_cost: seconds of the
    scheduler for a task. storage: bytes a second in all, read and written together.
    """

    pixels: float
    bytes_a_pixel: float
    chunk: int
    halo: int
    nodes: int
    cores: int
    pixels_a_second: float
    task_cost: float
    storage: float

    @property
    def tasks(self) -> float:
        """How many chunks there are."""
        return self.pixels / self.chunk**2

    @property
    def overhead(self) -> float:
        """How much more is read and computed for the halos."""
        return (1 + 2 * self.halo / self.chunk) ** 2 - 1

    def bounds(self) -> dict[str, float]:
        """The seconds that each part would take if the others were free."""
        work = self.pixels * (1 + self.overhead)
        read_and_written = self.bytes_a_pixel * (work + self.pixels)
        return {
            "scheduler": self.tasks * self.task_cost,
            "cores": work / (self.nodes * self.cores * self.pixels_a_second),
            "storage": read_and_written / self.storage,
        }


def simulated(cluster: Cluster, tasks: int) -> float:
    """Seconds for so many tasks: the scheduler hands out one after the other to whoever is idle."""
    workers = cluster.nodes * cluster.cores
    area = cluster.chunk**2
    computing = area * (1 + cluster.overhead) / cluster.pixels_a_second
    moving = cluster.bytes_a_pixel * area * (2 + cluster.overhead) / cluster.storage
    idle = [0.0] * workers
    scheduler = storage = last = 0.0
    for _ in range(tasks):
        scheduler = max(scheduler + cluster.task_cost, heapq.heappop(idle))
        storage = max(storage, scheduler) + moving  # one queue before the storage
        done = max(storage, scheduler) + computing
        heapq.heappush(idle, done)
        last = max(last, done)
    return last


def main() -> None:
    """Measure, or simulate, as the words ask."""
    parser = argparse.ArgumentParser(description="What a task costs a scheduler.")
    parser.add_argument("what", nargs="?", choices=("measure", "simulate"), default="measure")
    parser.add_argument("--tasks", type=int, default=2000)
    parser.add_argument("--nodes", type=int, default=100)
    parser.add_argument("--cores", type=int, default=16)
    parser.add_argument("--petabytes", type=float, default=1.0)
    parser.add_argument("--bytes-a-pixel", type=float, default=1.0)
    parser.add_argument("--megapixels-a-second", type=float, default=23.0)
    parser.add_argument("--task-cost", type=float, default=1.0, help="in milliseconds")
    parser.add_argument("--storage", type=float, default=100.0, help="in gigabytes a second")
    parser.add_argument("--halo", type=int, default=16)
    words = parser.parse_args()
    if words.what == "measure":
        print("in flight  ms of the processor a task  tasks a second at most  ms on the clock")
        for in_flight in _IN_FLIGHT:
            cost, clock = cost_of_a_task(words.tasks, in_flight)
            print(f"{in_flight:9}  {1000 * cost:26.2f}  {1 / cost:22.0f}  {1000 * clock:15.2f}")
        return
    print("chunk      tasks  halo %  scheduler h  cores h  storage h  simulated h  bound by")
    for chunk in (256, 512, 1024, 2048, 4096, 8192, 16384):
        cluster = Cluster(
            words.petabytes * 1e15 / words.bytes_a_pixel, words.bytes_a_pixel, chunk, words.halo,
            words.nodes, words.cores, words.megapixels_a_second * 1e6, words.task_cost / 1000,
            words.storage * 1e9,
        )  # fmt: skip
        bounds = cluster.bounds()
        sample = int(min(cluster.tasks, 50 * words.nodes * words.cores))
        seconds = simulated(cluster, sample) * cluster.tasks / sample
        hours = "  ".join(f"{bounds[name] / 3600:9.1f}" for name in bounds)
        largest = max(bounds, key=lambda name: bounds[name])
        print(
            f"{chunk:5}  {cluster.tasks:9.3g}  {100 * cluster.overhead:6.1f}  {hours}"
            f"  {seconds / 3600:11.1f}  {largest}"
        )


if __name__ == "__main__":
    main()
