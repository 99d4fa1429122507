from __future__ import annotations

import json
import os

import numpy as np
import pytest

from filt.filters.errors import FiltError, InputError, ReadError
from filt.filters.files.taps import parse_taps, read_taps

TAPS = [[0.5, -1.25, 2.0], [3.0, 0.0, -4e-3]]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("k.json", json.dumps(TAPS)),
        ("k.JSON", "\n [[0.5, -1.25, 2], [3, 0, -4e-3]] \n"),
        ("k.txt", "0.5 -1.25 2\n3 0 -4e-3\n"),
        ("k.txt", "0.5,-1.25,2\r\n3,0,-4e-3"),
        ("k.txt", "# my own\n0.5, -1.25,\t2  # first\n\n  3 0 -0.004\n"),
    ],
)
def test_text_and_json(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content, newline="")
    kernel = read_taps(path)
    np.testing.assert_array_equal(kernel.taps, TAPS)
    assert kernel.name == f"taps:{path}"
    assert read_taps(str(path)) == kernel


def test_a_single_row_and_a_single_column(tmp_path):
    (tmp_path / "row.txt").write_text("1 0 -1")
    (tmp_path / "column.txt").write_text("1\n0\n-1\n")
    assert read_taps(tmp_path / "row.txt").shape == (1, 3)
    assert read_taps(tmp_path / "column.txt").shape == (3, 1)


@pytest.mark.parametrize("dtype", ["<f8", ">f4", "<i2", ">i8", "?", "<f2"])
def test_npy_of_any_real_dtype(tmp_path, dtype):
    taps = np.array([[1, 0, 1], [0, 1, 1]], dtype)
    np.save(tmp_path / "k.npy", taps)
    np.testing.assert_array_equal(read_taps(tmp_path / "k.npy").taps, taps.astype(float))


def test_npy_in_fortran_order_and_over_channels(tmp_path):
    taps = np.arange(24.0).reshape(2, 3, 4)
    np.save(tmp_path / "k.npy", np.asfortranarray(taps))
    np.testing.assert_array_equal(read_taps(tmp_path / "k.npy").taps, taps)


def test_the_taps_are_those_of_a_correlation(tmp_path):
    (tmp_path / "k.txt").write_text("1 2\n3 4\n")
    kernel = read_taps(tmp_path / "k.txt")
    from filt import correlate

    assert correlate([[1, 10], [100, 1000]], kernel, mode="valid").item() == 4321


def test_written_out():
    assert parse_taps("[[1,0,-1]]").taps.tolist() == [[1, 0, -1]]
    kernel = parse_taps("[[1, 2e1],\n [-3, 0.5]]")
    assert kernel.taps.tolist() == [[1, 20], [-3, 0.5]]
    assert kernel.name == "taps:[[1,2e1],[-3,0.5]]"


@pytest.mark.parametrize(
    "text",
    ["", "1", "[1,2]", "[]", "[[]]", "[[1,2],[3]]", "[[1", "[[a]]", '[["1a"]]', "[[null]]", "{}",
     "[[NaN]]", "[[Infinity]]", "[[1e999]]", "[[[[1]]]]", "[" * 100_000, f"[[1{'0' * 400}]]",
     f"[[{'1' * 5000}]]"],
)  # fmt: skip
def test_what_is_no_kernel_is_refused(text):
    with pytest.raises(InputError) as caught:
        parse_taps(text)
    assert len(str(caught.value)) < 300, "the message repeats the whole input"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("k.txt", b"1 2\n3\n", "not rows of numbers"),
        ("k.txt", b"one two", "not rows of numbers"),
        ("k.txt", b"\xff\xfe1\x00", "not rows of numbers"),
        ("k.txt", b"# nothing\n", "taps"),
        ("k.txt", b" \n\n", "taps"),
        ("k.txt", b"", "is empty"),
        ("k.txt", b"1 inf\n", "finite"),
        ("k.txt", b"1 2j\n", "not rows of numbers"),
        ("k.json", b"", "is empty"),
        ("k.json", b"[[1,2]", "not JSON"),
        ("k.json", b"\xff\xfe", "not JSON"),
        ("k.json", b"[" * 200_000, "not JSON"),
        ("k.json", b"[[1" + b"0" * 400 + b"]]", ""),
        ("k.json", b"[]", "taps"),
        ("k.json", b"7", "taps"),
        ("k.json", b"[[[[1]]]]", "taps"),
        ("k.json", b"[[NaN, 1]]", "finite"),
        ("k.npy", b"\x93NUMPY", "truncated or corrupt"),
        ("k.npy", b"hello", "truncated or corrupt"),
        ("k.csv", b"1,2\n", ".npy, .json, .txt"),
        ("k", b"1 2\n", ".npy, .json, .txt"),
    ],
)
def test_a_file_that_holds_no_kernel_says_why_and_names_itself(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises((InputError, ReadError)) as caught:
        read_taps(tmp_path / name)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / name}: ")
    assert says in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "array",
    [
        np.array([["a"]]),
        np.array([[1j]]),
        np.array([[{}]], object),
        np.array([[np.nan]]),
        np.zeros((0, 3)),
        np.array(3.0),
        np.zeros((2, 2, 2, 2)),
    ],
    ids=lambda array: f"{array.dtype} {array.shape}",
)
def test_an_array_that_is_no_kernel_is_refused(tmp_path, array):
    np.save(tmp_path / "k.npy", array, allow_pickle=True)
    with pytest.raises(FiltError) as caught:
        read_taps(tmp_path / "k.npy")
    assert str(caught.value).startswith(f"{tmp_path / 'k.npy'}: ")


def test_what_is_no_file(tmp_path):
    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(ReadError, match="is a directory"):
        read_taps(tmp_path / "folder.txt")
    with pytest.raises(ReadError, match="no such file"):
        read_taps(tmp_path / "nothing.npy")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.txt")
        with pytest.raises(ReadError, match="FIFO"):
            read_taps(tmp_path / "pipe.txt")


def test_a_file_too_large_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "k.txt"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(ReadError, match="limit"):
        read_taps(path)
