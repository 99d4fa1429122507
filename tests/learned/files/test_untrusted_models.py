"""Model files from strangers: refused with one line, before memory is spent, and never run."""

from __future__ import annotations

import errno
import io
import json
import os
import struct
import subprocess
import sys
import tracemalloc
import zipfile

import h5py
import numpy as np
import pytest
from model_builders import (
    conv2d,
    damaged,
    hdf5_bytes,
    keras_archive,
    safetensors_bytes,
    sequential,
    small_archive,
)

from filt.filters.errors import FiltError, InputError, ModelError, ReadError
from filt.filters.files.disk import DamagedError, Source
from filt.learned.files.model_files import list_layers, read_model
from filt.learned.files.safetensors import read_header
from filt.learned.files.zip_safety import Part, zip_errors

KERNELS = np.ones((3, 3, 1, 4), np.float32)
ARRAYS = {"layers/conv2d/vars/0": KERNELS, "layers/conv2d/vars/1": np.ones(4, np.float32)}


def refused(path, says, error=ModelError):
    """Refused by both functions with one line that starts with the path; little memory spent."""
    for read in (read_model, list_layers):
        tracemalloc.start()
        try:
            with pytest.raises(error, match=says) as caught:
                read(path)
            spent = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        message = str(caught.value)
        assert message.startswith(f"{path}: ")
        assert "\n" not in message
        assert not message.endswith(".")
        assert len(message) < len(str(path)) + 1500
        assert spent < 50 << 20


def unreadable(path, says):
    """As `refused`, for what only shows when the kernels themselves are read."""
    tracemalloc.start()
    try:
        with pytest.raises(ModelError, match=says) as caught:
            read_model(path)
        assert tracemalloc.get_traced_memory()[1] < 50 << 20
    finally:
        tracemalloc.stop()
    assert str(caught.value).startswith(f"{path}: ")


def write(path, data):
    path.write_bytes(data)
    return path


