"""Training for real, on tiny data: what is kept, what comes again, what goes on after a kill."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from filt.filters.errors import FiltError, InputError, ModelError, WriteError
from filt.learned.data.data_set import DataSet
from filt.learned.data.loading import load_leaves
from filt.learned.files.bank_files import load_bank
from filt.learned.files.edge_files import load_network
from filt.learned.files.model_files import read_model
from filt.learned.training.checkpoints import Figures, State, load_checkpoint, save_checkpoint
from filt.learned.training.course import checkpoint_path
from filt.learned.training.feeding import batches_to_test, random_labels, training_batches
from filt.learned.training.models import FirstLayer
from filt.learned.training.products import learning_curve
from filt.learned.training.settings import Settings, settings_for
from filt.learned.training.training import train

# Keras 3 copies its variables as NumPy 1 did.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

FIRST = FirstLayer(4, 5)
LEAVES = load_leaves(12, 4, size=32)


def bars(count=48):
    """Pictures of 12×12 with a bar, upright (0) or lying (1), among noise: easily learned."""
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


def small(**options):
    return settings_for("small", batch=8, first=FIRST, **{"epochs": 3, **options})


@pytest.fixture
def keras():
    return pytest.importorskip("keras")


def test_every_picture_comes_once_in_the_order_of_its_epoch():
    data = bars()
    batches = list(training_batches(data, data.train_labels, 10, seed=3, epoch=1))
    assert [len(labels) for _, labels in batches] == [10, 10, 10, 2]
    seen = np.concatenate([images for images, _ in batches])
    assert seen.dtype == np.float32
    assert sorted(image.tobytes() for image in np.rint(seen * 255).astype(np.uint8)) == sorted(
        image.tobytes() for image in data.train_images
    )
    again = list(training_batches(data, data.train_labels, 10, seed=3, epoch=1))
    other = list(training_batches(data, data.train_labels, 10, seed=3, epoch=2))
    assert all((a[0] == b[0]).all() for a, b in zip(batches, again, strict=True))
    assert any((a[0] != b[0]).any() for a, b in zip(batches, other, strict=True))


def test_pictures_and_their_lines_are_turned_together():
    """Each picture is its own lines here: they must still agree after whatever happened."""
    lines = np.random.default_rng(2).random((8, 9, 9)) < 0.3
    images = np.where(lines, 255, 0).astype(np.uint8)[..., np.newaxis]
    data = DataSet("a", "b", images, lines, images, lines)
    turned = 0
    for epoch in range(6):
        for shown, wanted in training_batches(data, data.train_labels, 4, seed=0, epoch=epoch):
            np.testing.assert_array_equal(shown > 0.5, wanted == 1)
            turned += any((shown[0] > 0.5).tobytes() != one.tobytes() for one in lines)
            np.testing.assert_allclose(
                shown.min(axis=(1, 2)) + shown.max(axis=(1, 2)), 1, atol=1e-6
            )
    assert turned
    ((shown, wanted),) = batches_to_test(data, 8)
    np.testing.assert_array_equal(shown, wanted)


def test_random_labels_are_the_same_labels_elsewhere():
    data = bars()
    shuffled = random_labels(data, 0)
    assert (shuffled != data.train_labels).any()
    assert np.bincount(shuffled).tolist() == np.bincount(data.train_labels).tolist()
    np.testing.assert_array_equal(random_labels(LEAVES, 0)[0], LEAVES.train_labels[1])
    with pytest.raises(InputError, match="at least 2 pictures"):
        random_labels(data.limited(1), 0)


def test_checkpoints_come_back_whole(tmp_path):
    random = np.random.default_rng(0)
    weights = tuple(random.normal(size=shape).astype(np.float32) for shape in [(3, 3, 1, 2), (2,)])
    state = State(
        weights, (np.array(7), np.float32([1, 2])), weights[:1], 1,
        (Figures(0.5, 0.25), Figures(0.5, 0.25, 0.125, 1.0)),
        weights[0], np.stack([weights[0]] * 2),
    )  # fmt: skip
    made_with = {"seed": 1, "first": {"kernels": 2}}
    path = tmp_path / "a.checkpoint"
    assert load_checkpoint(path, made_with) is None
    save_checkpoint(path, state, made_with)
    read = load_checkpoint(path, made_with)
    assert (read.best_epoch, read.history, read.epoch) == (1, state.history, 2)
    for name in ("weights", "optimiser", "best"):
        for given, expected in zip(getattr(read, name), getattr(state, name), strict=True):
            np.testing.assert_array_equal(given, expected)
            assert given.shape == np.shape(expected)
            assert given.dtype == expected.dtype
    np.testing.assert_array_equal(read.untrained, state.untrained)
    np.testing.assert_array_equal(read.kernels, state.kernels)


def test_checkpoints_of_other_settings_and_other_files_are_refused(tmp_path):
    path = tmp_path / "a.checkpoint"
    save_checkpoint(path, State((), (), ()), {"seed": 1, "batch": 8})
    with pytest.raises(InputError, match=r"a\.checkpoint: was made with batch 8, not 9"):
        load_checkpoint(path, {"seed": 1, "batch": 9})
    np.savez(tmp_path / "b.npz", x=np.zeros(3))
    with pytest.raises(ModelError, match="not a checkpoint of filt"):
        load_checkpoint(tmp_path / "b.npz", {})
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelError, match=r"a\.checkpoint"):
        load_checkpoint(path, {"seed": 1, "batch": 8})


@pytest.mark.keras
def test_a_training_learns_and_keeps_everything(keras, tmp_path):
    data, told = bars(), []
    trained = train(
        small(epochs=6), data, tmp_path / "m", command="the command", report=told.append
    )
    assert trained.finished
    assert {path.name for path, _ in trained.made.files} == {"m.keras", "m.npz", "m.png"}
    assert {path.name for path in tmp_path.iterdir()} == {"m.keras", "m.npz", "m.png"}
    assert trained.state.history[-1].test_accuracy > 0.9
    assert [progress.epoch for progress in told if progress.figures] == [1, 2, 3, 4, 5, 6]
    assert told[-1].seconds_left == 0

    bank = load_bank(tmp_path / "m.npz")
    keras.utils.set_random_seed(0)
    assert bank.kernels.shape == (5, 5, 1, 4)
    assert bank.epochs.shape == (6, 5, 5, 1, 4)
    np.testing.assert_array_equal(bank.epochs[-1], bank.kernels)
    # Glorot's bound for 25 inputs and 100 outputs a tap, a tenth of it.
    assert 0.008 < np.abs(bank.untrained).max() <= 0.1 * np.sqrt(6 / 125)
    assert (bank.untrained != bank.kernels).any()
    assert bank.random_labels is None
    known = bank.provenance
    assert (known.data, known.data_sha256) == ("bars", data.sha256)
    assert (known.seed, known.epochs, known.command) == (0, 6, "the command")
    assert known.accuracy == trained.state.history[-1].test_accuracy
    assert {"keras", "numpy"} <= dict(known.versions).keys()
    assert "parameters" in known.architecture


@pytest.mark.keras
def test_the_figures_are_those_of_the_kept_model(keras, tmp_path):
    """Keras's own evaluation of the model file gives the loss and accuracy that are recorded."""
    data = bars()
    trained = train(small(), data, tmp_path / "m")
    model = keras.models.load_model(tmp_path / "m.keras")
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    shown = data.test_images.astype(np.float32) / 255
    loss, accuracy = model.evaluate(shown, data.test_labels, verbose=0)
    figures = trained.state.history[-1]
    assert figures.test_loss == pytest.approx(loss, rel=1e-5)
    assert figures.test_accuracy == pytest.approx(accuracy)


