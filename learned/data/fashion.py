"""Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017): where it is looked for, and how it is checked."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

import numpy as np

from ...filters.arrays import Array
from ...filters.errors import FiltError, ReadError
from ...filters.files.disk import display_path
from ..keras_loading import load_keras
from .data_set import DataSet
from .idx import read_idx

NAME = "fashion-mnist"

CLASSES = (
    *("T-shirt/top", "trouser", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
)

FILES = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
"""The four files, and the sha256 of their decompressed bytes."""

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package dataset-fashion-mnist puts them."""

MISSING = (
    "Fashion-MNIST is not here: connect to the network once (Keras downloads 30 MB),"
    " apt-get install dataset-fashion-mnist, put its four files into {cache},"
    " or name their folder with --data-dir"
)


def load_fashion(folder: str | os.PathLike[str] | None = None) -> DataSet:
    """Fashion-MNIST: 60,000 pictures to train on and 10,000 to test with, 28×28, ten classes.

    folder: where its four idx files are, gzipped or not. None looks in Keras's cache, then where
    Debian puts them, then lets Keras download them.
    Raises ReadError for a folder without them, for bytes that are not Fashion-MNIST's, and, in
    one line that names every way to get it, where it is nowhere to be had.
    """
    if folder is not None:
        place = Path(folder)
        if not _complete(place):
            missing = ", ".join(name for name in FILES if _file(place, name) is None)
            raise ReadError(f"{display_path(place)}: has no {missing}")
        return _loaded(place)
    for place in (keras_cache(), DEBIAN):
        if _complete(place):
            return _loaded(place)
    _download()
    return _loaded(keras_cache())


def keras_cache() -> Path:
    """The folder in which Keras keeps its own copy."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "datasets" / NAME


def idx_files(folder: Path) -> tuple[Array, Array, Array, Array] | None:
    """The arrays of the four files in a folder, train first; None where one of them is missing.

    Raises ReadError for files that are there and are no idx files.
    """
    if not _complete(folder):
        return None
    arrays = [_read(folder, name)[0] for name in FILES]
    return arrays[0], arrays[1], arrays[2], arrays[3]


def _loaded(folder: Path) -> DataSet:
    arrays = []
    for name, known in FILES.items():
        array, content = _read(folder, name)
        if hashlib.sha256(content).hexdigest() != known:
            raise ReadError(f"{display_path(folder / name)}: its bytes are not Fashion-MNIST's")
        arrays.append(array)
    return DataSet(
        NAME,
        "which of ten pieces of clothing",
        arrays[0][..., np.newaxis],
        arrays[1].astype(np.int64),
        arrays[2][..., np.newaxis],
        arrays[3].astype(np.int64),
        CLASSES,
        "its own split",
    )


def _read(folder: Path, name: str) -> tuple[Array, bytes]:
    path = _file(folder, name)
    return read_idx(folder / name if path is None else path)


def _file(folder: Path, name: str) -> Path | None:
    for path in (folder / f"{name}.gz", folder / name):
        with suppress(OSError):  # a name that is too long
            if path.is_file():
                return path
    return None


def _complete(folder: Path) -> bool:
    return all(_file(folder, name) is not None for name in FILES)


def _download() -> None:
    """Let Keras fill its cache. Where it cannot, the folder that it leaves behind goes."""
    cache = keras_cache()
    text = MISSING.format(cache=display_path(cache))
    try:
        keras = load_keras()
        keras.datasets.fashion_mnist.load_data()
    except FiltError:
        raise ReadError(text) from None
    except Exception:  # Keras raises a plain Exception for whatever the network does
        with suppress(OSError):
            cache.rmdir()
        raise ReadError(text) from None
    if not _complete(cache):
        raise ReadError(text)
