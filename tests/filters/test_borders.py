"""What lies beyond the edge: against a walk by hand, and against NumPy, SciPy and OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import pixel_beyond
from scipy import ndimage

from filt.filters.borders import ALIASES, BORDERS, border_indices, pad, resolve_border
from filt.filters.errors import InputError

# Every name that means one thing only, with what each peer calls it.
NUMPY = {
    "reflect101": "reflect",
    "symmetric": "symmetric",
    "replicate": "edge",
    "wrap": "wrap",
    "zero": "constant",
}
SCIPY = {
    "mirror": "reflect101",
    "grid-mirror": "symmetric",
    "nearest": "replicate",
    "wrap": "wrap",
    "grid-wrap": "wrap",
    "constant": "zero",
    "grid-constant": "zero",
}
OPENCV = {
    "BORDER_REFLECT_101": "reflect101",
    "BORDER_REFLECT101": "reflect101",
    "BORDER_DEFAULT": "reflect101",
    "BORDER_REPLICATE": "replicate",
    "BORDER_CONSTANT": "zero",
    "BORDER_WRAP": "wrap",
}
PICTURE = np.array([[1, 2, 3, 4], [5, 6, 7, 8], [9, 1, 5, 2]])


def test_the_vocabulary_is_the_documented_one():
    assert list(BORDERS) == ["reflect101", "symmetric", "replicate", "wrap", "zero"]


@pytest.mark.parametrize(
    ("border", "line"),
    [
        ("reflect101", "dcb|abcd|cba"),
        ("symmetric", "cba|abcd|dcb"),
        ("replicate", "aaa|abcd|ddd"),
        ("wrap", "bcd|abcd|abc"),
        ("zero", "000|abcd|000"),
    ],
)
def test_each_border_is_what_its_sketch_shows(border, line):
    letters = ["abcd"[n] if n >= 0 else "0" for n in border_indices(4, 3, 3, border)]
    assert "".join(letters) == line.replace("|", "")
    assert (
        line.replace("|", " | ").replace("", " ").split() == BORDERS[border].split(":")[0].split()
    )


@settings(max_examples=200, deadline=None)
@given(
    length=st.integers(1, 7),
    before=st.integers(0, 30),
    after=st.integers(0, 30),
    border=st.sampled_from(list(BORDERS)),
)
def test_indices_are_those_of_a_walk_from_outside(length, before, after, border):
    walked = [pixel_beyond(n, length, border) for n in range(-before, length + after)]
    expected = [-1 if n is None else n for n in walked]
    assert border_indices(length, before, after, border).tolist() == expected


@pytest.mark.parametrize("border", NUMPY)
@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (3, 4), (4, 3, 3)])
@pytest.mark.parametrize("margin", [(0, 0, 0, 1), (1, 2, 0, 3), (9, 13, 11, 7)])
def test_pad_is_numpy_pad(border, shape, margin):
    image = np.arange(1, 1 + np.prod(shape)).reshape(shape).astype(np.float32)
    top, bottom, left, right = margin
    widths = [(top, bottom), (left, right), (0, 0)][: image.ndim]
    padded = pad(image, (top, left), (bottom, right), border)
    np.testing.assert_array_equal(padded, np.pad(image, widths, mode=NUMPY[border]))
    assert padded.dtype == image.dtype


@pytest.mark.parametrize(("name", "canonical"), list(SCIPY.items()))
def test_scipy_names_mean_what_scipy_does(name, canonical):
    assert resolve_border(name) == canonical
    kernel = np.arange(35.0).reshape(5, 7)
    padded = pad(PICTURE.astype(float), (2, 3), (2, 3), name)
    rows, columns = PICTURE.shape
    ours = [
        [np.sum(padded[y : y + 5, x : x + 7] * kernel) for x in range(columns)] for y in range(rows)
    ]
    theirs = ndimage.correlate(PICTURE.astype(float), kernel, mode=name)
    np.testing.assert_allclose(ours, theirs, rtol=1e-14)


@pytest.mark.parametrize(("name", "canonical"), list(OPENCV.items()))
def test_opencv_names_mean_what_opencv_does(name, canonical):
    assert resolve_border(name) == canonical
    image = PICTURE.astype(np.float32)
    theirs = cv2.copyMakeBorder(image, 2, 1, 3, 2, getattr(cv2, name))
    np.testing.assert_array_equal(pad(image, (2, 3), (1, 2), name), theirs)


def test_numpy_edge_is_replicate():
    assert resolve_border("edge") == "replicate"


@pytest.mark.parametrize("name", list(ALIASES))
def test_every_alias_is_one_that_a_peer_uses(name):
    peers = {**SCIPY, **{key.lower(): value for key, value in OPENCV.items()}, "edge": "replicate"}
    peers["border_reflect"] = "symmetric"
    assert ALIASES[name] == peers.get(name, peers.get(f"border_{name}"))


@pytest.mark.parametrize("name", ["Reflect101", "ZERO", "Border_Wrap"])
def test_case_does_not_matter(name):
    assert resolve_border(name) == resolve_border(name.lower())


@pytest.mark.parametrize("name", ["reflect", "Reflect"])
def test_a_bare_reflect_is_an_error_that_names_both_meanings(name):
    with pytest.raises(InputError, match="ambiguous") as caught:
        resolve_border(name)
    message = str(caught.value)
    assert "reflect101" in message
    assert "symmetric" in message
    assert all(peer in message for peer in ("NumPy", "SciPy", "OpenCV"))


def test_an_unknown_border_is_told_the_known_ones():
    with pytest.raises(InputError, match=r"border must be one of .*reflect101.*got 'mirrored'"):
        resolve_border("mirrored")


@pytest.mark.parametrize("value", [None, 0, 4, b"zero"])
def test_a_border_is_a_name(value):
    with pytest.raises(TypeError, match="border must be a name"):
        resolve_border(value)


def test_padding_leaves_the_image_alone():
    image = PICTURE.copy()
    image.setflags(write=False)
    for border in BORDERS:
        pad(image, (5, 5), (5, 5), border)
    assert image.tolist() == PICTURE.tolist()
