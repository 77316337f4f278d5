"""Rows of a table, on their way into an archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, final

import narwhals as nw
import numpy as np
import pyarrow as pa

from isthmus.compression.demand import Tolerance
from isthmus.compression.header import Track
from isthmus.compression.promise import Promise
from isthmus.compression.rows import Rows
from isthmus.compression.table.attached import stream_of
from isthmus.compression.table.choosing import InexactChoice, choice_of
from isthmus.compression.table.coding import Coded, Coding
from isthmus.compression.table.columns import TOGETHER_NUMBERS, whole
from isthmus.compression.table.table_content import TOGETHER, TableContent
from isthmus.compression.writing import Content
from isthmus.errors import DataError, first_line
from isthmus.io import CHUNK_ROWS, Dataset
from isthmus.io.index import marked_as_index
from isthmus.io.joined import regrouped

BLOCK_BYTES = 32 * 2**20
"""Of the numbers of all columns in the same rows: those of one column are a part of that."""


@final
@dataclass(frozen=True, eq=False)
class TableSource:
    """A table, from memory or from files.

    Parameters
    ----------
    schema : arrow schema
        Names and types of the columns, with what else belongs to them.
    n_rows : int
        Its rows.
    chunks : callable
        Gives them, so many at a time.
    container : str
        The kind of frame to give back.
    source : str
        What messages call it.
    """

    schema: pa.Schema
    n_rows: int
    chunks: Callable[[int], Iterator[pa.Table]]
    container: str
    source: str

    @classmethod
    def of_table(cls, table: pa.Table, container: str, source: str) -> Self:
        """Take a table in memory."""

        def chunks(n_rows: int) -> Iterator[pa.Table]:
            for start in range(0, table.num_rows, n_rows):
                yield table.slice(start, n_rows)

        return cls(table.schema, table.num_rows, chunks, container, source)

    @classmethod
    def of_dataset(
        cls,
        dataset: Dataset,
        names: Sequence[str] | None = None,
        metadata: dict[bytes, bytes] | None = None,
    ) -> Self:
        """Take rows that may stay on disk.

        Parameters
        ----------
        dataset : Dataset
            The rows.
        names : sequence of str, optional
            Its columns, those that hold an index among them; by default all but those.
        metadata : dict, optional
            What else belongs to the schema; by default what tells of the index.
        """
        chosen = dataset if names is None else dataset.select(names)
        index = () if names is None else dataset.index_names

        def finished(rows: pa.Table) -> pa.Table:
            if metadata is None:
                return marked_as_index(rows.replace_schema_metadata(), index)
            return rows.replace_schema_metadata(metadata)

        def tables(n_rows: int) -> Iterator[pa.Table]:
            return (rows for rows in chosen.chunks(n_rows) if isinstance(rows, pa.Table))

        def chunks(n_rows: int) -> Iterator[pa.Table]:
            return map(finished, regrouped(tables(n_rows), n_rows))

        first = next(tables(1), None)
        schema = finished(chosen.to_memory() if first is None else first).schema
        return cls(schema, chosen.n_rows, chunks, "arrow", dataset.source)

    @property
    def n_bytes(self) -> int:
        """What the rows take in memory."""
        return sum(
            (chunk.indices if pa.types.is_dictionary(chunk.type) else chunk).nbytes
            for rows in self.chunks(CHUNK_ROWS)
            for column in rows.itercolumns()
            for chunk in column.chunks
        )

    def to_content(
        self, tolerance: Tolerance, fill_values: Sequence[float] | None
    ) -> tuple[Content, dict[str, tuple[float, ...]]]:
        """Give what goes into an archive, and the fill values that were found."""
        kept, inexact = self.kept(tolerance.size == 0, fill_values)
        content = kept.to_write()
        if not tolerance.size:
            return content, {}
        tracks = [
            _promised(track, inexact[track.name], tolerance)
            if track.name in inexact and track.dtype.kind == "f"
            else track
            for track in content.tracks
        ]
        fills = {track.name: track.fills for track in tracks if track.fills}
        asked = {"asked": str(tolerance)} if tolerance.relative else {}
        return replace(content, tracks=tuple(tracks), about={**content.about, **asked}), fills

    def kept(
        self, exact: bool, fill_values: Sequence[float] | None = ()
    ) -> tuple[Kept, dict[str, InexactChoice]]:
        """Choose how to keep each column, and tell what is known of those that need not be exact.

        `fill_values` are those of the user; None looks for them.
        """
        choices = [choice_of(kind, self.n_rows, exact, fill_values) for kind in self.schema.types]
        for rows in self.chunks(CHUNK_ROWS):
            for choice, column in zip(choices, rows.itercolumns(), strict=True):
                choice.see(whole(column))
        codings = [choice.coding() for choice in choices]
        inexact = {
            name: choice
            for name, choice, coding in zip(self.schema.names, choices, codings, strict=True)
            if isinstance(choice, InexactChoice) and coding.column.way == "numbers"
        }
        return Kept(self, codings), inexact


@final
@dataclass(frozen=True, eq=False)
class Kept:
    """A table whose columns become numbers.

    Parameters
    ----------
    table : TableSource
        The rows.
    codings : sequence of Coding
        How each column becomes numbers.
    """

    table: TableSource
    codings: Sequence[Coding]

    @property
    def content(self) -> TableContent:
        """What is kept beside the numbers."""
        columns = tuple(coding.column for coding in self.codings)
        values = tuple(coding.values for coding in self.codings)
        return TableContent(self.table.schema, self.table.container, columns, values)

    def to_write(self) -> Content:
        """Give what goes into an archive, exactly."""
        content, n_rows = self.content, self.table.n_rows
        tracks = content.code_tracks()
        together = [own.dtype for own in self.codings if own.column.way == "together"]
        if together:
            assert together[0] is not None
            tracks.append(Track(TOGETHER_NUMBERS, together[0], (len(together),)))
        for name, own in zip(self.table.schema.names, self.codings, strict=True):
            tracks += _tracks(name, own)
        n_blocks = max(1, -(-sum(own.n_bytes for own in self.codings) // BLOCK_BYTES))
        block_rows = max(1, -(-n_rows // n_blocks))

        def blocks() -> Iterator[Rows]:
            return map(self._numbers, self.table.chunks(block_rows))

        return Content(
            content.to_json(), content.attached(), tuple(tracks), n_rows, block_rows, blocks
        )

    def _numbers(self, rows: pa.Table) -> Rows:
        columns = [
            coding(whole(column))
            for coding, column in zip(self.codings, rows.itercolumns(), strict=True)
        ]
        codes = [own.codes for own in columns if own.codes is not None]
        numbers = [
            np.stack(codes[first : first + TOGETHER], axis=1).astype(np.uint32)
            for first in range(0, len(codes), TOGETHER)
        ]
        ways = [coding.column.way for coding in self.codings]
        together = [
            own.tracks[0] for way, own in zip(ways, columns, strict=True) if way == "together"
        ]
        if together:
            numbers.append(np.stack(together, axis=1))
        for i, (way, own) in enumerate(zip(ways, columns, strict=True)):
            numbers += _own_tracks(way, own, rows, i)
        return Rows(rows.num_rows, numbers)


def _own_tracks(way: str, own: Coded, rows: pa.Table, position: int) -> Sequence[np.ndarray]:
    if way == "together":
        return ()
    if way == "arrow":
        return (np.frombuffer(stream_of(rows.select([position]).combine_chunks()), np.uint8),)
    return own.tracks


def _tracks(name: str, own: Coding) -> list[Track]:
    way, dtype = own.column.way, own.dtype
    if way == "numbers":
        assert dtype is not None
        return [Track(name, dtype, ())]
    if way == "text":
        lengths = Track(f"{name}: lengths", np.dtype(np.uint32), ())
        return [lengths, Track(name, np.dtype(np.uint8), (), ragged=True)]
    if way == "arrow":
        return [Track(name, np.dtype(np.uint8), (), ragged=True)]
    return []


def _promised(track: Track, choice: InexactChoice, tolerance: Tolerance) -> Track:
    span = choice.span if tolerance.relative else 1.0
    return replace(track, promise=Promise(tolerance.size * span), fills=choice.fills)


def table_of(frame: nw.DataFrame[Any], source: str) -> TableSource:
    """Take a frame with all that belongs to it, such as its index."""
    native = frame.to_native()
    try:
        if frame.implementation.is_pandas():
            return TableSource.of_table(pa.Table.from_pandas(native), "pandas", source)
        kind = "polars" if frame.implementation.is_polars() else "arrow"
        return TableSource.of_table(frame.to_arrow(), kind, source)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataError(
            f"{source} has a column that is neither all numbers nor all text "
            f"({first_line(error)}): give each column one type."
        ) from error
