"""The gaps of raw rows, filled; all else stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa

from isthmus.io import Dataset, Rows, read_ahead
from isthmus.prepare import Preparation, TablePreparation


def filled_chunks(
    dataset: Dataset,
    preparation: Preparation,
    tell: Callable[[np.ndarray], np.ndarray],
    n_rows: int,
) -> Iterator[Rows]:
    """Yield rows with values in the place of gaps, at most `n_rows` at a time.

    Parameters
    ----------
    dataset : Dataset
        Raw rows.
    preparation : Preparation
        What prepares them.
    tell : callable
        Gives the values of prepared rows ``(rows, n_features)`` that have gaps.
    n_rows : int
        The size of a chunk.

    Raises
    ------
    DataError
        The rows do not suit the preparation, or have gaps where it knows none.
    """
    preparation.check(dataset)
    first = 0
    for rows in read_ahead(dataset.passed(n_rows)):
        prepared = preparation.transform(rows, dataset.source, first)
        first += len(rows)
        incomplete = np.flatnonzero(np.isnan(prepared).any(axis=1))
        if not len(incomplete):
            yield rows
            continue
        assert isinstance(preparation, TablePreparation)
        imputed = prepared.copy()
        imputed[incomplete] = tell(prepared[incomplete])
        yield _filled(rows, preparation, prepared, imputed)


def in_one_piece(chunks: list[Rows]) -> Rows:
    """Give chunks as one array or table."""
    tables = [chunk for chunk in chunks if isinstance(chunk, pa.Table)]
    if tables:
        return pa.concat_tables(tables)
    return chunks[0] if len(chunks) == 1 else np.concatenate(chunks)


def _filled(
    rows: Rows, preparation: TablePreparation, prepared: np.ndarray, imputed: np.ndarray
) -> Rows:
    """Give rows with the imputed values, given in the prepared scale, where the prepared have gaps.

    Columns that were left out when the model was fitted keep their gaps.
    """
    found: dict[int, tuple[np.ndarray, pa.Array]] = {}
    for i, column in enumerate(preparation.columns):
        places = preparation.layout.places[i]
        gaps = np.flatnonzero(np.isnan(prepared[:, places]).any(axis=1))
        if len(gaps):
            found[i] = gaps, column.decode(imputed[gaps, places])
    if isinstance(rows, np.ndarray):
        return _filled_array(rows, found)
    schema = rows.schema
    columns = list(rows.columns)
    for i, (gaps, values) in found.items():
        columns[i] = _filled_column(columns[i], gaps, values)
        schema = schema.set(i, schema.field(i).with_type(columns[i].type))
    return pa.Table.from_arrays(columns, schema=schema)


def _filled_array(rows: np.ndarray, found: dict[int, tuple[np.ndarray, pa.Array]]) -> np.ndarray:
    filled = rows.copy()
    for i, (gaps, values) in found.items():
        filled[gaps, i] = values.to_numpy(zero_copy_only=False)
    return filled


def _filled_column(column: pa.ChunkedArray, gaps: np.ndarray, values: pa.Array) -> pa.ChunkedArray:
    if pa.types.is_null(column.type):
        column = pa.chunked_array([pa.nulls(len(column), values.type)])
    order = np.arange(len(column))
    order[gaps] = len(column) + np.arange(len(gaps))
    values = _in_type(values, column.type)
    both = pa.chunked_array([*column.chunks, values]).unify_dictionaries()
    return both.take(pa.array(order))


def _in_type(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Give values in the type of the rows that they are put into."""
    if values.type == kind:
        return values
    if isinstance(values, pa.DictionaryArray):
        values = values.dictionary_decode()
    if pa.types.is_dictionary(kind):
        values = values.cast(kind.value_type).dictionary_encode()
    return values.cast(kind, safe=False)
