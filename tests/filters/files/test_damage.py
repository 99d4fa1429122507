"""Damaged files of every format: a right picture or one clear error, and not a word besides."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from filt.filters.errors import ReadError
from filt.filters.files.reading import read_image
from filt.filters.picture import Picture

RANDOM = np.random.default_rng(3)
ROWS, COLUMNS = np.mgrid[:31, :43]
RGB = np.clip(
    np.dstack([ROWS * 6, COLUMNS * 5, ROWS * 2 + COLUMNS]) + RANDOM.integers(0, 25, (31, 43, 3)),
    0,
    255,
).astype(np.uint8)


def with_pillow(image: Image.Image, form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


COLOUR, GREY = Image.fromarray(RGB), Image.fromarray(RGB[..., 0])
PALETTE = COLOUR.quantize(40)
TIFFS = {None: "plain", "tiff_lzw": "LZW", "tiff_adobe_deflate": "deflate", "packbits": "PackBits"}
FILES: dict[str, bytes] = {
    "PNG": with_pillow(COLOUR, "PNG"),
    "PNG palette": with_pillow(PALETTE, "PNG", transparency=3),
    "PNG 16": cv2.imencode(".png", RGB.astype(np.uint16) * 257)[1].tobytes(),
    "JPEG": with_pillow(COLOUR, "JPEG"),
    "JPEG grey": with_pillow(GREY, "JPEG"),
    "JPEG progressive": with_pillow(COLOUR, "JPEG", progressive=True),
    "JPEG CMYK": with_pillow(COLOUR.convert("CMYK"), "JPEG"),
    "WebP": with_pillow(COLOUR, "WEBP"),
    "WebP lossless": with_pillow(COLOUR, "WEBP", lossless=True),
    "BMP": with_pillow(COLOUR, "BMP"),
    "BMP palette": with_pillow(PALETTE, "BMP"),
    "PGM": with_pillow(GREY, "PPM"),
    "PPM": with_pillow(COLOUR, "PPM"),
    "PPM text": b"P3\n43 31\n255\n" + " ".join(map(str, RGB.ravel())).encode() + b" \n",
    "NPY": npy(RGB),
    "NPY floats": npy(RGB[..., 0] / 255),
    **{
        f"TIFF {name}": with_pillow(COLOUR, "TIFF", compression=code)
        for code, name in TIFFS.items()
    },
    **{
        f"TIFF palette {name}": with_pillow(PALETTE, "TIFF", compression=code)
        for code, name in TIFFS.items()
    },
    **{
        f"TIFF 16 {name}": with_pillow(
            Image.fromarray(RGB[..., 0].astype(np.uint16)), "TIFF", compression=code
        )
        for code, name in TIFFS.items()
    },
}
CHECKED = [name for name in FILES if name.startswith("PNG") or name.endswith("deflate")]


def outcome(path: Path, data: bytes) -> Picture | None:
    """What reading `data` gives; None where it is refused as it should be."""
    path.write_bytes(data)
    try:
        return read_image(path)
    except ReadError as error:
        message = str(error)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return None


@pytest.fixture(autouse=True)
def in_silence(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    assert capfd.readouterr() == ("", "")


def test_the_undamaged_files(tmp_path: Path) -> None:
    for name, data in FILES.items():
        picture = outcome(tmp_path / "picture", data)
        assert picture is not None, name
        assert picture.size == (43, 31), name


@pytest.mark.parametrize("name", FILES)
def test_truncation(tmp_path: Path, name: str) -> None:
    """Cut anywhere, also where only the last few bytes are missing, it is refused."""
    data = FILES[name]
    lengths = {*range(1, len(data), max(1, len(data) // 120)), *range(len(data) - 20, len(data))}
    if "text" in name:  # white space may lack at the end, and then also digits of the last number
        lengths -= set(range(len(data.rstrip()) - 2, len(data)))
    for length in sorted(lengths):
        assert outcome(tmp_path / "picture", data[:length]) is None, length


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["bit", "zeros", "byte in the header", "insertion"])
def test_random_damage(tmp_path: Path, name: str, damage: str) -> None:
    """Whatever happens to the bytes: a picture or a ReadError, never anything else."""
    good = FILES[name]
    random = np.random.default_rng(len(name) * 100 + len(damage))
    for _ in range(40):
        data = bytearray(good)
        place = int(random.integers(len(data)))
        if damage == "bit":
            data[place] ^= 1 << int(random.integers(8))
        elif damage == "zeros":
            data[place : place + 40] = bytes(len(data[place : place + 40]))
        elif damage == "insertion":
            data[place:place] = random.bytes(7)
        else:
            data[place % 200] = int(random.choice([0, 1, 127, 128, 255]))
        outcome(tmp_path / "picture", bytes(data))


@pytest.mark.parametrize("name", CHECKED)
def test_checksums_find_wrong_bits(tmp_path: Path, name: str) -> None:
    good = FILES[name]
    wanted = outcome(tmp_path / "picture", good)
    assert wanted is not None
    # Pillow puts the one strip of such a TIFF between the first 8 bytes and the directory.
    start, end = (8, len(good)) if "PNG" in name else (10, int.from_bytes(good[4:8], "little") - 1)
    random = np.random.default_rng(1)
    for place in random.integers(start, end, 100).tolist():
        data = bytearray(good)
        data[place] ^= 1 << int(random.integers(8))
        picture = outcome(tmp_path / "picture", bytes(data))
        # A few bits only fill a byte up: then nothing is wrong.
        assert picture is None or np.array_equal(picture.pixels, wanted.pixels)


class TestJpeg:
    def test_cut_at_every_byte(self, tmp_path: Path) -> None:
        data = FILES["JPEG"]
        for length in range(3, len(data)):
            assert outcome(tmp_path / "picture.jpg", data[:length]) is None

    @pytest.mark.parametrize("name", ["JPEG", "JPEG grey", "JPEG progressive", "JPEG CMYK"])
    def test_what_makes_libjpeg_warn_is_refused(
        self, tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """libjpeg decodes all of these, some with a warning: those and only those are refused."""
        good = FILES[name]
        random = np.random.default_rng(2)
        warned = 0
        for _ in range(60):
            data = bytearray(good)
            place = int(random.integers(good.index(b"\xff\xda") + 14, len(good) - 30))
            data[place : place + 25] = bytes(25)
            theirs = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
            said = capfd.readouterr().err
            ours = outcome(tmp_path / "picture.jpg", bytes(data))
            assert (ours is None) == (theirs is None or bool(said)), said
            warned += bool(said)
        assert warned > 5

    def test_message(self, tmp_path: Path) -> None:
        path = tmp_path / "photo.jpg"
        path.write_bytes(FILES["JPEG"][: len(FILES["JPEG"]) // 2])
        with pytest.raises(ReadError) as caught:
            read_image(path)
        assert str(caught.value) == f"{path}: truncated or corrupt JPEG"
