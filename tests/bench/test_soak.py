"""The verdict of the soak: what grows is found, what only moves is not."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from bench.soak import Sample, faults, fitted, soak, watched


def samples(memory, threads=6, files=10, left=0):
    return [Sample(10.0 * n, float(m), threads, files, left) for n, m in enumerate(memory)]


def test_a_line_has_its_slope() -> None:
    fit = fitted(samples(100 + 2 * np.arange(31)))  # 2 MB every 10 seconds
    assert fit.slope == pytest.approx(12.0)
    assert fit.error == pytest.approx(0.0, abs=1e-9)
    assert fit.rise == pytest.approx(60.0)


def test_memory_that_moves_and_does_not_rise_is_flat() -> None:
    rng = np.random.default_rng(0)
    assert faults(samples(400 + rng.normal(0, 5, 60))) == []


def test_the_warm_up_does_not_count() -> None:
    assert faults(samples([100, 200, 300, *[400] * 17])) == []
    assert faults(samples([*[400] * 17, 100, 200, 300])) == []


def test_a_leak_is_found() -> None:
    rng = np.random.default_rng(0)
    leaking = samples(400 + np.arange(60) + rng.normal(0, 2, 60))
    (found,) = faults(leaking)
    assert found.startswith("memory rises by")


@pytest.mark.parametrize(("name", "says"), [("threads", "threads grew"), ("files", "files grew")])
def test_threads_and_files_that_stay_are_found(name: str, says: str) -> None:
    grown = [*samples([400] * 20), *samples([400] * 20, **{name: 12})]
    assert [fault.startswith(says) for fault in faults(grown)] == [True]


def test_a_temporary_file_is_found_whenever_it_was() -> None:
    assert faults([*samples([400], left=1), *samples([400] * 20)]) == [
        "1 temporary files were left"
    ]


def test_too_few_rounds_say_nothing() -> None:
    assert len(watched(samples([400] * 8))) < 8
    assert faults(samples([400] * 8))[0].startswith("only 6 rounds")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_round_leaves_nothing(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", None)
    (only,) = soak(1e-9, tmp_path)
    assert only.left == 0
    assert capsys.readouterr().out.splitlines()[1].split()[0] == "1"
