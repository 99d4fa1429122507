"""Every edge method: what all of them promise, and each as a filter among the others."""

from __future__ import annotations

import math

import numpy as np
import pytest
from edge_oracles import link_by_labels
from hypothesis import given, settings
from hypothesis import strategies as st
from ideal_pictures import (
    TURNS,
    blocks,
    disc,
    distance_to_line,
    hard_step,
    noise,
    photographs,
    pieces,
    regions,
    square,
    step_by_area,
    turned,
)
from scipy import ndimage

from filt.filters.edges.canny import HIGH, LOW, SIGMA, canny
from filt.filters.edges.edge_filter import EdgeFilter
from filt.filters.edges.methods import METHODS, edge_stages
from filt.filters.edges.thresholds import Thresholds
from filt.filters.errors import InputError
from filt.filters.picture import Picture
from filt.filters.placement import Placement
from filt.filters.showing import SHOWS

BY_SLOPE = [name for name in METHODS if name != "log"]
NO_MEDIAN = ("log", "multiscale")
BY_SHARE = ("multiscale",)
WAYS = [
    {},
    {"relative": True, "low": 0.1, "high": 0.3},
    {"auto": "otsu"},
    {"auto": "median"},
    {"quantiles": True, "low": 0.5, "high": 0.9},
]


def inside(array, margin=9):
    return array[margin:-margin, margin:-margin]


