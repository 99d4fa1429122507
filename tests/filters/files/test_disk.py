"""Files on disk: names in messages, bounded reading, and writing that is whole or nothing."""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from filt.filters.errors import ReadError, WriteError
from filt.filters.files.disk import (
    DamagedError,
    display_path,
    open_regular,
    read_bytes,
    write_bytes,
)

OLD, NEW = b"what stood here before", b"what comes instead"


class TestDisplayPath:
    @pytest.mark.parametrize(
        ("path", "shown"),
        [
            ("photo.jpg", "photo.jpg"),
            (Path("a") / "b c.png", os.path.join("a", "b c.png")),  # noqa: PTH118
            ("grün 写真.png", "grün 写真.png"),
            ("two\nlines\r.png", "two\\nlines\\r.png"),
            ("tab\tbell\a\x1b[31m.png", "tab\\tbell\\x07\\x1b[31m.png"),
            (b"caf\xe9.png", "caf\\xe9.png"),
            ("\u202egnp.exe", "\\u202egnp.exe"),
            ("line\u2028separator", "line\\u2028separator"),
            ("\u200bnothing to see", "\\u200bnothing to see"),
            ("", "''"),
        ],
    )
    def test_one_printable_line(self, path: Any, shown: str) -> None:
        assert display_path(path) == shown
        assert len(display_path(path).splitlines()) == 1


