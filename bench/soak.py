"""Hours in minutes: the same work round after round, and what the process holds after each.

    python -m bench.soak [--minutes 10]

A round filters, finds edges, reads and writes files (damaged ones too), runs banks and makes a
report, by the library and by the command line, in one process and one folder. After each round it
prints the resident memory, the threads, the open files and the temporary files.

Memory goes up and down by steps, as the allocator keeps what is freed or gives it back; but what
leaks never comes back, so the least that the process holds goes up with it. Memory is flat where
the least of the second half of the rounds after the warm-up is no more than 1% above that of the
first half. Threads and open files must not become more than they were then, and no temporary file
may be left. Exit code 1 where one of them does not hold. Needs /proc (Linux).
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import filt
from filt.cli import main as command_line
from filt.learned.edge_methods import find_edges
from filt.learned.files.bank_files import load_bank, save_bank
from filt.learned.named_banks import open_bank

RISE = 0.01
"""The share by which the least memory may rise from half to half of the watched rounds."""

WARM_UP = 8
"""Rounds that never count: libraries are loaded, the allocator's pools and the caches fill."""

WARM_UP_SHARE = 0.3
"""The share of the rounds that do not count, where that is more of them."""

_FEWEST = 20
_PROCESS = Path("/proc/self")
_SHAPES = ((64, 64), (301, 402), (720, 1280, 3), (33, 2000))


@dataclass(frozen=True)
class Sample:
    """What the process holds after a round.

    seconds: since the start. resident: megabytes. left: temporary files.
    """

    seconds: float
    resident: float
    threads: int
    files: int
    left: int


@dataclass(frozen=True)
class Floor:
    """The least memory of the two halves of some rounds, in megabytes."""

    before: float
    after: float

    @property
    def rise(self) -> float:
        """By how much it went up."""
        return self.after - self.before

    @property
    def allowed(self) -> float:
        """By how much it may go up and count as flat."""
        return RISE * self.before


def watched(samples: Sequence[Sample]) -> Sequence[Sample]:
    """The samples after the warm-up."""
    return samples[max(WARM_UP, int(len(samples) * WARM_UP_SHARE)) :]


def floor_of(samples: Sequence[Sample]) -> Floor:
    """The least memory of each half of at least two samples."""
    half = len(samples) // 2
    before, after = (min(one.resident for one in some) for some in (samples[:half], samples[half:]))
    return Floor(before, after)


def faults(samples: Sequence[Sample]) -> list[str]:
    """What grew over the rounds, in words; nothing where all is flat."""
    after = watched(samples)
    if len(after) < _FEWEST:
        return [f"only {len(after)} rounds to judge by: at least {_FEWEST} are needed"]
    found = []
    floor = floor_of(after)
    if floor.rise > floor.allowed:
        found.append(f"memory rises from {floor.before:.1f} to {floor.after:.1f} MB")
    part = len(after) // 4
    for name in ("threads", "files"):
        before, now = (
            max(getattr(sample, name) for sample in some) for some in (after[:part], after[-part:])
        )
        if now > before:
            found.append(f"{name} grew from {before} to {now}")
    left = max(sample.left for sample in samples)
    if left:
        found.append(f"{left} temporary files were left")
    return found


def sample(started: float, folder: Path) -> Sample:
    """What the process holds now, and which temporary files stand in the folder."""
    gc.collect()
    (line,) = (
        line for line in (_PROCESS / "status").read_text("ascii").splitlines() if "VmRSS" in line
    )
    left = [*folder.rglob(".filt-*"), *(folder / "temporary").iterdir()]
    return Sample(
        time.perf_counter() - started,
        int(line.split()[1]) / 1024,
        len([*(_PROCESS / "task").iterdir()]),
        len([*(_PROCESS / "fd").iterdir()]),
        len(left),
    )


