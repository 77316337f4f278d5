"""A text file of a table, on its way into an archive."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, final

import pyarrow as pa

from isthmus.compression.demand import Tolerance
from isthmus.compression.table.columns import whole
from isthmus.compression.table.spelling import KINDS, Spelling, SpellingChoice, values_of
from isthmus.compression.table.table_source import TableSource
from isthmus.compression.table.text_content import TextContent, typed_column
from isthmus.compression.table.text_layout import TextLayout
from isthmus.compression.writing import Content
from isthmus.errors import DataWarning
from isthmus.io import CHUNK_ROWS, Dataset
from isthmus.io.file_state import changed
from isthmus.io.formats.head import opened_text, read_head
from isthmus.io.formats.text_table import TextTable
from isthmus.io.joined import regrouped

TEXT_SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz")

_READ_BYTES = 2**20


@final
@dataclass(frozen=True)
class TextSource:
    """A file of comma- or tab-separated text.

    Parameters
    ----------
    path : Path
        The file.
    dataset : Dataset
        Its rows, as `isthmus.read` reads them.
    """

    path: Path
    dataset: Dataset

    @property
    def source(self) -> str:
        """What messages call it."""
        return str(self.path)

    @property
    def n_bytes(self) -> int:
        """What the text takes, unpacked."""
        with opened_text(self.path) as stream:
            return sum(map(len, iter(lambda: stream.read(_READ_BYTES), b"")))

    def as_table(self) -> TableSource:
        """Give the typed table, without what it was spelled like."""
        known = {*(self.dataset.schema.names or ()), *self.dataset.index_names}
        names = [name for name in TextTable.open(self.path).names if name in known]
        return TableSource.of_dataset(self.dataset, names)

    def to_content(
        self, tolerance: Tolerance, fill_values: Sequence[float] | None
    ) -> tuple[Content, dict[str, tuple[float, ...]]]:
        """Give what goes into an archive."""
        if tolerance.size:
            # The text of a number that is another one is no longer the same.
            return self.as_table().to_content(tolerance, fill_values)
        text = TextTable.open(self.path)
        layout = TextLayout.find(read_head(self.path), text.dialect.delimiter, text.cells)
        if layout is None:
            warnings.warn(
                f"{self.path} is written in a way that is not regular, such as quotes around some "
                "cells of a column: all cells come back, but the file not byte for byte.",
                DataWarning,
                stacklevel=2,
            )
        found = _seen(text, self.as_table())
        inner, _ = _values(text, found).kept(exact=True)
        content = TextContent(
            inner.content, found.spellings, found.schema, text.dialect.decimal, layout
        )
        return replace(inner.to_write(), about=content.to_json(), attached=content.attached()), {}


class _Seen(NamedTuple):
    """What all cells of a file tell."""

    n_rows: int
    spellings: tuple[tuple[Spelling, int], ...]
    schema: pa.Schema


def _seen(text: TextTable, read: TableSource) -> _Seen:
    """Look how columns are spelled, and which can be turned into the values that were read."""
    spellings = [SpellingChoice() for _ in text.names]
    typed = {*read.schema.names}
    n_rows, values = 0, read.chunks(CHUNK_ROWS)
    for cells in regrouped(text.cells(), CHUNK_ROWS):
        n_rows += cells.num_rows
        same_rows = next(values, None)
        for name, spelling, column in zip(
            text.names, spellings, map(whole, cells.itercolumns()), strict=True
        ):
            spelling.see(column)
            if name in typed and not _are_same(same_rows, name, column, text.dialect.decimal):
                typed.remove(name)
    fields = [
        pa.field(name, read.schema.field(name).type if name in typed else pa.string())
        for name in text.names
    ]
    ways = tuple(spelling.way() for spelling in spellings)
    return _Seen(n_rows, ways, pa.schema(fields, read.schema.metadata))


def _are_same(rows: pa.Table | None, name: str, cells: pa.Array, decimal: str) -> bool:
    if rows is None:
        return False
    column = whole(rows.column(name))
    try:
        return typed_column(cells, column.type, decimal).equals(column)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return False


def _values(text: TextTable, found: _Seen) -> TableSource:
    """Give the values that the cells spell."""

    def spelled(cells: pa.Array, way: tuple[Spelling, int]) -> pa.Array:
        own = values_of(cells, *way)
        if own is None:
            raise changed(str(text.path))
        return own

    def values(cells: pa.Table) -> pa.Table:
        columns = [
            spelled(whole(column), way)
            for column, way in zip(cells.itercolumns(), found.spellings, strict=True)
        ]
        return pa.Table.from_arrays(columns, names=list(text.names))

    def chunks(n_rows: int) -> Iterator[pa.Table]:
        return map(values, regrouped(text.cells(), n_rows))

    kinds = [KINDS[way] for way, _ in found.spellings]
    schema = pa.schema(list(zip(text.names, kinds, strict=True)))
    return TableSource(schema, found.n_rows, chunks, "arrow", str(text.path))
