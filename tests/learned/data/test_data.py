"""Data sets: where they are looked for, what is checked, and files that lie about themselves."""

from __future__ import annotations

import gzip
import hashlib
import struct
import sys

import cv2
import numpy as np
import pytest

from filt.filters.errors import FiltError, InputError, ModelError, ReadError
from filt.learned.data import fashion
from filt.learned.data.data_set import DataSet, recoloured
from filt.learned.data.idx import read_idx
from filt.learned.data.leaves import leaves
from filt.learned.data.loading import NAMES, load_data, load_leaves
from filt.learned.data.own_data import load_own
from filt.learned.data.photos import load_photos

needs_fashion = pytest.mark.skipif(
    not all((fashion.DEBIAN / f"{name}.gz").is_file() for name in fashion.FILES),
    reason="Debian's package dataset-fashion-mnist is not installed",
)


def idx_bytes(array, kind=8, shape=None):
    shape = array.shape if shape is None else shape
    header = bytes([0, 0, kind, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
    return header + array.tobytes()


def small_idx_set(folder, packed=True):
    """Four files as MNIST's, 6 + 4 pictures of 3×5 of two classes; gives their arrays."""
    random = np.random.default_rng(3)
    arrays = [
        random.integers(0, 256, (6, 3, 5), np.uint8), np.array([0, 1, 1, 0, 1, 0], np.uint8),
        random.integers(0, 256, (4, 3, 5), np.uint8), np.array([1, 1, 0, 0], np.uint8),
    ]  # fmt: skip
    for name, array in zip(fashion.FILES, arrays, strict=True):
        data = idx_bytes(array)
        path = folder / (f"{name}.gz" if packed else name)
        path.write_bytes(gzip.compress(data) if packed else data)
    return arrays


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("kind", "dtype"),
    [(8, ">u1"), (9, ">i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")],
)
def test_every_kind_of_idx_file(tmp_path, kind, dtype, packed):
    array = np.arange(-6, 18).reshape(2, 3, 4).astype(dtype)
    content = idx_bytes(array, kind)
    file = tmp_path / "a"
    file.write_bytes(gzip.compress(content) if packed else content)
    read, raw = read_idx(file)
    np.testing.assert_array_equal(read, array)
    assert read.dtype.isnative
    assert raw == content


VALUES = np.arange(24, dtype=np.uint8).reshape(4, 6)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x1a\n", "not an idx file: it starts with 89504e47"),
        (b"\0\0", "not an idx file"),
        (idx_bytes(VALUES, kind=7), "not an idx file"),
        (idx_bytes(VALUES, shape=()), "1 to 8 axes is read, got 0"),
        (bytes([0, 0, 8, 200]) + bytes(900), "1 to 8 axes is read, got 200"),
        (idx_bytes(VALUES)[:9], "truncated"),
        (idx_bytes(VALUES)[:-1], "its header says 24 bytes, it holds 23"),
        (idx_bytes(VALUES) + b"x", "its header says 24 bytes, it holds more"),
        (idx_bytes(VALUES, shape=(2**31, 2**31)), "more than the limit"),
        (idx_bytes(VALUES, shape=(2**28 + 1,)), "268435457 bytes are more than the limit"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_idx_files_that_lie_are_refused(tmp_path, content, said, packed):
    file = tmp_path / "a"
    file.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(ReadError, match=f"^{file}: .*{said}"):
        read_idx(file)


@pytest.mark.parametrize("cut", [3, 12, 30])
def test_a_damaged_gzip_is_refused(tmp_path, cut):
    file = tmp_path / "a.gz"
    file.write_bytes(gzip.compress(idx_bytes(VALUES))[:cut])
    with pytest.raises(ReadError, match="truncated or corrupt"):
        read_idx(file)


def test_a_gzip_bomb_is_not_unpacked(tmp_path):
    """200 MB of zeros behind a header that asks for ten: the rest is never read."""
    file = tmp_path / "bomb.gz"
    with gzip.open(file, "wb", compresslevel=1) as packed:
        packed.write(idx_bytes(np.zeros(10, np.uint8)))
        for _ in range(200):
            packed.write(bytes(1 << 20))
    with pytest.raises(ReadError, match="its header says 10 bytes, it holds more"):
        read_idx(file)


def test_data_sets_must_fit_together():
    images = np.zeros((4, 2, 2, 1), np.uint8)
    labels = np.array([0, 1, 0, 1])
    with pytest.raises(InputError, match="train labels must be 0 to 1, got 0 to 2"):
        DataSet("a", "b", images, labels + np.array([0, 0, 0, 1]), images, labels, ("x", "y"))
    with pytest.raises(InputError, match=r"train labels must be \(4,\), got \(3,\)"):
        DataSet("a", "b", images, labels[:3], images, labels, ("x", "y"))
    with pytest.raises(InputError, match=r"test labels must be \(4, 2, 2\), got \(4,\)"):
        DataSet("a", "b", images, images[..., 0] > 0, images, labels)
    with pytest.raises(InputError, match="in float64"):
        DataSet("a", "b", images / 1, labels, images, labels, ("x", "y"))
    with pytest.raises(InputError, match="pictures must be of one shape"):
        DataSet("a", "b", images, labels, images[:, :1], labels, ("x", "y"))


def test_limit_hash_and_colour():
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (6, 4, 5, 3), np.uint8)
    labels = np.array([0, 1, 0, 1, 1, 0])
    data = DataSet("a", "b", images, labels, images[:2], labels[:2], ("x", "y"))
    joined = images.tobytes() + labels.tobytes() + images[:2].tobytes() + labels[:2].tobytes()
    assert data.sha256 == hashlib.sha256(joined).hexdigest()
    few = data.limited(4)
    assert (len(few.train_images), len(few.train_labels), len(few.test_images)) == (4, 4, 2)
    assert data.limited(None) is data
    with pytest.raises(InputError, match="limit must be 1 or more, got 0"):
        data.limited(0)
    grey = data.with_channels(1)
    expected = images @ np.array([0.299, 0.587, 0.114])
    assert np.abs(grey.train_images[..., 0] - expected).max() <= 0.51
    assert grey.shape == (4, 5, 1)
    np.testing.assert_array_equal(
        recoloured(grey.test_images, 3), np.repeat(grey.test_images, 3, axis=3)
    )


def test_leaves_are_the_generator_s():
    data = load_leaves(3, 2, size=24, channels=3)
    np.testing.assert_array_equal(data.train_images[2], leaves((103, 2), 24)[0])
    np.testing.assert_array_equal(data.train_labels[2], leaves((103, 2), 24)[1])
    np.testing.assert_array_equal(data.test_images[1], leaves((1103, 1), 24)[0])
    told = []
    grey = load_data("leaves", limit=2, report=lambda *done: told.append(done))
    assert grey.train_images.shape == (2, 96, 96, 1)
    expected = leaves((103, 1))[0] @ np.array([0.299, 0.587, 0.114])
    assert np.abs(grey.train_images[1, ..., 0] - expected).max() <= 0.51
    assert told == [(50, 102), (100, 102), (102, 102)]


@needs_fashion
def test_fashion_mnist_is_what_it_should_be():
    data = load_data("fashion-mnist", limit=100)
    assert data.train_images.shape == (100, 28, 28, 1)
    assert data.test_images.shape == (10_000, 28, 28, 1)
    assert data.classes[9] == "ankle boot"
    # What every tutorial begins with: the first picture is an ankle boot.
    assert data.train_labels[:5].tolist() == [9, 0, 0, 3, 0]
    assert np.bincount(data.test_labels).tolist() == [1000] * 10


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """Fashion-MNIST is neither in Keras's cache, which is empty, nor where Debian puts it."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(fashion, "DEBIAN", tmp_path / "debian")
    return tmp_path


@pytest.fixture
def small_fashion(monkeypatch):
    """Takes the small set's bytes for Fashion-MNIST's."""

    def known(arrays):
        hashes = {
            name: hashlib.sha256(idx_bytes(array)).hexdigest()
            for name, array in zip(fashion.FILES, arrays, strict=True)
        }
        monkeypatch.setattr(fashion, "FILES", hashes)

    return known


def no_download():
    raise AssertionError("the network was asked")


def test_look_up_order(nowhere, small_fashion, monkeypatch):
    """--data-dir, Keras's cache, Debian's path, Keras's download: the first that has it."""
    asked = []
    places = {
        "own": nowhere / "own",
        "cache": nowhere / "keras" / "datasets" / "fashion-mnist",
        "debian": nowhere / "debian",
    }
    for place in places.values():
        place.mkdir(parents=True)
    arrays = small_idx_set(places["own"])
    small_fashion(arrays)
    read = fashion.read_idx
    monkeypatch.setattr(fashion, "_download", no_download)
    monkeypatch.setattr(fashion, "read_idx", lambda path: asked.append(path.parent) or read(path))

    small_idx_set(places["debian"], packed=False)
    loaded = load_data("fashion-mnist")
    np.testing.assert_array_equal(loaded.train_images[..., 0], arrays[0])
    np.testing.assert_array_equal(loaded.test_labels, arrays[3])
    assert set(asked) == {places["debian"]}
    asked.clear()
    small_idx_set(places["cache"])
    load_data("fashion-mnist")
    assert set(asked) == {places["cache"]}
    asked.clear()
    load_data("fashion-mnist", folder=places["own"])
    assert set(asked) == {places["own"]}


def test_half_a_download_is_passed_over(nowhere, small_fashion):
    (cache := nowhere / "keras" / "datasets" / "fashion-mnist").mkdir(parents=True)
    (debian := nowhere / "debian").mkdir()
    small_fashion(small_idx_set(debian))
    (cache / "train-images-idx3-ubyte.gz").write_bytes(b"half")
    assert len(load_data("fashion-mnist").train_images) == 6


def test_other_bytes_are_not_fashion_mnist(nowhere):
    small_idx_set(nowhere)
    with pytest.raises(ReadError, match=r"train-images.*its bytes are not Fashion-MNIST's"):
        load_data("fashion-mnist", folder=nowhere)


def test_a_folder_without_it_says_what_is_missing(nowhere):
    with pytest.raises(ReadError, match="has no train-images-idx3-ubyte, train-labels"):
        load_data("fashion-mnist", folder=nowhere)


@pytest.mark.keras
def test_offline_one_line_names_every_way(nowhere, monkeypatch):
    keras = pytest.importorskip("keras")
    cache = nowhere / "keras" / "datasets" / "fashion-mnist"

    def fails():  # as Keras does: an empty folder, a plain Exception
        cache.mkdir(parents=True)
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.datasets.fashion_mnist, "load_data", fails)
    with pytest.raises(ReadError) as caught:
        load_data("fashion-mnist")
    said = str(caught.value)
    for way in ("network", "apt-get install dataset-fashion-mnist", str(cache), "--data-dir"):
        assert way in said
    assert "\n" not in said
    assert not cache.exists()


