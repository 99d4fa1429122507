"""Reading the first layer's kernels out of model files, as data: no file can run anything here."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from functools import partial

from ...filters.arrays import positive
from ...filters.errors import ModelError
from ...filters.files.disk import PathLike, Source, display_path, open_regular
from ...filters.files.formats import NotReadError
from ...filters.files.plain import npy_header
from ..kernel_bank import KernelBank
from ..layer_use import LayerUse
from .bank_files import array_in, holds_bank
from .hdf5 import SIGNATURE, open_hdf5
from .keras_config import parse_model
from .limits import LARGEST_FILE, LARGEST_TEXT, listed, model_errors, shown
from .model_contents import (
    Contents,
    DescribedModel,
    LayerEntry,
    SavedBank,
    Tensors,
    Wanted,
    WeightsAlone,
)
from .safetensors import looks_like_safetensors, read_header, read_tensor
from .tensors import Tensor, check_layout
from .zip_safety import check_member, member_bytes, member_source, open_zip, zip_errors

_CONFIG, _WEIGHTS, _METADATA = "config.json", "model.weights.h5", "metadata.json"
_READ = ".keras, .h5, .weights.h5, .safetensors, .npz"


def read_model(
    path: PathLike,
    *,
    layer: str | None = None,
    layout: str | None = None,
    use: LayerUse | None = None,
    white: float | None = None,
    name: str | None = None,
) -> KernelBank:
    """The kernels of the first convolution (Conv2D) in a model file.

    Reads Keras's .keras, legacy .h5 of a whole model and .weights.h5, .safetensors, and .npz (a
    bank that `save_bank` wrote, or arrays); the content decides which of them a file is. Keras
    and TensorFlow are not imported, no class that the file names is looked up, and nothing in
    it can run.

    layer: the layer to take instead of the first, by its name.
    layout: "keras" for (height, width, in, out) or "pytorch" for (out, in, height, width), where
    .safetensors and .npz do not tell. Where a file keeps no order of layers (.weights.h5 of Keras
    3, .safetensors, .npz), `tensors.first_kernels` says which is the first.
    use: how the layer uses its kernels, instead of what the file says; weights alone say
    nothing, and are taken for stride 1, padding "valid", no activation, and input from 0 to 1.
    white: what white is in the pictures that the model takes; None works it out from the
    Rescaling and Normalization layers before the convolution (`Preparation.white`).
    name: of the bank; by default the path, or what a saved bank is called.

    The kernels are float32 and, for models in float32 or less, bit for bit what Keras would
    give for `get_weights()[0]`. Nothing is turned: Keras and PyTorch both correlate.

    Raises ReadError for a file that is missing or no regular file; ModelError, which starts with
    the path, for one that is damaged, asks for too much memory, leads out of itself, or holds no
    convolution; InputError for a layer that is not in it and for options out of range.

    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(Path(folder, "m.npz"), **{"conv1.weight": np.ones((8, 3, 5, 5))})
    ...     read_model(Path(folder, "m.npz"), name="m")
    <KernelBank m: 8 kernels of 5×5 over 3 channels>
    """
    for what, text in (("layer", layer), ("layout", layout), ("name", name)):
        if text is not None and not isinstance(text, str):
            raise TypeError(f"{what} must be text, got {text!r}")
    if use is not None and not isinstance(use, LayerUse):
        raise TypeError(f"use must be of type LayerUse, got {type(use).__name__}")
    check_layout(layout)
    wanted = Wanted(layer, layout, None if white is None else positive(white, "white"))
    with model_errors(path), open_regular(path) as source:
        contents = _opened(source)
        bank = contents.bank(wanted)
        if use is not None:
            bank = replace(bank, use=use)
    if isinstance(contents, SavedBank):
        return bank if name is None else bank.renamed(name)
    shown_path = display_path(path)
    known = replace(bank.provenance, source=shown_path)
    return replace(bank, provenance=known).renamed(shown_path if name is None else name)


def list_layers(path: PathLike) -> tuple[LayerEntry, ...]:
    """The layers or arrays in a model file: (name, kind, shape), in the order of the file.

    kind: the layer's class where the file tells it, else "". shape: of an array, or (height,
    width, in, out) of a Conv2D's kernels with 0 where it is not said; () for other layers.
    Raises what `read_model` does.

    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(Path(folder, "m.npz"), a=np.ones((8, 3, 5, 5)), b=np.ones(8))
    ...     list_layers(Path(folder, "m.npz"))
    (('a', '', (8, 3, 5, 5)), ('b', '', (8,)))
    """
    with model_errors(path), open_regular(path) as source:
        return tuple(_opened(source).layers())


def _opened(source: Source) -> Contents:
    if source.size > LARGEST_FILE:
        raise ModelError(f"{source.size} bytes are more than the limit of {LARGEST_FILE}")
    start = source.take(0, min(source.size, 8))
    if start.startswith((b"PK\3\4", b"PK\5\6")):
        return _in_zip(source)
    if start == SIGNATURE:
        weights = open_hdf5(source)
        config = weights.text("", "model_config")
        if config is None:
            return WeightsAlone(weights)
        version = weights.text("", "keras_version")
        return DescribedModel(parse_model("".join(config)), weights, False, _versions(version))
    if looks_like_safetensors(source):
        entries = read_header(source)
        tensors = [Tensor(name, entry.shape) for name, entry in entries.items()]
        return Tensors(tensors, lambda name: read_tensor(source, name, entries[name]))
    raise ModelError(f"not a model of a format that is read ({_READ})")


def _in_zip(source: Source) -> Contents:
    archive = open_zip(source)
    names = archive.namelist()
    if _CONFIG in names:
        if _WEIGHTS not in names:
            raise ModelError(f"a Keras archive without {_WEIGHTS}: it holds {listed(names)}")
        model = parse_model(member_bytes(archive, _CONFIG, LARGEST_TEXT))
        weights = open_hdf5(member_source(archive, source, _WEIGHTS))
        return DescribedModel(model, weights, True, _saved_with(archive))
    if holds_bank(archive):
        return SavedBank(archive)
    if any(name.endswith("data.pkl") for name in names):
        raise ModelError("PyTorch's own format can run code: save the model as .safetensors")
    if names and all(name.endswith(".npy") for name in names):
        members = [name.removesuffix(".npy") for name in names]
        tensors = [Tensor(name, _npy_shape(archive, name)) for name in members]
        return Tensors(tensors, partial(array_in, archive))
    raise ModelError(f"a zip archive that is no model: it holds {listed(names)}")


def _npy_shape(archive: zipfile.ZipFile, name: str) -> tuple[int, ...]:
    """The shape of a member that holds real numbers, () for any other."""
    info = check_member(archive, f"{name}.npy", LARGEST_FILE)
    with zip_errors(), archive.open(info) as member:
        try:
            return npy_header(Source(member, info.file_size)).shape  # type: ignore[arg-type]
        except NotReadError:
            return ()


def _saved_with(archive: zipfile.ZipFile) -> tuple[tuple[str, str], ...]:
    if _METADATA not in archive.namelist():
        return ()
    try:
        metadata = json.loads(member_bytes(archive, _METADATA, LARGEST_TEXT))
    except (ValueError, RecursionError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"its member {_METADATA} is no JSON") from None
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    return _versions((version,) if isinstance(version, str) else None)


def _versions(version: tuple[str, ...] | None) -> tuple[tuple[str, str], ...]:
    return (("keras", shown(version[0])),) if version else ()
