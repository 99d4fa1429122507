"""Controls: shuffles are counted right, and kernels of a spectrum show no more than it."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from filt.filters.catalogue import kernel
from filt.filters.errors import InputError
from filt.learned.kernel_bank import KernelBank
from filt.learned.matching.controls import controls
from filt.learned.matching.matching import match_bank
from filt.learned.matching.null import null_for
from filt.learned.matching.templates import families


def smooth_covariance(side, channels=1):
    """That of a picture whose neighbours correlate at 0.9, falling off with the distance."""
    y, x = (axis.ravel() for axis in np.mgrid[:side, :side])
    distance = np.hypot(y[:, None] - y, x[:, None] - x)
    return np.kron(0.9**distance, np.eye(channels))


def drawn_from(covariance, count, rng):
    """Kernels whose energy in the components of the patches is that of the pictures."""
    energies, components = np.linalg.eigh(covariance)
    taps = (
        rng.normal(size=(count, len(energies))) * np.sqrt(np.maximum(energies, 0))
    ) @ components.T
    side = round(len(energies) ** 0.5)
    return taps.T.reshape(side, side, 1, count)


def best_of(rows, height, width):
    return np.max([kind.nearest(rows).cosine for kind in families(height, width)], axis=0)


@pytest.mark.parametrize("taps", [[[3.0, 1, -2, 0.5]], [[1.0, 2, 2, 7, 2]], [[0.0, 1], [4, 2]]])
def test_the_share_of_shuffles_is_that_of_all_permutations(taps):
    """Equal taps make some shuffles the kernel itself: they count, as they come as near."""
    taps = np.array(taps)
    bank = KernelBank(taps[:, :, None, None])
    match = match_bank(bank, samples=500)
    found = controls(bank, match, np.eye(taps.size), shuffles=20_000, spectrum_samples=50)
    rows = np.array(list(permutations((taps - taps.mean()).ravel())))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    share = (best_of(rows, *taps.shape) >= match.kernels[0].best - 1e-9).mean()
    # 20,000 draws: four standard errors.
    assert found.kernels[0].shuffled_p == pytest.approx(
        share, abs=4 * (share * (1 - share) / 20_000) ** 0.5 + 1e-4
    )


def test_a_smooth_spectrum_alone_is_non_random_and_not_beyond_it():
    """Why this control exists: most of such kernels are unlike untrained ones."""
    rng = np.random.default_rng(0)
    covariance = smooth_covariance(7)
    found, non_random, layers = 0, 0, 20
    for _ in range(layers):
        bank = KernelBank(drawn_from(covariance, 8, rng))
        match = match_bank(bank)
        beside = controls(bank, match, covariance, shuffles=160, spectrum_samples=4000)
        non_random += match.non_random
        found += beside.beyond > 0
    assert non_random > 0.5 * 8 * layers
    # 5% of 20 are one; six would be one chance in three thousand.
    assert found < 6


def test_what_is_beyond_a_spectrum_is_found():
    """Fine stripes among smooth kernels."""
    rng = np.random.default_rng(1)
    covariance = smooth_covariance(7)
    kernels = drawn_from(covariance, 12, rng)
    spot = kernel("gabor:theta=30,wavelength=4.2,sigma=1.6,gamma=1,phase=90").taps
    middle = spot.shape[0] // 2
    kernels[:, :, 0, 5] = 50 * spot[middle - 3 : middle + 4, middle - 3 : middle + 4]
    bank = KernelBank(kernels)
    found = controls(bank, match_bank(bank), covariance)
    assert found.kernels[5].beyond
    assert found.kernels[5].spectrum_p <= found.kernels[5].spectrum_q <= 0.05
    assert found.kernels[5].shuffled_p < 0.001


def test_a_layer_of_one_component_is_explained_by_it():
    """All kernels lie in one component of the patches: so do all of its spectrum."""
    _, components = np.linalg.eigh(smooth_covariance(5))
    taps = np.outer(components[:, -2], [1.0, -2, 0.5, 3]).reshape(5, 5, 1, 4)
    bank = KernelBank(taps)
    match = match_bank(bank)
    assert match.non_random == 4
    found = controls(bank, match, smooth_covariance(5))
    assert found.beyond == 0
    assert all(one.spectrum_p == 1 for one in found.kernels)
    assert found.shuffled == 4


def test_white_kernels_have_the_chance_of_untrained_ones():
    bank = KernelBank(np.random.default_rng(2).normal(size=(7, 7, 1, 400)))
    found = controls(bank, match_bank(bank), np.eye(49), shuffles=20)
    null = null_for(7, 7)
    assert found.chance_median == pytest.approx(np.quantile(null.best, 0.5), abs=0.01)
    assert found.chance_q95 == pytest.approx(np.quantile(null.best, 0.95), abs=0.02)
    assert (found.shuffles, found.spectrum_samples) == (20, 10_000)


def test_kernels_over_channels_are_compared_by_their_shapes():
    sobel = kernel("sobel5-x").taps
    rng = np.random.default_rng(3)
    taps = rng.uniform(-1, 1, (5, 5, 3, 4))
    taps[..., 2] = sobel[:, :, None] * np.array([1.0, -0.5, 0.2])
    bank = KernelBank(taps)
    found = controls(bank, match_bank(bank), smooth_covariance(5, 3))
    assert found.kernels[2].shuffled_q <= 0.05
    with pytest.raises(InputError, match="covariance must be"):
        controls(bank, match_bank(bank), smooth_covariance(5))


def test_flagged_kernels_are_not_tested():
    taps = np.stack([kernel("sobel-x").taps, np.full((3, 3), 0.2), np.zeros((3, 3))], -1)
    bank = KernelBank(taps[:, :, None])
    found = controls(bank, match_bank(bank), smooth_covariance(3))
    assert found.counted == 1
    for one in found.kernels[1:]:
        assert (one.shuffled_p, one.spectrum_p, one.shuffled_q, one.spectrum_q) == (1, 1, 1, 1)
        assert not one.beyond
    assert "of 1 are nearer" in found.summary


@pytest.mark.parametrize("shape", [(1, 1, 1, 2), (3, 3, 1, 2)])
def test_without_a_kernel_to_test_nothing_is_claimed(shape):
    bank = KernelBank(np.ones(shape))
    found = controls(bank, match_bank(bank), np.eye(shape[0] * shape[1]))
    assert (found.counted, found.shuffled, found.beyond) == (0, 0, 0)
    assert found.summary == "No kernel is compared with controls."


def test_two_runs_give_the_same_figures():
    bank = KernelBank(np.random.default_rng(4).normal(size=(3, 3, 1, 5)))
    match = match_bank(bank)
    assert controls(bank, match, smooth_covariance(3)) == controls(
        bank, match, smooth_covariance(3)
    )


def test_the_match_must_be_of_the_bank():
    bank = KernelBank.from_names(["sobel-x"])
    with pytest.raises(InputError, match="match must be of"):
        controls(bank, match_bank(KernelBank.from_names(["sobel-y"])), np.eye(9))
