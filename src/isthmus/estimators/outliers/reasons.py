"""Which columns make rows odd, by how much, and what was expected there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from isthmus.estimators.outliers.oddness import BLOCK_ROWS, Oddness
from isthmus.estimators.outliers.points import typical

_N_NEIGHBOURS = 50


@final
@dataclass(frozen=True, eq=False)
class Reasons:
    """The columns that make rows odd, the one that matters most first.

    Parameters
    ----------
    columns : ndarray of int, shape (rows, reasons)
        Which columns.
    values, expected : ndarray of float64, shape (rows, reasons)
        What is there, and what neighbours in the other columns have there.
    amounts : ndarray of float64, shape (rows, reasons)
        By how much the row would be less odd with what was expected; 0 where it is no reason.
    """

    columns: np.ndarray
    values: np.ndarray
    expected: np.ndarray
    amounts: np.ndarray

    def in_order(self) -> Reasons:
        """Put those of every row in order, the largest amount first."""
        order = np.argsort(-self.amounts, axis=1, kind="stable")
        return Reasons(*(np.take_along_axis(part, order, 1) for part in self.parts))

    def of_columns(self, columns: np.ndarray) -> Reasons:
        """Give the same where the columns that were counted are these of more."""
        return replace(self, columns=columns[self.columns])

    @classmethod
    def together(cls, several: Sequence[Reasons]) -> Reasons:
        """Put those of several blocks of rows together."""
        return cls(*map(np.concatenate, zip(*(one.parts for one in several), strict=True)))

    @property
    def parts(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Columns, values, what was expected, and amounts."""
        return self.columns, self.values, self.expected, self.amounts


def find_reasons(
    oddness: Oddness, values: np.ndarray, n_reasons: int
) -> tuple[np.ndarray, Reasons]:
    """Tell how odd rows are, as `Oddness.scores` does, and why.

    The columns that differ most from the nearest rows, and whose values are rarest, are tried one
    by one: what the nearest rows by all other columns have there is put in its place, and the
    amount is what that takes from the row's oddness.

    Parameters
    ----------
    oddness : Oddness
        What judges rows.
    values : ndarray of float32, shape (rows, columns)
        The rows.
    n_reasons : int
        How many columns to name for each.
    """
    n_reasons = min(n_reasons, values.shape[1])
    blocks = range(0, max(len(values), 1), BLOCK_ROWS)
    parts = [_of_block(oddness, values[start : start + BLOCK_ROWS], n_reasons) for start in blocks]
    scores, reasons = zip(*parts, strict=True)
    return np.concatenate(scores), Reasons.together(reasons)


def _of_block(oddness: Oddness, values: np.ndarray, n_reasons: int) -> tuple[np.ndarray, Reasons]:
    if not n_reasons:
        nothing = np.empty((len(values), 0))
        return oddness.scores(values), Reasons(nothing.astype(int), nothing, nothing, nothing)
    squared = oddness.distances(values)
    columns = _suspects(oddness, values, squared, n_reasons)
    expected = np.empty(columns.shape)
    for column in np.unique(columns):
        rows, places = np.nonzero(columns == column)
        expected[rows, places] = _expected(oddness, values[rows], squared[rows], int(column))
    scores, amounts = oddness.scores(values), np.empty(columns.shape)
    everyone = np.arange(len(values))
    for place in range(n_reasons):
        mended = values.copy()
        mended[everyone, columns[:, place]] = expected[:, place]
        amounts[:, place] = np.maximum(scores - oddness.scores(mended), 0)
    found = np.take_along_axis(values, columns, axis=1).astype(np.float64)
    return scores, Reasons(columns, found, expected, amounts).in_order()


def _suspects(
    oddness: Oddness, values: np.ndarray, squared: np.ndarray, n_reasons: int
) -> np.ndarray:
    """Give the columns that may be reasons: ``(rows, reasons)``."""
    points, own = oddness.points.of(values), oddness.neighbours.points
    nearest = _nearest(squared)
    # Summed over the neighbours one after the other, so that wide rows take little memory.
    centre = sum(own[nearest[:, i]] for i in range(nearest.shape[1])) / nearest.shape[1]
    differences = np.square(points - centre)
    starts = [oddness.points.coordinates(j).start for j in range(values.shape[1])]
    parts = [np.add.reduceat(differences, starts, axis=1), *oddness.surprises(values)]
    shares = sum(part / np.maximum(part.sum(axis=1, keepdims=True), 1e-12) for part in parts)
    return np.argsort(-np.asarray(shares), axis=1, kind="stable")[:, :n_reasons]


def _expected(oddness: Oddness, values: np.ndarray, squared: np.ndarray, column: int) -> np.ndarray:
    """Give what the nearest rows by all other columns have in this one."""
    learned, is_level = oddness.values[:, column], bool(oddness.is_level[column])
    if values.shape[1] == 1:
        return np.full(len(values), typical(learned, is_level=is_level))
    where = oddness.points.coordinates(column)
    own, points = oddness.neighbours.points[:, where], oddness.points.of(values)[:, where]
    for i in range(own.shape[1]):
        squared = squared - np.square(points[:, i, None] - own[:, i])
    near = learned[_nearest(squared)]
    return np.array([typical(row, is_level=is_level) for row in near])


def _nearest(squared: np.ndarray) -> np.ndarray:
    size = min(_N_NEIGHBOURS, squared.shape[1] - 1)
    return np.argpartition(squared, size - 1, axis=1)[:, :size]