@pytest.mark.keras
def test_keras_downloads_last(nowhere, small_fashion, monkeypatch):
    keras = pytest.importorskip("keras")
    (kept := nowhere / "kept").mkdir()
    small_fashion(small_idx_set(kept))
    cache = nowhere / "keras" / "datasets" / "fashion-mnist"

    def downloads():
        cache.parent.mkdir(parents=True)
        kept.rename(cache)

    monkeypatch.setattr(keras.datasets.fashion_mnist, "load_data", downloads)
    assert len(load_data("fashion-mnist").test_images) == 4


@pytest.mark.parametrize("task", ["picture", "rotation"])
def test_photos(task):
    pytest.importorskip("skimage")
    data = load_photos(task, train=60, test=30)
    again = load_photos(task, train=60, test=30)
    assert data.sha256 == again.sha256
    assert data.train_images.shape == (60, 32, 32, 3)
    assert len(data.classes) == (14 if task == "picture" else 4)
    assert data.train_images.std(axis=(1, 2, 3)).min() > 5
    assert len(np.unique(data.train_labels)) > 3


def test_photos_to_train_on_and_to_test_with_share_no_pixel(monkeypatch):
    """Pictures whose left three quarters are one pattern of values, and the rest another."""
    data = pytest.importorskip("skimage.data")
    from filt.learned.data import photos

    picture = np.random.default_rng(0).integers(0, 100, (200, 400)).astype(np.uint8)
    picture[:, 300:] += 150
    for name in photos.NAMES:
        monkeypatch.setattr(data, name, lambda: picture, raising=False)
    made = load_photos("picture", train=50, test=50)
    assert made.train_images.max() < 100
    assert made.test_images.min() >= 150


