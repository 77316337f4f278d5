import numpy as np
import pytest

from isthmus.fitting.propagation import propagate
from isthmus.fitting.teaching import typical_distance


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
    assert typical_distance(np.ones((60, 3), np.float32)) == 0


def test_typical_distance_grows_with_the_scale():
    x = np.random.default_rng(0).normal(size=(300, 3))
    assert typical_distance(5 * x) == pytest.approx(5 * typical_distance(x))
