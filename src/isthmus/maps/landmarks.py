"""Landmarks: spots that stand for the rows around them."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.cluster import MiniBatchKMeans
from sklearn.neighbors import NearestNeighbors

_BATCH_ROWS, _MOST_EPOCHS = 4096, 20
_LEAST_SHARE = 1e-6


def find_landmarks(places: np.ndarray, n_landmarks: int, seed: int) -> tuple[np.ndarray, float]:
    """Give the centres of so many groups of places, and how sharply they fade.

    A landmark reaches as far as the nearest other one is on average, ``σ² = mean distance²``, and
    the sharpness is ``1 / 2σ²``.

    Parameters
    ----------
    places : ndarray of float32, shape (rows, 2)
        Where rows lie.
    n_landmarks : int
        At most as many as there are rows.
    seed : int
        Fixes what k-means draws.
    """
    if n_landmarks < len(places):
        means: Any = MiniBatchKMeans(
            n_landmarks, batch_size=_BATCH_ROWS, max_iter=_MOST_EPOCHS, random_state=seed
        )
        places = means.set_params(n_init=1).fit(places).cluster_centers_
    if len(places) == 1:
        return places, 1.0
    distances, _ = NearestNeighbors(n_neighbors=1).fit(places).kneighbors()
    variance = float(np.mean(distances**2))
    # Where all rows are alike, landmarks may be too.
    return places, 1 / (2 * max(variance, _LEAST_SHARE * float(np.var(places)), 1e-12))
