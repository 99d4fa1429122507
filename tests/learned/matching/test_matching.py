"""Matching: planted kernels are found, chance is what it should be, and claims hold their level."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from filt.filters.catalogue import kernel
from filt.filters.recipes import gabor
from filt.learned.kernel_bank import KernelBank
from filt.learned.layer_use import LayerUse
from filt.learned.matching.chance import at_least_share
from filt.learned.matching.matching import match_bank
from filt.learned.matching.null import benjamini_hochberg, best_cosines, null_for, random_shapes
from filt.learned.matching.templates import gradient_family

SOBEL_SCALE = 1 / math.sqrt(2 * math.log(2))


def bank_of(*taps, **more):
    return KernelBank(np.stack([np.asarray(one, float) for one in taps], -1)[:, :, None], **more)


def noisy(taps, amount, seed):
    """`taps` at unit length, plus white noise of that length, and any strength and mean."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=taps.shape)
    noise *= amount / np.linalg.norm(noise)
    return (taps / np.linalg.norm(taps) + noise) * rng.uniform(0.01, 5)


def middle(taps, side):
    centre, reach = taps.shape[0] // 2, side // 2
    return taps[centre - reach : centre + reach + 1, centre - reach : centre + reach + 1]


# --- what is planted is found -------------------------------------------------------------------


@pytest.mark.parametrize("degrees", [10, 100, 225, 300])
def test_a_noisy_rotated_slope_is_found(degrees):
    angle = math.radians(degrees)
    right, down = (middle(kernel(f"gaussian-{axis}:sigma=1.7").taps, 7) for axis in "xy")
    taps = noisy(math.cos(angle) * right + math.sin(angle) * down, 0.5, degrees)
    (found,) = match_bank(bank_of(taps)).kernels
    assert found.family == "gradient"
    assert found.non_random
    assert found.p < 0.001
    assert found.family_p < 0.001
    assert 0.7 < found.cosine < 1
    assert found.cosine > found.chance_q95
    assert abs((found.theta - degrees + 180) % 360 - 180) < 20
    assert abs((found.direction - degrees + 90) % 180 - 90) < 25


@pytest.mark.parametrize(
    ("taps", "family", "sign"),
    [
        (-middle(kernel("laplacian-of-gaussian:sigma=1.2").taps, 7), "centre-surround", 1),
        (middle(kernel("laplacian-of-gaussian:sigma=1.2").taps, 7), "centre-surround", -1),
        (-middle(kernel("gaussian-xx:sigma=1.2").taps, 7), "bar", 1),
        (middle(gabor(30, 3.2, 1.6, 1.0, 90), 7), "gabor", None),
        (middle(gabor(120, 3.0, 2.4, 1.0, 0), 7), "gabor", 1),
        (middle(kernel("gaussian-xy:sigma=1.2").taps, 7), "saddle", 1),
    ],
)
def test_noisy_patterns_are_found(taps, family, sign):
    matches = match_bank(bank_of(*(noisy(taps, 0.3, seed) for seed in range(6))))
    assert [found.family for found in matches.kernels] == [family] * 6
    assert all(found.non_random for found in matches.kernels)
    if sign is not None:
        assert {found.sign for found in matches.kernels} == {sign}


def test_only_the_planted_kernels_are_found_among_random_ones():
    rng = np.random.default_rng(5)
    random = [rng.uniform(-1, 1, (7, 7)) for _ in range(14)]
    planted = noisy(middle(kernel("gaussian-x:sigma=1.7").taps, 7), 0.3, 0)
    match = match_bank(bank_of(*random[:7], planted, *random[7:]))
    assert [found.index for found in match.kernels if found.non_random] == [7]
    assert match.non_random == 1
    assert match.counted == 15


def test_neither_strength_nor_mean_change_what_is_found():
    rng = np.random.default_rng(1)
    kernels = np.abs(rng.normal(size=(5, 5, 1, 4)))
    one = match_bank(KernelBank(kernels))
    other = match_bank(KernelBank(kernels * 64 + 8))
    for a, b in zip(one.kernels, other.kernels, strict=True):
        assert a.family == b.family
        assert a.cosine == pytest.approx(b.cosine, abs=1e-5)
        assert abs(b.dc_share) > abs(a.dc_share)


