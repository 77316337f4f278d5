"""Reasons in the words and units of the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
import pyarrow as pa

from isthmus.estimators.outliers.reasons import Reasons
from isthmus.prepare import NumberPreparation

# As many digits as float32 has for sure.
_DIGITS = 6
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
    value, expected : float
        What is there, and what was expected there.
    amount : float
        By how much the row would be less odd with what was expected.
    """

    column: str
    value: float
    expected: float
    amount: float

    def __str__(self) -> str:
        return f"{self.column} is {self.value:g}, expected {self.expected:g} ({self.amount:.2g})"


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
    values, expected : ndarray of float64, shape (rows, n_reasons)
        What is there, and what was expected there, in the units of the data.
    amounts : ndarray of float64, shape (rows, n_reasons)
        By how much each makes the row odd; 0 where it does not.
    """

    scores: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    expected: np.ndarray
    amounts: np.ndarray

    @classmethod
    def of(cls, scores: np.ndarray, reasons: Reasons, preparation: NumberPreparation) -> Explanation:
        """Bring reasons to the units of the data."""
        names = _names(preparation)[reasons.columns]
        values, expected = (
            _in_units(part, reasons.columns, preparation)
            for part in (reasons.values, reasons.expected)
        )
        return cls(scores, names, values, expected, reasons.amounts.astype(np.float64))

    @classmethod
    def together(cls, several: Sequence[Explanation]) -> Explanation:
        """Put those of several chunks of rows together."""
        return cls(*map(np.concatenate, zip(*(vars(one).values() for one in several), strict=True)))

    def reasons(self, row: int) -> list[Reason]:
        """Give the reasons of one row, by its position."""
        return [
            Reason(str(column), float(value), float(expected), float(amount))
            for column, value, expected, amount in zip(
                self.columns[row], self.values[row], self.expected[row], self.amounts[row],
                strict=True,
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
        kinds = (pa.string(), pa.float64(), pa.float64(), pa.float64())
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


def _names(preparation: NumberPreparation) -> np.ndarray:
    schema = preparation.schema
    if len(schema.row_shape) > 1:
        places = np.ndindex(*schema.row_shape)
        names = ["pixel " + ", ".join(map(str, place)) for place in places]
    else:
        names = schema.names or [f"column{j}" for j in range(schema.n_features)]
    return np.array(names, dtype=object)


def _in_units(prepared: np.ndarray, columns: np.ndarray, preparation: NumberPreparation) -> np.ndarray:
    """Undo the change of scale for numbers that are each of another column."""
    n_features, schema = preparation.n_features, preparation.schema
    offset, scale = (
        np.broadcast_to(part, n_features)[columns]
        for part in (preparation.offset, preparation.scale)
    )
    raw = prepared * scale + offset
    whole = np.array(["int" in kind or kind == "bool" for kind in schema.dtypes])
    is_whole = np.broadcast_to(whole, n_features)[columns]
    return np.where(is_whole, np.rint(raw), _rounded(raw))


def _rounded(numbers: np.ndarray) -> np.ndarray:
    """Give numbers with the digits that they have for sure."""
    texts = np.char.mod(f"%.{_DIGITS}g", numbers)
    return texts.astype(np.float64)
