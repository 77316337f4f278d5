"""Which axis of an array is time: it decides how well neighbours predict each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isthmus.compression.fields.schedule import Field
from isthmus.errors import ArchiveError

MOST_AXES = 4


@dataclass(frozen=True)
class Arrangement:
    """How the axes of an array become slices, times, rows and columns.

    Parameters
    ----------
    time : int or None
        The axis of time; without one, all axes but the last two are independent slices.
    """

    time: int | None

    @classmethod
    def of(cls, n_axes: int) -> list[Arrangement]:
        """Give those that an array of so many axes can have."""
        return [cls(None), *(cls(axis) for axis in range(n_axes if n_axes > 2 else 0))]

    def field(self, shape: tuple[int, ...]) -> Field:
        """Give the shape of the field into which an array of this shape is laid out."""
        if self.time is not None and not (self.time < len(shape) and len(shape) > 2):
            raise ArchiveError("an archive names an axis of time that its array does not have.")
        times = 1 if self.time is None else shape[self.time]
        others = [n for axis, n in enumerate(shape) if axis != self.time]
        rows, columns = ([1, 1, *others])[-2:]
        return Field(int(np.prod(others[:-2], dtype=int)), times, rows, columns)

    def lay_out(self, array: np.ndarray) -> np.ndarray:
        """Give the array as ``(n_frames, n_rows, n_columns)``."""
        field = self.field(array.shape)
        if self.time is not None:
            array = np.moveaxis(array, self.time, array.ndim - 3)
        return array.reshape(field.n_frames, field.n_rows, field.n_columns)

    def bring_back(self, laid_out: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Give the array of this shape back from what `lay_out` gave."""
        if self.time is None:
            return laid_out.reshape(shape)
        moved = [n for axis, n in enumerate(shape) if axis != self.time]
        moved.insert(len(shape) - 3, shape[self.time])
        return np.moveaxis(laid_out.reshape(moved), len(shape) - 3, self.time)

    def to_bytes(self) -> bytes:
        """Give the byte from which `from_bytes` makes it."""
        return bytes([0 if self.time is None else self.time + 1])

    @classmethod
    def from_bytes(cls, data: bytes) -> Arrangement:
        """Make the arrangement that `to_bytes` wrote."""
        if len(data) != 1 or data[0] > MOST_AXES:
            raise ArchiveError("an archive does not say which axis of a field is time.")
        return cls(data[0] - 1 if data[0] else None)
