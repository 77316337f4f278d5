"""How odd rows are among those that were learned, in one number."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from isthmus.estimators.outliers.histograms import Histograms
from isthmus.estimators.outliers.neighbours import Neighbours
from isthmus.estimators.outliers.points import FARTHEST, Points
from isthmus.estimators.outliers.tails import Tails

BLOCK_ROWS = 256
"""Rows worked on at once: their distances to ten thousand others take 20 MB."""

_NEAR, _NEAR_AMONG_CLEAN, _FAR_AMONG_CLEAN = 50, 1, 20
_MOST_FAR, _FAR_SHARE = 200, 0.2
# Rounding leaves distances of about as much.
_LEAST_DISTANCE = 1e-6
# Kinds that hardly differ say nothing, and must not drown the others.
_LEAST_SPREAD = 1e-6


@final
class Oddness:
    """The sum of several kinds of oddness, each brought to one scale; higher is odder.

    The mean distances to the 50 and to max(2, min(200, n/5)) nearest rows, the mean rarity of the
    row's values, and how far out they are in their columns' tails: of each the logarithm, less its
    median, divided by its interquartile range. Among rows that are known to be clean, the distances
    to the nearest one and to the 20 nearest alone.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, columns)
        The rows to compare with, two or more: numbers in units of their standard deviation, or
        codes of levels; NaN is a gap.
    is_level : ndarray of bool, shape (columns,)
        Which columns hold codes of levels.
    clean : bool
        Whether no row is odd.
    scale : ndarray, shape (2, kinds), or None
        Median and interquartile range of each kind; None finds them.

    Attributes
    ----------
    learned : ndarray, shape (rows,), or None
        How odd the rows are themselves, each compared with the others; None where `scale` was
        given.
    """

    def __init__(
        self,
        values: np.ndarray,
        is_level: np.ndarray,
        *,
        clean: bool,
        scale: np.ndarray | None = None,
    ) -> None:
        self.values, self.is_level, self.clean = values, is_level, clean
        self.points = Points(values, is_level)
        far = max(2, min(_MOST_FAR, int(_FAR_SHARE * len(values))))
        sizes = (_NEAR_AMONG_CLEAN, _FAR_AMONG_CLEAN) if clean else (_NEAR, far)
        self.neighbours = Neighbours(self.points.of(values), sizes)
        self.histograms = self.tails = None
        if not clean:
            cut = self._cut(values)
            self.histograms, self.tails = Histograms(cut, is_level), Tails(cut, is_level)
        self.learned = None
        if scale is None:
            kinds = self._kinds(values, without_own=True)
            scale = _scale_of(kinds)
            self.learned = _added(kinds, scale)
        self.scale = scale

    @property
    def n_kinds(self) -> int:
        """How many kinds of oddness are added up."""
        return 2 if self.clean else 4

    def scores(self, values: np.ndarray) -> np.ndarray:
        """Give how odd rows are: ``(rows, columns) -> (rows,)``.

        A row that is among the learned ones is no neighbour of its own. Where those are known to
        be clean it is: there an equal row says that this one is none of the odd.
        """
        return _added(self._kinds(values, without_own=not self.clean), self.scale)

    def distances(self, values: np.ndarray) -> np.ndarray:
        """Give the squared distances of a block of rows, as `scores` counts them."""
        return self.neighbours.squared_distances(self.points.of(values), without_own=not self.clean)

    def surprises(self, values: np.ndarray) -> list[np.ndarray]:
        """Give how rare and how far out each value is, ``(rows, columns)`` each."""
        parts: list[Any] = [self.histograms, self.tails]
        cut = self._cut(values)
        return [part.surprises(cut) for part in parts if part is not None]

    def _kinds(self, values: np.ndarray, *, without_own: bool) -> np.ndarray:
        """Give the logarithm of each kind of oddness: ``(rows, kinds)``."""
        found = np.empty((len(values), self.n_kinds))
        for start in range(0, len(values), BLOCK_ROWS):
            block = values[start : start + BLOCK_ROWS]
            rows = slice(start, start + len(block))
            squared = self.neighbours.squared_distances(
                self.points.of(block), without_own=without_own
            )
            found[rows, :2] = self.neighbours.mean_distances(squared)
            for i, surprises in enumerate(self.surprises(block)):
                found[rows, 2 + i] = surprises.mean(axis=1)
        return np.log(np.maximum(found, _LEAST_DISTANCE))

    def _cut(self, values: np.ndarray) -> np.ndarray:
        """Give numbers no farther out than points are, so that bins are as wide as rows ask."""
        return np.where(self.is_level, values, np.clip(values, -FARTHEST, FARTHEST))


def _scale_of(kinds: np.ndarray) -> np.ndarray:
    low, median, high = np.percentile(kinds, [25, 50, 75], axis=0)
    spread = high - low
    return np.stack([median, np.where(spread < _LEAST_SPREAD, 1.0, spread)])


def _added(kinds: np.ndarray, scale: np.ndarray) -> np.ndarray:
    median, spread = scale
    return ((kinds - median) / spread).sum(axis=1)
