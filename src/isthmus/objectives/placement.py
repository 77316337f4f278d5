"""The loss of a network that learns a given layout of the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp

from isthmus.models.model import Model
from isthmus.networks import LandmarkNetwork
from isthmus.objectives.corruptions import Corruption
from isthmus.objectives.loss import Loss, Minibatch


@final
@dataclass(frozen=True)
class Placement(Loss[Model]):
    """``−Σ tₖ log pₖ − log p(x | z*) / features``: a row goes where the layout has it, and back.

    z* is that place and t its shares of the landmarks, p those that the encoder gives. Encoder and
    decoder so learn beside each other. For the encoder every row is mixed with another one of the
    minibatch, and so are their shares. Held-out rows are decoded from where the encoder puts them.

    Parameters
    ----------
    corruption : Corruption or None
        Noise on the encoder's input.
    reconstructed : float
        Share of every minibatch that is decoded.

    References
    ----------
    Zhang, Cisse, Dauphin & Lopez-Paz (2018), mixup: Beyond empirical risk minimization, equation 2,
    with weights that are uniform.
    """

    corruption: Corruption | None = None
    reconstructed: float = 1.0

    @property
    def terms(self) -> tuple[str, ...]:
        return ("placement", "reconstruction")

    def update_loss(
        self, model: Model, batch: Minibatch, key: jax.Array, n_updates: jax.Array, state: Any
    ) -> tuple[jax.Array, Any]:
        x, weights, network = batch.x, batch.weights, self._network(model)
        corruption_key, key = jax.random.split(key)
        noisy = x if self.corruption is None else self.corruption(x, weights, corruption_key)
        shares = jnp.exp(network.log_shares(batch.targets))
        mixed = _mixed(noisy, shares, weights, key)
        placement = _mean(self._divergences(network, *mixed), weights)
        # Rows come in an order of chance, so the first are as good as any.
        some = slice(max(round(self.reconstructed * len(x)), 1))
        decoded = self._reconstructions(model, x[some], batch.targets[some])
        reconstruction = _mean(decoded, weights[some])
        return jnp.stack([placement + reconstruction, placement, reconstruction]), state

    def held_out_losses(self, model: Model, batch: Minibatch, key: jax.Array) -> jax.Array:
        network = self._network(model)
        shares = jnp.exp(network.log_shares(batch.targets))
        placements = self._divergences(network, batch.x, shares)
        decoded = self._reconstructions(model, batch.x, model.encode(batch.x))
        return jnp.stack([placements + decoded, placements, decoded], axis=-1)

    def _network(self, model: Model) -> LandmarkNetwork:
        assert isinstance(model.network, LandmarkNetwork)
        return model.network

    def _divergences(self, network: LandmarkNetwork, x: jax.Array, shares: jax.Array) -> jax.Array:
        return -jnp.sum(shares * network.log_likelihoods(x), axis=-1)

    def _reconstructions(self, model: Model, x: jax.Array, z: jax.Array) -> jax.Array:
        return -model.likelihood.log_prob(model.network.decode(z), x) / x.shape[-1]


def _mean(values: jax.Array, weights: jax.Array) -> jax.Array:
    return jnp.sum(weights * values) / jnp.maximum(jnp.sum(weights), 1.0)


def _mixed(
    x: jax.Array, shares: jax.Array, weights: jax.Array, key: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Mix every row with another one, and so the shares: more of itself than of the other."""
    order_key, key = jax.random.split(key)
    order = jax.random.permutation(order_key, len(x))
    own = jax.random.uniform(key, (len(x), 1), minval=0.5)
    own = jnp.where(weights[order, None] > 0, own, 1.0)  # rows that only fill up are no rows
    return own * x + (1 - own) * x[order], own * shares + (1 - own) * shares[order]
