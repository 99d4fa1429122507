"""The multi-scale detector: its stages against plain loops, and what it promises of lines."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ideal_pictures import (
    TURNS,
    disc,
    distance_to_line,
    hard_step,
    noise,
    photographs,
    pieces,
    square,
    step_by_area,
    step_by_lens,
    turned,
)
from scipy import ndimage

from filt.filters.edges.methods import ALIASES, METHODS, edge_stages, method_of
from filt.filters.edges.multiscale import SEMISATURATION, SIGMA, multiscale_stages
from filt.filters.edges.oriented import TANGENTS, along_lines, mean_around, reach_of_lines
from filt.filters.edges.scales import SCALES
from filt.filters.edges.tensor import StructureTensor
from filt.filters.errors import InputError


def tensor_of(x, y):
    return StructureTensor(x * x, x * y, y * y)


class TestMeanAround:
    @pytest.mark.parametrize("reach", [0, 1, 3, 50])
    @pytest.mark.parametrize("shape", [(1, 1), (1, 7), (6, 1), (5, 9)])
    def test_is_the_mean_of_what_the_window_holds(self, shape, reach):
        plane = noise(shape, 256, 3).astype(np.float64)
        expected = np.empty(shape)
        for y in range(shape[0]):
            for x in range(shape[1]):
                rows = slice(max(y - reach, 0), y + reach + 1)
                expected[y, x] = plane[rows, max(x - reach, 0) : x + reach + 1].mean()
        np.testing.assert_allclose(mean_around(plane, reach, 256.0), expected, atol=1e-12)

    @pytest.mark.parametrize("unit", [1.0, 1e-30, 1e30])
    def test_counts_what_is_known_alone(self, unit):
        plane = np.array([[1.0, np.nan, 4.0, 7.0, np.nan, np.nan, np.nan]])
        mean = mean_around(plane * unit, 1, 7.0 * unit, np.isfinite(plane)) / unit
        np.testing.assert_allclose(mean, [[1, 2.5, 5.5, 5.5, 7, 0, 0]], atol=1e-12)

    @given(
        seed=st.integers(0, 10_000), reach=st.integers(0, 20), top=st.integers(0, 20),
        left=st.integers(0, 20), largest=st.sampled_from([0.7, 1.0, 3e5]),
    )  # fmt: skip
    def test_a_part_has_the_means_of_the_whole(self, seed, reach, top, left, largest):
        plane = np.random.default_rng(seed).uniform(-largest, largest, (70, 80))
        part = plane[top : top + 50, left : left + 60].copy()
        inside = np.s_[reach : 50 - reach, reach : 60 - reach]
        whole = mean_around(plane, reach, largest)[top : top + 50, left : left + 60]
        np.testing.assert_array_equal(mean_around(part, reach, largest)[inside], whole[inside])


class TestAlongLines:
    @pytest.mark.parametrize("shape", [(1, 1), (1, 3), (3, 1), (2, 2)])
    def test_lines_of_one_pixel(self, shape):
        slope, nothing = noise(shape, 256, 3).astype(np.float64), np.zeros(shape)
        strength, x, y = along_lines(StructureTensor(slope, nothing, nothing), 0.5, "zero")
        np.testing.assert_allclose(strength, slope)
        np.testing.assert_allclose(np.abs(x), slope > 0)
        np.testing.assert_allclose(y, 0, atol=1e-9)

    @pytest.mark.parametrize("length", [1.5, 2.25, 2.6, 4.0])
    def test_a_part_has_the_lines_of_the_whole(self, length):
        random = np.random.default_rng(2)
        margin = reach_of_lines(length)
        for width in range(40, 72):
            x, y = random.random((2, 60, width))
            whole = along_lines(tensor_of(x, y), length, "zero")
            part = along_lines(tensor_of(x[:, 13:].copy(), y[:, 13:].copy()), length, "zero")
            for found, expected in zip(part, whole, strict=True):
                inside = np.s_[:, margin:]
                np.testing.assert_array_equal(found[inside], expected[:, 13:][inside])

    def test_is_the_largest_mean_of_eight_directions_by_a_double_loop(self):
        rng = np.random.default_rng(4)
        tensor = tensor_of(rng.normal(size=(14, 17)), rng.normal(size=(14, 17)))
        length, size = 3.0, (14, 17)
        expected = np.zeros(size)
        for y in range(size[0]):
            for x in range(size[1]):
                for right, below in TANGENTS:
                    apart = math.hypot(right, below)
                    normal_x, normal_y = -below / apart, right / apart
                    total = weights = 0.0
                    steps = int(1.5 * length / apart)
                    for k in range(-steps, steps + 1):
                        at = (
                            min(max(y + k * below, 0), size[0] - 1),
                            min(max(x + k * right, 0), size[1] - 1),
                        )
                        weight = math.exp(-0.5 * (k * apart / length) ** 2)
                        total += weight * (
                            normal_x**2 * tensor.xx[at]
                            + 2 * normal_x * normal_y * tensor.xy[at]
                            + normal_y**2 * tensor.yy[at]
                        )
                        weights += weight
                    expected[y, x] = max(expected[y, x], total / weights)
        expected = np.minimum(expected, tensor.xx + tensor.yy)
        strength, _, _ = along_lines(tensor, length, "replicate")
        np.testing.assert_allclose(strength, expected, atol=1e-12)

    @pytest.mark.parametrize("angle", range(-85, 95, 15))
    def test_points_across_lines(self, angle):
        slope = np.exp(-0.5 * (distance_to_line(angle, 41) / 1.5) ** 2)
        radians = math.radians(angle)
        tensor = tensor_of(slope * math.cos(radians), slope * math.sin(radians))
        strength, x, y = along_lines(tensor, 4.0, "reflect101")
        found = math.degrees(math.atan2(y[20, 20], x[20, 20]))
        assert abs((found - angle + 90) % 180 - 90) < 5
        assert 0.8 < strength[20, 20] <= 1

    def test_points_nowhere_where_no_direction_prevails(self):
        tensor = StructureTensor(np.ones((9, 9)), np.zeros((9, 9)), np.ones((9, 9)))
        _, x, y = along_lines(tensor, 3.0, "replicate")
        assert not x.any()
        assert not y.any()

    def test_prefers_lines_to_dots(self):
        line, dot = np.zeros((31, 31)), np.zeros((31, 31))
        line[:, 15] = dot[15, 15] = 1
        nothing = np.zeros((31, 31))
        strengths = [
            along_lines(StructureTensor(slope, nothing, nothing), 4.0, "zero")[0][15, 15]
            for slope in (line, dot)
        ]
        assert strengths[0] == pytest.approx(1)
        assert strengths[1] < 0.3


class TestStages:
    def test_the_amplitude_of_a_step_is_its_height_at_every_scale(self):
        for height in (1.0, 0.25):
            slopes = multiscale_stages(height * step_by_lens(0, 121, 0.0, blur=0.3)).slopes
            assert list(slopes) == [SIGMA * scale for scale in SCALES]
            for amplitude in slopes.values():
                assert amplitude[60].max() == pytest.approx(height, rel=0.15)

    @pytest.mark.parametrize("angle", range(0, 180, 15))
    def test_a_long_step_is_one_line_on_its_place(self, angle):
        for picture in (step_by_area(angle, 64), step_by_lens(angle, 64)):
            edges = edge_stages(picture, "multiscale").edges[8:-8, 8:-8]
            assert pieces(edges) == 1
            assert np.abs(distance_to_line(angle, 64, 0.2)[8:-8, 8:-8][edges]).max() < 1

    def test_lines_do_not_run_past_corners(self):
        edges = edge_stages(square(16), "multiscale").edges
        rows, columns = np.nonzero(edges)
        start = (40 - 16) // 2 - 2
        assert rows.min() >= start - 1
        assert columns.max() <= start + 16

    def test_follows_scipys_gaussian_slopes(self):
        grey = photographs(2)["camera"] / 255
        for sigma, amplitude in multiscale_stages(grey).slopes.items():
            x, y = (
                ndimage.gaussian_filter(grey, sigma, order, mode="mirror")
                for order in ((0, 1), (1, 0))
            )
            expected = np.hypot(x, y) * sigma * math.sqrt(2 * math.pi)
            np.testing.assert_allclose(amplitude, expected, atol=0.15 * expected.max())
            assert np.corrcoef(amplitude.ravel(), expected.ravel())[0, 1] > 0.995

    def test_strength_is_the_share_of_lines_in_all_there_is(self):
        found = multiscale_stages(photographs(4)["coffee"])
        total = found.lines + found.surroundings + SEMISATURATION
        np.testing.assert_allclose(found.strength, found.lines / total)
        kept = found.soft > 0
        np.testing.assert_array_equal(found.soft[kept], found.strength[kept])
        assert 0 < found.soft.max() < 1

    def test_lines_in_texture_count_less_than_in_flat_surroundings(self):
        plain = hard_step(0, 161, 0.0) * 0.4 + 0.3
        stripes = plain.copy()
        stripes[:, 90:] -= 0.5 * (np.arange(71) % 6 < 3)
        alone, among = (multiscale_stages(one).soft[80, 78:82].max() for one in (plain, stripes))
        assert among < 0.9 * alone

    def test_normals_point_to_the_brighter_side(self):
        for angle in range(0, 360, 30):
            found = multiscale_stages(step_by_lens(angle, 64))
            on_line = found.soft > 0.5
            radians = math.radians(angle)
            rise = found.x * math.cos(radians) + found.y * math.sin(radians)
            assert on_line.any()
            assert (rise[on_line] > 0.9).all()

    @pytest.mark.parametrize("channels", ["luma", "max", "tensor"])
    @pytest.mark.parametrize("space", ["rgb", "lab"])
    def test_a_grey_picture_in_colour_is_the_grey_one_in_rgb(self, channels, space):
        grey = photographs(4)["camera"].astype(np.float64) / 255
        colour = np.repeat(grey[..., None], 3, axis=2)
        soft = multiscale_stages(colour, channels=channels, space=space).soft
        if space == "rgb" or channels == "luma":
            np.testing.assert_allclose(soft, multiscale_stages(grey).soft, atol=1e-6)
        else:
            assert soft.max() > 0.3

    def test_the_steepest_channel_alone_is_seen_by_max(self):
        picture = np.zeros((40, 40, 3))
        picture[:, 20:, 0] = 1
        picture[20:, :, 1] = 0.5
        found = multiscale_stages(picture, channels="max", space="rgb")
        red = multiscale_stages(picture[..., 0])
        np.testing.assert_allclose(found.slopes[SIGMA][5], red.slopes[SIGMA][5], atol=1e-12)

    def test_sigma_scales_everything(self):
        small = disc(20, size=81)
        large = disc(40, size=162)
        fine = multiscale_stages(small, 1.4).lines
        coarse = multiscale_stages(large, 2.8).lines
        assert coarse.max() == pytest.approx(fine.max(), rel=0.05)

    def test_refuses_a_scale_of_nothing(self):
        with pytest.raises(InputError, match="sigma must be greater than 0"):
            multiscale_stages(np.eye(5), 0)

    @pytest.mark.parametrize("value", [1e101, 1e303])
    def test_refuses_what_cannot_be_squared(self, value):
        with pytest.raises(InputError, match="the brightest pixel must be at most 1e100"):
            multiscale_stages(np.eye(5) * value)


class TestTurning:
    @pytest.mark.parametrize("levels", [2, 256])
    def test_grey_noise_turns_to_the_pixel(self, levels):
        for seed in range(3):
            picture = noise((23, 31), levels, seed)
            found = edge_stages(picture, "multiscale", low=0.05, high=0.2)
            for turn in TURNS:
                other = edge_stages(turned(picture, turn), "multiscale", low=0.05, high=0.2)
                np.testing.assert_array_equal(other.edges, turned(found.edges, turn))
                np.testing.assert_allclose(other.soft, turned(found.soft, turn), atol=1e-9)

    def test_a_photograph_in_colour_turns_to_rounding(self):
        picture = photographs(4)["coffee"]
        soft = multiscale_stages(picture).soft
        for turn in TURNS:
            laid = np.stack([turned(picture[..., c], turn) for c in range(3)], axis=2)
            other = multiscale_stages(laid).soft
            same = np.abs(other - turned(soft, turn)) < 1e-5
            assert same.mean() > 0.9999

    @pytest.mark.parametrize("border", ["reflect101", "symmetric", "replicate", "wrap", "zero"])
    def test_so_it_does_at_every_border(self, border):
        picture = noise((19, 26), 256, 8)
        soft = multiscale_stages(picture, border=border).soft
        for turn in TURNS:
            other = multiscale_stages(turned(picture, turn), border=border).soft
            np.testing.assert_allclose(other, turned(soft, turn), atol=1e-9)


class TestUnknownPixels:
    def test_have_no_lines_and_make_none(self):
        picture = np.full((60, 60), 0.5)
        picture[20:30, 20:35] = np.nan
        assert not multiscale_stages(picture).soft.any()

    def test_hide_nothing_far_away(self):
        picture = hard_step(0, 120)
        broken = picture.copy()
        broken[5, 5] = np.inf
        whole, found = (edge_stages(one, "multiscale").edges for one in (picture, broken))
        np.testing.assert_array_equal(found, whole)

    def test_can_be_all_there_is(self):
        for shape in ((5, 6), (5, 6, 3)):
            assert not multiscale_stages(np.full(shape, np.nan)).soft.any()


class TestName:
    def test_best_is_another_name_of_it(self):
        assert dict(ALIASES) == {"best": "multiscale"}
        assert method_of("best") is METHODS["multiscale"]
        picture = photographs(8)["coffee"]
        found = edge_stages(picture, "best")
        assert found.method == "multiscale"
        np.testing.assert_array_equal(found.edges, edge_stages(picture, "multiscale").edges)
        assert not set(ALIASES) & set(METHODS)
