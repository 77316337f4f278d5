import numpy as np
from scipy.stats import norm

from isthmus.prepare import normal_scores


def test_scores_of_distinct_values_are_normal_quantiles_of_their_ranks():
    values = np.array([[3.0], [1.0], [2.0], [np.nan]])
    knots, scores = normal_scores(values, 3)
    np.testing.assert_array_equal(knots, [[1, 2, 3]])
    np.testing.assert_allclose(scores, [norm.ppf([1 / 6, 1 / 2, 5 / 6])], atol=1e-6)


def test_equal_values_share_their_mean_rank_and_the_last_one_fills_up():
    knots, scores = normal_scores(np.array([[0.0]] * 3 + [[1.0]]), 4)
    np.testing.assert_array_equal(knots, [[0, 1, 1, 1]])
    np.testing.assert_allclose(scores[0, :2], norm.ppf([3 / 8, 7 / 8]), atol=1e-6)


def test_many_values_are_thinned_evenly_by_rank():
    knots, _ = normal_scores(np.random.default_rng(0).exponential(size=(10_000, 1)), 9)
    shares = 1 - np.exp(-knots[0])
    np.testing.assert_allclose(shares, np.linspace(0, 1, 9), atol=0.02)


def test_a_column_of_gaps_has_no_ranks():
    knots, scores = normal_scores(np.full((5, 1), np.nan), 3)
    assert not knots.any()
    assert not scores.any()