@pytest.mark.keras
def test_the_bank_is_the_model_s_first_layer(keras, tmp_path):
    data = bars()
    train(small(), data, tmp_path / "m")
    bank, read = load_bank(tmp_path / "m.npz"), read_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(bank.kernels, read.kernels)
    np.testing.assert_array_equal(bank.bias, read.bias)
    model = keras.models.load_model(tmp_path / "m.keras")
    part = keras.Model(model.inputs[0], model.get_layer("bank").output)
    image = data.test_images[0, ..., 0]
    expected = np.asarray(part(image[np.newaxis, ..., np.newaxis].astype(np.float32) / 255))[0]
    np.testing.assert_allclose(bank.apply(image), expected, atol=1e-5)
    np.testing.assert_allclose(read.apply(image), expected, atol=1e-5)


@pytest.mark.keras
def test_edges_leave_a_network_that_needs_no_keras(keras, tmp_path):
    trained = train(settings_for("edges", epochs=1, batch=4, first=FIRST), LEAVES, tmp_path / "e")
    assert {path.name for path, _ in trained.made.files} == {
        "e.keras", "e.npz", "e-edges.npz", "e.png",
    }  # fmt: skip
    network, bank = load_network(tmp_path / "e-edges.npz"), load_bank(tmp_path / "e.npz")
    np.testing.assert_array_equal(network.layers[0].kernels, bank.kernels)
    image = LEAVES.test_images[0, ..., 0] / np.float32(255)
    model = keras.models.load_model(tmp_path / "e.keras")
    expected = np.asarray(model(image[np.newaxis, ..., np.newaxis]))[0, ..., 0]
    np.testing.assert_allclose(network.feature_maps(image)["soft map"], expected, atol=1e-5)
    np.testing.assert_allclose(
        bank.apply(LEAVES.test_images[0, ..., 0]), network.feature_maps(image)["bank"], atol=1e-5
    )
    assert network.notes["data_sha256"] == LEAVES.sha256
    assert bank.provenance.accuracy is None
    assert bank.provenance.loss == trained.state.history[0].test_loss


