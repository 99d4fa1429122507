"""Edge networks in files: .npz without pickles, so that reading one can run nothing."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np

from ...filters.arrays import Array
from ...filters.errors import InputError, ModelError
from ...filters.files.disk import PathLike, display_path, read_bytes, write_bytes
from ..edge_network import PICTURE, EdgeLayer, EdgeNetwork, LayerPlan

_FORMAT = "filt edge network 1"
_MOST_BYTES = 4_000_000


def save_network(path: PathLike, network: EdgeNetwork, *, dtype: str = "float32") -> None:
    """Write a network as .npz, without pickles, whole or not at all.

    dtype: "float32", or "float16" at half the size: weights are rounded to 11 bits.
    Raises InputError for another dtype, WriteError where the file cannot be written.
    """
    if dtype not in ("float16", "float32"):
        raise InputError(f"dtype must be float16 or float32, got {dtype!r}")
    description = {
        "format": _FORMAT,
        "layers": [vars(layer.plan) for layer in network.layers],
        "enlarged": network.enlarged,
        "offset": network.offset,
        "scale": network.scale,
        "margin": network.margin,
        "notes": network.notes,
    }
    arrays: dict[str, Array] = {"description": np.array(json.dumps(description))}
    for layer in network.layers:
        arrays[f"{layer.plan.name}/kernels"] = layer.kernels.astype(dtype)
        arrays[f"{layer.plan.name}/bias"] = layer.bias.astype(dtype)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    write_bytes(path, buffer.getvalue())


def load_network(path: PathLike) -> EdgeNetwork:
    """The network that `save_network` wrote. Nothing in the file can run.

    Raises ReadError where there is no such file, ModelError for one that is damaged or another
    kind of file.
    """
    name = display_path(path)
    data = read_bytes(path, _MOST_BYTES)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > _MOST_BYTES:
                raise ModelError(f"{name}: unpacks to more than {_MOST_BYTES} bytes")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            description = json.loads(str(arrays["description"]))
            if description["format"] != _FORMAT:
                raise ModelError(f"{name}: not {_FORMAT!r}, got {description['format']!r}")
            layers = tuple(
                EdgeLayer(
                    _plan(fields),
                    arrays[f"{fields['name']}/kernels"].astype(np.float32),
                    arrays[f"{fields['name']}/bias"].astype(np.float32),
                )
                for fields in description["layers"]
            )
        settings = {key: description[key] for key in ("enlarged", "offset", "scale", "margin")}
        return EdgeNetwork(_checked(layers), **settings, notes=description["notes"])
    except (KeyError, ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"{name}: not a whole edge network: {error}") from error


def _plan(fields: dict[str, Any]) -> LayerPlan:
    inputs = tuple((str(name), int(factor)) for name, factor in fields["inputs"])
    return LayerPlan(**{**fields, "inputs": inputs})


def _checked(layers: tuple[EdgeLayer, ...]) -> tuple[EdgeLayer, ...]:
    """The layers, where kernels, biases and wiring fit together and every number is finite."""
    channels = {PICTURE: 1}
    for layer in layers:
        plan = layer.plan
        incoming = sum(channels[name] for name, _ in plan.inputs)
        wanted = (plan.size, plan.size, incoming, plan.outputs)
        if layer.kernels.shape != wanted or layer.bias.shape != (plan.outputs,):
            raise ModelError(f"layer {plan.name} must be {wanted}, got {layer.kernels.shape}")
        if not (np.isfinite(layer.kernels).all() and np.isfinite(layer.bias).all()):
            raise ModelError(f"layer {plan.name} must be finite")
        channels[plan.name] = plan.outputs
    if not layers or layers[-1].plan.outputs != 1:
        raise ModelError("the last layer must have one output")
    return layers
