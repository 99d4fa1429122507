"""Rows of a picture, strip by strip: whatever the strips, the same picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import pixel_beyond
from strip_oracles import BORDERS, numbers

from filt.filters.engine import rows as engine_rows
from filt.filters.engine.rows import Pixels, Stage, Window, computed, extended, strip_height

FLOAT = np.dtype(np.float32)


def rows_beyond(picture, first, last, border):
    """One row after the other, by the definition of the border."""
    places = [pixel_beyond(y, len(picture), border) for y in range(first, last)]
    nothing = np.zeros(picture.shape[1:])
    return np.array([nothing if place is None else picture[place] for place in places])


def summed_over(reach):
    """Row y of the strip is the sum of rows y to y + reach of its source."""

    def strip(rows, out):
        assert rows.flags.c_contiguous
        assert out.flags.c_contiguous
        assert len(rows) == len(out) + reach - 1
        out[...] = sum(rows[y : y + len(out)] for y in range(reach))

    return strip


def stage_of(source, before, reach, border):
    return Stage(source, source.shape, FLOAT, summed_over(reach), Window(before, reach), border)


def summed_by_definition(picture, before, reach, border):
    whole = rows_beyond(picture, -before, len(picture) - before + reach - 1, border)
    return np.array([whole[y : y + reach].sum(axis=0) for y in range(len(picture))])


@pytest.fixture(params=[1, 2, 3, 5, 7, 100])
def height(request, monkeypatch):
    monkeypatch.setattr(engine_rows, "strip_height", lambda rows: request.param)
    return request.param


class TestPixels:
    @pytest.mark.parametrize("dtype", ["?", "u1", "i2", "f2", ">f4", ">u2", "<f8", "f4"])
    def test_are_read_in_the_dtype_in_which_they_are_filtered(self, dtype):
        array = (
            numbers((6, 5, 3)) * 3 > 0.5 if dtype == "?" else numbers((6, 5, 3)) * 9 + 50
        ).astype(dtype)
        pixels = Pixels(array, FLOAT)
        read = pixels.read(2, 5)
        assert read.dtype == FLOAT
        assert read.flags.c_contiguous
        np.testing.assert_array_equal(read, array[2:5].astype(np.float32))
        out = np.empty((3, 5, 3), np.float32)
        pixels.write(2, 5, out)
        np.testing.assert_array_equal(out, read)

    def test_are_a_view_where_nothing_is_to_be_done(self):
        array = numbers((6, 5))
        assert np.shares_memory(Pixels(array, FLOAT).read(1, 4), array)

    @pytest.mark.parametrize(
        "laid",
        [
            lambda a: a[::-1],
            lambda a: a[:, ::-1],
            lambda a: a[::-1, ::-1, ::-1],
            lambda a: a[::2, ::3],
            np.asfortranarray,
            lambda a: a.transpose(1, 0, 2),
            lambda a: np.broadcast_to(a[:1], a.shape),
        ],
    )
    def test_however_they_lie_in_memory(self, laid):
        array = laid(numbers((8, 9, 3)))
        read = Pixels(array, FLOAT).read(1, len(array))
        assert read.flags.c_contiguous
        np.testing.assert_array_equal(read, array[1:])


class TestWindow:
    @settings(max_examples=100, deadline=None)
    @given(
        before=st.integers(0, 9),
        reach=st.integers(1, 12),
        stride=st.integers(1, 5),
        start=st.integers(0, 40),
        count=st.integers(1, 40),
    )
    def test_sees_from_the_first_row_to_the_last(self, before, reach, stride, start, count):
        seen = [y * stride - before + i for y in range(start, start + count) for i in range(reach)]
        first, last = Window(before, reach, stride).seen(start, start + count)
        assert (first, last) == (min(seen), max(seen) + 1)


class TestExtended:
    @settings(max_examples=200, deadline=None)
    @given(
        length=st.integers(1, 8),
        first=st.integers(-30, 30),
        count=st.integers(1, 40),
        border=st.sampled_from(BORDERS),
        channels=st.sampled_from([(), (2,)]),
    )
    def test_any_rows_even_if_all_of_them_lie_beyond(self, length, first, count, border, channels):
        picture = numbers((length, 3, *channels))
        last = first + count
        if last <= -30 or first >= length + 30:
            return
        expected = rows_beyond(picture, first, last, border)
        rows = extended(Pixels(picture, FLOAT), first, last, border)
        assert rows.flags.c_contiguous
        np.testing.assert_array_equal(rows, expected)

    @settings(max_examples=100, deadline=None)
    @given(
        length=st.integers(1, 8),
        first=st.integers(-12, 12),
        count=st.integers(1, 25),
        border=st.sampled_from(BORDERS),
    )
    def test_of_a_stage_as_of_an_array(self, length, first, count, border):
        picture = numbers((length, 3))
        stage = stage_of(Pixels(picture, FLOAT), 1, 3, "zero")
        rows = extended(stage, first, first + count, border)
        made = summed_by_definition(picture, 1, 3, "zero")
        np.testing.assert_allclose(rows, rows_beyond(made, first, first + count, border), atol=1e-5)

    def test_the_rows_of_the_picture_are_not_written_to(self):
        picture = numbers((5, 4))
        picture.flags.writeable = False
        extended(Pixels(picture, FLOAT), -2, 9, "wrap")


class TestComputed:
    @pytest.mark.parametrize("border", BORDERS)
    @pytest.mark.parametrize(("before", "reach"), [(0, 1), (1, 3), (2, 3), (0, 4), (9, 12)])
    @pytest.mark.parametrize("shape", [(1, 4), (7, 3), (23, 5, 3)])
    def test_the_same_whatever_the_strips(self, height, border, before, reach, shape):
        picture = numbers(shape)
        stage = stage_of(Pixels(picture, FLOAT), before, reach, border)
        expected = summed_by_definition(picture, before, reach, border)
        result = computed(stage)
        np.testing.assert_allclose(result, expected, atol=1e-4)
        np.testing.assert_array_equal(result, stage.read(0, shape[0]))

    @pytest.mark.parametrize("border", BORDERS)
    def test_stages_on_stages(self, height, border):
        picture = numbers((17, 4))
        expected, stage = picture, Pixels(picture, FLOAT)
        for before, reach in ((1, 3), (0, 2), (4, 5)):
            stage = stage_of(stage, before, reach, border)
            expected = summed_by_definition(expected, before, reach, border)
        np.testing.assert_allclose(computed(stage), expected, atol=1e-4)

    @pytest.mark.parametrize("stride", [2, 3, 5])
    @pytest.mark.parametrize("reach", [1, 2, 7])
    def test_with_strides_of_rows(self, height, stride, reach):
        picture = numbers((31, 4))

        def strip(rows, out):
            out[...] = [rows[y * stride : y * stride + reach].sum(axis=0) for y in range(len(out))]

        rows = (31 + reach - 1) // stride
        first = Stage(
            Pixels(picture, FLOAT),
            (rows, 4),
            FLOAT,
            strip,
            Window(reach - 1, reach, stride),
            "wrap",
        )
        made = np.array(
            [
                rows_beyond(picture, y * stride - reach + 1, y * stride + 1, "wrap").sum(axis=0)
                for y in range(rows)
            ]
        )
        np.testing.assert_allclose(computed(first), made, atol=1e-5)
        second = stage_of(first, 1, 3, "symmetric")
        expected = summed_by_definition(made, 1, 3, "symmetric")
        np.testing.assert_allclose(computed(second), expected, atol=1e-4)

    def test_a_stage_may_change_dtype_and_channels(self, height):
        picture = numbers((19, 4, 3))

        def strip(rows, out):
            out[...] = (rows.sum(axis=2) > 0) * 255

        stage = Stage(Pixels(picture, FLOAT), (19, 4), np.dtype(np.uint8), strip)
        result = computed(stage)
        assert result.dtype == np.uint8
        np.testing.assert_array_equal(result, (picture.sum(axis=2) > 0) * 255)

    @pytest.mark.parametrize(
        "laid",
        [
            lambda shape: np.empty(shape[::-1], np.float32).T,
            lambda shape: np.empty((shape[0] * 2, shape[1] * 3), np.float32)[::2, ::3],
            lambda shape: np.empty(shape, np.float32)[::-1],
            lambda shape: np.empty(shape, np.float32)[:, ::-1],
            lambda shape: np.empty((shape[0], shape[1] + 1), np.float32)[:, 1:],
        ],
    )
    def test_into_an_array_of_any_layout(self, height, laid):
        picture = numbers((13, 6))
        stage = stage_of(Pixels(picture, FLOAT), 1, 3, "wrap")
        out = laid(picture.shape)
        out[...] = np.nan
        assert computed(stage, out) is out
        np.testing.assert_array_equal(out, computed(stage))

    def test_only_what_belongs_to_out_is_written(self, height):
        around = np.full((15, 9), 7, np.float32)
        picture = numbers((11, 4))
        computed(stage_of(Pixels(picture, FLOAT), 1, 3, "zero"), around[2:13, 3:7])
        around[2:13, 3:7] = 7
        assert (around == 7).all()

    def test_pixels_themselves(self, height):
        picture = numbers((13, 6), ">f4")
        result = computed(Pixels(picture, FLOAT))
        assert result.dtype == FLOAT
        assert not np.shares_memory(result, picture)
        np.testing.assert_array_equal(result, picture)

    def test_the_error_of_a_strip(self, height):
        def strip(rows, out):
            raise ZeroDivisionError("in a strip")

        with pytest.raises(ZeroDivisionError, match="in a strip"):
            computed(Stage(Pixels(numbers((9, 4)), FLOAT), (9, 4), FLOAT, strip))


class TestStripHeight:
    def test_by_hand(self, monkeypatch):
        monkeypatch.setattr(engine_rows, "STRIP_BYTES", 1000)
        picture = Pixels(np.zeros((500, 10, 3), np.uint8), FLOAT)
        assert picture.widest == 120
        assert strip_height(picture) == 8
        assert strip_height(stage_of(picture, 0, 1, "zero")) == 8

    def test_a_row_that_is_larger_than_a_strip_is_one(self, monkeypatch):
        monkeypatch.setattr(engine_rows, "STRIP_BYTES", 100)
        assert strip_height(Pixels(np.zeros((5, 1000)), FLOAT)) == 1

    def test_is_several_times_the_halo(self, monkeypatch):
        monkeypatch.setattr(engine_rows, "STRIP_BYTES", 100)
        stage = stage_of(stage_of(Pixels(np.zeros((5, 90)), FLOAT), 1, 5, "zero"), 1, 4, "zero")
        assert stage.halo == 4 + 3
        assert strip_height(stage) >= 3 * stage.halo

    def test_the_halo_of_a_stride_counts_in_rows_of_the_stage(self):
        source = stage_of(Pixels(np.zeros((90, 4)), FLOAT), 1, 4, "zero")
        stage = Stage(source, (44, 4), FLOAT, summed_over(3), Window(0, 3, 2), "zero")
        # Of its source it sees one row more than its strides, and those see three more.
        assert stage.halo == 2
        assert stage.widest == 2 * source.widest

    def test_a_stride_larger_than_the_window_has_no_halo(self):
        stage = Stage(
            Pixels(np.zeros((90, 4)), FLOAT), (9, 4), FLOAT, summed_over(2), Window(0, 2, 10)
        )
        assert stage.halo == 0
