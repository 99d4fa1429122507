"""Three ways to run the command line: here, as a process of its own, and as a fresh interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from filt.cli import main

PROGRAM = (sys.executable, "-c", "from filt.cli import main; main(prog_name='filt')")
SERVER = Path(__file__).with_name("server.py")


@pytest.fixture
def filt(tmp_path, monkeypatch):
    """Run a command in an empty folder; an error that is no message of filt's fails the test."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, code=0):
        words = [os.fspath(word) if isinstance(word, Path) else str(word) for word in arguments]
        result = CliRunner().invoke(main, words, prog_name="filt", catch_exceptions=False)
        allowed = code if isinstance(code, set) else {code}
        assert result.exit_code in allowed, result.output
        return result

    return run


@pytest.fixture
def interpreter(tmp_path):
    """Run a command in an interpreter of its own: what a user starts, half a second each."""

    def run(*words, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.run(
            [*PROGRAM, *words], cwd=tmp_path, stdin=subprocess.DEVNULL, timeout=120, check=False,
            **options,
        )  # fmt: skip

    return run


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A program that forks a process for each command; None where nothing can fork."""
    if not hasattr(os, "fork"):
        yield None
        return
    streams = tmp_path_factory.mktemp("streams")
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, str(SERVER)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **one_thread},
    ) as running:  # fmt: skip
        yield running, streams
        running.stdin.close()


@pytest.fixture
def process(server, interpreter, tmp_path):
    """Run a command as a process of its own in the same folder; arguments may be bytes."""
    if server is None:
        return interpreter
    running, streams = server

    def run(*words):
        paths = {name: streams / name for name in ("stdout", "stderr")}
        for path in paths.values():
            path.write_bytes(b"")
        request = {
            "arguments": [os.fsencode(word).hex() for word in words],
            "folder": str(tmp_path),
            **{name: str(path) for name, path in paths.items()},
        }
        running.stdin.write(json.dumps(request) + "\n")
        running.stdin.flush()
        code = int(running.stdout.readline())
        written = (path.read_bytes() for path in paths.values())
        return subprocess.CompletedProcess(words, code, *written)

    return run