def test_two_runs_give_the_same_figures():
    bank = KernelBank(np.random.default_rng(2).normal(size=(3, 3, 1, 5)))
    assert match_bank(bank) == match_bank(bank)


# --- chance -------------------------------------------------------------------------------------


def test_chance_of_a_steered_sobel_is_what_geometry_says():
    """A plane in the 8 dimensions of zero-mean 3×3 kernels: P(|cosine| > t) = (1 - t²)³.

    Exact for normal weights; uniform ones differ in the second decimal at most.
    """
    family = gradient_family(3, 3, [SOBEL_SCALE])
    rows = np.random.default_rng(0).normal(size=(40_000, 9))
    rows -= rows.mean(axis=1, keepdims=True)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    for t in (0.454, 0.795, 0.886):
        share = (1 - t * t) ** 3
        measured = (family.nearest(rows).cosine > t).mean()
        assert abs(measured - share) < 4 * math.sqrt(share * (1 - share) / 40_000)
    glorot = random_shapes(np.random.default_rng(1), 20_000, (3, 3, 1)).rows
    quantiles = np.quantile(family.nearest(glorot).cosine, [0.5, 0.95, 0.99])
    np.testing.assert_allclose(quantiles, [0.45, 0.80, 0.89], atol=0.01)


@pytest.mark.parametrize(
    ("side", "published"),
    [
        (3, [0.74, 0.895, 0.94, 0.977]),
        (5, [0.48, 0.63, 0.70, 0.77]),
        (7, [0.36, 0.47, 0.53, 0.59]),
    ],
)
def test_chance_levels_are_those_of_another_catalogue_within_a_little(side, published):
    """A trial with other templates (213, 244 and 317 of them) measured these quantiles."""
    measured = np.quantile(null_for(side, side).best, [0.5, 0.95, 0.99, 0.999])
    np.testing.assert_allclose(measured, published, atol=0.02)


@pytest.mark.parametrize("shape", [(3, 3, 1), (7, 7, 1), (3, 3, 3)])
def test_p_values_of_untrained_kernels_are_uniform(shape):
    null = null_for(*shape)
    rows = random_shapes(np.random.default_rng(99), 3000, shape).rows
    cosines = best_cosines(rows, *shape[:2])
    families = {name: null.p_of(name, values) for name, values in cosines.items()}
    statistics = {
        **families,
        "best": null.p_of_best(np.max(list(cosines.values()), axis=0)),
        "smallest": null.p_of_smallest(np.min(list(families.values()), axis=0)),
    }
    for name, p_values in statistics.items():
        assert p_values.min() > 0, name
        assert stats.kstest(p_values, "uniform").pvalue > 0.001, name


def test_the_smallest_of_several_p_values_alone_would_not_be_uniform():
    """Why the choice of a family is calibrated: without it a fifth of chance is "significant"."""
    null = null_for(7, 7)
    rows = random_shapes(np.random.default_rng(4), 2000, (7, 7, 1)).rows
    cosines = best_cosines(rows, 7, 7)
    smallest = np.min([null.p_of(name, values) for name, values in cosines.items()], axis=0)
    assert (smallest <= 0.05).mean() > 0.10
    assert abs((null.p_of_smallest(smallest) <= 0.05).mean() - 0.05) < 0.02


def test_p_values_by_hand():
    null = np.array([0.1, 0.2, 0.2, 0.9])
    given = np.array([0.0, 0.2, 0.21, 0.9, 1.0])
    expected = [(1 + sum(chance >= value for chance in null)) / 5 for value in given]
    assert at_least_share(null, given).tolist() == expected


def test_q_values_are_those_of_scipy():
    rng = np.random.default_rng(8)
    for count in (1, 2, 16, 33):
        p_values = np.round(rng.uniform(size=count) ** 2, 2)
        expected = stats.false_discovery_control(p_values)
        np.testing.assert_allclose(benjamini_hochberg(p_values), expected, atol=1e-12)
    assert benjamini_hochberg(np.array([])).size == 0


