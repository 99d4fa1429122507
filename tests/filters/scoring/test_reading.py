"""Soft maps and truths from files: what is read, and what is refused in one line."""

from __future__ import annotations

import random
import re
import struct
import zlib
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from filt.filters.errors import ReadError
from filt.filters.scoring import mat_files
from filt.filters.scoring.reading import Readings, read_soft_map, read_truth

FIRST = np.eye(6, 9, dtype=np.uint8)
SECOND = np.eye(6, 9, 3, dtype=np.uint8)


def save_truth(path, boundaries, **options):
    cells = np.empty((1, len(boundaries)), object)
    for index, one in enumerate(boundaries):
        cells[0, index] = {"Segmentation": np.ones(one.shape, np.uint16), "Boundaries": one}
    savemat(path, {"groundTruth": cells}, **options)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, bool, float])
def test_a_truth_of_bsds(tmp_path, compressed, dtype):
    path = tmp_path / "a.mat"
    save_truth(path, [FIRST.astype(dtype), SECOND.astype(dtype)], do_compression=compressed)
    first, second = read_truth([path])
    assert first.dtype == bool
    np.testing.assert_array_equal(first, FIRST)
    np.testing.assert_array_equal(second, SECOND)


@pytest.mark.parametrize("white", [1, 255])
@pytest.mark.parametrize("ending", [".png", ".tif", ".bmp", ".pgm", ".npy"])
def test_truths_in_pictures(tmp_path, ending, white):
    paths = [tmp_path / f"a-{number}{ending}" for number in (1, 2)]
    for path, one in zip(paths, (FIRST, SECOND), strict=True):
        if ending == ".npy":
            np.save(path, one * white)
        else:
            assert cv2.imwrite(str(path), one * white)
    for mask, one in zip(read_truth(paths), (FIRST, SECOND), strict=True):
        np.testing.assert_array_equal(mask, one)


@pytest.mark.parametrize(
    ("name", "pixels", "soft"),
    [
        ("a.png", np.array([[0, 51, 255]], np.uint8), [[0, 0.2, 1]]),
        ("a.png", np.array([[0, 13107, 65535]], np.uint16), [[0, 0.2, 1]]),
        ("a.tif", np.array([[0, 13107, 65535]], np.uint16), [[0, 0.2, 1]]),
        ("a.tif", np.array([[0, 0.2, 1]], np.float32), [[0, 0.2, 1]]),
        ("a.npy", np.array([[0, 0.2, 1]]), [[0, 0.2, 1]]),
        ("a.npy", np.array([[False, True]]), [[0, 1]]),
        ("a.png", np.array([[[51] * 3, [255] * 3]], np.uint8), [[0.2, 1]]),
    ],
)
def test_soft_maps(tmp_path, name, pixels, soft):
    path = tmp_path / name
    if path.suffix == ".npy":
        np.save(path, pixels)
    else:
        assert cv2.imwrite(str(path), pixels)
    found = read_soft_map(path)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.array(soft, np.float32))


def test_readings_are_read_anew(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((2, 2)))
    readings = Readings((path, path), read_soft_map)
    assert len(readings) == 2
    assert [soft.max() for soft in readings] == [0, 0]
    np.save(path, np.ones((2, 2)))
    assert [soft.max() for soft in readings] == [1, 1]


def says(path, read, words):
    with pytest.raises(ReadError) as caught:
        read()
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert not message.endswith(".")
    assert re.search(words, message)


COLOURS = np.zeros((3, 3, 3), np.uint8)
COLOURS[1, 1] = (0, 0, 255)
CLEAR = np.zeros((3, 3, 4), np.uint8)


@pytest.mark.parametrize(
    ("name", "pixels", "words"),
    [
        ("a.png", COLOURS, "a soft map is grey, this picture has colours"),
        ("a.png", CLEAR, "a soft map has no transparency"),
        ("a.npy", np.array([[0, 37.5]]), "a soft map is from 0 to 1, got 37.5"),
        ("a.npy", np.array([[-0.5, 1]]), "a soft map is from 0 to 1, got -0.5"),
        ("a.npy", np.array([[np.nan, 1]]), "a soft map is from 0 to 1, got nan"),
        ("a.npy", np.zeros((2, 3, 5)), "shape"),
        ("a.npy", np.array([[None]]), "dtype object"),
    ],
)
def test_no_soft_maps(tmp_path, name, pixels, words):
    path = tmp_path / name
    if path.suffix == ".npy":
        np.save(path, pixels)
    else:
        assert cv2.imwrite(str(path), pixels)
    says(path, lambda: read_soft_map(path), words)


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (np.arange(9, dtype=np.uint8).reshape(3, 3), "is no truth: .* got 9 levels from 0 to 8"),
        (np.array([[1, 2]], np.uint8), "is no truth: .* got 2 levels from 1 to 2"),
        (255 - 255 * FIRST, "is no truth: 89% of its pixels are boundary"),
        (COLOURS, "a truth is grey, this picture has colours"),
    ],
)
def test_pictures_that_are_no_truth(tmp_path, pixels, words):
    path = tmp_path / "a.png"
    assert cv2.imwrite(str(path), pixels)
    says(path, lambda: read_truth([path]), words)


