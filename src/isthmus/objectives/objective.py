"""The one loss that every autoencoder minimizes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log
from typing import Any, final

import jax
import jax.numpy as jnp

from isthmus.models.model import Model
from isthmus.objectives.corruptions import Corruption
from isthmus.objectives.loss import Loss, Minibatch
from isthmus.objectives.penalties import Penalty
from isthmus.objectives.penalties.base import EncodedMinibatch


@final
@dataclass(frozen=True)
class Objective(Loss[Model]):
    """``mean over rows of [−log p(x | z) + what the code costs] + Σ penalties``.

    z is the code of ``corruption(x)``.

    Parameters
    ----------
    corruption : Corruption or None
        Noise on the encoder's input, drawn anew for every batch.
    penalties : tuple of Penalty
        Terms added to the loss in training; they are no part of a row's own loss, but those
        that say so are added where held-out rows are judged.
    n_importance_samples : int
        With more than one, rows are judged by the importance-weighted bound
        ``−log (1/k) Σ p(x, zᵢ) / q(zᵢ | x)`` (Burda, Grosse & Salakhutdinov, 2016).
    n_warmup_updates : int
        Updates over which the objective warms up: the cost of the code rises from nothing to
        its full weight.
    binarize : bool
        Draw every value anew as 0 or 1, with itself as the probability of 1.
    """

    corruption: Corruption | None = None
    penalties: tuple[Penalty, ...] = ()
    n_importance_samples: int = 1
    n_warmup_updates: int = 0
    binarize: bool = False

    def warmed_up(self) -> Objective:
        return replace(self, n_warmup_updates=0)

    def row_losses(
        self, model: Model, x: jax.Array, weights: jax.Array, key: jax.Array
    ) -> jax.Array:
        """Give each row's loss, penalties left out: ``(batch, features) -> (batch,)``."""
        batch = self._encode(model, x, weights, key)
        return self._row_losses(model, batch, False, jnp.ones(()))

    def __call__(
        self,
        model: Model,
        x: jax.Array,
        weights: jax.Array,
        key: jax.Array,
        n_updates: jax.Array,
    ) -> jax.Array:
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
            Random key for corruption, code and penalties.
        n_updates : array
            Updates made so far.
        """
        batch = self._encode(model, x, weights, key)
        warmth = jnp.minimum(1.0, (n_updates + 1) / (self.n_warmup_updates + 1))
        loss = batch.mean(self._row_losses(model, batch, True, warmth))
        loss += model.code.training_cost(batch.code_parameters, weights)
        return sum((penalty(model, batch) for penalty in self.penalties), start=loss)

    def update_loss(
        self, model: Model, batch: Minibatch, key: jax.Array, n_updates: jax.Array, state: Any
    ) -> tuple[jax.Array, Any]:
        return self(model, batch.x, batch.weights, key, n_updates), state

    def held_out_losses(self, model: Model, batch: Minibatch, key: jax.Array) -> jax.Array:
        encoded = self._encode(model, batch.x, batch.weights, key)
        losses = self._row_losses(model, encoded, True, jnp.ones(()))
        # What all rows of the batch share counts as much for each of them.
        losses += model.code.training_cost(encoded.code_parameters, batch.weights)
        judges = (penalty for penalty in self.penalties if penalty.judges)
        return sum((penalty(model, encoded) for penalty in judges), start=losses)

    def _encode(
        self, model: Model, x: jax.Array, weights: jax.Array, key: jax.Array
    ) -> EncodedMinibatch:
        if self.binarize:
            binarization_key, key = jax.random.split(key)
            x = jax.random.bernoulli(binarization_key, x).astype(x.dtype)
        corruption_key, key = jax.random.split(key)
        encoded = x if self.corruption is None else self.corruption(x, weights, corruption_key)
        return EncodedMinibatch(x, weights, encoded, model.network.encode(encoded), key)

    def _row_losses(
        self, model: Model, batch: EncodedMinibatch, training: bool, warmth: jax.Array
    ) -> jax.Array:
        if self.n_importance_samples == 1:
            parameters, key = batch.code_parameters, batch.key
            if training:
                z = model.code.training_sample(parameters, batch.weights, key)
            else:
                z = model.code.sample(parameters, key)
            log_prob = model.likelihood.log_prob(model.network.decode(z), batch.x)
            return warmth * model.code.cost(batch.code_parameters) - log_prob
        keys = jax.random.split(batch.key, self.n_importance_samples)
        log_weights = jax.vmap(
            lambda key: log_importance_weights(model, batch.x, batch.code_parameters, key, warmth)
        )(keys)  # (samples, batch)
        return log(self.n_importance_samples) - jax.nn.logsumexp(log_weights, axis=0)


def log_importance_weights(
    model: Model,
    x: jax.Array,
    code_parameters: jax.Array,
    key: jax.Array,
    warmth: jax.Array | float = 1.0,
) -> jax.Array:
    """Give ``log p(x, z) − log q(z | x)`` for one draw of each row's code: ``(batch,)``."""
    z = model.code.sample(code_parameters, key)
    log_prob = model.likelihood.log_prob(model.network.decode(z), x)
    return log_prob - warmth * model.code.log_ratio(code_parameters, z)
