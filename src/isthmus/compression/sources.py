"""Whatever a user calls data, as blocks of rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, final

import narwhals as nw
import numpy as np
import pyarrow as pa
from pyarrow import ipc, parquet

from isthmus.compression.array_content import ArrayContent
from isthmus.compression.demand import Tolerance
from isthmus.compression.header import Track
from isthmus.compression.promise import EXACT, Promise
from isthmus.compression.rows import Rows
from isthmus.compression.survey import Survey
from isthmus.compression.table.table_source import TableSource, table_of
from isthmus.compression.table.text_source import TEXT_SUFFIXES, TextSource
from isthmus.compression.table.together import together
from isthmus.compression.writing import Content
from isthmus.errors import DataError
from isthmus.io import Dataset, Schema, as_dataset
from isthmus.io.dataset import schema_of_columns
from isthmus.io.failures import refusing
from isthmus.io.index import feature_columns
from isthmus.io.paths import suffix_of

if TYPE_CHECKING:
    from isthmus.compression.autoencoder.floats import FloatAutoencoder

BLOCK_BYTES = 8 * 2**20
"""Of the numbers of one block, unless a single row has more."""

# Rows by which to tell whether they are in the unit of those that a model was fitted to.
_LOOKED_AT = 256


@final
@dataclass(frozen=True)
class ArraySource:
    """Rows of an array, from memory or from files.

    Parameters
    ----------
    content : ArrayContent
        What the array is.
    n_rows : int
        Its rows.
    chunks : callable
        Gives them, so many at a time.
    source : str
        What messages call it.
    """

    content: ArrayContent
    n_rows: int
    chunks: Callable[[int], Iterator[np.ndarray]]
    source: str

    @classmethod
    def of_array(cls, array: np.ndarray, source: str = "data") -> ArraySource:
        """Take an array in memory, which may be masked."""
        if array.ndim == 0:
            raise DataError(f"{source} is a single value of type {array.dtype}: give rows.")

        def chunks(n_rows: int) -> Iterator[np.ndarray]:
            for start in range(0, len(array), n_rows):
                yield array[start : start + n_rows]

        return cls(ArrayContent.of(array, source), len(array), chunks, source)

    @classmethod
    def of_dataset(cls, dataset: Dataset) -> ArraySource:
        """Take rows that may stay on disk."""
        (kind,) = dataset.schema.dtypes
        content = ArrayContent(np.dtype(kind), dataset.schema.row_shape)

        def chunks(n_rows: int) -> Iterator[np.ndarray]:
            given = (np.asarray(chunk) for chunk in dataset.chunks(n_rows))
            return _regular(given, n_rows)

        return cls(content, dataset.n_rows, chunks, dataset.source)

    @classmethod
    def of_npy(cls, path: Path, dataset: Dataset) -> ArraySource:
        """Take a .npy file with the byte order and the order of memory that it has."""
        source = cls.of_dataset(dataset)
        with path.open("rb") as file:
            version = np.lib.format.read_magic(file)
            reader = (
                np.lib.format.read_array_header_1_0
                if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )
            _, fortran_order, dtype = reader(file)
        content = replace(source.content, dtype=dtype, fortran_order=fortran_order)

        def chunks(n_rows: int) -> Iterator[np.ndarray]:
            return (chunk.astype(dtype, copy=False) for chunk in source.chunks(n_rows))

        return replace(source, content=content, chunks=chunks)

    @property
    def n_bytes(self) -> int:
        """What the rows take in memory."""
        return self.n_rows * sum(track.row_bytes for track in self.content.tracks())

    def to_content(
        self, tolerance: Tolerance, fill_values: Sequence[float] | None
    ) -> tuple[Content, dict[str, tuple[float, ...]]]:
        """Give what goes into an archive, and the fill values that were found.

        `fill_values` are those of the user; None looks for them.
        """
        if tolerance.size == 0:
            return self.content_within(EXACT, ()), {}
        if not self.content.can_be_inexact:
            raise DataError(
                f"{self.source} holds {self.content.dtype}, which can only come back exactly: "
                "leave max_error away."
            )
        inexact = self.content_within(Promise(tolerance.size), ())
        promise, fills = self._promised(inexact, tolerance, fill_values)
        content = self.content_within(promise, fills)
        if tolerance.relative:
            content.about["asked"] = str(tolerance)
        return content, {content.tracks[0].name: fills} if fills else {}

    def content_within(self, promise: Promise, fills: Sequence[float]) -> Content:
        """Give what goes into an archive, with this promise and these fill values."""
        tracks = self.content.tracks()
        tracks[0] = replace(tracks[0], promise=promise, fills=tuple(fills))
        block_rows = rows_of_block(tracks)

        def blocks() -> Iterator[Rows]:
            for rows in self.chunks(block_rows):
                yield Rows(len(rows), self.content.split(rows, promise.exact))

        about = self.content.to_json()
        return Content(about, b"", tuple(tracks), self.n_rows, block_rows, blocks)

    def _promised(
        self, content: Content, tolerance: Tolerance, fill_values: Sequence[float] | None
    ) -> tuple[Promise, tuple[float, ...]]:
        fills = () if fill_values is None else tuple(fill_values)
        if self.content.fill_value is not None:
            dtype = content.tracks[0].dtype
            fills = (*fills, *self.content.fill_value.view(dtype).tolist())
        survey = Survey()
        if tolerance.relative or fill_values is None:
            for rows in content.blocks():
                survey.see(rows.numbers[0], fills)
        if fill_values is None:
            fills = tuple(dict.fromkeys([*fills, *survey.fills()]))
        # NaN and the like are special without being named.
        fills = tuple(fill for fill in fills if np.isfinite(fill))
        span = survey.span(fills) if tolerance.relative else 1.0
        return Promise(tolerance.size * span), fills


def rows_of_block(tracks: Sequence[Track]) -> int:
    """Give the rows of a block."""
    return max(1, BLOCK_BYTES // max(1, sum(track.row_bytes for track in tracks)))


def _regular(chunks: Iterator[np.ndarray], n_rows: int) -> Iterator[np.ndarray]:
    """Give the same rows, so many at a time: readers may give fewer."""
    held: list[np.ndarray] = []
    for chunk in chunks:
        held.append(chunk)
        if sum(map(len, held)) < n_rows:
            continue
        rows = np.concatenate(held) if len(held) > 1 else chunk
        whole = len(rows) // n_rows * n_rows
        for start in range(0, whole, n_rows):
            yield rows[start : start + n_rows]
        held = [rows[whole:]] if whole < len(rows) else []
    if held:
        yield np.concatenate(held)


def check_model(autoencoder: FloatAutoencoder | None, source: AnySource) -> None:
    """Raise `DataError` unless rows are like those that an autoencoder was fitted to."""
    if autoencoder is None:
        return
    if isinstance(source, TextSource):
        source = source.as_table()
    if isinstance(source, TableSource):
        schema = source.schema
        names = feature_columns(schema)
        autoencoder.check_schema(schema_of_columns(schema, names), source.source)
        return
    content = source.content
    schema = Schema(None, (content.dtype.name,), content.row_shape)
    autoencoder.check_schema(schema, source.source)
    first = next(iter(source.chunks(_LOOKED_AT)), None)
    if first is not None:
        rows = np.asarray(first).reshape(len(first), -1)
        autoencoder.check_values(rows[np.isfinite(rows).all(axis=1)], source.source)


def with_columns_together(
    source: AnySource, apart: Content, autoencoder: FloatAutoencoder
) -> Content | None:
    """Give a table with the columns in one track that an autoencoder knows; None for arrays.

    Raises
    ------
    DataError
        One track cannot hold them, or the table is text that has to come back byte for byte.
    """
    if isinstance(source, ArraySource):
        return None
    if isinstance(source, TextSource):
        if all(track.promise.exact for track in apart.tracks):
            raise DataError(
                f"{source.source} is text that comes back byte for byte, which no model can "
                "tell: allow an error with max_error, or leave the model away."
            )
        source = source.as_table()
    names = feature_columns(source.schema)
    return together(source, apart, names, autoencoder.offset.tolist())


AnySource: TypeAlias = ArraySource | TableSource | TextSource


def source_of(data: Any) -> AnySource:
    """Look at whatever a user calls data."""
    if isinstance(data, (np.ndarray, np.generic)):
        return ArraySource.of_array(np.asanyarray(data))
    frame = nw.from_native(data, pass_through=True)
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect()
    if isinstance(frame, nw.DataFrame):
        return table_of(frame, "data")
    dataset = as_dataset(data, "data")
    if isinstance(data, (str, os.PathLike)) and Path(data).is_file():
        return _source_of_file(Path(data), dataset)
    if dataset.schema.names is not None:
        return TableSource.of_dataset(dataset)
    return ArraySource.of_dataset(dataset)


def _source_of_file(path: Path, dataset: Dataset) -> AnySource:
    """Take a single file with more of it than its rows: readers give the columns alone."""
    if path.suffix.lower() == ".npy":
        return ArraySource.of_npy(path, dataset)
    if dataset.schema.names is None:
        return ArraySource.of_dataset(dataset)
    if suffix_of(path) in TEXT_SUFFIXES:
        return TextSource(path, dataset)
    with refusing(str(path), "a table", DataError):
        if path.suffix.lower() in (".feather", ".arrow"):
            with pa.OSFile(str(path)) as stream:
                schema = ipc.open_file(stream).schema
        else:
            schema = parquet.read_schema(path)
    return TableSource.of_dataset(dataset, schema.names, schema.metadata or {})