def cell(value):
    cells = np.empty((1, 1), object)
    cells[0, 0] = value
    return cells


@pytest.mark.parametrize(
    "variables",
    [
        {"boundaries": FIRST},
        {"groundTruth": FIRST},
        {"groundTruth": cell(FIRST)},
        {"groundTruth": cell({"Segmentation": FIRST})},
        {"groundTruth": cell({"Boundaries": "a text"})},
        {"groundTruth": cell({"Boundaries": np.zeros((0, 0))})},
        {"groundTruth": cell({"Boundaries": np.zeros((2, 3, 4))})},
        {"groundTruth": cell({"Boundaries": FIRST + 1j})},
        {"groundTruth": np.empty((0, 0), object)},
    ],
)
def test_mat_files_that_are_no_truth(tmp_path, variables):
    path = tmp_path / "a.mat"
    savemat(path, variables)
    says(path, lambda: read_truth([path]), "is no truth: a cell array groundTruth with Boundaries")


def test_a_mat_file_of_levels_is_no_truth(tmp_path):
    path = tmp_path / "a.mat"
    save_truth(path, [np.arange(54).reshape(6, 9)])
    says(path, lambda: read_truth([path]), "is no truth: .* got 54 levels")


@pytest.mark.parametrize("compressed", [False, True])
def test_every_truncated_mat_file_is_refused(tmp_path, compressed):
    path = tmp_path / "a.mat"
    save_truth(path, [FIRST, SECOND], do_compression=compressed)
    whole = path.read_bytes()
    for length in range(1, len(whole), 7):
        path.write_bytes(whole[:length])
        says(path, lambda: read_truth([path]), "truncated or corrupt MAT|is no ")


@pytest.mark.parametrize("compressed", [False, True])
def test_damaged_mat_files_are_refused_or_read(tmp_path, compressed):
    path = tmp_path / "a.mat"
    save_truth(path, [FIRST, SECOND], do_compression=compressed)
    whole = path.read_bytes()
    chance = random.Random(4)
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            damaged[chance.randrange(len(whole))] = chance.choice([0, 1, 127, 255])
        path.write_bytes(damaged)
        with suppress(ReadError):
            assert all(mask.ndim == 2 and mask.dtype == bool for mask in read_truth([path]))


def mat(*elements):
    return (
        b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H", 0x0100) + b"IM" + b"".join(elements)
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"not a mat file", "is no MAT of version 5, 6 or 7"),
        (b"\x89HDF\r\n\x1a\n" + bytes(200), "version 7.3 is not read: save it with -v7"),
        (b"MATLAB 7.3 MAT-file".ljust(512) + b"\x89HDF\r\n\x1a\n", "version 7.3 is not read"),
        (mat(struct.pack("<II", 14, 1000)), "truncated or corrupt MAT"),
        (mat(struct.pack("<II", 15, 4), b"\0\1\2\3"), "truncated or corrupt MAT"),
        (mat(), "is no truth"),
        (b"", "is empty"),
    ],
)
def test_other_mat_files(tmp_path, data, words):
    path = tmp_path / "a.mat"
    path.write_bytes(data)
    says(path, lambda: read_truth([path]), words)


def test_a_mat_file_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    packed = zlib.compress(bytes(5_000_000))
    path = tmp_path / "a.mat"
    path.write_bytes(mat(struct.pack("<II", 15, len(packed)), packed))
    monkeypatch.setattr(mat_files, "_LARGEST_CONTENT", 4_000_000)
    says(path, lambda: read_truth([path]), "unpacks to more than the limit of 4000000 bytes")


def test_a_limit_that_is_used_up_holds_for_what_follows(tmp_path, monkeypatch):
    path = tmp_path / "a.mat"
    packed = [zlib.compress(bytes(size)) for size in (4_000, 5_000_000)]
    elements = (part for one in packed for part in (struct.pack("<II", 15, len(one)), one))
    path.write_bytes(mat(*elements))
    monkeypatch.setattr(mat_files, "_LARGEST_CONTENT", 4_000)
    says(path, lambda: read_truth([path]), "unpacks to more than the limit of 4000 bytes")


def test_what_is_not_there(tmp_path):
    for name in ("a.mat", "a.png"):
        path = tmp_path / name
        says(path, lambda path=path: read_truth([path]), "no such file or directory")


def test_a_colour_picture_is_told_from_a_folder(tmp_path):
    says(tmp_path, lambda: read_soft_map(Path(tmp_path)), "is a directory")
