"""The most memory that this process has had in use."""

from __future__ import annotations

import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")


def resident_peak() -> int:
    """Bytes resident at the peak, of this program alone.

    On Linux from its status: getrusage tells of a process at least the peak of the one that started
    it.
    """
    if _STATUS.exists():
        (line,) = (
            line for line in _STATUS.read_text("ascii").splitlines() if line.startswith("VmHWM")
        )
        return int(line.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit_of_peaks()


def unit_of_peaks() -> int:
    """Bytes of the unit in which getrusage counts."""
    return 1 if sys.platform == "darwin" else 1024
