"""Correlations as stages: seams, stages on stages, layouts of memory, against the plain loops."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import assert_close, correlate_by_definition
from strip_oracles import BORDERS, numbers

from filt.filters.correlation import correlate
from filt.filters.engine import Lay, Pixels, Stage, computed, correlated, set_threads
from filt.filters.engine import rows as engine_rows
from filt.filters.errors import InputError
from filt.filters.placement import Placement, correlate_placed, delivered, placed

MODES = ("same", "valid", "full", "keras-same")
DTYPES = (
    "?",
    "u1",
    "i1",
    "u2",
    "i2",
    "f2",
    "f4",
    "f8",
    "i4",
    "i8",
    "u4",
    ">u2",
    ">f4",
    ">f8",
    ">i4",
)
KERNELS = {
    "direct": numbers((3, 4), np.float64),
    "a row": numbers((1, 5), np.float64, 1),
    "a column": numbers((6, 1), np.float64, 2),
    "two passes": np.outer(numbers(11, np.float64, 3), numbers(12, np.float64, 4)),
    "point": np.outer(numbers(15, np.float64), numbers(14, np.float64))
    + 9 * np.eye(15, 14, 0) * (np.arange(15)[:, None] == 7),
    "running sums": np.full((7, 8), 1 / 56),
    "fourier": numbers((14, 15), np.float64, 5),
}


@pytest.fixture(autouse=True)
def _two_threads():
    set_threads(2)
    yield
    set_threads(None)


def picture_of(shape, dtype, seed=0):
    values = np.random.default_rng(seed).normal(size=shape)
    kind = np.dtype(dtype).kind
    if kind == "b":
        return values > 0
    return (
        (values * 30 + (99 if kind == "u" else 0))
        .clip(-120 if kind != "u" else 0, 250)
        .astype(dtype)
    )


def stage_of(picture, taps, border="reflect101", mode="same", **how):
    working = np.dtype(np.float64 if picture.dtype.itemsize > 4 else np.float32)
    return placed(Pixels(picture, working), [taps], Placement(mode, border, **how))


@st.composite
def correlations(draw):
    shape = draw(st.tuples(st.integers(1, 50), st.integers(1, 50)))
    odd = st.integers(1, 7)
    long = st.integers(8, 60)
    size = draw(st.tuples(odd, odd) | st.tuples(long, odd) | st.tuples(odd, long))
    mode = draw(st.sampled_from(MODES))
    stride = draw(st.just((1, 1)) | st.tuples(st.integers(1, 4), st.integers(1, 4)))
    dilation = draw(st.just((1, 1)) | st.tuples(st.integers(1, 4), st.integers(1, 4)))
    if mode == "valid":
        shape = tuple(
            max(side, (taps - 1) * gap + 1)
            for side, taps, gap in zip(shape, size, dilation, strict=True)
        )
    channels = draw(st.sampled_from([(), (), (1,), (3,), (5,)]))
    work = np.prod(shape) * np.prod(size) * np.prod(channels) / np.prod(stride)
    if mode == "full":
        work *= 4
    if work > 2e5 and mode != "valid":
        shape = (max(1, int(shape[0] * 2e5 / work)), shape[1])
    taps = numbers(size, np.float64, draw(st.integers(0, 9)))
    if draw(st.booleans()):
        taps = np.outer(taps[:, 0], taps[0])
    if channels and draw(st.booleans()):
        taps = np.stack([taps * (n + 1) for n in range(channels[0])], axis=2)
    picture = picture_of(
        (*shape, *channels), draw(st.sampled_from(DTYPES)), draw(st.integers(0, 9))
    )
    how = {"mode": mode, "border": draw(st.sampled_from(BORDERS)), "stride": stride}
    return picture, taps, {**how, "dilation": dilation}


@settings(max_examples=200, deadline=None)
@given(case=correlations(), height=st.integers(1, 60) | st.none())
def test_any_correlation_in_any_strips(case, height):
    picture, taps, how = case
    with pytest.MonkeyPatch.context() as patch:
        if height is not None:
            patch.setattr(engine_rows, "strip_height", lambda rows: height)
        result = correlate(picture, taps, **how)
    assert result.dtype == (
        np.float64 if picture.dtype.str[1:] in ("f8", "i8", "u4", "i4") else np.float32
    )
    assert_close(result, correlate_by_definition(picture, taps, **how), picture, taps)


@settings(max_examples=60, deadline=None)
@given(
    case=correlations(),
    bad=st.lists(st.sampled_from([np.nan, np.inf, -np.inf]), min_size=1, max_size=3),
    height=st.integers(1, 12),
    seed=st.integers(0, 99),
)
def test_nan_and_infinity_in_any_strips(case, bad, height, seed):
    picture, taps, how = case
    picture = picture.astype(np.float32)
    generator = np.random.default_rng(seed)
    for value in bad:
        picture[tuple(generator.integers(0, picture.shape))] = value
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_rows, "strip_height", lambda rows: height)
        result = correlate(picture, taps, **how)
    expected = correlate_by_definition(picture, taps, **how)
    assert_close(result, expected, picture, taps)
    known = np.isfinite(expected)
    np.testing.assert_array_equal(result[~known], expected[~known])


class TestSeams:
    @pytest.mark.parametrize("name", KERNELS)
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("channels", [(), (3,), (5,)])
    @pytest.mark.parametrize("border", BORDERS)
    def test_every_strip_height_gives_what_one_strip_gives(
        self, monkeypatch, name, dtype, channels, border
    ):
        taps = KERNELS[name]
        picture = numbers((50, 19, *channels), dtype)
        stage = stage_of(picture, taps, border)
        monkeypatch.setattr(engine_rows, "strip_height", lambda rows: 50)
        whole = computed(stage)
        expected = correlate_by_definition(picture, taps, border=border)
        assert_close(whole, expected, picture, taps)
        direct = stage.strip.plans[0].algorithm == "direct"
        for height in (*range(1, 20), 31, 32, 33, 48, 49):
            monkeypatch.setattr(engine_rows, "strip_height", lambda rows, height=height: height)
            result = computed(stage)
            if direct:
                np.testing.assert_array_equal(result, whole)
            else:
                # A matrix product may sum in another order where it has fewer rows.
                assert_close(result, whole.astype(np.float64), picture, taps)

    @pytest.mark.parametrize("size", [1, 100, 1000, 5000, 10**6])
    def test_by_the_bytes_of_a_strip(self, monkeypatch, size):
        monkeypatch.setattr(engine_rows, "STRIP_BYTES", size)
        picture = numbers((90, 21, 3))
        for taps in KERNELS.values():
            for stride in (1, 2):
                result = computed(stage_of(picture, taps, "symmetric", stride=stride))
                expected = correlate_by_definition(picture, taps, border="symmetric", stride=stride)
                assert_close(result, expected, picture, taps)

    @pytest.mark.parametrize("height", [1, 2, 3, 7, 40])
    @pytest.mark.parametrize("mode", MODES)
    @pytest.mark.parametrize("stride", [(1, 1), (3, 2)])
    @pytest.mark.parametrize("dilation", [(1, 1), (2, 3)])
    def test_in_every_mode(self, monkeypatch, height, mode, stride, dilation):
        monkeypatch.setattr(engine_rows, "strip_height", lambda rows: height)
        picture, taps = numbers((37, 23)), KERNELS["direct"]
        how = {"mode": mode, "border": "wrap", "stride": stride, "dilation": dilation}
        expected = correlate_by_definition(picture, taps, **how)
        assert_close(computed(stage_of(picture, taps, **how)), expected, picture, taps)


@pytest.mark.parametrize("height", [1, 2, 5, 16, 100])
@pytest.mark.parametrize("border", BORDERS)
class TestStagesOnStages:
    def test_a_blur_then_a_slope(self, monkeypatch, height, border):
        """What lies beyond the blurred picture is the blurred picture's own border."""
        monkeypatch.setattr(engine_rows, "strip_height", lambda rows: height)
        picture = numbers((33, 14))
        blur, slope = (
            np.outer([1.0, 3, 2, 1], [2.0, 1, 1]) / 28,
            np.array([[1.0, 0, -2], [3, 1, 0]]),
        )
        first = stage_of(picture, blur, border)
        second = placed(first, [slope], Placement(border=border))
        blurred = correlate_by_definition(picture, blur, border=border)
        expected = correlate_by_definition(blurred, slope, border=border)
        assert_close(computed(second), expected, picture, np.abs(slope).sum() * np.abs(blur))

    def test_three_of_different_modes_and_strides(self, monkeypatch, height, border):
        monkeypatch.setattr(engine_rows, "strip_height", lambda rows: height)
        picture = numbers((31, 22, 3))
        expected, stage = picture, Pixels(picture, picture.dtype)
        for name, mode, stride, other in (
            ("direct", "full", (2, 1), "zero"),
            ("running sums", "same", (1, 2), border),
            ("a column", "valid", (1, 1), border),
        ):
            taps = KERNELS[name]
            stage = placed(stage, [taps], Placement(mode, other, stride))
            expected = correlate_by_definition(
                expected, taps, mode=mode, border=other, stride=stride
            )
        assert stage.shape == expected.shape
        assert_close(computed(stage), expected, picture, np.full((12, 12), 1.0))

    def test_several_kernels_combined(self, monkeypatch, height, border):
        monkeypatch.setattr(engine_rows, "strip_height", lambda rows: height)
        picture = numbers((29, 12))
        across, down = KERNELS["direct"], KERNELS["direct"][:, ::-1] * 2

        def longest(responses, out):
            np.hypot(*responses, out=out)

        source = Pixels(picture, picture.dtype)
        placement = Placement(border=border, stride=(2, 3))
        stage = placed(source, [across, down], placement, longest)
        both = [
            correlate_by_definition(picture, taps, border=border, stride=(2, 3))
            for taps in (across, down)
        ]
        assert_close(computed(stage), np.hypot(*both), picture, [across, down])

    def test_a_kernel_over_the_channels_then_one_over_the_plane(self, monkeypatch, height, border):
        monkeypatch.setattr(engine_rows, "strip_height", lambda rows: height)
        picture, over = numbers((29, 12, 3)), numbers((3, 2, 3), np.float64, 1)
        first = placed(Pixels(picture, picture.dtype), [over], Placement(border=border))
        assert first.shape == (29, 12)
        second = placed(first, [KERNELS["a row"]], Placement(border=border))
        plane = correlate_by_definition(picture, over, border=border)
        expected = correlate_by_definition(plane, KERNELS["a row"], border=border)
        assert_close(
            computed(second), expected, picture, np.abs(over).sum() * np.abs(KERNELS["a row"])
        )

    def test_on_a_stage_that_changes_pixels_alone(self, monkeypatch, height, border):
        monkeypatch.setattr(engine_rows, "strip_height", lambda rows: height)
        picture = numbers((29, 12))

        def squared(rows, out):
            np.multiply(rows, rows, out=out)

        points = Stage(Pixels(picture, picture.dtype), picture.shape, picture.dtype, squared)
        for taps in (KERNELS["direct"], KERNELS["a row"], KERNELS["fourier"]):
            expected = correlate_by_definition(picture**2, taps, border=border)
            result = computed(placed(points, [taps], Placement(border=border)))
            assert_close(result, expected, picture**2, taps)


