"""What panels draw: the numbers of the matches, at the places that they say."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from filt.filters.errors import InputError
from filt.filters.palette import diverging
from filt.learned.ablation.contrasts import contrasts, reading
from filt.learned.ablation.results import Ablation, Arm
from filt.learned.kernel_bank import KernelBank
from filt.learned.matching.matching import match_bank
from filt.learned.panels.ablation import ablation_panel
from filt.learned.panels.epochs import epochs_panel
from filt.learned.panels.families import families_panel
from filt.learned.panels.kernels import kernels_panel
from filt.learned.panels.orientation import orientation_panel
from filt.learned.panels.plane import peaks_of, plane_panel
from filt.learned.panels.style import mark_of
from filt.learned.panels.subspaces import subspaces_panel
from filt.learned.provenance import Provenance

RNG = np.random.default_rng(8)


def matched(bank):
    return match_bank(bank, samples=2000)


def five(count=6):
    """Slopes, bars and noise of 5×5, in no order, with the same before training."""
    y, x = np.mgrid[-2:3, -2:3]
    window = np.exp(-(x**2 + y**2) / 2)
    shapes = [x * window, (1 - x**2) * window, -y * window, (1 - (x**2 + y**2) / 2) * window]
    shapes += [RNG.normal(size=(5, 5)) for _ in range(count - 4)]
    kernels = np.stack(shapes, axis=-1)[:, :, None]
    return KernelBank(
        kernels,
        "five",
        untrained=RNG.normal(size=kernels.shape),
        epochs=np.stack([kernels + RNG.normal(size=kernels.shape), kernels]),
        random_labels=RNG.normal(size=kernels.shape),
    )


FIVE = five()
MATCH = matched(FIVE)
MATCH_OF_LONG = matched(KernelBank(FIVE.kernels, "long"))
DIRECTIONS = KernelBank.from_names(
    ["sobel-x", "sobel-y", "line-v", "line-h", "laplacian"], name="known"
)


def table(panel):
    return [dict(zip(panel.columns, row, strict=True)) for row in panel.rows]


def marks(axes, family):
    """The points that are drawn with a family's mark: (x, y, filled, alpha)."""
    mark = mark_of(family)
    return [
        (*line.get_xydata()[0], line.get_markerfacecolor() != "none", line.get_alpha())
        for line in axes.lines
        if line.get_marker() == mark.shape and line.get_markeredgecolor() == mark.colour
    ]


def test_families_rows_are_the_match():
    for row, kernel in zip(table(families_panel([MATCH])), MATCH.kernels, strict=True):
        assert row == {
            "bank": "five",
            "kernel": kernel.index,
            "family": kernel.family,
            "cosine": kernel.cosine,
            "untrained": kernel.untrained,
            "chance median": kernel.chance_median,
            "chance 95%": kernel.chance_q95,
            "q": kernel.q,
            "non-random": kernel.non_random,
        }


def test_families_are_drawn_nearest_first_beside_their_chance():
    axes = families_panel([MATCH]).figure.axes[0]
    assert {kernel.family for kernel in MATCH.kernels} >= {"gradient", "centre-surround"}
    assert {kernel.non_random for kernel in MATCH.kernels} == {True, False}
    top = 0.0
    for family, _ in MATCH.families:
        kernels = [kernel for kernel in MATCH.kernels if kernel.family == family]
        drawn = marks(axes, family)
        kernels.sort(key=lambda kernel: -kernel.cosine)
        expected = [(kernel.cosine, kernel.non_random) for kernel in kernels]
        assert [(x, filled) for x, _, filled, _ in drawn] == expected
        heights = [y for _, y, _, _ in drawn]
        assert heights == sorted(heights)
        assert not heights or heights[0] > top
        top = heights[-1] if heights else top
    bands = [band.get_paths()[0].get_extents().x1 for band in axes.collections[::2]]
    shown = [name for name, _ in MATCH.families if marks(axes, name)]
    limits = {kernel.family: kernel.chance_q95 for kernel in MATCH.kernels}
    assert bands == pytest.approx([limits[name] for name in shown])


