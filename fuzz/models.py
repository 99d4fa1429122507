"""Small model files of every format that is read, to begin with."""

from __future__ import annotations

import io
import json
import struct
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from filt.filters.arrays import Array
from filt.learned.edge_network import EdgeLayer, EdgeNetwork, LayerPlan
from filt.learned.files.bank_files import save_bank
from filt.learned.files.edge_files import save_network
from filt.learned.kernel_bank import KernelBank


@cache
def models() -> dict[str, bytes]:
    """The seed files by what they are, the same bytes every time.

    >>> "keras" in models()
    True
    """
    weights = _hdf5({"layers/conv2d/vars/0": _kernels(), "layers/conv2d/vars/1": _bias()})
    return {
        "keras": _keras(weights, zipfile.ZIP_STORED),
        "keras packed": _keras(weights, zipfile.ZIP_DEFLATED),
        "weights.h5": weights,
        "h5": _whole_h5(),
        "safetensors": _safetensors({"c.weight": _kernels().T, "c.bias": _bias()}),
        "npz": _npz(np.savez),
        "npz packed": _npz(np.savez_compressed),
        "bank": _saved(save_bank, KernelBank.from_names(["sobel-x", "sobel-y"])),
        "network": _saved(save_network, _network()),
    }


@cache
def model_seeds() -> tuple[bytes, ...]:
    """The seed files, and what is inside those that are archives.

    >>> len(model_seeds()) > len(models())
    True
    """
    archives = [file for file in models().values() if file.startswith(b"PK")]
    inside = [data for file in archives for _, data in members(file)]
    return (*models().values(), *dict.fromkeys(inside))


def as_members(data: bytes) -> Iterator[bytes]:
    """Archives in which `data` is a member: a description, a text, an array, by how it begins.

    >>> len(list(as_members(b"{}"))), len(list(as_members(b"x")))
    (1, 0)
    """
    if data.startswith((b"{", b"[")):
        yield _with("keras", "config.json", data)
    if data.startswith(b"\x93NUMPY"):
        yield _with("npz", "c/kernel.npy", data)
        yield _with("npz", "c/bias.npy", data)
        yield _with("bank", "about.npy", data)
        yield _with("bank", "untrained.npy", data)
        yield _with("network", "description.npy", data)
        yield _with("network", "bank/kernels.npy", data)


def _with(archive: str, name: str, data: bytes) -> bytes:
    return archive_of([*{**dict(members(models()[archive])), name: data}.items()])


def members(archive: bytes) -> list[tuple[str, bytes]]:
    """The members of a zip archive, unpacked.

    >>> [name for name, _ in members(models()["npz"])]
    ['c/kernel.npy', 'c/bias.npy']
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return [(name, opened.read(name)) for name in opened.namelist()]


def archive_of(parts: list[tuple[str, bytes]], packing: int = zipfile.ZIP_STORED) -> bytes:
    """A zip archive of these members, with right checksums whatever they hold.

    >>> members(archive_of([("a", b"1")]))
    [('a', b'1')]
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as made:
        for name, data in parts:
            made.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, packing)
    return file.getvalue()


def _kernels() -> Array:
    return np.random.default_rng(5).normal(size=(3, 3, 1, 4)).astype(np.float32)


def _bias() -> Array:
    return np.random.default_rng(6).normal(size=4).astype(np.float32)


def _config() -> bytes:
    """What Keras says of a model of three layers."""
    layers = [
        ("InputLayer", {"name": "input", "batch_shape": [None, 28, 28, 1]}),
        ("Rescaling", {"name": "rescaling", "scale": 1 / 255, "offset": 0.0}),
        (
            "Conv2D",
            {
                "name": "conv2d",
                "filters": 4,
                "kernel_size": [3, 3],
                "strides": [1, 1],
                "dilation_rate": [1, 1],
                "padding": "same",
                "activation": "relu",
                "groups": 1,
                "use_bias": True,
            },
        ),
        ("Dense", {"name": "dense", "units": 10}),
    ]
    described: list[dict[str, Any]] = [
        {"module": "keras.layers", "class_name": kind, "config": config} for kind, config in layers
    ]
    model = {"name": "sequential", "layers": described}
    return json.dumps({"module": "keras", "class_name": "Sequential", "config": model}).encode()


def _keras(weights: bytes, packing: int) -> bytes:
    metadata = json.dumps({"keras_version": "3.15.1"}).encode()
    parts = [("metadata.json", metadata), ("config.json", _config()), ("model.weights.h5", weights)]
    return archive_of(parts, packing)


def _hdf5(arrays: dict[str, Array], attributes: dict[tuple[str, str], Any] | None = None) -> bytes:
    import h5py

    file = io.BytesIO()
    with h5py.File(file, "w") as made:
        for path, array in arrays.items():
            made.create_dataset(path, data=array)
        for (path, name), value in (attributes or {}).items():
            made[path].attrs[name] = value
    return file.getvalue()


def _whole_h5() -> bytes:
    name = "model_weights/conv2d"
    arrays = {f"{name}/conv2d/kernel:0": _kernels(), f"{name}/conv2d/bias:0": _bias()}
    attributes = {
        ("/", "model_config"): _config().decode(),
        ("/", "keras_version"): "2.15.0",
        ("model_weights", "layer_names"): ["rescaling", "conv2d"],
        (name, "weight_names"): ["conv2d/kernel:0", "conv2d/bias:0"],
    }
    return _hdf5(arrays, attributes)


def _safetensors(arrays: dict[str, Array]) -> bytes:
    fields: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name, array in arrays.items():
        place = [len(data), len(data) + array.nbytes]
        fields[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": place}
        data += array.tobytes()
    text = json.dumps(fields).encode()
    return struct.pack("<Q", len(text)) + text + data


def _npz(save: Any) -> bytes:
    file = io.BytesIO()
    save(file, **{"c/kernel": _kernels(), "c/bias": _bias()})
    packing = zipfile.ZIP_STORED if save is np.savez else zipfile.ZIP_DEFLATED
    return archive_of(members(file.getvalue()), packing)


def _network() -> EdgeNetwork:
    plan = LayerPlan("bank", (("picture", 1),), 4, stride=2), LayerPlan("edges", (("bank", 1),), 1)
    shapes = (3, 3, 1, 4), (3, 3, 4, 1)
    chance = np.random.default_rng(9)
    layers = (
        EdgeLayer(
            layer,
            chance.normal(size=shape).astype(np.float32),
            chance.normal(size=shape[3]).astype(np.float32),
        )
        for layer, shape in zip(plan, shapes, strict=True)
    )
    return EdgeNetwork(tuple(layers))


def _saved(save: Callable[..., None], made: object) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder, "made.npz"), made)
        return Path(folder, "made.npz").read_bytes()
