"""Tables: csv, tsv, parquet and feather, through pyarrow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import final

import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq

from isthmus.errors import DataError
from isthmus.io.dataset import CHUNK_ROWS, Dataset, Schema, TableDataset
from isthmus.io.reading_errors import first_line, reading

_RAGGED = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")


def read_delimited(path: Path, delimiter: str) -> TableDataset:
    """Read a csv or tsv file with a header row, plain or gzipped; empty cells are missing."""
    kind = "a tab-separated table" if delimiter == "\t" else "a comma-separated table"
    remedy = "save it again as UTF-8 text with one header row"
    with reading(path, kind, remedy):
        try:
            table = pa.csv.read_csv(
                path,
                read_options=pa.csv.ReadOptions(),
                parse_options=pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
                convert_options=pa.csv.ConvertOptions(strings_can_be_null=True),
            )
        except pa.ArrowInvalid as error:
            raise _explain(path, error) from error
    if not table.num_rows:
        raise DataError(f"{path} has a header but no rows: there is nothing to read in it.")
    return TableDataset(table, str(path))


def _explain(path: Path, error: pa.ArrowInvalid) -> DataError:
    text = str(error)
    ragged = _RAGGED.search(text)
    if ragged:
        row, expected, found = (int(number) for number in ragged.groups())
        return DataError(
            f"{path}: line {row:,} has {found} cells, but the header has {expected}: "
            "mend that line, or quote cells that hold the delimiter."
        )
    if "UTF8" in text or "UTF-8" in text:
        return DataError(f"{path} is not UTF-8 text: save it again as UTF-8.")
    if "Empty CSV" in text:
        return DataError(f"{path} is empty: expected a header row and rows of numbers.")
    return DataError(
        f"{path} is not a readable table ({first_line(error)}): "
        "save it again as UTF-8 text with one header row."
    )


def read_feather(path: Path) -> TableDataset:
    """Read a feather (arrow IPC) file, memory-mapped."""
    with reading(path, "a feather file"):
        table = pa.feather.read_table(path, memory_map=True)
        table.validate(full=True)
    return _not_empty(TableDataset(table, str(path)))


def read_parquet(path: Path) -> ParquetDataset:
    """Open a parquet file; rows are read when they are asked for."""
    return _not_empty(ParquetDataset(path))


@final
class ParquetDataset(Dataset):
    """A parquet file, of which only the footer is read at first."""

    def __init__(self, path: Path, columns: Sequence[str] | None = None) -> None:
        with reading(path, "a parquet file"), pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            self.n_rows = file.metadata.num_rows
        if columns is not None:
            schema = pa.schema([schema.field(name) for name in columns])
        # An empty table checks the names as for data in memory.
        self.schema: Schema = TableDataset(schema.empty_table(), str(path)).schema
        self.source = str(path)
        self._path = path

    def chunks(self, n_rows: int = CHUNK_ROWS) -> Iterator[pa.Table]:
        names = list(self.schema.names or ())
        found = 0
        with reading(self._path, "a parquet file"), pq.ParquetFile(self._path) as file:
            for batch in file.iter_batches(n_rows, columns=names):
                table = pa.Table.from_batches([batch]).select(names)
                table.validate(full=True)
                found += len(table)
                yield table
        if found != self.n_rows:
            raise DataError(
                f"{self._path} holds {found:,} rows, but its footer says {self.n_rows:,}: "
                "make the file again."
            )

    def select(self, names: Sequence[str]) -> ParquetDataset:
        self._require(names)
        return ParquetDataset(self._path, names)


def _not_empty(dataset):
    if not dataset.n_rows:
        raise DataError(f"{dataset.source} has columns but no rows: there is nothing to read.")
    return dataset
