"""The reader of HDF5 against h5py, and against files that no honest writer makes."""

from __future__ import annotations

import io
import struct

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_builders import damaged, hdf5_bytes

from filt.filters.errors import ModelError
from filt.filters.files.disk import Source
from filt.learned.files.hdf5 import open_hdf5


def opened(data):
    return open_hdf5(Source(io.BytesIO(data), len(data)))


def made(write, **options):
    file = io.BytesIO()
    with h5py.File(file, "w", **options) as hdf5:
        write(hdf5)
    return file.getvalue()


NAMES = st.text("abc_019é ", min_size=1, max_size=12).filter(lambda name: name.strip())
SHAPES = st.lists(st.integers(1, 4), max_size=4)
FLOATS = st.sampled_from(["<f2", "<f4", "<f8", ">f2", ">f4", ">f8"])


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.lists(NAMES, min_size=1, max_size=3).map("/".join),
        st.tuples(SHAPES, FLOATS),
        min_size=1,
        max_size=8,
    ),
    st.integers(0, 1000),
)
def test_finds_what_h5py_wrote(described, seed):
    rng = np.random.default_rng(seed)
    paths = [
        path
        for path in described
        if not any(other != path and (other + "/").startswith(path + "/") for other in described)
    ]
    # More than eight names that are not ASCII in a group go into a newer kind of group.
    arrays = {
        path: rng.normal(size=described[path][0]).astype(described[path][1]) for path in paths
    }
    hdf5 = opened(hdf5_bytes(arrays))
    assert set(hdf5.arrays) == set(paths)
    for path, array in arrays.items():
        found = hdf5.array(path)
        assert found.dtype == array.dtype.newbyteorder("=")
        assert found.shape == array.shape
        np.testing.assert_array_equal(found, array)


def test_thousands_of_names_in_one_group_and_long_lists_of_texts():
    arrays = {f"layers/layer_{n:05}/vars/0": np.float32([n]) for n in range(3000)}
    names = [f"layer_{n:05}" for n in range(2500)]
    hdf5 = opened(hdf5_bytes(arrays, [("layers", "names", names), ("", "short", names[:3])]))
    assert set(hdf5.arrays) == set(arrays)
    assert hdf5.array("layers/layer_02999/vars/0") == 2999
    assert hdf5.text("layers", "names") == tuple(names)
    assert hdf5.text("", "short") == tuple(names[:3])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", ("text",)),
        (b"bytes", ("bytes",)),
        ("grün 漢", ("grün 漢",)),
        ("", ("",)),
        (["a", "", "ccc"], ("a", "", "ccc")),
        ([b"a", b"bb"], ("a", "bb")),
        (np.array([b"fixed", b"x"]), ("fixed", "x")),
        (np.bytes_(b"fixed"), ("fixed",)),
        ("x" * 200_000, ("x" * 200_000,)),
        (3.5, None),
        (np.arange(3), None),
    ],
)
def test_attributes_are_texts(value, expected):
    hdf5 = opened(hdf5_bytes({}, [("group", "other", 1), ("group", "said", value)]))
    assert hdf5.text("group", "said") == expected
    assert hdf5.text("group", "missing") is None
    assert hdf5.text("no group", "said") is None


def test_compact_arrays_and_brain_floats():
    def write(hdf5):
        space = h5py.h5s.create_simple((2, 2))
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_layout(h5py.h5d.COMPACT)
        array = h5py.h5d.create(hdf5.id, b"compact", h5py.h5t.IEEE_F32LE, space, plist)
        array.write(h5py.h5s.ALL, h5py.h5s.ALL, np.float32([[1, 2], [3, 4]]))
        hdf5["brain"] = np.array([0x3FC0, 0xC000], "<u2").view("V2")
        hdf5["brain"].attrs["dtype"] = "bfloat16"
        hdf5["opaque"] = np.array([0x3FC0, 0xC000], "<u2").view("V2")

    hdf5 = opened(made(write))
    assert hdf5.array("compact").tolist() == [[1, 2], [3, 4]]
    assert hdf5.array("brain").tolist() == [1.5, -2.0]
    with pytest.raises(ModelError, match="opaque does not hold floating-point numbers"):
        hdf5.array("opaque")


