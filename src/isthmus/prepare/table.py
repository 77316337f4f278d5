"""What brings tables of every kind of column to numbers, and back."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Any, final

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike

from isthmus.errors import DataError, DataWarning
from isthmus.io.dataset import Dataset, Rows, Schema
from isthmus.prepare.columns import (
    CategoryColumn,
    Column,
    LeftOutColumn,
    NumberColumn,
    choose_columns,
    restore_column,
)
from isthmus.prepare.columns.category import is_text
from isthmus.prepare.layout import ColumnLayout, lay_out
from isthmus.prepare.matrix import check_shape
from isthmus.prepare.odd_values import refuse_odd_value, refuse_odd_values
from isthmus.prepare.preparation import Preparation, chunk_rows
from isthmus.prepare.scaling import Support

_MOST_UNSEEN = 0.5
_TELLING = 10
_NAMED = 4


@final
@dataclass(frozen=True, eq=False)
class TablePreparation(Preparation):
    """Every column in its own way, NaN where a value is missing.

    Parameters
    ----------
    raw : Schema
        What the raw rows looked like.
    arrow : arrow schema
        The same with all that arrow, and pandas through it, knows of the types.
    columns : tuple of Column
        How each column becomes numbers.
    reason : str
        Why the rows are not taken for plain numbers.
    """

    raw: Schema
    arrow: pa.Schema
    columns: tuple[Column, ...]
    reason: str

    scaling = "columns"
    support: Support = "mixed"

    @classmethod
    def fit(
        cls,
        dataset: Dataset,
        reason: str,
        kinds: Mapping[str, str] | None = None,
        *,
        bends: bool = True,
    ) -> TablePreparation:
        """Choose the kind of every column in one pass over the rows.

        With `bends=False` no tails are drawn in: the mean of what a number may be is then its
        mean in its own unit.

        Raises
        ------
        DataError
            A value or a type that nothing can be made of, or no column is left.
        """
        kinds = dict(kinds or {})
        refuse_odd_values(dataset, kinds)
        check_shape(dataset.schema, dataset.source)
        tables = _tables(dataset)
        first = next(tables, None)
        if first is None:
            raise DataError(f"{dataset.source} has no rows: there is nothing to learn from.")
        columns = choose_columns(
            first.schema,
            chain([first], tables),
            dataset.n_rows,
            dataset.source,
            kinds,
            bends=bends,
        )
        if not any(column.width for column in columns):
            raise DataError(
                f"{dataset.source} has no column to learn from: {_told(columns)}; name a kind "
                "in kinds= to take a column all the same."
            )
        left_out = [column for column in columns if isinstance(column, LeftOutColumn)]
        if any(column.reason for column in left_out):
            texts = any(is_text(column.type) for column in left_out)
            remedy = " (kinds= or --kind NAME=category takes it all the same)" if texts else ""
            warnings.warn(
                f"{dataset.source}: {_told(left_out)}, and left out{remedy}.",
                DataWarning,
                stacklevel=2,
            )
        return cls(dataset.schema, first.schema, columns, reason)

    def admitting(self, dataset: Dataset) -> TablePreparation:
        """Give the same in the wider range of these rows too, if all can be prepared so."""
        self.check(dataset)
        first, columns = 0, list(self.columns)
        for table in _tables(dataset, chunk_rows(dataset)):
            for i, (column, values) in enumerate(zip(columns, table.columns, strict=True)):
                column.encode(values, dataset.source, first)
                columns[i] = column.admitting(values)
            first += table.num_rows
        return replace(self, columns=tuple(columns))

    @property
    def schema(self) -> Schema:
        """What the raw rows looked like."""
        return self.raw

    @property
    def support_reason(self) -> str:
        """Tell of what the rows are made, as it follows "since"."""
        return self.reason

    @property
    def n_features(self) -> int:
        """Number of columns of the prepared matrix."""
        return self.layout.n_features

    @cached_property
    def layout(self) -> ColumnLayout:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Where the columns of the table lie in the matrix."""
        return lay_out(
            [column.width for column in self.columns], [column.part for column in self.columns]
        )

    def check(self, dataset: Dataset) -> None:
        """Refuse rows of other columns, or of types that cannot be what was fitted."""
        schema, source = dataset.schema, dataset.source
        check_shape(schema, source)
        own, names = self.raw.names, schema.names
        if own is not None and names is not None and own != names:
            given = next((b for a, b in zip(own, names, strict=False) if a != b), "fewer columns")
            raise DataError(
                f"{source} has {given!r} in place of a column that was fitted: give the same "
                "columns in the same order."
            )
        if schema.n_features != len(self.columns):
            raise DataError(
                f"{source} has {schema.n_features} columns, but the data that were fitted had "
                f"{len(self.columns)}: give the same columns."
            )
        first = next(_tables(dataset, 1), None)
        for position, column in enumerate(self.columns):
            if first is None or not column.width:
                continue
            given = first.schema.field(position).type
            if not (pa.types.is_null(given) or column.takes(given)):
                if schema.names is not None and is_text(given):
                    refuse_odd_value(dataset, schema.names[position])
                raise DataError(
                    f"{source}: column {column.name} holds {given}, but {column.type} (a "
                    f"{column.kind} column) when the model was fitted: give it the same type."
                )

    def transform(
        self,
        rows: Rows,
        source: str = "X",
        first_row: int = 0,
        dtype: DTypeLike = np.float32,
    ) -> np.ndarray:
        """Prepare raw rows: ``(rows, n_features)``, NaN where a value is missing.

        Raises
        ------
        DataError
            A value that cannot stand in its column.
        """
        table = _as_table(rows)
        result = np.empty((table.num_rows, self.n_features), dtype)
        for i, (column, values) in enumerate(zip(self.columns, table.columns, strict=True)):
            if column.width:
                numbers = column.encode(values, source, first_row)
                result[:, self._places[i]] = numbers
                _judge(column, numbers, source)
        return result

    def inverse(self, matrix: np.ndarray) -> Rows:
        """Give prepared rows ``(rows, n_features)`` their columns back, and gaps for NaN."""
        arrays = [
            column.decode(matrix[:, places])
            for column, places in zip(self.columns, self._places, strict=True)
        ]
        if self.raw.names is None:
            dtype = np.dtype(self.raw.dtypes[0])
            values = [array.to_numpy(zero_copy_only=False) for array in arrays]
            return np.stack(values, axis=1).astype(dtype)
        return pa.Table.from_arrays(arrays, schema=self.arrow)

    def describe(self) -> dict[str, str]:
        """Tell the kind of each column, with the reason where there is one, and its gaps."""
        return {
            column.called: column.kind.replace("_", " ")
            + (f", since {column.reason}" if column.reason else "")
            + (f"; {column.n_missing:,} missing" if column.n_missing else "")
            for column in self.columns
        }

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns of the prepared matrix."""
        names = [""] * self.n_features
        for column, places in zip(self.columns, self._places, strict=True):
            names[places] = column.part_names
        return tuple(names)

    @property
    def units(self) -> np.ndarray:
        units = np.ones(self.n_features)
        for column, places in zip(self.columns, self._places, strict=True):
            units[places] = column.unit
        return units

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Everything needed to make it again: plain values, and arrays by name."""
        schema = {"names": self.raw.names, "dtypes": self.raw.dtypes, "labels": self.raw.labels}
        values = {
            "columns": [column.state() for column in self.columns],
            "reason": self.reason,
            "scaling": self.scaling,
            "schema": schema,
        }
        content = np.frombuffer(self.arrow.serialize(), np.uint8)
        return values, {"arrow_schema": content.copy()}

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, np.ndarray]) -> TablePreparation:
        """Make it again from what `state` gave; ValueError if the parts do not fit together."""
        content = arrays["arrow_schema"]
        if content.dtype != np.uint8 or content.ndim != 1:
            raise ValueError("the schema is damaged")
        try:
            arrow = pa.ipc.read_schema(pa.py_buffer(content.tobytes()))
        except (pa.ArrowException, OSError) as error:
            raise ValueError("the schema is damaged") from error
        told = values["schema"]
        names = None if told["names"] is None else tuple(map(str, told["names"]))
        labels = None if told.get("labels") is None else tuple(map(int, told["labels"]))
        pairs = zip(arrow, values["columns"], strict=True)
        own = [restore_column(field.name, field.type, told) for field, told in pairs]
        if names is not None and list(names) != arrow.names:
            raise ValueError("the schema contradicts itself")
        raw = Schema(names, tuple(map(str, told["dtypes"])), (len(own),), labels)
        return cls(raw, arrow, tuple(own), str(values["reason"]))

    @property
    def _places(self) -> tuple[slice, ...]:
        return self.layout.places


