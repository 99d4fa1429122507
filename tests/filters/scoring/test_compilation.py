"""Compiling: with numba, without a place to keep the code, without numba."""

from __future__ import annotations

import sys

import pytest

from filt.filters.errors import FiltError
from filt.filters.scoring.compilation import compiled

numba = pytest.importorskip("numba")

TYPES = "int64(int64)"


def double(number):
    return 2 * number


@pytest.fixture(autouse=True)
def anew():
    compiled.cache_clear()
    yield
    compiled.cache_clear()


@pytest.mark.parametrize("error", [RuntimeError("no locator available"), OSError("disk full")])
def test_code_that_cannot_be_kept_is_compiled_all_the_same(monkeypatch, error):
    njit, asked = numba.njit, []

    def nowhere(*signature, **options):
        if signature == (TYPES,):
            asked.append(options.get("cache", False))
            if asked[-1]:
                raise error
        return njit(*signature, **options)

    monkeypatch.setattr(numba, "njit", nowhere)
    assert compiled(double, TYPES)(21) == 42
    assert asked == [True, False]


def test_without_numba_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(FiltError) as caught:
        compiled(double, TYPES)
    assert str(caught.value) == 'numba is not installed: pip install "filt[score]"'
