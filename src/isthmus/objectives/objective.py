"""The one loss that every autoencoder minimizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import jax
import jax.numpy as jnp

from isthmus.objectives.model import Model
from isthmus.objectives.penalties import Penalty


@final
@dataclass(frozen=True)
class Objective:
    """``mean over rows of [−log p(x | z) + what the code costs] + Σ penalties``.

    Parameters
    ----------
    penalties : tuple of Penalty
        Terms added to the loss in training; they are no part of a row's own loss.
    """

    penalties: tuple[Penalty, ...] = ()

    def row_losses(self, model: Model, x: jax.Array, key: jax.Array) -> jax.Array:
        """Give each row's loss without penalties: ``(batch, features) -> (batch,)``."""
        return self._row_losses(model, x, model.network.encode(x), key)

    def __call__(self, model: Model, x: jax.Array, weights: jax.Array, key: jax.Array) -> jax.Array:
        """Give the loss of a batch, a scalar.

        Parameters
        ----------
        model : Model
            The model being trained.
        x : array, shape (batch, features)
            Rows, in the prepared scale.
        weights : array, shape (batch,)
            Weight of each row; 0 for rows that only fill up the last batch.
        key : array
            Random key for the code.
        """
        code_parameters = model.network.encode(x)
        losses = self._row_losses(model, x, code_parameters, key)
        loss = jnp.sum(weights * losses) / jnp.maximum(jnp.sum(weights), 1)
        return sum((p(model, x, code_parameters) for p in self.penalties), start=loss)

    def _row_losses(
        self, model: Model, x: jax.Array, code_parameters: jax.Array, key: jax.Array
    ) -> jax.Array:
        z = model.code.sample(code_parameters, key)
        log_prob = model.likelihood.log_prob(model.network.decode(z), x)
        return model.code.cost(code_parameters) - log_prob