@pytest.mark.keras
def test_the_same_settings_give_the_same_kernels(keras, tmp_path):
    data = bars()
    for name in ("a", "b"):
        train(small(seed=5), data, tmp_path / name)
    train(small(seed=6), data, tmp_path / "c")
    banks = {name: load_bank(tmp_path / f"{name}.npz") for name in "abc"}
    for field in ("kernels", "bias", "untrained", "epochs"):
        np.testing.assert_array_equal(getattr(banks["a"], field), getattr(banks["b"], field))
        assert (getattr(banks["a"], field) != getattr(banks["c"], field)).any()


@pytest.mark.keras
def test_the_control_run_starts_alike_and_learns_nothing(keras, tmp_path):
    data = bars()
    trained = train(small(epochs=4), data, tmp_path / "m", control=True)
    alone = train(small(epochs=4), data, tmp_path / "alone")
    bank = load_bank(tmp_path / "m.npz")
    np.testing.assert_array_equal(bank.kernels, load_bank(tmp_path / "alone.npz").kernels)
    assert alone.control is None
    np.testing.assert_array_equal(trained.control.untrained, bank.untrained)
    np.testing.assert_array_equal(trained.control.kernels[-1], bank.random_labels)
    assert (bank.random_labels != bank.kernels).any()
    assert trained.control.history[-1].accuracy < trained.state.history[-1].accuracy
    assert "random labels: test accuracy" in bank.provenance.notes


@pytest.mark.keras
def test_a_dense_network_has_no_bank(keras, tmp_path):
    trained = train(settings_for("notes-dnn", epochs=1), bars(), tmp_path / "d")
    assert {path.name for path, _ in trained.made.files} == {"d.keras", "d.png"}
    with pytest.raises(ModelError):
        read_model(tmp_path / "d.keras")


SLOW_TRAINING = """
import sys, time
sys.path[:0] = {paths}
from pathlib import Path
from test_training import bars, small
from filt.learned.training.training import train
train(small(epochs=4), bars(), Path("m"), report=lambda progress: time.sleep(0.5))
"""


def kill_after_an_epoch(folder):
    """A training in a process of its own, killed by the system once it left a checkpoint."""
    here = Path(__file__).parent
    code = SLOW_TRAINING.format(paths=[str(here), str(here.parent)])
    process = subprocess.Popen([sys.executable, "-c", code], cwd=folder)
    try:
        for _ in range(1800):
            if checkpoint_path(folder / "m").exists():
                return
            assert process.poll() is None, "the training ended too early"
            time.sleep(0.05)
        raise AssertionError("the training came to nothing")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.mark.keras
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_after_a_kill_it_goes_on_to_the_same_end(keras, tmp_path):
    """Every byte of the bank and every weight is that of the training that nothing stopped."""
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir()
    broken.mkdir()
    kill_after_an_epoch(broken)
    assert [path.name for path in broken.iterdir()] == ["m.checkpoint"]
    told = []
    train(small(epochs=4), bars(), broken / "m", resume=True, report=told.append)
    assert told[0].epoch > 1
    train(small(epochs=4), bars(), whole / "m")
    assert (broken / "m.npz").read_bytes() == (whole / "m.npz").read_bytes()
    models = [keras.models.load_model(folder / "m.keras") for folder in (whole, broken)]
    for expected, given in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(given, expected)
    assert {path.name for path in broken.iterdir()} == {"m.keras", "m.npz", "m.png"}