def archive_of(path, members, packing=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


# ---- what is no model at all ----


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".weights.h5", ".safetensors", ".npz"])
def test_other_files_whatever_they_are_called(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    for data in (b"x", b"no model", b"\0" * 100, b"\x89PNG\r\n\x1a\n" + b"\0" * 50, b"\xff" * 9):
        refused(write(path, data), "not a model of a format that is read")
    refused(write(path, b""), "is empty", ReadError)


def test_what_is_no_regular_file(tmp_path):
    os.mkfifo(tmp_path / "fifo.keras")
    refused(tmp_path / "fifo.keras", "is a FIFO, not a regular file", ReadError)
    refused(tmp_path / "none.keras", "no such file or directory", ReadError)
    (tmp_path / "saved_model").mkdir()
    refused(tmp_path / "saved_model", "is a directory", ReadError)
    (tmp_path / "loop.h5").symlink_to(tmp_path / "loop.h5")
    refused(tmp_path / "loop.h5", "too many levels of symbolic links", ReadError)


def test_names_are_escaped(tmp_path):
    path = write(tmp_path / "two\nlines.keras", b"no model")
    with pytest.raises(ModelError, match=r"two\\nlines.keras: not a model"):
        read_model(path)


def test_a_file_of_gigabytes_is_not_begun(tmp_path):
    path = tmp_path / "large.h5"
    with path.open("wb") as file:
        file.truncate(3 << 30)
    refused(path, "3221225472 bytes are more than the limit of 2147483648")


# ---- zip archives ----


def test_zip_archives_that_are_no_models(tmp_path):
    path = tmp_path / "x.keras"
    refused(archive_of(path, [("a.txt", b"a")]), "a zip archive that is no model: it holds a.txt")
    refused(archive_of(path, []), "a zip archive that is no model: it holds none")
    refused(archive_of(path, [("m/data.pkl", b"a")]), "PyTorch's own format can run code")
    refused(archive_of(path, [("config.json", b"{}")]), "without model.weights.h5: it holds config")
    inner = small_archive_bytes(tmp_path)
    refused(archive_of(path, [("model.keras", inner)]), "no model: it holds model.keras")


def small_archive_bytes(tmp_path):
    small_archive(tmp_path / "inner.keras")
    return (tmp_path / "inner.keras").read_bytes()


def test_zip_bombs(tmp_path):
    packed = zipfile.ZIP_DEFLATED
    path = tmp_path / "x.keras"
    config = json.dumps(sequential([conv2d()]))
    bomb = b"\0" * (48 << 20)
    members = [("config.json", config), ("model.weights.h5", bomb)]
    refused(archive_of(path, members, packed), "unpack to 50331648: a zip bomb")
    members = [("config.json", bomb), ("model.weights.h5", b"")]
    refused(archive_of(path, members, packed), "config.json has 50331648 bytes, more than the limi")
    # Sizes that lie: what is said is small, what comes out is not.
    data = bytearray(archive_of(path, members, packed).read_bytes())
    for signature, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        place = data.index(signature) + offset
        data[place : place + 4] = struct.pack("<I", 1000)
    refused(write(path, bytes(data)), "truncated or corrupt zip archive")


def test_a_stored_size_that_lies(tmp_path):
    small_archive(tmp_path / "x.keras")
    data = bytearray((tmp_path / "x.keras").read_bytes())
    place = data.rindex(b"PK\1\2")
    for size in (1 << 31, 0xFFFFFFFE, 10):
        data[place + 20 : place + 28] = struct.pack("<2I", size, size)
        path = write(tmp_path / "x.keras", bytes(data))
        refused(path, "more than the limit|truncated or corrupt")


def test_a_packed_size_that_lies(tmp_path):
    """What a member unpacks to is as long as its list says, whatever its checksum."""
    for more in (1, 500):
        small_archive(tmp_path / "x.keras", compression=zipfile.ZIP_DEFLATED)
        data = bytearray((tmp_path / "x.keras").read_bytes())
        place = data.rindex(b"PK\1\2") + 24
        size = int.from_bytes(data[place : place + 4], "little")
        data[place : place + 4] = struct.pack("<I", size + more)
        refused(write(tmp_path / "x.keras", bytes(data)), "truncated or corrupt zip archive")


def test_a_member_of_nothing_behind_the_end(tmp_path):
    """The header in front of a member says how far it is to its bytes, and may lie."""
    path = keras_archive(tmp_path / "x.keras", [conv2d()], {}, weights=b"")
    data = bytearray(path.read_bytes())
    place = data.rindex(b"PK\3\4")
    assert data[place + 30 :].startswith(b"model.weights.h5")
    data[place + 28 : place + 30] = b"\xff\xff"
    refused(write(path, bytes(data)), "truncated or corrupt zip archive")


def test_a_disk_that_fails_is_no_damage():
    with pytest.raises(OSError, match="fails"), zip_errors():
        raise OSError(errno.EIO, "fails")
    with pytest.raises(ModelError, match="a reason"), zip_errors():
        raise ModelError("a reason")


def test_a_part_of_a_file_ends_where_it_ends():
    part = Part(io.BytesIO(b"0123456789"), 4, 3)
    assert part.take(0, 4) == b"3456"
    assert part.take(3, 1) == b"6"
    for offset, count in ((0, 5), (4, 1), (-1, 2), (2, -1)):
        with pytest.raises(DamagedError):
            part.take(offset, count)
    with pytest.raises(DamagedError):  # the file is shorter than it was
        Part(io.BytesIO(b"01234"), 4, 3).take(0, 4)


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_packings(tmp_path, packing):
    small_archive(tmp_path / "x.keras", compression=packing)
    refused(tmp_path / "x.keras", "its member config.json is packed in a way that is not read")
    archive_of(tmp_path / "x.npz", [("a.npy", b"\x93NUMPY" * 99)], packing)
    refused(tmp_path / "x.npz", "its member a.npy is packed in a way that is not read")


def test_zip_tricks(tmp_path):
    small_archive(tmp_path / "good.keras")
    with zipfile.ZipFile(tmp_path / "good.keras") as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    path = tmp_path / "x.keras"
    for name in ("../config.json", "/etc/x", "a/../../b", "..\\x", "C:\\x"):
        refused(archive_of(path, [*members, (name, b"x")]), "leads out of the archive")
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive_of(path, [*members, ("config.json", b"{}")])
    refused(path, "two members of the zip archive have one name")
    data = bytearray((tmp_path / "good.keras").read_bytes())
    place = data.index(b"PK\1\2")
    data[place + 8] |= 1
    refused(write(path, bytes(data)), "its member metadata.json is encrypted")


def test_an_endless_list_of_members(tmp_path):
    path = archive_of(tmp_path / "x.keras", [(f"{n:0100}", b"") for n in range(40_000)])
    refused(path, "the zip archive lists more members than a model has")
    # A 64-bit list, which a file of two gigabytes never needs.
    small_archive(tmp_path / "y.keras")
    data = (tmp_path / "y.keras").read_bytes()
    end = data.rindex(b"PK\5\6")
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, 0, 1)
    refused(write(path, data[:end] + locator + data[end:]), "lists more members than a model has")


