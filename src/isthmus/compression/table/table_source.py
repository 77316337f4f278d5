"""Rows of a table, on their way into an archive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import narwhals as nw
import numpy as np
import pyarrow as pa

from isthmus.compression.demand import Tolerance
from isthmus.compression.header import Track
from isthmus.compression.promise import Promise
from isthmus.compression.rows import Rows
from isthmus.compression.survey import Survey
from isthmus.compression.table.attached import stream_of
from isthmus.compression.table.columns import TOGETHER_NUMBERS, Coded, coded, whole
from isthmus.compression.table.table_content import TOGETHER, TableContent
from isthmus.compression.writing import Content
from isthmus.errors import DataError, first_line

BLOCK_BYTES = 32 * 2**20
"""Of the numbers of all columns in the same rows: those of one column are a part of that."""


@final
@dataclass(frozen=True, eq=False)
class TableSource:
    """A table in memory.

    Parameters
    ----------
    table : arrow table
        The rows.
    container : str
        The kind of frame to give back.
    source : str
        What messages call it.
    """

    table: pa.Table
    container: str
    source: str

    @property
    def n_bytes(self) -> int:
        """What the rows take in memory."""
        return self.table.nbytes

    def to_content(
        self, tolerance: Tolerance, fill_values: Sequence[float] | None
    ) -> tuple[Content, dict[str, tuple[float, ...]]]:
        """Give what goes into an archive, and the fill values that were found."""
        kept, fills = self.kept(tolerance.size == 0), dict[str, tuple[float, ...]]()
        content = kept.to_write()
        if not tolerance.size:
            return content, fills
        numbers = {
            name: own.tracks[0]
            for name, own in zip(self.table.column_names, kept.columns, strict=True)
            if own.column.way == "numbers" and own.tracks[0].dtype.kind == "f"
        }
        tracks = [
            _promised(track, numbers[track.name], tolerance, fill_values)
            if track.name in numbers and track.dtype.kind == "f"
            else track
            for track in content.tracks
        ]
        fills = {track.name: track.fills for track in tracks if track.fills}
        asked = {"asked": str(tolerance)} if tolerance.relative else {}
        return replace(content, tracks=tuple(tracks), about={**content.about, **asked}), fills

    def kept(self, exact: bool) -> Kept:
        """Choose how to keep each column."""
        columns = [coded(whole(column), exact) for column in self.table.itercolumns()]
        content = TableContent(
            self.table.schema,
            self.container,
            tuple(own.column for own in columns),
            tuple(own.values for own in columns),
        )
        return Kept(self.table, content, columns)


@final
@dataclass(frozen=True, eq=False)
class Kept:
    """A table whose columns are numbers.

    Parameters
    ----------
    table : arrow table
        The rows.
    content : TableContent
        What is kept beside the numbers.
    columns : sequence of Coded
        The numbers.
    """

    table: pa.Table
    content: TableContent
    columns: Sequence[Coded]

    def to_write(self) -> Content:
        """Give what goes into an archive, exactly."""
        tracks = self.content.code_tracks()
        together = [own.tracks[0] for own in self.columns if own.column.way == "together"]
        if together:
            tracks.append(Track(TOGETHER_NUMBERS, together[0].dtype, (len(together),)))
        for name, own in zip(self.table.column_names, self.columns, strict=True):
            tracks += _tracks(name, own)
        blocks = Blocks(self.table, self.columns)
        return Content(
            self.content.to_json(),
            self.content.attached(),
            tuple(tracks),
            self.table.num_rows,
            blocks.block_rows,
            blocks,
        )


@final
class Blocks:
    """The rows of a table as numbers, block after block."""

    def __init__(self, table: pa.Table, columns: Sequence[Coded]) -> None:
        self._table, self._columns = table, columns
        codes = [own.codes for own in columns if own.codes is not None]
        self._matrices = [
            np.stack(codes[first : first + TOGETHER], axis=1).astype(np.uint32)
            for first in range(0, len(codes), TOGETHER)
        ]
        together = [own.tracks[0] for own in columns if own.column.way == "together"]
        self._together = [np.stack(together, axis=1)] if together else []
        self._ends = {
            i: np.concatenate([[0], np.cumsum(own.tracks[0], dtype=np.int64)])
            for i, own in enumerate(columns)
            if own.column.way == "text"
        }
        n_bytes = sum(matrix.nbytes for matrix in self._matrices)
        n_bytes += sum(track.nbytes for own in columns for track in own.tracks)
        n_blocks = max(1, -(-n_bytes // BLOCK_BYTES))
        self.block_rows = max(1, -(-table.num_rows // n_blocks))

    def __call__(self) -> Iterator[Rows]:
        for start in range(0, self._table.num_rows, self.block_rows):
            stop = min(start + self.block_rows, self._table.num_rows)
            matrices = (*self._matrices, *self._together)
            numbers = [matrix[start:stop] for matrix in matrices]
            for i, own in enumerate(self._columns):
                numbers += self._own(i, own, start, stop)
            yield Rows(stop - start, numbers)

    def _own(self, i: int, own: Coded, start: int, stop: int) -> list[np.ndarray]:
        if own.column.way == "together":
            return []
        if own.column.way == "arrow":
            rows = self._table.select([i]).slice(start, stop - start)
            return [np.frombuffer(stream_of(rows.combine_chunks()), np.uint8)]
        if own.column.way == "text":
            ends, (lengths, data) = self._ends[i], own.tracks
            return [lengths[start:stop], data[ends[start] : ends[stop]]]
        return [track[start:stop] for track in own.tracks]


def _tracks(name: str, own: Coded) -> list[Track]:
    if own.column.way == "numbers":
        return [Track(name, own.tracks[0].dtype, ())]
    if own.column.way == "text":
        lengths = Track(f"{name}: lengths", np.dtype(np.uint32), ())
        return [lengths, Track(name, np.dtype(np.uint8), (), ragged=True)]
    if own.column.way == "arrow":
        return [Track(name, np.dtype(np.uint8), (), ragged=True)]
    return []


def _promised(
    track: Track,
    numbers: np.ndarray,
    tolerance: Tolerance,
    fill_values: Sequence[float] | None,
) -> Track:
    fills = () if fill_values is None else tuple(float(fill) for fill in fill_values)
    survey = Survey()
    survey.see(numbers, fills)
    if fill_values is None:
        fills = survey.fills()
    span = survey.span(fills) if tolerance.relative else 1.0
    return replace(track, promise=Promise(tolerance.size * span), fills=fills)


def table_of(frame: nw.DataFrame[Any], source: str) -> TableSource:
    """Take a frame with all that belongs to it, such as its index."""
    native = frame.to_native()
    try:
        if frame.implementation.is_pandas():
            return TableSource(pa.Table.from_pandas(native), "pandas", source)
        kind = "polars" if frame.implementation.is_polars() else "arrow"
        return TableSource(frame.to_arrow(), kind, source)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataError(
            f"{source} has a column that is neither all numbers nor all text "
            f"({first_line(error)}): give each column one type."
        ) from error
