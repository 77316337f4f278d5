import numpy as np
import pytest

from isthmus.fitting.neighbourhood import Neighbourhood
from isthmus.fitting.propagation import neighbours_tell, propagate


def rings(n_rows=600):
    """Two rings, one within the other: clusters that no straight line parts."""
    generator = np.random.default_rng(0)
    y = np.arange(n_rows) % 2
    angles = generator.uniform(0, 2 * np.pi, n_rows)
    x = (1 + y)[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return (x + 0.05 * generator.normal(size=x.shape)).astype(np.float32), y


def some_of(y, n_labels):
    targets = np.full(len(y), -1, np.int32)
    targets[:n_labels] = y[:n_labels]
    return targets, np.arange(n_labels, len(y))


def test_labels_spread_along_clusters():
    x, y = rings()
    targets, others = some_of(y, 80)
    found = propagate(x, targets, 2, others)
    assert found.share == 0.6
    assert len(found.positions) > 250
    assert (found.labels == y[found.positions]).mean() > 0.99
    assert np.isin(found.positions, others).all()
    assert found.class_shares == (0.5, 0.5)


@pytest.mark.parametrize("n_labels", [2, 5, 80, 300])
def test_neighbours_are_not_believed_where_classes_follow_no_clusters(n_labels):
    x, y = np.random.default_rng(0).normal(size=(600, 4)), np.arange(600) % 2
    targets, others = some_of(y, n_labels)
    found = propagate(x, targets, 2, others)
    assert found.share == 0
    assert not len(found.positions)


def test_neighbours_are_not_believed_where_a_line_tells_as_much():
    y = np.arange(600) % 2
    x = 8 * y[:, None] + np.random.default_rng(0).normal(size=(600, 2))
    targets, others = some_of(y, 80)
    assert propagate(x, targets, 2, others).share == 0


def test_few_labels_prove_little():
    x, y = rings()
    targets, others = some_of(y, 10)
    assert propagate(x, targets, 2, others).share == 0


def test_labels_drawn_class_by_class_do_not_say_how_common_classes_are():
    x, y = rings(2000)
    rare = np.flatnonzero(y == 1)[:200]
    kept = np.sort(np.concatenate([np.flatnonzero(y == 0), rare]))
    x, y = x[kept], y[kept]
    targets = np.full(len(y), -1, np.int32)
    for k in range(2):
        targets[np.flatnonzero(y == k)[:40]] = k
    found = propagate(x, targets, 2, np.flatnonzero(targets < 0))
    np.testing.assert_allclose(found.class_shares, [5 / 6, 1 / 6], atol=0.05)


def test_equal_rows_do_no_harm():
    targets, others = some_of(np.arange(60) % 2, 20)
    assert propagate(np.ones((60, 3), np.float32), targets, 2, others).share == 0
    assert not neighbours_tell(np.ones((60, 3), np.float32), np.arange(60) % 2)
    assert Neighbourhood.of(np.ones((60, 3), np.float32)) == Neighbourhood(0, 3)


def test_neighbours_grow_apart_with_the_scale():
    x = np.random.default_rng(0).normal(size=(300, 3))
    near, far = Neighbourhood.of(x), Neighbourhood.of(5 * x)
    assert far.distance == pytest.approx(5 * near.distance)
    assert far.n_dimensions == pytest.approx(near.n_dimensions)


@pytest.mark.parametrize("n_dimensions", [1, 2, 5])
def test_neighbours_tell_how_many_dimensions_rows_span(n_dimensions):
    generator = np.random.default_rng(0)
    within = generator.uniform(size=(3000, n_dimensions))
    x = within @ generator.normal(size=(n_dimensions, 40))
    assert Neighbourhood.of(x).n_dimensions == pytest.approx(n_dimensions, rel=0.2)


@pytest.mark.parametrize("n_rows", [1, 2, 3])
def test_a_few_rows_are_neighbours_too(n_rows):
    rows = np.arange(3.0 * n_rows).reshape(n_rows, 3)
    assert Neighbourhood.of(rows).n_dimensions <= 3
    assert not neighbours_tell(rows, np.arange(n_rows))


def test_neighbours_tell_what_no_line_tells():
    x, y = rings()
    assert neighbours_tell(x, y)
    x[::50] = np.nan
    assert neighbours_tell(x, y)
    y[::5] = -1  # held out, and not to be told of
    assert neighbours_tell(x, y)


def test_neighbours_do_not_tell_what_a_line_tells_as_well():
    y = np.arange(600) % 2
    x = 8 * y[:, None] + np.random.default_rng(0).normal(size=(600, 2))
    assert not neighbours_tell(x, y)


def test_neighbours_do_not_tell_classes_that_overlap():
    x, y = rings()
    y[np.random.default_rng(0).permutation(len(y))[:120]] ^= 1
    assert not neighbours_tell(x, y)
