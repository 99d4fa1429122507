"""Edges as pictures: every pixel says what the map says, and sheets show every stage."""

from __future__ import annotations

import numpy as np
import pytest
from ideal_pictures import photographs

from filt.filters.edges.methods import METHODS, edge_stages
from filt.filters.edges.pictures import (
    edge_picture,
    method_sheet,
    overlay_picture,
    soft_picture,
    stage_picture,
    stage_sheet,
)
from filt.filters.edges.stages import Stage
from filt.filters.picture import Picture


def picture_of(name="coffee", step=4, dtype=np.uint8, alpha=None):
    pixels = photographs(step)[name]
    white = {np.uint8: 255.0, np.uint16: 65535.0, np.float32: 1.0}[dtype]
    scaled = pixels if dtype is np.uint8 else (pixels / 255 * white).astype(dtype)
    return Picture(scaled, white, np.dtype(dtype), alpha)


def wide_lines(width=1700):
    """Three upright edges in a picture much wider than a cell of a sheet."""
    pixels = np.zeros((40, width), np.uint8)
    pixels[:, width // 4 : width // 2] = 255
    pixels[:, 3 * width // 4 :] = 255
    return Picture(pixels, 255.0, np.dtype(np.uint8))


class TestEdges:
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
    def test_are_white_lines_on_black(self, dtype):
        picture = picture_of(dtype=dtype)
        found = edge_stages(picture)
        drawn = edge_picture(found, picture)
        assert drawn.pixels.dtype == np.uint8
        assert drawn.full_scale == 255
        np.testing.assert_array_equal(drawn.pixels, found.edges * 255)

    def test_keep_the_alpha(self):
        alpha = np.full((100, 150), 0.25, np.float32)
        picture = picture_of(alpha=alpha)
        assert edge_picture(edge_stages(picture), picture).alpha is alpha


class TestSoftMap:
    @pytest.mark.parametrize(("depth", "white"), [("uint8", 255), ("uint16", 65535)])
    def test_is_the_thinned_strength_with_full_scale_white(self, depth, white):
        found = edge_stages(picture_of())
        drawn = soft_picture(found, np.dtype(depth))
        assert drawn.pixels.dtype == depth
        assert drawn.full_scale == white
        assert (drawn.pixels > 0).any()
        assert np.abs(drawn.pixels - found.soft * white).max() <= 0.5 + white * 1e-6

    def test_has_finer_steps_in_16_bits(self):
        found = edge_stages(picture_of())
        narrow = soft_picture(found, np.dtype("uint8")).pixels
        wide = soft_picture(found, np.dtype("uint16")).pixels
        assert np.unique(wide).size > 4 * np.unique(narrow).size


class TestOverlay:
    @pytest.mark.parametrize("name", ["camera", "coffee"])
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
    def test_is_red_on_the_edges_and_a_pale_photo_elsewhere(self, name, dtype):
        picture = picture_of(name, dtype=dtype)
        found = edge_stages(picture)
        drawn = overlay_picture(found, picture).pixels.astype(int)
        assert drawn.shape == (*found.edges.shape, 3)
        ink = drawn[found.edges]
        assert (ink == ink[0]).all()
        assert ink[0, 0] > 200 > 2 * ink[0, 1:].max()
        photo = picture_of(name).pixels.astype(float)
        photo = photo if photo.ndim == 3 else np.repeat(photo[..., None], 3, axis=2)
        elsewhere = drawn[~found.edges]
        # Paler everywhere, by the same rule: brighter pixels stay brighter.
        assert (elsewhere >= photo[~found.edges] - 1).all()
        slope = np.polyfit(photo[~found.edges].ravel(), elsewhere.ravel(), 1)[0]
        assert 0.3 < slope < 0.8

    def test_keeps_the_alpha(self):
        alpha = np.full((100, 150), 0.25, np.float32)
        picture = picture_of(alpha=alpha)
        assert overlay_picture(edge_stages(picture), picture).alpha is alpha


class TestStages:
    @pytest.mark.parametrize(
        ("show", "values", "wanted"),
        [
            ("clip", [-1, 0, 0.5, 1, 2], [0, 0, 128, 255, 255]),
            ("signed", [-1, 0, 1], [0, 128, 255]),
            ("minmax", [2, 3, 4], [0, 128, 255]),
        ],
    )
    def test_are_shown_as_they_say(self, show, values, wanted):
        stage = Stage("name", np.array([values], float), show, "note")
        assert stage_picture(stage).tolist() == [wanted]
        assert stage_picture(stage).dtype == np.uint8

    @pytest.mark.parametrize("method", METHODS)
    def test_stand_on_one_sheet_each_with_its_picture(self, method):
        found = edge_stages(picture_of(), method)
        sheet = stage_sheet(found, "the title")
        assert sheet.dtype == np.uint8
        assert sheet.shape[2] == 3
        # Three in a row, as many rows as that takes.
        assert sheet.shape[1] >= 3 * 150
        assert sheet.shape[0] >= -(-len(found.stages) // 3) * 100
        for stage in found.stages:
            assert contains(sheet, stage_picture(stage)), stage.name

    def test_of_a_small_picture_leave_room_to_read_the_notes(self):
        found = edge_stages(np.eye(24))
        sheet = stage_sheet(found, "a small picture")
        large = stage_sheet(edge_stages(np.eye(240)), "a larger picture")
        assert sheet.shape[0] < 2.5 * large.shape[0]

    def test_of_a_wide_picture_keep_their_lines(self):
        picture = wide_lines()
        found = edge_stages(picture)
        assert found.edges.any(axis=0).sum() == 3
        sheet = stage_sheet(found, "title")
        assert sheet.shape[1] < 2000
        last = method_sheet([found], picture, "title")
        assert last.shape[1] < 2000
        for drawn in (sheet, last):
            # Black with white lines: white columns inside a black band.
            assert white_lines(drawn) >= 3


class TestMethods:
    def test_stand_side_by_side_with_the_photo_first(self):
        picture = picture_of()
        found = [edge_stages(picture, name) for name in METHODS]
        sheet = method_sheet(found, picture, "all methods")
        assert contains(sheet, picture.pixels)
        for one in found:
            assert contains(sheet, one.edges * np.uint8(255)), one.method

    def test_of_one_still_make_a_sheet(self):
        picture = picture_of("camera")
        sheet = method_sheet([edge_stages(picture)], picture, "one")
        assert contains(sheet, picture.pixels)


def contains(sheet, pixels) -> bool:
    """Whether `pixels` lie somewhere on the sheet, untouched."""
    colours = pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
    height, width = colours.shape[:2]
    row = colours[height // 2]
    for y in range(sheet.shape[0] - height + 1):
        line = sheet[y + height // 2]
        if not (line == row[0]).all(axis=1).any():
            continue
        for x in np.flatnonzero((line[: sheet.shape[1] - width + 1] == row[0]).all(axis=1)):
            if (line[x : x + width] == row).all() and (
                sheet[y : y + height, x : x + width] == colours
            ).all():
                return True
    return False


def white_lines(sheet) -> int:
    """The most bright strokes that any row has between dark pixels."""
    best = 0
    for line in sheet[..., 0] > 90:
        dark = np.flatnonzero(~line)
        if dark.size > 300:
            between = line[dark[0] : dark[-1] + 1]
            best = max(best, int((np.diff(between.astype(int)) == 1).sum()))
    return best
