"""The machine, what is installed on it, and how many threads everybody has."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import cv2

import filt

from .row import Row

PACKAGES = (
    "numpy", "opencv-python-headless", "opencv-python", "scipy", "scikit-image", "pillow", "kornia",
    "torch", "pyvips", "tensorflow", "keras",
)  # fmt: skip
PROGRAMS = MappingProxyType({"vips": ("vips", "--version"), "mogrify": ("mogrify", "-version")})


def is_here(need: str) -> bool:
    """Whether a program is on the path or a module can be found."""
    return shutil.which(need) is not None if need in PROGRAMS else find_spec(need) is not None


def absent(rows: Iterable[Row]) -> tuple[str, ...]:
    """What the peers of some rows need and is not here."""
    needs = {need for row in rows for peer in row.peers for need in peer.needs}
    return tuple(sorted(need for need in needs if not is_here(need)))


def versions() -> dict[str, str]:
    """What is installed, with its version."""
    found = {"python": platform.python_version(), "filt": filt.__version__}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    for program, words in PROGRAMS.items():
        if is_here(program):
            said = subprocess.run(words, capture_output=True, text=True, check=False).stdout
            found[f"{program} (program)"] = next(iter(said.splitlines()), "").partition(" http")[0]
    return found


def machine() -> dict[str, str | int]:
    """The processor, its cores that this process may use, and the system."""
    return {
        "processor": _processor(),
        "cores": _cores(),
        "memory_gib": _memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "filt_threads": filt.get_threads(),
        "opencv_threads": cv2.getNumThreads(),
    }


def set_threads(count: int) -> None:
    """Give filt and the peers that have threads of their own so many of them."""
    filt.set_threads(count)
    cv2.setNumThreads(count)
    if is_here("torch"):
        import_module("torch").set_num_threads(count)
    os.environ["VIPS_CONCURRENCY"] = os.environ["MAGICK_THREAD_LIMIT"] = str(count)


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _cores() -> int:
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def _memory() -> int:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
    except (AttributeError, ValueError):
        return 0
