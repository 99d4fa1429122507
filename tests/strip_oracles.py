"""A strip of rows and what one kernel makes of it, in plain loops. Nothing here uses filt.

continued(rows, left, right, border)
    The rows with columns added on both sides, in float64.
strip_by_definition(rows, taps, left, right, border)
    Every position at which the taps then lie inside: four loops over the continued rows.
numbers(shape, dtype, seed)
    Normal numbers, without any symmetry.
"""

from __future__ import annotations

import numpy as np
from oracles import correlate_by_definition, pixel_beyond

BORDERS = ("reflect101", "symmetric", "replicate", "wrap", "zero")


def continued(rows, left=0, right=0, border="zero") -> np.ndarray:
    width = rows.shape[1]
    wide = np.zeros((rows.shape[0], left + width + right, *rows.shape[2:]))
    for x in range(wide.shape[1]):
        place = pixel_beyond(x - left, width, border)
        if place is not None:
            wide[:, x] = rows[:, place]
    return wide


def strip_by_definition(rows, taps, left=0, right=0, border="zero") -> np.ndarray:
    return correlate_by_definition(continued(rows, left, right, border), taps, mode="valid")


def numbers(shape, dtype=np.float32, seed=0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)
