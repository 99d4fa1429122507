"""The fuzzer itself: its seeds are what they say, its damage is the same twice, its bounds hold."""

from __future__ import annotations

import doctest
import importlib
import itertools
import random
import sys
import zlib

import numpy as np
import pytest

from filt.filters.errors import ReadError
from filt.filters.files.formats import FORMATS, format_of
from filt.filters.files.reading import read_image
from filt.learned.files.edge_files import load_network
from filt.learned.files.model_files import read_model
from fuzz.__main__ import NAMES, main
from fuzz.bounds import MEMORY, BoundError, bounded
from fuzz.models import models
from fuzz.mutations import cut, damaged, flipped, spliced
from fuzz.pictures import PNG_START, pictures, with_right_checksums
from fuzz.plain import fuzz_plainly, inputs
from fuzz.targets import TARGETS, Target


def test_every_target_can_be_asked_for():
    assert set(NAMES) == set(TARGETS)


@pytest.mark.parametrize("name", NAMES)
def test_seeds_are_the_same_twice_and_are_no_findings(name):
    target = TARGETS[name]
    made = target.seeds()
    for cached in (pictures, models):
        cached.cache_clear()
    assert list(target.seeds()) == list(made)
    for data in made:
        target.check(data)
        assert len(data) <= target.longest


def test_pictures_are_of_every_format_and_nearly_all_are_read(tmp_path):
    formats = {format_of(data[:16])[0] for data in pictures()}
    assert {form.name for form in FORMATS.values()} - {"PNM"} <= formats
    read = 0
    for data in pictures():
        (tmp_path / "x").write_bytes(data)
        try:
            read_image(tmp_path / "x")
        except ReadError:
            continue
        read += 1
    assert read > 0.9 * len(pictures())


def test_models_are_read(tmp_path):
    for kind, data in models().items():
        (tmp_path / "x").write_bytes(data)
        if kind == "network":
            assert len(load_network(tmp_path / "x").layers) == 2
        else:
            assert read_model(tmp_path / "x").kernels.shape[:3] == (3, 3, 1)


def test_damage_is_the_same_for_the_same_seed_and_never_empty():
    data, others = bytes(range(100)), [b"other" * 20, b"x"]
    made = [damaged(data, others, seed) for seed in range(500)]
    assert made == [damaged(data, others, seed) for seed in range(500)]
    assert all(made)
    assert len(set(made)) > 400
    for seed in range(50):
        chance = random.Random(seed)
        assert len(flipped(data, chance)) == len(data)
        assert 0 < len(cut(data, chance)) < len(data)
        assert spliced(data, others[0], chance)
        for way in (flipped, cut):
            assert way(b"x", chance)


def test_plain_fuzzing_begins_with_the_seeds_and_goes_on_the_same_way_twice():
    target = TARGETS["names"]
    first, again = (list(itertools.islice(inputs(target, 3), 300)) for _ in range(2))
    assert first == again
    assert tuple(first[: len(target.seeds())]) == target.seeds()
    assert all(len(data) <= target.longest for data in first)


def test_a_finding_is_kept(tmp_path, capsys):
    def check(data):
        if len(data) > 2:
            raise IndexError("too long")

    target = Target(check, lambda: (b"ab", b"abc", b"d"), 50)
    tried, found = fuzz_plainly(target, 5, 1, tmp_path)
    assert found == 20
    kept = {path.read_bytes() for path in tmp_path.iterdir()}
    assert b"abc" in kept
    assert all(len(data) > 2 for data in kept)
    assert tried >= found
    assert capsys.readouterr().out.count("IndexError: too long") == found


def test_memory_is_bounded():
    bounded(lambda data: np.ones(1000), b"")
    with pytest.raises(BoundError, match="bytes of memory"):
        bounded(lambda data: bytes(MEMORY + 1), b"")


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGPROF")
def test_time_is_bounded(monkeypatch):
    monkeypatch.setattr("fuzz.bounds.SECONDS", 0.05)

    def forever(data):
        while True:
            try:
                sum(range(1000))
            except Exception:  # what reads files may take any error for damage
                continue

    with pytest.raises(BoundError, match="seconds"):
        bounded(forever, b"")


@pytest.mark.parametrize(
    "module", ["bounds", "models", "mutations", "names", "pictures", "plain", "targets"]
)
def test_examples(module):
    assert doctest.testmod(importlib.import_module(f"fuzz.{module}")).failed == 0


def test_checksums_of_a_damaged_png_are_put_right(tmp_path):
    """A damaged size or palette comes past the checksums, so that what is behind them is tried."""
    good = next(data for data in pictures() if data.startswith(PNG_START))
    changed = bytearray(good)
    changed[19] ^= 1  # the width
    (tmp_path / "x").write_bytes(with_right_checksums(bytes(changed)))
    right = (tmp_path / "x").read_bytes()
    assert right[:29] == changed[:29]
    assert right[29:33] == zlib.crc32(right[12:29]).to_bytes(4, "big") != good[29:33]
    with pytest.raises(ReadError):
        read_image(tmp_path / "x")


def test_the_command(monkeypatch, tmp_path, capsys):
    words = ["fuzz", "names", "--plain", "--minutes", "0.005", "--findings", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", words)
    assert main() == 0
    assert "0 findings" in capsys.readouterr().out
    (tmp_path / "one").write_bytes(b"sobel")
    monkeypatch.setattr(sys, "argv", ["fuzz", "names", "--again", str(tmp_path / "one")])
    assert main() == 0
    assert "nothing found" in capsys.readouterr().out
