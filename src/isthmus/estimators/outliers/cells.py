"""Between the prepared matrix and one number, level or gap a column, by which rows are judged."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any, final

import numpy as np
import pyarrow as pa

from isthmus.prepare import Column, NumberPreparation, Preparation, TablePreparation, as_float
from isthmus.prepare.columns import DateColumn, NumberColumn
from isthmus.prepare.columns.date import from_ticks, ticks_per_second, to_ticks
from isthmus.prepare.columns.number import from_numbers, to_numbers

# As many digits as float32 has for sure.
_DIGITS = 6
_CLOCK = np.array([1, 60, 3600, 86_400])  # seconds
# More than any value: numbers, whose squares are finite, and ticks of dates.
_FARTHEST, _LONGEST = float(np.finfo(np.float64).max) ** 0.5, 2**62


class Cells(ABC):
    """The values of single columns, in and out of the matrix of a preparation.

    Attributes
    ----------
    names : ndarray of str, shape (columns,)
        What the columns are called.
    is_level : ndarray of bool, shape (columns,)
        Which hold codes of levels instead of numbers.
    """

    names: np.ndarray
    is_level: np.ndarray

    def could_be(self, values: np.ndarray, columns: np.ndarray) -> bool:
        """Tell whether these can be values of these columns."""
        return bool(np.isfinite(values).all())

    @abstractmethod
    def values(self, x: np.ndarray) -> np.ndarray:
        """Give prepared rows as ``(rows, columns)``, NaN for gaps."""

    @abstractmethod
    def in_units(self, values: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Give values, each of the column named beside it, as the data have them."""


@final
class NumberCells(Cells):
    """Those of plain numbers, of which each is a column.

    Parameters
    ----------
    preparation : NumberPreparation
        What brought them to scale.
    """

    def __init__(self, preparation: NumberPreparation) -> None:
        schema, n_features = preparation.schema, preparation.n_features
        names = schema.names or [f"column{j}" for j in range(n_features)]
        if len(schema.row_shape) > 1:
            places = np.ndindex(*schema.row_shape)
            names = ["pixel " + ", ".join(map(str, place)) for place in places]
        self.names = np.array(names, dtype=object)
        self.is_level = np.zeros(n_features, bool)
        whole = np.array(["int" in kind or kind == "bool" for kind in schema.dtypes])
        parts = (preparation.offset, preparation.scale, whole)
        self._offset, self._scale, self._whole = (np.broadcast_to(p, n_features) for p in parts)

    def values(self, x: np.ndarray) -> np.ndarray:
        return as_float(x)

    def in_units(self, values: np.ndarray, columns: np.ndarray) -> np.ndarray:
        scale = self._scale[columns]
        raw = values * scale + self._offset[columns]
        return _certain(raw, _spacing(values) * scale, self._whole[columns])


@final
class TableCells(Cells):
    """Those of tables: numbers, and the levels of booleans and categories.

    Of a date only the time itself counts, not where it stands in the calendar's cycles.

    Parameters
    ----------
    preparation : TablePreparation
        What turned the columns into numbers.
    """

    def __init__(self, preparation: TablePreparation) -> None:
        layout = preparation.layout
        self._columns = [preparation.columns[c] for c in sorted(set(layout.columns))]
        self._places = [layout.places[c] for c in sorted(set(layout.columns))]
        self.names = np.array([column.called for column in self._columns], dtype=object)
        self.is_level = np.array([column.part != "number" for column in self._columns])

    def could_be(self, values: np.ndarray, columns: np.ndarray) -> bool:
        for column, given in zip((self._columns[c] for c in columns), values.T, strict=True):
            known = given[~np.isnan(given)]
            most = max(2, column.width)
            if column.part != "number" and not np.isin(known, np.arange(most)).all():
                return False
        return not np.isinf(values).any()

    def values(self, x: np.ndarray) -> np.ndarray:
        found = np.empty((len(x), len(self._columns)), np.float32)
        for j, (column, places) in enumerate(zip(self._columns, self._places, strict=True)):
            found[:, j] = x[:, places.start]
            if column.part == "category":
                gaps = np.isnan(found[:, j])
                found[:, j] = np.where(gaps, np.nan, np.argmax(x[:, places], axis=1))
        return found

    def in_units(self, values: np.ndarray, columns: np.ndarray) -> np.ndarray:
        found = np.empty(values.shape, dtype=object)
        for j in np.unique(columns):
            chosen, column = columns == j, self._columns[j]
            numbers = np.repeat(values[chosen, None], column.width, axis=1).astype(np.float32)
            if column.part == "category":
                ones = (numbers == np.arange(column.width)).astype(np.float32)
                numbers = np.where(np.isnan(numbers), np.nan, ones)
            told = _in_python(_decoded(_unbounded(column), numbers))
            found[chosen] = np.array([*told, None], object)[:-1]
        return found


