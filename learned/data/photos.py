"""Patches of the fourteen pictures in scikit-image's wheel: real pictures without a network.

All are CC0 or in the public domain. What is learned from them is a pretext task, which picture a
patch is from or how it was turned: its accuracy compares with nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import cv2
import numpy as np

from ...filters.arrays import Array
from ...filters.errors import FiltError, InputError, ReadError
from .data_set import DataSet, Pictures, recoloured

NAMES = (
    *("astronaut", "camera", "coffee", "chelsea", "rocket", "brick", "grass", "gravel"),
    *("hubble_deep_field", "retina", "cell", "clock", "text", "horse"),
)
"""The pictures, by their names in skimage.data."""

TASKS: Mapping[str, str] = MappingProxyType(
    {
        "picture": "which of fourteen pictures a patch is from",
        "rotation": "by how many quarter turns a patch was turned",
    }
)

SIDE = 32
_TRAIN, _TEST = 12_000, 3_000
_LARGEST_ZOOM = 2.0
_LEFT = 0.75
_CONTRAST = 10.0  # the least standard deviation of a patch, of 255
_TRIES = 50


def load_photos(task: str = "picture", *, train: int = _TRAIN, test: int = _TEST) -> DataSet:
    """Patches of 32×32 in RGB: to train on from the left 75% of each picture, to test the rest.

    task: "picture" or "rotation". train, test: how many patches. Each shows 32 to 64 pixels of
    its picture, shrunk, and is mirrored by chance (upside down for "picture" alone); patches
    of hardly any contrast are dropped. The same bits every time.
    Raises InputError for an unknown task, FiltError where scikit-image is not installed.
    """
    if task not in TASKS:
        raise InputError(f"task must be one of {', '.join(TASKS)}, got {task!r}")
    pictures = [_picture(name) for name in NAMES]
    parts = []
    for number, many in enumerate((train, test)):
        random = np.random.Generator(np.random.PCG64((14, number)))
        sides = [_side(picture, number) for picture in pictures]
        parts.append(_patches(random, sides, many, task))
    classes = NAMES if task == "picture" else ("0°", "90°", "180°", "270°")
    return DataSet(
        "photos", TASKS[task], *parts[0], *parts[1], classes,
        f"patches of {SIDE}×{SIDE} of scikit-image's pictures, the left 75% of each to train on,"
        " the right 25% to test with",
    )  # fmt: skip


def _picture(name: str) -> Pictures:
    try:
        from skimage import data
    except ImportError:
        raise FiltError('scikit-image is not installed: pip install "filt[learned]"') from None
    try:
        pixels = np.asarray(getattr(data, name)())
    except Exception as error:
        raise ReadError(f"scikit-image has no picture {name} without a network") from error
    if pixels.dtype == np.bool_:
        pixels = pixels * np.uint8(255)
    if pixels.ndim == 2:
        pixels = pixels[..., np.newaxis]
    picture: Pictures = recoloured(pixels[np.newaxis].astype(np.uint8), 3)[0]
    return picture


def _side(picture: Pictures, part: int) -> Pictures:
    cut = int(picture.shape[1] * _LEFT)
    return picture[:, :cut] if part == 0 else picture[:, cut:]


def _patches(
    random: np.random.Generator, pictures: list[Pictures], many: int, task: str
) -> tuple[Pictures, Array]:
    images = np.empty((many, SIDE, SIDE, 3), np.uint8)
    labels = np.empty(many, np.int64)
    for number in range(many):
        which = int(random.integers(len(pictures)))
        patch = _patch(random, pictures[which])
        turns = int(random.integers(4))
        if random.random() < 0.5:
            patch = patch[:, ::-1]
        if task == "picture":
            patch = patch[::-1] if turns % 2 else patch
        else:
            patch = np.rot90(patch, turns)
        images[number] = patch
        labels[number] = which if task == "picture" else turns
    return images, labels


def _patch(random: np.random.Generator, picture: Pictures) -> Pictures:
    patch = picture[:SIDE, :SIDE]
    for _ in range(_TRIES):
        zoom = random.uniform(1, _LARGEST_ZOOM)
        extent = min(round(SIDE * zoom), *picture.shape[:2])
        top = int(random.integers(picture.shape[0] - extent + 1))
        left = int(random.integers(picture.shape[1] - extent + 1))
        seen = picture[top : top + extent, left : left + extent]
        patch = np.asarray(cv2.resize(seen, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
        if patch.std() >= _CONTRAST:
            break
    return patch
