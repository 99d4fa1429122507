"""Rows of a file are the rows that `read_image` reads, or those another library wrote."""

from __future__ import annotations

import struct
import threading
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stream_cases import DTYPES, change_json, picture, save_npy, save_png, save_tiff, save_zarr

from filt.filters.errors import FiltError, ReadError
from filt.filters.files.reading import read_image
from filt.filters.streams import png_source, tiff_source
from filt.filters.streams.bands import Bands
from filt.filters.streams.formats import open_rows, size_in
from filt.filters.streams.zarr_layout import zarr_layout

SHAPES = [(83, 61), (83, 61, 3)]


def all_rows(path, step=7, page=None):
    """Every row of a file, a few at a time, the last ones first."""
    with open_rows(path, page) as rows:
        parts = [
            np.array(rows[start : min(start + step, rows.shape[0])])
            for start in reversed(range(0, rows.shape[0], step))
        ]
        assert all(part.dtype == rows.dtype for part in parts)
        return np.concatenate(parts[::-1]), rows.full_scale, rows.depth


def check_as_in_memory(path, page=None):
    stored, full_scale, depth = all_rows(path, page=page)
    whole = read_image(path, page=page)
    np.testing.assert_array_equal(stored, whole.pixels)
    assert (stored.dtype, full_scale, depth) == (whole.pixels.dtype, whole.full_scale, whole.depth)


TIFFS = {
    "plain": {},
    "strips": {"rowsperstrip": 5},
    "tiles": {"tile": (16, 32)},
    "big": {"bigtiff": True, "tile": (32, 16)},
    "big-endian": {"byteorder": ">", "rowsperstrip": 9},
    "big-endian-tiles": {"byteorder": ">", "tile": (16, 16)},
    "deflate": {"compression": "zlib", "rowsperstrip": 6},
    "deflate-one-strip": {"compression": "zlib", "rowsperstrip": 83},
    "deflate-tiles": {"compression": "zlib", "tile": (48, 16)},
    "predictor": {"compression": "zlib", "predictor": True, "rowsperstrip": 4},
    "predictor-tiles": {"compression": "zlib", "predictor": True, "tile": (16, 16)},
    "predictor-big-endian": {"compression": "zlib", "predictor": True, "byteorder": ">"},
}


