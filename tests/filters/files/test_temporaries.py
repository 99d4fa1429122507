"""Temporary files: which are abandoned, and which are never touched."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from filt.filters.errors import WriteError
from filt.filters.files import temporaries
from filt.filters.files.disk import check_writable, write_bytes
from filt.filters.files.temporaries import clear_abandoned, hold, temporary_name

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs locks on files")

LEFT = ".filt-0123456789abcdef.tmp"
DAY = 24 * 60 * 60


@pytest.fixture(autouse=True)
def _every_folder_is_new():
    clear_abandoned.cache_clear()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_a_dead_process_left_goes_with_the_next_writer(tmp_path):
    source = (
        "import os, sys\nfrom filt.filters.files.disk import write_bytes\n"
        "os.fsync = lambda descriptor: os._exit(9)\nwrite_bytes(sys.argv[1], b'new')"
    )
    (tmp_path / "file").write_bytes(b"old")
    command = [sys.executable, "-c", source, str(tmp_path / "file")]
    assert subprocess.run(command, check=False).returncode == 9
    assert len(names(tmp_path)) == 2
    assert (tmp_path / "file").read_bytes() == b"old"
    write_bytes(tmp_path / "other", b"more")
    assert names(tmp_path) == {"file", "other"}
    assert (tmp_path / "file").read_bytes() == b"old"


def test_what_somebody_holds_stays(tmp_path):
    with (tmp_path / LEFT).open("wb") as file:
        assert hold(file.fileno(), wait=False)
        clear_abandoned(tmp_path)
        assert names(tmp_path) == {LEFT}
    clear_abandoned.cache_clear()
    clear_abandoned(tmp_path)
    assert names(tmp_path) == set()


@pytest.mark.parametrize(
    "name",
    [
        "filt-0123456789abcdef.tmp",
        ".filt-0123456789abcde.tmp",
        ".filt-0123456789abcdeff.tmp",
        ".filt-0123456789ABCDEF.tmp",
        ".filt-0123456789abcdef.tmp.png",
        ".filt-0123456789abcdeg.tmp",
        ".filt-0123456789abcdef.tmp\n",
    ],
)
def test_only_our_own_names(tmp_path, name):
    (tmp_path / name).write_bytes(b"somebody's")
    clear_abandoned(tmp_path)
    assert names(tmp_path) == {name}


def test_only_regular_files(tmp_path):
    (tmp_path / "kept").write_bytes(b"somebody's")
    (tmp_path / LEFT).symlink_to("kept")
    os.mkfifo(tmp_path / LEFT.replace("0", "1"))
    (tmp_path / LEFT.replace("0", "2")).mkdir()
    before = names(tmp_path)
    clear_abandoned(tmp_path)
    assert names(tmp_path) == before


@pytest.mark.parametrize("age", [0.9 * DAY, 1.1 * DAY])
def test_without_locks_only_what_is_a_day_old(tmp_path, monkeypatch, age):
    monkeypatch.setattr(temporaries, "hold", lambda descriptor, wait: None)
    (tmp_path / LEFT).write_bytes(b"half of it")
    then = time.time() - age
    os.utime(tmp_path / LEFT, (then, then))
    clear_abandoned(tmp_path)
    assert names(tmp_path) == (set() if age > DAY else {LEFT})


def test_without_locks_files_are_written_all_the_same(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(95, "Operation not supported")

    import fcntl

    monkeypatch.setattr(fcntl, "flock", refuse)
    write_bytes(tmp_path / "file", b"one")
    write_bytes(tmp_path / "file", b"two")
    write_bytes(tmp_path / "other", b"three", clobber=False)
    assert (tmp_path / "file").read_bytes() == b"two"
    assert names(tmp_path) == {"file", "other"}


def test_a_temporary_that_is_cleared_before_it_is_held_is_made_anew(tmp_path, monkeypatch):
    """Between making a file and holding it another process may take it for abandoned."""
    from filt.filters.files import disk

    taken = []

    def late(descriptor, *, wait):
        if not taken:
            (path,) = tmp_path.glob(".filt-*.tmp")
            taken.append(path)
            path.unlink()
        return hold(descriptor, wait=wait)

    monkeypatch.setattr(disk, "hold", late)
    write_bytes(tmp_path / "file", b"whole")
    assert taken
    assert (tmp_path / "file").read_bytes() == b"whole"
    assert names(tmp_path) == {"file"}


def test_names_are_short_and_differ():
    some = {temporary_name() for _ in range(100)}
    assert len(some) == 100
    assert max(map(len, some)) < 40


@pytest.mark.parametrize(
    ("path", "clobber", "says"),
    [
        ("nowhere/file", True, "its folder does not exist"),
        ("old", False, "exists already"),
        (".", True, "is a directory"),
        ("pipe", True, "is a FIFO, not a regular file"),
        ("a\0b", True, "embedded null character in the name"),
        ("n" * 256, True, "file name too long"),
    ],
)
def test_a_place_is_refused_beforehand_as_it_would_be_afterwards(
    tmp_path, monkeypatch, path, clobber, says
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old").write_bytes(b"old")
    os.mkfifo(tmp_path / "pipe")
    for refuse in (check_writable, lambda place, clobber: write_bytes(place, b"", clobber=clobber)):
        with pytest.raises(WriteError, match=f"{says}$"):
            refuse(path, clobber=clobber)
    assert names(tmp_path) == {"old", "pipe"}


def test_a_place_that_will_do(tmp_path):
    (tmp_path / "old").write_bytes(b"old")
    check_writable(tmp_path / "old")
    check_writable(tmp_path / "new", clobber=False)
    assert names(tmp_path) == {"old"}
