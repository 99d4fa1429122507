"""TIFF in its many kinds: written by Pillow, OpenCV, tifffile and by hand, read or refused."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from tiff_files import CORRUPT, refused, save

from filt.filters.errors import InputError, ReadError
from filt.filters.files.reading import read_image

RANDOM = np.random.default_rng(11)


def samples_of(dtype: str, *shape: int) -> np.ndarray:
    if np.dtype(dtype).kind == "f":
        return RANDOM.normal(size=shape).astype(dtype)
    limits = np.iinfo(dtype)
    return RANDOM.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def with_pillow(*pages: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:], **options)
    return file.getvalue()


def with_tifffile(array: np.ndarray, **options: Any) -> bytes:
    tifffile = pytest.importorskip("tifffile")
    file = io.BytesIO()
    tifffile.imwrite(file, array, **options)
    return file.getvalue()


def by_hand(tags: dict[int, tuple[int, int]], data: bytes) -> bytes:
    """A little-endian TIFF whose pixel data stands at byte 8; tags as {tag: (type, value)}."""
    entries = b"".join(
        struct.pack("<HHII", tag, kind, 1, value) for tag, (kind, value) in sorted(tags.items())
    )
    place = 8 + len(data)
    return (
        struct.pack("<2sHI", b"II", 42, place)
        + data
        + (struct.pack("<H", len(tags)) + entries + bytes(4))
    )


def strip_tags(width: int, height: int, bits: int, data: bytes, **more: int) -> dict[Any, Any]:
    return {
        256: (4, width),
        257: (4, height),
        258: (3, bits),
        259: (3, more.get("compression", 1)),
        262: (3, more.get("photometric", 1)),
        273: (4, more.get("offset", 8)),
        277: (3, 1),
        278: (4, height),
        279: (4, more.get("count", len(data))),
        339: (3, more.get("sample_format", 1)),
    }


class TestKinds:
    @pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
    @pytest.mark.parametrize("order", ["<", ">"])
    @pytest.mark.parametrize("big", [False, True])
    @pytest.mark.parametrize("channels", [1, 3])
    def test_depths(self, tmp_path: Path, dtype: str, order: str, big: bool, channels: int) -> None:
        array = samples_of(dtype, *(5, 7, 3)[: 2 if channels == 1 else 3])
        kind = "minisblack" if channels == 1 else "rgb"
        data = with_tifffile(array, byteorder=order, bigtiff=big, photometric=kind)
        picture = read_image(save(tmp_path, data))
        np.testing.assert_array_equal(picture.pixels, array)
        assert picture.pixels.dtype == picture.depth == np.dtype(dtype)
        assert picture.full_scale == {"u1": 255.0, "u2": 65535.0, "f4": 1.0}[dtype]

    @pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
    @pytest.mark.parametrize("channels", [1, 3])
    @pytest.mark.parametrize(
        "pieces", [{"rowsperstrip": 7}, {"tile": (16, 16)}, {"tile": (16, 32)}]
    )
    @pytest.mark.parametrize("packing", [{}, {"compression": "zlib"}])
    def test_strips_and_tiles(
        self,
        tmp_path: Path,
        dtype: str,
        channels: int,
        pieces: dict[str, Any],
        packing: dict[str, Any],
    ) -> None:
        array = samples_of(dtype, *(40, 50, 3)[: 2 if channels == 1 else 3])
        kind = "minisblack" if channels == 1 else "rgb"
        data = with_tifffile(array, photometric=kind, **pieces, **packing)
        np.testing.assert_array_equal(read_image(save(tmp_path, data)).pixels, array)

    @pytest.mark.parametrize("dtype", ["u1", "u2"])
    @pytest.mark.parametrize("channels", [1, 3])
    @pytest.mark.parametrize("pieces", [{"rowsperstrip": 7}, {"tile": (16, 32)}])
    def test_differences_of_neighbours(
        self, tmp_path: Path, dtype: str, channels: int, pieces: dict[str, Any]
    ) -> None:
        array = samples_of(dtype, *(40, 50, 3)[: 2 if channels == 1 else 3])
        kind = "minisblack" if channels == 1 else "rgb"
        data = with_tifffile(array, photometric=kind, compression="zlib", predictor=2, **pieces)
        np.testing.assert_array_equal(read_image(save(tmp_path, data)).pixels, array)

    @pytest.mark.skipif(not hasattr(cv2, "IMWRITE_TIFF_PREDICTOR"), reason="an older OpenCV")
    def test_differences_of_floats(self, tmp_path: Path) -> None:
        array = samples_of("f4", 40, 50)
        options = [cv2.IMWRITE_TIFF_COMPRESSION, 8, cv2.IMWRITE_TIFF_PREDICTOR, 3]
        data = cv2.imencode(".tif", array, options)[1].tobytes()
        np.testing.assert_array_equal(read_image(save(tmp_path, data)).pixels, array)

    @pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
    @pytest.mark.parametrize("code", [1, 5, 8, 32946, 32773])
    @pytest.mark.parametrize("channels", [1, 3])
    def test_compressions(self, tmp_path: Path, dtype: str, code: int, channels: int) -> None:
        array = samples_of(dtype, *(40, 50, 3)[: 2 if channels == 1 else 3])
        bgr = array if channels == 1 else array[..., ::-1]
        data = cv2.imencode(".tif", bgr, [cv2.IMWRITE_TIFF_COMPRESSION, code])[1].tobytes()
        np.testing.assert_array_equal(read_image(save(tmp_path, data)).pixels, array)

    @pytest.mark.parametrize(
        "compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "group3", "group4"]
    )
    def test_one_bit(self, tmp_path: Path, compression: str | None) -> None:
        bits = samples_of("u1", 40, 50) > 100
        data = with_pillow(Image.fromarray(bits), compression=compression)
        picture = read_image(save(tmp_path, data))
        np.testing.assert_array_equal(picture.pixels, bits * 255)
        assert picture.pixels.dtype == np.uint8

    @pytest.mark.parametrize("photometric", [0, 1])
    def test_few_bits(self, tmp_path: Path, photometric: int) -> None:
        data = bytes([0b00011011, 0b01000000, 0b11110000, 0b10000000])
        path = save(tmp_path, by_hand(strip_tags(5, 2, 2, data, photometric=photometric), data))
        wanted = np.array([[0, 85, 170, 255, 85], [255, 255, 0, 0, 170]])
        wanted = 255 - wanted if photometric == 0 else wanted
        np.testing.assert_array_equal(read_image(path).pixels, wanted)
        data = bytes([0x12, 0xF0, 0x03, 0x40])
        path = save(tmp_path, by_hand(strip_tags(3, 2, 4, data, photometric=photometric), data))
        wanted = np.array([[0x11, 0x22, 0xFF], [0, 0x33, 0x44]])
        wanted = 255 - wanted if photometric == 0 else wanted
        np.testing.assert_array_equal(read_image(path).pixels, wanted)

    @pytest.mark.parametrize("dtype", ["u1", "u2"])
    def test_zero_is_white(self, tmp_path: Path, dtype: str) -> None:
        array = samples_of(dtype, 5, 7)
        data = with_tifffile(array, photometric="miniswhite")
        picture = read_image(save(tmp_path, data))
        np.testing.assert_array_equal(picture.pixels, np.iinfo(dtype).max - array)

    @pytest.mark.parametrize("colours", [2, 4, 16, 200])
    def test_palette(self, tmp_path: Path, colours: int) -> None:
        image = Image.fromarray(samples_of("u1", 40, 50, 3)).quantize(colours)
        picture = read_image(save(tmp_path, with_pillow(image)))
        np.testing.assert_array_equal(picture.pixels, np.asarray(image.convert("RGB")))

    def test_cmyk(self, tmp_path: Path) -> None:
        image = Image.frombytes("CMYK", (7, 5), samples_of("u1", 5, 7, 4).tobytes())
        picture = read_image(save(tmp_path, with_pillow(image)))
        np.testing.assert_array_equal(picture.pixels, np.asarray(image.convert("RGB")))

    @pytest.mark.parametrize("compression", [None, "zlib"])
    def test_planes(self, tmp_path: Path, compression: str | None) -> None:
        array = samples_of("u1", 40, 50, 3)
        planes = np.moveaxis(array, 2, 0).copy()
        options = {"photometric": "rgb", "planarconfig": "separate", "compression": compression}
        data = with_tifffile(planes, rowsperstrip=7, **options)
        np.testing.assert_array_equal(read_image(save(tmp_path, data)).pixels, array)


class TestAlpha:
    @pytest.mark.parametrize("dtype", ["u1", "u2"])
    def test_rgba(self, tmp_path: Path, dtype: str) -> None:
        array = samples_of(dtype, 5, 7, 4)
        data = with_tifffile(array, photometric="rgb", extrasamples=["unassalpha"])
        self.check(read_image(save(tmp_path, data)), array)

    def test_float_rgba(self, tmp_path: Path) -> None:
        array = samples_of("f4", 5, 7, 4)
        array[..., 3] = RANDOM.random((5, 7))
        data = with_tifffile(array, photometric="rgb", extrasamples=["unassalpha"])
        self.check(read_image(save(tmp_path, data)), array)

    @pytest.mark.parametrize("dtype", ["u1", "u2"])
    def test_a_fourth_sample_that_nobody_explains(self, tmp_path: Path, dtype: str) -> None:
        """OpenCV writes alpha like that."""
        array = samples_of(dtype, 5, 7, 4)
        data = cv2.imencode(".tif", array[..., [2, 1, 0, 3]])[1].tobytes()
        self.check(read_image(save(tmp_path, data)), array)

    def test_grey(self, tmp_path: Path) -> None:
        array = samples_of("u1", 5, 7, 2)
        self.check(read_image(save(tmp_path, with_pillow(Image.fromarray(array)))), array)

    @pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
    def test_colours_multiplied_by_alpha(self, tmp_path: Path, dtype: str) -> None:
        white = 1.0 if dtype == "f4" else float(np.iinfo(dtype).max)
        alpha = np.array([[0.0, 0.2, 0.6, 1.0]]) * white
        colours = np.array([[[0.9, 0.5, 0.1]] * 4]) * white
        stored = np.dstack([colours * alpha[..., None] / white, alpha])
        stored = stored.astype(dtype) if dtype == "f4" else np.rint(stored).astype(dtype)
        data = with_tifffile(stored, photometric="rgb", extrasamples=["assocalpha"])
        picture = read_image(save(tmp_path, data))
        assert picture.alpha is not None
        np.testing.assert_allclose(picture.alpha, [[0.0, 0.2, 0.6, 1.0]], atol=1e-6)
        error = np.abs(picture.pixels[:, 1:] / white - colours[:, 1:] / white)
        assert error.max() <= (3 / 255 if dtype == "u1" else 1e-4)

    @staticmethod
    def check(picture: Any, array: np.ndarray) -> None:
        colours = array[..., :3] if array.shape[2] == 4 else array[..., 0]
        white = 1.0 if array.dtype.kind == "f" else np.iinfo(array.dtype).max
        np.testing.assert_array_equal(picture.pixels, colours)
        np.testing.assert_allclose(picture.alpha, array[..., -1] / white, atol=1e-6)


class TestPages:
    PAGES = tuple(samples_of("u1", 4, width) for width in (5, 6, 7))

    def path(self, folder: Path) -> Path:
        return save(folder, with_pillow(*map(Image.fromarray, self.PAGES)))

    def test_several_need_a_choice(self, tmp_path: Path) -> None:
        refused(self.path(tmp_path), "3 pages: choose one, page 1 to 3")

    @pytest.mark.parametrize("page", [1, 2, 3])
    def test_choice(self, tmp_path: Path, page: int) -> None:
        picture = read_image(self.path(tmp_path), page=page)
        np.testing.assert_array_equal(picture.pixels, self.PAGES[page - 1])

    @pytest.mark.parametrize("big", [False, True])
    def test_deep_pages(self, tmp_path: Path, big: bool) -> None:
        pages = samples_of("u2", 3, 4, 5)
        data = with_tifffile(pages, bigtiff=big, photometric="minisblack")
        picture = read_image(save(tmp_path, data), page=2)
        np.testing.assert_array_equal(picture.pixels, pages[1])

    def test_out_of_range(self, tmp_path: Path) -> None:
        path = self.path(tmp_path)
        with pytest.raises(InputError) as caught:
            read_image(path, page=4)
        assert str(caught.value) == f"{path}: page must be at most 3, got 4"

    def test_circle(self, tmp_path: Path) -> None:
        data = by_hand(strip_tags(2, 2, 8, bytes(4)), bytes(4))
        refused(save(tmp_path, data[:-4] + struct.pack("<I", 12)), CORRUPT)


class TestNotRead:
    @pytest.mark.parametrize(
        ("bits", "number", "says"),
        [
            (32, 1, "32-bit unsigned integers"),
            (32, 2, "32-bit signed integers"),
            (16, 2, "16-bit signed integers"),
            (8, 2, "8-bit signed integers"),
            (64, 3, "64-bit floats"),
            (16, 3, "16-bit floats"),
            (32, 5, "32-bit complex integers"),
            (64, 6, "64-bit complex floats"),
            (8, 4, "8-bit unknown numbers"),
            (12, 1, "12-bit unsigned integers"),
            (64, 1, "64-bit unsigned integers"),
        ],
    )
    def test_sample_types(self, tmp_path: Path, bits: int, number: int, says: str) -> None:
        data = bytes(4 * bits // 8)
        tags = strip_tags(2, 2, bits, data, sample_format=number)
        wanted = f"TIFF with 1 samples a pixel of {says} and photometric interpretation 1"
        refused(save(tmp_path, by_hand(tags, data)), f"{wanted} is not read yet")

    def test_samples_that_differ(self, tmp_path: Path) -> None:
        data = with_pillow(Image.fromarray(samples_of("u1", 5, 7, 3)))
        place = data.index(struct.pack("<HHH", 8, 8, 8))
        path = save(tmp_path, data[:place] + struct.pack("<H", 6) + data[place + 2 :])
        refused(path, "TIFF with unequal samples is not read yet")

    @pytest.mark.parametrize("compression", [6, 33005, 34925, 50000, 50001])
    def test_compressions(self, tmp_path: Path, compression: int) -> None:
        tags = strip_tags(2, 2, 8, bytes(4), compression=compression)
        wanted = f"TIFF with compression {compression} is not read yet"
        refused(save(tmp_path, by_hand(tags, bytes(4))), wanted)

    def test_deep_planes(self, tmp_path: Path) -> None:
        planes = samples_of("u2", 3, 5, 7)
        data = with_tifffile(planes, photometric="rgb", planarconfig="separate")
        refused(save(tmp_path, data), "TIFF with a plane for every sample is not read yet")

    def test_deep_grey_with_alpha(self, tmp_path: Path) -> None:
        array = samples_of("u2", 5, 7, 2)
        data = with_tifffile(array, photometric="minisblack", extrasamples=["unassalpha"])
        with pytest.raises(ReadError, match="2 samples a pixel of 16-bit unsigned integers"):
            read_image(save(tmp_path, data))

    def test_extra_samples_that_are_no_alpha(self, tmp_path: Path) -> None:
        array = samples_of("u1", 5, 7, 4)
        data = with_tifffile(array, photometric="rgb", extrasamples=["unspecified"])
        with pytest.raises(ReadError, match="4 samples a pixel"):
            read_image(save(tmp_path, data))


class TestDamage:
    @pytest.mark.parametrize("mode", ["u1", "u2", "f4", "palette", "bits"])
    @pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate"])
    def test_truncation_anywhere(
        self,
        tmp_path: Path,
        mode: str,
        compression: str | None,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        array = samples_of("u1", 9, 11)
        image = {
            "u1": lambda: Image.fromarray(array),
            "u2": lambda: Image.fromarray(array.astype(np.uint16)),
            "f4": lambda: Image.fromarray(array.astype(np.float32)),
            "palette": lambda: Image.fromarray(samples_of("u1", 9, 11, 3)).quantize(9),
            "bits": lambda: Image.fromarray(array > 99),
        }[mode]()
        data = with_pillow(image, compression=compression)
        for length in range(8, len(data), 3):
            refused(save(tmp_path, data[:length]), CORRUPT)
        assert capfd.readouterr() == ("", "")

    def test_checksum_of_deflated_strips(self, tmp_path: Path) -> None:
        """libtiff stops when it has its rows, and never looks at the checksum behind them."""
        stream = bytearray(zlib.compress(samples_of("u1", 8, 8).tobytes()))
        stream[-1] ^= 1
        tags = strip_tags(8, 8, 8, bytes(stream), compression=8)
        refused(save(tmp_path, by_hand(tags, bytes(stream))), CORRUPT)

    @pytest.mark.parametrize("packed", [b"\x03abcd\x00", b"\x03abc", b"\x02abc", b"\x04abcde"])
    def test_packbits_of_another_length(self, tmp_path: Path, packed: bytes) -> None:
        tags = strip_tags(2, 2, 8, packed, compression=32773)
        refused(save(tmp_path, by_hand(tags, packed)), CORRUPT)

    @pytest.mark.parametrize("packed", [b"\x03abcd", b"\x80\x03abcd", b"\x00a\x00b\x01cd"])
    def test_packbits(self, tmp_path: Path, packed: bytes) -> None:
        path = save(tmp_path, by_hand(strip_tags(2, 2, 8, packed, compression=32773), packed))
        assert read_image(path).pixels.tobytes() == b"abcd"

    def test_packbits_runs(self, tmp_path: Path) -> None:
        path = save(tmp_path, by_hand(strip_tags(2, 2, 8, b"\xfda", compression=32773), b"\xfda"))
        assert read_image(path).pixels.tobytes() == b"aaaa"

    @pytest.mark.parametrize(
        "change",
        [{"offset": 2**31}, {"offset": 9}, {"count": 3}, {"count": 0}, {"count": 2**32 - 1}],
    )
    def test_strips_outside(self, tmp_path: Path, change: dict[str, int]) -> None:
        data = bytes(4)
        tags = strip_tags(2, 2, 8, data, **change)
        end = by_hand(tags, data)
        if change == {"offset": 9}:
            tags[273] = (4, len(end) - 3)
        refused(save(tmp_path, by_hand(tags, data)), CORRUPT)

    @pytest.mark.parametrize("missing", [256, 257, 262, 273, 279])
    def test_missing_tags(self, tmp_path: Path, missing: int) -> None:
        tags = strip_tags(2, 2, 8, bytes(4))
        del tags[missing]
        refused(save(tmp_path, by_hand(tags, bytes(4))), CORRUPT)

    @pytest.mark.parametrize("tag", [256, 257, 278])
    def test_zero(self, tmp_path: Path, tag: int) -> None:
        tags = strip_tags(2, 2, 8, bytes(4))
        tags[tag] = (4, 0)
        refused(save(tmp_path, by_hand(tags, bytes(4))), CORRUPT)

    def test_bomb(self, tmp_path: Path) -> None:
        data = bytes(8)
        path = save(tmp_path, by_hand(strip_tags(2**20, 2**20, 8, data), data))
        with pytest.raises(ReadError, match=r"1\.1e\+06 megapixels, the limit is 100$"):
            read_image(path)

    def test_more_strips_than_bytes(self, tmp_path: Path) -> None:
        """Ten million strips of one row, in a file of 150 bytes, cost nothing."""
        tags = strip_tags(1, 10_000_000, 8, bytes(4))
        tags[278] = (4, 1)
        refused(save(tmp_path, by_hand(tags, bytes(4))), CORRUPT)


def test_metadata_does_not_matter(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Unknown and broken tags would make libtiff warn; they have no say about the pixels."""
    data = bytes([1, 2, 3, 4])
    tags = strip_tags(2, 2, 8, data)
    tags |= {305: (2, 7), 34665: (4, 2**31), 42113: (2, 9), 65000: (12, 3), 330: (4, 77)}
    assert read_image(save(tmp_path, by_hand(tags, data))).pixels.tolist() == [[1, 2], [3, 4]]
    assert capfd.readouterr() == ("", "")
