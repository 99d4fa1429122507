"""A layer as a whole: how many kernels do nothing, how varied they are, how far apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...filters.arrays import Array
from .chance import Measured, measured
from .untrained import SEED

_NOTHING = 0.01
_MOST_LAYERS, _FEWEST_LAYERS = 500, 19
_WEIGHTS = 1_000_000


@dataclass(frozen=True)
class LayerMetrics:
    """Three metrics of a layer, each beside untrained layers of the same shape.

    A spatial kernel is one channel of one kernel, so that a layer has in · out of them.
    sparsity: the share of spatial kernels whose taps are all below a hundredth of the layer's
    largest. variance_entropy: of their centred principal components, -Σ p log10 p over the shares
    p of variance: 0 for one pattern alone, log10(taps) for all equally; None for a single spatial
    kernel and where all are the same. normalised_entropy: for 3×3 it is divided by
    1.2618 / (1 + exp(-0.8877 (log2 n - 2.3044))) - 0.3105, a curve that its authors fitted to the
    least entropy of n random kernels: about 1 and above is as random; None for other sizes, for
    which there is no such curve. orthogonality: 1 - the mean |cosine| between two kernels with
    all their channels: 1 where all are at right angles; None for fewer than two that are not zero.
    layers: how many untrained layers stand beside, up to 500 and fewer for large ones.

    Source: Gavrikov and Keuper, 2022 (CNN Filter DB).
    """

    sparsity: Measured
    variance_entropy: Measured | None
    normalised_entropy: Measured | None
    orthogonality: Measured | None
    layers: int


def layer_metrics(kernels: Array) -> LayerMetrics:
    """The metrics of a layer's kernels, (height, width, in, out).

    >>> found = layer_metrics(np.eye(9).reshape(3, 3, 1, 9))
    >>> round(found.orthogonality.value, 6), round(found.variance_entropy.value, 4)
    (1.0, 0.9031)
    """
    sparsity, *others = _metrics(kernels)
    null = _null(*kernels.shape)
    entropy, orthogonality = (
        measured(value, row) if np.isfinite(value) else None
        for value, row in zip(others, null[1:], strict=True)
    )
    normalised = None
    if kernels.shape[:2] == (3, 3) and entropy is not None:
        least = _least_entropy(kernels.shape[2] * kernels.shape[3])
        normalised = measured(entropy.value / least, null[1] / least)
    return LayerMetrics(
        measured(sparsity, null[0]), entropy, normalised, orthogonality, len(null[0])
    )


@lru_cache(maxsize=16)
def _null(height: int, width: int, channels: int, count: int) -> tuple[Array, ...]:
    rng = np.random.default_rng(SEED)
    shape = (height, width, channels, count)
    weights = height * width * channels * count
    layers = max(_FEWEST_LAYERS, min(_MOST_LAYERS, _WEIGHTS // weights))
    found = np.array([_metrics(rng.uniform(-1, 1, shape)) for _ in range(layers)]).T
    return tuple(np.sort(row[np.isfinite(row)]) for row in found)


def _metrics(kernels: Array) -> tuple[float, float, float]:
    """Sparsity, variance entropy and orthogonality; NaN where a layer has none."""
    weights = kernels.astype(np.float64)
    largest = np.abs(weights).max()
    if largest == 0:
        return 1.0, np.nan, np.nan
    spatial = (weights / largest).reshape(-1, kernels.shape[2] * kernels.shape[3]).T
    sparsity = float((np.abs(spatial).max(axis=1) < _NOTHING).mean())
    return sparsity, _entropy(spatial), _orthogonality(weights.reshape(-1, kernels.shape[3]).T)


def _entropy(spatial: Array) -> float:
    centred = spatial - spatial.mean(axis=0)
    # The squared singular values, by the smaller of both products.
    few, taps = centred.shape
    product = centred @ centred.T if few < taps else centred.T @ centred
    variances = np.maximum(np.linalg.eigvalsh(product), 0)
    # What is left of equal kernels is the rounding of float32.
    if variances.sum() <= 1e-12 * (spatial**2).sum():
        return np.nan
    shares = variances / variances.sum()
    shares = shares[shares > 0]
    return abs(float((shares * np.log10(shares)).sum()))


def _orthogonality(rows: Array) -> float:
    lengths = np.linalg.norm(rows, axis=1)
    unit = rows[lengths > 0] / lengths[lengths > 0, None]
    count = len(unit)
    if count < 2:
        return np.nan
    cosines = np.abs(unit @ unit.T)
    return float(1 - (cosines.sum() - np.trace(cosines)) / (count * (count - 1)))


def _least_entropy(count: int) -> float:
    return float(1.2618047 / (1 + np.exp(-0.88767525 * (np.log2(count) - 2.30436435))) - 0.31050834)
