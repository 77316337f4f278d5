"""A table as the tracks of an archive: codes side by side, and columns of numbers and of text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import pyarrow as pa

from isthmus.compression.header import Header, Track
from isthmus.compression.rows import Rows
from isthmus.compression.table.attached import (
    attach,
    detach,
    schema_from_bytes,
    schema_to_bytes,
    values_from_bytes,
    values_to_bytes,
)
from isthmus.compression.table.columns import Column, decoded
from isthmus.compression.varint import joined as in_parts
from isthmus.compression.varint import parted
from isthmus.errors import ArchiveError
from isthmus.io import Container, to_container

KIND = "table"
CODES = "codes"
# Columns of codes that are coded together, so that they predict each other.
TOGETHER = 64


@final
@dataclass(frozen=True)
class TableContent:
    """What an archive keeps of a table beside its numbers.

    Parameters
    ----------
    schema : arrow schema
        Names and types of the columns, with what else belongs to them.
    container : str
        The kind of frame: "arrow", "pandas" or "polars".
    columns : tuple of Column
        How each is kept.
    values : tuple of arrow array or None
        What the codes of each stand for.
    """

    schema: pa.Schema
    container: str
    columns: tuple[Column, ...]
    values: tuple[pa.Array | None, ...]

    @property
    def row_shape(self) -> tuple[int, ...]:
        """How many columns there are."""
        return (len(self.schema),)

    @property
    def single_rows(self) -> bool:
        """Whether one row alone is something: it is a frame of one row."""
        return False

    @property
    def n_codes(self) -> int:
        """How many columns of codes there are."""
        return sum(column.n_codes for column in self.columns)

    @property
    def has_together(self) -> bool:
        """Whether a track holds several columns of numbers together."""
        return any(column.way == "together" for column in self.columns)

    def joined(self, rows: Rows) -> pa.Table:
        """Give back rows from the numbers of each track."""
        n_codes, numbers = self.n_codes, list(rows.numbers)
        n_matrices = -(-n_codes // TOGETHER)
        if n_codes:
            codes = np.concatenate(numbers[:n_matrices], axis=1)
            if codes.shape[1] != n_codes:
                raise ArchiveError("a table has more or fewer codes than columns that need them.")
        else:
            codes = np.empty((rows.n_rows, 0), np.uint32)
        arrays, at, own = [], 0, n_matrices + self.has_together
        together = iter(numbers[n_matrices].T if self.has_together else ())
        for field, column, values in zip(self.schema, self.columns, self.values, strict=True):
            mine = codes[:, at] if column.n_codes else None
            tracks = numbers[own : own + column.n_tracks]
            if column.way == "together":
                tracks = [next(together)]
            arrays.append(decoded(column, field.type, rows.n_rows, mine, tracks, values))
            at, own = at + column.n_codes, own + column.n_tracks
        table = pa.Table.from_arrays(arrays, schema=self.schema)
        table.validate()
        return table

    def empty(self) -> pa.Table:
        """Give no rows."""
        return self.schema.empty_table()

    def part(self, rows: pa.Table, start: int, stop: int) -> pa.Table:
        """Give some of rows."""
        return rows.slice(start, stop - start)

    def together(self, parts: Sequence[pa.Table]) -> Any:
        """Put rows together in the kind of frame that they came in."""
        table = pa.concat_tables(parts) if parts else self.empty()
        return to_container(table, Container(self.container))

    def whole(self, blocks: Iterator[Rows], n_rows: int) -> Any:
        """Give back all rows."""
        return self.together([self.joined(rows) for rows in blocks])

    def to_json(self) -> dict[str, Any]:
        """Give what the header says."""
        return {"kind": KIND, "container": self.container}

    def attached(self) -> bytes:
        """Give what belongs to it and is no JSON."""
        ways = json.dumps([column.to_json() for column in self.columns], separators=(",", ":"))
        lists = [b"" if values is None else values_to_bytes(values) for values in self.values]
        return attach(schema_to_bytes(self.schema), ways.encode(), in_parts(*lists, b""))

    @classmethod
    def from_header(cls, header: Header, source: str) -> TableContent:
        """Read what the header says, and hold it against the tracks that are there."""
        try:
            schema_data, ways, lists = detach(header.attached, 3)
            schema = schema_from_bytes(schema_data)
            columns = tuple(Column.from_json(found) for found in json.loads(ways))
            values = tuple(
                values_from_bytes(data, _kind_of_values(field.type)) if data else None
                for field, data in zip(schema, parted(lists, len(schema) + 1)[:-1], strict=True)
            )
            container = header.content["container"]
            if len(columns) != len(schema) or container not in ("arrow", "pandas", "polars"):
                raise ValueError("another number of columns")
        except (ValueError, KeyError, TypeError, pa.ArrowException) as error:
            raise ArchiveError(
                f"{source} has a header that cannot be understood: fetch or write it again."
            ) from error
        content = cls(schema, container, columns, values)
        n_matrices = -(-content.n_codes // TOGETHER)
        n_tracks = n_matrices + content.has_together + sum(own.n_tracks for own in columns)
        n_together = sum(column.way == "together" for column in columns)
        shapes = [track.row_shape for track in header.tracks]
        fits = not n_together or shapes[n_matrices : n_matrices + 1] == [(n_together,)]
        if len(shapes) != n_tracks or not fits:
            raise ArchiveError(
                f"{source} has a header that contradicts itself: fetch or write it again."
            )
        return content

    def code_tracks(self) -> list[Track]:
        """Give the tracks of codes."""
        return [
            Track(CODES, np.dtype(np.uint32), (min(TOGETHER, self.n_codes - first),))
            for first in range(0, self.n_codes, TOGETHER)
        ]


def _kind_of_values(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind
