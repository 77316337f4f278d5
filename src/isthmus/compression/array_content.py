"""An array as the tracks of an archive: its numbers and, where some are masked, their mask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from isthmus.compression.header import Header, Track
from isthmus.compression.numbers import as_numbers, check_dtype, from_numbers, numbers_dtype
from isthmus.compression.rows import Rows
from isthmus.errors import ArchiveError

KIND = "array"
VALUES = "values"


@final
@dataclass(frozen=True)
class ArrayContent:
    """What an archive keeps of an array beside its numbers.

    Parameters
    ----------
    dtype : dtype
        With its byte order.
    row_shape : tuple of int
        Shape of a row.
    fortran_order : bool
        Whether its first axis is the quickest in memory.
    fill_value : array or None
        A masked array's, of one value; None where there is no mask.
    """

    dtype: np.dtype
    row_shape: tuple[int, ...]
    fortran_order: bool = False
    fill_value: np.ndarray | None = None

    @classmethod
    def of(cls, array: np.ndarray, source: str) -> ArrayContent:
        """Look at an array; `DataError` if no archive can hold it."""
        check_dtype(array.dtype, source)
        flags = array.flags
        fortran_order = bool(flags.f_contiguous and not flags.c_contiguous)
        fill_value = None
        if isinstance(array, np.ma.MaskedArray):
            fill_value = np.asarray(array.fill_value, array.dtype).reshape(1)
        return cls(array.dtype, array.shape[1:], fortran_order, fill_value)

    def tracks(self) -> list[Track]:
        """Give the tracks that hold it, exactly."""
        dtype, more = numbers_dtype(self.dtype)
        tracks = [Track(VALUES, dtype, (*self.row_shape, *more))]
        if self.fill_value is not None:
            tracks.append(Track("mask", np.dtype(np.uint8), self.row_shape))
        return tracks

    @property
    def can_be_inexact(self) -> bool:
        """Whether the values are numbers that may come back a little different."""
        return self.dtype.kind in "iufc"

    @property
    def single_rows(self) -> bool:
        """Whether one row alone is something."""
        return True

    def split(self, rows: np.ndarray, exact: bool) -> list[np.ndarray]:
        """Give the numbers of rows for each track."""
        if self.fill_value is None:
            return [as_numbers(rows)]
        values, mask = np.ma.getdata(rows), np.ma.getmaskarray(rows)
        if not exact:
            # What nobody sees need not be like anything.
            values = np.where(mask, self.fill_value[0], values)
        return [as_numbers(values), as_numbers(mask)]

    def joined(self, rows: Rows) -> np.ndarray:
        """Give back rows from the numbers of each track."""
        values = from_numbers(rows.numbers[0], self.dtype)
        if self.fill_value is None:
            return values
        mask = rows.numbers[1].astype(bool)
        return np.ma.MaskedArray(values, mask, fill_value=self.fill_value[0])

    def empty(self) -> np.ndarray:
        """Give no rows."""
        return self.whole(iter(()), 0)

    def part(self, rows: np.ndarray, start: int, stop: int) -> np.ndarray:
        """Give some of rows."""
        return rows[start:stop]

    def together(self, parts: Sequence[np.ndarray]) -> np.ndarray:
        """Put rows together; what comes out shares no memory with the parts."""
        if not parts:
            return self.empty()
        if self.fill_value is None:
            # Concatenating would turn the bytes around.
            return np.concatenate(parts, dtype=self.dtype)
        found = np.ma.concatenate(parts).astype(self.dtype, copy=False)
        found.fill_value = self.fill_value[0]
        return found

    def whole(self, blocks: Iterator[Rows], n_rows: int) -> np.ndarray:
        """Give back all rows, in the order of memory that they had."""
        tracks = self.tracks()
        found = [np.empty((n_rows, *track.row_shape), track.dtype) for track in tracks]
        start = 0
        for rows in blocks:
            for all_rows, own in zip(found, rows.numbers, strict=True):
                all_rows[start : start + rows.n_rows] = own
            start += rows.n_rows
        array = self.joined(Rows(n_rows, found))
        return array.copy(order="F") if self.fortran_order else array

    def to_json(self) -> dict[str, Any]:
        """Give what `from_header` takes."""
        found: dict[str, Any] = {"kind": KIND, "dtype": self.dtype.str}
        if self.row_shape:
            found["row_shape"] = list(self.row_shape)
        if self.fortran_order:
            found["order"] = "F"
        if self.fill_value is not None:
            found["fill_value"] = as_numbers(self.fill_value).tobytes().hex()
        return found

    @classmethod
    def from_header(cls, header: Header, source: str) -> ArrayContent:
        """Read what `to_json` gave, and hold it against the tracks that are there."""
        found = header.content
        try:
            dtype = np.dtype(found["dtype"])
            check_dtype(dtype, source)
            fill_value = None
            own, more = numbers_dtype(dtype)
            if "fill_value" in found:
                data = np.frombuffer(bytes.fromhex(found["fill_value"]), own)
                fill_value = from_numbers(data.reshape(1, *more), dtype)
            content = cls(
                dtype, tuple(found.get("row_shape", ())), found.get("order") == "F", fill_value
            )
            wanted = [(track.name, track.dtype, track.row_shape) for track in content.tracks()]
        except (ValueError, KeyError, TypeError) as error:
            raise ArchiveError(
                f"{source} has a header that cannot be understood: fetch or write it again."
            ) from error
        if wanted != [(track.name, track.dtype, track.row_shape) for track in header.tracks]:
            raise ArchiveError(
                f"{source} has a header that contradicts itself: fetch or write it again."
            )
        return content
