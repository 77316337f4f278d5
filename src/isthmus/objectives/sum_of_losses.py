"""Several models at once, on the same minibatches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp

from isthmus.objectives.loss import Loss, Minibatch


@final
@dataclass(frozen=True)
class SumOfLosses(Loss[tuple[Any, ...]]):
    """The sum of the losses of several models that share nothing but the minibatches.

    Its gradient with respect to one of them is that of this model's own loss, so all learn as
    each would alone.

    Parameters
    ----------
    losses : tuple of Loss
        One for each model.
    """

    losses: tuple[Loss[Any], ...]

    def draws(self, model: tuple[Any, ...]) -> bool:
        return any(loss.draws(own) for loss, own in zip(self.losses, model, strict=True))

    def initial_state(self, model: tuple[Any, ...], batch_size: int) -> Any:
        pairs = zip(self.losses, model, strict=True)
        return tuple(loss.initial_state(own, batch_size) for loss, own in pairs)

    def update_loss(
        self,
        model: tuple[Any, ...],
        batch: Minibatch,
        key: jax.Array,
        n_updates: jax.Array,
        state: Any,
    ) -> tuple[jax.Array, Any]:
        values, states = [], []
        for loss, own, own_state in zip(self.losses, model, state, strict=True):
            value, new_state = loss.update_loss(own, batch, key, n_updates, own_state)
            values.append(loss.without_terms(value))
            states.append(new_state)
        return jnp.sum(jnp.stack(values)), tuple(states)

    def held_out_losses(
        self, model: tuple[Any, ...], batch: Minibatch, key: jax.Array
    ) -> jax.Array:
        """Give each row's losses, one for each model: ``(batch, models)``."""
        pairs = zip(self.losses, model, strict=True)
        losses = [loss.without_terms(loss.held_out_losses(own, batch, key)) for loss, own in pairs]
        return jnp.stack(losses, axis=1)
