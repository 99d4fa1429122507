"""What fuzzing and a close look at the readers found: each input that once came out wrong."""

from __future__ import annotations

import io
import json
import warnings
import zipfile

import numpy as np
import pytest

from filt.filters.errors import ModelError, ReadError
from filt.filters.files.reading import read_npy
from filt.filters.files.taps import read_taps
from filt.learned.files.bank_files import load_bank
from filt.learned.files.edge_files import load_network
from filt.learned.files.model_files import read_model
from fuzz.models import archive_of, members, models


def npy(shape, values=b""):
    """A .npy file that says any shape; NumPy itself writes none that it could not read."""
    said = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\1\0" + len(said).to_bytes(2, "little") + said + values


IMPOSSIBLE = {
    "longer than any axis": npy((2**70, 0)),
    "more axes than NumPy has": npy((1,) * 65, b"\0" * 4),
    "too large but for a zero": npy((2**62, 2**62, 0)),
}


@pytest.mark.parametrize("data", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
class TestShapesThatNoArrayHas:
    """They once ended in NumPy's own ValueError."""

    def test_of_any_array(self, data):
        with pytest.raises(ReadError, match=r"^x: truncated or corrupt NPY$"):
            read_npy(data, "x")

    def test_of_taps(self, tmp_path, data):
        (tmp_path / "x.npy").write_bytes(data)
        with pytest.raises(ReadError, match="truncated or corrupt NPY"):
            read_taps(tmp_path / "x.npy")

    @pytest.mark.parametrize("read", [load_bank, read_model])
    def test_in_a_bank(self, tmp_path, data, read):
        parts = [*members(models()["bank"]), ("untrained.npy", data)]
        (tmp_path / "x.npz").write_bytes(archive_of(parts))
        with pytest.raises(ModelError, match="untrained: truncated or corrupt NPY"):
            read(tmp_path / "x.npz")


class TestHeadersThatNumpyWarnsOf:
    """Its warning once stood on standard error, beside what was read or the line of refusal."""

    def test_one_of_python_2_is_read(self):
        said = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1L, 2L), }"
        data = b"\x93NUMPY\1\0" + len(said).to_bytes(2, "little") + said + bytes(8)
        assert read_npy(data, "x").tolist() == [[0.0, 0.0]]

    @pytest.mark.parametrize("shape", [r"(1, '\d')", "(1, 0or 2)"])
    def test_one_that_python_would_rather_not_have_is_refused(self, shape):
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            with pytest.raises(ReadError, match="truncated or corrupt NPY"):
                read_npy(npy(shape, bytes(8)), "x")
        assert heard == []


class TestEdgeNetworks:
    """Their reader once let pass what zlib, NumPy and Python's tokenizer raise."""

    def refused(self, path, data, says):
        path.write_bytes(data)
        with pytest.raises(ModelError, match=says) as caught:
            load_network(path)
        message = str(caught.value)
        assert message.startswith(f"{path}: ")
        assert message.isprintable()

    def test_a_packed_stream_that_is_damaged(self, tmp_path):
        data = bytearray(models()["network"])
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            member = archive.getinfo("bank/kernels.npy")
        start = member.header_offset + 30 + len(member.filename) + 20
        data[start : start + 40] = b"\xff" * 40
        self.refused(tmp_path / "x.npz", bytes(data), "truncated or corrupt zip archive")

    @pytest.mark.parametrize(
        "text", [npy((10**13,)), b"\x93NUMPY\1\0\x10\0{'descr': (((((\n", b"x"]
    )
    def test_a_text_that_is_none(self, tmp_path, text):
        data = archive_of([("description.npy", text)])
        self.refused(tmp_path / "x.npz", data, "its text description is damaged")

    def test_a_text_with_what_is_no_character(self, tmp_path):
        """NumPy makes a str of any 32 bits; that str then raised SystemError or crashed."""
        text = bytearray(dict(members(models()["network"]))["description.npy"])
        place = text.index("{".encode("utf-32-le"))
        text[place + 80 : place + 84] = b"HEAP"
        data = archive_of([("description.npy", bytes(text))])
        self.refused(tmp_path / "x.npz", data, "its text description is damaged")

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"enlarged": "2"}, "enlarged must be a whole number"),
            ({"margin": -1}, "margin must be at least 0"),
            ({"scale": 0}, "scale must be greater than 0"),
            ({"offset": float("inf")}, "offset must be finite"),
            ({"layers": 3}, "not a whole edge network"),
            ({"format": "x\n" * 999}, "not 'filt edge network 1', got"),
        ],
        ids=str,
    )
    def test_settings_that_no_network_has(self, tmp_path, change, says):
        self.refused(tmp_path / "x.npz", self.changed(lambda told: {**told, **change}), says)

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"stride": 0}, "stride must be at least 1"),
            ({"dilation": "2"}, "dilation must be a whole number"),
            ({"activation": "swish"}, "activation must be one of"),
            ({"inputs": []}, "layer bank must have inputs"),
            ({"inputs": [["picture", float("inf")]]}, "a factor must be a whole number"),
            ({"name": ["bank"]}, "name must be text"),
        ],
        ids=str,
    )
    def test_layers_that_cannot_run(self, tmp_path, change, says):
        def changed(told):
            first, *others = told["layers"]
            return {**told, "layers": [{**first, **change}, *others]}

        self.refused(tmp_path / "x.npz", self.changed(changed), says)

    def changed(self, change):
        parts = dict(members(models()["network"]))
        told = json.loads(str(np.load(io.BytesIO(parts["description.npy"]))))
        file = io.BytesIO()
        np.save(file, np.array(json.dumps(change(told))))
        return archive_of([*{**parts, "description.npy": file.getvalue()}.items()])
