"""Write rows to a file of the format that its suffix names, whole or not at all."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from isthmus.errors import DataError
from isthmus.io.dataset import Rows, Schema, schema_of
from isthmus.io.failures import looking_at
from isthmus.io.formats import format_to_write


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
    target = Path(path)
    check_writable(target, overwrite=overwrite)
    chunks = iter([rows] if isinstance(rows, (np.ndarray, pa.Table)) else rows)
    first = next(chunks, None)
    if first is None:
        raise DataError(f"There are no rows to write to {target}.")
    check_writable(target, schema_of(first), overwrite=overwrite)
    return format_to_write(target).write_whole(target, itertools.chain([first], chunks), names)


def check_writable(
    path: str | os.PathLike[str], schema: Schema | None = None, *, overwrite: bool = False
) -> None:
    """Raise unless `write` could write there; to be called before long work begins.

    Parameters
    ----------
    path : str or Path
        Where the rows will go.
    schema : Schema, optional
        What the rows will look like, if that is known already.
    overwrite : bool, default=False
        Whether a folder of images that is there may be replaced.

    Raises
    ------
    DataError
        Unknown suffix, no such folder, no permission, or rows that this format cannot hold.

    Examples
    --------
    >>> check_writable("codes.csv", Schema(None, ("float32",), (2,)))
    >>> check_writable("codes.xlsx")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    isthmus.errors.DataError: codes.xlsx has the suffix '.xlsx', which Isthmus cannot write: \
choose one of .arrow, .csv, .feather, ...
    """
    target = Path(path)
    file_format = format_to_write(target)
    with looking_at(target, DataError):
        check_folder_around(target)
        file_format.check_place(target, overwrite)
    if schema is not None:
        file_format.check(target, schema)


def check_folder_around(target: Path) -> None:
    """Raise `DataError` unless there is a folder for this file that may be written to."""
    parent = Path(os.path.realpath(target)).parent
    if not parent.is_dir():
        raise DataError(f"{target} cannot be written: make the folder {parent} first.")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise DataError(
            f"{target} cannot be written: the folder {parent} may not be written to, "
            "so choose another one."
        )
