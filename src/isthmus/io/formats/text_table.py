"""One table written as text: what its first lines tell, and its rows as arrow tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from isthmus.errors import DataError
from isthmus.io.budget import memory_budget, readable_bytes
from isthmus.io.dataset import refuse_repeated_names
from isthmus.io.failures import refusing
from isthmus.io.formats.dialect import NUMBER_GAPS, Dialect, find_dialect
from isthmus.io.formats.head import opened_text, read_head
from isthmus.io.formats.header import check_header, index_names
from isthmus.io.index import marked_as_index

_RAGGED = re.compile(
    r"(Row #(?P<row>\d+): )?Expected (?P<expected>\d+) columns, got (?P<found>\d+)"
)
_OTHER_KIND = re.compile(
    r"In CSV column #(?P<column>\d+): .*(invalid value '(?P<value>.*)'|invalid UTF8)", re.DOTALL
)
_LONG_LINE, _NO_ROWS = "straddling object", "cannot infer number of columns"
_LEAST_BLOCK, _LARGEST_BLOCK, _USUAL_BLOCK, _MOST_BLOCK = 2**16, 2**24, 2**20, 2**30
_BLOCK_SHARE, _LONG_BLOCK_SHARE = 64, 16
_LINES_IN_BLOCK = 8


class TooMuchTextError(DataError):
    """More text came out of a packed file than was to be held in memory."""


class ReadAgainError(DataError):
    """What the first lines told does not hold for a later one: what to read the file with instead.

    Parameters
    ----------
    sentence : str
        What is wrong, for where it is not read again.
    kinds : dict of str to arrow type
        Types that hold what was found.
    block : int
        Bytes that hold a whole line.
    """

    def __init__(
        self, sentence: str, kinds: Mapping[str, pa.DataType] | None = None, block: int = 0
    ) -> None:
        super().__init__(sentence)
        self.kinds, self.block = dict(kinds or {}), block


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
    """

    path: Path
    dialect: Dialect
    names: tuple[str, ...]
    index: tuple[str, ...]
    longest_line: int
    notes: tuple[str, ...]

    @classmethod
    def open(cls, path: Path) -> TextTable:
        """Look at the first lines; `DataError` says what is wrong with them."""
        with _refusing(path):
            head = read_head(path)
            usual = usual_delimiter(path)
            dialect, records = find_dialect(head, usual)
            index = tuple(index_names(records))
            check_header(head, records, dialect, index)
            notes = [note for note in (dialect.note(usual), _index_note(index)) if note]
            return cls(path, dialect, tuple(records[0]), index, head.longest_line, tuple(notes))

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
        with _refusing(self.path):
            try:
                for batch in self._batches(kinds, block):
                    yield self._finished(pa.Table.from_batches([batch]))
            except pa.ArrowInvalid as error:
                if _has_no_row(error):
                    error = self._with_row(error, kinds, block)
                self._explain(error, block)

    def _batches(
        self, kinds: Mapping[str, pa.DataType], block: int, use_threads: bool = True
    ) -> Iterator[pa.RecordBatch]:
        read = csv.ReadOptions(block_size=block, use_threads=use_threads)
        with (
            opened_text(self.path) as stream,
            csv.open_csv(stream, read, *self._options(kinds)) as reader,
        ):
            yield from reader

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
            if _has_no_row(error) and use_threads:
                return self._read(most, block, use_threads=False)
            self._explain(error, block)

    def _block(self, usual: int, least: int = 0) -> int:
        """Give the bytes of a block: more than usual where it would not hold a few lines."""
        few = _LINES_IN_BLOCK * self.longest_line
        if few <= usual and least <= usual:
            return usual
        share = memory_budget() // _LONG_BLOCK_SHARE
        return max(usual, least, 2 * self.longest_line, min(few, share, _MOST_BLOCK))

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

    def _explain(self, error: pa.ArrowInvalid, block: int) -> NoReturn:
        """Say in a sentence what arrow says."""
        ragged, other = _RAGGED.search(str(error)), _OTHER_KIND.search(str(error))
        if ragged:
            row = f"row {int(ragged['row']) - 1:,}" if ragged["row"] else "one row"
            raise DataError(
                f"{self.path} has {_cells(ragged['found'])} in {row}, expected "
                f"{ragged['expected']} as in its header: mend that row (the first one under the "
                "header is row 1)."
            ) from error
        if _LONG_LINE in str(error):
            larger = 2 * block
            sentence = (
                f"{self.path} has a line of more than {readable_bytes(block)}, for which "
                f"{readable_bytes(memory_budget())} of memory are too little: allow more with "
                "--memory or ISTHMUS_MEMORY, or split that line."
            )
            if larger > min(max(memory_budget() // _LONG_BLOCK_SHARE, 2**20), _MOST_BLOCK):
                raise DataError(sentence) from error
            raise ReadAgainError(sentence, block=larger) from error
        if other:
            name = self.names[int(other["column"])]
            if other["value"] is None:
                self._refuse_encoding(name)
            kind = pa.float64() if self.dialect.is_number(other["value"]) else pa.string()
            raise ReadAgainError(
                f"{self.path} holds {other['value']!r} in column {name!r}, unlike the rows before.",
                {name: kind},
            ) from error
        if _NO_ROWS in str(error):
            raise DataError(
                f"{self.path} has no rows under its first line: give a file with rows."
            ) from error
        raise error

    def _refuse_encoding(self, column: str) -> NoReturn:
        raise DataError(
            f"{self.path} is not UTF-8 text in column {column!r}: "
            "save it again with the encoding UTF-8."
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
                self._refuse_encoding(field.name)
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


def _has_no_row(error: pa.ArrowInvalid) -> bool:
    ragged = _RAGGED.search(str(error))
    return ragged is not None and not ragged["row"]


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


def _cells(count: str) -> str:
    return "1 cell" if count == "1" else f"{count} cells"
