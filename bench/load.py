"""Much at once: thousands of files with bad ones among them, and many processes in one folder.

    python -m bench.load batch [--files 5000] [--bad 0.03]
    python -m bench.load shared [--processes 8] [--files 100]

batch: `filt apply` on many small pictures, of which a share is damaged. Every good one must have
its output, bit for bit what the library gives; every bad one must be named in a line of its own,
and have none; the exit code must be 1, and nothing else may stand in the folder.

shared: so many processes do the same batch at once, into one folder, and then score the same maps,
with one cache of compiled functions that is empty at first. While they work, every output that
stands in the folder must be whole. All must end well, with the same scores.

Prints what did not hold; exit code 1 where something did not.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import filt

PIPELINE = "gaussian:sigma=1+sobel"
_PROGRAM = (sys.executable, "-c", "from filt.cli import main; main(prog_name='filt')")
_SHAPE = (24, 32)
_KINDS = ("cut", "empty", "text", "flipped")
_SCORED = 4

Pixels = NDArray[np.generic]


@dataclass(frozen=True)
class Batch:
    """Pictures in a folder: those that are good, with what their output must be, and the bad."""

    good: dict[Path, Pixels]
    bad: tuple[Path, ...]

    @property
    def paths(self) -> list[Path]:
        """All of them, by their names."""
        return sorted([*self.good, *self.bad])


def made(folder: Path, count: int, share: float, seed: int = 0) -> Batch:
    """`count` small pictures, a share of them damaged, spread at random."""
    rng = np.random.default_rng(seed)
    is_bad = np.zeros(count, bool)
    is_bad[rng.choice(count, round(count * share), replace=False)] = True
    pipeline = filt.resolve(PIPELINE)
    good: dict[Path, Pixels] = {}
    bad: list[Path] = []
    for number in range(count):
        pixels = rng.integers(0, 256, _SHAPE, np.uint8)
        path = folder / f"{number:05}.png"
        picture = filt.Picture(pixels, 255.0, pixels.dtype)
        filt.write_image(path, picture)
        if is_bad[number]:
            path.write_bytes(_damaged(path.read_bytes(), _KINDS[len(bad) % len(_KINDS)]))
            bad.append(path)
        else:
            response = pipeline.apply(picture)
            good[path] = filt.to_picture(response, pipeline.show, full_scale=255.0)
    return Batch(good, tuple(bad))


def batch_faults(folder: Path, count: int, share: float) -> list[str]:
    """What does not hold of one process and one batch."""
    sources, out = folder / "sources", folder / "out"
    for each in (sources, out):
        each.mkdir()
    batch = made(sources, count, share)
    done = _filt(folder, "apply", PIPELINE, *map(str, batch.paths), "-o", str(out))
    end = done.wait()
    said = [line for line in done.stderr.splitlines() if line]
    wrong = [] if end == (1 if batch.bad else 0) else [f"the exit code is {end}"]
    failures = [line for line in said if line.startswith("Error: ")]
    for path in batch.bad:
        named = [line for line in failures if line.startswith(f"Error: {path}: ")]
        if len(named) != 1:
            wrong.append(f"{path.name} is bad and is named {len(named)} times")
    if len(failures) != len(batch.bad):
        wrong.append(f"{len(failures)} failures are named, {len(batch.bad)} files are bad")
    if batch.bad and said[-1:] != [f"{len(batch.bad)} of {count} pictures failed"]:
        wrong.append(f"the last line is {said[-1:]}")
    if len(done.stdout.splitlines()) != len(batch.good):
        wrong.append("standard output has not one line for each picture")
    return wrong + _faults_in(out, batch)


def shared_faults(folder: Path, processes: int, count: int) -> list[str]:
    """What does not hold of many processes in one folder, with one cache."""
    sources, out = folder / "sources", folder / "out"
    for each in (sources, out):
        each.mkdir()
    batch = made(sources, count, 0.0)
    paths = [str(path) for path in batch.paths]
    words = ("apply", PIPELINE, *paths, "-o", str(out))
    running = [_filt(folder, *words) for _ in range(processes)]
    wrong, looks = [], 0
    while any(process.is_running for process in running):
        for path in sorted(out.glob("*.png")):
            looks += 1
            try:
                filt.read_image(path)
            except filt.ReadError as error:
                wrong.append(f"seen half-written: {error}")
        time.sleep(0.01)
    ends = [process.wait() for process in running]
    if any(ends):
        wrong.append(f"the exit codes are {ends}")
    print(f"{looks} looks at outputs while {processes} processes wrote them")
    return wrong + _faults_in(out, batch) + _scoring_faults(folder, processes)


def _scoring_faults(folder: Path, processes: int) -> list[str]:
    """Many processes that compile the same functions into one cache, at once."""
    if find_spec("numba") is None:
        print("without numba nothing is scored")
        return []
    maps, truth, cache = (folder / name for name in ("maps", "truth", "cache"))
    for each in (maps, truth, cache):
        each.mkdir()
    rng = np.random.default_rng(1)
    for number in range(_SCORED):
        for place, pixels in (
            (maps, rng.integers(0, 256, _SHAPE, np.uint8)),
            (truth, 255 * (rng.random(_SHAPE) > 0.8).astype(np.uint8)),
        ):
            filt.write_image(place / f"{number}.png", filt.Picture(pixels, 255.0, pixels.dtype))
    words = ("score", str(maps), "--truth", str(truth), "--json", "--jobs", "2")
    running = [_filt(folder, *words, NUMBA_CACHE_DIR=str(cache)) for _ in range(processes)]
    running[0].wait()
    running.append(_filt(folder, *words, NUMBA_CACHE_DIR=str(cache)))
    ends = [process.wait() for process in running]
    wrong = [f"scoring ended with {ends}"] if any(ends) else []
    said = {process.stdout for process in running}
    if len(said) != 1:
        wrong.append(f"{len(said)} different scores came out")
    noise = {process.stderr for process in running} - {""}
    return wrong + [f"scoring said {text[:200]!r}" for text in sorted(noise)]


@dataclass(frozen=True)
class Running:
    """A command under way, and the files that hold what it says."""

    process: subprocess.Popen[bytes]
    out_file: Path
    error_file: Path

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    def wait(self) -> int:
        """Its exit code."""
        return self.process.wait()

    @property
    def stdout(self) -> str:
        """What it has said."""
        return self.out_file.read_text("utf-8")

    @property
    def stderr(self) -> str:
        """What it has complained of."""
        return self.error_file.read_text("utf-8")


def _filt(folder: Path, *words: str, **environment: str) -> Running:
    """A command that has begun; what it says goes to a folder within `folder`."""
    said = Path(tempfile.mkdtemp(prefix="said-", dir=folder))
    stdout, stderr = said / "stdout", said / "stderr"
    with stdout.open("wb") as to_stdout, stderr.open("wb") as to_stderr:
        process = subprocess.Popen(
            [*_PROGRAM, *words], stdin=subprocess.DEVNULL, stdout=to_stdout, stderr=to_stderr,
            env={**os.environ, **environment},
        )  # fmt: skip
    return Running(process, stdout, stderr)


def _faults_in(out: Path, batch: Batch) -> list[str]:
    """What is wrong with the outputs of a batch."""
    found = {path.name.partition(".")[0]: path for path in out.iterdir() if path.suffix == ".png"}
    others = [path.name for path in out.iterdir() if path.suffix != ".png"]
    wrong = [f"{others} stand beside the outputs"] if others else []
    expected = {path.stem: pixels for path, pixels in batch.good.items()}
    if found.keys() != expected.keys():
        missing, more = expected.keys() - found.keys(), found.keys() - expected.keys()
        wrong.append(f"missing are {sorted(missing)[:5]}, too many {sorted(more)[:5]}")
    for name in sorted(found.keys() & expected.keys()):
        if not np.array_equal(np.asarray(filt.read_image(found[name])), expected[name]):
            wrong.append(f"{found[name].name} is not what the library gives")
    return wrong


def _damaged(data: bytes, kind: str) -> bytes:
    if kind == "flipped":
        middle = len(data) // 2
        return data[:middle] + bytes([data[middle] ^ 0x55]) + data[middle + 1 :]
    return {"cut": data[: len(data) // 2], "empty": b"", "text": b"no picture\n"}[kind]


def main(arguments: Sequence[str] | None = None) -> None:
    """Do one of the two, and say what did not hold."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("what", choices=("batch", "shared"))
    parser.add_argument("--files", type=int)
    parser.add_argument("--bad", type=float, default=0.03)
    parser.add_argument("--processes", type=int, default=8)
    words = parser.parse_args(arguments)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        if words.what == "batch":
            wrong = batch_faults(Path(folder), words.files or 5000, words.bad)
        else:
            wrong = shared_faults(Path(folder), words.processes, words.files or 100)
    print(f"{time.perf_counter() - started:.1f} s")
    print("\n".join(wrong) if wrong else "all as it should be")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
