"""Parquet files (.parquet), and folders of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import final

import pyarrow as pa
from pyarrow import parquet

from isthmus.errors import DataError
from isthmus.io.dataset import CHUNK_ROWS, Dataset, RowGroup, Rows
from isthmus.io.failures import refusing
from isthmus.io.file_state import FileState
from isthmus.io.formats.base import TableFormat
from isthmus.io.formats.chunks import with_first, write_tables
from isthmus.io.formats.registry import register
from isthmus.io.formats.row_groups import (
    check_frame,
    checked_tables,
    joined_row_groups,
    rows_of,
    schema_of,
)
from isthmus.io.formats.scanned import BUFFER_BYTES, read_partitioned
from isthmus.io.index import index_columns
from isthmus.io.joined import JoinedDataset
from isthmus.io.paths import files_with_suffix

_MAGIC = b"PAR1"
_SUFFIXES = (".parquet", ".pq")

# Fewer values of a column are read before another thread has taken them up.
_LEAST_SHARED = 16_384


@final
class ParquetFormat(TableFormat):
    """A parquet file, or a folder of such, whose subfolders may hold columns in their names."""

    def open(self, path: Path) -> Dataset:
        return ParquetDataset(path)

    def open_folder(self, path: Path) -> Dataset | None:
        files = files_with_suffix(path, _SUFFIXES)
        if files:
            return JoinedDataset([ParquetDataset(file) for file in files], str(path))
        inside = [file for file in path.rglob("*.parquet") if _is_visible(file.relative_to(path))]
        return read_partitioned(path, inside) if inside else None

    def write(self, path: Path, chunks: Iterator[pa.Table]) -> int:
        """Write a file with checksums."""
        first, tables = with_first(chunks)
        with parquet.ParquetWriter(path, first.schema, write_page_checksum=True) as writer:
            return write_tables(writer, first.schema, tables)


register(
    ParquetFormat(
        name="parquet", reads=_SUFFIXES, writes=_SUFFIXES, magic=_MAGIC, folder="parquet files"
    )
)


@final
class ParquetDataset(Dataset):
    """A parquet file; opening it reads the footer alone, and only the columns asked for follow."""

    def __init__(self, path: Path, names: Sequence[str] | None = None) -> None:
        self.source = source = str(path)
        self._path, self._state = path, FileState.of(path)
        with refusing(source, "a parquet file", DataError):
            check_frame(path, source, "a parquet file", _MAGIC)
            with parquet.ParquetFile(path) as file:
                self._metadata = metadata = file.metadata
                self.n_rows = metadata.num_rows
                self.schema = schema_of(file.schema_arrow, source, names)
                self.index_names = index_columns(file.schema_arrow)

    def chunks(self, n_rows: int = CHUNK_ROWS) -> Iterator[pa.Table]:
        """Yield the rows in order, at most `n_rows` at a time."""
        # Row groups that were passed through stay in memory until their reader is closed.
        return rows_of(self.row_groups(), n_rows)

    def row_groups(self) -> Sequence[RowGroup]:
        """Give the row groups, small neighbours together."""
        metadata = self._metadata
        sizes = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
        return joined_row_groups(sizes, self._read_groups)

    def select(self, names: Sequence[str]) -> ParquetDataset:
        """Give the same rows with these columns only, in this order."""
        self._require(names)
        return ParquetDataset(self._path, names)

    def _read_groups(self, groups: range, n_promised: int, n_rows: int) -> Iterator[Rows]:
        return checked_tables(self, self._batches(n_rows, groups), n_promised)

    def _batches(self, n_rows: int, groups: Sequence[int]) -> Iterator[pa.RecordBatch]:
        names = list(self.schema.names or ())
        with (
            refusing(self.source, "a parquet file", DataError),
            parquet.ParquetFile(
                self._path,
                metadata=self._metadata,
                buffer_size=BUFFER_BYTES,
                page_checksum_verification=True,
            ) as file,
        ):
            self._state.check(self.source)
            size = max(1, min(n_rows, self.n_rows))
            yield from file.iter_batches(
                size, row_groups=groups, columns=names, use_threads=size >= _LEAST_SHARED
            )


def _is_visible(path: Path) -> bool:
    # Spark and others keep what is not data in files that start with an underscore.
    return not any(name.startswith((".", "_")) for name in path.parts)
