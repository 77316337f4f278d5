"""Landmarks: spots that stand for the rows around them, and how like those a row is."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.cluster import MiniBatchKMeans
from sklearn.neighbors import NearestNeighbors

from isthmus.networks import Affine
from isthmus.prepare import PrincipalComponents

_BATCH_ROWS, _MOST_EPOCHS = 4096, 20
_LEAST_SHARE = 1e-6
# How much comparing rows counts, by the landmarks there are for each row.
_WEIGHT, _POWER = 36, 1.5
_BLOCK_ROWS = 4096


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


def compare_with_landmarks(
    principal: PrincipalComponents,
    points: np.ndarray,
    places: np.ndarray,
    landmarks: np.ndarray,
    sharpness: float,
    n_compared: int,
) -> tuple[Affine, Affine]:
    """Give what tells, for each landmark, how near rows are to the mean of the rows about it.

    With m the landmark's mean and s² the mean squared distance of rows from theirs, that is
    ``−36 (landmarks / rows)^1.5 ‖x − m‖² / s²`` but for what all landmarks have in common, and
    so linear in x. The more rows a landmark stands for, the less its mean tells, and the better an
    encoder has learned from them.

    Parameters
    ----------
    principal : PrincipalComponents
        Those of the rows.
    points : ndarray of float32, shape (rows, components)
        The rows along them.
    places : ndarray of float32, shape (rows, 2)
        Where the rows lie.
    landmarks : ndarray of float32, shape (landmarks, 2)
        What `find_landmarks` gave of these places.
    sharpness : float
        The same.
    n_compared : int
        Components of the network, at least as many as those of the rows.
    """
    sums, weights, squares = np.zeros((len(landmarks), points.shape[1])), 0.0, 0.0
    for start in range(0, len(points), _BLOCK_ROWS):
        rows = slice(start, start + _BLOCK_ROWS)
        shares = _shares(places[rows], landmarks, sharpness)
        sums += shares.T @ points[rows]
        weights = weights + shares.sum(axis=0)
        squares += float(np.sum(points[rows] ** 2, dtype=float))
    means = sums / np.maximum(weights, np.finfo(np.float32).tiny)[:, None]
    norms = np.sum(means**2, axis=1)
    # Of the squared norm of the rows, what that of their means leaves.
    variance = max((squares - float(weights @ norms)) / len(points), _LEAST_SHARE * squares, 1e-12)
    nearness = _WEIGHT * (len(landmarks) / len(points)) ** _POWER / variance
    # Fewer rows than features have fewer components.
    unused = [(0, 0), (0, n_compared - points.shape[1])]
    turned = np.pad(principal.components.T, unused)
    compared = np.pad(2 * nearness * means, unused).T
    return _affine(turned, -principal.mean @ turned), _affine(compared, -nearness * norms)


def _affine(weight: np.ndarray, bias: np.ndarray) -> Affine:
    return Affine(np.ascontiguousarray(weight, np.float32), bias.astype(np.float32))


def _shares(places: np.ndarray, landmarks: np.ndarray, sharpness: float) -> np.ndarray:
    """Give each landmark's share of places: ``(rows, landmarks)``."""
    x, y = (places[:, k, None] - landmarks[:, k] for k in range(2))
    fading = np.float32(sharpness) * (x**2 + y**2)
    shares = np.exp(fading.min(axis=1, keepdims=True) - fading)
    return shares / shares.sum(axis=1, keepdims=True)
