"""What was learned and ships with the package: loaded in no time, without Keras or a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import MappingProxyType

from ..filters.errors import InputError
from .ablation.result_files import load_ablation
from .ablation.results import Ablation
from .edge_network import EdgeNetwork
from .files.bank_files import load_bank
from .files.edge_files import load_network
from .kernel_bank import KernelBank


@dataclass(frozen=True)
class Shipped:
    """One file: what it is, and the command that makes it again (on one machine, bit for bit)."""

    file: str
    about: str
    command: str


_EDGES = "filt train -o learned --random-labels"

SHIPPED: Mapping[str, Shipped] = MappingProxyType(
    {
        "learned": Shipped(
            "learned.npz",
            "the first layer of the edge network, trained on generated dead leaves",
            _EDGES,
        ),
        "learned-edges": Shipped("learned-edges.npz", "the whole edge network", _EDGES),
        "learned-fashion": Shipped(
            "learned-fashion.npz",
            "a 7×7 first layer from Fashion-MNIST, started at a tenth of the usual scale",
            "filt train -o learned-fashion --model small --init-scale 0.1 --random-labels",
        ),
        "learned-notes": Shipped(
            "learned-notes.npz",
            "the 3×3 first layer of the notes' Fashion-MNIST network, which hardly moved",
            "filt train -o learned-notes --model notes-cnn",
        ),
    }
)
"""What ships, by name."""

NETWORK = "learned-edges"
"""The one that is a network; all others are banks."""

ABLATIONS: Mapping[tuple[str, int], Shipped] = MappingProxyType(
    {
        ("learned", 16): Shipped(
            "ablation-learned.json",
            "first layers of 16 kernels at the job of the edge network",
            "filt ablate -o ablation-learned.json",
        ),
        ("learned", 4): Shipped(
            "ablation-learned-4.json",
            "the same with 4 kernels",
            "filt ablate -o ablation-learned-4.json --kernels 4",
        ),
        ("learned-fashion", 16): Shipped(
            "ablation-learned-fashion.json",
            "first layers of 16 kernels at telling Fashion-MNIST's classes apart",
            "filt ablate -o ablation-learned-fashion.json --model small",
        ),
    }
)
"""The ablations that ship, by the bank that was learned at the same job and how many kernels."""


def shipped_bank(name: str) -> KernelBank:
    """The bank of that name: kernels, the same untrained and after each epoch, and provenance.

    Raises InputError for a name of which no bank ships.

    >>> shipped_bank("learned").kernels.shape
    (7, 7, 1, 16)
    """
    if name not in SHIPPED or name == NETWORK:
        banks = ", ".join(bank for bank in SHIPPED if bank != NETWORK)
        raise InputError(f"bank must be one of {banks}, got {name!r}")
    with _path(SHIPPED[name]) as path:
        return load_bank(path)


def shipped_network() -> EdgeNetwork:
    """The edge network; its first layer is the bank "learned".

    >>> shipped_network().parameters
    16817
    """
    with _path(SHIPPED[NETWORK]) as path:
        return load_network(path)


def shipped_ablations(bank_name: str) -> tuple[Ablation, ...]:
    """What other first layers came to at the job of the bank of that name; none where unknown.

    >>> [made.kernels for made in shipped_ablations("learned")], shipped_ablations("learned-notes")
    ([16, 4], ())
    """
    made = []
    for (bank, _), shipped in ABLATIONS.items():
        if bank == bank_name:
            with _path(shipped) as path:
                made.append(load_ablation(path))
    return tuple(made)


@contextmanager
def _path(shipped: Shipped) -> Iterator[Path]:
    file = resources.files(__package__).joinpath("shipped", shipped.file)
    with resources.as_file(file) as path:
        yield path
