"""Rows that come batch by batch, gathered into a dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from isthmus.errors import DataError
from isthmus.io.containers import as_dataset
from isthmus.io.dataset import Dataset, Rows
from isthmus.io.failures import first_line
from isthmus.io.formats.spill import spill_to_disk


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

    return spill_to_disk(chunks(), source)


def _table(columns: Mapping[str, Any], name: str) -> pa.Table:
    try:
        return pa.table({str(key): np.asarray(column) for key, column in columns.items()})
    except (pa.ArrowException, ValueError) as error:
        raise DataError(
            f"{name} is no table ({first_line(error)}): give columns of one length, each of single "
            "numbers or text."
        ) from error
