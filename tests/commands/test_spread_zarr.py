"""A Zarr picture over a cluster, equal to what one machine makes of it; a worker killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cluster_processes import workers_of

pytest.importorskip("distributed")
zarr = pytest.importorskip("zarr")

PROGRAM = "from filt.cli import main; main(prog_name='filt')"
LOCAL = ("--dask", "local", "--jobs", "2")


@pytest.fixture
def picture(tmp_path):
    """An asymmetric picture of 5 by 4 chunks, of which the last are cut off."""
    pixels = np.random.default_rng(5).integers(0, 256, (1_290, 1_100), np.uint8)
    pixels[300:700, 200:450] //= 4
    stored = zarr.create_array(str(tmp_path / "a.zarr"), shape=pixels.shape, chunks=(300, 301),
                               dtype="u1")  # fmt: skip
    stored[:] = pixels
    return pixels


def array(path):
    return zarr.open_array(str(path), mode="r")[:]


def names(folder):
    return sorted(path.name for path in Path(folder).iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gaussian-blur:sigma=2+sobel", "canny"])
def test_is_what_one_machine_makes(interpreter, picture, tmp_path, name):
    words = ("apply", name, "a.zarr", "--show", "abs", "--border", "wrap", "-o")
    plain = interpreter(*words, "plain.zarr", text=True)
    spread = interpreter(*words, "spread.zarr", *LOCAL, text=True)
    assert (plain.returncode, spread.returncode, spread.stderr) == (0, 0, "")
    assert spread.stdout == plain.stdout.replace("plain.zarr", "spread.zarr")
    wanted, found = array(tmp_path / "plain.zarr"), array(tmp_path / "spread.zarr")
    assert wanted.any()
    assert found.dtype == np.uint8
    # Rounded to whole levels, of which rounding may move one in a while.
    assert np.abs(found.astype(int) - wanted).max() <= (name != "canny")
    assert (found != wanted).mean() < 1e-4
    assert names(tmp_path) == ["a.zarr", "plain.zarr", "spread.zarr"]


@pytest.mark.slow
def test_the_raw_response_in_floats(interpreter, picture, tmp_path):
    words = ("apply", "sobel-x", "a.zarr", "-o", "out.zarr", *LOCAL)
    assert interpreter(*words, text=True).returncode == 0
    found = array(tmp_path / "out.zarr")
    wide = np.pad(picture.astype(np.int64), 1, "reflect")
    rows = wide[:-2] + 2 * wide[1:-1] + wide[2:]
    np.testing.assert_array_equal(found, rows[:, 2:] - rows[:, :-2])


@pytest.mark.slow
def test_what_is_refused_leaves_nothing(interpreter, picture, tmp_path):
    (tmp_path / "a.zarr" / "c" / "2" / "1").write_bytes(b"no chunk")
    ended = interpreter("apply", "sobel", "a.zarr", "-o", "out.zarr", *LOCAL, text=True)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("Error: a.zarr: truncated or corrupt Zarr")
    assert ended.stderr.count("\n") == 1
    assert names(tmp_path) == ["a.zarr"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_worker_that_is_killed_costs_no_result(picture, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "apply", "gaussian-blur:sigma=9+canny", "a.zarr",
         "-o", "out.zarr", *LOCAL],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    killed = False
    while process.poll() is None and not killed:
        workers = workers_of(process)
        if len(workers) == 2 and (tmp_path / ".out.zarr.filt-partial").exists():
            os.kill(workers[0], signal.SIGKILL)
            killed = True
    out, err = process.communicate(timeout=300)
    assert killed
    assert (process.returncode, err) == (0, ""), out
    plain = [sys.executable, "-c", PROGRAM, "apply", "gaussian-blur:sigma=9+canny", "a.zarr"]
    subprocess.run([*plain, "-o", "plain.zarr"], cwd=tmp_path, check=True, capture_output=True)
    np.testing.assert_array_equal(array(tmp_path / "out.zarr"), array(tmp_path / "plain.zarr"))
    assert names(tmp_path) == ["a.zarr", "out.zarr", "plain.zarr"]
