"""How the values of a column become numbers, some rows at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from isthmus.compression.table.arrow_values import is_text, numbers_of, text_of
from isthmus.compression.table.columns import Column, without_gaps
from isthmus.errors import DataError


@final
@dataclass(frozen=True, eq=False)
class Coded:
    """Rows of a column as numbers.

    Parameters
    ----------
    codes : ndarray or None
        Its column of codes.
    tracks : tuple of ndarray
        The numbers of its own tracks.
    """

    codes: np.ndarray | None = None
    tracks: tuple[np.ndarray, ...] = ()


@final
@dataclass(frozen=True, eq=False)
class Coding:
    """What all rows of a column are coded by.

    Parameters
    ----------
    column : Column
        How its values are kept.
    values : arrow array or None
        The different values that codes stand for: numbers in the order of their bits.
    dtype : dtype or None
        Of the numbers of its own track, or of the track that it is a part of.
    n_bytes : int
        Of the numbers of all rows.
    mean : float
        What stands where a value is missing, in a track of several columns.
    """

    column: Column
    values: pa.Array | None = None
    dtype: np.dtype | None = None
    n_bytes: int = 0
    mean: float = 0.0

    def __call__(self, array: pa.Array) -> Coded:
        """Give the numbers of some rows."""
        gaps = array.is_null().to_numpy(zero_copy_only=False) if self.column.gaps else None
        marks = None if gaps is None else gaps.astype(np.int64)
        match self.column.way:
            case "codes":
                return Coded(_above_gaps(self._positions(array, gaps), gaps))
            case "offsets":
                offsets = numbers_of(array).astype(np.int64) - self.column.least
                return Coded(_above_gaps(without_gaps(offsets, gaps), gaps))
            case "numbers":
                return Coded(marks, (numbers_of(array),))
            case "together":
                return Coded(marks, (self._filled(numbers_of(array), gaps),))
            case "text":
                return Coded(marks, text_of(array))
            case "arrow" | "nothing":
                return Coded()

    def _positions(self, array: pa.Array, gaps: np.ndarray | None) -> np.ndarray:
        values = self.values
        assert values is not None
        if pa.types.is_dictionary(array.type):
            return numbers_of(relisted(array, values).indices).astype(np.int64)
        if is_text(array.type):
            found = pc.index_in(array, value_set=values)  # pyright: ignore
            _check_all_there(found.null_count == array.null_count)
            return numbers_of(found).astype(np.int64)
        known, bits = bits_of(numbers_of(values)), bits_of(numbers_of(array))
        places = np.minimum(np.searchsorted(known, bits), max(len(known) - 1, 0))
        is_there = known[places] == bits
        _check_all_there(bool((is_there if gaps is None else is_there | gaps).all()))
        return places

    def _filled(self, numbers: np.ndarray, gaps: np.ndarray | None) -> np.ndarray:
        assert self.dtype is not None
        found = numbers.astype(self.dtype)
        if gaps is not None:
            found[gaps] = self.mean if numbers.dtype.kind == "f" else np.rint(self.mean)
        return found


def _check_all_there(all_there: bool) -> None:
    if not all_there:
        raise DataError(
            "A table has changed while it was compressed: compress it again when nothing writes to "
            "its files."
        )


def bits_of(numbers: np.ndarray) -> np.ndarray:
    """Give numbers by which to tell them apart: floats that are equal may have other bits."""
    return numbers if numbers.dtype.kind != "f" else numbers.view(f"u{numbers.itemsize}")


def relisted(array: pa.DictionaryArray, values: pa.Array) -> pa.DictionaryArray:
    """Give the same categories as positions in a list that begins with these values."""
    if array.dictionary.equals(values):
        return array
    none = pa.DictionaryArray.from_arrays(
        pa.array([], array.type.index_type), values, ordered=array.type.ordered
    )
    return pa.chunked_array([none, array]).unify_dictionaries().chunk(1)


def _above_gaps(codes: np.ndarray, gaps: np.ndarray | None) -> np.ndarray:
    return codes if gaps is None else np.where(gaps, 0, codes + 1)
