"""Image files that need no decoder: PGM and PPM (also as text), and NumPy's .npy."""

from __future__ import annotations

import math
import re
import threading
import warnings
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from ..arrays import Array
from .disk import DamagedError, Source
from .formats import NotReadError

_GAP = rb"(?:\s|#[^\r\n]*[\r\n])+"
_PNM_START = re.compile(
    rb"P([2356])" + _GAP + rb"(\d{1,9})" + _GAP + rb"(\d{1,9})" + _GAP + rb"(\d{1,5})\s"
)
_LONGEST_START = 1 << 16
# What is done about warnings belongs to the whole process: one thread at a time changes it.
_warnings = threading.Lock()


@dataclass(frozen=True)
class PnmHeader:
    """Where the samples of a PGM or PPM start and what they are; text or binary."""

    width: int
    height: int
    samples: int
    white: int
    text: bool
    start: int


def pnm_header(source: Source) -> PnmHeader:
    """The header of a PGM (P2, P5) or PPM (P3, P6).

    Raises DamagedError where it makes no sense or a binary file holds fewer or more samples.
    """
    match = _PNM_START.match(source.take(0, min(source.size, _LONGEST_START)))
    if match is None:
        raise DamagedError
    kind, width, height, white = (int(part) for part in match.groups())
    header = PnmHeader(width, height, 3 if kind in (3, 6) else 1, white, kind < 4, match.end())
    if not 0 < white < 65_536 or width == 0 or height == 0:
        raise DamagedError
    if not header.text:
        rest = source.size - header.start - _pnm_bytes(header)
        # A line break at the end is common; more bytes mean that the header is wrong.
        if rest < 0 or source.take(source.size - rest, min(rest, 9)).strip():
            raise DamagedError
    return header


def _pnm_bytes(header: PnmHeader) -> int:
    return header.width * header.height * header.samples * (1 if header.white < 256 else 2)


def decode_pnm(data: bytearray, header: PnmHeader) -> Array:
    """The samples, (height, width) or (height, width, 3), uint8 or uint16.

    Where the file's white is neither 255 nor 65535, the samples are scaled, and rounded, so
    that it is: to 255 below 256, else to 65535.

    Raises DamagedError for samples above white, and for text with other things than numbers
    or with more or fewer of them.
    """
    shape = (header.height, header.width, 3)[: 2 if header.samples == 1 else 3]
    count = header.width * header.height * header.samples
    wide = header.white > 255
    if header.text:
        samples = _numbers(bytes(data[header.start :]))
    else:
        samples = np.frombuffer(data, ">u2" if wide else "u1", count, header.start)
    if samples.size != count or samples.max() > header.white:
        raise DamagedError
    samples = samples.reshape(shape)
    pixels = np.empty(shape, np.uint16 if wide else np.uint8)
    full = np.iinfo(pixels.dtype).max
    if header.white == full:
        pixels[:] = samples
        return pixels
    levels = np.arange(header.white + 1, dtype=np.int64)
    scaled = (2 * levels * full + header.white) // (2 * header.white)
    for row, stored in zip(pixels, samples, strict=True):  # by rows: indices take 8 bytes each
        row[:] = scaled[stored]
    return pixels


def _numbers(text: bytes) -> Array:
    text = re.sub(rb"#[^\r\n]*", b"", text)
    if re.search(rb"[^\d\s]|\d{6}", text) or not text.strip():
        raise DamagedError
    return np.fromstring(text.decode("ascii"), np.int32, sep=" ")


@dataclass(frozen=True)
class NpyHeader:
    """Where the values of a .npy file start and what they are."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    columns_first: bool
    start: int

    @property
    def count(self) -> int:
        """How many values there are."""
        return math.prod(self.shape)


def npy_description(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether columns come first, and dtype, as a .npy file says them at its start.

    Raises DamagedError for what says no such thing.

    >>> from io import BytesIO
    >>> file = BytesIO()
    >>> np.save(file, np.zeros((2, 3)))
    >>> npy_description(BytesIO(file.getvalue()))
    ((2, 3), False, dtype('float64'))
    """
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    # NumPy warns of headers by Python 2, and Python of odd literals, on standard error.
    with _warnings, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return readers[np.lib.format.read_magic(file)](file)
        except Exception as error:  # the header is a Python literal, and fails in as many ways
            raise DamagedError from error


def npy_header(source: Source) -> NpyHeader:
    """The header of a .npy file, after a look whether it has all its values and no more.

    Nothing in the file is executed: pickled objects are refused by their dtype.
    Raises NotReadError for values that are no real numbers of up to 64 bits, DamagedError
    where the number of bytes is not the one that the header announces.
    """
    source.file.seek(0)
    shape, columns_first, dtype = npy_description(source.file)
    start = source.file.tell()
    if dtype.kind not in "?biuf" or dtype.itemsize > 8:
        raise NotReadError(f"dtype {dtype}")
    header = NpyHeader(shape, dtype, columns_first, start)
    if min(shape, default=0) < 0 or start + header.count * dtype.itemsize != source.size:
        raise DamagedError
    return header


def decode_npy(source: Source, header: NpyHeader) -> Array:
    """The values, in their own shape and dtype and in native byte order.

    Raises DamagedError for a shape that no array can have, of whatever few values it says.
    """
    values = np.empty(header.count, header.dtype)
    source.take_into(header.start, values.view(np.uint8).data)
    native = values.astype(header.dtype.newbyteorder("="), copy=False)
    try:
        return native.reshape(header.shape, order="F" if header.columns_first else "C")
    except (ValueError, OverflowError):  # too many axes, or one that is too long beside a zero
        raise DamagedError from None
