"""Small picture files of every format that is read, and of some that are not, to begin with."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache
from typing import Any

import numpy as np

from filt.filters.arrays import Array, full_scale_of
from filt.filters.files.formats import FORMATS
from filt.filters.files.writing import encode_image
from filt.filters.picture import Picture

PNG_START = b"\x89PNG\r\n\x1a\n"
_SIZE = (9, 13)


@cache
def pictures() -> tuple[bytes, ...]:
    """The seed files, the same bytes every time.

    >>> len(pictures()) > 30
    True
    """
    return (*_of_filt(), *_of_pillow(), *_of_text())


def with_right_checksums(png: bytes) -> bytes:
    """A PNG whose chunks, as far as there are any, have the checksums of what they hold.

    Without it a changed byte would never come past the checksum, to the code behind it.

    >>> first = pictures()[0]
    >>> with_right_checksums(first) == first
    True
    """
    data, place = bytearray(png), len(PNG_START)
    while place + 12 <= len(data):
        end = place + 8 + int.from_bytes(data[place : place + 4], "big")
        if end + 4 > len(data):
            break
        struct.pack_into(">I", data, end, zlib.crc32(data[place + 4 : end]))
        place = end + 4
    return bytes(data)


def _of_filt() -> list[bytes]:
    files = []
    for suffix, form in FORMATS.items():
        for depth in ("uint8", "uint16", "float32"):
            for channels, has_alpha in ((1, False), (3, False), (1, True), (3, True)):
                fits = depth in form.depths and form.alpha >= has_alpha
                if fits and (form.colour or channels == 1):
                    files.append(encode_image(_picture(depth, channels, has_alpha), suffix))
    return files


def _picture(depth: str, channels: int, has_alpha: bool) -> Picture:
    chance = np.random.default_rng(channels)
    dtype = np.dtype(depth)
    shape = _SIZE if channels == 1 else (*_SIZE, channels)
    pixels = (chance.random(shape) * full_scale_of(dtype)).astype(dtype)
    alpha = chance.random(_SIZE).astype(np.float32) if has_alpha else None
    return Picture(pixels, full_scale_of(dtype), dtype, alpha)


def _of_pillow() -> list[bytes]:
    """What filt reads and does not write: palettes, compressions, EXIF, several pages."""
    from PIL import Image

    rgb = Image.fromarray(_pixels(3))
    grey = Image.fromarray(_pixels(1))
    palette, bits = rgb.quantize(17), grey.convert("1")
    turned = Image.Exif()
    turned[0x0112] = 6

    def saved(image: Image.Image, form: str, **options: Any) -> bytes:
        file = io.BytesIO()
        image.save(file, form, **options)
        return file.getvalue()

    return [
        saved(palette, "PNG", transparency=3),
        saved(bits, "PNG"),
        saved(rgb, "PNG", exif=turned),
        saved(rgb, "PNG", save_all=True, append_images=[rgb.rotate(180)]),
        saved(rgb, "JPEG", exif=turned),
        saved(rgb, "JPEG", progressive=True, subsampling=2),
        saved(rgb.convert("CMYK"), "JPEG"),
        saved(grey, "JPEG", restart_marker_blocks=1),
        saved(rgb, "WEBP", exif=turned),
        saved(rgb, "WEBP", save_all=True, append_images=[rgb.rotate(180)]),
        saved(palette, "BMP"),
        saved(bits, "BMP"),
        *(saved(rgb, "TIFF", compression=name) for name in ("tiff_lzw", "packbits", "jpeg")),
        saved(palette, "TIFF", compression="tiff_adobe_deflate"),
        saved(bits, "TIFF", compression="group4"),
        saved(rgb.convert("RGBA"), "TIFF", compression="tiff_lzw", tiffinfo={274: 6}),
        saved(rgb, "TIFF", save_all=True, append_images=[rgb.rotate(180)]),
        saved(rgb, "TIFF", big_tiff=True),
        saved(palette, "GIF"),
        saved(bits, "PPM"),
    ]


def _pixels(channels: int) -> Array:
    return np.squeeze(np.random.default_rng(7).integers(0, 256, (*_SIZE, channels), np.uint8))


def _of_text() -> list[bytes]:
    return [
        b"P2 3 1 255 0 100 255\n",
        b"P3\n# RGB\n1 2\n7\n0 1 2 3 4 5\n",
        b"P5 2 2 1023\n" + b"\1" * 8,
    ]
