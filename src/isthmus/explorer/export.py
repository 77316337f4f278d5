"""Chosen rows as a file to download."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

from isthmus.errors import IsthmusError
from isthmus.explorer.session import Session
from isthmus.io import write
from isthmus.io.formats.chunks import as_tables

FORMATS = ("csv", "parquet")


def exported(session: Session, positions: np.ndarray, file_format: str) -> bytes:
    """Give the rows at these positions as a csv or parquet file.

    Before the columns of the data stands the number of the row, counted from 1, and what stands
    beside it; after them its code.
    """
    if file_format not in FORMATS:
        raise IsthmusError(f"Rows are given as {' or '.join(FORMATS)}: choose one of them.")
    if not len(positions):
        raise IsthmusError("No row is selected: draw around some, or search for them.")
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"rows.{file_format}"
        write(file, chosen_rows(session, positions))
        return file.read_bytes()


def chosen_rows(session: Session, positions: np.ndarray) -> pa.Table:
    """Give the rows at these positions with their numbers and codes, as a table."""
    columns: dict[str, pa.Array | pa.ChunkedArray] = {}

    def add(name: str, values: pa.Array | pa.ChunkedArray) -> None:
        while name in columns:
            name += "_"
        columns[name] = values

    beside = session.described(positions)
    parts = [] if beside is None else [beside]
    parts += as_tables([session.taken(positions)], None)
    # The data keep their names, whatever stands around them.
    taken = {name for part in parts for name in part.column_names}
    row = "row" if "row" not in taken else "row number"
    add(row, pa.array(positions + 1))
    for part in parts:
        for name, values in zip(part.column_names, part.columns, strict=True):
            add(name, values)
    for name, values in zip(session.code_names, session.codes[positions].T, strict=True):
        add(name, pa.array(values))
    return pa.table(columns)
