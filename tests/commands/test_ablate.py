"""filt ablate: a real ablation of seconds, what it prints and writes, and what is refused."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import pytest

from filt.commands.ablate import MODELS
from filt.filters.errors import FiltError
from filt.learned import keras_loading
from filt.learned.ablation.ablation import Ablated
from filt.learned.ablation.plan import JOBS, Plan
from filt.learned.ablation.result_files import load_ablation
from filt.learned.ablation.results import ARMS
from filt.learned.ablation.starting_banks import HANDCRAFTED
from filt.learned.ablation.watch import RunProgress
from filt.learned.training.checkpoints import Figures
from filt.learned.training.settings import Progress

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SHIPPED = Path(keras_loading.__file__).with_name("shipped")

TINY = ("--model", "small", "--data", "bars.npz", "--kernels", 3, "--size", 5, "--seeds", 2)


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


def interrupted_in_run(number):
    """A function to say things, during which somebody presses Ctrl-C."""

    def say(text, done):
        if f"run {number} of" in text and done:
            raise KeyboardInterrupt

    return say


@pytest.mark.keras
@pytest.mark.slow
def test_it_says_how_far_it_is_and_what_came_out(filt, keras, bars, tmp_path, monkeypatch):
    words = (*TINY, "--epochs", 1, "--margin", 0.5, "-o", "made.json")
    with monkeypatch.context() as patched:
        patched.setattr("filt.commands.ablate.Speaker", lambda: interrupted_in_run(2))
        stopped = filt("ablate", *words, code=130)
    assert "stopped after 1 of 8 runs; the same command with --resume goes on" in stopped.stderr
    assert stopped.stdout == ""
    assert not (tmp_path / "made.json").exists()

    result = filt("ablate", *words, "--resume")
    said = result.stderr.splitlines()
    assert [line.partition(", epoch")[0] for line in said] == [
        f"run {number} of 8, {ARMS[(number - 1) % 4]}, seed {(number - 1) // 4}"
        for number in range(3, 9)
    ]
    assert " left" in said[0]
    made = load_ablation(tmp_path / "made.json")
    assert made.provenance.command == (
        "filt ablate -o made.json --model small --data bars.npz --seeds 2 --epochs 1 --kernels 3"
        " --size 5 --margin 0.5"
    )
    assert (made.epochs, made.kernels, made.size, made.margin) == (1, 3, 5, 0.5)
    for arm in made.arms:
        (line,) = [
            row
            for row in result.stdout.splitlines()
            if row.split()[0] == arm.name and "mean" in row
        ]
        assert [float(word) for word in line.split()[3:]] == pytest.approx(arm.scores, abs=6e-5)
    for one in made.contrasts:
        assert f"{one.better} - {one.than}" in result.stdout
        assert f"({100 * one.low:+.2f} to {100 * one.high:+.2f})  {one.verdict}\n" in result.stdout
    assert made.reading in result.stdout
    assert result.stdout.endswith("made.json: the result\n")
    assert {path.name for path in tmp_path.iterdir()} == {"bars.npz", "made.json"}

    (tmp_path / "made.json").rename(tmp_path / "first.json")
    again = filt(*shlex.split(made.provenance.command)[1:], "--json")
    assert (tmp_path / "made.json").read_bytes() == (tmp_path / "first.json").read_bytes()
    assert json.loads(again.stdout) == made.as_json()
    assert again.stderr == ""


@pytest.fixture
def told(monkeypatch, bars):
    """Let an ablation be a few reports and the result that ships; gives what it was asked."""
    asked = []
    made = load_ablation(SHIPPED / "ablation-learned.json")

    def run(plan, pictures, path, *, resume, command, report):
        asked.append((plan, len(pictures.train_labels), path.name, resume))
        steps = [
            (1, None, 40.0),
            (1, Figures(0.5, 0.25, None, None), 150.0),
            (2, Figures(0.5, 0.25, 0.75, 0.875), 0.0),
        ]
        for epoch, figures, left in steps:
            now = Progress(epoch, 2, 3, 4, 0.5, None, None, figures)
            report(RunProgress(0, "learned", 1, 8, now, left))
        return Ablated(3, 8, None if resume else made)

    monkeypatch.setattr("filt.learned.ablation.ablation.ablate", run)
    monkeypatch.setattr(keras_loading, "load_keras", lambda: None)
    return asked


def test_every_word_of_it_without_the_training(filt, told):
    words = (*TINY, "--epochs", 2, "-o", "made.json")
    result = filt("ablate", *words)
    assert result.stderr == "run 1 of 8, learned, seed 0, epoch 2 of 2, test accuracy 0.8750\n"
    rows = [line.split() for line in result.stdout.splitlines()]
    made = load_ablation(SHIPPED / "ablation-learned.json")
    for arm in made.arms:
        (row,) = [row for row in rows if row[:2] == [arm.name, "mean"]]
        assert float(row[2]) == pytest.approx(np.mean(arm.scores), abs=6e-5)
        assert [float(word) for word in row[3:]] == pytest.approx(arm.scores, abs=6e-5)
    assert result.stdout.endswith(f"{made.reading}\nmade.json: the result\n")
    ((plan, pictures, name, resume),) = told
    assert plan == Plan("small", 2, 2, 3, 5)
    assert (pictures, name, resume) == (32, "made.json", False)

    result = filt("ablate", *words, "--json")
    assert json.loads(result.stdout) == made.as_json()
    assert result.stderr == ""
    stopped = "stopped after 3 of 8 runs; the same command with --resume goes on\n"
    result = filt("ablate", *words, "--resume", code=130)
    assert result.stderr.endswith(stopped)
    assert result.stdout == ""


@pytest.mark.usefixtures("terminal")
def test_on_a_terminal_the_line_that_changes_ends_before_the_last_word(filt, told):
    said = filt("ablate", *TINY, "--epochs", 2, "--resume", code=130).stderr
    lines = said.split("\r")  # Click takes the other control characters away here
    assert lines[-3:-1] == [
        "run 1 of 8, learned, seed 0, epoch 1 of 2, 75%, 40 s left",
        "run 1 of 8, learned, seed 0, epoch 1 of 2, test loss 0.2500, 2 min 30 s left",
    ]
    assert lines[-1].splitlines()[1:] == [
        "",
        "stopped after 3 of 8 runs; the same command with --resume goes on",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--model", "lenet5"], "'lenet5' is not one of"),
        (["--seeds", 1], "1 is not in the range"),
        (["--kernels", 17], "17 is not in the range"),
        (["--kernels", 16, "--size", 3], "size must be larger for 16 handcrafted kernels"),
        (["--epochs", 0], "0 is not in the range"),
        (["--margin", 0], "margin must be greater than 0"),
        (["--margin", "nan"], "margin must be finite"),
        (["--data", "http://x/y"], "filt reads files, not URLs"),
        (["-o", "."], "is a directory"),
    ],
)
def test_wrong_usage(filt, words, said):
    assert said in filt("ablate", *words, code=2).stderr


@pytest.mark.keras
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--data", "none.npz"], "none.npz: no such file or directory"),
        (["--data", "leaves", "--data-dir", "x"], "is for fashion-mnist alone"),
        (["--data", "bars.npz"], "edges learns boundaries"),
        (["--model", "small", "--data", "leaves", "--limit", 1], "small learns classes"),
        ([*TINY, "--size", 13], "size must be at most 12"),
        ([*TINY, "-o", "none/m.json"], "its folder does not exist"),
    ],
)
@pytest.mark.usefixtures("keras", "bars")
def test_what_cannot_be_done_is_said_on_one_line(filt, tmp_path, words, said):
    error = filt("ablate", *words, code=1).stderr.splitlines()[-1]
    assert error.startswith("Error: ")
    assert said in error
    assert [path.name for path in tmp_path.iterdir()] == ["bars.npz"]


def test_without_keras_one_line_says_how_to_install_it(filt, monkeypatch):
    def missing():
        raise FiltError(keras_loading.INSTALL)

    monkeypatch.setattr(keras_loading, "load_keras", missing)
    assert filt("ablate", code=1).stderr == f"Error: {keras_loading.INSTALL}\n"


def test_the_choices_are_the_library_s(filt):
    assert tuple(JOBS) == MODELS
    text = " ".join(filt("ablate", "--help").stdout.split())
    for arm in ARMS:
        assert arm in text
    for job in JOBS.values():
        assert str(job.pictures) in text
        assert f"[default: {job.epochs}]" in text
    assert f"1<=x<={len(HANDCRAFTED)}" in text
    plan = Plan()
    for default in (plan.kernels, plan.size, plan.margin, plan.seeds):
        assert f"default: {default}" in text