def test_weights_changed_on_the_way_are_noticed(tmp_path):
    kernels, _ = small_archive(tmp_path / "x.keras")
    data = bytearray((tmp_path / "x.keras").read_bytes())
    data[data.index(kernels.tobytes()) + 7] ^= 1
    refused(write(tmp_path / "x.keras", bytes(data)), "truncated or corrupt zip archive")


# ---- descriptions ----


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'{"a":' * 100_000, "no JSON"),
        (b"9" * 100_000, "no JSON|not that of a Keras model"),
        (b"[]", "not that of a Keras model"),
        (b"null", "not that of a Keras model"),
        (b'{"class_name": 3, "config": {}}', "not that of a Keras model"),
        (b'{"class_name": "Sequential", "config": 3}', "not that of a Keras model"),
        (b'{"class_name": "Sequential", "config": {"layers": [3]}}', "not that of a Keras model"),
        (b'{"class_name": "Sequential", "config": {"layers": [{}]}}', "not that of a Keras model"),
    ],
)
def test_descriptions_that_describe_nothing(tmp_path, config, says):
    refused(keras_archive(tmp_path / "x.keras", [], ARRAYS, config=config), says)


def nested(depth):
    layers = [conv2d()]
    for level in range(depth):
        layers = [sequential(layers, f"m{level}")]
    return layers


def test_models_in_models_in_models(tmp_path):
    arrays = {"layers/sequential/" * 20 + "layers/conv2d/vars/0": KERNELS}
    read = keras_archive(tmp_path / "x.keras", nested(20), arrays)
    with pytest.raises(ModelError, match=r"the weights of m19/m18.* are not in it"):
        read_model(read)
    refused(keras_archive(tmp_path / "x.keras", nested(60), arrays), "not that of a Keras model")


def test_long_names_and_many_layers(tmp_path):
    path = tmp_path / "x.keras"
    name = "n" * 100_000
    refused(keras_archive(path, [conv2d(name)], ARRAYS), "a layer with a name of 100000 characters")
    many = [{"class_name": "Dense", "config": {}}] * 30_000
    refused(keras_archive(path, many, ARRAYS), "more than 20000 layers")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"kernel_size": [5, 5]}, r"conv2d has kernels of shape \(3, 3, 1, 4\), but the model say"),
        ({"filters": 3}, "conv2d has kernels of shape"),
        ({"filters": "4"}, "conv2d does not say how many kernels it has"),
        ({"filters": None}, "conv2d does not say how many kernels it has"),
        ({"kernel_size": ["3", 3]}, "conv2d does not say what size its kernels have"),
        ({"kernel_size": [3, 3, 3]}, "conv2d does not say what size its kernels have"),
        ({"groups": 2}, "conv2d is a grouped convolution, which is not read"),
        ({"groups": "2"}, "conv2d is a grouped convolution"),
        ({"strides": [0, 1]}, "conv2d: stride must be at least 1, got 0"),
        ({"strides": "x"}, "conv2d: 'x' is not one whole number or two"),
        ({"strides": [10**30, 1]}, "conv2d: stride must be at most 1024"),
        ({"dilation_rate": [2**31, 1]}, "conv2d: dilation must be at most 1024"),
        ({"dilation_rate": True}, "conv2d: True is not one whole number or two"),
        ({"padding": "causal"}, "conv2d: padding must be one of valid, same, got 'causal'"),
        ({"padding": ["same"]}, "conv2d: padding must be one of"),
    ],
)
def test_options_that_no_conv2d_has(tmp_path, options, says):
    path = keras_archive(
        tmp_path / "x.keras", [{**conv2d(), "config": {**conv2d()["config"], **options}}], ARRAYS
    )
    unreadable(path, says)


