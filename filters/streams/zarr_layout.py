"""What the metadata of a Zarr array say: its shape, its chunks, and how they are stored."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..files.disk import DamagedError
from ..files.formats import ANY_REAL, NotReadError
from .codecs import CHECKSUM, CODECS

METADATA = ("zarr.json", ".zarray")
"""The files that describe an array: of version 3, and of version 2."""

_MOST_TOGETHER = 1 << 20
_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


@dataclass(frozen=True)
class Shards:
    """Chunks that lie together in files, with an index of where each of them is.

    sides: of what a file holds. index_first: whether the index is before the chunks or behind them.
    is_checked: whether a checksum stands behind the index.
    """

    sides: tuple[int, ...]
    index_first: bool
    is_checked: bool


@dataclass(frozen=True)
class ZarrLayout:
    """A Zarr array as it is stored.

    dtype: of the chunks, with their byte order. codec: a key of `CODECS`, or None. fill: what the
    pixels of a chunk are that is not there. prefix, separator: of the files' names. shards: None
    where each chunk is a file. is_checked: whether a checksum stands behind each chunk.
    """

    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    dtype: np.dtype[Any]
    codec: str | None
    fill: float
    prefix: str
    separator: str
    shards: Shards | None = None
    is_checked: bool = False

    def key(self, *place: int) -> str:
        """The name of the file that a chunk is in, by its place in the grid of chunks."""
        numbers = (at // each for at, each in zip(place, self.grid, strict=True))
        return self.prefix + self.separator.join(map(str, numbers))

    @property
    def grid(self) -> tuple[int, ...]:
        """How many chunks a file holds along each axis."""
        if self.shards is None:
            return (1,) * len(self.chunks)
        sides = zip(self.shards.sides, self.chunks, strict=True)
        return tuple(shard // chunk for shard, chunk in sides)

    def number(self, *place: int) -> int:
        """Which of the chunks of its file a chunk is."""
        number = 0
        for at, each in zip(place, self.grid, strict=True):
            number = number * each + at % each
        return number

    @property
    def chunk_bytes(self) -> int:
        """What every chunk has when it is unpacked, also at the borders."""
        return math.prod(self.chunks) * self.dtype.itemsize


def zarr_layout(name: str, text: bytes) -> ZarrLayout:
    """What a metadata file says; `name` is one of `METADATA`.

    Raises DamagedError where it makes no sense, NotReadError for what is valid and not read.

    >>> v2 = {"zarr_format": 2, "shape": [2, 3], "chunks": [1, 3], "dtype": "<u2", "order": "C"}
    >>> v2 |= {"compressor": None, "filters": None, "fill_value": 0}
    >>> zarr_layout(".zarray", json.dumps(v2).encode()).key(1, 0)
    '1.0'
    """
    try:
        said = json.loads(text)
        layout = (_version_3 if name == METADATA[0] else _version_2)(said)
        grid = layout.shape, layout.chunks, *([layout.shards.sides] if layout.shards else [])
        if not all(map(_are_whole, grid)) or len({len(sides) for sides in grid}) > 1:
            raise DamagedError
        if layout.shards is not None:
            sides = zip(layout.shards.sides, layout.chunks, strict=True)
            if any(shard % chunk for shard, chunk in sides):
                raise DamagedError
            if math.prod(layout.grid) > _MOST_TOGETHER:
                raise NotReadError(f"{math.prod(layout.grid)} chunks in a file")
        return layout
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, OverflowError):
        raise DamagedError from None


def _are_whole(sides: tuple[int, ...]) -> bool:
    return all(type(side) is int and 0 < side < 1 << 48 for side in sides)


def _version_2(said: Mapping[str, Any]) -> ZarrLayout:
    if said["zarr_format"] != 2:
        raise DamagedError
    if said["order"] != "C":
        raise NotReadError(f"order {said['order']}")
    if said.get("filters"):
        raise NotReadError("filters")
    dtype = _real(np.dtype(said["dtype"]) if isinstance(said["dtype"], str) else None)
    codec = None if said["compressor"] is None else _known(str(said["compressor"]["id"]))
    separator = said.get("dimension_separator", ".")
    if separator not in (".", "/"):
        raise DamagedError
    fill = _fill(said.get("fill_value"), dtype)
    return ZarrLayout(
        tuple(said["shape"]), tuple(said["chunks"]), dtype, codec, fill, "", separator
    )


def _version_3(said: Mapping[str, Any]) -> ZarrLayout:
    if said["zarr_format"] != 3:
        raise DamagedError
    if said["node_type"] != "array":
        raise NotReadError(f"a {said['node_type']} instead of an array: name the array inside it")
    if said["data_type"] not in ANY_REAL:
        raise NotReadError(f"data type {said['data_type']}")
    dtype = np.dtype(said["data_type"])
    grid, keys = said["chunk_grid"], said["chunk_key_encoding"]
    if grid["name"] != "regular":
        raise NotReadError(f"chunk grid {grid['name']}")
    if keys["name"] not in ("default", "v2"):
        raise NotReadError(f"chunk keys {keys['name']}")
    is_default = keys["name"] == "default"
    separator = keys.get("configuration", {}).get("separator", "/" if is_default else ".")
    if separator not in (".", "/"):
        raise DamagedError
    sides, codecs, shards = tuple(grid["configuration"]["chunk_shape"]), said["codecs"], None
    if [codec["name"] for codec in codecs] == ["sharding_indexed"]:
        together = codecs[0]["configuration"]
        shards, codecs = _shards(sides, together), together["codecs"]
        sides = tuple(together["chunk_shape"])
    order, codec, is_checked = _chain(codecs)
    return ZarrLayout(
        tuple(said["shape"]),
        sides,
        dtype.newbyteorder(order),
        codec,
        _fill(said["fill_value"], dtype),
        f"c{separator}" if is_default else "",
        separator,
        shards,
        is_checked,
    )


def _shards(sides: tuple[int, ...], said: Mapping[str, Any]) -> Shards:
    order, codec, is_checked = _chain(said["index_codecs"])
    if codec is not None or order != "<":
        raise NotReadError("an index that is not plain")
    place = said.get("index_location", "end")
    if place not in ("start", "end"):
        raise DamagedError
    return Shards(sides, place == "start", is_checked)


def _chain(codecs: list[Any]) -> tuple[Any, str | None, bool]:
    """Byte order, compression, and whether there is a checksum, of the codecs of version 3."""
    names = [codec["name"] for codec in codecs]
    is_checked = names[1:][-1:] == [CHECKSUM]
    packing = names[1:-1] if is_checked else names[1:]
    if names[:1] != ["bytes"] or len(packing) > 1:
        raise NotReadError(f"codecs {', '.join(map(str, names))}")
    endian = (codecs[0].get("configuration") or {}).get("endian", "little")
    if endian not in ("little", "big"):
        raise DamagedError
    return "<" if endian == "little" else ">", _known(packing[0]) if packing else None, is_checked


def _known(codec: str) -> str:
    if codec not in CODECS:
        raise NotReadError(f"compression {codec}")
    return codec


def _real(dtype: np.dtype[Any] | None) -> np.dtype[Any]:
    if dtype is None or dtype.kind not in "?biuf" or dtype.itemsize > 8:
        raise NotReadError(f"dtype {dtype or 'of several fields'}")
    return dtype


def _fill(said: Any, dtype: np.dtype[Any]) -> Any:
    """The value of what is not stored, in the dtype."""
    if said is None:
        said = 0
    if isinstance(said, str):
        if said.startswith("0x"):
            bits = int(said, 16).to_bytes(dtype.itemsize, "big")
            return np.frombuffer(bits, dtype.newbyteorder(">"))[0].astype(dtype)
        said = _WORDS[said]
    return np.asarray(said).astype(dtype)[()]
