"""The compression of Zarr's chunks, unpacked to the size that a chunk has and no further.

What a chunk says of its own size is looked at before there is memory for it: a few bytes may stand
for any number of others.
"""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from ..errors import FiltError
from ..files.disk import DamagedError
from ..files.formats import NotReadError

INSTALL = 'Zarr with {} needs {}: pip install "filt[large]"'

_ZSTD = b"\x28\xb5\x2f\xfd"
_SIZES = {0: 0, 1: 2, 2: 4, 3: 8}


def unpacked(codec: str | None, data: bytes, length: int) -> bytes:
    """The `length` bytes that a compressed chunk stands for.

    codec: a key of `CODECS`, None for what is not compressed. Raises DamagedError where there are
    more or fewer, or none, FiltError where numcodecs is needed and missing.

    >>> unpacked("zlib", zlib.compress(b"chunk"), 5)
    b'chunk'
    """
    made = data if codec is None else CODECS[codec](data, length)
    if len(made) != length:
        raise DamagedError
    return made


CHECKSUM = "crc32c"
"""The checksum that may stand behind what is stored."""


def checked(data: bytes) -> bytes:
    """What stands before a checksum of four bytes, which is right.

    Raises DamagedError where it is wrong, FiltError where google-crc32c is missing.

    >>> checked(b"123456789" + 0xE3069283.to_bytes(4, "little"))
    b'123456789'
    """
    try:
        import google_crc32c
    except ImportError:
        raise FiltError(INSTALL.format(CHECKSUM, "google-crc32c")) from None
    body = data[:-4]
    if len(data) < 4 or google_crc32c.value(body) != int.from_bytes(data[-4:], "little"):
        raise DamagedError
    return body


def zstd_packed(data: bytes | memoryview) -> bytes:
    """Data compressed by Zstandard, level 1. Raises FiltError where numcodecs is missing."""
    packed: bytes = _numcodecs("zstd").compress(data, 1)
    return packed


def _inflated(window: int) -> Callable[[bytes, int], bytes]:
    def inflate(data: bytes, length: int) -> bytes:
        inflater = zlib.decompressobj(window)
        made = inflater.decompress(data, length + 1)
        return _whole(made, inflater.eof)

    return lambda data, length: _damaged(lambda: inflate(data, length))


def _bunzipped(data: bytes, length: int) -> bytes:
    def unzip() -> bytes:
        decompressor = bz2.BZ2Decompressor()
        made = decompressor.decompress(data, length + 1)
        return _whole(made, decompressor.eof)

    return _damaged(unzip)


def _zstd(data: bytes, length: int) -> bytes:
    if _zstd_length(data) != length:
        raise DamagedError
    return _damaged(lambda: bytes(_numcodecs("zstd").decompress(data)))


def _zstd_length(data: bytes) -> int:
    """How many bytes a Zstandard frame says that it stands for."""
    if data[:4] != _ZSTD or len(data) < 14:
        raise DamagedError
    descriptor = data[4]
    is_single = bool(descriptor & 0x20)
    size = _SIZES[descriptor >> 6] or int(is_single)
    if not size:
        raise NotReadError("zstd that does not say its size")
    start = 5 + (0 if is_single else 1) + (0, 1, 2, 4)[descriptor & 3]
    said = int.from_bytes(data[start : start + size], "little")
    return said + 256 if size == 2 else said


def _blosc(data: bytes, length: int) -> bytes:
    if len(data) < 16 or int.from_bytes(data[4:8], "little") != length:
        raise DamagedError
    if int.from_bytes(data[12:16], "little") != len(data):
        raise DamagedError
    return _damaged(lambda: bytes(_numcodecs("blosc").decompress(data)))


def _lz4(data: bytes, length: int) -> bytes:
    if int.from_bytes(data[:4], "little") != length:
        raise DamagedError
    return _damaged(lambda: bytes(_numcodecs("lz4").decompress(data)))


CODECS: MappingProxyType[str, Callable[[bytes, int], bytes]] = MappingProxyType(
    {
        "gzip": _inflated(31),
        "zlib": _inflated(15),
        "bz2": _bunzipped,
        "zstd": _zstd,
        "blosc": _blosc,
        "lz4": _lz4,
    }
)
"""Every compression that is read: from the data and the bytes that there must be to those bytes."""


def _whole(made: bytes, is_at_end: bool) -> bytes:
    if not is_at_end:
        raise DamagedError
    return made


def _damaged(unpack: Callable[[], bytes]) -> bytes:
    """What `unpack` gives; DamagedError for whatever a decoder raises that was given rubbish."""
    try:
        return unpack()
    except (FiltError, MemoryError):
        raise
    except Exception:
        raise DamagedError from None


def _numcodecs(name: str) -> Any:
    try:
        import numcodecs.blosc
        import numcodecs.lz4
        import numcodecs.zstd
    except ImportError:
        raise FiltError(INSTALL.format(name, "numcodecs")) from None
    return getattr(numcodecs, name)
