"""Columns of which nothing can be learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import pyarrow as pa

from isthmus.prepare.columns.base import Column, Part


@final
@dataclass(frozen=True, kw_only=True)
class LeftOutColumn(Column):
    """A column that gives no numbers, and gaps back."""

    kind: ClassVar[str] = "left_out"
    part: ClassVar[Part] = "number"

    @property
    def part_names(self) -> tuple[str, ...]:
        return ()

    @property
    def width(self) -> int:
        return 0

    def takes(self, given: pa.DataType) -> bool:
        return True

    def encode(self, values: pa.ChunkedArray, source: str, first_row: int) -> np.ndarray:
        return np.empty((len(values), 0), np.float32)

    def decode(self, numbers: np.ndarray) -> pa.Array:
        return pa.nulls(len(numbers), self.type)
