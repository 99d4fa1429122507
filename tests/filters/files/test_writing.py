"""What is written: read back by others (Pillow, OpenCV, tifffile), and by filt itself."""

from __future__ import annotations

import errno
import io
import os
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from filt.filters.errors import InputError, WriteError
from filt.filters.files.formats import FORMATS
from filt.filters.files.reading import read_image
from filt.filters.files.writing import encode_image, keeps_raw, write_image
from filt.filters.picture import Picture

RANDOM = np.random.default_rng(5)
LOSSLESS = [suffix for suffix, form in FORMATS.items() if form.name != "JPEG"]


def picture_of(pixels: np.ndarray, alpha: np.ndarray | None = None) -> Picture:
    white = float(np.iinfo(pixels.dtype).max) if pixels.dtype.kind in "iu" else 1.0
    return Picture(pixels, white, pixels.dtype, alpha)


def random_picture(dtype: str, colour: bool, alpha: bool) -> Picture:
    shape = (5, 7, 3) if colour else (5, 7)
    if dtype == "float32":
        opacity = RANDOM.random((5, 7)).astype(np.float32) if alpha else None
        return picture_of(RANDOM.normal(size=shape).astype(np.float32), opacity)
    white = np.iinfo(dtype).max
    opacity = (RANDOM.integers(0, white + 1, (5, 7)) / white).astype(np.float32)
    pixels = RANDOM.integers(0, white, shape, dtype, endpoint=True)
    return picture_of(pixels, opacity if alpha else None)


@st.composite
def pictures(draw: Any) -> tuple[str, Picture]:
    """A format without loss, and a picture that it holds."""
    suffix = draw(st.sampled_from(LOSSLESS))
    form = FORMATS[suffix]
    dtype = np.dtype(draw(st.sampled_from(form.depths)))
    colour = form.colour and draw(st.booleans())
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    pixels = draw(arrays(dtype, (height, width, 3)[: 3 if colour else 2]))
    alpha = None
    if form.alpha and draw(st.booleans()):
        white = np.iinfo(dtype).max if dtype.kind == "u" else 1000
        steps = draw(arrays(np.uint16, (height, width), elements=st.integers(0, min(white, 65535))))
        alpha = (steps / white).astype(np.float32)
    return suffix, picture_of(pixels, alpha)


@settings(deadline=None, max_examples=150)
@given(pictures())
def test_what_is_written_is_read(case: tuple[str, Picture]) -> None:
    suffix, picture = case
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"picture{suffix}")
        write_image(path, picture)
        again = read_image(path)
    wanted = picture.pixels
    always_colour = suffix in (".webp", ".ppm") or (
        suffix in (".tif", ".tiff") and picture.alpha is not None
    )
    if always_colour and wanted.ndim == 2:
        wanted = np.dstack([wanted] * 3)
    np.testing.assert_array_equal(again.pixels, wanted)
    assert again.pixels.dtype == wanted.dtype
    assert again.full_scale == picture.full_scale
    if picture.alpha is None:
        assert again.alpha is None
    else:
        np.testing.assert_array_equal(again.alpha, picture.alpha)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("alpha", [False, True])
def test_fits_or_is_refused(
    tmp_path: Path, suffix: str, dtype: str, colour: bool, alpha: bool
) -> None:
    """Every combination is either stored as it is or refused with a format that stores it."""
    form, picture = FORMATS[suffix], random_picture(dtype, colour, alpha)
    path = tmp_path / f"picture{suffix}"
    fits = dtype in form.depths and form.alpha >= alpha and form.colour >= colour
    if not fits:
        with pytest.raises(InputError) as caught:
            write_image(path, picture)
        start, _, instead = str(caught.value).partition(": use ")
        assert start.startswith(f"{path}: {form.name} does not hold ")
        for other in instead.split(" or "):
            write_image(tmp_path / f"other{other}", picture)
        assert not path.exists()
        return
    write_image(path, picture)
    again = read_image(path)
    assert (again.depth, again.alpha is not None) == (dtype, alpha)
    if form.name != "JPEG":
        np.testing.assert_array_equal(
            again.pixels, np.dstack([picture.pixels] * 3) if _tripled(again, picture) else picture
        )


def _tripled(again: Picture, picture: Picture) -> bool:
    return again.is_colour and not picture.is_colour