def test_activations_are_names_and_nothing_else(tmp_path):
    given = [
        ("linear", None),
        (None, None),
        ("relu", "relu"),
        ({"class_name": "function", "config": "my_function"}, "my_function"),
        ({"class_name": "LeakyReLU", "config": {}}, "LeakyReLU"),
        ("os.system('x')", "os.system('x')"),
        ({"class_name": ["x"]}, "['x']"),
        (3, "3"),
    ]
    for value, expected in given:
        path = keras_archive(tmp_path / "x.keras", [conv2d(activation=value)], ARRAYS)
        bank = read_model(path)
        assert bank.use.activation == expected
        if expected not in (None, "relu"):
            with pytest.raises(InputError, match="is not one of relu"):
                bank.apply(np.ones((5, 5)))


def test_a_conv2d_of_ones_own_is_not_taken_for_keras_own(tmp_path):
    own = {**conv2d(), "module": "evil.layers"}
    refused_only_read = keras_archive(tmp_path / "x.keras", [own], ARRAYS)
    unreadable(refused_only_read, r"its layers are conv2d \(Conv2D of one's own\)")


def test_hostile_graphs_end(tmp_path):
    def functional(nodes):
        layers = []
        for name, sources in nodes.items():
            tensors = [
                {"class_name": "__keras_tensor__", "config": {"keras_history": [source, 0, 0]}}
                for source in sources
            ]
            kind = conv2d(name) if name == "c" else {"class_name": "X", "config": {"name": name}}
            layers.append({**kind, "inbound_nodes": [{"args": [tensors], "kwargs": {}}]})
        config = {"class_name": "Functional", "config": {"name": "f", "layers": layers}}
        return json.dumps(config).encode()

    graphs = [
        {"a": ["b"], "b": ["a"], "c": ["a"]},
        {"c": ["c"]},
        {"a": ["missing"], "c": ["a"]},
        {"a": ["a", "c"], "c": ["a", "a"]},
    ]
    for graph in graphs:
        path = keras_archive(tmp_path / "x.keras", [], ARRAYS, config=functional(graph))
        assert "several inputs" in read_model(path).provenance.preprocessing
    chain = {f"x{n}": [f"x{n - 1}"] for n in range(1, 5000)}
    config = functional({"x0": [], **chain, "c": ["x4999"]})
    path = keras_archive(tmp_path / "x.keras", [], ARRAYS, config=config)
    assert "x0 (X), x1 (X)" in read_model(path).provenance.preprocessing
    strange = [3, [3], [[3]], [None, None], {}, [{"args": 3}], [[["a"]]], [{"args": [[[[]]]]}]]
    for nodes in strange:
        entry = {**conv2d("c"), "inbound_nodes": nodes}
        config = json.dumps({"class_name": "F", "config": {"layers": [entry]}}).encode()
        assert len(read_model(keras_archive(tmp_path / "x.keras", [], ARRAYS, config=config))) == 4


# ---- HDF5 ----


