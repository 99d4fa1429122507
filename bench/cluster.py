"""A batch of photos on a local cluster beside the plain batch: python -m bench.cluster.

    python -m bench.cluster [--photos 2000] [--rounds 3] [--workers 2] [--kill] [--folder DIR]

`filt apply sobel` on JPEGs of a megapixel, plain and with `--dask local`, alternately, each in a
process of its own. Prints how fast a core is beside the plain batch, by the seconds that the
processors worked for all processes together, and the same on the clock. The files of both must be
equal, byte for byte. `--kill` kills a worker, with SIGKILL, when half of the pictures are there.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import resource
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from filt import Picture, write_image

from .pictures import made_of
from .timing import ratio

_PROGRAM = """
from filt.cli import main
if __name__ == "__main__":
    main(prog_name="filt")
"""
_SHAPE = (800, 1250, 3)
_PHOTOS = 8


def make_photos(folder: Path, count: int) -> list[str]:
    """So many files, a few photos again and again; their names."""
    made = []
    for number in range(min(count, _PHOTOS)):
        pixels = made_of(_SHAPE, "uint8", seed=number)
        made.append(folder / f"{number:05}.jpg")
        write_image(made[-1], Picture(pixels, 255.0, pixels.dtype))
    for number in range(len(made), count):
        os.link(made[number % len(made)], folder / f"{number:05}.jpg")
    return sorted(os.fspath(photo) for photo in folder.iterdir())


def run(program: Path, photos: list[str], target: Path, more: list[str], kill: bool) -> list[float]:
    """Seconds of the processors, and on the clock, of one batch."""
    before, begun = _computed(), time.perf_counter()
    command = [sys.executable, str(program), "apply", "sobel", *photos, "-o", str(target), *more]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        if kill:
            _kill_a_worker(process, target, len(photos) // 2)
    if process.returncode:
        sys.exit(f"the batch ended with {process.returncode}")
    return [_computed() - before, time.perf_counter() - begun]


def _computed() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _kill_a_worker(process: subprocess.Popen[bytes], target: Path, after: int) -> None:
    """Kill one of the workers of a process when there are so many results."""
    while not target.is_dir() or len(list(target.iterdir())) < after:
        if process.poll() is not None:
            return
        time.sleep(0.05)
    psutil = import_module("psutil")
    workers = [
        child
        for child in psutil.Process(process.pid).children()
        if any("spawn_main" in word for word in child.cmdline())
    ]
    if not workers:
        return
    workers[0].kill()
    print(f"killed one of {len(workers)} workers after {after} pictures", flush=True)


def main() -> None:
    """Run what the command line asks for; exit code 1 where the files differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--folder", type=Path, help="where pictures are put for a while")
    words = parser.parse_args()
    on_cluster = ["--dask", "local", "--jobs", str(words.workers)]
    with tempfile.TemporaryDirectory(dir=words.folder) as made:
        program, inputs = Path(made, "program.py"), Path(made, "photos")
        program.write_text(_PROGRAM, "utf-8")
        inputs.mkdir()
        photos = make_photos(inputs, words.photos)
        times = []
        for number in range(words.rounds):
            plain, spread = (Path(made, f"{name}-{number}") for name in ("plain", "spread"))
            times.append(
                [run(program, photos, plain, [], kill=False),
                 run(program, photos, spread, on_cluster, words.kill)]
            )  # fmt: skip
            (one, clock), (other, other_clock) = times[-1]
            print(f"plain {one:.1f} s ({clock:.1f} on the clock),"
                  f" cluster {other:.1f} s ({other_clock:.1f})", flush=True)  # fmt: skip
            names = [Path(photo).with_suffix(".sobel.png").name for photo in photos]
            _, differing, missing = filecmp.cmpfiles(plain, spread, names, shallow=False)
            others = {path.name for path in spread.iterdir()} - set(names)
            if differing or missing or others:
                sys.exit(f"not equal: {[*differing, *missing, *others][:5]}")
    for name, which in (("a core's speed", 0), ("speed on the clock", 1)):
        shown = ratio([pair[0][which] for pair in times], [pair[1][which] for pair in times])
        print(f"{name} beside the plain batch: {shown}; every file is equal")


if __name__ == "__main__":
    main()