def test_photos_without_their_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(FiltError, match=r"scikit-image is not installed: pip install"):
        load_photos("picture", train=10, test=10)


def test_a_photo_that_is_not_on_this_machine(monkeypatch):
    data = pytest.importorskip("skimage.data")
    from filt.learned.data import photos

    def fetched():
        raise ConnectionError("no network")

    for name in photos.NAMES:
        monkeypatch.setattr(data, name, fetched, raising=False)
    with pytest.raises(ReadError, match=r"has no picture [a-z_]+ without a network"):
        load_photos("picture", train=10, test=10)


def class_folders(place, count=6):
    """Two classes of grey or RGB pictures of several sizes: dark ones and bright ones."""
    for name, level in (("bright", 200), ("dark", 40)):
        (place / name).mkdir(parents=True)
        for number in range(count):
            shape = (20 + 9 * number, 50, 3) if number % 2 else (20 + 9 * number, 50)
            cv2.imwrite(str(place / name / f"{number}.png"), np.full(shape, level, np.uint8))
    (place / "bright" / "read me.txt").write_text("not a picture")


def test_class_folders(tmp_path):
    class_folders(tmp_path)
    data = load_own(tmp_path)
    assert data.classes == ("bright", "dark")
    assert data.train_images.shape == (10, 32, 32, 3)
    assert data.test_labels.tolist() == [0, 1]
    for images, labels in (
        (data.train_images, data.train_labels), (data.test_images, data.test_labels),
    ):  # fmt: skip
        for image, label in zip(images, labels, strict=True):
            assert (image == (200, 40)[label]).all()


