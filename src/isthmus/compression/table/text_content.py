"""A table that was written as text: its cells come back as they were, and as a typed table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, final

import pyarrow as pa
import pyarrow.compute as pc

from isthmus.compression.header import Header
from isthmus.compression.rows import Rows
from isthmus.compression.table.attached import (
    attach,
    detach,
    schema_from_bytes,
    schema_to_bytes,
)
from isthmus.compression.table.columns import whole
from isthmus.compression.table.spelling import Spelling, cells_of
from isthmus.compression.table.table_content import TableContent
from isthmus.compression.table.text_layout import TextLayout
from isthmus.errors import ArchiveError
from isthmus.io.formats.dialect import NUMBER_GAPS

KIND = "text"


@final
@dataclass(frozen=True)
class TextContent:
    """What an archive keeps of a text file beside its numbers.

    Parameters
    ----------
    inner : TableContent
        The values that the cells spell.
    spellings : tuple of (str, int)
        How each column spells them.
    schema : arrow schema
        Of the typed table, as `isthmus.read` gives it.
    decimal : str
        What stands before fractions.
    layout : TextLayout or None
        What is around the cells; None if the file does not come back byte for byte.
    """

    inner: TableContent
    spellings: tuple[tuple[Spelling, int], ...]
    schema: pa.Schema
    decimal: str
    layout: TextLayout | None

    @property
    def row_shape(self) -> tuple[int, ...]:
        """How many columns there are."""
        return self.inner.row_shape

    @property
    def single_rows(self) -> bool:
        """Whether one row alone is something: it is a table of one row."""
        return False

    def cells(self, rows: Rows) -> pa.Table:
        """Give back the cells of rows."""
        values = self.inner.joined(rows)
        columns = [
            cells_of(whole(column), *spelling)
            for column, spelling in zip(values.itercolumns(), self.spellings, strict=True)
        ]
        return pa.table(columns, names=values.column_names)

    def joined(self, rows: Rows) -> pa.Table:
        """Give back rows as a typed table."""
        return typed(self.cells(rows), self.schema, self.decimal)

    def empty(self) -> pa.Table:
        """Give no rows."""
        return self.schema.empty_table()

    def part(self, rows: pa.Table, start: int, stop: int) -> pa.Table:
        """Give some of rows."""
        return rows.slice(start, stop - start)

    def together(self, parts: Sequence[pa.Table]) -> Any:
        """Put rows together."""
        return pa.concat_tables(parts) if parts else self.empty()

    def whole(self, blocks: Iterator[Rows], n_rows: int) -> pa.Table:
        """Give back all rows."""
        return self.together([self.joined(rows) for rows in blocks])

    def to_json(self) -> dict[str, Any]:
        """Give what the header says."""
        return {**self.inner.to_json(), "kind": KIND}

    def attached(self) -> bytes:
        """Give what belongs to it and is no JSON."""
        layout = None if self.layout is None else self.layout.to_json()
        about = {"decimal": self.decimal, "layout": layout, "spellings": self.spellings}
        text = json.dumps(about, separators=(",", ":"))
        return attach(text.encode(), schema_to_bytes(self.schema), self.inner.attached())

    @classmethod
    def from_header(cls, header: Header, source: str) -> TextContent:
        """Read what the header says."""
        try:
            text, schema, inner = detach(header.attached, 3)
            about = json.loads(text)
            own = Header(header.content, header.n_rows, header.tracks, inner)
            layout = about["layout"] and TextLayout.from_json(about["layout"])
            spellings = tuple((way, int(digits)) for way, digits in about["spellings"])
            found = schema_from_bytes(schema)
            content = cls(
                TableContent.from_header(own, source), spellings, found, about["decimal"], layout
            )
            n_columns = len(content.inner.schema)
            if len(spellings) != n_columns or len(content.schema) != n_columns:
                raise ValueError("another number of columns")
        except ArchiveError:
            raise
        except (ValueError, KeyError, TypeError, pa.ArrowException) as error:
            raise ArchiveError(
                f"{source} has a header that cannot be understood: fetch or write it again."
            ) from error
        return content


def typed(cells: pa.Table, schema: pa.Schema, decimal: str) -> pa.Table:
    """Give the table that cells mean."""
    columns = [
        typed_column(whole(column), field.type, decimal)
        for column, field in zip(cells.itercolumns(), schema, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def typed_column(cells: pa.Array, kind: pa.DataType, decimal: str) -> pa.Array:
    """Give the values that cells mean; ArrowInvalid if they are none of this type."""
    gaps = [""] if pa.types.is_string(kind) else list(NUMBER_GAPS)
    is_gap = pc.is_in(cells, pa.array(gaps))  # pyright: ignore
    known = pc.if_else(is_gap, None, cells)  # pyright: ignore
    if decimal != "." and pa.types.is_floating(kind):
        known = pc.replace_substring(known, decimal, ".")  # pyright: ignore
    if pa.types.is_null(kind):
        return pa.nulls(len(cells))
    return known.cast(kind)
