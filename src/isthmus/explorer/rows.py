"""The rows that are explored, and what stands beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from isthmus.errors import IsthmusError
from isthmus.io import (
    ArrayDataset,
    Dataset,
    Rows,
    Schema,
    TableDataset,
    as_dataset,
    memory_budget,
    readable_bytes,
)

_CELL_BYTES = 8


def in_memory(dataset: Dataset) -> Rows:
    """Read all rows, columns that hold an index among them.

    Raises
    ------
    IsthmusError
        They would take more than the memory budget.
    """
    size = dataset.n_rows * _row_bytes(dataset.schema)
    here = isinstance(dataset, (ArrayDataset, TableDataset))
    if size > memory_budget() and not here:
        raise IsthmusError(
            f"{dataset.source} would take {readable_bytes(size)} of memory, and rows may take "
            f"{readable_bytes(memory_budget())}: explore some of its rows, or allow more with "
            "--memory or ISTHMUS_MEMORY."
        )
    whole = dataset
    names = dataset.schema.names
    if names is not None and dataset.index_names:
        whole = dataset.select([*names, *dataset.index_names])
    rows = whole.to_memory()
    return rows if isinstance(rows, np.ndarray) else rows.combine_chunks()


def _row_bytes(schema: Schema) -> int:
    if schema.names is None:
        return schema.n_features * np.dtype(schema.dtypes[0]).itemsize
    return schema.n_features * _CELL_BYTES


def take(rows: Rows, positions: np.ndarray) -> Rows:
    """Give the rows at these positions."""
    return rows[positions] if isinstance(rows, np.ndarray) else rows.take(positions)


def all_but(positions: np.ndarray, n_rows: int) -> np.ndarray:
    """Give the positions of all other rows, in ascending order."""
    others = np.ones(n_rows, bool)
    others[positions] = False
    return np.flatnonzero(others)


def opened(rows: Rows, source: str) -> Dataset:
    """Give rows in memory as a dataset."""
    return (
        ArrayDataset(rows, source) if isinstance(rows, np.ndarray) else TableDataset(rows, source)
    )


def table_beside(labels: Any, n_rows: int) -> pa.Table:
    """Give what stands beside so many rows as a table."""
    dataset = as_dataset(labels, "labels")
    rows = dataset.to_memory()
    if isinstance(rows, np.ndarray):
        flat = np.asarray(rows).reshape(len(rows), -1)
        names = ["label"] if flat.shape[1] == 1 else [f"label {i}" for i in range(flat.shape[1])]
        rows = pa.table([pa.array(column) for column in flat.T], names=names)
    if len(rows) != n_rows:
        raise IsthmusError(
            f"{dataset.source} has {len(rows):,} rows, but there are {n_rows:,} to stand beside: "
            "give one for each."
        )
    return rows.combine_chunks()
