"""Numbers of any dtype as multiples of a unit, sixteen of which the promise lets pass for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from isthmus.compression.fields.predictor import UNITS_PER_BIN
from isthmus.compression.promise import Promise
from isthmus.errors import ArchiveError

MOST_UNITS = 1 << 22
# Beyond, float64 does not hold whole numbers.
_MOST_WHOLE = 1 << 53
_SLACK = 1e-9
# So many different values can be coded as what they are.
MOST_LEVELS = 1 << 16
_FORM = np.dtype("<f8")


@dataclass(frozen=True)
class Units:
    """Where units are counted from and how large one is, in the unit of the data.

    Parameters
    ----------
    origin, size : float or ndarray
        Of all values, or of each column.
    """

    origin: Any
    size: Any

    @classmethod
    def for_any(cls, block: np.ndarray) -> Units:
        """Give units that hold a block, whatever was promised."""
        low, high = float(block.min()), float(block.max())
        # The difference of the two may be more than there are floats for.
        size = high / (MOST_UNITS / 2) - low / (MOST_UNITS / 2)
        return cls(low / 2 + high / 2, size if size > 0 else 1.0)

    @classmethod
    def suiting(cls, block: np.ndarray, promise: Promise) -> Units | None:
        """Give the largest units with which a block keeps a promise, or none if there are none."""
        if block.dtype.kind == "f":
            size = _apart(block) if promise.exact else _within(block, promise)
        elif max(abs(int(block.min())), abs(int(block.max()))) > _MOST_WHOLE:
            return None
        else:
            # A whole number less than half a step from another is rounded to it.
            size = (2 * np.floor(promise.largest) + 1) * (1 - _SLACK)
        size /= UNITS_PER_BIN
        if not size > 0:
            return None
        low, high = float(block.min()), float(block.max())
        return cls(low / 2 + high / 2, size) if (high - low) / size < MOST_UNITS else None

    def count(self, block: np.ndarray) -> np.ndarray:
        """Give values in units, float64."""
        return (block.astype(np.float64) - self.origin) / self.size

    def values(self, counts: np.ndarray, dtype: np.dtype) -> np.ndarray:
        """Give the values of this dtype of whole numbers of units."""
        # Units of damaged blocks may be anything.
        with np.errstate(over="ignore", invalid="ignore"):
            values = counts.astype(np.float64) * self.size
            values += self.origin
            if dtype.kind == "f":
                return values.astype(dtype)
        limits = np.iinfo(dtype)
        # The largest int64 has no float64 of its own, and casting what is beyond is not defined.
        values = np.clip(
            np.rint(values), max(limits.min, -_MOST_WHOLE), min(limits.max, _MOST_WHOLE)
        )
        return values.astype(dtype)

    def to_bytes(self) -> bytes:
        """Give the bytes from which `from_bytes` makes them."""
        return np.array([self.origin, self.size], _FORM).tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Units:
        """Make the units that `to_bytes` wrote."""
        if len(data) != N_BYTES:
            raise ArchiveError("a block of a field is cut off.")
        origin, size = np.frombuffer(data, _FORM).tolist()
        if not (np.isfinite(origin) and np.isfinite(size) and size > 0):
            raise ArchiveError("a block of a field has impossible units.")
        return cls(origin, size)


N_BYTES = 2 * _FORM.itemsize


def _within(block: np.ndarray, promise: Promise) -> float:
    """Give how wide a bin may be: what comes back is rounded to the dtype once more."""
    largest = np.abs(np.array([block.min(), block.max()])).max()
    return 2 * promise.largest * (1 - _SLACK) - float(np.spacing(largest))


def _apart(block: np.ndarray) -> float:
    """Give how far the nearest values are apart; 0 where they are many, or not all numbers."""
    if not np.isfinite(block).all() or np.signbit(block[block == 0]).any():
        return 0.0
    # Where values are many, a part tells.
    if len(np.unique(block.ravel()[: 2 * MOST_LEVELS])) > MOST_LEVELS:
        return 0.0
    found = np.unique(block).astype(np.float64)
    if len(found) > MOST_LEVELS:
        return 0.0
    return float(np.diff(found).min()) if len(found) > 1 else 1.0
