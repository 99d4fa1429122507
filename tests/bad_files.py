"""Files that no camera made: cut short, changed, lying about themselves, or not files at all.

PLACES    what stands under a name and is no file to read
PICTURES  picture files that are refused
MODELS    model files that are refused
ODD       picture files that are odd, and read all the same

Each maps a row of docs/bad-input.md to what makes such a thing at a path.
"""

from __future__ import annotations

import io
import json
import os
import socket
import struct
import zipfile
import zlib

import numpy as np
from model_builders import hdf5_bytes, keras_archive, safetensors_bytes, small_archive
from PIL import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def photo(height=40, width=56, seed=0):
    """A picture of smooth colours: what a decoder fills in for a lost part would show."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (5, 7, 3), np.uint8))
    return coarse.resize((width, height), Image.Resampling.BICUBIC)


def saved(kind, **options):
    file = io.BytesIO()
    photo(160, 200).save(file, kind, **options)
    return file.getvalue()


def npy(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def half(data):
    return data[: len(data) // 2]


def flipped(data, at):
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width, height, data, *, depth=8, colour=0, before=b""):
    """A PNG of these packed rows; before: chunks that come before them."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + before + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return SIGNATURE + body


def grey_png(**options):
    return png(16, 16, zlib.compress(bytes(17 * 16)), **options)


def jpeg_of(width, height):
    """A whole small JPEG that says it is of another size."""
    data = bytearray(saved("JPEG"))
    frame = data.index(b"\xff\xc0")
    struct.pack_into(">HH", data, frame + 5, height, width)
    return bytes(data)


def tiff(entries, strips=b""):
    """A little-endian TIFF of one page: (tag, value), with `strips` behind it."""
    body = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(entries))
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + body + bytes(4) + strips


def tiff_of(width, height, compression=1, strips=bytes(64)):
    tags = {256: width, 257: height, 258: 8, 259: compression, 262: 1, 277: 1, 278: height}
    behind = 10 + 12 * (len(tags) + 2) + 4
    return tiff([*tags.items(), (273, behind), (279, len(strips))], strips)


def circular_tiff():
    """Two pages, of which each comes after the other."""
    pages = [struct.pack("<HHHIII", 1, 256, 4, 1, 5, after) for after in (26, 8)]
    return b"II*\0" + struct.pack("<I", 8) + b"".join(pages)


def many_pages(count):
    pages = [
        struct.pack("<HHHIII", 1, 256, 4, 1, 5, 8 + 18 * n if n < count else 0)
        for n in range(1, count + 1)
    ]
    return b"II*\0" + struct.pack("<I", 8) + b"".join(pages)


def three_pages():
    file = io.BytesIO()
    photo().save(file, "TIFF", save_all=True, append_images=[photo(seed=1), photo(seed=2)])
    return file.getvalue()


def animated(kind, frames=3):
    file = io.BytesIO()
    others = [photo(8, 8, seed) for seed in range(1, frames)]
    photo(8, 8).save(file, kind, save_all=True, append_images=others)
    return file.getvalue()


def gif_of_frames(count):
    start = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return start + frame * count + b"\x3b"


def webp_of(side):
    bits = (side - 1) | (side - 1) << 14
    body = b"VP8L" + struct.pack("<I", 10) + b"\x2f" + struct.pack("<I", bits) + bytes(5)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def bmp_of(side):
    header = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 1 << 20, 0, 0, 54) + header + bytes(1000)


def npy_of(shape):
    file = io.BytesIO()
    description = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, description)
    return file.getvalue() + bytes(800)


