"""Pictures of banks and responses: what is where, in which colour, and what they refuse."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from filt.filters.drawing.kernels import plane_pictures, together
from filt.filters.drawing.layout import caption
from filt.filters.errors import InputError
from filt.filters.palette import NEGATIVE, POSITIVE, diverging
from filt.learned.bank_pictures import MOST_DRAWN, bank_picture
from filt.learned.kernel_bank import KernelBank
from filt.learned.response_pictures import response_picture

RNG = np.random.default_rng(1)
SEVEN = KernelBank(
    RNG.normal(size=(7, 7, 1, 10)),
    name="seven",
    untrained=RNG.normal(size=(7, 7, 1, 10)) / 100,
    epochs=RNG.normal(size=(3, 7, 7, 1, 10)),
)


def places_of(part, picture):
    """Where a picture is part of another, to the pixel: (row, column) of its corner."""
    height, width = part.shape[:2]
    apart = cv2.matchTemplate(picture, np.ascontiguousarray(part), cv2.TM_SQDIFF_NORMED)
    return [
        (y, x)
        for y, x in np.argwhere(apart < 1e-3).tolist()
        if np.array_equal(picture[y : y + height, x : x + width], part)
    ]


def times_seen(part, picture):
    return len(places_of(part, picture))


def drawn_alone(taps, scale):
    ((_, picture),) = plane_pictures(taps, scale=scale, side=126 if len(taps) == 3 else 98)
    return picture


@pytest.mark.parametrize("scale", ["each", "common"])
def test_every_kernel_stands_there_on_its_scale(scale):
    drawn = bank_picture(SEVEN, scale, "kernels")
    largest = np.abs(SEVEN.kernels).max()
    for kernel in SEVEN:
        full = largest if scale == "common" else np.abs(kernel.taps).max()
        assert times_seen(drawn_alone(kernel.taps, float(full)), drawn) == 1


def test_change_shows_untrained_trained_and_difference():
    drawn = bank_picture(SEVEN)
    np.testing.assert_array_equal(drawn, bank_picture(SEVEN, "each", "change"))
    places = []
    for kernels in (SEVEN.untrained, SEVEN.kernels, SEVEN.kernels - SEVEN.untrained):
        taps = kernels[:, :, 0, 4].astype(float)
        part = drawn_alone(taps, float(np.abs(taps).max()))
        ((row, _),) = places_of(part, drawn)
        places.append(row)
    assert places == sorted(places)
    for label in ("untrained", "trained", "difference"):
        assert times_seen(caption(label, 15, ink=(95, 95, 103)), drawn) >= 2  # in both lines


def test_one_scale_shows_that_the_untrained_are_weak():
    largest = float(max(np.abs(SEVEN.kernels).max(), np.abs(SEVEN.kernels - SEVEN.untrained).max()))
    drawn = bank_picture(SEVEN, "common", "change")
    pale = drawn_alone(SEVEN.untrained[:, :, 0, 0].astype(float), largest)
    assert times_seen(pale, drawn) == 1


def test_epochs_stand_in_their_order():
    drawn = bank_picture(SEVEN, "each", "epochs")
    for n, kernels in enumerate(SEVEN.epochs):
        taps = kernels[:, :, 0, 2].astype(float)
        assert times_seen(drawn_alone(taps, float(np.abs(taps).max())), drawn) == 1
        assert times_seen(caption(f"epoch {n + 1}", 15, ink=(95, 95, 103)), drawn) == 2


def test_three_by_three_kernels_show_their_numbers():
    taps = np.array([[0.25, -0.5, 0.125], [1, 0, -1], [0.75, 0.5, 0.25]])
    bank = KernelBank(taps[:, :, None, None])
    drawn = bank_picture(bank)
    ((_, numbered),) = plane_pictures(taps, scale=1.0, side=126)
    ((_, bare),) = plane_pictures(taps, scale=1.0, side=126, numbers=False)
    assert times_seen(numbered, drawn) == 1
    assert times_seen(bare, drawn) == 0


def test_colour_kernels_show_three_channels_and_what_they_make_together():
    taps = RNG.normal(size=(5, 5, 3))
    drawn = bank_picture(KernelBank(taps[..., None]), "each")
    single = np.float32(taps).astype(float)
    full = float(np.abs(single).max())
    planes = plane_pictures(single, scale=full, side=98 * 2 // 3)
    assert [label for label, _ in planes] == ["red", "green", "blue", "together"]
    for _, plane in planes:
        assert times_seen(plane, drawn) == 1
    mixed = together(single, full)
    assert (drawn.reshape(-1, 3) == mixed[2, 3]).all(axis=1).sum() > 100


def test_many_kernels_and_many_channels_are_cut_and_it_says_so():
    many = KernelBank(RNG.normal(size=(2, 2, 1, MOST_DRAWN + 6)))
    drawn = bank_picture(many)
    note = caption(f"the first {MOST_DRAWN} of {MOST_DRAWN + 6} kernels", 15, ink=(95, 95, 103))
    assert times_seen(note, drawn) == 1
    deep = bank_picture(KernelBank(RNG.normal(size=(3, 3, 9, 2))))
    assert times_seen(caption("channels 0 to 3 of 9", 15, ink=(95, 95, 103)), deep) == 1


def test_captions_stand_under_the_numbers():
    words = [f"gradient 0.{n}" for n in range(10)]
    drawn = bank_picture(SEVEN, captions=words)
    for n in range(10):
        assert times_seen(caption(words[n], 13, ink=(95, 95, 103)), drawn) == 1


def test_kernels_of_zeros_and_of_one_tap_can_be_drawn():
    bank = KernelBank(np.zeros((1, 1, 1, 2)), untrained=np.ones((1, 1, 1, 2)))
    for scale in ("each", "common"):
        assert bank_picture(bank, scale).ndim == 3


def test_the_same_bank_gives_the_same_picture():
    np.testing.assert_array_equal(bank_picture(SEVEN), bank_picture(SEVEN))


@pytest.mark.parametrize(
    ("bank", "arguments", "says"),
    [
        (SEVEN, {"scale": "all"}, "scale must be one of each, common"),
        (SEVEN, {"rows": "x"}, "rows must be one of kernels, change, epochs"),
        (SEVEN, {"captions": ["one"]}, "captions must be 10"),
        (KernelBank(np.ones((1, 1, 1, 1))), {"rows": "change"}, "untrained"),
        (KernelBank(np.ones((1, 1, 1, 1))), {"rows": "epochs"}, "epoch by epoch"),
    ],
)
def test_what_cannot_be_drawn_says_why(bank, arguments, says):
    with pytest.raises(InputError, match=says):
        bank_picture(bank, **arguments)


# --- responses ----------------------------------------------------------------------------------


def test_responses_stand_side_by_side_on_one_scale():
    responses = np.zeros((100, 100, 4))
    responses[..., 1] = 2.0
    responses[..., 2] = -2.0
    responses[..., 3] = 1.0
    drawn = response_picture(responses, ["a", "b", "c", "d"], "four")
    for grey in (128, 255, 0, 191):
        flat = np.full((100, 100, 3), grey, np.uint8)
        rows, columns = np.nonzero((drawn == grey).all(axis=2))
        assert len(rows) >= 10_000
        found = {
            (y, x)
            for y, x in {(int(rows.min()), int(columns.min()))}
            if np.array_equal(drawn[y : y + 100, x : x + 100], flat)
        }
        assert found or grey == 255  # white is the paper too


def test_unsigned_responses_start_at_black():
    ramp = np.repeat(np.linspace(0, 1, 201)[None, :], 50, axis=0)[..., None]
    drawn = response_picture(ramp, ["ramp"], "", signed=False)
    assert ((drawn == 0).all(axis=2)).sum() >= 50
    assert ((drawn == 128).all(axis=2)).sum() >= 50


def test_a_few_strong_pixels_do_not_pale_the_others():
    responses = np.ones((50, 50, 1))
    responses[0, 0] = 1e6
    drawn = response_picture(responses, ["one"], "")
    assert ((drawn == 255).all(axis=2)).sum() > 2500


def test_nan_is_drawn_as_zero_and_shapes_are_checked():
    responses = np.full((4, 4, 1), np.nan)
    assert response_picture(responses, ["nan"], "").ndim == 3
    for shape, names in [((4, 4), ["a"]), ((4, 4, 2), ["a"]), ((0, 4, 1), ["a"])]:
        with pytest.raises(InputError, match="responses must be"):
            response_picture(np.zeros(shape), names, "")


def test_the_colours_are_those_of_every_other_drawing():
    bank = KernelBank(np.array([[-1.0, 1.0]])[:, :, None, None])
    drawn = bank_picture(bank)
    for colour in (NEGATIVE, POSITIVE):
        assert (drawn == colour).all(axis=2).sum() > 500
    np.testing.assert_array_equal(diverging([-1, 1], 1), [NEGATIVE, POSITIVE])
