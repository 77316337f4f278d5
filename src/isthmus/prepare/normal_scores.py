"""Ranks of numbers, as a normal distribution would have them."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri


def normal_scores(matrix: np.ndarray, n_knots: int) -> tuple[np.ndarray, np.ndarray]:
    """Give values of each column in ascending order, and their normal scores.

    Equal values share their mean rank. Columns with fewer values repeat the last one.

    Parameters
    ----------
    matrix : ndarray, shape (rows, columns)
        Numbers, NaN where they are missing.
    n_knots : int
        How many values of each column, evenly spread over its ranks.

    Returns
    -------
    knots, scores : ndarray of float32, shape (columns, n_knots)
        ``Φ⁻¹((rank − ½) / rows)`` for each of the values.

    References
    ----------
    van der Waerden (1952), Order tests for the two-sample problem and their power.
    """
    knots = np.zeros((matrix.shape[1], n_knots), np.float32)
    scores = np.zeros_like(knots)
    for i, column in enumerate(matrix.T):
        values, counts = np.unique(column[~np.isnan(column)], return_counts=True)
        if not len(values):
            continue
        ranks = (np.cumsum(counts) - counts / 2) / counts.sum()
        even = np.linspace(ranks[0], ranks[-1], n_knots)
        chosen = np.arange(len(values))
        if len(values) > n_knots:
            chosen = np.unique(np.searchsorted(ranks, even).clip(0, len(values) - 1))
        padded = np.concatenate([chosen, np.repeat(chosen[-1], n_knots - len(chosen))])
        knots[i], scores[i] = values[padded], ndtri(ranks[padded])
    return knots, scores
