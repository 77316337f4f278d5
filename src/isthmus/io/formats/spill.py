"""Rows that come only once, spilled to a temporary file from which they can be read again."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from isthmus.errors import DataError
from isthmus.io.budget import memory_budget
from isthmus.io.dataset import Dataset, Rows
from isthmus.io.failures import first_line
from isthmus.io.formats.arrays import NPY
from isthmus.io.formats.feather import FEATHER
from isthmus.io.index import index_columns, marked_as_index
from isthmus.io.joined import regrouped
from isthmus.io.temporary import TemporaryFolder

_BATCH_ROWS = 16_384
_BATCH_SHARE = 4
_NUMBER_BYTES = 8


def spill_to_disk(chunks: Iterable[Rows], source: str) -> Dataset:
    """Write rows to a temporary file, which lives as long as the dataset.

    Parameters
    ----------
    chunks : iterable of arrays or arrow tables
        All of one kind; the first one decides about names and types.
    source : str
        What messages call the rows.
    """
    iterator = iter(chunks)
    first = next(iterator, None)
    if first is None:
        raise DataError(f"{source} gave no rows: give at least one batch.")
    every = itertools.chain([first], iterator)
    folder = TemporaryFolder()
    if isinstance(first, np.ndarray):
        path = folder.path / "rows.npy"
        NPY.write_whole(path, _arrays(every, source))
        dataset: Dataset = NPY.open(path)
    else:
        path = folder.path / "rows.arrow"
        tables = _tables(every, first.schema, source)
        FEATHER.write_whole(path, regrouped(tables, _batch_rows(first.num_columns)))
        dataset = FEATHER.open(path)
    dataset.source, dataset.folder = source, folder
    return dataset


def _batch_rows(n_columns: int) -> int:
    """Give the rows of a batch: fewer where columns are so many that they would not fit."""
    most = memory_budget() // (_BATCH_SHARE * _NUMBER_BYTES * max(n_columns, 1))
    return min(_BATCH_ROWS, 2 ** (max(most, 1).bit_length() - 1))


def _tables(chunks: Iterable[Rows], schema: pa.Schema, source: str) -> Iterator[pa.Table]:
    index = index_columns(schema)
    schema = schema.remove_metadata()
    for number, chunk in enumerate(chunks, 1):
        columns = None if isinstance(chunk, np.ndarray) else chunk.column_names
        if isinstance(chunk, np.ndarray) or set(columns or ()) != set(schema.names):
            found = "an array" if columns is None else f"the columns {columns}"
            raise DataError(
                f"{source}: batch {number} holds {found}, but the first one the columns "
                f"{schema.names}: give batches that agree."
            )
        try:
            yield marked_as_index(chunk.select(schema.names).cast(schema), index)
        except pa.ArrowException as error:
            raise DataError(
                f"{source}: batch {number} holds other types than the first one "
                f"({first_line(error)}): give all batches the same types."
            ) from error


def _arrays(chunks: Iterable[Rows], source: str) -> Iterator[np.ndarray]:
    first: np.ndarray | None = None
    for number, chunk in enumerate(chunks, 1):
        if not isinstance(chunk, np.ndarray):
            raise DataError(
                f"{source}: batch {number} holds a table, but the first one an array: "
                "give batches that agree."
            )
        first = chunk if first is None else first
        if chunk.shape[1:] != first.shape[1:] or not np.can_cast(
            chunk.dtype, first.dtype, "same_kind"
        ):
            raise DataError(
                f"{source}: batch {number} holds rows of {chunk.shape[1:]} ({chunk.dtype}), but "
                f"the first one of {first.shape[1:]} ({first.dtype}): give batches that agree."
            )
        yield chunk.astype(first.dtype, copy=False)
