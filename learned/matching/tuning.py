"""What a kernel answers to waves: the direction, how sharply it is chosen, and the frequency."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...filters.arrays import Array

GRID = 64
"""How finely frequencies are looked at: every 1/64 cycle per pixel."""


@dataclass(frozen=True, eq=False)
class Tuning:
    """The tuning of n kernels to waves.

    direction: degrees from 0 to 180, across the stripes: 0 for vertical ones, 90 for horizontal.
    selectivity: how much of the energy is in that direction, from 0 (none more than another) to
    1 (all): |Σ P exp(2iθ)| / Σ P. frequency: where the energy is largest, in cycles per pixel.
    """

    direction: Array
    selectivity: Array
    frequency: Array


def tuning_of(rows: Array, height: int, width: int) -> Tuning:
    """The tuning of spatial profiles, (n, height · width), zero-mean; zeros for flat ones.

    Taken from P, the squared magnitude of a 64 × 64 Fourier transform (more for larger kernels).

    >>> found = tuning_of(np.array([[-1.0, 2.0, -1.0]]), 1, 3)
    >>> found.direction.round(6).tolist(), found.frequency.tolist()
    ([0.0], [0.5])
    """
    grid = max(GRID, 2 * height, 2 * width)
    power = np.abs(np.fft.fft2(rows.reshape(-1, height, width), (grid, grid))) ** 2
    steps = np.fft.fftfreq(grid)
    turns = np.exp(2j * np.arctan2(steps[:, None], steps[None, :]))
    # Half a cycle to the right is half a cycle to the left: both directions, so their mean.
    half = np.abs(steps) == 0.5
    turns[half[:, None] | half[None, :]] = turns[half[:, None] | half[None, :]].real
    total = power.sum(axis=(1, 2))
    turned = (power * turns).sum(axis=(1, 2))
    selectivity = np.divide(np.abs(turned), total, out=np.zeros(len(rows)), where=total > 0)
    direction = np.degrees(np.angle(turned)) / 2 % 180
    # Rounding would make 180 of a direction that is a hair below 0.
    direction = np.where(direction > 180 - 1e-9, 0.0, direction)
    peaks = power.reshape(len(rows), -1).argmax(axis=1)
    frequency = np.hypot(steps[:, None], steps[None, :]).ravel()[peaks]
    return Tuning(direction, selectivity, frequency)
