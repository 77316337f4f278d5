"""How rare values are among those of their column."""

from __future__ import annotations

from typing import final

import numpy as np

_FEWEST_BINS, _MOST_BINS = 5, 30


@final
class Histograms:
    """−log of the share of rows in a value's bin, smoothed by one row in each.

    A column of few values has one bin for each; others have ``clip(√n, 5, 30)`` equal bins. What
    was never seen and what is missing have bins of their own.

    Parameters
    ----------
    values : ndarray, shape (rows, columns)
        Numbers, or codes of levels; NaN is a gap.
    is_level : ndarray of bool, shape (columns,)
        Which columns hold codes of levels.

    References
    ----------
    Goldstein & Dengel (2012), Histogram-based outlier score (HBOS).
    """

    def __init__(self, values: np.ndarray, is_level: np.ndarray) -> None:
        most = int(np.clip(np.sqrt(len(values)), _FEWEST_BINS, _MOST_BINS))
        self._columns = [
            _Histogram(values[:, j], most, is_level=bool(is_level[j])) for j in range(len(is_level))
        ]

    def surprises(self, values: np.ndarray) -> np.ndarray:
        """Give how rare each value is, in nats: ``(rows, columns)``."""
        found = [column.surprises(values[:, j]) for j, column in enumerate(self._columns)]
        return np.stack(found, axis=1)


class _Histogram:
    """The histogram of one column; the last two bins are for the unseen and for gaps."""

    def __init__(self, values: np.ndarray, most: int, *, is_level: bool) -> None:
        known = values[~np.isnan(values)]
        self._starts, counts = np.unique(known, return_counts=True)
        self._greatest = None
        if len(self._starts) > most and not is_level:
            edges = np.linspace(known.min(), known.max(), most + 1)
            self._starts, self._greatest = edges[:-1], edges[-1]
            counts = np.bincount(self._bins(known), minlength=most)[:most]
        counts = np.array([*counts, 0, len(values) - len(known)])
        self._surprises = -np.log((counts + 1) / (len(values) + len(counts)))

    def surprises(self, values: np.ndarray) -> np.ndarray:
        return self._surprises[self._bins(values)]

    def _bins(self, values: np.ndarray) -> np.ndarray:
        n_bins = len(self._starts)
        places = np.searchsorted(self._starts, values, side="right") - 1
        if self._greatest is None:
            seen = (places >= 0) & (self._starts[places] == values) if n_bins else places > 0
        else:
            seen = (places >= 0) & (values <= self._greatest)
        return np.where(np.isnan(values), n_bins + 1, np.where(seen, places, n_bins))
