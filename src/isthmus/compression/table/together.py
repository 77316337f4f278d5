"""Columns of numbers in one track, for codecs that know how the numbers of a row go together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from isthmus.compression.promise import Promise
from isthmus.compression.table.arrow_values import numbers_of
from isthmus.compression.table.columns import TOGETHER_NUMBERS, Coded, Column, whole
from isthmus.compression.table.table_source import Kept, TableSource
from isthmus.compression.writing import Content
from isthmus.errors import DataError


def together(
    source: TableSource, apart: Content, names: Sequence[str], means: Sequence[float]
) -> Content:
    """Give what goes into an archive with some columns in one track.

    Parameters
    ----------
    source : TableSource
        The table.
    apart : Content
        The same with a track for each column, whose promises are kept.
    names : sequence of str
        Which columns.
    means : sequence of float
        What stands where a value of each is missing.

    Raises
    ------
    DataError
        They are no numbers that one track can hold.
    """
    table, kept = source.table, source.kept(exact=False)
    chosen = {name: whole(table.column(name)) for name in names}
    dtype = _shared_dtype(chosen, source.source)
    own_means = dict(zip(names, means, strict=True))
    columns = [
        _one_of_several(chosen[name], own_means[name], dtype, name, source.source)
        if name in chosen
        else own
        for name, own in zip(table.column_names, kept.columns, strict=True)
    ]
    content = replace(
        kept.content,
        columns=tuple(own.column for own in columns),
        values=tuple(own.values for own in columns),
    )
    written = Kept(table, content, columns).to_write()
    inexact = {track.name: track for track in apart.tracks if not track.promise.exact}
    mine = {name: inexact[name] for name in table.column_names if name in {*names} & {*inexact}}
    order = [name for name in table.column_names if name in chosen]
    errors = tuple(mine[name].promise.largest if name in mine else 0.0 for name in order)
    fills = tuple(dict.fromkeys(fill for track in mine.values() for fill in track.fills))
    tracks = [
        replace(track, promise=Promise(errors), fills=fills)
        if track.name == TOGETHER_NUMBERS and track.row_shape == (len(order),)
        else inexact.get(track.name, track)
        for track in written.tracks
    ]
    asked = {name: value for name, value in apart.about.items() if name == "asked"}
    return replace(written, tracks=tuple(tracks), about={**written.about, **asked})


def _shared_dtype(columns: dict[str, pa.Array], source: str) -> np.dtype:
    kinds = {str(own.type): name for name, own in columns.items() if pa.types.is_floating(own.type)}
    if len(kinds) > 1:
        (one, first), (other, second), *_ = kinds.items()
        raise DataError(
            f"{source} has {first!r} as {one} and {second!r} as {other}, and a model codes columns "
            "of one type together: bring them to one, or leave the model away."
        )
    name = next(iter(kinds.values()), None)
    return np.dtype(np.float64) if name is None else numbers_of(columns[name][:0]).dtype


def _one_of_several(
    column: pa.Array, mean: float, dtype: np.dtype, name: str, source: str
) -> Coded:
    numbers = numbers_of(column)
    found = numbers.astype(dtype)
    with np.errstate(invalid="ignore"):
        same = numbers.dtype == dtype or np.array_equal(found.astype(numbers.dtype), numbers)
    if not same:
        raise DataError(
            f"{source} has numbers in {name!r} that {dtype} cannot tell apart: leave the column or "
            "the model away."
        )
    gaps = column.is_null().to_numpy(zero_copy_only=False) if column.null_count else None
    if gaps is not None:
        found[gaps] = mean if numbers.dtype.kind == "f" else np.rint(mean)
    marks = None if gaps is None else gaps.astype(np.int64)
    return Coded(Column("together", gaps is not None), marks, (found,))
