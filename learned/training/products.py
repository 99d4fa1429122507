"""What a training leaves behind: the model, its bank, the edge network, the learning curve."""

from __future__ import annotations

import io
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...filters.errors import WriteError
from ...filters.files.disk import display_path, write_bytes
from ..data.data_set import DataSet
from ..edge_network import EdgeNetwork, edge_plan, network_of
from ..files.bank_files import save_bank
from ..files.edge_files import save_network
from ..kernel_bank import KernelBank
from ..layer_use import LayerUse
from ..provenance import Provenance, library_versions
from .checkpoints import Figures, State
from .models import BANK, EDGE_SCALE, InputScale, edge_part, model_kind

LIBRARIES = ("keras", "tensorflow", "numpy", "opencv-python-headless")
"""The libraries on whose versions a training depends."""


@dataclass(frozen=True)
class Made:
    """The files that were written: (path, what it is)."""

    files: tuple[tuple[Path, str], ...]


def check_place(prefix: Path) -> None:
    """Raise WriteError where nothing can be written beside `prefix`: before training, not after."""
    name = display_path(prefix)
    if not prefix.name:
        raise WriteError(f"{name}: is a directory")
    if not os.path.isdir(prefix.parent):
        raise WriteError(f"{name}: its folder does not exist")
    if not os.access(prefix.parent, os.W_OK):
        raise WriteError(f"{name}: permission denied")


def write_products(
    prefix: Path,
    name: str,
    model: Any,
    data: DataSet,
    *,
    state: State,
    kept: int,
    control: State | None,
    seed: int,
    scale: InputScale,
    command: str,
) -> Made:
    """Write all that a training of the model `name` came to, each file whole or not at all.

    model: with the weights of epoch `kept`. Raises WriteError.
    """
    kind = model_kind(name)
    files: list[tuple[Path, str]] = []
    known = _provenance(
        name, model, data, state=state, kept=kept, control=control, seed=seed, command=command,
    )  # fmt: skip

    path = _beside(prefix, ".keras")
    write_bytes(path, _keras_bytes(model))
    files.append((path, "the model"))
    if kind.has_bank:
        path = _beside(prefix, ".npz")
        shown = EDGE_SCALE if kind.finds_edges else scale
        layer = (edge_part(model) if kind.finds_edges else model).get_layer(BANK)
        bank = _bank(
            prefix.name, layer, shown, state=state, kept=kept, control=control, known=known
        )
        save_bank(path, bank)
        files.append((path, "its first layer's kernels"))
    if kind.finds_edges:
        path = _beside(prefix, "-edges.npz")
        save_network(path, _network(model, known))
        files.append((path, "the network to run without Keras"))
    path = _beside(prefix, ".png")
    write_bytes(path, learning_curve(state.history, None if control is None else control.history))
    files.append((path, "the learning curve"))
    return Made(tuple(files))


def learning_curve(
    history: tuple[Figures, ...], control: tuple[Figures, ...] | None = None
) -> bytes:
    """A PNG of loss, and accuracy where there is one, epoch by epoch."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    panels = [("loss", "loss", "test_loss")]
    if history and history[0].accuracy is not None:
        panels.append(("accuracy", "accuracy", "test_accuracy"))
    figure = Figure(figsize=(5 * len(panels), 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    for column, (title, trained, tested) in enumerate(panels, 1):
        axes = figure.add_subplot(1, len(panels), column)
        runs = [("", history, "C0"), ("random labels, ", control or (), "C1")]
        for prefix, run, colour in runs:
            epochs = range(1, len(run) + 1)
            for label, field, style in (("training", trained, "-o"), ("test", tested, "--s")):
                if run:
                    values = [getattr(figures, field) for figures in run]
                    axes.plot(epochs, values, style, color=colour, label=prefix + label)
        axes.set_xlabel("epoch")
        axes.set_title(title)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    return buffer.getvalue()


def _beside(prefix: Path, ending: str) -> Path:
    return prefix.with_name(prefix.name + ending)


def _keras_bytes(model: Any) -> bytes:
    # Without loss and optimiser, which Keras would look for when it loads the file.
    plain = type(model).from_config(model.get_config())
    plain.set_weights(model.get_weights())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.keras")
        plain.save(path)
        return path.read_bytes()


def _bank(
    name: str,
    layer: Any,
    shown: InputScale,
    *,
    state: State,
    kept: int,
    control: State | None,
    known: Provenance,
) -> KernelBank:
    kernels, bias = layer.get_weights()
    return KernelBank(
        kernels,
        name,
        bias=bias,
        use=LayerUse(
            stride=tuple(layer.strides),
            padding=layer.padding,
            dilation=tuple(layer.dilation_rate),
            activation=layer.activation.__name__,
            input_shift=shown.shift,
            input_scale=shown.scale,
        ),
        untrained=None if state.untrained is None else np.asarray(state.untrained, np.float32),
        epochs=None if state.kernels is None else np.asarray(state.kernels[:kept], np.float32),
        random_labels=None
        if control is None or control.kernels is None
        else np.asarray(control.kernels[-1], np.float32),
        provenance=known,
    )


def _network(model: Any, known: Provenance) -> EdgeNetwork:
    network = edge_part(model)
    bank = network.get_layer(BANK)
    plan = edge_plan(bank.filters, bank.kernel_size[0])
    return network_of(network, plan, notes=known.as_json())


def _provenance(
    name: str,
    model: Any,
    data: DataSet,
    *,
    state: State,
    kept: int,
    control: State | None,
    seed: int,
    command: str,
) -> Provenance:
    kind = model_kind(name)
    figures = state.history[kept - 1]
    notes = [f"{len(data.train_labels)} pictures to train on, {len(data.test_labels)} to test with"]
    notes += [data.about] if data.about else []
    if control is not None:
        notes.append(f"random labels: {_said(control.history[-1])}")
    return Provenance(
        layer=BANK if kind.has_bank else "",
        data=data.name,
        data_sha256=data.sha256,
        preprocessing=preprocessing_of(name, data),
        architecture=f"{name}: {kind.about}, {model.count_params()} parameters",
        objective=data.task,
        seed=seed,
        epochs=kept,
        accuracy=figures.test_accuracy,
        loss=figures.test_loss,
        versions=library_versions(*LIBRARIES),
        command=command,
        notes="; ".join(notes),
    )


def preprocessing_of(name: str, data: DataSet) -> str:
    """What is done to the pictures of a data set before the model of that name sees them."""
    kind = model_kind(name)
    steps = ["grey" if data.shape[2] == 1 else "RGB", "x from 0 (black) to 1 (white)"]
    if kind.finds_edges:
        steps.append(
            "batches mirrored and turned, contrast times 0.6 to 1.3; shown as (x - 0.5) / 0.25"
        )
    if kind.standardises:
        steps.append("mean and deviation taken out")
    return ", ".join(steps)


def _said(figures: Figures) -> str:
    if figures.test_accuracy is None:
        return f"test loss {figures.test_loss:.4f}"
    return f"test accuracy {figures.test_accuracy:.4f}"
