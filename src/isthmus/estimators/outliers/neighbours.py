"""Distances to the nearest of some points."""

from __future__ import annotations

from typing import final

import numpy as np


@final
class Neighbours:
    """Mean Euclidean distances to the k nearest points, for several k at once.

    Parameters
    ----------
    points : ndarray of float64, shape (rows, coordinates)
        Where neighbours are looked for.
    sizes : sequence of int
        How many neighbours count; fewer where there are not as many.

    References
    ----------
    Angiulli & Pizzuti (2002), Fast outlier detection in high dimensional spaces.
    """

    def __init__(self, points: np.ndarray, sizes: tuple[int, ...]) -> None:
        self.points = points
        self.sizes = tuple(min(size, len(points) - 1) for size in sizes)
        self._squares = np.einsum("ij,ij->i", points, points)
        # Equal rows have equal keys; rows of equal keys are looked at again.
        weights = np.random.default_rng(0).integers(2**63, size=points.shape[1], dtype=np.uint64)
        self._weights = 2 * weights + 1
        keys = self._keys(points)
        self._order = np.argsort(keys, kind="stable")
        self._sorted_keys = keys[self._order]

    def squared_distances(self, points: np.ndarray, *, without_own: bool) -> np.ndarray:
        """Give the squares of all distances: ``(rows, own rows)``.

        Parameters
        ----------
        points : ndarray of float64, shape (rows, coordinates)
            As many rows as their distances may take memory for.
        without_own : bool
            Whether a point that lies exactly where one of the own does is taken for that one,
            which is then infinitely far away.
        """
        squared = points @ self.points.T
        squared *= -2
        squared += self._squares
        squared += np.einsum("ij,ij->i", points, points)[:, None]
        np.maximum(squared, 0, out=squared)
        if without_own:
            own = self._own_rows(points)
            rows = np.flatnonzero(own >= 0)
            squared[rows, own[rows]] = np.inf
        return squared

    def mean_distances(self, squared: np.ndarray) -> np.ndarray:
        """Give the mean distances to the nearest, for each size: ``(rows, sizes)``.

        `squared` is what `squared_distances` gave; its rows are put into another order.
        """
        squared.partition(sorted({size - 1 for size in self.sizes}), axis=1)
        nearest = np.sqrt(squared[:, : max(self.sizes)])
        return np.stack([nearest[:, :size].mean(axis=1) for size in self.sizes], axis=1)

    def _keys(self, points: np.ndarray) -> np.ndarray:
        # Whole numbers: their sum is the same in whatever order it is taken. Adding 0 makes −0 a 0.
        bits = (points + 0.0).view(np.uint64)
        return ((bits ^ bits >> 32) * self._weights).sum(axis=1, dtype=np.uint64)

    def _own_rows(self, points: np.ndarray) -> np.ndarray:
        """Give the position of an equal point of our own, −1 where there is none."""
        places = np.searchsorted(self._sorted_keys, self._keys(points))
        own = self._order[np.minimum(places, len(self._order) - 1)]
        return np.where((self.points[own] == points).all(axis=1), own, -1)
