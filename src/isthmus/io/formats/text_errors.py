"""What arrow says of a text file that it cannot read, in sentences about the file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import pyarrow as pa

from isthmus.errors import DataError
from isthmus.io.budget import memory_budget, readable_bytes
from isthmus.io.formats.dialect import Dialect

_RAGGED = re.compile(
    r"(Row #(?P<row>\d+): )?Expected (?P<expected>\d+) columns, got (?P<found>\d+)"
)
_OTHER_KIND = re.compile(
    r"In CSV column #(?P<column>\d+): .*(invalid value '(?P<value>.*)'|invalid UTF8)", re.DOTALL
)
_LONG_LINE, _NO_ROWS = "straddling object", "cannot infer number of columns"
_LEAST_SHARE, _SHARE, _MOST = 2**20, 16, 2**30


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


def longest_block() -> int:
    """Give the bytes that a block of text may have, for a long line in it."""
    return min(max(memory_budget() // _SHARE, _LEAST_SHARE), _MOST)


def has_no_row(error: pa.ArrowInvalid) -> bool:
    """Tell whether rows differ in length, and which one does is not said."""
    ragged = _RAGGED.search(str(error))
    return ragged is not None and not ragged["row"]


def explain(
    error: pa.ArrowInvalid, path: Path, names: Sequence[str], dialect: Dialect, block: int
) -> NoReturn:
    """Raise what arrow raised as a sentence.

    Parameters
    ----------
    error : ArrowInvalid
        What arrow raised.
    path : Path
        The file.
    names : sequence of str
        Its columns.
    dialect : Dialect
        How its cells are told apart.
    block : int
        Bytes that were read at once.

    Raises
    ------
    ReadAgainError
        It can be read in another way.
    DataError
        It cannot.
    """
    ragged, other = _RAGGED.search(str(error)), _OTHER_KIND.search(str(error))
    if ragged:
        row = f"row {int(ragged['row']) - 1:,}" if ragged["row"] else "one row"
        raise DataError(
            f"{path} has {_cells(ragged['found'])} in {row}, expected {ragged['expected']} as in "
            "its header: mend that row (the first one under the header is row 1)."
        ) from error
    if _LONG_LINE in str(error):
        _explain_long_line(error, path, block)
    if other:
        name = names[int(other["column"])]
        if other["value"] is None:
            refuse_encoding(path, name)
        kind = pa.float64() if dialect.is_number(other["value"]) else pa.string()
        sentence = f"{path} holds {other['value']!r} in column {name!r}, unlike the rows before."
        raise ReadAgainError(sentence, {name: kind}) from error
    if _NO_ROWS in str(error):
        raise DataError(
            f"{path} has no rows under its first line: give a file with rows."
        ) from error
    raise error


def refuse_encoding(path: Path, column: str) -> NoReturn:
    """Raise `DataError` for a column of another encoding."""
    raise DataError(
        f"{path} is not UTF-8 text in column {column!r}: save it again with the encoding UTF-8."
    )


def _explain_long_line(error: pa.ArrowInvalid, path: Path, block: int) -> NoReturn:
    sentence = (
        f"{path} has a line of more than {readable_bytes(block)}, for which "
        f"{readable_bytes(memory_budget())} of memory are too little: allow more with --memory "
        "or ISTHMUS_MEMORY, or split that line."
    )
    if 2 * block > longest_block():
        raise DataError(sentence) from error
    raise ReadAgainError(sentence, block=2 * block) from error


def _cells(count: str) -> str:
    return "1 cell" if count == "1" else f"{count} cells"
