"""Reasons in the words and units of the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import pyarrow as pa

from isthmus.estimators.outliers.cells import Cells
from isthmus.estimators.outliers.reasons import Reasons

# Reasons of less than this share of the first one are left out of sentences.
_TOLD = 0.1


@final
@dataclass(frozen=True)
class Reason:
    """A column that makes a row odd.

    Parameters
    ----------
    column : str
        Its name; of arrays its position, such as "column3", of pictures that of the pixel.
    value, expected : float, or what else the column holds
        What is there, and what was expected there; None where nothing is.
    amount : float
        By how much the row would be less odd with what was expected.
    """

    column: str
    value: Any
    expected: Any
    amount: float

    def __str__(self) -> str:
        value, expected = _told(self.value), _told(self.expected)
        return f"{self.column} is {value}, expected {expected} ({self.amount:.2g})"


@final
@dataclass(frozen=True, eq=False)
class Explanation:
    """Why rows are odd: a few columns for each, the one that matters most first.

    ``print`` shows a line a row; `reasons` gives those of one, `to_arrow` a table of all.

    Attributes
    ----------
    scores : ndarray of float64, shape (rows,)
        How normal each row is, as `score_samples` gives it.
    columns : ndarray of str, shape (rows, n_reasons)
        Names of the columns that make it odd.
    values, expected : ndarray of float64 or object, shape (rows, n_reasons)
        What is there, and what was expected there, in the units of the data; objects where
        columns are of several kinds.
    amounts : ndarray of float64, shape (rows, n_reasons)
        By how much each makes the row odd; 0 where it does not.
    """

    scores: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    expected: np.ndarray
    amounts: np.ndarray

    @classmethod
    def of(cls, scores: np.ndarray, reasons: Reasons, cells: Cells) -> Explanation:
        """Bring reasons to the units of the data."""
        columns = reasons.columns
        values, expected = (
            cells.in_units(part, columns) for part in (reasons.values, reasons.expected)
        )
        return cls(
            scores, cells.names[columns], values, expected, reasons.amounts.astype(np.float64)
        )

    @classmethod
    def together(cls, several: Sequence[Explanation]) -> Explanation:
        """Put those of several chunks of rows together."""
        return cls(*map(np.concatenate, zip(*(vars(one).values() for one in several), strict=True)))

    def reasons(self, row: int) -> list[Reason]:
        """Give the reasons of one row, by its position."""
        return [
            Reason(str(column), value, expected, float(amount))
            for column, value, expected, amount in zip(
                self.columns[row], self.values[row].tolist(), self.expected[row].tolist(),
                self.amounts[row], strict=True,
            )
            if amount > 0
        ]  # fmt: skip

    def to_arrow(self, n_reasons: int | None = None) -> pa.Table:
        """Give a table: score, then column_1, value_1, expected_1, amount_1, column_2, ….

        Parameters
        ----------
        n_reasons : int or None, default=None
            For how many reasons it has columns; None: for as many as there are.
        """
        names = ("column", "value", "expected", "amount")
        parts = (self.columns, self.values, self.expected, self.amounts)
        # Values of columns of several kinds are told as text.
        told = pa.string() if self.values.dtype.hasobject else pa.float64()
        kinds = (pa.string(), told, told, pa.float64())
        if self.values.dtype.hasobject:
            as_text = np.vectorize(_told, otypes=[object])
            texts = (as_text(part) if part.size else part for part in parts[1:3])
            parts = (self.columns, *texts, self.amounts)
        table: dict[str, pa.Array] = {"score": pa.array(self.scores)}
        n_known = self.columns.shape[1]
        for i in range(n_known if n_reasons is None else n_reasons):
            for name, part, kind in zip(names, parts, kinds, strict=True):
                table[f"{name}_{i + 1}"] = (
                    pa.array(part[:, i], kind, mask=self.amounts[:, i] <= 0)
                    if i < n_known
                    else pa.nulls(len(self), kind)
                )
        return pa.table(table)

    def __len__(self) -> int:
        return len(self.scores)

    def __str__(self) -> str:
        lines = [f"{score:.4g}: {self.sentence(row)}" for row, score in enumerate(self.scores)]
        return "\n".join(lines)

    def sentence(self, row: int) -> str:
        """Give the reasons of one row that matter beside the first, on one line."""
        reasons = self.reasons(row)
        told = [str(one) for one in reasons if one.amount >= _TOLD * reasons[0].amount]
        return "; ".join(told) or "no column alone makes it odd"


def _told(value: Any) -> str:
    """Write a value as sentences have it."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return "missing" if value is None else str(value)
