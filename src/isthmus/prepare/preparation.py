"""What brings raw data to a scale that networks learn well, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from isthmus.errors import DataError
from isthmus.io import CHUNK_ROWS, affordable_rows, memory_budget
from isthmus.io.dataset import Dataset, Rows, Schema
from isthmus.prepare.matrix import check_numeric, to_dtype, to_matrix, to_table
from isthmus.prepare.statistics import ColumnStatistics, rows_in_cache

Support = Literal["binary", "unit", "real"]
"""Where prepared values lie: in {0, 1}, in [0, 1], or anywhere."""

SCALINGS = ("auto", "standardize", "range", "center", "none")

# The range of a wider integer says nothing about the numbers that are in it.
_RANGE_DTYPES = ("bool", "uint8", "int8", "uint16", "int16")


@dataclass(frozen=True, eq=False)
class Preparation:
    """An affine change of scale, ``prepared = (raw − offset) / scale``, and the way back.

    Parameters
    ----------
    schema : Schema
        What the raw rows looked like: names, dtypes and shape are given back by `inverse`.
    scaling : {"standardize", "range", "center", "none"}
        How offset and scale were chosen.
    support : {"binary", "unit", "real"}
        Where the prepared values lie; it decides the default likelihood.
    offset, scale : ndarray of float64, shape (n_features,) or (1,)
        One number per column, or one for all.
    """

    schema: Schema
    scaling: str
    support: Support
    offset: np.ndarray
    scale: np.ndarray

    @classmethod
    def fit(cls, dataset: Dataset, scaling: str = "auto") -> Preparation:
        """Find offset and scale in one pass over the data.

        With ``scaling="auto"``, arrays and images of 8- or 16-bit integers are divided by the
        range of their dtype, floats that lie in [0, 1] are left alone, and everything else is
        standardized: tables column by column, images with one mean and one deviation.

        Raises
        ------
        DataError
            Values that are not finite numbers, or no rows at all.
        """
        check_numeric(dataset.schema, dataset.source)
        deviations = scaling in ("auto", "standardize")
        statistics = ColumnStatistics(dataset.schema.n_features, deviations=deviations)
        for chunk in dataset.chunks(_chunk_rows(dataset)):
            statistics.add(to_matrix(chunk, dataset.source, statistics.count))
        if not statistics.count:
            raise DataError(f"{dataset.source} has no rows: there is nothing to learn from.")
        if scaling == "auto":
            scaling = _choose_scaling(dataset.schema, statistics)
        offset, scale = _offset_and_scale(scaling, dataset, statistics)
        support = _find_support(statistics, offset, scale)
        return cls(dataset.schema, scaling, support, offset, scale)

    @property
    def n_features(self) -> int:
        """Number of columns of the prepared matrix."""
        return self.schema.n_features

    def transform(self, rows: Rows, source: str = "X", first_row: int = 0) -> np.ndarray:
        """Prepare raw rows: ``(rows, n_features)``.

        The result is float32, or the raw unsigned integers themselves where dividing by the
        range of their dtype is all there is to do: `as_float` does that in the batch.
        """
        matrix = to_matrix(rows, source, first_row)
        if self._stores_integers and matrix.dtype.name == self.schema.dtypes[0]:
            return matrix
        if self.scaling == "none" and matrix.dtype == np.float32:
            return matrix
        result = np.empty(matrix.shape, np.float32)
        if np.all(self.scale == 1):
            return np.subtract(matrix, self.offset, out=result, casting="same_kind")
        # In blocks, so that what is between float64 and float32 stays in the cache.
        size = rows_in_cache(matrix.shape[1])
        buffer = np.empty((min(size, len(matrix)), matrix.shape[1]))
        for start in range(0, len(matrix), size):
            block = matrix[start : start + size]
            centred = np.subtract(block, self.offset, out=buffer[: len(block)])
            np.divide(centred, self.scale, out=result[start : start + size], casting="same_kind")
        return result

    def stored_dtype(self, schema: Schema) -> np.dtype:
        """Give the dtype that `transform` gives rows of this schema."""
        integers = self._stores_integers and schema.names is None
        same = schema.dtypes[0] == self.schema.dtypes[0]
        return np.dtype(schema.dtypes[0] if integers and same else np.float32)

    def matrix_bytes(self, dataset: Dataset) -> int:
        """Give the size of what `matrix` gives."""
        return dataset.n_rows * self.n_features * self.stored_dtype(dataset.schema).itemsize

    def chosen(self, dataset: Dataset, positions: np.ndarray) -> np.ndarray:
        """Prepare the rows at these positions, in ascending order, in one pass over the data."""
        result = np.empty((len(positions), self.n_features), self.stored_dtype(dataset.schema))
        first = 0
        for chunk in dataset.chunks(_chunk_rows(dataset)):
            start, stop = np.searchsorted(positions, (first, first + len(chunk)))
            if stop > start:
                inside = positions[start:stop] - first
                rows = chunk[inside] if isinstance(chunk, np.ndarray) else chunk.take(inside)
                result[start:stop] = self.transform(rows, dataset.source, first)
            first += len(chunk)
        return result

    def matrix(self, dataset: Dataset) -> np.ndarray:
        """Prepare a whole dataset: ``(rows, n_features)``, read chunk by chunk."""
        result = None
        filled = 0
        for chunk in dataset.chunks():
            part = self.transform(chunk, dataset.source, filled)
            if len(part) == dataset.n_rows:
                return part
            if result is None:
                result = np.empty((dataset.n_rows, self.n_features), part.dtype)
            result[filled : filled + len(part)] = part
            filled += len(part)
        return np.empty((0, self.n_features), np.float32) if result is None else result

    def inverse(self, matrix: np.ndarray) -> Rows:
        """Give prepared rows ``(rows, n_features)`` their scale, shape, names and dtypes back."""
        schema = self.schema
        if schema.names is not None:
            return to_table(matrix * self.scale + self.offset, schema)
        result = np.empty(matrix.shape, schema.dtypes[0])
        size = rows_in_cache(matrix.shape[1])
        for start in range(0, len(matrix), size):
            block = slice(start, start + size)
            result[block] = to_dtype(matrix[block] * self.scale + self.offset, result.dtype)
        return result.reshape(len(matrix), *schema.row_shape)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Everything needed to make it again: plain values, and arrays by name."""
        schema = {
            "names": self.schema.names,
            "dtypes": self.schema.dtypes,
            "row_shape": self.schema.row_shape,
        }
        values = {"schema": schema, "scaling": self.scaling, "support": self.support}
        return values, {"offset": self.offset, "scale": self.scale}

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, np.ndarray]) -> Preparation:
        """Make it again from what `state` gave; ValueError if the parts do not fit together."""
        schema = values["schema"]
        names = None if schema["names"] is None else tuple(map(str, schema["names"]))
        shape = tuple(map(int, schema["row_shape"]))
        schema = Schema(names, tuple(map(str, schema["dtypes"])), shape)
        offset, scale = arrays["offset"], arrays["scale"]
        if values["scaling"] not in SCALINGS[1:] or values["support"] not in Support.__args__:
            raise ValueError("unknown scaling or support")
        n_dtypes = 1 if names is None else len(names)
        if len(schema.dtypes) != n_dtypes or not shape or min(shape) < 1:
            raise ValueError("the schema contradicts itself")
        if names is not None and shape != (len(names),):
            raise ValueError("the schema contradicts itself")
        for array in (offset, scale):
            if array.dtype != np.float64 or array.shape not in {(1,), (schema.n_features,)}:
                raise ValueError("offset or scale has the wrong shape")
        check_numeric(schema, "the model")
        if names is None and np.dtype(schema.dtypes[0]).kind not in "biuf":
            raise ValueError("unknown dtype")
        return cls(schema, values["scaling"], values["support"], offset, scale)

    @property
    def _stores_integers(self) -> bool:
        return self.scaling == "range" and self.schema.dtypes[0] in {"uint8", "uint16"}


