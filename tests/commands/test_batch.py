"""Many pictures on a terminal: a bar while they are made, and what was made of them behind it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from filt.commands import batch


@pytest.fixture
def pictures(filt):
    names = [f"{letter}.png" for letter in "abc"]
    for seed, name in enumerate(names):
        pixels = np.random.default_rng(seed).integers(0, 256, (6, 7), np.uint8)
        assert cv2.imwrite(name, pixels)
    return names


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_bar_and_then_a_line_for_each_picture(filt, pictures, jobs):
    Path("b.png").write_bytes(b"no picture")
    result = filt("apply", "sobel-x", *pictures, "--jobs", jobs, code=1)
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == [
        "a.sobel-x.png",
        "c.sobel-x.png",
    ]
    assert "filtering" in result.stderr
    assert "100%" in result.stderr
    assert result.stderr.endswith("1 of 3 pictures failed\n")
    assert cv2.imread("a.sobel-x.png") is not None
    assert not Path("b.sobel-x.png").exists()


@pytest.mark.usefixtures("terminal")
def test_one_picture_has_no_bar(filt, pictures):
    result = filt("apply", "sobel-x", "a.png")
    assert result.stderr == ""
    assert result.stdout.startswith("a.sobel-x.png: ")


@pytest.mark.usefixtures("terminal")
def test_with_json_the_bar_alone_is_on_standard_error(filt, pictures):
    result = filt("apply", "sobel-x", *pictures, "--json")
    assert result.stdout.startswith("[")
    assert "100%" in result.stderr


@pytest.mark.parametrize("workers", [1, 2])
def test_few_pictures_are_handed_out_ahead_of_those_that_are_done(workers):
    begun = []
    results = batch._in_order(range(10_000), lambda job: begun.append(job) or job, workers)
    assert [next(results), next(results)] == [0, 1]
    results.close()
    assert len(begun) <= 2 + batch._AHEAD * workers
    assert list(batch._in_order(range(100), str, workers)) == [str(job) for job in range(100)]
