"""One column of a table: how its values become numbers of tracks, and come back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, final, get_args

import numpy as np
import pyarrow as pa

from isthmus.compression.table.arrow_values import from_numbers, from_text, numbers_dtype_of
from isthmus.errors import ArchiveError

Way = Literal["codes", "offsets", "numbers", "together", "text", "arrow", "nothing"]

TOGETHER_NUMBERS = "numbers"
"""The track of columns that are kept together."""


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
        As `Coded` and `Coding` have them, for these rows.
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
        return _from_codes(column, kind, without_gaps(codes - column.gaps, gaps), gaps, values)
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


def without_gaps(codes: np.ndarray, gaps: np.ndarray | None) -> np.ndarray:
    """Give codes with 0 where values are missing."""
    return codes if gaps is None else np.where(gaps, 0, codes)


def whole(array: pa.ChunkedArray) -> pa.Array:
    """Give a column in one piece, with one list of categories."""
    if pa.types.is_dictionary(array.type):
        array = array.unify_dictionaries()
    found = array.combine_chunks()
    return pa.concat_arrays(found.chunks) if isinstance(found, pa.ChunkedArray) else found