@pytest.mark.parametrize("shape", SHAPES, ids=["grey", "rgb"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", TIFFS)
def test_tiff(tmp_path, kind, dtype, shape, monkeypatch):
    pytest.importorskip("tifffile")
    monkeypatch.setattr(tiff_source, "_BAND_BYTES", 2000)
    monkeypatch.setattr(tiff_source, "_PART_BYTES", 900)
    pixels = picture(shape, dtype)
    if "predictor" in kind and dtype == "float32":
        pytest.skip("tifffile writes no predicted floats without imagecodecs; OpenCV does, below")
    save_tiff(tmp_path / "a.tif", pixels, **TIFFS[kind])
    stored, _, _ = all_rows(tmp_path / "a.tif")
    np.testing.assert_array_equal(stored, pixels)
    check_as_in_memory(tmp_path / "a.tif")


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits", "tiff_adobe_deflate", None])
@pytest.mark.parametrize("mode", ["L", "RGB", "P", "CMYK", "1"])
def test_tiff_by_pillow(tmp_path, mode, compression, monkeypatch):
    from PIL import Image

    monkeypatch.setattr(tiff_source, "_BAND_BYTES", 2000)
    image = Image.fromarray(picture((83, 61, 3), np.uint8)).convert(mode)
    image.save(tmp_path / "a.tif", compression=compression, strip_size=1500)
    check_as_in_memory(tmp_path / "a.tif")


@pytest.mark.parametrize("shape", SHAPES, ids=["grey", "rgb"])
@pytest.mark.parametrize("compression", [1, 5, 8, 32946])
@pytest.mark.parametrize("predicted", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_tiff_by_opencv(tmp_path, dtype, predicted, compression, shape):
    predictor = 1 if not predicted else 3 if dtype == "float32" else 2
    options = [cv2.IMWRITE_TIFF_COMPRESSION, compression, cv2.IMWRITE_TIFF_PREDICTOR, predictor,
               cv2.IMWRITE_TIFF_ROWSPERSTRIP, 9]  # fmt: skip
    assert cv2.imwrite(str(tmp_path / "a.tif"), picture(shape, dtype), options)
    check_as_in_memory(tmp_path / "a.tif")


@pytest.mark.parametrize("options", [{"planarconfig": "separate"}, {"compression": "zlib"}])
def test_tiff_in_planes(tmp_path, options):
    pytest.importorskip("tifffile")
    pixels = picture((40, 30, 3), np.uint8)
    planes = np.ascontiguousarray(np.moveaxis(pixels, 2, 0))
    save_tiff(tmp_path / "a.tif", planes, rowsperstrip=7, **{"planarconfig": "separate", **options})
    check_as_in_memory(tmp_path / "a.tif")


def test_white_is_zero_and_pages(tmp_path):
    tifffile = pytest.importorskip("tifffile")
    pixels = picture((40, 30), np.uint16)
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(pixels, photometric="miniswhite", rowsperstrip=7)
        file.write(pixels[:, 4:], photometric="minisblack", rowsperstrip=7)
    for page in (1, 2):
        check_as_in_memory(tmp_path / "a.tif", page=page)
    with pytest.raises(ReadError, match="2 pages: choose one"), open_rows(tmp_path / "a.tif"):
        pass


@pytest.mark.parametrize("shape", SHAPES, ids=["grey", "rgb"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_png(tmp_path, dtype, shape, monkeypatch):
    monkeypatch.setattr(png_source, "_BAND_BYTES", 1000)
    monkeypatch.setattr(png_source, "_KEPT_BYTES", 3000)
    monkeypatch.setattr(png_source, "_PIECE", 37)
    pixels = picture(shape, dtype)
    save_png(tmp_path / "a.png", pixels)
    stored, _, _ = all_rows(tmp_path / "a.png")
    np.testing.assert_array_equal(stored, pixels)
    check_as_in_memory(tmp_path / "a.png")


def png_of(rows, width, depth, colour, *, filters=None, extra=()):
    """A PNG of rows of bytes, filtered by the definition, written out by hand."""
    pixel = max(1, depth * {0: 1, 2: 3, 3: 1}[colour] // 8)
    above = bytes(len(rows[0]))
    data = b""
    for number, row in enumerate(rows):
        kind = number % 5 if filters is None else filters
        left = bytes(pixel) + row[:-pixel] if len(row) >= pixel else bytes(len(row))
        corner = (bytes(pixel) + above)[: len(row)]
        filtered = bytearray()
        for byte, a, b, c in zip(row, left, above, corner, strict=False):
            near = min((abs(a + b - c - each), rank) for rank, each in enumerate((a, b, c)))[1]
            said = (0, a, b, (a + b) // 2, (a, b, c)[near])[kind]
            filtered.append((byte - said) % 256)
        data += bytes([kind]) + filtered
        above = row
    start = struct.pack(">IIBBBBB", width, len(rows), depth, colour, 0, 0, 0)
    packed = zlib.compress(data)
    half = len(packed) // 2
    chunks = [(b"IHDR", start), *extra, (b"IDAT", packed[:half]), (b"IDAT", b""),
              (b"IDAT", packed[half:]), (b"IEND", b"")]  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


@pytest.mark.parametrize("filters", [None, 0, 1, 2, 3, 4])
@pytest.mark.parametrize(
    ("depth", "colour", "width", "size"),
    [(8, 0, 31, 31), (16, 0, 9, 18), (8, 2, 11, 33), (16, 2, 5, 30), (1, 0, 19, 3), (2, 0, 19, 5),
     (4, 0, 7, 4), (8, 3, 13, 13), (4, 3, 9, 5), (1, 3, 9, 2)],
)  # fmt: skip
def test_png_filters_by_definition(tmp_path, monkeypatch, *, depth, colour, width, size, filters):
    monkeypatch.setattr(png_source, "_BAND_BYTES", 4 * size)
    rng = np.random.default_rng(depth)
    rows = [rng.integers(0, 256, size, np.uint8).tobytes() for _ in range(23)]
    palette = rng.integers(0, 256, 3 * 256, np.uint8).tobytes()
    extra = [(b"PLTE", palette[: 3 << min(depth, 8)])] if colour == 3 else []
    (tmp_path / "a.png").write_bytes(
        png_of(rows, width, depth, colour, filters=filters, extra=extra)
    )
    check_as_in_memory(tmp_path / "a.png")


def test_png_from_many_threads_and_backwards(tmp_path, monkeypatch):
    monkeypatch.setattr(png_source, "_BAND_BYTES", 400)
    monkeypatch.setattr(png_source, "_KEPT_BYTES", 1)
    pixels = picture((300, 50), np.uint8)
    save_png(tmp_path / "a.png", pixels)
    with open_rows(tmp_path / "a.png") as rows:
        wrong = []

        def read(seed):
            for start in np.random.default_rng(seed).integers(0, 290, 40):
                if not np.array_equal(rows[start : start + 10], pixels[start : start + 10]):
                    wrong.append(start)

        threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


NPYS = ["?", "u1", "i1", "<u2", ">u2", ">i4", "<f2", "<f4", ">f4", "<f8", "<u8"]


@pytest.mark.parametrize("dtype", NPYS)
def test_npy(tmp_path, dtype):
    pixels = (picture((31, 22, 3), np.float64) * 100).astype(dtype)
    save_npy(tmp_path / "a.npy", pixels)
    check_as_in_memory(tmp_path / "a.npy")


CODECS = [(3, None), (3, "zstd"), (3, "blosc"), (3, "gzip"), (2, None), (2, "zstd"), (2, "blosc"),
          (2, "gzip"), (2, "zlib"), (2, "bz2"), (2, "lz4")]  # fmt: skip


@pytest.mark.parametrize("name", ["a.zarr", "a.zarr.zip"])
@pytest.mark.parametrize(("version", "codec"), CODECS)
@pytest.mark.parametrize(("shape", "chunks"), [((83, 61), (20, 61)), ((83, 61, 3), (9, 25, 2))])
def test_zarr(tmp_path, *, shape, chunks, version, codec, name):
    pytest.importorskip("zarr")
    pixels = picture(shape, np.uint16)
    pixels[:30, :26] = 0  # some chunks are not written
    save_zarr(tmp_path / name, pixels, version=version, codec=codec, chunks=chunks)
    stored, full_scale, depth = all_rows(tmp_path / name)
    np.testing.assert_array_equal(stored, pixels)
    assert (full_scale, depth) == (65535.0, np.uint16)


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "float16", "float32", "float64"])
@pytest.mark.parametrize("version", [2, 3])
def test_zarr_dtypes(tmp_path, dtype, version):
    pytest.importorskip("zarr")
    pixels = (picture((31, 22), np.float64) * 100).astype(dtype)
    save_zarr(tmp_path / "a.zarr", pixels, version=version)
    stored, _, _ = all_rows(tmp_path / "a.zarr")
    np.testing.assert_array_equal(stored, pixels)
    assert stored.dtype == pixels.dtype


@pytest.mark.parametrize(("said", "value"), [("NaN", np.nan), ("-Infinity", -np.inf), (1.5, 1.5),
                                             ("0x3fc00000", 1.5)])  # fmt: skip
def test_zarr_fill_values(tmp_path, said, value):
    zarr = pytest.importorskip("zarr")
    zarr.create_array(str(tmp_path / "a.zarr"), shape=(4, 5), chunks=(2, 5), dtype="float32")
    change_json(tmp_path / "a.zarr" / "zarr.json", fill_value=said)
    stored, _, _ = all_rows(tmp_path / "a.zarr")
    np.testing.assert_array_equal(stored, np.full((4, 5), value, np.float32))


@given(height=st.integers(1, 40), band=st.integers(1, 9), parts=st.integers(1, 4), data=st.data())
def test_bands_give_the_rows_that_are_there(height, band, parts, data):
    whole = np.arange(height * 12).reshape(height, 12)
    begun = []

    def unpack(number, part, rows):
        begun.append((number, part))
        place = slice(part * 12 // parts, (part + 1) * 12 // parts)
        rows[:, place] = whole[number * band : number * band + band, place]

    bands = Bands((height, 12), whole.dtype, band, unpack, parts=parts)
    for _ in range(3):
        start = data.draw(st.integers(0, height - 1))
        stop = data.draw(st.integers(start + 1, height))
        np.testing.assert_array_equal(bands.read(start, stop), whole[start:stop])
    assert len(begun) == len(set(begun))


def test_a_size_is_known_before_anything_is_read(tmp_path):
    save_npy(tmp_path / "a.npy", picture((31, 22), np.uint8))
    save_png(tmp_path / "a.png", picture((31, 22), np.uint8))
    assert size_in(tmp_path / "a.npy") == size_in(tmp_path / "a.png") == (22, 31)
    (tmp_path / "a.txt").write_text("no picture")
    assert size_in(tmp_path / "a.txt") is None
    assert size_in(tmp_path / "missing") is None


def test_zarr_metadata_that_make_no_sense():
    for text in (b"", b"[]", b"{}", b'{"zarr_format": 3}', b"[" * 100_000, b"\xff"):
        for name in ("zarr.json", ".zarray"):
            with pytest.raises(FiltError):
                zarr_layout(name, text)
