"""Columns of numbers: on a plain scale, or on one that draws long tails in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from isthmus.prepare.columns.base import Column, Part, one_chunk
from isthmus.prepare.matrix import to_dtype


@dataclass(frozen=True, kw_only=True)
class NumberColumn(Column):
    """``(value − mean) / deviation``.

    Parameters
    ----------
    mean, deviation : float
        Of the values, or of what the scale makes of them.
    least, greatest : float
        The range of the values.
    """

    kind: ClassVar[str] = "number"
    part: ClassVar[Part] = "number"

    mean: float
    deviation: float
    least: float
    greatest: float

    def __post_init__(self) -> None:
        if not np.all(np.isfinite([self.mean, self.deviation, self.least, self.greatest])):
            raise ValueError("a scale is no number")
        if self.deviation <= 0:
            raise ValueError("a deviation is not positive")

    @property
    def width(self) -> int:
        return 1

    @property
    def unit(self) -> float:
        return self.deviation

    def takes(self, given: pa.DataType) -> bool:
        return is_number(given)

    def encode(self, values: pa.ChunkedArray, source: str, first_row: int) -> np.ndarray:
        raw = to_numbers(values)
        infinite = np.flatnonzero(np.isinf(raw))
        if infinite.size:
            row = first_row + int(infinite[0])
            raise self.refuse(source, "infinity", row, "finite numbers or gaps")
        scaled = (self._bent(raw) - self.mean) / self.deviation
        large = np.flatnonzero(np.abs(scaled) > np.finfo(np.float32).max)
        if large.size:
            found = f"{raw[large[0]]:.4g}, too large for float32,"
            raise self.refuse(source, found, first_row + int(large[0]), "smaller numbers")
        return scaled.astype(np.float32)[:, None]

    def decode(self, numbers: np.ndarray) -> pa.Array:
        raw = self._straightened(numbers[:, 0].astype(np.float64) * self.deviation + self.mean)
        # What was never seen is no likely value, such as less than nothing of an amount.
        return from_numbers(np.clip(raw, self.least, self.greatest), self.type)

    def admitting(self, values: pa.ChunkedArray) -> Self:
        raw = to_numbers(values)
        known = raw[~np.isnan(raw)]
        least = float(known.min(initial=self.least))
        greatest = float(known.max(initial=self.greatest))
        return replace(self, least=least, greatest=greatest)

    def differences(self, values: pa.ChunkedArray, other: pa.ChunkedArray) -> np.ndarray:
        return to_numbers(values) - to_numbers(other)

    def _bent(self, values: np.ndarray) -> np.ndarray:
        return values

    def _straightened(self, values: np.ndarray) -> np.ndarray:
        return values


@dataclass(frozen=True, kw_only=True)
class HeavyTailedColumn(NumberColumn):
    """The same for ``arsinh((value − centre) / spread)``: linear near the centre, logarithmic far.

    Parameters
    ----------
    centre, spread : float
        Where the scale is linear, and how far.
    """

    kind: ClassVar[str] = "heavy_tailed"

    centre: float
    spread: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (np.isfinite(self.centre) and np.isfinite(self.spread) and self.spread > 0):
            raise ValueError("a scale is no number")

    @property
    def unit(self) -> float:
        return 1.0

    def _bent(self, values: np.ndarray) -> np.ndarray:
        return bend(values, self.centre, self.spread)

    def _straightened(self, values: np.ndarray) -> np.ndarray:
        ends = self._bent(np.array([self.least, self.greatest]))
        return np.sinh(np.clip(values, *ends)) * self.spread + self.centre


def bend(values: np.ndarray, centre: float, spread: float) -> np.ndarray:
    """Draw both tails of values in."""
    return np.arcsinh((values - centre) / spread)


def is_number(kind: pa.DataType) -> bool:
    """Tell whether values of this type are numbers."""
    types = pa.types
    return (
        types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_decimal(kind)
        or types.is_boolean(kind)
    )


def to_numbers(values: pa.ChunkedArray) -> np.ndarray:
    """Give numbers as float64, NaN where they are missing."""
    array = one_chunk(values)
    if pa.types.is_null(array.type):
        return np.full(len(array), np.nan)
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.int8())
    if not pa.types.is_float64(array.type):
        array = pc.cast(array, pa.float64(), safe=False)
    return array.to_numpy(zero_copy_only=False)


def from_numbers(values: np.ndarray, kind: pa.DataType) -> pa.Array:
    """Give numbers of a type, the nearest of those it has, and nothing for NaN."""
    missing = np.isnan(values)
    gaps = missing if missing.any() else None
    if pa.types.is_decimal(kind):
        most = float(10 ** (kind.precision - kind.scale)) * (1 - 1e-15)
        texts = [f"{value:.{kind.scale}f}" for value in np.clip(values, -most, most)]
        return pa.array(texts, pa.string(), mask=gaps).cast(kind)
    dtype = pa.array([], kind).to_numpy(zero_copy_only=False).dtype
    whole = np.where(missing, 0, values) if gaps is not None else values
    return pa.array(to_dtype(whole, dtype), kind, mask=gaps)
