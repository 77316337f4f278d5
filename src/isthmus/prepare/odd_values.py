"""Values that are no numbers in columns that otherwise hold numbers, found where they stand."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from isthmus.errors import DataError
from isthmus.io.dataset import Dataset

_TEXT = ("string", "large_string", "string_view")
_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
# Digits with signs between thousands, units or a decimal comma.
_NEARLY = rf"{_NUMBER}|^[^\pL\d]*\d[\d.,' \x{{a0}}\x{{202f}}]*[^\pL\d]*$"
_LEAST_SHARE = 0.5
_SHOWN = 40


def refuse_odd_values(dataset: Dataset, known: Collection[str] = ()) -> None:
    """Raise `DataError` for the first value that makes text of a column of numbers.

    Columns of which less than half is written as a number are left to other checks, and those
    whose kind is `known` are not looked at.
    """
    for name, kind in zip(dataset.schema.names or (), dataset.schema.dtypes, strict=False):
        if kind in _TEXT and name not in known:
            refuse_odd_value(dataset, name)


def refuse_odd_value(dataset: Dataset, name: str) -> None:
    """Do the same for one column of text."""
    first: tuple[str, int] | None = None
    n_values = n_nearly = n_before = 0
    for chunk in dataset.select([name]).passed():
        column = cast(pa.Table, chunk).column(0)
        odd = _matches(column, _NUMBER).index(False).as_py()
        if first is None and odd >= 0:
            first = column[odd].as_py(), n_before + odd + 1
        n_values += len(column) - column.null_count
        n_nearly += _matches(column, _NEARLY).to_pylist().count(True)
        n_before += len(column)
    if first is None or n_nearly < _LEAST_SHARE * n_values:
        return
    value, row = first
    shown = repr(value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…")
    raise DataError(
        f"{dataset.source}: column {name!r} holds {shown} in row {row:,}, expected numbers such "
        "as 1234.5: mend that value, leave the row or the column out, or say that the column holds "
        f"categories (kinds={{{name!r}: 'category'}}, on the command line --kind {name}=category)."
    )


def _matches(column: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray:
    return pc.match_substring_regex(column, pattern)  # pyright: ignore
