"""filt train: real trainings of seconds, what they print and write, and what is refused."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import time

import numpy as np
import pytest

from filt.commands.train import MODELS
from filt.filters.errors import FiltError
from filt.learned import keras_loading
from filt.learned.data.photos import TASKS
from filt.learned.files.bank_files import load_bank
from filt.learned.training import models

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

TINY = ("--model", "small", "--data", "bars.npz", "--kernels", 3, "--size", 5, "--batch", 8)


@pytest.fixture
def bars(tmp_path):
    """Pictures of 12×12 with an upright bar (0) or a lying one (1), as an .npz."""
    random = np.random.default_rng(9)
    images = random.integers(0, 60, (40, 12, 12), np.uint8)
    labels = np.arange(40) % 2
    for image, label in zip(images, labels, strict=True):
        place = int(random.integers(2, 10))
        image[(slice(None), place) if label == 0 else place] = 255
    np.savez(tmp_path / "bars.npz", x_train=images, y_train=labels)


@pytest.fixture
def keras():
    pytest.importorskip("keras")


@pytest.mark.keras
def test_it_says_how_far_it_is_and_what_it_wrote(filt, keras, bars, tmp_path):
    result = filt("train", *TINY, "--epochs", 2, "-o", "m")
    lines = result.stderr.splitlines()
    assert [line.split(",")[0] for line in lines] == ["epoch 1 of 2", "epoch 2 of 2"]
    for figure in ("loss", "accuracy", "test loss", "test accuracy"):
        assert f", {figure} 0." in lines[0] or f", {figure} 1." in lines[0]
    assert " left" in lines[0]
    assert "m.keras: the model" in result.stdout
    assert "m.npz: its first layer's kernels" in result.stdout
    bank = load_bank(tmp_path / "m.npz")
    assert bank.kernels.shape == (5, 5, 1, 3)
    assert bank.provenance.command == shlex.join(["filt", "train", "-o", "m"]) + (
        " --model small --data bars.npz --kernels 3 --size 5 --epochs 2 --batch 8"
    )


@pytest.mark.keras
def test_the_recorded_command_does_the_same_again(filt, keras, bars, tmp_path):
    filt("train", *TINY, "--rgb", "--init-scale", 0.5, "--epochs", 1, "--limit", 20, "--seed", 3)
    first = load_bank(tmp_path / "small.npz")
    assert first.kernels.shape == (5, 5, 3, 3)
    filt(*shlex.split(first.provenance.command)[1:])
    assert load_bank(tmp_path / "small.npz") == first


@pytest.mark.keras
def test_several_seeds(filt, keras, bars, tmp_path):
    result = filt("train", *TINY, "--epochs", 1, "--seeds", "0,7", "-o", "out/", "--json")
    facts = json.loads(result.stdout)
    assert [fact["seed"] for fact in facts] == [0, 7]
    assert result.stderr == ""
    banks = [load_bank(tmp_path / "out" / f"small-seed{seed}.npz") for seed in (0, 7)]
    assert (banks[0].kernels != banks[1].kernels).any()
    assert [bank.provenance.accuracy for bank in banks] == [fact["accuracy"] for fact in facts]
    text = filt("train", *TINY, "--epochs", 1, "--seeds", "0,7").stdout
    values = [fact["accuracy"] for fact in facts]
    assert f"test accuracy over 2 seeds: mean {np.mean(values):.4f}" in text


@pytest.mark.keras
@pytest.mark.slow
def test_seeds_on_a_cluster_write_what_each_writes_alone(filt, interpreter, keras, bars, tmp_path):
    pytest.importorskip("distributed")
    words = [str(word) for word in (*TINY, "--epochs", 1)]
    for seed in (0, 1):
        filt("train", *words, "--seed", seed, "-o", f"m-seed{seed}")
    made = [f"m-seed{seed}{ending}" for seed in (0, 1) for ending in (".npz", ".png")]
    alone = {name: (tmp_path / name).read_bytes() for name in made}
    for name in made:
        (tmp_path / name).unlink()
    ended = interpreter("train", *words, "--seeds", "2", "-o", "m", "--dask", "local", text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "m-seed1.npz: its first layer's kernels" in ended.stdout
    assert "test accuracy over 2 seeds: mean" in ended.stdout
    # A .keras file has the date in it.
    assert {name: (tmp_path / name).read_bytes() for name in made} == alone
    assert not list(tmp_path.glob("*.checkpoint"))


@pytest.mark.keras
def test_a_dense_network_says_that_it_has_no_kernels(filt, keras, bars, tmp_path):
    result = filt("train", "--model", "notes-dnn", "--data", "bars.npz", "--epochs", 1)
    assert "no kernels" in result.stdout
    assert not (tmp_path / "notes-dnn.npz").exists()


@pytest.mark.keras
def test_the_control_run_is_printed_beside(filt, keras, bars, tmp_path):
    result = filt("train", *TINY, "--epochs", 1, "--random-labels")
    assert "(after random labels 0." in result.stdout
    assert "random labels, epoch 1 of 1" in result.stderr
    assert load_bank(tmp_path / "small.npz").random_labels is not None


@pytest.mark.keras
@pytest.mark.skipif(not hasattr(signal, "SIGINT") or os.name == "nt", reason="no SIGINT here")
def test_ctrl_c_keeps_the_best_and_tensorflow_is_silent(keras, bars, tmp_path):
    """A process of its own: what TensorFlow writes past Python would be seen here."""
    import subprocess

    words = [str(word) for word in (*TINY, "--epochs", 5000, "-o", "m")]
    # Where the tests run in the background, the interrupt is ignored from the start.
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        " from filt.cli import main; main(prog_name='filt')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, "train", *words],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for _ in range(1800):
        if (tmp_path / "m.checkpoint").exists():
            break
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "the best so far is kept" in out
    assert "--resume" in out
    assert "m.npz: its first layer's kernels" in out
    assert [line for line in err.splitlines() if not line.startswith("epoch ")] == []
    bank = load_bank(tmp_path / "m.npz")
    assert f"that of epoch {bank.provenance.epochs};" in out


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (["--model", "vgg"], "'vgg' is not one of", 2),
        (["--model", "lenet5", "--kernels", 8], "lenet5 has a first layer of its own", 2),
        (["--rgb"], "--rgb is not for it", 2),
        (["--init-scale", 0], "init_scale must be greater than 0", 2),
        (["--epochs", 0], "0 is not in the range", 2),
        (["--seeds", "1,x"], "seeds are whole numbers", 2),
        (["--seeds", "1,1"], "all different", 2),
        (["--seeds", "0-3,2"], "all different", 2),
        (["--seeds", "3-0"], "seeds are whole numbers", 2),
        (["--seeds", "0-999999999999"], "seeds are whole numbers", 2),
        (["--seeds", "999999999999"], "seeds are whole numbers", 2),
        (["--seeds", "0"], "seeds are whole numbers", 2),
        (["--seeds", "-3"], "seeds are whole numbers", 2),
        (["--data", "http://x/y"], "filt reads files, not URLs", 2),
    ],
)
def test_wrong_usage(filt, words, said, code):
    assert said in filt("train", *words, code=code).stderr


@pytest.mark.keras
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--data", "none.npz"], "none.npz: no such file or directory"),
        (["--data", "leaves", "--data-dir", "x"], "is for fashion-mnist alone"),
        (["--data", "leaves", "--task", "rotation"], "is for photos alone"),
        (["--data", "bars.npz"], "edges learns boundaries"),
        (["--model", "small", "--data", "leaves", "--limit", 1], "small learns classes"),
        ([*TINY, "-o", "none/m"], "its folder does not exist"),
    ],
)
def test_what_cannot_be_done_is_said_on_one_line(filt, keras, bars, words, said):
    error = filt("train", *words, code=1).stderr.splitlines()[-1]
    assert error.startswith("Error: ")
    assert said in error


def test_without_keras_one_line_says_how_to_install_it(filt, monkeypatch):
    def missing():
        raise FiltError(keras_loading.INSTALL)

    monkeypatch.setattr(keras_loading, "load_keras", missing)
    assert filt("train", code=1).stderr == f"Error: {keras_loading.INSTALL}\n"


def test_the_choices_are_the_library_s(filt):
    assert tuple(models.MODELS) == MODELS
    text = " ".join(filt("train", "--help").stdout.split())
    for task in TASKS:
        assert task in text
    for name, kind in models.MODELS.items():
        assert name in text
        assert str(kind.epochs) in text
        assert str(kind.batch) in text