def unpacking_to(count):
    """Deflated zeros that unpack to `count` bytes, a multiple of 1 MiB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = struct.pack(">HH", count % 65_521, 1)  # Adler-32 of so many zeros
    return b"\x78\xda" + block * (count >> 20) + b"\x03\x00" + checksum


def holding(data):
    def make(path):
        path.write_bytes(data() if callable(data) else data)

    return make


def a_socket(path):
    # A socket's name may have 100 letters, the folder's is longer.
    before = os.getcwd()  # noqa: PTH109
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path.name)
    finally:
        os.chdir(before)


def a_fifo(path):
    os.mkfifo(path)


def nothing(path):
    pass


PLACES = {
    "a name that nothing has": nothing,
    "a folder": lambda path: path.mkdir(),
    "a FIFO": a_fifo,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a socket": a_socket,
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "links in a circle": lambda path: path.symlink_to(path.name),
    "a file of no bytes": holding(b""),
}

PICTURES = {
    "text, HTML or other rubbish": holding(b"<!doctype html><title>not a picture</title>"),
    "a JPEG without its first byte": holding(lambda: saved("JPEG")[1:]),
    "half a JPEG": holding(lambda: half(saved("JPEG"))),
    "a JPEG without its end marker": holding(lambda: saved("JPEG")[:-2]),
    "half a progressive JPEG": holding(lambda: half(saved("JPEG", progressive=True))),
    "a JPEG with zeros in the middle": holding(
        lambda: b"".join([saved("JPEG")[:2000], bytes(400), saved("JPEG")[2400:]])
    ),
    "half a PNG": holding(lambda: half(saved("PNG"))),
    "a PNG with a flipped bit": holding(lambda: flipped(saved("PNG"), 900)),
    "a PNG without its last rows": holding(lambda: png(16, 16, zlib.compress(bytes(17 * 9)))),
    "half a TIFF": holding(lambda: half(saved("TIFF"))),
    "a deflated TIFF with a flipped bit": holding(
        lambda: flipped(saved("TIFF", compression="tiff_adobe_deflate"), 900)
    ),
    "a TIFF whose pages go in a circle": holding(circular_tiff),
    "half a WebP": holding(lambda: half(saved("WEBP"))),
    "half a BMP": holding(lambda: half(saved("BMP"))),
    "half a PPM": holding(lambda: half(saved("PPM"))),
    "half a .npy": holding(lambda: half(npy(np.zeros((40, 40))))),
    "a GIF": holding(lambda: animated("GIF", 1)),
    "a GIF that moves": holding(lambda: animated("GIF")),
    "a GIF of 20,000 frames": holding(lambda: gif_of_frames(20_000)),
    "a PNG that moves": holding(lambda: animated("PNG")),
    "a PNG that claims 4,294,967,295 frames": holding(
        lambda: grey_png(before=chunk(b"acTL", struct.pack(">II", 2**32 - 1, 0)))
    ),
    "a WebP that moves": holding(lambda: animated("WEBP")),
    "a TIFF of three pages": holding(three_pages),
    "a TIFF of 65,535 pages": holding(lambda: many_pages(65_535)),
    "a PNG of 400 megapixels in 1 KB": holding(
        lambda: png(20_000, 20_000, zlib.compress(bytes(1000)))
    ),
    "a JPEG of 65,500 × 65,500 in 10 KB": holding(lambda: jpeg_of(65_500, 65_500)),
    "a TIFF of 60,000 × 60,000 in 1 KB": holding(lambda: tiff_of(60_000, 60_000)),
    "a WebP of 16,383 × 16,383 in 38 bytes": holding(lambda: webp_of(16_383)),
    "a BMP of 60,000 × 60,000 in 1 KB": holding(lambda: bmp_of(60_000)),
    "a .npy of 10^12 numbers in 1 KB": holding(lambda: npy_of((10**6, 10**6))),
    "a PNG of 100 megapixels with 1 KB of them": holding(
        lambda: png(10_000, 10_000, zlib.compress(bytes(1000)), depth=16, colour=6)
    ),
    "a PNG of 100 megapixels without its last rows": holding(
        lambda: png(10_000, 10_000, unpacking_to(700 << 20), depth=16, colour=6)
    ),
    "a JPEG of 100 megapixels with 10 KB of them": holding(lambda: jpeg_of(10_000, 10_000)),
    "a TIFF of 100 megapixels with 64 bytes of them": holding(
        lambda: tiff_of(10_000, 10_000, compression=5)
    ),
    "a WebP of 100 megapixels in 38 bytes": holding(lambda: webp_of(10_000)),
    "a PNG of 1,000,001 chunks": holding(lambda: grey_png(before=chunk(b"teSt", b"") * 1_000_001)),
    "a .npy of Python objects": holding(lambda: npy(np.array([[{}]], object), allow_pickle=True)),
    "a .npy of complex numbers": holding(lambda: npy(np.zeros((8, 8), complex))),
    "a .npy of text": holding(lambda: npy(np.array([["a"]]))),
    "a .npy with four axes": holding(lambda: npy(np.zeros((8, 8, 3, 1)))),
    "a .npy without a pixel": holding(lambda: npy(np.zeros((0, 8)))),
}

SLOW = {
    "a GIF of 20,000 frames",
    "a TIFF of 65,535 pages",
    "a PNG of 1,000,001 chunks",
    "a PNG of 100 megapixels without its last rows",
}
"""Rows that take a second or more: one command reads them for all."""

ODD = {
    "a PNG called .jpg": holding(grey_png),
    "bytes after the end of the picture": holding(lambda: grey_png() + bytes(1000)),
    "a PNG whose text unpacks to 1 GB": holding(
        lambda: grey_png(before=chunk(b"zTXt", b"Comment\0\0" + unpacking_to(1 << 30)))
    ),
    "a PNG whose colour profile unpacks to 1 GB": holding(
        lambda: grey_png(before=chunk(b"iCCP", b"icc\0\0" + unpacking_to(1 << 30)))
    ),
    "a PNG of 100,000 chunks that make no pixels": holding(
        lambda: grey_png(before=chunk(b"teSt", b"") * 100_000)
    ),
    "a .npy with NaN and infinities": holding(
        lambda: npy(np.array([[np.nan, np.inf, -np.inf, 0.5]] * 4))
    ),
}


def archive(**options):
    def make(path):
        small_archive(path, **options)

    return make


def changed_archive(change):
    def make(path):
        small_archive(path)
        path.write_bytes(change(path.read_bytes()))

    return make


def zip_of(members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return file.getvalue()


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def safetensors_bomb():
    entry = {"dtype": "F32", "shape": [1 << 20, 1 << 20, 1, 1], "data_offsets": [0, 1 << 42]}
    return safetensors_bytes({}, header=json.dumps({"c.weight": entry}).encode()) + bytes(16)


def hdf5_bomb():
    import h5py

    file = io.BytesIO()
    with h5py.File(file, "w") as made:
        shape, chunks = (30_000, 30_000, 1, 4), (100, 100, 1, 4)
        made.create_dataset("layers/conv2d/vars/0", shape, "f4", chunks=chunks, compression="gzip")
    return file.getvalue()


KERNELS = np.random.default_rng(3).normal(size=(3, 3, 1, 4)).astype(np.float32)
WEIGHTS = {"layers/conv2d/vars/0": KERNELS}


def dense_model(path):
    layer = {"class_name": "Dense", "config": {"name": "dense"}}
    keras_archive(path, [layer], {"layers/dense/vars/0": KERNELS[0, 0]})


def safetensors():
    return safetensors_bytes({"c.weight": ("F32", KERNELS.transpose(3, 2, 0, 1))})


MODELS = {
    "text, or a picture": holding(grey_png),
    "half a .keras": changed_archive(half),
    "a .keras with a flipped bit": changed_archive(lambda data: flipped(data, len(data) // 2)),
    "a .keras without a convolution": dense_model,
    "a .keras whose description unpacks to 50 MB": holding(
        lambda: zip_of({"config.json": b" " * 50_000_000, "model.weights.h5": b""})
    ),
    "half a .weights.h5": holding(lambda: half(hdf5_bytes(WEIGHTS))),
    "a .weights.h5 that asks for 14 GB": holding(hdf5_bomb),
    "half a .safetensors": holding(lambda: half(safetensors())),
    "a .safetensors that asks for 4 TB": holding(safetensors_bomb),
    "half an .npz": holding(lambda: half(npz(kernels=KERNELS))),
    "an .npz with a flipped bit": holding(lambda: flipped(npz(kernels=KERNELS), 200)),
    "an .npz of Python objects": holding(lambda: npz(kernels=np.array([{}], object))),
    "kernels that are not finite": holding(lambda: npz(kernels=np.full_like(KERNELS, np.nan))),
}