class TestReading:
    def test_what_a_file_grows_by_is_not_read(self, tmp_path: Path) -> None:
        path = tmp_path / "growing"
        path.write_bytes(b"1234")
        with open_regular(path) as source:
            with path.open("ab") as more:
                more.write(b"5678")
            assert source.take_all() == b"1234"
            with pytest.raises(DamagedError):
                source.take(2, 3)

    def test_a_file_that_shrinks_is_noticed(self, tmp_path: Path) -> None:
        path = tmp_path / "shrinking"
        path.write_bytes(b"12345678")
        with open_regular(path) as source:
            os.truncate(path, 4)
            with pytest.raises(DamagedError):
                source.take_all()

    def test_limit(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_bytes(b"12345678")
        assert read_bytes(path, 8) == b"12345678"
        with pytest.raises(ReadError) as caught:
            read_bytes(path, 7)
        assert str(caught.value) == f"{path}: 8 bytes are more than the limit of 7"

    def test_huge_offsets_are_refused_without_reading(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_bytes(b"1234")
        with open_regular(path) as source, pytest.raises(DamagedError):
            source.take(0, 1 << 60)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
    def test_a_fifo_put_in_place_of_the_file_does_not_hang(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "file"
        path.write_bytes(b"1234")
        really_open = os.open

        def swap_then_open(name: Any, *rest: Any) -> int:
            path.unlink()
            os.mkfifo(path)
            return really_open(name, *rest)

        monkeypatch.setattr(os, "open", swap_then_open)
        with pytest.raises(ReadError, match="is a FIFO"), open_regular(path):
            pass

    @pytest.mark.skipif(sys.platform != "linux", reason="needs a file that fails while it is read")
    def test_an_error_while_reading(self) -> None:
        # The memory of this process is a regular file in which nothing stands at address 0.
        with pytest.raises(ReadError, match=r"^/proc/self/mem: "):
            read_bytes("/proc/self/mem", 100)


def standing(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def fails(path: Any, reason: str, **options: bool) -> None:
    with pytest.raises(WriteError) as caught:
        write_bytes(path, NEW, **options)
    assert str(caught.value) == f"{display_path(path)}: {reason}"


class TestWriting:
    def test_new_and_old(self, tmp_path: Path) -> None:
        for content in (OLD, NEW, b""):
            write_bytes(tmp_path / "file", content)
            assert standing(tmp_path) == {"file": content}

    def test_buffers(self, tmp_path: Path) -> None:
        write_bytes(tmp_path / "file", memoryview(NEW))
        assert standing(tmp_path) == {"file": NEW}

    def test_longest_name(self, tmp_path: Path) -> None:
        name = "n" * 255
        write_bytes(tmp_path / name, NEW)
        assert standing(tmp_path) == {name: NEW}
        fails(tmp_path / (name + "n"), "file name too long")

    def test_name_that_is_not_utf8(self, tmp_path: Path) -> None:
        path = os.fsencode(tmp_path) + b"/caf\xe9"
        try:
            write_bytes(path, NEW)
        except WriteError:
            pytest.skip("this file system wants UTF-8")
        assert os.listdir(os.fsencode(tmp_path)) == [b"caf\xe9"]  # noqa: PTH208

    def test_relative_path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        write_bytes("file", NEW)
        write_bytes("other", NEW, clobber=False)
        assert standing(tmp_path) == {"file": NEW, "other": NEW}

    def test_folder_missing(self, tmp_path: Path) -> None:
        fails(tmp_path / "no" / "file", "its folder does not exist")
        fails(tmp_path / "no" / "file", "its folder does not exist", clobber=False)

    def test_folder_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(OLD)
        with pytest.raises(WriteError):
            write_bytes(tmp_path / "file" / "file", NEW)
        assert standing(tmp_path) == {"file": OLD}

    def test_directory(self, tmp_path: Path) -> None:
        fails(tmp_path, "is a directory")
        fails("", "is a directory")

    def test_null_in_the_name(self) -> None:
        with pytest.raises(WriteError, match=r"^a\\x00b: embedded null"):
            write_bytes("a\0b", NEW)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
    def test_fifo_is_not_replaced(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        fails(tmp_path / "pipe", "is a FIFO, not a regular file")
        assert (tmp_path / "pipe").is_fifo()

    @pytest.mark.skipif(not Path("/dev/null").is_char_device(), reason="no devices here")
    def test_device_is_not_replaced(self) -> None:
        fails("/dev/null", "is a device, not a regular file")
        assert Path("/dev/null").is_char_device()


class TestLinks:
    def test_the_target_is_replaced(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        target, link = tmp_path / "elsewhere" / "file", tmp_path / "link"
        target.write_bytes(OLD)
        link.symlink_to(Path("elsewhere") / "file")
        write_bytes(link, NEW)
        assert link.is_symlink()
        assert standing(tmp_path / "elsewhere") == {"file": NEW}

    def test_into_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to("file")
        write_bytes(tmp_path / "link", NEW)
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "file").read_bytes() == NEW

    def test_into_nothing_counts_as_existing(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to("file")
        fails(tmp_path / "link", "exists already", clobber=False)
        assert not (tmp_path / "file").exists()

    def test_circle(self, tmp_path: Path) -> None:
        (tmp_path / "a").symlink_to("b")
        (tmp_path / "b").symlink_to("a")
        with pytest.raises(WriteError):
            write_bytes(tmp_path / "a", NEW)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


class TestNoClobber:
    def test_new(self, tmp_path: Path) -> None:
        write_bytes(tmp_path / "file", NEW, clobber=False)
        assert standing(tmp_path) == {"file": NEW}

    def test_existing(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(OLD)
        fails(tmp_path / "file", "exists already", clobber=False)
        fails(tmp_path, "exists already", clobber=False)
        assert standing(tmp_path) == {"file": OLD}

    @pytest.mark.parametrize("has_links", [True, False])
    def test_appearing_during_the_call(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
    ) -> None:
        def name_while_somebody_writes(size: int) -> bytes:
            (tmp_path / "file").write_bytes(OLD)
            return bytes(size)

        monkeypatch.setattr(os, "urandom", name_while_somebody_writes)
        if not has_links:
            monkeypatch.setattr(os, "link", refusing(errno.EPERM))
        fails(tmp_path / "file", "exists already", clobber=False)
        assert standing(tmp_path) == {"file": OLD}

    def test_without_hard_links(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "link", refusing(errno.EPERM))
        write_bytes(tmp_path / "file", NEW, clobber=False)
        assert standing(tmp_path) == {"file": NEW}

    def test_without_hard_links_failing_late(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "link", refusing(errno.EPERM))
        monkeypatch.setattr(os, "replace", refusing(errno.EIO))
        with pytest.raises(WriteError):
            write_bytes(tmp_path / "file", NEW, clobber=False)
        assert standing(tmp_path) == {}


def refusing(number: int) -> Any:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


class TestFailures:
    @pytest.mark.parametrize("before", [OLD, None])
    @pytest.mark.parametrize("step", ["fsync", "replace", "open"])
    @pytest.mark.parametrize("clobber", [True, False])
    def test_full_disk(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        before: bytes | None,
        step: str,
        clobber: bool,
    ) -> None:
        if not clobber and (before is not None or step == "replace"):
            step, before = "link", None
        if before is not None:
            (tmp_path / "file").write_bytes(before)
        wanted = standing(tmp_path)
        monkeypatch.setattr(os, step, refusing(errno.ENOSPC))
        fails(tmp_path / "file", "no space left on device", clobber=clobber)
        monkeypatch.undo()
        assert standing(tmp_path) == wanted

    @pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
    def test_disk_full_half_way(self, tmp_path: Path) -> None:
        import resource

        (tmp_path / "file").write_bytes(OLD)
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, limits[1]))
        try:
            with pytest.raises(WriteError, match=r"file: file too large$"):
                write_bytes(tmp_path / "file", bytes(100_000))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert standing(tmp_path) == {"file": OLD}

    @pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit(143), MemoryError])
    @pytest.mark.parametrize("step", ["fsync", "replace"])
    def test_interruption(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interruption: Any, step: str
    ) -> None:
        (tmp_path / "file").write_bytes(OLD)

        def interrupt(*_: Any) -> None:
            raise interruption

        monkeypatch.setattr(os, step, interrupt)
        with pytest.raises((KeyboardInterrupt, SystemExit, MemoryError)):
            write_bytes(tmp_path / "file", NEW)
        monkeypatch.undo()
        assert standing(tmp_path) == {"file": OLD}


@contextmanager
def nobody() -> Iterator[None]:
    """Without the rights of root, to whom permissions mean nothing."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that belongs to the one that writes in it, even where that is `nobody`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if os.geteuid() == 0:
            os.chown(folder, 65534, 65534)
        yield folder
        folder.chmod(0o700)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")
class TestPermissions:
    def test_new_files_follow_the_umask(self, tmp_path: Path) -> None:
        before = os.umask(0o027)
        try:
            for clobber in (True, False):
                path = tmp_path / f"file {clobber}"
                write_bytes(path, NEW, clobber=clobber)
                assert stat.S_IMODE(path.stat().st_mode) == 0o640
        finally:
            os.umask(before)

    @pytest.mark.parametrize("mode", [0o600, 0o644, 0o777])
    def test_old_files_keep_theirs(self, tmp_path: Path, mode: int) -> None:
        path = tmp_path / "file"
        path.write_bytes(OLD)
        path.chmod(mode)
        write_bytes(path, NEW)
        assert stat.S_IMODE(path.stat().st_mode) == mode

    def test_folder_that_is_read_only(self, open_folder: Path) -> None:
        with nobody():
            (open_folder / "file").write_bytes(OLD)
            open_folder.chmod(0o555)
            fails(open_folder / "file", "permission denied")
            fails(open_folder / "other", "permission denied")
            fails(open_folder / "other", "permission denied", clobber=False)
        assert standing(open_folder) == {"file": OLD}

    def test_file_that_is_read_only(self, open_folder: Path) -> None:
        with nobody():
            (open_folder / "file").write_bytes(OLD)
            (open_folder / "file").chmod(0o444)
            fails(open_folder / "file", "permission denied")
        assert standing(open_folder) == {"file": OLD}

    def test_file_that_may_not_be_read(self, open_folder: Path) -> None:
        with nobody():
            (open_folder / "file").write_bytes(OLD)
            (open_folder / "file").chmod(0)
            with pytest.raises(ReadError, match=r"file: permission denied$"):
                read_bytes(open_folder / "file", 100)
