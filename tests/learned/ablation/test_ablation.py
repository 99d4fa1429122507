"""Ablations for real, on tiny data: what arms share, what is frozen, what survives a kill."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from filt.filters.errors import InputError, WriteError
from filt.learned.ablation.ablation import ablate
from filt.learned.ablation.contrasts import contrasts, reading
from filt.learned.ablation.plan import JOBS, Plan
from filt.learned.ablation.result_files import load_ablation
from filt.learned.ablation.results import ARMS
from filt.learned.ablation.starting_banks import (
    handcrafted_kernels,
    patch_covariance,
    with_unit_responses,
)
from filt.learned.data.data_set import DataSet
from filt.learned.data.loading import load_leaves
from filt.learned.shipped import shipped_bank
from filt.learned.training.checkpoints import State, load_checkpoint, save_checkpoint
from filt.learned.training.course import Course
from filt.learned.training.models import (
    MODELS,
    FirstLayer,
    GivenKernels,
    bank_layer,
    build_model,
    compile_model,
    give_kernels,
    model_kind,
)
from filt.learned.training.settings import settings_for

# Keras 3 copies its variables as NumPy 1 did.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

LEAVES = load_leaves(12, 4, size=32)
TINY = Plan("small", seeds=2, epochs=1, kernels=3, size=5)


def bars(count=36):
    """Pictures of 12×12 with a bar, upright (0) or lying (1), among noise."""
    random = np.random.default_rng(9)
    images = random.integers(0, 60, (count, 12, 12, 1), np.uint8)
    labels = np.arange(count) % 2
    for image, label in zip(images, labels, strict=True):
        place = int(random.integers(2, 10))
        image[(slice(None), place) if label == 0 else place] = 255
    cut = count * 2 // 3
    return DataSet(
        "bars", "upright or lying", images[:cut], labels[:cut], images[cut:], labels[cut:],
        ("upright", "lying"),
    )  # fmt: skip


@pytest.fixture
def keras():
    return pytest.importorskip("keras")


def course_of(model, data, folder, given=None, epochs=2):
    settings = settings_for(model, epochs=epochs, batch=8, seed=3, first=FirstLayer(4, 5))
    return Course(settings, data, model_kind(model), folder / "m", False, print, given)


@pytest.mark.keras
@pytest.mark.parametrize(("model", "data"), [("edges", LEAVES), ("small", bars())])
def test_frozen_kernels_stay_to_the_bit_and_all_else_is_trained(keras, tmp_path, model, data):
    kernels = handcrafted_kernels(4, 5).astype(np.float32)
    frozen = course_of(model, data, tmp_path, GivenKernels(kernels, frozen=True))
    started = frozen.untrained_model()
    before = started.get_weights()
    assert before[0].shape == kernels.shape
    shapes = [tuple(variable.shape) for variable in started.optimizer.variables]
    assert kernels.shape not in shapes
    state, _ = frozen.run(resume=False)
    np.testing.assert_array_equal(state.untrained, kernels)
    np.testing.assert_array_equal(state.kernels, np.stack([kernels] * 2))
    np.testing.assert_array_equal(state.weights[0], kernels)
    # Every other array of weights moves, the first layer's biases too.
    assert all((a != b).any() for a, b in zip(before[1:], state.weights[1:], strict=True))

    trained = course_of(model, data, tmp_path, GivenKernels(kernels))
    shapes = [tuple(variable.shape) for variable in trained.untrained_model().optimizer.variables]
    assert kernels.shape in shapes
    other, _ = trained.run(resume=False)
    np.testing.assert_array_equal(other.untrained, kernels)
    assert (other.kernels[-1] != kernels).all(axis=(0, 1, 2)).all()


@pytest.mark.keras
@pytest.mark.parametrize(("model", "data"), [("edges", LEAVES), ("small", bars())])
def test_arms_share_all_but_the_first_kernels(keras, tmp_path, model, data):
    plain = course_of(model, data, tmp_path).untrained_model().get_weights()
    given = GivenKernels(np.ones((5, 5, 1, 4)), frozen=True)
    weights = course_of(model, data, tmp_path, given).untrained_model().get_weights()
    np.testing.assert_array_equal(weights[0], 1)
    for one, other in zip(plain[1:], weights[1:], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.keras
def test_kernels_must_be_of_the_layer_s_shape(keras, tmp_path):
    given = GivenKernels(np.ones((5, 5, 1, 3)))
    with pytest.raises(InputError, match=r"kernels must be \(5, 5, 1, 4\), got \(5, 5, 1, 3\)"):
        course_of("small", bars(), tmp_path, given).untrained_model()


@pytest.mark.keras
@pytest.mark.parametrize("name", [name for name, kind in MODELS.items() if kind.adjustable])
def test_a_frozen_layer_agrees_with_keras_s_own_count(keras, name):
    kind = model_kind(name)
    model = build_model(name, (16, 16, 1), 0 if kind.finds_edges else 2, FirstLayer(4, 5))
    count = sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)
    give_kernels(model, kind, GivenKernels(np.zeros((5, 5, 1, 4)), frozen=True))
    compile_model(model, kind, 1)
    left = sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)
    assert count - left == 5 * 5 * 4
    assert bank_layer(model, kind).bias.trainable


@pytest.mark.keras
@pytest.mark.slow
@pytest.mark.parametrize(
    ("plan", "data"),
    [(TINY, bars()), (replace(TINY, model="edges", size=7), LEAVES)],
    ids=["small", "edges"],
)
def test_an_ablation_from_end_to_end(keras, tmp_path, monkeypatch, plan, data):
    """The arms as their checkpoints have them, just before they are removed."""
    states = {}

    def remembered(path):
        states[path.name.removesuffix(".checkpoint")] = path.read_bytes()
        path.unlink()

    monkeypatch.setattr("filt.learned.ablation.ablation.remove_checkpoint", remembered)
    told = []
    made = ablate(plan, data, tmp_path / "a.json", command="the command", report=told.append)
    assert (made.done, made.runs) == (8, 8)
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert load_ablation(tmp_path / "a.json") == made.ablation
    ends = [(now.seed, now.arm) for now in told if now.progress.figures]
    assert ends == [(seed, arm) for seed in (0, 1) for arm in ARMS]
    assert told[-1].seconds_left == 0
    assert [now.number for now in told if now.progress.figures] == list(range(1, 9))

    result = made.ablation
    assert [arm.name for arm in result.arms] == list(ARMS)
    assert result.contrasts == contrasts(result.arms, 0.01)
    assert result.reading.startswith(f"{reading(result.contrasts)} Learned kernels kept a")
    assert (result.pictures, result.tested) == (len(data.train_labels), len(data.test_labels))
    assert result.bank == ("learned" if plan.model == "edges" else "")
    assert result.provenance.command == "the command"
    assert result.provenance.data_sha256 == data.sha256
    assert all(0 <= score <= 1 for arm in result.arms for score in arm.scores)
    assert [bool(arm.losses) for arm in result.arms] == [plan.model == "edges"] * 4

    weights = {}
    for name, content in states.items():
        (tmp_path / name).write_bytes(content)
        with np.load(tmp_path / name) as arrays:
            weights[name] = (arrays["untrained"], arrays["kernels"][-1], arrays["weights-0"])
    scale = 0.25 if plan.model == "edges" else round(float(data.train_images.std()) / 255, 4)
    covariance = patch_covariance(data.train_images / 255 / scale, plan.size)
    unit = with_unit_responses(handcrafted_kernels(3, plan.size), covariance)
    for seed in (0, 1):
        learned, still, hand, then = (weights[f"{arm}-{seed}"] for arm in ARMS)
        np.testing.assert_array_equal(learned[0], still[0])
        np.testing.assert_array_equal(hand[0], then[0])
        np.testing.assert_allclose(hand[0], unit, rtol=1e-5, atol=1e-7)
        for arm, frozen in ((learned, False), (still, True), (hand, True), (then, False)):
            assert (arm[0] == arm[1]).all() == frozen
            flat = arm[0].reshape(-1, 3).astype(np.float64)
            np.testing.assert_allclose(np.diag(flat.T @ covariance @ flat), 1, rtol=1e-4)
    assert (weights["learned-0"][0] != weights["learned-1"][0]).any()


def interrupt_in_run(number):
    def report(now):
        if now.number == number and now.progress.figures:
            raise KeyboardInterrupt

    return report


@pytest.mark.keras
@pytest.mark.slow
def test_an_interrupt_keeps_the_runs_that_are_over(keras, tmp_path):
    data, path = bars(), tmp_path / "a.json"
    stopped = ablate(TINY, data, path, report=interrupt_in_run(3))
    assert (stopped.done, stopped.ablation, path.exists()) == (2, None, False)
    with pytest.raises(InputError, match=r"was made with .*data_sha256"):
        ablate(TINY, data.limited(20), path, resume=True)
    told = []
    resumed = ablate(TINY, data, path, resume=True, report=told.append)
    # Its only epoch was over when the third run was interrupted.
    assert told[0].number == 4
    alone = ablate(TINY, data, tmp_path / "b.json")
    assert resumed.ablation == alone.ablation
    assert path.read_bytes() == (tmp_path / "b.json").read_bytes()
    assert {entry.name for entry in tmp_path.iterdir()} == {"a.json", "b.json"}


@pytest.mark.keras
def test_an_interrupt_before_anything_is_over_leaves_nothing(keras, tmp_path, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("filt.learned.ablation.ablation.patch_covariance", interrupted)
    assert ablate(TINY, bars(), tmp_path / "a.json").done == 0
    assert list(tmp_path.iterdir()) == []


SLOW = """
import sys, time
sys.path[:0] = {paths}
from pathlib import Path
from test_ablation import TINY, bars
from filt.learned.ablation.ablation import ablate
ablate(TINY, bars(), Path("a.json"), report=lambda now: time.sleep(0.5))
"""


@pytest.mark.keras
@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_after_a_kill_it_goes_on_to_the_same_end(keras, tmp_path):
    here = Path(__file__).parent
    code = SLOW.format(paths=[str(here)])
    process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path)
    second = tmp_path / "a.json.runs" / "frozen-random-0.checkpoint"
    try:
        for _ in range(1800):
            if second.exists():
                break
            assert process.poll() is None, "the ablation ended too early"
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not (tmp_path / "a.json").exists()
    told = []
    ablate(TINY, bars(), tmp_path / "a.json", resume=True, report=told.append)
    assert told[0].number > 1
    ablate(TINY, bars(), tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_what_does_not_fit_is_refused_before_training(tmp_path):
    path = tmp_path / "a.json"
    with pytest.raises(InputError, match="small learns classes, and leaves has boundaries"):
        ablate(TINY, LEAVES, path)
    with pytest.raises(InputError, match="edges learns boundaries, and bars has classes"):
        ablate(Plan(), bars(), path)
    with pytest.raises(InputError, match="pictures must be grey, got 3 channels"):
        ablate(TINY, bars().with_channels(3), path)
    with pytest.raises(WriteError, match="its folder does not exist"):
        ablate(TINY, bars(), tmp_path / "none" / "a.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"model": "lenet5"}, "model must be one of edges, small, got 'lenet5'"),
        ({"seeds": 1}, "seeds must be at least 2"),
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"kernels": 17}, "at most 16"),
        ({"size": 3}, "size must be larger for 16"),
        ({"margin": 0}, "margin must be greater than 0"),
    ],
)
def test_plans_out_of_range(bad, said):
    with pytest.raises(InputError, match=said):
        Plan(**bad)


def test_jobs_are_those_of_the_shipped_banks():
    for model, job in JOBS.items():
        known = shipped_bank(job.bank).provenance
        assert known.data == job.data == model_kind(model).data
        assert known.architecture.startswith(f"{model}:")


def test_checkpoints_know_the_kernels_they_were_given(tmp_path):
    """Of one shape, but others: a run must not go on from them."""
    one, other = (
        course_of("small", bars(), tmp_path, GivenKernels(np.full((5, 5, 1, 4), value)))
        for value in (1.0, 2.0)
    )
    save_checkpoint(one.checkpoint, State((), (), ()), one.made_with)
    assert load_checkpoint(one.checkpoint, one.made_with) is not None
    with pytest.raises(InputError, match="was made with given_kernels"):
        load_checkpoint(one.checkpoint, other.made_with)
