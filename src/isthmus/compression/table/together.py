"""Columns of numbers in one track, for codecs that know how the numbers of a row go together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from isthmus.compression.promise import Promise
from isthmus.compression.table.arrow_values import numbers_dtype_of, numbers_of
from isthmus.compression.table.coding import Coding
from isthmus.compression.table.columns import TOGETHER_NUMBERS, Column, whole
from isthmus.compression.table.table_source import Kept, TableSource
from isthmus.compression.writing import Content
from isthmus.errors import DataError
from isthmus.io import CHUNK_ROWS


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
    kept, _ = source.kept(exact=False)
    kinds = {name: source.schema.field(name).type for name in names}
    dtype = _shared_dtype(kinds, source.source)
    _check_same(source, kinds, dtype)
    own_means = dict(zip(names, means, strict=True))
    codings = [
        _one_of_several(own, dtype, own_means[name], source.n_rows) if name in kinds else own
        for name, own in zip(source.schema.names, kept.codings, strict=True)
    ]
    written = Kept(source, codings).to_write()
    inexact = {track.name: track for track in apart.tracks if not track.promise.exact}
    mine = {name: inexact[name] for name in source.schema.names if name in {*names} & {*inexact}}
    order = [name for name in source.schema.names if name in kinds]
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


def _shared_dtype(kinds: dict[str, pa.DataType], source: str) -> np.dtype:
    floats = {str(kind): name for name, kind in kinds.items() if pa.types.is_floating(kind)}
    if len(floats) > 1:
        (one, first), (other, second), *_ = floats.items()
        raise DataError(
            f"{source} has {first!r} as {one} and {second!r} as {other}, and a model codes columns "
            "of one type together: bring them to one, or leave the model away."
        )
    name = next(iter(floats.values()), None)
    return np.dtype(np.float64) if name is None else numbers_dtype_of(kinds[name])


def _check_same(source: TableSource, kinds: dict[str, pa.DataType], dtype: np.dtype) -> None:
    """Raise `DataError` where numbers are others in the type of the track."""
    others = [name for name, kind in kinds.items() if numbers_dtype_of(kind) != dtype]
    for rows in source.chunks(CHUNK_ROWS) if others else ():
        for name in others:
            numbers = numbers_of(whole(rows.column(name)))
            with np.errstate(invalid="ignore"):
                same = np.array_equal(numbers.astype(dtype).astype(numbers.dtype), numbers)
            if not same:
                raise DataError(
                    f"{source.source} has numbers in {name!r} that {dtype} cannot tell apart: "
                    "leave the column or the model away."
                )


def _one_of_several(own: Coding, dtype: np.dtype, mean: float, n_rows: int) -> Coding:
    column = Column("together", own.column.gaps or own.column.way == "nothing")
    n_bytes = n_rows * (dtype.itemsize + 4 * column.n_codes)
    return Coding(column, None, dtype, n_bytes, mean)
