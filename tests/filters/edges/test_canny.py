"""Canny on pictures whose edges are known, on the same picture in other guises, and on bad input.

One pixel wide means: away from the border the edge pixels are those nearer to the true line than
half a step along the gradient (a step leaves the 3 × 3 neighbourhood: 1 pixel upright, 1.41 on the
diagonal), no four of them make a square, they are one connected line, and it cuts the picture into
two pieces for one who walks by sides alone. An oblique line so has the corners of its stairs, as
OpenCV's and scikit-image's have.
"""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest
from edge_oracles import canny_by_definition
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
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
from skimage import measure

from filt.filters.edges.canny import HIGH, LOW, SIGMA, TIE, CannyStages, canny, canny_stages
from filt.filters.edges.gradient import OPERATORS, gradient
from filt.filters.edges.linking import link
from filt.filters.edges.thinning import THINNINGS, thin
from filt.filters.edges.thresholds import Thresholds
from filt.filters.errors import InputError
from filt.filters.picture import Picture

CHANNELS = ["luma", "max", "tensor"]
WAYS = [{}, {"auto": "otsu"}, {"auto": "median"}, {"relative": True}]
DTYPES = [
    bool, np.int8, np.uint8, np.int16, np.uint16, np.int64, np.float16, np.float32, np.float64,
]  # fmt: skip


