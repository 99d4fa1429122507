"""Model files flipped, cut and spliced: a bank or a ModelError, in 5 seconds and 500 MB each."""

from __future__ import annotations

import json
import random
import zipfile

import numpy as np
import pytest

from filt.filters.errors import ModelError
from filt.learned.files.model_files import read_model
from filt.learned.shipped import SHIPPED, _path
from fuzz.bounds import MEMORY, SECONDS, bounded
from fuzz.models import archive_of, members, models
from fuzz.mutations import cut, damaged, flipped, spliced
from fuzz.targets import check_model

ARCHIVES = ("keras", "npz", "bank", "network")
EACH = 60


def all_pass(files):
    for data in files:
        bounded(check_model, data)


def test_the_bounds_are_those_that_are_promised():
    assert (SECONDS, MEMORY) == (5, 500_000_000)


@pytest.mark.parametrize("kind", models())
@pytest.mark.parametrize("way", [flipped, cut])
def test_flipped_and_cut(kind, way):
    data = models()[kind]
    all_pass(way(data, random.Random(seed)) for seed in range(EACH))


@pytest.mark.parametrize("kind", models())
def test_spliced_with_every_other_format(kind):
    data = models()[kind]
    all_pass(
        spliced(data, other, random.Random(seed))
        for other in models().values()
        for seed in range(EACH // 6)
    )


@pytest.mark.parametrize("kind", models())
def test_all_of_it_several_times(kind):
    others = tuple(models().values())
    all_pass(damaged(models()[kind], others, seed) for seed in range(EACH))


@pytest.mark.parametrize("kind", ARCHIVES)
@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_inside_archives_whose_checksums_are_right(kind, packing):
    """Damage that no checksum shows: it reaches the readers of the members."""
    parts = members(models()[kind])
    others = [data for one in ARCHIVES for _, data in members(models()[one])]

    def made(seed):
        place = seed % len(parts)
        name, data = parts[place]
        changed = (name, damaged(data, others, seed))
        return archive_of([*parts[:place], changed, *parts[place + 1 :]], packing)

    all_pass(made(seed) for seed in range(EACH))


@pytest.mark.parametrize("kind", ARCHIVES)
def test_members_of_one_in_another(kind):
    """Each member in turn holds what another member, of this archive or of another, holds."""
    parts = members(models()[kind])
    others = [data for one in ARCHIVES for _, data in members(models()[one])]
    all_pass(
        archive_of([*parts[:place], (name, other), *parts[place + 1 :]])
        for place, (name, _) in enumerate(parts)
        for other in (*others, b"", *models().values())
    )


@pytest.mark.parametrize("name", SHIPPED)
def test_the_files_that_ship(name):
    with _path(SHIPPED[name]) as path:
        data = path.read_bytes()
    others = tuple(models().values())
    all_pass(damaged(data, others, seed) for seed in range(EACH // 3))


@pytest.mark.keras
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("ending", [".keras", ".h5", ".weights.h5"])
def test_what_keras_itself_writes(tmp_path, ending):
    keras = pytest.importorskip("keras")
    model = keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(5, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ]
    )
    path = tmp_path / f"real{ending}"
    (model.save_weights if ending == ".weights.h5" else model.save)(path)
    kernels = read_model(path).kernels
    np.testing.assert_array_equal(kernels, model.get_weights()[0])
    data = path.read_bytes()
    others = (data, *models().values())
    refused = 0
    for seed in range(EACH):
        changed = damaged(data, others, seed)
        bounded(check_model, changed)
        path.write_bytes(changed)
        try:
            read_model(path)
        except ModelError:
            refused += 1
    assert refused > EACH / 3


def test_keras_descriptions_of_every_wrong_kind():
    """Every value in a description replaced by one of another kind, checksums right."""
    parts = dict(members(models()["keras"]))
    told = json.loads(parts["config.json"])
    wrong = (None, True, -1, 1 << 80, 1e308, "", "x" * 200, [], [[]], {}, {"class_name": "Conv2D"})

    def files():
        for number, path in enumerate(paths(told)):
            for value in wrong[number % 3 :: 3]:
                text = json.dumps(replaced(told, path, value)).encode()
                yield archive_of([*{**parts, "config.json": text}.items()])

    all_pass(files())


def paths(value, before=()):
    """Where every value inside plain data is."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in inside if isinstance(value, dict | list) else ():
        yield (*before, key)
        if isinstance(one, dict | list):
            yield from paths(one, (*before, key))


def replaced(value, path, new):
    if not path:
        return new
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = replaced(value[path[0]], path[1:], new)
    return copied
