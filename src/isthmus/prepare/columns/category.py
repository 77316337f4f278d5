"""Columns of categories and text: one number for each level."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from isthmus.prepare.columns.base import Column, Part, one_chunk
from isthmus.prepare.columns.number import is_number


@final
@dataclass(frozen=True, kw_only=True)
class CategoryColumn(Column):
    """One number for each frequent level, and some that all other levels share.

    Parameters
    ----------
    levels : tuple of str
        Levels with a number of their own, the most frequent first.
    shared : tuple of str or None
        For each of the numbers that the other levels share the most frequent of these, which
        comes back for it; None where none was seen. Levels find their number by a hash.
    categories : tuple or None
        All categories of a dictionary type, in their order.
    """

    kind: ClassVar[str] = "category"
    part: ClassVar[Part] = "category"

    levels: tuple[str, ...]
    shared: tuple[str | None, ...]
    categories: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        texts = (*self.levels, *(self.categories or ()))
        if not self.shared or not all(isinstance(text, str) for text in texts):
            raise ValueError("a category has no levels")

    @property
    def width(self) -> int:
        return len(self.levels) + len(self.shared)

    @property
    def part_names(self) -> tuple[str, ...]:
        others = ("others",) if len(self.shared) == 1 else map("others {}".format, self.shared)
        return tuple(f"{self.called} = {text}" for text in (*self.levels, *others))

    def takes(self, given: pa.DataType) -> bool:
        return is_level(given)

    def encode(self, values: pa.ChunkedArray, source: str, first_row: int) -> np.ndarray:
        texts, places = levels_of(values)
        places_of = np.array([self._place(text) for text in texts], int)
        result = np.zeros((len(places), self.width), np.float32)
        known = np.flatnonzero(places >= 0)
        result[known, places_of[places[known]]] = 1
        result[places < 0] = np.nan
        return result

    def decode(self, numbers: np.ndarray) -> pa.Array:
        missing = np.isnan(numbers).any(axis=1)
        possible = numbers[:, self._possible]
        places = np.where(missing, 0, np.argmax(possible, axis=1))
        texts = pa.array([self._texts[i] for i in self._possible], pa.string())
        taken = texts.take(pa.array(places, mask=missing))
        return _in_type(taken, self.type, self.categories)

    def share_without_own(self, numbers: np.ndarray) -> float:
        """Give the share of values, encoded so, whose level has no number of its own."""
        known = numbers[~np.isnan(numbers[:, 0]), len(self.levels) :]
        return float(known.any(axis=1).mean()) if len(known) else 0.0

    @cached_property
    def _places(self) -> dict[str, int]:
        return {text: i for i, text in enumerate(self.levels)}

    @property
    def _texts(self) -> tuple[str | None, ...]:
        return (*self.levels, *self.shared)

    @property
    def _possible(self) -> np.ndarray:
        """Places of numbers that a level stands for."""
        return np.flatnonzero([text is not None for text in self._texts])

    def _place(self, text: str) -> int:
        own = self._places.get(text)
        return len(self.levels) + bucket(text, len(self.shared)) if own is None else own


def bucket(text: str, n_buckets: int) -> int:
    """Give the place of a level among so many, the same on every machine."""
    return zlib.crc32(text.encode()) % n_buckets


def is_text(kind: pa.DataType) -> bool:
    """Tell whether values of this type are text."""
    types = pa.types
    return types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)


def is_level(kind: pa.DataType) -> bool:
    """Tell whether values of this type can be levels."""
    if pa.types.is_dictionary(kind):
        return is_level(kind.value_type)
    return is_text(kind) or is_number(kind) or pa.types.is_temporal(kind)


def levels_of(values: pa.ChunkedArray) -> tuple[list[str], np.ndarray]:
    """Give the distinct levels as text, and for each value which it is; −1 where it is missing."""
    array: Any = one_chunk(values)
    if pa.types.is_null(array.type):
        return [], np.full(len(array), -1)
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    texts = as_text(array.dictionary)
    places = array.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False).copy()
    gaps = [i for i, text in enumerate(texts) if text is None]
    if gaps:
        places[np.isin(places, gaps)] = -1
    return ["" if text is None else text for text in texts], places


def as_text(values: pa.Array) -> list[str | None]:
    """Give values as text, whole numbers without a fraction, and None for NaN."""
    if pa.types.is_floating(values.type):
        numbers = values.cast(pa.float64()).to_pylist()
        return [None if x is None or x != x else f"{x:.17g}" for x in numbers]
    return values.cast(pa.string()).to_pylist()


def _in_type(texts: pa.Array, kind: pa.DataType, categories: tuple[str, ...] | None) -> pa.Array:
    if not pa.types.is_dictionary(kind):
        return texts.cast(kind)
    order = pa.array(categories or (), pa.string())
    indices = pc.index_in(texts, value_set=order).cast(kind.index_type)  # pyright: ignore
    return pa.DictionaryArray.from_arrays(
        indices, order.cast(kind.value_type), ordered=kind.ordered
    )
