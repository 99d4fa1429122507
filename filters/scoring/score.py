"""The boundary benchmark: soft maps of edges against the boundaries that people drew."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import finite, flag, real_array, whole
from ..errors import InputError
from .counts import MatchCounts, SoftMap, count_matches
from .curve import Curve, OperatingPoint, average_precision, best_of_each, best_point, curve_of
from .matching import match_pixels
from .ranks import rank_thresholds
from .thinning import Mask, thin_mask

Task = TypeVar("Task")
Result = TypeVar("Result")

THRESHOLDS = 33
TOLERANCE = 0.0075
"""How far matched pixels may lie apart, as a share of the picture's diagonal."""
LARGEST_TOLERANCE = 0.1
LARGEST_COUNT = 10_000
"""Thresholds: many times as many as the curve has steps to show."""


@dataclass(frozen=True)
class ImageScore:
    """One picture at its own best threshold."""

    name: str
    best: OperatingPoint


@dataclass(frozen=True, eq=False)
class EdgeScore:
    """How well edges agree with people's boundaries.

    dataset: the best point with one threshold for all pictures. image: the point with the best
    threshold of each. ap: average precision. curve: precision and recall at every threshold.
    images: the pictures in their order. ranked: the same for maps by rank (`rank_thresholds`); None
    where it was not asked for.
    """

    dataset: OperatingPoint
    image: OperatingPoint
    ap: float
    curve: Curve
    images: tuple[ImageScore, ...]
    ranked: EdgeScore | None = None

    @property
    def ods(self) -> float:
        """F with one threshold for all pictures (optimal dataset scale)."""
        return self.dataset.f

    @property
    def ois(self) -> float:
        """F with the best threshold of each picture (optimal image scale)."""
        return self.image.f

    @property
    def ap_ranked(self) -> float | None:
        """Average precision of the maps by rank; None where not asked for."""
        return None if self.ranked is None else self.ranked.ap


def score_edges(
    soft_maps: Iterable[ArrayLike],
    truths: Iterable[Sequence[ArrayLike]],
    *,
    thresholds: int = THRESHOLDS,
    tolerance: float = TOLERANCE,
    thin: bool = True,
    ranks: bool = True,
    jobs: int = 1,
    names: Sequence[str] | None = None,
    report: Callable[[int], object] | None = None,
) -> EdgeScore:
    """ODS, OIS and AP of soft maps of edges, by the benchmark of BSDS500.

    soft_maps: for each picture a (height, width) array from 0 to 1, 1 the surest edge. truths: for
    each picture the boundaries that each annotator drew, (height, width), set where not 0. Both
    are read as they are needed and not kept, but with `ranks` soft_maps is gone through twice, so
    an iterator is put into a list. thresholds: how many; the k-th of n is k / (n + 1), and an edge
    is what reaches it. tolerance: how far matched pixels may lie apart, as a share of the
    diagonal, up to 0.1. thin: wear edges down to one pixel first. ranks: score the maps by rank as
    well, as is fair between maps of different scales (see `rank_thresholds`). jobs: how many
    pictures at a time; the result is the same. names: of the pictures, for messages and rows.
    report: called with the number of pictures done after each.

    Edge pixels and boundary pixels are matched one to one, as many as there can be, with each
    annotator by itself (`match_pixels`). Precision is the share of edge pixels that any annotator
    matches; recall the share of boundary pixels matched, over all annotators. Pictures count by
    their pixels.

    Raises InputError for values outside 0 to 1, unequal shapes, a picture without an annotator,
    and numbers of maps and truths that differ; FiltError where numba is missing.
    Source: Martin, Fowlkes and Malik, 2004; Arbelaez, Maire, Fowlkes and Malik, 2011.

    >>> line = np.zeros((20, 20))
    >>> line[10, 3:17] = 1
    >>> score = score_edges([0.5 * line], [[line, line]])
    >>> score.ods, score.ois
    (1.0, 1.0)
    """
    count, jobs = whole(thresholds, "thresholds"), whole(jobs, "jobs")
    if count > LARGEST_COUNT:
        raise InputError(f"thresholds must be at most {LARGEST_COUNT}, got {count}")
    flag(thin, "thin"), flag(ranks, "ranks")
    for name, several in (("soft_maps", soft_maps), ("truths", truths), ("names", names or ())):
        if isinstance(several, str) or not isinstance(several, Iterable):
            raise TypeError(f"{name} must be several, got {type(several).__name__}")
    if not 0 <= finite(tolerance, "tolerance") <= LARGEST_TOLERANCE:
        raise InputError(f"tolerance must be from 0 to {LARGEST_TOLERANCE}, got {tolerance}")
    _compile()
    steps = np.arange(1, count + 1) / (count + 1)
    plain = steps.astype(np.float32)
    every, quantiles = plain, plain
    if ranks:
        soft_maps = list(soft_maps) if isinstance(soft_maps, Iterator) else soft_maps
        softs = (_soft_map(soft, _name(names, n)) for n, soft in enumerate(soft_maps))
        quantiles = rank_thresholds(softs, steps)
        every = np.unique(np.concatenate([plain, quantiles]))
    work = partial(_count, thresholds=every, tolerance=tolerance, thin=thin)
    counts = []
    for counted in _in_order(work, _pairs(soft_maps, truths, names), jobs):
        counts.append(counted)
        if report is not None:
            report(len(counts))
    if not counts:
        raise InputError("there must be at least one picture, got none")
    called = tuple(_name(names, n) for n in range(len(counts)))
    ranked = _score(steps, _taken(counts, every, quantiles), called) if ranks else None
    return _score(steps, _taken(counts, every, plain), called, ranked)


