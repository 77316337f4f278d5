"""Feather (arrow IPC) files (.feather, .arrow)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import final

import pyarrow as pa
from pyarrow import ipc

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
from isthmus.io.index import index_columns

_MAGIC = b"ARROW1"
_SUFFIXES = (".feather", ".arrow")
_MAPPED_TOGETHER = 64


@final
class FeatherFormat(TableFormat):
    """A feather file, which is read record batch by record batch."""

    def open(self, path: Path) -> Dataset:
        return FeatherDataset(path)

    def write(self, path: Path, chunks: Iterator[pa.Table]) -> int:
        """Write a file that is not packed, so that it is read as it lies."""
        first, tables = with_first(chunks)
        with ipc.new_file(str(path), first.schema) as writer:
            return write_tables(writer, first.schema, tables)


FEATHER = register(FeatherFormat(name="feather", reads=_SUFFIXES, writes=_SUFFIXES, magic=_MAGIC))


@final
class FeatherDataset(Dataset):
    """A feather (arrow IPC) file, whose record batches are read one by one."""

    def __init__(self, path: Path, names: Sequence[str] | None = None) -> None:
        self.source = source = str(path)
        self._path, self._state = path, FileState.of(path)
        with refusing(source, "a feather file", DataError):
            check_frame(path, source, "a feather (arrow) file", _MAGIC)
            with pa.memory_map(str(path)) as mapped:
                schema = ipc.open_file(mapped).schema
                self.schema = schema_of(schema, source, names)
                self.index_names = index_columns(schema)
                n_batches = ipc.open_file(mapped).num_record_batches
            self._sizes = _batch_sizes(path, n_batches)
            self.n_rows = sum(self._sizes)

    def chunks(self, n_rows: int = CHUNK_ROWS) -> Iterator[pa.Table]:
        """Yield the rows in order, at most `n_rows` at a time."""
        return rows_of(self.row_groups(), n_rows)

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
        # Not mapped: whoever touches mapped memory after the file was cut off is ended by the
        # system, without a word.
        with (
            refusing(self.source, "a feather file", DataError),
            pa.OSFile(str(self._path)) as file,
        ):
            self._state.check(self.source)
            schema = ipc.open_file(file).schema
            fields = [schema.get_field_index(name) for name in self.schema.names or ()]
            yield from _read_batches(file, fields, chosen)


def _batch_sizes(path: Path, n_batches: int) -> list[int]:
    """Count the rows of each batch; what was mapped for it is let go of again and again."""
    sizes: list[int] = []
    for start in range(0, n_batches, _MAPPED_TOGETHER):
        chosen = range(start, min(start + _MAPPED_TOGETHER, n_batches))
        with pa.memory_map(str(path)) as mapped:
            sizes += [batch.num_rows for batch in _read_batches(mapped, [0], chosen)]
    return sizes


def _read_batches(
    file: pa.NativeFile, fields: list[int], chosen: Sequence[int]
) -> Iterator[pa.RecordBatch]:
    options = ipc.IpcReadOptions(included_fields=fields)
    reader = ipc.open_file(file, options=options)
    for i in chosen:
        yield reader.get_batch(i)
