"""The processes that a command has started for its cluster."""

from __future__ import annotations

from pathlib import Path


def workers_of(process):
    """The workers of a command, by their numbers; those that have just ended are not among them."""
    children = Path(f"/proc/{process.pid}/task").glob("*/children")
    pids = [int(pid) for file in children for pid in file.read_text().split()]
    return [pid for pid in pids if b"spawn_main" in _command(pid)]


def _command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
