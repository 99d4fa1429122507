"""Writing image files: pixels exactly as they are, whole or not at all."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import PurePath

import cv2
import numpy as np

from ..arrays import Array, full_scale_of, real_array
from ..errors import InputError, WriteError
from ..picture import Picture
from .disk import PathLike, display_path, write_bytes
from .formats import FORMATS
from .png_writing import png_bytes
from .quiet import quietly

__all__ = ["encode_image", "keeps_raw", "write_bytes", "write_image"]

_JPEG_QUALITY = 95
# Without loss this is effort: half the time of the usual 80 for the same size.
_WEBP_EFFORT = 50


def write_image(path: PathLike, picture: Picture, *, clobber: bool = True) -> None:
    """Save `picture` at `path`, in the format that the name's ending says (see `FORMATS`).

    The pixels are stored as they are; nothing is scaled, rounded or clipped. What the format
    has no room for is an error, not a loss: 16 bits in JPEG, alpha in BMP, floats in PNG.
    JPEG alone changes values (quality 95); WebP is written without loss. Formats without a
    grey kind (WebP, .ppm, TIFF where there is alpha) get three equal channels.

    The file is written as by `write_bytes`: what stood there stays if anything goes wrong, and
    a symbolic link keeps pointing at the file, which is replaced.
    clobber: False refuses a path that exists.

    Raises InputError for an ending that no format has and for a picture that the format cannot
    hold, WriteError where the file cannot be written. Both start with the path.

    >>> import tempfile
    >>> picture = Picture(np.zeros((2, 3), np.uint8), 255.0, np.dtype(np.uint8))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_image(PurePath(folder, "black.pgm"), picture)
    ...     os.listdir(folder)
    ['black.pgm']
    """
    name = display_path(path)
    try:
        data = encode_image(picture, PurePath(os.fsdecode(path)).suffix)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    except WriteError as error:
        raise WriteError(f"{name}: {error}") from None
    write_bytes(path, data, clobber=clobber)


def keeps_raw(path: PathLike) -> bool:
    """Whether a file of this name keeps raw responses: floats with their sign, as they are.

    >>> keeps_raw("response.npy"), keeps_raw("edges.png")
    (True, False)
    """
    form = FORMATS.get(PurePath(os.fsdecode(path)).suffix.lower())
    return form is not None and "float32" in form.depths


def encode_image(picture: Picture, suffix: str) -> bytes:
    r"""The bytes of an image file of the format that `suffix` names, such as ".png".

    picture: with pixels of a dtype that the format stores (see `FORMATS`); they are stored as
    they are. Alpha becomes whole numbers by rounding, and what lies outside 0 to 1 is clipped.

    Raises InputError as `write_image` does.

    >>> picture = Picture(np.zeros((2, 3), np.uint8), 255.0, np.dtype(np.uint8))
    >>> encode_image(picture, ".pgm")
    b'P5\n3 2\n255\n\x00\x00\x00\x00\x00\x00'
    """
    if not isinstance(picture, Picture):
        raise TypeError(f"picture must be of type Picture, got {type(picture).__name__}")
    suffix = suffix.lower()
    if suffix not in FORMATS:
        endings = f"{', '.join(list(FORMATS)[:-1])} or {list(FORMATS)[-1]}"
        raise InputError(f"the name must end in {endings}, got {display_path(suffix)!r}")
    pixels = real_array(picture.pixels, "pixels")
    check_fits(picture, suffix, pixels.dtype)
    return _ENCODERS[FORMATS[suffix].name](_samples(picture, pixels))


def check_fits(picture: Picture, suffix: str, dtype: np.dtype[np.generic]) -> None:
    """Raise InputError, which names the endings that will do, unless the format has room."""
    form, alpha = FORMATS[suffix], picture.alpha is not None
    lacks = []
    if dtype.name not in form.depths:
        lacks.append(f"{dtype.name} pixels")
    if alpha and not form.alpha:
        lacks.append("alpha")
    if picture.is_colour and not form.colour:
        lacks.append("colour")
    if lacks:
        fitting = [
            ending
            for ending, other in FORMATS.items()
            if dtype.name in other.depths
            and other.alpha >= alpha
            and other.colour >= picture.is_colour
        ]
        instead = f"use {' or '.join(fitting)}" if fitting else "no format of filt does"
        raise InputError(f"{form.name} does not hold {' and '.join(lacks)}: {instead}")
    if form.longest_side is not None and max(picture.size) > form.longest_side:
        width, height = picture.size
        raise InputError(
            f"{form.name} holds up to {form.longest_side} pixels a side, got {width} x {height}"
        )


def _samples(picture: Picture, pixels: Array) -> Array:
    """Pixels and alpha in one array of the pixels' dtype: (height, width[, 2 to 4])."""
    if picture.alpha is None:
        return pixels
    alpha = np.clip(picture.alpha.astype(np.float64), 0, 1)
    if np.isnan(alpha).any():
        raise InputError("alpha must be from 0 to 1, got nan")
    if pixels.dtype.kind == "u":
        alpha = np.rint(alpha * full_scale_of(pixels.dtype))
    return np.dstack([pixels, alpha.astype(pixels.dtype)])


