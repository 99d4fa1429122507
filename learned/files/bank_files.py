"""Kernel banks as .npz files: arrays and a text, no pickles, the same bytes for the same bank."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np

from ...filters.arrays import Array
from ...filters.errors import FiltError, InputError, ModelError
from ...filters.files.disk import PathLike, open_regular, write_bytes
from ...filters.files.reading import read_npy
from ..kernel_bank import KernelBank
from ..layer_use import LayerUse
from ..provenance import Provenance
from .limits import LARGEST_FILE, LARGEST_TENSOR, LARGEST_TEXT, listed, model_errors, shown
from .zip_safety import member_bytes, open_zip

FORMAT = "filt kernel bank"
VERSION = 1
ABOUT = "about"

_NEEDED = ("kernels",)
_OPTIONAL = ("bias", "untrained", "epochs", "random_labels")
_FIELDS = {"format", "version", "name", "names", "use", "provenance"}
_ANY_DATE = (1980, 1, 1, 0, 0, 0)
_LONGEST = 1024
_NPY_HEADER = 1 << 16


def save_bank(path: PathLike, bank: KernelBank, *, clobber: bool = True) -> None:
    """Write a bank to an .npz file, whole or not at all; the same bank gives the same bytes.

    The arrays are float32 under the names of the bank's fields. "about" holds everything else:
    JSON in UTF-8, as bytes: `json.loads(np.load(path)["about"].tobytes())`.
    clobber: False refuses a path that exists. Raises WriteError.
    """
    about = {
        "format": FORMAT,
        "version": VERSION,
        "name": bank.name,
        "names": list(bank.names),
        "use": bank.use.as_json(),
        "provenance": bank.provenance.as_json(),
    }
    text = json.dumps(about, indent=1, allow_nan=False).encode("ascii")
    arrays: dict[str, Array | None] = {ABOUT: np.frombuffer(text, np.uint8)}
    arrays |= {name: getattr(bank, name) for name in (*_NEEDED, *_OPTIONAL)}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:  # stored: compressors differ, bytes must not
        for name, array in arrays.items():
            if array is not None:
                member = zipfile.ZipInfo(f"{name}.npy", _ANY_DATE)
                member.create_system, member.external_attr = 3, 0o644 << 16
                archive.writestr(member, _npy_bytes(array))
    write_bytes(path, file.getbuffer(), clobber=clobber)


def load_bank(path: PathLike) -> KernelBank:
    """The bank in an .npz file that `save_bank` wrote; nothing in the file is executed.

    Raises ReadError for a file that is missing or no regular file; ModelError, which starts with
    the path, for one that is no bank, of another version, damaged, or asks for too much memory.

    >>> import tempfile
    >>> from pathlib import Path
    >>> bank = KernelBank.from_names(["sobel-x", "box"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_bank(Path(folder, "two.npz"), bank)
    ...     load_bank(Path(folder, "two.npz")) == bank
    True
    """
    with model_errors(path), open_regular(path) as source:
        if source.size > LARGEST_FILE:
            raise ModelError(f"{source.size} bytes are more than the limit of {LARGEST_FILE}")
        if source.take(0, min(4, source.size)) != b"PK\3\4":
            raise ModelError("not a kernel bank (.npz)")
        archive = open_zip(source)
        if not holds_bank(archive):
            raise ModelError(f"not a kernel bank: it holds {listed(archive.namelist())}")
        return bank_in(archive)


def holds_bank(archive: zipfile.ZipFile) -> bool:
    """Whether an archive has the two members that every bank has."""
    return {f"{ABOUT}.npy", "kernels.npy"} <= set(archive.namelist())


def bank_in(archive: zipfile.ZipFile) -> KernelBank:
    """The bank that an archive holds. Raises ModelError for anything else."""
    files = {f"{name}.npy": name for name in (ABOUT, *_NEEDED, *_OPTIONAL)}
    unknown = set(archive.namelist()) - files.keys()
    if unknown:
        raise ModelError(f"a kernel bank has no {listed(sorted(unknown))}")
    text = array_in(archive, ABOUT, LARGEST_TEXT)
    if text.dtype != np.uint8 or text.ndim != 1:
        raise ModelError("its text 'about' is not stored as bytes")
    about = _about(text.tobytes())
    arrays = {
        name: array_in(archive, name)
        for file, name in files.items()
        if name != ABOUT and file in archive.namelist()
    }
    try:
        return KernelBank(
            name=about["name"],
            names=tuple(about["names"]),
            use=LayerUse.from_json(about["use"]),
            provenance=Provenance.from_json(about["provenance"]),
            **arrays,
        )
    except (InputError, TypeError, OverflowError) as error:
        raise ModelError(f"not a kernel bank: {shown(error)}") from None


def array_in(archive: zipfile.ZipFile, name: str, largest: int = LARGEST_TENSOR) -> Array:
    """The array NAME.npy of an archive, of real numbers, in native byte order.

    Raises ModelError for anything else, and for more than `largest` bytes.
    """
    data = member_bytes(archive, f"{name}.npy", largest + _NPY_HEADER)
    try:
        return read_npy(data, shown(name))
    except FiltError as error:
        raise ModelError(str(error)) from None


def _npy_bytes(array: Array) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)
    return file.getvalue()


def _about(text: bytes) -> dict[str, Any]:
    try:
        about = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError):
        raise ModelError("its text 'about' is no JSON") from None
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise ModelError("not a kernel bank: its text 'about' says something else")
    if about.get("version") != VERSION:
        version = shown(about.get("version"))
        raise ModelError(f"a kernel bank of version {version}, version {VERSION} is read")
    if about.keys() != _FIELDS:
        wrong = sorted(about.keys() ^ _FIELDS)
        raise ModelError(f"a kernel bank whose text has too much or too little: {listed(wrong)}")
    kinds = {"name": str, "names": list, "use": dict, "provenance": dict}
    for field, kind in kinds.items():
        if not isinstance(about[field], kind) or (kind is str and len(about[field]) > _LONGEST):
            raise ModelError(f"a kernel bank whose {field} is {shown(about[field])}")
    return about
