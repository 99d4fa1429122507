"""What is fuzzed: for each target what it is given to begin with, and what must hold.

A check lets pass what the documentation allows and raises for everything else.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from filt.filters.errors import FiltError, InputError, ModelError, ReadError
from filt.filters.files.reading import read_image
from filt.learned.files.bank_files import load_bank
from filt.learned.files.edge_files import load_network
from filt.learned.files.model_files import list_layers, read_model
from filt.names import resolve

from .models import as_members, model_seeds
from .names import names
from .pictures import PNG_START, pictures, with_right_checksums

_MAX_PIXELS = 1 << 20
_LONGEST_MESSAGE = 3000


@dataclass(frozen=True)
class Target:
    """Something that takes bytes from strangers.

    check: raises for what must not be. seeds: what it reads, to begin with. longest: bytes.
    words: what its inputs are made of.
    """

    check: Callable[[bytes], None]
    seeds: Callable[[], Sequence[bytes]]
    longest: int
    words: tuple[bytes, ...] = ()


def check_image(data: bytes) -> None:
    """A whole picture or a ReadError; of a PNG also with its checksums put right.

    >>> check_image(b"no picture")
    """
    _check_image(data)
    if data.startswith(PNG_START):
        _check_image(with_right_checksums(data))


def _check_image(data: bytes) -> None:
    path = _file(data)
    try:
        picture = read_image(path, max_pixels=_MAX_PIXELS)
    except ReadError as error:
        _check_message(error, path)
        if "pages" not in str(error):
            return
    else:
        height, width = picture.pixels.shape[:2]
        assert height * width <= _MAX_PIXELS
        assert picture.pixels.ndim == 2 or picture.pixels.shape[2] == 3
        assert picture.pixels.dtype.isnative
        if picture.alpha is not None:
            assert picture.alpha.shape == (height, width)
            assert 0 <= picture.alpha.min() <= picture.alpha.max() <= 1
        return
    try:
        read_image(path, page=1, max_pixels=_MAX_PIXELS)
    except (ReadError, InputError) as error:
        _check_message(error, path)


def check_name(data: bytes) -> None:
    """A pipeline whose name makes it again, or an error that says what is wrong.

    >>> check_name(b"sobel")
    """
    text = data.decode("utf-8", "surrogateescape")
    try:
        made = resolve(text)
    except (InputError, ReadError, ModelError):
        return
    if not made.files:
        assert resolve(made.name).name == made.name


def check_model(data: bytes) -> None:
    """A bank or a ModelError (a ReadError for no bytes at all), from every reader of models.

    What may be a member of an archive is tried as that too, with its checksum right.

    >>> check_model(b"no model")
    """
    for file in (data, *as_members(data)):
        _check_model(file)


def _check_model(data: bytes) -> None:
    path = _file(data)
    for read in (read_model, list_layers, load_bank, load_network):
        try:
            found = read(path)
        except (ModelError, ReadError) as error:
            _check_message(error, path)
            if data and not isinstance(error, ModelError):
                raise
        else:
            if read in (read_model, load_bank):
                assert np.isfinite(found.kernels).all()  # type: ignore[union-attr]
                assert found.kernels.ndim == 4  # type: ignore[union-attr]


def _check_message(error: FiltError, path: Path) -> None:
    message = str(error)
    assert message.startswith(f"{path}: "), message
    assert message.isprintable(), message
    assert len(message) < _LONGEST_MESSAGE, message


_folders: list[tempfile.TemporaryDirectory[str]] = []


def _file(data: bytes) -> Path:
    """A file with this content, one for the whole process."""
    if not _folders:
        _folders.append(tempfile.TemporaryDirectory(prefix="filt-fuzz-"))
    path = Path(_folders[0].name, "given")
    path.write_bytes(data)
    return path


TARGETS = {
    "image": Target(
        check_image,
        pictures,
        16_384,
        (b"IHDR", b"IDAT", b"PLTE", b"tRNS", b"acTL", b"eXIf", b"IEND", b"II*\0", b"MM\0*",
         b"\xff\xd8\xff", b"\xff\xda", b"\xff\xc0", b"\xff\xc2", b"RIFF", b"WEBP", b"VP8 ", b"VP8L",
         b"VP8X", b"ANMF", b"BM", b"P2", b"P3", b"P5", b"P6", b"\x93NUMPY", b"'shape': (", b"<f4"),
    ),
    "names": Target(
        check_name,
        names,
        400,
        (b":", b",", b"=", b"+", b"taps:[[", b"]]", b"sigma", b"size", b"learned:", b"inf", b"nan",
         b"1e309", b"yes", b"none", b"\xc2\xb2", b"\0"),
    ),
    "models": Target(
        check_model,
        model_seeds,
        32_768,
        (b"PK\3\4", b"PK\1\2", b"PK\5\6", b"SNOD", b"TREE", b"HEAP", b'"class_name"', b'"layers"',
         b'"kernel_size"', b'"data_offsets"', b'"Conv2D"', b"kernels.npy", b"\x93NUMPY", b"OHDR"),
    ),
}  # fmt: skip
"""What can be fuzzed, by name."""