def test_a_picture_is_cut_square_around_its_centre(tmp_path):
    class_folders(tmp_path)
    wide = np.zeros((64, 192), np.uint8)
    wide[:, 64:128] = 100
    cv2.imwrite(str(tmp_path / "dark" / "1.png"), wide)
    assert (load_own(tmp_path).test_images[1] == 100).all()


def test_folders_that_are_no_data(tmp_path):
    with pytest.raises(ReadError, match="two classes or more, it has 0"):
        load_own(tmp_path)
    class_folders(tmp_path, count=1)
    with pytest.raises(ReadError, match="bright: a class needs at least two pictures, it has 1"):
        load_own(tmp_path)
    (tmp_path / "bright" / "1.png").write_bytes(b"no picture")
    with pytest.raises(ReadError, match=r"1\.png"):
        load_own(tmp_path)


def test_more_pictures_than_there_may_be(tmp_path, monkeypatch):
    class_folders(tmp_path)
    monkeypatch.setattr("filt.learned.data.own_data._MOST_BYTES", 12 * 32 * 32 * 3)
    assert len(load_own(tmp_path).train_images) == 10
    class_folders(tmp_path / "more", count=7)
    with pytest.raises(ReadError, match="more: more pictures than fit into 36864 bytes"):
        load_own(tmp_path / "more")


