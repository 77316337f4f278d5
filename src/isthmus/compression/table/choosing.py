"""Looks at all rows of a column, some at a time, and chooses how to keep it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from isthmus.compression.survey import Survey
from isthmus.compression.table.arrow_values import (
    from_numbers,
    is_text,
    numbers_dtype_of,
    numbers_kind,
    numbers_of,
)
from isthmus.compression.table.coding import Coding, bits_of, relisted
from isthmus.compression.table.columns import Column
from isthmus.io import CHUNK_ROWS

_MOST_CODES = 4_096
_MOST_TEXTS = 2**20
_LARGEST_OFFSET = 2**24
_CODE_BYTES = 4


class Choice(ABC):
    """How to keep a column, as far as its rows were seen.

    Parameters
    ----------
    kind : arrow type
        Of its values.
    n_rows : int
        How many rows there will be.
    """

    def __init__(self, kind: pa.DataType, n_rows: int) -> None:
        self.kind, self.n_rows = kind, n_rows
        self.n_gaps = 0

    def see(self, array: pa.Array) -> None:
        """Take some rows into account."""
        self.n_gaps += array.null_count
        if array.null_count < len(array) or not len(array):
            self._see(array)

    def coding(self) -> Coding:
        """Give what all rows are coded by."""
        if pa.types.is_null(self.kind) or (self.n_rows and self.n_gaps == self.n_rows):
            return Coding(Column("nothing"))
        return self._coding(self.n_gaps > 0)

    @abstractmethod
    def _see(self, array: pa.Array) -> None:
        """Take rows into account that are not all missing."""

    @abstractmethod
    def _coding(self, has_gaps: bool) -> Coding:
        """Give what rows are coded by that are not all missing."""

    def _as_codes(self, has_gaps: bool, values: pa.Array) -> Coding:
        return Coding(Column("codes", has_gaps), values, n_bytes=_CODE_BYTES * self.n_rows)

    def _as_tracks(self, column: Column, dtype: np.dtype, n_bytes: int) -> Coding:
        n_bytes += _CODE_BYTES * self.n_rows * column.n_codes
        return Coding(column, None, dtype, n_bytes)


@final
class CategoriesChoice(Choice):
    """Categories keep their list, with those of later rows behind it."""

    _values: pa.Array | None = None

    def see(self, array: pa.DictionaryArray) -> None:
        # A list may name what no row has.
        values = array.dictionary if self._values is None else self._values
        self._values = relisted(array, values).dictionary
        super().see(array)

    def _see(self, array: pa.Array) -> None:
        pass

    def _coding(self, has_gaps: bool) -> Coding:
        values = pa.array([], self.kind.value_type) if self._values is None else self._values
        return self._as_codes(has_gaps, values)


@final
class TextChoice(Choice):
    """Text is a list of different texts where it repeats them, and bytes where it does not."""

    def __init__(self, kind: pa.DataType, n_rows: int) -> None:
        super().__init__(kind, n_rows)
        self._most = max(min(_MOST_CODES, n_rows), min(n_rows // 4, _MOST_TEXTS))
        self._texts: pa.Array | None = pa.array([], kind)
        self._n_bytes = 0

    def _see(self, array: pa.Array) -> None:
        self._n_bytes += pc.sum(pc.binary_length(array)).as_py() or 0  # pyright: ignore
        if self._texts is None:
            return
        both = pa.concat_arrays([self._texts, array.drop_null()])
        texts = pc.unique(both)  # pyright: ignore
        self._texts = texts if len(texts) <= self._most else None

    def _coding(self, has_gaps: bool) -> Coding:
        if self._texts is None:
            column = Column("text", has_gaps)
            return self._as_tracks(column, np.dtype(np.uint8), self._n_bytes + 4 * self.n_rows)
        order = np.argsort(np.array(self._texts.to_pylist(), object), kind="stable")
        return self._as_codes(has_gaps, self._texts.take(pa.array(order)))


@final
class NumbersChoice(Choice):
    """Numbers that are few have a list; whole ones in no order are digits; others are a track."""

    def __init__(self, kind: pa.DataType, n_rows: int) -> None:
        super().__init__(kind, n_rows)
        self._dtype = numbers_dtype_of(kind)
        self._bits: np.ndarray | None = bits_of(np.empty(0, self._dtype))
        self._most = min(_MOST_CODES, max(n_rows // 8, 2))
        self._first = np.empty(0, self._dtype)
        self._least, self._largest = 0, 0

    def _see(self, array: pa.Array) -> None:
        own = numbers_of(array.drop_null())
        if self._bits is not None:
            bits = np.union1d(self._bits, bits_of(own))
            self._bits = bits if len(bits) <= self._most else None
        if self._dtype.kind == "f" or not len(own):
            return
        ends = int(own.min()), int(own.max())
        if not len(self._first):
            self._least, self._largest = ends
        self._least, self._largest = min(self._least, ends[0]), max(self._largest, ends[1])
        self._first = np.concatenate([self._first, own[: CHUNK_ROWS - len(self._first)]])

    def _coding(self, has_gaps: bool) -> Coding:
        if self._bits is not None:
            values = from_numbers(self._bits.view(self._dtype), None, self.kind)
            return self._as_codes(has_gaps, values)
        is_small = len(self._first) and self._largest - self._least < _LARGEST_OFFSET
        if is_small and _is_irregular(self._first):
            column = Column("offsets", has_gaps, self._least)
            return Coding(column, n_bytes=_CODE_BYTES * self.n_rows)
        n_bytes = self._dtype.itemsize * self.n_rows
        return self._as_tracks(Column("numbers", has_gaps), self._dtype, n_bytes)


@final
class InexactChoice(Choice):
    """Floats that may come back within an error are a track, whose range has to be known.

    Parameters
    ----------
    kind, n_rows
        As of every choice.
    fill_values : sequence of float or None
        What stands for gaps; None looks for it.
    """

    def __init__(self, kind: pa.DataType, n_rows: int, fill_values: Sequence[float] | None) -> None:
        super().__init__(kind, n_rows)
        self._given = None if fill_values is None else tuple(map(float, fill_values))
        self._survey = Survey()

    @property
    def fills(self) -> tuple[float, ...]:
        """What stands for gaps."""
        return self._survey.fills() if self._given is None else self._given

    @property
    def span(self) -> float:
        """The difference of the largest and the smallest value that stands for no gap."""
        return self._survey.span(self.fills)

    def _see(self, array: pa.Array) -> None:
        self._survey.see(numbers_of(array), self._given or ())

    def _coding(self, has_gaps: bool) -> Coding:
        dtype = numbers_dtype_of(self.kind)
        n_bytes = dtype.itemsize * self.n_rows
        return self._as_tracks(Column("numbers", has_gaps), dtype, n_bytes)


@final
class ArrowChoice(Choice):
    """Whatever else there is stays as arrow writes it."""

    def _see(self, array: pa.Array) -> None:
        pass

    def _coding(self, has_gaps: bool) -> Coding:
        return Coding(Column("arrow"))


def choice_of(
    kind: pa.DataType, n_rows: int, exact: bool, fill_values: Sequence[float] | None
) -> Choice:
    """Give what chooses how to keep a column, before any row was seen."""
    if pa.types.is_dictionary(kind):
        return CategoriesChoice(kind, n_rows)
    if is_text(kind):
        return TextChoice(kind, n_rows)
    if numbers_kind(kind) is None:
        return ArrowChoice(kind, n_rows)
    if not exact and numbers_dtype_of(kind).kind == "f":
        return InexactChoice(kind, n_rows, fill_values)
    return NumbersChoice(kind, n_rows)


def _is_irregular(numbers: np.ndarray) -> bool:
    """Tell whether neighbours say little of a number, so that its digits may as well be coded."""
    steps = np.abs(np.diff(numbers.astype(np.float64)))
    spread = np.abs(numbers - np.median(numbers)).mean()
    return bool(steps.mean() > spread / 2)
