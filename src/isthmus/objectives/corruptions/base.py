"""What every corruption offers."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import jax

from isthmus.checks import check_number
from isthmus.family import Family
from isthmus.prepare import Support


@dataclass(frozen=True)
class Corruption(Family):
    """Noise that the encoder sees and the loss does not.

    Attributes
    ----------
    supports : tuple of {"binary", "unit", "real"}
        The kinds of prepared data it is made for.
    level : float
        How much noise; at 0 rows stay as they are.
    """

    supports: ClassVar[tuple[Support, ...]] = ("binary", "unit", "real")

    level: float

    def __post_init__(self) -> None:
        check_number(self, "level", least=0, most=self._most)

    _most: ClassVar[float] = 1.0

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
