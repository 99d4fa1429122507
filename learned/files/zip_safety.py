"""Zip archives from strangers: what a member says about itself is checked before it is believed."""

from __future__ import annotations

import errno
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ...filters.errors import ModelError
from ...filters.files.disk import DamagedError, Source
from .limits import LARGEST_UNPACKED, shown

_DIRECTORY_LIMIT = 4 << 20
_END = struct.Struct("<4s4H2LH")
_LONGEST_COMMENT = 0xFFFF
_LOCAL = struct.Struct("<4s22x2H")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_PIECE = 1 << 20
_MOST_EXPANSION = 200
_EXPANSION_FLOOR = 16 << 20
_ENCRYPTED = 0x1


@dataclass(frozen=True)
class Part(Source):
    """A stretch of a file that is read as if it were a file: `size` bytes from `start`."""

    start: int = 0

    def take(self, offset: int, count: int) -> bytes:
        """`count` bytes from `offset`, or DamagedError where the part has fewer."""
        if offset < 0 or count < 0 or offset + count > self.size:
            raise DamagedError
        self.file.seek(self.start + offset)
        data = self.file.read(count)
        if len(data) < count:
            raise DamagedError
        return data


def open_zip(source: Source) -> zipfile.ZipFile:
    """The archive in `source`, whose members' names are plain, unlike and inside.

    Nothing is unpacked here. Raises ModelError for a damaged archive, for more members than a
    model has, for encrypted ones, for two of one name, and for names that lead out of a folder.
    """
    _check_directory(source)
    with zip_errors():
        archive = zipfile.ZipFile(source.file)
    _check_members(archive)
    return archive


@contextmanager
def zip_errors() -> Iterator[None]:
    """What zipfile and zlib raise for damaged archives, as ModelError."""
    damage = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, IndexError, OverflowError)
    try:
        yield
    except ModelError:
        raise
    except (*damage, RuntimeError, ValueError, DamagedError):
        raise ModelError("truncated or corrupt zip archive") from None
    except OSError as error:
        if error.errno != errno.EINVAL:  # a place before the start of the file
            raise
        raise ModelError("truncated or corrupt zip archive") from None


def member_bytes(archive: zipfile.ZipFile, name: str, largest: int) -> bytes:
    """The content of a member, which may have up to `largest` bytes, after its checksum agreed.

    Raises ModelError for a member that is larger, or that unpacks to far more than it is packed.
    """
    info = check_member(archive, name, largest)
    with zip_errors(), archive.open(info) as member:
        data = member.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise ModelError("truncated or corrupt zip archive")
    return data


def member_source(archive: zipfile.ZipFile, source: Source, name: str) -> Source:
    """A member to read from here and there, after its checksum agreed.

    A stored member (as Keras writes them) stays where it is, in the file; a packed one is
    unpacked into memory, up to LARGEST_UNPACKED.
    """
    info = archive.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED:
        data = member_bytes(archive, name, LARGEST_UNPACKED)
        return Source(io.BytesIO(data), len(data))
    info = check_member(archive, name, source.size)
    if info.compress_size != info.file_size:
        raise ModelError("truncated or corrupt zip archive")
    with zip_errors():
        with archive.open(info) as member:
            while member.read(_PIECE):  # the checksum is compared at the end
                pass
        _, name_length, extra_length = _LOCAL.unpack(source.take(info.header_offset, _LOCAL.size))
        start = info.header_offset + _LOCAL.size + name_length + extra_length
        if start + info.file_size > source.size:
            raise DamagedError
    return Part(source.file, info.file_size, start)


def check_member(archive: zipfile.ZipFile, name: str, largest: int) -> zipfile.ZipInfo:
    """What the archive says of a member, after a look at its packing and its size.

    Raises ModelError for a member of more than `largest` bytes, for one that would unpack to far
    more than it is packed, and for packings other than none and deflate.
    """
    info = archive.getinfo(name)
    if info.compress_type not in _METHODS:
        raise ModelError(f"its member {shown(name)} is packed in a way that is not read")
    if info.file_size > largest:
        raise ModelError(
            f"its member {shown(name)} has {info.file_size} bytes, more than the limit of {largest}"
        )
    most = max(_EXPANSION_FLOOR, _MOST_EXPANSION * info.compress_size)
    if info.file_size > most:
        raise ModelError(
            f"its member {shown(name)} says that {info.compress_size} bytes unpack to"
            f" {info.file_size}: a zip bomb"
        )
    return info


def _check_members(archive: zipfile.ZipFile) -> None:
    names = [info.filename for info in archive.infolist()]
    if len(set(names)) < len(names):
        raise ModelError("two members of the zip archive have one name")
    for info in archive.infolist():
        parts = info.filename.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or ":" in parts[0]:
            raise ModelError(f"its member {shown(info.filename)} leads out of the archive")
        if info.flag_bits & _ENCRYPTED:
            raise ModelError(f"its member {shown(info.filename)} is encrypted")


def _check_directory(source: Source) -> None:
    """Refuse a list of members that is too long to be a model's before zipfile reads it."""
    count = min(source.size, _END.size + _LONGEST_COMMENT)
    try:
        tail = source.take(source.size - count, count)
        end = tail.rindex(b"PK\x05\x06")
        *_, size, _, _ = _END.unpack_from(tail, end)
    except (DamagedError, ValueError, struct.error):
        raise ModelError("truncated or corrupt zip archive") from None
    # A file within the limits of a model needs no 64-bit list.
    if size > _DIRECTORY_LIMIT or tail[max(0, end - 20) : end].startswith(b"PK\x06\x07"):
        raise ModelError("the zip archive lists more members than a model has")
