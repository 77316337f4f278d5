"""What every reader gives: rows with a schema, in chunks."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias, final

import numpy as np
import pyarrow as pa

from isthmus.errors import DataError
from isthmus.io.index import feature_columns, index_columns
from isthmus.passes import told

Rows: TypeAlias = np.ndarray | pa.Table
"""One chunk of raw data: an array ``(rows, *row_shape)``, or an arrow table for named columns."""

CHUNK_ROWS = 65_536

_GROUP_ROWS = 16_384
_GROUP_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Schema:
    """What one row looks like.

    Parameters
    ----------
    names : tuple of str or None
        Column names of a table; None for arrays and images.
    dtypes : tuple of str
        One dtype per column of a table, as arrow writes it ("double", "int64", "string", …);
        a single NumPy dtype name ("float32", "uint8", …) for arrays and images.
    row_shape : tuple of int
        Shape of one row: ``(columns,)`` for tables, ``(height, width)`` or
        ``(height, width, channels)`` for images.
    labels : tuple of int or None
        Whole numbers that a pandas frame has in place of names; it counts as an array.
    """

    names: tuple[str, ...] | None
    dtypes: tuple[str, ...]
    row_shape: tuple[int, ...]
    labels: tuple[int, ...] | None = None

    @property
    def n_features(self) -> int:
        """Numbers in one row."""
        return math.prod(self.row_shape)

    def __str__(self) -> str:
        shape = " × ".join(map(str, self.row_shape))
        kinds = ", ".join(dict.fromkeys(self.dtypes))
        if self.names is not None:
            return f"{len(self.names):,} columns ({kinds})"
        return f"{shape or 'single numbers'} ({kinds})"


def numpy_dtype(kind: pa.DataType) -> np.dtype:
    """Give NumPy's name for arrow's type of numbers.

    Before version 26 arrow's own `to_pandas_dtype` needs pandas.
    """
    return pa.array([], kind).to_numpy(zero_copy_only=False).dtype


@dataclass(frozen=True)
class RowGroup:
    """Rows of a dataset that lie together and are read without those before them.

    Parameters
    ----------
    first_row, n_rows : int
        Where they lie, and how many they are.
    chunks : callable
        Reads them in order, at most so many rows at a time.
    """

    first_row: int
    n_rows: int
    chunks: Callable[[int], Iterator[Rows]]

    def after(self, n_rows: int) -> RowGroup:
        """Give the same rows where so many rows come before it."""
        return replace(self, first_row=self.first_row + n_rows)


class Dataset(ABC):
    """Rows that share one schema, read a chunk at a time.

    Attributes
    ----------
    source : str
        Where the rows came from, as messages name it: a path, or "X" for data in memory.
    schema : Schema
        Column names, dtypes and the shape of a row.
    n_rows : int
        Number of rows.
    """

    source: str
    schema: Schema
    n_rows: int
    index_names: tuple[str, ...] = ()
    """Columns that hold an index of pandas': no features, but `select` takes them by name."""
    folder: object = None
    """A folder that is to live as long as the dataset does."""

    @abstractmethod
    def chunks(self, n_rows: int = CHUNK_ROWS) -> Iterator[Rows]:
        """Yield the rows in order, at most `n_rows` at a time."""

    def passed(self, n_rows: int = CHUNK_ROWS) -> Iterator[Rows]:
        """Yield the same as `chunks`, and tell who listens how far it is."""
        return told(self.chunks(n_rows), self.source, self.n_rows)

    def row_groups(self) -> Sequence[RowGroup]:
        """Give row groups, to be read in any order; one of all rows where there is no such way."""
        return [RowGroup(0, self.n_rows, self.chunks)]

    def select(self, names: Sequence[str]) -> Dataset:
        """Give the same rows with these columns only, in this order (tables only)."""
        raise DataError(
            f"{self.source} has no named columns, so none can be selected: "
            "leave the column names away."
        )

    def to_memory(self) -> Rows:
        """Read everything: an arrow table for named columns, an array otherwise."""
        chunks = list(self.chunks(max(self.n_rows, 1)))
        if len(chunks) == 1:
            return chunks[0]
        if self.schema.names is not None:
            return pa.concat_tables([chunk for chunk in chunks if isinstance(chunk, pa.Table)])
        return np.concatenate([np.asarray(chunk) for chunk in chunks])

    def __len__(self) -> int:
        return self.n_rows

    def __repr__(self) -> str:
        return f"Dataset({self.source!r}: {self.n_rows:,} rows of {self.schema})"

    def _require(self, names: Sequence[str]) -> None:
        own = self.schema.names or ()
        known = {*own, *self.index_names}
        missing = next((name for name in names if name not in known), None)
        if missing is not None:
            have = ", ".join(map(repr, own[:8])) + (", …" if len(own) > 8 else "")
            raise DataError(f"{self.source} has no column {missing!r}: its columns are {have}.")
        twice = next((name for name, count in Counter(names).items() if count > 1), None)
        if twice is not None:
            raise DataError(f"Column {twice!r} is asked for more than once: name each column once.")
        if not names:
            raise DataError(f"No column of {self.source} is left: keep at least one.")


