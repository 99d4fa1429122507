"""The rows: their names, their pictures, and how results are compared."""

from __future__ import annotations

import numpy as np
import pytest

from bench.agreement import close, edges_alike, not_compared, polar
from bench.pictures import COLOURS, DTYPES, SIZES, Kind, made, made_of
from bench.row import Peer, Row


def row(**kept: str) -> Row:
    return Row("work", lambda _picture: lambda: 1, (Peer("other", lambda _p: lambda: 2),), **kept)


def test_a_row_keeps_its_own_picture() -> None:
    chosen = Kind("1", "float32", "rgb")
    assert row().kind(chosen) == chosen
    assert row(dtype="uint8").kind(chosen) == Kind("1", "uint8", "rgb")
    assert row(size="0.15", colour="grey").kind(chosen) == Kind("0.15", "float32", "grey")


def test_the_ways_of_a_row_go_by_name() -> None:
    assert row().way("filt")(np.zeros(1))() == 1
    assert row().way("other")(np.zeros(1))() == 2


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("colour", COLOURS)
def test_pictures_are_what_they_are_said_to_be(dtype: str, colour: str) -> None:
    kind = Kind("0.15", dtype, colour)
    picture = made(kind)
    white = 255 if dtype == "uint8" else 1
    assert (picture.shape, picture.dtype.name) == (kind.shape, dtype)
    assert picture.min() >= 0
    assert 0.9 * white < picture.max() <= white
    assert np.array_equal(picture, made(kind))
    for turned in (picture[::-1], picture[:, ::-1]):
        assert np.abs(turned.astype(float) - picture).mean() > 0.05 * white


def test_sizes_are_the_megapixels_that_they_are_called() -> None:
    for name, (height, width) in SIZES.items():
        assert height * width / 1e6 == pytest.approx(float(name), rel=0.04)


def test_colours_differ() -> None:
    picture = made_of((60, 80, 3))
    assert not np.allclose(picture[..., 0], picture[..., 1], atol=0.1)


def test_close_sees_the_inside_alone() -> None:
    ours, others = np.ones((9, 9)), np.ones((9, 9))
    others[0, 0] = 5
    assert close(1e-6, 1)(ours, others).agrees
    assert not close(1e-6, 0)(ours, others).agrees
    others[4, 4] = 1.5
    assert close(0.4, 1)(ours, others).agrees
    found = close(0.3, 1)(ours, others)
    assert (found.agrees, found.said) == (False, "differ by 3e-01")
    assert not close(1.0)(ours, np.ones((9, 8))).agrees


def test_close_does_not_pass_what_is_not_a_number() -> None:
    ours = np.ones((5, 5))
    assert not close(1e-3)(ours, np.full((5, 5), np.nan)).agrees
    assert not close(1e-3)(np.full((5, 5), np.nan), ours).agrees


def test_directions_are_the_same_by_whole_turns() -> None:
    length = np.array([[2.0, 0.0]])
    assert polar(1e-6, 0)(
        (length, np.array([[-90.0, 0]])), (length, np.array([[270.0, 77]]))
    ).agrees
    assert not polar(1e-2, 0)((length, length * 0), (length, length * 0 + 5)).agrees


def test_edges_may_be_a_pixel_apart() -> None:
    edges = np.zeros((20, 20), bool)
    edges[:, 8] = True
    assert edges_alike(0.99, 2)(edges, np.roll(edges, 1, 1)).agrees
    assert not edges_alike(0.5, 2)(edges, np.roll(edges, 2, 1)).agrees


def test_what_is_not_compared_says_why() -> None:
    assert not_compared("another method")(1, 2).agrees is None
