"""What writers share: chunks as tables or as matrices, and chunks that agree, one after another."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any, Literal

import numpy as np
import pyarrow as pa

from isthmus.errors import DataError
from isthmus.io.dataset import Rows, numpy_dtype


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
            dtype = np.result_type(*(numpy_dtype(kind) for kind in chunk.schema.types))
        for name, column in zip(chunk.column_names, chunk.itercolumns(), strict=True):
            if column.null_count and dtype.kind != "f":
                raise DataError(
                    f"Column {name!r} has missing values, which an array of {dtype} cannot hold: "
                    "write .parquet or .csv, or turn the column into floats."
                )
        columns = [column.to_numpy().astype(dtype) for column in chunk.itercolumns()]
        yield np.stack(columns, axis=1)


def with_first(chunks: Iterable[pa.Table]) -> tuple[pa.Table, Iterator[pa.Table]]:
    """Give the first chunk, and all of them."""
    chunks = iter(chunks)
    first = next(chunks)
    return first, itertools.chain([first], chunks)


def write_tables(writer: Any, schema: pa.Schema, tables: Iterable[pa.Table]) -> int:
    """Hand tables of one schema to a writer of arrow's and give the number of rows."""
    n_rows = 0
    for table in tables:
        if table.column_names != schema.names:
            raise DataError("A later chunk has other columns than the first: give the same ones.")
        writer.write_table(table.cast(schema))
        n_rows += table.num_rows
    return n_rows


def write_array(
    file: IO[bytes],
    chunks: Iterable[np.ndarray],
    write_header: Callable[[IO[bytes], tuple[int, ...], np.dtype], object],
    byte_order: Literal["=", ">"],
) -> int:
    """Write a header, which tells the shape and the dtype, and then the numbers."""
    chunks = uniform(chunks)
    first = next(chunks)
    dtype = first.dtype.newbyteorder(byte_order)
    # The number of rows is known only at the end; both headers keep their length when it changes.
    write_header(file, first.shape, dtype)
    start, n_rows = file.tell(), 0
    for chunk in itertools.chain([first], chunks):
        file.write(np.ascontiguousarray(chunk, dtype).data)
        n_rows += len(chunk)
    file.seek(0)
    write_header(file, (n_rows, *first.shape[1:]), dtype)
    assert file.tell() == start
    return n_rows


def uniform(chunks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield the chunks, all of the dtype and the shape of a row that the first one has."""
    first: np.ndarray | None = None
    for chunk in chunks:
        first = chunk if first is None else first
        if chunk.shape[1:] != first.shape[1:] or chunk.dtype != first.dtype:
            raise DataError(
                f"A later chunk has rows of {chunk.shape[1:]} and type {chunk.dtype}, the first "
                f"of {first.shape[1:]} and {first.dtype}: give chunks of one shape and type."
            )
        yield chunk
