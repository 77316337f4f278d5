"""Data that are already in memory, as a Dataset and back."""

from __future__ import annotations

import os
from typing import Any, Literal, TypeAlias

import narwhals as nw
import numpy as np
import pyarrow as pa

from isthmus.io.dataset import ArrayDataset, Dataset, Rows, TableDataset
from isthmus.io.read import read

Container: TypeAlias = Literal["array", "pandas", "polars", "arrow"]


def as_dataset(data: Any, source: str = "X") -> Dataset:
    """Make a Dataset of a path, a frame, an array, or a Dataset.

    Parameters
    ----------
    data : path, array, pandas, polars or arrow frame, or Dataset
        A pandas frame whose columns are not named by strings counts as an array.
    source : str
        What messages call data in memory.
    """
    if isinstance(data, Dataset):
        return data
    if isinstance(data, (str, os.PathLike)):
        return read(data)
    frame = _frame(data)
    if frame is None:
        return ArrayDataset(np.asarray(data), source)
    return TableDataset(frame.to_arrow(), source)


def container_of(data: Any) -> Container:
    """Tell what kind of container `data` is; anything but a frame counts as an array."""
    frame = _frame(data)
    if frame is None:
        return "array"
    if frame.implementation.is_pandas():
        return "pandas"
    return "polars" if frame.implementation.is_polars() else "arrow"


def to_container(rows: Rows, container: Container) -> Any:
    """Turn an arrow table into a frame of this kind; arrays stay as they are.

    Where the library is not installed, the arrow table is given as it is.
    """
    if not isinstance(rows, pa.Table) or container not in {"pandas", "polars"}:
        return rows
    frame = nw.from_native(rows, eager_only=True)
    try:
        return frame.to_pandas() if container == "pandas" else frame.to_polars()
    except ImportError:
        return rows


def _frame(data: Any) -> nw.DataFrame | None:
    frame = nw.from_native(data, pass_through=True)
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect()
    if not isinstance(frame, nw.DataFrame) or not all(isinstance(c, str) for c in frame.columns):
        return None
    return frame
