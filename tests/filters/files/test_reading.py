"""Image files made with Pillow, OpenCV or by hand, against the arrays that went in."""

from __future__ import annotations

import io
import os
import socket
import struct
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from filt.filters.errors import FiltError, InputError, ReadError
from filt.filters.files.disk import Source
from filt.filters.files.reading import read_image, read_npy

RANDOM = np.random.default_rng(7)
GREY = RANDOM.integers(0, 256, (5, 7), np.uint8)
RGB = RANDOM.integers(0, 256, (5, 7, 3), np.uint8)
RGBA = RANDOM.integers(0, 256, (5, 7, 4), np.uint8)
# Smooth, and with R, G and B far apart: JPEG keeps it nearly as it is.
RAMP = np.dstack(
    [
        np.add.outer(np.arange(48) * 2, np.arange(64) * 2),
        np.add.outer(np.arange(48) * 3, np.arange(64)),
        np.add.outer(np.full(48, 10), np.arange(64)),
    ]
).astype(np.uint8)


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def save(folder: Path, data: bytes, name: str = "picture.dat") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def refused(path: Path, reason: str, **options: int) -> None:
    with pytest.raises(ReadError) as caught:
        read_image(path, **options)
    assert str(caught.value) == f"{path}: {reason}"


class TestJpeg:
    @pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
    def test_rgb(self, tmp_path: Path, options: dict[str, Any]) -> None:
        data = encoded(Image.fromarray(RAMP), "JPEG", quality=95, **options)
        picture = read_image(save(tmp_path, data))
        theirs = np.asarray(Image.open(io.BytesIO(data)))
        assert picture.pixels.shape == RAMP.shape
        assert np.abs(picture.pixels.astype(int) - theirs).max() <= 1
        assert np.abs(picture.pixels.astype(int) - RAMP).max() <= 12
        assert (picture.full_scale, picture.depth, picture.alpha) == (255.0, np.uint8, None)

    def test_grey_stays_grey(self, tmp_path: Path) -> None:
        data = encoded(Image.fromarray(RAMP[..., 0]), "JPEG", quality=95)
        picture = read_image(save(tmp_path, data))
        assert picture.pixels.shape == (48, 64)
        assert np.abs(picture.pixels.astype(int) - RAMP[..., 0]).max() <= 3

    @pytest.mark.parametrize("adobe", [True, False])
    def test_cmyk_becomes_rgb(self, tmp_path: Path, adobe: bool) -> None:
        inks = np.dstack([255 - RAMP, RAMP[..., 0] // 3])
        inks[:8, :8] = 0, 0, 0, 255
        inks[8:16, :8] = 0
        image = Image.frombytes("CMYK", (64, 48), inks.tobytes())
        data = encoded(image, "JPEG", quality=95)
        if not adobe:
            place = data.index(b"Adobe") - 4
            data = data[:place] + data[place + 2 + data[place + 3] :]
        picture = read_image(save(tmp_path, data))
        theirs = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        np.testing.assert_array_equal(picture.pixels, theirs)
        assert picture.pixels[3, 3].max() <= 3
        assert picture.pixels[12, 3].min() >= 252

    def test_ycck_becomes_rgb(self, tmp_path: Path) -> None:
        image = Image.frombytes("CMYK", (64, 48), np.dstack([RAMP, RAMP[..., 0]]).tobytes())
        data = bytearray(encoded(image, "JPEG", quality=95))
        data[data.index(b"Adobe") + 11] = 2  # the inks count as YCCK now
        picture = read_image(save(tmp_path, bytes(data)))
        theirs = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        np.testing.assert_array_equal(picture.pixels, theirs)

    def test_end_before_the_rows_are_there(self, tmp_path: Path) -> None:
        data = encoded(Image.fromarray(RAMP), "JPEG")
        path = save(tmp_path, data[: len(data) // 2] + b"\xff\xd9")
        refused(path, "truncated or corrupt JPEG")

    def test_end_marker_of_a_thumbnail_does_not_count(self, tmp_path: Path) -> None:
        data = encoded(Image.fromarray(RAMP), "JPEG")
        block = b"\xff\xed" + struct.pack(">H", 8) + b"\xff\xd8\xff\xd9ab"
        whole = data[:2] + block + data[2:]
        assert read_image(save(tmp_path, whole)).size == (64, 48)
        refused(save(tmp_path, whole[:-2]), "truncated or corrupt JPEG")

    @pytest.mark.parametrize("odd", [b"\xff\x01", b"\xff\xc4\x00\x00", b"\xff\xff\x01"])
    def test_odd_markers_between_the_scans(self, tmp_path: Path, odd: bytes) -> None:
        """Read or refused, but never gone round and round."""
        data = encoded(Image.fromarray(RAMP), "JPEG", progressive=True)
        place = data.rindex(b"\xff\xda")
        for changed in (data[:place] + odd + data[place:], data[:place] + odd):
            with suppress(ReadError):
                read_image(save(tmp_path, changed))

    def test_fill_bytes_before_a_marker(self, tmp_path: Path) -> None:
        """ITU-T T.81, B.1.1.2: any marker may stand behind any number of bytes FF."""
        data = encoded(Image.fromarray(RAMP), "JPEG")
        alone = read_image(save(tmp_path, data)).pixels
        for marker in (b"\xff\xdb", b"\xff\xc0", b"\xff\xc4", b"\xff\xda"):
            place = data.index(marker)
            filled = data[:place] + b"\xff" * 5 + data[place:]
            np.testing.assert_array_equal(read_image(save(tmp_path, filled)).pixels, alone)

    @pytest.mark.parametrize("marker", [b"\xff\xd8", b"\xff\xd9"])
    def test_a_second_start_or_an_end_before_the_frame(self, tmp_path: Path, marker: bytes) -> None:
        data = encoded(Image.fromarray(RAMP), "JPEG")
        refused(save(tmp_path, data[:2] + marker + data[2:]), "truncated or corrupt JPEG")

    def test_bytes_after_the_end_are_ignored(self, tmp_path: Path) -> None:
        data = encoded(Image.fromarray(RAMP), "JPEG", progressive=True)
        alone = read_image(save(tmp_path, data)).pixels
        np.testing.assert_array_equal(read_image(save(tmp_path, data + b"more" * 99)).pixels, alone)

    @pytest.mark.parametrize("start", [b"\xff\xc3", b"\xff\xc9"])
    def test_rare_codings(self, tmp_path: Path, start: bytes) -> None:
        data = encoded(Image.fromarray(RAMP), "JPEG").replace(b"\xff\xc0", start, 1)
        wanted = "JPEG with lossless, arithmetic or 12-bit coding is not read yet"
        refused(save(tmp_path, data), wanted)

    def test_twelve_bits(self, tmp_path: Path) -> None:
        data = bytearray(encoded(Image.fromarray(RAMP), "JPEG"))
        data[data.index(b"\xff\xc0") + 4] = 12
        wanted = "JPEG with lossless, arithmetic or 12-bit coding is not read yet"
        refused(save(tmp_path, bytes(data)), wanted)


class TestOrientation:
    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "TIFF 16"])
    def test_upright(self, tmp_path: Path, form: str, orientation: int) -> None:
        tags = Image.Exif()
        tags[274] = orientation
        form, _, deep = form.partition(" ")
        stored = RAMP[..., 0].astype(np.uint16) * 257 if deep else RAMP
        options: dict[str, Any] = {"lossless": True} if form == "WEBP" else {}
        data = encoded(Image.fromarray(stored), form, exif=tags, **options)
        theirs = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
        picture = read_image(save(tmp_path, data))
        assert picture.size == ((64, 48) if orientation <= 4 else (48, 64))
        np.testing.assert_array_equal(picture.pixels, np.asarray(theirs))

    def test_alpha_turns_with_the_colours(self, tmp_path: Path) -> None:
        tags = Image.Exif()
        tags[274] = 8
        data = encoded(Image.fromarray(RGBA), "PNG", exif=tags)
        picture = read_image(save(tmp_path, data))
        assert picture.alpha is not None
        turned = np.rot90(RGBA)
        np.testing.assert_array_equal(picture.pixels, turned[..., :3])
        np.testing.assert_allclose(picture.alpha * 255, turned[..., 3], atol=1e-4)


class TestWebp:
    def test_lossless(self, tmp_path: Path) -> None:
        data = encoded(Image.fromarray(RGB), "WEBP", lossless=True)
        np.testing.assert_array_equal(read_image(save(tmp_path, data)).pixels, RGB)

    def test_alpha(self, tmp_path: Path) -> None:
        data = encoded(Image.fromarray(RGBA), "WEBP", lossless=True, exact=True)
        picture = read_image(save(tmp_path, data))
        assert picture.alpha is not None
        np.testing.assert_array_equal(picture.pixels, RGBA[..., :3])
        np.testing.assert_allclose(picture.alpha * 255, RGBA[..., 3], atol=1e-4)

    def test_lossy(self, tmp_path: Path) -> None:
        data = encoded(Image.fromarray(RAMP), "WEBP", quality=90)
        theirs = np.asarray(Image.open(io.BytesIO(data)))
        np.testing.assert_array_equal(read_image(save(tmp_path, data)).pixels, theirs)

    def test_animation(self, tmp_path: Path) -> None:
        others = [Image.fromarray(255 - RGB), Image.fromarray(RGB[::-1])]
        data = encoded(Image.fromarray(RGB), "WEBP", save_all=True, append_images=others)
        refused(save(tmp_path, data), "3 frames: animations are not read")


def bmp(
    width: int, height: int, depth: int, rows: bytes, *, compression: int = 0, beside: bytes = b""
) -> bytes:
    """A BMP with the 40-byte header; `beside` are its masks or its palette."""
    colours = len(beside) // 4 if depth <= 8 else 0
    info = struct.pack(
        "<IiiHHIIiiII", 40, width, height, 1, depth, compression, 0, 0, 0, colours, 0
    )
    start = 14 + len(info) + len(beside)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + info + beside + rows


def bmp_rows(samples: np.ndarray) -> bytes:
    """Whole bytes of samples as BMP stores them: bottom row first, each padded to 4 bytes."""
    flat = samples.reshape(len(samples), -1).view(np.uint8)
    return b"".join(row.tobytes() + bytes(-len(row) % 4) for row in flat[::-1])


class TestBmp:
    def test_grey_and_rgb(self, tmp_path: Path) -> None:
        for pixels in (GREY, RGB):
            data = encoded(Image.fromarray(pixels), "BMP")
            np.testing.assert_array_equal(read_image(save(tmp_path, data)).pixels, pixels)

    def test_rows_from_top_to_bottom(self, tmp_path: Path) -> None:
        data = bmp(7, -5, 24, bmp_rows(RGB[::-1, :, ::-1].copy()))
        np.testing.assert_array_equal(read_image(save(tmp_path, data)).pixels, RGB)

    @pytest.mark.parametrize("depth", [1, 4, 8])
    def test_palette(self, tmp_path: Path, depth: int) -> None:
        colours = RANDOM.integers(0, 256, (2**depth, 3), np.uint8)
        indices = RANDOM.integers(0, 2**depth, (5, 8))
        bits = np.unpackbits(indices.astype(np.uint8)[..., None], axis=2)[..., 8 - depth :]
        rows = bmp_rows(np.packbits(bits.reshape(5, -1), axis=1))
        palette = np.pad(colours[:, ::-1], ((0, 0), (0, 1))).tobytes()
        picture = read_image(save(tmp_path, bmp(8, 5, depth, rows, beside=palette)))
        np.testing.assert_array_equal(picture.pixels, colours[indices])

    def test_the_old_header(self, tmp_path: Path) -> None:
        info = struct.pack("<IHHHH", 12, 7, 5, 1, 24)
        rows = bmp_rows(RGB[..., ::-1].copy())
        data = b"BM" + struct.pack("<IHHI", 26 + len(rows), 0, 0, 26) + info + rows
        np.testing.assert_array_equal(read_image(save(tmp_path, data)).pixels, RGB)

    def test_four_bytes_without_alpha(self, tmp_path: Path) -> None:
        data = bmp(7, 5, 32, bmp_rows(RGBA[..., [2, 1, 0, 3]].copy()))
        picture = read_image(save(tmp_path, data))
        np.testing.assert_array_equal(picture.pixels, RGBA[..., :3])
        assert picture.alpha is None

    def test_four_bytes_with_alpha(self, tmp_path: Path) -> None:
        rows = bmp_rows(RGBA[..., [2, 1, 0, 3]].copy())
        info = struct.pack("<IiiHHIIiiII", 108, 7, 5, 1, 32, 3, len(rows), 0, 0, 0, 0)
        info += struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + bytes(52)
        data = b"BM" + struct.pack("<IHHI", 122 + len(rows), 0, 0, 122) + info + rows
        picture = read_image(save(tmp_path, data))
        assert picture.alpha is not None
        np.testing.assert_array_equal(picture.pixels, RGBA[..., :3])
        np.testing.assert_allclose(picture.alpha * 255, RGBA[..., 3], atol=1e-4)

    def test_five_bits(self, tmp_path: Path) -> None:
        values = RANDOM.integers(0, 32, (5, 7, 3))
        words = (values << [10, 5, 0]).sum(axis=2).astype("<u2")
        picture = read_image(save(tmp_path, bmp(7, 5, 16, bmp_rows(words))))
        assert np.abs(picture.pixels - values * 255 / 31).max() < 1

    def test_run_lengths(self, tmp_path: Path) -> None:
        data = bmp(7, 5, 8, bytes(64), compression=1, beside=bytes(1024))
        refused(save(tmp_path, data), "BMP with compression 1 and 8 bits a pixel is not read yet")


class TestPnm:
    @pytest.mark.parametrize("white", [255, 65535])
    @pytest.mark.parametrize("text", [False, True])
    @pytest.mark.parametrize("colour", [False, True])
    def test_values(self, tmp_path: Path, white: int, text: bool, colour: bool) -> None:
        samples = RANDOM.integers(0, white + 1, (5, 7, 3) if colour else (5, 7))
        magic = (b"P3" if colour else b"P2") if text else (b"P6" if colour else b"P5")
        start = magic + f"\n# R, G, B\n7 5\n{white}\n".encode()
        if text:
            body = b"\n# half way \n".join(
                " ".join(map(str, half)).encode() for half in np.split(samples.ravel(), [9])
            )
        else:
            body = samples.astype(">u2" if white > 255 else "u1").tobytes()
        picture = read_image(save(tmp_path, start + body))
        np.testing.assert_array_equal(picture.pixels, samples)
        assert picture.depth == (np.uint16 if white > 255 else np.uint8)
        assert picture.full_scale == white

    def test_other_whites_are_scaled(self, tmp_path: Path) -> None:
        path = save(tmp_path, b"P2 4 1 3 0 1 2 3\n")
        assert read_image(path).pixels.tolist() == [[0, 85, 170, 255]]
        path = save(tmp_path, b"P5 3 1 1000\n" + struct.pack(">HHH", 0, 500, 1000))
        assert read_image(path).pixels.tolist() == [[0, 32768, 65535]]
        assert read_image(path).full_scale == 65535

    @pytest.mark.parametrize(
        "data",
        [
            b"P5 2 2 255\n123",
            b"P5 2 2 255\n12345",
            b"P5 2 2 0\n1234",
            b"P5 2 2 65536\n12345678",
            b"P5 0 2 255\n",
            b"P5 2 2",
            b"P5 -2 2 255\n1234",
            b"P5 2 2 100\n\x00\x01\x02\x65",
            b"P2 2 2 255\n1 2 3",
            b"P2 2 2 255\n1 2 3 4 5",
            b"P2 2 2 255\n1 2 3 256",
            b"P2 2 2 255\n1 2 3 -4",
            b"P2 2 2 255\n1 2 3 4.5",
            b"P2 2 2 255\n1 2 3 x",
            b"P2 2 2 255\n1 2 3 4294967296",
            b"P2 2 2 255\n",
        ],
    )
    def test_damage(self, tmp_path: Path, data: bytes) -> None:
        refused(save(tmp_path, data), "truncated or corrupt PGM")


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


class TestNpy:
    @pytest.mark.parametrize(
        "dtype",
        ["bool", "u1", "u2", "u4", "u8", "i1", "i2", ">i4", "i8", "f2", "f4", ">f4", "f8", ">u2"],
    )
    @pytest.mark.parametrize("order", ["C", "F"])
    def test_every_real_dtype(self, tmp_path: Path, dtype: str, order: Any) -> None:
        values = RANDOM.integers(0, 2 if dtype == "bool" else 128, (5, 7, 3))
        array = np.asarray(values, dtype, order=order)
        picture = read_image(save(tmp_path, npy(array)))
        np.testing.assert_array_equal(picture.pixels, values)
        native = np.dtype(dtype).newbyteorder("=")
        assert picture.pixels.dtype == native
        assert picture.depth == (native if native in (np.uint8, np.uint16) else np.float32)
        top = float(np.iinfo(native).max) if native.kind in "iu" else 1.0
        assert picture.full_scale == top

    def test_signs_and_odd_values_stay(self, tmp_path: Path) -> None:
        array = np.array([[-3.5, np.nan], [np.inf, 0.0]])
        np.testing.assert_array_equal(read_image(save(tmp_path, npy(array))).pixels, array)

    def test_fourth_channel_is_alpha(self, tmp_path: Path) -> None:
        picture = read_image(save(tmp_path, npy(RGBA)))
        assert picture.alpha is not None
        np.testing.assert_array_equal(picture.pixels, RGBA[..., :3])
        np.testing.assert_allclose(picture.alpha * 255, RGBA[..., 3], atol=1e-4)

    @pytest.mark.parametrize("bad", [-0.1, 1.5, np.nan])
    def test_alpha_out_of_range(self, tmp_path: Path, bad: float) -> None:
        array = np.ones((2, 3, 4), np.float32)
        array[1, 1, 3] = bad
        refused(save(tmp_path, npy(array)), "alpha must be from 0 to 1")

    @pytest.mark.parametrize("shape", [(5,), (5, 7, 2), (5, 7, 1), (1, 5, 7, 3), ()])
    def test_other_shapes(self, tmp_path: Path, shape: tuple[int, ...]) -> None:
        wanted = f"NPY with shape {shape} is not read yet"
        refused(save(tmp_path, npy(np.ones(shape))), wanted)

    @pytest.mark.parametrize("dtype", ["c8", "S3", "U2", "datetime64[s]", "longdouble"])
    def test_other_dtypes(self, tmp_path: Path, dtype: str) -> None:
        array = np.zeros((2, 3), dtype)
        refused(save(tmp_path, npy(array)), f"NPY with dtype {array.dtype} is not read yet")

    def test_empty(self, tmp_path: Path) -> None:
        refused(save(tmp_path, npy(np.ones((0, 3)))), "truncated or corrupt NPY")

    def test_nothing_is_unpickled(self, tmp_path: Path) -> None:
        class Trap:
            def __reduce__(self) -> Any:
                return (pytest.fail, ("a pickle was loaded",))

        file = io.BytesIO()
        np.save(file, np.array([[Trap()]], object), allow_pickle=True)
        refused(save(tmp_path, file.getvalue()), "NPY with dtype object is not read yet")

    def test_size_must_fit(self, tmp_path: Path) -> None:
        data = npy(GREY)
        for changed in (data[:-1], data + b"\0", data[:60]):
            refused(save(tmp_path, changed), "truncated or corrupt NPY")

    @pytest.mark.parametrize(
        "shape", ["(1000000000, 1000000000)", "(-5, -7)", "(5, 'x')", "5", "(5, 7", "(5.0, 7)"]
    )
    def test_senseless_headers(self, tmp_path: Path, shape: str) -> None:
        text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}"
        data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + bytes(35)
        refused(save(tmp_path, data), "truncated or corrupt NPY")

    def test_arrays_of_any_shape_from_bytes(self) -> None:
        taps = np.arange(24.0).reshape(2, 3, 4)
        np.testing.assert_array_equal(read_npy(npy(taps), "taps.npy"), taps)
        with pytest.raises(ReadError, match=r"^taps\.npy: truncated or corrupt NPY$"):
            read_npy(npy(taps)[:-1], "taps.npy")


class TestWhatIsNoPicture:
    def test_missing(self, tmp_path: Path) -> None:
        refused(tmp_path / "no.png", "no such file or directory")

    def test_url_is_a_missing_file(self) -> None:
        with pytest.raises(ReadError, match="no such file"):
            read_image("http://localhost/a.png")

    def test_directory(self, tmp_path: Path) -> None:
        refused(tmp_path, "is a directory")

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
    def test_fifo_does_not_hang(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.png")
        refused(tmp_path / "pipe.png", "is a FIFO, not a regular file")

    @pytest.mark.skipif(not Path("/dev/null").is_char_device(), reason="no devices here")
    def test_device(self) -> None:
        refused(Path("/dev/null"), "is a device, not a regular file")

    @pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no sockets with names here")
    def test_socket(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("s")
            refused(Path("s"), "is a socket, not a regular file")

    def test_null_in_the_name(self) -> None:
        with pytest.raises(ReadError, match=r"^a\\x00b: embedded null"):
            read_image("a\0b")

    def test_empty(self, tmp_path: Path) -> None:
        refused(save(tmp_path, b""), "is empty")

    @pytest.mark.parametrize("data", [b"x", b"hello world, this is text", b"<svg/>", bytes(99)])
    def test_unknown_content(self, tmp_path: Path, data: bytes) -> None:
        known = "PNG, JPEG, TIFF, WebP, BMP, PGM, PPM, PNM, NPY"
        refused(save(tmp_path, data), f"not a picture of a format that is read ({known})")

    @pytest.mark.parametrize(
        ("data", "name"),
        [
            (b"PF\n2 2\n-1.0\n" + bytes(48), "PFM"),
            (b"Pf\n2 2\n-1.0\n" + bytes(16), "PFM"),
            (b"v/1\x01" + bytes(40), "OpenEXR"),
            (b"\0\0\0\x1cftypavif" + bytes(40), "AVIF"),
            (b"\0\0\0\x1cftypheic" + bytes(40), "HEIC"),
            (b"P7\nWIDTH 2\n", "PAM"),
            (b"P4 8 1\n\xff", "PBM"),
            (b"GIF89a", "GIF"),
            (b"%PDF-1.7", "PDF"),
        ],
    )
    def test_known_but_not_read(self, tmp_path: Path, data: bytes, name: str) -> None:
        refused(save(tmp_path, data), f"{name} is not read yet")

    def test_gif(self, tmp_path: Path) -> None:
        one = Image.fromarray(GREY)
        refused(save(tmp_path, encoded(one, "GIF")), "GIF is not read yet")
        others = [Image.fromarray(255 - GREY), Image.fromarray(GREY[::-1])]
        data = encoded(one, "GIF", save_all=True, append_images=others)
        refused(save(tmp_path, data), "3 frames: animations are not read")
        path = save(tmp_path, data)
        with path.open("r+b") as file:
            file.truncate((64 << 20) + 1)  # too much to count frames in
        refused(path, "GIF is not read yet")

    def test_a_canvas_that_the_picture_does_not_fill(self, tmp_path: Path) -> None:
        """WebP's extended header says a size of its own; one that is wrong is damage."""
        data = encoded(Image.fromarray(RGBA), "WEBP", lossless=True, exif=b"Exif\0\0nothing")
        assert data[12:16] == b"VP8X"
        assert read_image(save(tmp_path, data)).size == (7, 5)
        for width, height in ((8, 5), (7, 4), (5, 7)):
            size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
            changed = data[:24] + size + data[30:]
            refused(save(tmp_path, changed), "truncated or corrupt WebP")

    def test_too_little_memory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def exhausted(*parts: object) -> None:
            raise MemoryError

        monkeypatch.setattr("filt.filters.files.plain.decode_pnm", exhausted)
        path = save(tmp_path, b"P5 7 5 255\n" + GREY.tobytes())
        refused(path, "not enough memory for this PGM")


class TestNamesAndLimits:
    @pytest.mark.parametrize("suffix", [".png", ".jpg", ".txt", ""])
    def test_content_decides(self, tmp_path: Path, suffix: str) -> None:
        path = save(tmp_path, b"P5 7 5 255\n" + GREY.tobytes(), f"picture{suffix}")
        np.testing.assert_array_equal(read_image(path).pixels, GREY)

    def test_str_bytes_and_path(self, tmp_path: Path) -> None:
        path = save(tmp_path, b"P5 7 5 255\n" + GREY.tobytes())
        for form in (path, str(path), os.fsencode(path)):
            np.testing.assert_array_equal(read_image(form).pixels, GREY)

    def test_link(self, tmp_path: Path) -> None:
        path = save(tmp_path, b"P5 7 5 255\n" + GREY.tobytes())
        (tmp_path / "link").symlink_to(path)
        np.testing.assert_array_equal(read_image(tmp_path / "link").pixels, GREY)

    def test_name_that_is_not_utf8(self, tmp_path: Path) -> None:
        name = os.fsencode(tmp_path) + b"/caf\xe9\n.png"
        try:
            Path(os.fsdecode(name)).write_bytes(cv2.imencode(".png", GREY)[1].tobytes())
        except OSError:
            pytest.skip("this file system wants UTF-8")
        np.testing.assert_array_equal(read_image(name).pixels, GREY)
        Path(os.fsdecode(name)).write_bytes(b"rubbish")
        with pytest.raises(ReadError) as caught:
            read_image(name)
        assert str(caught.value).startswith(f"{tmp_path}/caf\\xe9\\n.png: not a picture")

    @pytest.mark.parametrize("page", [1, None])
    def test_one_page(self, tmp_path: Path, page: int | None) -> None:
        path = save(tmp_path, b"P5 7 5 255\n" + GREY.tobytes())
        np.testing.assert_array_equal(read_image(path, page=page).pixels, GREY)

    def test_page_that_is_not_there(self, tmp_path: Path) -> None:
        path = save(tmp_path, b"P5 7 5 255\n" + GREY.tobytes())
        with pytest.raises(InputError) as caught:
            read_image(path, page=2)
        assert str(caught.value) == f"{path}: page must be at most 1, got 2"

    def test_options_are_checked_first(self) -> None:
        with pytest.raises(InputError, match="page must be at least 1, got 0"):
            read_image("no.png", page=0)
        with pytest.raises(InputError, match="max_pixels must be at least 1"):
            read_image("no.png", max_pixels=0)
        with pytest.raises(TypeError, match="page must be a whole number"):
            read_image("no.png", page=1.0)  # type: ignore[arg-type]

    @pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "WEBP", "BMP", "PPM", "NPY"])
    def test_limit_of_pixels(
        self, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        data = npy(RGB) if form == "NPY" else encoded(Image.fromarray(RGB), form)
        path = save(tmp_path, data)
        assert read_image(path, max_pixels=35).size == (7, 5)

        def read_too_much(*_: Any) -> bytearray:
            raise AssertionError("the whole file was read before its size was looked at")

        monkeypatch.setattr(Source, "take_all", read_too_much)
        monkeypatch.setattr(Source, "take_into", read_too_much)
        wanted = "7 x 5 pixels: 3.5e-05 megapixels, the limit is 3.4e-05"
        refused(path, wanted, max_pixels=34)

    def test_limit_of_bytes(self, tmp_path: Path) -> None:
        path = save(tmp_path, cv2.imencode(".png", GREY)[1].tobytes())
        os.truncate(path, 200 << 20)  # sparse
        refused(path, "209715200 bytes: the limit for 1000 pixels is 67124864", max_pixels=1000)

    def test_no_warning_between_pillows_limit_and_ours(self, tmp_path: Path) -> None:
        """Pillow warns above 89 megapixels; what is within our limit is read without a word."""
        image = Image.new("1", (10_000, 9_500))
        image.putpixel((9_999, 9_499), 1)
        path = save(tmp_path, encoded(image, "TIFF", compression="group4"))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            picture = read_image(path)
        assert picture.pixels.sum() == picture.pixels[-1, -1] == 255

    def test_errors_are_of_both_families(self, tmp_path: Path) -> None:
        for family in (FiltError, OSError):
            with pytest.raises(family):
                read_image(tmp_path / "no.png")
