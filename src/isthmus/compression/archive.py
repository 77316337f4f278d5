"""Read an archive: rows of it, or all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, final

import numpy as np

from isthmus.compression.blocks import decode_block
from isthmus.compression.codec import Codec
from isthmus.compression.contents import content_of
from isthmus.compression.frame import (
    check_digest,
    coded_checksum,
    damaged,
    decoded_checksum,
    read_layout,
)
from isthmus.compression.models_beside import HasModels, with_models
from isthmus.compression.rows import Rows
from isthmus.compression.threads import worker_threads
from isthmus.compression.varint import read_varint
from isthmus.errors import ArchiveError, IsthmusError
from isthmus.io import Schema
from isthmus.io.ahead import in_order
from isthmus.io.dataset import schema_of
from isthmus.io.failures import refusing

_KIND = "an archive"
_LARGEST_BLOCK = 2**31

ALL = slice(None)
"""All rows."""


class Decoded(NamedTuple):
    """A block, and which of its rows are wanted."""

    rows: Rows
    start: int
    stop: int


@final
class Archive:
    """An archive, of which the rows that are asked for are read and decoded.

    Parameters
    ----------
    path : str, Path or bytes
        A file that `compress` made, or what is in it.
    compressor : Compressor, optional
        Who made it, if its model lies beside it.

    Attributes
    ----------
    n_rows : int
        Rows.
    shape : tuple of int
        Of all rows: ``(n_rows, *row_shape)``, or ``(n_rows, columns)`` of a table.
    layout : Layout
        The header, the index of blocks, and where they lie.
    content : object
        What the numbers mean.

    Raises
    ------
    ArchiveError
        The file is missing, no archive, cut off, damaged, or from a newer version. Blocks are
        checked when they are read: what comes back is what went in, or this error.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from isthmus import compress
    >>> path = Path(tempfile.mkdtemp()) / "counts.isz"
    >>> _ = compress(np.arange(3000).reshape(1000, 3), path)
    >>> archive = Archive(path)
    >>> archive.shape
    (1000, 3)
    >>> archive[500:502]
    array([[1500, 1501, 1502],
           [1503, 1504, 1505]])
    """

    def __init__(
        self, path: str | os.PathLike[str] | bytes, compressor: HasModels | None = None
    ) -> None:
        self._bytes = path if isinstance(path, bytes) else None
        self.path = Path("archive" if isinstance(path, bytes) else path)
        self._source = source = "the archive" if isinstance(path, bytes) else str(path)
        self._state = None
        with self._reading() as file:
            self._state = _state(file)
            self.layout = read_layout(file, source)
            header = self.layout.header
            self.content = content_of(header, source)
        self._tracks = with_models(header.tracks, compressor, source)
        self.n_rows = header.n_rows
        self.shape = (header.n_rows, *self.content.row_shape)
        n_tracks = max(len(header.tracks), 1)
        rows = self.layout.index["rows"][::n_tracks].astype(np.int64)
        self._ends = np.cumsum(rows)
        self._kept: tuple[int, Any] | None = None

    @property
    def schema(self) -> Schema:
        """What one row looks like, as a `Dataset` tells it."""
        return schema_of(self.content.empty())

    def __len__(self) -> int:
        return self.n_rows

    def __getitem__(self, rows: Any) -> Any:
        """Give rows: one, or a range of them; what follows in brackets is taken of those."""
        first, *more = rows if isinstance(rows, tuple) else (rows,)
        if isinstance(first, slice):
            start, stop, step = first.indices(self.n_rows)
            if step < 0:
                # The same rows in the other order.
                span = range(start, stop, step)
                start, stop = (span[-1], span[0] + 1) if len(span) else (0, 0)
            found = self._rows(start, max(start, stop))
            if step != 1:
                found = found[::step]
        elif isinstance(first, (int, np.integer)):
            position = int(first) + (self.n_rows if first < 0 else 0)
            if not 0 <= position < self.n_rows:
                raise IndexError(f"{self._source} has no row {first}: it has {self.n_rows:,} rows.")
            found = self._rows(position, position + 1)
            if self.content.single_rows:
                found = found[0]
                return found[tuple(more)] if more else found
        else:
            raise IsthmusError(
                f"rows of an archive are asked for by a number or a range, not by {first!r}: "
                "write archive[10] or archive[10:20]."
            )
        return found[(slice(None), *more)] if more else found

    def read(self, n_jobs: int | None = None) -> Any:
        """Give all rows, after the digest of the whole file was checked."""
        with self._reading() as file:
            check_digest(file, self._source)
        blocks = (block.rows for block in self.blocks(n_jobs=n_jobs))
        with refusing(self._source, _KIND, ArchiveError):
            return self.content.whole(blocks, self.n_rows)

    def chunks(self, rows: slice = ALL, *, n_jobs: int | None = None) -> Iterator[Any]:
        """Yield rows a block at a time: arrays, or arrow tables."""
        for block in self.blocks(rows, n_jobs=n_jobs):
            with refusing(self._source, _KIND, ArchiveError):
                yield self.content.part(self.content.joined(block.rows), block.start, block.stop)

    def blocks(self, rows: slice = ALL, *, n_jobs: int | None = None) -> Iterator[Decoded]:
        """Decode in threads the blocks in which rows lie, and yield their numbers."""
        start, stop, step = rows.indices(self.n_rows)
        if step != 1:
            raise IsthmusError(f"blocks are read one after another, not in steps of {step}.")
        positions = self._positions(start, stop)
        with self._reading() as file, worker_threads(n_jobs) as pool:
            coded = (data for position in positions for data in self._coded(file, position))
            ahead = 2 * self._n_tracks + 2
            decoded = in_order(self._decoded, coded, ahead, pool)
            together = zip(*[decoded] * self._n_tracks, strict=True)
            for position, numbers in zip(positions, together, strict=True):
                n_rows = self._n_rows(position)
                before = int(self._ends[position]) - n_rows
                yield Decoded(
                    Rows(n_rows, numbers), max(start - before, 0), min(stop - before, n_rows)
                )

    def verify(self, n_jobs: int | None = None) -> None:
        """Decode all, and raise `ArchiveError` if anything is not as it was written."""
        with self._reading() as file:
            check_digest(file, self._source)
        for _ in self.blocks(n_jobs=n_jobs):
            pass

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.read(), dtype)

    def __repr__(self) -> str:
        shape = " × ".join(f"{size:,}" for size in self.shape)
        return f"Archive({self._source!r}: {shape}, {self.layout.n_bytes:,} bytes)"

    def _rows(self, start: int, stop: int) -> Any:
        parts = []
        for position in self._positions(start, stop):
            before = int(self._ends[position]) - self._n_rows(position)
            rows = self._kept_block(position)
            parts.append(self.content.part(rows, max(start - before, 0), stop - before))
        return self.content.together(parts)

    @property
    def _n_tracks(self) -> int:
        return len(self.layout.header.tracks)

    def _kept_block(self, position: int) -> Any:
        kept = self._kept
        if kept is None or kept[0] != position:
            with self._reading() as file:
                numbers = [self._decoded(data) for data in self._coded(file, position)]
                rows = self.content.joined(Rows(self._n_rows(position), numbers))
            kept = self._kept = position, rows
        return kept[1]

    def _n_rows(self, position: int) -> int:
        return int(self.layout.index["rows"][position * self._n_tracks])

    def _positions(self, start: int, stop: int) -> range:
        """Give the ranges of rows in which some rows lie."""
        if stop <= start:
            return range(0)
        first = int(np.searchsorted(self._ends, start, "right"))
        return range(first, int(np.searchsorted(self._ends, stop, "left")) + 1)

    @contextmanager
    def _reading(self) -> Iterator[BinaryIO]:
        """Open the file again, so that it is not held meanwhile; it must be the same."""
        with refusing(self._source, _KIND, ArchiveError), self._opened() as file:
            if self._state is not None and _state(file) != self._state:
                raise ArchiveError(
                    f"{self._source} has changed since it was opened: open it again."
                )
            yield file

    def _opened(self) -> BinaryIO:
        if self._bytes is not None:
            return BytesIO(self._bytes)
        if not self.path.exists():
            raise ArchiveError(f"{self._source} does not exist: check the spelling and the folder.")
        if not self.path.is_file():
            raise ArchiveError(f"{self._source} is no file: give an archive such as data.isz.")
        return self.path.open("rb")

    def _coded(self, file: BinaryIO, position: int) -> Iterator[tuple[int, bytes]]:
        """Read the blocks of a range of rows, and check that they are as they were written."""
        for entry in range(position * self._n_tracks, (position + 1) * self._n_tracks):
            index = self.layout.index[entry]
            file.seek(int(self.layout.offsets[entry]))
            data = file.read(int(index["length"]))
            if coded_checksum(data) != index["coded"]:
                raise damaged(self._source)
            yield entry, data

    def _decoded(self, task: tuple[int, bytes]) -> np.ndarray:
        entry, data = task
        index = self.layout.index[entry]
        track = self._tracks[entry % self._n_tracks]
        n_rows = int(index["rows"])
        if n_rows > 1 and n_rows * track.row_bytes > _LARGEST_BLOCK:
            raise ArchiveError(
                f"{self._source} has a block of {n_rows:,} rows, larger than any: fetch or write "
                "it again."
            )
        packing = track.packings[index["codec"]]
        shape = (n_rows, *track.row_shape)
        if track.ragged:
            size, at = read_varint(data, 0)
            shape, data = (min(size, _LARGEST_BLOCK),), data[at:]
        with refusing(self._source, _KIND, ArchiveError):
            numbers = decode_block(
                Codec.named(packing.codec),
                packing.model,
                data,
                shape,
                track.dtype,
                track.promise,
            )
        if decoded_checksum(numbers) != index["decoded"]:
            raise damaged(self._source)
        return numbers


def _state(file: BinaryIO) -> tuple[int, int, int]:
    if isinstance(file, BytesIO):
        return 0, 0, 0
    found = os.fstat(file.fileno())
    return found.st_ino, found.st_size, found.st_mtime_ns
