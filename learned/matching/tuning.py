"""What a kernel answers to waves: the direction, how sharply it is chosen, and the frequency."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...filters.arrays import Array

GRID = 64
"""How finely frequencies are looked at: every 1/64 cycle per pixel."""

_LINE = 129


@dataclass(frozen=True, eq=False)
class Tuning:
    """The tuning of n kernels to waves.

    direction: degrees from 0 to 180, across the stripes: 0 for vertical ones, 90 for horizontal.
    selectivity: how much of the energy is in that direction, from 0 (none more than another) to
    1 (all): |Σ P exp(2iθ)| / Σ P. frequency: where the energy is largest, in cycles per pixel.
    peak: (n, 2), the same to the right and down.
    """

    direction: Array
    selectivity: Array
    frequency: Array
    peak: Array


@dataclass(frozen=True, eq=False)
class Widths:
    """How wide the answers of n kernels to waves are at half the height, in amplitude.

    bandwidth: octaves from the lower to the upper frequency that gives half the answer, along the
    direction of the peak; NaN where one of them is missing: the kernel answers to the mean
    (low-pass) or to the finest waves (high-pass) with more than half. half_width: degrees from
    the peak to half the answer, the mean of both sides, at the frequency of the peak; NaN where
    the answer stays above half, and for peaks above half a cycle per pixel.
    """

    bandwidth: Array
    half_width: Array


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
    peak = np.stack([steps[peaks % grid], steps[peaks // grid]], axis=1)
    return Tuning(direction, selectivity, np.hypot(*peak.T), peak)


def widths_of(profiles: Array, peak: Array, height: int, width: int) -> Widths:
    """The widths of spatial profiles, (n, height · width), their means left in.

    peak: (n, 2), see `Tuning`; a kernel without one, (0, 0), has no widths.
    Source: half amplitude as De Valois, Albrecht and Thorell, 1982.

    >>> y, x = np.mgrid[-7:8, -7:8]
    >>> bar = np.exp(-(x**2 + y**2) / 8) * np.cos(2 * np.pi * x / 4)
    >>> found = widths_of(bar.reshape(1, -1), np.array([[0.25, 0.0]]), 15, 15)
    >>> found.bandwidth.round(2).tolist(), found.half_width.round(1).tolist()
    ([1.14], [21.6])
    """
    taps = profiles.reshape(-1, height, width)
    away = np.hypot(*peak.T)
    has_peak = away > 0
    across = np.divide(peak, away[:, None], out=np.zeros_like(peak), where=has_peak[:, None])
    ends = 0.5 / np.where(has_peak, np.abs(across).max(axis=1), 1)
    line = ends[:, None] * np.linspace(0, 1, _LINE)
    low, high = _half_heights(_amplitudes(taps, line * across[:, :1], line * across[:, 1:]))
    is_band = has_peak & np.isfinite(low) & np.isfinite(high)
    bandwidth = np.full(len(taps), np.nan)
    bandwidth[is_band] = np.log2(high[is_band] / low[is_band])
    angles = np.arctan2(across[:, 1], across[:, 0])[:, None] + np.radians(np.arange(180))
    ring = _amplitudes(taps, away[:, None] * np.cos(angles), away[:, None] * np.sin(angles))
    # The other half of the ring says the same: the peak comes to the middle of this one.
    shifts = ring.argmax(axis=1)[:, None] + np.arange(-90, 91)
    left, right = _half_heights(np.take_along_axis(ring, shifts % 180, axis=1))
    return Widths(bandwidth, np.where(has_peak & (away <= 0.5), (right - left) / 2, np.nan))


def _amplitudes(taps: Array, right: Array, down: Array) -> Array:
    """The magnitude of the Fourier transform of (n, height, width) at (n, f) frequencies."""
    turned = taps.transpose(0, 2, 1)
    across = 2 * np.pi * right[:, :, None] * np.arange(taps.shape[2])
    along = 2 * np.pi * down[:, :, None] * np.arange(taps.shape[1])
    even, odd = np.cos(across) @ turned, np.sin(across) @ turned
    cosine, sine = np.cos(along), np.sin(along)
    real, imaginary = even * cosine - odd * sine, odd * cosine + even * sine
    return np.asarray(np.hypot(real.sum(axis=2), imaginary.sum(axis=2)))


def _half_heights(curves: Array) -> tuple[Array, Array]:
    """Where (n, f) curves cross half of their peak, before and behind it; NaN where they do not."""
    places = np.arange(curves.shape[1])
    top = curves.argmax(axis=1)[:, None]
    half = curves.max(axis=1, keepdims=True) / 2
    is_below = curves < half
    before = np.where(is_below & (places < top), places, -1).max(axis=1)
    behind = np.where(is_below & (places > top), places, len(places)).min(axis=1)
    found = []
    for outer, inner in ((before, before + 1), (behind, behind - 1)):
        exists = (outer >= 0) & (outer < len(places))
        picked = [
            np.take_along_axis(curves, np.where(exists, place, 0)[:, None], axis=1)[:, 0]
            for place in (outer, inner)
        ]
        rise = np.where(exists, picked[1] - picked[0], 1)
        crossing = outer + (inner - outer) * (half[:, 0] - picked[0]) / rise
        found.append(np.where(exists, crossing, np.nan))
    return found[0], found[1]
