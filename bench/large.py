"""Pictures larger than memory: python -m bench large [--quick] [--folder DIR] [--json FILE].

Tiled BigTIFFs of 8 bits, up to two gigapixels, go from a file into a file, each in a process of its
own; beside it the engine does the same work on a part of that picture that is in memory, result and
all, alternately. Figures are pixels a second over those of the engine in memory, time per pixel
over that of the smallest picture, and the peak of the resident memory of the whole process.
"""

from __future__ import annotations

import json
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
    """What one size took. speed: pixels a second over the engine's in memory. growth: time per
    pixel over that of the smallest picture. megabytes: resident at the peak, the most of all runs.
    """

    gigapixels: float
    work: str
    speed: Spread
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
            for work in WORKS:
                runs = [(_run("file", work, source), _run("memory", work, source))
                        for _ in range(rounds)]  # fmt: skip
                ours = np.array([on_file["seconds_per_pixel"] for on_file, _ in runs])
                engine = np.array([in_memory["seconds_per_pixel"] for _, in_memory in runs])
                first.setdefault(work, ours)
                yield LargeStep(
                    height * width / 1e9,
                    work,
                    ratio(engine, ours),
                    spread(ours / np.median(first[work])),
                    max(on_file["megabytes"] for on_file, _ in runs),
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


def _sobel_in_memory(picture: NDArray[Any]) -> None:
    filt.to_picture(filt.sobel(picture), "abs", full_scale=255.0)


def _canny_in_memory(picture: NDArray[Any]) -> None:
    filt.to_picture(filt.canny(picture), "clip", full_scale=1.0)


Way = tuple[Callable[[Path, Path], None], Callable[[NDArray[Any]], None]]
WORKS: MappingProxyType[str, Way] = MappingProxyType(
    {"sobel": (_sobel_in_file, _sobel_in_memory), "canny": (_canny_in_file, _canny_in_memory)}
)
"""Each work from file to file, and in memory."""


def _run(way: str, work: str, source: Path) -> dict[str, float]:
    """One run in a process of its own, which is small when it starts."""
    words = (sys.executable, "-m", "bench.large", way, work, str(source))
    done = subprocess.run(
        words, stdout=subprocess.PIPE, text=True, check=True, cwd=Path(__file__).parents[1]
    )
    read: dict[str, float] = json.loads(done.stdout)
    return read


def _child(way: str, work: str, source: Path) -> dict[str, float]:
    on_file, in_memory = WORKS[work]
    small = made_of((96, 128), "uint8")
    in_memory(small)
    if way == "file":
        target = source.with_name(f"{work}.tif")
        with open_rows(source) as rows:
            pixels = rows.shape[0] * rows.shape[1]
        begun = time.perf_counter()
        on_file(source, target)
        spent = time.perf_counter() - begun
        target.unlink()
    else:
        with open_rows(source) as rows:
            picture = np.ascontiguousarray(rows[0 : max(1, _PART // rows.shape[1])])
        pixels = picture.size
        in_memory(picture)
        begun = time.perf_counter()
        in_memory(picture)
        spent = time.perf_counter() - begun
    return {"seconds_per_pixel": spent / pixels, "megabytes": resident_peak() / 1e6}


def large_heading() -> str:
    """The head of the table."""
    return f"{'gigapixels':<12}{'work':<8}{'speed / in memory':<22}{'time a pixel / first':<24}MB"


def large_line(step: LargeStep) -> str:
    """A line of the table, with what misses its aim."""
    missed = step.speed.median < LEAST_SPEED or step.megabytes > LARGEST_MB
    return (
        f"{step.gigapixels:<12.3g}{step.work:<8}{step.speed!s:<22}{step.growth!s:<24}"
        f"{step.megabytes:<6.0f}{'MISS' if missed else ''}"
    )


def large_json(steps: list[LargeStep]) -> list[dict[str, Any]]:
    """The table as a program reads it."""
    return [asdict(step) for step in steps]


if __name__ == "__main__":
    print(json.dumps(_child(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
