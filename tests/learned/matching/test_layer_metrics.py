"""Layer metrics: by hand, by loops, and untrained layers are as untrained ones."""

from __future__ import annotations

import math

import numpy as np
import pytest

from filt.learned.matching.layer_metrics import layer_metrics


def glorot(shape, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, shape)


def test_sparsity_by_loops():
    kernels = glorot((3, 3, 2, 8)) * 0.5
    kernels[0, 0, 0, 0] = 2.0  # the largest: a hundredth of it is 0.02
    kernels[..., 1, 3] = 0.019
    kernels[..., 0, 5] = -0.019
    kernels[..., 1, 6] = 0.021
    kernels[..., 1, 7] = 0
    faint = 0
    for channel in range(2):
        for n in range(8):
            faint += all(abs(kernels[y, x, channel, n]) < 0.02 for y in range(3) for x in range(3))
    assert faint == 3
    assert layer_metrics(kernels).sparsity.value == 3 / 16


def test_variance_entropy_is_that_of_the_covariance():
    kernels = glorot((3, 4, 2, 9), 1) * np.arange(1, 10)
    spatial = kernels.reshape(12, 18)
    shares = np.linalg.eigvalsh(np.cov(spatial))
    shares = shares[shares > 1e-12] / shares.sum()
    expected = -sum(share * math.log10(share) for share in shares)
    found = layer_metrics(kernels)
    assert found.variance_entropy.value == pytest.approx(expected)
    assert found.normalised_entropy is None


def test_entropies_by_hand():
    one = np.outer(np.arange(1.0, 10), np.arange(1.0, 5)).reshape(3, 3, 1, 4)  # a single pattern
    assert layer_metrics(one).variance_entropy.value == pytest.approx(0, abs=1e-9)
    # Plus and minus nine patterns at right angles, each as strong: nine equal shares.
    nine = np.concatenate([np.eye(9), -np.eye(9)], axis=1).reshape(3, 3, 1, 18)
    found = layer_metrics(nine)
    assert found.variance_entropy.value == pytest.approx(math.log10(9))
    least = 1.2618 / (1 + math.exp(-0.8877 * (math.log2(18) - 2.3044))) - 0.3105
    assert found.normalised_entropy.value == pytest.approx(math.log10(9) / least, abs=1e-3)


def test_orthogonality_by_loops():
    kernels = glorot((3, 3, 2, 5), 2)
    kernels[..., 4] = 0  # has no direction
    total = pairs = 0
    for a in range(4):
        for b in range(4):
            if a != b:
                one, two = kernels[..., a], kernels[..., b]
                cosine = (one * two).sum() / math.sqrt((one**2).sum() * (two**2).sum())
                total += abs(cosine)
                pairs += 1
    assert layer_metrics(kernels).orthogonality.value == pytest.approx(1 - total / pairs)
    same = np.repeat(kernels[..., :1], 3, axis=3) * [1, -2, 3]
    assert layer_metrics(same).orthogonality.value == pytest.approx(0, abs=1e-12)
    assert layer_metrics(np.eye(9).reshape(3, 3, 1, 9)).orthogonality.value == pytest.approx(1)


def test_strength_changes_nothing():
    kernels = glorot((3, 3, 1, 8), 3)
    assert layer_metrics(kernels * 1e-20) == layer_metrics(kernels * 1e-20)
    for name in ("sparsity", "variance_entropy", "normalised_entropy", "orthogonality"):
        one, two = (getattr(layer_metrics(k), name).value for k in (kernels, kernels * -1e-20))
        assert one == pytest.approx(two)


def test_what_is_not_there_is_none():
    single = layer_metrics(glorot((3, 3, 1, 1)))
    assert single.variance_entropy is None
    assert single.normalised_entropy is None
    assert single.orthogonality is None
    assert single.sparsity.value == 0
    zeros = layer_metrics(np.zeros((5, 5, 2, 4)))
    assert zeros.sparsity.value == 1
    assert zeros.variance_entropy is None
    assert zeros.orthogonality is None
    repeated = np.repeat(glorot((3, 3, 1, 1)), 4, axis=3).astype(np.float32)
    assert layer_metrics(repeated).variance_entropy is None


# --- chance -------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 3, 1, 32), (7, 7, 3, 16)])
def test_untrained_layers_are_as_untrained_ones(shape):
    inside = np.zeros(2)
    for seed in range(60):
        found = layer_metrics(glorot(shape, 100 + seed))
        for n, one in enumerate((found.variance_entropy, found.orthogonality)):
            inside[n] += one.low <= one.value <= one.high
    assert ((inside >= 45) & (inside < 60)).all()  # 54 of 60 expected; 45 is 3.9 deviations below


@pytest.mark.parametrize("count", [16, 64])
def test_the_published_curve_is_about_the_least_entropy_of_random_layers(count):
    rng = np.random.default_rng(count)
    found = [
        layer_metrics(rng.normal(size=(3, 3, 1, count))).normalised_entropy.value
        for _ in range(100)
    ]
    assert min(found) == pytest.approx(1, abs=0.06)


def test_kernels_that_are_alike_are_less_varied_and_less_far_apart():
    noise = glorot((5, 5, 1, 16), 9)
    alike = 0.3 * noise + glorot((5, 5, 1, 1), 10) * np.linspace(-1, 1, 16)
    found = layer_metrics(alike)
    assert found.variance_entropy.value < found.variance_entropy.low
    assert found.variance_entropy.p == 1
    assert found.orthogonality.value < found.orthogonality.low


def test_large_layers_have_fewer_beside_them():
    assert layer_metrics(glorot((3, 3, 1, 8))).layers == 500
    assert layer_metrics(glorot((3, 3, 16, 64))).layers == 108
