"""What a model is fed: batches in an order that the seed and the epoch alone decide."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...filters.arrays import Array
from ...filters.errors import InputError
from ..data.data_set import DataSet
from ..data.leaves import Boundaries

_CONTRASTS = (0.6, 1.3)


def training_batches(
    data: DataSet, labels: Array, batch: int, *, seed: int, epoch: int
) -> Iterator[tuple[Array, Array]]:
    """The batches of one epoch: pictures in float32 from 0 to 1, and labels.

    Every picture comes once. For boundaries, whole batches are mirrored and turned by chance, and
    each picture's contrast changes. The same seed and epoch give the same batches, whatever came
    before.
    """
    random = np.random.Generator(np.random.PCG64((seed, 1, epoch)))
    order = random.permutation(len(labels))
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        images, wanted = _as_floats(data.train_images[chosen]), labels[chosen]
        if data.classes:
            yield images, wanted
        else:
            yield _varied(random, images, wanted)


def batches_to_test(data: DataSet, batch: int) -> Iterator[tuple[Array, Array]]:
    """The pictures kept to test with, as they are, and their labels."""
    for start in range(0, len(data.test_labels), batch):
        labels = data.test_labels[start : start + batch]
        yield (
            _as_floats(data.test_images[start : start + batch]),
            labels if data.classes else labels[..., np.newaxis].astype(np.float32),
        )


def random_labels(data: DataSet, seed: int) -> Array:
    """The training labels in an order that has nothing to do with the pictures.

    For boundaries, each picture has those of the next one. Raises InputError for one picture.
    """
    if len(data.train_labels) < 2:
        raise InputError("random labels need at least 2 pictures, got 1")
    if not data.classes:
        return np.roll(data.train_labels, -1, axis=0)
    shuffle = np.random.Generator(np.random.PCG64((seed, 2)))
    shuffled: Array = shuffle.permutation(data.train_labels)
    return shuffled


def _as_floats(images: Array) -> Array:
    return images.astype(np.float32) / np.float32(255)


def _varied(random: np.random.Generator, images: Array, lines: Boundaries) -> tuple[Array, Array]:
    backwards, upside_down, turned = random.random(3) < 0.5
    if backwards:
        images, lines = images[:, ::-1], lines[:, ::-1]
    if upside_down:
        images, lines = images[:, :, ::-1], lines[:, :, ::-1]
    if turned:
        images, lines = images.swapaxes(1, 2), lines.swapaxes(1, 2)
    contrast = random.uniform(*_CONTRASTS, (len(images), 1, 1, 1)).astype(np.float32)
    images = (images - np.float32(0.5)) * contrast + np.float32(0.5)
    return np.ascontiguousarray(images), lines[..., np.newaxis].astype(np.float32)
