"""Correlation and convolution: the worked examples, four plain loops, and the peers."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import assert_close, convolve_by_definition, correlate_by_definition
from scipy import ndimage, signal

from filt.filters.catalogue import kernel
from filt.filters.correlation import convolve, convolve1d, correlate, correlate1d, taps_of
from filt.filters.errors import InputError
from filt.filters.kernel import Kernel
from filt.filters.picture import Picture
from filt.filters.placement import Placement

BORDERS = ("reflect101", "symmetric", "replicate", "wrap", "zero")
MODES = ("same", "valid", "full", "keras-same")
DTYPES = ("?", "u1", "i1", "u2", "i2", "f2", "f4", "f8", "i8", "u4", ">u2", ">f4", ">i4")
WIDE = ("f8", "i8", "u4", ">i4")
SCIPY = {
    "reflect101": "mirror",
    "symmetric": "reflect",
    "replicate": "nearest",
    "wrap": "wrap",
    "zero": "constant",
}
OPENCV = {
    "reflect101": cv2.BORDER_REFLECT_101,
    "symmetric": cv2.BORDER_REFLECT,
    "replicate": cv2.BORDER_REPLICATE,
    "zero": cv2.BORDER_CONSTANT,
}
SIGNAL = {"zero": "fill", "symmetric": "symm", "wrap": "wrap"}

NUMBERS = np.arange(1, 10).reshape(3, 3)
SIX = np.array(
    [
        [3, 0, 1, 2, 7, 4],
        [1, 5, 8, 9, 3, 1],
        [2, 7, 2, 5, 1, 3],
        [0, 1, 3, 1, 7, 8],
        [4, 2, 1, 6, 2, 8],
        [2, 4, 5, 2, 3, 9],
    ]
)
BRIGHT_LEFT = np.array([[10, 10, 10, 0, 0, 0]] * 6)
QUADRANTS = np.array([[10, 10, 10, 0, 0, 0]] * 3 + [[0, 0, 0, 10, 10, 10]] * 3)
ASYMMETRIC = np.array([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0], [64.0, 128.0, 256.0]])


def numbers(shape, dtype="f8", seed=0):
    """Numbers without any symmetry, over a good part of the dtype's range."""
    generator, kind = np.random.default_rng(seed), np.dtype(dtype)
    if kind.kind == "b":
        return generator.random(shape) < 0.5
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        low, high = max(limits.min, -(2**31)), min(limits.max, 2**31)
        return generator.integers(low, high, shape).astype(kind)
    return (100 * generator.normal(size=shape)).astype(kind)