def test_hdf5_that_leads_out_of_the_file(tmp_path):
    secret = write(tmp_path / "secret.h5", hdf5_bytes({"k": KERNELS}))

    def with_link(link, inside):
        with h5py.File(tmp_path / "w.h5", "w") as file:
            file["layers/conv2d/vars/0"] = KERNELS
            file[inside] = link
        return (tmp_path / "w.h5").read_bytes()

    links = {
        "an external link": h5py.ExternalLink(str(secret), "/k"),
        "a soft link": h5py.SoftLink("/layers/conv2d/vars/0"),
    }
    for says, link in links.items():
        for inside in ("layers/conv2d/vars/1", "elsewhere/x"):
            data = with_link(link, inside)
            says_all = f"{inside} is {says}, which is not followed"
            refused(write(tmp_path / "x.weights.h5", data), says_all)
            path = keras_archive(tmp_path / "x.keras", [conv2d()], {}, weights=data)
            refused(path, says_all)


def test_hdf5_shape_bombs(tmp_path):
    def bomb(**options):
        with h5py.File(tmp_path / "w.h5", "w") as file:
            file.create_dataset("layers/conv2d/vars/0", dtype="f4", **options)
        return (tmp_path / "w.h5").read_bytes()

    bombs = {
        r"of shape \(3, 3, 1, 1073741824\) needs 38654705664 bytes": {"shape": (3, 3, 1, 1 << 30)},
        "announces 144 bytes that the file does not hold": {"shape": (3, 3, 1, 4)},
        "is stored in chunks, which Keras never does": {
            "data": np.zeros((3, 3, 1, 4)),
            "chunks": True,
            "compression": "gzip",
        },
        "more than the limit of 268435456": {
            "shape": (3, 3, 1, 1 << 24),
            "chunks": (3, 3, 1, 1 << 20),
            "compression": "gzip",
            "fillvalue": 1.0,
        },
    }
    for says, options in bombs.items():
        data = bomb(**options)
        unreadable(write(tmp_path / "x.weights.h5", data), says)
        count = options.get("shape", (3, 3, 1, 4))[3]
        layer = conv2d(filters=count, use_bias=False)
        unreadable(keras_archive(tmp_path / "x.keras", [layer], {}, weights=data), says)


def test_hdf5_of_other_values(tmp_path):
    path = tmp_path / "x.weights.h5"
    group = "layers/conv2d/vars/0"
    texts = np.full((3, 3, 1, 4), "text", h5py.string_dtype())
    for values in (texts, KERNELS.astype(int), KERNELS.astype(bool), KERNELS.astype(complex)):
        data = hdf5_bytes({group: values})
        unreadable(write(path, data), f"{group} does not hold floating-point numbers")
    for number in (np.nan, np.inf, -np.inf):
        bad = KERNELS.copy()
        bad[1, 1, 0, 2] = number
        unreadable(write(path, hdf5_bytes({group: bad})), "kernels must be finite in float32")
    unreadable(
        write(path, hdf5_bytes({group: KERNELS * np.float64(1e300)})),
        "kernels must be finite in float32",
    )
    arrays = {group: KERNELS, "layers/conv2d/vars/1": np.full(4, np.nan)}
    unreadable(write(path, hdf5_bytes(arrays)), "bias must be finite")


