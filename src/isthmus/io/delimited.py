"""Reader of tables written as text: comma-separated (.csv) and tab-separated (.tsv) values."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from isthmus.errors import DataError
from isthmus.io.dataset import TableDataset, refuse_repeated_names
from isthmus.io.failures import refusing

_RAGGED = re.compile(
    r"(Row #(?P<row>\d+): )?Expected (?P<expected>\d+) columns, got (?P<found>\d+)"
)
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_delimited(path: Path, delimiter: str) -> TableDataset:
    """Read a csv or tsv file, plain or gzipped, into memory; an empty cell is a missing value."""
    source = str(path)
    kind = "comma-separated text" if delimiter == "," else "tab-separated text"
    with refusing(source, kind, DataError):
        _refuse_utf16(path, source)
        table = _parse(path, source, delimiter)
        _check_names(table, source, delimiter)
        for name, column in zip(table.column_names, table.itercolumns(), strict=True):
            # Arrow reads a column that is not UTF-8 as bytes rather than refuse it.
            if pa.types.is_binary(column.type):
                raise DataError(
                    f"{source} is not UTF-8 text in column {name!r}: "
                    "save it again with the encoding UTF-8."
                )
        return TableDataset(table, source)


def _parse(path: Path, source: str, delimiter: str, use_threads: bool = True) -> pa.Table:
    packed = "gzip" if path.suffix.lower() == ".gz" else None
    try:
        with pa.input_stream(str(path), compression=packed) as stream:
            return csv.read_csv(
                stream,
                csv.ReadOptions(use_threads=use_threads),
                csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
                csv.ConvertOptions(strings_can_be_null=True),
            )
    except pa.ArrowInvalid as error:
        ragged = _RAGGED.search(str(error))
        if ragged and not ragged["row"] and use_threads:
            # Only one thread alone counts the rows.
            return _parse(path, source, delimiter, use_threads=False)
        if ragged:
            row = f"row {ragged['row']}" if ragged["row"] else "one row"
            raise DataError(
                f"{source} has {_cells(ragged['found'])} in {row}, expected "
                f"{ragged['expected']} as in its header: mend that row (the header is row 1)."
            ) from error
        if "cannot infer number of columns" in str(error):
            raise DataError(
                f"{source} has no header: put the column names into its first line."
            ) from error
        raise


def _refuse_utf16(path: Path, source: str) -> None:
    with path.open("rb") as file:
        if file.read(2) in _UTF16_MARKS:
            raise DataError(f"{source} is UTF-16 text: save it again with the encoding UTF-8.")


def _cells(count: str) -> str:
    return "1 cell" if count == "1" else f"{count} cells"


def _check_names(table: pa.Table, source: str, delimiter: str) -> None:
    names = table.column_names
    if len(names) == 1:
        other = next((sign for sign in ",;\t|" if sign != delimiter and sign in names[0]), None)
        if other is not None:
            raise DataError(
                f"{source} seems to be separated by {other!r}, expected {delimiter!r}: "
                "save it again as .csv with commas or as .tsv with tabs."
            )
    if all(map(_is_number, names)) and not all(name.isdecimal() for name in names):
        raise DataError(
            f"{source} has numbers such as {names[0]} in its first line, expected column names: "
            "put a line of names above them."
        )
    refuse_repeated_names(names, source)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
