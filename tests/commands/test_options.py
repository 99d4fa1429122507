"""The kinds of words on a command line: Click may convert what was converted before."""

from __future__ import annotations

import pytest

from filt.cli import main
from filt.commands.options import FilterName, PixelPlace

(SEEDS,) = (one.type for one in main.get_command(None, "train").params if one.name == "seeds")


@pytest.mark.parametrize(
    ("kind", "text"),
    [(FilterName(), "gaussian-blur:sigma=2+sobel"), (PixelPlace(), "3,4"), (SEEDS, "0,7")],
)
def test_converting_twice_changes_nothing(kind, text):
    once = kind.convert(text, None, None)
    assert kind.convert(once, None, None) == once


def test_what_they_become():
    assert FilterName().convert("sobel", None, None).name == "sobel"
    assert PixelPlace().convert("-3,4", None, None) == (-3, 4)
    assert SEEDS.convert("0,7", None, None) == (0, 7)
