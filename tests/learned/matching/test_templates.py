"""Templates: what is searched, and that the closed forms find what a plain search finds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filt.filters.catalogue import kernel
from filt.filters.errors import InputError
from filt.filters.recipes import gabor, gaussian_x
from filt.learned.matching.shapes import profiles_of, shapes_of
from filt.learned.matching.templates import families, gradient_family, scales_for
from filt.learned.matching.tuning import tuning_of

SIZES = [(3, 3), (5, 5), (7, 7), (4, 4), (3, 5), (5, 2), (1, 5)]


def unit(taps):
    row = np.asarray(taps, float) - np.mean(taps)
    return (row / np.linalg.norm(row)).ravel()


@pytest.mark.parametrize("size", SIZES)
def test_templates_are_zero_mean_and_of_unit_length(size):
    for family in families(*size):
        for side in (family.first, family.second):
            if side is None:
                continue
            assert side.shape[1] == size[0] * size[1]
            np.testing.assert_allclose(side.mean(axis=1), 0, atol=1e-12)
            lengths = np.linalg.norm(side, axis=1)
            assert ((abs(lengths - 1) < 1e-12) | (lengths == 0)).all()
        if family.second is not None:
            np.testing.assert_allclose((family.first * family.second).sum(axis=1), 0, atol=1e-12)


def test_a_single_tap_has_no_template():
    assert families(1, 1) == ()


def test_sizes_are_whole_numbers_above_zero():
    with pytest.raises(InputError):
        families(0, 3)
    with pytest.raises(TypeError):
        families(3, 2.5)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(SIZES), st.integers(0, 10_000))
def test_the_closed_form_is_the_best_of_all_directions(size, seed):
    """Against kernels rotated by brute force, at every tenth of a degree."""
    height, width = size
    row = unit(np.random.default_rng(seed).uniform(-1, 1, size))
    y, x = np.mgrid[:height, :width] - np.array([(height - 1) / 2, (width - 1) / 2])[:, None, None]
    best, where = 0.0, 0.0
    for sigma in scales_for(height, width):
        window = np.exp(-(x**2 + y**2) / (2 * sigma**2))
        for angle in np.radians(np.arange(0, 360, 0.1)):
            taps = (x * math.cos(angle) + y * math.sin(angle)) * window
            if np.ptp(taps) < 1e-9:
                continue
            cosine = unit(taps) @ row
            if cosine > best:
                best, where = cosine, math.degrees(angle)
    found = families(height, width)[0].nearest(row[None])
    assert abs(found.cosine[0] - best) < 1e-5
    if min(size) > 1:
        apart = (found.theta[0] - where + 180) % 360 - 180
        assert abs(apart) < 0.2


def test_three_by_three_gradients_are_the_operators():
    """[1 r 1] smoothing: the scales come near central, Scharr, Sobel, Frei-Chen and Prewitt."""
    names = ["central-x", "scharr-x", "sobel-x", "frei-chen-2", "prewitt-x"]
    family = families(3, 3)[0]
    rows = []
    for name in names:
        taps = kernel(name).taps
        down, right = ((3 - length) // 2 for length in taps.shape)
        rows.append(unit(np.pad(taps, ((down, down), (right, right)))))
    cosines = np.hypot(family.first @ np.array(rows).T, family.second @ np.array(rows).T)
    assert cosines.argmax(axis=0).tolist() == [0, 1, 2, 3, 4]
    assert (cosines.max(axis=0) > 0.98).all()
    assert (cosines.max(axis=0)[1:4] > 0.99999).all()


@pytest.mark.parametrize("degrees", [0, 30, 90, 135, 200, 355])
def test_a_rotated_sobel_is_found_with_its_direction(degrees):
    angle = math.radians(degrees)
    taps = math.cos(angle) * kernel("sobel-x").taps + math.sin(angle) * kernel("sobel-y").taps
    found = families(3, 3)[0].nearest(unit(taps)[None])
    assert found.cosine[0] > 0.99999
    assert abs((found.theta[0] - degrees + 180) % 360 - 180) < 1e-6
    assert found.sigma[0] == pytest.approx(1 / math.sqrt(2 * math.log(2)))


@pytest.mark.parametrize(
    ("name", "family", "sign", "theta"),
    [
        ("line-v", "bar", 1, 0),
        ("line-h", "bar", 1, 90),
        ("line-falling", "bar", 1, 135),  # across a line that falls to the right
        ("gaussian-xx:sigma=1", "bar", -1, 0),
        ("laplacian", "centre-surround", -1, None),
        ("laplacian8", "centre-surround", 1, None),
        ("laplacian-of-gaussian:sigma=1.2", "centre-surround", -1, None),
        ("difference-of-gaussians:sigma=0.85", "centre-surround", 1, None),
        ("gaussian-xy:sigma=1", "saddle", 1, 45),
    ],
)
def test_handcrafted_kernels_lie_in_their_families(name, family, sign, theta):
    taps = kernel(name).taps
    middle = [n // 2 for n in taps.shape]
    size = 3 if max(taps.shape) == 3 else 7
    reach = size // 2
    taps = taps[
        middle[0] - reach : middle[0] + reach + 1, middle[1] - reach : middle[1] + reach + 1
    ]
    if size == 7 and taps.shape != (7, 7):
        taps = np.pad(taps, (7 - taps.shape[0]) // 2)
    by_name = {kind.name: kind.nearest(unit(taps)[None]) for kind in families(size, size)}
    cosines = {kind: float(found.cosine[0]) for kind, found in by_name.items()}
    assert cosines[family] >= max(cosines.values()) - 0.03
    assert cosines[family] > (0.75 if name == "line-falling" else 0.9)  # a staircase
    found = by_name[family]
    assert found.sign[0] == sign
    if theta is None:
        assert math.isnan(found.theta[0])
    else:
        assert found.theta[0] == pytest.approx(theta, abs=5)


@pytest.mark.parametrize("phase", [0, 90])
@pytest.mark.parametrize("theta", [0, 40, 100, 165])
def test_a_gabor_is_found_across_its_stripes(theta, phase):
    wide = gabor(theta, wavelength=4.2, sigma=2.0, gamma=1.0, phase=phase)
    middle = wide.shape[0] // 2
    taps = wide[middle - 3 : middle + 4, middle - 3 : middle + 4]
    family = families(7, 7)[-1]
    found = family.nearest(unit(taps)[None])
    assert family.name == "gabor"
    assert found.cosine[0] > 0.93
    assert abs((found.theta[0] - theta + 90) % 180 - 90) <= 7.5


def test_one_scale_can_be_asked_for():
    family = gradient_family(7, 7, [1.2])
    taps = gaussian_x(1.2)
    middle = taps.shape[0] // 2
    row = unit(taps[middle - 3 : middle + 4, middle - 3 : middle + 4])
    assert family.count == 1
    assert family.nearest(row[None]).cosine[0] > 0.9999


# --- shapes and tuning --------------------------------------------------------------------------


def test_shapes_leave_out_the_mean_and_the_strength():
    rng = np.random.default_rng(3)
    kernels = rng.normal(size=(3, 5, 1, 4))
    kernels[..., 2] = 0.25
    kernels[..., 3] = 0
    found = shapes_of(kernels)
    assert found.is_flat.tolist() == [False, False, True, True]
    for n in (0, 1):
        np.testing.assert_allclose(found.rows[n], unit(kernels[:, :, 0, n]))
        taps = kernels[..., n]
        share = taps.sum() ** 2 / (15 * (taps**2).sum()) * np.sign(taps.sum())
        assert found.dc_share[n] == pytest.approx(share)
    assert found.dc_share[2] == pytest.approx(1)
    assert not found.rows[2:].any()
    np.testing.assert_allclose(shapes_of(kernels * 1e-6 + 0.0).rows[:2], found.rows[:2])


@pytest.mark.parametrize("channels", [2, 3, 12])
def test_the_profile_of_several_channels_is_the_first_singular_vector(channels):
    rng = np.random.default_rng(channels)
    kernels = rng.normal(size=(3, 3, channels, 6)) + 0.2
    found = shapes_of(kernels)
    for n in range(6):
        left, values, right = np.linalg.svd(kernels[..., n].reshape(9, channels))
        profile = left[:, 0] * np.sign(right[0].sum())
        np.testing.assert_allclose(found.rows[n], unit(profile), atol=1e-9)
        assert found.separability[n] == pytest.approx(values[0] ** 2 / (values**2).sum())


def test_a_profile_of_zeros_is_zero():
    profiles, shares = profiles_of(np.zeros((2, 9, 3)))
    assert not profiles.any()
    assert shares.tolist() == [1, 1]


@pytest.mark.parametrize(("theta", "wavelength"), [(0, 4), (45, 5), (120, 3.5)])
def test_tuning_finds_the_wave(theta, wavelength):
    y, x = np.mgrid[-5:6, -5:6]
    angle = math.radians(theta)
    wave = np.cos(2 * math.pi * (x * math.cos(angle) + y * math.sin(angle)) / wavelength)
    row = unit(wave * np.exp(-(x**2 + y**2) / 18))
    found = tuning_of(row[None], 11, 11)
    assert abs((found.direction[0] - theta + 90) % 180 - 90) < 2
    assert found.frequency[0] == pytest.approx(1 / wavelength, abs=0.02)
    assert found.selectivity[0] > 0.9


def test_what_is_round_chooses_no_direction():
    y, x = np.mgrid[-3:4, -3:4]
    row = unit(np.exp(-(x**2 + y**2) / 2))
    assert tuning_of(row[None], 7, 7).selectivity[0] < 1e-4
    flat = tuning_of(np.zeros((1, 49)), 7, 7)
    assert flat.selectivity[0] == flat.direction[0] == 0
