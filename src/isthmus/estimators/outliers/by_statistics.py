"""Rows judged by what others of them are like, without any training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np

from isthmus.errors import DataError
from isthmus.estimators.outliers.cells import Cells, cells_of
from isthmus.estimators.outliers.oddness import Oddness
from isthmus.estimators.outliers.reasons import Reasons, find_reasons
from isthmus.fitting.saved import preparation_arrays, preparation_tensors
from isthmus.io import Dataset, affordable_rows, memory_budget, read_ahead
from isthmus.prepare import (
    NumberPreparation,
    Preparation,
    find_preparation,
    restore_preparation,
)

MOST_ROWS = 10_000
"""Rows that others are compared with."""

# What is kept of a number takes about as many bytes, and all of it this part of the budget.
_BYTES, _PART = 32, 2


@final
@dataclass(frozen=True, eq=False)
class ByStatistics:
    """Judges rows by their `Oddness` among some of those that were fitted.

    Parameters
    ----------
    preparation : Preparation
        What brings numbers to units of their standard deviation.
    varied : ndarray of int
        The columns that do not hold one value only; the others are left out.
    oddness : Oddness
        How odd rows of these columns are.
    """

    preparation: Preparation
    varied: np.ndarray
    oddness: Oddness

    @classmethod
    def fit(
        cls, dataset: Dataset, *, clean: bool, seed: int, kinds: Mapping[str, str] | None = None
    ) -> Self:
        """Learn from a dataset; of many rows from as many as are affordable, drawn by chance."""
        preparation = find_preparation(dataset, "standardize", kinds)
        most = memory_budget() // (_PART * _BYTES * preparation.n_features)
        positions = np.arange(dataset.n_rows)
        if dataset.n_rows > (most := max(2, min(MOST_ROWS, most))):
            drawn = np.random.default_rng(seed).choice(dataset.n_rows, most, replace=False)
            positions = np.sort(drawn)
        cells = cells_of(preparation)
        values = cells.values(preparation.chosen(dataset, positions))
        varied = _varied(preparation, values)
        if not len(varied):
            raise DataError(
                f"all rows of {dataset.source} are the same, so none is odd among them: give rows "
                "that differ."
            )
        oddness = Oddness(values[:, varied], cells.is_level[varied], clean=clean)
        return cls(preparation, varied, oddness)

    @property
    def cells(self) -> Cells:
        """The values of single columns."""
        return cells_of(self.preparation)

    @property
    def learned_scores(self) -> np.ndarray:
        """The scores of the rows that were learned, each compared with the others."""
        assert self.oddness.learned is not None
        return -self.oddness.learned

    def score_chunks(self, dataset: Dataset) -> Iterator[np.ndarray]:
        """Score rows a chunk at a time; higher is more normal."""
        for values in self._chunks(dataset):
            yield -self.oddness.scores(values)

    def reason_chunks(
        self, dataset: Dataset, n_reasons: int
    ) -> Iterator[tuple[np.ndarray, Reasons]]:
        """Give scores and reasons a chunk at a time, in prepared numbers."""
        for values in self._chunks(dataset):
            scores, reasons = find_reasons(self.oddness, values, n_reasons)
            yield -scores, reasons.of_columns(self.varied)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Give all that was learned: what JSON can hold, and arrays by name."""
        values, arrays = self.preparation.state()
        tensors = preparation_tensors(arrays)
        tensors |= {"values": self.oddness.values, "scale": self.oddness.scale}
        state = {
            "clean": self.oddness.clean,
            "preparation": values,
            "varied": self.varied.tolist(),
        }
        return state, tensors

    @classmethod
    def from_state(cls, state: dict[str, Any], tensors: dict[str, np.ndarray]) -> Self:
        """Make it again from what `state` gave; ValueError if the parts do not fit together."""
        preparation = restore_preparation(state["preparation"], preparation_arrays(tensors))
        cells = cells_of(preparation)
        varied = np.array([int(column) for column in state["varied"]])
        values, scale, clean = tensors["values"], tensors["scale"], bool(state["clean"])
        inside = len(varied) and varied.min() >= 0 and varied.max() < len(cells.names)
        if not inside or (np.diff(varied) < 1).any():
            raise ValueError("the columns contradict the preparation")
        if values.dtype != np.float32 or values.shape[1:] != varied.shape or len(values) < 2:
            raise ValueError("the rows have another shape")
        if scale.dtype != np.float64 or not (np.isfinite(scale).all() and (scale[1] > 0).all()):
            raise ValueError("the scale is none")
        if not cells.could_be(values, varied):
            raise ValueError("the rows hold something else than numbers")
        oddness = Oddness(values, cells.is_level[varied], clean=clean, scale=scale)
        if scale.shape != (2, oddness.n_kinds):
            raise ValueError("the scale has another shape")
        return cls(preparation, varied, oddness)

    def _chunks(self, dataset: Dataset) -> Iterator[np.ndarray]:
        """Give the values of the columns that count."""
        cells, n_rows = self.cells, affordable_rows(self.preparation.n_features)
        for x in read_ahead(self.preparation.chunks(dataset, n_rows)):
            yield cells.values(x)[:, self.varied]


def _varied(preparation: Preparation, values: np.ndarray) -> np.ndarray:
    """Give the columns that do not hold one value only."""
    if isinstance(preparation, NumberPreparation):
        return np.flatnonzero(preparation.domain.least < preparation.domain.greatest)
    first = values[:1]
    same = (values == first) | (np.isnan(values) & np.isnan(first))
    return np.flatnonzero(~same.all(axis=0))
