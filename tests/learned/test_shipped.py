"""What ships: there without Keras, with its past, and to be made again by its command."""

from __future__ import annotations

import shlex
import subprocess
import sys
import tomllib
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from filt.cli import main
from filt.filters.errors import InputError
from filt.learned.data import fashion
from filt.learned.data.loading import load_data
from filt.learned.files.bank_files import load_bank
from filt.learned.files.edge_files import load_network
from filt.learned.shipped import ABLATIONS, NETWORK, SHIPPED, shipped_bank, shipped_network

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

BANKS = [name for name in SHIPPED if name != NETWORK]
HAS_FASHION = any(
    all((place / f"{name}.gz").is_file() for name in fashion.FILES)
    for place in (fashion.keras_cache(), fashion.DEBIAN)
)


def test_the_files_ship_and_are_small():
    folder = resources.files("filt.learned").joinpath("shipped")
    files = {item.name: len(item.read_bytes()) for item in folder.iterdir()}
    assert files.keys() == {made.file for made in (*SHIPPED.values(), *ABLATIONS.values())}
    assert sum(files.values()) < 300_000
    project = tomllib.loads(
        Path(__file__).parents[2].joinpath("pyproject.toml").read_text(encoding="utf-8")
    )
    data = project["tool"]["setuptools"]["package-data"]["filt.learned"]
    assert data == ["shipped/*.npz", "shipped/*.json"]


def test_they_load_without_keras_or_a_network(tmp_path):
    code = (
        "import sys\n"
        "from filt.learned.shipped import *\n"
        f"banks = [shipped_bank(name) for name in {BANKS}]\n"
        "soft = shipped_network().run([[0.0, 1.0] * 8] * 16)\n"
        "print(*(name for name in ('keras', 'tensorflow', 'socket') if name in sys.modules))\n"
    )
    fresh = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (fresh.returncode, fresh.stdout.split(), fresh.stderr) == (0, [], "")


@pytest.mark.parametrize(
    ("name", "shape", "data"),
    [
        ("learned", (7, 7, 1, 16), "leaves"),
        ("learned-fashion", (7, 7, 1, 16), "fashion-mnist"),
        ("learned-notes", (3, 3, 1, 32), "fashion-mnist"),
    ],
)
def test_banks_know_their_past(name, shape, data):
    bank, known = shipped_bank(name), shipped_bank(name).provenance
    assert (bank.name, bank.kernels.shape) == (name, shape)
    assert bank.untrained.shape == shape
    assert bank.epochs.shape == (known.epochs, *shape)
    np.testing.assert_array_equal(bank.epochs[-1], bank.kernels)
    assert known.command == SHIPPED[name].command
    assert known.data == data
    assert known.seed == 0
    assert len(known.data_sha256) == 64
    assert {"keras", "tensorflow"} <= dict(known.versions).keys()
    for text in vars(known).values():
        assert "/tmp" not in str(text)
        assert "/home" not in str(text)


def test_the_network_s_first_layer_is_the_bank():
    network, bank = shipped_network(), shipped_bank("learned")
    np.testing.assert_array_equal(network.layers[0].kernels, bank.kernels)
    assert network.notes["command"] == SHIPPED[NETWORK].command
    assert network.parameters < 20_000


def test_figures_that_were_reached():
    """What the README says: recorded when they were made, in full, by their commands."""
    assert shipped_bank("learned-notes").provenance.accuracy >= 0.90
    assert shipped_bank("learned-fashion").provenance.accuracy >= 0.85
    # Kernels that started small are what the data made them; the notes' own hardly moved.
    moved = {name: _cosine_with_start(shipped_bank(name)) for name in BANKS}
    assert moved["learned"] < 0.5
    assert moved["learned-fashion"] < 0.5
    assert moved["learned-notes"] > 0.8


def _cosine_with_start(bank):
    trained, start = (a.reshape(-1, a.shape[3]) for a in (bank.kernels, bank.untrained))
    norms = np.linalg.norm(trained, axis=0) * np.linalg.norm(start, axis=0)
    return float(np.median(np.abs((trained * start).sum(axis=0) / norms)))


def test_the_network_finds_a_line_and_leaves_a_plain_wall_alone():
    network = shipped_network()
    picture = np.full((64, 64), 0.3)
    picture[:, 32:] = 0.7
    soft = network.run(picture)
    assert soft[8:-8, 31:33].max(axis=1).min() > 0.6
    assert soft[:, :24].max() < 0.2
    assert soft[:, 40:].max() < 0.2


def test_an_unknown_bank_names_the_known_ones():
    with pytest.raises(InputError, match="learned, learned-fashion, learned-notes, got 'x'"):
        shipped_bank("x")
    with pytest.raises(InputError, match="bank must be one of"):
        shipped_bank(NETWORK)


@pytest.mark.keras
@pytest.mark.parametrize("name", BANKS)
def test_its_command_makes_it_again_on_a_small_scale(name, tmp_path, monkeypatch):
    """The same start, the same layer, the same files; only fewer pictures and one epoch."""
    pytest.importorskip("keras")
    shipped = shipped_bank(name)
    if shipped.provenance.data == "fashion-mnist" and not HAS_FASHION:
        pytest.skip("Fashion-MNIST is not here: apt-get install dataset-fashion-mnist")
    monkeypatch.chdir(tmp_path)
    words = shlex.split(SHIPPED[name].command)[1:]
    small = ["--limit", "16", "--epochs", "1"]
    result = CliRunner().invoke(main, [*words, *small], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    made = load_bank(tmp_path / f"{name}.npz")
    np.testing.assert_allclose(made.untrained, shipped.untrained, rtol=1e-5, atol=1e-8)
    assert made.name == shipped.name
    assert made.use.padding == shipped.use.padding
    assert made.use.stride == shipped.use.stride
    assert (made.random_labels is None) == (shipped.random_labels is None)
    assert made.epochs.shape[0] == 1
    if name == "learned":
        plans = [layer.plan for layer in load_network(tmp_path / "learned-edges.npz").layers]
        assert plans == [layer.plan for layer in shipped_network().layers]


@pytest.mark.skipif(not HAS_FASHION, reason="Fashion-MNIST is not here")
def test_the_recorded_data_is_the_data():
    recorded = shipped_bank("learned-notes").provenance.data_sha256
    assert load_data("fashion-mnist").sha256 == recorded