LAYOUTS = {
    "upside down": lambda a: a[::-1],
    "mirrored": lambda a: a[:, ::-1],
    "turned": lambda a: a[::-1, ::-1],
    "every second": lambda a: a.repeat(2, axis=0).repeat(3, axis=1)[::2, ::3],
    "Fortran": np.asfortranarray,
    "swapped bytes": lambda a: a.astype(a.dtype.newbyteorder()),
    "swapped and upside down": lambda a: a.astype(a.dtype.newbyteorder())[::-1],
    "one row again and again": lambda a: np.broadcast_to(a[:1], a.shape),
    "one column again and again": lambda a: np.broadcast_to(a[:, :1], a.shape),
    "not aligned": lambda a: np.frombuffer(b"x" + a.tobytes(), a.dtype, offset=1).reshape(a.shape),
}


class TestMemory:
    @pytest.mark.parametrize("layout", LAYOUTS)
    @pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8", "i4"])
    @pytest.mark.parametrize("channels", [(), (1,), (3,)])
    @pytest.mark.parametrize("height", [1, 4, 99])
    def test_pictures_of_any_layout(self, monkeypatch, layout, dtype, channels, height):
        monkeypatch.setattr(engine_rows, "strip_height", lambda rows: height)
        picture = LAYOUTS[layout](picture_of((21, 9, *channels), dtype))
        for taps in (KERNELS["direct"], KERNELS["a row"], KERNELS["two passes"]):
            expected = correlate_by_definition(picture, taps)
            assert_close(correlate(picture, taps), expected, picture, taps)

    @pytest.mark.parametrize("height", [1, 4, 99])
    @pytest.mark.parametrize("name", KERNELS)
    def test_pictures_that_are_read_only_and_never_written_to(self, monkeypatch, height, name):
        monkeypatch.setattr(engine_rows, "strip_height", lambda rows: height)
        picture = numbers((21, 19))
        before = picture.copy()
        picture.flags.writeable = False
        result = correlate(picture, KERNELS[name])
        assert result.flags.writeable
        assert not np.shares_memory(result, picture)
        np.testing.assert_array_equal(picture, before)

    @pytest.mark.parametrize("name", KERNELS)
    @pytest.mark.parametrize("height", [1, 2, 5, 99])
    @pytest.mark.parametrize(
        "laid",
        [
            lambda shape: np.empty(shape[::-1], np.float32).T,
            lambda shape: np.empty((shape[0] * 2, shape[1] * 3), np.float32)[::2, ::3],
            lambda shape: np.empty(shape, np.float32)[::-1],
            lambda shape: np.empty(shape, np.float32)[:, ::-1],
            lambda shape: np.empty((shape[0] + 2, shape[1] + 5), np.float32)[1:-1, 2:-3],
            lambda shape: np.frombuffer(
                bytearray(4 * shape[0] * shape[1] + 1), np.float32, offset=1, count=-1
            ).reshape(shape),
        ],
        ids=["Fortran", "apart", "upside-down", "mirrored", "inside", "not-aligned"],
    )
    @pytest.mark.parametrize("width", [1, 19])
    def test_out_of_any_layout(self, monkeypatch, name, height, laid, width):
        monkeypatch.setattr(engine_rows, "strip_height", lambda rows: height)
        picture = numbers((21, width))
        out = laid(picture.shape)
        out[...] = np.nan
        source = Pixels(picture, picture.dtype)
        stage = placed(source, [KERNELS[name]], Placement(border="wrap"))
        assert delivered(stage, out, picture) is out
        np.testing.assert_array_equal(out, computed(stage))

    @pytest.mark.parametrize("name", KERNELS)
    @pytest.mark.parametrize("height", [1, 2, 5, 99])
    @pytest.mark.parametrize("shift", [0, 1, -1])
    def test_out_that_shares_memory_with_the_picture(self, monkeypatch, name, height, shift):
        monkeypatch.setattr(engine_rows, "strip_height", lambda rows: height)
        around = numbers((24, 19))
        picture, out = around[1:22], around[1 + shift : 22 + shift]
        expected = correlate(picture.copy(), KERNELS[name])
        assert correlate_placed(picture, KERNELS[name], Placement(), out) is out
        np.testing.assert_array_equal(out, expected)

    @pytest.mark.parametrize(
        "shared", [lambda a: a, lambda a: a[::-1], lambda a: a.T, lambda a: a[:, ::-1]]
    )
    def test_out_may_be_the_picture_itself_however_turned(self, shared):
        for taps in KERNELS.values():
            picture = numbers((20, 20))
            expected = correlate(picture.copy(), taps)
            out = shared(picture)
            assert correlate(picture, taps, out=out) is out
            np.testing.assert_array_equal(out, expected)

    @pytest.mark.parametrize(
        ("out", "message"),
        [
            (np.empty((5, 4), np.float32), "out must be an array of"),
            (np.empty((4, 5), np.float64), "out must be an array of"),
            (np.empty((4, 5), ">f4"), "out must be an array of"),
            (np.empty((4, 5, 1), np.float32), "out must be an array of"),
            ([[0.0] * 5] * 4, "got list"),
            (np.broadcast_to(np.float32(0), (4, 5)), "out must be writeable"),
        ],
    )
    def test_out_must_fit(self, out, message):
        with pytest.raises(InputError, match=message):
            correlate(numbers((4, 5)), KERNELS["direct"], out=out)

    def test_results_belong_to_the_caller(self):
        """What a strip was made in is used again: no result may lie there."""
        pictures = [numbers((40, 30), seed=seed) for seed in range(4)]
        for taps in KERNELS.values():
            results = [correlate(picture, taps) for picture in pictures]
            copies = [result.copy() for result in results]
            for picture in pictures:
                correlate(picture[::-1], taps)
            for (one, copy), (two, _) in itertools.pairwise(zip(results, copies, strict=True)):
                assert not np.shares_memory(one, two)
                np.testing.assert_array_equal(one, copy)