def test_flat_kernels_are_listed_and_not_drawn():
    kernels = np.concatenate([FIVE.kernels[..., :1], np.ones((5, 5, 1, 1))], axis=3)
    panel = families_panel([matched(KernelBank(kernels, "one flat"))])
    flat = table(panel)[1]
    assert (flat["family"], flat["cosine"], flat["non-random"]) == ("flat", None, False)
    assert "flat 1" in panel.alternative
    assert "flat · 1" in [text.get_text() for text in panel.figure.axes[0].texts]


def test_banks_stand_in_their_own_axes():
    other = matched(DIRECTIONS)
    panel = families_panel([MATCH, other])
    assert [axes.get_title(loc="left") for axes in panel.figure.axes] == ["five", "known"]
    assert [row["bank"] for row in table(panel)] == ["five"] * 6 + ["known"] * 5


def test_the_peak_is_the_largest_of_a_plain_transform():
    taps = RNG.normal(size=(4, 5))
    taps -= taps.mean()

    def answer(fx, fy):
        return abs(
            sum(
                taps[y, x] * cmath.exp(-2j * math.pi * (fx * x + fy * y))
                for y in range(4)
                for x in range(5)
            )
        )

    ((fx, fy),) = peaks_of(taps[:, :, None, None])
    grid = [n / 64 for n in range(-32, 33)]
    assert fx > 0 or (fx == 0 and fy >= 0)
    assert fx in grid
    assert fy in grid
    # Every third frequency is enough to find a larger one, if there were any.
    largest = max(answer(x, y) for x in grid[::3] for y in grid[::3])
    assert answer(fx, fy) >= largest - 1e-9


def test_plane_draws_every_kernel_twice_and_y_points_down():
    panel = plane_panel([DIRECTIONS], [matched(DIRECTIONS)])
    rows = table(panel)
    assert [(row["fx"], row["fy"]) for row in rows[:2]] == [(0.25, 0.0), (0.0, 0.25)]
    assert (abs(rows[4]["fx"]), abs(rows[4]["fy"])) == (0.5, 0.5)
    for row, kernel in zip(rows, matched(DIRECTIONS).kernels, strict=True):
        assert math.hypot(row["fx"], row["fy"]) == pytest.approx(row["frequency"])
        assert (row["frequency"], row["direction"]) == (kernel.frequency, kernel.direction)
    axes = panel.figure.axes[0]
    bottom, top = axes.get_ylim()
    assert (bottom, top) == (0.5, -0.5)
    drawn = {(x, y) for x, y, _, _ in marks(axes, "gradient")}
    assert drawn == {(0.25, 0.0), (-0.25, 0.0), (0.0, 0.25), (0.0, -0.25)}


def test_orientation_points_to_where_it_gets_brighter():
    turned = KernelBank(
        np.concatenate([DIRECTIONS.kernels, -DIRECTIONS.kernels[..., :1]], axis=3), "turned"
    )
    match = matched(turned)
    panel = orientation_panel([turned], [match])
    axes = panel.figure.axes[0]
    bottom, top = axes.get_ylim()
    assert bottom > top
    assert axes.get_xlim()[1] > 0
    rights, downs = np.array([mark[:2] for mark in marks(axes, "gradient")]).T.round(9)
    strength = [match.kernels[index].selectivity for index in (0, 1, 5)]
    assert rights.tolist() == pytest.approx([strength[0], 0, -strength[2]])
    assert downs.tolist() == pytest.approx([0, strength[1], 0])
    bars = np.array([mark[:2] for mark in marks(axes, "bar")])
    assert bars.shape == (4, 2)
    np.testing.assert_allclose(bars[::2], -bars[1::2], atol=1e-12)
    assert abs(bars[0, 0]) == pytest.approx(match.kernels[2].selectivity)
    assert abs(bars[2, 1]) == pytest.approx(match.kernels[3].selectivity)
    for row, kernel in zip(table(panel), match.kernels, strict=True):
        assert (row["direction"], row["selectivity"]) == (kernel.direction, kernel.selectivity)
        assert row["theta"] == (kernel.theta if kernel.family == "gradient" else None)
        assert (row["selectivity"] > row["chance 95%"]) == (row["direction"] is not None)