@pytest.mark.parametrize("name", METHODS)
class TestEveryMethod:
    def test_gives_thin_soft_lines_two_thresholds_and_linked_edges(self, name):
        for picture in photographs(4).values():
            found = edge_stages(picture, name)
            assert found.method == name
            assert found.soft.shape == found.edges.shape == picture.shape[:2]
            assert found.edges.dtype == bool
            assert found.soft.min() >= 0
            assert 0.005 < found.edges.mean() < 0.3
            assert blocks(found.edges) <= found.edges.sum() / 50
            low, high = found.thresholds.low, found.thresholds.high
            np.testing.assert_array_equal(found.edges, link_by_labels(found.soft, low, high))

    def test_has_its_defaults(self, name):
        method, picture = METHODS[name], photographs(4)["coffee"]
        found = edge_stages(picture, name)
        assert found.thresholds == Thresholds(method.low, method.high)
        said = edge_stages(
            picture, name, sigma=method.sigma, low=method.low, high=method.high,
            channels=method.channels, space=method.space,
        )  # fmt: skip
        np.testing.assert_array_equal(said.edges, found.edges)
        assert method.meaning
        assert "  " not in method.meaning

    def test_shows_its_stages_in_order_each_as_a_picture_can_be(self, name):
        picture = photographs(8)["coffee"]
        stages = edge_stages(picture, name).stages
        names = [stage.name for stage in stages]
        assert len(set(names)) == len(names) >= 5
        assert names[0] in ("grey", "colours")
        assert names[-2:] == ["thresholds", "edges"]
        for stage in stages:
            assert stage.pixels.shape in (picture.shape[:2], picture.shape)
            assert stage.show in SHOWS
            assert stage.note
            assert np.isfinite(stage.pixels).all()

    @pytest.mark.parametrize("way", WAYS)
    def test_finds_the_same_in_8_bits_16_bits_and_floats(self, name, way):
        if name in NO_MEDIAN and way.get("auto") == "median":
            pytest.skip("the median is a rule for slopes")
        for picture in (photographs(5)["coffee"], photographs(5)["camera"]):
            for channels in ("luma", "max", "tensor") if name in BY_SLOPE else (None,):
                edges = edge_stages(picture, name, channels=channels, **way).edges
                assert edges.any()
                for other in (
                    picture.astype(np.uint16) * 257,
                    picture.astype(np.float32) / np.float32(255),
                ):
                    found = edge_stages(other, name, channels=channels, **way)
                    np.testing.assert_array_equal(found.edges, edges)

    @pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
    def test_finds_the_same_in_ideal_pictures_turned(self, name, dtype):
        white = 255 if dtype is np.uint8 else 1
        for picture in (square(16), hard_step(0, 40), hard_step(30, 40), disc(12, size=41)):
            scaled = (picture * white).astype(dtype)
            edges = edge_stages(scaled, name).edges
            assert edges.any()
            for turn in TURNS:
                found = edge_stages(turned(scaled, turn), name).edges
                np.testing.assert_array_equal(found, turned(edges, turn))

    def test_finds_one_line_around_a_disc_and_a_square(self, name):
        for picture in (disc(20), square(16)):
            edges = edge_stages(picture, name).edges
            assert (pieces(edges), regions(edges), blocks(edges)) == (1, 2, 0)

    @pytest.mark.parametrize("angle", range(0, 360, 20))
    def test_finds_one_line_along_a_step(self, name, angle):
        edges = inside(edge_stages(step_by_area(angle), name).edges)
        assert (pieces(edges), regions(edges), blocks(edges)) == (1, 2, 0)
        assert np.abs(inside(distance_to_line(angle, 48, 0.2)))[edges].max() < 0.8

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("value", [0.0, 0.7, 1.0])
    def test_finds_nothing_in_a_flat_picture(self, name, value, way):
        if name in NO_MEDIAN and way.get("auto") == "median":
            pytest.skip("the median is a rule for slopes")
        for shape in ((20, 21), (20, 21, 3)):
            for dtype in (np.float32, np.float64):
                flat = np.full(shape, value, dtype)
                assert not edge_stages(flat, name, **way).edges.any()

    def test_finds_less_the_higher_the_thresholds(self, name):
        picture = photographs(4)["camera"]
        counts = [
            int(edge_stages(picture, name, low=0.4 * high, high=high).edges.sum())
            for high in (0.0, 0.02, 0.05, 0.1, 0.3, 1.0)
        ]
        assert counts == sorted(counts, reverse=True)
        assert counts[0] > 3 * counts[5 if name in BY_SHARE else 4]

    def test_has_a_soft_map_in_fractions_of_full_scale(self, name):
        step = hard_step(0, 40)
        sigma = METHODS[name].sigma
        whole = edge_stages(step, name).soft.max()
        assert 0 < whole <= 1 + 1e-9
        # Scaling the picture scales the map.
        half = edge_stages(step * 0.5, name, sigma=sigma).soft.max()
        if name in BY_SHARE:
            assert half < whole
            return
        assert half == pytest.approx(whole / 2, rel=1e-4)

    @pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (1, 1, 3), (3, 2, 3)])
    def test_takes_tiny_pictures(self, name, shape):
        found = edge_stages(np.ones(shape), name)
        assert found.edges.shape == shape[:2]
        assert not found.edges.any()

    @pytest.mark.parametrize("odd", [np.nan, np.inf])
    def test_takes_nan_and_infinity(self, name, odd):
        picture = photographs(8)["camera"] / 255
        picture[20, 20] = odd
        given = {"low": 0.03, "high": 0.03, "sigma": 1.0}
        edges = edge_stages(picture, name, **given).edges
        assert not edges[19:22, 19:22].any()
        whole = edge_stages(photographs(8)["camera"] / 255, name, **given).edges
        far = np.ones(edges.shape, bool)
        near = slice(0, 50) if name in BY_SHARE else slice(11, 30)
        far[near, near] = False
        np.testing.assert_array_equal(edges[far], whole[far])

    @pytest.mark.parametrize(
        ("given_options", "message"),
        [
            ({"sigma": -1}, "sigma must be"),
            ({"low": -1}, "low must be between 0 and 1"),
            ({"high": 100}, "high must be between 0 and 1"),
            ({"low": 0.5, "high": 0.1}, "low must be at most high"),
            ({"auto": "mean"}, "auto must be one of"),
            ({"auto": "otsu", "quantiles": True}, "exclude one another"),
            ({"channels": "each"}, "channels must be"),
            ({"space": "hsv"}, "space must be"),
            ({"border": "reflect"}, "ambiguous"),
            ({"full_scale": -1}, "full_scale must be"),
        ],
    )
    def test_refuses_what_canny_refuses(self, name, given_options, message):
        with pytest.raises(InputError, match=message):
            edge_stages(np.zeros((5, 5, 3)), name, **given_options)

    def test_refuses_an_empty_picture(self, name):
        with pytest.raises(InputError, match="image is empty"):
            edge_stages(np.zeros((0, 3)), name)

    def test_knows_the_white_of_a_picture(self, name):
        pixels = photographs(4)["camera"].astype(np.float32)
        picture = Picture(pixels * 2, 510.0, np.dtype(np.float32))
        edges = edge_stages(photographs(4)["camera"], name).edges
        np.testing.assert_array_equal(edge_stages(picture, name).edges, edges)


