"""What comes back of each column of a table, by what its readers read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from isthmus.io import Dataset
from isthmus.prepare import Column, Preparation, TablePreparation, raw_rows


@dataclass(frozen=True)
class TableColumn:
    """How well one column comes back, where it is not missing.

    Attributes
    ----------
    name, kind : str
        The column, and what it was taken for.
    n_missing : int
        Its gaps among the training rows.
    is_share : bool
        Whether the figures are shares of rows that come back as they were, of which more is
        better; if not, they are root mean squared errors in the column's own unit.
    model, pca, constant : float
        The figure of the autoencoder, of PCA on the same numbers and of the most frequent level
        or the mean of these rows for all; NaN where all rows have gaps.
    """

    name: str
    kind: str
    n_missing: int
    is_share: bool
    model: float
    pca: float
    constant: float

    @property
    def gain(self) -> float:
        """Share of what the constant gets wrong that the autoencoder gets right."""
        return self._gain(self.model)

    @property
    def pca_gain(self) -> float:
        """The same of PCA."""
        return self._gain(self.pca)

    def _gain(self, figure: float) -> float:
        wrong = 1 - self.constant if self.is_share else self.constant
        left = 1 - figure if self.is_share else figure
        return 1 - left / wrong if wrong > 0 else float(left <= 0)


def judge_columns(
    preparation: Preparation,
    dataset: Dataset,
    rows: np.ndarray,
    reconstruction: np.ndarray,
    pca_reconstruction: np.ndarray,
) -> tuple[TableColumn, ...]:
    """Judge each column of a table by these rows; those that come back worst come first.

    Parameters
    ----------
    preparation : Preparation
        How the columns became numbers; of plain numbers nothing is judged here.
    dataset : Dataset
        The raw rows.
    rows : ndarray of int
        Positions of the judged rows, in ascending order.
    reconstruction, pca_reconstruction : ndarray, shape (rows, features)
        What came back, in the prepared scale.
    """
    if not isinstance(preparation, TablePreparation):
        return ()
    raw = list(raw_rows(dataset, rows))
    ours, theirs = (preparation.inverse(each) for each in (reconstruction, pca_reconstruction))
    found = []
    for position, column in enumerate(preparation.columns):
        if not column.width:
            continue
        values = _column(raw, position)
        figures = [_figure(column, values, _column([each], position)) for each in (ours, theirs)]
        is_share = column.part != "number"
        constant = _constant(column, values)
        kind = column.kind.replace("_", " ")
        found.append(
            TableColumn(
                column.called, kind, column.n_missing, is_share, figures[0], figures[1], constant
            )
        )
    return tuple(sorted(found, key=lambda item: np.nan_to_num(item.gain, nan=np.inf)))


def _column(rows: Sequence[Any], position: int) -> pa.ChunkedArray:
    chunks = []
    for chunk in rows:
        if isinstance(chunk, pa.Table):
            chunks += chunk.column(position).chunks
        else:
            chunks.append(pa.array(np.asarray(chunk)[:, position], from_pandas=True))
    return pa.chunked_array(chunks)


def _figure(column: Column, values: pa.ChunkedArray, other: pa.ChunkedArray) -> float:
    differences = column.differences(values, other)
    return _mean(1 - differences) if column.part != "number" else _root_mean_square(differences)


def _constant(column: Column, values: pa.ChunkedArray) -> float:
    if column.part == "number":
        known = values.drop_null().combine_chunks()
        if not len(known):
            return np.nan
        first = pa.chunked_array([known.take(pa.array(np.zeros(len(known), int)))])
        differences = column.differences(pa.chunked_array([known]), first)
        return _root_mean_square(differences - np.nanmean(differences))
    counts = [count["counts"] for count in values.drop_null().value_counts().to_pylist()]
    return max(counts) / sum(counts) if counts else np.nan


def _mean(values: np.ndarray) -> float:
    return float(np.nanmean(values)) if not np.isnan(values).all() else np.nan


def _root_mean_square(values: np.ndarray) -> float:
    return float(np.sqrt(_mean(values**2)))
