"""The ablations that ship: there without Keras, and their words are those of their figures."""

from __future__ import annotations

from importlib import resources

import pytest

from filt.learned.ablation.contrasts import contrasts, reading
from filt.learned.ablation.plan import JOBS
from filt.learned.ablation.results import ARMS, ablation_text
from filt.learned.shipped import ABLATIONS, NETWORK, SHIPPED, shipped_ablations


def shipped_ablation(bank, kernels):
    (made,) = (made for made in shipped_ablations(bank) if made.kernels == kernels)
    return made


@pytest.mark.parametrize(("bank", "kernels"), ABLATIONS)
def test_they_say_what_their_scores_show(bank, kernels):
    made = shipped_ablation(bank, kernels)
    assert (made.bank, made.kernels, made.size) == (bank, kernels, 7)
    assert [arm.name for arm in made.arms] == list(ARMS)
    assert made.seeds == (0, 1, 2, 3, 4)
    assert made.contrasts == contrasts(made.arms, made.margin)
    assert made.reading.startswith(reading(made.contrasts))


@pytest.mark.parametrize(("bank", "kernels"), ABLATIONS)
def test_they_know_their_past(bank, kernels):
    made, shipped = shipped_ablation(bank, kernels), ABLATIONS[bank, kernels]
    known = made.provenance
    assert known.command == shipped.command
    assert known.data == made.data == JOBS[made.model].data
    assert JOBS[made.model].bank == bank
    assert len(known.data_sha256) == 64
    assert {"keras", "tensorflow"} <= dict(known.versions).keys()
    assert known.epochs == made.epochs
    file = resources.files("filt.learned").joinpath("shipped", shipped.file).read_bytes()
    assert file.decode("utf-8") == ablation_text(made)
    assert len(file) < 10_000
    for path in (b"/tmp", b"/home", b"/work"):
        assert path not in file


def test_other_banks_have_none():
    assert shipped_ablations("learned-notes") == shipped_ablations("elsewhere") == ()
    assert len(shipped_ablations("learned")) == 2
    assert {bank for bank, _ in ABLATIONS} <= SHIPPED.keys() - {NETWORK}