class TestOthersReadIt:
    @pytest.mark.parametrize("suffix", [".png", ".bmp", ".webp", ".tif", ".ppm", ".pnm"])
    def test_rgb(self, suffix: str) -> None:
        picture = random_picture("uint8", True, False)
        theirs = Image.open(io.BytesIO(encode_image(picture, suffix)))
        assert theirs.mode == "RGB"
        np.testing.assert_array_equal(np.asarray(theirs), picture.pixels)

    @pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".pgm", ".pnm"])
    def test_grey(self, suffix: str) -> None:
        picture = random_picture("uint8", False, False)
        theirs = Image.open(io.BytesIO(encode_image(picture, suffix)))
        assert theirs.mode == "L"
        np.testing.assert_array_equal(np.asarray(theirs), picture.pixels)

    @pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
    def test_alpha(self, suffix: str) -> None:
        picture = random_picture("uint8", True, True)
        theirs = np.asarray(Image.open(io.BytesIO(encode_image(picture, suffix))))
        np.testing.assert_array_equal(theirs[..., :3], picture.pixels)
        np.testing.assert_array_equal(theirs[..., 3], np.rint(picture.alpha * 255))

    def test_grey_and_alpha(self) -> None:
        picture = random_picture("uint8", False, True)
        theirs = Image.open(io.BytesIO(encode_image(picture, ".png")))
        assert theirs.mode == "LA"
        np.testing.assert_array_equal(np.asarray(theirs)[..., 0], picture.pixels)
        np.testing.assert_array_equal(np.asarray(theirs)[..., 1], np.rint(picture.alpha * 255))

    @pytest.mark.parametrize("alpha", [False, True])
    @pytest.mark.parametrize("colour", [False, True])
    def test_deep_png(self, colour: bool, alpha: bool) -> None:
        picture = random_picture("uint16", colour, alpha)
        data = np.frombuffer(encode_image(picture, ".png"), np.uint8)
        theirs = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
        if theirs.ndim == 3:
            colours = theirs[..., 2::-1] if colour else theirs[..., 0]
            np.testing.assert_array_equal(colours, picture.pixels)
        else:
            np.testing.assert_array_equal(theirs, picture.pixels)
        if alpha:
            np.testing.assert_array_equal(theirs[..., 3], np.rint(picture.alpha * 65535))

    @pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
    @pytest.mark.parametrize("alpha", [False, True])
    @pytest.mark.parametrize("size", [(5, 7), (700, 900)])
    def test_tiff(self, dtype: str, alpha: bool, size: tuple[int, int]) -> None:
        tifffile = pytest.importorskip("tifffile")
        white = 1 if dtype == "float32" else np.iinfo(dtype).max
        pixels = (RANDOM.random((*size, 3)) * white).astype(dtype)
        opacity = RANDOM.random(size).astype(np.float32) if alpha else None
        with tifffile.TiffFile(
            io.BytesIO(encode_image(picture_of(pixels, opacity), ".tif"))
        ) as file:
            page = file.pages[0]
            theirs = page.asarray()
            assert page.extrasamples == ((tifffile.EXTRASAMPLE.UNASSALPHA,) if alpha else ())
        np.testing.assert_array_equal(theirs[..., :3], pixels)
        if alpha:
            np.testing.assert_allclose(theirs[..., 3] / white, opacity, atol=0.51 / white)

    @pytest.mark.parametrize("suffix", [".pgm", ".ppm"])
    def test_deep_pnm(self, suffix: str) -> None:
        picture = random_picture("uint16", suffix == ".ppm", False)
        data = np.frombuffer(encode_image(picture, suffix), np.uint8)
        theirs = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
        theirs = theirs[..., ::-1] if theirs.ndim == 3 else theirs
        np.testing.assert_array_equal(theirs, picture.pixels)

    def test_npy(self) -> None:
        picture = random_picture("float32", True, False)
        theirs = np.load(io.BytesIO(encode_image(picture, ".npy")), allow_pickle=False)
        np.testing.assert_array_equal(theirs, picture.pixels)

    @pytest.mark.parametrize("colour", [False, True])
    def test_jpeg(self, colour: bool) -> None:
        ramp = np.add.outer(np.arange(48), np.arange(64) * 2).astype(np.uint8)
        pixels = np.dstack([ramp, ramp // 2, ramp // 9]) if colour else ramp
        theirs = Image.open(io.BytesIO(encode_image(picture_of(pixels), ".jpg")))
        assert theirs.mode == ("RGB" if colour else "L")
        assert np.abs(np.asarray(theirs).astype(int) - pixels).max() <= 8


class TestRefused:
    @pytest.mark.parametrize("name", ["edges.gif", "edges", "edges.png.bak", ".png", "a.p\nng"])
    def test_endings(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(InputError) as caught:
            write_image(tmp_path / name, random_picture("uint8", False, False))
        message = str(caught.value)
        assert message.count("\n") == 0
        assert "the name must end in .png, .jpg, .jpeg, .tif" in message
        assert list(tmp_path.iterdir()) == []

    def test_capitals_are_fine(self, tmp_path: Path) -> None:
        write_image(tmp_path / "EDGES.PNG", random_picture("uint8", False, False))
        assert read_image(tmp_path / "EDGES.PNG").size == (7, 5)

    @pytest.mark.parametrize(
        ("suffix", "dtype", "alpha", "says"),
        [
            (".jpg", "uint16", False, "JPEG does not hold uint16 pixels"),
            (".bmp", "uint8", True, "BMP does not hold alpha"),
            (".webp", "uint16", True, "WebP does not hold uint16 pixels: use .png"),
            (".png", "float32", False, "PNG does not hold float32 pixels: use .tif"),
            (".tif", "float64", False, "TIFF does not hold float64 pixels: use .npy"),
            (".png", "bool", False, "PNG does not hold bool pixels: use .npy"),
            (".jpg", "uint16", True, "JPEG does not hold uint16 pixels and alpha: use .png"),
            (".npy", "int16", True, "NPY does not hold alpha: no format of filt does"),
        ],
    )
    def test_reason_and_way_out(self, suffix: str, dtype: str, alpha: bool, says: str) -> None:
        opacity = np.ones((5, 7), np.float32) if alpha else None
        with pytest.raises(InputError) as caught:
            encode_image(picture_of(np.zeros((5, 7), dtype), opacity), suffix)
        assert str(caught.value).startswith(says)

    def test_colour_in_pgm(self) -> None:
        with pytest.raises(InputError, match=r"PGM does not hold colour: use .*\.ppm"):
            encode_image(random_picture("uint8", True, False), ".pgm")

    def test_what_are_no_numbers(self) -> None:
        with pytest.raises(TypeError):
            encode_image(picture_of(np.zeros((5, 7), complex)), ".npy")

    @pytest.mark.parametrize(
        ("suffix", "side", "most"),
        [(".jpg", 65_501, 65_500), (".webp", 16_384, 16_383), (".png", 1_000_001, 1_000_000)],
    )
    def test_too_long(self, suffix: str, side: int, most: int) -> None:
        with pytest.raises(InputError, match=f"up to {most} pixels a side, got {side} x 1"):
            encode_image(picture_of(np.zeros((1, side), np.uint8)), suffix)
        longest = encode_image(picture_of(np.zeros((1, most), np.uint8)), suffix)
        assert len(longest) > 0

    def test_alpha_that_is_no_number(self) -> None:
        alpha = np.full((5, 7), np.nan, np.float32)
        with pytest.raises(InputError, match="alpha must be from 0 to 1, got nan"):
            encode_image(picture_of(np.zeros((5, 7), np.uint8), alpha), ".png")

    def test_nothing_is_written_to_standard_error(
        self, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cv2, "imencode", lambda *_: (os.write(2, b"noise"), (False, None))[1])
        with pytest.raises(WriteError, match="cannot be encoded as JPEG"):
            encode_image(random_picture("uint8", True, False), ".jpg")
        assert capfd.readouterr() == ("", "")


class TestFile:
    def test_byte_order_and_layout_do_not_matter(self, tmp_path: Path) -> None:
        pixels = RANDOM.integers(0, 65536, (7, 5, 3)).astype(">u2").transpose(1, 0, 2)
        for suffix in (".png", ".tif", ".ppm", ".npy"):
            write_image(tmp_path / f"a{suffix}", Picture(pixels, 65535.0, np.dtype(np.uint16)))
            np.testing.assert_array_equal(read_image(tmp_path / f"a{suffix}").pixels, pixels)

    def test_odd_floats_stay(self, tmp_path: Path) -> None:
        pixels = np.array([[-1.5, np.nan, np.inf]], np.float32)
        for suffix in (".tif", ".npy"):
            write_image(tmp_path / f"a{suffix}", picture_of(pixels))
            np.testing.assert_array_equal(read_image(tmp_path / f"a{suffix}").pixels, pixels)

    def test_alpha_beyond_its_range_is_clipped(self, tmp_path: Path) -> None:
        alpha = np.array([[-0.01, 0.5, 1.0001]])
        write_image(tmp_path / "a.png", picture_of(np.zeros((1, 3), np.uint8), alpha))
        again = read_image(tmp_path / "a.png").alpha
        np.testing.assert_allclose(again, [[0, 128 / 255, 1]], atol=1e-7)

    def test_clobber(self, tmp_path: Path) -> None:
        path = tmp_path / "a.png"
        write_image(path, picture_of(np.zeros((1, 3), np.uint8)))
        before = path.read_bytes()
        with pytest.raises(WriteError) as caught:
            write_image(path, picture_of(np.ones((1, 3), np.uint8)), clobber=False)
        assert str(caught.value) == f"{path}: exists already"
        assert path.read_bytes() == before
        write_image(path, picture_of(np.ones((1, 3), np.uint8)))
        assert read_image(path).pixels.tolist() == [[1, 1, 1]]

    def test_full_disk(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "a.png"
        path.write_bytes(b"old")

        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(WriteError) as caught:
            write_image(path, random_picture("uint8", True, False))
        assert str(caught.value) == f"{path}: no space left on device"
        assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [
            ("a.png", b"old")
        ]

    def test_name_that_is_not_utf8(self, tmp_path: Path) -> None:
        path = os.fsencode(tmp_path) + b"/caf\xe9.png"
        try:
            write_image(path, picture_of(np.ones((1, 3), np.uint8)))
        except WriteError:
            pytest.skip("this file system wants UTF-8")
        assert read_image(path).pixels.tolist() == [[1, 1, 1]]


def test_keeps_raw() -> None:
    kept = [suffix for suffix in FORMATS if keeps_raw(f"response{suffix}")]
    assert kept == [".tif", ".tiff", ".npy"]
    assert keeps_raw(Path("a.TIF"))
    assert not keeps_raw("response")
