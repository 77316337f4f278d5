"""Raw rows ↔ a numeric matrix ``(rows, features)``, checked and in the original scale."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike

from isthmus.errors import DataError, MissingValueError
from isthmus.io.dataset import Rows, Schema, numpy_dtype

# Turning columns into rows a few thousand rows at a time keeps both sides in the cache.
_BLOCK_ROWS = 4096

# As in scikit-learn's PCA, what float32 holds is worked on in float32 where precision counts.
# Columns of tables have arrow's names for their dtypes.
_FLOAT32_HOLDS = frozenset(
    {"float32", "float", "float16", "halffloat", "uint8", "int8", "uint16", "int16", "bool"}
)

_GAPS = ", or fit a dense autoencoder, which takes gaps, to rows that have some"

AnyArray = TypeVar("AnyArray", bound=Any)


def as_float(values: AnyArray) -> AnyArray:
    """Read stored values as float32; unsigned integers are fixed-point numbers in [0, 1].

    Images stay integers until they are in a batch; this is the one place that says what the
    integers mean. Works on NumPy and JAX arrays alike.
    """
    if values.dtype.kind == "u":
        return values.astype(np.float32) * np.float32(1 / np.iinfo(values.dtype).max)
    return values if values.dtype == np.float32 else values.astype(np.float32)


def precision_of(schema: Schema) -> np.dtype:
    """Give the smaller of float32 and float64 that holds all rows of this schema."""
    return np.dtype(np.float32 if _FLOAT32_HOLDS.issuperset(schema.dtypes) else np.float64)


def mean_row(stored: np.ndarray) -> np.ndarray:
    """Average prepared rows as `as_float` reads them, gaps left out: ``(features,)``."""
    mean = stored.mean(axis=0, dtype=np.float64)
    gaps = np.isnan(mean)
    if gaps.any():
        mean[gaps] = np.nanmean(stored[:, gaps], axis=0, dtype=np.float64)
    scale = np.iinfo(stored.dtype).max if stored.dtype.kind == "u" else 1
    return mean / scale


def without_gaps(stored: np.ndarray, mean: np.ndarray | None = None) -> np.ndarray:
    """Give prepared rows as numbers, their mean row, or another, where values are missing."""
    x = as_float(stored)
    gaps = np.isnan(x)
    if not gaps.any():
        return x
    return np.where(gaps, np.float32(mean_row(stored) if mean is None else mean), x)


def check_shape(schema: Schema, source: str) -> None:
    """Refuse what has no rows of columns."""
    if schema.row_shape == ():
        raise DataError(
            f"{source} holds single numbers, one per row; expected rows of several features: "
            "reshape it to (rows, features)."
        )
    if schema.n_features == 0:
        raise DataError(f"{source} has no columns: there is nothing to learn from.")


def holds_numbers(schema: Schema) -> bool:
    """Tell whether all columns are of numbers."""
    return schema.names is None or all(map(_is_numeric, schema.dtypes))


def check_numeric(schema: Schema, source: str) -> None:
    """Refuse columns that hold anything but numbers, by name."""
    check_shape(schema, source)
    for name, kind in zip(schema.names or (), schema.dtypes, strict=False):
        if kind == "null":
            raise DataError(
                f"{source}: column {name!r} is empty, all its values are missing: "
                "leave the column out."
            )
        if not _is_numeric(kind):
            raise DataError(
                f"{source}: column {name!r} holds {_describe(kind)}, expected numbers: "
                "leave the column out, or turn it into numbers first."
            )


def to_matrix(rows: Rows, source: str, first_row: int = 0) -> np.ndarray:
    """Stack raw rows into ``(rows, features)`` in the original scale, all finite.

    Parameters
    ----------
    rows : array or arrow table
        One chunk of raw data.
    source : str
        What messages call the data.
    first_row : int
        Position of the chunk in the data, so that messages can name the row.

    Raises
    ------
    DataError
        Text where numbers belong, missing, NaN or infinite values.
    """
    if isinstance(rows, pa.Table):
        if not _same_floats(rows):
            _check_columns(rows, source, first_row)
            return _stack_columns(rows)
        matrix = _transposed(rows)
        if not _has_finite_sum(matrix):
            _check_columns(rows, source, first_row)
        return matrix
    matrix = np.asarray(rows).reshape(len(rows), -1)
    if matrix.dtype.kind == "f" and not _has_finite_sum(matrix):
        _check_finite(matrix, source, first_row)
    return matrix


def to_float(
    rows: Rows, source: str, first_row: int = 0, dtype: DTypeLike = np.float32
) -> np.ndarray:
    """Stack rows as `to_matrix` does, in float32 or float64 and in no other scale."""
    matrix = to_matrix(rows, source, first_row)
    with np.errstate(over="ignore"):
        result = matrix.astype(dtype)
    check_prepared(result, matrix, source, first_row)
    return result


def check_prepared(prepared: np.ndarray, raw: np.ndarray, source: str, first_row: int) -> None:
    """Refuse prepared numbers that are too large for a network, in float64 too.

    Parameters
    ----------
    prepared, raw : ndarray, shape (rows, columns)
        The same rows, in float32 or float64 and as they came.
    source : str
        What messages call the data.
    first_row : int
        Position of the first of them in the data.
    """
    if prepared.dtype == np.float32 and _has_finite_sum(prepared):
        return
    greatest = float(np.finfo(np.float32).max)
    # Where the squares of all together are no more than that of the greatest, none is greater.
    if prepared.dtype == np.float64 and np.vdot(prepared, prepared) <= greatest**2:
        return
    bad = np.flatnonzero(~(np.abs(prepared) <= greatest))
    if bad.size:
        row, column = divmod(int(bad[0]), prepared.shape[1])
        raise DataError(
            f"{source}: column {column} holds {raw[row, column]:.4g} in row "
            f"{first_row + row + 1:,}, too large for float32: "
            "mend that row, or divide the column by a constant first."
        )


def to_table(matrix: np.ndarray, schema: Schema) -> pa.Table:
    """Give columns ``(rows, features)`` in the original scale their names and dtypes back."""
    arrays = [
        pa.array(to_dtype(column, numpy_dtype(pa.type_for_alias(kind))))
        for column, kind in zip(matrix.T, schema.dtypes, strict=True)
    ]
    return pa.table(arrays, names=list(schema.names or ()))


def to_dtype(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Give numbers another dtype: the nearest of those that it has."""
    if dtype.kind == "b":
        return values >= 0.5
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        # The largest 64-bit integers have no float64 of their own; the next one down does.
        highest = np.nextafter(float(limits.max), 0) if dtype.itemsize == 8 else limits.max
        return np.clip(np.rint(values), limits.min, highest).astype(dtype)
    return values.astype(dtype)


