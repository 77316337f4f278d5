"""Data that is already in memory: arrays and data frames in, the same kinds out."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import narwhals as nw
import numpy as np
import pyarrow as pa
from narwhals.exceptions import DuplicateError
from pyarrow import dataset as scanning

from isthmus.errors import DataError
from isthmus.io.dataset import ArrayDataset, Dataset, Rows, TableDataset
from isthmus.io.failures import first_line
from isthmus.io.formats.arrays import check_plain_numbers
from isthmus.io.read import read

Container: TypeAlias = Literal["array", "pandas", "polars", "arrow"]


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
    """Tell what kind of container a user gave, so that results can come back in the same.

    Examples
    --------
    >>> container_of(pa.table({"a": [1]})), container_of(np.zeros((2, 2)))
    ('arrow', 'array')
    """
    if isinstance(data, Dataset):
        return "array" if data.schema.names is None else "arrow"
    if isinstance(data, scanning.Dataset):
        return "arrow"
    frame = _frame(data)
    if frame is None:
        return "array"
    if frame.implementation.is_pandas():
        return "pandas"
    return "polars" if frame.implementation.is_polars() else "arrow"


def to_container(rows: Rows, container: str) -> Any:
    """Turn an arrow table into a frame of this kind; arrays stay as they are.

    Parameters
    ----------
    rows : array or arrow table
    container : {"array", "pandas", "polars", "arrow"}
        What `container_of` said. Without the library installed the arrow table itself comes back.
    """
    if isinstance(rows, np.ndarray) or container not in ("pandas", "polars"):
        return rows
    try:
        library = importlib.import_module(container)
    except ImportError:
        return rows
    return rows.to_pandas() if container == "pandas" else library.from_arrow(rows)


def _is_paths(data: Any) -> bool:
    return (
        isinstance(data, Sequence)
        and len(data) > 0
        and all(isinstance(item, (str, os.PathLike)) for item in data)
    )


def _frame(data: Any, source: str = "X") -> nw.DataFrame[Any] | None:
    try:
        frame = nw.from_native(data, pass_through=True)
    except DuplicateError as error:
        raise DataError(
            f"{source} has more than one column of the same name: rename or drop one of them."
        ) from error
    if not isinstance(frame, nw.DataFrame):
        return None
    return frame if all(isinstance(name, str) for name in frame.columns) else None


def _table(frame: nw.DataFrame[Any], source: str) -> pa.Table:
    names = frame.columns
    try:
        # The index of a pandas frame would become a column of its own.
        return frame.to_arrow().select(names)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataError(
            f"{source} has a column that is neither all numbers nor all text "
            f"({first_line(error)}): give each column one type."
        ) from error


def _array(data: Any, source: str) -> np.ndarray:
    if hasattr(data, "toarray") and not hasattr(data, "__array__"):
        raise DataError(f"{source} is sparse: turn it into a dense array with .toarray().")
    try:
        array = np.asarray(data)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{source} cannot be made an array ({first_line(error)}): give rows of equal length."
        ) from error
    if array.dtype.hasobject:
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(
                f"{source} holds Python objects that are not numbers ({first_line(error)}): "
                "give numbers."
            ) from error
    if array.ndim == 0:
        raise DataError(f"{source} is a single value of type {array.dtype}: give rows.")
    check_plain_numbers(array.dtype, source)
    return array
