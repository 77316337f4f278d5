"""How a Boltzmann machine learns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp

from isthmus.models.boltzmann import free_energy, gibbs, sample_hidden
from isthmus.models.model import Model
from isthmus.objectives.loss import Loss, Minibatch


@final
@dataclass(frozen=True)
class ContrastiveDivergence(Loss[Model]):
    """``mean F(data) − mean F(fantasies)``, the gradient taken as if the fantasies were fixed.

    Were they drawn from the machine itself, it would be the gradient of ``−log p(data)``. The
    value it gives is the rows' reconstruction error, ``−log p(v | E[h | v])``, since a
    difference of free energies tells nothing; the same judges held-out rows.

    Parameters
    ----------
    n_steps : int
        Gibbs steps to the fantasies.
    persistent : bool
        Start them at the last update's fantasies, not at the data.
    mean_field : bool
        End them with the mean of the visible units, not with a draw, as Hinton & Salakhutdinov
        (2006) do: less noise, for layers that are to encode and not to be drawn from.

    References
    ----------
    Hinton (2002), Training products of experts by minimizing contrastive divergence; Tieleman
    (2008), Training restricted Boltzmann machines using approximations to the likelihood
    gradient, for the persistent ones.
    """

    n_steps: int = 1
    persistent: bool = False
    mean_field: bool = False

    def initial_state(self, model: Model, batch_size: int) -> Any:
        if not self.persistent:
            return None
        return jnp.zeros((batch_size, len(model.network.decoder[0].bias)))

    def update_loss(
        self, model: Model, batch: Minibatch, key: jax.Array, n_updates: jax.Array, state: Any
    ) -> tuple[jax.Array, Any]:
        x, weights = batch.x, batch.weights
        start, fantasy_weights = x, weights
        if self.persistent:
            # The first minibatch starts them; later ones may have another size.
            start = jnp.where(n_updates == 0, x, state) if x.shape == state.shape else state
            fantasy_weights = jnp.ones(len(start))
        fantasies = self._dream(jax.lax.stop_gradient(model), start, key)
        contrast = _mean(free_energy(model, x), weights) - _mean(
            free_energy(model, fantasies), fantasy_weights
        )
        error = _mean(self.held_out_losses(jax.lax.stop_gradient(model), batch, key), weights)
        loss = error + contrast - jax.lax.stop_gradient(contrast)
        return loss, fantasies if self.persistent else None

    def held_out_losses(self, model: Model, batch: Minibatch, key: jax.Array) -> jax.Array:
        parameters = model.network.decode(model.network.encode(batch.x))
        return -model.likelihood.log_prob(parameters, batch.x)

    def _dream(self, model: Model, start: jax.Array, key: jax.Array) -> jax.Array:
        if not self.mean_field:
            return gibbs(model, start, self.n_steps, key)
        steps_key, last_key = jax.random.split(key)
        visible = gibbs(model, start, self.n_steps - 1, steps_key)
        return model.decode(sample_hidden(model, visible, last_key))


def _mean(values: jax.Array, weights: jax.Array) -> jax.Array:
    return jnp.sum(weights * values) / jnp.maximum(jnp.sum(weights), 1.0)
