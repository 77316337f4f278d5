"""Write rows to a file of the format that its suffix names, whole or not at all."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from isthmus.errors import DataError
from isthmus.io import array_writers, table_writers
from isthmus.io.atomic import replacing
from isthmus.io.dataset import Rows, Schema
from isthmus.io.failures import first_line
from isthmus.io.writable import FOLDER, TABLE_FORMATS, check_writable, format_of

_WRITERS: dict[str, Callable[[Path, Iterator[Any]], int]] = {
    "csv": partial(table_writers.write_delimited, delimiter=","),
    "tsv": partial(table_writers.write_delimited, delimiter="\t"),
    "parquet": table_writers.write_parquet,
    "feather": table_writers.write_feather,
    "npy": array_writers.write_npy,
    "npz": array_writers.write_npz,
    "idx": array_writers.write_idx,
    "idx.gz": array_writers.write_packed_idx,
    FOLDER: array_writers.write_image_folder,
}


def write(
    path: str | os.PathLike[str],
    rows: Rows | Iterable[Rows],
    *,
    names: Sequence[str] | None = None,
    overwrite: bool = False,
) -> int:
    """Write rows, whole or a chunk at a time, in the format of the path's suffix.

    Parameters
    ----------
    path : str or Path
        ``.csv``, ``.tsv``, ``.parquet``, ``.feather`` or ``.arrow`` for tables; ``.npy``,
        ``.npz`` (under the name X), ``.idx`` or ``.idx.gz`` for arrays; no suffix for a folder
        of PNG images. A file that is there is replaced.
    rows : array, arrow table, or iterable of these
        The rows, or chunks of them, all of one kind.
    names : sequence of str, optional
        Column names for an array that is written as a table; by default column0, column1, ….
    overwrite : bool, default=False
        Whether a folder of PNG images that is there may be replaced.

    Returns
    -------
    int
        Number of rows written.

    Raises
    ------
    DataError
        The format cannot hold these rows, or the path has no known suffix.
    IsthmusError
        The place cannot be written to, such as a full disk.

    Examples
    --------
    >>> import tempfile
    >>> write(Path(tempfile.mkdtemp()) / "codes.csv", np.zeros((3, 2)), names=["x", "y"])
    3
    """
    check_writable(path, overwrite=overwrite)
    chunks = iter([rows] if isinstance(rows, (np.ndarray, pa.Table)) else rows)
    first = next(chunks, None)
    if first is None:
        raise DataError(f"There are no rows to write to {path}.")
    check_writable(path, _schema_of(first), overwrite=overwrite)
    kind = format_of(Path(path))
    every = itertools.chain([first], chunks)
    if kind in TABLE_FORMATS:
        every = table_writers.as_tables(every, names)
    elif kind != FOLDER:
        every = table_writers.as_matrices(every)
    try:
        with replacing(path) as temporary:
            return _WRITERS[kind](temporary, iter(every))
    except pa.ArrowException as error:
        raise DataError(
            f"{path} cannot hold these columns ({first_line(error)}): "
            "convert them, or choose another format such as .parquet."
        ) from error


def _schema_of(rows: Rows) -> Schema:
    if isinstance(rows, np.ndarray):
        return Schema(None, (rows.dtype.name,), tuple(rows.shape[1:]))
    kinds = tuple(map(str, rows.schema.types))
    return Schema(tuple(rows.column_names), kinds, (rows.num_columns,))
