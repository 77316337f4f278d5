"""One table written as text: what its first lines tell, and its rows as arrow tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from isthmus.errors import DataError
from isthmus.io.budget import memory_budget
from isthmus.io.dataset import refuse_repeated_names
from isthmus.io.failures import refusing
from isthmus.io.file_state import FileState
from isthmus.io.formats.dialect import NUMBER_GAPS, Dialect, find_dialect
from isthmus.io.formats.head import opened_text, read_head
from isthmus.io.formats.header import check_header, index_names
from isthmus.io.formats.text_errors import (
    ReadAgainError,
    TooMuchTextError,
    explain,
    has_no_row,
    longest_block,
    refuse_encoding,
)
from isthmus.io.index import marked_as_index

_LEAST_BLOCK, _LARGEST_BLOCK, _USUAL_BLOCK = 2**16, 2**24, 2**20
_BLOCK_SHARE = 64
_LINES_IN_BLOCK = 8


@final
@dataclass(frozen=True)
class TextTable:
    """A file whose first lines were looked at.

    Parameters
    ----------
    path : Path
        The file.
    dialect : Dialect
        How its cells are told apart.
    names : tuple of str
        The names in the first line.
    index : tuple of str
        Columns that hold an index.
    longest_line : int
        Bytes of the longest of the first lines.
    notes : tuple of str
        What was found that is not as the suffix promises, as parts of a sentence.
    state : FileState
        How the file was before that.
    """

    path: Path
    dialect: Dialect
    names: tuple[str, ...]
    index: tuple[str, ...]
    longest_line: int
    notes: tuple[str, ...]
    state: FileState

    @classmethod
    def open(cls, path: Path) -> TextTable:
        """Look at the first lines; `DataError` says what is wrong with them."""
        with _refusing(path):
            state, head = FileState.of(path), read_head(path)
            usual = usual_delimiter(path)
            dialect, records = find_dialect(head, usual)
            index = tuple(index_names(records))
            check_header(head, records, dialect, index)
            notes = [note for note in (dialect.note(usual), _index_note(index)) if note]
            return cls(
                path, dialect, tuple(records[0]), index, head.longest_line, tuple(notes), state
            )

    def read(self, most: int) -> pa.Table:
        """Read all rows; `TooMuchTextError` where a packed file holds more bytes than `most`."""
        block = 0
        while True:
            try:
                with _refusing(self.path):
                    table = self._read(most, self._block(_USUAL_BLOCK, block))
                    self._refuse_open_quote(table)
                    return self._finished(table)
            except ReadAgainError as again:
                if not again.block:
                    raise
                block = again.block

    def tables(self, kinds: Mapping[str, pa.DataType], least_block: int = 0) -> Iterator[pa.Table]:
        """Read the rows a block at a time.

        Parameters
        ----------
        kinds : dict of str to arrow type
            Types of columns, where they are known.
        least_block : int
            Bytes that a block has at least.

        Raises
        ------
        ReadAgainError
            Another type, or a larger block, is needed than that of the rows given so far.
        """
        share = min(memory_budget() // _BLOCK_SHARE, _LARGEST_BLOCK)
        block = self._block(max(_LEAST_BLOCK, share), least_block)
        return map(self._finished, self._explained(kinds, block))

    def cells(self) -> Iterator[pa.Table]:
        """Read what stands in the cells, as text, a block at a time."""
        kinds, block, n_given = dict.fromkeys(self.names, pa.string()), 0, 0
        while True:
            n_left = n_given
            try:
                for rows in self._explained(kinds, self._block(_USUAL_BLOCK, block)):
                    more = rows.slice(n_left)
                    n_left, n_given = max(n_left - rows.num_rows, 0), n_given + more.num_rows
                    yield more
            except ReadAgainError as again:
                if not again.block:
                    raise
                block = again.block
            else:
                return

    def _explained(self, kinds: Mapping[str, pa.DataType], block: int) -> Iterator[pa.Table]:
        with _refusing(self.path):
            try:
                for batch in self._batches(kinds, block):
                    yield pa.Table.from_batches([batch])
            except pa.ArrowInvalid as error:
                if has_no_row(error):
                    error = self._with_row(error, kinds, block)
                explain(error, self.path, self.names, self.dialect, block)

    def _batches(
        self, kinds: Mapping[str, pa.DataType], block: int, use_threads: bool = True
    ) -> Iterator[pa.RecordBatch]:
        read = csv.ReadOptions(block_size=block, use_threads=use_threads)
        with (
            opened_text(self.path) as stream,
            csv.open_csv(stream, read, *self._options(kinds)) as reader,
        ):
            self.state.check(str(self.path))
            yield from reader
            self.state.check(str(self.path))

    def _with_row(
        self, error: pa.ArrowInvalid, kinds: Mapping[str, pa.DataType], block: int
    ) -> pa.ArrowInvalid:
        """Meet the same error once more, but with the row: only one thread alone counts them."""
        try:
            for _ in self._batches(kinds, block, use_threads=False):
                pass
        except pa.ArrowInvalid as again:
            return again
        return error

    def _read(self, most: int, block: int, use_threads: bool = True) -> pa.Table:
        try:
            with opened_text(self.path) as stream:
                return csv.read_csv(
                    _Bounded(stream, most) if self.path.suffix.lower() == ".gz" else stream,
                    csv.ReadOptions(use_threads=use_threads, block_size=block),
                    *self._options({}),
                )
        except pa.ArrowInvalid as error:
            if has_no_row(error) and use_threads:
                return self._read(most, block, use_threads=False)
            explain(error, self.path, self.names, self.dialect, block)

    def _block(self, usual: int, least: int = 0) -> int:
        """Give the bytes of a block: more than usual where it would not hold a few lines."""
        few = _LINES_IN_BLOCK * self.longest_line
        if few <= usual and least <= usual:
            return usual
        return max(usual, least, 2 * self.longest_line, min(few, longest_block()))

    def _options(
        self, kinds: Mapping[str, pa.DataType]
    ) -> tuple[csv.ParseOptions, csv.ConvertOptions]:
        return (
            csv.ParseOptions(delimiter=self.dialect.delimiter, newlines_in_values=True),
            csv.ConvertOptions(
                null_values=list(NUMBER_GAPS),
                decimal_point=self.dialect.decimal,
                column_types=dict(kinds),
            ),
        )

    def _refuse_open_quote(self, table: pa.Table) -> None:
        """Raise `DataError` where the last cell took in the end of the file."""
        last = table.column(table.num_columns - 1)
        if table.num_rows and pa.types.is_string(last.type):
            text = last[table.num_rows - 1].as_py()
            if text and text.endswith(("\n", "\r")):
                raise DataError(
                    f"{self.path} has a quote without its second one in row {table.num_rows:,}, "
                    "which takes in all that follows: close it, or take it away."
                )

    def _finished(self, table: pa.Table) -> pa.Table:
        """Take away what a delimiter at the end of lines made, and tell gaps in text and index."""
        fields, columns = list(table.schema), table.columns
        while len(fields) > 1 and not fields[-1].name.strip() and pa.types.is_null(fields[-1].type):
            del fields[-1], columns[-1]
        refuse_repeated_names([field.name for field in fields], str(self.path))
        for position, field in enumerate(fields):
            if pa.types.is_string(field.type):
                columns[position] = _with_gaps(columns[position])
            # Arrow reads a column that is not UTF-8 as bytes rather than refuse it.
            elif pa.types.is_binary(field.type):
                refuse_encoding(self.path, field.name)
        return marked_as_index(pa.Table.from_arrays(columns, schema=pa.schema(fields)), self.index)


@final
class _Bounded:
    """A stream that gives so many bytes and no more."""

    def __init__(self, stream: pa.NativeFile, most: int) -> None:
        self._stream, self._left = stream, most

    def read(self, n_bytes: int = -1) -> bytes:
        given = self._stream.read(n_bytes)
        self._left -= len(given)
        if self._left < 0:
            raise TooMuchTextError("The text is more than fits into memory at once.")
        return given

    @property
    def closed(self) -> bool:
        return self._stream.closed


def usual_delimiter(path: Path) -> str:
    """Give the delimiter that a suffix promises."""
    return "\t" if ".tsv" in path.name.lower()[-7:] else ","


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    kind = "tab-separated text" if usual_delimiter(path) == "\t" else "comma-separated text"
    with refusing(str(path), kind, DataError):
        yield


def _index_note(index: Sequence[str]) -> str | None:
    if not index:
        return None
    names = " and ".join(
        f"column {name!r}" if name.strip() else "the unnamed first column" for name in index
    )
    taken = "is taken for an index" if len(index) == 1 else "are taken for indexes"
    return f"{names} {taken} and left out (what is a feature needs a name of its own)"


def _with_gaps(text: pa.ChunkedArray) -> pa.ChunkedArray:
    empty = pc.equal(text, "")  # pyright: ignore
    return pc.if_else(empty, None, text) if pc.any(empty).as_py() else text  # pyright: ignore
