"""Model files made by hand, byte by byte where it matters. Nothing here uses filt or Keras.

hdf5_bytes(arrays, attributes)          an HDF5 file as h5py writes it
keras_archive(path, layers, arrays)     a .keras: config.json of a Sequential, model.weights.h5
safetensors_bytes(tensors)              a header and the numbers behind it
conv2d(name, kernel_size, filters)      the entry of a Conv2D in a config
damaged(data, seed)                     the bytes with a few of them changed, or cut short
"""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile

import h5py
import numpy as np


def hdf5_bytes(arrays, attributes=(), **options):
    """arrays: {path: array}; attributes: [(path, name, value)]; options: of create_dataset."""
    file = io.BytesIO()
    with h5py.File(file, "w") as made:
        for path, array in arrays.items():
            made.create_dataset(path, data=array, **options)
        for path, name, value in attributes:
            made.require_group(path or "/").attrs[name] = value
    return file.getvalue()


def conv2d(name="conv2d", kernel_size=(3, 3), filters=4, **options):
    config = {"name": name, "kernel_size": list(kernel_size), "filters": filters, **options}
    return {"module": "keras.layers", "class_name": "Conv2D", "config": config}


def sequential(layers, name="sequential"):
    config = {"name": name, "layers": layers}
    return {"module": "keras", "class_name": "Sequential", "config": config}


def keras_archive(path, layers, arrays, *, config=None, weights=None, **zip_options):
    """layers: of a Sequential; arrays: for model.weights.h5. config, weights: bytes instead."""
    described = json.dumps(sequential(layers)) if config is None else config
    with zipfile.ZipFile(path, "w", **zip_options) as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        archive.writestr("config.json", described)
        archive.writestr("model.weights.h5", hdf5_bytes(arrays) if weights is None else weights)
    return path


def small_archive(path, **zip_options):
    """A .keras with one Conv2D of 3×3×1×4; gives its kernels and bias."""
    rng = np.random.default_rng(8)
    kernels = rng.normal(size=(3, 3, 1, 4)).astype(np.float32)
    bias = rng.normal(size=4).astype(np.float32)
    arrays = {"layers/conv2d/vars/0": kernels, "layers/conv2d/vars/1": bias}
    keras_archive(path, [conv2d()], arrays, **zip_options)
    return kernels, bias


NUMBERS = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I64": "<i8"}


def safetensors_bytes(tensors, *, metadata=None, header=None):
    """tensors: {name: (dtype, array)}, BF16 with the upper halves as uint16; header: instead."""
    fields, data = {}, b""
    for name, (dtype, array) in tensors.items():
        raw = np.asarray(array).astype(NUMBERS.get(dtype, "<u2")).tobytes()
        offsets = [len(data), len(data) + len(raw)]
        fields[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": offsets}
        data += raw
    if metadata is not None:
        fields["__metadata__"] = metadata
    text = json.dumps(fields).encode() if header is None else header
    return struct.pack("<Q", len(text)) + text + data


def damaged(data, seed):
    """`data` with 1 to 16 bytes changed at random places, or cut short, never empty."""
    chance = random.Random(seed)
    if chance.random() < 0.2:
        return data[: chance.randrange(1, len(data))]
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 4, 16])):
        place = chance.randrange(len(changed))
        flipped = changed[place] ^ (1 << chance.randrange(8))
        changed[place] = chance.choice([0, 255, flipped])
    return bytes(changed)
