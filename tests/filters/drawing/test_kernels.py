from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filt.filters.catalogue import kernels
from filt.filters.drawing.kernels import (
    kernel_figure,
    kernel_picture,
    plane_pictures,
    scale_bar,
    tap_labels,
    together,
)
from filt.filters.errors import InputError
from filt.filters.kernel import Kernel

BLUE, WHITE, ORANGE = [40, 100, 200], [255, 255, 255], [230, 120, 20]
ASYMMETRIC = np.array([[-4.0, 0.0, 2.0], [1.0, 4.0, -1.0]])


def holds(picture, part) -> bool:
    """Whether `part` occurs in `picture`, pixel for pixel."""
    if any(picture.shape[axis] < part.shape[axis] for axis in (0, 1)):
        return False
    _, _, (x, y), _ = cv2.minMaxLoc(cv2.matchTemplate(picture, part, cv2.TM_SQDIFF))
    return np.array_equal(picture[y : y + part.shape[0], x : x + part.shape[1]], part)


def correlated(image, taps):
    """The definition, with reflect101 borders, in plain loops."""
    height, width = image.shape
    rows, columns = taps.shape
    result = np.zeros((height, width))
    for y in range(height):
        for x in range(width):
            for i in range(rows):
                for j in range(columns):
                    v = abs(y + i - rows // 2)
                    u = abs(x + j - columns // 2)
                    v = 2 * (height - 1) - v if v >= height else v
                    u = 2 * (width - 1) - u if u >= width else u
                    result[y, x] += taps[i, j] * image[v, u]
    return result


def test_every_tap_is_a_cell_in_its_place():
    picture = kernel_picture(ASYMMETRIC, cell=12, numbers=False)
    assert picture.dtype == np.uint8
    assert picture.shape == (2 * 12 + 1, 3 * 12 + 1, 3)
    centres = picture[6::12, 6::12]
    assert centres[0, 0].tolist() == BLUE
    assert centres[0, 1].tolist() == WHITE
    assert centres[1, 1].tolist() == ORANGE
    # half of the way from white to orange, a quarter of it, a quarter of it to blue
    assert centres[0, 2].tolist() == [242, 188, 138]
    assert centres[1, 0].tolist() == [249, 221, 196]
    assert centres[1, 2].tolist() == [201, 216, 241]
    assert (picture[::12] == picture[0, 0]).all()
    assert (picture[:, ::12] == picture[0, 0]).all()


def test_the_scale_is_the_largest_tap_or_the_given_one():
    assert kernel_picture([[1.0, -2.0]], cell=10, numbers=False)[5, 15].tolist() == BLUE
    assert kernel_picture([[1.0, -2.0]], cell=10, scale=4)[5, 2].tolist() == [249, 221, 196]
    assert (kernel_picture(np.zeros((2, 2)), cell=10, numbers=False)[1:10, 1:10] == 255).all()


@pytest.mark.parametrize("side", [1, 2, 3, 7, 8, 27, 240, 241, 500])
def test_kernels_of_every_size_are_drawn_at_one_size(side):
    taps = np.zeros((side, max(1, side // 2)))
    taps[0, 0], taps[-1, -1] = -1, 1
    picture = kernel_picture(taps)
    assert 81 <= picture.shape[0] <= 241
    assert picture.shape[1] <= picture.shape[0]


def test_numbers_are_printed_up_to_seven_by_seven_where_they_can_be_read():
    def printed(taps, **options):
        plain = kernel_picture(taps, numbers=False, **options)
        return not np.array_equal(kernel_picture(taps, **options), plain)

    seven, eight = np.arange(49.0).reshape(7, 7), np.arange(64.0).reshape(8, 8)
    assert printed(seven)
    assert not printed(eight)
    assert not printed(seven, cell=6)
    assert not printed(seven * 1e-9, cell=12)


def test_a_minus_sign_is_left_of_its_number():
    plus, minus = (kernel_picture([[sign * 7.0]], cell=60, scale=1e6) for sign in (1, -1))
    dark = [np.flatnonzero((p[1:-1, 1:-1].max(axis=2) < 120).any(axis=0)) for p in (plus, minus)]
    assert dark[1].min() < dark[0].min()
    assert dark[1].max() > dark[0].max()
    assert abs((dark[1].min() + dark[1].max()) / 2 - 29.5) < 4


@pytest.mark.parametrize(
    ("taps", "labels"),
    [
        ([[1, -2], [0, 10]], [["1", "-2"], ["0", "10"]]),
        ([[0.25, -0.5]], [["0.25", "-0.5"]]),
        (np.full((1, 3), 1 / 9), [["1/9", "1/9", "1/9"]]),
        (np.array([[1, 2, 1]]) / 16, [["1/16", "1/8", "1/16"]]),
        ([[0.123456, -1.98765]], [["0.1", "-2.0"]]),
        ([[0.123456, -0.00001, 0]], [["0.12", "0.00", "0"]]),
        ([[0.0123, -0.0346]], [["0.012", "-0.035"]]),
        ([[123.456, -0.4]], [["123", "0"]]),
        ([[100.5, -1 / 3]], [["201/2", "-1/3"]]),
        ([[1.2345e-7, -1e-12]], [["1.2e-7", "-1.0e-12"]]),
        ([[123456.0, -1.5]], [["1.2e5", "-1.5e0"]]),
        ([[np.sqrt(0.125), 0.5]], [["0.35", "0.50"]]),
    ],
)
def test_labels_are_short(taps, labels):
    assert tap_labels(np.asarray(taps, float)) == labels


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9))
def test_labels_are_true(values):
    taps = np.array([values])
    largest = np.abs(taps).max()
    for value, label in zip(values, tap_labels(taps)[0], strict=True):
        assert abs(float(Fraction(label)) - value) <= 0.051 * largest
        assert len(label) <= 9


def test_channels_are_named_and_share_one_scale():
    taps = np.zeros((2, 2, 3))
    taps[0, 0] = (2, 0, 0)
    taps[1, 1] = (0, -1, 1)
    drawn = dict(plane_pictures(taps, cell=10, numbers=False))
    assert list(drawn) == ["red", "green", "blue", "together"]
    assert drawn["red"][5, 5].tolist() == ORANGE
    assert drawn["green"][15, 15].tolist() == [148, 178, 228]  # half a blue
    assert drawn["blue"][15, 15].tolist() == [242, 188, 138]  # half an orange
    assert drawn["together"][5, 5].tolist() == [255, 128, 128]
    assert drawn["together"][5, 15].tolist() == [128, 128, 128]
    whole = kernel_picture(taps, cell=10, numbers=False)
    assert all(holds(whole, part) for part in drawn.values())


def test_many_channels_stand_in_several_rows():
    taps = np.random.default_rng(3).normal(size=(3, 3, 20))
    drawn = plane_pictures(taps)
    assert [label for label, _ in drawn] == [f"channel {n}" for n in range(20)]
    assert kernel_picture(taps).shape[1] < 1200


def test_together_is_grey_at_zero_and_saturates():
    assert together(np.array([[[0.0, 9.0, -9.0]]]), 3.0).tolist() == [[[128, 255, 0]]]


@pytest.mark.parametrize("width", [24, 121, 240])
def test_the_bar_runs_from_minus_to_plus_through_white(width):
    bar = scale_bar(2.0, width)
    assert bar.shape[1] == width
    assert bar[5, 1].tolist()[2] > bar[5, 1].tolist()[0]
    assert bar[5, width // 2].tolist() == WHITE
    assert bar[5, -2].tolist()[0] > bar[5, -2].tolist()[2]


def test_a_figure_shows_the_answers_to_an_impulse_and_to_steps():
    taps = np.array([[1.0, 2.0, 4.0], [0.0, -8.0, 0.0], [0.0, 16.0, -3.0]])
    figure = kernel_figure(Kernel(taps, name="mine", meaning="asymmetric", source="nobody, 1900"))
    impulse = np.zeros((7, 7))
    impulse[2:5, 2:5] = taps[::-1, ::-1]
    right, down = np.zeros((7, 7)), np.zeros((7, 7))
    right[:, 3:] = 1
    down[3:] = 1
    assert holds(figure, kernel_picture(taps))
    for answer in (impulse, correlated(right, taps), correlated(down, taps)):
        assert holds(figure, kernel_picture(answer, cell=28))
    assert not holds(figure, kernel_picture(impulse[::-1, ::-1], cell=28))


@pytest.mark.parametrize("name", ["identity", "roberts-falling", "central-x", "line-v", "gabor"])
def test_every_shape_of_kernel_has_a_figure(name):
    figure = kernel_figure(kernels[name])
    assert figure.ndim == 3
    assert 800 < figure.shape[1] < 1200
    assert (figure[:20] == 255).all()


def test_kernels_over_channels_and_unusual_ones_have_a_figure():
    normal = np.random.default_rng(5).normal
    assert kernel_figure(Kernel(normal(size=(3, 3, 3)))).shape[1] < 1300
    assert kernel_figure(Kernel(normal(size=(5, 2, 1)))).shape[1] < 1300
    assert kernel_figure(Kernel(np.zeros((3, 3)), name="n" * 300)).shape[1] < 1300
    assert kernel_figure(Kernel(normal(size=(101, 101)), name="größe 画")).shape[1] < 1300


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(InputError, match="finite"):
        kernel_picture([[np.nan]])
    with pytest.raises(InputError, match="cell must be at least 1, got 0"):
        kernel_picture([[1.0]], cell=0)
    with pytest.raises(InputError, match="scale must be greater than 0"):
        kernel_picture([[1.0]], scale=0)
    with pytest.raises(InputError, match="shape"):
        kernel_picture(np.ones((1, 1, 1, 1)))
    with pytest.raises(InputError, match="sobel-x"):
        kernel_picture("sobel-z")
