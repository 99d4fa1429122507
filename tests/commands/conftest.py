"""Three ways to run the command line: here, as a process of its own, and as a fresh interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from serving import serving

from filt.cli import main

PROGRAM = (sys.executable, "-c", "from filt.cli import main; main(prog_name='filt')")


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
def terminal(monkeypatch):
    """Let the `filt` above think that somebody looks at what it writes."""
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda self: True)


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
    with serving(tmp_path_factory.mktemp("streams")) as ask:
        yield ask


@pytest.fixture
def process(server, interpreter, tmp_path):
    """Run a command as a process of its own in the same folder; arguments may be bytes."""
    return interpreter if server is None else partial(server, tmp_path)
