"""Pictures and files for the tests of streams: written by other libraries, never by filt."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import cv2
import numpy as np

DTYPES = {"uint8": np.uint8, "uint16": np.uint16, "float32": np.float32}


def picture(shape, dtype, seed=3):
    """Lopsided: no side is like another, with steps, slopes and noise."""
    rng = np.random.default_rng(seed)
    height, width = shape[:2]
    y, x = np.mgrid[:height, :width]
    plain = 0.3 * x / width + 0.2 * (y / height) ** 2 + 0.3 * ((x + 2 * y) % 29 > 11)
    values = plain + 0.1 * rng.random((height, width))
    if len(shape) == 3:
        values = np.stack([values, values[::-1] * 0.7, np.roll(values, 5, 1)], axis=2)
    dtype = np.dtype(dtype)
    if dtype.kind == "u":
        return np.rint(values * np.iinfo(dtype).max).astype(dtype)
    return values.astype(dtype)


def names_in(folder):
    """What is in a folder, in order."""
    return sorted(path.name for path in Path(folder).iterdir())


def save_tiff(path, pixels, **options):
    import tifffile

    photometric = "rgb" if pixels.ndim == 3 else "minisblack"
    tifffile.imwrite(path, pixels, **{"photometric": photometric, **options})


def save_npy(path, pixels):
    np.save(path, pixels)


def save_png(path, pixels):
    """By libpng, with filters that change from row to row."""
    order = pixels if pixels.ndim == 2 else pixels[..., ::-1]
    options = [cv2.IMWRITE_PNG_ALL_FILTERS, 1] if hasattr(cv2, "IMWRITE_PNG_ALL_FILTERS") else []
    assert cv2.imwrite(str(path), np.ascontiguousarray(order), options)


def save_zarr(path, pixels, *, version=3, chunks=None, codec="zstd"):
    """By the zarr library, in a folder or (.zip) in a zip."""
    import zarr

    chunks = chunks or tuple(max(1, side // 3) for side in pixels.shape)
    store = zarr.storage.ZipStore(path, mode="w") if Path(path).suffix == ".zip" else str(path)
    array = zarr.create_array(
        store, shape=pixels.shape, dtype=pixels.dtype, chunks=chunks, zarr_format=version,
        compressors=_compressor(version, codec),
    )  # fmt: skip
    array[...] = pixels
    if Path(path).suffix == ".zip":
        store.close()


def _compressor(version, codec):
    import numcodecs
    import zarr

    if codec is None:
        return None
    if version == 2:
        kinds = {
            "zstd": lambda: numcodecs.Zstd(level=1),
            "blosc": numcodecs.Blosc,
            "gzip": lambda: numcodecs.GZip(level=1),
            "zlib": lambda: numcodecs.Zlib(level=1),
            "bz2": lambda: numcodecs.BZ2(level=1),
            "lz4": numcodecs.LZ4,
        }
        return kinds[codec]()
    return {
        "zstd": zarr.codecs.ZstdCodec,
        "blosc": zarr.codecs.BloscCodec,
        "gzip": zarr.codecs.GzipCodec,
    }[codec]()


def load_zarr(path):
    import zarr

    return zarr.open_array(str(path), mode="r")[...]


def change_json(path, **changes):
    """Other values in a metadata file."""
    said = json.loads(Path(path).read_text("utf-8"))
    Path(path).write_text(json.dumps({**said, **changes}), "utf-8")


def zipped(folder, path):
    with zipfile.ZipFile(path, "w") as file:
        for part in sorted(Path(folder).rglob("*")):
            if part.is_file():
                file.write(part, part.relative_to(folder).as_posix())