def refuse_repeated_names(names: Sequence[str], source: str) -> None:
    """Raise `DataError` if two columns have the same name."""
    repeated = next((name for name, count in Counter(names).items() if count > 1), None)
    if repeated is not None:
        raise DataError(
            f"{source} has more than one column named {repeated!r}: rename or drop one of them."
        )


def schema_of_columns(schema: pa.Schema, names: Sequence[str]) -> Schema:
    """Give the schema of rows of these columns."""
    kinds = tuple(str(schema.field(name).type) for name in names)
    return Schema(tuple(names), kinds, (len(names),))


def schema_of(rows: Rows) -> Schema:
    """Give the schema of rows in memory."""
    if isinstance(rows, np.ndarray):
        return Schema(None, (rows.dtype.name,), tuple(rows.shape[1:]))
    kinds = tuple(map(str, rows.schema.types))
    return Schema(tuple(rows.column_names), kinds, (rows.num_columns,))


def group_rows(schema: Schema, dtype: np.dtype) -> int:
    """Give the rows of an array that are worth a row group."""
    return max(1, _GROUP_BYTES // max(1, schema.n_features * dtype.itemsize))


@final
class ArrayDataset(Dataset):
    """An array in memory, ``(rows, *row_shape)``.

    Parameters
    ----------
    array : ndarray
        The rows.
    source : str
        What messages call it.
    labels : tuple of int, optional
        What its columns are called in place of names.
    """

    def __init__(
        self, array: np.ndarray, source: str = "X", labels: tuple[int, ...] | None = None
    ) -> None:
        self.source = source
        self.schema = Schema(None, (array.dtype.name,), tuple(array.shape[1:]), labels)
        self.n_rows = int(array.shape[0])
        self._array = array

    def chunks(self, n_rows: int = CHUNK_ROWS) -> Iterator[np.ndarray]:
        """Yield the rows in order, at most `n_rows` at a time."""
        # Files may hold big-endian numbers, which JAX and arrow refuse.
        native = self._array.dtype.newbyteorder("=")
        for start in range(0, self.n_rows, n_rows):
            yield self._array[start : start + n_rows].astype(native, copy=False)

    def row_groups(self) -> Sequence[RowGroup]:
        """Give ranges of rows, a few megabytes each."""
        step = group_rows(self.schema, self._array.dtype)
        return [
            RowGroup(start, len(rows), ArrayDataset(rows, self.source).chunks)
            for start in range(0, self.n_rows, step)
            for rows in [self._array[start : start + step]]
        ]


@final
class TableDataset(Dataset):
    """An arrow table in memory.

    Parameters
    ----------
    table : arrow table
        The rows.
    source : str
        What messages call it.
    names : sequence of str, optional
        The columns that are features; by default all but those that hold an index.
    """

    def __init__(
        self, table: pa.Table, source: str = "X", names: Sequence[str] | None = None
    ) -> None:
        refuse_repeated_names(table.column_names, source)
        chosen = feature_columns(table.schema) if names is None else tuple(names)
        self.source = source
        self.schema = schema_of_columns(table.schema, chosen)
        self.n_rows = table.num_rows
        self.index_names = index_columns(table.schema)
        self._whole, self._table = table, table.select(list(chosen))

    def chunks(self, n_rows: int = CHUNK_ROWS) -> Iterator[pa.Table]:
        """Yield the rows in order, at most `n_rows` at a time."""
        yield from _slices(self._table, n_rows)

    def row_groups(self) -> Sequence[RowGroup]:
        """Give ranges of rows."""
        return [
            RowGroup(start, rows.num_rows, partial(_slices, rows))
            for start in range(0, self.n_rows, _GROUP_ROWS)
            for rows in [self._table.slice(start, _GROUP_ROWS)]
        ]

    def select(self, names: Sequence[str]) -> TableDataset:
        """Give the same rows with these columns only, in this order."""
        self._require(names)
        index = [name for name in self.index_names if name not in names]
        return TableDataset(self._whole.select([*names, *index]), self.source, names)

    @property
    def arrow_schema(self) -> pa.Schema:
        """The columns that are features, with their types."""
        return self._table.schema

    def cast(self, schema: pa.Schema) -> TableDataset:
        """Give the same rows with their features in the types of this schema."""
        whole, names = self._whole.schema, set(schema.names)
        fields = [schema.field(old.name) if old.name in names else old for old in whole]
        target = pa.schema(fields, whole.metadata)
        # Integers beyond 2**53 lose their last digits, as they do where fractions are near.
        return TableDataset(self._whole.cast(target, safe=False), self.source, schema.names)


def _slices(table: pa.Table, n_rows: int) -> Iterator[pa.Table]:
    for start in range(0, table.num_rows, n_rows):
        yield table.slice(start, n_rows)
