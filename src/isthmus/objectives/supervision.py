"""The loss of a predictor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp

from isthmus.models.predictor import Predictor
from isthmus.networks import Disturbance, undisturbed
from isthmus.objectives.corruptions import Corruption
from isthmus.objectives.loss import Loss, Minibatch
from isthmus.objectives.objective import Objective
from isthmus.objectives.outcomes import Outcome
from isthmus.objectives.unlabelled import PredictionTerm


@final
@dataclass(frozen=True)
class Supervision(Loss[Predictor]):
    """The outcome's loss over rows with a known one, and what all rows teach besides.

    Parameters
    ----------
    outcome : Outcome
        What is told from the rows.
    corruption : Corruption or None
        Noise on the rows while their outcomes are learned.
    dropout : float
        Share of every layer's activations that is set to 0, the others scaled up
        (Srivastava et al., 2014).
    unlabelled : tuple of PredictionTerm
        Terms over all rows.
    reconstruction : Objective or None
        The autoencoder's own loss over all rows.
    reconstruction_strength : float
        Weight of that loss.
    n_warmup_updates : int
        Updates over which the terms of all rows set in.
    """

    outcome: Outcome
    corruption: Corruption | None = None
    dropout: float = 0.0
    unlabelled: tuple[PredictionTerm, ...] = ()
    reconstruction: Objective | None = None
    reconstruction_strength: float = 0.0
    n_warmup_updates: int = 0

    def update_loss(
        self, model: Predictor, batch: Minibatch, key: jax.Array, n_updates: jax.Array, state: Any
    ) -> tuple[jax.Array, Any]:
        corruption_key, dropout_key, reconstruction_key, key = jax.random.split(key, 4)
        noisy = batch.x
        if self.corruption is not None:
            noisy = self.corruption(batch.x, batch.weights, corruption_key)
        outputs = model.outputs(noisy, self._drop(dropout_key))
        labelled = batch.weights * self.outcome.known(batch.targets)
        losses = self.outcome.losses(outputs, batch.targets)
        loss = jnp.sum(labelled * losses) / jnp.maximum(jnp.sum(labelled), 1.0)
        warmth = jnp.minimum(1.0, (n_updates + 1) / (self.n_warmup_updates + 1))
        loss += warmth * self._unlabelled(model, batch, key)
        if self.reconstruction is not None:
            own = self.reconstruction(
                model.autoencoder, batch.x, batch.weights, reconstruction_key, n_updates
            )
            loss += self.reconstruction_strength * self.reconstruction.without_terms(own)
        return loss, state

    def held_out_losses(self, model: Predictor, batch: Minibatch, key: jax.Array) -> jax.Array:
        losses = self.outcome.losses(model.outputs(batch.x), batch.targets)
        return self.outcome.known(batch.targets) * losses

    def _unlabelled(self, model: Predictor, batch: Minibatch, key: jax.Array) -> jax.Array:
        # Shared by the terms: one way back through the network has the gradients of all.
        clean = model.outputs(batch.x) if self.unlabelled else None

        def predict(x: jax.Array, dropout_key: jax.Array | None) -> jax.Array:
            if dropout_key is not None:
                return model.outputs(x, self._drop(dropout_key))
            return clean if x is batch.x and clean is not None else model.outputs(x)

        total = jnp.zeros(())
        for i, term in enumerate(self.unlabelled):
            values = term(predict, batch, jax.random.fold_in(key, i))
            total += jnp.sum(batch.weights * values) / jnp.maximum(jnp.sum(batch.weights), 1.0)
        return total

    def _drop(self, key: jax.Array) -> Disturbance:
        if not self.dropout:
            return undisturbed

        def drop(layer: int, x: jax.Array) -> jax.Array:
            kept = jax.random.bernoulli(jax.random.fold_in(key, layer), 1 - self.dropout, x.shape)
            return jnp.where(kept, x / (1 - self.dropout), 0.0)

        return drop
