"""Bank files: what is saved comes back, the same bytes each time, and nothing else is read."""

from __future__ import annotations

import io
import json
import os
import stat
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_builders import damaged

from filt.filters.errors import ModelError, ReadError, WriteError
from filt.learned.files.bank_files import load_bank, save_bank
from filt.learned.files.model_files import list_layers, read_model
from filt.learned.kernel_bank import KernelBank
from filt.learned.layer_use import LayerUse
from filt.learned.provenance import Provenance


def full_bank(seed=0):
    rng = np.random.default_rng(seed)
    shape = (3, 5, 3, 4)
    return KernelBank(
        rng.normal(size=shape),
        name="full ü",
        bias=rng.normal(size=4),
        use=LayerUse((2, 1), "same", (1, 3), "relu", (0.1, 0.2, 0.3), 0.25),
        untrained=rng.normal(size=shape),
        epochs=rng.normal(size=(2, *shape)),
        random_labels=rng.normal(size=shape),
        provenance=Provenance(
            data="leaves",
            data_sha256="ab" * 32,
            seed=3,
            epochs=2,
            accuracy=0.5,
            loss=1 / 3,
            versions=(("filt", "0.1.0"), ("keras", "3.15.1")),
            command="filt train --seed 3",
        ),
    )


def about_of(path):
    with np.load(path) as arrays:
        return json.loads(arrays["about"].tobytes())


def rewritten(path, changes, target):
    """The archive at `path` with members replaced, added, or (None) left out."""
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(target, "w") as changed:
        members = {name: archive.read(name) for name in archive.namelist()} | changes
        for name, data in members.items():
            if data is not None:
                changed.writestr(name, data)
    return target


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def about(path, **changes):
    text = json.dumps({**about_of(path), **changes}).encode()
    return {"about.npy": npy(np.frombuffer(text, np.uint8))}


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "bank.npz"
    save_bank(path, full_bank())
    return path


def test_everything_comes_back(saved):
    bank = load_bank(saved)
    assert bank == full_bank()
    assert bank.provenance == full_bank().provenance
    assert not bank.kernels.flags.writeable
    assert read_model(saved) == bank
    assert read_model(saved, name="x")[1].name == "x:1"
    assert list_layers(saved) == (("full ü", "Conv2D", (3, 5, 3, 4)),)


def test_what_a_bank_does_not_have_is_not_written(tmp_path):
    bank = KernelBank.from_names(["sobel-x", "box-blur:size=5"])
    save_bank(tmp_path / "b.npz", bank)
    with np.load(tmp_path / "b.npz", allow_pickle=False) as arrays:
        assert sorted(arrays) == ["about", "kernels"]
        np.testing.assert_array_equal(arrays["kernels"], bank.kernels)
    assert load_bank(tmp_path / "b.npz") == bank


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.text(max_size=20), st.tuples(*[st.integers(1, 4)] * 4))
def test_any_bank_comes_back(tmp_path_factory, seed, name, shape):
    path = tmp_path_factory.mktemp("any") / "bank.npz"
    bank = KernelBank(np.random.default_rng(seed).normal(size=shape), name=name)
    save_bank(path, bank)
    assert load_bank(path) == bank


def test_the_same_bank_gives_the_same_bytes(saved, tmp_path):
    os.utime(saved, (0, 0))
    again = tmp_path / "another name.npz"
    save_bank(again, load_bank(saved))
    assert again.read_bytes() == saved.read_bytes()
    save_bank(again, full_bank(1))
    assert again.read_bytes() != saved.read_bytes()


def test_the_file_says_what_it_is(saved):
    said = about_of(saved)
    assert (said["format"], said["version"]) == ("filt kernel bank", 1)
    assert said["provenance"]["versions"] == {"filt": "0.1.0", "keras": "3.15.1"}
    assert said["use"]["stride"] == [2, 1]


def test_saving_replaces_whole_or_not_at_all(saved, tmp_path):
    before = saved.read_bytes()
    with pytest.raises(WriteError, match="exists already"):
        save_bank(saved, full_bank(1), clobber=False)
    assert saved.read_bytes() == before
    with pytest.raises(WriteError, match="its folder does not exist"):
        save_bank(tmp_path / "no" / "bank.npz", full_bank())
    assert [path.name for path in tmp_path.iterdir()] == ["bank.npz"]


