"""Measures of maps, beside scikit-learn's where it has them."""

import numpy as np
import pytest
from sklearn import manifold

from isthmus import DataError
from isthmus.metrics import continuity, distance_correlation, neighbor_accuracy, trustworthiness

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(700, 6))
CODES = X[:, :2] + 0.3 * GENERATOR.normal(size=(700, 2))


def test_trustworthiness_and_continuity_are_scikit_learns():
    for k in (1, 5, 12):
        known = manifold.trustworthiness(X, CODES, n_neighbors=k)
        assert trustworthiness(X, CODES, n_neighbors=k) == pytest.approx(known, abs=1e-6)
        known = manifold.trustworthiness(CODES, X, n_neighbors=k)
        assert continuity(X, CODES, n_neighbors=k) == pytest.approx(known, abs=1e-6)


def test_what_keeps_all_is_perfect():
    for measure in (trustworthiness, continuity, distance_correlation):
        assert measure(X, 3 * X) == pytest.approx(1)


def test_codes_of_chance_tell_nothing():
    chance = GENERATOR.normal(size=(700, 2))
    assert abs(distance_correlation(X, chance)) < 0.05
    assert trustworthiness(X, chance) == pytest.approx(0.5, abs=0.05)
    assert np.isnan(distance_correlation(X, np.zeros((700, 2))))


def test_neighbours_vote_for_labels_and_never_for_themselves():
    labels = np.where(CODES[:, 0] > 0, "right", "left")
    assert neighbor_accuracy(CODES, labels) > 0.95
    assert neighbor_accuracy(CODES, GENERATOR.integers(0, 2, 700)) < 0.6
    own = np.arange(6) % 2  # every neighbour has the other label
    assert (
        neighbor_accuracy(np.array([[0.0], [0.1], [5], [5.1], [9], [9.1]]), own, n_neighbors=1) == 0
    )


def test_of_many_rows_some_are_drawn():
    some = trustworthiness(X, CODES, max_rows=300)
    assert some == trustworthiness(X, CODES, max_rows=300)
    assert some == pytest.approx(trustworthiness(X, CODES), abs=0.1)


def test_images_are_rows_too():
    assert trustworthiness(X.reshape(-1, 2, 3), CODES) == trustworthiness(X, CODES)


@pytest.mark.parametrize(
    ("rows", "codes", "message"),
    [
        (X[:-1], CODES, "one row for each"),
        (X, CODES[:, 0], "one row for each"),
        (X[:8], CODES[:8], "too few to look at n_neighbors=5"),
        (np.where(X > 2, np.nan, X), CODES, "NaN or infinity"),
        (X.astype(str), CODES, "expected numbers"),
    ],
)
def test_what_does_not_suit_is_refused(rows, codes, message):
    with pytest.raises(DataError, match=message):
        trustworthiness(rows, codes)
