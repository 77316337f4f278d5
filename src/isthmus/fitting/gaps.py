"""The gaps of raw rows, filled; all else stays as it is."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from isthmus.io import Rows
from isthmus.prepare import TablePreparation


def fill_gaps(
    rows: Rows, preparation: TablePreparation, prepared: np.ndarray, imputed: np.ndarray
) -> Rows:
    """Give rows with values in the place of gaps.

    Parameters
    ----------
    rows : array or arrow table
        Raw rows.
    preparation : TablePreparation
        What prepared them.
    prepared : ndarray, shape (rows, n_features)
        The same rows, NaN where values are missing.
    imputed : ndarray, shape (rows, n_features)
        What to put there, in the prepared scale.

    Returns
    -------
    rows : array or arrow table
        Where nothing is missing the same values, bit by bit. Columns that were left out when
        the model was fitted keep their gaps.
    """
    found: dict[int, tuple[np.ndarray, pa.Array]] = {}
    for i, column in enumerate(preparation.columns):
        places = preparation.layout.places(i)
        gaps = np.flatnonzero(np.isnan(prepared[:, places[0]])) if len(places) else places
        if len(gaps):
            found[i] = gaps, column.decode(imputed[np.ix_(gaps, places)])
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
