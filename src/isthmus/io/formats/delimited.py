"""Tables written as text: comma-separated (.csv) and tab-separated (.tsv) values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import final

import pyarrow as pa
from pyarrow import csv

from isthmus.errors import DataError
from isthmus.io.budget import memory_budget
from isthmus.io.dataset import Dataset, Schema, TableDataset, refuse_repeated_names
from isthmus.io.failures import first_line, refusing
from isthmus.io.formats.base import TableFormat
from isthmus.io.formats.chunks import with_first, write_tables
from isthmus.io.formats.registry import register
from isthmus.io.formats.spill import spill_to_disk
from isthmus.io.joined import common_kinds

_RAGGED = re.compile(
    r"(Row #(?P<row>\d+): )?Expected (?P<expected>\d+) columns, got (?P<found>\d+)"
)
_SHARE_IN_MEMORY = 4
_LIKELY_PACKING = 4
_LEAST_BLOCK, _LARGEST_BLOCK = 2**16, 2**24
_WIDER = {pa.int64(): pa.float64(), pa.null(): pa.float64()}
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_NESTED = ("list", "large_list", "fixed_size_list", "struct", "map", "dense_union", "sparse_union")


class _OtherTypeError(DataError):
    """A value that is not of the type that the first ones of its column have."""


@final
@dataclass(frozen=True, kw_only=True)
class DelimitedFormat(TableFormat):
    """Text under a header, plain or gzipped; an empty cell is a missing value.

    Parameters
    ----------
    delimiter : str
        What `write` puts between cells.
    """

    delimiter: str

    def open(self, path: Path) -> Dataset:
        """Read into memory, or where that would not hold the rows into a temporary file."""
        (dataset,) = self.open_several([path], str(path))
        return dataset

    def open_several(self, paths: Sequence[Path], source: str) -> Sequence[Dataset]:
        """Read into memory, or where that would not hold all rows into one temporary file."""
        if sum(map(_likely_bytes, paths)) > memory_budget() // _SHARE_IN_MEMORY:
            return [_spilled(paths, source)]
        return [_in_memory(path) for path in paths]

    def check(self, target: Path, schema: Schema) -> None:
        super().check(target, schema)
        nested = next((found for found in schema.dtypes if found.startswith(_NESTED)), None)
        if nested is not None:
            raise DataError(
                f"{target} cannot hold a column of type {nested}, as a cell of text holds one "
                "value: write .parquet or .feather."
            )

    def write(self, path: Path, chunks: Iterator[pa.Table]) -> int:
        first, tables = with_first(map(_with_visible_gaps, chunks))
        options = csv.WriteOptions(delimiter=self.delimiter)
        with csv.CSVWriter(str(path), first.schema, write_options=options) as writer:
            return write_tables(writer, first.schema, tables)


register(DelimitedFormat(name="csv", reads=(".csv", ".csv.gz"), writes=(".csv",), delimiter=","))
register(DelimitedFormat(name="tsv", reads=(".tsv", ".tsv.gz"), writes=(".tsv",), delimiter="\t"))


def _in_memory(path: Path) -> Dataset:
    with _refusing(path):
        table = _parse(path)
        _check_columns(table, path)
        return TableDataset(table, str(path))


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    kind = "comma-separated text" if _delimiter(path) == "," else "tab-separated text"
    with refusing(str(path), kind, DataError):
        _refuse_utf16(path)
        yield


def _delimiter(path: Path) -> str:
    return "\t" if ".tsv" in path.name.lower()[-7:] else ","


def _likely_bytes(path: Path) -> int:
    packed = path.suffix.lower() == ".gz"
    return path.stat().st_size * (_LIKELY_PACKING if packed else 1)


def _spilled(paths: Sequence[Path], source: str) -> Dataset:
    firsts = [(path, schema) for path in paths for schema in _schema_of_rows(path)]
    if not firsts:
        return _in_memory(paths[0])
    kinds = common_kinds([(schema, str(path)) for path, schema in firsts])
    filled = [path for path, _ in firsts]
    try:
        return spill_to_disk(_tables(filled, kinds), source)
    except _OtherTypeError:
        # Whole numbers in the first block, and fractions in a later one.
        wide = {name: _WIDER.get(kind, kind) for name, kind in kinds.items()}
        if wide == kinds:
            raise
        return spill_to_disk(_tables(filled, wide), source)


def _schema_of_rows(path: Path) -> Iterator[pa.Schema]:
    """Yield what the first block shows, but nothing for a file that has only a header."""
    with _refusing(path), _opened(path, {}) as reader:
        batch = next(iter(reader), None)
        if batch is not None and batch.num_rows:
            _check_columns(pa.Table.from_batches([batch], reader.schema), path)
            yield reader.schema


def _tables(paths: Iterable[Path], kinds: dict[str, pa.DataType]) -> Iterator[pa.Table]:
    for path in paths:
        with _refusing(path), _opened(path, kinds) as reader, _explaining(path):
            for batch in reader:
                yield pa.Table.from_batches([batch])


@contextmanager
def _opened(path: Path, kinds: dict[str, pa.DataType]) -> Iterator[csv.CSVStreamingReader]:
    packed = "gzip" if path.suffix.lower() == ".gz" else None
    block = max(_LEAST_BLOCK, min(memory_budget() // 64, _LARGEST_BLOCK))
    with pa.input_stream(str(path), compression=packed) as stream:
        with _explaining(path):
            reader = csv.open_csv(
                stream,
                csv.ReadOptions(block_size=block),
                csv.ParseOptions(delimiter=_delimiter(path), newlines_in_values=True),
                csv.ConvertOptions(strings_can_be_null=True, column_types=kinds),
            )
        with reader:
            yield reader


@contextmanager
def _explaining(path: Path) -> Iterator[None]:
    """Say in a sentence what arrow says of ragged rows and missing headers."""
    try:
        yield
    except pa.ArrowInvalid as error:
        _explain(error, path)
        raise _OtherTypeError(
            f"{path} could not be read as text of one type a column ({first_line(error)}): mend "
            "that value, or leave the column out."
        ) from error


def _parse(path: Path, use_threads: bool = True) -> pa.Table:
    packed = "gzip" if path.suffix.lower() == ".gz" else None
    try:
        with pa.input_stream(str(path), compression=packed) as stream:
            return csv.read_csv(
                stream,
                csv.ReadOptions(use_threads=use_threads),
                csv.ParseOptions(delimiter=_delimiter(path), newlines_in_values=True),
                csv.ConvertOptions(strings_can_be_null=True),
            )
    except pa.ArrowInvalid as error:
        ragged = _RAGGED.search(str(error))
        if ragged and not ragged["row"] and use_threads:
            # Only one thread alone counts the rows.
            return _parse(path, use_threads=False)
        _explain(error, path)
        raise


def _explain(error: pa.ArrowInvalid, path: Path) -> None:
    ragged = _RAGGED.search(str(error))
    if ragged:
        row = f"row {ragged['row']}" if ragged["row"] else "one row"
        raise DataError(
            f"{path} has {_cells(ragged['found'])} in {row}, expected "
            f"{ragged['expected']} as in its header: mend that row (the header is row 1)."
        ) from error
    if "cannot infer number of columns" in str(error):
        raise DataError(
            f"{path} has no header: put the column names into its first line."
        ) from error


def _refuse_utf16(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(2) in _UTF16_MARKS:
            raise DataError(f"{path} is UTF-16 text: save it again with the encoding UTF-8.")


def _cells(count: str) -> str:
    return "1 cell" if count == "1" else f"{count} cells"


def _check_columns(table: pa.Table, path: Path) -> None:
    _check_names(table, path)
    for name, column in zip(table.column_names, table.itercolumns(), strict=True):
        # Arrow reads a column that is not UTF-8 as bytes rather than refuse it.
        if pa.types.is_binary(column.type):
            raise DataError(
                f"{path} is not UTF-8 text in column {name!r}: "
                "save it again with the encoding UTF-8."
            )


def _check_names(table: pa.Table, path: Path) -> None:
    names, delimiter = table.column_names, _delimiter(path)
    if len(names) == 1:
        other = next((sign for sign in ",;\t|" if sign != delimiter and sign in names[0]), None)
        if other is not None:
            raise DataError(
                f"{path} seems to be separated by {other!r}, expected {delimiter!r}: "
                "save it again as .csv with commas or as .tsv with tabs."
            )
    if all(map(_is_number, names)) and not all(name.isdecimal() for name in names):
        raise DataError(
            f"{path} has numbers such as {names[0]} in its first line, expected column names: "
            "put a line of names above them."
        )
    refuse_repeated_names(names, str(path))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _with_visible_gaps(table: pa.Table) -> pa.Table:
    # A missing value in a table of one column would be an empty line, which readers pass over;
    # a quoted empty text is not.
    if table.num_columns > 1 or table.column(0).null_count == 0:
        return table
    column = table.column(0).cast(pa.string()).fill_null("")
    return pa.table([column], names=table.column_names)
