"""The values of one column, as what colours rows and tells them apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from isthmus.prepare.columns.category import is_level, levels_of
from isthmus.prepare.columns.date import is_date, ticks_per_second, to_ticks
from isthmus.prepare.columns.number import is_number, to_numbers

# Whole numbers with no more values than these are told one by one, as labels are.
_MOST_WHOLE_LEVELS = 12


@dataclass(frozen=True, eq=False)
class Values:
    """One column as numbers, with NaN for gaps, or as levels, with −1 for gaps.

    Parameters
    ----------
    name : str
        Of the column.
    numbers : ndarray of float64, shape (n_rows,), or None
        The values; of dates the seconds since 1970, of durations and times of the day seconds.
    levels : tuple of str
        Distinct values, where there are no numbers.
    places : ndarray of int, shape (n_rows,), or None
        Which of the levels each row has.
    is_date : bool
        Whether the numbers are seconds.
    """

    name: str
    numbers: np.ndarray | None = None
    levels: tuple[str, ...] = ()
    places: np.ndarray | None = None
    is_date: bool = False

    @classmethod
    def of_array(cls, name: str, values: np.ndarray) -> Values:
        """Give a column of an array."""
        return cls.of_column(name, pa.chunked_array([pa.array(values, from_pandas=True)]))

    @classmethod
    def of_column(cls, name: str, values: pa.ChunkedArray) -> Values:
        """Give a column of a table: numbers and dates as numbers, all else as levels."""
        kind = values.type
        if is_date(kind):
            ticks, missing = to_ticks(values, kind)
            seconds = np.where(missing, np.nan, ticks / ticks_per_second(kind))
            is_moment = pa.types.is_timestamp(kind) or pa.types.is_date(kind)
            return cls(name, seconds, is_date=is_moment)
        if is_number(kind) and not _few(values):
            numbers = to_numbers(values)
            return cls(name, np.where(np.isfinite(numbers), numbers, np.nan))
        if not (is_level(kind) or pa.types.is_null(kind)):
            values = pa.chunked_array([pa.array([_text(v) for v in values.to_pylist()])])
        levels, places = levels_of(values)
        return cls(name, levels=tuple(levels), places=places)

    @property
    def n_rows(self) -> int:
        """How many there are."""
        return len(self.places if self.numbers is None else self.numbers)  # pyright: ignore

    @cached_property
    def order(self) -> tuple[np.ndarray, np.ndarray]:
        """Levels by how many rows have them, and the place of each in that order."""
        counts = np.bincount(self._known, minlength=len(self.levels))
        if self._are_whole:
            ordered = np.array(sorted(range(len(self.levels)), key=lambda i: float(self.levels[i])))
        else:
            ordered = np.argsort(-counts, kind="stable")
        ranks = np.empty(len(ordered), int)
        ranks[ordered] = np.arange(len(ordered))
        return ordered, ranks

    @property
    def _known(self) -> np.ndarray:
        places = np.empty(0, int) if self.places is None else self.places
        return places[places >= 0]

    @property
    def _are_whole(self) -> bool:
        return 0 < len(self.levels) <= _MOST_WHOLE_LEVELS and all(map(_is_whole, self.levels))


def _few(values: pa.ChunkedArray) -> bool:
    """Tell whether numbers are labels: whole ones, and few of them."""
    kind = values.type
    if pa.types.is_boolean(kind):
        return True
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return False
    # Most columns of many values show it in their first rows.
    if len(pc.unique(values.slice(0, 1000))) > _MOST_WHOLE_LEVELS:  # pyright: ignore
        return False
    distinct = pc.unique(values).drop_null()  # pyright: ignore
    numbers = distinct.cast(pa.float64()).to_numpy(zero_copy_only=False)
    numbers = numbers[np.isfinite(numbers)]
    return len(numbers) <= _MOST_WHOLE_LEVELS and bool(np.all(numbers == np.rint(numbers)))


def _is_whole(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


def _text(value: object) -> str | None:
    return None if value is None else str(value)
