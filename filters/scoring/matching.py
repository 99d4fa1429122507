"""Matching edge pixels one to one: as many pairs as there can be, near ones first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import finite, real_array
from ..errors import InputError
from .compilation import compiled
from .thinning import Mask

_SIGNATURE = "void(int64[::1], uint8[::1], int64[::1], int64[::1], int64[::1])"

_BEYOND_ROUNDING = 1 + 1e-9
"""A pixel at exactly the largest distance is within it, rounding or not."""


@dataclass(frozen=True, eq=False)
class TruthMap:
    """One annotator's boundaries, laid out for matching within a radius.

    pixels: the rows one after the other, in a frame of empty pixels as wide as the radius; 2 on a
    boundary, 1 where one is within reach, 0 elsewhere. offsets: the steps to every pixel within
    the radius, nearest first. width, margin: of a row with its frame, of the frame.
    count: of boundary pixels.
    """

    pixels: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    width: int
    margin: int
    count: int

    def places(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.int64]:
        """Where pixels of the picture lie among `pixels`."""
        found: NDArray[np.int64] = (rows + self.margin) * self.width + columns + self.margin
        return found


def truth_map(boundaries: Mask, radius: float) -> TruthMap:
    """`boundaries`, (height, width) bool, laid out for matching within `radius` pixels."""
    margin = int(np.ceil(radius))
    padded = np.pad(boundaries, margin)
    across = np.arange(-margin, margin + 1)
    squares = across[:, np.newaxis] ** 2 + across**2
    rows, columns = np.nonzero(squares <= radius**2 * _BEYOND_ROUNDING)
    nearest_first = np.argsort(squares[rows, columns], kind="stable")
    steps = (rows - margin) * padded.shape[1] + columns - margin
    offsets = steps[nearest_first].astype(np.int64)
    flat = padded.reshape(-1)
    places = np.flatnonzero(flat)
    pixels = np.zeros(flat.size, np.uint8)
    for offset in offsets:
        pixels[places + offset] = 1
    pixels[places] = 2
    return TruthMap(pixels, offsets, padded.shape[1], margin, places.size)


def match_places(places: NDArray[np.int64], truth: TruthMap) -> NDArray[np.bool_]:
    """Which of the edge pixels at `places` find a boundary pixel of their own."""
    owner = np.full(truth.pixels.size, -1, np.int64)
    partner = np.full(places.size, -1, np.int64)
    for step in (_pair_nearest, _pair_the_rest):
        compiled(step, _SIGNATURE)(places, truth.pixels, truth.offsets, owner, partner)
    matched: NDArray[np.bool_] = partner >= 0
    return matched


def match_pixels(edges: ArrayLike, boundaries: ArrayLike, radius: float) -> Mask:
    """The edge pixels that find a boundary pixel of their own within `radius` pixels.

    edges, boundaries: (height, width), where everything that is not 0 is set. radius: the largest
    distance, included. No boundary pixel serves two edge pixels, and there is no way to match
    more of them: nearest pairs come first, then chains of pairs are changed to fit in others.
    Gives (height, width) bool, whose sum is the number of boundary pixels found as well.
    Raises InputError for unequal shapes and a negative radius, FiltError where numba is missing.
    Source: the matching of Martin, Fowlkes and Malik, 2004, with the largest number of pairs in
    place of the least total cost; Berge, 1957.

    >>> match_pixels([[1, 1, 0, 0]], [[0, 1, 0, 1]], 1).astype(int).tolist()
    [[0, 1, 0, 0]]
    >>> match_pixels([[1, 1, 0, 0]], [[0, 1, 0, 1]], 2).astype(int).tolist()
    [[1, 1, 0, 0]]
    """
    found, wanted = real_array(edges, "edges") != 0, real_array(boundaries, "boundaries") != 0
    if found.ndim != 2 or found.shape != wanted.shape:
        raise InputError(
            "edges and boundaries must be (height, width) of one size,"
            f" got shapes {found.shape} and {wanted.shape}"
        )
    if finite(radius, "radius") < 0:
        raise InputError(f"radius must be at least 0, got {radius}")
    truth = truth_map(wanted, radius)
    matched = match_places(truth.places(*np.nonzero(found)), truth)
    result = np.zeros(found.shape, np.bool_)
    result[found] = matched
    return result


def _pair_nearest(places: Any, truth: Any, offsets: Any, owner: Any, partner: Any) -> None:
    """Pair each edge with the nearest boundary pixel that is free. Compiled.

    owner: for each boundary pixel its edge, partner: for each edge its boundary pixel, -1 for none.
    """
    left = np.empty(places.size, np.int64)
    many = 0
    for edge in range(places.size):
        if truth[places[edge]]:
            left[many] = edge
            many += 1
    for offset in offsets:
        still = 0
        for index in range(many):
            edge = left[index]
            place = places[edge] + offset
            if truth[place] == 2 and owner[place] < 0:
                owner[place] = edge
                partner[edge] = place
            else:
                left[still] = edge
                still += 1
        many = still


def _pair_the_rest(places: Any, truth: Any, offsets: Any, owner: Any, partner: Any) -> None:
    """Shift pairs along the shortest chain that gives an edge without one a partner. Compiled."""
    seen = np.zeros(truth.size, np.uint8)
    reached_from = np.empty(truth.size, np.int64)
    reached = np.empty(places.size + 1, np.int64)
    queue = np.empty(places.size + 1, np.int64)
    for start in range(places.size):
        if partner[start] >= 0 or truth[places[start]] == 0:
            continue
        queue[0] = start
        head, tail, many, free = 0, 1, 0, -1
        while head < tail and free < 0:
            edge = queue[head]
            head += 1
            for offset in offsets:
                place = places[edge] + offset
                if truth[place] != 2 or seen[place]:
                    continue
                seen[place] = 1
                reached_from[place] = edge
                reached[many] = place
                many += 1
                if owner[place] < 0:
                    free = place
                    break
                queue[tail] = owner[place]
                tail += 1
        if free < 0:
            continue  # what was seen leads nowhere, now and later: it stays marked
        while free >= 0:
            edge = reached_from[free]
            before = partner[edge]
            partner[edge] = free
            owner[free] = edge
            free = before
        for index in range(many):
            seen[reached[index]] = 0
