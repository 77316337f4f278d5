"""Which rows are near which."""

from __future__ import annotations

import numpy as np
from sklearn.neighbors import NearestNeighbors


def nearest_rows(points: np.ndarray, n_neighbors: int) -> np.ndarray:
    """Give the positions of the other rows nearest to each: ``(rows, n_neighbors)``.

    They are exact. With fewer rows there are fewer neighbours.
    """
    n_neighbors = min(n_neighbors, len(points) - 1)
    search = NearestNeighbors(n_neighbors=n_neighbors).fit(points)
    return search.kneighbors(return_distance=False).astype(np.int32)