def _judge(column: Column, numbers: np.ndarray, source: str) -> None:
    """Warn where most values of a column are such as were never seen."""
    if len(numbers) < _TELLING:
        return
    if isinstance(column, CategoryColumn):
        if column.share_without_own(numbers) > _MOST_UNSEEN:
            warnings.warn(
                f"Most values of column {column.name} in {source} are none of the levels that "
                "were fitted, and count as rare ones: give them as they were written then.",
                DataWarning,
                stacklevel=2,
            )
    elif isinstance(column, NumberColumn):
        ends = column.encode(pa.chunked_array([[column.least, column.greatest]]), source, 0)
        span = ends[1] - ends[0]
        outside = (numbers < ends[0] - span) | (numbers > ends[1] + span)
        if np.mean(outside) > _MOST_UNSEEN:
            warnings.warn(
                f"Most values of column {column.name} in {source} lie far beyond those that "
                f"were fitted, {column.least:.4g} to {column.greatest:.4g}: give them in the "
                "same unit as before.",
                DataWarning,
                stacklevel=2,
            )


def _told(columns: Any) -> str:
    told = [f"column {column.name} was {_why(column)}" for column in columns[:_NAMED]]
    more = f", and {len(columns) - _NAMED} more columns alike" if len(columns) > _NAMED else ""
    return "; ".join(told) + more


def _why(column: Column) -> str:
    return f"found useless, since {column.reason}" if column.reason else "to be left out"


def _tables(dataset: Dataset, n_rows: int | None = None) -> Iterator[pa.Table]:
    """Yield the rows as arrow tables."""
    for chunk in dataset.passed(chunk_rows(dataset) if n_rows is None else n_rows):
        yield _as_table(chunk)


def _as_table(rows: Rows) -> pa.Table:
    if isinstance(rows, pa.Table):
        return rows
    flat = np.asarray(rows).reshape(len(rows), -1)
    names = [str(i) for i in range(flat.shape[1])]
    return pa.table([pa.array(column, from_pandas=True) for column in flat.T], names=names)
