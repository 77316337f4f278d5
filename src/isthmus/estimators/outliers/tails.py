"""How far out in the tails of their columns values are."""

from __future__ import annotations

from typing import final

import numpy as np


@final
class Tails:
    """The larger of −log F(x) and −log(1 − F(x)), by the empirical distribution of a column.

    Both count the value itself and one row more, so that no tail is empty. Levels and gaps have
    no tails, and count 0.

    Parameters
    ----------
    values : ndarray, shape (rows, columns)
        Numbers, or codes of levels; NaN is a gap.
    is_level : ndarray of bool, shape (columns,)
        Which columns hold codes of levels.

    References
    ----------
    Li, Zhao, Hu, Botta, Ionescu & Chen (2022), ECOD: unsupervised outlier detection using
    empirical cumulative distribution functions.
    """

    def __init__(self, values: np.ndarray, is_level: np.ndarray) -> None:
        self._is_level = is_level
        ordered = np.sort(values.T, axis=1)
        known = np.count_nonzero(~np.isnan(ordered), axis=1)
        self._columns = [column[:n] for column, n in zip(ordered, known, strict=True)]

    def surprises(self, values: np.ndarray) -> np.ndarray:
        """Give how far out each value is, in nats: ``(rows, columns)``."""
        found = np.zeros(values.shape)
        for j in np.flatnonzero(~self._is_level):
            column, given = self._columns[j], values[:, j]
            below = np.searchsorted(column, given, side="right")
            above = len(column) - np.searchsorted(column, given, side="left")
            tail = -np.log((np.minimum(below, above) + 1) / (len(column) + 1))
            found[:, j] = np.where(np.isnan(given), 0.0, tail)
        return found
