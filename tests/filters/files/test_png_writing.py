"""PNG files in strips: what other readers find in them, whatever the strips and the threads."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from filt.filters.engine.threads import set_threads
from filt.filters.files import png_writing
from filt.filters.files.png_writing import png_bytes

SIZES = [(1, 1), (1, 9), (9, 1), (37, 41)]


def noise(shape, dtype, seed=0):
    highest = np.iinfo(dtype).max + 1
    return np.random.default_rng(seed).integers(0, highest, shape).astype(dtype)


def ramp(height, width):
    return np.add.outer(3 * np.arange(height), np.arange(width)).astype(np.uint8)


def drawing(height, width):
    """Few grey levels in a pattern that comes back, as in a chart."""
    y, x = np.indices((height, width))
    return np.where((x // 3 * 7 + y // 5 * 3) % 11 < 4, 255, 40).astype(np.uint8)


def opened(data):
    """The samples as Pillow finds them, which knows 8 bits and 16-bit grey."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return np.array(image)


def opened_by_opencv(data):
    samples = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    orders = {3: [2, 1, 0], 4: [2, 1, 0, 3]}
    return samples if samples.ndim == 2 else samples[..., orders[samples.shape[2]]]


def stream_of(data):
    """The chunks' names, the picture data unpacked by zlib alone; every checksum looked at."""
    names, packed, offset = [], b"", 8
    while offset < len(data):
        length, name = struct.unpack_from(">I4s", data, offset)
        body = data[offset + 8 : offset + 8 + length]
        assert int.from_bytes(data[offset + 8 + length : offset + 12 + length]) == zlib.crc32(
            name + body
        )
        names.append(name)
        packed += body if name == b"IDAT" else b""
        offset += 12 + length
    return names, zlib.decompress(packed)


@pytest.fixture(params=[1, 300, 1 << 20], ids=lambda size: f"strips of {size} bytes")
def strips(request, monkeypatch):
    monkeypatch.setattr(png_writing, "_STRIP_BYTES", request.param)


@pytest.mark.usefixtures("strips")
class TestSamples:
    @pytest.mark.parametrize("size", SIZES)
    @pytest.mark.parametrize("channels", [(), (2,), (3,), (4,)])
    def test_8_bits_as_pillow_reads_them(self, size, channels):
        samples = noise((*size, *channels), np.uint8)
        assert opened(png_bytes(samples)).tolist() == samples.tolist()

    @pytest.mark.parametrize("size", SIZES)
    @pytest.mark.parametrize("channels", [(), (3,), (4,)])
    def test_16_bits_as_opencv_reads_them(self, size, channels):
        samples = noise((*size, *channels), np.uint16)
        found = opened_by_opencv(png_bytes(samples))
        assert found.dtype == np.uint16
        assert found.tolist() == samples.tolist()

    @pytest.mark.parametrize("made", [ramp, drawing])
    def test_what_compresses_well(self, made):
        samples = made(53, 61)
        assert opened(png_bytes(samples)).tolist() == samples.tolist()

    def test_views_and_columns_first(self):
        samples = noise((40, 60, 3), np.uint8)
        for view in (samples[::-1, ::2], np.asfortranarray(samples), samples[..., ::-1]):
            assert opened(png_bytes(view)).tolist() == view.tolist()

    def test_the_stream_is_whole(self):
        names, filtered = stream_of(png_bytes(noise((30, 20), np.uint8)))
        assert names[0] == b"IHDR"
        assert set(names[1:-1]) == {b"IDAT"}
        assert names[-1] == b"IEND"
        assert len(filtered) == 30 * 21


@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_bytes_do_not_depend_on_the_threads(count, monkeypatch):
    monkeypatch.setattr(png_writing, "_STRIP_BYTES", 1000)
    samples = noise((90, 70), np.uint8)
    try:
        set_threads(1)
        expected = png_bytes(samples)
        set_threads(count)
        assert png_bytes(samples) == expected
    finally:
        set_threads(None)


@pytest.mark.parametrize("made", [ramp, drawing])
def test_it_is_no_larger_than_libpngs(made):
    samples = made(300, 400)
    _, theirs = cv2.imencode(".png", samples, [cv2.IMWRITE_PNG_COMPRESSION, 4])
    assert len(png_bytes(samples)) <= 1.1 * len(theirs)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_checksums_are_joined(first, second):
    joined = png_writing._joined_adler32(zlib.adler32(first), zlib.adler32(second), len(second))
    assert joined == zlib.adler32(first + second)