def _spacing(values: np.ndarray) -> np.ndarray:
    """Give how far the next value is that float32 can tell apart."""
    return np.spacing(np.abs(values.astype(np.float32)))


def _certain(values: np.ndarray, spacing: np.ndarray, whole: Any) -> np.ndarray:
    """Leave away the digits that values do not have for sure, being so far from the next ones."""
    least = np.maximum(spacing, np.finfo(np.float64).eps * np.abs(values))
    unit = 10.0 ** np.ceil(np.log10(np.maximum(least, np.finfo(np.float64).tiny)))
    rounded = np.rint(values / unit) * unit
    short = np.char.mod(f"%.{_DIGITS}g", rounded).astype(np.float64)
    # So that nothing is no negative number.
    return np.where(whole, np.rint(rounded), short) + 0.0


def _certain_ticks(ticks: np.ndarray, spacing: np.ndarray, per_second: float) -> np.ndarray:
    """Round dates that are so far from the next ones, to a unit of the clock."""
    parts = 10.0 ** np.ceil(np.log10(np.maximum(spacing, 1)))
    clock = np.maximum(_CLOCK * per_second, 1)
    units = clock[np.minimum(np.searchsorted(clock, spacing), len(clock) - 1)]
    unit = np.where(spacing < per_second, parts, units)
    return (np.rint(ticks / unit) * unit).astype(np.int64)


def _decoded(column: Column, numbers: np.ndarray) -> pa.Array:
    """Give a column's values, of numbers and dates the digits that float32 has for sure."""
    if column.part != "number":
        return column.decode(numbers)
    told, following = (
        pa.chunked_array([column.decode(some)]) for some in (numbers, numbers + _spacing(numbers))
    )
    if isinstance(column, DateColumn):
        ticks, missing = to_ticks(told, column.type)
        spacing = np.abs(to_ticks(following, column.type)[0] - ticks)
        certain = _certain_ticks(ticks, spacing, ticks_per_second(column.type))
        return from_ticks(certain, missing, column.type)
    values = to_numbers(told)
    whole = pa.types.is_integer(column.type)
    certain = _certain(values, np.abs(to_numbers(following) - values), whole)
    return from_numbers(certain, column.type)


def _unbounded(column: Column) -> Column:
    """Give a column that decodes what lies beyond the range that was fitted, too."""
    if isinstance(column, NumberColumn):
        return replace(column, least=-_FARTHEST, greatest=_FARTHEST)
    if isinstance(column, DateColumn):
        return replace(column, least=-_LONGEST, greatest=_LONGEST)
    return column


def _in_python(values: pa.Array) -> list[Any]:
    """Give values as Python's own, which know no nanoseconds."""
    kind = values.type
    if getattr(kind, "unit", None) == "ns":
        made: Any = {pa.types.is_timestamp: pa.timestamp, pa.types.is_duration: pa.duration}
        make = next((made[test] for test in made if test(kind)), pa.time64)
        arguments = (kind.tz,) if pa.types.is_timestamp(kind) else ()
        values = values.cast(make("us", *arguments), safe=False)
    return values.to_pylist()


def cells_of(preparation: Preparation) -> Cells:
    """Give the cells of a preparation."""
    if isinstance(preparation, TablePreparation):
        return TableCells(preparation)
    assert isinstance(preparation, NumberPreparation)
    return NumberCells(preparation)
