"""PNG as filt writes it: strips of rows, each filtered and compressed by itself, on all threads.

The strips follow each other in one stream, so any reader takes them for one picture. libpng would
compress row by row on one thread, and takes two to five times the processor time for as many bytes.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..engine.threads import share_out

_STRIP_BYTES = 1 << 20
_TRIAL_BYTES = 1 << 13
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # grey, grey and alpha, RGB, RGBA
_NONE, _SUB, _UP = 0, 1, 2
_Packing = tuple[int, int]
# Level and strategy. Runs alone suit photographs and edges: there the search for repetitions takes
# three times as long and finds nothing. It suits drawings.
_RUNS: _Packing = (1, zlib.Z_RLE)
_REPETITIONS: _Packing = (4, zlib.Z_DEFAULT_STRATEGY)
_STREAM_START = b"\x78\x01"


def png_bytes(samples: Array) -> bytes:
    r"""A PNG file of `samples`, as they are.

    samples: (height, width) grey, or (height, width, n) with 2 (grey and alpha), 3 (RGB) or 4
    (RGBA) channels, uint8 or uint16. The bytes do not depend on the number of threads.

    >>> png_bytes(np.zeros((2, 3), np.uint8))[:8]
    b'\x89PNG\r\n\x1a\n'
    """
    height = len(samples)
    count = strip_rows(samples.shape, samples.dtype)
    starts = range(0, height, count)
    strips: list[Strip] = [Strip(b"", 1, 0)] * len(starts)

    def compress(number: int) -> None:
        first = starts[number]
        strips[number] = packed_strip(
            samples[max(0, first - 1) : first + count],
            has_above=first > 0,
            is_last=number == len(starts) - 1,
        )

    share_out(range(len(starts)), compress)
    joiner = Joiner()
    pieces = [joiner.joined(strip, is_last=strip is strips[-1]) for strip in strips]
    return b"".join([png_start(samples.shape, samples.dtype), *pieces])


@dataclass(frozen=True)
class Strip:
    """A strip of rows, compressed: its bytes, the Adler-32 of what they stand for, its length."""

    packed: bytes
    checksum: int
    length: int


class Joiner:
    """Strips one after the other, as the chunks of one stream.

    >>> strip = packed_strip(np.zeros((2, 3), np.uint8), has_above=False, is_last=True)
    >>> len(Joiner().joined(strip, is_last=True)) > 12
    True
    """

    def __init__(self) -> None:
        self.total, self.is_first = 1, True

    def joined(self, strip: Strip, *, is_last: bool) -> bytes:
        """The next strip as a chunk; behind the last one the end of the file."""
        body = _STREAM_START + strip.packed if self.is_first else strip.packed
        self.total = _joined_adler32(self.total, strip.checksum, strip.length)
        self.is_first = False
        if not is_last:
            return b"".join(chunk(b"IDAT", body))
        body += struct.pack(">I", self.total)
        return b"".join([*chunk(b"IDAT", body), *chunk(b"IEND", b"")])


def png_start(shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> bytes:
    r"""What stands before the strips of samples of that shape and dtype.

    >>> png_start((2, 3), np.dtype(np.uint8))[:8]
    b'\x89PNG\r\n\x1a\n'
    """
    kind = _COLOUR_TYPES[_channels(shape)]
    start = struct.pack(">IIBBBBB", shape[1], shape[0], 8 * dtype.itemsize, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(b"IHDR", start))


def strip_rows(shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> int:
    """How many rows a strip has; the last one may have fewer.

    >>> strip_rows((9, 1 << 19), np.dtype(np.uint8))
    2
    """
    return max(1, _STRIP_BYTES // (shape[1] * _channels(shape) * dtype.itemsize))


def packed_strip(rows: Array, *, has_above: bool, is_last: bool) -> Strip:
    """A strip of samples, compressed.

    has_above: whether the first of `rows` is the one above the strip, which is not in it.

    >>> packed_strip(np.zeros((2, 3), np.uint8), has_above=True, is_last=False).length
    4
    """
    pixel = _channels(rows.shape) * rows.dtype.itemsize
    return Strip(*_strip(_bytes_of(rows), has_above, pixel, is_last))


def _channels(shape: tuple[int, ...]) -> int:
    return 1 if len(shape) == 2 else shape[2]


def chunk(name: bytes, body: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    r"""The parts of a chunk of a PNG: length, name, body and checksum.

    >>> b"".join(chunk(b"IEND", b""))
    b'\x00\x00\x00\x00IEND\xaeB`\x82'
    """
    checksum = zlib.crc32(body, zlib.crc32(name))
    return struct.pack(">I", len(body)), name, body, struct.pack(">I", checksum)


def _bytes_of(rows: Array) -> NDArray[np.uint8]:
    """The samples as PNG stores them, high byte first, (rows, bytes)."""
    stored = np.ascontiguousarray(rows, rows.dtype.newbyteorder(">"))
    return stored.reshape(len(rows), -1).view(np.uint8)


def _strip(
    rows: NDArray[np.uint8], has_above: bool, pixel: int, is_last: bool
) -> tuple[bytes, int, int]:
    """Rows compressed, the checksum of what was compressed, and its length.

    has_above: whether the first of `rows` is the one above the strip, which is not in it.
    pixel: bytes a pixel.
    """
    kind, packing = _best_way(rows, has_above, pixel)
    filtered = _filtered(rows, has_above, pixel, kind)
    end = zlib.Z_FINISH if is_last else zlib.Z_SYNC_FLUSH
    return _packed(filtered, packing, end), zlib.adler32(filtered.data), filtered.size


def _packed(filtered: NDArray[np.uint8], packing: _Packing, end: int = zlib.Z_FINISH) -> bytes:
    level, strategy = packing
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, 9, strategy)
    return packer.compress(filtered.data) + packer.flush(end)


def _best_way(rows: NDArray[np.uint8], has_above: bool, pixel: int) -> tuple[int, _Packing]:
    """The filter and the packing that make the fewest bytes of a few rows in the middle."""
    count = max(1, _TRIAL_BYTES // rows.shape[1]) + 1
    first = max(0, (len(rows) - count) // 2)
    tried = rows[first : first + count]
    left = [_filtered(tried, has_above or first > 0, pixel, kind) for kind in (_NONE, _SUB, _UP)]

    def length(way: tuple[int, _Packing]) -> int:
        return len(_packed(left[way[0]], way[1]))

    by_runs = min(((kind, _RUNS) for kind in (_UP, _SUB, _NONE)), key=length)
    others = [(kind, _REPETITIONS) for kind in {_NONE, by_runs[0]}]
    return min([by_runs, *others], key=length)


def _filtered(rows: NDArray[np.uint8], has_above: bool, pixel: int, kind: int) -> NDArray[np.uint8]:
    """The rows of a strip, each behind the number of its filter: what is left of a prediction."""
    inside = rows[1:] if has_above else rows
    filtered = np.empty((len(inside), 1 + rows.shape[1]), np.uint8)
    filtered[:, 0] = kind
    left = filtered[:, 1:]
    if kind == _UP:
        np.subtract(rows[1:], rows[:-1], out=left[len(inside) - len(rows) + 1 :])
        if not has_above:
            left[0] = rows[0]
    elif kind == _SUB:
        left[:, :pixel] = inside[:, :pixel]
        np.subtract(inside[:, pixel:], inside[:, :-pixel], out=left[:, pixel:])
    else:
        left[:] = inside
    return filtered


def _joined_adler32(first: int, second: int, length: int) -> int:
    """The Adler-32 of two runs of bytes one after the other, from theirs and the second's length.

    >>> _joined_adler32(zlib.adler32(b"one"), zlib.adler32(b"two"), 3) == zlib.adler32(b"onetwo")
    True
    """
    base = 65521
    low = first % 65536 + second % 65536 - 1
    high = first // 65536 + second // 65536 + (first % 65536 - 1) * length
    return high % base * 65536 + low % base
