"""Columns of dates, times and durations: how long ago, and where in the calendar's cycles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self, final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from isthmus.prepare.columns.base import Column, Part, one_chunk

_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_DAY = 86_400
_YEAR = 365.2425
# The first of January 1970 was a Thursday.
_THURSDAY = 3
_WAVES = ("sine", "cosine")
CYCLES = ("day", "week", "year")


@final
@dataclass(frozen=True, kw_only=True)
class DateColumn(Column):
    """``(value − mean) / deviation``, and sine and cosine of each cycle.

    Parameters
    ----------
    mean, deviation : float
        In the units of the type, such as days or microseconds.
    least, greatest : int
        The range of the values, in these units.
    resolution : int
        What all values are multiples of.
    cycles : tuple of {"day", "week", "year"}
        Where in these a value stands is told, too; time zones count as UTC.
    """

    kind: ClassVar[str] = "date"
    part: ClassVar[Part] = "number"

    mean: float
    deviation: float
    least: int
    greatest: int
    resolution: int
    cycles: tuple[str, ...]

    def __post_init__(self) -> None:
        if not (np.isfinite(self.mean) and np.isfinite(self.deviation) and self.deviation > 0):
            raise ValueError("a scale is no number")
        if self.resolution < 1 or not set(self.cycles) <= set(CYCLES):
            raise ValueError("a date has an unknown cycle or resolution")

    @property
    def width(self) -> int:
        return 1 + 2 * len(self.cycles)

    @property
    def part_names(self) -> tuple[str, ...]:
        waves = (f"{self.called}, {wave} of the {c}" for c in self.cycles for wave in _WAVES)
        return (self.called, *waves)

    def takes(self, given: pa.DataType) -> bool:
        same = pa.types.is_timestamp(given) and pa.types.is_timestamp(self.type)
        if same:
            return (given.tz is None) == (self.type.tz is None)
        dates = pa.types.is_date(given) and pa.types.is_date(self.type)
        times = pa.types.is_time(given) and pa.types.is_time(self.type)
        return dates or times or (pa.types.is_duration(given) and pa.types.is_duration(self.type))

    def encode(self, values: pa.ChunkedArray, source: str, first_row: int) -> np.ndarray:
        ticks, missing = to_ticks(values, self.type)
        result = np.empty((len(ticks), self.width), np.float32)
        result[:, 0] = (ticks - self.mean) / self.deviation
        seconds = ticks / ticks_per_second(self.type)
        for i, cycle in enumerate(self.cycles):
            angle = 2 * np.pi * _phase(seconds, cycle)
            result[:, 1 + 2 * i], result[:, 2 + 2 * i] = np.sin(angle), np.cos(angle)
        result[missing] = np.nan
        return result

    def decode(self, numbers: np.ndarray) -> pa.Array:
        linear = numbers[:, 0].astype(np.float64)
        missing = np.isnan(linear)
        ticks = np.where(missing, 0, linear) * self.deviation + self.mean
        ticks = np.clip(ticks, self.least, self.greatest)
        whole = (np.rint(ticks / self.resolution) * self.resolution).astype(np.int64)
        return from_ticks(whole, missing, self.type)

    def admitting(self, values: pa.ChunkedArray) -> Self:
        ticks, missing = to_ticks(values, self.type)
        known = ticks[~missing].astype(np.int64)
        return replace(
            self,
            least=int(known.min(initial=self.least)),
            greatest=int(known.max(initial=self.greatest)),
            resolution=int(np.gcd.reduce(known, initial=self.resolution)),
        )

    def differences(self, values: pa.ChunkedArray, other: pa.ChunkedArray) -> np.ndarray:
        (a, gone), (b, lost) = (to_ticks(each, self.type) for each in (values, other))
        days = (a - b) / ticks_per_second(self.type) / _DAY
        return np.where(gone | lost, np.nan, days)


def is_date(kind: pa.DataType) -> bool:
    """Tell whether values of this type are dates, times or durations."""
    types = pa.types
    return (
        types.is_timestamp(kind)
        or types.is_date(kind)
        or types.is_time(kind)
        or types.is_duration(kind)
    )


def ticks_per_second(kind: pa.DataType) -> float:
    """Give how many units of a type a second has."""
    if pa.types.is_date32(kind):
        return 1 / _DAY
    return _PER_SECOND["ms" if pa.types.is_date64(kind) else kind.unit]


def to_ticks(values: pa.ChunkedArray, kind: pa.DataType) -> tuple[np.ndarray, np.ndarray]:
    """Give values in whole units of a type, as float64, and which are missing."""
    array: Any = one_chunk(values)
    if pa.types.is_null(array.type):
        return np.zeros(len(array)), np.ones(len(array), bool)
    if array.type != kind:
        array = pc.cast(array, kind, safe=False)
    small = pa.types.is_date32(kind) or pa.types.is_time32(kind)
    whole = array.cast(pa.int32()).cast(pa.int64()) if small else array.cast(pa.int64())
    missing = whole.is_null().to_numpy(zero_copy_only=False)
    return whole.fill_null(0).to_numpy(zero_copy_only=False).astype(np.float64), missing


def from_ticks(ticks: np.ndarray, missing: np.ndarray, kind: pa.DataType) -> pa.Array:
    """Give values of a type for whole units."""
    small = pa.types.is_date32(kind) or pa.types.is_time32(kind)
    whole = pa.array(ticks.astype(np.int32) if small else ticks, mask=missing)
    return whole.cast(kind)


def _phase(seconds: np.ndarray, cycle: str) -> np.ndarray:
    """Give where in a cycle times since 1970 stand, from 0 to 1."""
    days = seconds / _DAY
    if cycle == "day":
        return days % 1
    return (np.floor(days) + _THURSDAY) % 7 / 7 if cycle == "week" else days / _YEAR % 1
