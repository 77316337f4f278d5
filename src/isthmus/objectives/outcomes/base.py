"""What every kind of outcome offers."""

from __future__ import annotations

from abc import ABC, abstractmethod

import jax


class Outcome(ABC):
    """What is told from a row, and how a prediction is judged."""

    @abstractmethod
    def known(self, targets: jax.Array) -> jax.Array:
        """Tell which rows' outcomes are known: ``(batch, …) -> (batch,)``, 0 or 1."""

    @abstractmethod
    def losses(self, outputs: jax.Array, targets: jax.Array) -> jax.Array:
        """Give each row's loss: ``(batch, outputs), (batch, …) -> (batch,)``."""