def test_a_direction_no_surer_than_chance_is_pale():
    match = matched(FIVE)
    axes = orientation_panel([FIVE], [match]).figure.axes[0]
    slopes = [kernel for kernel in match.kernels if kernel.family == "gradient"]
    drawn = marks(axes, "gradient")
    assert [alpha < 0.7 for *_, alpha in drawn] == [one.direction is None for one in slopes]


def test_epochs_are_what_matching_finds_in_each_of_them():
    panel = epochs_panel([FIVE], [MATCH])
    assert panel.columns == ("bank", "kernel", "untrained", "epoch 1", "epoch 2", "random labels")
    stages = (FIVE.untrained, *FIVE.epochs, FIVE.random_labels)
    for column, kernels in enumerate(stages, start=2):
        alone = matched(KernelBank(kernels, "alone"))
        expected = [kernel.best for kernel in alone.kernels]
        assert [row[column] for row in panel.rows] == pytest.approx(expected)
    axes = panel.figure.axes[0]
    middle = max(axes.lines, key=lambda line: line.get_linewidth())
    medians = np.median(np.array([row[2:5] for row in panel.rows]), axis=0)
    np.testing.assert_allclose(middle.get_ydata(), medians)
    assert middle.get_xdata().tolist() == [0, 1, 2]


def test_flat_kernels_have_no_likeness_and_leave_the_median_alone():
    kernels = np.concatenate([FIVE.kernels[..., :1], np.ones((5, 5, 1, 2))], axis=3)
    bank = KernelBank(kernels, "flat", untrained=np.ones((5, 5, 1, 3)))
    panel = epochs_panel([bank], [matched(bank)])
    best = matched(FIVE).kernels[0].best
    assert [row[2] for row in panel.rows] == [None, None, None]
    assert [row[3] for row in panel.rows] == [pytest.approx(best), None, None]
    assert f"{best:.2f} trained" in panel.alternative


def test_long_courses_have_few_ticks():
    epochs = np.repeat(FIVE.kernels[None], 60, axis=0)
    panel = epochs_panel([KernelBank(FIVE.kernels, "long", epochs=epochs)], [MATCH_OF_LONG])
    assert len(panel.columns) == 62
    assert len(panel.figure.axes[0].get_xticks()) <= 7


def test_banks_with_fewer_epochs_have_none_in_the_others():
    short = KernelBank(FIVE.kernels, "short", untrained=FIVE.untrained)
    panel = epochs_panel([short, FIVE], [matched(short), MATCH])
    assert panel.columns[2:] == ("untrained", "epoch 1", "epoch 2", "trained", "random labels")
    first, last = panel.rows[0], panel.rows[-1]
    assert [cell is None for cell in first[2:]] == [False, True, True, False, True]
    assert [cell is None for cell in last[2:]] == [False, False, False, True, False]


def pictures(panel):
    return [np.asarray(image.get_array()) for image in panel.figure.axes[0].images]


@pytest.mark.parametrize("scale", ["each", "common"])
def test_kernels_are_drawn_on_their_scale(scale):
    panel = kernels_panel(FIVE, scale)
    stages = (FIVE.untrained, FIVE.kernels, FIVE.kernels - FIVE.untrained)
    largest = max(np.abs(kernels).max() for kernels in stages)
    expected = [kernels[:, :, 0, index] for index in range(6) for kernels in stages]
    for picture, taps in zip(pictures(panel), expected, strict=True):
        full = largest if scale == "common" else np.abs(taps).max()
        np.testing.assert_array_equal(picture, diverging(taps, float(full)))
    rows = table(panel)
    assert [row["drawn"] for row in rows[:3]] == ["untrained", "trained", "difference"]
    assert [row["largest"] for row in rows] == pytest.approx([np.abs(t).max() for t in expected])
    assert [row["sum"] for row in rows] == pytest.approx([t.sum() for t in expected], abs=1e-5)


