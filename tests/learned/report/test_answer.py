"""The answer says what the figures say, and no more."""

from __future__ import annotations

import numpy as np
import pytest

from filt.learned.kernel_bank import KernelBank
from filt.learned.matching.matching import match_bank
from filt.learned.report.answer import answer_of, families_text, moved_cosines
from filt.learned.shipped import shipped_ablations, shipped_bank


def untrained(height=3, channels=1, count=32, seed=3):
    rng = np.random.default_rng(seed)
    return KernelBank(rng.uniform(-0.2, 0.2, (height, height, channels, count)), name="fresh")


def answer_to(bank, ablation=None):
    match = match_bank(bank)
    return answer_of(bank, match, ablation), match


@pytest.mark.parametrize("bank", [untrained(), untrained(7), untrained(3, 3)])
def test_an_untrained_model_has_learned_nothing(bank):
    answer, match = answer_to(bank)
    assert match.non_random == 0
    assert answer.headline.startswith("Nothing learned")
    assert f"0 of {len(bank)} kernels" in answer.sentences[0]
    assert f"{match.chance_median:.2f}" in answer.sentences[1]


def test_pure_sobels_are_sobels():
    answer, _ = answer_to(KernelBank.from_names(["sobel-x", "sobel-y", "sobel-x"]))
    assert answer.headline == "These are Sobel kernels, tap for tap"
    assert "sobel-x (2) and sobel-y" in answer.sentences[0]
    assert "yes" in answer.sentences[1]


def test_their_strength_and_sign_do_not_matter():
    bank = KernelBank.from_names(["sobel-x", "sobel-y"])
    weak = KernelBank(bank.kernels * np.float32(-0.003), name="weak")
    assert answer_to(weak)[0].headline == answer_to(bank)[0].headline


def test_other_handcrafted_kernels_are_named_and_not_called_sobel():
    answer, _ = answer_to(KernelBank.from_names(["laplacian4", "prewitt-x"]))
    assert answer.headline == "These are handcrafted kernels, tap for tap"
    assert "Sobel kernels" not in " ".join(answer.sentences)


def test_what_ships_is_not_sobel_and_the_controls_are_named():
    bank = shipped_bank("learned")
    answer, match = answer_to(bank, shipped_ablations("learned")[0])
    assert match.non_random >= 12
    assert answer.headline.startswith("Not Sobel")
    assert f"{match.non_random} of 16 kernels" in answer.sentences[0]
    assert "(0 before training)" in answer.sentences[0]
    assert f"gives {match.random_labels_non_random} such kernels" in answer.sentences[2]
    contrast = shipped_ablations("learned")[0].contrasts[0]
    assert contrast.verdict in answer.sentences[2]


def test_without_controls_none_is_named():
    bank = KernelBank(shipped_bank("learned").kernels, name="alone")
    answer, _ = answer_to(bank)
    assert "before training" not in answer.sentences[0]
    assert "labels" not in answer.sentences[2]
    assert "nor that they do better than handcrafted ones" in answer.sentences[2]


def test_3x3_slopes_between_operators_are_ties():
    """Halfway between Sobel and Scharr no name can be given."""
    taps = np.outer([1, 2.6, 1], [-1, 0, 1])
    bank = KernelBank(np.stack([taps, taps.T], -1)[:, :, None], name="between")
    answer, _ = answer_to(bank)
    assert "can't be told apart" in answer.sentences[1]
    assert "Sobel" in answer.sentences[1]
    assert "Scharr" in answer.sentences[1]


def test_kernels_of_one_tap_are_not_compared():
    answer, _ = answer_to(KernelBank(np.ones((1, 1, 3, 4)), name="mixes"))
    assert "not compared" in answer.headline


def test_families_are_counted_in_words():
    _, match = answer_to(KernelBank.from_names(["sobel-x", "prewitt-y", "line-v", "laplacian"]))
    assert "2 slopes" in families_text(match, only_found=False)


def test_how_far_kernels_moved_by_hand():
    before = np.array([[1.0, 0.0], [0.0, 2.0]]).reshape(1, 2, 1, 2)
    after = np.array([[1.0, 1.0], [1.0, 1.0]]).reshape(1, 2, 1, 2)
    bank = KernelBank(after, untrained=before)
    np.testing.assert_allclose(moved_cosines(bank), [np.sqrt(0.5), np.sqrt(0.5)])
