"""Which labels count, and which rows they are of."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from isthmus import (
    Autoencoder,
    AutoencoderClassifier,
    AutoencoderRegressor,
    DataError,
    DataWarning,
    LinearAutoencoder,
)
from isthmus.fitting.labels import hold_out, known_labels

QUICK = {"max_epochs": 2, "random_state": 0}
X = np.random.default_rng(0).normal(size=(60, 3))
FRAME = pd.DataFrame(X, columns=list("abc"))
POSITIONS = np.arange(60)


def fitted(y, rows=X, kind=AutoencoderClassifier):
    return kind(LinearAutoencoder(2), **QUICK).fit(rows, y)


@pytest.mark.parametrize("dtype", [int, float, str, object])
def test_marks_of_unlabelled_rows_are_counted_aloud(dtype):
    y = (POSITIONS % 3 - 1).astype(dtype)
    with pytest.warns(DataWarning, match="20 of 60 rows have the label -1, which marks them as"):
        assert len(fitted(y).classes_) == 2


@pytest.mark.parametrize(
    "y",
    [
        POSITIONS % 5 - 2,
        2 * (POSITIONS % 2) - 1,
        np.array(["-1", "-2", "0"])[POSITIONS % 3],
        [[0.0, 1.0, np.nan][i % 3] for i in POSITIONS],
    ],
    ids=["other negatives", "signs", "text", "gaps"],
)
def test_where_it_is_certain_nothing_is_said(y):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier = fitted(y)
    assert set(classifier.classes_.tolist()) == {v for v in list(y) if v == v}


def test_a_negative_label_beside_it_makes_minus_one_a_class():
    assert known_labels([-2, -1, 0, None]).tolist() == [True, True, True, False]
    assert known_labels([2, -1, 0, None]).tolist() == [True, False, True, False]


@pytest.mark.parametrize("kind", [AutoencoderClassifier, AutoencoderRegressor])
def test_labels_in_another_order_than_the_rows_are_refused(kind):
    y = pd.Series(POSITIONS % 2)
    shuffled = y.sample(frac=1, random_state=0)
    with pytest.raises(DataError, match=r"y has the index of X in another order.*y\.loc\[X\.index"):
        fitted(shuffled, FRAME, kind)
    found = fitted(shuffled.loc[FRAME.index], FRAME, kind).predict(FRAME)
    np.testing.assert_array_equal(found, fitted(y, FRAME, kind).predict(FRAME))
    # Rows that were numbered anew say nothing about labels that were not.
    fitted(pd.Series(POSITIONS % 2, index=POSITIONS + 100), FRAME, kind)


@pytest.mark.parametrize(
    ("y", "sentence"),
    [
        (np.array(["1", 1, 2], object)[POSITIONS % 3], "labels of several types, '1' and"),
        (np.zeros(60, int), "y has only one class, 0, where a classifier needs two"),
        (np.array(["2020-01-01", "2020-01-02"], "M8[D]")[POSITIONS % 2], r"datetime64\[D\]"),
        (POSITIONS[:50] % 2, "y has 50 values, but X has 60 rows"),
        (np.arange(70) % 2, "y has 70 values, but X has 60 rows"),
    ],
    ids=["mixed", "one class", "dates", "short", "long"],
)
def test_labels_that_do_not_suit_have_a_sentence(y, sentence):
    with pytest.raises(DataError, match=sentence):
        fitted(y)


@pytest.mark.parametrize("y", [POSITIONS.astype("M8[D]"), X[:, 0].astype(str)], ids=["M", "U"])
def test_outcomes_that_are_no_numbers_are_refused(y):
    with pytest.raises(DataError, match=r"y holds (dates|text)"):
        AutoencoderRegressor(Autoencoder(2, **QUICK), **QUICK).fit(X, y)


@pytest.mark.parametrize(
    ("labels", "known"),
    [
        ([0, 1, -1], [True, True, False]),
        ([-1, 1, 1], [True, True, True]),
        ([-1, 1, None], [True, True, False]),
        (np.array([-1.0, 1.0, np.nan]), [True, True, False]),
        ([2.0, 1.0, np.nan, -1.0], [True, True, False, False]),
        (["yes", "no", "", "-1", None, np.nan], [True, True, False, False, False, False]),
        (np.array(["yes", "no", " ", "-1"]), [True, True, False, False]),
        (np.array(["1", "-1", ""]), [True, True, False]),
        (["yes", "no", -1], [True, True, False]),
        (pd.Series(["yes", "no", pd.NA]), [True, True, False]),
        (np.array([True, False]), [True, True]),
        ([-1, None], [False, False]),
    ],
    ids=str,
)
def test_which_rows_are_labelled(labels, known):
    assert known_labels(labels).tolist() == known


def test_classes_of_a_classifier_say_whether_minus_one_is_one():
    assert known_labels([1, -1, None], classes=np.array([-1, 1])).tolist() == [True, True, False]
    assert known_labels([1, -1, None], classes=np.array([0, 1])).tolist() == [True, False, False]


@pytest.mark.parametrize("n_labels", [2, 3, 8, 40])
@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.9, 0.99])
def test_holding_out_leaves_rows_of_every_class_to_train_on(n_labels, fraction):
    labelled, targets = np.arange(5, 5 + n_labels), np.full(50, -1, np.int32)
    targets[labelled] = np.minimum(np.arange(n_labels), 2) % 2
    for seed in range(10):
        generator = np.random.default_rng(seed)
        rows, held_out = hold_out(labelled, targets, fraction, generator)
        assert sorted([*rows, *held_out]) == labelled.tolist()
        assert min(len(rows), len(held_out)) > 0
        assert set(targets[rows]) == {0, 1} or n_labels == 2
        numbers = np.zeros((50, 1), np.float32)
        rows, held_out = hold_out(labelled, numbers, fraction, generator)
        assert min(len(rows), len(held_out)) > 0
