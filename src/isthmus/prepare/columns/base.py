"""What every kind of column offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, Self, TypeAlias

import numpy as np
import pyarrow as pa

from isthmus.errors import DataError

Part: TypeAlias = Literal["number", "boolean", "category"]


@dataclass(frozen=True, kw_only=True)
class Column(ABC):
    """How the values of one column become numbers, NaN where they are missing, and come back.

    Parameters
    ----------
    called : str
        Its name, or its position where it has none.
    type : arrow type
        Of the values that were fitted, and of those that come back.
    reason : str
        Why it is of this kind, as it follows "since"; empty where nothing else was possible.
    n_missing : int
        Values that were missing among those fitted.
    """

    kind: ClassVar[str]
    part: ClassVar[Part]
    """By which kind of distribution its numbers are told."""

    called: str
    type: pa.DataType
    reason: str = ""
    n_missing: int = 0

    @property
    def name(self) -> str:
        """What messages call it."""
        return repr(self.called)

    @property
    def part_names(self) -> tuple[str, ...]:
        """Names of the numbers that tell of one value."""
        return (self.called,)

    @property
    @abstractmethod
    def width(self) -> int:
        """Numbers that tell of one value."""

    @abstractmethod
    def takes(self, given: pa.DataType) -> bool:
        """Tell whether values of this type can be such as were fitted."""

    @abstractmethod
    def encode(self, values: pa.ChunkedArray, source: str, first_row: int) -> np.ndarray:
        """Give numbers for values: ``(rows, width)``, float32.

        Raises
        ------
        DataError
            A value is none that can stand there; it names the row.
        """

    @abstractmethod
    def decode(self, numbers: np.ndarray) -> pa.Array:
        """Give values of the column's type for numbers: ``(rows, width)``, NaN for missing."""

    def admitting(self, values: pa.ChunkedArray) -> Self:
        """Give the same for values to go on learning from, which may lie in a wider range."""
        return self

    @property
    def unit(self) -> float:
        """How much a step of 1 in its number is in the column's own unit, if there is one."""
        return 1.0

    def differences(self, values: pa.ChunkedArray, other: pa.ChunkedArray) -> np.ndarray:
        """Give how far values are from others: in their unit, in days, or 1 for another level."""
        pairs = zip(values.to_pylist(), other.to_pylist(), strict=True)
        return np.array([np.nan if None in pair else float(pair[0] != pair[1]) for pair in pairs])

    def state(self) -> dict[str, Any]:
        """Give what makes it again, but for its name and type, as JSON can hold it."""
        own = [item.name for item in fields(self) if item.name not in ("called", "type")]
        return {"kind": self.kind, **{name: _plain(getattr(self, name)) for name in own}}

    @classmethod
    def from_state(cls, called: str, kind: pa.DataType, values: dict[str, Any]) -> Self:
        """Make it again; ValueError and the like where the parts do not fit together."""
        own = {item.name: values[item.name] for item in fields(cls) if item.name in values}
        lists = {key: tuple(value) for key, value in own.items() if isinstance(value, list)}
        return cls(called=called, type=kind, **{**own, **lists})

    def refuse(self, source: str, what: str, row: int, expected: str) -> DataError:
        """Give the error for a value that cannot stand in this column."""
        return DataError(
            f"{source}: column {self.name} holds {what} in row {row + 1:,}, expected {expected}: "
            "mend that value, or leave the row or the column out."
        )


def one_chunk(values: pa.ChunkedArray) -> pa.Array:
    """Give all values in one piece."""
    if values.num_chunks == 1:
        return values.chunk(0)
    return values.combine_chunks()


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value
