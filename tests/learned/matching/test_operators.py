"""Names: a kernel is called a handcrafted one only where it is, and ties are named as ties."""

from __future__ import annotations

import math

import numpy as np
import pytest

from filt.filters.catalogue import kernel, kernels
from filt.learned.kernel_bank import KernelBank
from filt.learned.matching.matching import match_bank
from filt.learned.matching.operators import alike, identical, operator_cosines, smoothing


def as_bank(taps):
    return np.asarray(taps, float)[:, :, None, None]


def unit(taps):
    row = np.asarray(taps, float).ravel()
    row = row - row.mean()
    return row / np.linalg.norm(row)


FITTING = [name for name in kernels if max(kernels[name].shape) <= 7]


@pytest.mark.parametrize("name", FITTING)
def test_every_handcrafted_kernel_is_itself(name):
    """Or the one before it in the catalogue that has the same taps but for strength and sign."""
    bank = KernelBank.from_names([name, "line-v"])
    (found, sign), _ = identical(bank.kernels * np.float32(0.37))
    ours, theirs = (
        KernelBank.from_names([other, "line-v"]).kernels[:, :, 0, 0].astype(float)
        for other in (name, found)
    )
    ratio = np.abs(ours).sum() / np.abs(theirs).sum()
    np.testing.assert_allclose(ours, sign * ratio * theirs, atol=1e-5 * np.abs(ours).max())
    assert FITTING.index(found) <= FITTING.index(name)


@pytest.mark.parametrize(("strength", "sign"), [(1, 1), (1e-20, 1), (0.125, 1), (-3, -1)])
def test_neither_strength_nor_sign_matters_and_the_sign_is_told(strength, sign):
    assert identical(as_bank(kernel("sobel-x").taps * strength)) == (("sobel-x", sign),)


def test_rounding_is_forgiven_and_more_is_not():
    taps = kernel("scharr-y").taps
    rounded = (taps / 3).astype(np.float32)
    assert identical(as_bank(rounded)) == (("scharr-y", 1),)
    for row, column in ((0, 0), (1, 1)):
        changed = taps.copy()
        changed[row, column] += 1e-3
        assert identical(as_bank(changed)) == (("", 1),)


def test_the_mean_counts():
    """The shapes of identity and Laplacian are alike, the kernels are not."""
    taps = kernel("laplacian8").taps
    assert identical(as_bank(taps + 0.1)) == (("", 1),)
    assert identical(as_bank(np.full((3, 3), 0.3))) == (("box-blur", 1),)


def test_zeros_and_large_kernels_are_none():
    assert identical(np.zeros((3, 3, 1, 2))) == (("", 1), ("", 1))
    assert identical(np.zeros((1, 1, 1, 1))) == (("", 1),)
    random = np.random.default_rng(0).normal(size=(5, 4, 2, 40))
    assert set(identical(random)) == {("", 1)}


def test_padding_is_that_of_a_bank_of_names():
    taps = KernelBank.from_names(["sobel-x", "line-v", "roberts-falling"]).kernels
    assert taps.shape[:2] == (7, 7)
    assert [name for name, _ in identical(taps)] == ["sobel-x", "line-v", "roberts-falling"]
    elsewhere = np.zeros((7, 7))
    elsewhere[0:3, 0:3] = kernel("sobel-x").taps
    assert identical(as_bank(elsewhere)) == (("", 1),)


@pytest.mark.parametrize(
    ("strengths", "sign"), [((0.3, 0.6, 0.1), 1), ((-1, -1, -1), -1), ((1, -3, 1), -1)]
)
def test_over_channels_all_must_have_the_same_taps(strengths, sign):
    taps = kernel("prewitt-y").taps[:, :, None] * np.array(strengths)
    assert identical(taps[..., None]) == (("prewitt-y", sign),)
    taps[0, 0, 1] += 0.01
    assert identical(taps[..., None]) == (("", 1),)


@pytest.mark.parametrize("degrees", [0, 33, 250])
@pytest.mark.parametrize(
    ("names", "expected", "r"),
    [
        (("prewitt-x", "prewitt-y"), ("prewitt",), 1),
        (("frei-chen-2", "frei-chen-1"), ("frei-chen", "sobel"), math.sqrt(2)),
        (("sobel-x", "sobel-y"), ("sobel", "frei-chen", "scharr"), 2),
        (("scharr-x", "scharr-y"), ("scharr", "sobel"), 10 / 3),
        (("central-x", "central-y"), ("central",), None),
    ],
)
def test_turned_operators_are_named_with_those_too_near(names, expected, r, degrees):
    angle = math.radians(degrees)
    x, y = (np.zeros((3, 3)), np.zeros((3, 3)))
    for target, name in ((x, names[0]), (y, names[1])):
        taps = kernel(name).taps
        top, left = ((3 - n) // 2 for n in taps.shape)
        target[top : top + taps.shape[0], left : left + taps.shape[1]] = taps
    row = unit(math.cos(angle) * x / np.linalg.norm(x) + math.sin(angle) * y / np.linalg.norm(y))
    cosines = operator_cosines(row)
    assert max(cosines, key=cosines.get) == expected[0]
    assert cosines[expected[0]] == pytest.approx(1)
    # At 0.97 of the best a name is on the edge: Prewitt and Frei-Chen lie at 0.971.
    assert set(expected) <= set(alike(row)) <= {*expected, "frei-chen", "prewitt"}
    assert alike(row)[0] == expected[0]
    assert smoothing(row) == (None if r is None else pytest.approx(r, rel=1e-6))


def test_the_cosines_are_the_best_of_all_directions():
    row = unit(np.random.default_rng(3).normal(size=(3, 3)))
    angles = np.radians(np.arange(0, 360, 0.05))
    for name, (x, y) in {
        "sobel": ("sobel-x", "sobel-y"),
        "frei-chen": ("frei-chen-2", "frei-chen-1"),
    }.items():
        turned = (
            np.cos(angles)[:, None] * unit(kernel(x).taps)
            + np.sin(angles)[:, None] * unit(kernel(y).taps)
        ) @ row
        assert operator_cosines(row)[name] == pytest.approx(turned.max(), abs=1e-6)


def test_a_match_says_both():
    bank = KernelBank.from_names(["sobel-x", "laplacian"])
    slope, spot = match_bank(bank).kernels
    assert (slope.identical, slope.identical_sign) == ("sobel-x", 1)
    assert slope.alike[:2] == ("sobel", "frei-chen")
    assert (spot.identical, spot.alike) == ("laplacian4", ())
    turned = match_bank(KernelBank(-bank.kernels)).kernels
    assert [(one.identical, one.identical_sign) for one in turned] == [
        ("sobel-x", -1),
        ("laplacian4", -1),
    ]
    rng = np.random.default_rng(0)
    wide = match_bank(KernelBank(rng.normal(size=(1, 9, 1, 2)))).kernels
    assert all(one.alike == () and one.smoothing is None for one in wide)
