"""Rows judged by how badly an autoencoder reconstructs them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np

from isthmus.errors import IsthmusError
from isthmus.estimators.outliers.cells import Cells, cells_of
from isthmus.estimators.outliers.reasons import Reasons
from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.persistence import Tensors, describe, restore
from isthmus.fitting.validation import open_dataset
from isthmus.io import Dataset, affordable_rows, read_ahead
from isthmus.models import Model
from isthmus.prepare import NumberPreparation, Preparation, as_float
from isthmus.training import over_rows


@final
@dataclass(frozen=True, eq=False)
class ByReconstruction:
    """Judges rows by the scores of a fitted autoencoder.

    Parameters
    ----------
    autoencoder : autoencoder
        What reconstructs rows.
    """

    autoencoder: BaseAutoencoder

    @property
    def preparation(self) -> Preparation:
        """What brings rows to the scale of the autoencoder."""
        return self.autoencoder.preparation_

    @property
    def cells(self) -> Cells:
        """The values of single columns."""
        return cells_of(self.preparation)

    def score_chunks(self, dataset: Dataset) -> Iterator[np.ndarray]:
        """Score rows a chunk at a time; higher is more normal."""
        for scores in self.autoencoder.score_chunks(dataset):
            yield scores.astype(np.float64)

    def reason_chunks(
        self, dataset: Dataset, n_reasons: int
    ) -> Iterator[tuple[np.ndarray, Reasons]]:
        """Give scores and reasons a chunk at a time, in prepared numbers."""
        if n_reasons and not isinstance(self.preparation, NumberPreparation):
            raise IsthmusError(
                "reasons for a reconstruction are given of plain numbers alone, and these rows "
                "have other columns or gaps: ask for none (n_reasons=0), or use "
                "method='statistics'."
            )
        rows = open_dataset(self.autoencoder, dataset, reset=False)
        n_rows = affordable_rows(self.preparation.n_features)
        chunks = read_ahead(self.preparation.chunks(rows, n_rows))
        for scores, x in zip(self.score_chunks(dataset), chunks, strict=True):
            yield scores, self._reasons(x, n_reasons)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Give all that was learned: what JSON can hold, and arrays by name."""
        return describe(self.autoencoder)

    @classmethod
    def from_state(cls, state: dict[str, Any], tensors: Tensors) -> Self:
        """Make it again from what `state` gave; ValueError if the parts do not fit together."""
        autoencoder = restore(state, tensors)
        if not isinstance(autoencoder, BaseAutoencoder):
            raise ValueError("no autoencoder")
        return cls(autoencoder)

    def _reasons(self, x: np.ndarray, n_reasons: int) -> Reasons:
        """Give the values that are reconstructed worst, and their squared errors."""
        expected = over_rows(Model.reconstruct, self.autoencoder.model_, x)
        x = as_float(x)
        errors = np.square(x - expected)
        columns = np.argsort(-errors, axis=1, kind="stable")[:, :n_reasons]
        found = (np.take_along_axis(part, columns, 1) for part in (x, expected, errors))
        return Reasons(columns, *found)
