"""Rows as points, in which every column weighs as one."""

from __future__ import annotations

from typing import final

import numpy as np

FARTHEST = 8.0
"""Deviations from the mean beyond which a number is no farther away."""


@final
class Points:
    """Turns values into points, by what it learned from some.

    Numbers, which come in units of their standard deviation, are cut at ±8; a level becomes a one
    among zeros, divided by what gives the column a variance of one. A gap is filled with the
    column's median, or its most frequent level.

    Parameters
    ----------
    values : ndarray, shape (rows, columns)
        Numbers, or codes of levels; NaN is a gap.
    is_level : ndarray of bool, shape (columns,)
        Which columns hold codes of levels.
    """

    def __init__(self, values: np.ndarray, is_level: np.ndarray) -> None:
        self._is_level = is_level
        self._plain = not is_level.any()
        columns = list(zip(values.T, is_level.tolist(), strict=True))
        self._levels = [_levels_of(column) if levels else None for column, levels in columns]
        self._fill = np.array([typical(column, is_level=levels) for column, levels in columns])
        self._scales = [
            _spread(self.filled(values)[:, j], levels)
            for j, levels in enumerate(self._levels)
            if levels is not None
        ]
        widths = [1 if levels is None else len(levels) for levels in self._levels]
        self._ends = np.cumsum([0, *widths])

    def filled(self, values: np.ndarray) -> np.ndarray:
        """Give values without gaps."""
        gaps = np.isnan(values)
        return np.where(gaps, self._fill, values) if gaps.any() else values

    def of(self, values: np.ndarray) -> np.ndarray:
        """Give the points of values: ``(rows, columns) -> (rows, coordinates)``, float64."""
        # In one order, for products of matrices round otherwise in another one.
        values = np.array(self.filled(values), np.float64, order="C")
        if self._plain:
            return np.clip(values, -FARTHEST, FARTHEST)
        scales = iter(self._scales)
        parts = [
            np.clip(values[:, j, None], -FARTHEST, FARTHEST)
            if levels is None
            else (values[:, j, None] == levels) / next(scales)
            for j, levels in enumerate(self._levels)
        ]
        return np.concatenate(parts, axis=1)

    def coordinates(self, column: int) -> slice:
        """Give where the coordinates of a column are."""
        return slice(int(self._ends[column]), int(self._ends[column + 1]))


def typical(values: np.ndarray, *, is_level: bool) -> float:
    """Give the median of numbers, or the most frequent level; 0 where all are gaps."""
    known = values[~np.isnan(values)]
    if not len(known):
        return 0.0
    if not is_level:
        return float(np.median(known))
    levels, counts = np.unique(known, return_counts=True)
    return float(levels[np.argmax(counts)])


def _levels_of(values: np.ndarray) -> np.ndarray:
    return np.unique(values[~np.isnan(values)])


def _spread(values: np.ndarray, levels: np.ndarray) -> float:
    """Give the root of the summed variances of ones among zeros."""
    shares = (values[:, None] == levels).mean(axis=0)
    return float(np.sqrt(max((shares * (1 - shares)).sum(), 1 / len(values))))