class Work:
    """The work of a round, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pictures = [self._picture(number) for number in range(len(_SHAPES))]
        for number, picture in enumerate(self.pictures):
            for ending in ("png", "jpg", "tif", "npy", "webp"):
                filt.write_image(folder / f"{number}.{ending}", picture)
        data = (folder / "1.png").read_bytes()
        (folder / "cut.png").write_bytes(data[: len(data) // 2])
        (folder / "cut.jpg").write_bytes((folder / "1.jpg").read_bytes()[:3000])
        (folder / "no.tif").write_bytes(b"no picture at all")
        save_bank(folder / "bank.npz", open_bank("learned"))
        self.sources = sorted(path for path in folder.iterdir() if path.suffix != ".npz")

    @staticmethod
    def _picture(number: int) -> filt.Picture:
        rng = np.random.default_rng(number)
        pixels = rng.integers(0, 256, _SHAPES[number], np.uint8)
        return filt.Picture(pixels, 255.0, pixels.dtype)

    def filters(self) -> None:
        """Kernels of every algorithm, blurs and operators, on every shape and some dtypes."""
        for picture in self.pictures:
            for dtype in (np.uint8, np.float32, np.float64):
                pixels = np.asarray(picture).astype(dtype)
                for name in ("sobel-x", "gabor", "laplacian-of-gaussian"):
                    filt.correlate(pixels, name, border="wrap")
                filt.gaussian_blur(pixels, 5.0)
                filt.sobel(pixels)
            filt.resolve("gaussian:sigma=2+sobel+sharpen").apply(picture)
            filt.max_pool(picture)

    def edges(self) -> None:
        """Handcrafted and learned methods."""
        for method in ("canny", "di-zenzo", "log", "multiscale", "learned-edges"):
            found = find_edges(self.pictures[1], method)
            assert found.stages
        filt.canny_opencv(self.pictures[2], 0.1, 0.2)

    def files(self) -> None:
        """Reading and writing every format, and being refused."""
        for source in self.sources:
            try:
                picture = filt.read_image(source)
            except filt.ReadError:
                continue
            if source.suffix != ".npy":
                filt.write_image(self.folder / f"copy{source.suffix}", picture)
        for wrong in (self.folder, self.folder / "absent.png", "/dev/null"):
            try:
                filt.read_image(wrong)
            except filt.ReadError:
                continue

    def banks(self) -> None:
        """Reading a bank, running it, and looking at what it is like."""
        bank = load_bank(self.folder / "bank.npz")
        bank.apply(self.pictures[2])
        filt.match_bank(bank, samples=2000)
        filt.correlate_bank_gradients(
            np.asarray(self.pictures[0]), bank.kernels[:, :, :1], np.ones((64, 64, len(bank))),
            mode="same",
        )  # fmt: skip

    def commands(self) -> None:
        """The command line: a batch with bad files in it, and a report."""
        pictures = [str(path) for path in self.sources if path.suffix != ".npy"]
        self.run("apply", "sobel", *pictures, "-o", str(self.folder / "out"), code=1)
        self.run("edges", str(self.folder / "1.png"), "-o", str(self.folder / "edges.png"))
        self.run("sheet", str(self.folder / "0.png"), "-o", str(self.folder / "sheet.png"))
        self.run("compare", str(self.folder / "1.png"), "-o", str(self.folder / "report.html"))

    def run(self, *words: str, code: int = 0) -> None:
        """One command, its words unheard; another exit code than `code` ends the soak."""
        stdout, stderr = sys.stdout, sys.stderr
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            sys.stdout = sys.stderr = nowhere
            try:
                command_line(list(words), prog_name="filt")
            except SystemExit as end:
                found = end.code or 0
            finally:
                sys.stdout, sys.stderr = stdout, stderr
        if found != code:
            raise RuntimeError(f"filt {words[0]} ended with {found}, not {code}")

    def round(self) -> None:
        """All of it, once."""
        for part in (self.filters, self.edges, self.files, self.banks, self.commands):
            part()


def soak(minutes: float, folder: Path) -> list[Sample]:
    """The samples of as many rounds as fit into the time, printed as they come."""
    temporary = folder / "temporary"
    temporary.mkdir()
    tempfile.tempdir = str(temporary)
    work, started = Work(folder), time.perf_counter()
    samples: list[Sample] = []
    print(f"{'round':>5} {'minutes':>8} {'memory, MB':>11} {'threads':>8} {'files':>6} {'left':>5}")
    while not samples or time.perf_counter() - started < 60 * minutes:
        work.round()
        now = sample(started, folder)
        samples.append(now)
        print(
            f"{len(samples):5} {now.seconds / 60:8.2f} {now.resident:11.1f} {now.threads:8}"
            f" {now.files:6} {now.left:5}",
            flush=True,
        )
    return samples


def main() -> None:
    """Soak, and say whether all was flat."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--minutes", type=float, default=10.0)
    words = parser.parse_args()
    if not _PROCESS.is_dir():
        sys.exit("needs /proc, as Linux has it")
    with tempfile.TemporaryDirectory() as folder:
        samples = soak(words.minutes, Path(folder))
    after = watched(samples)
    if len(after) >= _FEWEST:
        floor = floor_of(after)
        print(
            f"\nover the last {len(after)} rounds the least memory goes from {floor.before:.1f} to"
            f" {floor.after:.1f} MB; {floor.allowed:.1f} MB more are allowed"
        )
    wrong = faults(samples)
    print("flat" if not wrong else f"not flat: {'; '.join(wrong)}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