def checkerboard(cell, size):
    return np.add(*np.indices((size, size)) // cell) % 2 * 1.0


def inside(array, margin):
    return array[margin:-margin, margin:-margin]


class TestSteps:
    @pytest.mark.parametrize("sigma", [0, 1.4])
    def test_seen_through_square_pixels_are_one_line_at_every_angle(self, sigma):
        for angle in range(360):
            edges = inside(canny(step_by_area(angle, 36), sigma), 7)
            away = np.abs(inside(distance_to_line(angle, 36, 0.2), 7))
            radians = math.radians(angle)
            half_step = 0.5 / max(abs(math.cos(radians)), abs(math.sin(radians)))
            assert away[edges].max() < 1.05 * half_step
            assert away[~edges].min() > 0.99 * half_step
            assert (pieces(edges), regions(edges), blocks(edges)) == (1, 2, 0)

    @pytest.mark.parametrize("thinning", THINNINGS)
    @pytest.mark.parametrize("sigma", [0, 1.4])
    def test_hard_ones_are_one_line_at_every_angle(self, sigma, thinning):
        for angle in range(0, 360, 3):
            edges = inside(canny(hard_step(angle, 36), sigma, thinning=thinning), 7)
            assert (pieces(edges), regions(edges), blocks(edges)) == (1, 2, 0)
            upright = abs(math.cos(math.radians(angle))) >= math.sqrt(0.5)
            crossings = edges if upright else edges.T
            for crossing in crossings:
                where = np.flatnonzero(crossing)
                assert 1 <= where.size <= 2
                assert np.ptp(where) == where.size - 1

    @pytest.mark.parametrize("thinning", THINNINGS)
    @pytest.mark.parametrize("operator", OPERATORS)
    def test_upright_and_level_ones_are_the_last_dark_pixels(self, operator, thinning):
        for angle in (0, 90, 180, 270):
            wanted = np.abs(distance_to_line(angle, 30) + 0.5) < 1e-6
            assert wanted.sum() == 30
            for sigma in (0, 0.7, 1.4, 3) if operator != "gaussian" else (0.7, 1.4, 3):
                step = hard_step(angle, 30, 0.0)
                edges = canny(step, sigma, operator=operator, thinning=thinning)
                np.testing.assert_array_equal(edges, wanted)

    @pytest.mark.parametrize("thinning", THINNINGS)
    @pytest.mark.parametrize("angle", [45, 135, 225, 315])
    @pytest.mark.parametrize("sigma", [0, 1.4])
    def test_diagonal_ones_are_a_single_stair(self, angle, sigma, thinning):
        for offset in (0.0, 0.2, 0.4):
            edges = inside(canny(hard_step(angle, 30, offset), sigma, thinning=thinning), 7)
            assert edges.sum(axis=0).max() <= 2
            assert edges.sum(axis=1).max() <= 2
            assert (pieces(edges), regions(edges)) == (1, 2)

    @pytest.mark.parametrize("height", [0.1, 0.25, 1.0])
    def test_are_edges_where_they_are_higher_than_the_thresholds(self, height):
        """Without a blur a step of height h has h of the full gradient."""
        step = height * hard_step(0, 20)
        assert canny(step, 0, height * 0.9, height * 0.99)[:, 9].all()
        assert not canny(step, 0, min(height * 1.01, 1), min(height * 1.01, 1)).any()


class TestShapes:
    @pytest.mark.parametrize("thinning", THINNINGS)
    @pytest.mark.parametrize("sigma", [0, 1.4, 2])
    @pytest.mark.parametrize("centre", [(0, 0), (0.5, 0.5), (0.3, -0.2)])
    @pytest.mark.parametrize("radius", [20, 30])
    def test_a_disc_is_one_closed_line_of_its_length(self, radius, centre, sigma, thinning):
        """The length: Crofton's, in four directions, of the filled outline and of the hole in it.

        It counts crossings with straight lines, so that stairs do not count double; the mean of the
        two is that of the line in the middle of the pixels.
        """
        for picture in (disc(radius, centre), 1 - disc(radius, centre)):
            edges = canny(picture, sigma, thinning=thinning)
            assert (pieces(edges), regions(edges), blocks(edges)) == (1, 2, 0)
            filled = ndimage.binary_fill_holes(edges)
            lengths = [measure.perimeter_crofton(area, 4) for area in (filled, filled & ~edges)]
            assert np.mean(lengths) == pytest.approx(2 * math.pi * radius, rel=0.02)

    @pytest.mark.parametrize("thinning", THINNINGS)
    @pytest.mark.parametrize("sigma", [0, 1, 1.4, 2])
    @pytest.mark.parametrize("side", [3, 5, 9, 16])
    def test_a_square_stays_closed_at_its_corners(self, side, sigma, thinning):
        for picture in (square(side), 1 - square(side)):
            edges = canny(picture, sigma, thinning=thinning)
            assert (pieces(edges), regions(edges), blocks(edges)) == (1, 2, 0)
            middle = (40 - side) // 2 - 2 + side // 2
            assert not edges[middle, middle]
            reached = ndimage.label(~edges)[0]
            assert reached[middle, middle] != reached[0, 0]

    @pytest.mark.parametrize("angle", [10, 30, 45])
    @pytest.mark.parametrize("sigma", [0, 1.4])
    def test_a_tilted_square_stays_closed_too(self, angle, sigma):
        across, along = (np.abs(distance_to_line(a, 48)) for a in (angle, angle + 90))
        edges = canny(np.clip(12.5 - np.maximum(across, along), 0, 1), sigma)
        assert (pieces(edges), regions(edges)) == (1, 2)

    @pytest.mark.parametrize("thinning", THINNINGS)
    @pytest.mark.parametrize("sigma", [0, 1, 1.4])
    def test_a_checkerboard_has_thin_lines_between_its_cells(self, sigma, thinning):
        """Where four cells meet there is a saddle with no slope, so lines may end there."""
        edges = canny(checkerboard(8, 48), sigma, thinning=thinning)
        y, x = np.nonzero(edges)
        beside = [np.minimum(n % 8, 7 - n % 8) for n in (y, x)]
        assert np.minimum(*beside).max() <= 1
        for rows in (slice(10, 14), slice(18, 22), slice(26, 30)):
            walls = edges[rows].sum(axis=1)
            assert walls.tolist() == [5] * 4
            walls = edges[:, rows].sum(axis=0)
            assert walls.tolist() == [5] * 4
        assert blocks(edges) == 0

    def test_a_checkerboard_of_single_pixels_has_no_slope(self):
        """Its neighbours two apart are equal, so central differences are nought."""
        for operator in ("sobel", "scharr", "prewitt", "central"):
            assert not canny(checkerboard(1, 20), 0, 0, 0, operator=operator).any()

    @pytest.mark.parametrize("thinning", THINNINGS)
    @pytest.mark.parametrize("sigma", [0, 1.0, 1.4])
    def test_a_single_pixel_has_a_ring(self, sigma, thinning):
        dot = np.zeros((17, 17))
        dot[8, 8] = 1
        edges = canny(dot, sigma, 0.01, 0.02, thinning=thinning)
        assert not edges[8, 8]
        assert (pieces(edges), regions(edges)) == (1, 2)
        for turn in TURNS:
            np.testing.assert_array_equal(turned(edges, turn), edges)
        y, x = np.nonzero(edges)
        # Blurred it is a bell, steepest at sigma; Sobel's own smoothing adds half a pixel squared.
        steepest = math.sqrt(sigma**2 + 0.5)
        assert np.hypot(y - 8, x - 8).mean() == pytest.approx(steepest, abs=0.6)

    @pytest.mark.parametrize("channels", CHANNELS)
    @pytest.mark.parametrize("operator", OPERATORS)
    @pytest.mark.parametrize("value", [0.0, 0.1, 0.7, 1.0])
    def test_a_flat_picture_has_nothing_even_at_threshold_0(self, value, operator, channels):
        for shape in ((20, 21), (20, 21, 3)):
            flat = np.full(shape, value, np.float32)
            assert not canny(flat, 1.4, 0, 0, operator=operator, channels=channels).any()

    @pytest.mark.parametrize("way", [{"relative": True}, {"auto": "otsu"}, {"quantiles": True}])
    @pytest.mark.parametrize("value", [0.1, 0.7, 1.0])
    def test_a_flat_picture_has_nothing_whichever_way_thresholds_are_chosen(self, value, way):
        for dtype in (np.float32, np.float64):
            assert not canny(np.full((20, 21), value, dtype), **way).any()

    @pytest.mark.parametrize("operator", OPERATORS)
    @pytest.mark.parametrize("angle", [0, 90, 180, 270])
    def test_a_ramp_is_nowhere_steepest(self, angle, operator):
        ramp = distance_to_line(angle, 40) / 50 + 0.5
        for sigma in (0, 1.4) if operator != "gaussian" else (1.4,):
            assert not canny(ramp, sigma, 0.001, 0.001, operator=operator).any()

    @pytest.mark.parametrize("angle", range(10, 360, 25))
    def test_an_oblique_ramp_is_nowhere_steepest_off_the_border(self, angle):
        ramp = distance_to_line(angle, 40) / 60 + 0.5
        for sigma in (0, 1.4):
            assert not inside(canny(ramp, sigma, 0.001, 0.001), 8).any()


class TestTurned:
    """Ties too: the rule goes by the gradient, not by rows and columns."""

    @pytest.mark.parametrize("thinning", THINNINGS)
    @pytest.mark.parametrize("operator", OPERATORS)
    @pytest.mark.parametrize("channels", CHANNELS)
    def test_pictures_have_turned_edges(self, channels, operator, thinning):
        pictures = {
            "noise": noise((30, 41, 3)),
            "few levels": (noise((60, 83, 3), levels=5) / 1.275).round() / 255,
            "two levels": noise((60, 83, 3), levels=2) // 255 * 100,
            "coffee": photographs(5)["coffee"][:50, :70],
            "astronaut": photographs(5)["astronaut"][:50, :70],
            "camera": photographs(5)["camera"][:70, :50],
        }
        moved = {}
        for name, picture in pictures.items():
            blurs = (0,) if "levels" in name else (0, 1.4)
            for sigma in blurs if operator != "gaussian" else (1.0,):
                given = {"operator": operator, "thinning": thinning, "channels": channels}
                edges = canny(picture, sigma, **given)
                assert edges.any()
                for turn in TURNS:
                    other = canny(turned(picture, turn), sigma, **given)
                    if (count := int((other != turned(edges, turn)).sum())) > 0:
                        moved[name, sigma, turn] = count
        assert moved == {}

    @pytest.mark.parametrize("norm", ["l1", "l2"])
    @pytest.mark.parametrize("space", ["rgb", "lab"])
    @pytest.mark.parametrize("channels", ["max", "tensor"])
    def test_pictures_have_turned_edges_in_lab_and_by_l1(self, channels, space, norm):
        given = {"norm": norm, "channels": channels, "space": space}
        for picture in (noise((30, 41, 3)), photographs(5)["coffee"][:50, :70]):
            edges = canny(picture, 1.0, **given)
            for turn in TURNS:
                other = canny(turned(picture, turn), 1.0, **given)
                np.testing.assert_array_equal(other, turned(edges, turn))

    @pytest.mark.parametrize("name", ["camera", "coffee", "astronaut"])
    def test_whole_photographs_have_turned_edges(self, name):
        picture = photographs()[name]
        edges = canny(picture)
        assert edges.sum() > 5000
        for turn in TURNS[1:4]:
            np.testing.assert_array_equal(canny(turned(picture, turn)), turned(edges, turn))

    @pytest.mark.parametrize("sigma", [0, 1.4])
    @pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
    def test_ideal_pictures_full_of_ties_have_turned_edges(self, dtype, sigma):
        white = 255 if dtype is np.uint8 else 1
        for picture in (square(16), checkerboard(7, 40), hard_step(30), disc(12), hard_step(0)):
            scaled = (picture * white).astype(dtype)
            edges = canny(scaled, sigma)
            for turn in TURNS:
                np.testing.assert_array_equal(
                    canny(turned(scaled, turn), sigma), turned(edges, turn)
                )


class TestOtherGuises:
    """One picture in several dtypes, contrasts and wrappings."""

    @pytest.mark.parametrize("operator", OPERATORS)
    @pytest.mark.parametrize(
        "chosen",
        [{}, {"relative": True, "low": 0.1, "high": 0.3}, {"auto": "otsu"}, {"auto": "median"},
         {"quantiles": True, "low": 0.7, "high": 0.9}],
    )  # fmt: skip
    def test_of_8_bits_16_bits_and_floats_have_the_same_edges(self, chosen, operator):
        for picture in (photographs(6)["coffee"], photographs(6)["camera"], noise((30, 40), 3)):
            for channels, space in (("luma", "rgb"), ("max", "rgb"), ("tensor", "lab")):
                given = {"operator": operator, "channels": channels, "space": space, **chosen}
                edges = canny(picture, 1.0, **given)
                assert edges.any()
                for other in (
                    picture.astype(np.uint16) * 257,
                    picture.astype(np.float32) / np.float32(255),
                    (picture / 255).astype(np.float32),
                ):
                    np.testing.assert_array_equal(canny(other, 1.0, **given), edges)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("factor", [0.5, 2.0**-7, 2.0**-20])
    @pytest.mark.parametrize("channels", CHANNELS)
    def test_of_less_contrast_have_the_same_edges_by_relative_thresholds(
        self, channels, factor, dtype
    ):
        """By a power of two, so that multiplying itself rounds nothing."""
        for picture in (photographs(4)["coffee"], noise((30, 40, 3), 3)):
            full = (picture / 255).astype(dtype)
            given = {"low": 0.1, "high": 0.3, "relative": True, "channels": channels}
            edges = canny(full, **given)
            assert edges.any()
            np.testing.assert_array_equal(canny(full * dtype(factor), **given), edges)

    @pytest.mark.parametrize("factor", [0.9, 1 / 3, 0.01, 1e-6])
    def test_of_any_contrast_have_the_same_edges_by_relative_thresholds(self, factor):
        full = photographs(2)["camera"] / 255
        edges = canny(full, low=0.1, high=0.3, relative=True)
        np.testing.assert_array_equal(canny(full * factor, low=0.1, high=0.3, relative=True), edges)

    def test_of_another_white_have_the_same_edges(self):
        picture = photographs(4)["camera"]
        edges = canny(picture)
        tenfold = picture.astype(np.float64) * 4
        np.testing.assert_array_equal(canny(tenfold, full_scale=1020), edges)
        wrapped = Picture(tenfold.astype(np.float32), 1020.0, np.dtype(np.float32))
        np.testing.assert_array_equal(canny(wrapped), edges)

    def test_in_memory_turned_around_have_the_same_edges(self):
        picture = photographs(4)["coffee"]
        edges = canny(picture)
        np.testing.assert_array_equal(canny(np.asfortranarray(picture)), edges)
        np.testing.assert_array_equal(canny(picture.astype(">u2") * 257), edges)
        np.testing.assert_array_equal(canny(picture[..., ::-1][..., ::-1]), edges)
        np.testing.assert_array_equal(canny(picture.tolist(), full_scale=255), edges)

    def test_grey_in_one_channel_or_three_has_the_same_edges(self):
        grey = photographs(4)["camera"]
        edges = canny(grey)
        np.testing.assert_array_equal(canny(grey[..., None]), edges)
        for channels, space in (("max", "rgb"), ("tensor", "rgb"), ("max", "lab")):
            np.testing.assert_array_equal(canny(grey, channels=channels, space=space), edges)
        three = np.repeat(grey[..., None], 3, axis=2)
        for channels in CHANNELS:
            different = canny(three, channels=channels) != edges
            # 0.299 + 0.587 + 0.114 is not 1 to the last bit.
            assert different.sum() <= edges.sum() / 1000

    def test_equal_luma_is_seen_by_colours_alone(self):
        picture = np.empty((20, 20, 3))
        picture[:, :10] = (0.6, 0.2, 0.4)
        picture[:, 10:] = (0.1, 0.2 + 0.5 * 0.299 / 0.587, 0.4)
        assert not canny(picture).any()
        for channels, space in (("max", "rgb"), ("tensor", "rgb"), ("tensor", "lab")):
            edges = canny(picture, channels=channels, space=space)
            assert edges.sum(axis=1).tolist() == [1] * 20
            assert edges[:, 9].all() or edges[:, 10].all()


class TestStages:
    given = (
        {},
        {"sigma": 0, "norm": "l1", "thinning": "sectors", "border": "replicate"},
        {"operator": "gaussian", "sigma": 2.0, "auto": "otsu"},
        {"channels": "tensor", "space": "lab", "relative": True, "low": 0.2, "high": 0.4},
        {"channels": "max", "operator": "scharr", "quantiles": True, "low": 0.7, "high": 0.9},
    )

    @pytest.mark.parametrize("given", given)
    @pytest.mark.parametrize("name", ["camera", "coffee"])
    def test_end_in_the_edges_that_canny_gives(self, name, given):
        picture = photographs(4)[name]
        np.testing.assert_array_equal(canny_stages(picture, **given).edges, canny(picture, **given))

    @pytest.mark.parametrize("thinning", THINNINGS)
    @pytest.mark.parametrize("sigma", [0, 1.4])
    def test_end_in_the_edges_that_canny_gives_at_every_crest_as_threshold(self, sigma, thinning):
        """Where a threshold falls on a tie, between two pixels that differ by rounding alone."""
        for picture in (checkerboard(8, 48), hard_step(30, 30), disc(9, size=30)):
            whole = canny_stages(picture, sigma, 0, 0, thinning=thinning)
            values = np.unique(np.clip(whole.magnitude[whole.magnitude > 0.01], 0, 1))
            for value in values[:: max(1, values.size // 40)]:
                low, high = float(value), float(max(value, 0.2))
                edges = canny(picture, sigma, low, high, thinning=thinning)
                stages = canny_stages(picture, sigma, low, high, thinning=thinning)
                np.testing.assert_array_equal(edges, stages.edges)

    @pytest.mark.parametrize("scale", [1e-290, 1e-110, 1e-90, 1e90, 1e110, 1e290])
    @pytest.mark.parametrize("norm", ["l1", "l2"])
    def test_end_in_the_edges_that_canny_gives_however_bright(self, norm, scale):
        """Slopes that vanish, or become infinite, where they are squared."""
        picture = photographs(4)["camera"] * scale
        asked = {"norm": norm, "full_scale": 1.0, "low": 0.05 * scale, "high": 0.1 * scale}
        asked = asked if scale < 1 else {"norm": norm, "full_scale": scale}
        edges = canny(picture, **asked)
        assert edges.any()
        np.testing.assert_array_equal(edges, canny_stages(picture, **asked).edges)

    @pytest.mark.parametrize("given", given)
    def test_follow_from_one_another(self, given):
        stages = canny_stages(photographs(4)["coffee"], **given)
        slopes, chosen = stages.gradient, stages.thresholds
        length = slopes.magnitude_l1 if given.get("norm") == "l1" else slopes.magnitude
        np.testing.assert_allclose(stages.magnitude, length / slopes.full_scale, rtol=1e-6)
        crests = stages.thinned > 0
        np.testing.assert_array_equal(stages.thinned[crests], stages.magnitude[crests])
        np.testing.assert_array_equal(stages.weak, stages.thinned > chosen.low)
        np.testing.assert_array_equal(stages.strong, stages.thinned > chosen.high)
        linked = link(stages.thinned, chosen.low, chosen.high)
        np.testing.assert_array_equal(stages.edges, linked)
        assert stages.edges.dtype == bool

    @pytest.mark.parametrize("thinning", THINNINGS)
    @pytest.mark.parametrize("sigma", [0, 1.4])
    def test_can_be_put_together_by_hand(self, sigma, thinning):
        picture = photographs(4)["camera"] / 255
        slopes = gradient(picture, "sobel", sigma)
        crests = thin(slopes.x, slopes.y, slopes.magnitude / slopes.full_scale, thinning, tie=TIE)
        edges = link(crests, LOW, HIGH)
        np.testing.assert_array_equal(canny(picture, sigma, thinning=thinning), edges)

    @pytest.mark.parametrize("thinning", THINNINGS)
    @pytest.mark.parametrize("sigma", [0, 1.0, 1.4])
    def test_are_those_of_scipy_and_plain_loops(self, sigma, thinning):
        grey = photographs(8)["camera"][4:44, :50] / 255
        edges = canny(grey, sigma, thinning=thinning)
        assert 50 < edges.sum() < 800
        wanted = canny_by_definition(grey, sigma, LOW, HIGH, method=thinning)
        np.testing.assert_array_equal(edges, wanted)

    def test_grey_and_smooth_are_luma_and_scipys_gaussian_from_0_to_1(self):
        picture = photographs(4)["coffee"]
        stages = canny_stages(picture, 1.7)
        grey = picture @ np.array([0.299, 0.587, 0.114]) / 255
        smooth = ndimage.gaussian_filter(grey, 1.7, mode="mirror", truncate=4)
        np.testing.assert_allclose(stages.grey, grey, atol=1e-6)
        np.testing.assert_allclose(stages.smooth, smooth, atol=1e-6)
        np.testing.assert_allclose(
            stages.gradient.x, ndimage.sobel(smooth, axis=1, mode="mirror"), atol=1e-5
        )
        assert stages.gradient.full_scale == 4

    def test_keep_colours_where_colours_are_seen(self):
        stages = canny_stages(photographs(8)["coffee"], channels="tensor")
        assert stages.grey.shape == stages.smooth.shape == (50, 75, 3)
        assert stages.magnitude.shape == (50, 75)

    def test_tell_the_thresholds_that_were_chosen(self):
        picture = photographs(4)["camera"]
        assert canny_stages(picture).thresholds == Thresholds(LOW, HIGH)
        stages = canny_stages(picture, low=0.2, high=0.5, relative=True)
        assert stages.thresholds.high == pytest.approx(0.5 * float(stages.magnitude.max()))
        stages = canny_stages(picture, low=0.7, high=0.9, quantiles=True)
        assert (stages.magnitude <= stages.thresholds.low).mean() == pytest.approx(0.7, abs=1e-3)
        stages = canny_stages(picture, auto="median")
        median = float(np.median(stages.smooth))
        assert stages.thresholds.low == pytest.approx(0.67 * median / 4)

    def test_cannot_be_changed(self):
        stages = canny_stages(np.zeros((4, 4)))
        assert isinstance(stages, CannyStages)
        with pytest.raises(AttributeError):
            stages.edges = None

    def test_have_the_same_options_and_defaults_as_canny(self):
        assert inspect.signature(canny).parameters == inspect.signature(canny_stages).parameters
        defaults = {n: p.default for n, p in inspect.signature(canny).parameters.items()}
        assert (defaults["sigma"], defaults["low"], defaults["high"]) == (SIGMA, LOW, HIGH)


class TestMasks:
    mask = np.zeros((70, 80), bool)
    mask[6:60, 9:74] = True
    mask[15:20, 20:30] = False

    @pytest.mark.parametrize("chosen", WAYS)
    @pytest.mark.parametrize("channels", CHANNELS)
    @pytest.mark.parametrize("operator", ["sobel", "gaussian"])
    def test_what_lies_outside_changes_nothing(self, operator, channels, chosen):
        picture = photographs(4)["coffee"][20:90, 40:120] / 255
        others = [
            np.where(self.mask[..., None], picture, outside)
            for outside in (0.0, 1.0, np.random.default_rng(1).random((70, 80, 3)), np.nan)
        ]
        given = {"operator": operator, "channels": channels, "mask": self.mask, **chosen}
        edges = canny(picture, **given)
        assert edges.any()
        for other in others:
            np.testing.assert_array_equal(canny(other, **given), edges)

    @pytest.mark.parametrize("sigma", [0, 1.4])
    def test_there_are_no_edges_outside(self, sigma):
        edges = canny(noise((70, 80)), sigma, mask=self.mask)
        assert edges.any()
        assert not edges[~self.mask].any()

    @pytest.mark.parametrize("operator", OPERATORS)
    @pytest.mark.parametrize("sigma", [1.4, 3])
    def test_the_rim_of_the_mask_is_no_edge(self, sigma, operator):
        flat = np.where(self.mask, 0.7, 0.0)
        assert not canny(flat, sigma, 1e-5, 1e-5, operator=operator, mask=self.mask).any()

    @pytest.mark.parametrize("sigma", [0, 1.4])
    def test_far_inside_the_edges_are_those_without_a_mask(self, sigma):
        picture = photographs(4)["camera"]
        mask = np.zeros(picture.shape, bool)
        mask[10:110, 20:120] = True
        whole = canny(picture, sigma, 0.08, 0.08)
        within = canny(picture, sigma, 0.08, 0.08, mask=mask)
        far = ndimage.binary_erosion(mask, iterations=int(4 * sigma + 0.5) + 4)
        np.testing.assert_array_equal(within[far], whole[far])

    def test_a_whole_mask_is_none(self):
        for sigma in (0, 1.4):
            picture = photographs(4)["camera"]
            edges = canny(picture, sigma, mask=np.ones(picture.shape, bool))
            np.testing.assert_array_equal(edges, canny(picture, sigma))

    def test_an_empty_mask_leaves_nothing(self):
        for chosen in ({}, {"auto": "otsu"}, {"relative": True}, {"quantiles": True}):
            assert not canny(noise((9, 9)), mask=np.zeros((9, 9), bool), **chosen).any()

    def test_numbers_other_than_0_are_inside(self):
        picture = noise((70, 80))
        edges = canny(picture, mask=self.mask)
        np.testing.assert_array_equal(canny(picture, mask=self.mask * np.uint8(255)), edges)
        np.testing.assert_array_equal(canny(picture, mask=self.mask.tolist()), edges)

    @pytest.mark.parametrize("shape", [(80, 70), (70, 79), (70, 80, 1), (70,), (0, 0)])
    def test_of_another_size_are_refused(self, shape):
        with pytest.raises(InputError, match=r"mask must be \(70, 80\) as the image"):
            canny(noise((70, 80)), mask=np.ones(shape, bool))

    @pytest.mark.parametrize("mask", [np.ones((70, 80)), np.ones((70, 80), complex), [["a"]]])
    def test_of_another_kind_are_refused(self, mask):
        with pytest.raises(TypeError, match="mask must"):
            canny(noise((70, 80)), mask=mask)


class TestBadInput:
    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"sigma": -0.1}, "sigma must be at least 0, got -0.1"),
            ({"sigma": math.nan}, "sigma must be finite"),
            ({"sigma": math.inf}, "sigma must be finite"),
            ({"sigma": 1e6}, "sigma is too large"),
            ({"sigma": 0, "operator": "gaussian"}, "sigma must be greater than 0"),
            ({"sigma": -1, "operator": "gaussian"}, "sigma must be at least 0"),
            ({"low": -0.1}, "low must be between 0 and 1"),
            ({"low": 50, "high": 100}, "low must be between 0 and 1, got 50"),
            ({"low": 0.2, "high": 0.1}, "low must be at most high, got low 0.2 and high 0.1"),
            ({"low": 0.2, "high": 0.1, "auto": "otsu"}, "low must be at most high"),
            ({"high": math.nan}, "high must be finite"),
            ({"operator": "laplace"}, "operator must be one of sobel"),
            ({"norm": "max"}, "norm must be one of l2, l1, got 'max'"),
            ({"thinning": "none"}, "thinning must be one of interpolated, sectors, got 'none'"),
            ({"channels": "each"}, "channels must be one of luma, max, tensor"),
            ({"space": "hsv"}, "space must be one of rgb, lab"),
            ({"auto": "mean"}, "auto must be one of otsu, median"),
            ({"auto": "otsu", "relative": True}, "exclude one another"),
            ({"border": "reflect"}, "ambiguous"),
            ({"border": "none"}, "border must be one of"),
            ({"full_scale": 0}, "full_scale must be greater than 0"),
        ],
    )
    def test_arguments_out_of_range_are_refused(self, given, message):
        for call in (canny, canny_stages):
            with pytest.raises(InputError, match=message):
                call(np.zeros((5, 5)), **given)

    @pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0), (5,), (2, 5, 5, 3), (5, 5, 0)])
    def test_pictures_of_other_shapes_are_refused(self, shape):
        with pytest.raises(InputError, match="image"):
            canny(np.zeros(shape))

    @pytest.mark.parametrize("channels", CHANNELS)
    @pytest.mark.parametrize("count", [2, 4, 5])
    def test_pictures_of_other_channels_are_refused(self, channels, count):
        with pytest.raises(InputError, match=f"got {count} channels"):
            canny(np.zeros((5, 5, count)), channels=channels)

    @pytest.mark.parametrize("image", [np.zeros((3, 3), complex), [["a"]], None])
    def test_what_is_not_numbers_is_refused(self, image):
        with pytest.raises(TypeError, match="image must hold real numbers"):
            canny(image)

    @pytest.mark.parametrize("channels", CHANNELS)
    @pytest.mark.parametrize("operator", OPERATORS)
    def test_one_pixel_and_one_line_are_no_trouble(self, operator, channels):
        for shape in ((1, 1), (1, 2), (2, 1), (2, 2), (1, 9), (9, 1), (1, 1, 3), (1, 7, 3)):
            edges = canny(np.ones(shape), operator=operator, channels=channels)
            assert edges.shape == shape[:2]
            assert not edges.any()

    @pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
    @pytest.mark.parametrize("operator", OPERATORS)
    @pytest.mark.parametrize(
        ("channels", "space"),
        [("luma", "rgb"), ("max", "rgb"), ("tensor", "rgb"), ("tensor", "lab")],
    )
    def test_a_nan_has_no_edges_and_those_far_from_it_stay(self, channels, space, operator, odd):
        for picture in (photographs(8)["camera"] / 255, photographs(8)["coffee"] / 255):
            given = {"operator": operator, "channels": channels, "space": space}
            # One threshold, so that linking carries nothing far.
            given |= {"sigma": 1.0, "low": 0.05, "high": 0.05}
            edges = canny(picture, **given)
            broken = picture.copy()
            broken[20, 20] = odd
            found = canny(broken, **given)
            assert not found[17:24, 17:24].any()
            far = np.ones(edges.shape, bool)
            far[12:29, 12:29] = False
            np.testing.assert_array_equal(found[far], edges[far])

    @pytest.mark.parametrize("chosen", WAYS)
    def test_nothing_but_nan_has_no_edges(self, chosen):
        assert not canny(np.full((9, 9), np.nan), **chosen).any()

    @pytest.mark.parametrize("chosen", WAYS[1:])
    def test_values_beyond_black_and_white_are_no_trouble(self, chosen):
        """A float picture from 0 to 255 whose white nobody told, and one around 0."""
        picture = photographs(8)["camera"].astype(np.float64)
        for scaled in (picture, picture / 255 - 0.5, -picture):
            assert canny(scaled, **chosen).dtype == bool

    @pytest.mark.parametrize(("dtype", "large"), [(np.float32, 1e30), (np.float64, 1e300)])
    def test_huge_values_are_no_trouble(self, dtype, large):
        assert canny(np.eye(9, dtype=dtype) * dtype(large), 0).shape == (9, 9)


