"""ODS, OIS and AP: by hand on two tiny pictures, and against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching
from skimage.morphology import thin

from filt.filters.errors import FiltError, InputError
from filt.filters.scoring.score import score_edges

pytest.importorskip("numba")

# Two pictures of one row. With no tolerance a pixel matches itself alone:
#            first picture          second     together
# threshold  correct/found recalled            precision  recall
# 0.25       3/4           4 of 4   1/4 1 of 2    4/8      5/6
# 0.5        2/2           3 of 4   1/4 1 of 2    3/6      4/6
# 0.75       1/1           1 of 4   1/1 1 of 2    2/2      2/6
SOFT = ([[0.8, 0.6, 0.3, 0, 0.3, 0]], [[0.6, 0.6, 0.6, 0.9, 0]])
TRUTH = (([[1, 1, 0, 0, 0, 0]], [[0, 1, 1, 0, 0, 0]]), ([[0, 0, 0, 1, 1]],))
BY_HAND = {"thresholds": 3, "tolerance": 0, "thin": False}


def test_the_curve_by_hand():
    curve = score_edges(SOFT, TRUTH, **BY_HAND).curve
    np.testing.assert_allclose(curve.thresholds, [0.25, 0.5, 0.75])
    np.testing.assert_allclose(curve.precision, [4 / 8, 3 / 6, 2 / 2])
    np.testing.assert_allclose(curve.recall, [5 / 6, 4 / 6, 2 / 6])
    np.testing.assert_allclose(curve.f, [0.625, 4 / 7, 0.5])


def test_the_figures_by_hand():
    score = score_edges(SOFT, TRUTH, **BY_HAND, names=["a", "b"])
    assert score.ods == pytest.approx(0.625)
    assert score.dataset.threshold == 0.25
    # The first picture at 0.25 (as good as at 0.5), the second at 0.75: 4/5 and 5/6.
    assert score.ois == pytest.approx(2 * 0.8 * (5 / 6) / (0.8 + 5 / 6))
    assert score.image.threshold is None
    assert [(one.name, one.best.threshold) for one in score.images] == [("a", 0.25), ("b", 0.75)]
    assert [one.best.f for one in score.images] == pytest.approx([6 / 7, 2 / 3])
    # Precision falls from 1 to 0.5 over recalls 0.34 to 0.66 (33 of them, 0.75 on average), and
    # is 0.5 at the 17 from 0.67 to 0.83.
    assert score.ap == pytest.approx((33 * 0.75 + 17 * 0.5) / 100)


def test_ranks_by_hand():
    """The ranks of 0.3, 0.6, 0.8, 0.9 are 0.09, 0.37, 0.5 and 1: 6, 2, 1, 0 of 8 are larger."""
    ranked = score_edges(SOFT, TRUTH, **BY_HAND).ranked
    np.testing.assert_allclose(ranked.curve.thresholds, [0.25, 0.5, 0.75])
    np.testing.assert_allclose(ranked.curve.precision, [3 / 6, 2 / 2, 1])
    np.testing.assert_allclose(ranked.curve.recall, [4 / 6, 2 / 6, 1 / 6])


def test_the_best_point_may_lie_between_thresholds():
    """From precision 0.2 and recall 1 to precision 1 and recall 0.2, F is largest half-way."""
    soft = np.full((1, 25), 0.4)
    soft[0, 0] = 1
    truth = np.zeros((1, 25))
    truth[0, :5] = 1
    score = score_edges([soft], [[truth]], thresholds=2, tolerance=0, thin=False)
    np.testing.assert_allclose(score.curve.f, [1 / 3, 1 / 3])
    assert score.ods == pytest.approx(0.6, abs=1e-4)
    assert score.dataset.threshold == pytest.approx(0.5, abs=0.01)
    assert score.ois == pytest.approx(1 / 3)


def lines(seed, shape=(40, 53)):
    """A soft map of noise, thicker than a line, and a truth that is near it."""
    random = np.random.default_rng(seed)
    truth = np.zeros(shape, bool)
    truth[random.integers(5, 35), 3:48] = truth[4:36, random.integers(5, 48)] = True
    soft = random.random(shape) ** 4
    soft[np.roll(truth, (1, 1), (0, 1))] += 0.4
    soft[np.roll(truth, (2, 1), (0, 1))] += 0.4
    return np.clip(soft, 0, 1), truth


def plain_counts(edges, truth, radius):
    here, there = np.argwhere(thin(edges)), np.argwhere(truth)
    near = ((here[:, np.newaxis] - there) ** 2).sum(-1) <= radius**2
    pairs = (maximum_bipartite_matching(csr_array(near)) >= 0).sum() if near.size else 0
    return pairs, len(here), len(there)


def test_against_plain_loops():
    pictures = [lines(seed) for seed in range(3)]
    softs, truths = zip(*((soft, [truth]) for soft, truth in pictures), strict=True)
    score = score_edges(softs, truths, tolerance=0.03)
    assert score.ods > 0.3
    radius = 0.03 * np.hypot(40, 53)
    for index, threshold in enumerate(np.arange(1, 34) / 34):
        counts = [plain_counts(soft >= threshold, truth, radius) for soft, truth in pictures]
        pairs, found, true = np.sum(counts, axis=0)
        assert score.curve.precision[index] == pytest.approx(pairs / max(found, 1))
        assert score.curve.recall[index] == pytest.approx(pairs / true)


def test_recall_is_summed_over_annotators_and_precision_is_of_their_union():
    soft = np.zeros((3, 30))
    soft[1, 5:25] = 1
    first, second = np.zeros((2, 3, 30))
    first[1, 5:15], second[1, 10:25] = 1, 1
    nobody = np.zeros((3, 30))
    (point,) = (one.best for one in score_edges([soft], [[first, second]], tolerance=0).images)
    assert (point.precision, point.recall) == (1, 1)
    score = score_edges([soft], [[first, nobody]], tolerance=0)
    assert (score.dataset.precision, score.dataset.recall) == (0.5, 1)
    score = score_edges([soft], [[first, soft]], tolerance=0)
    assert (score.dataset.precision, score.dataset.recall) == (1, 1)


def test_a_perfect_map_has_1():
    truths = [lines(seed)[1] for seed in range(4)]
    truths = [thin(truth) for truth in truths]
    levels = [truth * np.linspace(0.01, 1, truth.shape[1]) for truth in truths]
    score = score_edges(levels, [[truth] for truth in truths], thresholds=99)
    assert score.curve.precision[score.curve.recall > 0].min() == 1
    assert score.ap > 0.95
    score = score_edges([truth * 1.0 for truth in truths], [[truth, truth] for truth in truths])
    assert (score.ods, score.ois, score.ranked.ods) == (1, 1, 1)
    assert score.ap == 0  # one point: no area


def test_an_empty_map_and_an_empty_truth():
    soft, truth = lines(1)
    score = score_edges([np.zeros_like(soft)], [[truth]])
    assert (score.ods, score.ois, score.ap, score.ap_ranked) == (0, 0, 0, 0)
    score = score_edges([soft], [[np.zeros_like(truth)]])
    assert (score.ods, score.ois, score.ap, score.ap_ranked) == (0, 0, 0, 0)
    # Beside another picture they count by their pixels.
    both = score_edges([soft, np.zeros_like(soft)], [[truth], [truth]], ranks=False)
    alone = score_edges([soft], [[truth]], ranks=False)
    np.testing.assert_allclose(both.curve.precision, alone.curve.precision)
    np.testing.assert_allclose(both.curve.recall, alone.curve.recall / 2)


def test_no_change_of_scale_alters_the_score_by_rank():
    softs, truths = zip(*(lines(seed) for seed in range(3)), strict=True)
    truths = [[truth] for truth in truths]
    one = score_edges(softs, truths, tolerance=0.03)
    other = score_edges([soft**2 / 40 for soft in softs], truths, tolerance=0.03)
    assert other.ods == 0
    assert one.ods > 0.3
    np.testing.assert_allclose(other.ranked.curve.recall, one.ranked.curve.recall, atol=0.02)
    assert other.ranked.ods == pytest.approx(one.ranked.ods, abs=0.005)
    assert other.ap_ranked == pytest.approx(one.ap_ranked, abs=0.01)


def test_what_equals_a_threshold_is_an_edge_in_every_depth():
    level = np.full((1, 4), 7, np.uint8)
    truth = [[np.ones((1, 4))]]
    for soft in (level / 10, (level / 10).astype(np.float32), level / np.float16(10) / 1):
        score = score_edges([soft], truth, thresholds=9, thin=False, ranks=False)
        expected = 7 if soft.dtype != np.float16 or soft[0, 0] >= 0.7 else 6
        assert (score.curve.recall == 1).sum() == expected


def test_thick_edges_are_thinned_unless_told():
    soft, truth = np.zeros((2, 21, 40))
    soft[8:13, 5:35] = truth[10, 5:35] = 1
    thinned = score_edges([soft], [[truth]]).dataset
    thick = score_edges([soft], [[truth]], thin=False).dataset
    assert thinned.precision == 1
    assert thick.precision == pytest.approx(0.2)
    assert thick.recall == 1


def test_jobs_change_nothing():
    softs, truths = zip(*(lines(seed) for seed in range(7)), strict=True)
    truths = [[truth, np.roll(truth, 3, 1)] for truth in truths]
    one = score_edges(softs, truths, tolerance=0.03)
    done = []
    for jobs in (2, 5):
        many = score_edges(softs, truths, tolerance=0.03, jobs=jobs, report=done.append)
        assert many.dataset == one.dataset
        assert many.image == one.image
        assert many.images == one.images
        assert (many.ap, many.ap_ranked) == (one.ap, one.ap_ranked)
        np.testing.assert_array_equal(many.curve.precision, one.curve.precision)
    assert done == [*range(1, 8)] * 2


@pytest.mark.parametrize("ranks", [False, True])
def test_pictures_may_come_one_by_one(ranks):
    softs, truths = zip(*(lines(seed) for seed in range(3)), strict=True)
    whole = score_edges(softs, [[truth] for truth in truths], ranks=ranks)
    streamed = score_edges(iter(softs), ([truth] for truth in truths), ranks=ranks)
    assert streamed.ods == whole.ods
    assert (streamed.ranked is None) is not ranks


LINE = np.eye(5)


@pytest.mark.parametrize(
    ("softs", "truths", "options", "says"),
    [
        ([LINE], [[LINE[:4]]], {}, "a: .* must have one size, got 5 x 5 pixels and 5 x 4 pixels"),
        ([LINE], [[LINE, LINE[0]]], {}, r"a: .* got 5 x 5 pixels and shape \(5,\)"),
        ([LINE], [LINE], {}, r"a: .* shape \(5,\)"),
        ([LINE], [[]], {}, "a: there must be at least one annotator, got none"),
        ([LINE], [], {}, "as many truths as soft maps, got 0 truths"),
        ([LINE], [[LINE], [LINE]], {}, "as many soft maps as truths, got 1 soft maps"),
        ([], [], {}, "at least one picture, got none"),
        ([2 * LINE], [[LINE]], {}, "a: soft map must be from 0 to 1, got 2"),
        ([-LINE], [[LINE]], {"ranks": False}, "a: soft map must be from 0 to 1, got -1"),
        ([LINE * np.nan], [[LINE]], {}, "a: soft map must be from 0 to 1, got nan"),
        ([LINE[0]], [[LINE]], {}, r"a: soft map must be \(height, width\), got shape \(5,\)"),
        ([LINE[:0]], [[LINE]], {}, r"a: soft map must be \(height, width\), got shape \(0, 5\)"),
        ([LINE], [[LINE]], {"thresholds": 0}, "thresholds must be at least 1, got 0"),
        ([LINE], [[LINE]], {"tolerance": -0.1}, "tolerance must be from 0 to 0.1, got -0.1"),
        ([LINE], [[LINE]], {"tolerance": np.inf}, "tolerance must be finite, got inf"),
        ([LINE], [[LINE]], {"jobs": 0}, "jobs must be at least 1, got 0"),
    ],
)  # fmt: skip
def test_wrong_arguments(softs, truths, options, says):
    with pytest.raises(InputError, match=says):
        score_edges(softs, truths, names=["a"], **options)


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_while_reading_ends_it(jobs):
    def broken():
        for _ in range(4):
            yield [LINE]
        raise FiltError("unreadable")

    with pytest.raises(FiltError, match="unreadable"):
        score_edges([LINE] * 9, broken(), jobs=jobs)
