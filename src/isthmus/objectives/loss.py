"""What training asks of the loss that it minimizes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Generic, NamedTuple, Self, TypeVar

import jax

M = TypeVar("M")


class Minibatch(NamedTuple):
    """Rows that are used for one update."""

    x: jax.Array  # (batch, features), in the prepared scale
    weights: jax.Array  # (batch,), 0 for rows that only fill up the batch
    targets: Any = None  # (batch, …), what is to be told from the rows, if anything


class Loss(ABC, Generic[M]):
    """A loss over minibatches, for models of one kind.

    It is hashable: programs are compiled once for each loss and shape of model.
    """

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of what a row's loss is made of, which are recorded beside it; mostly nothing."""
        return ()

    def without_terms(self, values: jax.Array) -> jax.Array:
        """Give the losses alone, of what `update_loss` or `held_out_losses` gave."""
        return values[..., 0] if self.terms else values

    def draws(self, model: M) -> bool:
        """Tell whether it takes random numbers; where it does not, its key is None.

        Random numbers that nobody uses would still take their part in preparing a program.
        """
        return True

    def warmed_up(self) -> Self:
        """Give the loss as it is once it has warmed up; most need not."""
        return self

    def initial_state(self, model: M, batch_size: int) -> Any:
        """Give what the first update is to know; most losses remember nothing."""
        return None

    @abstractmethod
    def update_loss(
        self, model: M, batch: Minibatch, key: jax.Array, n_updates: jax.Array, state: Any
    ) -> tuple[jax.Array, Any]:
        """Give the loss of a minibatch and what the next update is to know.

        The loss is a scalar, or with `terms` a vector of itself and of them.
        """

    @abstractmethod
    def held_out_losses(self, model: M, batch: Minibatch, key: jax.Array) -> jax.Array:
        """Give each row's own loss, which decides what parameters are kept: ``(batch,)``.

        With `terms` they follow it: ``(batch, 1 + terms)``.
        """