def _same_floats(table: pa.Table) -> bool:
    kinds = set(table.schema.types)
    return table.num_rows > 0 and kinds in ({pa.float32()}, {pa.float64()})


def _transposed(table: pa.Table) -> np.ndarray:
    """Stack columns of one dtype, missing values as NaN; of wide tables this is the quick way."""
    batches = table.to_batches()
    if len(batches) > 1:
        batches = table.combine_chunks().to_batches()
    (batch,) = batches
    return batch.to_tensor(null_to_nan=True, row_major=True).to_numpy()


def _stack_columns(table: pa.Table) -> np.ndarray:
    columns = [column.combine_chunks().to_numpy(zero_copy_only=False) for column in table.columns]
    dtype = np.result_type(np.float32, *(column.dtype for column in columns))
    matrix = np.empty((table.num_rows, len(columns)), dtype)
    for start in range(0, len(matrix), _BLOCK_ROWS):
        block = matrix[start : start + _BLOCK_ROWS]
        np.stack([column[start : start + len(block)] for column in columns], axis=1, out=block)
    return matrix


def _has_finite_sum(matrix: np.ndarray) -> bool:
    """Tell that all is finite, or that one has to look: the sum of large numbers may overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(matrix.sum(dtype=np.result_type(matrix.dtype, np.float32))))


def _check_columns(table: pa.Table, source: str, first_row: int) -> None:
    for name, column in zip(table.column_names, table.columns, strict=True):
        if column.null_count:
            raise MissingValueError(
                f"{source}: column {name!r} has {_missing(column, first_row)}: "
                f"fill or drop those rows, leave the column out{_GAPS}."
            )
        if not pa.types.is_floating(column.type):
            continue
        values = column.to_numpy()
        if not np.isfinite(values).all():
            row = int(np.argmin(np.isfinite(values)))
            _refuse_value(source, f"column {name!r}", values[row], first_row + row)


def _missing(column: pa.ChunkedArray, first_row: int) -> str:
    if column.null_count == len(column):
        return f"nothing but missing values ({len(column):,} of them)"
    row = first_row + int(np.argmax(column.is_null().to_numpy())) + 1
    many = "a missing value" if column.null_count == 1 else f"{column.null_count:,} missing values"
    return f"{many}, the first in row {row:,}"


def _check_finite(matrix: np.ndarray, source: str, first_row: int) -> None:
    bad = np.flatnonzero(~np.isfinite(matrix))
    if bad.size:
        row, column = divmod(int(bad[0]), matrix.shape[1])
        _refuse_value(source, f"column {column}", matrix[row, column], first_row + row)


def _refuse_value(source: str, where: str, value: float, row: int) -> None:
    found = f"{source}: {where} holds {'NaN' if np.isnan(value) else 'infinity'} in row {row + 1:,}"
    if np.isnan(value):
        raise MissingValueError(f"{found}, expected finite numbers: fill or drop such rows{_GAPS}.")
    raise DataError(f"{found}, expected finite numbers: fill or drop such rows.")


def _is_numeric(kind: str) -> bool:
    try:
        arrow = pa.type_for_alias(kind)
    except ValueError:
        return False
    return pa.types.is_integer(arrow) or pa.types.is_floating(arrow) or pa.types.is_boolean(arrow)


def _describe(kind: str) -> str:
    if kind in {"string", "large_string", "string_view"}:
        return "text"
    if kind.startswith("dictionary"):
        return "categories"
    if kind.startswith(("timestamp", "date", "time", "duration")):
        return f"dates or times ({kind})"
    return f"values of type {kind}"
