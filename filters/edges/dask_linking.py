"""Linking the chunks of a Dask array: each is labelled, all are joined, each is painted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dask_arrays import DaskArray, dask_array
from .linking import Mask
from .pieces import joined, linked_piece, piece_of

Objects = NDArray[Any]


def linked(classes: DaskArray) -> DaskArray:
    """The edges of a class map, (height, width) bool, exactly as those of the whole.

    classes: uint8: 2 above the high threshold, 1 above the low one, 0 elsewhere. One small task
    sees what touches the sides of all chunks; the map is kept until that is known.
    """
    map_blocks = dask_array().map_blocks
    each = tuple((1,) * len(lengths) for lengths in classes.chunks)
    about: dict[str, Any] = {"dtype": object, "meta": np.empty((0, 0), object)}
    pieces = map_blocks(_piece, classes, chunks=each, **about)
    kept = map_blocks(_joined, pieces.rechunk(-1), **about).rechunk(each)
    edges = {"dtype": bool, "meta": np.empty((0, 0), bool), "chunks": classes.chunks}
    return map_blocks(_linked, classes, kept, **edges)


def _piece(classes: NDArray[np.uint8]) -> Objects:
    return _boxed([[piece_of(classes)]])


def _joined(pieces: Objects) -> Objects:
    return _boxed(joined(pieces.tolist()))


def _linked(classes: NDArray[np.uint8], kept: Objects) -> Mask:
    return linked_piece(classes, kept[0, 0])


def _boxed(things: list[list[Any]]) -> Objects:
    """An array of objects, (rows, columns), whatever the objects are."""
    boxed = np.empty((len(things), len(things[0])), object)
    for row, line in enumerate(things):
        for column, thing in enumerate(line):
            boxed[row, column] = thing
    return boxed
