"""Results: they come back from their file as they were, and what does not fit is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from filt.filters.errors import InputError, ModelError, ReadError
from filt.learned.ablation.contrasts import contrasts, reading
from filt.learned.ablation.result_files import load_ablation
from filt.learned.ablation.results import (
    ARMS,
    Ablation,
    Arm,
    Contrast,
    ablation_text,
)
from filt.learned.provenance import Provenance


def an_ablation():
    arms = tuple(
        Arm(name, (0.5 + n / 10, 0.6 + n / 9, 0.7), (1.0, 2.0, 3.0) if n else ())
        for n, name in enumerate(ARMS)
    )
    made = contrasts(arms)
    return Ablation(
        "learned", "edges", "leaves", "best F", (0, 1, 5), arms, made, reading(made),
        Provenance(seed=1, versions=(("filt", "0"),)), 3, 100, 10, 16, 7, 0.01,
    )  # fmt: skip


def test_it_comes_back_from_its_file(tmp_path):
    made = an_ablation()
    text = ablation_text(made)
    assert text == ablation_text(an_ablation())
    assert Ablation.from_json(json.loads(text)) == made
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    assert load_ablation(tmp_path / "a.json") == made
    assert made.arm("learned").mean == pytest.approx((0.5 + 0.6 + 0.7) / 3)
    with pytest.raises(InputError, match="got 'x'"):
        made.arm("x")


def without(name):
    return lambda given: {key: value for key, value in given.items() if key != name}


def having(**changes):
    return lambda given: {**given, **changes}


@pytest.mark.parametrize(
    "change",
    [
        lambda given: [given],
        having(format="filt ablation 0"),
        *(without(name) for name in ("format", "seeds", "arms", "contrasts", "margin", "bank")),
        having(more=1),
        having(bank=None),
        having(epochs="3"),
        having(kernels=True),
        having(margin=None),
        having(seeds=[0, 1]),
        having(seeds=[0, 1, 1]),
        having(seeds=[0, 1, 0.5]),
        having(seeds=None),
        having(arms=[]),
        having(arms={"name": "learned"}),
        having(arms=[{"name": "learned", "scores": [1, 2, "3"]}]),
        having(arms=[{"name": "learned", "scores": [1, 2, float("nan")]}], contrasts=[]),
        having(arms=[{"name": "learned", "scores": [1, 2, 3], "losses": [1]}], contrasts=[]),
        having(arms=[{"name": "learned", "scores": [1, 2, 3]}]),
        having(contrasts=[{}]),
        having(provenance={"seed": "x"}),
        having(provenance=None),
    ],
)
def test_other_contents_are_refused(tmp_path, change):
    given = change(an_ablation().as_json())
    with pytest.raises((InputError, TypeError)):
        Ablation.from_json(given)
    (tmp_path / "a.json").write_text(json.dumps(given), encoding="utf-8")
    with pytest.raises(ModelError, match=r"a\.json: not an ablation of filt$"):
        load_ablation(tmp_path / "a.json")


@pytest.mark.parametrize("data", [b"x", b"\xff\xfe", b"[" * 50_000, b"null"])
def test_other_files_are_refused(tmp_path, data):
    (tmp_path / "a.json").write_bytes(data)
    with pytest.raises(ModelError, match="not an ablation of filt"):
        load_ablation(tmp_path / "a.json")
    with pytest.raises(ReadError, match="no such file"):
        load_ablation(tmp_path / "b.json")


def test_parts_must_fit_together():
    made = an_ablation()
    with pytest.raises(InputError, match="learned must have 2 scores, got 3"):
        replace(made, seeds=(0, 1))
    with pytest.raises(InputError, match="must all be different"):
        replace(made, arms=(made.arms[0], made.arms[0]))
    with pytest.raises(InputError, match="contrasts must be of learned, got"):
        replace(made, arms=made.arms[:1])
    with pytest.raises(InputError, match="low <= mean <= high"):
        Contrast("a", "b", 0.5, 0.6, 0.7, 0.01, False, "better")
    with pytest.raises(InputError, match="a must have a score for each seed"):
        Arm("a", ())


def changed(path, value):
    """An ablation's JSON with one value of it set by hand."""

    def change(given):
        *way, last = path
        place = given
        for step in way:
            place = place[step]
        place[last] = value
        return given

    return change


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (changed(["arms", 0, "scores", 0], 0.9), "contrasts must be those of the scores"),
        (changed(["arms", 0, "scores", 0], 1.5), "scores must be from 0 to 1"),
        (changed(["arms", 0, "scores", 0], -3), "scores must be from 0 to 1"),
        (changed(["arms", 0, "scores", 0], 10**400), "not an ablation of filt"),
        (changed(["contrasts", 0, "verdict"], "equivalent"), "contrasts must be those"),
        (changed(["contrasts", 0, "equivalent"], True), "contrasts must be those"),
        (changed(["contrasts", 0, "margin"], 0.5), "contrasts must be those"),
        (changed(["contrasts", 0, "better"], "frozen-random"), "contrasts must be those"),
        (changed(["contrasts"], []), "contrasts must be those"),
        (changed(["margin"], -1), "margin must be greater than 0"),
        (changed(["reading"], "Learned kernels did better."), "reading must be that"),
        (changed(["epochs"], 0), "epochs must be at least 1"),
        (changed(["kernels"], -4), "kernels must be at least 1"),
    ],
)
def test_what_was_set_by_hand_is_refused_in_one_line(tmp_path, change, why):
    path = tmp_path / "edited.json"
    path.write_text(json.dumps(change(json.loads(ablation_text(an_ablation())))))
    with pytest.raises(ModelError, match=why) as caught:
        load_ablation(path)
    assert "\n" not in str(caught.value)
