"""How much memory a piece of work takes at its peak: python -m bench.memory PICTURE.npy ROW WAY.

Run as a process of its own for every figure: prints the bytes by which the work raises the resident
memory of the process at its peak, its result included; the picture, the libraries and one run on a
small picture are there before. A whole process is measured from its start to its end, all of it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from .resident import resident_peak, unit_of_peaks
from .row import Array, Command, Row
from .rows import ROWS

_SMALL = 96
_FORGET = Path("/proc/self/clear_refs")
# A process that is started inherits the peak of the one that starts it; this one is small.
_LAUNCH = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak(row: Row, way: str, picture: Path) -> int | None:
    """The bytes that one way of doing a row's work takes, in a fresh process; None if it fails.

    picture: a .npy file.
    """
    words = (sys.executable, "-m", "bench.memory", str(picture), row.name, way)
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1]
    )
    return int(done.stdout.split()[-1]) if done.returncode == 0 else None


def saved(picture: Array, folder: str) -> Path:
    """The file of a picture, for `peak`."""
    path = Path(folder, "picture.npy")
    np.save(path, picture)
    return path


def main() -> None:
    """Measure one way of one row."""
    picture = np.load(sys.argv[1])
    row = next(row for row in ROWS if row.name == sys.argv[2])
    prepare = row.way(sys.argv[3])
    call = prepare(picture)
    if isinstance(call, Command):
        words = (sys.executable, "-S", "-E", "-c", _LAUNCH, *call.words)
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        print(int(done.stdout) * unit_of_peaks())
        return
    prepare(np.ascontiguousarray(picture[:_SMALL, :_SMALL]))()
    before = _begin()
    call()
    print(max(0, resident_peak() - before))


def _begin() -> int:
    if _FORGET.exists():
        # Linux: the peak is forgotten, so that one of the preparations does not hide the work's.
        _FORGET.write_text("5", encoding="ascii")
    return resident_peak()


if __name__ == "__main__":
    main()
