"""Which truth belongs to which map, by names alone."""

from __future__ import annotations

import pytest

from filt.filters.errors import FiltError, InputError, ReadError
from filt.filters.scoring.pairing import pair_files


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def make(text):
        """Make empty files, and folders where a name ends in a slash; give their folder."""
        for name in text.split():
            path = tmp_path / name
            if name.endswith("/"):
                path.mkdir(parents=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
        return tmp_path

    return make


def pairs(folder, *predictions, truth="truth"):
    found = pair_files([folder / name for name in predictions or ["maps"]], folder / truth)
    return {
        name: (
            str(file.relative_to(folder)),
            " ".join(str(path.relative_to(folder / truth)) for path in files),
        )
        for name, file, files in zip(found.names, found.maps, found.truths, strict=True)
    }, [path.name for path in found.unused]


def test_every_way_to_have_a_truth(tree):
    folder = tree(
        "maps/a.png maps/b.tif maps/c.npy maps/d.png maps/notes.txt maps/.hidden.png"
        " truth/a.mat truth/b.png truth/c-10.png truth/c-2.png truth/d/x.png truth/d/y.png"
        " truth/e.mat truth/notes.txt"
    )
    found, unused = pairs(folder)
    assert found == {
        "a": ("maps/a.png", "a.mat"),
        "b": ("maps/b.tif", "b.png"),
        "c": ("maps/c.npy", "c-2.png c-10.png"),
        "d": ("maps/d.png", "d/x.png d/y.png"),
    }
    assert unused == ["e.mat"]


def test_a_map_may_carry_its_method_in_its_name(tree):
    folder = tree(
        "maps/a.canny-soft.png maps/b.c.log-soft.png truth/a.mat truth/b.c.mat truth/b.mat"
    )
    found, unused = pairs(folder)
    assert {name: truth for name, (_, truth) in found.items()} == {"a": "a.mat", "b.c": "b.c.mat"}
    assert unused == ["b.mat"]


def test_numbers_are_annotators_unless_maps_have_them(tree):
    folder = tree("maps/a-1.png maps/a-2.png maps/a.png truth/a.png truth/a-1.png truth/a-2.png")
    found, unused = pairs(folder)
    assert {name: truth for name, (_, truth) in found.items()} == {
        "a": "a.png", "a-1": "a-1.png", "a-2": "a-2.png"
    }  # fmt: skip
    assert unused == []


def test_files_and_folders_as_predictions_and_one_file_as_truth(tree):
    folder = tree("maps/a.png b.png truth/a.png truth/b.png one.mat")
    assert list(pairs(folder, "b.png", "maps")[0]) == ["b", "a"]
    found = pair_files([folder / "b.png"], folder / "one.mat")
    assert found.truths == ((folder / "one.mat",),)


@pytest.mark.parametrize(
    ("files", "kind", "says"),
    [
        ("maps/ truth/a.mat", ReadError, "maps: holds no pictures"),
        ("maps/a.txt truth/a.mat", ReadError, "maps: holds no pictures"),
        ("maps/a.png truth/", ReadError, "truth: holds no truth (.mat files or pictures)"),
        ("maps/a.png truth/d/", ReadError, "truth: holds no truth (.mat files or pictures)"),
        ("maps/a.png", ReadError, "truth: no such file or directory"),
        (
            "maps/a.png maps/b.png truth/x.mat truth/y.mat", InputError,
            "truth: no truth has the name of a map: there are truths such as x, maps such as a.png",
        ),
        ("maps/a.png maps/b.png truth/a.mat", ReadError, "maps/b.png: has no truth in truth"),
        (
            "maps/a.x-soft.png maps/a.y-soft.png truth/a.mat", InputError,
            "maps/a.y-soft.png: the truth a belongs to maps/a.x-soft.png already",
        ),
        (
            "maps/a.png truth/a.mat truth/a.png", InputError,
            "a: has several truths: truth/a.mat and truth/a.png",
        ),
        (
            "maps/a.png truth/a-1.png truth/a/x.png", InputError,
            "a: has several truths: truth/a/x.png and truth/a-1.png",
        ),
        (
            "maps/a.png maps/a-1.png truth/a-1.png truth/a-2.png", ReadError,
            "a: its truths belong to other maps",
        ),
        ("maps/a.png maps/b.png truth", InputError, "truth: several maps need a folder of truths"),
    ],
)  # fmt: skip
def test_what_does_not_fit(tree, tmp_path, files, kind, says):
    tree(files)
    with pytest.raises(FiltError) as caught:
        pairs(tmp_path)
    assert isinstance(caught.value, kind)
    assert str(caught.value).replace(f"{tmp_path}/", "") == says
