"""Pictures to learn from: those trained on, those kept to test with, and where they come from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...filters.arrays import Array
from ...filters.colour import luma
from ...filters.errors import InputError

Pictures = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class DataSet:
    """Pictures with labels, in two parts that share no picture.

    train_images, test_images: (n, height, width, channels) in uint8, 1 channel for grey, 3 for RGB.
    train_labels, test_labels: (n,) class numbers in int64, or (n, height, width) in bool where
    the task is to find boundaries. classes: their names, none for boundaries.
    name: of the set. task: what is to be learned, in words. about: how it was made or split.

    Raises InputError for parts that do not fit together.
    """

    name: str
    task: str
    train_images: Pictures
    train_labels: Array
    test_images: Pictures
    test_labels: Array
    classes: tuple[str, ...] = ()
    about: str = ""

    def __post_init__(self) -> None:
        for part in ("train", "test"):
            images, labels = getattr(self, f"{part}_images"), getattr(self, f"{part}_labels")
            if images.ndim != 4 or images.dtype != np.uint8 or images.shape[3] not in (1, 3):
                raise InputError(
                    f"{part} images must be (n, height, width, 1 or 3) in uint8,"
                    f" got {images.shape} in {images.dtype}"
                )
            expected = images.shape[:1] if self.classes else images.shape[:3]
            if labels.shape != expected or not len(images):
                raise InputError(f"{part} labels must be {expected}, got {labels.shape}")
            if self.classes and not 0 <= labels.min() <= labels.max() < len(self.classes):
                raise InputError(
                    f"{part} labels must be 0 to {len(self.classes) - 1},"
                    f" got {labels.min()} to {labels.max()}"
                )
        if self.train_images.shape[1:] != self.test_images.shape[1:]:
            raise InputError(
                f"pictures must be of one shape, got {self.train_images.shape[1:]} to train on"
                f" and {self.test_images.shape[1:]} to test with"
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of every picture."""
        height, width, channels = self.train_images.shape[1:]
        return height, width, channels

    @property
    def sha256(self) -> str:
        """The hash of all arrays' bytes: train images, train labels, test images, test labels."""
        made = hashlib.sha256()
        for array in (self.train_images, self.train_labels, self.test_images, self.test_labels):
            made.update(np.ascontiguousarray(array).data)
        return made.hexdigest()

    def limited(self, limit: int | None) -> DataSet:
        """The same set with the first `limit` pictures to train on; all, where it has fewer.

        Raises InputError for a limit under 1.
        """
        if limit is None:
            return self
        if limit < 1:
            raise InputError(f"limit must be 1 or more, got {limit}")
        return replace(
            self, train_images=self.train_images[:limit], train_labels=self.train_labels[:limit]
        )

    def with_channels(self, channels: int) -> DataSet:
        """The same pictures in grey (1) or RGB (3); grey ones are repeated on all three."""
        if channels == self.shape[2]:
            return self
        return replace(
            self,
            train_images=recoloured(self.train_images, channels),
            test_images=recoloured(self.test_images, channels),
        )


def recoloured(images: Pictures, channels: int) -> Pictures:
    """Pictures (n, height, width, c) in another number of channels: luma of RGB, or grey thrice.

    >>> recoloured(np.full((1, 1, 1, 1), 7, np.uint8), 3).ravel().tolist()
    [7, 7, 7]
    """
    if channels == images.shape[3]:
        return images
    if channels == 3:
        return np.repeat(images, 3, axis=3)
    grey = np.empty((*images.shape[:3], 1), np.uint8)
    for number, image in enumerate(images):  # one by one: in floats all take four times as much
        grey[number, ..., 0] = np.rint(luma(image))
    return grey
