"""Patch covariance: what a plain loop over all patches gives."""

from __future__ import annotations

import numpy as np
import pytest

from filt.filters.colour import luma
from filt.filters.errors import InputError
from filt.learned.layer_use import LayerUse
from filt.learned.matching import patches
from filt.learned.matching.patches import patch_covariance, spatial_covariance


def by_loops(pixels, height, width, dilation=(1, 1)):
    """The covariance over all patches of one standardised picture (rows, columns, channels)."""
    pixels = (pixels - pixels.mean(axis=(0, 1))) / (pixels - pixels.mean(axis=(0, 1))).std()
    down, right = dilation
    found = []
    for top in range(pixels.shape[0] - (height - 1) * down):
        for left in range(pixels.shape[1] - (width - 1) * right):
            patch = [
                pixels[top + i * down, left + j * right, channel]
                for i in range(height)
                for j in range(width)
                for channel in range(pixels.shape[2])
            ]
            found.append(patch)
    return np.cov(np.array(found).T, bias=True)


def picture(seed, *shape):
    rng = np.random.default_rng(seed)
    rough = rng.uniform(size=shape)
    return (rough + np.roll(rough, 1, axis=1) + np.roll(rough, 2, axis=0)) / 3


@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 3), (3, 3)])
def test_it_is_that_of_a_plain_loop(height, width):
    grey = picture(0, 9, 12)
    found = patch_covariance([grey], height, width)
    np.testing.assert_allclose(found, by_loops(grey[:, :, None], height, width), atol=1e-12)
    assert np.linalg.eigvalsh(found).min() > -1e-12


def test_channels_come_last_as_in_a_bank():
    colour = picture(1, 8, 9, 3)
    found = patch_covariance([colour], 2, 2, 3)
    np.testing.assert_allclose(found, by_loops(colour, 2, 2), atol=1e-12)
    kernel = np.random.default_rng(2).normal(size=(2, 2, 3))
    responses = [
        (colour[top : top + 2, left : left + 2] * kernel).sum()
        for top in range(7)
        for left in range(8)
    ]
    spread = (colour - colour.mean(axis=(0, 1))).std()
    flat = kernel.ravel()
    assert flat @ found @ flat == pytest.approx(np.var(responses) / spread**2)


def test_grey_kernels_see_the_luma_and_colour_kernels_a_grey_picture_three_times():
    colour = picture(3, 8, 9, 3)
    np.testing.assert_allclose(
        patch_covariance([colour], 3, 3), patch_covariance([luma(colour)], 3, 3), atol=1e-12
    )
    grey = patch_covariance([picture(3, 8, 9)], 2, 2, 3)
    np.testing.assert_allclose(
        grey, np.kron(patch_covariance([picture(3, 8, 9)], 2, 2), np.ones((3, 3)))
    )


def test_the_layers_scaling_and_dilation_count():
    colour = picture(4, 9, 11, 3)
    use = LayerUse(dilation=(2, 3), input_shift=(0.1, 0.2, 0.3), input_scale=(1.0, 0.5, 2.0))
    shown = (colour - [0.1, 0.2, 0.3]) / [1.0, 0.5, 2.0]
    found = patch_covariance([colour], 2, 3, 3, use)
    np.testing.assert_allclose(found, by_loops(shown, 2, 3, (2, 3)), atol=1e-12)


def test_every_picture_counts_the_same_whatever_its_contrast_and_dtype():
    bright = np.round(picture(5, 9, 12) * 255)
    dim, other = (bright / 255 * 0.01 + 0.4), picture(6, 20, 20)
    parts = [patch_covariance([one], 3, 3) for one in (bright.astype(np.uint8), other)]
    np.testing.assert_allclose(patch_covariance([dim], 3, 3), parts[0], atol=1e-9)
    both = patch_covariance([dim, other, np.full((5, 5), 7.0)], 3, 3)
    np.testing.assert_allclose(both, (parts[0] + parts[1]) / 2, atol=1e-9)


def test_strips_change_nothing_and_thinning_little(monkeypatch):
    large = picture(7, 90, 120)
    whole = patch_covariance([large], 3, 3)
    monkeypatch.setattr(patches, "_AT_ONCE", 100)
    np.testing.assert_allclose(patch_covariance([large], 3, 3), whole, atol=1e-12)
    monkeypatch.setattr(patches, "MOST_PATCHES", 2600)
    np.testing.assert_allclose(patch_covariance([large], 3, 3), whole, atol=0.1)


def test_the_spatial_covariance_is_the_mean_of_the_channels():
    colour = picture(8, 12, 12, 3)
    full = patch_covariance([colour], 2, 2, 3)
    parts = [full[channel::3, channel::3] for channel in range(3)]
    np.testing.assert_allclose(spatial_covariance(full, 3), np.mean(parts, axis=0))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], "got none"),
        ([np.ones((8, 8))], "got none"),
        ([np.ones((2, 8))], "at least 3×3"),
        ([np.full((8, 8), np.nan)], "finite"),
        ([np.ones((8, 8, 5))], "channels"),
    ],
)
def test_what_has_no_patches_is_refused(given, says):
    with pytest.raises(InputError, match=says):
        patch_covariance(given, 3, 3)
