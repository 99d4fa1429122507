"""Reading image files: a right picture, upright and whole, or an error that says why not."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from ..arrays import Array, full_scale_of, whole
from ..errors import FiltError, InputError, ReadError
from ..picture import Picture
from .disk import DamagedError, PathLike, Source, display_path, open_regular, read_bytes
from .formats import FORMATS, NotReadError, format_names, format_of
from .headers import Header, bmp_header, webp_header
from .quiet import decode_with_opencv, decoded

# A format's own module is imported by its reader: most processes read pictures of one format.

__all__ = ["MAX_PIXELS", "display_path", "read_bytes", "read_image", "read_npy"]

# A file may have more bytes than any picture within the limit of pixels needs, and no more.
_BYTES_A_PIXEL = 16
_BYTES_BESIDE = 64 << 20

# A small picture may be a part of one tile.
_TILE_PIXELS = 1 << 22

MAX_PIXELS = 100_000_000
"""The largest picture that is read unless another limit is set: width times height."""

_LONGEST_SIDE = {form.name: form.longest_side for form in FORMATS.values()}

_UPRIGHT: dict[int, Callable[[Array], Array]] = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: stored.swapaxes(0, 1)[:, ::-1],
    7: lambda stored: stored.swapaxes(0, 1)[::-1, ::-1],
    8: lambda stored: stored.swapaxes(0, 1)[::-1],
}


class TooLargeError(ReadError):
    """A picture with more pixels, or a file with more bytes, than the limit allows."""


def read_image(path: PathLike, *, page: int | None = None, max_pixels: int = MAX_PIXELS) -> Picture:
    """The picture in the file at `path`, upright, grey or RGB, in the depth that the file has.

    PNG, JPEG, TIFF, WebP, BMP, PGM, PPM and NumPy's .npy. The content decides which of them
    it is; a name that says otherwise does no harm. Palettes, 1, 2 and 4 bits and a white other
    than 255 or 65535 become 8 or 16 bits; CMYK becomes RGB; transparency of any kind becomes
    alpha. Floats (TIFF, .npy) keep their values; .npy keeps every real dtype, its last axis may
    hold 3 (RGB) or 4 (RGBA), and its alpha is a fraction of the dtype's full scale.

    page: which page of a TIFF, from 1; needed where it has several.
    max_pixels: larger pictures are refused before they are decoded.

    Raises ReadError, which starts with the path, for a file that is missing, no regular file,
    of another format, animated, too large, truncated or corrupt in any way that shows: a
    picture of which a part is missing is never given. InputError for a page that is not there.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     _ = file.write(b"P2 3 1 255 0 100 255"), file.flush()
    ...     read_image(file.name).pixels.tolist()
    [[0, 100, 255]]
    """
    limit = whole(max_pixels, "max_pixels")
    wanted = None if page is None else whole(page, "page")
    name = display_path(path)
    with open_regular(path) as source:
        found = format_of(source.take(0, min(source.size, 16)))
        if found is None:
            raise ReadError(f"{name}: not a picture of a format that is read ({format_names()})")
        kind, is_read = found
        with named(name, kind):
            if not is_read:
                raise _not_read(source, kind)
            if kind != "NPY":  # its header says how many bytes there must be
                _check_bytes(source, limit)
            if kind == "TIFF":
                return _read_tiff(source, wanted, limit)
            page_index(wanted, 1)
            return _READERS[kind](source, limit)


def read_npy(data: bytes, name: str) -> Array:
    """The array in the bytes of a .npy file, of any shape, in native byte order.

    data: the whole file. name: what messages call it. Real numbers only; nothing is unpickled.
    Raises ReadError for anything else.

    >>> file = io.BytesIO()
    >>> np.save(file, [[1.0, 0.0, -1.0]])
    >>> read_npy(file.getvalue(), "taps.npy").tolist()
    [[1.0, 0.0, -1.0]]
    """
    from .plain import decode_npy, npy_header

    source = Source(io.BytesIO(data), len(data))
    with named(name, "NPY"):
        return decode_npy(source, npy_header(source))


@contextmanager
def named(name: str, kind: str) -> Iterator[None]:
    """Errors from inside, as messages that say which file it is and what is wrong with it."""
    try:
        yield
    except DamagedError:
        raise ReadError(f"{name}: truncated or corrupt {kind}") from None
    except NotReadError as error:
        raise ReadError(f"{name}: {kind} with {error} is not read yet") from None
    except MemoryError:
        raise ReadError(f"{name}: not enough memory for this {kind}") from None
    except FiltError as error:
        raise type(error)(f"{name}: {error}") from None


def _not_read(source: Source, kind: str) -> ReadError:
    frames = _gif_frames(source) if kind == "GIF" else 1
    return ReadError(f"{kind} is not read yet" if frames == 1 else animated(frames))


def _gif_frames(source: Source) -> int:
    from PIL import GifImagePlugin

    if source.size > _BYTES_BESIDE:
        return 1
    try:
        source.file.seek(0)
        return int(GifImagePlugin.GifImageFile(source.file).n_frames)
    except Exception:  # the number is for the message only, whatever the file is like
        return 1


def animated(frames: int) -> str:
    """What is said of a file of several pictures that follow each other in time."""
    return f"{frames} frames: animations are not read"


def page_index(wanted: int | None, pages: int) -> int:
    """The number, from 0, of the page that is wanted, from 1; ReadError where one must be chosen.

    >>> page_index(None, 1), page_index(2, 3)
    (0, 1)
    """
    if wanted is None and pages > 1:
        raise ReadError(f"{pages} pages: choose one, page 1 to {pages}")
    if wanted is not None and wanted > pages:
        raise InputError(f"page must be at most {pages}, got {wanted}")
    return (wanted or 1) - 1


def _check_size(width: int, height: int, kind: str, limit: int) -> None:
    if width == 0 or height == 0:
        raise DamagedError
    if width * height > limit:
        megapixels = f"{width * height / 1e6:.4g} megapixels"
        raise TooLargeError(
            f"{width} x {height} pixels: {megapixels}, the limit is {limit / 1e6:.4g}"
        )
    longest = _LONGEST_SIDE.get(kind)
    if longest is not None and max(width, height) > longest:
        raise ReadError(f"{width} x {height} pixels: {kind} is read up to {longest} a side")


def most_bytes(max_pixels: int) -> int:
    """How many bytes a file may have, but for .npy, that is read within a limit of pixels.

    >>> most_bytes(1) - most_bytes(0)
    16
    """
    return _BYTES_BESIDE + _BYTES_A_PIXEL * max_pixels


def _check_bytes(source: Source, limit: int) -> None:
    most = most_bytes(limit)
    if source.size > most:
        raise TooLargeError(f"{source.size} bytes: the limit for {limit} pixels is {most}")


def _read_png(source: Source, limit: int) -> Picture:
    from .png import decode_png, png_header

    header = png_header(source)
    _check_header(header, "PNG", limit)
    samples, orientation = decode_png(source.take_all())
    return _picture(samples, header.width, header.height, orientation)


def _read_jpeg(source: Source, limit: int) -> Picture:
    from .jpeg import decode_jpeg, jpeg_header

    header = jpeg_header(source)
    _check_header(header, "JPEG", limit)
    samples = decode_jpeg(source.take_all(), header)
    return _picture(samples, header.width, header.height, header.orientation)


def _read_webp(source: Source, limit: int) -> Picture:
    header = webp_header(source)
    _check_header(header, "WebP", limit)
    samples = decode_with_opencv(source.take_all())
    return _picture(samples, header.width, header.height, header.orientation)


def _read_bmp(source: Source, limit: int) -> Picture:
    header = bmp_header(source)
    _check_header(header, "BMP", limit)
    data = source.take_all()
    # OpenCV misreads the older header and colour masks, and cuts 5 bits to 8 without scaling.
    return _picture(decoded(lambda: _bmp_with_pillow(data)), header.width, header.height)


def _bmp_with_pillow(data: bytearray) -> Array:
    from PIL import BmpImagePlugin

    with BmpImagePlugin.BmpImageFile(io.BytesIO(data)) as image:
        if image.mode in ("L", "RGB", "RGBA"):
            return np.array(image)
        return np.array(image.convert("L" if image.mode == "1" else "RGB"))


def _read_pnm(source: Source, limit: int) -> Picture:
    from .plain import decode_pnm, pnm_header

    header = pnm_header(source)
    _check_size(header.width, header.height, "PPM", limit)
    return _picture(decode_pnm(source.take_all(), header), header.width, header.height)


def _read_npy(source: Source, limit: int) -> Picture:
    from .plain import decode_npy, npy_header

    header = npy_header(source)
    shape = header.shape
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] not in (3, 4)):
        raise NotReadError(f"shape {shape}")
    _check_size(shape[1], shape[0], "NPY", limit)
    return _picture(decode_npy(source, header), shape[1], shape[0])


_READERS: dict[str, Callable[[Source, int], Picture]] = {
    "PNG": _read_png,
    "JPEG": _read_jpeg,
    "WebP": _read_webp,
    "BMP": _read_bmp,
    "PGM": _read_pnm,
    "PPM": _read_pnm,
    "NPY": _read_npy,
}


def _read_tiff(source: Source, wanted: int | None, limit: int) -> Picture:
    from .tiff import check_is_read, check_pieces, decode_page, page_of
    from .tiff_directory import directory_at, orientation_in, page_offsets

    layout, offsets = page_offsets(source)
    directory = directory_at(source, layout, offsets[page_index(wanted, len(offsets))])
    page = page_of(source, directory)
    check_is_read(page)
    _check_size(page.width, page.height, "TIFF", limit)
    if page.tile is not None:
        _check_size(*page.tile, "TIFF", max(limit, _TILE_PIXELS))
    check_pieces(source, directory, page)
    samples = decode_page(source, source.take_all(), directory, page)
    return _picture(samples, page.width, page.height, orientation_in(source, directory))


def _check_header(header: Header, kind: str, limit: int) -> None:
    if header.frames > 1:
        raise ReadError(animated(header.frames))
    _check_size(header.width, header.height, kind, limit)


def _picture(samples: Array, width: int, height: int, orientation: int = 1) -> Picture:
    """The picture that `samples` make, (height, width[, 2 to 4]) with alpha last."""
    if samples.shape[:2] != (height, width):
        raise DamagedError
    upright = _UPRIGHT[orientation](samples)
    full_scale = full_scale_of(samples.dtype)
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    alpha = None
    if channels in (2, 4):
        alpha = np.asarray(upright[..., -1] / np.float32(full_scale), np.float32, order="C")
        if not (alpha.min() >= 0 and alpha.max() <= 1):
            raise ReadError("alpha must be from 0 to 1")
        upright = upright[..., 0] if channels == 2 else upright[..., :3]
    keeps_depth = samples.dtype in (np.uint8, np.uint16)
    depth = samples.dtype if keeps_depth else np.dtype(np.float32)
    return Picture(np.ascontiguousarray(upright), full_scale, depth, alpha)
