"""What every corruption offers."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import jax
import numpy as np

from isthmus.checks import check_number
from isthmus.family import Family
from isthmus.prepare import ColumnLayout, Support


@dataclass(frozen=True)
class Corruption(Family):
    """Noise that the encoder sees and the loss does not.

    Attributes
    ----------
    supports : tuple of {"binary", "unit", "real", "mixed"}
        The kinds of prepared data it is made for.
    needs : str
        What data are of these kinds, to tell a user whose data are not.
    level : float
        How much noise; at 0 rows stay as they are.
    columns : tuple of int or None
        The column of a table that each feature tells of, once that is known.
    """

    supports: ClassVar[tuple[Support, ...]] = ("binary", "unit", "real", "mixed")
    needs: ClassVar[str] = "values in [0, 1]"

    level: float
    columns: tuple[int, ...] | None = field(default=None, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        check_number(self, "level", least=0, most=self._most)

    _most: ClassVar[float] = 1.0

    def for_columns(self, layout: ColumnLayout) -> Self:
        """Give the same noise for tables, whose columns are corrupted as a whole."""
        return replace(self, columns=layout.columns)

    def draw(self, x: jax.Array, key: jax.Array) -> jax.Array:
        """Draw a number between 0 and 1 for each value, of tables for each column of a row."""
        if self.columns is None:
            return jax.random.uniform(key, x.shape)
        drawn = jax.random.uniform(key, (len(x), max(self.columns) + 1))
        return drawn[:, np.array(self.columns)]

    @abstractmethod
    def __call__(self, x: jax.Array, weights: jax.Array, key: jax.Array) -> jax.Array:
        """Corrupt a batch.

        Parameters
        ----------
        x : array, shape (batch, features)
            Clean rows, in the prepared scale.
        weights : array, shape (batch,)
            1 for rows that count, which come first, and 0 for those that fill up the batch.
        key : array
            Random key.
        """
