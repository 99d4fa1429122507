"""A kernel and what it says of itself, and how it is printed."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filt.filters.catalogue import RECIPES, kernel, kernels
from filt.filters.correlation import convolve, correlate
from filt.filters.errors import InputError
from filt.filters.kernel import Kernel
from filt.filters.text import block_picture, number_table, planes, taps_html, taps_text

ROTATIONALLY_SYMMETRIC = (
    "point-symmetric",
    "left-right symmetric",
    "up-down symmetric",
    "diagonal symmetric",
    "antidiagonal symmetric",
)
SMALL = st.integers(-4, 4).map(float)


@st.composite
def whole_taps(draw):
    height, width = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    row = st.lists(SMALL, min_size=width, max_size=width)
    return np.array(draw(st.lists(row, min_size=height, max_size=height)))


class TestTaps:
    def test_they_are_a_read_only_copy(self):
        given_taps = np.array([[1.0, 2.0]])
        made = Kernel(given_taps)
        given_taps[0, 0] = 9.0
        assert made.taps.tolist() == [[1.0, 2.0]]
        with pytest.raises(ValueError, match="read-only"):
            made.taps[0, 0] = 5.0

    @pytest.mark.parametrize("name", list(RECIPES))
    def test_those_of_the_catalogue_are_read_only(self, name):
        assert not kernels[name].taps.flags.writeable
        assert kernels[name].taps.dtype == np.float64

    def test_any_real_dtype_and_layout_becomes_float64(self):
        for taps in (
            [[1, 2], [3, 4]],
            np.array([[1, 3], [2, 4]], ">i2").T,
            np.float16([[1, 2], [3, 4]]),
        ):
            made = Kernel(taps).taps
            assert made.dtype == np.float64
            assert made.flags.c_contiguous
            assert made.tolist() == [[1.0, 2.0], [3.0, 4.0]]

    @pytest.mark.parametrize(
        "again", [copy.copy, copy.deepcopy, lambda k: pickle.loads(pickle.dumps(k))]
    )
    def test_a_copy_is_equal_and_read_only_too(self, again):
        made = again(kernels["sobel-x"])
        assert made == kernels["sobel-x"]
        assert not made.taps.flags.writeable

    def test_they_are_an_array_to_numpy(self):
        made = Kernel([[1, 2]])
        assert np.asarray(made) is made.taps
        assert np.asarray(made, np.float32).tolist() == [[1.0, 2.0]]
        own = np.array(made)
        own[0, 0] = 7.0
        assert made.taps[0, 0] == 1.0

    @pytest.mark.parametrize("shape", [(), (3,), (1, 1, 1, 1)])
    def test_two_or_three_axes(self, shape):
        with pytest.raises(InputError, match="taps must be"):
            Kernel(np.ones(shape))

    @pytest.mark.parametrize("shape", [(0, 3), (3, 0), (2, 2, 0)])
    def test_at_least_one(self, shape):
        with pytest.raises(InputError, match="taps are empty"):
            Kernel(np.ones(shape))

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_finite(self, bad):
        with pytest.raises(InputError, match="finite"):
            Kernel([[1.0, bad]])

    @pytest.mark.parametrize("taps", [[["a"]], [[1j]], None, np.ma.masked_array([[1.0]])])
    def test_real_numbers(self, taps):
        with pytest.raises(TypeError, match="taps"):
            Kernel(taps)


class TestEquality:
    def test_name_and_taps_decide(self):
        one = Kernel([[1, 2]], "a")
        assert one == Kernel([[1.0, 2.0]], "a")
        assert hash(one) == hash(Kernel([[1.0, 2.0]], "a"))
        assert one != Kernel([[1, 2]], "b")
        assert one != Kernel([[1, 3]], "a")
        assert one != Kernel([[1], [2]], "a")
        assert one != "a"

    def test_equal_kernels_have_equal_hashes_whatever_the_sign_of_a_zero(self):
        plus, minus = Kernel([[0.0, 1.0]]), Kernel([[-0.0, 1.0]])
        assert plus == minus
        assert hash(plus) == hash(minus)

    def test_they_are_keys(self):
        assert len({kernels["sobel-x"], kernel("sobel-x"), kernels["sobel-y"]}) == 2


class TestSums:
    @pytest.mark.parametrize("name", list(RECIPES))
    def test_the_sum_is_the_response_to_a_flat_picture(self, name):
        made = kernels[name]
        flat = correlate(np.ones((60, 60)), made)
        assert flat[30, 30] == pytest.approx(made.sum, abs=1e-9)
        assert made.is_zero_sum == (abs(flat[30, 30]) < 1e-9)

    def test_rounding_alone_is_no_sum(self):
        assert 0.1 + 0.2 - 0.3 != 0
        assert Kernel([[0.1, 0.2, -0.3]]).sum == 0.0
        assert Kernel([[0.1, 0.2, -0.3001]]).sum != 0.0

    def test_the_positive_sum_is_the_largest_response_to_black_and_white(self):
        made = kernels["kirsch-ne"]
        best = (made.taps > 0).astype(float)
        assert correlate(best, made, mode="valid").item() == made.positive_sum == 15.0

    def test_normalised_sums_to_one(self):
        assert Kernel([[1, 2, 1]]).normalised.taps.tolist() == [[0.25, 0.5, 0.25]]
        assert Kernel([[-2, -2]]).normalised.sum == 1.0

    @pytest.mark.parametrize("name", ["sobel-x", "laplacian4", "gaussian-x", "frei-chen-3"])
    def test_a_zero_sum_is_not_normalised(self, name):
        with pytest.raises(InputError, match=f"{name} sums to zero"):
            _ = kernels[name].normalised

    def test_zeros_are_not_normalised(self):
        with pytest.raises(InputError, match="sums to zero"):
            _ = Kernel([[0.0, 0.0]]).normalised

    @pytest.mark.parametrize("name", list(RECIPES))
    def test_unit_takes_black_and_white_to_full_scale(self, name):
        unit = kernels[name].unit
        assert unit.positive_sum == pytest.approx(1.0)
        np.testing.assert_allclose(unit.taps * kernels[name].positive_sum, kernels[name].taps)

    def test_unit_of_a_negative_kernel_is_a_negative_mean(self):
        assert Kernel([[-1, -3]]).unit.taps.tolist() == [[-0.25, -0.75]]

    def test_zeros_have_no_unit(self):
        with pytest.raises(InputError, match="zero"):
            _ = Kernel([[0.0]]).unit


class TestTurned:
    @pytest.mark.parametrize("name", list(RECIPES))
    def test_correlating_with_the_turned_is_convolving_with_the_kernel(self, name):
        image = np.random.default_rng(0).random((21, 20))
        made = kernels[name]
        np.testing.assert_array_equal(correlate(image, made.turned), convolve(image, made))

    def test_the_meaning_of_a_turned_slope_is_not_the_old_one(self):
        assert kernels["sobel-x"].turned.finds.endswith("brighter to the left")
        assert "to the right" not in str(kernels["sobel-x"].turned)


class TestFactors:
    @pytest.mark.parametrize("name", list(RECIPES))
    def test_they_add_up_to_the_taps(self, name):
        made = kernels[name]
        total = sum(np.outer(column, row) for column, row in made.factors)
        np.testing.assert_allclose(total, made.taps, rtol=0, atol=1e-6 * np.abs(made.taps).max())
        assert len(made.factors) == made.rank == np.linalg.matrix_rank(made.taps, rtol=1e-6)

    @pytest.mark.parametrize(
        ("name", "column", "row"),
        [
            ("sobel-x", [1, 2, 1], [-1, 0, 1]),
            ("sobel-y", [-1, 0, 1], [1, 2, 1]),
            ("scharr-x", [3, 10, 3], [-1, 0, 1]),
            ("scharr-y", [-1, 0, 1], [3, 10, 3]),
            ("prewitt-x", [1, 1, 1], [-1, 0, 1]),
            ("sobel5-x", [1, 4, 6, 4, 1], [-1, -2, 0, 2, 1]),
            ("edge-diagonal", [1, 0, -1], [1, 0, -1]),
            ("central-y", [-1, 0, 1], [1]),
            ("line-v", [1] * 7, [0, 0, 0, 1, 0, 0, 0]),
        ],
    )
    def test_whole_numbers_come_back_up_to_a_common_sign(self, name, column, row):
        ((found_column, found_row),) = kernels[name].factors
        sign = np.sign(found_column[np.argmax(np.abs(column))] / column[np.argmax(np.abs(column))])
        assert (sign * found_column).tolist() == column
        assert (sign * found_row).tolist() == row

    @settings(max_examples=100, deadline=None)
    @given(taps=whole_taps())
    def test_any_whole_matrix(self, taps):
        made = Kernel(taps)
        assert made.rank == (np.linalg.matrix_rank(taps) if taps.any() else 0)
        total = sum((np.outer(c, r) for c, r in made.factors), np.zeros_like(taps))
        np.testing.assert_allclose(total, taps, rtol=0, atol=1e-6 * max(1, np.abs(taps).max()))

    def test_channels_stand_side_by_side(self):
        taps = np.arange(24.0).reshape(2, 3, 4)
        assert Kernel(taps).matrix.tolist() == np.hstack([taps[..., c] for c in range(4)]).tolist()
        copied = np.repeat(kernels["sobel-x"].taps[..., None], 3, axis=2)
        assert Kernel(copied).rank == 1


class TestSymmetry:
    @pytest.mark.parametrize(
        ("taps", "words"),
        [
            (
                [[1, 0, -1]] * 3,
                ("point-antisymmetric", "left-right antisymmetric", "up-down symmetric"),
            ),
            (kernels["laplacian4"].taps, ROTATIONALLY_SYMMETRIC),
            (kernels["gaussian-blur"].taps, ROTATIONALLY_SYMMETRIC),
            ([[1, 2], [2, 3]], ("diagonal symmetric",)),
            ([[2, 1], [3, 2]], ("antidiagonal symmetric",)),
            (
                [[0, 1], [-1, 0]],
                ("point-antisymmetric", "diagonal antisymmetric", "antidiagonal symmetric"),
            ),
            ([[1, 2, 1]], ("point-symmetric", "left-right symmetric")),
            ([[1], [-1]], ("point-antisymmetric", "up-down antisymmetric")),
            ([[1, 2], [3, 5]], ()),
            (
                [[1, 2, 3], [2, 5, 2], [3, 2, 1]],
                ("point-symmetric", "diagonal symmetric", "antidiagonal symmetric"),
            ),
            ([[1, 2, 3, 4], [4, 3, 2, 1]], ("point-symmetric",)),
        ],
    )
    def test_words(self, taps, words):
        assert Kernel(taps).symmetry == words

    @settings(max_examples=100, deadline=None)
    @given(taps=whole_taps())
    def test_every_word_is_true_and_none_is_missing(self, taps):
        mirrors = {
            "point-": np.rot90(taps, 2),
            "left-right ": np.fliplr(taps),
            "up-down ": np.flipud(taps),
            "diagonal ": taps.T,
            "antidiagonal ": np.rot90(taps, 2).T,
        }
        said = Kernel(taps).symmetry
        for axis, mirrored in mirrors.items():
            trivial = (axis, 1) in (("left-right ", taps.shape[1]), ("up-down ", taps.shape[0]))
            same = np.array_equal(mirrored, taps) and not trivial
            opposite = np.array_equal(mirrored, -taps) and not trivial and taps.any()
            assert (f"{axis}symmetric" in said) == same
            assert (f"{axis}antisymmetric" in said) == opposite

    @settings(max_examples=50, deadline=None)
    @given(taps=whole_taps())
    def test_point_symmetric_means_that_convolution_is_correlation(self, taps):
        image = np.random.default_rng(0).integers(0, 9, (6, 7)).astype(float)
        same = np.array_equal(
            correlate(image, taps, mode="full", border="zero"),
            convolve(image, taps, mode="full", border="zero"),
        )
        assert ("point-symmetric" in Kernel(taps).symmetry) == same


class TestText:
    def test_a_kernel_prints_its_name_numbers_picture_and_facts(self):
        lines = str(Kernel([[-1, 0, 1]] * 2, "mine", "slope")).split("\n")
        assert lines == [
            "mine  2×3  slope",
            "-1  0  1    ░░  ██",
            "-1  0  1    ░░  ██",
            "sum 0, rank 1, point-antisymmetric, left-right antisymmetric, up-down symmetric",
        ]

    def test_repr_is_one_line(self):
        assert repr(kernels["sobel-x"]) == "<Kernel sobel-x 3×3, sum 0>"

    def test_the_sign_and_the_strength_show(self):
        assert block_picture(np.array([[-4.0, -1.0, 0.1, 1.0, 4.0]])) == ["░░▒▒  ▓▓██"]
        assert block_picture(np.zeros((2, 3))) == ["      ", "      "]

    def test_a_3_by_3_kernel_is_large_enough_to_see(self):
        drawn = block_picture(kernels["laplacian4"].taps)
        assert drawn == ["  ▓▓  ", "▓▓░░▓▓", "  ▓▓  "]

    @pytest.mark.parametrize("shape", [(8, 8), (9, 2), (40, 31), (2049, 3)])
    def test_large_kernels_are_drawn_small(self, shape):
        drawn = block_picture(np.ones(shape))
        assert len(drawn) == min(shape[0], 7)
        assert {len(line) for line in drawn} == {2 * min(shape[1], 7)}

    def test_numbers_are_aligned_and_zero_has_no_sign(self):
        assert number_table(np.array([[1.0, -0.0], [0.125, -1000.0]])) == [
            "1      0",
            "0.125  -1000",
        ]

    def test_numbers_up_to_7_by_7_and_pictures_beyond(self):
        assert "1" in taps_text(np.ones((7, 7)))[6]
        assert taps_text(np.ones((8, 3))) == ["██████"] * 7

    def test_channels_are_labelled(self):
        assert [label for label, _ in planes(np.ones((2, 2, 3)))] == ["red", "green", "blue"]
        assert [label for label, _ in planes(np.ones((2, 2, 2)))] == ["channel 0", "channel 1"]
        assert taps_text(np.ones((1, 1, 3)))[::2] == ["red:", "green:", "blue:"]

    def test_html_is_escaped_and_has_every_tap(self):
        html = Kernel([[1, -2], [3, 0]], name="<script>")._repr_html_()
        assert "<script>" not in html
        assert "&lt;script&gt;" in html
        assert html.count("<td") == 4
        assert all(f">{number}</td>" in html for number in ("1", "-2", "3", "0"))

    def test_html_shows_zero_white_and_the_signs_in_two_colours(self):
        html = taps_html(np.array([[-1.0, 0.0, 1.0]]), "", "")
        assert html.index("rgb(40,100,200)") < html.index("rgb(255,255,255)")
        assert html.index("rgb(255,255,255)") < html.index("rgb(230,120,20)")
