"""Arrays in memory that hold something else than plain numbers: what it is, and what to do."""

from __future__ import annotations

import datetime
import decimal
import numbers
from collections.abc import Iterator, Mapping, Set
from typing import Any

import numpy as np

from isthmus.errors import DataError

_DATES = "dates", "turn them into numbers first, such as the days since one of them"
_DURATIONS = "durations", "turn them into numbers first, such as seconds"
_TEXT = "text", "turn it into numbers first, with .astype(float) if it is written numbers"

_KINDS = {
    "M": _DATES,
    "m": _DURATIONS,
    "c": ("complex numbers", "give real and imaginary parts as features of their own"),
    "V": ("records with fields", "use numpy.lib.recfunctions.structured_to_unstructured first"),
    "U": _TEXT,
    "S": _TEXT,
    "T": _TEXT,
}
_OBJECTS: tuple[tuple[tuple[type, ...], tuple[str, str]], ...] = (
    ((str, bytes), _TEXT),
    ((datetime.date, datetime.time, np.datetime64), _DATES),
    ((datetime.timedelta, np.timedelta64), _DURATIONS),
    ((complex, np.complexfloating), _KINDS["c"]),
    ((np.ndarray, list, tuple), ("arrays of unequal shape", "give all rows one shape")),
)
_NUMBERS = (numbers.Real, decimal.Decimal, np.bool_, type(None))


def refuse_other_than_numbers(array: np.ndarray, source: str) -> None:
    """Raise `DataError` that names what an array holds, if no numbers can be made of it.

    Examples
    --------
    >>> refuse_other_than_numbers(np.array(["2020-01-01"], "M8[D]"), "X")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    isthmus.errors.DataError: X holds dates (datetime64[D]), ...
    """
    found = _KINDS.get(array.dtype.kind)
    if found is not None:
        # scikit-learn asks that its own words are said of complex numbers.
        also = "Complex data not supported: " if array.dtype.kind == "c" else ""
        raise DataError(
            f"{also}{source} holds {found[0]} ({array.dtype}), expected numbers: {found[1]}."
        )
    if array.dtype.kind != "O":
        return
    if array.ndim == 1 and any(isinstance(value, Mapping) for value in array.tolist()):
        raise DataError(f"{source} holds dicts, expected rows: make a data frame of them first.")
    for kind in set(map(type, array.ravel().tolist())):
        if issubclass(kind, _NUMBERS):
            continue
        for types, (what, remedy) in _OBJECTS:
            if issubclass(kind, types):
                raise DataError(
                    f"{source} holds {what} (Python's {kind.__name__}), expected numbers: {remedy}."
                )


def as_rows(data: Any, source: str) -> Any:
    """Give a list or tuple of rows as an array, and refuse what no rows can be made of.

    Rows may be arrays, such as images, if they are all of one shape.
    """
    if hasattr(data, "toarray"):
        return data  # sparse, of which scikit-learn speaks
    if isinstance(data, Mapping) and data:
        raise DataError(
            f"{source} is of type {type(data).__name__}, expected rows: give one of the arrays "
            f"that it holds, such as data[{next(iter(data))!r}], or make a data frame of it."
        )
    if data is None or isinstance(data, Mapping | Set | Iterator):
        kind = "None" if data is None else f"of type {type(data).__name__}"
        raise DataError(
            f"{source} is {kind}, expected rows: give an array, a data frame or a path, or gather "
            "what comes batch by batch with isthmus.from_batches."
        )
    if isinstance(data, list | tuple):
        try:
            data = np.asarray(data)
        except ValueError as error:
            raise DataError(f"{source} {_difference(data)}: give all rows one shape.") from error
    if isinstance(data, np.ndarray):
        refuse_other_than_numbers(data, source)
    return data


def _difference(rows: list[Any] | tuple[Any, ...]) -> str:
    """Say which row is of another shape than the first one."""
    first: tuple[int, ...] | None = None
    for i, row in enumerate(rows):
        try:
            shape = np.shape(row)
        except ValueError:
            return f"has lists of unequal length in row {i:,}"
        first = shape if first is None else first
        if shape != first:
            return f"has rows of different shapes, {first} in row 0 and {shape} in row {i:,}"
    return "has rows that make no array"
