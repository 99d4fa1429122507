"""Pictures larger than memory: python -m bench large [--quick] [--folder DIR] [--json FILE].

Tiled BigTIFFs of 8 bits, up to two gigapixels, go from a file into a file, each in a process of its
own; beside it the engine does the same work on a part of that picture that is in memory, result and
all, alternately. Figures are pixels a second over those of the engine in memory, time per pixel
over that of the smallest picture, and the peak of the resident memory of the whole process. What
the disk takes is measured beside them: a plain copy of the file, until its bytes are on the disk,
as those of our results are when they get their names.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

import filt
from filt.filters.streaming import stream_edges, stream_filter
from filt.filters.streams.formats import open_rows
from filt.learned.edge_methods import edge_setting, find_edges
from filt.learned.shipped import NETWORK
from filt.learned.streamed_methods import STREAMED_METHODS

from .pictures import made_of
from .resident import resident_peak
from .timing import Spread, ratio, spread

SIZES = MappingProxyType({"0.1": (8960, 11200), "0.5": (20000, 25000), "2": (40000, 50000)})
"""Height and width by gigapixels."""

TILE = 256
ROUNDS = 3
LARGEST_MB = 600
LEAST_SPEED = 0.7

_PATTERN = (2048, 3072)
_PART = 96_000_000


@dataclass(frozen=True)
class LargeStep:
    """What one size took. speed: pixels a second over the engine's in memory. disk: the time of a
    plain copy of the file over ours. growth: time per pixel over that of the smallest picture.
    megabytes: resident at the peak, the most of all runs.
    """

    gigapixels: float
    work: str
    speed: Spread
    disk: Spread
    growth: Spread
    megabytes: float


def measured_large(
    sizes: list[str], folder: Path | None, rounds: int = ROUNDS
) -> Iterator[LargeStep]:
    """Every work on pictures of these sizes, from the smallest. folder: on the disk to measure."""
    first: dict[str, NDArray[Any]] = {}
    for size in sizes:
        height, width = SIZES[size]
        with TemporaryDirectory(dir=folder) as made:
            source = Path(made, "large.tif")
            write_tiled(source, (height, width))
            for work, way in WORKS.items():
                if height * width > way.largest:
                    continue
                runs = [[_run(how, work, source) for how in _WAYS] for _ in range(rounds)]
                ours, engine, copied = (
                    np.array([run[number]["seconds_per_pixel"] for run in runs])
                    for number in range(len(_WAYS))
                )
                first.setdefault(work, ours)
                yield LargeStep(
                    height * width / 1e9,
                    work,
                    ratio(engine, ours),
                    ratio(copied, ours),
                    spread(ours / np.median(first[work])),
                    max(run[0]["megabytes"] for run in runs),
                )


def write_tiled(path: Path, shape: tuple[int, int]) -> None:
    """A tiled BigTIFF without compression, of one picture laid again and again, never in step."""
    import tifffile

    pattern = made_of(_PATTERN, "uint8")
    height, width = shape
    across = -(-width // TILE) * TILE

    def tiles() -> Iterator[NDArray[Any]]:
        for top in range(0, height, TILE):
            # Shifted from row to row of tiles, or the whole would be the same again and again.
            columns = (np.arange(across) + 7 * top) % pattern.shape[1]
            rows = (np.arange(top, top + TILE) + top // 3) % pattern.shape[0]
            band = pattern[rows[:, np.newaxis], columns]
            for left in range(0, across, TILE):
                yield np.ascontiguousarray(band[:, left : left + TILE])

    with tifffile.TiffWriter(path, bigtiff=True) as file:
        file.write(
            tiles(), shape=shape, dtype=np.uint8, tile=(TILE, TILE), photometric="minisblack"
        )


def _sobel_in_file(source: Path, target: Path) -> None:
    with open_rows(source) as rows:
        stream_filter(rows, filt.resolve("sobel"), target, show="abs")


def _canny_in_file(source: Path, target: Path) -> None:
    from filt.filters.edges.methods import METHODS

    with open_rows(source) as rows:
        stream_edges(rows, "canny", METHODS["canny"].setting(), target)


def _network_in_file(source: Path, target: Path) -> None:
    setting = edge_setting(NETWORK)
    with open_rows(source) as rows:
        stream_edges(rows, NETWORK, setting, target, methods=STREAMED_METHODS)


def _sobel_in_memory(picture: NDArray[Any]) -> None:
    filt.to_picture(filt.sobel(picture), "abs", full_scale=255.0)


def _canny_in_memory(picture: NDArray[Any]) -> None:
    filt.to_picture(filt.canny(picture), "clip", full_scale=1.0)


def _network_in_memory(picture: NDArray[Any]) -> None:
    filt.to_picture(find_edges(picture, NETWORK).edges, "clip", full_scale=1.0)


@dataclass(frozen=True)
class Work:
    """What is done from file to file, and in memory. largest: pixels; more would take too long."""

    in_file: Callable[[Path, Path], None]
    in_memory: Callable[[NDArray[Any]], None]
    largest: float = math.inf


WORKS: MappingProxyType[str, Work] = MappingProxyType(
    {
        "sobel": Work(_sobel_in_file, _sobel_in_memory),
        "canny": Work(_canny_in_file, _canny_in_memory),
        NETWORK: Work(_network_in_file, _network_in_memory, 6e8),
    }
)

_WAYS = ("file", "memory", "copy")
_COPIED = 1 << 22


def _run(way: str, work: str, source: Path) -> dict[str, float]:
    """One run in a process of its own, which is small when it starts."""
    words = (sys.executable, "-m", "bench.large", way, work, str(source))
    done = subprocess.run(
        words, stdout=subprocess.PIPE, text=True, check=True, cwd=Path(__file__).parents[1]
    )
    read: dict[str, float] = json.loads(done.stdout)
    return read


def _child(way: str, work: str, source: Path) -> dict[str, float]:
    chosen = WORKS[work]
    chosen.in_memory(made_of((96, 128), "uint8"))
    with open_rows(source) as rows:
        pixels = rows.shape[0] * rows.shape[1]
    if way == "memory":
        with open_rows(source) as rows:
            picture = np.ascontiguousarray(rows[0 : max(1, _PART // rows.shape[1])])
        pixels = picture.size
        chosen.in_memory(picture)
        spent = _seconds(lambda: chosen.in_memory(picture))
    else:
        target = source.with_name(f"{work}.tif")
        go = _copy if way == "copy" else chosen.in_file
        spent = _seconds(lambda: go(source, target))
        target.unlink()
    return {"seconds_per_pixel": spent / pixels, "megabytes": resident_peak() / 1e6}


def _seconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as file, target.open("wb") as copied:
        shutil.copyfileobj(file, copied, _COPIED)
        copied.flush()
        os.fsync(copied.fileno())


def large_heading() -> str:
    """The head of the table."""
    return (
        f"{'gigapixels':<12}{'work':<15}{'speed / in memory':<22}{'copy / time':<22}"
        f"{'time a pixel / first':<24}MB"
    )


def large_line(step: LargeStep) -> str:
    """A line of the table, with what misses its aim."""
    missed = step.speed.median < LEAST_SPEED or step.megabytes > LARGEST_MB
    return (
        f"{step.gigapixels:<12.3g}{step.work:<15}{step.speed!s:<22}{step.disk!s:<22}"
        f"{step.growth!s:<24}{step.megabytes:<6.0f}{'MISS' if missed else ''}"
    )


def large_json(steps: list[LargeStep]) -> list[dict[str, Any]]:
    """The table as a program reads it."""
    return [asdict(step) for step in steps]


if __name__ == "__main__":
    print(json.dumps(_child(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
