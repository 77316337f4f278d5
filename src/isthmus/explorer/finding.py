"""Find rows by what is in them: ``#17``, ``age > 40``, ``name: lee``, or any text."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from isthmus.explorer.values import Values

Columns: TypeAlias = Mapping[str, Callable[[], Values]]
"""The columns by their names, each read when it is asked for."""

_NUMBER = re.compile(r"#\s*([\d,]+)")
_SIGNS = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
# Wider tables are looked through in the columns that are named only.
_MOST_COLUMNS = 1_000


def find(text: str, columns: Columns, n_rows: int) -> np.ndarray:
    """Give the positions of the rows that a text describes, in ascending order.

    Parameters
    ----------
    text : str
        ``#17`` is the seventeenth row. A name of a column with a sign, ``=``, ``!=``, ``<``,
        ``<=``, ``>`` or ``>=``, and a value compares; with a colon it looks for a part of the
        value. Anything else is looked for in all columns: texts that hold it, whatever its
        capitals, and numbers that equal it.
    columns : mapping of str to callable
        What gives the values of each column.
    n_rows : int
        How many rows there are.
    """
    text = text.strip()
    if not text:
        return np.empty(0, int)
    number = _NUMBER.fullmatch(text)
    if number:
        row = int(number[1].replace(",", "") or 0) - 1
        return np.array([row] if 0 <= row < n_rows else [], int)
    compared = _comparison(text, columns)
    if compared is not None:
        name, sign, wanted = compared
        return np.flatnonzero(_compare(columns[name](), sign, wanted))
    found = np.zeros(n_rows, bool)
    for name in list(columns)[:_MOST_COLUMNS]:
        found |= _holds(columns[name](), text)
    return np.flatnonzero(found)


def _comparison(text: str, columns: Columns) -> tuple[str, str, str] | None:
    """Give column, sign and value, where the text begins with the name of a column."""
    lower = {name.strip().casefold(): name for name in reversed(list(columns))}
    for match in re.finditer(r">=|<=|!=|[<>=:]", text):
        name = lower.get(text[: match.start()].strip().casefold())
        if name is not None:
            return name, match[0], text[match.end() :].strip()
    return None


def _compare(values: Values, sign: str, wanted: str) -> np.ndarray:
    if sign == ":":
        return _holds(values, wanted)
    compare = _SIGNS[sign]
    number = _number(wanted, values.is_date)
    if values.numbers is not None:
        if number is None:
            return np.zeros(values.n_rows, bool)
        return compare(values.numbers, number) & ~np.isnan(values.numbers)
    if number is not None and sign not in ("=", "!="):
        return _where(values, lambda level: _compared(compare, level, number))
    return _where(values, lambda level: compare(level.casefold(), wanted.casefold()))


def _compared(compare: Callable[[float, float], bool], level: str, number: float) -> bool:
    given = _number(level)
    return given is not None and compare(given, number)


def _holds(values: Values, text: str) -> np.ndarray:
    if values.numbers is not None:
        number = _number(text, values.is_date)
        if number is None:
            return np.zeros(values.n_rows, bool)
        return values.numbers == number
    return _where(values, lambda level: text.casefold() in level.casefold())


def _where(values: Values, holds: Callable[[str], bool]) -> np.ndarray:
    """Tell which rows have a level for which something holds; none that has a gap does."""
    assert values.places is not None
    suited = np.array([*map(holds, values.levels), False], bool)
    return suited[values.places]


def _number(text: str, is_date: bool = False) -> float | None:
    try:
        if is_date:
            return float(np.datetime64(text, "us").astype(np.int64)) / 1e6
        return float(text)
    except ValueError:
        return None