def interrupt_at(epoch, *, control=False):
    def report(progress):
        if progress.epoch == epoch and progress.figures and progress.random_labels == control:
            raise KeyboardInterrupt

    return report


@pytest.mark.keras
def test_an_interrupt_keeps_the_best_so_far_and_can_be_resumed(keras, tmp_path):
    data = bars()
    stopped = train(small(epochs=4), data, tmp_path / "m", report=interrupt_at(2))
    losses = [figures.loss for figures in stopped.state.history]
    assert not stopped.finished
    assert stopped.kept == 1 + int(np.argmin(losses))
    bank = load_bank(tmp_path / "m.npz")
    np.testing.assert_array_equal(bank.kernels, stopped.state.kernels[stopped.kept - 1])
    assert bank.provenance.epochs == stopped.kept
    assert checkpoint_path(tmp_path / "m").exists()

    with pytest.raises(InputError, match=r"was made with .*seed 0, not 1"):
        train(small(epochs=4, seed=1), data, tmp_path / "m", resume=True)
    with pytest.raises(InputError, match="data_sha256"):
        train(small(epochs=4), data.limited(20), tmp_path / "m", resume=True)

    resumed = train(small(epochs=4), data, tmp_path / "m", resume=True)
    alone = train(small(epochs=4), data, tmp_path / "alone")
    assert resumed.finished
    assert resumed.state.history == alone.state.history
    np.testing.assert_array_equal(
        load_bank(tmp_path / "m.npz").epochs, load_bank(tmp_path / "alone.npz").epochs
    )


@pytest.mark.keras
def test_an_interrupt_in_the_control_run_keeps_the_run(keras, tmp_path):
    stopped = train(
        small(epochs=2), bars(), tmp_path / "m", control=True, report=interrupt_at(1, control=True)
    )
    assert (stopped.finished, stopped.kept, stopped.control) == (False, 2, None)
    assert load_bank(tmp_path / "m.npz").random_labels is None
    told = []
    train(small(epochs=2), bars(), tmp_path / "m", control=True, resume=True, report=told.append)
    assert {(progress.epoch, progress.random_labels) for progress in told} == {(2, True)}
    train(small(epochs=2), bars(), tmp_path / "alone", control=True)
    resumed, alone = (load_bank(tmp_path / f"{name}.npz") for name in ("m", "alone"))
    np.testing.assert_array_equal(resumed.random_labels, alone.random_labels)


@pytest.mark.keras
def test_an_interrupt_before_anything_is_learned_leaves_nothing(keras, tmp_path, monkeypatch):
    monkeypatch.setattr("filt.learned.training.course.training_batches", _interrupted)
    stopped = train(small(), bars(), tmp_path / "m")
    assert (stopped.finished, stopped.kept, stopped.made.files) == (False, 0, ())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.keras
def test_a_loss_that_is_no_number_ends_the_training(keras, tmp_path):
    wild = settings_for("small", epochs=2, batch=8, first=FirstLayer(4, 5, 1e37))
    with pytest.raises(FiltError, match=r"the training came to nothing: the loss is .* in epoch 1"):
        train(wild, bars(), tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


def _interrupted(*arguments, **options):
    raise KeyboardInterrupt


def test_what_does_not_fit_is_refused_before_training(tmp_path):
    with pytest.raises(InputError, match="small learns classes, and leaves has boundaries"):
        train(small(), LEAVES, tmp_path / "m")
    with pytest.raises(InputError, match="edges learns boundaries, and bars has classes"):
        train(settings_for("edges"), bars(), tmp_path / "m")
    with pytest.raises(WriteError, match="its folder does not exist"):
        train(small(), bars(), tmp_path / "none" / "m")
    with pytest.raises(InputError, match="lenet5 has a first layer of its own"):
        settings_for("lenet5", first=FIRST)
    with pytest.raises(InputError, match="epochs must be at least 1"):
        replace(settings_for("small"), epochs=0)
    with pytest.raises(InputError, match="seed must be below"):
        Settings("small", 1, 1, 2**32)


@pytest.mark.parametrize("control", [None, (Figures(1.0, 1.0, 0.1, 0.1),)])
def test_the_learning_curve_is_a_picture(control):
    import cv2

    history = (Figures(0.9, 0.8, 0.5, 0.6), Figures(0.5, 0.6, 0.7, 0.7))
    made = cv2.imdecode(np.frombuffer(learning_curve(history, control), np.uint8), 1)
    assert made.shape == (360, 1000, 3)
    assert learning_curve(history[:1]) != learning_curve(history)