class TestSingleMethods:
    def test_canny_is_canny(self):
        picture = photographs(4)["coffee"]
        np.testing.assert_array_equal(edge_stages(picture).edges, canny(picture))
        assert (METHODS["canny"].sigma, METHODS["canny"].low) == (SIGMA, LOW)
        assert METHODS["canny"].high == HIGH

    def test_sobel_scharr_and_prewitt_do_not_blur(self):
        picture = photographs(4)["camera"]
        for name in ("sobel", "scharr", "prewitt"):
            edges = canny(picture, 0, 0.12, 0.3, operator=name)
            np.testing.assert_array_equal(edge_stages(picture, name).edges, edges)

    def test_di_zenzo_sees_colours_of_equal_luma(self):
        picture = np.empty((20, 20, 3))
        picture[:, :10] = (0.6, 0.2, 0.4)
        picture[:, 10:] = (0.1, 0.2 + 0.5 * 0.299 / 0.587, 0.4)
        found = {name: edge_stages(picture, name).edges.any() for name in METHODS}
        assert [name for name, seen in found.items() if seen] == ["di-zenzo", "multiscale"]

    @pytest.mark.parametrize("sigma", [1.5, 2.0, 3.0])
    def test_log_follows_scipys_laplacian(self, sigma):
        picture = photographs(2)["camera"] / 255
        response = ndimage.gaussian_laplace(picture, sigma, mode="mirror", truncate=4)
        sign = response > 0
        changes = np.zeros(sign.shape, bool)
        across, down = sign[:, 1:] != sign[:, :-1], sign[1:] != sign[:-1]
        changes[:, 1:] |= across
        changes[:, :-1] |= across
        changes[1:] |= down
        changes[:-1] |= down
        soft = edge_stages(picture, "log", sigma=sigma).soft
        clear = soft > 0.02
        assert clear.sum() > 500
        assert (changes[clear]).mean() > 0.999

    @pytest.mark.parametrize("channels", ["max", "tensor"])
    def test_log_refuses_channels_that_it_does_not_look_at(self, channels):
        """Or looks at them; but it must not say nothing and see luma."""
        picture = np.empty((20, 20, 3))
        picture[:, :10] = (0.6, 0.2, 0.4)
        picture[:, 10:] = (0.1, 0.2 + 0.5 * 0.299 / 0.587, 0.4)
        try:
            found = edge_stages(picture, "log", channels=channels)
        except InputError:
            return
        assert found.edges.any()

    def test_log_refuses_the_median_or_finds_something_by_it(self):
        """The rule of thumb is in units of Sobel slopes, which are ten times those of log."""
        try:
            found = edge_stages(photographs(4)["camera"], "log", auto="median")
        except InputError:
            return
        assert found.edges.any()

    def test_log_needs_a_scale(self):
        with pytest.raises(InputError, match="sigma must be greater than 0"):
            edge_stages(np.zeros((5, 5)), "log", sigma=0)

    def test_gaussian_says_nothing_of_a_blur_that_it_does_not_do(self):
        stages = {stage.name: stage for stage in edge_stages(np.eye(20), "gaussian").stages}
        np.testing.assert_array_equal(stages["grey"].pixels, np.eye(20))
        if "smooth" in stages:
            np.testing.assert_array_equal(stages["smooth"].pixels, np.eye(20))
            assert "Gaussian blur, sigma 2" not in stages["smooth"].note

    def test_an_unknown_one_is_refused_with_a_near_name(self):
        with pytest.raises(InputError, match=r"edge method.*cany") as refused:
            edge_stages(np.zeros((5, 5)), "cany")
        assert "canny" in str(refused.value).replace("cany", "")

    @settings(max_examples=40, deadline=None)
    @given(
        name=st.sampled_from(list(METHODS)),
        shape=st.tuples(st.integers(1, 30), st.integers(1, 30)),
        levels=st.sampled_from([2, 256]),
        seed=st.integers(0, 1000),
    )
    def test_each_turns_noise_as_it_is(self, name, shape, levels, seed):
        picture = noise(shape, levels, seed)
        edges = edge_stages(picture, name, low=0.01, high=0.05).edges
        for turn in TURNS:
            found = edge_stages(turned(picture, turn), name, low=0.01, high=0.05).edges
            np.testing.assert_array_equal(found, turned(edges, turn))


