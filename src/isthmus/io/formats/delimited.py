"""Tables written as text: comma-separated (.csv) and tab-separated (.tsv) values."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import pyarrow as pa
from pyarrow import csv

from isthmus.errors import DataError, DataWarning
from isthmus.io.budget import memory_budget
from isthmus.io.dataset import Dataset, Schema, TableDataset
from isthmus.io.formats.base import TableFormat
from isthmus.io.formats.chunks import with_first, write_tables
from isthmus.io.formats.registry import register
from isthmus.io.formats.spill import spill_to_disk
from isthmus.io.formats.text_errors import ReadAgainError, TooMuchTextError
from isthmus.io.formats.text_table import TextTable
from isthmus.io.index import feature_columns, index_columns
from isthmus.io.joined import common_kinds
from isthmus.passes import told

_SHARE_IN_MEMORY = 4
_LIKELY_PACKING = 4
_NESTED = ("list", "large_list", "fixed_size_list", "struct", "map", "dense_union", "sparse_union")


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
        tables = list(map(TextTable.open, paths))
        _tell(tables)
        left = memory_budget() // _SHARE_IN_MEMORY
        if sum(map(_likely_bytes, paths)) > left:
            return [_spilled(tables, source)]
        datasets: list[Dataset] = []
        try:
            for table in tables:
                rows = table.read(left)
                datasets.append(TableDataset(rows, str(table.path)))
                left -= _likely_bytes(table.path)
        except TooMuchTextError:
            datasets.clear()
            return [_spilled(tables, source)]
        return datasets

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


def _tell(tables: Sequence[TextTable]) -> None:
    """Warn once of what many files have in common."""
    paths: dict[str, list[Path]] = {}
    for table in tables:
        if table.notes:
            paths.setdefault("; ".join(table.notes), []).append(table.path)
    for notes, own in paths.items():
        more = f" and {len(own) - 1} more" if len(own) > 1 else ""
        warnings.warn(f"{own[0]}{more}: {notes}.", DataWarning, stacklevel=2)


def _likely_bytes(path: Path) -> int:
    packed = path.suffix.lower() == ".gz"
    return path.stat().st_size * (_LIKELY_PACKING if packed else 1)


def _spilled(tables: Sequence[TextTable], source: str) -> Dataset:
    kinds: dict[str, pa.DataType] = {}
    block = 0
    while True:
        try:
            firsts = [(table, first) for table in tables for first in _first_schema(table, block)]
            if not firsts:
                return TableDataset(tables[0].read(memory_budget()), str(tables[0].path))
            own = [(_features(schema), str(table.path)) for table, schema in firsts]
            index = _common_index([schema for _, schema in firsts])
            kinds = {**common_kinds(own), **kinds}
            rows = _rows([table for table, _ in firsts], kinds, [*own[0][0].names, *index], block)
            return spill_to_disk(told(rows, source), source)
        except ReadAgainError as again:
            # Such as whole numbers in the first block, and fractions in a later one.
            kinds, block = {**kinds, **again.kinds}, max(block, again.block)


def _first_schema(table: TextTable, block: int) -> Iterator[pa.Schema]:
    """Yield what the first block shows, but nothing for a file that has only a header."""
    first = next(table.tables({}, block), None)
    if first is not None and first.num_rows:
        yield first.schema


def _features(schema: pa.Schema) -> pa.Schema:
    return pa.schema([schema.field(name) for name in feature_columns(schema)])


def _common_index(schemas: Sequence[pa.Schema]) -> list[str]:
    """Name the columns that hold an index, of one type, in all files."""
    return [
        name
        for name in index_columns(schemas[0])
        if len({schema.field(name).type if name in schema.names else None for schema in schemas})
        == 1
    ]


def _rows(
    tables: Iterable[TextTable], kinds: dict[str, pa.DataType], names: Sequence[str], block: int
) -> Iterator[pa.Table]:
    for table in tables:
        for rows in table.tables(kinds, block):
            yield rows.select(list(names))


def _with_visible_gaps(table: pa.Table) -> pa.Table:
    # A missing value in a table of one column would be an empty line, which readers pass over;
    # a quoted empty text is not.
    if table.num_columns > 1 or table.column(0).null_count == 0:
        return table
    column = table.column(0).cast(pa.string()).fill_null("")
    return pa.table([column], names=table.column_names)