# --- names and flags ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "smoothing"),
    [("prewitt", 1), ("frei-chen", 2**0.5), ("sobel", 2), ("scharr", 10 / 3)],
)
@pytest.mark.parametrize("degrees", [0, 33, 250])
def test_the_smoothing_of_a_slope_is_told_and_no_operator(operator, smoothing, degrees):
    names = (
        ("frei-chen-2", "frei-chen-1")
        if operator == "frei-chen"
        else (f"{operator}-x", f"{operator}-y")
    )
    angle = math.radians(degrees)
    taps = math.cos(angle) * kernel(names[0]).taps + math.sin(angle) * kernel(names[1]).taps
    (found,) = match_bank(bank_of(taps)).kernels
    assert found.family == "gradient"
    assert found.smoothing == pytest.approx(smoothing, rel=1e-5)
    assert found.cosine > 0.98


def test_only_slopes_of_3_by_3_have_a_smoothing():
    wide = middle(kernel("gaussian-x:sigma=1.2").taps, 5)
    found = [match_bank(bank_of(taps)).kernels[0] for taps in (wide, kernel("laplacian").taps)]
    assert [one.smoothing for one in found] == [None, None]
    (central,) = match_bank(bank_of([[0, 0, 0], [-1, 0, 1], [0, 0, 0]])).kernels
    assert central.smoothing is None  # without bound


def test_flat_faint_and_dead_kernels_are_flagged_and_not_counted():
    rng = np.random.default_rng(6)
    strong = rng.normal(size=(3, 3))
    flat, zero = np.full((3, 3), 0.3), np.zeros((3, 3))
    faint, negative = strong * 1e-4, -np.abs(rng.normal(size=(3, 3)))
    bank = bank_of(strong, flat, zero, faint, negative, use=LayerUse(activation="relu"))
    match = match_bank(bank)
    assert [one.flags for one in match.kernels] == [
        (), ("flat",), ("flat", "faint", "dead"), ("faint",), ("dead",)
    ]  # fmt: skip
    assert match.counted == 1
    assert [one.family == "" for one in match.kernels] == [False, True, True, False, False]
    assert match.kernels[1].dc_share == pytest.approx(1)
    assert not any(one.non_random for one in match.kernels[1:])


@pytest.mark.parametrize(
    ("use", "bias", "is_dead"),
    [
        (LayerUse(activation="relu"), 0.0, True),
        (LayerUse(activation="relu"), 0.1, False),  # a black picture gets through
        (LayerUse(activation="relu", input_shift=0.5), 0.0, False),  # black is negative
        (LayerUse(activation="relu", input_shift=0.5), -9.0, True),
        (LayerUse(activation="relu", input_shift=-1.0), 0.5, True),  # at least -2 of -1 · [1, 2]
        (LayerUse(activation="relu", input_shift=-1.0, padding="same"), 0.5, False),  # zeros
        (LayerUse(), 0.0, False),
    ],
)
def test_dead_means_that_no_picture_gets_through(use, bias, is_dead):
    bank = bank_of(-np.ones((2, 1)), bias=[bias], use=use)
    (found,) = match_bank(bank).kernels
    assert ("dead" in found.flags) == is_dead


def test_untrained_and_random_label_kernels_stand_beside():
    rng = np.random.default_rng(9)
    trained = np.stack([middle(kernel("gaussian-x:sigma=1.7").taps, 7)] * 4, -1)[:, :, None]
    start = rng.uniform(-1, 1, trained.shape)
    match = match_bank(KernelBank(trained, untrained=start, random_labels=trained))
    assert (match.non_random, match.untrained_non_random, match.random_labels_non_random) == (
        4,
        0,
        4,
    )
    for index, found in enumerate(match.kernels):
        alone = match_bank(KernelBank(start)).kernels[index]
        (same,) = [one for one in alone.families if one.family == "gradient"]
        assert found.untrained == pytest.approx(same.cosine, abs=1e-6)
        assert found.cosine > found.untrained
    assert "4 of 4 kernels are non-random, 0 of them before training, 4" in match.summary
    assert "not that the task taught them" in match.summary
    assert "random labels gave non-random kernels too" in match.summary


