"""--dask: a batch over processes of dask.distributed's, with one killed, failed files, Ctrl-C."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from cluster_processes import workers_of

from filt.commands import spread
from filt.commands.apply import ApplyWork
from filt.commands.batch import _as_given, absolute
from filt.filters.errors import FiltError, InputError
from filt.filters.files.writing import write_image
from filt.filters.picture import Picture
from filt.filters.placement import Placement
from filt.names import resolve

pytest.importorskip("distributed")

COUNT = 24
# Where the tests run in the background, the interrupt is ignored from the start.
PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    " from filt.cli import main; main(prog_name='filt')"
)
NAMES = [f"a{number:02}.png" for number in range(COUNT)]
WORDS = ("apply", "gaussian-blur:sigma=2+sobel", *NAMES, "-o")
LOCAL = ("--dask", "local", "--jobs", "2")

needs_posix = pytest.mark.skipif(os.name == "nt", reason="sends signals")


@pytest.fixture
def pictures(tmp_path):
    """Small pictures, all different, in the folder in which commands run."""
    for number, name in enumerate(NAMES):
        pixels = np.random.default_rng(number).integers(0, 256, (180, 240, 3), np.uint8)
        write_image(tmp_path / name, Picture(pixels, 255.0, pixels.dtype))
    return tmp_path


@pytest.fixture
def start(tmp_path):
    """Start a command in a session of its own, as a terminal does."""
    begun = []

    def run(*words):
        begun.append(
            subprocess.Popen(
                [sys.executable, "-c", PROGRAM, *words],
                cwd=tmp_path,
                start_new_session=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        )
        return begun[-1]

    yield run
    for process in begun:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def contents(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def until(holds, process):
    """Wait until something holds, as long as the process runs."""
    deadline = time.monotonic() + 120
    while not holds():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)


def ends(group):
    """Whether no process of a group is left, if need be after a while."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


@pytest.mark.slow
def test_the_same_files_and_the_same_words_as_without(interpreter, pictures):
    (pictures / "a03.png").write_bytes(b"no picture")
    (pictures / "a17.png").unlink()
    plain = interpreter(*WORDS, "plain", text=True)
    spread_out = interpreter(*WORDS, "spread", *LOCAL, text=True)
    assert spread_out.returncode == plain.returncode == 1
    assert spread_out.stderr == plain.stderr
    assert plain.stderr.splitlines()[-1] == f"2 of {COUNT} pictures failed"
    assert spread_out.stdout == plain.stdout.replace("plain/", "spread/")
    assert contents(pictures / "spread") == contents(pictures / "plain")
    kept = {"plain", "spread", *NAMES} - {"a17.png"}
    assert {path.name for path in pictures.iterdir()} == kept  # nothing of Dask's


@pytest.mark.slow
def test_edges_are_spread_too(interpreter, pictures):
    (pictures / "a03.png").write_bytes(b"no picture")
    words = ("edges", *NAMES[:6], "--soft", "--stages", "stages", "-o")
    plain = interpreter(*words, "plain", text=True)
    (pictures / "stages").rename(pictures / "stages-plain")
    ended = interpreter(*words, "spread", "--dask", "local", text=True)
    assert (ended.returncode, ended.stderr) == (1, plain.stderr)
    assert ended.stdout == plain.stdout.replace("plain/", "spread/")
    assert contents(pictures / "spread") == contents(pictures / "plain")
    assert contents(pictures / "stages") == contents(pictures / "stages-plain")


@pytest.mark.slow
def test_fail_fast_says_what_failed_first(interpreter, pictures):
    (pictures / "a01.png").write_bytes(b"no picture")
    (pictures / "a20.png").write_bytes(b"no picture")
    ended = interpreter(*WORDS, "out", *LOCAL, "--fail-fast", text=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: a01.png: not a picture")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.slow
@needs_posix
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds workers in /proc")
def test_a_worker_that_is_killed_costs_no_result(interpreter, start, pictures):
    plain = interpreter(*WORDS, "plain", text=True)
    process, out = start(*WORDS, "out", *LOCAL), pictures / "out"
    until(lambda: out.exists() and any(out.glob("*.png")), process)
    os.kill(workers_of(process)[0], signal.SIGKILL)
    said, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    assert said == plain.stdout.replace("plain/", "out/")
    assert contents(out) == contents(pictures / "plain")


@pytest.mark.slow
@needs_posix
def test_ctrl_c_leaves_whole_pictures_and_no_process(start, pictures):
    words = [word for word in WORDS if word not in NAMES]
    many = [f"b{number:03}.png" for number in range(400)]
    for name in many:
        (pictures / name).hardlink_to(pictures / NAMES[0])
    process = start(*words[:2], *many, "-o", "out", *LOCAL)
    assert process.stdout.readline().startswith("out")
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert errors.split() == ["Aborted!"]
    made = contents(pictures / "out")
    assert 0 < len(made) < len(many)
    assert {Path(name).suffix for name in made} == {".png"}
    assert len(set(made.values())) == 1
    assert ends(process.pid)


def test_no_scheduler_there_is_one_line(filt, pictures, monkeypatch):
    monkeypatch.setattr(spread, "_SECONDS_TO_CONNECT", 0.2)
    for address in ("tcp://127.0.0.1:9", "nowhere"):
        ended = filt(*WORDS, "out", "--dask", address, code=1)
        assert ended.stderr.startswith(f"Error: {address}: no scheduler of dask.distributed")
        assert len(ended.stderr.splitlines()) == 1


def test_without_distributed_one_line_says_how_to_install_it(filt, pictures, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    ended = filt(*WORDS, "out", "--dask", "local", code=1)
    assert ended.stderr == f"Error: {spread.INSTALL}\n"


@pytest.mark.parametrize(
    "name", ["sobel", "gaussian:sigma=2+unsharp", "canny", "learned:3", "learned", "taps:[[1,-1]]"]
)
def test_what_is_sent_is_small(name):
    work = ApplyWork(
        pipeline=resolve(name), name=name, operation="correlate", placement=Placement(),
        channels=None, shown=None, unit=False, full_scale=None, max_pixels=100, page=None,
        clobber=True, makes_folder=False,
    )  # fmt: skip
    data = pickle.dumps(work)
    assert pickle.loads(data) == work
    assert len(data) < 20_000


def test_paths_come_back_as_they_were_given():
    job = (Path("in/a.png"), Path("out/b.png"))
    sent = (absolute(job[0]), absolute(job[1]))
    given = partial(_as_given, job=job, used=sent)
    assert given({"input": str(sent[0]), "output": str(sent[1]), "unit": 1}) == {
        "input": str(job[0]), "output": str(job[1]), "unit": 1,
    }  # fmt: skip
    error = given(InputError(f"{sent[0]}: too small"))
    assert (type(error), str(error)) == (InputError, f"{job[0]}: too small")
    assert str(given(FiltError(f"{sent[1].parent}: is no folder"))) == "out: is no folder"
    assert str(given(FiltError("something else"))) == "something else"
