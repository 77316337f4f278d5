"""One column of a table: how its values become numbers of tracks, and come back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, final, get_args

import numpy as np
import pyarrow as pa

from isthmus.compression.table.arrow_values import (
    from_numbers,
    from_text,
    is_text,
    numbers_dtype_of,
    numbers_kind,
    numbers_of,
    text_of,
)
from isthmus.errors import ArchiveError

Way = Literal["codes", "offsets", "numbers", "together", "text", "arrow", "nothing"]

TOGETHER_NUMBERS = "numbers"
"""The track of columns that are kept together."""

_MOST_CODES = 4_096
_MOST_TEXTS = 2**20
_LARGEST_OFFSET = 2**24


@final
@dataclass(frozen=True)
class Column:
    """How the values of a column are kept.

    Parameters
    ----------
    way : str
        "codes": positions in a list of different values. "offsets": whole numbers less the least.
        "numbers": a track of their own. "together": a part of a track of several columns. "text":
        two tracks, of lengths and of bytes. "arrow": in arrow's format for streams. "nothing": all
        are missing.
    gaps : bool
        Whether some are missing: in codes and offsets that is 0, elsewhere a column of codes of
        its own.
    least : int
        What offsets are counted from.
    """

    way: Way
    gaps: bool = False
    least: int = 0

    @property
    def n_codes(self) -> int:
        """How many columns of codes it takes: one or none."""
        return int(self.way in ("codes", "offsets") or (self.gaps and self.way != "arrow"))

    @property
    def n_tracks(self) -> int:
        """How many tracks it has alone."""
        return {"numbers": 1, "text": 2, "arrow": 1}.get(self.way, 0)

    def to_json(self) -> list[Any]:
        """Give what `from_json` takes."""
        return [self.way, int(self.gaps), self.least]

    @classmethod
    def from_json(cls, found: Any) -> Column:
        """Read what `to_json` gave; ValueError if it is something else."""
        way, gaps, least = found
        if way not in get_args(Way):
            raise ValueError("no way to keep a column")
        return cls(way, bool(gaps), int(least))


@final
@dataclass(frozen=True, eq=False)
class Coded:
    """A column as numbers.

    Parameters
    ----------
    column : Column
        How it is kept.
    codes : ndarray or None
        Its column of codes.
    tracks : tuple of ndarray
        The numbers of its own tracks: a text's bytes are those of all rows.
    values : arrow array or None
        The different values that codes stand for.
    """

    column: Column
    codes: np.ndarray | None = None
    tracks: tuple[np.ndarray, ...] = ()
    values: pa.Array | None = None


def coded(array: pa.Array, exact: bool) -> Coded:
    """Choose how to keep a column; floats that need not be exact are kept as numbers."""
    gaps = array.is_null().to_numpy(zero_copy_only=False) if array.null_count else None
    has_gaps = gaps is not None
    if (array.null_count == len(array) and len(array)) or pa.types.is_null(array.type):
        return Coded(Column("nothing"))
    if pa.types.is_dictionary(array.type):
        codes = numbers_of(array.indices).astype(np.int64)
        return Coded(Column("codes", has_gaps), _above_gaps(codes, gaps), (), array.dictionary)
    if is_text(array.type):
        return _coded_text(array, gaps)
    if numbers_kind(array.type) is None:
        return Coded(Column("arrow"))
    numbers = numbers_of(array)
    if numbers.dtype.kind == "f" and not exact:
        return Coded(Column("numbers", has_gaps), _marks(gaps), (numbers,))
    return _coded_numbers(array, numbers, gaps)


def _coded_text(array: pa.Array, gaps: np.ndarray | None) -> Coded:
    encoded = array.dictionary_encode()
    n_kinds = len(encoded.dictionary)
    if n_kinds <= min(_MOST_CODES, len(array)) or n_kinds <= min(len(array) // 4, _MOST_TEXTS):
        order = np.argsort(np.array(encoded.dictionary.to_pylist(), object), kind="stable")
        rank = np.empty(n_kinds, np.int64)
        rank[order] = np.arange(n_kinds)
        codes = rank[numbers_of(encoded.indices)]
        values = encoded.dictionary.take(pa.array(order))
        return Coded(Column("codes", gaps is not None), _above_gaps(codes, gaps), (), values)
    return Coded(Column("text", gaps is not None), _marks(gaps), text_of(array))


def _coded_numbers(array: pa.Array, numbers: np.ndarray, gaps: np.ndarray | None) -> Coded:
    has_gaps = gaps is not None
    own = numbers if gaps is None else numbers[~gaps]
    # Floats that are equal may have other bits.
    bits = own if own.dtype.kind != "f" else own.view(f"u{own.itemsize}")
    kinds, which = np.unique(bits, return_inverse=True)
    if len(kinds) <= min(_MOST_CODES, max(len(array) // 8, 2)):
        codes = np.zeros(len(array), np.int64)
        codes[slice(None) if gaps is None else ~gaps] = which
        values = from_numbers(kinds.view(own.dtype), None, array.type)
        return Coded(Column("codes", has_gaps), _above_gaps(codes, gaps), (), values)
    if own.dtype.kind != "f":
        least, most = int(own.min()), int(own.max())
        if most - least < _LARGEST_OFFSET and _is_irregular(own):
            offsets = _with_gaps(numbers.astype(np.int64) - least, gaps)
            return Coded(Column("offsets", has_gaps, least), _above_gaps(offsets, gaps))
    return Coded(Column("numbers", has_gaps), _marks(gaps), (numbers,))


def _is_irregular(numbers: np.ndarray) -> bool:
    """Tell whether neighbours say little of a number, so that its digits may as well be coded."""
    steps = np.abs(np.diff(numbers.astype(np.float64)))
    spread = np.abs(numbers - np.median(numbers)).mean()
    return bool(steps.mean() > spread / 2)


def _above_gaps(codes: np.ndarray, gaps: np.ndarray | None) -> np.ndarray:
    return codes if gaps is None else np.where(gaps, 0, codes + 1)


def _with_gaps(codes: np.ndarray, gaps: np.ndarray | None) -> np.ndarray:
    return codes if gaps is None else np.where(gaps, 0, codes)


def _marks(gaps: np.ndarray | None) -> np.ndarray | None:
    return None if gaps is None else gaps.astype(np.int64)


def decoded(
    column: Column,
    kind: pa.DataType,
    n_rows: int,
    codes: np.ndarray | None,
    tracks: list[np.ndarray],
    values: pa.Array | None,
) -> pa.Array:
    """Give the values of rows back.

    Parameters
    ----------
    column : Column
        How it was kept.
    kind : arrow type
        Of the values.
    n_rows : int
        How many.
    codes, tracks, values
        As `Coded` has them, for these rows.
    """
    if column.way == "nothing":
        return pa.nulls(n_rows, kind)
    if column.way == "arrow":
        with pa.ipc.open_stream(tracks[0].tobytes()) as stream:
            return _one(stream.read_all().column(0), kind)
    if column.way in ("codes", "offsets"):
        assert codes is not None
        codes = codes.astype(np.int64)
        gaps = codes == 0 if column.gaps else None
        return _from_codes(column, kind, _with_gaps(codes - column.gaps, gaps), gaps, values)
    gaps = None if codes is None else codes.astype(bool)
    if column.way == "text":
        return from_text(tracks[0], tracks[1], gaps, kind)
    # What is damaged may be no number of the type.
    with np.errstate(invalid="ignore"):
        return from_numbers(tracks[0].astype(numbers_dtype_of(kind), copy=False), gaps, kind)


def _from_codes(
    column: Column,
    kind: pa.DataType,
    codes: np.ndarray,
    gaps: np.ndarray | None,
    values: pa.Array | None,
) -> pa.Array:
    if column.way == "offsets":
        own = numbers_dtype_of(kind)
        return from_numbers((codes + column.least).astype(own), gaps, kind)
    if values is None or codes.max(initial=0) >= max(len(values), 1):
        raise ArchiveError("a column has codes without a value.")
    taken = pa.array(codes, mask=gaps)
    if pa.types.is_dictionary(kind):
        own = taken.cast(kind.index_type)
        return pa.DictionaryArray.from_arrays(own, values, ordered=kind.ordered)
    return values.take(taken)


def _one(array: pa.ChunkedArray, kind: pa.DataType) -> pa.Array:
    if array.type != kind:
        raise ArchiveError("a column has another type than it says.")
    return whole(array)


def whole(array: pa.ChunkedArray) -> pa.Array:
    """Give a column in one piece, with one list of categories."""
    if pa.types.is_dictionary(array.type):
        array = array.unify_dictionaries()
    found = array.combine_chunks()
    return pa.concat_arrays(found.chunks) if isinstance(found, pa.ChunkedArray) else found
