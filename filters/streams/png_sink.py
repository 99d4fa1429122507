"""PNG, written some rows at a time: strips are packed by all threads and follow in their order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..arrays import Array
from ..files.disk import PathLike, display_path, draft, refusals
from ..files.png_writing import Joiner, Strip, packed_strip, png_start, strip_rows
from .sink import Gathered


@contextmanager
def png_sink(
    path: PathLike, shape: tuple[int, ...], dtype: np.dtype[Any], *, clobber: bool, made_by: str
) -> Iterator[Gathered]:
    """A PNG, byte for byte as `png_bytes` makes it. Raises WriteError."""
    name = display_path(path)
    height = strip_rows(shape, dtype)
    last = -(-shape[0] // height) - 1
    packed: dict[int, Strip] = {}
    joiner, lock = Joiner(), threading.Lock()
    following = 0

    with draft(path, clobber=clobber) as file:

        def take(number: int, rows: Array) -> None:
            nonlocal following
            strip = packed_strip(rows, has_above=number > 0, is_last=number == last)
            with lock:
                packed[number] = strip
                while following in packed:
                    is_last = following == last
                    data = joiner.joined(packed.pop(following), is_last=is_last)
                    with refusals(name):
                        file.write(data)
                    following += 1

        with refusals(name):
            file.write(png_start(shape, dtype))
        yield Gathered(shape, dtype, height, take, above=1)
