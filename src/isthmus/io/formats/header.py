"""Whether the first line of a text file holds names, and which columns hold an index."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NoReturn

from isthmus.errors import DataError
from isthmus.io.formats.dialect import Dialect, columns_of, is_gap
from isthmus.io.formats.head import Head, Quoted
from isthmus.io.index import MADE_UP_NAME, is_unnamed

Kind = Literal["gap", "number", "date", "boolean", "text"]

_DATE = re.compile(r"\d{4}-\d\d?-\d\d?([T ].*)?|\d\d?[./]\d\d?[./]\d{2,4}|\d\d?:\d\d(:\d\d)?")
_LEAST_SCALE = 3
_STEP_TOLERANCE = 1e-3


def index_names(records: Sequence[Sequence[str]]) -> list[str]:
    """Name the first columns that hold an index, as pandas' `to_csv` or R's `write.csv` write it.

    That is one without a name; one that pandas once read as such and called ``Unnamed: 0``, if it
    holds different whole numbers; and any whose name pandas made up.
    """
    names, *rows = records
    columns = columns_of(rows)
    found: list[str] = []
    for i, name in enumerate(names):
        cells = columns[i] if len(columns) == len(names) else []
        unnamed = is_unnamed(name) and (_counts(cells) if name.strip() else i == 0)
        if MADE_UP_NAME.fullmatch(name) or (len(found) == i and unnamed):
            found.append(name)
    return found if len(found) < len(names) else []


def check_header(
    head: Head, records: Sequence[Sequence[str]], dialect: Dialect, index: Sequence[str]
) -> None:
    """Raise `DataError` unless the first line holds names for certain.

    Parameters
    ----------
    head : Head
        The first lines.
    records : sequence of sequence of str
        The same, cut into cells.
    dialect : Dialect
        How they were cut.
    index : sequence of str
        Columns that hold an index, of which any name will do.
    """
    names, *rows = records
    if names[0].startswith("#") and not any(len(row) == len(names) for row in rows[:10]):
        _refuse(head, f"begins with a comment ({_shown(names[0])})", "take it away")
    columns = columns_of(rows)
    if not any(name.strip() for name in names):
        _refuse(head, "has no names in its first line")
    if len(columns) != len(names):
        _check_width(head, columns, len(names))
        return
    kept = [
        (name, [cell for cell in column if not is_gap(cell)])
        for name, column in zip(names, columns, strict=True)
        if name not in index
    ]
    pairs = [(name, column) for name, column in kept if column]
    if not pairs or any(_must_be_name(name, column, dialect) for name, column in pairs):
        return
    numbers = [
        (dialect.value(name), [dialect.value(cell) for cell in column])
        for name, column in pairs
        if _kind_of(column, dialect) == "number" and dialect.is_number(name)
    ]
    if numbers and not (_are_counted(numbers) or _are_a_scale(numbers)):
        shown = ", ".join([cell for cell in names if dialect.is_number(cell)][:3])
        _refuse(head, f"has numbers such as {shown} in its first line", _SETTLE)
    for name, column in pairs:
        kind = _kind_of(column, dialect)
        if kind != "number" and (
            _kind(name, dialect) == kind != "text" or sum(cell == name for cell in column) > 1
        ):
            _refuse(head, f"has {_shown(name)}, a value of that column, in its first line")


def _check_width(head: Head, columns: Sequence[Sequence[str]], n_names: int) -> None:
    """Say what is wrong where most rows have a cell more than there are names."""
    if len(columns) != n_names + 1 or len(columns[0]) == 1:
        return  # What arrow says tells which row it is.
    names = "1 name" if n_names == 1 else f"{n_names} names"
    remedy = "take the last delimiter of rows away"
    if any(columns[-1]):
        point = ", or a point before fractions" if n_names == 1 else ""
        remedy = f"put a name above the first cells{point}"
    raise DataError(f"{head.path} has {names} over rows of {n_names + 1} cells: {remedy}.")


_SETTLE = "put a line of names above them, or, where they are names, quote them or add a letter"


def _refuse(head: Head, what: str, remedy: str = "put a line of names above it") -> NoReturn:
    raise DataError(f"{head.path} {what}, expected column names: {remedy}.")


def _must_be_name(name: str, column: Sequence[str], dialect: Dialect) -> bool:
    """Tell whether a cell cannot be a value of its column: text over numbers, or alone quoted."""
    kind = _kind_of(column, dialect)
    own = _kind(name, dialect)
    if (
        isinstance(name, Quoted)
        and kind == "number"
        and not any(isinstance(cell, Quoted) for cell in column)
    ):
        return True
    return kind != "text" and own == "text"


def _kind_of(column: Sequence[str], dialect: Dialect) -> Kind:
    kinds: set[Kind] = {_kind(cell, dialect) for cell in column}
    return kinds.pop() if len(kinds) == 1 else "text"


def _kind(text: str, dialect: Dialect) -> Kind:
    if is_gap(text):
        return "gap"
    if dialect.is_number(text):
        return "number"
    if text.lower() in ("true", "false"):
        return "boolean"
    return "date" if _DATE.fullmatch(text.strip()) else "text"


def _counts(cells: Sequence[str]) -> bool:
    return all(map(str.isdecimal, cells)) and len(set(cells)) == len(cells)


def _are_counted(columns: Sequence[tuple[float, Sequence[float]]]) -> bool:
    """Tell whether the numbers are 0, 1, 2, … or 1, 2, 3, …, and no row that goes on below."""
    names = [name for name, _ in columns]
    if names not in ([*range(len(names))], [*range(1, len(names) + 1)]):
        return False
    if all(name in values for name, values in columns):
        return False
    return not all(_goes_on(name, values, len(names)) for name, values in columns)


def _goes_on(name: float, values: Sequence[float], n_columns: int) -> bool:
    steps = {after - before for before, after in pairwise([name, *values])}
    return len(steps) == 1 and (len(values) > 1 or steps == {n_columns})


def _are_a_scale(columns: Sequence[tuple[float, Sequence[float]]]) -> bool:
    """Tell whether the numbers rise or fall evenly, as years do, and lie far from all values."""
    names = [name for name, _ in columns]
    if len(names) < _LEAST_SCALE:
        return False
    steps = [after - before for before, after in pairwise(names)]
    even = max(steps) - min(steps) <= _STEP_TOLERANCE * max(map(abs, steps))
    return even and steps[0] != 0 and all(_is_far(name, values) for name, values in columns)


def _is_far(name: float, values: Sequence[float]) -> bool:
    least, greatest = min(values), max(values)
    distance = max(least - name, name - greatest)
    return len(values) > 1 and distance > greatest - least


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")