def test_the_summary_of_untrained_kernels_says_that_nothing_tells_them_from_such():
    match = match_bank(KernelBank(np.random.default_rng(1).uniform(-1, 1, (5, 5, 1, 8))))
    assert match.non_random == 0
    lines = match.summary.splitlines()
    assert lines[0] == "0 of 8 kernels are non-random."
    assert lines[-1] == "So nothing here tells these kernels from untrained ones."
    assert "200,000 untrained kernels" in lines[1]
    assert "taught" not in match.summary


def test_the_summary_of_handcrafted_kernels_names_them():
    sobel = KernelBank.from_names(["sobel-x"])
    many = KernelBank(np.concatenate([sobel.kernels * n for n in (1, -2, 0.5)], axis=-1))
    match = match_bank(many)
    assert match.identical == ("sobel-x", "-sobel-x")
    assert match.summary.splitlines()[0] == (
        "3 of 3 kernels are handcrafted ones, but for their strength: sobel-x, -sobel-x."
    )
    assert match.summary.splitlines()[-1].endswith("set by hand, not learned.")
    assert "taught" not in match.summary
    box = match_bank(KernelBank.from_names(["box-blur"]))
    assert "handcrafted ones, but for their strength: box-blur" in box.summary
    assert "None of the 1 kernels is tested" in box.summary


def test_a_handcrafted_kernel_among_others_is_named_and_the_rest_is_said():
    rng = np.random.default_rng(2)
    taps = rng.uniform(-1, 1, (3, 3, 1, 3))
    taps[..., 1] = kernel("laplacian").taps[:, :, None]
    lines = match_bank(KernelBank(taps, random_labels=rng.uniform(-1, 1, taps.shape))).summary
    assert lines.startswith("1 of 3 kernels are handcrafted ones, but for their strength: lap")
    assert "1 of 3 kernels are non-random, 0 when trained on random labels." in lines
    assert "though training on random labels gave none" in lines


def test_colour_kernels_are_matched_by_their_spatial_profile():
    sobel = middle(kernel("gaussian-x:sigma=1.2").taps, 5)
    opponent = sobel[:, :, None] * np.array([1.0, -0.8, 0.1])
    (found,) = match_bank(KernelBank(opponent[..., None])).kernels
    assert found.family == "gradient"
    assert found.separability == pytest.approx(1)
    assert found.theta % 180 == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("shape", [(1, 1, 3, 2), (33, 33, 1, 2), (3, 33, 1, 1)])
def test_what_cannot_be_compared_is_listed_all_the_same(shape):
    match = match_bank(KernelBank(np.random.default_rng(0).normal(size=shape)))
    assert len(match.kernels) == shape[3]
    assert {found.family for found in match.kernels} == {""}
    assert match.counted == 0
    assert "not compared" in match.summary


@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (2, 2), (2, 7), (4, 6), (11, 11)])
def test_every_size_can_be_matched(shape):
    match = match_bank(
        KernelBank(np.random.default_rng(0).normal(size=(*shape, 1, 3))), samples=500
    )
    assert all(found.family for found in match.kernels)
    assert all(0 < found.p <= 1 for found in match.kernels)


@pytest.mark.parametrize("size", [(1, 2), (2, 1)])
def test_two_taps_without_their_mean_are_always_a_slope_and_never_found(size):
    """Only one zero-mean shape fits on two taps, so every cosine is 1, for chance as well."""
    taps = np.random.default_rng(6).uniform(-1, 1, (*size, 1, 12))
    match = match_bank(KernelBank(taps, name="two"))
    assert match.non_random == 0
    assert min(kernel.p for kernel in match.kernels) > 0.999
    assert min(family.p for kernel in match.kernels for family in kernel.families) > 0.999
