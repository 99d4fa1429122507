"""Files on disk: names safe to print, reading with bounds, writing whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from ..errors import ReadError, WriteError
from .temporaries import clear_abandoned, hold, temporary_name

PathLike: TypeAlias = str | bytes | os.PathLike[str] | os.PathLike[bytes]

_KINDS = (
    (stat.S_ISDIR, "is a directory"),
    (stat.S_ISFIFO, "is a FIFO, not a regular file"),
    (stat.S_ISSOCK, "is a socket, not a regular file"),
    (stat.S_ISCHR, "is a device, not a regular file"),
    (stat.S_ISBLK, "is a device, not a regular file"),
)
# What link() answers on file systems that have no hard links (FAT, some network shares).
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EACCES)


def display_path(path: PathLike) -> str:
    r"""`path` as one line of printable text for messages.

    Control characters, line breaks, invisible and right-to-left marks, and bytes that are not
    UTF-8 are written as escapes; everything else stays as it is.

    >>> display_path("two\nlines.png"), display_path(b"caf\xe9.png")
    ('two\\nlines.png', 'caf\\xe9.png')
    """
    return "".join(map(_printable, os.fsdecode(path))) or "''"


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # os.fsdecode hides a byte that is not UTF-8 there
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


def reason(error: OSError | ValueError) -> str:
    """Why the operating system refused, in lower case and without the path.

    >>> reason(PermissionError(errno.EACCES, "Permission denied", "x.png"))
    'permission denied'
    """
    if isinstance(error, ValueError):
        # The only one that a path can raise; every version of Python words it otherwise.
        return "embedded null character in the name"
    text = getattr(error, "strerror", None) or str(error)
    return text[:1].lower() + text[1:]


class DamagedError(ReadError):
    """A file holds less, or other things, than it says: truncated or corrupt."""


@dataclass(frozen=True)
class Source:
    """An open regular file whose size was taken once, so that no read can grow with the file."""

    file: BinaryIO
    size: int

    def take(self, offset: int, count: int) -> bytes:
        """`count` bytes from `offset`, or DamagedError where the file has fewer."""
        if offset + count > self.size:
            raise DamagedError
        self.file.seek(offset)
        data = self.file.read(count)
        if len(data) < count:
            raise DamagedError
        return data

    def take_all(self) -> bytearray:
        """Every byte that the file had when it was opened."""
        data = bytearray(self.size)
        self.take_into(0, memoryview(data))
        return data

    def take_into(self, offset: int, buffer: memoryview) -> None:
        """Fill `buffer` from `offset`, or DamagedError where the file has less."""
        self.file.seek(offset)
        if self.file.readinto(buffer) < len(buffer):  # type: ignore[attr-defined]
            raise DamagedError


@contextmanager
def open_regular(path: PathLike) -> Iterator[Source]:
    """The file at `path`, open for reading, where it is a regular file and not empty.

    Never waits: a FIFO, a device or a socket is refused before and after it is opened.
    Raises ReadError, which names the path, for all else and for whatever the system refuses.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     _ = file.write(b"some bytes"), file.flush()
    ...     with open_regular(file.name) as source:
    ...         source.size, source.take(5, 5)
    (10, b'bytes')
    """
    name = display_path(path)
    # O_NONBLOCK: between the two looks somebody may put a FIFO where the file was.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        _refuse_irregular(Path(os.fsdecode(path)).stat(), name)
        handle = os.fdopen(os.open(path, flags), "rb")
    except ReadError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise ReadError(f"{name}: {reason(error)}") from None
    with handle as file:
        status = os.fstat(file.fileno())
        _refuse_irregular(status, name)
        if status.st_size == 0:
            raise ReadError(f"{name}: is empty")
        try:
            yield Source(file, status.st_size)
        except ReadError:
            raise
        except OSError as error:
            raise ReadError(f"{name}: {reason(error)}") from None


def read_bytes(path: PathLike, largest: int) -> bytes:
    """The content of the regular file at `path`, which may have up to `largest` bytes.

    Raises ReadError, which names the path.
    """
    with open_regular(path) as source:
        if source.size > largest:
            name = display_path(path)
            raise ReadError(f"{name}: {source.size} bytes are more than the limit of {largest}")
        try:
            return bytes(source.take_all())
        except DamagedError:
            raise ReadError(f"{display_path(path)}: changed while it was read") from None


def _refuse_irregular(status: os.stat_result, name: str) -> None:
    for is_kind, says in _KINDS:
        if is_kind(status.st_mode):
            raise ReadError(f"{name}: {says}")


def write_bytes(path: PathLike, data: bytes | memoryview, *, clobber: bool = True) -> None:
    """Put `data` at `path`, whole or not at all.

    The bytes go to a temporary file beside `path`, to the disk, and only then under the name.
    Whatever goes wrong (a full disk, a signal turned into an exception), what stood at `path`
    still stands there, byte for byte, and the temporary file is gone. Only a process that is
    killed outright leaves one; the next that writes in its folder clears it away.

    clobber: False refuses a path that exists, even where it appears during the call.
    A symbolic link stays a link: the file that it points to is replaced. The file keeps its
    permissions; a new one gets those that an ordinary `open` gives it. Directories, devices
    and FIFOs are never replaced.

    Raises WriteError, which names the path.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_bytes(Path(folder, "a.txt"), b"whole")
    ...     Path(folder, "a.txt").read_bytes(), len(os.listdir(folder))
    (b'whole', 1)
    """
    name = display_path(path)
    with draft(path, clobber=clobber) as file, refusals(name):
        file.write(data)


@contextmanager
def draft(path: PathLike, *, clobber: bool = True) -> Iterator[BinaryIO]:
    """A file to write into that stands at `path`, whole, when the block ends without an error.

    What `write_bytes` says holds for it. An error of the block passes through and takes the
    temporary file away. Raises WriteError, which names the path, for what the system refuses before
    and after the block; inside, `refusals` makes the same of it.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with draft(Path(folder, "a.txt")) as file:
    ...         _ = file.write(b"whole"), os.path.exists(Path(folder, "a.txt"))
    ...     Path(folder, "a.txt").read_bytes(), len(os.listdir(folder))
    (b'whole', 1)
    """
    name = display_path(path)
    with refusals(name):
        target, permissions = _place(path, clobber, name)
        clear_abandoned(target.parent.resolve())
    temporary = target.with_name(temporary_name())
    try:
        with refusals(name):
            file, is_known = _begun(temporary)
        try:
            with refusals(name):
                if permissions is not None:
                    temporary.chmod(permissions)
            yield file
            with refusals(name):
                file.flush()
                os.fsync(file.fileno())
                if not is_known:
                    file.close()  # Windows does not rename what is open
                if clobber:
                    temporary.replace(target)
                else:
                    _put_new(temporary, target, name)
        finally:
            with suppress(OSError):  # after an error there may be something left to flush
                file.close()
    finally:
        with suppress(OSError):
            temporary.unlink()


def check_writable(path: PathLike, *, clobber: bool = True) -> None:
    """Raise the WriteError that `write_bytes` would raise for its place, before any work is done.

    Nothing is written; a full disk, say, shows only then.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     check_writable(Path(folder, "a.txt"))
    """
    name = display_path(path)
    with refusals(name):
        target, _ = _place(path, clobber, name)
        if not os.access(target.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@contextmanager
def refusals(name: str) -> Iterator[None]:
    """What the system refuses, as a WriteError that names the path."""
    try:
        yield
    except WriteError:
        raise
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links in a circle
        text = "links in a circle" if isinstance(error, RuntimeError) else reason(error)
        raise WriteError(f"{name}: {text}") from None


def _place(path: PathLike, clobber: bool, name: str) -> tuple[Path, int | None]:
    """The file that is to be written for `path`, and its permissions where it stands already."""
    target = Path(os.fsdecode(path))
    if clobber:
        target = target.resolve()
    permissions = _standing(target, clobber, name)
    if not target.parent.is_dir():
        raise WriteError(f"{name}: its folder does not exist")
    return target, permissions


def make_folder(path: PathLike) -> None:
    """Make a folder, unless it is there; not the folders above it.

    Raises WriteError where that is not possible.
    """
    try:
        os.mkdir(path)
    except FileExistsError:
        if not os.path.isdir(path):
            raise WriteError(f"{display_path(path)}: is not a directory") from None
    except (OSError, ValueError) as error:
        raise WriteError(f"{display_path(path)}: {reason(error)}") from error


def _standing(target: Path, clobber: bool, name: str) -> int | None:
    """The permissions of what stands at `target`, None where nothing does."""
    try:
        status = target.stat() if clobber else target.lstat()
    except FileNotFoundError:
        return None
    if not clobber:
        raise WriteError(f"{name}: exists already")
    for is_kind, says in _KINDS:
        if is_kind(status.st_mode):
            raise WriteError(f"{name}: {says}")
    # Replacing asks the folder only; a file that is protected stays, as with an ordinary open.
    os.close(os.open(target, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0)))
    return stat.S_IMODE(status.st_mode)


def _begun(temporary: Path) -> tuple[BinaryIO, bool]:
    """A new file, held as long as it is open, and whether there are locks to hold it with.

    Who clears up may come in the moment between making a file and holding it; never later.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    while True:
        file = os.fdopen(os.open(temporary, flags, 0o666), "w+b")
        try:
            is_known = hold(file.fileno(), wait=True) is not None
            if not is_known or os.fstat(file.fileno()).st_nlink:
                return file, is_known
        except BaseException:
            file.close()
            raise
        file.close()


def _put_new(temporary: Path, target: Path, name: str) -> None:
    """Give `temporary` the name `target`, unless it is taken: in one step, so without a race."""
    try:
        target.hardlink_to(temporary)
    except FileExistsError:
        raise WriteError(f"{name}: exists already") from None
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        try:
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            raise WriteError(f"{name}: exists already") from None
        try:
            temporary.replace(target)
        except BaseException:
            target.unlink()
            raise