def _chunk_rows(dataset: Dataset) -> int:
    """Give the rows to read at once: as ever, but for data that will not fit into memory."""
    n_features = dataset.schema.n_features
    size = dataset.n_rows * n_features * np.dtype(np.float32).itemsize
    return CHUNK_ROWS if size <= memory_budget() // 2 else affordable_rows(n_features)


def _choose_scaling(schema: Schema, statistics: ColumnStatistics) -> str:
    if schema.names is None and schema.dtypes[0] in _RANGE_DTYPES:
        return "range"
    if statistics.least.min() >= 0 and statistics.greatest.max() <= 1:
        return "none"
    return "standardize"


def _offset_and_scale(
    scaling: str, dataset: Dataset, statistics: ColumnStatistics
) -> tuple[np.ndarray, np.ndarray]:
    if scaling == "range":
        return _range(dataset)
    if scaling == "center":
        return statistics.mean, np.ones(1)
    if scaling == "none":
        return np.zeros(1), np.ones(1)
    if not np.isfinite(statistics.squared_deviations).all():
        raise DataError(
            f"{dataset.source} holds numbers up to {statistics.greatest.max():.3g}, "
            "too large to square in 64 bits: divide them by a constant first."
        )
    if len(dataset.schema.row_shape) > 1:
        mean, deviation = statistics.overall_mean, statistics.overall_standard_deviation
        return np.array([mean]), np.array([deviation])
    return statistics.mean, statistics.standard_deviation


def _range(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    dtype = dataset.schema.dtypes[0]
    if dataset.schema.names is not None or dtype not in _RANGE_DTYPES:
        raise DataError(
            f"{dataset.source} holds {dataset.schema}, and scaling='range' divides by the range "
            f"of an 8- or 16-bit integer dtype: use scaling='standardize'."
        )
    if dtype == "bool":
        return np.zeros(1), np.ones(1)
    limits = np.iinfo(dtype)
    return np.array([float(limits.min)]), np.array([float(limits.max) - float(limits.min)])


def _find_support(statistics: ColumnStatistics, offset: np.ndarray, scale: np.ndarray) -> Support:
    least = ((statistics.least - offset) / scale).min()
    greatest = ((statistics.greatest - offset) / scale).max()
    if least < 0 or greatest > 1:
        return "real"
    stays = bool((offset == 0).all() and (scale == 1).all())
    return "binary" if stays and statistics.binary else "unit"
