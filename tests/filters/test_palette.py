from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filt.filters.errors import InputError
from filt.filters.palette import NEGATIVE, POSITIVE, ZERO, diverging, ink_on

# Machado, Oliveira and Fernandes, 2009: linear RGB as seen without one kind of cone.
COLOUR_BLIND = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(colour):
    share = np.asarray(colour, float) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    brightness = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) + 0.05 for c in (one, other))
    return brightness[1] / brightness[0]


def test_ends_zero_and_a_quarter_worked_by_hand():
    colours = diverging([[-4.0, 0.0], [4.0, -1.0]], 4.0)
    assert colours.shape == (2, 2, 3)
    assert colours.dtype == np.uint8
    assert colours[0, 0].tolist() == list(NEGATIVE)
    assert colours[0, 1].tolist() == list(ZERO) == [255, 255, 255]
    assert colours[1, 0].tolist() == list(POSITIVE)
    # a quarter of the way from 255 to 40, 100 and 200: 201.25, 216.25, 241.25
    assert colours[1, 1].tolist() == [201, 216, 241]


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(1e-300, 1e300))
def test_the_sign_is_the_hue_and_the_magnitude_the_strength(value, scale):
    red, _, blue = (int(c) for c in diverging(value, scale))
    weak = abs(value) < scale / 200
    if value > 0:
        assert red > blue or weak
    elif value < 0:
        assert blue > red or weak
    else:
        assert (red, blue) == (255, 255)
    assert (
        diverging(value, scale).tolist() == diverging(np.clip(value, -scale, scale), scale).tolist()
    )


def test_strength_grows_with_the_magnitude():
    ramp = diverging(np.linspace(0, 1, 200), 1.0).astype(int)
    assert (np.diff(ramp, axis=0) <= 0).all()
    assert (np.diff(diverging(np.linspace(-1, 0, 200), 1.0).astype(int), axis=0) >= 0).all()


@pytest.mark.parametrize("kind", COLOUR_BLIND)
@pytest.mark.parametrize("strength", [0.25, 0.5, 1.0])
def test_signs_stay_apart_for_colour_blind_readers(kind, strength):
    seen = [
        np.clip(np.array(COLOUR_BLIND[kind]) @ linear(diverging(sign * strength, 1.0)), 0, 1)
        for sign in (-1, 1)
    ]
    encoded = [255 * np.clip(1.055 * s ** (1 / 2.4) - 0.055, 0, 1) for s in seen]
    assert np.abs(encoded[0] - encoded[1]).max() > 40 * strength + 10
    for colour in encoded:
        assert np.abs(colour - 255).max() > 100 * strength


def test_ink_can_be_read_on_every_colour_of_the_scale():
    for colour in diverging(np.linspace(-1, 1, 401), 1.0):
        assert contrast(colour, ink_on(colour)) >= 4.5


@pytest.mark.parametrize("values", [[np.nan], [np.inf], [[0.0, -np.inf]]])
def test_what_is_not_finite_is_refused(values):
    with pytest.raises(InputError, match="finite"):
        diverging(values, 1.0)


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan, np.inf])
def test_a_scale_must_be_positive(scale):
    with pytest.raises(InputError, match="scale"):
        diverging([1.0], scale)
