"""Many files with bad ones among them, and many processes in one folder."""

from __future__ import annotations

import numpy as np
import pytest

import filt
from bench.load import batch_faults, made, shared_faults


def test_the_bad_files_are_bad_and_the_others_are_not(tmp_path) -> None:
    batch = made(tmp_path, 40, 0.2)
    assert len(batch.bad) == 8
    assert len(batch.good) == 32
    for path in batch.bad:
        with pytest.raises(filt.ReadError):
            filt.read_image(path)
    path, expected = next(iter(batch.good.items()))
    response = filt.sobel(filt.gaussian_blur(filt.read_image(path), 1.0))
    np.testing.assert_array_equal(expected, np.rint(np.minimum(response, 255)))


@pytest.mark.slow
def test_a_batch_goes_on_past_bad_files(tmp_path) -> None:
    assert batch_faults(tmp_path, 200, 0.03) == []


@pytest.mark.slow
def test_eight_processes_share_a_folder_and_a_cache(tmp_path) -> None:
    assert shared_faults(tmp_path, 8, 20) == []