def test_numbers_stand_in_their_cells_where_there_is_room():
    panel = kernels_panel(KernelBank.from_names(["sobel-x"]))
    axes = panel.figure.axes[0]
    (left, right, bottom, top) = axes.images[0].get_extent()
    cell = (right - left) / 3
    found = {}
    for text in axes.texts:
        x, y = text.get_position()
        if left < x < right and top < y < bottom:
            found[int((y - top) / cell), int((x - left) / cell)] = text.get_text()
    assert [[found[y, x] for x in range(3)] for y in range(3)] == [
        ["-1", "0", "1"],
        ["-2", "0", "2"],
        ["-1", "0", "1"],
    ]
    many = kernels_panel(KernelBank(RNG.normal(size=(7, 7, 1, 16))))
    assert len(many.figure.axes[0].texts) == 2 * 16


def test_colours_are_drawn_together_and_many_channels_as_what_they_share():
    colour = RNG.uniform(-1, 1, (3, 3, 3, 1))
    (picture,) = pictures(kernels_panel(KernelBank(colour)))
    weights = KernelBank(colour).kernels[..., 0].astype(float)
    expected = 127.5 + 127.5 * weights / np.abs(weights).max()
    np.testing.assert_allclose(picture, expected, atol=0.51)
    deep = RNG.normal(size=(3, 3, 5, 1))
    (picture,) = pictures(kernels_panel(KernelBank(deep)))
    left, _, right = np.linalg.svd(KernelBank(deep).kernels[..., 0].reshape(9, 5).astype(float))
    profile = (left[:, 0] * np.sign(right[0].sum())).reshape(3, 3)
    np.testing.assert_array_equal(picture, diverging(profile, float(np.abs(profile).max())))


def test_only_the_first_64_kernels_are_drawn_and_it_is_said():
    panel = kernels_panel(KernelBank(RNG.normal(size=(3, 3, 1, 70))))
    assert len(pictures(panel)) == len(panel.rows) == 64
    assert "the first 64 of 70" in panel.caption


def frei_chen_edges():
    root = math.sqrt(2)
    masks = [
        [[1, root, 1], [0, 0, 0], [-1, -root, -1]],
        [[1, 0, -1], [root, 0, -root], [1, 0, -1]],
        [[0, -1, root], [1, 0, -1], [-root, 1, 0]],
        [[root, -1, 0], [-1, 0, 1], [0, 1, -root]],
    ]
    return np.array(masks).reshape(4, 9) / math.sqrt(8)


def test_subspaces_are_shares_of_the_energy():
    bank = KernelBank(RNG.normal(size=(3, 3, 1, 5)), "three")
    panel = subspaces_panel([bank])
    found = {(row["share"], row["kernel"]): row for row in table(panel)}
    for index in range(5):
        taps = bank.kernels[:, :, 0, index].astype(float)
        energy = (taps**2).sum()
        edge = ((frei_chen_edges() @ taps.ravel()) ** 2).sum() / energy
        mean = taps.sum() ** 2 / 9 / energy
        centred = taps - taps.mean()
        odd = ((centred - centred[::-1, ::-1]) ** 2).sum() / 4 / (centred**2).sum()
        values = {name: found[name, index]["value"] for name in ("odd", "edge", "line", "mean")}
        expected = {"odd": odd, "edge": edge, "line": 1 - edge - mean, "mean": mean}
        assert values == pytest.approx(expected, abs=1e-5)
        for name in values:
            row = found[name, index]
            is_inside = row["chance 5%"] <= row["value"] <= row["chance 95%"]
            assert row["outside"] == (not is_inside)
    layer = [found["odd", index]["value"] for index in range(5)]
    assert found["odd", None]["value"] == pytest.approx(np.mean(layer))


def test_larger_kernels_have_no_masks_of_frei_and_chen():
    panel = subspaces_panel([FIVE, KernelBank(np.ones((3, 3, 1, 1)), "flat")])
    names = [[row["share"] for row in table(panel) if row["bank"] == bank] for bank in ("five",)]
    assert set(names[0]) == {"odd"}