class TestWorkedExamples:
    """The rows of the lecture notes that are about sliding one kernel over one picture."""

    def test_convolution_flips_and_correlation_does_not(self):
        """Convolution flips, correlation does not: image = kernel = 1..9 gives 165 and 285."""
        assert convolve(NUMBERS, NUMBERS, mode="valid").tolist() == [[165.0]]
        assert correlate(NUMBERS, NUMBERS, mode="valid").tolist() == [[285.0]]

    @pytest.mark.parametrize("size", [(3, 3), (2, 2), (4, 3), (1, 5), (13, 12)])
    def test_an_impulse_returns_the_kernel_or_its_half_turn(self, size):
        """Impulse: convolve returns the kernel, correlate its 180° rotation."""
        taps = numbers(size)
        impulse = np.zeros((2 * size[0] + 1, 2 * size[1] + 1))
        impulse[size[0], size[1]] = 1.0
        for function, expected in ((convolve, taps), (correlate, taps[::-1, ::-1])):
            full = function(impulse, taps, mode="full", border="zero")
            found = full[size[0] : 2 * size[0], size[1] : 2 * size[1]]
            np.testing.assert_allclose(found, expected, atol=1e-11)
            assert np.abs(full).sum() == pytest.approx(np.abs(taps).sum())

    def test_a_kernel_shrinks_the_picture_by_its_size_minus_one(self):
        """O = H−K+1: 5×5 with 3×3 gives 3×3; 7×7 with stride 2 gives 3×3."""
        assert correlate(np.ones((5, 5)), ASYMMETRIC, mode="valid").shape == (3, 3)
        assert correlate(np.ones((7, 7)), ASYMMETRIC, mode="valid", stride=2).shape == (3, 3)

    def test_the_6_by_6_picture_with_a_3_by_3_kernel(self):
        """6×6 with 3×3: the first row is −5, −4, 0, 8, and all sixteen numbers."""
        assert correlate(SIX, "edge-v", mode="valid").tolist() == [
            [-5, -4, 0, 8],
            [-10, -2, 2, 3],
            [0, -2, -4, -7],
            [-3, -2, -3, -16],
        ]

    def test_the_bright_left_and_the_bright_right_step(self):
        """Bright-left / bright-right step: rows [0,30,30,0] / [0,−30,−30,0]."""
        rows = correlate(BRIGHT_LEFT, "edge-v", mode="valid")
        assert rows.tolist() == [[0, 30, 30, 0]] * 4
        assert correlate(BRIGHT_LEFT[:, ::-1], "edge-v", mode="valid").tolist() == (-rows).tolist()

    def test_the_step_from_0_to_9_answers_27(self):
        """Bright-left step with the note's 0–9 range: 27."""
        nines = np.array([[9, 9, 9, 0, 0, 0]] * 6, np.uint8)
        assert correlate(nines, "edge-v", mode="valid").max() == 27

    def test_the_horizontal_filter_on_quadrants(self):
        """Horizontal filter on quadrants: rows 0; [30,10,−10,−30]; the same; 0."""
        middle = [30, 10, -10, -30]
        found = correlate(QUADRANTS, "edge-h", mode="valid")
        assert found.tolist() == [[0] * 4, middle, middle, [0] * 4]

    def test_both_ends_are_bright_only_in_magnitude(self):
        """Horizontal filter on quadrants: "both ends bright" holds only for absolute value."""
        row = correlate(QUADRANTS, "edge-h", mode="valid")[1]
        assert row[0] == -row[-1] == 30
        assert np.abs(row).tolist() == [30, 10, 10, 30]

    def test_a_patch_that_gives_6600_and_one_that_gives_0(self):
        """6600 and 0 patches: 4·(50·30) + 20·30 = 6600, and nothing where they do not meet."""
        taps, there, elsewhere = np.zeros((3, 7, 7))
        curve = ([1, 2, 3, 4, 5], [4, 3, 2, 2, 2])
        taps[curve] = 30
        there[curve] = [50, 50, 50, 50, 20]
        elsewhere[1:3, 5:7] = 50
        assert correlate(there, taps, mode="valid").item() == 6600
        assert correlate(elsewhere, taps, mode="valid").item() == 0

    @pytest.mark.parametrize("name", ["identity", "edge-diagonal", "laplacian4", "laplacian8"])
    def test_note_e_kernels_convolve_as_they_correlate(self, name):
        """E's kernels: 180°-symmetric, so convolve = correlate."""
        picture = numbers((9, 11), "u1")
        assert convolve(picture, name).tolist() == correlate(picture, name).tolist()

    @pytest.mark.parametrize(("name", "height"), [("sobel", 1020), ("scharr", 4080)])
    def test_a_full_step_through_sobel_and_scharr(self, name, height):
        """Sobel X/Y and Scharr: a step 0→255 gives ±1020 and ±4080."""
        step = np.array([[0, 0, 255, 255]] * 4, np.uint8)
        across = [[0, height, height, 0]] * 4
        assert correlate(step, f"{name}-x").tolist() == across
        assert correlate(step[:, ::-1], f"{name}-x").tolist() == (-np.array(across)).tolist()
        assert correlate(step.T, f"{name}-y").tolist() == np.array(across).T.tolist()
        assert not correlate(step, f"{name}-y").any()
        assert not correlate(step.T, f"{name}-x").any()

    def test_x_finds_vertical_edges(self):
        """Sobel X/Y: X finds vertical edges, of bright right sides with a plus sign."""
        picture = np.zeros((8, 8))
        picture[:, 4:] = 1.0
        assert np.abs(correlate(picture, "sobel-x")).max() == 4.0
        assert correlate(picture, "sobel-x").min() == 0.0
        assert not correlate(picture, "sobel-y").any()

    def test_the_7_by_7_line_filters_on_rgb(self):
        """7×7 line filters: SAME keeps the size; the copy for RGB sums to 21."""
        picture = numbers((12, 10, 3), "u1")
        for name in ("line-v", "line-h"):
            copied = np.repeat(kernel(name).taps[..., None], 3, axis=2)
            assert copied.sum() == 21
            response = correlate(picture, copied, border="zero")
            assert response.shape == (12, 10)
            apart = correlate(picture, name, border="zero")
            np.testing.assert_allclose(response, apart.sum(axis=2))

    @pytest.mark.parametrize("size", [1, 3, 5, 7])
    def test_same_keeps_the_shape_and_the_place_of_odd_kernels(self, size):
        """Padding: the same shape for odd k, k−1 in total, nothing moves."""
        picture = numbers((8, 9))
        taps = np.zeros((size, size))
        taps[size // 2, size // 2] = 1.0
        assert Placement().padding((8, 9), taps) == [(size // 2, size // 2)] * 2
        assert correlate(picture, taps).tolist() == picture.tolist()
        assert convolve(picture, taps).tolist() == picture.tolist()

    @pytest.mark.parametrize("size", [2, 4, 6])
    def test_same_has_a_documented_side_for_even_kernels(self, size):
        """Padding: even k looks one pixel further up and left in a correlation, down and right
        in a convolution; an impulse shows it."""
        impulse = np.zeros((13, 13))
        impulse[6, 6] = 1.0
        ones = np.ones((size, size))
        rows = np.flatnonzero(correlate(impulse, ones).any(axis=1))
        assert rows.tolist() == list(range(6 - (size - 1) // 2, 6 + size // 2 + 1))
        rows = np.flatnonzero(convolve(impulse, ones).any(axis=1))
        assert rows.tolist() == list(range(6 - (size - 1) // 2, 6 + size // 2 + 1))
        first, last = np.zeros((2, size, size))
        first[0, 0] = last[-1, -1] = 1.0
        at = {
            (function.__name__, name): np.argwhere(function(impulse, taps))[0].tolist()
            for function in (correlate, convolve)
            for name, taps in (("first", first), ("last", last))
        }
        before, after = size // 2, (size - 1) // 2
        assert at["correlate", "first"] == [6 + before] * 2
        assert at["correlate", "last"] == [6 - after] * 2
        assert at["convolve", "first"] == [6 - after] * 2
        assert at["convolve", "last"] == [6 + before] * 2

    def test_keras_same_with_stride_2_pads_right_and_bottom_only(self):
        """Padding: Keras SAME s2 on 6×6 pads right/bottom only."""
        placement = Placement(mode="keras-same", stride=2)
        assert placement.padding((6, 6), ASYMMETRIC) == [(0, 1), (0, 1)]
        expected = correlate_by_definition(
            np.pad(SIX, ((0, 1), (0, 1))), ASYMMETRIC, mode="valid", stride=2
        )
        found = correlate(SIX, ASYMMETRIC, mode="keras-same", stride=2)
        assert found.tolist() == expected.tolist()

    def test_an_rgb_kernel_gives_one_plane(self):
        """RGB: 7×7×3 → 5×5×1, the sum over the channels."""
        picture, taps = numbers((7, 7, 3)), numbers((3, 3, 3), seed=1)
        response = correlate(picture, taps, mode="valid")
        assert response.shape == (5, 5)
        expected = [
            [np.sum(picture[y : y + 3, x : x + 3] * taps) for x in range(5)] for y in range(5)
        ]
        np.testing.assert_allclose(response, expected)

    def test_a_shifted_picture_gives_a_shifted_response(self):
        """Parameter sharing, translation: shifted input, shifted output away from borders."""
        picture = numbers((20, 20), "u1")
        moved = np.roll(picture, (2, 3), axis=(0, 1))
        still = correlate(picture, ASYMMETRIC)[1:-4, 1:-5]
        assert correlate(moved, ASYMMETRIC)[3:-2, 4:-2].tolist() == still.tolist()


class TestAgainstTheDefinition:
    @settings(max_examples=400, deadline=None)
    @given(data=st.data())
    def test_every_combination(self, data):
        size = data.draw(st.tuples(st.integers(1, 5), st.integers(1, 5)), "kernel")
        dilation = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 3)), "dilation")
        stride = data.draw(st.tuples(st.integers(1, 4), st.integers(1, 4)), "stride")
        border = data.draw(st.sampled_from(BORDERS), "border")
        reach = [(k - 1) * d + 1 for k, d in zip(size, dilation, strict=True)]
        shape = data.draw(st.tuples(st.integers(1, 40), st.integers(1, 40)), "shape")
        fits = all(n >= r for n, r in zip(shape, reach, strict=True))
        mode = data.draw(st.sampled_from([m for m in MODES if fits or m != "valid"]), "mode")
        channels = data.draw(st.sampled_from([(), (1,), (3,), (5,)]), "channels")
        dtype = data.draw(st.sampled_from(DTYPES), "dtype")
        seed = data.draw(st.integers(0, 999), "seed")
        image = numbers(shape + channels, dtype, seed)
        taps = np.random.default_rng(seed + 1).normal(size=size)
        layout = {"mode": mode, "border": border, "stride": stride, "dilation": dilation}
        before = image.copy()
        for function, reference in (
            (correlate, correlate_by_definition),
            (convolve, convolve_by_definition),
        ):
            response = function(image, taps, **layout)
            assert response.dtype == (np.float64 if dtype in WIDE else np.float32)
            assert response.flags.c_contiguous
            assert_close(response, reference(image, taps, **layout), image, taps)
        np.testing.assert_array_equal(image, before)
        assert image.dtype == before.dtype

    @settings(max_examples=200, deadline=None)
    @given(data=st.data())
    def test_kernels_larger_than_the_picture(self, data):
        shape = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 9)), "shape")
        size = data.draw(st.tuples(st.integers(1, 17), st.integers(1, 17)), "kernel")
        border = data.draw(st.sampled_from(BORDERS), "border")
        mode = data.draw(st.sampled_from(["same", "full", "keras-same"]), "mode")
        dtype = data.draw(st.sampled_from(["u1", "f4", "f8"]), "dtype")
        image, taps = numbers(shape, dtype), np.random.default_rng(1).normal(size=size)
        expected = correlate_by_definition(image, taps, mode=mode, border=border)
        assert_close(correlate(image, taps, mode=mode, border=border), expected, image, taps)

    @settings(max_examples=40, deadline=None)
    @given(data=st.data())
    def test_kernels_that_sum_over_channels(self, data):
        channels = data.draw(st.integers(1, 6), "channels")
        size = data.draw(st.tuples(st.integers(1, 4), st.integers(1, 4)), "kernel")
        image = numbers((9, 8, channels), data.draw(st.sampled_from(["u1", "f4", "f8"]), "dtype"))
        taps = np.random.default_rng(1).normal(size=(*size, channels))
        layout = {
            "mode": data.draw(st.sampled_from(MODES), "mode"),
            "border": data.draw(st.sampled_from(BORDERS), "border"),
            "stride": data.draw(st.integers(1, 3), "stride"),
        }
        expected = correlate_by_definition(image, taps, **layout)
        assert_close(correlate(image, taps, **layout), expected, image, taps)
        expected = convolve_by_definition(image, taps, **layout)
        assert_close(convolve(image, taps, **layout), expected, image, taps)

    def test_a_grey_picture_is_one_channel(self):
        image, taps = numbers((6, 5)), numbers((3, 3, 1), seed=1)
        expected = correlate(image, taps[..., 0])
        np.testing.assert_allclose(correlate(image, taps), expected)
        np.testing.assert_allclose(correlate(image[..., None], taps), expected)

    def test_each_channel_stays_on_its_own(self):
        image = numbers((7, 6, 4), "u1")
        together = correlate(image, ASYMMETRIC)
        apart = [correlate(image[..., c], ASYMMETRIC) for c in range(4)]
        assert together.tolist() == np.stack(apart, axis=2).tolist()

    @settings(max_examples=40, deadline=None)
    @given(data=st.data())
    def test_powers_of_two_show_which_tap_met_which_pixel(self, data):
        position = data.draw(st.tuples(st.integers(0, 6), st.integers(0, 5)))
        image = np.zeros((7, 6), np.uint8)
        image[position] = 1
        for mode in ("same", "full", "valid"):
            expected = correlate_by_definition(image, ASYMMETRIC, mode=mode, border="zero")
            found = correlate(image, ASYMMETRIC, mode=mode, border="zero")
            assert found.tolist() == expected.tolist()


class TestAgainstPeers:
    @pytest.mark.parametrize("border", SCIPY)
    @pytest.mark.parametrize("size", [(3, 3), (2, 3), (4, 4), (5, 2), (1, 6), (7, 7)])
    def test_scipy_ndimage(self, border, size):
        image, taps = numbers((11, 9)), numbers(size, seed=1)
        theirs = ndimage.correlate(image, taps, mode=SCIPY[border])
        assert_close(correlate(image, taps, border=border), theirs, image, taps)
        # Its convolution lies one pixel further for even sizes: origin -1 takes that back.
        origin = [-(1 - n % 2) for n in size]
        theirs = ndimage.convolve(image, taps, mode=SCIPY[border], origin=origin)
        assert_close(convolve(image, taps, border=border), theirs, image, taps)

    def test_scipy_ndimage_convolves_even_kernels_one_pixel_further(self):
        impulse = np.zeros((5, 5))
        impulse[2, 2] = 1.0
        ours = np.argwhere(convolve(impulse, np.ones((2, 2))))
        theirs = np.argwhere(ndimage.convolve(impulse, np.ones((2, 2))))
        assert (theirs - ours).tolist() == [[-1, -1]] * 4

    @pytest.mark.parametrize("mode", ["full", "same", "valid"])
    @pytest.mark.parametrize("border", SIGNAL)
    @pytest.mark.parametrize("size", [(3, 3), (2, 4), (5, 6)])
    def test_scipy_signal(self, mode, border, size):
        image, taps = numbers((9, 10)), numbers(size, seed=1)
        theirs = signal.convolve2d(image, taps, mode=mode, boundary=SIGNAL[border])
        assert_close(convolve(image, taps, mode=mode, border=border), theirs, image, taps)

    @pytest.mark.parametrize("border", OPENCV)
    @pytest.mark.parametrize("size", [(3, 3), (2, 4), (5, 6), (1, 9), (12, 13)])
    @pytest.mark.parametrize("dtype", ["u1", "i2", "u2", "f4", "f8"])
    def test_opencv_filter2d(self, border, size, dtype):
        image, taps = numbers((16, 15), dtype), numbers(size, seed=1)
        theirs = cv2.filter2D(image.astype(np.float64), cv2.CV_64F, taps, borderType=OPENCV[border])
        ours = correlate(image, taps, border=border)
        assert ours.dtype == (np.float64 if dtype == "f8" else np.float32)
        assert_close(ours, theirs, image, taps)

    @pytest.mark.parametrize("mode", ["full", "same", "valid"])
    @pytest.mark.parametrize(("length", "count"), list(itertools.product([6, 7, 11], range(1, 7))))
    def test_numpy_in_one_dimension(self, mode, length, count):
        line, taps = numbers(length), numbers(count, seed=1)
        np.testing.assert_allclose(
            convolve1d(line, taps, mode=mode), np.convolve(line, taps, mode), atol=1e-9
        )
        np.testing.assert_allclose(
            correlate1d(line, taps, mode=mode), np.correlate(line, taps, mode), atol=1e-9
        )

    def test_numpy_convolve_by_default(self):
        assert convolve1d([1, 2, 3], [0, 1, 0.5]).tolist() == [0.0, 1.0, 2.5, 4.0, 1.5]
        assert correlate1d([1, 2, 3], [0, 1, 0.5]).tolist() == [0.5, 2.0, 3.5, 3.0, 0.0]

    @pytest.mark.parametrize("border", SCIPY)
    def test_scipy_in_one_dimension(self, border):
        line, taps = numbers(9), numbers(4, seed=1)
        np.testing.assert_allclose(
            correlate1d(line, taps, mode="same", border=border),
            ndimage.correlate1d(line, taps, mode=SCIPY[border]),
            atol=1e-9,
        )

    def test_stride_and_dilation_in_one_dimension(self):
        line, taps = np.arange(10.0) ** 2, np.array([1.0, 10.0, 100.0])
        by_hand = [n**2 + 10 * (n + 2) ** 2 + 100 * (n + 4) ** 2 for n in range(0, 6, 3)]
        assert correlate1d(line, taps, mode="valid", stride=3, dilation=2).tolist() == by_hand


class TestNumbers:
    @pytest.mark.parametrize("name", ["sobel-x", "laplacian8", "emboss", "kirsch-ne"])
    @pytest.mark.parametrize("dtype", ["u1", "u2", "i2"])
    def test_integer_kernels_are_exact_over_the_whole_range(self, name, dtype):
        image = numbers((12, 13), dtype)
        limits = np.iinfo(dtype)
        image[2:4, 3:6], image[5:7, 3:9] = limits.min, limits.max
        exact = correlate_by_definition(image, kernel(name).taps)
        assert correlate(image, name).tolist() == exact.tolist()

    def test_nothing_wraps_and_nothing_is_clipped(self):
        step = np.array([[200, 200, 0, 0]] * 3, np.uint8)
        assert correlate(step, "sobel-x").min() == -800
        assert convolve(step, "sobel-x").max() == 800

    def test_large_int64_values_survive(self):
        assert correlate(np.full((3, 3), 2**33), np.ones((3, 3)))[1, 1] == 9 * 2**33

    @pytest.mark.parametrize("name", ["sobel-x", "gaussian-blur:sigma=2", "laplacian8"])
    def test_the_same_picture_in_any_dtype_gives_the_same_response(self, name):
        eight = numbers((20, 21), "u1")
        reference = correlate(eight, name).astype(np.float64) / 255
        sixteen = correlate(eight.astype(np.uint16) * np.uint16(257), name) / 65535
        unit = correlate(eight.astype(np.float32) / np.float32(255), name)
        double = correlate(eight / 255.0, name)
        for response in (sixteen, unit, double):
            np.testing.assert_allclose(response, reference, rtol=0, atol=5e-6)

    @pytest.mark.parametrize(
        "view",
        [
            lambda a: a[::-1],
            lambda a: a[:, ::-1],
            lambda a: a[::2, ::-3],
            lambda a: a.T,
            np.asfortranarray,
            lambda a: a.astype(">f8"),
            lambda a: a.view(np.matrix) if a.ndim == 2 else a,
        ],
        ids=["up", "left", "sparse", "transposed", "fortran", "big-endian", "matrix"],
    )
    @pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
    def test_any_layout_gives_the_same_numbers(self, view):
        source = view(numbers((12, 10)))
        plain = np.array(source.tolist())
        assert correlate(source, ASYMMETRIC).tolist() == correlate(plain, ASYMMETRIC).tolist()

    def test_a_read_only_picture_is_filtered_and_left_alone(self):
        image = numbers((8, 9, 3))
        copy = image.copy()
        image.setflags(write=False)
        for mode, border in itertools.product(("same", "full", "valid"), BORDERS):
            response = correlate(image, ASYMMETRIC, mode=mode, border=border)
            assert response.flags.writeable
            assert not np.shares_memory(response, image)
        assert image.tolist() == copy.tolist()

    def test_a_single_tap_still_gives_a_new_array(self):
        image = numbers((4, 4))
        response = correlate(image, [[1.0]], mode="valid")
        assert response.tolist() == image.tolist()
        assert not np.shares_memory(response, image)

    def test_a_picture_counts_as_its_pixels(self):
        pixels = numbers((6, 6), "u1")
        picture = Picture(pixels, 255.0, np.dtype(np.uint8))
        assert correlate(picture, "sobel-y").tolist() == correlate(pixels, "sobel-y").tolist()


class TestNonFinite:
    @settings(max_examples=200, deadline=None)
    @given(data=st.data())
    def test_they_reach_exactly_the_taps_that_are_not_zero(self, data):
        size = data.draw(st.tuples(st.integers(1, 5), st.integers(1, 5)), "kernel")
        border = data.draw(st.sampled_from(BORDERS), "border")
        mode = data.draw(st.sampled_from(["same", "full", "keras-same"]), "mode")
        dilation = data.draw(st.integers(1, 2), "dilation")
        dtype = data.draw(st.sampled_from(["f2", "f4", "f8"]), "dtype")
        seed = data.draw(st.integers(0, 99), "seed")
        generator = np.random.default_rng(seed)
        taps = generator.normal(size=size)
        taps[generator.random(size) < 0.4] = 0.0
        taps[generator.random(size) < 0.2] = 1e-17
        image = numbers((11, 12), dtype, seed)
        for bad in data.draw(st.lists(st.sampled_from([np.nan, np.inf, -np.inf]), max_size=4)):
            image[generator.integers(11), generator.integers(12)] = bad
        layout = {"mode": mode, "border": border, "dilation": dilation}
        for function, reference in (
            (correlate, correlate_by_definition),
            (convolve, convolve_by_definition),
        ):
            expected = reference(image, taps, **layout)
            response = function(image, taps, **layout)
            assert_close(response, expected, image, taps)
            same_kind = (np.isnan(response), np.isposinf(response), np.isneginf(response))
            kinds = (np.isnan(expected), np.isposinf(expected), np.isneginf(expected))
            np.testing.assert_array_equal(same_kind, kinds)

    @pytest.mark.parametrize("size", [13, 15, 21])
    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_large_kernels_do_not_smear_them(self, size, bad):
        image = np.ones((64, 50), np.float32)
        image[40, 20] = bad
        taps = np.full((size, size), 1 / size**2)
        reached = np.zeros(image.shape, bool)
        reach = size // 2
        reached[40 - reach : 41 + reach, 20 - reach : 21 + reach] = True
        response = correlate(image, taps)
        np.testing.assert_array_equal(~np.isfinite(response), reached)
        np.testing.assert_allclose(response[~reached], 1.0, atol=1e-5)

    def test_one_nan_and_a_3_by_3_box_spoil_nine_pixels(self):
        image = np.zeros((32, 32))
        image[10, 10] = np.nan
        assert np.isnan(correlate(image, "box-blur")).sum() == 9

    @pytest.mark.parametrize("taps", [[[1e-17, 0, 1]], [[1e-300, 0, 1]], [[1e-50, 0, 1.0]]])
    @pytest.mark.parametrize("dtype", ["f4", "f8"])
    def test_a_tiny_tap_is_not_zero(self, taps, dtype):
        image = np.array([[0, 0, 0, np.nan, 0, 0, 0]], dtype)
        expected = [False, False, True, False, True, False, False]
        assert np.isnan(correlate(image, taps))[0].tolist() == expected

    def test_a_kernel_over_channels_meets_opposite_infinities_quietly(self):
        image = np.ones((2, 2, 2))
        image[0, 0] = np.inf, -np.inf
        response = correlate(image, np.ones((1, 1, 2)))
        assert np.isnan(response[0, 0])
        assert response[1].tolist() == [2.0, 2.0]


class TestOut:
    def test_out_is_written_and_returned(self):
        image = numbers((6, 7), "u1")
        for function in (correlate, convolve):
            out = np.full((6, 7), np.nan, np.float32)
            assert function(image, ASYMMETRIC, out=out) is out
            assert out.tolist() == function(image, ASYMMETRIC).tolist()

    def test_out_may_be_any_view(self):
        image = numbers((6, 7))
        room = np.zeros((12, 14))
        correlate(image, ASYMMETRIC, out=room[::2, ::-2])
        assert room[::2, ::-2].tolist() == correlate(image, ASYMMETRIC).tolist()
        assert not room[1::2].any()

    def test_out_may_be_the_picture_itself(self):
        image = numbers((6, 7))
        expected = correlate(image, ASYMMETRIC).tolist()
        correlate(image, ASYMMETRIC, out=image)
        assert image.tolist() == expected

    def test_out_has_the_extent_of_the_result(self):
        out = np.zeros((2, 3), np.float32)
        correlate(np.ones((6, 7), np.uint8), ASYMMETRIC, mode="valid", stride=2, out=out)
        assert out.tolist() == [[511.0] * 3] * 2

    @pytest.mark.parametrize(
        "out",
        [np.zeros((5, 7)), np.zeros((6, 7), np.float32), np.zeros((6, 7, 1)), [[0.0] * 7] * 6],
        ids=["shape", "dtype", "axes", "list"],
    )
    def test_out_must_fit(self, out):
        with pytest.raises(InputError, match=r"out must be an array of \(6, 7\) float64, got"):
            correlate(numbers((6, 7)), ASYMMETRIC, out=out)

    def test_out_must_be_writeable(self):
        out = np.zeros((6, 7))
        out.setflags(write=False)
        with pytest.raises(InputError, match="out must be writeable"):
            correlate(numbers((6, 7)), ASYMMETRIC, out=out)


class TestRefusals:
    @pytest.mark.parametrize("function", [correlate, convolve])
    @pytest.mark.parametrize(
        ("image", "error"),
        [
            (np.zeros((0, 3)), InputError),
            (np.zeros(4), InputError),
            (np.zeros((2, 2, 2, 2)), InputError),
            (np.ones((3, 3), complex), TypeError),
            (np.ma.masked_array(np.ones((3, 3))), TypeError),
            (np.array([[None]]), TypeError),
        ],
        ids=["empty", "1-D", "4-D", "complex", "masked", "objects"],
    )
    def test_images(self, function, image, error):
        with pytest.raises(error, match="image"):
            function(image, "sobel-x")

    @pytest.mark.parametrize("function", [correlate, convolve])
    @pytest.mark.parametrize(
        ("taps", "error"),
        [
            (np.zeros((0, 3)), InputError),
            ([[]], InputError),
            ([1, 2, 3], InputError),
            (np.zeros((1, 1, 1, 1)), InputError),
            ([[1.0, np.nan]], InputError),
            ([[np.inf]], InputError),
            ([[1, 2], [3]], InputError),
            ([[1j]], TypeError),
            (np.ma.masked_array([[1.0]]), TypeError),
            ("sobel-z", InputError),
            ("sobel", InputError),
        ],
        ids=str,
    )
    def test_kernels(self, function, taps, error):
        with pytest.raises(error):
            function(np.ones((5, 5)), taps)

    @pytest.mark.parametrize(
        ("layout", "error", "words"),
        [
            ({"mode": "Same"}, InputError, "mode must be one of"),
            ({"mode": None}, InputError, "mode must be one of"),
            ({"border": "reflect"}, InputError, "reflect101.*symmetric"),
            ({"border": 4}, TypeError, "border must be a name"),
            ({"stride": 0}, InputError, "stride must be at least 1, got 0"),
            ({"stride": (1, -1)}, InputError, "stride must be at least 1, got -1"),
            ({"stride": 1.5}, TypeError, "stride must be a whole number"),
            ({"dilation": 0}, InputError, "dilation must be at least 1, got 0"),
            ({"dilation": (1, 2, 3)}, InputError, "dilation must be one number or two"),
        ],
    )
    def test_layouts(self, layout, error, words):
        for function in (correlate, convolve):
            with pytest.raises(error, match=words):
                function(np.ones((5, 5)), ASYMMETRIC, **layout)

    def test_valid_needs_a_picture_as_large_as_the_taps(self):
        with pytest.raises(InputError, match="window of 3 does not fit into a length of 2"):
            correlate(np.ones((2, 9)), ASYMMETRIC, mode="valid")
        with pytest.raises(InputError, match="window of 5 does not fit"):
            correlate(np.ones((9, 4)), ASYMMETRIC, mode="valid", dilation=2)

    def test_channels_must_be_as_many(self):
        with pytest.raises(InputError, match=r"over 3 channels.* got 4"):
            correlate(np.ones((5, 5, 4)), np.ones((3, 3, 3)))
        with pytest.raises(InputError, match=r"over 3 channels.* got 1"):
            correlate(np.ones((5, 5)), np.ones((3, 3, 3)))

    @pytest.mark.parametrize("dilation", [1, 2])
    def test_taps_too_large_for_float32_are_refused(self, dilation):
        with pytest.raises(InputError, match=r"taps must fit float32, got 1e\+39"):
            correlate(np.ones((5, 5), np.uint8), [[1e39, -1e39]], dilation=dilation)
        assert correlate(np.ones((1, 2)), [[1e39, 1.0]], mode="valid").item() == 1e39

    def test_a_signal_has_one_axis(self):
        with pytest.raises(InputError, match="signal must have one axis"):
            correlate1d([[1, 2]], [1])
        with pytest.raises(InputError, match="taps must have one axis"):
            convolve1d([1, 2], [[1]])
        with pytest.raises(InputError, match="empty"):
            convolve1d([], [1])
        with pytest.raises(InputError, match="empty"):
            convolve1d([1], [])


def test_a_kernel_may_be_an_array_an_object_or_a_name():
    image = numbers((6, 6))
    expected = correlate(image, kernel("scharr-x").taps).tolist()
    assert correlate(image, "scharr-x").tolist() == expected
    assert correlate(image, kernel("scharr-x")).tolist() == expected
    assert correlate(image, kernel("scharr-x").taps.tolist()).tolist() == expected
    assert taps_of(Kernel([[1, 2]])).tolist() == [[1.0, 2.0]]


def test_the_border_is_reflect101_unless_keras_is_asked_for():
    image, taps = numbers((6, 6)), numbers((3, 3), seed=1)
    assert correlate(image, taps).tolist() == correlate(image, taps, border="mirror").tolist()
    keras = correlate(image, taps, mode="keras-same")
    assert keras.tolist() == correlate(image, taps, border="zero").tolist()
    reflected = correlate(image, taps, mode="keras-same", border="reflect101")
    assert reflected.tolist() == correlate(image, taps).tolist()


def test_one_number_stands_for_both_axes():
    image = numbers((9, 9))
    for key in ("stride", "dilation"):
        both = correlate(image, ASYMMETRIC, **{key: (2, 2)})
        assert correlate(image, ASYMMETRIC, **{key: 2}).tolist() == both.tolist()
