"""Files in the safetensors format: a JSON header, then plain numbers.

Format: Hugging Face, safetensors, 2022. Nothing in such a file can run; what it says about itself
is checked all the same.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...filters.arrays import Array
from ...filters.errors import ModelError
from ...filters.files.disk import DamagedError, Source
from .limits import LARGEST_TENSOR, LARGEST_TEXT, shown

_START = 8
_SIZES = {
    name: size
    for size, names in {
        1: "BOOL U8 I8 F8_E5M2 F8_E4M3 F8_E8M0",
        2: "U16 I16 F16 BF16",
        4: "U32 I32 F32",
        8: "U64 I64 F64 C64",
    }.items()
    for name in names.split()
}
_NUMBERS = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "BF16": "<u2"}


@dataclass(frozen=True)
class Entry:
    """A tensor as the header describes it. offset: from the start of the file, in bytes."""

    dtype: str
    shape: tuple[int, ...]
    offset: int
    size: int


def looks_like_safetensors(source: Source) -> bool:
    """Whether the file starts as such files do: the header's length, and a brace."""
    return source.size > _START and source.take(_START, 1) == b"{"


def read_header(source: Source) -> dict[str, Entry]:
    """The tensors by their names; none of them is read.

    Raises ModelError for a header that is too long, no JSON, or names a tensor twice, and where
    the tensors overlap, leave holes, or are not in the file, or have not as many bytes as their
    shapes and types say.

    >>> import io
    >>> text = b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}'
    >>> data = len(text).to_bytes(8, "little") + text + b"1234"
    >>> read_header(Source(io.BytesIO(data), len(data)))["a"].shape
    (1,)
    """
    length = int.from_bytes(_take(source, 0, _START), "little")
    if length > source.size - _START:
        raise ModelError("truncated or corrupt safetensors")
    if length > LARGEST_TEXT:
        raise ModelError(f"a safetensors header of {length} bytes, the limit is {LARGEST_TEXT}")
    fields = _parsed(_take(source, _START, length))
    fields.pop("__metadata__", None)
    entries = {name: _entry(name, field, _START + length) for name, field in fields.items()}
    end = _START + length
    for entry in sorted(entries.values(), key=lambda entry: (entry.offset, entry.size)):
        if entry.offset != end:
            raise ModelError("safetensors whose tensors overlap or leave holes")
        end += entry.size
    if end != source.size:
        raise ModelError("truncated or corrupt safetensors")
    return entries


def read_tensor(source: Source, name: str, entry: Entry) -> Array:
    """The values of one tensor: float16, float32 or float64; BF16 becomes float32.

    Raises ModelError for other types and for more bytes than the limit.
    """
    if entry.dtype not in _NUMBERS:
        raise ModelError(f"{shown(name)} has dtype {shown(entry.dtype)}, not {', '.join(_NUMBERS)}")
    if entry.size > LARGEST_TENSOR:
        raise ModelError(
            f"{shown(name)} has {entry.size} bytes, more than the limit of {LARGEST_TENSOR}"
        )
    data = _take(source, entry.offset, entry.size)
    values = np.frombuffer(data, _NUMBERS[entry.dtype]).reshape(entry.shape)
    if entry.dtype == "BF16":
        return (values.astype(np.uint32) << 16).view(np.float32)
    return values.astype(values.dtype.newbyteorder("="))


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(text.decode("utf-8"), object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError("truncated or corrupt safetensors") from None
    if not isinstance(fields, dict):
        raise ModelError("truncated or corrupt safetensors")
    return fields


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ModelError("safetensors that name one tensor twice")
    return fields


def _entry(name: str, field: Any, start: int) -> Entry:
    damaged = ModelError(f"truncated or corrupt safetensors: {shown(name)} is described wrongly")
    if not isinstance(field, dict) or field.keys() != {"dtype", "shape", "data_offsets"}:
        raise damaged
    dtype, shape, offsets = field["dtype"], field["shape"], field["data_offsets"]
    if not isinstance(dtype, str) or not _are_counts(shape) or not _are_counts(offsets):
        raise damaged
    if len(offsets) != 2 or dtype not in _SIZES:
        raise damaged
    size = math.prod(shape) * _SIZES[dtype]
    if offsets[1] - offsets[0] != size:
        raise damaged
    return Entry(dtype, tuple(shape), start + offsets[0], size)


def _are_counts(values: Any) -> bool:
    """Whether it is a short list of whole numbers from 0 that fit 64 bits."""
    return (
        isinstance(values, list)
        and len(values) <= 32
        and all(type(value) is int and 0 <= value < 1 << 63 for value in values)
    )


def _take(source: Source, offset: int, count: int) -> bytes:
    try:
        return source.take(offset, count)
    except DamagedError:
        raise ModelError("truncated or corrupt safetensors") from None
