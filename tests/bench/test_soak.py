"""The verdict of the soak: what grows is found, what only moves is not."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from bench.soak import WARM_UP, Sample, faults, floor_of, soak, watched


def samples(memory, threads=6, files=10, left=0):
    return [Sample(10.0 * n, float(m), threads, files, left) for n, m in enumerate(memory)]


def test_the_floor_is_the_least_of_each_half() -> None:
    floor = floor_of(samples([430, 412, 425, 411, 428, 417]))
    assert (floor.before, floor.after, floor.rise) == (412, 411, -1)
    assert floor.allowed == pytest.approx(4.12)


def test_memory_that_moves_and_does_not_rise_is_flat() -> None:
    rng = np.random.default_rng(0)
    steps = 408 + 17 * (rng.random(60) < 0.4)  # a buffer that is kept or given back
    assert faults(samples(steps + rng.normal(0, 0.5, 60))) == []
    assert faults(samples([*[400] * 20, *[425] * 12, *[401] * 3])) == []


def test_the_warm_up_does_not_count() -> None:
    assert faults(samples([*np.linspace(100, 398, WARM_UP), *[400] * 20])) == []
    assert len(watched(samples([400] * 60))) == 42  # 30% of them
    assert faults(samples([*[400] * 27, 100, 200, 300])) == []


@pytest.mark.parametrize("each", [0.25, 1.0])
@pytest.mark.parametrize("step", [0, 17])
def test_a_leak_is_found(each: float, step: int) -> None:
    rng = np.random.default_rng(0)
    leaking = 400 + each * np.arange(60) + step * (rng.random(60) < 0.4)
    (found,) = faults(samples(leaking + rng.normal(0, 0.3, 60)))
    assert found.startswith("memory rises from 4")


@pytest.mark.parametrize(("name", "says"), [("threads", "threads grew"), ("files", "files grew")])
def test_threads_and_files_that_stay_are_found(name: str, says: str) -> None:
    grown = [*samples([400] * 20), *samples([400] * 20, **{name: 12})]
    assert [fault.startswith(says) for fault in faults(grown)] == [True]


def test_a_temporary_file_is_found_whenever_it_was() -> None:
    assert faults([*samples([400], left=1), *samples([400] * 40)]) == [
        "1 temporary files were left"
    ]


def test_too_few_rounds_say_nothing() -> None:
    assert faults(samples([400] * 27))[0].startswith("only 19 rounds")
    assert faults(samples([400] * 28)) == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_round_leaves_nothing(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", None)
    (only,) = soak(1e-9, tmp_path)
    assert only.left == 0
    assert capsys.readouterr().out.splitlines()[1].split()[0] == "1"
