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
    decoder so learn beside each other. Held-out rows are decoded from where the encoder puts them.

    Parameters
    ----------
    corruption : Corruption or None
        Noise on the encoder's input.
    reconstructed : float
        Share of every minibatch that is decoded.
    """

    corruption: Corruption | None = None
    reconstructed: float = 1.0

    @property
    def terms(self) -> tuple[str, ...]:
        return ("placement", "reconstruction")

    def update_loss(
        self, model: Model, batch: Minibatch, key: jax.Array, n_updates: jax.Array, state: Any
    ) -> tuple[jax.Array, Any]:
        x, weights = batch.x, batch.weights
        noisy = x if self.corruption is None else self.corruption(x, weights, key)
        placement = _mean(self._placements(model, noisy, batch.targets), weights)
        # Rows come in an order of chance, so the first are as good as any.
        some = slice(max(round(self.reconstructed * len(x)), 1))
        decoded = self._reconstructions(model, x[some], batch.targets[some])
        reconstruction = _mean(decoded, weights[some])
        return jnp.stack([placement + reconstruction, placement, reconstruction]), state

    def held_out_losses(self, model: Model, batch: Minibatch, key: jax.Array) -> jax.Array:
        placements = self._placements(model, batch.x, batch.targets)
        decoded = self._reconstructions(model, batch.x, model.encode(batch.x))
        return jnp.stack([placements + decoded, placements, decoded], axis=-1)

    def _placements(self, model: Model, x: jax.Array, places: jax.Array) -> jax.Array:
        network = model.network
        assert isinstance(network, LandmarkNetwork)
        shares = jnp.exp(network.log_shares(places))
        return -jnp.sum(shares * network.log_likelihoods(x), axis=-1)

    def _reconstructions(self, model: Model, x: jax.Array, z: jax.Array) -> jax.Array:
        return -model.likelihood.log_prob(model.network.decode(z), x) / x.shape[-1]


def _mean(values: jax.Array, weights: jax.Array) -> jax.Array:
    return jnp.sum(weights * values) / jnp.maximum(jnp.sum(weights), 1.0)
