import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from isthmus.estimators.outliers.neighbours import Neighbours


@pytest.fixture
def points():
    return np.random.default_rng(0).normal(size=(60, 5))


def test_mean_distances_are_those_of_scikit_learn(points):
    neighbours, others = Neighbours(points, (3, 20)), points[:9] + 0.1
    found = neighbours.mean_distances(neighbours.squared_distances(others, without_own=False))
    known = NearestNeighbors(n_neighbors=20).fit(points).kneighbors(others)[0]
    np.testing.assert_allclose(found[:, 0], known[:, :3].mean(axis=1))
    np.testing.assert_allclose(found[:, 1], known.mean(axis=1))


def test_a_row_is_no_neighbour_of_its_own_but_its_double_is(points):
    points[1] = points[0]
    neighbours = Neighbours(points, (1,))
    found = neighbours.mean_distances(neighbours.squared_distances(points, without_own=True))
    known = NearestNeighbors(n_neighbors=1).fit(points).kneighbors()[0]
    np.testing.assert_allclose(found, known, atol=1e-6)
    np.testing.assert_allclose(found[:2], 0, atol=1e-6)
    assert found[2:].min() > 0.1


def test_own_rows_are_found_in_any_company_and_order_of_memory(points):
    neighbours = Neighbours(points, (2,))
    for rows in (points, points[7:8], np.asfortranarray(points), points[::3] * -1.0 * -1.0):
        squared = neighbours.squared_distances(rows.copy(), without_own=True)
        assert np.isinf(squared).sum(axis=1).tolist() == [1] * len(rows)


def test_fewer_rows_than_neighbours_all_count():
    points = np.array([[0.0], [1.0], [5.0]])
    neighbours = Neighbours(points, (50, 2))
    found = neighbours.mean_distances(neighbours.squared_distances(points, without_own=True))
    np.testing.assert_allclose(found, [[3, 3], [2.5, 2.5], [4.5, 4.5]])
