"""Running commands as processes of their own without starting an interpreter for each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SERVER = Path(__file__).parent / "commands" / "server.py"


@dataclass
class Ended:
    """How a process ended: peak is the most memory that it had, in KB; 0 where nobody knows."""

    returncode: int
    stdout: bytes
    stderr: bytes
    peak: int = 0


@contextmanager
def serving(folder, *modules):
    """A program that forks a process for each command, `modules` imported; None without fork.

    It is asked with a folder to run in and words, which may be bytes.
    """
    if not hasattr(os, "fork"):
        yield None
        return
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    paths = {name: folder / name for name in ("stdout", "stderr")}
    with subprocess.Popen(
        [sys.executable, str(SERVER), *modules],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **one_thread},
    ) as running:  # fmt: skip

        def ask(place, *words):
            for path in paths.values():
                path.write_bytes(b"")
            request = {
                "arguments": [os.fsencode(word).hex() for word in words],
                "folder": str(place),
                **{name: str(path) for name, path in paths.items()},
            }
            running.stdin.write(json.dumps(request) + "\n")
            running.stdin.flush()
            code, peak = map(int, running.stdout.readline().split())
            return Ended(code, *(path.read_bytes() for path in paths.values()), peak)

        yield ask
        running.stdin.close()