class TestStagesOfCanny:
    def stage(self, name, picture=None, **options):
        image = photographs(4)["camera"] if picture is None else picture
        found = edge_stages(image, **options)
        return next(stage for stage in found.stages if stage.name == name), found

    def test_grey_is_the_brightness_from_0_to_1(self):
        stage, _ = self.stage("grey")
        np.testing.assert_allclose(stage.pixels, photographs(4)["camera"] / 255, atol=1e-6)

    def test_slopes_are_signed_with_the_steepest_at_1(self):
        for name in ("gradient x", "gradient y"):
            stage, _ = self.stage(name)
            assert stage.show == "signed"
            assert 0.5 < np.abs(stage.pixels).max() <= 1 + 1e-6

    def test_directions_are_hues_from_red_to_the_right_clockwise(self):
        for angle, brightest in ((0, 0), (120, 1), (-120, 2)):
            stage, _ = self.stage("direction", step_by_area(angle, 40))
            assert stage.pixels[19:21, 19:21].mean(axis=(0, 1)).argmax() == brightest
        right, _ = self.stage("direction", step_by_area(0, 40))
        np.testing.assert_allclose(right.pixels.max(axis=(0, 1)), [1, 0.25, 0.25], atol=0.01)

    def test_thresholds_are_grey_and_white(self):
        stage, found = self.stage("thresholds")
        assert set(np.unique(stage.pixels)) == {0, 0.5, 1}
        low, high = found.thresholds.low, found.thresholds.high
        np.testing.assert_array_equal(stage.pixels == 1, found.soft > high)
        np.testing.assert_array_equal(stage.pixels > 0, found.soft > low)

    def test_notes_tell_the_numbers(self):
        assert "sigma 2.5" in self.stage("smooth", sigma=2.5)[0].note
        assert "no blur" in self.stage("smooth", sigma=0)[0].note
        note = self.stage("thresholds", low=0.0125, high=0.25)[0].note
        assert "0.0125" in note
        assert "0.25" in note
        stage, found = self.stage("edges")
        assert f"{found.edges.sum():,} pixels" in stage.note


class TestAsAFilter:
    def test_responds_with_ones_on_the_edges(self):
        picture = photographs(4)["camera"]
        response = EdgeFilter("canny", "canny").respond(picture)
        assert response.dtype == np.float32
        np.testing.assert_array_equal(response, canny(picture).astype(np.float32))

    def test_takes_the_parameters_of_its_method(self):
        picture = photographs(4)["coffee"]
        given_parameters = {"sigma": 2.0, "low": 0.01, "channels": "max", "auto": "none"}
        response = EdgeFilter("canny:sigma=2", "canny", given_parameters).respond(picture)
        edges = canny(picture, 2.0, 0.01, channels="max")
        np.testing.assert_array_equal(response > 0, edges)

    def test_channels_of_the_call_come_first(self):
        picture = photographs(4)["coffee"]
        one = EdgeFilter("canny", "canny", {"channels": "luma"})
        edges = canny(picture, channels="max")
        np.testing.assert_array_equal(one.respond(picture, channels="max") > 0, edges)

    def test_is_the_same_by_correlation_and_convolution(self):
        picture = photographs(4)["camera"]
        one = EdgeFilter("sobel", "sobel")
        np.testing.assert_array_equal(
            one.respond(picture, operation="convolve"), one.respond(picture)
        )
        with pytest.raises(InputError, match="operation must be correlate or convolve"):
            one.respond(picture, operation="multiply")

    def test_takes_a_border_but_no_other_placement(self):
        picture = photographs(4)["camera"]
        one = EdgeFilter("canny", "canny")
        replicated = one.respond(picture, placement=Placement(border="replicate"))
        np.testing.assert_array_equal(replicated > 0, canny(picture, border="replicate"))
        for placement in (Placement(stride=2), Placement(dilation=2), Placement(mode="valid")):
            with pytest.raises(InputError, match="mode same, stride 1 and dilation 1"):
                one.respond(picture, placement=placement)

    @pytest.mark.parametrize("white", [1.0, 255.0, 65535.0])
    def test_draws_white_at_the_pictures_full_scale_and_keeps_its_alpha(self, white):
        dtype = {1.0: np.float32, 255.0: np.uint8, 65535.0: np.uint16}[white]
        pixels = (photographs(4)["coffee"] / 255 * white).astype(dtype)
        alpha = np.linspace(0, 1, pixels.shape[0] * pixels.shape[1]).astype(np.float32)
        alpha = alpha.reshape(pixels.shape[:2])
        drawn = EdgeFilter("canny", "canny").apply(Picture(pixels, white, np.dtype(dtype), alpha))
        assert set(np.unique(drawn.pixels)) == {0, white}
        assert (drawn.full_scale, drawn.depth) == (white, dtype)
        np.testing.assert_array_equal(drawn.alpha, alpha)

    def test_is_an_edge_filter_without_kernels(self):
        one = EdgeFilter("log", "log")
        assert one.is_edge
        assert one.kernels == ()
        assert one.unit is one
        assert one.show in SHOWS
        assert "log" in one.composition

    def test_says_what_its_method_sees_of_colour(self):
        assert EdgeFilter("di-zenzo", "di-zenzo").channels == METHODS["di-zenzo"].channels

    def test_nan_has_no_edges(self):
        picture = np.full((9, 9), math.nan)
        assert EdgeFilter("canny", "canny").respond(picture).max() == 0
