"""Columns of true and false."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import pyarrow as pa

from isthmus.prepare.columns.base import Column, Part
from isthmus.prepare.columns.number import from_numbers, is_number, to_numbers


@final
@dataclass(frozen=True, kw_only=True)
class BooleanColumn(Column):
    """1 for true, and 0."""

    kind: ClassVar[str] = "boolean"
    part: ClassVar[Part] = "boolean"

    @property
    def width(self) -> int:
        return 1

    def takes(self, given: pa.DataType) -> bool:
        return is_number(given)

    def encode(self, values: pa.ChunkedArray, source: str, first_row: int) -> np.ndarray:
        raw = to_numbers(values)
        other = np.flatnonzero(~((raw == 0) | (raw == 1) | np.isnan(raw)))
        if other.size:
            row = first_row + int(other[0])
            raise self.refuse(source, f"{raw[other[0]]:.4g}", row, "true or false (1 or 0)")
        return raw.astype(np.float32)[:, None]

    def decode(self, numbers: np.ndarray) -> pa.Array:
        column = numbers[:, 0].astype(np.float64)
        return from_numbers(np.where(np.isnan(column), np.nan, column >= 0.5), self.type)