def test_hdf5_cut_short(tmp_path):
    data = hdf5_bytes(ARRAYS)
    for size in (8, 20, 96, 100, len(data) // 2, len(data) - 1):
        refused(write(tmp_path / "x.weights.h5", data[:size]), "truncated or corrupt HDF5")


# ---- safetensors ----


def header(**tensors):
    return json.dumps(tensors).encode()


def entry(dtype="F32", shape=(1,), offsets=(0, 4)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


@pytest.mark.parametrize(
    ("text", "body", "says"),
    [
        (b"{", b"", "truncated or corrupt safetensors"),
        (b"{}x", b"", "truncated or corrupt safetensors"),
        (b'{"a": 3}', b"", "a is described wrongly"),
        (b'{"a": {}}', b"", "a is described wrongly"),
        (b"{" + b'"a":{' * 100_000, b"", "truncated or corrupt safetensors"),
        (b'{"a": {"x": 1, "x": 1}}', b"", "name one tensor twice"),
        (header(a=entry())[:-1] + b"," + header(a=entry())[1:], b"1234", "name one tensor twice"),
        (header(a=entry(offsets=(0, 5))), b"12345", "a is described wrongly"),
        (header(a=entry(offsets=(4, 0))), b"1234", "a is described wrongly"),
        (header(a=entry(offsets=(-4, 0))), b"1234", "a is described wrongly"),
        (header(a=entry(offsets=(0, 4.0))), b"1234", "a is described wrongly"),
        (header(a=entry(offsets=(0, 4, 8))), b"1234", "a is described wrongly"),
        (header(a=entry(shape=(-1,))), b"1234", "a is described wrongly"),
        (header(a=entry(shape=(True,))), b"1234", "a is described wrongly"),
        (header(a=entry(shape=(1,) * 40)), b"1234", "a is described wrongly"),
        (header(a=entry(shape=(1 << 62, 4), offsets=(0, 16))), b"", "a is described wrongly"),
        (header(a=entry(shape=(1 << 64,))), b"1234", "a is described wrongly"),
        (header(a=entry(dtype="F31")), b"1234", "a is described wrongly"),
        (header(a=entry(dtype=["F32"])), b"1234", "a is described wrongly"),
        (header(a=entry()), b"123", "truncated or corrupt"),
        (header(a=entry()), b"12345", "truncated or corrupt"),
        (header(a=entry(offsets=(4, 8))), b"12345678", "overlap or leave holes"),
        (header(a=entry(), b=entry()), b"1234", "overlap or leave holes"),
        (header(a=entry(), b=entry(shape=(2,), offsets=(2, 10))), b"x" * 10, "overlap or leave"),
        (header(a=entry(), b=entry(offsets=(8, 12))), b"x" * 12, "overlap or leave holes"),
    ],
)
def test_safetensors_that_lie(tmp_path, text, body, says):
    path = write(tmp_path / "x.safetensors", safetensors_bytes({}, header=text) + body)
    refused(path, says)


@pytest.mark.parametrize("text", [b'["a"]', b"3", b"null", b'"{}"'])
def test_a_safetensors_header_names_tensors(text):
    data = safetensors_bytes({}, header=text)
    with pytest.raises(ModelError, match="truncated or corrupt safetensors"):
        read_header(Source(io.BytesIO(data), len(data)))


def test_a_safetensors_file_shorter_than_its_start():
    for count in range(8):
        with pytest.raises(ModelError, match="truncated or corrupt safetensors"):
            read_header(Source(io.BytesIO(bytes(count)), count))


def test_safetensors_header_bombs(tmp_path):
    path = tmp_path / "x.safetensors"
    refused(write(path, struct.pack("<Q", 1 << 62) + b"{}"), "truncated or corrupt safetensors")
    with path.open("wb") as file:
        file.write(struct.pack("<Q", 90 << 20) + b"{")
        file.truncate(100 << 20)
    refused(path, "a safetensors header of 94371840 bytes, the limit is 16777216")


def test_safetensors_of_other_values(tmp_path):
    path = tmp_path / "x.safetensors"
    whole = safetensors_bytes({"a.weight": ("I64", np.ones((4, 1, 3, 3)))})
    unreadable(write(path, whole), "a.weight has dtype I64, not F16, F32, F64, BF16")
    bad = np.ones((4, 1, 3, 3))
    bad[0, 0, 1, 1] = np.nan
    unreadable(write(path, safetensors_bytes({"a.weight": ("F32", bad)})), "must be finite")
    halves = np.full((4, 1, 3, 3), 0x7F80, np.uint16)
    unreadable(write(path, safetensors_bytes({"a.weight": ("BF16", halves)})), "must be finite")
    large = header(**{"a.weight": entry(shape=(1 << 24, 3, 2, 1), offsets=(0, 3 << 27))})
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(large)) + large)
        file.truncate(8 + len(large) + (3 << 27))
    unreadable(path, "a.weight has 402653184 bytes, more than the limit of 268435456")


# ---- damage ----


