"""The answer says what the figures say, and no more."""

from __future__ import annotations

import numpy as np
import pytest

from filt.learned.kernel_bank import KernelBank
from filt.learned.layer_use import LayerUse
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


SOBEL = np.outer([1.0, 2, 1], [-1, 0, 1])


def noise(count, side=3, seed=5):
    return [*np.random.default_rng(seed).uniform(-1, 1, (count, side, side))]


def bank_of(*taps, **more):
    return KernelBank(np.stack(taps, -1)[:, :, None], name="own", **more)


def slope(side=7, sigma=1.5):
    along = np.arange(side) - side // 2
    window = np.exp(-(along**2) / (2 * sigma**2))
    return np.outer(window, window * along)


def test_one_is_said_in_the_singular():
    """Of one kernel, one found, one left, nothing is said as of several."""
    answer, _ = answer_to(bank_of(SOBEL * 0.2, *noise(15, seed=0)))
    assert answer.headline == "1 of 16 kernels is Sobel itself"
    assert answer.sentences[0] == (
        "1 of 16 kernels is unlike untrained ones: it is nearest to a slope."
    )
    assert answer.sentences[1] == "1 kernel is Sobel, tap for tap."
    assert "the task taught it, nor that it does better" in answer.sentences[2]
    alone, _ = answer_to(bank_of(slope()))
    assert alone.headline == "Not Sobel, but its kind: a slope"
    assert (
        "the slope is like a Gaussian derivative of sigma 1.7 pixels (cosine 0.9"
        in (alone.sentences[1])
    )
    untold, _ = answer_to(bank_of(*noise(1)))
    assert "0 of 1 kernel stands out" in untold.sentences[0]
    assert "median" not in untold.sentences[1]


def test_the_headline_is_of_all_kernels_and_not_of_the_found_alone():
    answer, match = answer_to(bank_of(slope(), *noise(15, 7)))
    assert match.non_random == 1
    assert answer.headline == "Not Sobel; 1 of 16 kernels is a slope"


@pytest.mark.parametrize(
    ("bank", "why"),
    [
        (bank_of(np.zeros((5, 5)), np.zeros((5, 5))), "2 are flat (all taps equal)"),
        (
            KernelBank(
                -np.random.default_rng(0).uniform(0.1, 1, (3, 3, 1, 6)),
                name="dead",
                use=LayerUse(activation="relu"),
            ),
            "6 are dead (no picture gets anything through the ReLU)",
        ),
    ],
)
def test_what_cannot_be_tested_is_not_said_to_be_near_to_anything(bank, why):
    answer, match = answer_to(bank)
    assert match.counted == 0
    assert answer.headline == "None of these kernels can be tested"
    assert why in answer.sentences[0]
    assert "cosine" not in " ".join(answer.sentences)


def test_kernels_that_are_left_out_are_counted():
    faint = [taps * 1e-5 for taps in noise(2, seed=8)]
    answer, match = answer_to(bank_of(*noise(4), *faint))
    assert match.counted == 4
    assert "; 2 more are not tested, being faint." in answer.sentences[0]


def test_a_faint_sobel_is_sobel_all_the_same():
    answer, match = answer_to(bank_of(SOBEL * 1e-5, *noise(4)))
    assert match.non_random == 0
    assert "Yet 1 kernel is Sobel, tap for tap." in answer.sentences[1]


def test_handcrafted_kernels_that_are_not_sobel_are_not():
    answer, _ = answer_to(KernelBank.from_names(["laplacian4", "prewitt-x"]))
    assert "“is it Sobel?” is no:" in answer.sentences[1]
    answer, _ = answer_to(KernelBank.from_names(["sobel-x", "prewitt-x"]))
    assert "“is it Sobel?” is yes for 1 of 2 kernels:" in answer.sentences[1]


def test_slopes_that_are_nearer_to_another_operator_are_not_sobel():
    """Central differences and Prewitt lie at the two ends; Sobel is between, and at neither."""
    wobble = np.array([[0.02, 0, -0.01], [0, 0.01, 0], [-0.02, 0, 0]])
    central = np.outer([0, 1, 0], [-1, 0, 1]) + wobble
    prewitt = np.outer([1, 1, 1], [-1, 0, 1]) + wobble
    answer, match = answer_to(bank_of(central, prewitt))
    assert [kernel.alike for kernel in match.kernels] == [("central",), ("prewitt", "frei-chen")]
    assert answer.sentences[1].startswith("Is it Sobel? No: the slopes are nearer to")
    assert "can't be told apart" not in answer.sentences[1]
    mixed, _ = answer_to(bank_of(central, SOBEL + wobble))
    assert mixed.sentences[1] == (
        "Is it Sobel? 1 of the 2 slopes could be, or as well Scharr or Frei-Chen; the other is"
        " nearer to the central difference."
    )
    assert mixed.headline.startswith("1 of 2 kernels is a slope, as Sobel is one")


def test_a_noisy_sobel_on_more_taps_is_not_denied():
    taps = 0.05 * np.random.default_rng(1).normal(size=(7, 7))
    taps[2:5, 2:5] += SOBEL
    answer, match = answer_to(bank_of(taps))
    assert match.kernels[0].sigma < 1
    assert "Not Sobel" not in answer.headline
    assert answer.sentences[1].startswith("Is it Sobel? Not tap for tap, but it is as fine")


def test_training_on_random_labels_that_gives_none_is_no_argument_against_the_task():
    bank = bank_of(slope(), slope().T)
    fresh = untrained(7, count=2).kernels
    answer, match = answer_to(KernelBank(bank.kernels, name="own", random_labels=fresh))
    assert match.random_labels_non_random == 0
    assert ", though training on labels without meaning gives none, nor" in answer.sentences[2]
    assert "too" not in answer.sentences[2]


def test_all_directions_are_eight():
    taps = [slope() * np.cos(t) + slope().T * np.sin(t) for t in np.arange(7) * np.pi / 4]
    assert "in 7 of eight directions" in answer_to(bank_of(*taps))[0].sentences[1]
    taps.append(slope() - slope().T)
    assert "in all directions" in answer_to(bank_of(*taps))[0].sentences[1]
