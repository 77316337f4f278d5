"""An order takes the rows that it says, as often as it says."""

import numpy as np
import pytest

from isthmus.training import AllOnce, LabelledInEveryMinibatch

ORDERS = {
    "all once": AllOnce(np.arange(30, 90)),
    "labelled": LabelledInEveryMinibatch(np.arange(30, 37), np.arange(37, 90), 8, 0.25),
}


@pytest.mark.parametrize("name", ORDERS)
def test_every_order_takes_all_its_rows_and_no_others(name):
    order = ORDERS[name]
    for generator in (None, np.random.default_rng(0)):
        positions = order.draw(generator)
        assert len(positions) == len(order)
        assert set(positions) == set(range(30, 90))


@pytest.mark.parametrize("name", ORDERS)
def test_order_is_fixed_by_its_generator(name):
    drawn = [ORDERS[name].draw(np.random.default_rng(seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[1], drawn[2])
    np.testing.assert_array_equal(ORDERS[name].draw(None), ORDERS[name].draw(None))


def test_all_once_without_a_generator_are_as_they_are():
    assert AllOnce(np.array([3, 5, 4])).draw(None).tolist() == [3, 5, 4]
    assert sorted(ORDERS["all once"].draw(np.random.default_rng(0))) == list(range(30, 90))


@pytest.mark.parametrize("share", [0.25, 0.5])
@pytest.mark.parametrize(("n_labelled", "n_unlabelled"), [(1, 100), (7, 100), (60, 20), (3, 1)])
def test_every_minibatch_has_as_many_labelled_ones(n_labelled, n_unlabelled, share):
    labelled = np.arange(n_labelled)
    unlabelled = np.arange(n_labelled, n_labelled + n_unlabelled)
    order = LabelledInEveryMinibatch(labelled, unlabelled, 8, share)
    drawn = order.draw(np.random.default_rng(0))
    assert set(unlabelled) <= set(drawn)
    counts = np.isin(drawn.reshape(-1, 8), labelled).sum(axis=1)
    assert (counts == counts[0]).all()
    assert 8 * share <= counts[0] < 8
    assert np.ptp(np.bincount(drawn[np.isin(drawn, unlabelled)])[n_labelled:]) <= 1
