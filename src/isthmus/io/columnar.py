"""Readers of arrow's own tables, parquet (.parquet) and feather (.feather, .arrow), from disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import final

import pyarrow as pa
from pyarrow import ipc, parquet

from isthmus.errors import DataError
from isthmus.io.dataset import CHUNK_ROWS, Dataset, RowGroup, Rows, Schema, refuse_repeated_names
from isthmus.io.failures import refusing
from isthmus.io.joined import regrouped

PARQUET_MAGIC = b"PAR1"
FEATHER_MAGIC = b"ARROW1"

_LEAST_GROUP_ROWS = 16_384
# Fewer values of a column are read before another thread has taken them up.
_LEAST_SHARED = 16_384
# Pages of a row group are read through a buffer for each column, not all at once.
BUFFER_BYTES = 64 * 2**10


@final
class ParquetDataset(Dataset):
    """A parquet file; opening it reads the footer alone, and only the columns asked for follow."""

    def __init__(self, path: Path, names: Sequence[str] | None = None) -> None:
        self.source = source = str(path)
        self._path = path
        with refusing(source, "a parquet file", DataError):
            check_frame(path, source, "a parquet file", PARQUET_MAGIC)
            with parquet.ParquetFile(path) as file:
                self._metadata = metadata = file.metadata
                self.n_rows = metadata.num_rows
                self.schema = schema_of(file.schema_arrow, source, names)

    def chunks(self, n_rows: int = CHUNK_ROWS) -> Iterator[pa.Table]:
        """Yield the rows in order, at most `n_rows` at a time."""
        # Row groups that were passed through stay in memory until their reader is closed.
        pieces = (piece for group in self.row_groups() for piece in group.chunks(n_rows))
        yield from regrouped((piece for piece in pieces if isinstance(piece, pa.Table)), n_rows)

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
            size = max(1, min(n_rows, self.n_rows))
            yield from file.iter_batches(
                size, row_groups=groups, columns=names, use_threads=size >= _LEAST_SHARED
            )


@final
class FeatherDataset(Dataset):
    """A feather (arrow IPC) file, mapped into memory; its record batches are read one by one."""

    def __init__(self, path: Path, names: Sequence[str] | None = None) -> None:
        self.source = source = str(path)
        self._path = path
        with refusing(source, "a feather file", DataError):
            check_frame(path, source, "a feather (arrow) file", FEATHER_MAGIC)
            with pa.memory_map(str(path)) as mapped:
                schema = ipc.open_file(mapped).schema
                self.schema = schema_of(schema, source, names)
                self._sizes = [batch.num_rows for batch in _read_batches(mapped, [0])]
                self.n_rows = sum(self._sizes)

    def chunks(self, n_rows: int = CHUNK_ROWS) -> Iterator[pa.Table]:
        """Yield the rows in order, at most `n_rows` at a time."""
        # Each has a mapping of its own: memory is let go of as the file is passed through.
        pieces = (piece for group in self.row_groups() for piece in group.chunks(n_rows))
        yield from regrouped((piece for piece in pieces if isinstance(piece, pa.Table)), n_rows)

    def row_groups(self) -> Sequence[RowGroup]:
        """Give the record batches, small neighbours together."""
        return joined_row_groups(self._sizes, self._read_group)

    def select(self, names: Sequence[str]) -> FeatherDataset:
        """Give the same rows with these columns only, in this order."""
        self._require(names)
        chosen = FeatherDataset(self._path, names)
        chosen.source, chosen.folder = self.source, self.folder
        return chosen

    def _read_group(self, group: range, n_promised: int, n_rows: int) -> Iterator[Rows]:
        for table in checked_tables(self, self._batches(group), n_promised):
            for start in range(0, table.num_rows, n_rows):
                yield table.slice(start, n_rows)

    def _batches(self, chosen: Sequence[int]) -> Iterator[pa.RecordBatch]:
        with refusing(self.source, "a feather file", DataError):
            # Not closed here: the tables that were handed out still point into the mapping.
            mapped = pa.memory_map(str(self._path))
            schema = ipc.open_file(mapped).schema
            fields = [schema.get_field_index(name) for name in self.schema.names or ()]
            yield from _read_batches(mapped, fields, chosen)


def check_frame(path: Path, source: str, kind: str, magic: bytes) -> None:
    """Raise `DataError` unless the file starts and ends with the format's signature."""
    with path.open("rb") as file:
        start = file.read(len(magic))
        file.seek(max(0, path.stat().st_size - len(magic)))
        end = file.read()
    if start != magic:
        raise DataError(
            f"{source} is not {kind}: it starts with {start!r} instead of {magic!r}, "
            "so check what it is and give it the right suffix."
        )
    if end != magic:
        raise DataError(
            f"{source} is cut off: it does not end as {kind} must, so fetch or write it again."
        )


def joined_row_groups(
    sizes: Sequence[int], read: Callable[[range, int, int], Iterator[Rows]]
) -> Sequence[RowGroup]:
    """Join neighbouring row groups until one is worth a reader of its own."""
    groups: list[RowGroup] = []
    first_row = first_group = n_rows = 0
    for i, size in enumerate(sizes):
        n_rows += size
        if n_rows >= _LEAST_GROUP_ROWS or i == len(sizes) - 1:
            own = partial(read, range(first_group, i + 1), n_rows)
            groups.append(RowGroup(first_row, n_rows, own))
            first_row, first_group, n_rows = first_row + n_rows, i + 1, 0
    return groups


def _read_batches(
    mapped: pa.MemoryMappedFile, fields: list[int], chosen: Sequence[int] | None = None
) -> Iterator[pa.RecordBatch]:
    options = ipc.IpcReadOptions(included_fields=fields)
    reader = ipc.open_file(mapped, options=options)
    for i in range(reader.num_record_batches) if chosen is None else chosen:
        yield reader.get_batch(i)


def schema_of(schema: pa.Schema, source: str, names: Sequence[str] | None) -> Schema:
    """Give the schema of these columns, or of all."""
    if not schema.names:
        raise DataError(f"{source} holds a table without columns: there is nothing to read.")
    refuse_repeated_names(schema.names, source)
    chosen = tuple(schema.names if names is None else names)
    kinds = tuple(str(schema.field(name).type) for name in chosen)
    return Schema(chosen, kinds, (len(chosen),))


def checked_tables(
    dataset: Dataset, batches: Iterator[pa.RecordBatch], n_promised: int
) -> Iterator[pa.Table]:
    """Yield the batches as checked tables, and see that they are as many rows as promised."""
    found = 0
    names = list(dataset.schema.names or ())
    with refusing(dataset.source, "a table", DataError):
        for batch in batches:
            # Arrow trusts the offsets and the text inside a file; a damaged one could otherwise
            # crash whoever touches the column later.
            batch.validate(full=True)
            found += batch.num_rows
            yield pa.Table.from_batches([batch]).select(names)
    if found != n_promised:
        raise DataError(
            f"{dataset.source} holds {found:,} rows, but promised {n_promised:,} when it was "
            "opened: it is damaged or has changed, so open it or write it again."
        )
