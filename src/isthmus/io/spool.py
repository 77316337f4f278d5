"""Rows that come only once are put into a temporary file, from which they can be read again."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from isthmus.errors import DataError
from isthmus.io.arrays import read_npy
from isthmus.io.columnar import FeatherDataset
from isthmus.io.dataset import Dataset, Rows
from isthmus.io.failures import first_line
from isthmus.io.joined import regrouped
from isthmus.io.temporary import TemporaryFolder
from isthmus.io.write import write

_BATCH_ROWS = 16_384


def spooled(chunks: Iterable[Rows], source: str) -> Dataset:
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
        write(path, _arrays(every, source))
        dataset: Dataset = read_npy(path)
    else:
        path = folder.path / "rows.arrow"
        write(path, regrouped(_tables(every, first.schema, source), _BATCH_ROWS))
        dataset = FeatherDataset(path)
    dataset.source, dataset.folder = source, folder
    return dataset


def from_batches(
    batches: Iterable[Any] | Callable[[], Iterable[Any]], *, source: str = "the batches"
) -> Dataset:
    """Gather rows that come batch by batch, such as from Dask, Ray Data or a generator.

    They are passed through once, and kept in a temporary file (in ``TMPDIR``) as long as the
    dataset lives, so that training can read them again in another order.

    Parameters
    ----------
    batches : iterable, or callable that gives one
        Arrays ``(rows, *row_shape)``, pandas, polars or arrow frames, or dicts of columns, all
        of one kind. The first one decides about columns and types.
    source : str
        What messages call the rows.

    Returns
    -------
    Dataset
        Takes the place of X wherever data are expected.

    Raises
    ------
    DataError
        There are no batches, or they do not agree with each other.
    IsthmusError
        The temporary file cannot be written.

    Examples
    --------
    >>> import numpy as np
    >>> from isthmus import from_batches
    >>> dataset = from_batches(np.full((2, 3), number) for number in range(4))
    >>> dataset.n_rows, dataset.schema.row_shape
    (8, (3,))
    """
    from isthmus.io.containers import as_dataset

    given = batches() if callable(batches) else batches

    def chunks() -> Iterator[Rows]:
        for number, batch in enumerate(given, 1):
            name = f"{source}, batch {number}"
            if isinstance(batch, pa.RecordBatch):
                batch = pa.Table.from_batches([batch])
            if isinstance(batch, Mapping):
                batch = _table(batch, name)
            dataset = as_dataset(batch, name)
            if dataset.n_rows:
                yield dataset.to_memory()

    return spooled(chunks(), source)


def _table(columns: Mapping[str, Any], name: str) -> pa.Table:
    try:
        return pa.table({str(key): np.asarray(column) for key, column in columns.items()})
    except (pa.ArrowException, ValueError) as error:
        raise DataError(
            f"{name} is no table ({first_line(error)}): give columns of one length, each of single "
            "numbers or text."
        ) from error


def _tables(chunks: Iterable[Rows], schema: pa.Schema, source: str) -> Iterator[pa.Table]:
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
            yield chunk.select(schema.names).cast(schema)
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
