"""What of a kernel is compared: its spatial shape, without its mean and its strength."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...filters.arrays import Array

_FLAT = 1e-5
"""Less variation than this, beside the kernel's length, is the rounding of float32."""


@dataclass(frozen=True, eq=False)
class Shapes:
    """The spatial shapes of n kernels, and what is left out of them.

    rows: (n, height · width), zero-mean, unit length; zeros for a kernel that is flat.
    is_flat: whether a kernel has no shape: all taps equal, or a single one.
    dc_share: the share of the spatial profile's energy in its mean, with the sign of the kernel's
    sum: 1 for a mean, about 0 for a derivative, -1 for a negative mean.
    separability: the share of a kernel's energy that one spatial profile carries for all
    channels together; 1 for a single channel.
    """

    rows: Array
    is_flat: Array
    dc_share: Array
    separability: Array


def shapes_of(kernels: Array) -> Shapes:
    """The spatial shapes of kernels (height, width, in, out), real and finite.

    Of kernels over several channels it is the first spatial singular vector of the (taps, in)
    matrix, with the sign that makes the sum of its channel weights positive.

    >>> found = shapes_of(np.array([[-1.0, 0.0, 1.0], [0.5, 0.5, 0.5]]).T.reshape(1, 3, 1, 2))
    >>> found.is_flat.tolist(), found.dc_share.round(6).tolist()
    ([False, True], [0.0, 1.0])
    """
    height, width, channels, count = kernels.shape
    matrices = np.moveaxis(kernels.reshape(height * width, channels, count), -1, 0)
    profiles, separability = profiles_of(matrices.astype(np.float64))
    sums = kernels.sum(axis=(0, 1, 2), dtype=np.float64)
    means = profiles.mean(axis=1)
    energy = (profiles**2).sum(axis=1)
    share = np.divide(height * width * means**2, energy, out=np.zeros(count), where=energy > 0)
    rows = profiles - means[:, None]
    lengths = np.linalg.norm(rows, axis=1)
    is_flat = lengths <= _FLAT * np.sqrt(energy)
    rows = np.divide(rows, lengths[:, None], out=np.zeros_like(rows), where=~is_flat[:, None])
    return Shapes(rows, is_flat, np.where(sums < 0, -share, share), separability)


def profiles_of(matrices: Array) -> tuple[Array, Array]:
    """The first left singular vectors of (n, taps, in), and the share of the energy they carry.

    Gives (n, taps), of unit length where there are several channels, and (n,).

    >>> profile, share = profiles_of(np.array([[[3.0, 6.0], [4.0, 8.0]]]))
    >>> profile.round(6).tolist(), share.round(6).tolist()
    ([[0.6, 0.8]], [1.0])
    """
    if matrices.shape[2] == 1:
        return matrices[:, :, 0], np.ones(len(matrices))
    # The small Gram matrix stands for a decomposition of every large one.
    largest = np.abs(matrices).max(axis=(1, 2), keepdims=True)
    scaled = np.divide(matrices, largest, out=np.zeros_like(matrices), where=largest > 0)
    energies, vectors = np.linalg.eigh(scaled.transpose(0, 2, 1) @ scaled)
    weights = vectors[:, :, -1]
    weights = np.where(weights.sum(axis=1, keepdims=True) < 0, -weights, weights)
    profiles = np.einsum("ntc,nc->nt", scaled, weights)
    lengths = np.linalg.norm(profiles, axis=1, keepdims=True)
    profiles = np.divide(profiles, lengths, out=np.zeros_like(profiles), where=lengths > 0)
    total = energies.sum(axis=1)
    share = np.divide(energies[:, -1], total, out=np.ones(len(total)), where=total > 0)
    return profiles, share