@pytest.mark.parametrize(
    "values",
    [
        np.arange(3),
        np.array([True]),
        np.array(["text"], h5py.string_dtype()),
        np.ones(2, "c8"),
        np.array([b"abc"]),
        np.zeros(2, [("a", "f4"), ("b", "f4")]),
    ],
)
def test_only_floats_are_read(values):
    with pytest.raises(ModelError, match="a does not hold floating-point numbers"):
        opened(hdf5_bytes({"a": values})).array("a")


def test_what_leads_out_of_the_file_is_refused_wherever_it_is(tmp_path):
    secret = tmp_path / "secret.h5"
    secret.write_bytes(hdf5_bytes({"a": np.ones(3)}))
    (tmp_path / "raw").write_bytes(b"\0" * 64)

    def soft(hdf5):
        hdf5["g/link"] = h5py.SoftLink("/a")

    def external(hdf5):
        hdf5["g/link"] = h5py.ExternalLink(str(secret), "/a")

    def virtual(hdf5):
        layout = h5py.VirtualLayout((3,), "f8")
        layout[:] = h5py.VirtualSource(str(secret), "a", (3,))
        hdf5.create_virtual_dataset("g/array", layout)

    def stored_elsewhere(hdf5):
        hdf5.create_dataset("g/array", (4,), "f4", external=[(str(tmp_path / "raw"), 0, 64)])

    for write, says in {
        soft: "g/link is a soft link, which is not followed",
        external: "g/link is an external link, which is not followed",
        virtual: "virtual dataset",
        stored_elsewhere: "g/array keeps its values in another file",
    }.items():
        with pytest.raises(ModelError, match=says):
            opened(made(write))
        for version in ("v108", "latest"):
            with pytest.raises(ModelError):
                opened(made(write, libver=version))


def test_shape_bombs_are_refused_before_memory_is_spent():
    def never_written(hdf5):
        hdf5.create_dataset("a", (1 << 20, 1 << 10), "f4")

    def chunked(hdf5):
        hdf5.create_dataset("a", (1 << 20, 900), "f4", chunks=(1 << 12, 900), compression="gzip")

    def small_never_written(hdf5):
        hdf5.create_dataset("a", (3, 3), "f4")

    for write, says in {
        never_written: r"a of shape \(1048576, 1024\) needs 4294967296 bytes, more than the limit",
        chunked: "needs 3774873600 bytes, more than the limit of 268435456",
        small_never_written: "a announces 36 bytes that the file does not hold",
    }.items():
        hdf5 = opened(made(write))
        with pytest.raises(ModelError, match=says):
            hdf5.array("a")
    small_chunks = hdf5_bytes({"a": np.zeros((64, 64))}, compression="gzip")
    with pytest.raises(ModelError, match="a is stored in chunks"):
        opened(small_chunks).array("a")


def test_circles_end():
    def write(hdf5):
        inner = hdf5.create_group("a/b")
        inner["again"] = hdf5["a"]

    with pytest.raises(ModelError, match="truncated or corrupt HDF5"):
        opened(made(write))


def test_a_header_that_goes_on_in_itself_ends():
    data = bytearray(hdf5_bytes({}, [("a", f"text{n}", "x" * 300) for n in range(9)]))
    # A continuation: kind 16, 16 bytes, no flags; then where it goes on, and how many bytes.
    marks = struct.pack("<HHI", 16, 16, 0)
    place = data.index(marks) + len(marks)
    block = data.index(bytes(data[place : place + 8]))
    assert block == place
    start, extent = struct.unpack_from("<2Q", data, place)
    assert struct.unpack_from("<2Q", data, place) == (start, extent)
    inside = data.find(marks, start, start + extent)
    again = place if inside < 0 else inside + len(marks)
    for where in (start, again - len(marks)):
        changed = bytearray(data)
        struct.pack_into("<2Q", changed, again, where, extent)
        with pytest.raises(ModelError, match="HDF5"):
            opened(bytes(changed))