@st.composite
def pictures(draw):
    shape = (draw(st.integers(1, 40)), draw(st.integers(1, 40)))
    if draw(st.booleans()):
        shape += (draw(st.sampled_from([1, 3])),)
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    seed, levels = draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from([2, 3, 256]))
    values = noise(shape, levels, seed).astype(np.float64) / 255
    if dtype.kind in "iu":
        # 2⁶³ - 1 is no float: a little less than white will do.
        return (values * 0.99 * np.iinfo(dtype).max).astype(dtype)
    return values.astype(dtype)


options = st.fixed_dictionaries(
    {
        "sigma": st.sampled_from([0.3, 1.0, 1.4, 3.0]),
        "operator": st.sampled_from(list(OPERATORS)),
        "norm": st.sampled_from(["l1", "l2"]),
        "thinning": st.sampled_from(list(THINNINGS)),
        "channels": st.sampled_from(CHANNELS),
        "border": st.sampled_from(["reflect101", "symmetric", "replicate", "wrap", "zero"]),
    }
)
shares = st.floats(0, 1, allow_nan=False)


class TestWhateverIsGiven:
    @settings(max_examples=120, deadline=None)
    @given(picture=pictures(), given_options=options, one=shares, other=shares)
    def test_edges_lie_between_strong_and_weak(self, picture, given_options, one, other):
        before = picture.copy()
        low, high = sorted((one, other))
        stages = canny_stages(picture, low=low, high=high, **given_options)
        np.testing.assert_array_equal(picture, before)
        assert stages.edges.shape == picture.shape[:2]
        assert stages.edges.dtype == bool
        assert not (stages.strong & ~stages.edges).any()
        assert not (stages.edges & ~stages.weak).any()
        edges = canny(picture, low=low, high=high, **given_options)
        np.testing.assert_array_equal(edges, stages.edges)

    @settings(max_examples=100, deadline=None)
    @given(
        picture=pictures(),
        given_options=options,
        three=st.lists(st.floats(0, 0.5), min_size=3, max_size=3),
    )
    def test_higher_thresholds_never_add_edges(self, picture, given_options, three):
        low, middle, high = sorted(three)
        loose = canny(picture, low=low, high=middle, **given_options)
        strict_high = canny(picture, low=low, high=high, **given_options)
        strict_low = canny(picture, low=middle, high=high, **given_options)
        assert not (strict_high & ~loose).any()
        assert not (strict_low & ~strict_high).any()

    @settings(max_examples=60, deadline=None)
    @given(
        picture=arrays(
            np.float64,
            st.tuples(st.integers(1, 12), st.integers(1, 12)),
            elements=st.sampled_from([0.0, 0.5, 1.0, -3.0, 1e9, np.nan, np.inf]),
        ),
        given_options=options,
        way=st.sampled_from([{}, {"relative": True}, {"quantiles": True}, {"auto": "otsu"}]),
    )
    def test_no_finite_or_other_value_breaks_it(self, picture, given_options, way):
        assert canny(picture, **given_options, **way).shape == picture.shape
