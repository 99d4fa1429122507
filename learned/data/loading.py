"""Data sets by name: what `filt train --data` takes."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np

from ...filters.errors import InputError
from .data_set import DataSet, recoloured
from .fashion import load_fashion
from .leaves import leaves
from .own_data import load_own
from .photos import TASKS, load_photos

NAMES = ("leaves", "fashion-mnist", "photos")
"""The sets that have a name; anything else is a path."""

LEAVES = 2800
"""How many generated pictures there are to train on unless told."""

_LEAVES_SIZE = 96
_LEAVES_TESTED = 100
_LEAVES_SEEDS = (103, 1103)
_REPORTED = 50


def load_data(
    data: str | os.PathLike[str],
    *,
    folder: str | os.PathLike[str] | None = None,
    task: str | None = None,
    channels: int = 1,
    limit: int | None = None,
    report: Callable[[int, int], None] | None = None,
) -> DataSet:
    """The data set of that name, or the one at that path.

    data: "leaves", "fashion-mnist", "photos" or a path (see `own_data.load_own`). folder: where
    Fashion-MNIST is. task: for photos, "picture" or "rotation". channels: 1 for grey, 3 for RGB.
    limit: train on so many pictures at most; for leaves it is how many are made. report: is told
    how many pictures of how many have been made, where that takes long.
    Raises InputError for options that are not for this set and channels other than 1 and 3;
    ReadError for what cannot be read.
    """
    if channels not in (1, 3):
        raise InputError(f"channels must be 1 (grey) or 3 (RGB), got {channels}")
    if limit is not None and limit < 1:
        raise InputError(f"limit must be 1 or more, got {limit}")
    if folder is not None and data != "fashion-mnist":
        raise InputError("a folder of data (--data-dir) is for fashion-mnist alone")
    if task is not None and data != "photos":
        raise InputError(f"a task ({', '.join(TASKS)}) is for photos alone")
    if data == "leaves":
        return load_leaves(LEAVES if limit is None else limit, channels=channels, report=report)
    if data == "fashion-mnist":
        loaded = load_fashion(folder)
    elif data == "photos":
        loaded = load_photos(task or "picture", **({} if limit is None else {"train": limit}))
    else:
        loaded = load_own(data)
    return loaded.limited(limit).with_channels(channels)


def load_leaves(
    train: int = LEAVES,
    test: int = _LEAVES_TESTED,
    *,
    size: int = _LEAVES_SIZE,
    channels: int = 1,
    report: Callable[[int, int], None] | None = None,
) -> DataSet:
    """Generated pictures with their boundaries: `train` to train on, `test` others to test with.

    size: height and width. channels: 1 for the luma, 3 for RGB. The same bits every time (see
    `leaves.leaves`).

    >>> load_leaves(2, 1, size=16).train_labels.shape
    (2, 16, 16)
    """
    counts = (train, test)
    images = [np.empty((count, size, size, channels), np.uint8) for count in counts]
    labels = [np.empty((count, size, size), np.bool_) for count in counts]
    for part, seed in enumerate(_LEAVES_SEEDS):
        for number in range(counts[part]):
            picture, boundaries = leaves((seed, number), size)
            images[part][number] = recoloured(picture[np.newaxis], channels)[0]
            labels[part][number] = boundaries
            done = number + 1 + part * train
            if report is not None and (done % _REPORTED == 0 or done == sum(counts)):
                report(done, sum(counts))
    return DataSet(
        "leaves",
        "where the boundaries are",
        images[0], labels[0], images[1], labels[1],
        about=f"dead leaves of {size}×{size}, seed {_LEAVES_SEEDS[0]};"
        f" to test with, {test} of seed {_LEAVES_SEEDS[1]}",
    )  # fmt: skip
