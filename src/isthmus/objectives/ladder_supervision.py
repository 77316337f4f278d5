"""The loss of a ladder network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp

from isthmus.models import LadderNetwork
from isthmus.models.ladder import Groups
from isthmus.objectives.loss import Loss, Minibatch
from isthmus.objectives.outcomes import Outcome
from isthmus.objectives.unlabelled import Ladder, PredictionTerm


@final
@dataclass(frozen=True)
class LadderSupervision(Loss[LadderNetwork]):
    """The outcome's loss of the noisy pass, and the denoising costs of all rows.

    Parameters
    ----------
    outcome : Outcome
        What is told from the rows.
    ladder : Ladder
        Noise and weights.
    terms_of_predictions : tuple of PredictionTerm
        What all rows teach besides; noise comes in where these ask for dropout.

    References
    ----------
    Rasmus, Valpola, Honkala, Berglund & Raiko (2015), Semi-supervised learning with ladder
    networks, algorithm 1.
    """

    outcome: Outcome
    ladder: Ladder
    terms_of_predictions: tuple[PredictionTerm, ...] = ()

    def update_loss(
        self,
        model: LadderNetwork,
        batch: Minibatch,
        key: jax.Array,
        n_updates: jax.Array,
        state: Any,
    ) -> tuple[jax.Array, Any]:
        noise_key, key = jax.random.split(key)
        noise, weights = self.ladder.noise, batch.weights
        known = self.outcome.known(batch.targets)
        groups, labelled = Groups(weights, 1.0 * known), weights * known
        noisy = model.encode(batch.x, groups, noise, noise_key)
        clean = model.encode(batch.x, groups)
        losses = self.outcome.losses(noisy.outputs, batch.targets)
        loss = jnp.sum(labelled * losses) / jnp.maximum(jnp.sum(labelled), 1.0)

        def predict(x: jax.Array, noise_key: jax.Array | None) -> jax.Array:
            if x is batch.x and noise_key is None:
                return clean.outputs
            return model.encode(x, groups, noise, noise_key).outputs

        values = self.ladder.costs(model, noisy, clean, groups)
        for i, term in enumerate(self.terms_of_predictions):
            values += term(predict, batch, jax.random.fold_in(key, i))
        return loss + jnp.sum(weights * values) / jnp.maximum(jnp.sum(weights), 1.0), state

    def held_out_losses(self, model: LadderNetwork, batch: Minibatch, key: jax.Array) -> jax.Array:
        losses = self.outcome.losses(
            model.encode(batch.x, Groups(batch.weights, jnp.ones(len(batch.x)))).outputs,
            batch.targets,
        )
        return self.outcome.known(batch.targets) * losses