def samples(tmp_path):
    """A small file of every format."""
    rng = np.random.default_rng(0)
    kernels = rng.normal(size=(3, 3, 1, 4)).astype(np.float32)
    small_archive(tmp_path / "stored.keras")
    small_archive(tmp_path / "packed.keras", compression=zipfile.ZIP_DEFLATED)
    names = [f"conv2d_{n}" for n in range(5)]
    write(
        tmp_path / "a.weights.h5",
        hdf5_bytes(
            {f"layers/{name}/vars/0": kernels for name in names},
            [(f"layers/{name}/vars", "name", name) for name in names],
        ),
    )
    write(
        tmp_path / "whole.h5",
        hdf5_bytes(
            {"model_weights/c/c/kernel:0": kernels, "model_weights/c/c/bias:0": kernels[0, 0, 0]},
            [
                ("model_weights/c", "weight_names", ["c/kernel:0", "c/bias:0"]),
                ("model_weights", "layer_names", ["c"]),
                ("", "model_config", json.dumps(sequential([conv2d("c", activation="relu")]))),
            ],
        ),
    )
    tensors = {
        "c.weight": ("F32", kernels.transpose(3, 2, 0, 1)),
        "c.bias": ("F32", kernels[0, 0, 0]),
    }
    write(tmp_path / "a.safetensors", safetensors_bytes(tensors, metadata={"format": "pt"}))
    np.savez(tmp_path / "plain.npz", **{"c/kernel": kernels, "c/bias": kernels[0, 0, 0]})
    np.savez_compressed(tmp_path / "packed.npz", **{"c/kernel": kernels})


FILES = [
    "stored.keras",
    "packed.keras",
    "a.weights.h5",
    "whole.h5",
    "a.safetensors",
    "plain.npz",
    "packed.npz",
]


@pytest.mark.parametrize("name", FILES)
def test_damage_is_an_error_or_does_not_show(tmp_path, name):
    samples(tmp_path)
    good = read_model(tmp_path / name)
    assert good.kernels.shape == (3, 3, 1, 4)
    data = (tmp_path / name).read_bytes()
    target = tmp_path / f"damaged {name}"
    outcomes = {"read": 0, "refused": 0}
    for seed in range(600):
        target.write_bytes(damaged(data, seed))
        try:
            bank = read_model(target)
        except ModelError:
            outcomes["refused"] += 1
            continue
        outcomes["read"] += 1
        assert np.isfinite(bank.kernels).all()
        if "keras" in name or "npz" in name:  # these have checksums
            np.testing.assert_array_equal(bank.kernels, good.kernels)
    assert outcomes["refused"] > 100


@pytest.mark.parametrize("name", FILES)
def test_every_cut_is_noticed(tmp_path, name):
    samples(tmp_path)
    data = (tmp_path / name).read_bytes()
    for size in range(1, len(data), max(1, len(data) // 150)):
        with pytest.raises(FiltError):
            read_model(write(tmp_path / "cut", data[:size]))


def test_damaged_descriptions(tmp_path):
    """Flips inside the JSON, past every checksum."""
    layers = [
        {"class_name": "Rescaling", "config": {"name": "r", "scale": 0.5, "offset": -1.0}},
        conv2d(strides=[1, 1], padding="same", activation="relu", dilation_rate=[1, 1]),
    ]
    config = json.dumps(sequential(layers)).encode()
    for seed in range(600):
        path = keras_archive(tmp_path / "x.keras", [], ARRAYS, config=damaged(config, seed))
        try:
            assert read_model(path).kernels.shape == (3, 3, 1, 4)
        except ModelError:
            continue


def test_one_line_on_the_outside(tmp_path):
    """No warning, no library's chatter: only the error, in a fresh process."""
    path = write(tmp_path / "x.weights.h5", hdf5_bytes(ARRAYS)[:-100])
    source = (
        "import sys\nfrom filt.learned.files.model_files import read_model\n"
        "try:\n    read_model(sys.argv[1])\nexcept ValueError as error:\n    print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", source, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{path}: truncated or corrupt HDF5\n"
    assert done.stderr == ""
