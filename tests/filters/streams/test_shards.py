"""Zarr arrays whose chunks lie together in files: the zarr library's own, and damaged ones."""

from __future__ import annotations

import numpy as np
import pytest
from stream_cases import change_json, picture, zipped

from filt.filters.errors import FiltError, ReadError
from filt.filters.files.remote import RemotePath
from filt.filters.streams.formats import open_rows
from filt.filters.streams.zarr_source import zarr_chunk, zarr_layout_of

zarr = pytest.importorskip("zarr")

NOT_THERE = b"\xff" * 8


def save(path, pixels, *, shards, chunks, **more):
    array = zarr.create_array(
        str(path), shape=pixels.shape, dtype=pixels.dtype, chunks=chunks, shards=shards, **more
    )
    array[...] = pixels


def read(path):
    with open_rows(path) as rows:
        return rows[0 : rows.shape[0]]


SIDES = [((83, 61), (40, 45), (10, 15)), ((83, 61, 3), (40, 44, 3), (20, 11, 1))]


@pytest.mark.parametrize(("shape", "shards", "chunks"), SIDES, ids=["grey", "rgb"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize(
    "compressors",
    ["auto", None, [zarr.codecs.ZstdCodec(), zarr.codecs.Crc32cCodec()], zarr.codecs.Crc32cCodec()],
    ids=["zstd", "plain", "zstd checked", "checked"],
)
def test_rows_are_those_of_the_zarr_library(tmp_path, *, shape, shards, chunks, dtype, compressors):
    pixels = picture(shape, dtype)
    save(tmp_path / "a.zarr", pixels, shards=shards, chunks=chunks, compressors=compressors)
    np.testing.assert_array_equal(read(tmp_path / "a.zarr"), pixels)
    with open_rows(tmp_path / "a.zarr") as rows:
        np.testing.assert_array_equal(rows[37:44], pixels[37:44])
    zipped(tmp_path / "a.zarr", tmp_path / "a.zip")
    np.testing.assert_array_equal(read(tmp_path / "a.zip"), pixels)


def test_an_index_before_the_chunks(tmp_path):
    pixels = picture((83, 61), np.uint16)
    codec = zarr.codecs.ShardingCodec(chunk_shape=(10, 15), index_location="start")
    array = zarr.create_array(
        str(tmp_path / "a.zarr"), shape=pixels.shape, dtype="u2", chunks=(40, 45),
        serializer=codec, compressors=None,
    )  # fmt: skip
    array[...] = pixels
    assert zarr_layout_of(tmp_path / "a.zarr", "a").shards.index_first
    np.testing.assert_array_equal(read(tmp_path / "a.zarr"), pixels)


def test_what_was_never_written_has_the_fill_value(tmp_path):
    array = zarr.create_array(
        str(tmp_path / "a.zarr"), shape=(80, 90), dtype="u1", chunks=(10, 15), shards=(40, 45),
        fill_value=7,
    )  # fmt: skip
    array[12:15, 31:40] = 200  # some chunks of one file; the other three are not there
    expected = np.full((80, 90), 7, np.uint8)
    expected[12:15, 31:40] = 200
    assert len([part for part in (tmp_path / "a.zarr").rglob("*") if part.is_file()]) == 2
    np.testing.assert_array_equal(read(tmp_path / "a.zarr"), expected)


def test_one_chunk_alone(tmp_path):
    pixels = picture((83, 61), np.uint8)
    save(tmp_path / "a.zarr", pixels, shards=(40, 45), chunks=(10, 15))
    chunk = zarr_chunk(tmp_path / "a.zarr", (5, 4), "a")
    np.testing.assert_array_equal(chunk, pixels[50:60, 60:61])


def test_in_a_store(tmp_path, store):
    pixels = picture((83, 61), np.uint8)
    save(tmp_path / "a.zarr", pixels, shards=(40, 45), chunks=(10, 15))
    store.put(f"{tmp_path}/a.zarr/", "/a.zarr/", recursive=True)
    np.testing.assert_array_equal(read(RemotePath("memory://a.zarr")), pixels)
    for name in store.find("/a.zarr/c"):
        store.pipe(name, store.cat(name)[-9:])
    with pytest.raises(ReadError, match="truncated or corrupt Zarr"):
        read(RemotePath("memory://a.zarr"))


def damaged(folder, change):
    """An array of one file with four chunks, its bytes changed; their index is the last 68."""
    path = folder / "a.zarr"
    save(path, picture((20, 30), np.uint8), shards=(20, 30), chunks=(10, 15), compressors=None)
    file = path / "c/0/0"
    file.write_bytes(change(file.read_bytes()))
    return path


def reindexed(*entries):
    """The index replaced by these (start, count), with a right checksum."""
    import google_crc32c

    index = np.array(entries, "<u8").tobytes()
    checksum = google_crc32c.value(index).to_bytes(4, "little")
    return lambda data: data[:-68] + index + checksum


DAMAGES = {
    "cut off": lambda data: data[:-1],
    "nothing": lambda data: b"",
    "an index with another checksum": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "a chunk beyond the file": reindexed((0, 150), (150, 150), (300, 150), (1 << 40, 150)),
    "a chunk of too many bytes": reindexed((0, 150), (150, 150), (300, 150), (0, 1 << 40)),
    "a chunk at no place": reindexed((0, 150), (150, 150), (300, 150), ((1 << 64) - 2, 150)),
    "a chunk of too few bytes": reindexed((0, 150), (150, 150), (300, 150), (450, 149)),
}


@pytest.mark.parametrize("change", DAMAGES.values(), ids=list(DAMAGES))
@pytest.mark.parametrize("is_zipped", [False, True], ids=["folder", "zip"])
def test_damaged_ones_are_refused(tmp_path, change, is_zipped):
    path = damaged(tmp_path, change)
    if is_zipped:
        zipped(path, tmp_path / "a.zip")
        path = tmp_path / "a.zip"
    with pytest.raises(ReadError, match=r"truncated or corrupt Zarr|is empty"):
        read(path)


def test_the_same_with_nothing_changed_is_read(tmp_path):
    np.testing.assert_array_equal(read(damaged(tmp_path, bytes)), picture((20, 30), np.uint8))


def test_a_checksum_of_a_chunk_is_looked_at(tmp_path):
    path = tmp_path / "a.zarr"
    save(path, picture((20, 30), np.uint8), shards=None, chunks=(20, 30),
         compressors=zarr.codecs.Crc32cCodec())  # fmt: skip
    data = bytearray((path / "c/0/0").read_bytes())
    data[7] ^= 1
    (path / "c/0/0").write_bytes(data)
    with pytest.raises(ReadError, match="truncated or corrupt Zarr"):
        read(path)


def sharding(**changes):
    configuration = {
        "chunk_shape": [10, 15],
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
        "index_codecs": [
            {"name": "bytes", "configuration": {"endian": "little"}},
            {"name": "crc32c"},
        ],
        "index_location": "end",
    }
    return {"codecs": [{"name": "sharding_indexed", "configuration": {**configuration, **changes}}]}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"chunk_shape": [10, 14]}, "truncated or corrupt"),
        ({"chunk_shape": [10]}, "truncated or corrupt"),
        ({"chunk_shape": [0, 15]}, "truncated or corrupt"),
        ({"index_location": "middle"}, "truncated or corrupt"),
        ({"index_codecs": []}, "codecs"),
        ({"index_codecs": [{"name": "bytes"}, {"name": "gzip"}]}, "an index that is not plain"),
        (sharding()["codecs"][0]["configuration"] | sharding(), "codecs sharding_indexed"),
    ],
)
def test_other_shards_are_refused(tmp_path, changes, said):
    path = damaged(tmp_path, bytes)
    change_json(path / "zarr.json", **sharding(**changes))
    with pytest.raises(ReadError, match=said):
        read(path)


def test_too_many_chunks_in_a_file(tmp_path):
    path = damaged(tmp_path, bytes)
    grid = {"name": "regular", "configuration": {"chunk_shape": [1 << 12, 1 << 12]}}
    change_json(path / "zarr.json", **sharding(chunk_shape=[1, 1]), chunk_grid=grid)
    with pytest.raises(ReadError, match="16777216 chunks in a file"):
        read(path)


def test_what_to_install_is_said(tmp_path, monkeypatch):
    import sys

    path = damaged(tmp_path, bytes)
    monkeypatch.setitem(sys.modules, "google_crc32c", None)
    with pytest.raises(FiltError, match=r"crc32c needs google-crc32c: pip install \"filt\[large\]"):
        read(path)
