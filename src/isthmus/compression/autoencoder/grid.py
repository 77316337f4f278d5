"""The grid on which rows lie: a unit for each column, sixteen of which are one bin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, final

import numpy as np

from isthmus.compression.blocks import within
from isthmus.compression.fields.predictor import UNITS_PER_BIN
from isthmus.compression.fields.units import MOST_UNITS, Units
from isthmus.compression.packed_bytes import pack, unpack
from isthmus.compression.promise import Promise
from isthmus.errors import ArchiveError

_FORM = np.dtype("<f8")
# A column with so many values is no grid that anyone rounded to.
_MOST_VALUES = 1 << 12
# How many times larger its steps are than the bins that were asked for, at least.
_COARSER = 1.25
# The share of values that may be on none.
_MOST_OFF = 0.02
# Rows by which that is told first.
_N_LOOKED_AT = 1 << 13


@final
@dataclass(frozen=True, eq=False)
class Grid:
    """Where the units of each column are counted from and how large they are.

    Parameters
    ----------
    origins, sizes : ndarray of float64, shape (n_columns,)
        In the unit of the data.
    whole : ndarray of bool, shape (n_columns,)
        Whether there is nothing but whole bins.
    """

    origins: np.ndarray
    sizes: np.ndarray
    whole: np.ndarray

    @classmethod
    def suiting(cls, rows: np.ndarray, promise: Promise, *, alike: bool) -> Self | None:
        """Give the coarsest grid with which rows keep a promise, or none if there is none.

        What was rounded to steps further apart than the promise asks for has these as its bins:
        each column by itself, or all together where they are to be `alike`.
        """
        # Floats that have to be the same are told from others by their own steps alone.
        own_alone = promise.exact and rows.dtype.kind == "f"
        alone = own_alone or promise.by_column
        shared = None if alone else Units.suiting(rows, promise)
        # Columns that are in one unit are promised alike: as the one that is promised most.
        errors = np.broadcast_to(promise.errors, rows.shape[1:])
        columns, errors = (rows.reshape(1, -1), [errors.min()]) if alike else (rows.T, errors)
        found = []
        for column, error in zip(columns, errors, strict=True):
            promised = Promise(float(error))
            own = shared
            if promise.by_column and not (promised.exact and rows.dtype.kind == "f"):
                own = Units.suiting(column, promised)
            rounded = _rounded(column, promised, 0.0 if own is None else own.size)
            own = own if rounded is None else rounded
            if own is None:
                return None
            found.append((own.origin, own.size, rounded is not None))
        found = np.broadcast_to(found, (rows.shape[1], 3))
        origins, sizes, whole = np.ascontiguousarray(found.T)
        return cls(origins, sizes, whole.astype(bool))

    def count(self, rows: np.ndarray) -> np.ndarray:
        """Give rows in units, float64."""
        return self._units.count(rows)

    def values(self, counts: np.ndarray, dtype: np.dtype) -> np.ndarray:
        """Give the rows of this dtype that are whole numbers of units."""
        return self._units.values(counts, dtype)

    def nearest(self, counts: np.ndarray) -> np.ndarray:
        """Give counts, ``(n, n_columns)`` whole float64, as near as there may be values."""
        if self.whole.any():
            bins = np.floor((counts[:, self.whole] + UNITS_PER_BIN // 2) / UNITS_PER_BIN)
            counts[:, self.whole] = bins * UNITS_PER_BIN
        return counts

    def to_bytes(self) -> bytes:
        """Give the bytes from which `from_bytes` makes it."""
        return pack(np.stack([self.origins, self.sizes, self.whole]).astype(_FORM).tobytes())

    @classmethod
    def from_bytes(cls, data: bytes, n_columns: int) -> Self:
        """Make the grid that `to_bytes` wrote, of so many columns.

        Raises
        ------
        ArchiveError
            The bytes are damaged.
        """
        found = unpack(data, 3 * n_columns * _FORM.itemsize)
        origins, sizes, whole = np.frombuffer(found, _FORM).astype(float).reshape(3, n_columns)
        if not (np.isfinite(origins).all() and np.isfinite(sizes).all() and sizes.min() > 0):
            raise ArchiveError("the columns of an archive have impossible units.")
        return cls(origins, sizes, whole == 1)

    @property
    def _units(self) -> Units:
        return Units(self.origins, self.sizes)


def _rounded(column: np.ndarray, promise: Promise, least: float) -> Units | None:
    """Give units of steps that a column was rounded to, if they are larger than others."""
    if len(np.unique(column[:_N_LOOKED_AT])) > _MOST_VALUES:
        return None
    values, counts = np.unique(column, return_counts=True)
    if len(values) > _MOST_VALUES or not np.isfinite(values).all():
        return None
    # What stands in the place of special values is on no grid, and hardly ever twice the same.
    often = values if promise.exact else values[counts > 1]
    if not len(often):
        return None
    span = float(often[-1]) - float(often[0])
    if span == 0:
        return None if least else Units(float(often[0]), 1.0)
    if column.dtype.kind == "f":
        step = float(np.diff(often.astype(np.float64)).min())
    else:
        step = float(np.gcd.reduce(np.diff(often).astype(np.uint64)))
    units = Units(float(often[0]), step / UNITS_PER_BIN)
    # Whole numbers beyond what float64 tells apart seem to have no steps at all.
    if step <= _COARSER * least * UNITS_PER_BIN or not 0 < span / units.size < MOST_UNITS:
        return None
    bins = np.rint(units.count(values) / UNITS_PER_BIN) * UNITS_PER_BIN
    found = units.values(bins, column.dtype)
    n_off = counts[~within(found, values, promise.errors)].sum()
    return units if n_off <= (0 if promise.exact else _MOST_OFF * len(column)) else None
