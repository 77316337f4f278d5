"""What brings numbers to a scale that networks learn well, and back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
from numpy.typing import DTypeLike

from isthmus.errors import DataError
from isthmus.io.dataset import Dataset, Rows, Schema
from isthmus.prepare.agreement import Domain
from isthmus.prepare.matrix import check_numeric, check_prepared, to_dtype, to_matrix, to_table
from isthmus.prepare.odd_values import refuse_odd_values
from isthmus.prepare.preparation import Preparation, chunk_rows
from isthmus.prepare.scaling import ROUNDING, SCALINGS, Support, find_scale
from isthmus.prepare.statistics import ColumnStatistics, rows_in_cache

_SUPPORTS: dict[Support, str] = {
    "binary": "all values are 0 or 1",
    "unit": "all values lie in [0, 1] once they are brought to scale",
    "real": "some values lie outside [0, 1] once they are brought to scale",
}


@final
@dataclass(frozen=True, eq=False)
class NumberPreparation(Preparation):
    """An affine change of scale, ``prepared = (raw − offset) / scale``, and the way back.

    Parameters
    ----------
    domain : Domain
        Where the raw rows came from: names, dtypes and shape are given back by `inverse`, and
        all rows that come later are held against it.
    scaling : {"standardize", "range", "center", "none"}
        How offset and scale were chosen.
    reason : str
        Why so, as it follows "since"; empty where it was asked for.
    support : {"binary", "unit", "real"}
        Where the prepared values lie; it decides the default likelihood.
    offset, scale : ndarray of float64, shape (n_features,) or (1,)
        One number per column, or one for all.
    """

    domain: Domain
    scaling: str
    reason: str
    support: Support
    offset: np.ndarray
    scale: np.ndarray

    @classmethod
    def fit(cls, dataset: Dataset, scaling: str = "auto") -> NumberPreparation:
        """Find offset and scale in one pass over the data, as `find_scale` tells.

        Raises
        ------
        DataError
            Values that are not finite numbers, or no rows at all.
        """
        refuse_odd_values(dataset)
        check_numeric(dataset.schema, dataset.source)
        statistics = _statistics(dataset, deviations=scaling in ("auto", "standardize"))
        found = find_scale(scaling, dataset, statistics)
        domain = Domain(dataset.schema, statistics.least, statistics.greatest)
        return cls(domain, found.scaling, found.reason, found.support, found.offset, found.scale)

    def admitting(self, dataset: Dataset) -> NumberPreparation:
        """Give the same scale for rows to go on learning from, which may lie in a wider range.

        Its support is "real" where they lie beyond [0, 1] and those before did not.

        Raises
        ------
        DataError
            The rows do not agree with those that were fitted.
        """
        self.check(dataset)
        more = _statistics(dataset, deviations=False, before=self)
        least, greatest = (more.least - self.offset, more.greatest - self.offset)
        inside = min((least / self.scale).min(), 1 - (greatest / self.scale).max()) >= -ROUNDING
        binary = self.support == "binary" and more.binary
        support = "real" if self.support == "real" or not inside else "binary" if binary else "unit"
        return replace(self, domain=self.domain.widened(more.least, more.greatest), support=support)

    def check(self, dataset: Dataset) -> None:
        """Refuse rows of other columns or another shape, or of anything but numbers."""
        refuse_odd_values(dataset)
        self.domain.check_schema(dataset.schema, dataset.source)

    @property
    def schema(self) -> Schema:
        """What the raw rows looked like."""
        return self.domain.schema

    @property
    def support_reason(self) -> str:
        """Tell where the prepared values lie, as it follows "since"."""
        return _SUPPORTS[self.support]

    @property
    def units(self) -> np.ndarray:
        """How much a step of 1 is in the data's own units."""
        return self.scale

    @property
    def n_features(self) -> int:
        """Number of columns of the prepared matrix."""
        return self.schema.n_features

    def transform(
        self,
        rows: Rows,
        source: str = "X",
        first_row: int = 0,
        dtype: DTypeLike = np.float32,
    ) -> np.ndarray:
        """Prepare raw rows: ``(rows, n_features)``.

        The result is of `dtype`, float32 or float64, or the raw unsigned integers themselves where
        dividing by the range of their dtype is all there is to do: `as_float` does that in the
        batch.
        """
        matrix = to_matrix(rows, source, first_row)
        self.domain.check_values(matrix, source, as_shades=self.scaling == "range")
        if self._stores_integers and matrix.dtype.name == self.schema.dtypes[0]:
            return matrix
        if self.scaling == "none" and matrix.dtype == dtype:
            if dtype != np.float32:
                check_prepared(matrix, matrix, source, first_row)
            return matrix
        result = np.empty(matrix.shape, dtype)
        # In blocks, so that what is between float64 and float32 stays in the cache.
        size = rows_in_cache(matrix.shape[1])
        buffer = np.empty((min(size, len(matrix)), matrix.shape[1]))
        unscaled = bool(np.all(self.scale == 1))
        with np.errstate(over="ignore"):
            for start in range(0, len(matrix), size):
                block = matrix[start : start + size]
                part = result[start : start + len(block)]
                if unscaled:
                    np.subtract(block, self.offset, out=part, casting="same_kind")
                else:
                    centred = np.subtract(block, self.offset, out=buffer[: len(block)])
                    np.divide(centred, self.scale, out=part, casting="same_kind")
                check_prepared(part, block, source, first_row + start)
        return result

    def stored_dtype(self, schema: Schema, dtype: DTypeLike = np.float32) -> np.dtype:
        """Give the dtype that `transform` gives rows of this schema, if asked for this one."""
        integers = self._stores_integers and schema.names is None
        same = schema.dtypes[0] == self.schema.dtypes[0]
        return np.dtype(schema.dtypes[0] if integers and same else dtype)

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
            "labels": self.schema.labels,
        }
        values = {
            "schema": schema,
            "scaling": self.scaling,
            "reason": self.reason,
            "support": self.support,
        }
        arrays = {"offset": self.offset, "scale": self.scale}
        return values, arrays | {"least": self.domain.least, "greatest": self.domain.greatest}

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, np.ndarray]) -> NumberPreparation:
        """Make it again from what `state` gave; ValueError if the parts do not fit together."""
        schema = values["schema"]
        names = None if schema["names"] is None else tuple(map(str, schema["names"]))
        shape = tuple(map(int, schema["row_shape"]))
        labels = schema.get("labels")
        labels = None if labels is None else tuple(map(int, labels))
        schema = Schema(names, tuple(map(str, schema["dtypes"])), shape, labels)
        offset, scale = arrays["offset"], arrays["scale"]
        if values["scaling"] not in SCALINGS[1:] or values["support"] not in Support.__args__:
            raise ValueError("unknown scaling or support")
        n_dtypes = 1 if names is None else len(names)
        if len(schema.dtypes) != n_dtypes or not shape or min(shape) < 1:
            raise ValueError("the schema contradicts itself")
        for called in (names, labels):
            if called is not None and shape != (len(called),):
                raise ValueError("the schema contradicts itself")
        for array in (offset, scale):
            if array.dtype != np.float64 or array.shape not in {(1,), (schema.n_features,)}:
                raise ValueError("offset or scale has the wrong shape")
        if not (np.isfinite(offset).all() and np.isfinite(scale).all() and (scale > 0).all()):
            raise ValueError("offset or scale is no number to come back from")
        check_numeric(schema, "the model")
        if names is None and np.dtype(schema.dtypes[0]).kind not in "biuf":
            raise ValueError("unknown dtype")
        # Without memory of their own: a model file may ask for any number of features.
        bounds = (np.broadcast_to(bound, schema.n_features) for bound in (-np.inf, np.inf))
        least, greatest = map(arrays.get, ("least", "greatest"), bounds)
        domain = Domain(schema, least, greatest)
        for array in (least, greatest):
            if array.dtype != np.float64 or array.shape != (schema.n_features,):
                raise ValueError("the range has the wrong shape")
        reason = str(values.get("reason", ""))
        return cls(domain, values["scaling"], reason, values["support"], offset, scale)

    @property
    def _stores_integers(self) -> bool:
        return self.scaling == "range" and self.schema.dtypes[0] in {"uint8", "uint16"}


def _statistics(
    dataset: Dataset, *, deviations: bool, before: NumberPreparation | None = None
) -> ColumnStatistics:
    statistics = ColumnStatistics(dataset.schema.n_features, deviations=deviations)
    for chunk in dataset.passed(chunk_rows(dataset)):
        matrix = to_matrix(chunk, dataset.source, statistics.count)
        if before is not None:
            as_shades = before.scaling == "range"
            before.domain.check_values(matrix, dataset.source, as_shades=as_shades)
        statistics.add(matrix)
    if not statistics.count:
        raise DataError(f"{dataset.source} has no rows: there is nothing to learn from.")
    return statistics
