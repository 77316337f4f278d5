"""Data that is already in memory: arrays and data frames in, the same kinds out."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import narwhals as nw
import numpy as np
import pyarrow as pa
from narwhals.exceptions import DuplicateError
from pyarrow import dataset as scanning

from isthmus.errors import DataError
from isthmus.io.dataset import ArrayDataset, Dataset, Rows, TableDataset
from isthmus.io.failures import first_line
from isthmus.io.index import index_of, with_index
from isthmus.io.plain_numbers import as_rows, refuse_other_than_numbers
from isthmus.io.read import read

ContainerKind: TypeAlias = Literal["array", "pandas", "polars", "arrow"]
AnyFrame: TypeAlias = nw.DataFrame[Any] | nw.LazyFrame[Any]


@dataclass(frozen=True, eq=False)
class Container:
    """What rows come in, and are to be given back in.

    Parameters
    ----------
    kind : {"array", "pandas", "polars", "arrow"}
        An array, or which kind of frame.
    index : pandas.Index, arrow table or None
        What the rows are called: a frame's own index, or the columns of an arrow table in which
        pandas keeps one.
    """

    kind: str
    index: Any = None


def as_dataset(data: Any, source: str = "X") -> Dataset:
    """Turn whatever a user may call data into a `Dataset`.

    Parameters
    ----------
    data : Dataset, pyarrow.dataset.Dataset, path, data frame, or array
        Paths (or a sequence of them) are read. A pandas, polars, arrow or other frame that
        narwhals knows becomes a table; a pandas frame whose column labels are not all strings
        counts as an array, as in scikit-learn. NumPy, JAX and torch arrays stay arrays.
    source : str, default="X"
        What messages call the data.

    Raises
    ------
    DataError
        The data are sparse, a single number, or not plain numbers.

    Examples
    --------
    >>> as_dataset([[1.0, 2.0], [3.0, 4.0]])
    Dataset('X': 2 rows of 2 (float64))
    """
    if isinstance(data, Dataset):
        return data
    data = in_memory(data)
    if isinstance(data, (str, os.PathLike, scanning.Dataset)) or _is_paths(data):
        return read(data)
    frame = _frame(data, source)
    if frame is not None:
        return TableDataset(_table(frame, source), source)
    return ArrayDataset(_array(data, source), source)


def in_memory(data: Any) -> Any:
    """Give what is there of data that wait to be computed or hide some of their values.

    A lazy frame is collected; what a masked array masks becomes NaN, which is a gap.

    Examples
    --------
    >>> in_memory(np.ma.masked_equal([[1.0, -9.0]], -9.0))
    array([[ 1., nan]])
    """
    if isinstance(data, np.ma.MaskedArray):
        if np.ma.is_masked(data):
            return np.ma.filled(data.astype(np.float64), np.nan)
        return np.ma.getdata(data)
    try:
        frame = nw.from_native(data, pass_through=True)
    except DuplicateError:
        return data
    return frame.collect().to_native() if isinstance(frame, nw.LazyFrame) else data


def container_of(data: Any) -> Container:
    """Tell what a user gave, so that results can come back in the same.

    Examples
    --------
    >>> container_of(pa.table({"a": [1]})).kind, container_of(np.zeros((2, 2))).kind
    ('arrow', 'array')
    """
    if isinstance(data, Dataset):
        return Container("array" if data.schema.names is None else "arrow")
    if isinstance(data, scanning.Dataset):
        return Container("arrow")
    frame = _narwhal(data, "X")
    if frame is None:
        return Container("array")
    kind: ContainerKind = "arrow"
    if frame.implementation.is_pandas():
        kind = "pandas"
    elif frame.implementation.is_polars():
        kind = "polars"
    return Container(kind if _has_names(frame) else "array", _index(frame))


def to_container(rows: Rows, container: Container) -> Any:
    """Turn an arrow table into a frame of this kind, with its index; arrays stay as they are.

    Parameters
    ----------
    rows : array or arrow table
    container : Container
        What `container_of` said. Without the library installed the arrow table itself comes back.
    """
    if isinstance(rows, np.ndarray):
        return rows
    index, kind = container.index, container.kind
    if kind == "polars":
        polars = _library("polars")
        return rows if polars is None else polars.from_arrow(rows)
    pandas = _library("pandas") if kind == "pandas" or index is not None else None
    if pandas is None or kind == "arrow":
        table = _index_table(index, pandas)
        return rows if table is None else with_index(rows, table)
    if isinstance(index, pa.Table):
        return with_index(rows, index).to_pandas()
    return rows.to_pandas() if index is None else rows.to_pandas().set_axis(index, axis=0)


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _index(frame: AnyFrame) -> Any:
    native = frame.to_native()
    if isinstance(native, pa.Table):
        return index_of(native)
    return native.index if frame.implementation.is_pandas() else None


def _index_table(index: Any, pandas: Any) -> pa.Table | None:
    if index is None or isinstance(index, pa.Table):
        return index
    try:
        return index_of(pa.Table.from_pandas(pandas.DataFrame(index=index)))
    except (pa.ArrowException, TypeError):  # such as intervals, which arrow has no type for
        return None


def _is_paths(data: Any) -> bool:
    return (
        isinstance(data, Sequence)
        and len(data) > 0
        and all(isinstance(item, (str, os.PathLike)) for item in data)
    )


def _narwhal(data: Any, source: str) -> AnyFrame | None:
    if isinstance(data, pa.RecordBatch):
        data = pa.Table.from_batches([data])
    try:
        frame = nw.from_native(data, pass_through=True)
    except DuplicateError as error:
        raise DataError(
            f"{source} has more than one column of the same name: rename or drop one of them."
        ) from error
    return frame if isinstance(frame, (nw.DataFrame, nw.LazyFrame)) else None


def _frame(data: Any, source: str) -> nw.DataFrame[Any] | None:
    frame = _narwhal(data, source)
    return frame if isinstance(frame, nw.DataFrame) and _has_names(frame) else None


def _has_names(frame: AnyFrame) -> bool:
    names = frame.collect_schema().names() if isinstance(frame, nw.LazyFrame) else frame.columns
    return all(isinstance(name, str) for name in names)


def _table(frame: nw.DataFrame[Any], source: str) -> pa.Table:
    try:
        if frame.implementation.is_pandas():
            return pa.Table.from_pandas(frame.to_native(), preserve_index=False)
        return frame.to_arrow()
    except OverflowError as error:
        raise DataError(
            f"{source} has a column of whole numbers beyond 64 bits: turn it into float64, or into "
            "text."
        ) from error
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataError(
            f"{source} has a column that is neither all numbers nor all text "
            f"({first_line(error)}): give each column one type."
        ) from error


def _array(data: Any, source: str) -> np.ndarray:
    if hasattr(data, "toarray") and not hasattr(data, "__array__"):
        raise DataError(f"{source} is sparse: turn it into a dense array with .toarray().")
    try:
        array = np.asarray(as_rows(data, source))
    except (TypeError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"{source} cannot be made an array ({first_line(error)}): give rows of equal length."
        ) from error
    refuse_other_than_numbers(array, source)
    if array.dtype.hasobject:
        try:
            array = array.astype(np.float64)
        except (OverflowError, TypeError, ValueError) as error:
            raise DataError(
                f"{source} holds Python objects that are not numbers ({first_line(error)}): "
                "give numbers."
            ) from error
    if array.ndim == 0:
        raise DataError(f"{source} is a single value of type {array.dtype}: give rows.")
    return array
