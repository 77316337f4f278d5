"""The loss of a model that is to fill gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import jax
import jax.numpy as jnp
import numpy as np

from isthmus.models import Mixed, Model
from isthmus.objectives.loss import Loss, Minibatch

_LEAST_HIDDEN, _MOST_HIDDEN = 0.05, 0.65
_VISIBLE = 0.1
# No value is so far away that it gets all of the attention.
_FARTHEST = 10.0


@final
@dataclass(frozen=True)
class Imputation(Loss[Model]):
    """``Σ w ℓ / Σ w`` over the cells of a minibatch, some of whose columns are hidden.

    Of each row a share of the columns, drawn from U(0.05, 0.65), is hidden from the network.
    ℓ is minus the log-probability that it gives a cell, w is 1 for hidden cells, 0.1 for others
    and 0 for those that are missing anyway. A network that sees other gaps each time learns to
    tell any columns from any others.

    Parameters
    ----------
    columns : tuple of int
        The column of the table that each feature tells of.
    parts : tuple of int
        The column that each log-probability of the likelihood `Mixed` is of.

    References
    ----------
    Vincent et al. (2008), Extracting and composing robust features with denoising autoencoders;
    Germain, Gregor, Murray & Larochelle (2015), MADE, section 4.2, for orders drawn anew.
    """

    columns: tuple[int, ...]
    parts: tuple[int, ...]

    def update_loss(
        self, model: Model, batch: Minibatch, key: jax.Array, n_updates: jax.Array, state: None
    ) -> tuple[jax.Array, None]:
        losses, weights = self._cells(model, batch.x, key)
        weights = weights * batch.weights[:, None]
        return jnp.sum(weights * losses) / jnp.maximum(jnp.sum(weights), 1.0), state

    def held_out_losses(self, model: Model, batch: Minibatch, key: jax.Array) -> jax.Array:
        losses, weights = self._cells(model, batch.x, key)
        total = jnp.maximum(jnp.sum(weights, axis=1), 1e-6)
        return jnp.sum(weights * losses, axis=1) / total

    def _cells(self, model: Model, x: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Give the loss and the weight of each number, boolean and category of each row."""
        share_key, column_key = jax.random.split(key)
        shares = jax.random.uniform(
            share_key, (len(x), 1), minval=_LEAST_HIDDEN, maxval=_MOST_HIDDEN
        )
        drawn = jax.random.uniform(column_key, (len(x), max(self.columns) + 1))
        hidden = drawn < shares  # (batch, columns)
        columns, parts = np.array(self.columns), np.array(self.parts)
        code = model.encode(jnp.where(hidden[:, columns], jnp.nan, x))
        parameters = model.network.decode(code)
        assert isinstance(model.likelihood, Mixed)
        x = jnp.clip(x, -_FARTHEST, _FARTHEST)
        losses = -model.likelihood.log_probs(parameters, x)
        first = np.array([self.columns.index(part) for part in self.parts])
        observed = ~jnp.isnan(x[:, first])
        return losses, observed * jnp.where(hidden[:, parts], 1.0, _VISIBLE)
