"""Functional similarity: the correlation of two responses, found without filtering."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.signal import correlate2d

from filt.filters.catalogue import kernel
from filt.filters.errors import InputError
from filt.learned.kernel_bank import KernelBank
from filt.learned.matching.functional import functional, seen_through
from filt.learned.matching.matching import match_bank
from filt.learned.matching.null import null_for, random_shapes
from filt.learned.matching.patches import patch_covariance
from filt.learned.matching.shapes import shapes_of
from filt.learned.matching.templates import families, gradient_family


def picture(seed=0, shape=(60, 70)):
    """Smooth, with more contrast along one axis than along the other."""
    from scipy.ndimage import gaussian_filter

    wide = (1.0, 2.0, *(0,) * (len(shape) - 2))
    return gaussian_filter(np.random.default_rng(seed).normal(size=shape), wide)


def root_of(covariance):
    energies, directions = np.linalg.eigh(covariance)
    return directions * np.sqrt(np.maximum(energies, 0))


def response_correlation(image, one, other):
    a, b = (correlate2d(image, taps, mode="valid").ravel() for taps in (one, other))
    return np.corrcoef(a, b)[0, 1]


@pytest.mark.parametrize("side", [3, 5])
def test_it_is_the_correlation_of_the_filtered_pictures(side):
    """SciPy filters, NumPy correlates: with the nearest template, and with every fixed one."""
    image = picture()
    bank = KernelBank(np.random.default_rng(1).normal(size=(side, side, 1, 5)))
    match = match_bank(bank)
    found = functional(bank, match, patch_covariance([image], side, side), samples=50)
    rows = shapes_of(bank.kernels).rows
    for index, one in enumerate(found.kernels):
        taps = rows[index].reshape(side, side)
        (family,) = [kind for kind in families(side, side) if kind.name == one.family]
        template = family.nearest(rows[index : index + 1]).template.reshape(side, side)
        expected = response_correlation(image, taps, template)
        assert one.nearest.value == pytest.approx(expected, abs=1e-9)
        fixed = [kind for kind in families(side, side) if kind.second is None]
        best = max(
            abs(response_correlation(image, taps, row.reshape(side, side)))
            for kind in fixed
            for row in kind.first[::7]
        )
        assert one.best.value >= max(best, abs(one.nearest.value)) - 1e-9


def test_the_best_of_a_plane_is_the_best_of_all_its_directions():
    """Where C is not the unit matrix a pair is not orthogonal, and the plain length is wrong."""
    covariance = patch_covariance([picture()], 3, 3)
    row = shapes_of(np.random.default_rng(2).normal(size=(3, 3, 1, 1))).rows
    root = root_of(covariance)
    family = gradient_family(3, 3, [0.85])
    found = seen_through(family, root).nearest(row @ root / np.linalg.norm(row @ root))
    y, x = np.mgrid[-1:2, -1:2]
    window = np.exp(-(x**2 + y**2) / (2 * 0.85**2))
    degrees = np.arange(0, 360, 0.02)
    angles = np.radians(degrees)[:, None]
    turned = (np.cos(angles) * x.ravel() + np.sin(angles) * y.ravel()) * window.ravel()
    turned -= turned.mean(axis=1, keepdims=True)
    own = math.sqrt(row[0] @ covariance @ row[0])
    lengths = np.sqrt(np.einsum("ij,jk,ik->i", turned, covariance, turned))
    correlations = turned @ covariance @ row[0] / (lengths * own)
    assert found.cosine[0] == pytest.approx(correlations.max(), abs=1e-7)
    best = degrees[correlations.argmax()]
    assert abs((found.theta[0] - best + 180) % 360 - 180) < 0.05
    plain = np.hypot(
        *(_cosine(row[0], side[0], covariance) for side in (family.first, family.second))
    )
    assert abs(plain - found.cosine[0]) > 1e-3


def _cosine(one, other, covariance):
    return (
        one @ covariance @ other / math.sqrt(one @ covariance @ one * (other @ covariance @ other))
    )


def test_for_white_noise_it_is_the_cosine():
    bank = KernelBank(np.random.default_rng(3).normal(size=(5, 5, 1, 6)))
    match = match_bank(bank)
    found = functional(bank, match, np.eye(25), samples=2000)
    for kernel_match, one in zip(match.kernels, found.kernels, strict=True):
        assert one.nearest.value == pytest.approx(kernel_match.cosine, abs=1e-9)
        assert one.best.value == pytest.approx(kernel_match.best, abs=1e-9)
        assert one.best.median == pytest.approx(match.chance_median, abs=0.02)
        assert one.best.high == pytest.approx(match.chance_q95, abs=0.02)


@pytest.mark.parametrize("side", [3, 7])
def test_chance_is_far_higher_on_a_smooth_picture(side):
    bank = KernelBank.from_names(["sobel-x"] if side == 3 else ["sobel-x", "line-v"])
    match = match_bank(bank)
    found = functional(bank, match, patch_covariance([picture()], side, side), samples=2000)
    assert found.chance_median > match.chance_median + 0.05
    assert found.chance_q95 > match.chance_q95
    assert "never proves learning" in found.summary


@pytest.mark.parametrize("shape", [(3, 3, 1), (5, 5, 3)])
def test_p_values_of_untrained_kernels_are_uniform(shape):
    rng = np.random.default_rng(17)
    covariance = patch_covariance([picture(4, (40, 40, 3))], *shape)
    bank = KernelBank(rng.uniform(-1, 1, (*shape, 600)))
    found = functional(bank, match_bank(bank, samples=2000), covariance)
    assert stats.kstest([one.best.p for one in found.kernels], "uniform").pvalue > 0.001
    # The nearest of a given family: of all kernels, not only of those that are called by it.
    assert min(one.nearest.p for one in found.kernels) > 0


def test_flat_kernels_answer_to_nothing():
    taps = np.stack([np.full((3, 3), 0.5), kernel("sobel-x").taps], -1)[:, :, None]
    bank = KernelBank(taps)
    found = functional(bank, match_bank(bank), patch_covariance([picture()], 3, 3), samples=200)
    flat, slope = found.kernels
    assert (flat.family, flat.best_family) == ("", "")
    assert flat.best.value == flat.nearest.value == 0
    assert flat.best.p == 1
    assert found.counted == 1
    assert found.median == slope.best.value


def test_two_runs_give_the_same_figures():
    bank = KernelBank(
        random_shapes(np.random.default_rng(5), 4, (3, 3, 1)).rows.T.reshape(3, 3, 1, 4)
    )
    covariance = patch_covariance([picture()], 3, 3)
    match = match_bank(bank)
    assert functional(bank, match, covariance, samples=300) == functional(
        bank, match, covariance, samples=300
    )


def test_what_is_not_compared_has_no_figures():
    bank = KernelBank(np.ones((1, 1, 1, 2)))
    found = functional(bank, match_bank(bank), np.eye(1))
    assert found.kernels == ()
    assert "not compared" in found.summary


def test_covariance_and_match_must_be_of_the_bank():
    bank = KernelBank.from_names(["sobel-x"])
    match = match_bank(bank)
    for wrong in (np.eye(8), np.zeros((9, 9)), np.full((9, 9), np.nan)):
        with pytest.raises(InputError, match="covariance"):
            functional(bank, match, wrong)
    with pytest.raises(InputError, match="match"):
        functional(KernelBank.from_names(["sobel-y"]), match, np.eye(9))


def test_the_null_of_a_match_is_left_as_it_was():
    before = null_for(3, 3).best.copy()
    bank = KernelBank.from_names(["sobel-x"])
    functional(bank, match_bank(bank), np.eye(9), samples=200)
    assert np.array_equal(null_for(3, 3).best, before)
