"""An array that lies in a file as plain numbers, read from disk as it is used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from math import prod
from pathlib import Path
from typing import BinaryIO, NamedTuple, final

import numpy as np

from isthmus.errors import DataError
from isthmus.io.dataset import CHUNK_ROWS, ArrayDataset, Dataset, RowGroup, Schema, group_rows
from isthmus.io.failures import refusing
from isthmus.io.file_state import FileState, changed


class ArrayHeader(NamedTuple):
    """How numbers lie in a file."""

    shape: tuple[int, ...]
    dtype: np.dtype
    offset: int  # bytes before the first number
    fortran_order: bool = False

    @property
    def n_bytes(self) -> int:
        """Bytes that the numbers take."""
        return prod(self.shape) * self.dtype.itemsize


def check_byte_count(source: str, shape: tuple[int, ...], dtype: np.dtype, found: int) -> None:
    """Raise `DataError` unless an array of this shape takes exactly the bytes that are there."""
    if not shape:
        raise DataError(f"{source} holds a single number: give an array with rows.")
    expected = prod(shape) * dtype.itemsize
    if expected == found:
        return
    wanted = f"{' × '.join(map(str, shape))} numbers of type {dtype.name} in {expected:,} bytes"
    state = "is cut off" if found < expected else "is longer than its header says"
    raise DataError(
        f"{source} {state}: its header promises {wanted}, but {max(found, 0):,} bytes follow, "
        f"so fetch or write it again."
    )


def open_array(path: Path, source: str, header: ArrayHeader) -> Dataset:
    """Give the array as a dataset that reads it when it is used."""
    if 0 in header.shape:
        return ArrayDataset(np.empty(header.shape, header.dtype), source)
    return ArrayFile(path, source, header)


@final
class ArrayFile(Dataset):
    """An array in a file, ``(rows, *row_shape)``.

    It is read, and not mapped into memory: whoever touches mapped memory after the file was cut
    off is ended by the system, without a word.

    Parameters
    ----------
    path : Path
        The file, of which at least all numbers are there.
    source : str
        What messages call it.
    header : ArrayHeader
        How the numbers lie in it.
    """

    def __init__(self, path: Path, source: str, header: ArrayHeader) -> None:
        self.source = source
        self.schema = Schema(None, (header.dtype.name,), header.shape[1:])
        self.n_rows = header.shape[0]
        self._path, self._header = path.absolute(), header
        self._state = FileState.of(path)

    def chunks(self, n_rows: int = CHUNK_ROWS) -> Iterator[np.ndarray]:
        """Yield the rows in order, at most `n_rows` at a time."""
        return self._read(0, self.n_rows, n_rows)

    def row_groups(self) -> Sequence[RowGroup]:
        """Give ranges of rows, a few megabytes each."""
        step = group_rows(self.schema, self._header.dtype)
        return [
            RowGroup(start, stop - start, partial(self._read, start, stop))
            for start in range(0, self.n_rows, step)
            for stop in [min(start + step, self.n_rows)]
        ]

    def _read(self, first: int, stop: int, n_rows: int) -> Iterator[np.ndarray]:
        # Files may hold big-endian numbers, which JAX and arrow refuse.
        native = self._header.dtype.newbyteorder("=")
        with refusing(self.source, "an array", DataError), self._path.open("rb", 0) as file:
            # Rows of a file in column order lie in many pieces, so a few are not worth a reading.
            least = group_rows(self.schema, native) if self._header.fortran_order else 1
            n_at_once = n_rows * -(-least // n_rows)
            for start in range(first, stop, n_at_once):
                self._state.check(self.source, file.fileno())
                rows = self._rows(file, start, min(start + n_at_once, stop))
                for i in range(0, len(rows), n_rows):
                    yield rows[i : i + n_rows].astype(native, copy=False)

    def _rows(self, file: BinaryIO, start: int, stop: int) -> np.ndarray:
        (n_rows, *row_shape), dtype, offset, fortran_order = self._header
        order = "F" if fortran_order else "C"
        rows = np.empty((stop - start, *row_shape), dtype, order)
        if fortran_order:
            # Each column lies in one piece.
            for i, column in enumerate(rows.T.reshape(-1, stop - start)):
                self._fill(file, offset + (i * n_rows + start) * dtype.itemsize, column)
        else:
            self._fill(file, offset + start * prod(row_shape) * dtype.itemsize, rows)
        return rows

    def _fill(self, file: BinaryIO, position: int, array: np.ndarray) -> None:
        file.seek(position)
        left = array.reshape(-1).view(np.uint8).data
        while len(left):
            n_read = file.readinto(left)  # pyright: ignore[reportAttributeAccessIssue]
            if not n_read:
                raise changed(self.source)
            left = left[n_read:]