def test_compressed_archives_are_read_too(saved, tmp_path):
    with np.load(saved) as arrays:
        np.savez_compressed(tmp_path / "small.npz", **arrays)
    assert load_bank(tmp_path / "small.npz") == full_bank()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"kernels.npy": None}, "not a kernel bank: it holds"),
        ({"about.npy": None}, "not a kernel bank: it holds"),
        ({"more.npy": npy(np.ones(3))}, "a kernel bank has no more"),
        ({"kernels.npy": npy(np.ones((3, 5, 3)))}, "kernels must be"),
        ({"kernels.npy": npy(np.full((3, 5, 3, 4), np.nan))}, "kernels must be finite"),
        ({"kernels.npy": npy(np.ones((3, 5, 3, 4)) * 1j)}, "NPY with dtype complex128 is not read"),
        ({"bias.npy": npy(np.ones(5))}, "bias must be"),
        ({"epochs.npy": npy(np.ones((2, 3, 5, 3, 1)))}, "epochs must be"),
        ({"kernels.npy": npy(np.ones((3, 5, 3, 4)))[:-1]}, "kernels: truncated or corrupt NPY"),
        ({"kernels.npy": b""}, "kernels: truncated or corrupt NPY"),
        ({"about.npy": npy(np.ones(3))}, "its text 'about' is not stored as bytes"),
        ({"about.npy": npy(np.frombuffer(b"{", np.uint8))}, "its text 'about' is no JSON"),
        ({"about.npy": npy(np.frombuffer(b"[" * 9999, np.uint8))}, "its text 'about' is no JSON"),
        ({"about.npy": npy(np.frombuffer(b"[]", np.uint8))}, "says something else"),
    ],
)
def test_wrong_members_are_refused(saved, tmp_path, changes, says):
    target = rewritten(saved, changes, tmp_path / "bad.npz")
    with pytest.raises(ModelError, match=says) as caught:
        load_bank(target)
    assert str(caught.value).startswith(str(target) + ": ")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"format": "other"}, "says something else"),
        ({"version": 2}, "a kernel bank of version 2, version 1 is read"),
        ({"version": None}, "a kernel bank of version None"),
        ({"colour": 1}, "too much or too little: colour"),
        ({"name": 3}, "a kernel bank whose name is 3"),
        ({"name": "n" * 5000}, "a kernel bank whose name is nnn"),
        ({"names": ["a"]}, "names must be 4"),
        ({"names": [1, 2, 3, 4]}, "names must be 4"),
        ({"use": {"padding": "full"}}, "padding must be one of"),
        ({"use": {"padding": ["same"]}}, "not a kernel bank"),
        ({"use": {"stride": [10**30, 1]}}, "stride must be at most"),
        ({"use": {"input_scale": [0]}}, "input_scale must not be 0"),
        ({"use": {"spin": 1}}, "not a kernel bank"),
        ({"provenance": {"seed": "x"}}, "seed must be"),
        ({"provenance": {"versions": 3}}, "versions must be an object"),
        ({"provenance": {"loss": float("inf")}}, "loss must be finite"),
        ({"provenance": {"unknown": 1}}, "not a kernel bank"),
    ],
)
def test_wrong_texts_are_refused(saved, tmp_path, changes, says):
    target = rewritten(saved, about(saved, **changes), tmp_path / "bad.npz")
    with pytest.raises(ModelError, match=says):
        load_bank(target)


class Payload:
    """Unpickling this touches a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_pickles_are_not_opened(saved, tmp_path):
    touched = tmp_path / "touched"
    pickled = np.empty(1, dtype=object)
    pickled[0] = Payload(touched)
    target = rewritten(saved, {"kernels.npy": npy(pickled)}, tmp_path / "bad.npz")
    for read in (load_bank, read_model):
        with pytest.raises(ModelError, match="NPY with dtype object is not read"):
            read(target)
    assert not touched.exists()
    np.load(target, allow_pickle=True)["kernels"]
    assert touched.exists(), "the payload is dead, and this test proves nothing"


def test_bombs_are_refused_before_memory_is_spent(saved, tmp_path):
    header = npy(np.zeros((1, 1, 1, 1), np.float32))[:128]
    declared = header.replace(b"(1, 1, 1, 1)", b"(9999,9999,9,9)").replace(b"   \n", b"\n")
    target = rewritten(saved, {"kernels.npy": declared + b"\0" * 64}, tmp_path / "shape.npz")
    with pytest.raises(ModelError, match="kernels: truncated or corrupt NPY"):
        load_bank(target)
    with zipfile.ZipFile(tmp_path / "zip.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("about.npy", about(saved)["about.npy"])
        archive.writestr("kernels.npy", b"\0" * (32 << 20))
    for read in (read_model, load_bank):
        with pytest.raises(ModelError, match="unpack to 33554432: a zip bomb"):
            read(tmp_path / "zip.npz")


def test_no_bank(tmp_path):
    path = tmp_path / "x.npz"
    for data, says in {
        b"no": "not a kernel bank",
        b"PK\3\4": "truncated or corrupt zip archive",
        b"PK\3\4" + b"\0" * 100: "truncated or corrupt zip archive",
    }.items():
        path.write_bytes(data)
        with pytest.raises(ModelError, match=says):
            load_bank(path)
    np.savez(path, a=np.ones(3))
    with pytest.raises(ModelError, match=r"not a kernel bank: it holds a.npy"):
        load_bank(path)


def test_what_is_no_regular_file(tmp_path):
    with pytest.raises(ReadError, match="is a directory"):
        load_bank(tmp_path)
    with pytest.raises(ReadError, match="no such file"):
        load_bank(tmp_path / "missing.npz")
    os.mkfifo(tmp_path / "fifo.npz")
    assert stat.S_ISFIFO((tmp_path / "fifo.npz").stat().st_mode)
    with pytest.raises(ReadError, match="is a FIFO"):
        load_bank(tmp_path / "fifo.npz")


@pytest.mark.parametrize("seed", range(0, 600, 200))
def test_damage_is_an_error_or_does_not_show(saved, tmp_path, seed):
    data, target = saved.read_bytes(), tmp_path / "damaged.npz"
    outcomes = {"read": 0, "refused": 0}
    for number in range(seed, seed + 200):
        target.write_bytes(damaged(data, number))
        try:
            bank = load_bank(target)
        except ModelError:
            outcomes["refused"] += 1
        else:
            outcomes["read"] += 1
            np.testing.assert_array_equal(bank.kernels, full_bank().kernels)
    # Every array has its checksum: what is read is what was saved.
    assert outcomes["refused"] > 150