def test_a_dataset_of_nothing_has_no_values():
    hdf5 = opened(made(lambda hdf5: hdf5.create_dataset("a", data=h5py.Empty("f4"))))
    assert hdf5.arrays["a"].shape == (0,)


@pytest.mark.parametrize("count", [1, 60])
def test_groups_of_another_version_are_refused_with_a_reason(count):
    """As h5py writes them that keep an order, or have many names that are not ASCII."""

    def write(hdf5):
        if count == 1:
            hdf5.create_group("a", track_order=True)
        for number in range(count):
            hdf5[f"a/é{number}"] = np.float32([number])

    with pytest.raises(ModelError, match="of another version than Keras writes"):
        opened(made(write))


def test_the_number_of_groups_and_arrays_is_bounded(monkeypatch):
    monkeypatch.setattr("filt.learned.files.hdf5._MOST_OBJECTS", 20)
    for count in (15, 30):
        data = hdf5_bytes({f"a{number}": np.float32([number]) for number in range(count)})
        if count == 15:
            assert len(opened(data).arrays) == count
        else:
            with pytest.raises(ModelError, match="more groups and arrays than a model has"):
                opened(data)


def test_a_name_told_a_thousand_times_costs_nothing():
    # All entries of a group name one long string: 40 bytes each in the file, much more in memory.
    data = bytearray(hdf5_bytes({f"{'n' * 900}{n}": np.float32([1]) for n in range(8)}))
    place = data.index(b"SNOD") + 8
    for entry in range(8):
        data[place + 40 * entry : place + 40 * entry + 8] = data[place : place + 8]
    found = opened(bytes(data))
    assert len(found.arrays) == 1


def test_a_text_told_a_thousand_times_costs_nothing():
    texts = ["x" * 1_000_003, *["y"] * 3000]
    data = bytearray(hdf5_bytes({}, [("", "names", texts)]))
    first = data.index(struct.pack("<I", 1_000_003))
    for number in range(3001):
        data[first + 16 * number : first + 16 * number + 16] = data[first : first + 16]
    with pytest.raises(ModelError, match="truncated or corrupt HDF5"):
        opened(bytes(data)).text("", "names")


def test_pieces_of_long_lists():
    pieces = [("", f"names{n}", [f"a{n}", "again"]) for n in range(2000)]
    hdf5 = opened(hdf5_bytes({}, pieces))
    assert hdf5.text("", "names") is None
    assert hdf5.texts("", "names")[:4] == ("a0", "again", "a1", "a2")
    assert len(hdf5.texts("", "names")) == 2001
    assert hdf5.texts("", "name") is None
    assert hdf5.texts("", "names7") == ("a7", "again")


def test_newer_versions_are_refused_with_a_reason():
    data = made(lambda hdf5: hdf5.create_dataset("a", data=np.ones(3)), libver="latest")
    with pytest.raises(ModelError, match="of another version than Keras writes is not read"):
        opened(data)


@pytest.mark.parametrize("seed", range(0, 3000, 500))
def test_damage_is_an_error_or_does_not_show(seed):
    names = [f"layer_{n}" for n in range(12)]
    arrays = {
        f"layers/{name}/vars/{n}": np.ones((3, 3, 1, 2), "f4") for name in names for n in range(2)
    }
    texts = [(f"layers/{name}/vars", "name", name) for name in names]
    data = hdf5_bytes(arrays, [*texts, ("", "model_config", "{}" * 500), ("", "names", names)])
    messages = set()
    for number in range(seed, seed + 500):
        try:
            hdf5 = opened(damaged(data, number))
            for path in hdf5.groups:
                hdf5.text(path, "name")
            hdf5.text("", "model_config")
            hdf5.text("", "names")
            for path in hdf5.arrays:
                assert hdf5.array(path).nbytes < 1 << 20
        except ModelError as error:
            messages.add(str(error))
    assert messages
    assert all(len(message) < 300 for message in messages)