def _coloured(samples: Array) -> Array:
    """The same samples with three equal channels where they are grey."""
    if samples.ndim == 2:
        return np.dstack([samples] * 3)
    if samples.shape[2] == 2:
        return samples[..., [0, 0, 0, 1]]
    return samples


def _with_opencv(samples: Array, suffix: str, options: tuple[int, ...] = ()) -> bytes:
    if samples.ndim == 3:
        orders = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
        samples = cv2.cvtColor(np.ascontiguousarray(samples), orders[samples.shape[2]])
    try:
        (done, data), _ = quietly(lambda: cv2.imencode(suffix, samples, options))
    except cv2.error:
        done = False
    if not done:
        raise WriteError(f"cannot be encoded as {FORMATS[suffix].name}")
    return bytes(data)


def _jpeg_bytes(samples: Array) -> bytes:
    return _with_opencv(samples, ".jpg", (cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY))


def _bmp_bytes(samples: Array) -> bytes:
    return _with_opencv(samples, ".bmp")


def _tiff_bytes(samples: Array) -> bytes:
    from .tiff_writing import tiff_bytes

    has_alpha = samples.ndim == 3 and samples.shape[2] in (2, 4)
    return tiff_bytes(_coloured(samples) if has_alpha else samples)


def _webp_bytes(samples: Array) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    # exact: else the colours of transparent pixels are thrown away.
    image = Image.fromarray(np.ascontiguousarray(_coloured(samples)))
    image.save(file, "WEBP", lossless=True, exact=True, quality=_WEBP_EFFORT)
    return file.getvalue()


def _pnm_bytes(samples: Array) -> bytes:
    kind, (height, width) = "P5" if samples.ndim == 2 else "P6", samples.shape[:2]
    white = np.iinfo(samples.dtype).max
    body = samples.astype(samples.dtype.newbyteorder(">")).tobytes()
    return f"{kind}\n{width} {height}\n{white}\n".encode("ascii") + body


def _ppm_bytes(samples: Array) -> bytes:
    return _pnm_bytes(_coloured(samples))


def _npy_bytes(samples: Array) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, samples, allow_pickle=False)
    return file.getvalue()


_ENCODERS: dict[str, Callable[[Array], bytes]] = {
    "PNG": png_bytes,
    "JPEG": _jpeg_bytes,
    "TIFF": _tiff_bytes,
    "WebP": _webp_bytes,
    "BMP": _bmp_bytes,
    "PGM": _pnm_bytes,
    "PPM": _ppm_bytes,
    "PNM": _pnm_bytes,
    "NPY": _npy_bytes,
}
