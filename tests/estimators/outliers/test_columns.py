"""What is known of single columns: points, histograms, tails, with levels and gaps."""

import numpy as np
import pytest

from isthmus.estimators.outliers.histograms import Histograms
from isthmus.estimators.outliers.oddness import Oddness
from isthmus.estimators.outliers.points import Points
from isthmus.estimators.outliers.reasons import find_reasons
from isthmus.estimators.outliers.tails import Tails

NUMBER, LEVEL = np.array([False]), np.array([True])


def column(*values):
    return np.array(values, np.float32)[:, None]


def test_few_values_have_bins_of_their_own():
    values = column(*[1] * 6, *[2] * 3)
    found = Histograms(values, NUMBER).surprises(column(1, 2, 1.5, np.nan))
    # Nine rows, and one in each of four bins: two values, the unseen, and gaps.
    np.testing.assert_allclose(found, -np.log(column(7, 4, 1, 1) / 13), rtol=1e-6)


def test_many_values_have_equal_bins():
    values = np.linspace(0, 1, 10_000, dtype=np.float32)[:, None] ** 2
    found = np.exp(-Histograms(values, NUMBER).surprises(column(0, 0.01, 0.99, 1, 1.1, -0.1)))
    # 30 bins: of the first the square root of a thirtieth of the rows.
    np.testing.assert_allclose(found[:2], np.sqrt(1 / 30), rtol=0.01)
    np.testing.assert_allclose(found[2:4], 1 - np.sqrt(29 / 30), rtol=0.03)
    np.testing.assert_allclose(found[4:], 1 / (10_000 + 32), rtol=1e-6)


def test_levels_are_never_put_into_bins():
    values = np.arange(100, dtype=np.float32)[:, None]
    found = Histograms(values, LEVEL).surprises(column(0, 50, 0.5))
    assert found[0] == found[1] < found[2]


def test_tails_are_those_of_the_empirical_distribution():
    tails = Tails(column(1, 2, 3, 4, 4, 4, 4, 4, np.nan), NUMBER)
    found = tails.surprises(column(0, 1, 4, 9, np.nan))
    np.testing.assert_allclose(found, -np.log(column(1 / 9, 2 / 9, 6 / 9, 1 / 9, 1)), atol=1e-6)
    assert Tails(column(1, 2, 3), LEVEL).surprises(column(9))[0, 0] == 0


def test_every_column_weighs_as_one_in_distances():
    generator = np.random.default_rng(0)
    levels = generator.choice(4, size=5_000, p=[0.7, 0.1, 0.1, 0.1])
    values = np.stack([generator.normal(size=5_000), levels], axis=1).astype(np.float32)
    points = Points(values, np.array([False, True]))
    found = points.of(values)
    assert [points.coordinates(j) for j in (0, 1)] == [slice(0, 1), slice(1, 5)]
    variance = found.var(axis=0)
    assert variance[0] == pytest.approx(1, abs=0.05)
    assert variance[1:].sum() == pytest.approx(1, abs=1e-6)


def test_gaps_are_filled_and_far_numbers_are_cut():
    points = Points(column(1, 2, 3, np.nan, 3), NUMBER)
    np.testing.assert_array_equal(points.of(column(np.nan, 20, -20)), column(2.5, 8, -8))
    levels = Points(column(0, 1, 1, np.nan), LEVEL)
    np.testing.assert_array_equal(levels.of(column(np.nan)), levels.of(column(1)))


def test_levels_and_gaps_are_reasons_too():
    generator = np.random.default_rng(0)
    kind = generator.integers(0, 3, 600)
    values = np.stack(
        [kind + generator.normal(0, 0.1, 600), kind, generator.normal(size=600)], axis=1
    ).astype(np.float32)
    values[::50, 2] = np.nan
    oddness = Oddness(values, np.array([False, True, False]), clean=False)
    odd = np.array([[0, 2, 0], [2, 2, np.nan], [2, 2, 0.0]], np.float32)
    scores, reasons = find_reasons(oddness, odd, 1)
    assert scores[0] > scores[1] > scores[2]
    assert reasons.columns[0, 0] in (0, 1)
    assert reasons.amounts[0, 0] > 2
    expected = {0: pytest.approx(2, abs=0.2), 1: 0}
    assert reasons.expected[0, 0] == expected[int(reasons.columns[0, 0])]
    assert reasons.columns[1, 0] == 2
    assert np.isnan(reasons.values[1, 0])


def test_columns_that_say_nothing_leave_the_scores_finite():
    values = np.zeros((40, 2), np.float32)
    values[0] = 5
    oddness = Oddness(values, np.zeros(2, bool), clean=False)
    scores = oddness.scores(values)
    assert np.isfinite(scores).all()
    assert scores.argmax() == 0