class TestNumbers:
    def test_by_hand(self):
        picture = np.arange(12.0).reshape(3, 4)
        taps = np.array([[1.0, 10.0], [100.0, 1000.0]])
        stage = correlated(Pixels(picture, picture.dtype), [taps], Lay((0, 0), (0, 0), "zero"))
        assert computed(stage).tolist() == [[5410, 6521, 7632], [9854, 10965, 12076]]

    def test_by_hand_with_strides_and_dilation(self):
        picture = np.arange(12.0).reshape(3, 4)
        taps = np.array([[1.0, 10.0], [100.0, 1000.0]])
        lay = Lay((1, 0), (0, 2), "replicate", (2, 3), (1, 2))
        stage = correlated(Pixels(picture, picture.dtype), [taps], lay)
        assert computed(stage).tolist() == [[2020, 3333], [10864, 12177]]

    @pytest.mark.parametrize("height", [1, 5, 99])
    @pytest.mark.parametrize("channels", [None, 3])
    def test_overflow_and_opposite_infinities_are_quiet(self, monkeypatch, height, channels):
        """Warnings are errors here: on every thread."""
        monkeypatch.setattr(engine_rows, "strip_height", lambda rows: height)
        set_threads(3)
        shape = (30, 24) if channels is None else (30, 24, channels)
        picture = numbers(shape)
        picture[:10], picture[20, 3], picture[21, 3] = 3e38, np.inf, -np.inf
        for taps in KERNELS.values():
            over = np.stack([taps, -taps, taps * 3], axis=2) if channels else taps * 3
            for dilation in (1, 2):
                correlate(picture, over, dilation=dilation)

    @pytest.mark.parametrize("height", [1, 3, 99])
    @pytest.mark.parametrize("dtype", ["f4", "f8"])
    @pytest.mark.parametrize("name", KERNELS)
    def test_no_data_in_a_map(self, monkeypatch, height, dtype, name):
        monkeypatch.setattr(engine_rows, "strip_height", lambda rows: height)
        small = numbers((40, 30, 3), dtype)
        picture, taps = small.copy(), KERNELS[name]
        picture[30:, 20:] = -3.4e38
        small[30:, 20:] = 0
        seen = correlate_by_definition(small == 0, taps != 0, border="replicate") > 0
        expected = correlate_by_definition(small, taps, border="replicate")
        result = correlate(picture, taps, border="replicate")
        assert_close(result[~seen], expected[~seen], small, taps)


class TestTooLargeOrTooFew:
    def test_taps_larger_than_the_picture_in_valid(self):
        with pytest.raises(InputError, match="does not fit"):
            stage_of(numbers((4, 5)), np.ones((5, 2)), mode="valid")

    def test_taps_too_large_for_the_dtype(self):
        with pytest.raises(InputError, match="taps must fit float32"):
            stage_of(numbers((4, 5)), np.array([[1e39]]))

    @pytest.mark.parametrize("channels", [(), (2,), (4,)])
    def test_kernels_of_other_channels(self, channels):
        with pytest.raises(InputError, match="a kernel over 3 channels"):
            stage_of(numbers((4, 5, *channels)), np.ones((2, 2, 3)))
