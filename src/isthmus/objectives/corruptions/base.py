"""What every corruption offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import jax

from isthmus.errors import IsthmusError
from isthmus.prepare import Support


@dataclass(frozen=True)
class Corruption(ABC):
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
        if not 0 <= self.level <= self._most:
            raise IsthmusError(
                f"{type(self).__name__}({self.level!r}) is no level of noise: "
                f"choose a number from 0 to {self._most:g}."
            )

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
