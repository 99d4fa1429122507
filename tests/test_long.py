"""`--long` multiplies the examples of every property test; without it nothing changes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROPERTIES = """
from collections import Counter
from hypothesis import given, settings, strategies as st

calls = Counter()
small = settings(max_examples=2, deadline=None)

@small
@given(st.integers(0, 2**60))
def test_function(number):
    calls["function"] += 1

class TestOf:
    @settings(max_examples=3, deadline=None)
    @given(number=st.integers(0, 2**60))
    def test_method(self, number):
        calls["method"] += 1

def test_plain():
    calls["plain"] += 1

def test_counted():
    print("COUNTED", dict(calls))
"""


@pytest.mark.parametrize(("words", "times"), [([], 1), (["--long"], 200)])
def test_examples_are_multiplied(tmp_path, words, times):
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "test_properties.py").write_text(PROPERTIES, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", *words, "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    counted = {"function": 2 * times, "method": 3 * times, "plain": 1}
    assert f"COUNTED {counted}" in done.stdout
