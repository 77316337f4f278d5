"""Rows judged by what others of them are like, without any training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np

from isthmus.errors import DataError
from isthmus.estimators.outliers.oddness import Oddness
from isthmus.estimators.outliers.reasons import Reasons, find_reasons
from isthmus.io import Dataset, affordable_rows, memory_budget, read_ahead
from isthmus.prepare import NumberPreparation, as_float

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
    preparation : NumberPreparation
        What brings columns to units of their standard deviation.
    varied : ndarray of int
        The columns that do not hold one value only; the others are left out.
    oddness : Oddness
        How odd rows of these columns are.
    """

    preparation: NumberPreparation
    varied: np.ndarray
    oddness: Oddness

    @classmethod
    def fit(cls, dataset: Dataset, *, clean: bool, seed: int) -> Self:
        """Learn from a dataset; of many rows from as many as are affordable, drawn by chance."""
        preparation = NumberPreparation.fit(dataset, "standardize")
        domain = preparation.domain
        varied = np.flatnonzero(domain.least < domain.greatest)
        if not len(varied):
            raise DataError(
                f"all rows of {dataset.source} are the same, so none is odd among them: give rows "
                "that differ."
            )
        most = max(2, min(MOST_ROWS, memory_budget() // (_PART * _BYTES * len(varied))))
        positions = np.arange(dataset.n_rows)
        if dataset.n_rows > most:
            drawn = np.random.default_rng(seed).choice(dataset.n_rows, most, replace=False)
            positions = np.sort(drawn)
        values = as_float(preparation.chosen(dataset, positions))[:, varied]
        return cls(preparation, varied, _oddness(values, clean=clean))

    @property
    def learned_scores(self) -> np.ndarray:
        """The scores of the rows that were learned, each compared with the others."""
        assert self.oddness.learned is not None
        return -self.oddness.learned

    def score_chunks(self, dataset: Dataset) -> Iterator[np.ndarray]:
        """Score rows a chunk at a time; higher is more normal."""
        for x in self._chunks(dataset):
            yield -self.oddness.scores(x[:, self.varied])

    def reason_chunks(
        self, dataset: Dataset, n_reasons: int
    ) -> Iterator[tuple[np.ndarray, Reasons]]:
        """Give scores and reasons a chunk at a time, in prepared numbers."""
        for x in self._chunks(dataset):
            values = x[:, self.varied]
            scores, reasons = find_reasons(self.oddness, values, n_reasons)
            yield -scores, reasons.of_columns(self.varied)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Give all that was learned: what JSON can hold, and arrays by name."""
        values, arrays = self.preparation.state()
        tensors = {f"preparation.{name}": array for name, array in arrays.items()}
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
        arrays = {
            name.removeprefix("preparation."): array
            for name, array in tensors.items()
            if name.startswith("preparation.")
        }
        preparation = NumberPreparation.from_state(state["preparation"], arrays)
        varied = np.array([int(column) for column in state["varied"]])
        values, scale, clean = tensors["values"], tensors["scale"], bool(state["clean"])
        inside = len(varied) and varied.min() >= 0 and varied.max() < preparation.n_features
        if not inside or (np.diff(varied) < 1).any():
            raise ValueError("the columns contradict the preparation")
        if values.dtype != np.float32 or values.shape[1:] != varied.shape or len(values) < 2:
            raise ValueError("the rows have another shape")
        if scale.dtype != np.float64 or not (np.isfinite(scale).all() and (scale[1] > 0).all()):
            raise ValueError("the scale is none")
        if not np.isfinite(values).all():
            raise ValueError("the rows hold something else than numbers")
        oddness = _oddness(values, clean=clean, scale=scale)
        if scale.shape != (2, oddness.n_kinds):
            raise ValueError("the scale has another shape")
        return cls(preparation, varied, oddness)

    def _chunks(self, dataset: Dataset) -> Iterator[np.ndarray]:
        n_rows = affordable_rows(self.preparation.n_features)
        return read_ahead(self.preparation.chunks(dataset, n_rows))


def _oddness(values: np.ndarray, *, clean: bool, scale: np.ndarray | None = None) -> Oddness:
    return Oddness(values, np.zeros(values.shape[1], bool), clean=clean, scale=scale)