ARMS = (
    Arm("learned", (0.5, 0.61, 0.7)),
    Arm("frozen-random", (0.4, 0.5, 0.61)),
    Arm("frozen-handcrafted", (0.56, 0.52, 0.75)),
)


def ablation(arms=ARMS, margin=0.01):
    made = contrasts(arms, margin)
    return Ablation(
        "", "small", "leaves", "accuracy", tuple(range(len(arms[0].scores))), arms, made,
        reading(made), Provenance(), 1, 10, 10, 4, 3, margin,
    )  # fmt: skip


def test_ablation_draws_every_score_and_difference():
    given = ablation()
    panel = ablation_panel(given)
    rows = table(panel)
    scores = [(row["name"], row["seed"], row["score or mean"]) for row in rows[:9]]
    assert scores == [(arm.name, n, arm.scores[n]) for arm in ARMS for n in range(3)]
    for row, one in zip(rows[9:], given.contrasts, strict=True):
        assert row["name"] == f"{one.better} - {one.than}"
        assert (row["score or mean"], row["low"], row["high"]) == (one.mean, one.low, one.high)
        assert row["verdict"] == one.verdict
    left, right = panel.figure.axes
    seeds = [line.get_xdata() for line in left.lines if line.get_linestyle() == "-"]
    assert [list(seed) for seed in seeds] == [[arm.scores[n] for arm in ARMS] for n in range(3)]
    means = [line.get_segments()[0][0, 0] for line in left.collections]
    assert means == pytest.approx([np.mean(arm.scores) for arm in ARMS])
    intervals = [line.get_xdata() for line in right.lines if line.get_linestyle() == "-"][::2]
    expected = [(100 * one.low, 100 * one.high) for one in given.contrasts]
    np.testing.assert_allclose(intervals, expected)
    dots = [line for line in right.lines if line.get_marker() == "o"]
    filled = [line.get_markerfacecolor() != "none" for line in dots]
    assert filled == [one.low > 0 or one.high < 0 for one in given.contrasts]
    assert set(filled) == {True, False}
    words = [text.get_text() for text in right.texts]
    assert all(one.verdict in words for one in given.contrasts)


def test_ablation_of_one_arm_has_no_differences():
    panel = ablation_panel(ablation(ARMS[:1]))
    assert len(panel.rows) == 3


def test_the_margin_is_the_grey_band():
    panel = ablation_panel(ablation(margin=0.02))
    band = panel.figure.axes[1].collections[0].get_paths()[0].get_extents()
    assert (band.x0, band.x1) == pytest.approx((-2, 2))
    assert "±2 points" in panel.caption


def test_marks_of_open_kernels_are_not_filled():
    noise = KernelBank(RNG.normal(size=(3, 3, 1, 3)), "noise")
    match = matched(noise)
    axes = families_panel([match]).figure.axes[0]
    assert not any(kernel.non_random for kernel in match.kernels)
    for kernel in match.kernels:
        drawn = marks(axes, kernel.family)
        assert kernel.cosine in [x for x, *_ in drawn]
        assert not any(filled for _, _, filled, _ in drawn)
    assert to_rgba(mark_of("gradient").colour)[3] == 1


@pytest.mark.parametrize("panel", [plane_panel, orientation_panel, epochs_panel])
def test_banks_and_their_matches_belong_together(panel):
    with pytest.raises(InputError, match="at least one bank, got none"):
        panel([], [])
    with pytest.raises(InputError, match="matches must be 2, one for each bank, got 1"):
        panel([FIVE, DIRECTIONS], [MATCH])
    with pytest.raises(InputError, match="of the same banks, got five, known"):
        panel([DIRECTIONS], [MATCH])


def test_no_banks_and_other_scales_are_refused():
    with pytest.raises(InputError, match="at least one"):
        families_panel([])
    with pytest.raises(InputError, match="at least one"):
        subspaces_panel([])
    with pytest.raises(InputError, match="scale must be one of each, common, got 'mine'"):
        kernels_panel(FIVE, "mine")