def test_colours_of_one_s_own(tmp_path):
    images = np.random.default_rng(2).integers(0, 256, (5, 4, 4, 3), np.uint8)
    np.savez(tmp_path / "a.npz", x_train=images, y_train=np.arange(5) % 2)
    data = load_own(tmp_path / "a.npz")
    np.testing.assert_array_equal(data.test_images[0], images[1])


def test_a_folder_of_idx_files_of_one_s_own(tmp_path):
    arrays = small_idx_set(tmp_path)
    data = load_data(tmp_path)
    np.testing.assert_array_equal(data.test_images[..., 0], arrays[2])
    pairs = {(image.tobytes(), int(label)) for image, label in zip(*arrays[:2], strict=True)}
    given = zip(data.train_images, data.train_labels, strict=True)
    assert {(image.tobytes(), int(label)) for image, label in given} == pairs


def test_arrays_in_an_npz(tmp_path):
    random = np.random.default_rng(1)
    images = random.integers(0, 256, (10, 4, 4), np.uint8)
    labels = np.arange(10) % 3
    np.savez(tmp_path / "two.npz", x_train=images, y_train=labels)
    data = load_own(tmp_path / "two.npz")
    assert (len(data.train_images), len(data.test_images)) == (8, 2)
    np.testing.assert_array_equal(data.test_images[..., 0], images[[1, 6]])
    np.savez_compressed(
        tmp_path / "four.npz", x_train=images, y_train=labels[:, np.newaxis],
        x_test=images[:3], y_test=labels[:3],
    )  # fmt: skip
    data = load_own(tmp_path / "four.npz")
    assert (len(data.train_images), len(data.test_images), data.classes) == (10, 3, tuple("012"))


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"x": np.zeros(3)}, "must hold x_train, y_train"),
        ({"x_train": np.zeros((4, 2, 2)), "y_train": np.zeros(4, int)}, "in uint8"),
        ({"x_train": np.zeros((4, 2, 2), np.uint8), "y_train": np.zeros(4)}, "whole numbers"),
        ({"x_train": np.zeros((4, 2, 2), np.uint8), "y_train": np.zeros(3, int)}, "3 labels"),
        ({"x_train": np.zeros((4, 2, 2), np.uint8), "y_train": np.full(4, -1)}, "must be 0 to 1"),
        ({"x_train": np.zeros((1, 2, 2), np.uint8), "y_train": np.zeros(1, int)}, "two pictures"),
    ],
)
def test_arrays_that_are_no_data(tmp_path, arrays, said):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError, match=f"a.npz: .*{said}"):
        load_own(tmp_path / "a.npz")


def test_pickles_are_not_opened(tmp_path):
    objects = np.array([{"a": 1}], dtype=object)
    np.savez(tmp_path / "a.npz", x_train=objects, y_train=objects)
    with pytest.raises((ModelError, ReadError), match=r"a\.npz"):
        load_own(tmp_path / "a.npz")


def test_what_is_neither(tmp_path):
    (tmp_path / "a.txt").write_text("text")
    with pytest.raises(InputError, match="none of leaves, fashion-mnist, photos"):
        load_own(tmp_path / "a.txt")
    with pytest.raises(ReadError, match="no such file"):
        load_own(tmp_path / "none")


@pytest.mark.parametrize(
    ("data", "options", "said"),
    [
        ("leaves", {"folder": "x"}, "for fashion-mnist alone"),
        ("leaves", {"task": "picture"}, "for photos alone"),
        ("photos", {"task": "colour"}, "task must be one of picture, rotation"),
        ("leaves", {"limit": 0}, "limit must be 1 or more"),
        ("leaves", {"channels": 2}, "channels must be 1"),
    ],
)
def test_options_that_do_not_fit(data, options, said):
    with pytest.raises(InputError, match=said):
        load_data(data, **options)


def test_every_name_is_a_name_of_the_command_line():
    assert NAMES == ("leaves", "fashion-mnist", "photos")
    assert issubclass(ReadError, FiltError)
