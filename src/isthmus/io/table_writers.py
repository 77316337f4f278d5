"""Writers of tables: csv, tsv, parquet and feather, a chunk at a time; and tables as arrays."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv, ipc, parquet

from isthmus.errors import DataError
from isthmus.io.dataset import Rows


def write_delimited(path: Path, tables: Iterable[pa.Table], delimiter: str) -> int:
    """Write text with a header row and give the number of rows."""
    first, tables = _peek(map(_with_visible_gaps, tables))
    options = csv.WriteOptions(delimiter=delimiter)
    with csv.CSVWriter(str(path), first.schema, write_options=options) as writer:
        return _write_all(writer, first.schema, tables)


def write_parquet(path: Path, tables: Iterable[pa.Table]) -> int:
    """Write a parquet file with checksums and give the number of rows."""
    first, tables = _peek(tables)
    with parquet.ParquetWriter(path, first.schema, write_page_checksum=True) as writer:
        return _write_all(writer, first.schema, tables)


def write_feather(path: Path, tables: Iterable[pa.Table]) -> int:
    """Write a feather (arrow IPC) file and give the number of rows."""
    first, tables = _peek(tables)
    # Without packing the file can be mapped into memory as it lies.
    with ipc.new_file(str(path), first.schema) as writer:
        return _write_all(writer, first.schema, tables)


def as_tables(chunks: Iterable[Rows], names: Sequence[str] | None) -> Iterator[pa.Table]:
    """Give arrays ``(rows, columns)`` their column names; tables pass."""
    for chunk in chunks:
        if isinstance(chunk, pa.Table):
            yield chunk
            continue
        matrix = chunk.reshape(len(chunk), -1)
        own = [f"column{i}" for i in range(matrix.shape[1])] if names is None else list(names)
        if len(own) != matrix.shape[1]:
            raise DataError(
                f"There are {len(own)} column names for {matrix.shape[1]} columns: "
                "give one name for each column."
            )
        yield pa.table([pa.array(np.ascontiguousarray(column)) for column in matrix.T], own)


def as_matrices(chunks: Iterable[Rows]) -> Iterator[np.ndarray]:
    """Turn tables of numbers into matrices of their common dtype; arrays pass."""
    dtype: np.dtype | None = None
    for chunk in chunks:
        if isinstance(chunk, np.ndarray):
            yield chunk
            continue
        if dtype is None:
            dtype = _common_dtype(chunk)
        for name, column in zip(chunk.column_names, chunk.itercolumns(), strict=True):
            if column.null_count and dtype.kind != "f":
                raise DataError(
                    f"Column {name!r} has missing values, which an array of {dtype} cannot hold: "
                    "write .parquet or .csv, or turn the column into floats."
                )
        columns = [column.to_numpy().astype(dtype) for column in chunk.itercolumns()]
        yield np.stack(columns, axis=1)


def _common_dtype(table: pa.Table) -> np.dtype:
    return np.result_type(*(kind.to_pandas_dtype() for kind in table.schema.types))


def _peek(tables: Iterable[pa.Table]) -> tuple[pa.Table, Iterator[pa.Table]]:
    tables = iter(tables)
    first = next(tables)
    return first, itertools.chain([first], tables)


def _write_all(writer: Any, schema: pa.Schema, tables: Iterable[pa.Table]) -> int:
    n_rows = 0
    for table in tables:
        if table.column_names != schema.names:
            raise DataError("A later chunk has other columns than the first: give the same ones.")
        writer.write_table(table.cast(schema))
        n_rows += table.num_rows
    return n_rows


def _with_visible_gaps(table: pa.Table) -> pa.Table:
    # A missing value in a table of one column would be an empty line, which readers pass over;
    # a quoted empty text is not.
    if table.num_columns > 1 or table.column(0).null_count == 0:
        return table
    column = table.column(0).cast(pa.string()).fill_null("")
    return pa.table([column], names=table.column_names)