def _compile() -> None:
    """Compile what is needed once, before threads ask for it."""
    match_pixels(thin_mask(np.ones((3, 3))), np.ones((3, 3)), 1)


def _score(
    thresholds: NDArray[np.float64],
    counts: Sequence[MatchCounts],
    names: Sequence[str],
    ranked: EdgeScore | None = None,
) -> EdgeScore:
    curve = curve_of(thresholds, counts)
    image, each = best_of_each(thresholds, counts)
    rows = tuple(ImageScore(name, best) for name, best in zip(names, each, strict=True))
    return EdgeScore(best_point(curve), image, average_precision(curve), curve, rows, ranked)


def _taken(
    counts: Sequence[MatchCounts], every: NDArray[np.float32], wanted: NDArray[np.float32]
) -> list[MatchCounts]:
    """The counts at some of the thresholds."""
    at = np.searchsorted(every, wanted)
    return [
        MatchCounts(one.correct[at], one.found[at], one.recalled[at], one.true[at])
        for one in counts
    ]


def _count(
    pair: tuple[SoftMap, list[Mask]],
    *,
    thresholds: NDArray[np.float32],
    tolerance: float,
    thin: bool,
) -> MatchCounts:
    soft, truth = pair
    return count_matches(soft, truth, thresholds, tolerance=tolerance, thin=thin)


def _pairs(
    soft_maps: Iterable[ArrayLike],
    truths: Iterable[Sequence[ArrayLike]],
    names: Sequence[str] | None,
) -> Iterator[tuple[SoftMap, list[Mask]]]:
    others = iter(truths)
    index = 0
    for index, soft_map in enumerate(soft_maps, 1):
        name = _name(names, index - 1)
        soft = _soft_map(soft_map, name)
        truth = next(others, None)
        if truth is None:
            raise InputError(f"there must be as many truths as soft maps, got {index - 1} truths")
        yield soft, _truth(truth, soft, name)
    if next(others, None) is not None:
        raise InputError(f"there must be as many soft maps as truths, got {index} soft maps")


def _soft_map(soft_map: ArrayLike, name: str) -> SoftMap:
    given = real_array(soft_map, f"{name}: soft map")
    if given.ndim != 2 or given.size == 0:
        raise InputError(f"{name}: soft map must be (height, width), got shape {given.shape}")
    low, high = given.min(), given.max()
    if not (low >= 0 and high <= 1):
        wrong = high if low >= 0 else low
        raise InputError(f"{name}: soft map must be from 0 to 1, got {wrong:.6g}")
    return np.ascontiguousarray(given, np.float32)


def _truth(truth: Sequence[ArrayLike], soft: SoftMap, name: str) -> list[Mask]:
    boundaries = [real_array(one, f"{name}: truth") != 0 for one in truth]
    if not boundaries:
        raise InputError(f"{name}: there must be at least one annotator, got none")
    for one in boundaries:
        if one.shape != soft.shape:
            raise InputError(
                f"{name}: soft map and truth must have one size, got {_size(soft)} and {_size(one)}"
            )
    return boundaries


def _size(array: SoftMap | Mask) -> str:
    if array.ndim != 2:
        return f"shape {array.shape}"
    return f"{array.shape[1]} x {array.shape[0]} pixels"


def _name(names: Sequence[str] | None, index: int) -> str:
    return names[index] if names is not None and index < len(names) else f"picture {index}"


def _in_order(work: Callable[[Task], Result], tasks: Iterable[Task], jobs: int) -> Iterator[Result]:
    """The results in the order of the tasks, worked on by several threads where jobs is above 1."""
    if jobs == 1:
        yield from map(work, tasks)
        return
    pool = ThreadPoolExecutor(jobs)
    try:
        waiting: deque[Future[Result]] = deque()
        for task in tasks:
            waiting.append(pool.submit(work, task))
            if len(waiting) == 2 * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
