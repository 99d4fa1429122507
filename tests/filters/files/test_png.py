"""PNG files made by hand, chunk by chunk, against the numbers that went in."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest

from filt.filters.errors import ReadError
from filt.filters.files.reading import read_image

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
SAMPLES = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}


def chunk(name: bytes, body: bytes = b"") -> bytes:
    checksum = struct.pack(">I", zlib.crc32(name + body))
    return struct.pack(">I", len(body)) + name + body + checksum


def header(width: int, height: int, depth: int, colour: int) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def packed(row: np.ndarray, depth: int) -> bytes:
    """The samples of a row as PNG stores them, most significant bit first, padded to a byte."""
    bits = "".join(format(int(sample), f"0{depth}b") for sample in row.ravel())
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[start : start + 8], 2) for start in range(0, len(bits), 8))


def scanlines(samples: np.ndarray, depth: int) -> bytes:
    return b"".join(b"\0" + packed(row, depth) for row in samples)


def png(samples: np.ndarray, depth: int, colour: int, *before: bytes) -> bytes:
    height, width = samples.shape[:2]
    data = chunk(b"IDAT", zlib.compress(scanlines(samples, depth)))
    start = SIGNATURE + header(width, height, depth, colour)
    return start + b"".join(before) + data + chunk(b"IEND")


def random_samples(depth: int, colour: int, seed: int = 0) -> np.ndarray:
    count = SAMPLES[colour]
    shape = (4, 7) if count == 1 else (4, 7, count)
    return np.random.default_rng(seed).integers(0, 1 << depth, shape)


def save(folder: Path, data: bytes, name: str = "picture.png") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_grey(tmp_path: Path, depth: int) -> None:
    samples = random_samples(depth, GREY)
    picture = read_image(save(tmp_path, png(samples, depth, GREY)))
    white = 65535 if depth == 16 else 255
    assert picture.pixels.tolist() == (samples * (white // (2**depth - 1))).tolist()
    assert picture.pixels.dtype == picture.depth == (np.uint16 if depth == 16 else np.uint8)
    assert picture.full_scale == white
    assert picture.alpha is None


@pytest.mark.parametrize("depth", [8, 16])
def test_rgb_keeps_depth_and_order(tmp_path: Path, depth: int) -> None:
    samples = random_samples(depth, RGB)
    picture = read_image(save(tmp_path, png(samples, depth, RGB)))
    assert picture.pixels.tolist() == samples.tolist()
    assert picture.pixels.dtype == f"uint{depth}"
    assert picture.size == (7, 4)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("colour", [GREY_ALPHA, RGBA])
def test_alpha(tmp_path: Path, depth: int, colour: int) -> None:
    samples = random_samples(depth, colour)
    picture = read_image(save(tmp_path, png(samples, depth, colour)))
    colours = samples[..., 0] if colour == GREY_ALPHA else samples[..., :3]
    assert picture.pixels.tolist() == colours.tolist()
    assert picture.alpha is not None
    assert picture.alpha.dtype == np.float32
    np.testing.assert_allclose(picture.alpha, samples[..., -1] / (2**depth - 1), atol=1e-7)


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_palette_is_expanded(tmp_path: Path, depth: int) -> None:
    indices = random_samples(depth, PALETTE)
    colours = np.random.default_rng(1).integers(0, 256, (2**depth, 3))
    plte = chunk(b"PLTE", bytes(colours.ravel().tolist()))
    picture = read_image(save(tmp_path, png(indices, depth, PALETTE, plte)))
    assert picture.pixels.tolist() == colours[indices].tolist()
    assert picture.alpha is None


@pytest.mark.parametrize("depth", [1, 8])
def test_palette_transparency_becomes_alpha(tmp_path: Path, depth: int) -> None:
    indices = random_samples(depth, PALETTE)
    colours = np.random.default_rng(1).integers(0, 256, (2**depth, 3))
    opacity = np.full(2**depth, 255)
    opacity[:2] = 7, 100  # entries beyond those that are listed are opaque
    chunks = chunk(b"PLTE", bytes(colours.ravel().tolist())), chunk(b"tRNS", bytes([7, 100]))
    picture = read_image(save(tmp_path, png(indices, depth, PALETTE, *chunks)))
    assert picture.pixels.tolist() == colours[indices].tolist()
    np.testing.assert_allclose(picture.alpha, opacity[indices] / 255, atol=1e-7)


@pytest.mark.parametrize(("depth", "colour"), [(1, GREY), (4, GREY), (8, GREY), (16, GREY)])
def test_transparent_grey(tmp_path: Path, depth: int, colour: int) -> None:
    samples = random_samples(depth, colour)
    level = int(samples[1, 2])
    trns = chunk(b"tRNS", struct.pack(">H", level))
    picture = read_image(save(tmp_path, png(samples, depth, colour, trns)))
    assert picture.alpha is not None
    assert picture.alpha.tolist() == np.where(samples == level, 0.0, 1.0).tolist()
    assert picture.pixels.ndim == 2


@pytest.mark.parametrize("depth", [8, 16])
def test_transparent_colour(tmp_path: Path, depth: int) -> None:
    samples = random_samples(depth, RGB)
    samples[2, 3] = samples[1, 2]
    trns = chunk(b"tRNS", struct.pack(">HHH", *samples[1, 2].tolist()))
    picture = read_image(save(tmp_path, png(samples, depth, RGB, trns)))
    clear = (samples == samples[1, 2]).all(axis=2)
    assert clear.sum() == 2
    assert picture.alpha is not None
    assert picture.alpha.tolist() == np.where(clear, 0.0, 1.0).tolist()
    assert picture.pixels.tolist() == samples.tolist()


def exif(orientation: int, order: str = ">") -> bytes:
    """A TIFF header, a directory at byte 8 with one entry, and no next directory."""
    start = b"MM\0*" if order == ">" else b"II*\0"
    return start + struct.pack(f"{order}IHHHIHHI", 8, 1, 274, 3, 1, orientation, 0, 0)


@pytest.mark.parametrize("order", [">", "<"])
@pytest.mark.parametrize("after", [False, True])
def test_exif_orientation_before_or_after_the_pixels(
    tmp_path: Path, order: str, after: bool
) -> None:
    samples = random_samples(8, GREY)
    data = png(samples, 8, GREY)
    block = chunk(b"eXIf", exif(6, order))
    place = data.index(b"IEND" if after else b"IDAT") - 4
    picture = read_image(save(tmp_path, data[:place] + block + data[place:]))
    # 6: the stored picture is to be turned clockwise, so its first column is the top row, reversed
    assert picture.pixels.tolist() == np.rot90(samples, -1).tolist()


@pytest.mark.parametrize("block", [b"", b"MM\0*", b"rubbish", exif(9), exif(0), exif(6)[:-9]])
def test_exif_without_sense_changes_nothing(tmp_path: Path, block: bytes) -> None:
    samples = random_samples(8, GREY)
    picture = read_image(save(tmp_path, png(samples, 8, GREY, chunk(b"eXIf", block))))
    assert picture.pixels.tolist() == samples.tolist()


def test_harmless_chunks_are_no_reason_to_refuse(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """libpng warns about this colour profile, gamma and time; the pixels are as good as ever."""
    samples = random_samples(8, RGB)
    odd = (
        chunk(b"gAMA", struct.pack(">I", 0)),
        chunk(b"iCCP", b"x\0\0" + zlib.compress(b"no profile")),
        chunk(b"tIME", b"\0" * 7),
        chunk(b"bKGD", b"\0"),
        chunk(b"zTXt", b"k\0\0" + b"not deflated"),
    )
    picture = read_image(save(tmp_path, png(samples, 8, RGB, *odd)))
    assert picture.pixels.tolist() == samples.tolist()
    assert capfd.readouterr() == ("", "")


def test_bytes_after_the_end_are_ignored(tmp_path: Path) -> None:
    samples = random_samples(8, GREY)
    picture = read_image(save(tmp_path, png(samples, 8, GREY) + b"appended"))
    assert picture.pixels.tolist() == samples.tolist()


def refused(path: Path, reason: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_image(path)
    assert str(caught.value) == f"{path}: {reason}"


CORRUPT = "truncated or corrupt PNG"


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_missing_rows(tmp_path: Path, rows: int, capfd: pytest.CaptureFixture[str]) -> None:
    samples = random_samples(8, RGB)
    data = chunk(b"IDAT", zlib.compress(scanlines(samples[:rows], 8)))
    refused(save(tmp_path, SIGNATURE + header(7, 4, 8, RGB) + data + chunk(b"IEND")), CORRUPT)
    assert capfd.readouterr() == ("", "")


def test_wrong_checksum_of_any_chunk(tmp_path: Path) -> None:
    good = png(random_samples(8, GREY), 8, GREY, chunk(b"tEXt", b"key\0value"))
    for name in (b"IHDR", b"tEXt", b"IDAT", b"IEND"):
        data = bytearray(good)
        place = good.index(name)
        length = int.from_bytes(good[place - 4 : place])
        data[place + 4 + length] ^= 1
        refused(save(tmp_path, bytes(data)), CORRUPT)


def test_wrong_checksum_inside_the_compressed_data(tmp_path: Path) -> None:
    stream = bytearray(zlib.compress(scanlines(random_samples(8, GREY), 8)))
    stream[-1] ^= 1
    data = SIGNATURE + header(7, 4, 8, GREY) + chunk(b"IDAT", bytes(stream)) + chunk(b"IEND")
    refused(save(tmp_path, data), CORRUPT)


def test_end_chunk_missing(tmp_path: Path) -> None:
    refused(save(tmp_path, png(random_samples(8, GREY), 8, GREY)[:-12]), CORRUPT)


def test_truncation_anywhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = png(random_samples(16, RGBA), 16, RGBA, chunk(b"eXIf", exif(3)))
    for length in range(8, len(data)):
        refused(save(tmp_path, data[:length]), CORRUPT)
    assert capfd.readouterr() == ("", "")


def test_animation(tmp_path: Path) -> None:
    actl = chunk(b"acTL", struct.pack(">II", 3, 0))
    path = save(tmp_path, png(random_samples(8, GREY), 8, GREY, actl))
    refused(path, "3 frames: animations are not read")


def test_animation_of_one_frame_is_a_picture(tmp_path: Path) -> None:
    samples = random_samples(8, GREY)
    actl = chunk(b"acTL", struct.pack(">II", 1, 0))
    fctl = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 7, 4, 0, 0, 1, 10, 0, 0))
    picture = read_image(save(tmp_path, png(samples, 8, GREY, actl, fctl)))
    assert picture.pixels.tolist() == samples.tolist()


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    squeeze = zlib.compressobj(9)
    stream = b"".join(squeeze.compress(bytes(1 + 20_000 // 8)) for _ in range(20_000))
    stream += squeeze.flush()
    data = SIGNATURE + header(20_000, 20_000, 1, GREY) + chunk(b"IDAT", stream) + chunk(b"IEND")
    path = save(tmp_path, data)
    assert len(data) < 60_000
    tracemalloc.start()
    try:
        refused(path, "20000 x 20000 pixels: 400 megapixels, the limit is 100")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_longest_side(tmp_path: Path) -> None:
    samples = np.zeros((1, 1_000_001), np.uint8)
    data = chunk(b"IDAT", zlib.compress(b"\0" + samples.tobytes()))
    path = save(tmp_path, SIGNATURE + header(1_000_001, 1, 8, GREY) + data + chunk(b"IEND"))
    refused(path, "1000001 x 1 pixels: PNG is read up to 1000000 a side")


@pytest.mark.parametrize("size", [(0, 4), (7, 0), (2**31, 1), (2**32 - 1, 2**32 - 1)])
def test_senseless_sizes(tmp_path: Path, size: tuple[int, int]) -> None:
    data = SIGNATURE + header(*size, 8, GREY) + chunk(b"IDAT", b"") + chunk(b"IEND")
    with pytest.raises(ReadError):
        read_image(save(tmp_path, data))


def test_the_number_of_chunks_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("filt.filters.files.png.MOST_CHUNKS", 6)
    samples = random_samples(8, GREY)
    for count in (0, 3, 4, 9):
        data = png(samples, 8, GREY, *[chunk(b"tEXt", b"key\0value")] * count)
        path = save(tmp_path, data)
        if count + 3 <= 6:  # the header, the data and the end count too
            assert read_image(path).pixels.tolist() == samples.tolist()
        else:
            refused(path, CORRUPT)


def test_data_that_cannot_fill_the_picture_cost_nothing(tmp_path: Path) -> None:
    data = chunk(b"IDAT", zlib.compress(bytes(1000)))
    path = save(tmp_path, SIGNATURE + header(5000, 5000, 16, RGBA) + data + chunk(b"IEND"))
    tracemalloc.start()
    try:
        refused(path, CORRUPT)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("pieces", [1, 3])
def test_a_large_picture_is_looked_through_before_it_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pieces: int
) -> None:
    monkeypatch.setattr("filt.filters.files.png.LARGE", 0)
    samples = random_samples(16, RGB)
    for rows in (4, 3):
        stream = zlib.compress(scanlines(samples[:rows], 16))
        step = -(-len(stream) // pieces)
        parts = [stream[start : start + step] for start in range(0, len(stream), step)]
        data = b"".join(chunk(b"IDAT", part) for part in parts)
        path = save(tmp_path, SIGNATURE + header(7, 4, 16, RGB) + data + chunk(b"IEND"))
        if rows == 4:
            assert read_image(path).pixels.tolist() == samples.tolist()
        else:
            monkeypatch.setattr("filt.filters.files.png.decode_with_opencv", None)  # not asked
            refused(path, CORRUPT)


# The seven passes of the PNG specification, section 8.2: first column and row, and their steps.
ADAM7 = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)


@pytest.mark.parametrize("depth", [1, 8, 16])
@pytest.mark.parametrize("size", [(1, 1), (1, 5), (4, 1), (3, 2), (5, 5), (11, 9)])
def test_interlaced(tmp_path: Path, size: tuple[int, int], depth: int) -> None:
    width, height = size
    samples = np.random.default_rng(2).integers(0, 1 << depth, (height, width))
    passes = [samples[top::down, left::across] for left, top, across, down in ADAM7]
    stream = b"".join(scanlines(part, depth) for part in passes if part.size)
    start = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, GREY, 0, 0, 1))
    for rows, whole in ((stream, True), (stream[:-1], False)):
        data = chunk(b"IDAT", zlib.compress(rows))
        path = save(tmp_path, SIGNATURE + start + data + chunk(b"IEND"))
        if whole:
            white = 65535 if depth == 16 else 255
            wanted = samples * (white // (2**depth - 1))
            assert read_image(path).pixels.tolist() == wanted.tolist()
        else:
            refused(path, CORRUPT)


@pytest.mark.parametrize("body", [b"", b"\1", b"\0\1\0", b"\0\1\0\2\0\3"])
def test_a_transparent_grey_of_another_length(tmp_path: Path, body: bytes) -> None:
    samples = random_samples(8, GREY)
    refused(save(tmp_path, png(samples, 8, GREY, chunk(b"tRNS", body))), CORRUPT)
