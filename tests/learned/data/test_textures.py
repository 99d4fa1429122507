"""Textures: even in strength, and made only where they are needed."""

from __future__ import annotations

import numpy as np
import pytest

from filt.learned.data.textures import BENDS, STRIPES, texture_fields


@pytest.mark.parametrize("kind", range(STRIPES))
def test_fields_have_a_mean_near_0_and_a_deviation_near_1(kind: int) -> None:
    fields = [
        texture_fields(np.random.default_rng(seed), 64, np.array([kind]))[kind]
        for seed in range(12)
    ]
    assert all(field.shape == (128, 128) and field.dtype == np.float32 for field in fields)
    assert abs(np.mean(fields)) < 0.35
    assert 0.5 < np.std(fields) < 1.5


def test_stripes_ask_for_the_field_that_bends_them_and_nothing_is_made_in_vain() -> None:
    fields = texture_fields(np.random.default_rng(0), 16, np.array([STRIPES, 4, 4]))
    assert sorted(fields) == [BENDS, 4]
    assert texture_fields(np.random.default_rng(0), 16, np.array([], int)) == {}


def test_softer_clouds_change_less_from_sample_to_sample() -> None:
    fields = texture_fields(np.random.default_rng(2), 64, np.arange(3))
    rough, middle, soft = (np.abs(np.diff(fields[kind])).mean() for kind in range(3))
    assert rough > middle > soft
