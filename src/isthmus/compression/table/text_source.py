"""A text file of a table, on its way into an archive."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

import pyarrow as pa
from pyarrow import csv

from isthmus.compression.demand import Tolerance
from isthmus.compression.table.columns import whole
from isthmus.compression.table.spelling import spelled
from isthmus.compression.table.table_source import TableSource
from isthmus.compression.table.text_content import TextContent, typed_column
from isthmus.compression.table.text_layout import TextLayout
from isthmus.compression.writing import Content
from isthmus.errors import DataError, DataWarning
from isthmus.io.failures import refusing
from isthmus.io.formats.head import opened_text, read_head
from isthmus.io.formats.text_table import TextTable

TEXT_SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz")


@final
@dataclass(frozen=True)
class TextSource:
    """A file of comma- or tab-separated text, which `isthmus.read` can read.

    Parameters
    ----------
    path : Path
        The file.
    """

    path: Path

    @property
    def source(self) -> str:
        """What messages call it."""
        return str(self.path)

    @property
    def n_bytes(self) -> int:
        """What the text takes, unpacked."""
        return len(_content(self.path))

    def as_table(self) -> TableSource:
        """Give the typed table, without what it was spelled like."""
        return TableSource(TextTable.open(self.path).read(2**62), "arrow", self.source)

    def to_content(
        self, tolerance: Tolerance, fill_values: Sequence[float] | None
    ) -> tuple[Content, dict[str, tuple[float, ...]]]:
        """Give what goes into an archive."""
        if tolerance.size:
            # The text of a number that is another one is no longer the same.
            return self.as_table().to_content(tolerance, fill_values)
        table = TextTable.open(self.path)
        read = table.read(2**62)
        content = _content(self.path)
        cells = _cells(content, table)
        layout = TextLayout.find(content, read_head(self.path), table.dialect.delimiter, cells)
        if layout is None:
            warnings.warn(
                f"{self.path} is written in a way that is not regular, such as quotes around some "
                "cells of a column: all cells come back, but the file not byte for byte.",
                DataWarning,
                stacklevel=2,
            )
        found = [spelled(whole(column)) for column in cells.itercolumns()]
        inner = pa.table([values for *_, values in found], names=cells.column_names)
        values = TableSource(inner, "arrow", self.source).kept(exact=True)
        text = TextContent(
            values.content,
            tuple((way, digits) for way, digits, _ in found),
            _schema(cells, read, table.dialect.decimal),
            table.dialect.decimal,
            layout,
        )
        return replace(values.to_write(), about=text.to_json(), attached=text.attached()), {}


def _content(path: Path) -> bytes:
    with opened_text(path) as stream:
        return stream.read()


def _cells(content: bytes, table: TextTable) -> pa.Table:
    with refusing(str(table.path), "a table of text", DataError):
        return csv.read_csv(
            pa.BufferReader(content),
            csv.ReadOptions(block_size=max(2**20, 4 * table.longest_line, len(content))),
            csv.ParseOptions(delimiter=table.dialect.delimiter, newlines_in_values=True),
            csv.ConvertOptions(
                column_types=dict.fromkeys(table.names, pa.string()),
                null_values=[],
                strings_can_be_null=False,
            ),
        )


def _schema(cells: pa.Table, read: pa.Table, decimal: str) -> pa.Schema:
    """Give the types that were read, where the cells can be turned into the same values."""
    fields = []
    for name, column in zip(cells.column_names, cells.itercolumns(), strict=True):
        kind, own = pa.string(), whole(column)
        if name in read.column_names:
            kind = read.schema.field(name).type
            try:
                same = typed_column(own, kind, decimal).equals(whole(read.column(name)))
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                same = False
            kind = kind if same else pa.string()
        fields.append(pa.field(name, kind))
    return pa.schema(fields, read.schema.metadata)
