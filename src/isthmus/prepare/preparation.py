"""What every way of preparing raw rows offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from isthmus.io import CHUNK_ROWS, affordable_rows, memory_budget
from isthmus.io.dataset import Dataset, Rows, Schema
from isthmus.prepare.layout import ColumnLayout
from isthmus.prepare.scaling import Support


class Preparation(ABC):
    """Raw rows to a float32 matrix that networks learn well, and back.

    Attributes
    ----------
    scaling : str
        How values are brought to scale.
    reason : str
        Why so, as it follows "since"; empty where it was asked for.
    support : {"binary", "unit", "real", "mixed"}
        Where the prepared values lie; it decides the default likelihood.
    layout : ColumnLayout or None
        Where the columns of a table lie in the matrix, in which NaN is a gap; None where every
        number of a row is one number of the matrix, and there are no gaps.
    """

    scaling: str
    reason: str
    support: Support
    layout: ColumnLayout | None = None

    @property
    @abstractmethod
    def schema(self) -> Schema:
        """What the raw rows looked like."""

    @property
    @abstractmethod
    def support_reason(self) -> str:
        """Tell where the prepared values lie, as it follows "since"."""

    @property
    @abstractmethod
    def n_features(self) -> int:
        """Number of columns of the prepared matrix."""

    @property
    @abstractmethod
    def units(self) -> np.ndarray:
        """How much a step of 1 is in the data's own units: ``(n_features,)`` or ``(1,)``.

        It is 1 where there is no such unit, as for a level's share.
        """

    @property
    def row_shape(self) -> tuple[int, ...]:
        """Shape of one prepared row."""
        return self.schema.row_shape if self.layout is None else (self.n_features,)

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """Names of the columns of the prepared matrix, where they have any."""
        return self.schema.names

    @abstractmethod
    def admitting(self, dataset: Dataset) -> Preparation:
        """Give the same for rows to go on learning from, which may lie in a wider range.

        Raises
        ------
        DataError
            The rows do not agree with those that were fitted.
        """

    @abstractmethod
    def check(self, dataset: Dataset) -> None:
        """Refuse, as `DataError`, rows whose columns are not those that were fitted."""

    @abstractmethod
    def transform(
        self,
        rows: Rows,
        source: str = "X",
        first_row: int = 0,
        dtype: DTypeLike = np.float32,
    ) -> np.ndarray:
        """Prepare raw rows: ``(rows, n_features)``."""

    @abstractmethod
    def inverse(self, matrix: np.ndarray) -> Rows:
        """Give prepared rows ``(rows, n_features)`` their scale, shape, names and dtypes back."""

    @abstractmethod
    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Everything needed to make it again: plain values, and arrays by name."""

    def stored_dtype(self, schema: Schema, dtype: DTypeLike = np.float32) -> np.dtype:
        """Give the dtype that `transform` gives rows of this schema, if asked for this one."""
        return np.dtype(dtype)

    def matrix_bytes(self, dataset: Dataset, dtype: DTypeLike = np.float32) -> int:
        """Give the size of what `matrix` gives."""
        itemsize = self.stored_dtype(dataset.schema, dtype).itemsize
        return dataset.n_rows * self.n_features * itemsize

    def chosen(self, dataset: Dataset, positions: np.ndarray) -> np.ndarray:
        """Prepare the rows at these positions, in ascending order, in one pass over the data."""
        result = np.empty((len(positions), self.n_features), self.stored_dtype(dataset.schema))
        self.check(dataset)
        filled = 0
        for first, rows in _picked(dataset, positions):
            stop = filled + len(rows)
            result[filled:stop] = self.transform(rows, dataset.source, first)
            filled = stop
        return result

    def chunks(
        self, dataset: Dataset, n_rows: int = CHUNK_ROWS, dtype: DTypeLike = np.float32
    ) -> Iterator[np.ndarray]:
        """Prepare a dataset at most `n_rows` at a time, once it is known to suit."""
        self.check(dataset)
        first = 0
        for chunk in dataset.passed(n_rows):
            yield self.transform(chunk, dataset.source, first, dtype)
            first += len(chunk)

    def matrix(self, dataset: Dataset, dtype: DTypeLike = np.float32) -> np.ndarray:
        """Prepare a whole dataset: ``(rows, n_features)``, read chunk by chunk."""
        result = None
        filled = 0
        for part in self.chunks(dataset, dtype=dtype):
            if len(part) == dataset.n_rows:
                return part
            if result is None:
                result = np.empty((dataset.n_rows, self.n_features), part.dtype)
            result[filled : filled + len(part)] = part
            filled += len(part)
        return np.empty((0, self.n_features), dtype) if result is None else result


def raw_rows(dataset: Dataset, positions: np.ndarray) -> Iterator[Rows]:
    """Yield the rows at these positions as they are, in ascending order, a chunk at a time."""
    return (rows for _, rows in _picked(dataset, positions))


def _picked(dataset: Dataset, positions: np.ndarray) -> Iterator[tuple[int, Rows]]:
    """Yield rows at these positions, and where the chunk that they are from begins."""
    first = 0
    for chunk in dataset.passed(chunk_rows(dataset)):
        start, stop = np.searchsorted(positions, (first, first + len(chunk)))
        if stop > start:
            inside = positions[start:stop] - first
            yield first, chunk[inside] if isinstance(chunk, np.ndarray) else chunk.take(inside)
        first += len(chunk)


def chunk_rows(dataset: Dataset) -> int:
    """Give the rows to read at once: as ever, but for data that will not fit into memory."""
    n_features = dataset.schema.n_features
    size = dataset.n_rows * n_features * np.dtype(np.float32).itemsize
    return CHUNK_ROWS if size <= memory_budget() // 2 else affordable_rows(n_features)
