"""The formats of image files: what each can hold, and how a file shows which one it is."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ReadError

ANY_REAL = (
    *("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
    *("float16", "float32", "float64"),
)


ZARR = ".zarr"
"""The ending of a Zarr array, which is a folder and no file: what streams reads and writes it."""


class NotReadError(ReadError):
    """A file is of a known format, with something in it that is not read yet: the message."""


@dataclass(frozen=True)
class Format:
    """What a file of one format can hold.

    name: what messages call it.
    depths: the sample types that it stores exactly (JPEG: nearly).
    alpha, colour: whether it has room for them.
    longest_side: the largest width or height in pixels, None where no picture reaches it.
    """

    name: str
    depths: tuple[str, ...]
    alpha: bool = False
    colour: bool = True
    longest_side: int | None = None


FORMATS = {
    ".png": Format("PNG", ("uint8", "uint16"), alpha=True, longest_side=1_000_000),
    ".jpg": Format("JPEG", ("uint8",), longest_side=65_500),
    ".jpeg": Format("JPEG", ("uint8",), longest_side=65_500),
    ".tif": Format("TIFF", ("uint8", "uint16", "float32"), alpha=True),
    ".tiff": Format("TIFF", ("uint8", "uint16", "float32"), alpha=True),
    ".webp": Format("WebP", ("uint8",), alpha=True, longest_side=16_383),
    ".bmp": Format("BMP", ("uint8",)),
    ".pgm": Format("PGM", ("uint8", "uint16"), colour=False),
    ".ppm": Format("PPM", ("uint8", "uint16")),
    ".pnm": Format("PNM", ("uint8", "uint16")),
    ".npy": Format("NPY", ANY_REAL),
}

# What a file starts with, for every format that is read ...
_READ = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    *((start, "TIFF") for start in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    (b"BM", "BMP"),
    *((start, "PGM") for start in (b"P2", b"P5")),
    *((start, "PPM") for start in (b"P3", b"P6")),
    (b"\x93NUMPY", "NPY"),
)
# ... and for those that are well known but not read, so that the message can say so.
_NOT_READ = (
    (b"GIF8", "GIF"),
    (b"v/1\x01", "OpenEXR"),
    *((start, "PFM") for start in (b"PF", b"Pf")),
    *((start, "PBM") for start in (b"P1", b"P4")),
    (b"P7", "PAM"),
    (b"8BPS", "Photoshop"),
    (b"%PDF", "PDF"),
    (b"#?R", "Radiance HDR"),
    *((start, "JPEG XL") for start in (b"\xff\x0a", b"\0\0\0\x0cJXL ")),
    *((start, "JPEG 2000") for start in (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")),
    (b"\0\0\x01\0", "ICO"),
)
_FTYP = {b"avif": "AVIF", b"avis": "AVIF", b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIF"}


def format_of(start: bytes) -> tuple[str, bool] | None:
    """The name of the format that a file beginning with `start` has, and whether filt reads it.

    start: the first 16 bytes or more (fewer where the file is shorter).
    None for content that is of no known format; the file's name plays no part.

    >>> format_of(b"BM and more"), format_of(b"GIF89a"), format_of(b"hello")
    (('BMP', True), ('GIF', False), None)
    """
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "WebP", True
    if start[4:8] == b"ftyp" and start[8:12] in _FTYP:
        return _FTYP[start[8:12]], False
    for known, is_read in ((_READ, True), (_NOT_READ, False)):
        for magic, name in known:
            if start.startswith(magic):
                return name, is_read
    return None


def format_names() -> str:
    """The formats that filt reads and writes, as a list for messages.

    >>> format_names()
    'PNG, JPEG, TIFF, WebP, BMP, PGM, PPM, PNM, NPY'
    """
    return ", ".join(dict.fromkeys(form.name for form in FORMATS.values()))
