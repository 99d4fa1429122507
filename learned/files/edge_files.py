"""Edge networks in files: .npz without pickles, so that reading one can run nothing."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np

from ...filters.arrays import Array, finite, one_of, positive, whole
from ...filters.bank import ACTIVATIONS
from ...filters.errors import InputError, ModelError
from ...filters.files.disk import DamagedError, PathLike, open_regular, write_bytes
from ...filters.files.plain import npy_description
from ..edge_network import PICTURE, EdgeLayer, EdgeNetwork, LayerPlan
from .bank_files import array_in
from .limits import model_errors, shown
from .zip_safety import member_bytes, open_zip

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
    with model_errors(path), open_regular(path) as source:
        if source.size > _MOST_BYTES:
            raise ModelError(f"{source.size} bytes are more than the limit of {_MOST_BYTES}")
        try:
            return _network_in(open_zip(source))
        except (KeyError, ValueError, TypeError, OverflowError, RecursionError) as error:
            if isinstance(error, ModelError):
                raise
            raise ModelError(f"not a whole edge network: {shown(error)}") from None


def _network_in(archive: zipfile.ZipFile) -> EdgeNetwork:
    if sum(member.file_size for member in archive.infolist()) > _MOST_BYTES:
        raise ModelError(f"unpacks to more than {_MOST_BYTES} bytes")
    description = json.loads(_text_in(archive, "description"))
    if description["format"] != _FORMAT:
        raise ModelError(f"not {_FORMAT!r}, got {shown(description['format'])}")
    with np.errstate(over="ignore"):  # what float32 cannot hold is refused as not finite
        layers = tuple(
            EdgeLayer(
                plan,
                array_in(archive, f"{plan.name}/kernels").astype(np.float32),
                array_in(archive, f"{plan.name}/bias").astype(np.float32),
            )
            for plan in map(_plan, description["layers"])
        )
    return EdgeNetwork(
        _checked(layers),
        enlarged=whole(description["enlarged"], "enlarged"),
        offset=finite(description["offset"], "offset"),
        scale=positive(description["scale"], "scale"),
        margin=whole(description["margin"], "margin", 0),
        notes=description["notes"],
    )


def _text_in(archive: zipfile.ZipFile, name: str) -> str:
    """The text NAME.npy of an archive: one NumPy string, which is no pickle."""
    data = member_bytes(archive, f"{name}.npy", _MOST_BYTES)
    file = io.BytesIO(data)
    try:
        shape, _, dtype = npy_description(file)
        start = file.tell()
        if shape != () or dtype.kind != "U" or start + dtype.itemsize != len(data):
            raise ValueError
        # Not by str(): of 32 bits that are no character NumPy makes a str that crashes Python.
        stored = np.frombuffer(data, dtype, offset=start).astype(dtype.newbyteorder("<"))
        return stored.tobytes().decode("utf-32-le").rstrip("\0")
    except (DamagedError, ValueError):
        raise ModelError(f"its text {shown(name)} is damaged") from None


def _plan(fields: dict[str, Any]) -> LayerPlan:
    inputs = tuple((_name(name), whole(factor, "a factor")) for name, factor in fields["inputs"])
    plan = LayerPlan(**{**fields, "name": _name(fields["name"]), "inputs": inputs})
    for number in ("outputs", "size", "stride", "dilation"):
        whole(getattr(plan, number), number)
    if plan.activation is not None:
        one_of(plan.activation, ACTIVATIONS, "activation")
    if not inputs:
        raise ModelError(f"layer {shown(plan.name)} must have inputs")
    return plan


def _name(name: object) -> str:
    if not isinstance(name, str):
        raise TypeError(f"a layer's name must be text, got {shown(name)}")
    return name


def _checked(layers: tuple[EdgeLayer, ...]) -> tuple[EdgeLayer, ...]:
    """The layers, where kernels, biases and wiring fit together and every number is finite."""
    channels = {PICTURE: 1}
    for layer in layers:
        plan = layer.plan
        incoming = sum(channels[name] for name, _ in plan.inputs)
        wanted = (plan.size, plan.size, incoming, plan.outputs)
        if layer.kernels.shape != wanted or layer.bias.shape != (plan.outputs,):
            got = layer.kernels.shape
            raise ModelError(f"layer {shown(plan.name)} must be {wanted}, got {got}")
        if not (np.isfinite(layer.kernels).all() and np.isfinite(layer.bias).all()):
            raise ModelError(f"layer {shown(plan.name)} must be finite")
        channels[plan.name] = plan.outputs
    if not layers or layers[-1].plan.outputs != 1:
        raise ModelError("the last layer must have one output")
    return layers
