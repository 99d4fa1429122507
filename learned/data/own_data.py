"""One's own pictures: a folder of class folders, a folder of idx files, or arrays in an .npz."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np

from ...filters.arrays import Array
from ...filters.errors import InputError, ReadError
from ...filters.files.disk import display_path, open_regular
from ...filters.files.reading import read_image
from ...filters.picture import Picture
from ..files.bank_files import array_in
from ..files.limits import listed, model_errors
from ..files.zip_safety import open_zip
from .data_set import DataSet, Pictures
from .fashion import idx_files

SIDE = 32
"""Height and width to which pictures out of folders are brought."""

_LARGEST_ARRAY = 1 << 30
_MOST_BYTES = 1 << 30
_TESTED = 5  # one picture in so many is kept to test with
_ENDINGS = {
    *(".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".pgm", ".ppm", ".npy"),
}
_ARRAYS = ("x_train", "y_train", "x_test", "y_test")


def load_own(path: str | os.PathLike[str]) -> DataSet:
    """The data set at `path`.

    A folder with one folder of pictures for each class: each picture is cut square around its
    centre and brought to 32×32; every fifth of a class is kept to test with. A folder with four
    idx files, named as MNIST's are. Or an .npz with x_train, y_train, x_test and y_test as
    Keras's mnist.npz has them: (n, height, width) or (n, height, width, 1 or 3) in uint8, and
    class numbers (n,). Where the last two are missing, every fifth picture is kept to test with.
    Raises ReadError or ModelError, which name the file, for what is missing, damaged or anything
    else; InputError for arrays that do not fit.
    """
    place = Path(path)
    name = display_path(place)
    if not os.path.isdir(place):
        return _from_npz(place, name)
    arrays = idx_files(place)
    if arrays is not None:
        return _from_arrays(name, *arrays)
    return _from_folders(place, name)


def _from_folders(place: Path, name: str) -> DataSet:
    folders = sorted(
        entry for entry in place.iterdir() if entry.is_dir() and not entry.name.startswith(".")
    )
    if len(folders) < 2:
        raise ReadError(
            f"{name}: needs a folder of pictures for each of two classes or more, it has"
            f" {len(folders)}"
        )
    images: list[Pictures] = []
    labels: list[int] = []
    tested: list[bool] = []
    for label, folder in enumerate(folders):
        files = sorted(f for f in folder.iterdir() if f.suffix.lower() in _ENDINGS)
        if len(files) < 2:
            raise ReadError(
                f"{display_path(folder)}: a class needs at least two pictures, it has {len(files)}"
            )
        for number, file in enumerate(files):
            if (len(images) + 1) * SIDE * SIDE * 3 > _MOST_BYTES:
                raise ReadError(f"{name}: more pictures than fit into {_MOST_BYTES} bytes")
            images.append(_small(read_image(file)))
            labels.append(label)
            tested.append(number % _TESTED == 1)
    return _split(
        name,
        np.stack(images),
        np.array(labels, np.int64),
        tested=np.array(tested),
        classes=tuple(folder.name for folder in folders),
        about=f"cut square, {SIDE}×{SIDE}; every fifth of a class to test with",
    )


def _small(picture: Picture) -> Pictures:
    pixels = np.asarray(picture.pixels)
    pixels = np.clip(pixels.astype(np.float32) / picture.full_scale, 0, 1)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., np.newaxis], 3, axis=2)
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = pixels[top : top + side, left : left + side]
    shrinks = cv2.INTER_AREA if side > SIDE else cv2.INTER_LINEAR
    small = cv2.resize(square, (SIDE, SIDE), interpolation=shrinks)
    return np.asarray(np.rint(255 * small), np.uint8)


def _from_npz(place: Path, name: str) -> DataSet:
    with model_errors(place), open_regular(place) as source:
        if source.take(0, min(4, source.size)) != b"PK\3\4":
            raise InputError("is no .npz, no folder, and none of leaves, fashion-mnist, photos")
        archive = open_zip(source)
        there = {member.removesuffix(".npy") for member in archive.namelist()}
        if not there >= set(_ARRAYS[:2]):
            raise InputError(f"must hold {', '.join(_ARRAYS)}: it holds {listed(sorted(there))}")
        wanted = _ARRAYS if there >= set(_ARRAYS) else _ARRAYS[:2]
        arrays = [array_in(archive, member, _LARGEST_ARRAY) for member in wanted]
        return _from_arrays(name, *arrays)


def _from_arrays(name: str, images: Array, labels: Array, *test: Array) -> DataSet:
    """The set of these arrays, in an order of its own: others' files are often sorted by class."""
    images, labels = _as_pictures(images), _as_labels(labels)
    if len(images) != len(labels):
        raise InputError(f"{name}: {len(images)} pictures have {len(labels)} labels")
    if len(images) < 2:
        raise InputError(f"{name}: at least two pictures are needed, got {len(images)}")
    count = 1 + max(int(part.max()) for part in (labels, *test[1:]) if part.size)
    classes = tuple(map(str, range(max(2, count))))
    if not test:
        tested = np.arange(len(images)) % _TESTED == 1
        return _split(
            name, images, labels,
            tested=tested, classes=classes, about="every fifth to test with",
        )  # fmt: skip
    order = _order(len(images))
    return DataSet(
        name, _task(classes), images[order], labels[order], _as_pictures(test[0]),
        _as_labels(test[1]), classes, "its own split",
    )  # fmt: skip


def _split(
    name: str,
    images: Pictures,
    labels: Array,
    *,
    tested: Array,
    classes: tuple[str, ...],
    about: str,
) -> DataSet:
    kept = np.flatnonzero(~tested)
    kept = kept[_order(len(kept))]
    return DataSet(
        name, _task(classes), images[kept], labels[kept], images[tested], labels[tested],
        classes, about,
    )  # fmt: skip


def _task(classes: tuple[str, ...]) -> str:
    return f"which of {len(classes)} classes"


def _order(many: int) -> Array:
    return np.random.Generator(np.random.PCG64(5)).permutation(many)


def _as_pictures(images: Array) -> Pictures:
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.ndim != 4 or images.dtype != np.uint8 or 0 in images.shape:
        raise InputError(
            "pictures must be (n, height, width) or (n, height, width, 1 or 3) in uint8,"
            f" got {images.shape} in {images.dtype}"
        )
    return images


def _as_labels(labels: Array) -> Array:
    flat = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if flat.ndim != 1 or flat.dtype.kind not in "iu":
        raise InputError(f"labels must be whole numbers (n,), got {labels.shape} in {labels.dtype}")
    return flat.astype(np.int64)
