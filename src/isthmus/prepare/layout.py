"""Where the columns of a table lie in the prepared matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class ColumnLayout:
    """First all numbers, then all booleans, then all categories, narrow ones first.

    So each kind is one slice of the matrix, and so are categories of one width.

    Parameters
    ----------
    numbers, booleans : tuple of int
        The column of the table that each number and each boolean tells of.
    categories : tuple of (int, int)
        The column that each category tells of, and how many levels it has here.
    n_columns : int
        Columns of the table.
    """

    numbers: tuple[int, ...]
    booleans: tuple[int, ...]
    categories: tuple[tuple[int, int], ...]
    n_columns: int

    @property
    def widths(self) -> tuple[int, ...]:
        """Levels of each category."""
        return tuple(width for _, width in self.categories)

    @property
    def n_features(self) -> int:
        """Columns of the prepared matrix."""
        return len(self.numbers) + len(self.booleans) + sum(self.widths)

    @property
    def columns(self) -> tuple[int, ...]:
        """The column of the table that each column of the matrix tells of."""
        levels = (column for column, width in self.categories for _ in range(width))
        return (*self.numbers, *self.booleans, *levels)

    @property
    def parts(self) -> tuple[int, ...]:
        """The column of the table that each number, boolean and category tells of."""
        return (*self.numbers, *self.booleans, *(column for column, _ in self.categories))

    @property
    def first_places(self) -> tuple[int, ...]:
        """The first column of the matrix that tells of each column of the table that any does."""
        return tuple(np.unique(self.columns, return_index=True)[1].tolist())

    @cached_property
    def places(self) -> tuple[slice, ...]:
        """The columns of the matrix that tell of each column of the table."""
        found = [slice(0, 0)] * self.n_columns
        told, starts, counts = np.unique(self.columns, return_index=True, return_counts=True)
        for column, start, count in zip(told, starts, counts, strict=True):
            found[column] = slice(int(start), int(start + count))
        return tuple(found)


def lay_out(widths: Sequence[int], parts: Sequence[str]) -> ColumnLayout:
    """Give the layout of columns that are of these parts and so many numbers wide."""
    found: dict[str, list[tuple[int, int]]] = {"number": [], "boolean": [], "category": []}
    for column, (width, part) in enumerate(zip(widths, parts, strict=True)):
        if width:
            found[part].append((column, width))
    return ColumnLayout(
        tuple(column for column, width in found["number"] for _ in range(width)),
        tuple(column for column, width in found["boolean"] for _ in range(width)),
        tuple(sorted(found["category"], key=lambda item: (item[1], item[0]))),
        len(widths),
    )
